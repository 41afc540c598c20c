"""Locks cases and writes turns: state, events, clocks, promises, notices and alarms, all or none.

`flush` is the only writer of a case's state. It takes one turn (a person's act) or five hundred (the sweep)
and costs the same number of statements for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction

from cases.holding import not_held
from cases.lifecycle import FINAL, OPEN, SETTLED
from cases.models import Case, Event, TouchedCase
from escalation import level_tasks, share_news, wishes
from escalation.book import rules_of
from escalation.directory import Directory
from escalation.facts import Outcome
from escalation.models import Alert, Notice, Promise, StageClock
from escalation.protocol import Rules
from escalation.turn import Known, Last, Owed, Turn, plain

CASE_FIELDS = (
    "state", "tier", "severity", "complexity", "category", "team", "owner", "escalated_at", "resolved_at",
    "closed_at", "rejections", "step", "offered_to", "offered_by", "is_upset", "protocol", "promise_at", "wake_at", "event_seq", "event_head",
)  # fmt: skip
CLOCK_FIELDS = (
    "target", "due_at", "warn_at", "pauses", "paused_at", "pause_reason", "outcome", "ended_at",
)  # fmt: skip
P = Promise.Status
HOOK = "webhook:"
#: Of several words one event has for one person, these are the ones to send: they ask for more, or say more.
SAID_FIRST = ("call_customer", "priority_set", "handed_to_you")
#: What the ledger says of a promise that an act moved, where the act's own name would not.
MOVED_BY = {"promise_moved": "moved with a reason", "marked_upset": "brought forward"}
SETTLES = {
    Outcome.MET: P.KEPT,
    Outcome.ELAPSED: P.KEPT,
    Outcome.MISSED: P.BROKEN,
    Outcome.CANCELLED: P.MOVED,
}


def lock(case_id: int, at: datetime) -> Turn:
    """Locks one case and loads what its turn at `at` needs. Must run inside a transaction. Raises Case.DoesNotExist."""
    case = Case.everything.select_for_update(of=("self",)).select_related("category").get(pk=case_id)
    clocks = StageClock.everything.filter(case=case, outcome__isnull=True)
    last = _last_events([case]).get(case.pk)
    return Turn(case, rules_of(case.protocol), Directory.load(at, holds=True), {c.kind: c for c in clocks}, last)


def _last_events(cases: list[Case]) -> dict[int, Last]:
    """When each case's last event happened, by case; asked after the lock, so that nothing newer can exist."""
    heads = models.Q(pk=None)
    for seq in {case.event_seq for case in cases}:
        heads |= models.Q(seq=seq, case__in=[case.pk for case in cases if case.event_seq == seq])
    found = Event.everything.filter(heads).order_by().values_list("case", "occurred_at", "recorded_at")
    return {case: Last(at, written) for case, at, written in found}


def peek(case: Case, at: datetime) -> Turn:
    """A turn at `at` on a copy of `case`, unlocked: to look at and to try things out on. It is never flushed."""
    return turns_of([copy(case)], at)[0]


def over(
    case: Case,
    rules: Rules,
    directory: Directory,
    clocks: Iterable[StageClock],
    newest: Sequence[Event],
    *,
    known: Known,
) -> Turn:
    """As `peek`, with what the caller has read already: every clock of the case, and its newest event, if it has one."""
    turn_case = copy(case)
    running = {clock.kind: copy(clock) for clock in clocks if clock.outcome is None}
    for clock in running.values():
        clock.case = turn_case
    last = Last(newest[0].occurred_at, newest[0].recorded_at) if newest else None
    return Turn(turn_case, rules, directory, running, last, known=known)


def lock_due(now: datetime, limit: int, *, only: int | None = None) -> list[Turn]:
    """Locks up to `limit` cases whose alarm instant has come, most severe first, passing by locked ones."""
    due = Case.everything.filter(wake_at__lte=now)
    if only is not None:
        due = due.filter(pk=only)
    due = due.select_related("category", "set_aside").order_by("severity", "wake_at")[:limit]
    cases = list(not_held(due))
    return turns_of(cases, now, directory=Directory.load(now, holds=True)) if cases else []


