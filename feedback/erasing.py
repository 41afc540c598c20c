"""Erasing a person: from this room only what they wrote goes; a score stays, without a name."""

from __future__ import annotations

from cases.erasing import ERASED, Eraser, Subject
from feedback.models import Alternative, Ground, Measure, PostMortem, Survey, Worthy


def comments(who: Subject) -> None:
    """What they wrote beside their scores, and that they may be called about it."""
    Survey.everything.filter(case__in=who.cases).update(comment="", may_contact=None)


def marks(who: Subject) -> None:
    """Why colleagues found one of their cases worth repeating; that they did stays."""
    Worthy.everything.filter(case__in=who.cases).update(why=ERASED)


def look_backs(who: Subject) -> None:
    """Every word of the post-mortems of their cases and what was offered them; what let it happen stays, as conditions."""
    mine = PostMortem.everything.filter(case__in=who.cases)
    for field in ("happened", "effect", "unseen", "worked"):
        mine.exclude(**{field: ""}).update(**{field: ERASED})
    Ground.everything.filter(case__in=who.cases).exclude(reason="").update(reason=ERASED)
    Alternative.everything.filter(case__in=who.cases).update(text=ERASED)
    # Practice cases have none.
    measures = Measure.objects.filter(post_mortem__case__in=who.cases)
    measures.update(text=ERASED)
    measures.exclude(evidence="").update(evidence=ERASED)


ERASERS: tuple[tuple[str, Eraser], ...] = (("comments", comments), ("marks", marks), ("look backs", look_backs))
