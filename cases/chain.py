"""Checks that nobody rewrote the log: each case's chain of hashes, and the anchors kept outside the database.

A chain shows what was changed, moved or taken out of the middle. Who can write to the database could also cut a
chain's end, or write one anew and set the case's head; an anchor shows that. An anchor says the head of every
case that had events since the anchor before, and one hash over them; the row is in the database and, with those
heads, as one more line in a file that belongs on another machine too.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from cases.models import Anchor, Case, Event
from cases.models.event import event_hash, stamp

FILE = "anchors.jsonl"
FORMAT = 1
#: Events younger than this are left to the next anchor: a transaction that began earlier may still add lower ids.
SETTLED_AFTER = timedelta(minutes=10)
CHUNK = 2000
#: What `event_hash` reads, and what tells where a case's log must end.
SAID = (
    "prev", "case_id", "seq", "kind", "occurred_at", "recorded_at", "actor_id", "role", "cause", "protocol", "data",
    "once", "is_drill", "hash", "case__event_seq", "case__event_head", "case__reference",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in the log that was not written by the program: where, and what is wrong."""

    case: str  # reference, or empty for the log as a whole
    seq: int | None
    what: str

    def __str__(self) -> str:
        where = " ".join(part for part in (self.case, f"event {self.seq}" if self.seq else "") if part)
        return f"{where or 'The log'}: {self.what}"


@dataclass
class Verdict:
    """What a verification saw."""

    events: int = 0
    cases: int = 0
    anchors: int = 0


# The chains ---------------------------------------------------------------------------------------------------


def check_chains(verdict: Verdict, *, progress: Callable[[int], None] = lambda events: None) -> Iterator[Flaw]:
    """Recomputes every hash of every case. Memory stays flat whatever the log's length."""
    rows = Event.everything.order_by("case_id", "seq").values_list(*SAID, named=True)
    for _, events in groupby(rows.iterator(chunk_size=CHUNK), attrgetter("case_id")):
        verdict.cases += 1
        yield from _chain(events, verdict, progress)
    # A log of which nothing is left has no row to start from.
    bare = Case.everything.filter(event_seq__gt=0).exclude(pk__in=Event.everything.values("case"))
    for reference, last in bare.values_list("reference", "event_seq"):
        yield Flaw(reference, 1, f"all {last} events are missing")


def _chain(events: Iterator[Any], verdict: Verdict, progress: Callable[[int], None]) -> Iterator[Flaw]:
    """One case: numbers without a gap, each hash right and the next one's `prev`, the last one the case's head."""
    last, head = 0, ""
    for event in events:
        verdict.events += 1
        if verdict.events % CHUNK == 0:
            progress(verdict.events)
        reference = event.case__reference
        if event.seq != last + 1:
            yield Flaw(reference, last + 1, f"missing: {last} is followed by {event.seq}")
        elif event.prev != head:
            yield Flaw(reference, event.seq, "does not continue the event before it; one of the two was changed")
        if event_hash(event) != event.hash:
            yield Flaw(reference, event.seq, "was changed: its content does not give its hash")
        last, head = event.seq, event.hash
    if last < event.case__event_seq:
        yield Flaw(reference, last + 1, f"missing: the log ends at {last}, the case says {event.case__event_seq}")
    elif (last, head) != (event.case__event_seq, event.case__event_head):
        yield Flaw(reference, last, "is not the head the case remembers")


# The anchors --------------------------------------------------------------------------------------------------


def make_anchor(at: datetime, folder: Path) -> Anchor | None:
    """Anchors what was recorded up to ten minutes before `at`; None when nothing is new.

    The row and the file's line are made together: an error in writing the file undoes the row.
    """
    last = (
        Event.objects.filter(recorded_at__lte=at - SETTLED_AFTER).order_by("-id").values_list("id", flat=True).first()
    )
    before = Anchor.objects.order_by("-last_event_id").first()
    since = before.last_event_id if before else 0
    if last is None or last <= since:
        return None
    heads = _heads(since, last)
    anchor = Anchor(
        last_event_id=last,
        events=(before.events if before else 0) + _count(since, last),
        head=_head_of(before.head if before else "", heads),
        made_at=at,
    )
    try:
        with transaction.atomic():
            anchor.save(force_insert=True)
            _write_line(folder, anchor, heads)
    except IntegrityError:
        return None  # another beat has just made it
    return anchor


Heads = dict[int, tuple[int, str]]


def _window(since: int, last: int) -> Any:
    return Event.everything.filter(id__gt=since, id__lte=last)


def _count(since: int, last: int) -> int:
    return _window(since, last).count()


