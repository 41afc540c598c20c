"""The cases behind a number: as a page and as a CSV file, without a word or a name for those who may not see cases."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case as Choose
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, When

from cases.access import Viewer
from cases.models import Case, Category, Resolution, Severity
from escalation.worktime import Calendar
from feedback import first_contact, helped, measures, suggestions, topics
from feedback.figures import MILESTONES, OF_ANSWERS, SAYS_THE_ANSWER, cases_behind
from feedback.intervals import FEWEST
from feedback.models import Survey
from portal.insights.asking import Asked
from portal.insights.numbers import NUMBERS, PARTS
from portal.insights.words import COMPLEXITY_WORDS, MILESTONE_WORDS, outcome_words, span

TITLES = {
    "upset": "Cases with a customer who was upset",
    "filed_here": "Cases filed here",
    "passed_up": "Cases a colleague passed up",
    "helped_back": "Cases sent back with help",
    "filed": "Cases filed",
    "escalated": "Escalated cases",
    "resolved": "Escalated cases with an accepted answer",
    "open": "Escalated cases still open",
    "left": "Escalated cases that ended without an answer",
    "lasted": "Escalated cases by time to the accepted answer",
    "asked": "Cases whose customer was asked how we did",
    "answered": "Cases whose customer told us how we did",
    "satisfied": "Cases with a satisfied customer",
    "score": "Cases by answer",
    "judged": "Cases whose customer said whether it is fixed",
    "addressed": "Cases whose customer said it is fixed",
    "partly": "Cases whose customer said it is partly fixed",
    "spoken": "Cases whose customer said whether they felt heard",
    "heard": "Cases whose customer felt heard",
    "easy": "Cases whose customer found it easy",
    "settled_a_week": "Cases settled a week ago or longer",
    "at_first": "Cases fixed at first contact",
    "young": "Cases settled less than a week ago",
    "promises": "Cases with a promise that was kept or broken",
    "kept": "Cases with a promise that was kept",
    "broken": "Cases with a promise that was broken",
    "incidents": "Incidents: cases neither joined to another nor withdrawn",
    "returned": "Incidents that came again within 30 days",
    "complexity": "Cases by complexity",
    "replied": "Cases that had an answer",
    "again": "Cases that were opened again",
    "settled": "Cases with an accepted or closed answer",
    "routine": "Cases settled without ever leaving level 1",
    "live": "Cases filed here",
    "unasked": "Cases passed up for good reason, without a rule",
    "replied_low": "Cases that had an answer of level 1",
    "again_low": "Cases opened again after an answer of level 1",
    "passed": "Cases passed up by a person, and settled",
    "needless": "Cases passed up for nothing",
    "figure": "Cases behind",
}
#: A number of the registry: its part says which, and whether all that were looked at are meant or those that count.
FIGURE = "figure"
#: The numbers that stand on the page of topics only.
OF_TOPICS = (*topics.BEHIND, *suggestions.CONDITIONS)
OUTCOMES = {str(value): str(label) for value, label in Resolution.Outcome.choices}
#: What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HEAD = (
    "Reference", "Source", "Topic", "Severity", "Level", "Team", "Filed", "Escalated", "Answer accepted", "Closed",
    "How it stands", "Hours to answer", "Working hours to answer",
)  # fmt: skip
#: Only for those who may see cases.
MORE_HEAD = ("Title", "Customer", "Satisfaction (1 to 5)", "Is it fixed", "Felt heard", "Easy (1 to 5)", "Answered")
#: What one answer says; the last one is when.
ANSWERED = ("satisfaction", "fixed", "heard", "effort", "answered_at")
FIELDS = (
    "pk", "reference", "is_history", "origin", "severity", "tier", "state", "filed_at", "escalated_at",
    "resolved_at", "closed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behind:
    """The cases behind one number, for one reader."""

    which: str
    part: str
    cases: QuerySet
    viewer: Viewer

    @property
    def sees_cases(self) -> bool:
        """Whether the reader sees cases at all; else there is neither text nor name, nor what one person answered."""
        return self.viewer.is_staff

    @property
    def title(self) -> str:
        known = NUMBERS.get(self.which)
        if known is not None:
            return f"{known.title}{known.words(self.part)}"
        return f"{TITLES[self.which]}{part_words(self.which, self.part)}"

    def too_few(self, number: int) -> bool:
        """Whether a list would say what single people answered to somebody who may not know."""
        if self.which in NUMBERS:
            speaks = NUMBERS[self.which].answers(self.part)
        else:
            speaks = measure_of(self.part).answers if self.which == FIGURE else self.which in OF_ANSWERS
        return speaks and not self.sees_cases and 0 < number < FEWEST

    @property
    def says_the_answer(self) -> bool:
        """Whether to stand in this list tells what somebody answered."""
        if self.which in NUMBERS:
            return NUMBERS[self.which].answers(self.part)
        return says_the_answer(self.part) if self.which == FIGURE else self.which in SAYS_THE_ANSWER

    def leaves_out(self) -> bool:
        """Whether answers that count may be missing from the list, for they were given without a name."""
        return self.says_the_answer and Survey.objects.filter(is_anonymous=True).exists()

    def _seen(self) -> Q:
        return Q(pk__in=Case.objects.visible_to(self.viewer).order_by().values("pk"))

    def listed(self) -> QuerySet:
        """The cases of the list: of one the reader does not see there is no answer to be read here either."""
        return self.cases.filter(self._seen()) if self.sees_cases and self.says_the_answer else self.cases

    def unseen(self) -> bool:
        """Whether the list is without some, for the reader does not see them."""
        return self.sees_cases and self.says_the_answer and self.cases.exclude(self._seen()).exists()

    def rows(self) -> QuerySet:
        """The cases as flat rows, the newest first, in one query."""
        outcome = Resolution.objects.filter(case=OuterRef("pk")).order_by("-at").values("outcome")[:1]
        named = {"topic": F("category__name"), "held_by": F("team__name"), "outcome": Subquery(outcome)}
        if self.sees_cases:
            seen = self._seen()
            named |= {"heading": _if(seen, "title"), "customer_name": _if(seen, "customer__name")}
            # What was answered, unless it was promised that nobody is shown it beside its case.
            known = seen & Q(survey__is_anonymous=False)
            named |= {name: _if(known, f"survey__{name}") for name in ANSWERED}
        return self.listed().order_by("-filed_at", "-pk").values(*FIELDS, **named)


def _if(condition: Q, name: str) -> Choose:
    """What stands in a field where the condition holds: a case that counts may be one the reader does not see."""
    return Choose(When(condition, then=F(name)), default=None)


def behind(asked: Asked, which: str, part: str, *, viewer: Viewer) -> Behind:
    """The cases an address asks for. LookupError or ValueError when it names no number of ours."""
    room = topics if which in topics.BEHIND else suggestions if which in suggestions.CONDITIONS else None
    if room is not None:
        return Behind(which, part, room.cases_behind(which, asked.period, asked.scope, part=part), viewer)
    if which == FIGURE:
        key, _, half = part.rpartition("-")
        found = measures.cases_behind(key, half, asked.period, asked.scope, at=asked.at)
        if says_the_answer(part):
            found = found.exclude(survey__is_anonymous=True)
    elif which in NUMBERS:
        number = NUMBERS[which]
        number.words(part)  # a part that has no words is none
        found = number.cases(asked, part, viewer.user)  # type: ignore[arg-type]
        if number.answers(part):
            found = found.exclude(survey__is_anonymous=True)
    elif which in helped.BEHIND:
        found = helped.cases_behind(which, asked.period, asked.scope, part=part)
    elif which in first_contact.BEHIND:
        found = first_contact.cases_behind(which, asked.period, asked.scope, at=asked.at)
    else:
        found = cases_behind(which, asked.period, asked.scope, at=asked.at, part=part)
    return Behind(which, part, found, viewer)


def measure_of(part: str) -> measures.Measure:
    """The row of the registry a part like "kept-hits" means. LookupError for none."""
    return measures.MEASURES[part.rpartition("-")[0]]


def says_the_answer(part: str) -> bool:
    """Whether a list of a number of the registry would say what somebody answered, or that they did."""
    return measure_of(part).answers and part != "response-of"


def part_words(which: str, part: str) -> str:
    """What of a number is looked at: ': very satisfied', ', 3 Progress updates'."""
    if not part:
        return ""
    if which == FIGURE:
        return f" “{measure_of(part).name}”: {PARTS[part.rpartition('-')[2]]}"
    if which == "score":
        return f": {Survey.Satisfaction(int(part)).label.lower()}"
    if which == "lasted":
        low, high = part.split("-")
        return f": {span(int(low))} to {span(int(high))}" if high else f": {span(int(low))} or more"
    if which == "complexity":
        return f": {COMPLEXITY_WORDS[int(part)].lower()}"
    if part.startswith(suggestions.BUT):
        names = Category.objects.filter(slug=part.removeprefix(suggestions.BUT)).values_list("name", flat=True)
        return f": all topics but “{names.first() or part.removeprefix(suggestions.BUT)}”"
    return f": {MILESTONE_WORDS[part]}" if part in MILESTONES else ""


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the page prints it."""
    took = (row["resolved_at"] - row["filed_at"]).total_seconds() if row["resolved_at"] else None
    return row | {
        "severity_word": Severity(row["severity"]).label,
        "stands": outcome_words(row["state"], row["outcome"], OUTCOMES),
        "took": span(took) if took is not None else "",
        "seen": row.get("heading") is not None,
    }


