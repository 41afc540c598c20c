"""The picture of a post-mortem: the way up the levels over time, with the missed times and where the plan failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from cases.models import Event
from portal.charts import HALF, WIDE, joined, num, picture
from portal.console.words import span

HEIGHT_OF_LEVEL, LEFT, TOP = 44, 70, 24
#: After the last of these the picture ends: timers that run out days later would squeeze the way up to a line.
TELLING = ("missed", "answered", "rejected", "reopened", "withdrawn", "apologised")
HEAD = ["When", "What happened", "Level", "Who"]


def ladder(events: Sequence[Event], rows: list[list[str]], *, failure: Event | None) -> dict[str, Any]:
    """What parts/chart.html takes; `rows` is its table. The axis is the clock on the wall, from the first event on."""
    if not events:
        return {"title": "The log is empty.", "table": {"rows": []}}
    events = _telling(events)
    levels = [event.data["tier"] for event in events]
    missed = sum(event.kind == "missed" for event in events)
    took = span(events[-1].occurred_at - events[0].occurred_at)
    title = f"From level {levels[0]} to level {max(levels)} in {took}, with {missed} missed time{'' if missed == 1 else 's'}"
    desc = "A line for the level that had the case. A dot is a missed time"
    desc += "; the ring is where the plan failed." if failure else "."
    drawn = [_drawn(events, failure, width, key=f"ladder-{width}", title=title, desc=desc) for width in (WIDE, HALF)]
    return {
        "title": title,
        "desc": desc,
        "svg": joined(drawn),
        "wide": True,
        "table": {"caption": "What the log says, oldest first", "head": HEAD, "rows": rows},
    }


def _telling(events: Sequence[Event]) -> Sequence[Event]:
    """The events up to the last one that changes the level or the customer hears of."""
    tiers = [event.data["tier"] for event in events]
    ends = [n for n, event in enumerate(events) if event.kind in TELLING or (n and tiers[n] != tiers[n - 1])]
    return events[: max(ends, default=len(events) - 1) + 1]


def _drawn(
    events: Sequence[Event], failure: Event | None, width: int, *, key: str, title: str, desc: str
) -> SafeString:
    top = max(event.data["tier"] for event in events)
    first, last = events[0].occurred_at, events[-1].occurred_at
    long = max((last - first).total_seconds(), 1.0)
    height = TOP + HEIGHT_OF_LEVEL * (top - 1) + 44
    right = width - 20

    def x(event: Event) -> float:
        return LEFT + (right - LEFT) * (event.occurred_at - first).total_seconds() / long

    def y(level: int) -> float:
        return TOP + HEIGHT_OF_LEVEL * (top - level)

    parts = []
    for level in range(1, top + 1):
        parts.append(format_html('<path class="grid" d="M{} {}H{}"/>', LEFT, num(y(level)), num(right)))
        words = format_html(
            '<text x="{}" y="{}" text-anchor="end">Level {}</text>', LEFT - 10, num(y(level) + 5), level
        )
        parts.append(words)
    road, before = f"M{num(x(events[0]))} {num(y(events[0].data['tier']))}", events[0].data["tier"]
    for event in events[1:]:
        road += f"H{num(x(event))}"
        if event.data["tier"] != before:
            before = event.data["tier"]
            road += f"V{num(y(before))}"
    parts.append(format_html('<path class="line s1" d="{}"/>', road))
    levels = {event.seq: event.data["tier"] for event in events}
    for event in events:
        if event.kind == "missed":
            # It was missed at the level that had the case before.
            at = levels.get(event.seq - 1, event.data["tier"])
            parts.append(format_html('<circle class="mark s1" cx="{}" cy="{}" r="5"/>', num(x(event)), num(y(at))))
    if failure is not None:
        place = num(x(failure)), num(y(failure.data["tier"]))
        parts.append(format_html('<circle class="reach" cx="{}" cy="{}" r="10"/>', *place))
    below = num(height - 12)
    parts.append(format_html('<text class="soft" x="{}" y="{}">Filed</text>', LEFT, below))
    parts.append(
        format_html(
            '<text class="soft" x="{}" y="{}" text-anchor="end">{} later</text>', num(right), below, span(last - first)
        )
    )
    return picture(width, height, key=key, title=title, desc=desc, parts=parts)
