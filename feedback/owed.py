"""What we owed by when and whether it came: promises by milestone and severity; clocks by protocol version and by team.

Versions and teams are two readings of one base, `base`: every clock of the protocol that ended in the period, once.
A clock belongs to the version and the team that owed it when it started, whoever has the case now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from cases.models import Case, Event, Team
from escalation.facts import Clock, Outcome
from escalation.models import Promise, StageClock
from feedback.figures import BROKEN, EVERYTHING, KEPT, MILESTONES, OURS, Scope, within
from feedback.intervals import Curve, Share, kaplan_meier
from feedback.measures import ENDED, MEASURES
from feedback.periods import Period

#: Which milestone a kind of clock belongs to.
OF_KIND = {kind: key for key, kinds in MILESTONES.items() for kind in kinds}
VERSION, TEAM = "version", "team"
HERE = Q(is_history=False)
#: A clock of ours that ended met or missed.
ASKED = ENDED & Q(kind__in=OURS)
#: It need not have gone up: it came down again, or whoever it was passed up to answered at once without other work.
FALSE = Q(fact__went_down__gt=0) | Q(fact__answered_at_once=True)


def grid(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> dict[tuple[str, int], Share]:
    """Promises kept among those that came due, by (milestone, severity the promise was made for)."""
    return grid_in(_promises(period, scope, at))


def grid_in(promises: QuerySet[Promise]) -> dict[tuple[str, int], Share]:
    """The same of some promises, all of them kept or broken."""
    found: dict[tuple[str, int], Share] = {}
    rows = (
        promises.values(kind=F("clock__kind"), severity=F("clock__severity"))
        .order_by()
        .annotate(n=Count("pk"), hits=Count("pk", filter=Q(status=KEPT)))
    )
    for row in rows:
        key = (OF_KIND[row["kind"]], row["severity"])
        found[key] = found.get(key, Share()) + Share(row["hits"], row["n"])
    return found


def _promises(period: Period, scope: Scope, at: datetime) -> QuerySet[Promise]:
    kept = MEASURES["kept"]
    return counted(Promise.objects.filter(within(kept.dated, period), scope.on("case__")), at)


def counted(promises: QuerySet[Promise], at: datetime) -> QuerySet[Promise]:
    """Those of some promises that count as kept or broken at `at`."""
    return promises.filter(MEASURES["kept"].looked_at(at))


# Versions and teams -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owed:
    """Clocks of one milestone that ended, of one version and one team."""

    version: str
    team: str
    milestone: str
    share: Share


def base(period: Period, scope: Scope = EVERYTHING) -> list[Owed]:
    """Every clock that ended met or missed in the period, once: one query for both readings."""
    return base_in(StageClock.objects.filter(within("ended_at", period), scope.on("case__")), scope)


def base_in(clocks: QuerySet[Any], scope: Scope = EVERYTHING) -> list[Owed]:
    """The same of some clocks, of those the teams that `scope` leaves in owed."""
    rows = (
        _with_team(clocks.filter(ASKED))
        .filter(scope.on_team("had"))
        .values("protocol", "had", "kind")
        .order_by()
        .annotate(n=Count("pk"), hits=Count("pk", filter=Q(outcome=Outcome.MET)))
    )
    return [Owed(row["protocol"], row["had"] or "", OF_KIND[row["kind"]], Share(row["hits"], row["n"])) for row in rows]


def _clocks(period: Period, scope: Scope) -> QuerySet[Any]:
    rows = _with_team(StageClock.objects.filter(within("ended_at", period), ASKED, scope.on("case__")))
    return rows.filter(scope.on_team("had"))


def _with_team(clocks: QuerySet[Any]) -> QuerySet[Any]:
    began = Event.objects.filter(case=OuterRef("case"), seq=OuterRef("started_seq")).annotate(slug=KT("data__team"))
    return clocks.annotate(had=Subquery(began.values("slug")[:1]))


def by(reading: str, rows: Iterable[Owed]) -> dict[str, dict[str, Share]]:
    """The base by version or by team: of each the share in time of each milestone."""
    found: dict[str, dict[str, Share]] = {}
    for row in rows:
        mine = found.setdefault(getattr(row, reading), dict.fromkeys(MILESTONES, Share()))
        mine[row.milestone] += row.share
    return found


def false_by_version(period: Period, scope: Scope = EVERYTHING) -> dict[str, Share]:
    """Of the escalated cases filed here in the period those that need not have gone up, by the version they are under."""
    rows = (
        _escalated(period, scope).values("protocol").order_by().annotate(n=Count("pk"), hits=Count("pk", filter=FALSE))
    )
    return {row["protocol"]: Share(row["hits"], row["n"]) for row in rows}


def _escalated(period: Period, scope: Scope) -> QuerySet[Case]:
    return Case.objects.filter(within("filed_at", period), scope.on(), HERE, escalated_at__isnull=False)


def acknowledging(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> dict[str, Curve]:
    """Seconds round the clock from the hand-over to the name, by team: of cases handed over in the period.

    What is open, what was taken from the team because its time was over, and what ended another way counts as longer
    than it had taken by then. Imported history names nobody: its clocks begin and end at one instant.
    """
    times: dict[str, list[tuple[float, bool]]] = {}
    for _, team, started, ended, outcome in _hand_overs(period, scope):
        took = max(0.0, ((ended or at) - started).total_seconds())
        times.setdefault(team or "", []).append((took, outcome == Outcome.MET))
    return {team: kaplan_meier(found) for team, found in times.items()}


#: (case, team, handed over, until, how it ended)
HandOver = tuple[int, str | None, datetime, datetime | None, str | None]


def _hand_overs(period: Period, scope: Scope) -> list[HandOver]:
    """What teams were handed in the period, of cases filed here, in one query.

    At the last level a missed clock is promised again to the same team: it has had the case since the first one began.
    """
    asked = StageClock.objects.filter(kind=Clock.ACKNOWLEDGE, case__is_history=False)
    those = asked.filter(within("started_at", period), scope.on("case__")).values("case")
    rows = _with_team(asked.filter(case__in=those)).order_by("case_id", "started_seq")
    found: list[HandOver] = []
    for row in rows.values_list("case_id", "had", "started_at", "ended_at", "outcome"):
        case, team, _, ended, outcome = row
        if found and found[-1][:2] == (case, team) and found[-1][4] == Outcome.MISSED:
            found[-1] = (case, team, found[-1][2], ended, outcome)
        else:
            found.append(row)
    return [one for one in found if period.start <= one[2] < period.end and scope.may_name(one[1])]


@dataclass(frozen=True, slots=True)
class Crew:
    """A team as it is now: its open escalated cases, and its people with the time zone each lives in (empty: the company's)."""

    open: int
    people: dict[int, str]


def crews(scope: Scope = EVERYTHING) -> dict[str, Crew]:
    """Of each team the reader may know of, by its short name; one query."""
    cases = Case.objects.open().filter(scope.on(), team=OuterRef("pk"), escalated_at__isnull=False).order_by()
    rows = Team.objects.filter(scope.on_team("slug")).annotate(open=_count(cases, "team")).order_by("slug", "members")
    found: dict[str, Crew] = {}
    for slug, number, person, zone, is_active in rows.values_list(
        "slug", "open", "members", "members__time_zone", "members__is_active"
    ):
        crew = found.setdefault(slug, Crew(number, {}))
        if is_active:
            crew.people[person] = zone
    return found


def _count(rows: QuerySet[Any], of: str) -> Coalesce:
    counted = rows.values(of).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


# The cases behind a number ------------------------------------------------------------------------------------


def cases_behind(
    which: str, period: Period, scope: Scope = EVERYTHING, *, at: datetime, part: str = ""
) -> QuerySet[Case]:
    """The cases a number was counted from. LookupError or ValueError for a name or a part that does not exist.

    `part`: "2-3" of promises at milestone 2 and severity 3; "team:payments:2" of clocks; a version or a team's slug.
    """
    team = _team_of(part) if which in ("owed", "in_time") else part if which in ("handed_over", "load") else ""
    if team and not scope.may_name(team):
        raise LookupError("Not theirs to see.")
    return BEHIND[which](period, scope, at, part)


def _team_of(part: str) -> str:
    """The team a part of clocks names; empty for a version."""
    reading, name, _ = part.split(":")
    return name if reading == TEAM else ""


def _of_grid(*statuses: str) -> Callable[..., QuerySet[Case]]:
    def found(period: Period, scope: Scope, at: datetime, part: str) -> QuerySet[Case]:
        milestone, severity = part.split("-")
        kinds = MILESTONES[milestone]
        rows = _promises(period, scope, at).filter(clock__kind__in=kinds, clock__severity=int(severity))
        return Case.objects.filter(pk__in=rows.filter(status__in=statuses).values("case"))

    return found


def _of_base(*outcomes: str) -> Callable[..., QuerySet[Case]]:
    def found(period: Period, scope: Scope, at: datetime, part: str) -> QuerySet[Case]:
        reading, name, milestone = part.split(":")
        where: Mapping[str, str] = {VERSION: "protocol", TEAM: "had"}
        rows = _clocks(period, scope).filter(kind__in=MILESTONES[milestone], outcome__in=outcomes)
        return Case.objects.filter(pk__in=rows.filter(**{where[reading]: name}).values("case"))

    return found


def _handed_over(period: Period, scope: Scope, at: datetime, part: str) -> QuerySet[Case]:
    return Case.objects.filter(pk__in={case for case, team, *_ in _hand_overs(period, scope) if (team or "") == part})


BEHIND: dict[str, Callable[..., QuerySet[Case]]] = {
    "promised_at": _of_grid(KEPT, BROKEN),
    "kept_at": _of_grid(KEPT),
    "broken_at": _of_grid(BROKEN),
    "owed": _of_base(Outcome.MET, Outcome.MISSED),
    "in_time": _of_base(Outcome.MET),
    "escalated_under": lambda period, scope, _, part: _escalated(period, scope).filter(protocol=part),
    "false_under": lambda period, scope, _, part: _escalated(period, scope).filter(FALSE, protocol=part),
    "handed_over": _handed_over,
    "load": lambda _, scope, __, part: Case.objects.open().filter(
        scope.on(), team__slug=part, escalated_at__isnull=False
    ),
}
