"""One case as plain data, to take away: what happened, what was said, what was promised with the proof of every time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from cases.files import KINDS, of_case
from cases.lifecycle import State
from cases.models import Attachment, Case, Event, Message, Note, Severity
from cases.models.event import stamp
from escalation.book import rules_of
from escalation.models import Promise, StageClock
from escalation.protocol import Rules
from portal.presenters.proof import LEADS_TO, reckoning
from portal.presenters.timeline import story

FORMAT = 1


def export(case: Case, *, for_customer: bool, house: str, zone: str, at: datetime) -> dict[str, Any]:
    """The case as of `at`. `for_customer` leaves out whatever its customer does not see: notes, our own clocks, the log.

    `house` is the company's name, which stands for the engine in the customer's story; `zone` that of its words.
    """
    rules = rules_of(case.protocol)
    made = {"format": FORMAT, "made_at": stamp(at), "for": "customer" if for_customer else "staff"}
    made |= {"case": _case(case, rules, for_customer), "messages": _messages(case, for_customer)}
    made["files"] = [_file(file, for_customer) for file in of_case(case, internal=not for_customer)]
    made["clocks"] = [_clock(clock, rules) for clock in _clocks(case, for_customer)]
    if for_customer:
        told = story(case, house=house, zone=zone, now=at, whole=True)
        happened = [{"at": stamp(row["at"]), "title": row["title"], "text": row["text"]} for row in told.rows]
        return made | {"events": happened[::-1]}
    notes = Note.objects.filter(case=case).select_related("author").order_by("at", "pk")
    written = [{"at": stamp(note.at), "by": _name(note.author), "text": note.text} for note in notes]
    return made | {"events": _events(case), "notes": written}


def _case(case: Case, rules: Rules, for_customer: bool) -> dict[str, Any]:
    said = {
        "reference": case.reference,
        "title": case.title,
        "description": case.description,
        "expectation": case.expectation,
        "topic": case.category.name,
        "impact": case.get_impact_display(),
        "severity": str(Severity(case.severity).label),
        "level": case.tier,
        "levels": rules.protocol.top,
        "team": case.team.name if case.team else None,
        "owner": (case.owner.first_name if for_customer else _name(case.owner)) if case.owner else None,
        "protocol": case.protocol,
        "filed_at": stamp(case.filed_at),
        "next_promise_at": _instant(case.promise_at),
        "answered_at": _instant(case.resolved_at),
        "closed_at": _instant(case.closed_at),
    }
    if for_customer:
        return said
    return said | {"state": str(State(case.state).label), "customer": case.customer.email, "origin": case.origin}


def _name(person: Any) -> str | None:
    return str(person) if person else None


def _instant(instant: datetime | None) -> str | None:
    return stamp(instant) if instant else None


def _messages(case: Case, for_customer: bool) -> list[dict[str, Any]]:
    """Both sides see all of them; customers know colleagues by their first names."""
    rows = Message.objects.filter(case=case).select_related("author").order_by("at", "recorded_at", "pk")
    return [
        {
            "at": stamp(message.at),
            "kind": str(message.get_kind_display()),
            "from": "customer" if message.from_customer else "us",
            "by": message.author.first_name if message.author and for_customer else _name(message.author),
            "text": message.text,
        }
        for message in rows
    ]


def _file(file: Attachment, for_customer: bool) -> dict[str, Any]:
    """What is known of a file; its bytes are taken away from its address. An erased one has only its size and digest."""
    said = {
        "at": stamp(file.at),
        "name": file.name,
        "shows": file.description,
        "type": KINDS[file.kind].mime,
        "bytes": file.size,
        "state": str(file.get_state_display()),
        "message": str(file.message_id) if file.message_id else None,
        "path": reverse("file", args=[file.case.reference, file.pk]) if file.case else None,
    }
    if for_customer:
        return said
    more = {"id": str(file.pk), "note": str(file.note_id) if file.note_id else None, "by": _name(file.uploaded_by)}
    return said | more | {"sha256": file.sha256, "salt": file.salt, "digest": file.digest}


def _events(case: Case) -> list[dict[str, Any]]:
    """The log as it is, so that its chain of hashes can be checked elsewhere."""
    return [
        {
            "seq": event.seq,
            "kind": event.kind,
            "occurred_at": stamp(event.occurred_at),
            "recorded_at": stamp(event.recorded_at),
            "by": _name(event.actor),
            "role": event.role,
            "protocol": event.protocol,
            "data": event.data,
            "prev": event.prev,
            "hash": event.hash,
        }
        for event in Event.objects.filter(case=case).select_related("actor").order_by("seq")
    ]


def _clocks(case: Case, for_customer: bool) -> list[StageClock]:
    clocks = StageClock.objects.filter(case=case).prefetch_related("shown").order_by("started_seq", "pk")
    return [clock for clock in clocks if not for_customer or (clock.kind in LEADS_TO and clock.told)]


def _clock(clock: StageClock, rules: Rules) -> dict[str, Any]:
    """A time with the intervals that lead to it: the counted ones add up to `counted`, which is the target once it is due."""
    reckoned = reckoning(clock, rules)
    shown: list[Promise] = sorted(clock.shown.all(), key=lambda promise: (promise.made_at, promise.pk))
    return {
        "kind": clock.kind,
        "promises": str(LEADS_TO[clock.kind]) if clock.kind in LEADS_TO else None,
        "level": clock.tier,
        "target_seconds": clock.target,
        "calendar": clock.calendar,
        "started_at": stamp(clock.started_at),
        "due_at": _instant(reckoned.due),
        "stopped_since": _instant(reckoned.paused_since),
        "counted_seconds": reckoned.counted,
        "outcome": clock.outcome,
        "ended_at": _instant(clock.ended_at),
        "done_late_at": _instant(clock.done_late_at),
        "intervals": [
            {"from": stamp(i.start), "to": stamp(i.end), "what": i.kind, "note": i.note, "seconds": i.seconds}
            for i in reckoned.intervals
        ],
        "shown": [
            {
                "made_at": stamp(promise.made_at),
                "due_at": stamp(promise.due_at),
                "status": promise.status,
                "settled_at": _instant(promise.settled_at),
                "reason": promise.reason,
            }
            for promise in shown
        ],
    }
