"""What has happened to a case, for staff: events, messages and internal notes as rows, newest first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from cases.files import of_case
from cases.models import Case, Event, Message, Note, ReplyUse, Severity, Team, User
from escalation.facts import Clock
from escalation.models import Notice
from escalation.verbs.customer import SUPERVISOR_REASONS
from portal.console.guidance import rule_words, said_words
from portal.console.preview import TOLD
from portal.console.words import span
from portal.presenters.files import by_event
from portal.templatetags.times import count

SHOWN = {"all": "All", "customer": "Customer sees", "internal": "Internal", "clocks": "Clocks"}
MOST = 300  # rows; a case that is longer says so
HANDED = "handed_over"
CLOCK_EVENTS = ("missed", "ran_out", "warned")
#: Timers of ours whose end is an act: what stands in the timeline when they run out.
TIMERS = {
    Clock.STEP: "Nobody had acknowledged: the level’s next step",
    Clock.JUSTIFY: "Nobody has said why it was an emergency",
}
#: What the customer was told by a step.
TOLD_CUSTOMER = {"still_looking": "that we asked more people", "priority_set": "that it is more urgent now"}
Data = dict[str, Any]


def _severity(data: Data) -> str:
    return str(Severity(data["severity"]).label)


def _missed(data: Data) -> str:
    kind = data["args"]["kind"]
    up = f"; passed up to level {data['tier']}" if data["from"] != data["to"] or "review" in data["started"] else ""
    return f"Missed: {Clock.NAMES[kind]}{up}"


def _ran_out(data: Data) -> str:
    kind = data["args"]["kind"]
    return TIMERS.get(kind) or f"Time over: {Clock.NAMES[kind]}"


def _version(data: Data) -> str:
    return f"Moved to version {data['args']['to'].partition('@')[2]} of the protocol"


def _wrote(data: Data) -> str:
    return "The customer’s e-mail, put here by hand" if "mail" in data else "The customer wrote"


#: What of ours the customer had not read when they wrote, for the line under their words.
UNREAD = {
    "updated": "our update",
    "answered": "our answer",
    "asked_customer": "our question",
    "supervisor_answered": "the supervisor’s answer",
    "apologised": "our apology",
}

#: Event kind -> (what stands in the timeline, what a colleague just did, for the sentence to a late writer).
EVENTS: dict[str, tuple[Callable[[Data], str], str]] = {
    "filed": (lambda d: "Case filed", "filed this"),
    "assessed": (lambda d: f"Assessed: {_severity(d)}, complexity {d['args']['complexity']}", "assessed this"),
    "escalated": (lambda d: f"Passed up to level {d['tier']}", "passed this up"),
    "missed": (_missed, "missed a time"),
    "ran_out": (_ran_out, "let a time run out"),
    "warned": (lambda d: f"Due soon: {Clock.NAMES[d['args']['kind']]}", "gave a warning"),
    "reviewed": (lambda d: f"SLA review confirmed: {_severity(d)}", "confirmed the SLA review"),
    "acknowledged": (lambda d: "Acknowledged", "acknowledged this"),
    "updated": (lambda d: "Update to the customer", "sent an update"),
    "promise_moved": (lambda d: "The time we gave was moved", "moved the time"),
    "asked_customer": (lambda d: "Question to the customer", "asked the customer"),
    "customer_wrote": (_wrote, "wrote"),
    "waits_for_partner": (lambda d: f"Waiting for {d['args']['partner']}", "set this to wait for another company"),
    "partner_answered": (lambda d: "The other company answered", "noted that the other company answered"),
    "handed_over": (lambda d: "Handed over", "handed this over"),
    "returned_down": (lambda d: f"Returned to level {d['tier']}", "returned this to the level below"),
    "answered": (lambda d: "Answer proposed", "proposed an answer"),
    "accepted": (lambda d: "The customer says it is fixed", "said it is fixed"),
    "rejected": (lambda d: "The customer says it is not fixed", "said it is not fixed"),
    "reopened": (
        lambda d: "Opened again by a mail that was put here" if "mail" in d else "Opened again by the customer",
        "opened this again",
    ),
    "withdrawn": (lambda d: "Withdrawn by the customer", "withdrew this"),
    "merged": (lambda d: f"Joined to {d['args']['into']}", "joined this to another case"),
    "closed": (lambda d: "Closed", "closed this"),
    "supervisor_asked": (
        lambda d: f"Asked for a supervisor: {SUPERVISOR_REASONS.get(d['args']['reason'], 'no reason given')}",
        "asked for a supervisor",
    ),
    "supervisor_answered": (
        lambda d: "Answered as supervisor" + (", and passed up" if d["args"]["granted"] else ""),
        "answered as supervisor",
    ),
    "owner_lost": (lambda d: "The owner is no longer here", "found the owner gone"),
    "noted": (lambda d: "Internal note", "wrote a note"),
    "apologised": (lambda d: "Apology", "apologised"),
    "emergency": (lambda d: f"Emergency: critical, up to level {d['tier']}", "sent this up as an emergency"),
    "justified": (lambda d: "Why it was an emergency", "said why it was an emergency"),
    "kept": (lambda d: f"Kept at level {d['tier']}, against {rule_words(d['args']['rule'])}", "kept this here"),
    "adopted": (_version, "moved this to another version of the protocol"),
}


def event_title(event: Event) -> str:
    """What an event says in the timeline; an unknown kind says its own name."""
    known = EVENTS.get(event.kind)
    return known[0](event.data) if known else event.kind.replace("_", " ").capitalize()


def actor_name(event: Event) -> str:
    """Who did it; the engine signs as Milepost."""
    return str(event.actor) if event.actor else str(event.get_role_display())


def since_words(event: Event, now: datetime) -> str:
    """'Priya acknowledged this 40 seconds ago.'"""
    who = event.actor.first_name if event.actor else "Milepost"
    did = EVENTS[event.kind][1] if event.kind in EVENTS else "changed this"
    seconds = int((now - event.recorded_at).total_seconds())
    ago = count(max(seconds, 1), "second") if seconds < 60 else span(now - event.recorded_at)
    return f"{who} {did} {ago} ago."


def rows_of(case: Case, shown: str) -> list[dict[str, Any]]:
    """The rows of a case for a filter of SHOWN, newest first, MOST at the most."""
    # One more than is shown: each event says who has the case after it, so the one before says from whom it came.
    events = list(Event.objects.filter(case=case).select_related("actor").order_by("-seq")[: MOST + 1])
    messages = {str(m.pk): m for m in Message.objects.filter(case=case).select_related("author")}
    notes = {str(n.pk): n for n in Note.objects.filter(case=case)}
    more, began = hand_overs(events) | timers(case, events), beginnings(case)
    files = by_event(events, of_case(case, internal=True), case.reference)
    rows = [event_row(event, messages, notes) | more.get(event.seq, {}) for event in events[:MOST]]
    for event, row in zip(events, rows, strict=False):
        row["files"] = files.get(event.seq, [])
    for row in rows:
        row["began"] = began.get(row.pop("message"), "")
    return rows if shown == "all" else [row for row in rows if shown in row["in"]]


def beginnings(case: Case) -> dict[str, str]:
    """The saved replies each message began with, by message: 'Began with “Asked the depot, revision 2”, then changed'."""
    found: dict[str, list[str]] = {}
    for use in ReplyUse.objects.filter(case=case).select_related("revision").order_by("pk"):
        words = f"“{use.revision}”" + ("" if use.unchanged else ", then changed")
        found.setdefault(str(use.message_id), []).append(words)
    return {message: f"Began with {'; '.join(words)}" for message, words in found.items()}


def hand_overs(events: list[Event]) -> dict[int, dict[str, str]]:
    """The titles of hand-overs, by event number: from whom to whom. `events` without a gap, in any order."""
    owners = {event.seq: event.data.get("owner") for event in events}
    moved = [(event, owners.get(event.seq - 1), event.data["args"]["to"]) for event in events if event.kind == HANDED]
    people = User.objects.in_bulk({pk for _, before, to in moved for pk in (before, to) if pk})
    return {event.seq: {"title": hand_words(people.get(before), people.get(to), event)} for event, before, to in moved}


def hand_words(before: User | None, to: User | None, event: Event) -> str:
    """'Handed over from Tom Reed to Ana Mate', 'Taken over by Ana Mate; no one had it'."""
    taken = event.actor_id == getattr(to, "pk", None)
    if before is None:
        return f"{'Taken over by' if taken else 'Handed over to'} {to}; no one had it"
    return f"Taken over by {to} from {before}" if taken else f"Handed over from {before} to {to}"


def timers(case: Case, events: list[Event]) -> dict[int, dict[str, str]]:
    """What a step or an unexplained emergency did, by event number: who was told, and what changed on the case."""
    before = {event.seq + 1: event.data for event in events}
    ended = [e for e in events if e.kind == "ran_out" and e.data["args"]["kind"] in TIMERS]
    if not ended:
        return {}
    sent = Notice.objects.filter(case=case, event_seq__in=[e.seq for e in ended]).select_related("recipient")
    told: dict[int, list[str]] = {}
    for notice in sent.order_by("to_customer", "pk"):
        told.setdefault(notice.event_seq, []).append(told_words(notice))
    people = User.objects.in_bulk({e.data["owner"] for e in ended if e.data["owner"]})
    teams = dict(Team.objects.values_list("slug", "name"))
    found = {}
    for event in ended:
        lines = told.get(event.seq, []) + changed(event.data, before.get(event.seq), people, teams)
        found[event.seq] = {"text": "\n".join(lines) or "Nobody was told: no step was left."}
    return found


def told_words(notice: Notice) -> str:
    """'Tom Reed was told that nobody has acknowledged it.'"""
    if notice.to_customer:
        return f"The customer was told {TOLD_CUSTOMER.get(notice.kind, 'about it')}."
    who = str(notice.recipient) if notice.recipient else f"The webhook {notice.data.get('hook', '')}"
    return f"{who} was told {TOLD.get(notice.kind, 'about it')}."


def changed(now: Data, before: Data | None, people: dict[int, User], teams: dict[str, str]) -> list[str]:
    """What a step changed on the case, a sentence each; nothing where the event before is not known."""
    if before is None:
        return []
    lines = []
    if now.get("instead") == "named_person":
        lines.append("The person this step names was not on duty or had no room for one more.")
    if now["team"] != before["team"]:
        lines.append(f"Given to the team {teams.get(now['team'], now['team'])}.")
    if now["owner"] and now["owner"] != before["owner"]:
        lines.append(f"{people.get(now['owner'])} has it now.")
    if now["severity"] != before["severity"]:
        lines.append(f"Now {_severity(now)}.")
    return lines


def event_row(event: Event, messages: dict[str, Message], notes: dict[str, Note]) -> dict[str, Any]:
    """One event with the text that was said with it."""
    message = messages.get(event.data.get("message", {}).get("id", ""))
    note = notes.get(event.data.get("note", {}).get("id", ""))
    clock = event.kind in CLOCK_EVENTS
    row: dict[str, Any] = {
        "title": event_title(event),
        "who": actor_name(event),
        "at": event.occurred_at,
        "late_by": span(event.recorded_at - event.occurred_at) if noticed_late(event) else "",
        "kind": "clock" if clock else "event",
        "tone": "late" if event.data.get("ended", {}).get(event.data["args"].get("kind", "")) == "missed" else "plain",
        "text": "",
        "label": "",
        "message": str(message.pk) if message else "",
        "advice": said_words(event.data["advice"]) if "advice" in event.data else unread_words(event.data["args"]),
        "from_customer": event.role == Event.Role.CUSTOMER,
        "in": {"clocks"} if clock or event.data["ended"] or event.data["started"] else set(),
    }
    if note:
        row |= {"kind": "internal", "text": note.text, "label": "Internal, customer never sees this"}
        row["in"] |= {"internal"}
    if message:
        label = "From the customer" if message.from_customer else "Customer sees this"
        row |= {"kind": "message", "text": message.text, "label": label, "from_customer": message.from_customer}
        row["in"] |= {"customer"}
    return row


def unread_words(args: Data) -> str:
    """'Written before they could read our update.'; empty where they had read what there was."""
    ours = UNREAD.get(args.get("unread", ""))
    after = " It does not answer it: we still wait." if args.get("crossed") else ""
    return f"Crossed: written before they could read {ours}.{after}" if ours else ""


def noticed_late(event: Event) -> bool:
    """Whether it was written down more than a minute after it was true."""
    return (event.recorded_at - event.occurred_at).total_seconds() > 60
