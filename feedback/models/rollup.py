"""The figures of whole days, counted once and kept: one row a day and part of the company, made anew when a fact changes."""

from __future__ import annotations

from typing import Any

from django.db import models

from cases.models import Case, Category, Team

#: What is kept of each day: the registry's figures and a few counts the dashboard has beside them. The order is the columns'.
KEYS = (
    "satisfied", "low", "response", "addressed", "partly", "heard", "easy", "low_in_time", "recovered", "followed_up",
    "escalated", "at_first", "back_7", "back_30", "rejected", "grown", "astray", "down", "supervisor", "exhausted", "broken_twice",
    "post_mortem", "adherence", "retro",
    "kept", "kept_1", "kept_2", "kept_3", "kept_4", "kept_supervisor",
    "in_time_review", "in_time_acknowledge", "in_time_update", "in_time_resolve",
    "score_1", "score_2", "score_3", "score_4", "score_5", "effort_1", "effort_2", "effort_3", "effort_4", "effort_5", "came", "settled",
)  # fmt: skip


class RollupDay(models.Model):
    """How it stands with one day of the company: since when and until when what was counted of it holds.

    A day without a row never had a fact. `dirty_at`: when a fact of it changed first since it was counted; until it is
    counted anew whoever reads it asks the facts. `since`, `until`: what was counted is true as of these instants
    (`until` left out): a case becomes old enough to be looked at without anything happening to it.
    """

    day = models.DateField(primary_key=True)
    zone = models.CharField(max_length=64)
    dirty_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("day",), condition=models.Q(dirty_at__isnull=False), name="rollup_dirty"),
            models.Index(fields=("until",), condition=models.Q(until__isnull=False), name="rollup_until"),
        )

    def __str__(self) -> str:
        return f"{self.day}"


class RollupCell(models.Model):
    """The counts of one day, of one part of the cases as they stand now.

    `by` names the dimensions that are set, joined by "+"; the others are empty. `is_history` is always set.
    For each of KEYS two columns: `<key>_hits` and `<key>_n`.
    """

    day = models.DateField()
    by = models.CharField(max_length=16)
    is_history = models.BooleanField()
    topic = models.ForeignKey(Category, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField(null=True)
    severity = models.PositiveSmallIntegerField(null=True)

    class Meta:
        # The only one: beside one by day alone PostgreSQL would read all parts of the days to find one.
        indexes = (models.Index(fields=("by", "day"), name="rollup_by"),)

    def __str__(self) -> str:
        return f"{self.day} {self.by}"


def _count() -> Any:
    return models.PositiveIntegerField(default=0)


for _key in KEYS:
    RollupCell.add_to_class(f"{_key}_hits", _count())
    RollupCell.add_to_class(f"{_key}_n", _count())


class RollupPart(models.Model):
    """What a table of figures needs of one day, of all cases: counts, and the times a median is read from.

    `data` is JSON as text: it is read whole. Which names there are, and what is in them: `feedback.rollup.parts`.
    """

    day = models.DateField()
    name = models.CharField(max_length=16)
    data = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("name", "day"), name="rollup_part"),)

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class CountedCase(models.Model):
    """As what one case was counted last: for each day it counts on a short digest of all that figures read of it.

    Of a touched case only the days whose digest changed have to be counted anew; a day that is gone is among them.
    """

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="+")
    days = models.JSONField(default=dict)  # {"2026-03-02": "9f8e7d6c5b4a"}

    def __str__(self) -> str:
        return f"{self.case_id}"
