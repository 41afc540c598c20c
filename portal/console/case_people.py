"""The people around a case, for its page: whether who has it is on duty, who may do what one may not, who can see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import get_language_info

from cases.access import supervisors
from cases.languages import kept_code
from cases.lifecycle import State
from cases.models import Case, Team, User
from escalation.directory import Directory
from escalation.facts import Clock
from escalation.permits import SUPERVISOR
from escalation.turn import Turn
from portal.console.on_record import CASES, OnRecord
from portal.console.words import short

AHEAD = timedelta(days=2)  # how far a shift is followed to its end
NAMED = 3  # more names than this help nobody to choose
RELATED = 10
ENDS_BY_ITSELF = {
    State.ANSWERED: (Clock.CONFIRM, "The customer has not said yes or no. Without a word it closes by itself"),
    State.WAITING_CUSTOMER: (Clock.LAPSE, "The customer has not answered. Without a word it closes by itself"),
    State.CONFIRMED: (Clock.CLOSING, "It closes by itself"),
    State.FEEDBACK: (Clock.CLOSING, "It closes by itself"),
}


def duty_words(record: OnRecord, zone: str, now: datetime) -> str:
    """'On duty until 17:30.', 'Away; Ana Mate stands in.', 'Not on duty now.': of who has the case; empty without one."""
    owner, directory = record.case.owner_id, record.turn.directory
    if owner is None or not record.case.is_open:
        return ""
    if directory.roster.is_away(owner, now):
        instead = record.people.get(directory.roster.stand_in(owner, now) or 0)
        return f"Away; {instead} stands in." if instead else "Away, and nobody stands in."
    if not directory.is_there(owner):
        return "Not on duty now."
    ends = [_off_duty(directory, team, owner, now) for team in directory.posts if owner in directory.duty(team)]
    until = max((end for end in ends if end), default=None)
    return f"On duty until {short(until, zone, now)}." if until and None not in ends else "On duty."


def _off_duty(directory: Directory, team: str, person: int, now: datetime) -> datetime | None:
    """When the person's duty for the team ends; None where it goes on as far as we look."""
    stretches = directory.roster.changes(team, now, now + AHEAD)
    return next((one.start for one in stretches if person not in one.people), None)


def with_names(why: str, turn: Turn, people: list[User]) -> str:
    """A refusal that asks for a supervisor, with who of `people`, the supervisors, is on duty; any other as it is."""
    if why != SUPERVISOR or not people:
        return why
    there = [str(one) for one in people if turn.directory.is_there(one.pk)]
    if there:
        more = f" and {len(there) - NAMED} more" if len(there) > NAMED else ""
        return f"{why} On duty: {', '.join(there[:NAMED])}{more}."
    return f"{why} {', '.join(str(one) for one in people[:NAMED])} can; nobody of them is on duty now."


def all_supervisors() -> list[User]:
    """Everybody who may act as a supervisor, by name."""
    return list(supervisors().order_by("name", "email"))


def closing_words(why: str, turn: Turn, zone: str, now: datetime) -> str:
    """Why a case cannot be closed by hand now: the day on which it closes by itself, where there is one, is why.

    No role helps against it, so none is named.
    """
    kind, words = ENDS_BY_ITSELF.get(State(turn.case.state), ("", ""))
    clock = turn.clocks.get(kind)
    return f"{words} {short(clock.due_at, zone, now)}." if why and clock and clock.due_at else why


def who_sees(record: OnRecord) -> list[str]:
    """Everybody for whom `Viewer.sees` lets the case through, in lines; whose names are personal stand in the card alone."""
    case = record.case
    lines = [f"{case.customer}, whose case it is"]
    if settings.SHARE_CASES:
        lines += [f"{one.user}, added by the customer" for one in record["added"] if one.joined_at]
    if settings.SHARE_IN_ORGANISATION and case.organisation and case.is_proven:
        lines.append(f"Customers of {case.organisation}: they read it")
    return [*lines, staff_words(case.category.is_restricted, case.team)]


def staff_words(restricted: bool, team: Team | None) -> str:
    """Which colleagues see a case."""
    near = f"Who has it, {team}" if team else "Who has it"
    if restricted:
        return f"{near}, and colleagues who may see restricted topics; each opening is noted"
    if settings.STAFF_SEE == "teams":
        return f"{near}, who has done something on it, supervisors and auditors"
    return "Every colleague who works on cases, and auditors"


def customer_words(record: OnRecord, zone_now: datetime) -> dict[str, Any]:
    """The customer's language by its name, how many cases they have, and which of the month this one is."""
    code = kept_code(record.case.customer.language)
    others, most = record.theirs[:CASES], len(record.theirs) > CASES
    return {
        "language": str(get_language_info(code)["name"]),
        "others": f"more than {CASES}" if most else str(len(others) or ""),
        "nth": "" if most else nth_words(record.case, others, zone_now),
        "related": sorted(others, key=lambda one: (one.filed_at, one.pk), reverse=True)[:RELATED],
    }


def nth_words(case: Case, others: list[Case], here: datetime) -> str:
    """'2nd case in January': which of its month this one is, by the zone of `here`; empty for a month's first."""
    month = [one.astimezone(here.tzinfo) for one in (case.filed_at, *(other.filed_at for other in others))]
    before = sum((one.year, one.month) == (month[0].year, month[0].month) and one < month[0] for one in month[1:])
    return f"{ordinal(before + 1)} case in {month[0]:%B}" if before else ""


def ordinal(number: int) -> str:
    """'2nd', '3rd', '11th'."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
