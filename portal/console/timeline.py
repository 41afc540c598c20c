"""What has happened to a case, for staff: events, messages and internal notes as rows, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Case, Cause, Event, Message, Note, User
from escalation.models import Notice
from portal.console.case_letters import letters_of, line, missed_words
from portal.console.events import EVENTS, TIMERS, Data, severity_words
from portal.console.guidance import said_words
from portal.console.on_record import MOST, OnRecord
from portal.console.preview import TOLD
from portal.console.words import span
from portal.presenters.files import by_event
from portal.templatetags.times import count

SHOWN = {"all": "All", "customer": "Customer sees", "internal": "Internal", "clocks": "Clocks", "files": "Files"}
HANDED = "handed_over"
OFFERED, ACCEPTED = "offered", "offer_accepted"
CLOCK_EVENTS = ("missed", "ran_out", "warned")

#: What the customer was told by a step.
TOLD_CUSTOMER = {"still_looking": "that we asked more people", "priority_set": "that it is more urgent now"}


#: What of ours the customer had not read when they wrote, for the line under their words.
UNREAD = {
    "updated": "our update",
    "answered": "our answer",
    "asked_customer": "our question",
    "supervisor_answered": "the supervisor’s answer",
    "apologised": "our apology",
}


def event_title(event: Event, was: int | None = None) -> str:
    """What an event says in the timeline; an unknown kind says its own name. `was`: the severity before it, where known."""
    known = EVENTS.get(event.kind)
    data = event.data if was in (None, event.data["severity"]) else event.data | {"was": was}
    return known[0](data) if known else event.kind.replace("_", " ").capitalize()


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


def rows_of(record: OnRecord, shown: str) -> list[dict[str, Any]]:
    """The rows of a case for a filter of SHOWN, newest first, MOST at the most."""
    events = record.events
    messages, notes = ({str(one.pk): one for one in record[name]} for name in ("messages", "notes"))
    more, began = hand_overs(events, record.people) | timers(record), beginnings(record)
    files = by_event(events, record["files"], record.case.reference)
    tried = {one.pk: one.text for one in record["tried"]}
    was = {event.seq + 1: event.data["severity"] for event in events}
    rows = [event_row(e, messages, notes, was.get(e.seq)) | more.get(e.seq, {}) for e in events[:MOST]]
    letters, alone = letters_of(record, events[:MOST])
    for event, row in zip(events, rows, strict=False):
        row["files"] = files.get(event.seq, [])
        row["began"] = began.get(row.pop("message"), "")
        row["tried"] = [tried[pk] for pk in event.data.get("tried", ()) if pk in tried]
        row["letters"] = [line(one, record.case) for one in letters.get(event.seq, ())]
        row["told"] = missed_words(event, letters, record) if event.kind == "missed" else ""
        row["in"] |= {
            name
            for name, has in (("internal", row["tried"]), ("files", row["files"]), ("customer", row["letters"]))
            if has
        }
    rows = merged(rows, [e.recorded_at for e in events[:MOST]], alone, record.case)
    return rows if shown == "all" else [row for row in rows if shown in row["in"]]


def merged(
    rows: list[dict[str, Any]], written: list[datetime], alone: list[Notice], case: Case
) -> list[dict[str, Any]]:
    """The rows with those of letters that no event sent, each above what was written down before it was owed."""
    found, left = [], list(alone)
    for row, at in zip(rows, written, strict=True):
        while left and left[0].owed_at > at:
            found.append(letter_row(left.pop(0), case))
        found.append(row)
    return found + [letter_row(one, case) for one in left]


def letter_row(notice: Notice, case: Case) -> dict[str, Any]:
    """A letter to the customer that goes with no event: a survey, a reminder, news."""
    return {
        "title": f"Letter: {notice.kind.replace('_', ' ')}",
        "who": "Milepost",
        "at": notice.sent_at or notice.owed_at,
        "kind": "letter",
        "tone": "plain",
        "letters": [line(notice, case)],
        "in": {"customer"},
    }


def beginnings(record: OnRecord) -> dict[str, str]:
    """The saved replies each message began with, by message: 'Began with “Asked the depot, revision 2”, then changed'."""
    found: dict[str, list[str]] = {}
    for use in sorted(record["began"], key=lambda one: one.pk):
        words = f"“{use.revision}”" + ("" if use.unchanged else ", then changed")
        found.setdefault(str(use.message_id), []).append(words)
    return {message: f"Began with {'; '.join(words)}" for message, words in found.items()}


def hand_overs(events: list[Event], people: dict[int, User]) -> dict[int, dict[str, str]]:
    """The titles of hand-overs and offers, by event number: from whom to whom. `events` without a gap, in any order."""
    owners = {event.seq: event.data.get("owner") for event in events}
    moved = [
        (event, owners.get(event.seq - 1), event.data["args"].get("to", event.data["args"]["by"]))
        for event in events
        if event.kind in (HANDED, OFFERED, ACCEPTED)
    ]
    return {
        event.seq: {"title": hand_words(people.get(before or 0), people.get(to or 0), event)}
        for event, before, to in moved
    }


def hand_words(before: User | None, to: User | None, event: Event) -> str:
    """'Handed over from Tom Reed to Ana Mate', 'Taken over by Ana Mate; no one had it', 'Accepted by Ana Mate, from Tom Reed'."""
    if event.kind == OFFERED:
        return f"Offered to {to}: accept or return"
    if event.kind == ACCEPTED:
        return f"Accepted by {to}" + (f", from {before}" if before else "; no one had it")
    taken = event.actor_id == getattr(to, "pk", None)
    if before is None:
        return f"{'Taken over by' if taken else 'Handed over to'} {to}; no one had it"
    return f"Taken over by {to} from {before}" if taken else f"Handed over from {before} to {to}"


def timers(record: OnRecord) -> dict[int, dict[str, str]]:
    """What a step or an unexplained emergency did, by event number: who was told, and what changed on the case."""
    before = {event.seq + 1: event.data for event in record.events}
    ended = [e for e in record.events if e.kind == "ran_out" and e.data["args"]["kind"] in TIMERS]
    told: dict[int, list[str]] = {}
    for notice in sorted(record["notices"], key=lambda one: (one.to_customer, one.pk)):
        told.setdefault(notice.event_seq, []).append(told_words(notice))
    teams = {slug: post.name for slug, post in record.turn.directory.posts.items()}
    found = {}
    for event in ended:
        lines = told.get(event.seq, []) + changed(event.data, before.get(event.seq), record.people, teams)
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
        lines.append(f"Now {severity_words(now | {'was': before['severity']})}.")
    return lines


def event_row(
    event: Event, messages: dict[str, Message], notes: dict[str, Note], was: int | None = None
) -> dict[str, Any]:
    """One event with the text that was said with it; `was` is the severity before it."""
    message = messages.get(event.data.get("message", {}).get("id", ""))
    note = notes.get(event.data.get("note", {}).get("id", ""))
    clock = event.kind in CLOCK_EVENTS
    row: dict[str, Any] = {
        "title": event_title(event, was),
        "who": actor_name(event),
        "at": event.occurred_at,
        "late_by": span(event.recorded_at - event.occurred_at) if noticed_late(event) else "",
        "kind": "clock" if clock else "event",
        "tone": "late" if event.data.get("ended", {}).get(event.data["args"].get("kind", "")) == "missed" else "plain",
        "text": "",
        "label": "",
        "record": record_words(event.data),
        "message": str(message.pk) if message else "",
        "advice": said_words(event.data["advice"]) if "advice" in event.data else about_words(event.data["args"]),
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


def about_words(args: Data) -> str:
    """What the customer had not read when they wrote, and that their words sound upset."""
    mood = "Sounds upset, by the words the protocol lists." if args.get("upset") else ""
    return " ".join(part for part in (unread_words(args), mood) if part)


def record_words(data: Data) -> str:
    """'Cause: a setting or a limit of ours. Something is done so that it does not come again.'"""
    if not data.get("cause"):
        return ""
    label = str(Cause(data["cause"]).label) if data["cause"] in Cause.values else data["cause"]
    said: dict[Any, str] = {
        True: " Something is done so that it does not come again.",
        False: " Nothing is done against its return.",
    }
    return f"Cause: {label[:1].lower()}{label[1:]}.{said.get(data.get('prevents'), '')}"


def unread_words(args: Data) -> str:
    """'Written before they could read our update.'; empty where they had read what there was."""
    ours = UNREAD.get(args.get("unread", ""))
    after = " It does not answer it: we still wait." if args.get("crossed") else ""
    return f"Crossed: written before they could read {ours}.{after}" if ours else ""


def noticed_late(event: Event) -> bool:
    """Whether it was written down more than a minute after it was true."""
    return (event.recorded_at - event.occurred_at).total_seconds() > 60
