"""Erasing a person: from this room only what they wrote goes; a score stays, without a name."""

from __future__ import annotations

from cases.erasing import ERASED, Eraser, Subject
from cases.models import TouchedCase
from feedback.models import (
    Alternative,
    Ask,
    Ground,
    Lesson,
    LessonTag,
    LowScore,
    Measure,
    PostMortem,
    QualityReview,
    Retro,
    Scenario,
    Survey,
    ThemeTag,
    Worthy,
)


def comments(who: Subject) -> None:
    """What they wrote beside their scores with its themes, and that they may be called about it."""
    Survey.everything.filter(case__in=who.cases).update(comment="", may_contact=None)
    # Practice cases have none.
    ThemeTag.objects.filter(survey__case__in=who.cases).delete()


def asks(who: Subject) -> None:
    """When they were asked something: whoever is erased is not asked again."""
    Ask.objects.filter(person=who.person).delete()


def low_scores(who: Subject) -> None:
    """What a supervisor wrote to them or agreed with them; nobody is owed an answer any more."""
    theirs = LowScore.objects.filter(case__in=who.cases)
    theirs.exclude(words="").update(words=ERASED)
    theirs.filter(done_at=None, withdrawn_at=None).update(withdrawn_at=who.at)
    TouchedCase.note(list(theirs.values_list("case", flat=True)), who.at)


def marks(who: Subject) -> None:
    """Why colleagues found one of their cases worth repeating; that they did stays."""
    Worthy.everything.filter(case__in=who.cases).update(why=ERASED)


def learned(who: Subject) -> None:
    """What colleagues wrote about their cases: retros, lessons with their answers and tags, reviews, practice cases.

    That there were any, who was asked, points and dates stay.
    """
    for model, fields in (
        (Retro, ("worked", "blocked", "skipped_why")),
        (Lesson, ("text", "answer")),
        (QualityReview, ("words", "reply")),
    ):
        for field in fields:
            model.everything.filter(case__in=who.cases).exclude(**{field: ""}).update(**{field: ERASED})
    LessonTag.objects.filter(lesson__case__in=who.cases).delete()
    Scenario.everything.filter(case__in=who.cases).delete()


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


ERASERS: tuple[tuple[str, Eraser], ...] = (
    ("comments", comments),
    ("asks", asks),
    ("low scores", low_scores),
    ("marks", marks),
    ("learned", learned),
    ("look backs", look_backs),
)
