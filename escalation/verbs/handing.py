"""Verbs that give a case another person: offered and accepted, taken, or handed over at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.access import Viewer
from cases.models import Case, User
from escalation import facts as f
from escalation.packet import Packet
from escalation.verbs.acting import Act, Refused

NEEDED = {
    "situation": "Write where the case stands.",
    "done": "Write what was done so far; “nothing yet” is an answer, too.",
    "promised": "Write what is promised to the customer.",
    "following": "Write the next step and by when.",
}


def _can_take(to: User) -> None:
    if not Viewer(to).works:
        raise Refused(f"{to} cannot take a case.", field="to")


def offer(
    case_id: int,
    *,
    to: User,
    situation: str,
    done: str,
    promised: str,
    following: str,
    watch: str = "",
    by: User,
    at: datetime,
    **act: Any,
) -> Case:
    """Asks a colleague to take the case over, with a packet of five parts; it stays with the giver until they accept.

    They have as long to say yes or no as the level has to acknowledge a case. Only `watch` may stay empty.
    """
    _can_take(to)
    packet = Packet(situation, done, promised, following, watch)
    for name, sentence in NEEDED.items():
        if not getattr(packet, name).strip():
            raise Refused(sentence, field=name)
    return Act("offer", by, at, note=packet.text, **act).on(
        case_id, lambda turn: f.Offered(at=at, now=at, to=to.pk, by=by.pk)
    )


def accept_offer(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """The colleague who was asked says yes: they have the case, and the customer reads their name."""
    return Act("accept_offer", by, at, **act).on(case_id, lambda turn: f.OfferAccepted(at=at, now=at, by=by.pk))


def return_offer(case_id: int, *, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """The colleague who was asked says no, and why; the reason is an internal note that the giver is pointed to."""
    if not reason.strip():
        raise Refused("Say why you do not take it, so that it can be offered to somebody else.", field="reason")
    return Act("return_offer", by, at, note=reason.strip(), **act).on(
        case_id, lambda turn: f.OfferReturned(at=at, now=at, by=by.pk)
    )


def withdraw_offer(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Takes an offer back before it is answered; nothing else changes."""
    return Act("withdraw_offer", by, at, **act).on(case_id, lambda turn: f.OfferWithdrawn(at=at, now=at, by=by.pk))


def hand_over(case_id: int, *, to: User, note: str, by: User, at: datetime, **act: Any) -> Case:
    """Gives the case to a colleague at once with a note, asked or not: for who leaves, and for what cannot wait."""
    _can_take(to)
    if not note.strip():
        raise Refused("Write a hand-over note: where it stands, what is promised, what comes next.", field="note")
    return Act("hand_over", by, at, note=note.strip(), **act).on(
        case_id, lambda turn: f.HandedOver(at=at, now=at, to=to.pk, by=by.pk)
    )


def take_over(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Makes the person who acts the owner, whoever it is offered to meanwhile."""
    return Act("take_over", by, at, **act).on(case_id, lambda turn: f.HandedOver(at=at, now=at, to=by.pk, by=by.pk))
