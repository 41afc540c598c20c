"""The list of remedies: what may be given to a customer whom we let down, from which level on, and writing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from cases.models import Remedy, RemedyRevision, User
from escalation.saved_replies import NotSaved
from escalation.turn import Turn

NAME_MOST = 80  # characters


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants a remedy to be; `from_level` is the lowest level that may grant it."""

    name: str
    from_level: int
    has_amount: bool


def draft_of(revision: RemedyRevision) -> Draft:
    """What a revision says, as a draft to go on from."""
    return Draft(revision.name, revision.from_level, revision.has_amount)


def listed() -> list[RemedyRevision]:
    """What every remedy says now, retired ones too, by name."""
    rows = RemedyRevision.objects.filter(is_current=True).select_related("remedy", "made_by", "remedy__retired_by")
    return sorted(rows, key=lambda row: (row.name.casefold(), row.pk))


def offered() -> list[RemedyRevision]:
    """Those that can be given now, by name."""
    return [row for row in listed() if row.remedy.retired_at is None]


def not_grantable(turn: Turn, kind: RemedyRevision | None, amount: Decimal | None) -> tuple[str, str]:
    """Why the level that has the case may not give this, as (field, sentence); empty when it may."""
    if kind is None:
        return "", ""
    if not kind.is_current or kind.remedy.retired_at is not None:
        return "remedy_kind", f"“{kind}” was changed or retired meanwhile. Choose from the list again."
    tier = turn.rules.protocol.tier(turn.case.tier)
    if turn.case.tier < kind.from_level:
        above = min(kind.from_level, turn.rules.protocol.top)
        return "remedy_kind", f"{tier.name} may not give “{kind}”. Pass the case up: level {above} may."
    if kind.has_amount and amount is None:
        return "amount", f"Write how much is given with “{kind}”."
    return "", ""


def write(remedy: Remedy | None, draft: Draft, *, by: User, at: datetime, seen: int = 0) -> RemedyRevision:
    """The next revision of `remedy`, or the first of a new one. The same again changes nothing.

    `seen` is the number of the revision the person looked at. Raises NotSaved with what is wrong.
    """
    draft = Draft(" ".join(draft.name.split()), draft.from_level, draft.has_amount)
    if not 0 < len(draft.name) <= NAME_MOST:
        raise NotSaved(("name", f"Give it a name of at most {NAME_MOST} characters: colleagues choose by it."))
    if draft.from_level < 1:
        raise NotSaved(("from_level", "Choose from which level on it may be given."))
    with transaction.atomic():
        list(Remedy.objects.select_for_update().order_by("pk"))  # names are one list: one writer at a time
        there = [row for row in listed() if remedy is None or row.remedy_id != remedy.pk]
        same = next((row for row in there if row.name.casefold() == draft.name.casefold()), None)
        if same is not None and remedy is None and draft_of(same) == draft and same.remedy.retired_at is None:
            return same
        if same is not None:
            raise NotSaved(
                ("name", f"There is a remedy “{same}” already{' (retired)' if same.remedy.retired_at else ''}.")
            )
        if remedy is None:
            return _add(Remedy.objects.create(), 1, draft, by, at)
        now = _seen(remedy, seen)
        if draft_of(now) == draft:
            return now
        remedy.revisions.filter(is_current=True).update(is_current=False)
        return _add(remedy, now.number + 1, draft, by, at)


def retire(remedy: Remedy, *, by: User, at: datetime, seen: int) -> None:
    """Takes it off the list; answers that named it go on naming it. Twice is once."""
    _mark(remedy, by, at, seen)


def bring_back(remedy: Remedy, *, by: User, at: datetime, seen: int) -> None:
    """Offers a retired one again, as it was."""
    _mark(remedy, None, None, seen)


def _mark(remedy: Remedy, by: User | None, at: datetime | None, seen: int) -> None:
    with transaction.atomic():
        held = Remedy.objects.select_for_update().get(pk=remedy.pk)
        _seen(held, seen)
        if (held.retired_at is None) != (at is None):
            held.retired_at, held.retired_by = at, by
            held.save(update_fields=["retired_at", "retired_by"])


def _seen(remedy: Remedy, seen: int) -> RemedyRevision:
    now = remedy.revisions.select_related("made_by").get(is_current=True)
    if now.number != seen:
        raise NotSaved(
            (
                "",
                f"{now.made_by} changed this remedy while you were writing. Nothing of yours was lost: look, then save again.",
            ),
            ("seen", str(now.number)),
        )
    return now


def _add(remedy: Remedy, number: int, draft: Draft, by: User, at: datetime) -> RemedyRevision:
    return RemedyRevision.objects.create(
        remedy=remedy, number=number, name=draft.name, from_level=draft.from_level, has_amount=draft.has_amount,
        made_at=at, made_by=by,
    )  # fmt: skip
