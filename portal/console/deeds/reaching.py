"""Acts that reach a customer whom a letter did not, and that put a call on record."""

from __future__ import annotations

from datetime import datetime

from cases.models import User
from cases.models.message import Channel
from escalation import facts as f
from escalation.turn import Turn
from escalation.verbs.reaching import OURS
from portal.console import forms
from portal.console.deeds.deed import Deed, Given, plain

STAYS = "No clock is met or stopped by it."


def _called(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    """Until it is chosen who told whom, what moves more: that the customer told us."""
    if given.get("side") == OURS:
        return f.WeCalled(at=at, now=at, by=by.pk)
    return f.CustomerWrote(at=at, now=at, channel=Channel.PHONE)


def _notice(given: Given) -> int:
    return int(given.get("notice") or 0)


REACHING: dict[str, Deed] = {
    "log_call": Deed(
        forms.LogCall,
        plain("Put on record"),
        "The call is on record.",
        _called,
        "What was said on the phone stands in the conversation.",
    ),
    "correct_customer_address": Deed(
        forms.CorrectAddress,
        plain("Correct the address"),
        "Corrected. Both addresses are written to, and what did not arrive goes again.",
        lambda turn, given, by, at: f.AddressCorrected(at=at, now=at, by=by.pk),
        "For all of their cases. Everything signed in with the old address ends; both addresses are written to and kept.",
    ),
    "told_by_phone": Deed(
        forms.ToldByPhone,
        plain("Mark told by phone"),
        "Marked as told by phone.",
        lambda turn, given, by, at: f.ToldByPhone(at=at, now=at, by=by.pk, notice=_notice(given), letter=""),
        f"Read the message out first. {STAYS}",
        beside=True,
    ),
    "give_up": Deed(
        forms.GiveUp,
        plain("Give up"),
        "Nobody is asked to deliver it any more.",
        lambda turn, given, by, at: f.GaveUp(at=at, now=at, by=by.pk, notice=_notice(given), letter=""),
        f"The message is not sent again. {STAYS}",
        beside=True,
    ),
}
