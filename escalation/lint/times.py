"""Times that contradict each other, within a cell, between severities and between levels."""

from __future__ import annotations

from collections.abc import Iterator

from cases.models.case import Severity
from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import (
    SEVERITIES,
    TIME_NAMES,
    TIMES,
    WINDOW_NAMES,
    Ground,
    Spot,
    lasting,
    times_of,
)

#: Critical cases may wait one night, not a weekend: hours the calendar may be closed at a stretch. From 20:00 to
#: 08:00 are twelve, and one more in the night the clocks go back.
LONGEST_NIGHT = 13
DAY = 86_400


def _longer(g: Ground, first: str, second: str, why: str) -> Iterator[Found]:
    """Cells in which `first` is longer than `second`; both count on the cell's calendar."""
    for spot in g.spots:
        a, b = getattr(spot.cell, first), getattr(spot.cell, second)
        if a is not None and b is not None and a > b:
            yield Found(
                spot.key,
                f"The {TIME_NAMES[first]} ({lasting(a)}) is longer than the {TIME_NAMES[second]} ({lasting(b)}): {why}",
                f"Shorten the {TIME_NAMES[first]} to {lasting(b)} at most, or lengthen the {TIME_NAMES[second]}.",
            )


@rule("review_long")
def review_long(g: Ground) -> Iterator[Found]:
    """The review takes longer than the acknowledgment that follows it."""
    yield from _longer(g, "review", "acknowledge", "the first look would come after somebody has to have the case.")


@rule("acknowledge_long")
def acknowledge_long(g: Ground) -> Iterator[Found]:
    """The acknowledgment takes longer than the answer."""
    yield from _longer(g, "acknowledge", "resolve", "the answer is due before anybody has to have the case.")


@rule("update_long")
def update_long(g: Ground) -> Iterator[Found]:
    """The customer hears nothing until after the answer is due."""
    yield from _longer(g, "update", "resolve", "the customer hears nothing before the answer is due.")


@rule("refer_up_early")
def refer_up_early(g: Ground) -> Iterator[Found]:
    """A level must pass the case up before its own acknowledgment is due."""
    for spot in g.spots:
        cell = spot.cell
        if cell.refer_up is not None and cell.refer_up <= cell.acknowledge:
            yield Found(
                spot.key,
                f"The case is passed up after {lasting(cell.refer_up)}, while this level has "
                f"{lasting(cell.acknowledge)} to acknowledge it: nobody here could be late.",
                "Make “refer up after” longer than the acknowledgment.",
            )


def _slower(g: Ground, faster: Spot, slower: Spot, name: str) -> tuple[int, int, int] | None:
    """The first hour at which the time of `faster` ends after that of `slower`, with both in round-the-clock seconds."""
    a, b = getattr(faster.cell, name), getattr(slower.cell, name)
    if a is None or b is None or (faster.cell.calendar == slower.cell.calendar and a <= b):
        return None
    first, second = g.waits(faster.cell.calendar, a), g.waits(slower.cell.calendar, b)
    if first is None or second is None:
        return None
    return next(((n, x, y) for n, (x, y) in enumerate(zip(first, second, strict=True)) if x > y), None)


@rule("severity_slower")
def severity_slower(g: Ground) -> Iterator[Found]:
    """A more urgent case waits longer than the next less urgent one, at some hour of 28 days."""
    done: set[tuple[Spot, str]] = set()
    for (category, severity, tier), spot in g.cells.items():
        below = g.cells.get((category, severity + 1, tier)) if severity < max(SEVERITIES) else None
        if not spot or not below:
            continue
        for name in TIMES:
            if (spot, name) in done or not (late := _slower(g, spot, below, name)):
                continue
            done.add((spot, name))
            hour, mine, theirs = late
            yield Found(
                spot.key,
                f"The {TIME_NAMES[name]} is slower than for {Severity(severity + 1).label}: begun {g.hour(hour)} it "
                f"ends after {lasting(mine)} round the clock, theirs after {lasting(theirs)}.",
                "Shorten it, or count it on a calendar that is open longer.",
            )


