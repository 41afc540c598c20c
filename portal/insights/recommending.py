"""Would they recommend us? The net promoter score by quarter as managers read it: a sentence, the trend, the answers, the words."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from cases.models import User
from feedback.masking import masked
from feedback.nps import Nps
from feedback.recommend_figures import Quarter, quarters, words
from feedback.recommending import next_quarter, per_cent, today
from portal import charts
from portal.charts import Point, percent
from portal.insights.casework import Echo, safe
from portal.insights.drawing import INTERVAL, TOO_FEW, Chart, chart
from portal.insights.words import interval_words, share_words

NOBODY = "Nobody was asked yet. A sample of customers is drawn each quarter."
OFF = "This question is switched off. Whoever runs the server switches it on: RECOMMEND_PERCENT says of a hundred customers how many are asked each quarter."
TOO_FEW_WORDS = "too few to show"
HEAD = ["quarter", "state", "drawn", "asked", "answered", "response", "promoters", "passives", "detractors", "nps", "nps_low", "nps_high"]  # fmt: skip
CSV = "/insights/recommend.csv"


ONLY = "A customer is asked about no case and no team: there is no score of one team. You see the figures of those set for you."


def told(at: datetime, *, by: User, sees_cases: bool) -> dict[str, Any]:
    """What the page takes; who sees no cases reads no names, and who sees figures of some teams only reads nothing."""
    if by.figures_by_team:
        return {"empty": ONLY}
    found = quarters()
    if not found:
        return {"empty": NOBODY if per_cent() else OFF}
    last = found[-1]
    return {
        "sentence": sentence(found),
        "running": last.first <= today(at) < next_quarter(last.first),
        "per_cent": last.round.per_cent,
        "seed": last.round.seed,
        "population": last.round.population,
        "charts": [trend(found), *([spread(last)] if last.nps.shown else [])],
        "words": [_word(row, sees_cases) for row in words(last)],
        "words_of": quarter_words(last.first),
    }


def _word(row: Any, sees_cases: bool) -> dict[str, Any]:
    """An answer's words; whose it is stands there only for who sees cases, and never without a name."""
    named = sees_cases and not row.is_anonymous
    return {"score": row.score, "text": row.why if named else masked(row.why, [row.person.name]), "who": row.person.name if named else ""}  # fmt: skip


def quarter_words(first: date) -> str:
    """'Q1 2026'."""
    return f"Q{(first.month + 2) // 3} {first.year}"


def points_words(value: float) -> str:
    """'+23', '−4': a difference of shares, in points."""
    rounded = round(value * 100)
    return f"+{rounded}" if rounded > 0 else f"−{-rounded}" if rounded < 0 else "0"


def score_words(one: Nps) -> str:
    """The score, or a word for too few."""
    return TOO_FEW_WORDS if one.value is None else points_words(one.value)


def reach_words(one: Nps) -> str:
    """'−4 to +38', empty while the score is not shown."""
    return " to ".join(points_words(end) for end in one.interval) if one.interval else ""


def sentence(found: Sequence[Quarter]) -> str:
    """'Q1 2026: 40 of 120 answered (33%). Net promoter score +23 (95% interval −4 to +45): 50% promoters, 28% detractors.'"""
    last = found[-1]
    said = f"{quarter_words(last.first)}: {last.response.hits} of {last.response.n} who were asked answered"
    if last.response.shown:
        said += f" ({share_words(last.response)})"
    one = last.nps
    if one.value is None:
        return f"{said}. Of fewer than 5 nothing more is shown."
    parts = f"{percent(one.promoters / one.n)} promoters, {percent(one.detractors / one.n)} detractors"
    return f"{said}. Net promoter score {score_words(one)} (95% interval {reach_words(one)}): {parts}. {_change(found)}".strip()


def _change(found: Sequence[Quarter]) -> str:
    """Up or down only where the intervals of the two quarters do not meet."""
    if len(found) < 2 or found[-2].nps.value is None:
        return ""
    (low, high), (low_before, high_before) = found[-1].nps.interval or (0, 0), found[-2].nps.interval or (0, 0)
    word = "Up from" if low > high_before else "Down from" if high < low_before else "No clear change, was"
    return f"{word} {score_words(found[-2].nps)}."


def trend(found: Sequence[Quarter]) -> Chart:
    """The score by quarter with its interval, on a scale from -100 to 100."""
    points = [
        Point(one.nps.value, *one.nps.interval) if one.nps.value is not None and one.nps.interval else None
        for one in found
    ]
    labels = [quarter_words(one.first) for one in found]
    shown = [one for one in found if one.nps.shown]
    title = f"Net promoter score {score_words(shown[-1].nps)} in {quarter_words(shown[-1].first)}" if shown else "Net promoter score by quarter"  # fmt: skip
    given: dict[str, Any] = {"key": "nps", "title": title, "desc": f"By quarter. {INTERVAL}", "name": "Promoters − detractors, in points", "top": 1.0, "bottom": -1.0, "words": points_words}  # fmt: skip
    drawn = charts.line(points, labels, **given)
    given["key"] += "-wide"
    drawn = charts.joined((charts.line(points, labels, width=charts.WIDE, **given), drawn))
    head = [
        "Quarter",
        "Asked",
        "Answered",
        "Response",
        "95% interval",
        "Promoters",
        "Detractors",
        "Score",
        "95% interval",
    ]
    return chart(
        title, given["desc"], drawn if shown else "", "Net promoter score, by quarter", head,
        [_row(one) for one in reversed(found)], CSV, note=TOO_FEW, wide=True,
    )  # fmt: skip


def _row(one: Quarter) -> list[Any]:
    asked, nps = one.response, one.nps
    parts = [percent(nps.promoters / nps.n), percent(nps.detractors / nps.n)] if nps.shown else ["", ""]
    return [
        quarter_words(one.first), str(asked.n), str(asked.hits), share_words(asked), interval_words(asked), *parts,
        score_words(nps), reach_words(nps),
    ]  # fmt: skip


def spread(one: Quarter) -> Chart:
    """How many are promoters, neither, and detractors."""
    parts = one.nps
    rows = [("9 or 10: promoters", parts.promoters), ("7 or 8: neither", parts.passives), ("0 to 6: detractors", parts.detractors)]  # fmt: skip
    title = f"{quarter_words(one.first)}: {parts.promoters} of {parts.n} answered 9 or 10"
    drawn = charts.bars(rows, key="nps-parts", title=title, desc="How many gave which answer.")
    table = [[label, str(n), percent(n / parts.n)] for label, n in rows]
    return chart(
        title, "", drawn, f"Answers in {quarter_words(one.first)}", ["Answer", "How many", "Share"], table, CSV
    )


def csv_lines(at: datetime) -> Iterator[str]:
    """A head, then a row for each quarter; what came of fewer than five answers is left empty."""
    writer = csv.writer(Echo())
    yield writer.writerow(HEAD)
    for one in quarters():
        nps, asked = one.nps, one.response
        state = "running" if today(at) < next_quarter(one.first) else "over"
        low, high = nps.interval or (0.0, 0.0)
        parts = [nps.promoters, nps.passives, nps.detractors, *(round(x, 4) for x in (nps.value or 0.0, low, high))]
        response = round(asked.value, 4) if asked.value is not None else ""
        row = [one.first.isoformat(), state, one.round.population, asked.n, asked.hits, response]
        yield writer.writerow([safe(value) for value in [*row, *(parts if nps.shown else [""] * 6)]])
