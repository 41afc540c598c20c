"""Acts of handing a case over: asking a colleague, their yes or no, taking it back, and giving it at once."""

from __future__ import annotations

from typing import Any

from escalation import facts as f
from portal.console import forms
from portal.console.deeds.deed import Deed, Given, plain
from portal.console.preview import NOBODY


def _chosen(given: Given) -> Any:
    """Whom the form names so far."""
    return getattr(given.get("to"), "pk", None) or NOBODY


HANDING: dict[str, Deed] = {
    "accept_offer": Deed(
        forms.ActForm,
        plain("Accept: it is mine now"),
        "The case is yours. The customer is told.",
        lambda turn, given, by, at: f.OfferAccepted(at=at, now=at, by=by.pk),
        "You become the owner; the promise to the customer stays.",
    ),
    "return_offer": Deed(
        forms.ReturnOffer,
        plain("Return it"),
        "Returned. Who asked you is told.",
        lambda turn, given, by, at: f.OfferReturned(at=at, now=at, by=by.pk),
        "The case stays with who has it; the customer hears nothing of it.",
    ),
    "offer": Deed(
        forms.Offer,
        plain("Ask them to take it"),
        "Asked. The case and its times stay with you until they accept.",
        lambda turn, given, by, at: f.Offered(at=at, now=at, to=_chosen(given), by=by.pk),
        "Until they accept, the case and its times stay where they are. You hear when they accept, return it, or say nothing in time.",
    ),
    "withdraw_offer": Deed(
        forms.ActForm,
        plain("Take it back"),
        "Taken back.",
        lambda turn, given, by, at: f.OfferWithdrawn(at=at, now=at, by=by.pk),
        "Who was asked is told that it is settled; nothing else changes.",
    ),
    "hand_over": Deed(
        forms.HandOver,
        plain("Hand over at once"),
        "Handed over.",
        lambda turn, given, by, at: f.HandedOver(at=at, now=at, to=_chosen(given), by=by.pk),
        "Without asking: for who is away or leaves, and for what cannot wait. Else ask a colleague with “Hand over”.",
    ),
    "take_over": Deed(
        forms.ActForm,
        plain("Take over"),
        "You have the case.",
        lambda turn, given, by, at: f.HandedOver(at=at, now=at, to=by.pk, by=by.pk),
        "You become the owner; the promise to the customer stays.",
    ),
}
