"""Changes of a protocol's document, one function each: from a document and what was typed to a new document.

Nothing here is stored and nothing that is handed in is changed. Places are ordinals (levels, steps and guidelines
count from 1), times are seconds; the form of a document is told in docs/protocol.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from itertools import product
from typing import Any

from escalation.protocol import ANY, TARGETS, Cell

Document = dict[str, Any]
Key = tuple[str, int, int]
SEVERITIES = (1, 2, 3, 4)


class Impossible(ValueError):
    """The change cannot be made; the sentence says why."""


# The matrix ---------------------------------------------------------------------------------------------------


def cell_as_row(cell: Cell) -> Document:
    """A cell as the document has it."""
    times = {name: getattr(cell, name) for name in TARGETS}
    return {"calendar": cell.calendar, **times, "told": list(cell.told)}


def key_of(row: Mapping[str, Any]) -> Key:
    """Topic, severity and level of a row."""
    return str(row.get("category", ANY)), row["severity"], row["tier"]


def put_cells(document: Mapping[str, Any], cells: Mapping[Key, Mapping[str, Any]]) -> Document:
    """With these cells in place of what stood there; those that were not there come at the end."""
    new, left = deepcopy(dict(document)), dict(cells)
    for row in new["matrix"]:
        if (values := left.pop(key_of(row), None)) is not None:
            if "told" not in row and values.get("told") == ["owner", "lead"]:
                values = {name: value for name, value in values.items() if name != "told"}
            row |= values
    for (category, severity, tier), values in left.items():
        new["matrix"].append({"category": category, "severity": severity, "tier": tier, **values})
    return new


def change_cell(
    document: Mapping[str, Any],
    key: Key,
    new: Cell,
    *,
    found: Callable[[Key], Cell],
    levels: Collection[int] = (),
    severities: Collection[int] = (),
    everything: bool = False,
) -> Document:
    """The cell `key` becomes `new`; what changed in it also changes at the other `levels` and `severities`.

    `found` gives the cell that counts at a place now. With `everything` the others become as this one, changed or
    not. How long a level may hold a case is nobody's at the last level, and stays so.
    """
    topic, severity, tier = key
    before, after, top = cell_as_row(found(key)), cell_as_row(new), len(document["tiers"])
    same = {} if everything else {name for name in after if after[name] == before[name]}
    cells: dict[Key, Document] = {}
    for other in product((topic,), (severity, *severities), (tier, *levels)):
        values = {name: value for name, value in after.items() if name not in same}
        if other != key and top in (tier, other[2]):
            values.pop("refer_up", None)
        cells[other] = cell_as_row(found(other)) | values
    cells[key] = after
    return put_cells(document, cells)


def add_own_row(
    document: Mapping[str, Any], topic: str, severities: Collection[int], *, found: Callable[[Key], Cell]
) -> Document:
    """Gives a topic times of its own, at every level of these severities; they start as those that count now."""
    have = {key_of(row) for row in document["matrix"]}
    keys = [(topic, severity, tier) for severity in severities for tier in range(1, len(document["tiers"]) + 1)]
    missing = [key for key in keys if key not in have]
    if not missing:
        raise Impossible("This topic has times of its own there already.")
    return put_cells(document, {key: cell_as_row(found(key)) for key in missing})


def drop_own_row(document: Mapping[str, Any], topic: str) -> Document:
    """Takes a topic's own times away: those of the topic above it count again, or those for every topic."""
    if topic == ANY:
        raise Impossible("The times for every topic stay: they count wherever a topic has none of its own.")
    new = deepcopy(dict(document))
    new["matrix"] = [row for row in new["matrix"] if key_of(row)[0] != topic]
    return new


# Levels -------------------------------------------------------------------------------------------------------


def put_level(document: Mapping[str, Any], ordinal: int, values: Mapping[str, Any]) -> Document:
    """With these parts of a level; what is empty and was not there is not written."""
    new = deepcopy(dict(document))
    tier = new["tiers"][ordinal - 1]
    for name, value in values.items():
        if value or name in tier or name in ("name", "team", "on_arrival"):
            tier[name] = value
    return new


def add_level(document: Mapping[str, Any], ordinal: int, name: str, team: str) -> Document:
    """A new level at this place. It has the times of the one below (the lowest: of the one above); those above move up."""
    new, source = deepcopy(dict(document)), max(1, ordinal - 1)
    copies = [row | {"tier": ordinal} for row in new["matrix"] if row["tier"] == source]
    _renumber(new, lambda tier: tier + (tier >= ordinal))
    new["tiers"].insert(
        ordinal - 1, {"name": name, "team": team, "on_arrival": ["reassign", "notify", "message_customer"]}
    )
    new["matrix"] += deepcopy(copies)
    return _hold_times(new)


