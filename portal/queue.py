"""django-q2's one schedule: once a minute it rings the same beat the engine's own loop runs.

The queue is a doorbell, never the record: when it dies nothing is late, and its heartbeat row shows it.
"""

from __future__ import annotations

from django_q.models import Schedule

from portal.beat import QUEUE, beat, write_heartbeat

NAME = "beat"
ROLE = QUEUE


def tick() -> int:
    """One round of the beat from the queue; returns how many rows it handled."""
    done = beat(heart=False)
    write_heartbeat(ROLE, done)
    return sum(done.done.values())


def register_schedule() -> None:
    """Puts the one schedule in place and removes what anybody else may have put beside it.

    A name is not unique in the queue's table: beats that start together may each make the row, and the next to
    start keeps the oldest of them. Two for a while only ring twice.
    """
    wanted = {"func": "portal.queue.tick", "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1}
    kept = Schedule.objects.filter(name=NAME).order_by("pk").values_list("pk", flat=True).first()
    Schedule.objects.exclude(pk=kept).delete()
    if not Schedule.objects.filter(pk=kept).update(**wanted):
        Schedule.objects.create(name=NAME, **wanted)
