"""Every act of the console in one table: its form, its button, and the happening a try-out is told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.models import User
from escalation import facts as f
from escalation.book import rules_of
from escalation.decision.ladder import next_tier
from escalation.turn import Turn
from portal.console import forms
from portal.console.preview import NOBODY

Given = dict[str, Any]


def _plain(words: str) -> Callable[[Turn], str]:
    return lambda turn: words


@dataclass(frozen=True, slots=True)
class Deed:
    """One act. `happening` must be what the verb tells the decision, with `given` perhaps still incomplete.

    `button` names the act with its consequence; `done` is the confirmation; `lead` is a line under the heading.
    """

    form: type[forms.ActForm]
    button: Callable[[Turn], str]
    done: str
    happening: Callable[[Turn, Given, User, datetime], f.Happening]
    lead: str = ""


def _empty(turn: Turn) -> tuple[str, ...]:
    return turn.empty()


def _pass_up(turn: Turn) -> str:
    to, _ = next_tier(turn.facts(), turn.rules, _empty(turn))
    return f"Pass up to level {to}" if to else "Pass up"


def _assessed(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    category = given["category"] or turn.case.category
    return f.Assessed(
        at=at, now=at, severity=int(given["severity"]), complexity=int(given["complexity"]),
        category=category.slug, by=by.pk, empty=_empty(turn),
    )  # fmt: skip


def _supervisor(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    granted = given["granted"] is True
    return f.SupervisorAnswered(at=at, now=at, by=by.pk, granted=granted, empty=_empty(turn))


def _adopted(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    """As the verb: from here on the copy is under the other version."""
    to = given.get("to") or turn.case.protocol
    turn.rules, turn.case.protocol = rules_of(to), to
    return f.Adopted(at=at, now=at, to=to, by=by.pk)


def _moved(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    """Until a time is chosen, the latest that may be."""
    return f.PromiseMoved(at=at, now=at, by=by.pk, next_at=given.get("next_at") or turn.case.promise_at or at)


DEEDS: dict[str, Deed] = {
    "assess": Deed(
        forms.Assess,
        lambda turn: "Set the priority",
        "Priority set.",
        _assessed,
        "How urgent and how complex it is decides the level, the times, and what the customer is told.",
    ),
    "review": Deed(
        forms.Review,
        lambda turn: f"Confirm SLA review at level {turn.case.tier}",
        "SLA review confirmed.",
        lambda turn, given, by, at: f.Reviewed(at=at, now=at, severity=int(given["severity"]), by=by.pk),
        "Confirm the severity and the times for this level.",
    ),
    "acknowledge": Deed(
        forms.ActForm,
        _plain("Acknowledge: I have it"),
        "Acknowledged. The customer is told that you have it.",
        lambda turn, given, by, at: f.Acknowledged(at=at, now=at, by=by.pk),
        "You become the named person on this case.",
    ),
    "update": Deed(
        forms.Update,
        _plain("Send update"),
        "Update sent.",
        lambda turn, given, by, at: f.Updated(at=at, now=at, by=by.pk, next_at=given.get("next_at")),
    ),
    "move_promise": Deed(
        forms.MovePromise,
        _plain("Give the new time"),
        "New time given. The customer reads why.",
        _moved,
        "Later only once, by one interval at most, and before it is due. The next update starts a new time.",
    ),
    "wait_customer": Deed(
        forms.Question,
        _plain("Send question and stop our clocks"),
        "Question sent. Our clocks stand still until the customer answers.",
        lambda turn, given, by, at: f.AskedCustomer(at=at, now=at, by=by.pk),
    ),
    "wait_partner": Deed(
        forms.Partner,
        _plain("Wait for the other company"),
        "The customer is told whom we wait for.",
        lambda turn, given, by, at: f.WaitsForPartner(
            at=at, now=at, by=by.pk, partner=given.get("partner") or "the other company"
        ),
    ),
    "partner_answered": Deed(
        forms.ActForm,
        _plain("The other company answered"),
        "Work goes on.",
        lambda turn, given, by, at: f.PartnerAnswered(at=at, now=at, by=by.pk),
    ),
    "answer": Deed(
        forms.Answer,
        _plain("Send answer"),
        "Answer sent. The customer says yes or no.",
        lambda turn, given, by, at: f.Answered(at=at, now=at, by=by.pk),
    ),
    "escalate": Deed(
        forms.PassUp,
        _pass_up,
        "Passed up.",
        lambda turn, given, by, at: f.Escalated(at=at, now=at, by=by.pk, empty=_empty(turn)),
        "The level above gets the case with new times; the customer reads your reason.",
    ),
    "return_down": Deed(
        forms.Reason,
        lambda turn: f"Return to level {turn.case.tier - 1}",
        "Returned to the level below.",
        lambda turn, given, by, at: f.ReturnedDown(at=at, now=at, by=by.pk, empty=_empty(turn)),
    ),
    "hand_over": Deed(
        forms.HandOver,
        _plain("Hand over"),
        "Handed over.",
        lambda turn, given, by, at: f.HandedOver(
            at=at, now=at, to=getattr(given.get("to"), "pk", None) or NOBODY, by=by.pk
        ),
    ),
    "take_over": Deed(
        forms.ActForm,
        _plain("Take over"),
        "You have the case.",
        lambda turn, given, by, at: f.HandedOver(at=at, now=at, to=by.pk, by=by.pk),
        "You become the owner; the promise to the customer stays.",
    ),
    "note": Deed(
        forms.InternalNote,
        _plain("Save note"),
        "Note saved.",
        lambda turn, given, by, at: f.Noted(at=at, now=at, by=by.pk),
    ),
    "answer_supervisor": Deed(
        forms.Supervisor, _plain("Send answer as supervisor"), "Answered as supervisor.", _supervisor
    ),
    "apologise": Deed(
        forms.Apology,
        _plain("Send apology"),
        "Apology sent.",
        lambda turn, given, by, at: f.Apologised(at=at, now=at, by=by.pk),
    ),
    "merge": Deed(
        forms.Merge,
        _plain("Join to the other case"),
        "Joined to the other case.",
        lambda turn, given, by, at: f.Merged(
            at=at, now=at, into=getattr(given.get("into"), "reference", "the other case"), by=by.pk
        ),
        "The clocks of this case stop; nothing is deleted.",
    ),
    "emergency": Deed(
        forms.ActForm,
        lambda turn: f"Emergency: send up to level {turn.rules.protocol.fast_tier} now",
        "Sent up the fast lane. The people on duty are told. Say why when there is time, within a day.",
        lambda turn, given, by, at: f.Emergency(at=at, now=at, by=by.pk, empty=_empty(turn)),
        "It becomes critical at once. Nobody asks you why now; the reason is asked for afterwards.",
    ),
    "justify": Deed(
        forms.WhyEmergency,
        _plain("Save the reason"),
        "Reason saved.",
        lambda turn, given, by, at: f.Justified(at=at, now=at, by=by.pk),
    ),
    "keep": Deed(
        forms.WhyKept,
        _plain("Keep it here"),
        "Kept here. Your reason is on the case.",
        # The rule is named by the verb; nothing that follows depends on it.
        lambda turn, given, by, at: f.Kept(at=at, now=at, by=by.pk, rule="", verdict=""),
        "Counts for this level, against this guideline.",
    ),
    "adopt": Deed(
        forms.Adopt,
        _plain("Move this case"),
        "Moved. Times that come earlier are promised again; none is later.",
        _adopted,
        "A time may come earlier by it, never later.",
    ),
    "close": Deed(
        forms.ActForm,
        _plain("Close the case"),
        "Closed.",
        lambda turn, given, by, at: f.Closed(at=at, now=at, by=by.pk),
    ),
}
