"""What colleagues learn from cases: retros of those who worked on one, lessons and what became of them, practice scenarios."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models import Case, User
from cases.models.worlds import Worldly


class Retro(Worldly):
    """Two minutes that one colleague is asked for about one case that was passed up: given, skipped, or never answered."""

    class Level(models.TextChoices):
        RIGHT = "right", "It was solved at the right level"
        LOWER = "lower", "A lower level could have done it"
        SOONER = "sooner", "It should have gone up sooner"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="retros")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    worked = models.TextField(blank=True, max_length=1000)
    blocked = models.TextField(blank=True, max_length=1000)
    level = models.CharField(max_length=6, choices=Level.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    skipped_at = models.DateTimeField(null=True)
    skipped_why = models.CharField(max_length=200, blank=True)

    class Meta(Worldly.Meta):
        constraints = (
            models.UniqueConstraint(fields=("case", "person"), name="retro_once"),
            models.CheckConstraint(
                condition=Q(answered_at=None, level="") | (Q(answered_at__isnull=False) & ~Q(level="")),
                name="retro_answer_has_a_level",
            ),
            models.CheckConstraint(
                condition=Q(skipped_at=None, skipped_why="")
                | (Q(skipped_at__isnull=False, answered_at=None) & ~Q(skipped_why="")),
                name="retro_skipped_with_a_reason",
            ),
        )
        indexes: ClassVar = (
            # The console home's reader: what somebody still owes.
            models.Index(
                fields=("person", "asked_at"), condition=Q(answered_at=None, skipped_at=None), name="retro_owed"
            ),
            models.Index(fields=("asked_at",), name="retro_asked"),
        )

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.skipped_at is None


class Lesson(Worldly):
    """Something a colleague learned, and the answer to it. Each is answered once, by `answer_by` if we keep our word."""

    class Change(models.TextChoices):
        PROTOCOL = "protocol", "The protocol"
        ARTICLE = "article", "A help article"
        REPLY = "reply", "A saved reply"
        TRAINING = "training", "Training"
        TOOL = "tool", "A tool"
        NONE = "none", "Nothing: good to know"

    class Outcome(models.TextChoices):
        OPEN = "open", "Waits for an answer"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        JOINED = "joined", "Joined to another"

    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="lessons")
    text = models.TextField(max_length=1000)
    change = models.CharField(max_length=8, choices=Change.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answer_by = models.DateTimeField()
    overdue_told_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    # What is done about it, why nothing is, or why it is the same as another.
    answer = models.TextField(blank=True, max_length=1000)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    # Of an accepted one: who does it, by which day, and when it was done.
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    # Of a joined one: the lesson that is answered for both.
    joined_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="joined")

    class Meta(Worldly.Meta):
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome="open", answered_at=None, answered_by=None, answer="")
                | (~Q(outcome="open") & Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="lesson_answered_with_words",
            ),
            models.CheckConstraint(
                condition=Q(outcome="accepted", owner__isnull=False, due_on__isnull=False)
                | (~Q(outcome="accepted") & Q(owner=None, due_on=None, done_at=None)),
                name="lesson_accepted_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(outcome="joined", joined_to__isnull=False) | (~Q(outcome="joined") & Q(joined_to=None)),
                name="lesson_joined_says_to_which",
            ),
            models.CheckConstraint(condition=~Q(joined_to=models.F("id")), name="lesson_not_joined_to_itself"),
        )
        indexes: ClassVar = (
            # The week's triage, and the step that looks for overdue ones.
            models.Index(fields=("answer_by",), condition=Q(outcome="open"), name="lesson_to_answer"),
            models.Index(fields=("-at",), name="lesson_newest"),
        )

    def __str__(self) -> str:
        return f"Lesson {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.outcome == self.Outcome.OPEN


class LessonTag(models.Model):
    """One word a lesson is found by."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="tags")
    word = models.CharField(max_length=30)

    class Meta:
        ordering = ("word",)
        constraints = (models.UniqueConstraint(fields=("lesson", "word"), name="lesson_tag_once"),)
        indexes = (models.Index(fields=("word",), name="lesson_tag_word"),)

    def __str__(self) -> str:
        return self.word


class Scenario(Worldly):
    """A practice case in words, begun from a real one: what a trainer may play with somebody later."""

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="scenario")
    title = models.CharField(max_length=100)
    situation = models.TextField(max_length=2000)
    good = models.TextField(max_length=2000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        indexes: ClassVar = (models.Index(fields=("at",), name="scenario_at"),)

    def __str__(self) -> str:
        return self.title
