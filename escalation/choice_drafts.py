"""The road of another list of which protocol counts for which case: proposed by one, approved by another, in force at once.

Every function is one transaction that holds the proposal. Approving it replaces the rows that filing reads; open
cases keep the protocol they were promised under.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from cases.models import User
from escalation.choice_lines import CONDITION, Line, differences, line_of, rows_of, unknown, unreached
from escalation.models import ChoiceDraft, ProtocolChoice, ProtocolVersion
from escalation.publishing import NotPublishable, Overtaken

S = ChoiceDraft.Status
#: As many lines as a list may have: every new case is held against them one by one.
MOST = 200


def in_force() -> list[Line]:
    """The list that counts now."""
    return [line_of(row) for row in ProtocolChoice.objects.order_by("position")]


def waiting() -> ChoiceDraft | None:
    """The proposal that waits for approval; there is one at most."""
    return ChoiceDraft.objects.filter(status=S.OPEN).select_related("made_by").first()


def propose(*, by: User, at: datetime) -> ChoiceDraft:
    """A proposal that says what is in force. Raises NotPublishable while another one waits."""
    lines = in_force()
    draft = ChoiceDraft(lines=lines, base=lines, hands=[by.pk], made_by=by, made_at=at)
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
    except IntegrityError:
        other = waiting()
        if other is None:
            raise
        raise NotPublishable(
            f"{other.made_by} has proposed a change already. Go on with that one, or throw it away first."
        ) from None
    return draft


def add(draft: ChoiceDraft, line: Line, *, seen: int, by: User) -> ChoiceDraft:
    """A line at the end. `seen` is the revision the person looked at. Raises Overtaken or NotPublishable."""

    def added(lines: list[Line]) -> list[Line]:
        if any(all(one[part] == line[part] for part in CONDITION) for one in lines):
            raise NotPublishable("There is a line for exactly these cases already. Take it off first.")
        if len(lines) >= MOST:
            raise NotPublishable(f"A list has at most {MOST} lines.")
        return [*lines, line]

    return _changed(draft, added, seen=seen, by=by)


def move(draft: ChoiceDraft, position: int, *, up: bool, seen: int, by: User) -> ChoiceDraft:
    """Changes places with the line above or below. Raises as `add`."""

    def moved(lines: list[Line]) -> list[Line]:
        here, there = position - 1, position - 2 if up else position
        if not (0 <= here < len(lines) and 0 <= there < len(lines)):
            raise NotPublishable("Nothing was moved: there is no line to change places with.")
        lines[here], lines[there] = lines[there], lines[here]
        return lines

    return _changed(draft, moved, seen=seen, by=by)


def take_off(draft: ChoiceDraft, position: int, *, seen: int, by: User) -> ChoiceDraft:
    """Takes a line off; those below move up. Raises as `add`."""

    def shorter(lines: list[Line]) -> list[Line]:
        if not 0 < position <= len(lines):
            raise NotPublishable("Nothing was taken off: there is no such line.")
        return lines[: position - 1] + lines[position:]

    return _changed(draft, shorter, seen=seen, by=by)


def describe(draft: ChoiceDraft, note: str, *, seen: int, by: User) -> ChoiceDraft:
    """Says why the list changes. Who writes it is a hand: otherwise one could approve another's list for one's own reason."""
    with transaction.atomic():
        held = _held(draft, seen, "Somebody changed this proposal while you were writing. Look at it, then send yours again.")  # fmt: skip
        if held.note != note.strip():
            held.note, held.hands, held.revision = note.strip(), sorted({*held.hands, by.pk}), held.revision + 1
            held.save(update_fields=["note", "hands", "revision"])
        return held


def discard(draft: ChoiceDraft, *, by: User, at: datetime) -> ChoiceDraft:
    """Throws the proposal away; that it was made is kept."""
    with transaction.atomic():
        held = _held(draft)
        held.status, held.discarded_by, held.discarded_at = S.DISCARDED, by, at
        held.save(update_fields=["status", "discarded_by", "discarded_at"])
        return held


def approve(draft: ChoiceDraft, *, seen: int, by: User, at: datetime) -> ChoiceDraft:
    """A second person has read it: it is in force at once, for cases that are filed from now on.

    Raises Overtaken when it was changed since revision `seen`, NotPublishable with everything that stands in the way.
    """
    with transaction.atomic():
        held = _held(draft, seen, "The proposal was changed while you were reading. Read it again, then approve it.")
        list(ProtocolChoice.objects.select_for_update().order_by("position"))  # held; what is compared stays so
        if is_hand(held, by):
            raise NotPublishable("You had a hand in this proposal yourself. Somebody else has to approve it.")
        if found := obstacles(held):
            raise NotPublishable(*found)
        ProtocolChoice.objects.all().delete()
        ProtocolChoice.objects.bulk_create(rows_of(held.lines))
        held.number = (ChoiceDraft.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        held.status, held.approved_by, held.approved_at = S.APPROVED, by, at
        held.save(update_fields=["number", "status", "approved_by", "approved_at"])
        return held


def is_hand(draft: ChoiceDraft, person: User) -> bool:
    """Whether somebody made or changed the proposal, and so may not approve it."""
    return person.pk in {*draft.hands, draft.made_by_id}


def obstacles(draft: ChoiceDraft) -> list[str]:
    """A sentence for each thing that keeps everybody from approving it as it stands."""
    found = []
    if not draft.note:
        found.append("Nobody has said why the list changes. Write it first: it stays with the list.")
    now = in_force()
    if draft.base != now:
        found.append(
            "The list in force was changed after this proposal was drawn up from it. "
            "Throw the proposal away and make it anew, so that nothing of it is lost."
        )
    if not differences(now, draft.lines):
        found.append("It says the same as the list in force.")
    published = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED)
    found += unknown(rows_of(draft.lines), published.values_list("key", flat=True))
    return found + unreached(draft.lines)


def _changed(draft: ChoiceDraft, how: Callable[[list[Line]], Sequence[Line]], *, seen: int, by: User) -> ChoiceDraft:
    with transaction.atomic():
        held = _held(draft, seen, "Somebody changed this proposal meanwhile. Look at it, then send yours again.")
        held.lines = list(how(list(held.lines)))
        held.hands, held.revision = sorted({*held.hands, by.pk}), held.revision + 1
        held.save(update_fields=["lines", "hands", "revision"])
        return held


def _held(draft: ChoiceDraft, seen: int | None = None, overtaken: str = "") -> ChoiceDraft:
    """The proposal's row, held, while it waits and is as it was seen."""
    held = ChoiceDraft.objects.select_for_update().get(pk=draft.pk)
    if held.status == S.APPROVED:
        raise NotPublishable(f"{held.approved_by} approved this proposal: it is list {held.number}.")
    if held.status == S.DISCARDED:
        raise NotPublishable(f"{held.discarded_by} threw this proposal away.")
    if seen is not None and held.revision != seen:
        raise Overtaken(overtaken)
    return held
