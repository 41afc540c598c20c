"""How staff read a case: its tag, its clocks, and spans of time, in the words of the console."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from cases.lifecycle import State
from cases.models import Case
from escalation.facts import Clock
from escalation.lateness import late_since
from portal.templatetags.times import DAY, HOUR, MINUTE, count, when_words, zone_words

S = State
Tag = dict[str, str]
SOON = timedelta(hours=2)

#: The tag of a state without a running promise: shape, family, word.
STATE_TAGS: dict[str, tuple[str, str, str]] = {
    S.WAITING_CUSTOMER: ("arrow", "neutral dashed", "Waiting for customer"),
    S.ANSWERED: ("tick", "good", "Answered"),
    S.CONFIRMED: ("tick", "good", "Confirmed"),
    S.FEEDBACK: ("tick", "good", "Feedback asked"),
    S.CLOSED: ("square", "neutral", "Closed"),
    S.WITHDRAWN: ("square", "neutral", "Withdrawn"),
    S.MERGED: ("square", "neutral", "Joined to another"),
}
CALM = (S.ANSWERED, S.WAITING_CUSTOMER, S.CONFIRMED, S.FEEDBACK, S.CLOSED, S.WITHDRAWN, S.MERGED)


def span(length: timedelta) -> str:
    """'40 min', '1 h 10 min', '3 days 2 h': the two largest units that matter."""
    seconds = int(abs(length.total_seconds()))
    days, rest = divmod(seconds, DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    if days:
        return f"{count(days, 'day')} {hours} h" if hours else count(days, "day")
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else "less than a minute"


def clock_name(kind: str) -> str:
    """'Progress update': a clock's name where a line begins with it."""
    words = Clock.NAMES[kind]
    return words[0].upper() + words[1:]


def make_tag(shape: str, family: str, word: str) -> Tag:
    return {"shape": shape, "family": family, "word": word}


def tag_of(case: Case, now: datetime) -> Tag:
    """The tag at the head of a row: late and due soon before anything else."""
    late = late_since(case, now)
    if late:
        return make_tag("diamond", "late", f"Late by {span(now - late)}")
    if case.state in STATE_TAGS:
        return make_tag(*STATE_TAGS[case.state])
    if case.promise_at is None:
        return make_tag("ring", "neutral", "No time promised")
    left = case.promise_at - now
    if left <= SOON:
        return make_tag("triangle", "soon", f"Due in {span(left)}")
    return make_tag("half", "progress", f"Due in {span(left)}")


def mood_tag(case: Case) -> Tag | None:
    """The tag of an upset customer; None while they are calm, or the case is over."""
    return make_tag("triangle", "soon", "Customer upset") if case.is_upset and case.is_open else None


def promise_words(case: Case, *, zone: str, now: datetime) -> str:
    """The times under a case's tag in a list: since when it is late, what is promised next, when we answered, when it
    ended.

    `case.answered_at` is when our last answer went out; None of one taken over from another system.
    """
    if case.state == S.ANSWERED and case.promise_at:
        answered: Any = getattr(case, "answered_at", None)
        said = f"{when_words(answered, zone=zone, now=now, style='short')}. " if answered else ""
        return f"{said}Yes or no by {short(case.promise_at, zone, now)}"
    at = late_since(case, now) or case.promise_at or case.settled_at
    return when_words(at, zone=zone, now=now, style="short") if at else ""


def short(instant: datetime, zone: str, now: datetime) -> str:
    """'today, 16:00' for the middle of a sentence."""
    return lowered(when_words(instant, zone=zone, now=now, style="short"))


def lowered(words: str) -> str:
    """A time in words, for the middle of a sentence: days near now lose their capital, the names of others keep it."""
    return words[0].lower() + words[1:] if words.startswith(("Today", "Tomorrow", "Yesterday")) else words


def zone_sentence() -> str:
    """'Times are London time.': said once beside a list."""
    return f"Times are {zone_words(timezone.get_current_timezone_name())}."


def milestone_words(case: Case) -> str:
    """'Milestone 3 of 5', or that the case left the road."""
    return f"Milestone {case.milestone} of 5" if case.milestone else "Left the road"


def who_has(case: Case) -> str:
    """The owner, else that nobody has it yet."""
    return str(case.owner) if case.owner else "No one yet"


def clock_state(clock: Any, now: datetime) -> Tag:
    """Running, due soon, late, met, missed, paused, cancelled or over, as a tag."""
    if clock.outcome == "met":
        return make_tag("tick", "good", "Met")
    if clock.outcome == "missed":
        return make_tag("diamond", "late", "Missed, done late" if clock.done_late_at else "Missed")
    if clock.outcome == "cancelled":
        return make_tag("square", "neutral", "Cancelled")
    if clock.outcome == "elapsed":
        return make_tag("square", "neutral", "Ran out as announced")
    if clock.paused_at:
        return make_tag("arrow", "neutral dashed", "Paused")
    if clock.due_at <= now:
        return make_tag("diamond", "late", f"Late by {span(now - clock.due_at)}")
    soon = clock.warn_at is None and clock.kind in Clock.CLIMBS and clock.due_at - now <= SOON
    return make_tag(*(("triangle", "soon", "Due soon") if soon else ("half", "progress", "Running")))
