"""The picture of two weeks of cover: one bar for each team, lower where one person is alone, hatched where nobody is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from escalation.cover import Cover
from escalation.spans import edge, parts
from portal.charts import HALF, WIDE, joined, num, picture

FIRST, EACH, BAR = 40, 52, 20  # units: the first team's name, from team to team, a bar's height
LEAST = 3.0  # a stretch is never drawn thinner: five minutes with nobody must be seen
TITLE = "Who is there in the next two weeks"


def drawn(cover: Cover, zone: str) -> SafeString:
    """Both sizes of the picture; the style sheet shows the one that fits."""
    return joined(_picture(cover, zone, width, key) for width, key in ((WIDE, "cover-wide"), (HALF, "cover-half")))


def _picture(cover: Cover, zone: str, width: int, key: str) -> SafeString:
    low, high = parts(cover.start)[0], parts(cover.end)[0]
    scale = (width - 4) / (high - low)

    def x(second: int) -> float:
        return 2 + (second - low) * scale

    height = FIRST + EACH * len(cover.teams) + 4
    dawn = list(_midnights(low, high, zone))
    all_parts = [_hatch(key), _days(dawn, x(high), x, height, width)]
    for number, team in enumerate(cover.teams):
        top = FIRST + EACH * number
        name = cover.directory.posts[team].name
        all_parts.append(format_html('<text x="2" y="{}">{}</text>', num(top + 14), name))
        all_parts += _bars(cover, team, top + 22, x, key)
    return picture(width, height, key=key, title=TITLE, desc=_said(cover), parts=all_parts)


def _said(cover: Cover) -> str:
    """What the picture shows, in words."""
    holes = {gap.team for gap in cover.gaps}
    names = ", ".join(cover.directory.posts[team].name for team in cover.teams if team in holes)
    return f"Hours with nobody: {names}." if names else "There is somebody in every hour in which we promise something."


def _hatch(key: str) -> SafeString:
    return format_html(
        '<defs><pattern id="{}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="3" height="6"/></pattern></defs>',
        key,
    )


def _midnights(low: int, high: int, zone: str) -> Iterable[tuple[int, date]]:
    """The second at which each local date begins, with the date; the first is the one the picture starts in."""
    local, info = datetime.fromtimestamp(low, ZoneInfo(zone)).date(), ZoneInfo(zone)
    yield low, local
    while True:
        local += timedelta(days=1)
        second = edge(info, datetime.combine(local, time()))
        if second >= high:
            return
        yield second, local


def _days(days: Sequence[tuple[int, date]], right: float, x, height: float, width: int) -> SafeString:  # type: ignore[no-untyped-def]
    """A line at each midnight and the day's name over it: whole on a wide picture, the number only on a narrow one."""
    drawn_parts = []
    for number, (second, day) in enumerate(days):
        left = x(second)
        following = x(days[number + 1][0]) if number + 1 < len(days) else right
        if number:
            line = '<path class="grid{}" d="M{} 24V{}"/>'
            week = " week" if day.weekday() == 0 else ""
            drawn_parts.append(format_html(line, week, num(left), num(height)))
        words = f"{day:%a} {day.day}" if width == WIDE else str(day.day)
        # The first and the last day are cut: their name stands only where there is room for it.
        if following - left >= (44 if width == WIDE else 20):
            middle = num((left + following) / 2)
            soft = " class=soft" if day.weekday() > 4 else ""
            drawn_parts.append(format_html('<text{} x="{}" y="16" text-anchor="middle">{}</text>', soft, middle, words))
    return joined(drawn_parts)


def _bars(cover: Cover, team: str, top: float, x, key: str) -> Iterable[SafeString]:  # type: ignore[no-untyped-def]
    """Full where two or more are on duty, half as high where one is alone; over it the gaps."""
    for one in cover.stretches(team):
        if one.people:
            high = BAR if len(one.people) > 1 else BAR / 2
            start, end = x(parts(one.start)[0]), x(parts(one.end)[0])
            kind = "fill s1" if len(one.people) > 1 else "fill s1 alone"
            yield format_html(
                '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
                kind, num(start), num(top + BAR - high), num(max(end - start, 0.5)), num(high),
            )  # fmt: skip
    for gap in cover.gaps:
        if gap.team == team:
            start, end = x(parts(gap.start)[0]), x(parts(gap.end)[0])
            yield format_html(
                '<rect class="hole" fill="url(#{}-hatch)" x="{}" y="{}" width="{}" height="{}"/>',
                key, num(start), num(top), num(max(end - start, LEAST)), num(BAR),
            )  # fmt: skip