def turns_of(cases: list[Case], at: datetime, *, directory: Directory | None = None) -> list[Turn]:
    """Turns at `at` of cases: one query for all clocks, one set of rules a version.

    `directory`: for cases whose rows the caller holds and will write, one that holds caps too, the same for the whole
    batch, so that each case given out is counted for the next; else they are only looked at.
    """
    if not cases:
        return []
    clocks: dict[int, dict[str, StageClock]] = {case.pk: {} for case in cases}
    for clock in StageClock.everything.filter(case__in=[c.pk for c in cases], outcome__isnull=True):
        clocks[clock.case_id][clock.kind] = clock
    directory, last = directory or Directory.load(at), _last_events(cases)
    rules: dict[str, Rules] = {}
    turns = []
    for case in cases:
        if case.protocol not in rules:
            rules[case.protocol] = rules_of(case.protocol)
        for clock in clocks[case.pk].values():
            clock.case = case
        turns.append(Turn(case, rules[case.protocol], directory, clocks[case.pk], last.get(case.pk)))
    return turns


def flush(turns: Iterable[Turn], now: datetime) -> None:
    """Writes everything the turns hold, in one transaction. Order matters: what ends comes before what starts."""
    turns = [turn for turn in turns if turn.events]
    if not turns:
        return
    # Callers hold the lock in a transaction of their own: a savepoint inside it would only cost two statements.
    with transaction.atomic(savepoint=False):
        update_rows(Case, CASE_FIELDS, [turn.case for turn in turns])
        _write_clocks(turns, now)
        Event.everything.bulk_create([event for turn in turns for event in turn.events])
        _write_notices(turns, now)
        _write_alarms(turns, now)
        level_tasks.write(turns, now)
        TouchedCase.note([turn.case.pk for turn in turns], now)


def _write_clocks(turns: list[Turn], now: datetime) -> None:
    changed = [c for t in turns for c in t.ended if c.pk] + [c for t in turns for c in _still(t, t.touched)]
    _settle_promises(turns, now)
    update_rows(StageClock, CLOCK_FIELDS, changed)
    new = [c for t in turns for c in (*t.ended, *t.clocks.values()) if c.pk is None]
    StageClock.everything.bulk_create(new)
    shown = [c for c in new if c.told and c.outcome is None]
    shown += [c for t in turns for c in _still(t, t.moved) if c.told]
    Promise.everything.bulk_create(
        Promise(case_id=c.case_id, is_drill=c.is_drill, clock=c, made_at=now, due_at=c.due_at)
        for c in shown
        if c.due_at
    )
    late = models.Q()
    for turn in turns:
        if turn.late_done:
            late |= models.Q(case=turn.case, kind__in=sorted(turn.late_done))
    if late:
        StageClock.everything.filter(late, outcome=Outcome.MISSED, done_late_at__isnull=True).update(done_late_at=now)


def _still(turn: Turn, kinds: Iterable[str]) -> list[StageClock]:
    """The stored clocks of `kinds` that are still open."""
    return [turn.clocks[kind] for kind in sorted(kinds) if kind in turn.clocks and turn.clocks[kind].pk]


def _settle_promises(turns: list[Turn], now: datetime) -> None:
    """Closes the ledger rows of clocks that ended, stopped or moved, each with its own instant and reason."""
    rows = []
    for turn in turns:
        gone = turn.case.state in (*SETTLED, *FINAL)
        for clock in turn.ended:
            if clock.told and clock.pk:
                status = P.DROPPED if gone and clock.outcome == Outcome.CANCELLED else SETTLES[clock.outcome or ""]
                rows.append(_settled(clock, status, clock.ended_at, _why(turn, status)))
        for clock in _still(turn, turn.moved):
            if clock.told:
                stopped = clock.paused_at is not None
                rows.append(
                    _settled(
                        clock,
                        P.STOPPED if stopped else P.MOVED,
                        clock.paused_at if stopped else now,
                        clock.pause_reason if stopped else "the clock went on",
                    )
                )
    update_rows(Promise, ("status", "settled_at", "reason"), rows, key="clock", where="status = 'open'")


def _settled(clock: StageClock, status: str, at: datetime | None, reason: str) -> Promise:
    return Promise(clock=clock, status=status, settled_at=at, reason=reason)


def _why(turn: Turn, status: str) -> str:
    """Why a promise was moved: the last act that did it, in the log's word."""
    kind = turn.events[-1].kind
    return MOVED_BY.get(kind, kind.replace("_", " ")) if status in (P.MOVED, P.DROPPED) else ""


