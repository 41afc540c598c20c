"""The page of examples of how we write: the longest silences, saved replies and how their cases were rated, messages that did well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from cases.access import Viewer
from feedback import silences, writing
from feedback.durations import Hours
from feedback.intervals import FEWEST, Share
from feedback.silences import Silence, Worst
from feedback.writing import BEGAN, Began
from portal.charts import percent
from portal.insights.asking import Asked
from portal.insights.lately import lately
from portal.insights.tables import Cell, Table, of_share
from portal.insights.words import count_words, days_words, few_words, working
from portal.insights.writing import EXAMPLES, readings
from portal.templatetags.times import when_words

CSV = "/insights/writing/examples.csv"
WORST = 10


class Found:
    """Everything the page and its file list, for one question; silences as of `counted_to`, which lies less than a minute back."""

    def __init__(self, asked: Asked, office: Hours) -> None:
        self.worst: Worst
        self.counted_to: datetime
        self.worst, self.counted_to = lately(
            ("silent", asked.period, asked.scope),
            lambda: silences.worst(asked.period, asked.scope, at=asked.at, most=WORST, office=office),
            lambda found: found.weighed,
            at=asked.at,
        )
        self.replies: Mapping[int, Began] = writing.replies(asked.period, asked.scope)


def examples_page(asked: Asked, office: Hours, viewer: Viewer) -> dict[str, Any]:
    """What the template takes."""
    found = Found(asked, office)
    return {
        "readings": readings(asked, EXAMPLES),
        "counted_to": found.counted_to,
        "csv_url": asked.link(CSV),
        "sentence": f"{days_words(asked.period)}: {replies_words(len(found.replies))}.",
        "remarks": [
            "Silences are of cases customers filed here in the period; saved replies and ratings are of the days they were used and given."
        ],
        "tables": tables_of(asked, found, sees_cases=viewer.is_staff),
        "best": writing.best(asked.period, asked.scope, viewer=viewer),
        "best_rule": (writing.BEST, writing.BEST_SCORE),
    }


def replies_words(n: int) -> str:
    """'3 saved replies were used'."""
    return "1 saved reply was used" if n == 1 else f"{n or 'no'} saved replies were used"


def tables_of(asked: Asked, found: Found, *, sees_cases: bool = False) -> list[Table]:
    return [worst(asked, found, sees_cases), began(asked, found)]


def worst(asked: Asked, found: Found, sees_cases: bool) -> Table:
    """The cases with the longest silences; a reference, and a link for who may open it."""
    rows = [
        (case.reference, _silent_row(one, asked, f"/console/cases/case/{case.pk}/change/" if sees_cases else "", case))
        for case, one in found.worst.rows
    ]
    going_on = sum(one.until is None for _, one in found.worst.rows)
    title = "No customer waited in silence"
    if rows:
        title = f"The longest silence took {working(found.worst.rows[0][1].seconds)}"
        title += f"; {going_on} of the {len(rows)} longest {'goes' if going_on == 1 else 'go'} on" if going_on else ""
    return Table(
        "silences", title, f"The {WORST} cases with the longest silences, in office hours, read off the log.", "Case",
        ("Longest silence", "From", "To", "Topic and team"), rows, asked.link(CSV),
    )  # fmt: skip


def _silent_row(one: Silence, asked: Asked, url: str, case: Any) -> list[Cell]:
    zone = settings.COMPANY_TIME_ZONE
    since = when_words(one.since, zone=zone, now=asked.at, style="short")
    until = when_words(one.until, zone=zone, now=asked.at, style="short") if one.until else "Goes on"
    stamps = [one.since.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")]
    stamps.append(one.until.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") if one.until else "")
    return [
        Cell(working(one.seconds), url, file=["", "", one.seconds]),
        Cell(since, file=["", "", stamps[0]]),
        Cell(until, file=["", "", stamps[1]]),
        Cell(
            str(case.category),
            under=str(case.team or ""),
            file=["", "", f"{case.category.slug} {case.team.slug if case.team else ''}".strip()],
        ),
    ]


def began(asked: Asked, found: Found) -> Table:
    """Saved replies that were used, and how the cases of those messages were rated; no sign that one caused the other."""
    rows = []
    for reply, one in found.replies.items():
        # Few uses would speak of single people, here as on the page of replies.
        url = asked.cases(BEGAN, more={"part": str(reply)}) if one.uses >= FEWEST else ""
        rows.append((one.title, [
            Cell(f"{one.uses:,}", url, under=count_words(one.cases, "case"), file=[one.uses, one.cases])
            if url
            else Cell("Too few", file=["", ""]),
            of_share(one.satisfied, "", "", bar=True),
        ]))  # fmt: skip
    rated = [one.satisfied for one in found.replies.values() if one.satisfied.shown]
    title = "No saved reply was used" if not rows else "Too few rated cases to say how saved replies do"
    if rated:
        low, high = min(share.value or 0 for share in rated), max(share.value or 0 for share in rated)
        title = f"Cases with a saved reply: {percent(low)} to {percent(high)} satisfied, by reply"
        title = title if len(rated) > 1 else f"Cases with a saved reply: {percent(high)} satisfied"
    return Table(
        "replies", title, "Messages sent in the period that began with a saved reply, the most used first. A reply is used where it fits: a low share may be the topic’s.",
        "Saved reply", ("Messages", "Satisfied"), rows, asked.link(CSV), few_words(Share(), "use") if not rows else "Fewer than 5 answers are not shown.",
    )  # fmt: skip
