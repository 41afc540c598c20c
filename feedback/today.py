"""The sheet of the day for each team: what customers said yesterday, what is promised today, which cases are at risk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from django.db.models import Q

from cases.access import Viewer
from cases.models import Case, Team
from escalation.beside import at_risk
from escalation.lateness import is_late, with_ledger
from escalation.timeleft import OURS, unmended
from feedback.follow_ups import to_do
from feedback.intervals import FEWEST
from feedback.models import FollowUp, Survey

#: Rows of each kind on one screen; the numbers above them are of all.
MOST = 8


@dataclass
class Sheet:
    """One team's day. `scores` are yesterday's, 1 to 5; `said` the answers with words, the worst first; `asking` the
    follow-ups that are due before the day is over.

    Words on restricted topics are not among them: such a case opens by a noted press, and its words with it. Nor are those
    given without a name. What such answers scored counts from `FEWEST` of them on, and their number (`unnamed`) is said from
    there on: of fewer, the difference between all and those with a name would say how somebody answered.
    """

    team: Team
    scores: list[int] = field(default_factory=list)
    said: list[Survey] = field(default_factory=list)
    late: list[Case] = field(default_factory=list)
    due: list[Case] = field(default_factory=list)
    risky: list[Case] = field(default_factory=list)
    asking: list[FollowUp] = field(default_factory=list)
    unnamed: int = 0

    @property
    def low(self) -> int:
        """How many of yesterday's scores are low ones."""
        return sum(score in Survey.LOW for score in self.scores)

    @property
    def average(self) -> str:
        """The mean score to one decimal; empty while there are fewer than `FEWEST`."""
        return f"{sum(self.scores) / len(self.scores):.1f}" if len(self.scores) >= FEWEST else ""

    @property
    def is_empty(self) -> bool:
        return not (self.scores or self.late or self.due or self.risky or self.asking)


@dataclass(frozen=True)
class Day:
    """Yesterday and today where the reader is: [yesterday, today) and [today, tomorrow)."""

    yesterday: datetime
    today: datetime
    tomorrow: datetime

    @classmethod
    def of(cls, now: datetime, zone: str) -> Day:
        """By the calendar of `zone`: a day there may have 23 or 25 hours."""
        here = ZoneInfo(zone)
        date = now.astimezone(here).date()
        starts = [
            datetime.combine(date + timedelta(days=n), time(), here).astimezone(ZoneInfo("UTC")) for n in (-1, 0, 1)
        ]
        return cls(*starts)


def sheets(viewer: Viewer, teams: Collection[int] | None, now: datetime, zone: str) -> list[Sheet]:
    """The sheets of `teams` (None: of all), those with something on them, in order of name; five questions."""
    day = Day.of(now, zone)
    rows = Team.objects.order_by("name") if teams is None else Team.objects.filter(pk__in=teams).order_by("name")
    found = {team.pk: Sheet(team) for team in rows}
    cases = Case.objects.visible_to(viewer).filter(team__in=found, is_history=False).select_related("owner")
    for team, answers in answered(viewer, found, day).items():
        rate(found[team], answers)
    for case in with_ledger(cases.filter(promised(day))).by_urgency():
        (found[case.team_id].late if is_late(case, now) else found[case.team_id].due).append(case)
    for case in cases.filter(at_risk(now)).by_urgency():
        found[case.team_id].risky.append(case)
    for follow_up in to_do(viewer).filter(due_at__lt=day.tomorrow, case__team__in=found):
        found[cast(int, follow_up.case.team_id)].asking.append(follow_up)
    return [sheet for sheet in found.values() if not sheet.is_empty]


def answered(viewer: Viewer, teams: Collection[int], day: Day) -> dict[int, list[Survey]]:
    """Yesterday's answers of customers, the worst first, by the team that has the case."""
    seen = Case.objects.visible_to(viewer).filter(team__in=teams, is_history=False)
    rows = Survey.objects.filter(
        case__in=seen, answered_at__gte=day.yesterday, answered_at__lt=day.today, case__customer__is_staff=False
    )
    by_team: dict[int, list[Survey]] = defaultdict(list)
    for survey in rows.select_related("case__category").order_by("satisfaction", "answered_at", "pk"):
        by_team[cast(int, survey.case.team_id)].append(survey)
    return by_team


def rate(sheet: Sheet, answers: Sequence[Survey]) -> None:
    """Puts a team's answers on its sheet: of those without a name nothing but the scores, and these only of enough."""
    unnamed = sum(one.is_anonymous for one in answers)
    sheet.unnamed = unnamed if unnamed >= FEWEST else 0
    sheet.scores = [one.satisfaction or 0 for one in answers if sheet.unnamed or not one.is_anonymous]
    sheet.said = [
        one for one in answers if one.comment and not one.is_anonymous and not one.case.category.is_restricted
    ]


def promised(day: Day) -> Q:
    """Cases whose next promise falls due before today is over, and those with a broken one nothing was said about since."""
    return Q(state__in=OURS) & (Q(ours_at__lt=day.tomorrow) | Q(pk__in=unmended()))
