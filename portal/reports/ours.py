"""Staff's report of cases: the log as the console tells it, without the words of internal notes. In English."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from cases.lifecycle import State
from cases.models import Case, Event, Message, Resolution, Severity, Team, User
from escalation.models import Promise, StageClock
from portal.console.case_page import milestones_of
from portal.console.timeline import actor_name, event_title
from portal.console.words import clock_name
from portal.reports.shape import HAPPENED, MILESTONES, REMEDIES, Line, Report, kept_words, owners, pauses, promised
from portal.templatetags.times import when_words

AT_ONCE = 100  # cases read together: some seven questions for each such heap
STATES = {
    "done": "Done", "current": "Under way", "todo": "Not started", "not_needed": "Not needed", "late": "Late",
}  # fmt: skip


@dataclass(slots=True)
class Rows:
    """What belongs to the cases of one heap, by case."""

    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    clocks: dict[int, list[StageClock]] = field(default_factory=lambda: defaultdict(list))
    promises: dict[int, list[Promise]] = field(default_factory=lambda: defaultdict(list))
    outcomes: dict[int, list[Resolution]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[str, Message] = field(default_factory=dict)
    people: dict[int, User] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)


def reports(cases: Iterable[Case], *, zone: str, at: datetime) -> Iterator[Report]:
    """A report for each case, in their order, read in heaps; `zone` is that of the words."""
    waiting = iter(cases)
    while heap := list(islice(waiting, AT_ONCE)):
        rows = _read(heap)
        for case in heap:
            yield _report(case, rows, zone, at)


def _read(cases: Sequence[Case]) -> Rows:
    rows, of_these = Rows(), {"case__in": [case.pk for case in cases]}
    for event in Event.objects.filter(**of_these).select_related("actor").order_by("case", "seq"):
        rows.events[event.case_id].append(event)
    # As the console has them: newest first.
    for clock in StageClock.objects.filter(**of_these).order_by("case", "-started_at", "-pk"):
        rows.clocks[clock.case_id].append(clock)
    for promise in Promise.objects.filter(**of_these).select_related("clock").order_by("made_at", "pk"):
        rows.promises[promise.case_id].append(promise)
    for outcome in Resolution.objects.filter(**of_these).select_related("remedy_kind", "by").order_by("at", "pk"):
        rows.outcomes[outcome.case_id].append(outcome)
    rows.texts = {str(one.pk): one for one in Message.objects.filter(**of_these).order_by("at", "pk")}
    named = {event.data.get("owner") for some in rows.events.values() for event in some} - {None}
    rows.people = User.objects.in_bulk(named)
    rows.teams = {team.slug: team.name for team in Team.objects.only("slug", "name")}
    return rows


def _report(case: Case, rows: Rows, zone: str, at: datetime) -> Report:
    events, clocks = rows.events[case.pk], rows.clocks[case.pk]
    names = {clock.kind: clock_name(clock.kind) for clock in clocks}
    spans = [(event.occurred_at, _who(event.data, rows)) for event in events]
    before = {event.seq + 1: event.data["severity"] for event in events}
    lines = [
        *(_milestone(row) for row in milestones_of(case, clocks, at)),
        *promised(rows.promises[case.pk], names, reasons=True),
        *owners(spans, case.closed_at),
        *pauses(clocks),
        *(_happened(event, before.get(event.seq), rows) for event in events),
        *(line for outcome in rows.outcomes[case.pk] for line in _given(outcome)),
    ]
    return Report(case.reference, case.title, _facts(case, zone), lines)


def _who(data: dict[str, Any], rows: Rows) -> str:
    owner = rows.people.get(data.get("owner") or 0)
    parts = [str(owner) if owner else "", rows.teams.get(data.get("team") or "", "")]
    return ", ".join(part for part in parts if part)


def _facts(case: Case, zone: str) -> list[tuple[str, str]]:
    promise = when_words(case.promise_at, zone=zone, style="plain") if case.is_open and case.promise_at else ""
    rows = [
        ("Case", case.reference),
        ("Customer", str(case.customer)),
        ("Topic", case.category.name),
        ("Filed", when_words(case.filed_at, zone=zone, style="plain")),
        ("How it stands", str(State(case.state).label)),
        ("Severity", str(Severity(case.severity).label)),
        ("Level", str(case.tier)),
        ("Who has it", ", ".join(str(one) for one in (case.owner, case.team) if one)),
        ("Next promise", promise),
        ("Protocol", case.protocol),
        ("What the customer wrote", case.description),
        ("What they would like", case.expectation),
    ]
    return [(label, value) for label, value in rows if value]


def _milestone(row: dict[str, Any]) -> Line:
    """A milestone; a time that is still to come is what is promised of it."""
    done = row["state"] == "done"
    return Line(
        MILESTONES, row["at"] if done else None, row["title"], promised=row["promised"] or (None if done else row["at"]),
        kept=kept_words(row["kept"]), text=" · ".join(part for part in (STATES[row["state"]], row["line"]) if part),
        number=row["number"],
    )  # fmt: skip


def _happened(event: Event, was: int | None, rows: Rows) -> Line:
    message = rows.texts.get(event.data.get("message", {}).get("id", ""))
    text = message.text if message else ""
    return Line(
        HAPPENED, event.occurred_at, event_title(event, was), who=actor_name(event), text=text, number=event.seq
    )


def _given(outcome: Resolution) -> list[Line]:
    """What an answer says was done, and what went with it."""
    given = [str(outcome.remedy_kind or ""), outcome.remedy]
    if outcome.amount is not None:
        given.append(f"{outcome.amount} {outcome.currency}")
    by = str(outcome.by) if outcome.by else ""
    said = f"{outcome.get_outcome_display()}: {outcome.done}"
    cause = f"Cause: {outcome.root_cause}" if outcome.root_cause else ""
    words = "; ".join(dict.fromkeys(part for part in given if part))
    what = f"Given: {words}" if words else "Nothing was given besides the answer"
    return [Line(REMEDIES, outcome.at, what, who=by, text="\n".join(part for part in (said, cause) if part))]
