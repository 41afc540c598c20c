"""What the beat does about files, beside the letters: both wait for other programs, and no clock waits for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, QuerySet

from cases.files import sweeping
from escalation.models import Heartbeat
from escalation.steps import Step

STRAYS, STRAYS_EVERY = "strays", timedelta(days=1)


def _not_looked(at: datetime) -> QuerySet:
    """One row, while nobody has looked for strays in the last day."""
    fresh = Heartbeat.objects.filter(role=STRAYS, last_loop__gt=at - STRAYS_EVERY)
    return Heartbeat.objects.exclude(role=STRAYS).filter(~Exists(fresh))


def _look(at: datetime) -> int:
    """Once, so the step is done with 0 left."""
    Heartbeat.objects.update_or_create(role=STRAYS, defaults={"last_loop": at, "last_success": at})
    sweeping.discard_strays(at)
    return 0


STEPS = (
    Step("scan", sweeping.to_scan, sweeping.scan_one),
    Step("forgotten files", sweeping.forgotten, sweeping.discard_forgotten),
    Step("stray files", _not_looked, _look),
)
