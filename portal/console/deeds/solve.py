"""Acts that solve a case: what was tried, and the investigation of what lies behind it."""

from __future__ import annotations

from escalation import facts as f
from portal.console import forms
from portal.console.deeds.deed import Deed, plain

SOLVE: dict[str, Deed] = {
    "tried": Deed(
        forms.Ticking,
        plain("Save what was tried"),
        "Noted. It goes with the case from level to level.",
        lambda turn, given, by, at: f.Noted(at=at, now=at, by=by.pk),
        "Whoever has the case next starts where you stopped.",
    ),
    "investigate": Deed(
        forms.Investigate,
        plain("Save the investigation"),
        "Investigation saved.",
        lambda turn, given, by, at: f.Noted(at=at, now=at, by=by.pk),
        "What lies behind it. A critical or high case is answered only after it.",
    ),
}
