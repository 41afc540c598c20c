"""Erasing a person: from this room only what they wrote goes; a score stays, without a name."""

from __future__ import annotations

from cases.erasing import ERASED, Eraser, Subject
from feedback.models import Survey, Worthy


def comments(who: Subject) -> None:
    """What they wrote beside their scores, and that they may be called about it."""
    Survey.everything.filter(case__in=who.cases).update(comment="", may_contact=None)


def marks(who: Subject) -> None:
    """Why colleagues found one of their cases worth repeating; that they did stays."""
    Worthy.everything.filter(case__in=who.cases).update(why=ERASED)


ERASERS: tuple[tuple[str, Eraser], ...] = (("comments", comments), ("marks", marks))
