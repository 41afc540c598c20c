"""Views of “All cases” that colleagues keep: a name and the filters behind it, for oneself or for a team."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from cases.models.people import Team, User


class SavedView(models.Model):
    """One view. `query` is the address without its question mark; it holds filters, never what was searched for.

    `team` None: its owner's alone. The default is what its owner sees who asks for nothing else.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)
    is_default = models.BooleanField(default=False)

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="saved_view_named_once"),
            models.UniqueConstraint(fields=("owner",), condition=Q(is_default=True), name="saved_view_one_default"),
        )

    def __str__(self) -> str:
        return self.name