def drop_level(document: Mapping[str, Any], ordinal: int) -> Document:
    """Without this level and its times. What pointed at it points at the level that takes its place."""
    if len(document["tiers"]) == 1:
        raise Impossible("A protocol needs at least one level.")
    new, top = deepcopy(dict(document)), len(document["tiers"]) - 1
    del new["tiers"][ordinal - 1]
    new["matrix"] = [row for row in new["matrix"] if row["tier"] != ordinal]
    _renumber(new, lambda tier: min(top, tier - (tier > ordinal)))
    return _hold_times(new)


def move_level(document: Mapping[str, Any], ordinal: int, by: int) -> Document:
    """Changes places with the level above (1) or below (-1). Its times, and cases that start at it, go with it."""
    other = ordinal + by
    if not 1 <= other <= len(document["tiers"]):
        raise Impossible("There is no level to change places with.")
    new = deepcopy(dict(document))
    tiers = new["tiers"]
    tiers[ordinal - 1], tiers[other - 1] = tiers[other - 1], tiers[ordinal - 1]
    swap = {ordinal: other, other: ordinal}
    _renumber(new, lambda tier: swap.get(tier, tier), guidelines=False)
    return _hold_times(new, swapped=(ordinal, other))


def _renumber(document: Document, to: Callable[[int], int], *, guidelines: bool = True) -> None:
    for row in (*document["matrix"], *document["entry"]):
        row["tier"] = to(row["tier"])
    if document.get("fast_lane"):
        document["fast_lane"]["tier"] = to(document["fast_lane"]["tier"])
    for rule in document.get("guidelines", ()) if guidelines else ():
        if "tier_at_most" in rule["when"]:
            rule["when"]["tier_at_most"] = to(rule["when"]["tier_at_most"])


