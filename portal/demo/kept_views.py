"""What the demo's manager keeps of the figures: one page that comes by mail on Mondays, and the digest."""

from __future__ import annotations

from datetime import datetime

from cases.models import User
from feedback import figure_views
from portal.demo.people import MANAGERS, address


def keep(now: datetime) -> None:
    """Max keeps where the hours went in four weeks, and wants the week by mail."""
    by = User.objects.get(email=address(MANAGERS[0]))
    figure_views.keep(
        "Where the hours go", page="/insights/bottlenecks/", query="period=4w", mailed="weekly", by=by, at=now
    )
    figure_views.subscribe(True, by=by, at=now)
