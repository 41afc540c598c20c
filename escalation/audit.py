"""Looks in a live database for rows that break what must always hold: each check reads, and names what it finds.

The numbers are those of the list in docs/log.md. Checks about the present (a promise that should have been noticed)
look at real cases only and leave the engine a grace; all others look at drills too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, models
from django.db.models import Count, Exists, F, Min, OuterRef, Q, Subquery
from django.db.models.fields.json import KT

from cases import chain
from cases.guards import TABLES as LOG_TABLES
from cases.lifecycle import FINAL, OPEN, SETTLED, State
from cases.models import Case, Consult, Event, Investigation, Message, Note, ReplyUse, Resolution, Task, Team, TriedStep
from cases.models.case import reference_prefix
from cases.reference import BadReference, read_reference
from escalation.book import PUBLIC, rules_of
from escalation.decision.beside import QUESTION_ALARM, TASK_ALARM
from escalation.facts import Clock, Outcome
from escalation.follow import KIND as CODE_LETTER
from escalation.guards import TABLES as RULE_TABLES
from escalation.models import Alert, CalendarVersion, Notice, Promise, ProtocolVersion, SetAside, StageClock
from escalation.protocol import MissingCell, Rules
from escalation.replay import CHUNK, replay_many
from escalation.worktime import reckon

#: How late the engine may be before a promise it has not looked at counts as broken in silence.
GRACE = timedelta(minutes=5)
P = Promise.Status


@dataclass(frozen=True)
class Scope:
    """What an audit looks at. `most` bounds the cases replayed; `progress` hears (what, done, of how many)."""

    at: datetime
    folder: Path
    most: int = 100_000
    progress: Callable[[str, int, int], None] = lambda what, done, of: None


@dataclass(frozen=True, slots=True)
class Check:
    """One line of what must always hold, and how its breaches are found; each is a sentence naming its row."""

    rule: int
    holds: str
    find: Callable[[Scope], Iterable[str]]


# 1. Somebody answers for every open case ----------------------------------------------------------------------


def _unowned(scope: Scope) -> Iterator[str]:
    yield from _named(Case.everything.filter(state__in=OPEN, owner=None, team=None), "has neither owner nor team")
    alarms = Alert.everything.filter(case=OuterRef("pk"), cleared_at=None)
    # That a task is overdue says nothing of the promises.
    alarmed = Exists(alarms.exclude(kind__in=(TASK_ALARM, QUESTION_ALARM)))
    quiet = Case.objects.filter(state__in=OPEN, is_history=False).filter(~alarmed)
    asleep = Q(wake_at=None) | Q(wake_at__lte=scope.at - GRACE)
    yield from _named(quiet.filter(asleep), "has no future promise and no alarm")
    unpromised = quiet.exclude(state=State.WAITING_CUSTOMER).filter(promise_at=None)
    yield from _named(unpromised, "promises the customer nothing, and has no alarm")


def _named(cases: models.QuerySet, what: str) -> Iterator[str]:
    for reference in cases.order_by("pk").values_list("reference", flat=True).iterator(chunk_size=2000):
        yield f"{reference} {what}"


# 2. A change is there whole -----------------------------------------------------------------------------------


def _torn(scope: Scope) -> Iterator[str]:
    yield from _named(Case.everything.filter(event_seq=0), "has no event")
    for model, of in ((StageClock, "started_seq"), (Notice, "event_seq")):
        for reference, seq in model.everything.filter(**{f"{of}__gt": F("case__event_seq")}).values_list(
            "case__reference", of
        ):
            yield f"{reference} has a {model._meta.verbose_name} of event {seq}, which does not exist"
    after = StageClock.everything.filter(outcome=None, case__state__in=(*SETTLED, *FINAL))
    for reference, kind in after.exclude(kind__in=(Clock.SURVEY, Clock.CLOSING, Clock.JUSTIFY)).values_list(
        "case__reference", "kind"
    ):
        yield f"{reference} has ended and its {kind} clock still runs"
    yield from _half_offered()
    yield from _not_as_logged()
    yield from _oversleeping()
    unread = Exists(Notice.everything.filter(case=OuterRef("case"), event_seq=OuterRef("seq"), to_customer=True))
    filed = Event.everything.filter(seq=1, role=Event.Role.CUSTOMER).filter(~unread)
    for reference in filed.values_list("case__reference", flat=True).iterator(chunk_size=2000):
        yield f"{reference} was filed and its receipt is not owed"


def _half_offered() -> Iterator[str]:
    """Who was asked to take a case over owes an answer by a time, and such a time belongs to somebody who was asked."""
    asked = Exists(StageClock.everything.filter(case=OuterRef("pk"), kind=Clock.HAND_OVER, outcome=None))
    offered = Case.everything.filter(offered_to__isnull=False)
    yield from _named(offered.filter(~asked), "is offered to somebody and no clock waits for their answer")
    nobody = Case.everything.filter(asked, offered_to=None)
    yield from _named(nobody, "is offered to nobody and a clock waits for an answer to that")


def _not_as_logged() -> Iterator[str]:
    """The case row must say what its last event said."""
    teams = dict(Team.objects.values_list("pk", "slug"))
    last = Event.everything.filter(seq=F("case__event_seq")).order_by()
    names = ("case__reference", "case__state", "case__tier", "case__severity", "case__owner", "case__team", "data")
    for reference, state, tier, severity, owner, team, data in last.values_list(*names).iterator(chunk_size=2000):
        row = {"to": state, "tier": tier, "severity": severity, "owner": owner, "team": teams.get(team)}
        for name, value in row.items():
            if data.get(name) != value:
                yield f"{reference} has {name} {value}; its last event says {data.get(name)}"


def _oversleeping() -> Iterator[str]:
    """A case's promise and alarm instants are copies of its clocks'; a later alarm would be a miss nobody sees."""
    running = Q(clocks__outcome=None)
    cases = Case.everything.filter(is_history=False).annotate(
        due=Min("clocks__due_at", filter=running),
        warn=Min("clocks__warn_at", filter=running),
        promised=Min("clocks__due_at", filter=running & Q(clocks__promise=True)),
    )
    other = ~Q(promised=F("promise_at")) | Q(promised=None, promise_at__isnull=False) | Q(promise_at=None)
    wrong = cases.filter(other).exclude(promised=None, promise_at=None)
    yield from _named(wrong, "does not show the promise its clock counts to")
    aside = Exists(SetAside.objects.filter(case=OuterRef("pk")))
    asleep = Q(wake_at=None) & (Q(due__isnull=False) | Q(warn__isnull=False))
    late = Q(wake_at__gt=F("due")) | Q(wake_at__gt=F("warn"))
    yield from _named(cases.filter(asleep | late).filter(~aside), "would be woken after a clock of its falls due")


# 3. A clock ends once -----------------------------------------------------------------------------------------


def _uncounted(scope: Scope) -> Iterator[str]:
    """As many events saying that a kind of clock ran out as clocks of that kind that did."""
    ran_out = StageClock.everything.filter(outcome__in=(Outcome.MISSED, Outcome.ELAPSED))
    clocks = _tally(ran_out.values_list("case", "kind"))
    events = _tally(
        Event.everything.filter(kind__in=("missed", "ran_out"))
        .annotate(of=KT("data__args__kind"))
        .values_list("case", "of")
    )
    for key in sorted((clocks - events) | (events - clocks)):
        name = Case.everything.filter(pk=key[0]).values_list("reference", flat=True).first()
        yield f"{name}: {clocks[key]} {key[1]} clocks ran out, {events[key]} events say so"


def _tally(pairs: models.QuerySet) -> Counter[tuple[int, str]]:
    rows = pairs.order_by().annotate(n=Count("pk"))
    return Counter({(case, kind): n for case, kind, n in rows.iterator(chunk_size=2000)})


# 4. The log; 5. the rules -------------------------------------------------------------------------------------


def _log(scope: Scope) -> Iterator[str]:
    yield from _guards_down(LOG_TABLES, ("rows", "all"), ("update", "delete"))
    total = Event.everything.count()
    _, flaws = chain.verify(scope.folder, progress=lambda done: scope.progress("Log", done, total))
    yield from (str(flaw) for flaw in flaws)
    yield from _backwards()


def _backwards() -> Iterator[str]:
    """Within a case every event happened no earlier than the one before it."""
    before = Event.everything.filter(case=OuterRef("case"), seq=OuterRef("seq") - 1).values("occurred_at")
    wrong = Event.everything.filter(occurred_at__lt=Subquery(before)).order_by("case", "seq")
    for reference, seq in wrong.values_list("case__reference", "seq").iterator(chunk_size=2000):
        yield f"{reference} has event {seq} with an earlier time than the event before it"


def _guards_down(tables: Iterable[str], on_postgres: Iterable[str], on_sqlite: Iterable[str]) -> Iterator[str]:
    """The database's own guards must be up."""
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
            if postgres
            else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        up = {name for (name,) in cursor.fetchall()}
    for table in tables:
        for name in on_postgres if postgres else on_sqlite:
            if f"{table}_{name}" not in up:
                yield f"the guard {table}_{name} is missing: the database would let that table be changed"


