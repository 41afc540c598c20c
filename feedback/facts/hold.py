"""Lets one maker of facts and of what is counted from them in at a time."""

from __future__ import annotations

from feedback.models import FactHold


def hold() -> None:
    """Waits for the other maker, and keeps the next one out until the caller's transaction ends."""
    FactHold.objects.bulk_create([FactHold(pk=1)], ignore_conflicts=True)
    FactHold.objects.select_for_update().get(pk=1)
