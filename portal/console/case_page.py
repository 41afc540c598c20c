"""The case page of the console: header, acts, promise, milestones, clocks with their proof, timeline; panels.py has the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case, Severity
from escalation.facts import Clock
from escalation.guidance import Advice
from escalation.lateness import late_since, with_ledger
from escalation.models import StageClock
from escalation.permits import PERMITS, Actor
from escalation.protocol import MissingCell
from escalation.turn import Turn
from escalation.worktime import Calendar, reckon
from portal.console import guidance, presence
from portal.console.acts import ONLY_ONE
from portal.console.case_people import closing_words, customer_words, duty_words, with_names
from portal.console.deeds import DEEDS
from portal.console.home_rows import act_url, usual_acts
from portal.console.on_record import MOST, OnRecord, read
from portal.console.panels import Looked
from portal.console.reaching import banner
from portal.console.timeline import SHOWN, rows_of
from portal.console.words import clock_name, clock_state, milestone_words, mood_tag, tag_of, who_has
from portal.presenters.linked import with_links

TITLES = ("SLA review", "Specialist team acknowledged", "Progress updates", "Answer", "Feedback and improvement")
ENDED = (State.WITHDRAWN, State.MERGED)
PIECES = {"counted": "Working time", "closed": "Closed", "holiday": "Day off", "paused": "Clock stopped"}


def seen_case(viewer: Viewer, case_id: int) -> Case | None:
    """The case with all the page reads of it, or None when there is none for this person."""
    cases = with_links(with_ledger(Case.objects.visible_to(viewer))).with_people()
    beside = ("survey", "low_score", "low_score__by", "product", "organisation", "offered_to", "offered_by")
    return cases.select_related(*beside).filter(pk=case_id).first()


def page_of(case: Case, actor: Actor, viewer: Viewer, *, now: datetime, zone: str, shown: str) -> dict[str, Any]:
    """Everything the template names."""
    record = read(case, viewer, now)
    turn, clocks = record.turn, record["clocks"]
    advice = guidance.advice_on(turn, now)
    possible, refused = buttons(record, actor, advice)
    for act in refused:
        act["why"] = with_names(act["why"], turn, record.supervisors)
        if act["verb"] == "close":
            act["why"] = closing_words(act["why"], turn, zone, now)
    shown = shown if shown in SHOWN else "all"
    rows = rows_of(record, shown)
    return {
        "case": case,
        "tag": tag_of(case, now),
        "mood": mood_tag(case),
        "severity": Severity(case.severity).label,
        "state": State(case.state).label,
        "milestone": milestone_words(case),
        "levels": turn.rules.protocol.top,
        "level_name": turn.rules.protocol.tier(case.tier).name,
        "who": who_has(case),
        "acts": possible,
        "refused": refused,
        "guidance": guidance.box(turn, advice),
        "unexplained": unexplained(case, clocks, possible),
        "promise": promise_of(case, clocks, now, duty_words(record, zone, now)),
        "who_is_it": customer_words(record, now.astimezone(ZoneInfo(zone))),
        "milestones": milestones_of(case, clocks, now),
        "running": [clock_row(clock, turn, now) for clock in clocks if clock.outcome is None],
        "ended": [clock_row(clock, turn, now) for clock in clocks if clock.outcome is not None],
        "rows": rows,
        "cut": len(rows) >= MOST,
        "tabs": [{"key": k, "label": v, "here": k == shown} for k, v in SHOWN.items()],
        "here": presence.words(record["here"], zone, now),
        "looked": Looked(record, actor, viewer, now),
        "unreached": banner(case, actor, turn),
        "alerts": record["alerts"][::-1],
    }


def buttons(
    record: OnRecord, actor: Actor, advice: tuple[Advice, ...]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Every act: those possible now as buttons, what helps most first; the others with why not."""
    case, turn = record.case, record.turn
    possible, refused = [], []
    helps = usual_acts(case)
    for verb in (*helps, *(verb for verb in DEEDS if verb not in helps)):
        why = guidance.why_not(verb, case, actor, turn, advice)
        if not why and verb == "adopt" and len(record["versions"]) < 2:
            why = ONLY_ONE
        if DEEDS[verb].beside:
            continue
        if why:
            refused.append({"verb": verb, "label": PERMITS[verb].label, "why": why})
        else:
            possible.append({"verb": verb, "label": PERMITS[verb].label, "url": act_url(case, verb)})
    return possible, refused


def unexplained(case: Case, clocks: list[StageClock], possible: list[dict[str, str]]) -> dict[str, Any] | None:
    """The reason for the fast lane that is still owed: until when, and where it is given."""
    owed = next((clock for clock in clocks if clock.kind == Clock.JUSTIFY and clock.outcome is None), None)
    if owed is None:
        return None
    return {"due": owed.due_at, "url": next((act["url"] for act in possible if act["verb"] == "justify"), "")}


