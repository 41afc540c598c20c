"""From where a member of staff wrote an event: beside the log, so that it can be forgotten while the log cannot."""

from __future__ import annotations

from django.db import models

from cases.models.event import Event


class EventPlace(models.Model):
    """The client's address of one event of a case, as our limits see it; the row goes after 90 days.

    The event's hash does not speak of it: the chain verifies with it and without it.
    """

    event = models.OneToOneField(Event, primary_key=True, on_delete=models.PROTECT, related_name="place")
    address = models.CharField(max_length=45)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.event_id}"
