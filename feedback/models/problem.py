"""A problem many people have at once: what we say of it and when we speak next, who follows it, which cases it explains."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy

from cases.models import Case, Category, User
from cases.models.worlds import Worldly


class KnownProblem(models.Model):
    """A problem as customers read of it; what is said of it is in its updates, which stay."""

    class State(models.TextChoices):
        INVESTIGATING = "investigating", _lazy("We are looking for the cause")
        FOUND = "found", _lazy("We know the cause")
        WATCHING = "watching", _lazy("Put right, and we are watching it")
        OVER = "over", _lazy("Over")

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=100)
    # Whose cases it may explain; none: everybody's.
    topics: models.ManyToManyField = models.ManyToManyField(Category, blank=True, related_name="+")
    state = models.CharField(max_length=13, choices=State.choices, default=State.INVESTIGATING)
    began_at = models.DateTimeField()
    # When we promised to speak next; nothing once it is over.
    next_update_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    # The number of the newest update.
    latest = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-opened_at", "-pk")
        permissions = (("run_problems", "Can tell customers of known problems"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="over", next_update_at=None, over_at__isnull=False)
                | (~Q(state="over") & Q(next_update_at__isnull=False, over_at=None)),
                name="problem_promises_until_over",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        return self.state == self.State.OVER


class ProblemUpdate(models.Model):
    """What we said of a problem and when we promised to speak next; never changed, only followed."""

    problem = models.ForeignKey(KnownProblem, on_delete=models.PROTECT, related_name="updates")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=13, choices=KnownProblem.State.choices)
    impact = models.TextField(max_length=500)
    doing = models.TextField(max_length=1000)
    next_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("problem", "number")
        constraints = (models.UniqueConstraint(fields=("problem", "number"), name="problem_update_once"),)


class ProblemFollower(models.Model):
    """Somebody who wants to be told of a problem; nobody is told before they have said so from their own mailbox."""

    problem = models.ForeignKey(KnownProblem, on_delete=models.CASCADE, related_name="followers")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("problem", "user"), name="problem_follower_once"),)


class ProblemCase(Worldly):
    """A case that staff say is this problem's: its owner is told when the problem is over."""

    problem = models.ForeignKey(KnownProblem, on_delete=models.PROTECT, related_name="cases")
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="known_problem")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta(Worldly.Meta):
        indexes: ClassVar = (models.Index(fields=("problem", "case"), name="problem_cases"),)
