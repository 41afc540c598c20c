"""Erasing a person: from this room only what they wrote goes; a score stays, without a name."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import F, Q

from cases.erasing import ERASED, Eraser, Subject
from cases.models import Case, TouchedCase
from feedback.models import (
    Alternative,
    Ask,
    Evidence,
    FigureToken,
    FigureView,
    FollowUp,
    Ground,
    Lesson,
    LessonTag,
    LowScore,
    Measure,
    Meeting,
    MeetingAction,
    PostMortem,
    QualityReview,
    Recommendation,
    Retro,
    Scenario,
    SecondLook,
    Survey,
    ThemeTag,
    Worthy,
)
from feedback.models.improvement import NOTHING

#: Letters from which on a name is looked for in a text.
NAME_LEAST = 5


def comments(who: Subject) -> None:
    """What they wrote beside their scores with its themes, and that they may be called about it."""
    Survey.everything.filter(case__in=who.cases).update(comment="", may_contact=None, may_quote=None)
    # Practice cases have none.
    ThemeTag.objects.filter(survey__case__in=who.cases).delete()
    SecondLook.objects.filter(survey__case__in=who.cases).delete()


def asks(who: Subject) -> None:
    """When they were asked something: whoever is erased is not asked again."""
    Ask.objects.filter(person=who.person).delete()


def recommendations(who: Subject) -> None:
    """Whether they would recommend us, and why: it is about no case and goes as a whole."""
    Recommendation.objects.filter(person=who.person).delete()


def views(who: Subject) -> None:
    """Pages of figures they kept and keys they made, under names of their own: nothing is mailed to whoever is erased, or read for them."""
    FigureToken.objects.filter(owner=who.person).delete()
    FigureView.objects.filter(owner=who.person).delete()


def low_scores(who: Subject) -> None:
    """What a supervisor wrote to them or agreed with them; nobody is owed an answer any more."""
    theirs = LowScore.objects.filter(case__in=who.cases)
    # In this order: what a supervisor is just answering is waited for here, and its words are there after that.
    theirs.filter(done_at=None, withdrawn_at=None).update(withdrawn_at=who.at)
    theirs.exclude(words="").update(words=ERASED)
    TouchedCase.note(list(theirs.values_list("case", flat=True)), who.at)


def follow_ups(who: Subject) -> None:
    """What colleagues wrote to them or heard from them after cases were settled; nobody is to be asked any more."""
    theirs = FollowUp.objects.filter(case__in=who.cases)
    # In this order, as with low scores.
    theirs.filter(done_at=None, stopped_at=None).update(stopped_at=who.at)
    theirs.exclude(words="").update(words=ERASED)
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
    # Who has the page open with the words on it has not seen that they are gone.
    mine.update(number=F("number") + 1)
    Ground.everything.filter(case__in=who.cases).exclude(reason="").update(reason=ERASED)
    Alternative.everything.filter(case__in=who.cases).update(text=ERASED)
    # Practice cases have none.
    measures = Measure.objects.filter(post_mortem__case__in=who.cases)
    measures.update(text=ERASED)
    measures.exclude(evidence="").update(evidence=ERASED)


def evidence(who: Subject) -> None:
    """Which of their cases led to an improvement; that one more did stays as a number."""
    theirs = Q(case__in=who.cases) | Q(lesson__case__in=who.cases) | Q(post_mortem__case__in=who.cases)
    theirs |= Q(comment__case__in=who.cases)
    # Practice cases lead to none.
    Evidence.objects.filter(theirs).update(is_gone=True, **NOTHING)


def minutes(who: Subject) -> None:
    """Minutes and actions that name them, their address or one of their cases: the form asks for no names, people forget."""
    # Practice cases stand in no minutes.
    signs = {who.person.email, *Case.objects.filter(pk__in=who.cases).values_list("reference", flat=True)}
    # A short name is part of many words.
    signs |= {who.person.name} if len(who.person.name) >= NAME_LEAST else set()
    for model, fields in ((Meeting, ("decided",)), (MeetingAction, ("text", "note"))):
        for field in fields:
            named = reduce(or_, (Q(**{f"{field}__icontains": sign}) for sign in sorted(signs) if sign))
            model.objects.filter(named).update(**{field: ERASED})


ERASERS: tuple[tuple[str, Eraser], ...] = (
    ("comments", comments),
    ("asks", asks),
    ("recommendations", recommendations),
    ("views of figures", views),
    ("low scores", low_scores),
    ("follow-ups", follow_ups),
    ("marks", marks),
    ("learned", learned),
    ("look backs", look_backs),
    ("evidence", evidence),
    ("minutes", minutes),
)