def _rules(scope: Scope) -> Iterator[str]:
    yield from _guards_down(RULE_TABLES, ("keep", "stay"), ("keep", "stay"))
    public = ProtocolVersion.objects.filter(status__in=PUBLIC).values("label")
    yield from _named(Case.everything.exclude(protocol__in=public), "names a protocol version that is not published")
    # Who was moved to a newer version has events and clocks of both.
    moved = Event.everything.filter(kind="adopted").values("case")
    for model, what in ((Event, "an event"), (StageClock, "a clock")):
        rows = model.everything.exclude(protocol=F("case__protocol")).exclude(case__in=moved).order_by("case")
        for reference, label in rows.values_list("case__reference", "protocol").distinct():
            yield f"{reference} has {what} under {label}, not under its own protocol version"
    known = CalendarVersion.objects.filter(status__in=PUBLIC).values("label")
    for label in StageClock.everything.exclude(calendar__in=known).values_list("calendar", flat=True).distinct():
        yield f"clocks count on the calendar {label}, which is not published"


# 6. The ledger; 7. notices ------------------------------------------------------------------------------------


def _ledger(scope: Scope) -> Iterator[str]:
    """What the customer was shown agrees with the clock it stands for."""
    shown = Promise.everything
    runs = Q(clock__outcome=None, clock__due_at=F("due_at"))
    yield from _promises(shown.filter(status=P.OPEN).exclude(runs), "is open and its clock does not count to it")
    yield from _promises(
        shown.filter(status=P.BROKEN).exclude(clock__outcome=Outcome.MISSED), "is broken, not its clock"
    )
    kept = (Outcome.MET, Outcome.ELAPSED)
    yield from _promises(shown.filter(status=P.KEPT).exclude(clock__outcome__in=kept), "is kept, not its clock")
    of_clock = shown.filter(clock=OuterRef("pk"))
    told = StageClock.everything.filter(told=True)
    unshown = told.filter(outcome=None, due_at__isnull=False).filter(~Exists(of_clock.filter(status=P.OPEN)))
    hushed = told.filter(Exists(of_clock), outcome=Outcome.MISSED).filter(~Exists(of_clock.filter(status=P.BROKEN)))
    for clocks, what in (
        (unshown, "runs and is not in the ledger"),
        (hushed, "was missed; the ledger does not say so"),
    ):
        for reference, kind in clocks.values_list("case__reference", "kind"):
            yield f"{reference}: the {kind} clock {what}"
    said = Notice.everything.filter(case=OuterRef("case"), kind="promise_broken", to_customer=True)
    silent = shown.filter(status=P.BROKEN).filter(~Exists(said))
    yield from _promises(silent, "was broken and the customer was not told")


