"""The letters to a case's customer within its timeline: what was sent with an event, when, whether it arrived, where its text is."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Event
from escalation.models import Notice
from portal import clock
from portal.console.on_record import OnRecord
from portal.console.reaching import why_words
from portal.console.words import short

N = Notice.State
OWNS_UP = "promise_broken"
#: A letter owed later than this after an event was not owed with it: a survey's reminder names the last event there was.
WITH_IT = timedelta(minutes=1)
#: Where a letter stands, after its name; the ones with a time or a reason of their own are worked out.
STANDS = {
    N.SENDING: "is being sent",
    N.BUNDLED: "is said by the day’s letter",
}


def letters_of(record: OnRecord, events: list[Event]) -> tuple[dict[int, list[Notice]], list[Notice]]:
    """The letters to customers owed with each of `events`, by event number, and those owed by themselves, newest first.

    `events` newest first, as the page shows them; what is older than the last of them is left out.
    """
    by_seq = {event.seq: event for event in events}
    whole = not events or events[-1].seq == 1
    since = None if whole else events[-1].recorded_at
    with_one: dict[int, list[Notice]] = defaultdict(list)
    alone = []
    for notice in sorted(record["notices"], key=lambda one: (one.owed_at, one.pk)):
        if not notice.to_customer:
            continue
        event = by_seq.get(notice.event_seq)
        if event and notice.owed_at - event.recorded_at <= WITH_IT:
            with_one[event.seq].append(notice)
        elif since is None or notice.owed_at >= since:
            alone.append(notice)
    return with_one, alone[::-1]


def line(notice: Notice, case: Case) -> dict[str, Any]:
    """One letter for the timeline: its name, where it stands in words, and the address of its text."""
    return {
        "name": name_of(notice),
        "stands": stands(notice),
        # Who reads along is named: “Letter” alone is the customer’s own.
        "along": "" if notice.recipient_id == case.customer_id else notice.reader,
        "bad": notice.state in (N.DEAD, N.UNCERTAIN, N.GIVEN_UP),
        "url": reverse("admin:escalation_notice_change", args=[notice.pk]),
    }


def name_of(notice: Notice) -> str:
    """'“Your case is now Tom’s”': its subject once it is written, else its kind."""
    return f"“{notice.subject}”" if notice.subject else notice.kind.replace("_", " ").capitalize()


def stands(notice: Notice) -> str:
    """'sent today, 12:52', 'did not arrive: Their mailbox is full', 'is not sent yet: …'."""
    if notice.state in (N.SENT, N.TOLD):
        return f"{'sent' if notice.state == N.SENT else 'told on the phone'} {at(notice.sent_at)}".strip()
    if notice.state == N.DEAD:
        return f"did not arrive: {why_words(notice)}"
    if notice.state == N.UNCERTAIN:
        return f"was perhaps sent. {why_words(notice)}"
    if notice.state == N.GIVEN_UP:
        return f"did not arrive, and nobody tries any more: {why_words(notice)}"
    if notice.state == N.CANCELLED:
        return f"was not sent: {notice.error or 'it was not needed any more.'}"
    return STANDS.get(N(notice.state)) or f"is not sent yet: {waits_words(notice)}"


def waits_words(notice: Notice) -> str:
    """Why a letter has not gone yet, and when it goes; empty for one that waits for nothing."""
    if notice.state == N.HELD:
        return f"goes with the day’s letter, {at(notice.next_at)}"
    if notice.state == N.BUNDLED:
        return "said by the day’s letter"
    if notice.state != N.WAITING:
        return ""
    if notice.tries:
        return f"try {notice.tries} failed, again {at(notice.next_at)}"
    if notice.next_at > clock.now():
        return f"not before {at(notice.next_at)}"
    return "in line: the next round sends it, after older ones to the same person about the case"


def at(instant: Any) -> str:
    """'today, 16:00' in the zone of the page; empty without an instant."""
    return short(instant, timezone.get_current_timezone_name(), clock.now()) if instant else ""


def missed_words(event: Event, letters: dict[int, list[Notice]], record: OnRecord) -> str:
    """Whether and when the customer was told of a missed time, in a sentence; `letters` by event number.

    While the engine catches up, one letter speaks for several misses: it stands with a later event and is found there.
    """
    kind = event.data["args"]["kind"]
    mine = [one for one in record["clocks"] if one.kind == kind and one.started_seq < event.seq]
    counted = max(mine, key=lambda one: one.started_seq, default=None)
    if counted is not None and not counted.told:
        return "The customer was not told that it was missed: nobody had promised them this time."
    owns_up = next((one for seq in sorted(letters) for one in letters[seq] if _owns_up(one, event)), None)
    if owns_up is None:
        return "No letter to the customer about it is on record."
    if owns_up.state in (N.SENT, N.TOLD):
        how = "told on the phone" if owns_up.state == N.TOLD else "told"
        also = "" if owns_up.event_seq == event.seq else ", with what happened next"
        return f"The customer was {how} {at(owns_up.sent_at)}{also}."
    return f"The customer is not told yet: the letter {stands(owns_up)}"


def _owns_up(notice: Notice, event: Event) -> bool:
    owed = notice.kind == OWNS_UP and notice.recipient_id == event.case.customer_id
    return owed and notice.event_seq >= event.seq and notice.owed_at - event.recorded_at <= WITH_IT
