"""The monthly pulse question: who is asked when, how an answer is counted without its person, and what may be shown.

Rules of what may be shown, all of them needed (docs/pulse.md):
1. only months that are over: two looks at a running month would show by their difference what one person said;
2. nothing while fewer than FEWEST answered, in all and in each team;
3. no team while the people outside the teams that are shown would be few: with the whole and the teams on one page
   their answers are a subtraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from cases.access import Viewer, workers
from cases.models import User
from escalation.book import NoProtocol, rules_in_force
from escalation.verbs import Refused
from escalation.worktime import Calendar
from feedback.intervals import FEWEST, Share
from feedback.models import PulseMonth, PulseTally, PulseTurn
from feedback.periods import midnight

QUESTION = "How manageable was your work this month?"
CHOICES = (
    (5, "Very manageable"),
    (4, "Mostly manageable"),
    (3, "In between"),
    (2, "Hardly manageable"),
    (1, "Not manageable"),
)
SCORES = tuple(score for score, _ in CHOICES)
GOOD = (4, 5)
MOST_WORDS = 300  # characters
LATER = timedelta(days=7)
ALWAYS = Calendar("always", "UTC", always=True)
OVER = "That month is over, and so is its question. Nothing was counted."


# When ---------------------------------------------------------------------------------------------------------


def today_at(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    return month_of(month.replace(day=28) + timedelta(days=4))


def asked_from(month: date, calendar: Calendar, zone: str) -> date | None:
    """The first day of the month on which `calendar` is open, as a day of `zone`; None when it never is in that month."""
    opens = calendar.next_open(midnight(month, zone))
    day = today_at(opens, zone)
    return day if day < next_month(month) else None


def asked_month(at: datetime, calendar: Calendar, zone: str) -> date | None:
    """The month that is asked about at that instant; None before its first working day."""
    today = today_at(at, zone)
    first = asked_from(month_of(today), calendar, zone)
    return month_of(today) if first is not None and first <= today else None


def office(at: datetime) -> Calendar:
    """The office calendar of the protocol in force; every hour where there is none."""
    try:
        rules = rules_in_force()
    except NoProtocol:
        return ALWAYS
    return rules.calendar(rules.protocol.windows.calendar, at)


def question_for(user: User, at: datetime, *, put_off: bool = True) -> date | None:
    """The month this person is asked about now; None when they are not or have answered.

    Also None when they said “not now” less than a week ago; without `put_off` that does not count, for who asks for it.
    """
    zone = settings.COMPANY_TIME_ZONE
    month = asked_month(at, office(at), zone) if Viewer(user).works else None
    if month is None:
        return None
    turn = PulseTurn.objects.filter(user=user, month=month).first()
    if turn is None:
        return month
    hidden = put_off and turn.hidden_until is not None and today_at(at, zone) < turn.hidden_until
    return None if turn.answered or hidden else month


# Groups -------------------------------------------------------------------------------------------------------


def grouped(teams: Mapping[int, Collection[int]]) -> dict[int, int | None]:
    """For each person the one team they are counted in, None for the rest; `teams` are those each stands in.

    Nobody is counted in two, and no group is smaller than FEWEST, the rest included: the smallest group goes into the
    rest until that holds. Who stands in several is counted in the largest, where one answer is hidden best.
    """
    groups = {team for mine in teams.values() for team in mine}
    while True:
        size = Counter(team for mine in teams.values() for team in mine if team in groups)
        chosen = {
            person: min(set(mine) & groups, key=lambda team: (-size[team], team), default=None)
            for person, mine in teams.items()
        }
        people = Counter(chosen.values())
        small = [team for team in groups if people[team] < FEWEST]
        if not small and 0 < people[None] < FEWEST:
            small = list(groups)
        if not small:
            return chosen
        groups.discard(min(small, key=lambda team: (people[team], team)))


def groups_now() -> dict[int, int | None]:
    """Everybody who is asked, each with the team they are counted in."""
    teams: dict[int, set[int]] = {}
    for person, member_of, lead_of in workers().order_by().values_list("pk", "teams", "leads"):
        teams.setdefault(person, set()).update(team for team in (member_of, lead_of) if team is not None)
    return grouped(teams)


# Answering ----------------------------------------------------------------------------------------------------


def answer_pulse(*, score: int | None, words: str = "", month: date | None, by: User, at: datetime) -> bool:
    """Counts an answer about `month` without keeping whose it was; False when this person had answered already.

    Raises Refused with a sentence, naming the field, while nothing is counted.
    """
    if not Viewer(by).works:
        raise Refused("Only people who work on cases are asked.")
    if score not in SCORES:
        raise Refused("Choose how manageable it was.", field="score")
    text = " ".join(words.split())
    if len(text) > MOST_WORDS:
        raise Refused(f"Use at most {MOST_WORDS} characters.", field="words")
    if month is None or month != asked_month(at, office(at), settings.COMPANY_TIME_ZONE):
        raise Refused(OVER)
    with transaction.atomic():
        held = _hold(month)
        turn, _ = PulseTurn.objects.get_or_create(user=by, month=month)
        if turn.answered:
            return False
        turn.answered, turn.hidden_until = True, None
        turn.save(update_fields=["answered", "hidden_until"])
        _count(held, by, score, text)
    return True


def ask_later(*, by: User, at: datetime) -> None:
    """Leaves the person alone for a week; nothing for who is not asked now."""
    month = question_for(by, at)
    if month is None:
        return
    with transaction.atomic():
        _hold(month)
        turn, _ = PulseTurn.objects.get_or_create(user=by, month=month)
        if not turn.answered:
            turn.hidden_until = today_at(at, settings.COMPANY_TIME_ZONE) + LATER
            turn.save(update_fields=["hidden_until"])


def _hold(month: date) -> PulseMonth:
    """The month's row, held: one answer after the other. Who answered in earlier months is forgotten."""
    PulseMonth.objects.get_or_create(month=month)
    held = PulseMonth.objects.select_for_update().get(month=month)
    PulseTurn.objects.filter(month__lt=month).delete()
    return held


