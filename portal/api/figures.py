"""/api/v1/figures/: every figure that is a share, as the page of all figures has them."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from feedback.intervals import Share
from feedback.measures import MEASURES, Counted
from feedback.periods import Period
from portal.api.reading import Reading
from portal.insights.measuring import figures_of


class Figures(Reading):
    """The figures of a period and of the one before."""

    def get(self, request: Request) -> Response:
        asked = self.asked(request)
        found, counted_to = figures_of(asked)
        return Response(
            {
                "period": days_of(asked.period),
                "before": days_of(asked.period.before()),
                "filters": asked.set,
                "said": asked.words,
                "counted_to": counted_to.isoformat(),
                "figures": [figure(key, counted) for key, counted in found.items()],
            }
        )


def days_of(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat(), "zone": period.zone}


def figure(key: str, counted: Counted) -> dict[str, Any]:
    """One figure; its formula in words goes with it."""
    one = MEASURES[key]
    said = {"key": key, "name": one.name, "formula": one.formula}
    return said | share_of(counted.now) | {"before": share_of(counted.before)}


def share_of(share: Share) -> dict[str, Any]:
    """As the file has it: what is too few to show is null, with how many there are; four digits."""
    if share.value is None or share.interval is None:
        return {"hits": None, "n": share.n, "value": None, "interval": None}
    interval = [round(end, 4) for end in share.interval]
    return {"hits": share.hits, "n": share.n, "value": round(share.value, 4), "interval": interval}
