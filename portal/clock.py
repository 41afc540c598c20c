"""The one place that reads the time for the doors; everything below is handed it as an argument.

A test of a whole story must see days go by in seconds. When `settings.TESTING` is true (only the suite's
settings say so) the offset in seconds in the file named by MILEPOST_TEST_CLOCK, or one set with `travel`, is
added. In production there is no such switch.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

_offset = timedelta()


def now() -> datetime:
    """The instant a request, a command or a test happens at, in UTC."""
    return shifted(timezone.now())


def shifted(instant: datetime) -> datetime:
    """`instant` moved by the test's offset; itself outside tests."""
    if not getattr(settings, "TESTING", False):
        return instant
    return instant + _offset + _from_file()


def travel(by: timedelta) -> None:
    """Moves this process's test clock; nothing outside tests."""
    global _offset
    _offset = by


def _from_file() -> timedelta:
    named = os.environ.get("MILEPOST_TEST_CLOCK")
    if not named or not Path(named).exists():
        return timedelta()
    return timedelta(seconds=float(Path(named).read_text() or 0))
