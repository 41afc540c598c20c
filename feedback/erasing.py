"""Erasing a person: from this room only what they wrote goes; a score stays, without a name."""

from __future__ import annotations

from cases.erasing import Eraser, Subject
from feedback.models import Survey


def comments(who: Subject) -> None:
    """What they wrote beside their scores, and that they may be called about it."""
    Survey.everything.filter(case__in=who.cases).update(comment="", may_contact=None)


ERASERS: tuple[tuple[str, Eraser], ...] = (("comments", comments),)