# CSV ----------------------------------------------------------------------------------------------------------


class Echo:
    """A file that hands back what is written to it: rows leave one by one, however many there are."""

    def write(self, value: str) -> str:
        return value


def safe(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula; numbers stay numbers."""
    if not isinstance(value, str):
        return value
    begins = value.lstrip(" \u00a0\ufeff").startswith(FORMULA) or value.startswith(FORMULA)
    return f"'{value}" if begins else value


def csv_lines(behind: Behind, calendar: Calendar, *, named: bool) -> Iterator[str]:
    """The file line by line: a head, then a row for each case; `named` adds titles, customers and answers."""
    writer, zone = csv.writer(Echo()), ZoneInfo(settings.COMPANY_TIME_ZONE)
    yield writer.writerow((*HEAD, *MORE_HEAD) if named else HEAD)
    rows: Iterable[dict[str, Any]] = behind.rows().iterator(chunk_size=1000)
    for row in rows:
        cells = csv_row(row, calendar, zone)
        if named:
            cells += [row["heading"], row["customer_name"], *(row[name] for name in ANSWERED[:-1])]
            cells.append(_instant(row["answered_at"], zone))
        yield writer.writerow([safe(value) for value in cells])


def csv_row(row: dict[str, Any], calendar: Calendar, zone: ZoneInfo) -> list[Any]:
    """The cells everybody who sees the figures may have."""
    filed, done = row["filed_at"], row["resolved_at"]
    seconds = [(done - filed).total_seconds(), calendar.worked(filed, done)] if done else []
    return [
        row["reference"],
        row["origin"],
        row["topic"],
        str(Severity(row["severity"]).label),
        row["tier"],
        row["held_by"],
        *(_instant(row[name], zone) for name in ("filed_at", "escalated_at", "resolved_at", "closed_at")),
        outcome_words(row["state"], row["outcome"], OUTCOMES),
        *([round(value / 3600, 4) for value in seconds] or ["", ""]),
    ]


def _instant(value: datetime | None, zone: ZoneInfo) -> str:
    """With its offset, so that nobody has to guess the zone."""
    return value.astimezone(zone).isoformat(sep=" ", timespec="seconds") if value else ""