@rule("level_slower", WARNING)
def level_slower(g: Ground) -> Iterator[Found]:
    """A higher level has more time to acknowledge than the one below it."""
    done: set[Spot] = set()
    for (category, severity, tier), spot in g.cells.items():
        above = g.cells.get((category, severity, tier + 1))
        if not spot or not above or above in done or not (late := _slower(g, above, spot, "acknowledge")):
            continue
        done.add(above)
        yield Found(
            above.key,
            f"Begun {g.hour(late[0])} it has {lasting(late[1])} round the clock to acknowledge, level {tier} "
            f"{lasting(late[2])}: a case that is passed up slows down.",
            f"Give it no more than level {tier} has.",
        )


@rule("never_due")
def never_due(g: Ground) -> Iterator[Found]:
    """A time can never run out: its calendar has not enough open time within ten years."""
    for spot in g.spots:
        stuck = [name for name, seconds in times_of(spot.cell) if _never(g, spot.cell.calendar, seconds)]
        if stuck:
            yield Found(
                spot.key,
                f"The calendar “{spot.cell.calendar}” has not enough open time within ten years for the "
                f"{' and the '.join(TIME_NAMES[name] for name in stuck)}: that promise would have no end.",
                "Open the calendar longer, or shorten the time.",
            )
    windows = g.protocol.windows
    for name in ("lapse", "nudge", "confirm"):
        if _never(g, windows.calendar, getattr(windows, name)):
            yield Found(
                Key("window", item=name),
                f"The calendar “{windows.calendar}” has not enough open time within ten years for it.",
                "Open the calendar longer, or shorten the time.",
            )


def _never(g: Ground, calendar: str, seconds: int) -> bool:
    return calendar in g.calendars and g.waits(calendar, seconds) is None


@rule("critical_office")
def critical_office(g: Ground) -> Iterator[Found]:
    """The most urgent cases wait over nights and weekends: they count on office hours only."""
    for spot in g.spots:
        if spot.severity != min(SEVERITIES) or spot.cell.calendar not in g.calendars:
            continue
        closed = _longest_closed(g.open_hours(spot.cell.calendar))
        if closed > LONGEST_NIGHT:
            yield Found(
                spot.key,
                f"Such a case counts on the calendar “{spot.cell.calendar}”, which is closed for {closed} hours at "
                "a stretch within the next 28 days.",
                f"Choose a calendar that is closed no longer than {LONGEST_NIGHT} hours, best round the clock.",
            )


def _longest_closed(hours: tuple[bool, ...]) -> int:
    longest = run = 0
    for is_open in hours:
        run = 0 if is_open else run + 1
        longest = max(longest, run)
    return longest


@rule("nudge_late")
def nudge_late(g: Ground) -> Iterator[Found]:
    """The reminder would come before the question itself: silence closes the case sooner."""
    windows = g.protocol.windows
    if windows.nudge >= windows.lapse:
        yield Found(
            Key("window", item="nudge"),
            f"The reminder comes {lasting(windows.nudge)} before the case closes, and silence closes it after "
            f"{lasting(windows.lapse)}: nobody would be reminded.",
            "Make the reminder shorter than the silence.",
        )


@rule("window_short", WARNING)
def window_short(g: Ground) -> Iterator[Found]:
    """A customer has less than a working day to say something."""
    windows, calendar = g.protocol.windows, g.calendars.get(g.protocol.windows.calendar)
    working = int(calendar.day_hours * 3600) if calendar else 0
    for name, day in (("lapse", working), ("confirm", working), ("reopen", DAY)):
        seconds = getattr(windows, name)
        if seconds < day:
            yield Found(
                Key("window", item=name),
                f"The {WINDOW_NAMES[name]} lasts {lasting(seconds)}, less than one day ({lasting(day)}): "
                "customers who work or sleep could miss it.",
                "Give them at least one day.",
            )
