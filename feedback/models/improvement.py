"""What is changed because of what people told us: the proposal, its decision, what led to it, and whether it helped."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models import Case, Category, User
from cases.models.worlds import Worldly
from escalation.models import ProtocolVersion
from feedback.models.learning import Lesson
from feedback.models.post_mortem import PostMortem
from feedback.models.survey import Survey
from feedback.models.theme import Theme

NOT_DECIDED = Q(decided_by=None, decided_at=None, reason="")
DECIDED = Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reason="")
PLANNED = Q(owner__isnull=False, due_on__isnull=False) & ~Q(figure="")
NOT_DONE, DONE = Q(done_by=None, done_at=None), Q(done_by__isnull=False, done_at__isnull=False)
NOT_CHECKED, CHECKED = Q(checked_by=None, checked_at=None), Q(checked_by__isnull=False, checked_at__isnull=False)


class Improvement(models.Model):
    """One change: somebody's idea, a named leader's yes or no, done on a day, and looked at again 30 days later."""

    class State(models.TextChoices):
        IDEA = "idea", "Waits for a decision"
        AGREED = "agreed", "Agreed"
        DECLINED = "declined", "Declined"
        DONE = "done", "Done"
        CHECKED = "checked", "Done and checked"

    title = models.CharField(max_length=120)
    change = models.TextField(max_length=1000)
    why = models.TextField(max_length=1000)
    state = models.CharField(max_length=8, choices=State.choices, default=State.IDEA)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    # By when it is decided if we keep our word, and when leaders were told that it was not.
    decide_by = models.DateTimeField()
    overdue_told_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, max_length=1000)
    # Of an agreed one: who does it by which day, and the figure (of `feedback.measures`) it is to move. The figure is
    # chosen before anybody knows how it goes.
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True)
    figure = models.CharField(max_length=40, blank=True)
    topic = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="+")
    # A draft that is discarded takes only the link with it.
    version = models.ForeignKey(ProtocolVersion, null=True, on_delete=models.SET_NULL, related_name="improvements")
    done_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    # What customers read, in English and as {"de": {"sentence": ...}}; empty: nobody outside is told.
    sentence = models.CharField(max_length=400, blank=True)
    translations = models.JSONField(default=dict, blank=True)
    # What the figure was in the 30 days before and after, as it stood when it was looked at.
    checked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    before_hits = models.PositiveIntegerField(default=0)
    before_n = models.PositiveIntegerField(default=0)
    after_hits = models.PositiveIntegerField(default=0)
    after_n = models.PositiveIntegerField(default=0)
    verdict = models.TextField(blank=True, max_length=1000)

    class Meta:
        ordering = ("-proposed_at", "-pk")
        permissions = (("decide_improvements", "Can decide on improvements"),)
        constraints = (
            models.CheckConstraint(
                condition=(Q(state="idea") & NOT_DECIDED) | (~Q(state="idea") & DECIDED),
                name="improvement_decided_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("idea", "declined"), owner=None, due_on=None, figure="")
                | (Q(state__in=("agreed", "done", "checked")) & PLANNED),
                name="improvement_agreed_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=("idea", "agreed", "declined"), sentence="") & NOT_DONE)
                | (Q(state__in=("done", "checked")) & DONE),
                name="improvement_published_when_done",
            ),
            models.CheckConstraint(
                condition=(Q(state="checked") & CHECKED & ~Q(verdict="")) | (~Q(state="checked") & NOT_CHECKED),
                name="improvement_checked_with_words",
            ),
            models.CheckConstraint(
                condition=Q(before_hits__lte=models.F("before_n"), after_hits__lte=models.F("after_n")),
                name="improvement_shares",
            ),
        )
        indexes: ClassVar = (
            # Decisions that wait, for the desk and for the step that tells of late ones.
            models.Index(fields=("decide_by",), condition=Q(state="idea"), name="improvement_to_decide"),
            # The public page.
            models.Index(fields=("-done_at",), condition=~Q(sentence=""), name="improvement_published"),
        )

    def __str__(self) -> str:
        return self.title


#: What evidence can be of, each left empty.
NOTHING: dict[str, None] = dict.fromkeys(("case", "lesson", "post_mortem", "comment", "theme"))


def _only(one: str) -> Q:
    return Q(is_gone=False, **{f"{one}__isnull": False}, **{name: None for name in NOTHING if name != one})


class Evidence(Worldly):
    """One thing that led to an improvement: a link and no words. Where its case was erased, only that there was one."""

    improvement = models.ForeignKey(Improvement, on_delete=models.CASCADE, related_name="evidence")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")
    lesson = models.ForeignKey(Lesson, null=True, on_delete=models.PROTECT, related_name="+")
    post_mortem = models.ForeignKey(PostMortem, null=True, on_delete=models.PROTECT, related_name="+")
    # The words of an answer given with a name; read where they are, never copied.
    comment = models.ForeignKey(Survey, null=True, on_delete=models.PROTECT, related_name="+")
    theme = models.ForeignKey(Theme, null=True, on_delete=models.PROTECT, related_name="+")
    is_gone = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta(Worldly.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(is_gone=True, **NOTHING) | reduce(or_, (_only(one) for one in NOTHING)),
                name="evidence_is_one_thing",
            ),
            *(
                models.UniqueConstraint(
                    fields=("improvement", one), condition=Q(**{f"{one}__isnull": False}), name=f"evidence_{one}_once"
                )
                for one in NOTHING
            ),
        )
