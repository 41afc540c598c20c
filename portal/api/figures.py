"""/api/v1/figures/: every figure that is a share or a time, as the page of all figures has them, and those of other pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from cases.models import User
from feedback.durations import DURATIONS, Timed
from feedback.helpfulness import deflection
from feedback.intervals import Curve, Share
from feedback.measures import MEASURES, Counted
from feedback.periods import NONE, Period
from feedback.recommend_figures import Quarter, quarters
from feedback.recovery import Lift
from portal.api.reading import Reading
from portal.insights.measuring import figures_of, lifted
from portal.insights.tables import curve_cells
from portal.insights.timing import times_of
from portal.insights.topics import count_topics


class Figures(Reading):
    """The figures of a period and of the one it is compared with."""

    def get(self, request: Request) -> Response:
        asked = self.asked(request)
        found, counted_to = figures_of(asked)
        times, timed_to = times_of(asked)
        compared = asked.against != NONE
        topics, reader = count_topics(asked, {}, None), cast("User", request.user)
        return Response(
            {
                "period": days_of(asked.period),
                "against": asked.against or "before",
                "before": days_of(asked.period.before()) if compared else None,
                "filters": asked.set,
                "said": asked.said,
                "counted_to": min(counted_to, timed_to, topics.counted_to).isoformat(),
                "figures": [figure(key, counted, compared=compared) for key, counted in found.items()],
                "times": [time(key, timed, compared=compared) for key, timed in times.items()],
                "came_again": share_of(topics.whole.returned),
                "lift": lift_of(lifted(asked)),
                "everybodys": None if reader.figures_by_team else everybodys(asked.at),
            }
        )


def days_of(period: Period) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat(), "zone": period.zone}


def figure(key: str, counted: Counted, *, compared: bool) -> dict[str, Any]:
    """One figure; its formula in words goes with it."""
    one = MEASURES[key]
    said = {"key": key, "name": one.name, "formula": one.formula}
    return said | share_of(counted.now) | {"before": share_of(counted.before) if compared else None}


def share_of(share: Share) -> dict[str, Any]:
    """As the file has it: what is too few to show is null, with how many there are; four digits."""
    if share.value is None or share.interval is None:
        return {"hits": None, "n": share.n, "value": None, "interval": None}
    interval = [round(end, 4) for end in share.interval]
    return {"hits": share.hits, "n": share.n, "value": round(share.value, 4), "interval": interval}


def time(key: str, timed: Timed, *, compared: bool) -> dict[str, Any]:
    """One time, in seconds; its formula in words goes with it."""
    one = DURATIONS[key]
    said = {"key": key, "name": one.name, "formula": one.formula, "office_hours": one.in_office_hours}
    return said | curve_of(timed.now) | {"before": curve_of(timed.before) if compared else None}


def curve_of(curve: Curve) -> dict[str, Any]:
    """As the file has it: of fewer than can be shown only how many; an end that is not reached is null."""
    cells = [None if value == "" else value for value in curve_cells(curve)]
    ended, n, _, low, high, median, most, still = (*cells, *[None] * 6)[:8]
    return {"n": n, "ended": ended, "half_within": median, "interval": [low, high], "nine_in_ten_within": most, "not_ended": still}  # fmt: skip


def lift_of(lift: Lift) -> dict[str, Any]:
    """The mean of final score minus interim score, in points of 5."""
    interval = [round(end, 4) for end in lift.interval] if lift.interval else None
    return {"n": lift.n, "value": None if lift.mean is None else round(lift.mean, 4), "interval": interval}


def everybodys(at: datetime) -> dict[str, Any]:
    """The figures that know no filters, as their own pages have them: articles of the last 90 days, and quarters."""
    return {"needed_no_case": share_of(deflection(at)), "recommend": [quarter(one) for one in quarters()]}


def quarter(one: Quarter) -> dict[str, Any]:
    """The net promoter score from -1 to 1, and who answered of those who were asked."""
    nps = one.nps
    interval = [round(end, 4) for end in nps.interval] if nps.interval else None
    score = {"n": nps.n, "value": None if nps.value is None else round(nps.value, 4), "interval": interval}
    return {"quarter": one.first.isoformat()} | score | {"response": share_of(one.response)}
