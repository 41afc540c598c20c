"""Acts that help a colleague or calm a customer."""

from __future__ import annotations

from escalation import facts as f
from escalation.verbs.helping import helped
from portal.console import forms
from portal.console.deeds.deed import Deed, plain

HELPING: dict[str, Deed] = {
    "help_back": Deed(
        forms.Help,
        plain("Send back with help"),
        "Sent back with your help.",
        lambda turn, given, by, at: helped(turn, by=by.pk, at=at),
        "It goes back to the colleague who passed it up. The customer reads nothing of it; what is promised stays.",
    ),
    "mark_upset": Deed(
        forms.Upset,
        plain("Mark as upset"),
        "Marked. The customer hears from us more often from now on.",
        lambda turn, given, by, at: f.MarkedUpset(at=at, now=at, by=by.pk),
        "Supervisors see the mark, updates come more often, and replies that calm are offered first. The customer never reads the word.",
    ),
    "mark_calm": Deed(
        forms.ActForm,
        plain("Take the mark away"),
        "The mark is gone. From the next update on the usual interval counts.",
        lambda turn, given, by, at: f.Calmed(at=at, now=at, by=by.pk),
        "What is promised stays; the interval after it is the usual one again.",
    ),
}