def _write_notices(turns: list[Turn], now: datetime) -> None:
    notices = []
    for turn in turns:
        told: set[tuple[int, int]] = set()
        for owed in sorted(turn.owed, key=lambda one: (one.seq, one.tell.kind not in SAID_FIRST)):
            if owed.tell.to.startswith(HOOK):
                notices.append(_call(turn.case, owed, owed.tell.to.removeprefix(HOOK), now))
                continue
            for person in turn.directory.recipients(owed.tell.to, turn.case, turn.rules.protocol):
                # One cause, one notice per person: the first word said of an event is the one that is sent.
                if (owed.seq, person) not in told:
                    told.add((owed.seq, person))
                    notices.append(_notice(turn.case, owed, person, now))
    notices += share_news.owed(notices, now)
    wishes.hold(notices, now)
    Notice.everything.bulk_create(notices)


def _call(case: Case, owed: Owed, hook: str, now: datetime) -> Notice:
    """A notice for a webhook instead of a person."""
    notice = _notice(case, owed, None, now)
    notice.key = f"{case.pk}:{owed.tell.kind}:{owed.seq}:{hook}:{Notice.WEBHOOK}"
    notice.channel, notice.data = Notice.WEBHOOK, notice.data | {"hook": hook}
    return notice


def _notice(case: Case, owed: Owed, person: int | None, now: datetime) -> Notice:
    kind = owed.tell.kind
    return Notice(
        key=f"{case.pk}:{kind}:{owed.seq}:{person}:email",
        case=case,
        is_drill=case.is_drill,
        event_seq=owed.seq,
        kind=kind,
        to_customer=owed.tell.to == "customer",
        recipient_id=person,
        data=owed.about | plain(dict(owed.tell.data)),
        owed_at=now,
        next_at=now,
    )


def _write_alarms(turns: list[Turn], now: datetime) -> None:
    cleared = models.Q()
    for turn in turns:
        gone = turn.case.state not in OPEN
        if gone or turn.clears:
            kinds = {} if gone else {"kind__in": sorted(turn.clears)}
            cleared |= models.Q(case=turn.case, **kinds)
    if cleared and any(turn.clears or turn.case.state not in OPEN for turn in turns):
        Alert.everything.filter(cleared, cleared_at__isnull=True).update(cleared_at=now)
    raised = {
        (turn.case.pk, alarm.kind): Alert(
            case=turn.case, is_drill=turn.case.is_drill, kind=alarm.kind, text=alarm.text, raised_at=at
        )
        for turn in turns
        for alarm, at in turn.alarms
        if turn.case.state in OPEN
    }
    if raised:
        Alert.everything.bulk_create(raised.values(), ignore_conflicts=True)


def update_rows(
    model: type[models.Model], names: Sequence[str], rows: Sequence[Any], *, key: str = "id", where: str = ""
) -> None:
    """One UPDATE for all `rows`: sets `names` by `key`. `where` is a fixed extra condition, never input."""
    if not rows:
        return
    qn, meta = connection.ops.quote_name, model._meta
    fields: list[Any] = [meta.get_field(name) for name in (key, *names)]
    columns = [qn(field.column) for field in fields]
    casts = [_cast(field) for field in fields]
    values, params = [], []
    for row in rows:
        values.append("(" + ", ".join(casts) + ")")
        params += [f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields]
    table = qn(meta.db_table)
    sets = ", ".join(f"{column} = fresh.{column}" for column in columns[1:])
    more = f" AND {table}.{where}" if where else ""
    # Only names of our own tables and columns stand in the text; every value is a parameter.
    given = f"WITH fresh ({', '.join(columns)}) AS (VALUES {', '.join(values)}) "  # nosec B608
    update = f"UPDATE {table} SET {sets} FROM fresh WHERE {table}.{columns[0]} = fresh.{columns[0]}{more}"  # nosec B608
    with connection.cursor() as cursor:
        cursor.execute(given + update, params)


def _cast(field: Any) -> str:
    """PostgreSQL must be told the type of a value in VALUES; SQLite must not."""
    if connection.vendor != "postgresql":
        return "%s"
    return f"%s::{field.rel_db_type(connection) if field.is_relation else field.cast_db_type(connection)}"
