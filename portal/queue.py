"""django-q2's one schedule: once a minute it rings the same beat the engine's own loop runs.

The queue is a doorbell, never the record: when it dies nothing is late, and its heartbeat row shows it.
"""

from __future__ import annotations

from django_q.models import Schedule

from portal.beat import beat, write_heartbeat

NAME = "beat"
ROLE = "queue"


def tick() -> int:
    """One round of the beat from the queue; returns how many rows it handled."""
    done = beat(heart=False)
    write_heartbeat(ROLE, done)
    return sum(done.done.values())


def register_schedule() -> None:
    """Puts the one schedule in place and removes what anybody else may have put beside it."""
    Schedule.objects.exclude(name=NAME).delete()
    Schedule.objects.update_or_create(
        name=NAME,
        defaults={"func": "portal.queue.tick", "schedule_type": Schedule.MINUTES, "minutes": 1, "repeats": -1},
    )