def _count(held: PulseMonth, by: User, score: int, text: str) -> None:
    """One more in the number of the person's group. Every row of the month is written, whether it changed or not."""
    groups = groups_now()
    asked = Counter(groups.values())
    rows = {tally.team_id: tally for tally in PulseTally.objects.filter(month=held)}
    for team in sorted(asked.keys() - rows.keys(), key=lambda team: team or 0):
        rows[team] = PulseTally.objects.create(month=held, team_id=team)
    mine, name = rows[groups.get(by.pk)], f"said_{score}"
    setattr(mine, name, getattr(mine, name) + 1)
    for team, row in sorted(rows.items(), key=lambda one: one[0] or 0):
        row.asked = max(asked[team], Numbers.of(row).n)
        row.save(update_fields=["asked", *(f"said_{one}" for one in SCORES)])
    held.asked = max(len(groups), sum(Numbers.of(row).n for row in rows.values()))
    held.words = sorted([*held.words, text] if text else held.words)
    held.save(update_fields=["asked", "words"])


# What may be shown --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of those `asked`, how many answered, and how many of these said 4 or 5."""

    asked: int = 0
    n: int = 0
    good: int = 0

    @classmethod
    def of(cls, row: PulseTally) -> Numbers:
        said = {score: getattr(row, f"said_{score}") for score in SCORES}
        return cls(row.asked, sum(said.values()), sum(said[score] for score in GOOD))

    @property
    def is_telling(self) -> bool:
        """Whether the numbers would say what single people answered: few of them, or all on one side."""
        return 0 < self.n < FEWEST or self.good in (0, self.n)

    @property
    def share(self) -> Share:
        """Said 4 or 5; it says nothing of itself where it would be telling."""
        return Share(0, 0) if self.is_telling and self.n >= FEWEST else Share(self.good, self.n)

    @property
    def response(self) -> Share:
        return Share(self.n, self.asked)

    @classmethod
    def whole(cls, asked: int, groups: Iterable[Numbers]) -> Numbers:
        """Everybody's answers. `asked` is a number of its own: who changed team in the month is asked in two groups."""
        every = list(groups)
        return cls(asked, sum(one.n for one in every), sum(one.good for one in every))


def may_show(groups: Mapping[int | None, Numbers]) -> set[int]:
    """The teams whose numbers may stand on one page beside those of everybody."""
    if Numbers.whole(0, groups.values()).is_telling:
        return set()
    told = {team for team, one in groups.items() if team is not None and not one.is_telling}
    while told:
        # What is not shown can be reckoned: everybody less the teams that are.
        rest = Numbers.whole(0, [one for team, one in groups.items() if team not in told])
        if not rest.n or not rest.is_telling:
            break
        told.discard(min(told, key=lambda team: (groups[team].n, team)))
    return told


@dataclass(frozen=True, slots=True)
class Month:
    """A month that is over, as it may be shown; `words` in an order that says nothing."""

    month: date
    everybody: Numbers
    teams: Mapping[int, Numbers] = field(default_factory=dict)
    words: tuple[str, ...] = ()


def as_shown(month: date, asked: int, groups: Mapping[int | None, Numbers], words: Iterable[str]) -> Month:
    """What of a month may be shown; with too few answers it is how many of those `asked` there were and nothing else."""
    whole = Numbers.whole(asked, groups.values())
    if not whole.share.shown:
        return Month(month, Numbers(whole.asked, whole.n))
    shuffled = sorted(words, key=lambda text: sha256(f"{month}{text}".encode()).digest())
    return Month(month, whole, {team: groups[team] for team in may_show(groups)}, tuple(shuffled))


def months_over(at: datetime, most: int = 12) -> list[Month]:
    """The last `most` months that are over and in which somebody was asked, the oldest first; two queries."""
    now = month_of(today_at(at, settings.COMPANY_TIME_ZONE))
    rows = PulseMonth.objects.filter(month__lt=now).order_by("-month").prefetch_related("tallies")[:most]
    found: list[Any] = [row for row in rows if row.tallies.all()]
    return [
        as_shown(row.month, row.asked, {tally.team_id: Numbers.of(tally) for tally in row.tallies.all()}, row.words)
        for row in reversed(found)
    ]


def so_far(at: datetime) -> Share | None:
    """How many have answered this month of those asked; None while nobody has."""
    now = month_of(today_at(at, settings.COMPANY_TIME_ZONE))
    tallies = list(PulseTally.objects.filter(month__month=now).select_related("month"))
    whole = Numbers.whole(tallies[0].month.asked if tallies else 0, map(Numbers.of, tallies))
    return whole.response if whole.n else None
