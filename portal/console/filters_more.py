"""Filters of “All cases” that have a page of their own: shown above the list only where the address names them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from cases.lifecycle import MILESTONE
from escalation import timeleft
from escalation.beside import at_risk
from escalation.permits import Actor
from escalation.timeleft import BANDS
from feedback.models import KnownProblem
from portal import clock
from portal.console import queries
from portal.console.filters import Links

#: How long until the next promise breaks, in words.
LEFT = dict(
    zip(BANDS, ("Late", "Within the hour", "Within 4 hours", "Today", "Tomorrow", "Later", "No time"), strict=True)
)
#: Passed up: above the level where cases begin.
ESCALATED = Q(tier__gt=1)
SCORES = {"low": ("Dissatisfied", (1, 2)), "middle": ("Neither", (3,)), "good": ("Satisfied", (4, 5))}


class More(Links):
    """A filter that is chosen on the page “More filters”: above the list stands no more of it than its chip."""

    template = "console/parts/only_a_chip.html"

    def has_output(self) -> bool:
        return self.value() is not None


class ByTimeLeft(More):
    """Open cases by how long until the next promise breaks: the columns of the board."""

    title = "next promise"
    parameter_name = "due"
    options = tuple(LEFT.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = self.value()
        if wanted not in LEFT:
            return queryset
        return timeleft.banded(queryset, clock.now(), timezone.get_current_timezone_name()).filter(band=wanted)


class ByEscalated(More):
    """Cases above the first level."""

    title = "escalated"
    parameter_name = "escalated"
    options = (("yes", "Escalated"), ("no", "Not escalated"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.filter(ESCALATED)
        return queryset.exclude(ESCALATED) if self.value() == "no" else queryset


class ByNeed(More):
    """Open cases by why they stand on “Needs me now”, each in its worst group as there; or at risk, for whatever else."""

    title = "needs somebody"
    parameter_name = "needs"
    options = (*((key, words) for key, (_, words) in queries.NEEDS.items()), ("risk", "At risk: a task is overdue"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted, now = self.value(), clock.now()
        if wanted == "risk":
            return queryset.filter(at_risk(now))
        if wanted not in queries.NEEDS:
            return queryset
        cases: Any = queryset
        return queries.in_groups(cases, now=now).filter(group=queries.NEEDS[wanted][0])


class ByWhose(More):
    """The scopes of “Needs me now”, as whoever reads has them: a shared view shows everybody their own."""

    title = "whose"
    parameter_name = "who"
    options = tuple((key, words) for key, words in queries.SCOPES.items() if key != "all")

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("mine", "teams"):
            return queryset
        return queries.in_scope(queryset, Actor.of(request.user), str(self.value()))  # type: ignore[arg-type]


class ByMilestone(More):
    title = "milestone"
    parameter_name = "milestone"
    options = tuple((str(n), f"{n} of 5") for n in range(1, 6))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        at = [state for state, number in MILESTONE.items() if str(number) == self.value()]
        return queryset.filter(state__in=at) if at else queryset


class ByScore(More):
    """What the customer said afterwards; answers given under the promise of no name are nobody's to look up by case."""

    title = "satisfaction"
    parameter_name = "score"
    options = tuple((key, words) for key, (words, _) in SCORES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in SCORES:
            return queryset
        said = Q(survey__satisfaction__in=SCORES[self.value() or ""][1], survey__is_anonymous=False)
        return queryset.filter(said, survey__answered_at__isnull=False)


class ByProblem(More):
    title = "known problem"
    parameter_name = "problem"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        asked = request.GET.get("problem", "")
        known = asked.isascii() and asked.isdecimal() and len(asked) < 19
        found = KnownProblem.objects.filter(pk=int(asked)).first() if known else None
        return ((asked, found.title),) if found else ()

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {key for key, _ in self.lookup_choices}
        return queryset.filter(known_problem__problem=self.value()) if self.value() in known else queryset


class Day(More):
    """A day typed in, in the reader's zone."""

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> tuple[tuple[str, str], ...]:
        day = day_of(request.GET.get(str(self.parameter_name), ""))
        return ((day.isoformat(), f"{day:%-d %b %Y}"),) if day else ()

    def instant(self, days: int = 0) -> datetime | None:
        """When that day (or `days` later) begins, if one was named."""
        day = day_of(self.value() or "")
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=days), time(), timezone.get_current_timezone())


class FiledFrom(Day):
    title = "filed from"
    parameter_name = "filed_from"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        begins = self.instant()
        return queryset.filter(filed_at__gte=begins) if begins else queryset


class FiledTo(Day):
    title = "filed up to"
    parameter_name = "filed_to"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        over = self.instant(days=1)
        return queryset.filter(filed_at__lt=over) if over else queryset


def day_of(text: Any) -> date | None:
    """The day of an address; None for what is no day, or one no calendar of ours reaches."""
    try:
        found = parse_date(str(text))
    except ValueError:
        return None
    return found if found and 1970 <= found.year <= 9000 else None


MORE = (ByTimeLeft, ByNeed, ByWhose, ByEscalated, ByMilestone, ByScore, ByProblem, FiledFrom, FiledTo)
