"""How the load lies on people: open cases against their team, letters at night, days on duty in a row.

A person carries too much when they have at least LEAST open cases and more than 35 % above the average of the others
of their team who could have cases now; that needs at least two others. Days on duty are worked out from the rota as
it is written now, four weeks back and two weeks ahead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db.models import Count

from cases.access import workers
from cases.lifecycle import OPEN
from cases.models import Case, User
from escalation.directory import Directory
from escalation.models import Notice
from escalation.rota import FORTNIGHT, MOST_DAYS, Roster
from escalation.routing import Loads

LOOK_BACK = timedelta(days=28)
NIGHT_FROM, NIGHT_TO = 22, 7  # local hours
#: Open cases above this many times the others' average are too many; never below LEAST cases or beside one other.
TOO_MUCH, LEAST, OTHERS = Fraction(135, 100), 4, 2
#: The rule, said beside what was found.
RULE = f"at least {LEAST} open cases and more than {round((TOO_MUCH - 1) * 100)}% above what the others have on average"


def average(others: Sequence[int]) -> Fraction | None:
    """What the others have on average; None where they are too few to compare with."""
    return Fraction(sum(others), len(others)) if len(others) >= OTHERS else None


def too_much(mine: int, others: Fraction | None) -> bool:
    """Whether `mine` open cases are more than 35 % over the others' average, and enough to say so."""
    return others is not None and mine >= LEAST and mine > TOO_MUCH * others


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring days on duty, by ordinal, both included."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    @property
    def starts(self) -> date:
        return date.fromordinal(self.first)


def runs_of(days: Iterable[int]) -> list[Run]:
    """Days as runs, in order."""
    found: list[Run] = []
    for day in sorted(days):
        if found and found[-1].last == day - 1:
            found[-1] = Run(found[-1].first, day)
        else:
            found.append(Run(day, day))
    return found


@dataclass(frozen=True, slots=True)
class Carried:
    """What one person of a team carries. `others` is the average of open cases of the team's others, None: too few."""

    person: User
    open: int
    cap: int | None
    escalated: int
    nights: int
    others: Fraction | None
    today: int  # which day on duty in a row today is; 0 when they are not on duty today
    longest: Run | None  # the longest run that reaches into the next two weeks; None without a rota
    most_days: int

    @property
    def full(self) -> bool:
        return self.cap is not None and self.open >= self.cap

    @property
    def too_many(self) -> bool:
        return too_much(self.open, self.others)

    @property
    def over(self) -> int | None:
        """How many per cent over the others' average as it is shown, rounded; None where there is nothing to compare with."""
        return round((self.open / self.typical - 1) * 100) if self.typical else None

    @property
    def typical(self) -> Fraction | None:
        """The others' average to two decimals, as it is shown, so that a reader's own sum comes to the same."""
        return None if self.others is None else round(self.others, 2)

    @property
    def too_long(self) -> bool:
        return self.longest is not None and self.longest.days > self.most_days


class Picture:
    """How the load lies at `at`, read once for all teams: two queries besides the directory's, two more for a team's page."""

    def __init__(self, at: datetime, directory: Directory | None = None) -> None:
        """`directory`: one loaded at `at` less LOOK_BACK, where there is one already."""
        self.at = at
        self.roster = (directory or Directory.load(at - LOOK_BACK)).roster
        crews = self.roster.crews
        self.days = duty_days(self.roster, at - LOOK_BACK, at + timedelta(days=FORTNIGHT))
        everybody = {user for crew in crews.values() for user in crew.people}
        self.loads = Loads.read(everybody | set(self.days))
        self.people = User.objects.in_bulk(self.loads.open)

    def team(self, slug: str, *, whole: bool = True) -> list[Carried]:
        """The people of a team, the most loaded first; without `whole` only what findings are made of."""
        crew = self.roster.crews[slug]
        there = sorted(user for user in crew.people if user in self.loads.open)
        escalated = escalated_cases(there) if whole else {}
        nights = night_letters(self.at) if whole else {}
        today = self.at.astimezone(ZoneInfo(crew.zone)).toordinal()
        found = []
        for user in there:
            runs = [run for run in runs_of(self._days(user, today)) if run.last >= today] if crew.has_rota else []
            found.append(
                Carried(
                    person=self.people[user],
                    open=self.loads.open[user],
                    cap=self.loads.caps.get(user),
                    escalated=escalated.get(user, 0),
                    nights=nights.get(user, 0),
                    others=average([self.loads.open[one] for one in there if one != user and self._compared(one)]),
                    today=today - runs[0].first + 1 if runs and runs[0].first <= today else 0,
                    longest=max(runs, key=lambda run: run.days, default=None),
                    most_days=crew.most_days,
                )
            )
        return sorted(found, key=lambda one: (-one.open, -one.escalated, str(one.person)))

    def findings(self) -> list[tuple[str, Carried]]:
        """Who carries too many cases or stands too long, each person once, with the team that shows it most."""
        said: dict[int, tuple[str, Carried]] = {}
        for slug in sorted(self.roster.crews):
            for one in self.team(slug, whole=False):
                held = said.get(one.person.pk)
                if (one.too_many or one.too_long) and (held is None or weight(one) > weight(held[1])):
                    said[one.person.pk] = (slug, one)
        return sorted(said.values(), key=lambda found: weight(found[1]), reverse=True)

    def _days(self, user: int, today: int) -> set[int]:
        """Days on duty in any team, up to thirteen days from today: the last day of the look ahead is cut."""
        return {day for day in self.days.get(user, ()) if day < today + FORTNIGHT}

    def _compared(self, user: int) -> bool:
        """Whether the person could have cases now: not on leave, and not one whom routing never picks."""
        return self.loads.caps.get(user) != 0 and not self.roster.is_away(user, self.at)


