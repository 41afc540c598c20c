"""Whose cases a colleague stands in for: those of somebody on leave, and those of a team whose turn they took."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from cases.models import Team, User
from escalation.models import Leave, Override


def stood_in_for(person: User, at: datetime) -> Q:
    """The cases `person` stands in for at `at`, as a condition on Case.

    Who is on leave is stood in for by their substitute, and by the substitute's when that one is away, too: two steps, and
    no further. That is for the cases they have and those of their teams, wherever they would have stood. Who took a turn
    stands in for the cases of its team.
    """
    away = Leave.objects.filter(starts_at__lte=at, ends_at__gt=at).order_by()
    first = away.filter(substitute=person).values("user")
    absent = away.filter(Q(substitute=person) | Q(substitute__in=first)).values("user")
    teams = Team.objects.filter(Q(members__in=absent) | Q(lead__in=absent)).order_by().values("pk")
    turns = Override.objects.filter(user=person, starts_at__lte=at, ends_at__gt=at).order_by().values("rota__team")
    return Q(owner__in=absent) | Q(team__in=teams) | Q(team__in=turns)
