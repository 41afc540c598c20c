"""Letters at night a person and week, by team: what looking after cases costs the sleep of those who do it.

At night is from 22:00 to 7:00 of the reader's own time zone, as in the console's list of loads. Counted are letters about
cases that were sent to colleagues; digests and the like have an hour of their own. A team is those who stand in it now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import ExtractHour

from cases.models import Case
from escalation.load import NIGHT_FROM, NIGHT_TO
from escalation.models import Notice
from feedback import owed
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import FEWEST, Share, keep_back
from feedback.owed import Crew
from feedback.periods import Period

#: Everybody together, each person once.
ALL = ""
AT_NIGHT = "at_night"
WEEK = 7


@dataclass(frozen=True, slots=True)
class Nights:
    """What `people` were sent at night in so many `weeks`. Of few people nothing is said: it would be of single ones."""

    letters: int
    people: int
    weeks: float
    kept_back: bool = False

    @property
    def shown(self) -> bool:
        return self.people >= FEWEST and not self.kept_back

    @property
    def each(self) -> float | None:
        """Letters at night a person and week."""
        return self.letters / self.people / self.weeks if self.shown else None


def nights(period: Period, scope: Scope = EVERYTHING, *, crews: Mapping[str, Crew] | None = None) -> dict[str, Nights]:
    """By team (its short name), and ALL: of everybody who stands in one of them. One query, two unless `owed.crews` are given."""
    teams, zones = _people(owed.crews(scope) if crews is None else crews)
    letters = dict(_letters(period, scope, zones).values_list("recipient").order_by().annotate(n=Count("pk")))
    counted: Counter[int] = Counter(letters)
    found = {slug: _of(people, counted, period) for slug, people in teams.items()}
    back = keep_back({slug: Share(0, one.people) for slug, one in found.items()})
    shown = {slug: replace(one, kept_back=slug in back) for slug, one in found.items()}
    return {ALL: _of({one for people in teams.values() for one in people}, counted, period)} | shown


def cases_behind(period: Period, scope: Scope = EVERYTHING, *, part: str) -> QuerySet[Case]:
    """The cases somebody of team `part` was sent a letter about at night. LookupError for a team that is not shown."""
    teams, zones = _people(owed.crews(scope))
    if part != ALL and (part not in teams or not nights(period, scope)[part].shown):
        raise LookupError("Too few, or not theirs to see.")
    people = teams[part] if part != ALL else {one for some in teams.values() for one in some}
    letters = _letters(period, scope, zones).filter(recipient__in=people)
    return Case.objects.filter(pk__in=letters.values("case"))


def _of(people: Iterable[int], letters: Mapping[int, int], period: Period) -> Nights:
    mine = set(people)
    return Nights(sum(letters.get(one, 0) for one in mine), len(mine), period.days / WEEK)


def _people(crews: Mapping[str, Crew]) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    """Who stands in which team, teams without anybody left out, and who lives in which time zone."""
    zones: dict[str, set[int]] = defaultdict(set)
    known = available_timezones()
    for crew in crews.values():
        for person, zone in crew.people.items():
            zones[zone if zone in known else settings.COMPANY_TIME_ZONE].add(person)
    return {slug: set(crew.people) for slug, crew in crews.items() if crew.people}, zones


def _letters(period: Period, scope: Scope, zones: Mapping[str, set[int]]) -> QuerySet[Notice]:
    """Letters about cases that were sent to these people while it was night where they are."""
    hours = {f"hour_{number}": ExtractHour("sent_at", tzinfo=ZoneInfo(zone)) for number, zone in enumerate(zones)}
    late = Q(pk__in=())
    for name, people in zip(hours, zones.values(), strict=True):
        late |= Q(Q(**{f"{name}__gte": NIGHT_FROM}) | Q(**{f"{name}__lt": NIGHT_TO}), recipient__in=people)
    sent = Notice.objects.filter(within("sent_at", period), scope.on("case__"), case__isnull=False)
    return sent.filter(to_customer=False, state=Notice.State.SENT).annotate(**hours).filter(late)
