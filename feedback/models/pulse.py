"""The monthly pulse question: how many said what, and apart from it who has been asked; nothing joins the two.

There is no row of an answer. An answer is one more in a number and, where there were words, one more line in an
alphabetical list; the person's own row says that they answered and not what or when. What somebody with the database
in their hands could still work out stands in docs/pulse.md.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models import Team, User


class PulseMonth(models.Model):
    """A month in which somebody was asked: its first day, and what people wrote, in the order of the alphabet.

    `asked` is how many people could have answered when the month's last answer came, each counted once, and at least
    as many as answered. The groups' own numbers do not add up to it: who changes team is counted in both.
    """

    month = models.DateField(unique=True)
    asked = models.PositiveIntegerField(default=0)
    words = models.JSONField(default=list)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(month__day=1), name="pulse_month_first_day"),)


class PulseTally(models.Model):
    """How many of a group said what in a month; without a team it is everybody who is in no group of their own.

    `asked` is how many of the group could have answered when the month's last answer came, and at least as many as
    answered in it. All rows of a month are written anew
    with every answer, so that none of them shows by itself whose answer came last.
    """

    month = models.ForeignKey(PulseMonth, on_delete=models.CASCADE, related_name="tallies")
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+")
    asked = models.PositiveIntegerField(default=0)
    said_1 = models.PositiveIntegerField(default=0)
    said_2 = models.PositiveIntegerField(default=0)
    said_3 = models.PositiveIntegerField(default=0)
    said_4 = models.PositiveIntegerField(default=0)
    said_5 = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("month", "team"), name="pulse_tally_once"),
            models.UniqueConstraint(fields=("month",), condition=Q(team__isnull=True), name="pulse_rest_once"),
        )


class PulseTurn(models.Model):
    """That a person has answered in a month, or until which day the question leaves them alone; gone with the month."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    answered = models.BooleanField(default=False)
    hidden_until = models.DateField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "month"), name="pulse_turn_once"),)