def _heads(since: int, last: int) -> Heads:
    """Case -> (number, hash) of its last event in the window of ids."""
    later = Event.everything.filter(case=OuterRef("case"), seq__gt=OuterRef("seq"), id__gt=since, id__lte=last)
    rows = _window(since, last).filter(~Exists(later)).order_by("case_id").values_list("case_id", "seq", "hash")
    return {case: (seq, hash_) for case, seq, hash_ in rows.iterator(chunk_size=CHUNK)}


def _head_of(before: str, heads: Heads) -> str:
    """One hash over the anchor before and every head."""
    digest = hashlib.sha256(before.encode())
    for case, (seq, hash_) in sorted(heads.items()):
        digest.update(f"\n{case}:{seq}:{hash_}".encode())
    return digest.hexdigest()


def _write_line(folder: Path, anchor: Anchor, heads: Heads) -> None:
    """Adds the anchor's line, on disk before this returns. A line names the one before by its hash."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE
    *_, before = ("", *_lines(path))
    line = {
        "format": FORMAT,
        "made_at": stamp(anchor.made_at),
        "last_event_id": anchor.last_event_id,
        "events": anchor.events,
        "head": anchor.head,
        "after": hashlib.sha256(before.encode()).hexdigest() if before else "",
        "heads": heads,
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, separators=(",", ":")) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield line.rstrip("\n")


def check_anchors(verdict: Verdict, folder: Path) -> Iterator[Flaw]:
    """Compares the log with every anchor, in the table and in the file, and the two with each other."""
    rows = {row.last_event_id: row for row in Anchor.objects.all()}
    written: set[int] = set()
    before = ""
    for number, text in enumerate(_lines(folder / FILE), start=1):
        try:
            line = json.loads(text)
            last, heads = line["last_event_id"], {int(k): tuple(v) for k, v in line["heads"].items()}
            facts = (line["events"], line["head"], line["after"])
        except (ValueError, KeyError, TypeError, AttributeError):
            yield Flaw("", None, f"line {number} of {FILE} cannot be read")
            before = text
            continue
        verdict.anchors += 1
        written.add(last)
        if facts[2] != (hashlib.sha256(before.encode()).hexdigest() if before else ""):
            yield Flaw("", None, f"line {number} of {FILE} does not follow the line before it; a line was changed")
        row = rows.get(last)
        if row is None or (row.events, row.head) != facts[:2]:
            yield Flaw("", None, f"line {number} of {FILE} and the table of anchors do not agree on {last}")
        yield from _held(heads)
        before = text
    for last in sorted(set(rows) - written):
        yield Flaw("", None, f"the anchor up to event id {last} is not in {FILE}")
    yield from _counted(rows)


def _held(heads: Heads) -> Iterator[Flaw]:
    """Every anchored head must still be in the log: number and hash."""
    wanted = sorted(heads)
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        seqs = {heads[case][0] for case in some}
        found = {
            (case, seq): (hash_, reference)
            for case, seq, hash_, reference in Event.everything.filter(
                case__gte=some[0], case__lte=some[-1], seq__in=seqs
            ).values_list("case", "seq", "hash", "case__reference")
        }
        for case in some:
            seq, hash_ = heads[case]
            held, reference = found.get((case, seq), ("", ""))
            if held != hash_:
                name = reference or _name(case)
                yield Flaw(name, seq, "was anchored and is missing" if not held else "is not the one that was anchored")


def _name(case: int) -> str:
    return Case.everything.filter(pk=case).values_list("reference", flat=True).first() or f"case id {case}"


def _counted(rows: dict[int, Anchor]) -> Iterator[Flaw]:
    """The table by itself, where the file is lost: how many events each anchor covers, and its hash over the heads."""
    anchors = [Anchor(last_event_id=0, events=0, head=""), *(rows[last] for last in sorted(rows))]
    for before, anchor in pairwise(anchors):
        since, last = before.last_event_id, anchor.last_event_id
        events = anchor.events - before.events
        there = _count(since, last)
        if there != events:
            yield Flaw("", None, f"{events - there} of {events} events with ids {since + 1} to {last} are gone or new")
        elif _head_of(before.head, _heads(since, last)) != anchor.head:
            yield Flaw("", None, f"an event with an id from {since + 1} to {last} is not the one that was anchored")


def verify(folder: Path, *, progress: Callable[[int], None] = lambda events: None) -> tuple[Verdict, Iterator[Flaw]]:
    """Everything: the chains, then the anchors. The verdict's figures are complete once the flaws were read."""
    verdict = Verdict()

    def flaws() -> Iterator[Flaw]:
        yield from check_chains(verdict, progress=progress)
        yield from check_anchors(verdict, folder)

    return verdict, flaws()