def weight(one: Carried) -> tuple[bool, Fraction, int]:
    """What is said first: too many cases, the furthest over the others; then the longest run."""
    over = Fraction(one.open) - (one.others or 0) if one.too_many else Fraction(0)
    return one.too_many, over, one.longest.days if one.longest else 0


def escalated_cases(people: Iterable[int]) -> dict[int, int]:
    """How many of each person's open cases are above the first level."""
    mine = Case.objects.filter(owner__in=people, state__in=OPEN, is_history=False, tier__gt=1).order_by()
    return dict(mine.values("owner").annotate(n=Count("pk")).values_list("owner", "n"))


# Words --------------------------------------------------------------------------------------------------------


def cases_words(one: Carried, team: str) -> str:
    """'Mara has 9 open cases, 50% more than the average of 6 of the others in Managers.'; empty without a finding."""
    if not one.too_many or one.typical is None:
        return ""
    if not one.typical:
        return f"{one.person} has {one.open} open cases, the others in {team} have {'hardly any' if one.others else 'none'}."
    typical = f"{float(one.typical):.2f}".rstrip("0").removesuffix(".")
    return f"{one.person} has {one.open} open cases, {one.over}% more than the average of {typical} of the others in {team}."


def days_words(one: Carried, team: str) -> str:
    """'Ana is on duty 9 days in a row from Mon 5 Jan on; the rota of Managers allows 7.'; empty without a finding."""
    if not one.too_long or one.longest is None:
        return ""
    day = one.longest.starts
    return (
        f"{one.person} is on duty {one.longest.days} days in a row from {day:%a} {day.day} {day:%b} on; "
        f"the rota of {team} allows {one.most_days}."
    )


# Fairness over all teams --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Burden:
    """What one person carried in the last four weeks, and carries now."""

    person: User
    open: int
    cap: int | None
    nights: int
    longest: int
    running: int
    most_days: int

    @property
    def full(self) -> bool:
        return self.cap is not None and self.open >= self.cap

    @property
    def too_long(self) -> bool:
        return self.longest > self.most_days


def burdens(at: datetime) -> list[Burden]:
    """For everybody who works on cases and stands in a team or got letters at night: the heaviest first.

    Nights are letters sent between 22:00 and 07:00 of the person's own zone. Days in a row count by the rota as it
    is written now; a team without a rota has no days on duty.
    """
    nights = night_letters(at)
    past = Directory.load(at - LOOK_BACK)
    days = duty_days(past.roster, at - LOOK_BACK, at)
    crews = past.roster.crews.values()
    limits: dict[int, int] = {}
    for crew in crews:
        for user in {turn.user for turn in crew.turns}:
            limits[user] = min(crew.most_days, limits.get(user, crew.most_days))
    there = {user for crew in crews for user in (*crew.people, *(t.user for t in crew.turns))}
    loads = Loads.read(there | set(nights) | set(days))
    today = at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).toordinal()
    found = [
        Burden(
            person,
            loads.open[person.pk],
            loads.caps.get(person.pk),
            nights.get(person.pk, 0),
            *longest_and_running(days.get(person.pk, set()), today),
            limits.get(person.pk, MOST_DAYS),
        )
        for person in workers().filter(pk__in=loads.open)
    ]
    return sorted(found, key=lambda one: (-one.nights, -one.longest, -one.open, str(one.person)))


def night_letters(at: datetime) -> dict[int, int]:
    """How many letters each colleague was sent at night in the four weeks up to `at`."""
    zones = available_timezones()
    sent = Notice.objects.filter(
        to_customer=False, state=Notice.State.SENT, sent_at__gt=at - LOOK_BACK, sent_at__lte=at, recipient__is_staff=True
    )  # fmt: skip
    counts: Counter[int] = Counter()
    rows: Any = sent.values_list("recipient", "recipient__time_zone", "sent_at")
    for person, zone, instant in rows.iterator():
        hour = instant.astimezone(ZoneInfo(zone if zone in zones else settings.COMPANY_TIME_ZONE)).hour
        if hour >= NIGHT_FROM or hour < NIGHT_TO:
            counts[person] += 1
    return dict(counts)


def duty_days(roster: Roster, start: datetime, end: datetime) -> dict[int, set[int]]:
    """The ordinals of local dates on which each person is on duty from `start` to `end`, in the zone of each rota.

    A team without a rota has no days on duty.
    """
    days: dict[int, set[int]] = {}
    for slug, crew in roster.crews.items():
        zone = ZoneInfo(crew.zone)
        for one in roster.changes(slug, start, end) if crew.has_rota else ():
            first = one.start.astimezone(zone).toordinal()
            last = (one.end - timedelta(seconds=1)).astimezone(zone).toordinal()
            for person in one.people:
                days.setdefault(person, set()).update(range(first, last + 1))
    return days


def longest_and_running(days: set[int], today: int) -> tuple[int, int]:
    """The longest run of neighbouring days, and the one that reaches today or yesterday."""
    runs = runs_of(days)
    running = next((run.days for run in runs if run.last >= today - 1), 0)
    return max((run.days for run in runs), default=0), running