def promise_of(case: Case, clocks: list[StageClock], now: datetime, duty: str) -> dict[str, Any]:
    """The block “who owes what by when” in staff's words, for parts/promise.html; `duty`: whether the owner is there."""
    next_one = next((c for c in clocks if c.promise and c.outcome is None), None)
    late = late_since(case, now)
    asked = next((c for c in clocks if c.kind == Clock.SUPERVISOR and c.outcome is None), None)
    headline, due, variant = "Nothing is promised: the case has ended.", None, "closed"
    if next_one and next_one.due_at:
        headline, due, variant = f"{clock_name(next_one.kind)} owed by", next_one.due_at, "running"
    elif case.state == State.WAITING_CUSTOMER:
        headline, variant = "Our clocks stand still until the customer answers.", "waiting_for_you"
    elif case.is_open:
        headline, variant = "No time is promised. This needs a supervisor.", "late"
    if case.state == State.ANSWERED:
        headline, variant = "The customer can say yes or no until", "answered"
    elif late:
        variant = "late"
    elif variant == "running" and case.owner_id is None:
        variant = "no_owner"
    return {
        "variant": variant,
        "headline": headline,
        "due": due,
        "handler": handler_of(case, duty),
        "second": {"headline": "A supervisor owes an answer by", "due": asked.due_at} if asked else None,
    }


def handler_of(case: Case, duty: str) -> dict[str, str]:
    """Owner and team for parts/handler.html."""
    owner, team = case.owner, case.team
    return {
        "name": owner.name or owner.email if owner else "",
        "team": team.name if team else "",
        "phone": team.phone if team else "",
        "hours": team.hours if team else "",
        "note": duty if owner else "No one has it by name yet.",
        "initials": owner.initials if owner else "",
    }


def milestones_of(case: Case, clocks: list[StageClock], now: datetime) -> list[dict[str, Any]]:
    """Five rows for parts/milestones.html, always five."""
    return [milestone_row(case, number, title, clocks, now) for number, title in enumerate(TITLES, start=1)]


def milestone_row(case: Case, number: int, title: str, clocks: list[StageClock], now: datetime) -> dict[str, Any]:
    """One milestone: where it stands, what was promised, and whether that was kept."""
    mine = [c for c in clocks if Clock.MILESTONE.get(c.kind) == number]  # newest first
    running = next((c for c in mine if c.outcome is None), None)
    done = next((c for c in mine if c.outcome in ("met", "elapsed") or c.done_late_at), None)
    missed = any(c.outcome == "missed" and c.done_late_at is None for c in mine)
    row: dict[str, Any] = {"number": number, "title": title, "line": "", "at": None, "promised": None, "kept": None}
    here = case.milestone
    if here is None:
        row["state"] = "done" if done else "not_needed"
    elif number < here or case.state == State.CLOSED:
        row["state"] = "done" if done or number < here else "not_needed"
    elif number == here:
        overdue = running is not None and running.due_at is not None and running.due_at <= now
        row["state"] = "late" if case.is_open and (overdue or missed) else "current"
    else:
        row["state"] = "todo"
    if row["state"] == "done" and done:
        row["at"] = done.done_late_at or done.ended_at
        if done.told:
            row |= {"promised": done.due_at, "kept": done.outcome != "missed"}
    elif running:
        row["at"] = running.due_at
        row["line"] = "" if running.due_at else f"Stopped: {running.pause_reason}"
    return row


def clock_row(clock: StageClock, turn: Turn, now: datetime) -> dict[str, Any]:
    """One clock for the table, with the intervals that prove its time."""
    return {
        "name": clock_name(clock.kind),
        "clock": clock,
        "calendar": calendar_of(clock, turn),
        "tag": clock_state(clock, now),
        "proof": proof_of(clock, turn),
        "told": "Customer was told" if clock.told else "Internal",
    }


def calendar_of(clock: StageClock, turn: Turn) -> Calendar | None:
    """The very version of the calendar the clock counts on; None when there is none of that name any more."""
    try:
        return turn.rules.by_label(clock.calendar)
    except MissingCell:
        return None


def proof_of(clock: StageClock, turn: Turn) -> dict[str, Any] | None:
    """The working behind a due time for parts/proof.html; None while the clock stands still."""
    calendar = calendar_of(clock, turn)
    if clock.due_at is None or calendar is None:
        return None
    reckoned = reckon(calendar, clock.started_at, clock.target, clock.past_pauses())
    if reckoned.due is None:
        return None
    key, _, version = clock.calendar.partition("@")
    return {
        "start": clock.started_at,
        "due": reckoned.due,
        "target_seconds": clock.target,
        "calendar": calendar,
        "calendar_name": f"calendar “{key}”, version {version or '1'}",
        "rows": [
            {"start": i.start, "end": i.end, "kind": i.kind, "note": i.note or PIECES[i.kind], "seconds": i.seconds}
            for i in reckoned.intervals
        ],
    }