def _promises(rows: models.QuerySet, what: str) -> Iterator[str]:
    for reference, due in rows.values_list("case__reference", "due_at").iterator(chunk_size=2000):
        yield f"{reference}: the promise for {due:%Y-%m-%d %H:%M} UTC {what}"


def _notices(scope: Scope) -> Iterator[str]:
    # A code letter is asked for and a reminder falls due: what no event caused has a key that does not name one.
    caused = Notice.everything.exclude(kind=CODE_LETTER).exclude(case=None).exclude(channel=Notice.WEBHOOK)
    caused = caused.exclude(kind__endswith="_reminder")
    same = caused.values("case__reference", "event_seq", "recipient", "channel").order_by()
    for row in same.annotate(n=Count("pk")).filter(n__gt=1):
        yield (
            f"{row['case__reference']} event {row['event_seq']}: person {row['recipient']} "
            f"was owed {row['n']} notices by {row['channel']}"
        )
    past = Q(case__is_history=True)
    for model, what in ((Notice, "a notice"), (Alert, "an alarm"), (Promise, "a promise")):
        for reference in model.everything.filter(past).values_list("case__reference", flat=True).distinct():
            yield f"{reference} is history and has {what}"
    yield from _named(Case.everything.filter(is_history=True, wake_at__isnull=False), "is history and would be woken")