def _hold_times(document: Document, swapped: tuple[int, ...] = ()) -> Document:
    """How long a level may hold a case: nothing at the last one, something at every other."""
    top, rows = len(document["tiers"]), {key_of(row): row for row in document["matrix"]}
    for (topic, severity, tier), row in rows.items():
        if tier < top and row.get("refer_up") is None:
            near = rows.get((topic, severity, top if tier in swapped else tier - 1), {})
            row["refer_up"] = near.get("refer_up") or max(row["acknowledge"] + 1, row["resolve"] // 2)
    for (_, _, tier), row in rows.items():
        if tier == top:
            row["refer_up"] = None
    return document


# Steps and other lists ----------------------------------------------------------------------------------------


def put_step(document: Mapping[str, Any], ordinal: int, place: int | None, step: Mapping[str, Any]) -> Document:
    """With this step of a level at `place`, or at the end."""
    return _edit_steps(document, ordinal, lambda steps: _put(steps, place, dict(step)))


def put_steps(document: Mapping[str, Any], ordinal: int, steps: Collection[Mapping[str, Any]]) -> Document:
    """With these steps of a level in place of all it had."""
    return _edit_steps(document, ordinal, lambda _: [dict(step) for step in steps])


def drop_step(document: Mapping[str, Any], ordinal: int, place: int) -> Document:
    """Without one step of a level."""
    return _edit_steps(document, ordinal, lambda steps: _dropped(steps, place))


def move_step(document: Mapping[str, Any], ordinal: int, place: int, by: int) -> Document:
    """With one step of a level earlier (-1) or later (1)."""
    return _edit_steps(document, ordinal, lambda steps: _moved(steps, place, by))


def put_task(document: Mapping[str, Any], ordinal: int, place: int | None, task: Mapping[str, Any]) -> Document:
    """With this task of a level at `place`, or at the end."""
    new = _edit_steps(document, ordinal, lambda tasks: _put(tasks, place, dict(task)), name="tasks")
    texts = [one["text"] for one in new["tiers"][ordinal - 1]["tasks"]]
    if len(set(texts)) < len(texts):
        raise Impossible("The level has that task already.")
    return new


def drop_task(document: Mapping[str, Any], ordinal: int, place: int) -> Document:
    """Without one task of a level."""
    return _edit_steps(document, ordinal, lambda tasks: _dropped(tasks, place), name="tasks")


def move_task(document: Mapping[str, Any], ordinal: int, place: int, by: int) -> Document:
    """With one task of a level earlier (-1) or later (1)."""
    return _edit_steps(document, ordinal, lambda tasks: _moved(tasks, place, by), name="tasks")


def put_guideline(document: Mapping[str, Any], place: int | None, rule: Mapping[str, Any]) -> Document:
    """With this guideline at `place`, or at the end."""
    new = deepcopy(dict(document))
    new["guidelines"] = _put(new.get("guidelines", []), place, deepcopy(dict(rule)))
    names = [one["id"] for one in new["guidelines"]]
    if len(set(names)) < len(names):
        raise Impossible(f"There is a guideline called “{rule['id']}” already. Choose another short name.")
    return new


def drop_guideline(document: Mapping[str, Any], place: int) -> Document:
    """Without one guideline."""
    return deepcopy(dict(document)) | {"guidelines": _dropped(document.get("guidelines", []), place)}


def move_guideline(document: Mapping[str, Any], place: int, by: int) -> Document:
    """With one guideline earlier (-1) or later (1)."""
    return deepcopy(dict(document)) | {"guidelines": _moved(document.get("guidelines", []), place, by)}


def _edit_steps(
    document: Mapping[str, Any], ordinal: int, edit: Callable[[list], list], *, name: str = "steps"
) -> Document:
    """With a list of a level edited: its steps, or its tasks."""
    new = deepcopy(dict(document))
    tier = new["tiers"][ordinal - 1]
    if (rows := edit(tier.get(name, []))) or name in tier:
        tier[name] = rows
    return new


def _put(rows: list, place: int | None, row: Document) -> list:
    if place is None:
        return [*rows, row]
    _there(rows, place)
    return [*rows[: place - 1], row, *rows[place:]]


def _dropped(rows: list, place: int) -> list:
    _there(rows, place)
    return [row for number, row in enumerate(rows, start=1) if number != place]


def _moved(rows: list, place: int, by: int) -> list:
    _there(rows, place)
    _there(rows, place + by)
    moved = list(rows)
    moved[place - 1], moved[place + by - 1] = moved[place + by - 1], moved[place - 1]
    return moved


def _there(rows: Collection, place: int) -> None:
    if not 1 <= place <= len(rows):
        raise Impossible("That line is not there any more.")


# Everything else ----------------------------------------------------------------------------------------------


def put_entry(document: Mapping[str, Any], table: Mapping[tuple[int, int], int]) -> Document:
    """With the level at which a case of (severity, complexity) starts."""
    new, left = deepcopy(dict(document)), dict(table)
    for row in new["entry"]:
        row["tier"] = left.pop((row["severity"], row["complexity"]), row["tier"])
    new["entry"] += [{"severity": s, "complexity": c, "tier": tier} for (s, c), tier in left.items()]
    return new


def put_topics(document: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> Document:
    """With what is said of these topics; one that says nothing of its own and was not there is not written."""
    new = deepcopy(dict(document))
    topics = new.get("topics", {})
    for slug, row in rows.items():
        said = {name: value for name, value in row.items() if value}
        if slug in topics or said != {"escalation": "allowed"}:
            kept = {name: value for name, value in topics.get(slug, {}).items() if name not in row}
            topics[slug] = kept | said
    return new | ({"topics": topics} if topics or "topics" in new else {})


def put_skills(document: Mapping[str, Any], skills: Mapping[str, Collection[str]]) -> Document:
    """With the skills of these teams; a team without any is taken off."""
    new = deepcopy(dict(document))
    every = {team: list(have) for team, have in {**new.get("skills", {}), **skills}.items() if have}
    return new | ({"skills": every} if every or "skills" in new else {})


def put_fast_lane(document: Mapping[str, Any], tier: int | None) -> Document:
    """With the level an emergency goes to at once; None when there is no fast lane."""
    new = {name: value for name, value in deepcopy(dict(document)).items() if name != "fast_lane"}
    return new | ({"fast_lane": {"tier": tier}} if tier else {})


def put_parts(document: Mapping[str, Any], part: str, values: Mapping[str, Any]) -> Document:
    """With these values in one part of the document, `windows` or `impact`; the rest of the part stays."""
    new = deepcopy(dict(document))
    new[part] = new[part] | dict(values)
    return new


def put_own(document: Mapping[str, Any], name: str, currency: str) -> Document:
    """With this name and currency of the protocol."""
    new = deepcopy(dict(document)) | {"name": name}
    return new | ({"currency": currency} if currency or "currency" in new else {})
