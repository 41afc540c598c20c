"""The five milestones of a case, always five rows, each with what was promised and whether it was kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.languages import isolated
from cases.lifecycle import BUSY, SETTLED, WAITING, State
from cases.models import Severity
from escalation.facts import Clock, Outcome
from escalation.lateness import is_late
from escalation.protocol import MissingCell
from portal.presenters.casefile import CaseFile
from portal.presenters.status import YOU_SAID
from portal.templatetags.times import worktime_words

S = State
DONE, CURRENT, TODO, NOT_NEEDED, LATE = "done", "current", "todo", "not_needed", "late"
#: Left the road: what has not been done is not needed any more.
LEFT = (S.WITHDRAWN, S.MERGED)
#: The clocks behind each row.
COUNTED = {
    1: (Clock.REVIEW,),
    2: (Clock.ACKNOWLEDGE,),
    3: (Clock.UPDATE, Clock.REPLY),
    4: (Clock.RESOLVE, Clock.CONFIRM),
}
AT_WORK = (*BUSY, *WAITING)
OVER = (S.ANSWERED, *SETTLED, S.MERGED)


def milestones(file: CaseFile, now: datetime) -> list[dict[str, Any]]:
    """Five rows in the form parts/milestones.html takes; at most one is where the case is now."""
    rows = [_review(file, now), _acknowledgment(file, now), _work(file, now), _answer(file), _feedback(file)]
    here = False
    for row in rows:
        if row["state"] in (CURRENT, LATE):
            # Two things can be behind at once; the reader is told of the first as "here".
            row["state"] = TODO if here and row["state"] == CURRENT else row["state"]
            here = True
    for row in rows:
        row["why"] = _running(file, row)
    rows[2]["kept_line"] = _updates_kept(file) if rows[2]["state"] == DONE else ""
    return rows


def _running(file: CaseFile, row: dict[str, Any]) -> str:
    """The kind of the running clock whose time the row says: its working can be shown. Empty when none runs."""
    kinds = COUNTED.get(row["number"], ())
    running = (clock for clock in file.of(*kinds) if clock.outcome is None and clock.due_at is not None)
    return next((clock.kind for clock in running if clock.due_at == row["at"]), "")


def _row(
    number: int, title: str, state: str, line: str = "", at: datetime | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "number": number,
        "title": title,
        "state": state,
        "line": line,
        "at": at,
        "promised": None,
        "kept": None,
    } | more


def _ended(clock: Any) -> datetime | None:
    """When the thing was done: in time, or after its time after all."""
    return clock.done_late_at if clock.outcome == Outcome.MISSED else clock.ended_at


def _kept(clock: Any) -> dict[str, Any]:
    """Promised against kept; nothing where the customer was promised nothing."""
    if clock is None or not clock.told:
        return {}
    return {"promised": clock.shown_due or clock.due_at, "kept": clock.outcome == Outcome.MET}


def _is_done(clock: Any) -> bool:
    return clock.outcome == Outcome.MET or (clock.outcome == Outcome.MISSED and clock.done_late_at is not None)


def _review(file: CaseFile, now: datetime) -> dict[str, Any]:
    title = _("We set how fast we must act")
    clocks = file.of(Clock.REVIEW)
    first, done = clocks[0], next((clock for clock in clocks if _is_done(clock)), None)
    if done:
        word = _("Treated as %(severity)s: %(said)s") % {
            "severity": Severity(file.case.severity).label,
            "said": YOU_SAID[file.case.impact],
        }
        return _row(1, title, DONE, word, _ended(done), **_kept(first if first.outcome != Outcome.CANCELLED else None))
    if file.case.state in OVER:
        return _row(1, title, NOT_NEEDED)
    missed = next((clock for clock in clocks if clock.outcome == Outcome.MISSED and clock.told), None)
    if missed or (first.told and first.outcome is None and first.due_at and first.due_at <= now):
        return _row(1, title, LATE, _("We have not done this in time. We are sorry."), (missed or first).due_at)
    running = file.open(Clock.REVIEW)
    due = running.due_at if running and running.told else None
    return _row(1, title, CURRENT if file.case.milestone == 1 else TODO, "", due)


def _acknowledgment(file: CaseFile, now: datetime) -> dict[str, Any]:
    case, clocks = file.case, file.of(Clock.ACKNOWLEDGE)
    title = _("A specialist confirms they have it")
    last = clocks[-1] if clocks else None
    if first_contact(file):
        return _row(2, title, NOT_NEEDED, _at_once(file))
    if last and _is_done(last):
        return _row(2, _("A specialist confirmed they have it"), DONE, _who(file), _ended(last), **_kept(last))
    if case.state in OVER:
        return _row(2, title, NOT_NEEDED)
    if last is None:
        return _row(2, title, TODO)
    missed = [clock for clock in clocks if clock.outcome == Outcome.MISSED and not clock.done_late_at]
    overdue = last if last.due_at and last.outcome is None and last.due_at <= now else None
    if (missed and is_late(case, now)) or overdue:
        late = overdue or missed[-1]
        return _row(2, title, LATE, _("Nobody had confirmed by then. We are sorry."), late.due_at)
    team = _("With the team %(team)s") % {"team": case.team.local_name} if case.team else ""
    here = case.milestone == 2 or case.state == S.ESCALATED
    return _row(2, title, CURRENT if here else TODO, team, last.due_at)


def first_contact(file: CaseFile) -> bool:
    """Answered by the first person who looked: nobody had to take it on and no update was ever owed."""
    return file.case.state in OVER and bool(file.of(Clock.CONFIRM)) and not file.of(Clock.UPDATE, Clock.REPLY)


def _at_once(file: CaseFile) -> str:
    owner = file.case.owner
    return _("%(name)s solved it at once") % {"name": owner.first_name} if owner else _("We solved it at once")


def _who(file: CaseFile) -> str:
    case = file.case
    if case.owner is None:
        return case.team.local_name if case.team else ""
    named = {"name": isolated(case.owner.first_name), "team": isolated(case.team.local_name) if case.team else ""}
    return _("%(name)s, %(team)s") % named if case.team else case.owner.first_name


def _work(file: CaseFile, now: datetime) -> dict[str, Any]:
    case, clocks = file.case, file.of(Clock.UPDATE, Clock.REPLY)
    every = _rhythm(file, now)
    title = (
        _("Working on it, with updates every %(span)s") % {"span": every} if every else _("Working on it, with updates")
    )
    so_far = _updates_so_far(case.updates) if case.updates else ""
    if first_contact(file):
        return _row(3, title, NOT_NEEDED, _at_once(file))
    if case.state in OVER:
        done = DONE if clocks and case.state not in LEFT else NOT_NEEDED
        return _row(3, title, done, _updates(case.updates) if case.updates else "")
    if case.state not in AT_WORK:
        return _row(3, title, TODO, so_far)
    if case.state == S.WAITING_CUSTOMER:
        return _row(3, title, CURRENT, _("We wait for your answer; our clock is stopped"))
    running = next((clock for clock in clocks if clock.outcome is None), None)
    due = running.due_at if running else None
    if due and due <= now:
        return _row(3, title, LATE, _("The next word from us is late. We are sorry."), due)
    missed = [clock for clock in clocks if clock.outcome == Outcome.MISSED and not clock.done_late_at]
    if missed and is_late(case, now):
        return _row(3, title, LATE, so_far or _("The next word from us is late. We are sorry."), missed[-1].due_at)
    return _row(3, title, CURRENT, so_far, due)


def _updates(n: int) -> str:
    return ngettext("%(n)d update", "%(n)d updates", n) % {"n": n}


def _updates_so_far(n: int) -> str:
    return ngettext("%(n)d update so far", "%(n)d updates so far", n) % {"n": n}


def _updates_kept(file: CaseFile) -> str:
    """How many of the times that were promised for our updates and replies we kept; nothing where none was."""
    ended = [c for c in file.of(Clock.UPDATE, Clock.REPLY) if c.told and c.outcome in (Outcome.MET, Outcome.MISSED)]
    n, met = len(ended), sum(clock.outcome == Outcome.MET for clock in ended)
    if met < n:
        return _("%(kept)d of %(n)d promised times kept") % {"kept": met, "n": n}
    return ngettext("%(n)d promised time, kept", "%(n)d promised times, all kept", n) % {"n": n} if n else ""


def _rhythm(file: CaseFile, now: datetime) -> str:
    """How often an update is owed, in words; empty when the protocol has no row for the case."""
    case = file.case
    try:
        cell = file.protocol.cell(case.category.slug, case.severity, case.tier)
        calendar = file.rules.calendar(cell.calendar, now)
    except MissingCell:
        return ""
    return worktime_words(cell.update, calendar)


def _answer(file: CaseFile) -> dict[str, Any]:
    case, clocks = file.case, file.of(Clock.RESOLVE)
    last = clocks[-1] if clocks else None
    title = _("Answer or fix")
    if case.state == S.ANSWERED:
        # The time is the customer's, not ours: what happens at it is said with it.
        line = _("You have our answer. Tell us yes or no")
        return _row(4, title, CURRENT, line, case.promise_at, closes=True, **_kept(last))
    if case.state in SETTLED and case.resolved_at:
        return _row(4, title, DONE, "", case.resolved_at, **_kept(last))
    if case.state in OVER:
        return _row(4, title, NOT_NEEDED)
    if last is None:
        return _row(4, title, TODO)
    if last.outcome == Outcome.MISSED:
        return _row(4, title, LATE, _("This takes longer than we said. We are sorry."), last.due_at)
    if last.due_at is None:
        return _row(4, title, TODO, _("Our clock is stopped while we wait for your answer"))
    return _row(4, title, TODO, _("We aim to have it by then"), last.due_at)


def _feedback(file: CaseFile) -> dict[str, Any]:
    title = _("Your feedback, and what we change")
    survey = getattr(file.case, "survey", None)
    if survey and survey.answered_at:
        return _row(5, title, DONE, _("Thank you for telling us"), survey.answered_at)
    if file.case.state in LEFT or (file.case.state == S.CLOSED and not file.case.resolved_at):
        return _row(5, title, NOT_NEEDED)
    return _row(5, title, CURRENT if file.case.state in SETTLED else TODO, _("Two short questions"))