# 9. References; 10. proofs; 11. replay; 12. drills ------------------------------------------------------------


def _references(scope: Scope) -> Iterator[str]:
    prefix = reference_prefix()
    for reference in Case.everything.values_list("reference", flat=True).iterator(chunk_size=2000):
        try:
            if read_reference(reference, prefix) != reference:
                yield f"{reference} is not spelt as references are"
        except BadReference:
            yield f"{reference} is not a reference one could read out"


def _proofs(scope: Scope) -> Iterator[str]:
    """Every deadline, counted anew from its start, target, pauses and calendar, with its intervals."""
    ids = _sample(scope)
    books: dict[str, Rules] = {}
    for start in range(0, len(ids), CHUNK):
        clocks = StageClock.everything.filter(case__in=ids[start : start + CHUNK], due_at__isnull=False)
        for clock in clocks.select_related("case"):
            if wrong := _unproved(clock, books):
                yield f"{clock.case}: the {clock} clock {wrong}"
        scope.progress("Proofs", start + CHUNK, len(ids))


def _unproved(clock: StageClock, books: dict[str, Rules]) -> str:
    try:
        rules = books.get(clock.protocol) or books.setdefault(clock.protocol, rules_of(clock.protocol))
        calendar = rules.by_label(clock.calendar)
    except (MissingCell, LookupError) as why:
        return f"cannot be counted: {why}"
    proof = reckon(calendar, clock.started_at, clock.target, clock.past_pauses())
    counted = sum(interval.seconds for interval in proof.intervals if interval.kind == "counted")
    if proof.due != clock.due_at:
        return f"falls due at {clock.due_at}, counted anew at {proof.due}"
    return "" if counted == clock.target else f"counts {counted} seconds of {clock.target}"


def _replayed(scope: Scope) -> Iterator[str]:
    ids = _sample(scope)
    for start in range(0, len(ids), CHUNK):
        yield from (str(difference) for difference in replay_many(ids[start : start + CHUNK]))
        scope.progress("Replay", start + CHUNK, len(ids))


def _sample(scope: Scope) -> list[int]:
    """All cases, or every n-th so that at most `most` are looked at."""
    ids = list(Case.everything.order_by("pk").values_list("pk", flat=True))
    step = -(-len(ids) // scope.most) if scope.most else 0
    return ids[::step] if step else []


#: What stands beside a case and has a world of its own.
DRILLED = (
    Event, StageClock, Promise, Notice, Alert, Message, Note, Resolution, ReplyUse, TriedStep, Investigation, Task, Consult,
)  # fmt: skip


def _drills(scope: Scope) -> Iterator[str]:
    for model in DRILLED:
        mixed: Any = model.everything.exclude(is_drill=F("case__is_drill"))
        for reference in mixed.values_list("case__reference", flat=True).distinct():
            yield f"{reference} has a {model._meta.verbose_name} of the other world (drill and real life)"
    left = Notice.everything.filter(is_drill=True).exclude(sent_at=None)
    for reference in left.values_list("case__reference", flat=True).distinct():
        yield f"{reference} is a drill and mail of it was sent"


CHECKS = (
    Check(1, "every open case has an owner or team, and a future promise or an alarm", _unowned),
    Check(2, "state, event, clocks and notices of a change are all there", _torn),
    Check(3, "a clock ends once", _uncounted),
    Check(4, "the log was not rewritten", _log),
    Check(5, "published rules stay, and a case keeps its own", _rules),
    Check(6, "the ledger says what became of every promise", _ledger),
    Check(7, "one cause, one notice; none for history", _notices),
    Check(9, "references can be read out and checked", _references),
    Check(10, "every deadline can be counted anew", _proofs),
    Check(11, "a replay reproduces the record", _replayed),
    Check(12, "drills and real life do not mix", _drills),
)
