"""Who leads whom: whose work somebody may read and score besides their own."""

from __future__ import annotations

from django.db.models import QuerySet

from cases.models import Team, User


def led_by(user: User) -> QuerySet:
    """The ids of the people in the teams that `user` leads, `user` left out."""
    return Team.members.through.objects.filter(team__lead=user).exclude(user=user).values("user")
