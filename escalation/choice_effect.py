"""What another list would have changed: recent cases held against it and against the list in force."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from cases.models import Category, Product
from cases.models.case import CaseQuerySet
from escalation.choice_lines import Line, rows_of
from escalation.choosing import Choice, first_match

WINDOW = timedelta(days=90)
SHOWN = 10
SORT = ("product_id", "category_id", "customer__segment", "is_proven")


@dataclass(frozen=True, slots=True)
class Move:
    """How many cases the line `why` of the other list would have filed under `after` instead of `before` (keys)."""

    why: str
    before: str
    after: str
    cases: int


@dataclass(frozen=True, slots=True)
class Effect:
    """Of `looked_at` cases `moved` would have another protocol: by line, with the ten newest of them as (id, reference)."""

    looked_at: int
    moved: int
    lines: tuple[Move, ...]
    examples: tuple[tuple[int, str], ...]


def effect(cases: CaseQuerySet, old: Sequence[Line], new: Sequence[Line], *, at: datetime) -> Effect:
    """Holds `cases` of the 90 days before `at` against both lists, by what they and their customers are now.

    Cases brought in from elsewhere are left out: they were never filed here. Drills are, as everywhere. Two queries,
    whatever the number of cases.
    """
    recent = cases.filter(filed_at__gte=at - WINDOW, filed_at__lt=at, is_history=False).order_by()
    counted = recent.values_list(*SORT).annotate(number=Count("pk"), latest=Max("filed_at"), last=Max("pk"))
    sorts = list(counted)
    old_rows, new_rows = rows_of(old), rows_of(new)
    moves: Counter[tuple[str, str, str]] = Counter()
    elsewhere = []
    for *sort, number, latest, last in sorts:
        before, after = (_choice(rows, *sort) for rows in (old_rows, new_rows))
        if before.key != after.key:
            moves[after.why, before.key, after.key] += number
            elsewhere.append((latest, last, sort))
    # The ten newest cases are of the ten sorts that had a case last: no other sort has a newer one.
    freshest = sorted(elsewhere, key=lambda one: one[:2], reverse=True)[:SHOWN]
    wanted = Q(pk__in=())
    for *_, sort in freshest:
        wanted |= Q(**dict(zip(SORT, sort, strict=True)))
    examples = recent.filter(wanted).order_by("-filed_at", "-pk").values_list("pk", "reference")[:SHOWN]
    return Effect(
        looked_at=sum(number for *_, number, _, _ in sorts),
        moved=sum(moves.values()),
        lines=tuple(Move(*key, number) for key, number in moves.most_common()),
        examples=tuple(examples) if freshest else (),
    )


def _choice(rows: Sequence, product: int | None, category: int, segment: str, is_proven: bool) -> Choice:
    """As filing chooses: of a customer nobody has proved to be, the segment does not count."""
    return first_match(
        rows,
        product=Product(pk=product) if product else None,
        category=Category(pk=category),
        segment=segment if is_proven else "",
    )
