"""Keeps practice cases out at the lowest query manager: `objects` never returns a drill's row."""

from __future__ import annotations

from typing import Any

from django.db import models


class LiveManager(models.Manager):
    """The manager every page, figure and message uses: drills do not exist for it."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(is_drill=False)


class Worldly(models.Model):
    """A row that belongs either to real life or to a drill.

    `everything` is for the engine's own bookkeeping (locks, flush, the log) which must see the rows of
    the case it already holds, whichever world that case is in. A house test lists who may use it.
    """

    is_drill = models.BooleanField(default=False, editable=False)

    everything = models.Manager()
    objects = LiveManager()

    class Meta:
        abstract = True
        default_manager_name = "objects"
        base_manager_name = "everything"


def live_manager(queryset: type[models.QuerySet]) -> Any:
    """A LiveManager that also answers the predicates of `queryset`."""
    return LiveManager.from_queryset(queryset)()
