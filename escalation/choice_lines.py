"""The list of which protocol counts for which case, as lines: what one says, what differs, which one is never reached."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.models import Category, Product
from escalation.models import ProtocolChoice

#: {product, category: id or None, segment, protocol: key}, as `ChoiceDraft` keeps it.
Line = dict[str, Any]
CONDITION = ("product", "category", "segment")
GONE = "something that is gone"

ADDED, MOVED, CHANGED, TAKEN_OFF = "added", "moved", "changed", "taken off"


def line_of(row: ProtocolChoice) -> Line:
    """A row as a line."""
    return {"product": row.product_id, "category": row.category_id, "segment": row.segment, "protocol": row.protocol}


def rows_of(lines: Sequence[Line]) -> list[ProtocolChoice]:
    """Lines as unsaved rows with their product and topic; what is no longer there is called so and has no slug."""
    products = Product.objects.in_bulk({line["product"] for line in lines} - {None})
    topics = Category.objects.in_bulk({line["category"] for line in lines} - {None})
    rows = []
    for position, line in enumerate(lines, start=1):
        row = ProtocolChoice(position=position, segment=line["segment"], protocol=line["protocol"])
        if pk := line["product"]:
            row.product = products.get(pk) or Product(pk=pk, name=GONE)
        if pk := line["category"]:
            row.category = topics.get(pk) or Category(pk=pk, name=GONE)
        rows.append(row)
    return rows


def is_gone(row: ProtocolChoice) -> bool:
    """Whether the row's product or topic has been deleted."""
    return any(part is not None and not part.slug for part in (row.product, row.category))


def told(row: ProtocolChoice, names: Mapping[str, str] | None = None) -> str:
    """What a line says, understood when the line is gone. `names` are those of protocols by key."""
    customers = f"customers of “{row.segment}”" if row.segment else "any customer"
    protocol = (names or {}).get(row.protocol, row.protocol)
    return f"{row.product or 'any product'}, {row.category or 'any topic'}, {customers}: {protocol}"


# What differs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that differs: its place before and after (None: not there), and the key it had for the same cases."""

    kind: str
    row: ProtocolChoice
    before: int | None = None
    after: int | None = None
    instead_of: str = ""

    def sentence(self, names: Mapping[str, str] | None = None) -> str:
        """'Line 2 taken off: any product, Billing, any customer: five-tier.'"""
        says = told(self.row, names)
        if self.kind == MOVED:
            return f"Line {self.before} is line {self.after} now: {says}."
        if self.kind == CHANGED:
            moved = f", line {self.before} before," if self.before != self.after else ""
            old = (names or {}).get(self.instead_of, self.instead_of)
            return f"Line {self.after}{moved} changed: {says} instead of {old}."
        return f"Line {self.after or self.before} {self.kind}: {says}."


def differences(old: Sequence[Line], new: Sequence[Line]) -> list[Difference]:
    """What differs, in the order of the new list, what is taken off last.

    Lines are the same when they are for the same cases. Of those in both lists as few as possible count as moved:
    taking off the first line moves none.
    """
    before, after = _places(old), _places(new)
    both = [condition for condition in after if condition in before]
    stayed = {both[place] for place in _rising([before[condition] for condition in both])}
    new_rows, old_rows = rows_of(new), rows_of(old)
    found = []
    for condition, place in after.items():
        row, was = new_rows[place], before.get(condition)
        if was is None:
            found.append(Difference(ADDED, row, after=place + 1))
        elif old[was]["protocol"] != row.protocol:
            found.append(Difference(CHANGED, row, was + 1, place + 1, old[was]["protocol"]))
        elif condition not in stayed:
            found.append(Difference(MOVED, row, was + 1, place + 1))
    gone = [place for condition, place in before.items() if condition not in after]
    return found + [Difference(TAKEN_OFF, old_rows[place], before=place + 1) for place in gone]


def _places(lines: Sequence[Line]) -> dict[tuple, int]:
    """Where the line for which cases stands; the second one for the same cases is told from the first."""
    seen: Counter[tuple] = Counter()
    places = {}
    for place, line in enumerate(lines):
        condition = tuple(line[part] for part in CONDITION)
        seen[condition] += 1
        places[(*condition, seen[condition])] = place
    return places


def _rising(numbers: Sequence[int]) -> list[int]:
    """Places of a longest run of numbers that rise: what kept its order."""
    ends: list[int] = []  # the smallest number a run of each length can end with
    places: list[int] = []
    above: list[int | None] = []  # the place before, in the best run that ends here
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number)
        above.append(places[length - 1] if length else None)
        ends[length : length + 1], places[length : length + 1] = [number], [place]
    run: list[int] = []
    last = places[-1] if places else None
    while last is not None:
        run.append(last)
        last = above[last]
    return run[::-1]


# What cannot count ----------------------------------------------------------------------------------------------


def unreached(lines: Sequence[Line]) -> list[str]:
    """A sentence for each line that no case ever comes to, because one above it takes all of its cases."""
    found = []
    for place, line in enumerate(lines):
        above = next((n for n, other in enumerate(lines[:place], start=1) if _takes_all_of(other, line)), None)
        if above is None:
            continue
        first, number = lines[above - 1], place + 1
        if all(first[part] == line[part] for part in CONDITION):
            why = f"Lines {above} and {number} are for exactly the same cases. Take one of them off."
        elif not any(first[part] for part in CONDITION):
            why = f"Line {above} is for every case, so line {number} would never count. Move line {above} to the end."
        else:
            why = f"Line {number} would never count: line {above} takes all of its cases. Move it above line {above}."
        found.append(why)
    return found


def _takes_all_of(upper: Line, lower: Line) -> bool:
    return all(upper[part] in (None, "", lower[part]) for part in CONDITION)


def unknown(rows: Iterable[ProtocolChoice], in_force: Iterable[str]) -> list[str]:
    """A sentence for each line whose protocol has no version in force, or whose product or topic is gone."""
    keys, found = set(in_force), []
    for row in rows:
        if row.protocol not in keys:
            found.append(f"Line {row.position} names “{row.protocol}”, of which no version is in force.")
        if is_gone(row):
            found.append(f"Line {row.position} is for a product or topic that is gone. Take it off.")
    return found
