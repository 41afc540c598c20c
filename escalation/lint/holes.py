"""Holes: rows, starts and words a case can need and the protocol does not have; levels nobody gets to."""

from __future__ import annotations

from collections.abc import Iterator

from cases.models.case import Impact, Severity
from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import COMPLEXITIES, SEVERITIES, Ground
from escalation.protocol import ANY


@rule("matrix_hole")
def matrix_hole(g: Ground) -> Iterator[Found]:
    """A case of some topic and severity has no times at some level."""
    for severity in SEVERITIES:
        for tier in g.tiers:
            without = [c for c in g.categories if g.cells[c, severity, tier] is None]
            everywhere = len(without) == len(g.categories)
            for category in [ANY] if everywhere else without:
                yield Found(
                    Key("cell", category, severity, tier),
                    "There are no times for such a case: everything done with it would stop here.",
                    "Fill in this cell, or the row for every topic.",
                )


@rule("entry_hole")
def entry_hole(g: Ground) -> Iterator[Found]:
    """No level is named at which a case of some severity and complexity starts."""
    for severity in SEVERITIES:
        for complexity in COMPLEXITIES:
            if (severity, complexity) not in g.protocol.entry:
                yield Found(
                    Key("entry", severity=severity, item=str(complexity)),
                    "The grid does not say at which level such a case starts.",
                    "Choose a level for it.",
                )


@rule("impact_hole")
def impact_hole(g: Ground) -> Iterator[Found]:
    """A word customers can choose leads to no severity."""
    for impact in Impact:
        if impact.value not in g.protocol.impact:
            yield Found(
                Key("impact", item=impact.value),
                f"Customers can choose “{impact.label}”, and it leads to no severity: they could not file.",
                "Choose the severity it leads to.",
            )


@rule("entry_no_level")
def entry_no_level(g: Ground) -> Iterator[Found]:
    """A case starts at a level that does not exist."""
    for (severity, complexity), tier in sorted(g.protocol.entry.items()):
        if tier not in g.tiers:
            yield Found(
                Key("entry", severity=severity, tier=tier, item=str(complexity)),
                f"Such a case starts at level {tier}, and there are {g.protocol.top} levels.",
                "Choose a level that exists, or add the level.",
            )


@rule("row_no_level")
def row_no_level(g: Ground) -> Iterator[Found]:
    """A row of the matrix is for a level or a severity that does not exist."""
    for category, severity, tier in sorted(g.protocol.matrix):
        if tier not in g.tiers or severity not in SEVERITIES:
            yield Found(
                Key("cell", category, severity, tier),
                "No case can ever meet this row: its level or its severity does not exist.",
                "Take the row out, or correct its level or severity.",
            )


@rule("row_unknown_topic", WARNING)
def row_unknown_topic(g: Ground) -> Iterator[Found]:
    """A row of the matrix is for a topic nobody can choose and no topic stands under."""
    known = {ANY, *g.world.categories, *(above for c in g.world.categories for above in g.protocol.lineage(c))}
    for category, severity, tier in sorted(g.protocol.matrix):
        if category not in known:
            yield Found(
                Key("cell", category, severity, tier),
                f"The row is for the topic “{category}”, which no case has.",
                "Correct the topic's name, make the topic active, or take the row out.",
            )


@rule("refer_up_missing")
def refer_up_missing(g: Ground) -> Iterator[Found]:
    """A level below the last may hold a case for ever."""
    for spot in g.spots:
        if spot.tier < g.protocol.top and spot.cell.refer_up is None:
            yield Found(
                spot.key,
                "The time after which this level must pass the case up is missing: it could stay here for good.",
                "Set “refer up after”.",
            )


@rule("refer_up_at_top")
def refer_up_at_top(g: Ground) -> Iterator[Found]:
    """The last level is told to pass cases up, and nobody is above it."""
    for spot in g.spots:
        if spot.tier == g.protocol.top and spot.cell.refer_up is not None:
            yield Found(
                spot.key,
                "This is the last level: a time to refer up can only run out, with nobody to refer to.",
                "Take “refer up after” out of this cell.",
            )


@rule("level_unreachable")
def level_unreachable(g: Ground) -> Iterator[Found]:
    """No case starts at a level, and none is ever passed up to it."""
    starts = {1, g.protocol.fast_tier, *g.protocol.entry.values()}
    for tier in g.tiers:
        passed_up = any(spot.cell.refer_up is not None for spot in g.spots_of(tier - 1))
        if tier not in starts and not passed_up:
            yield Found(
                Key("level", tier=tier),
                f"No case starts at this level, and level {tier - 1} never has to pass one up to it.",
                f"Set “refer up after” at level {tier - 1}, let some cases start here, or take the level out.",
            )


@rule("name_twice")
def name_twice(g: Ground) -> Iterator[Found]:
    """Two levels have the same name."""
    seen: dict[str, int] = {}
    for tier in g.protocol.tiers:
        first = seen.setdefault(tier.name.strip().casefold(), tier.ordinal)
        if first != tier.ordinal:
            yield Found(
                Key("level", tier=tier.ordinal),
                f"Level {first} is called “{tier.name}” as well: nobody could tell from a letter who has the case.",
                "Give one of them another name.",
            )


@rule("refund_falls")
def refund_falls(g: Ground) -> Iterator[Found]:
    """A higher level may grant less than the one below it."""
    for low, high in zip(g.protocol.tiers, g.protocol.tiers[1:], strict=False):
        if high.refund_limit < low.refund_limit:
            yield Found(
                Key("level", tier=high.ordinal),
                f"It may refund up to {high.refund_limit}, the level below up to {low.refund_limit}: "
                "passing a case up takes away the power to settle it.",
                f"Raise this limit to {low.refund_limit} at least, or lower the one below.",
            )


@rule("currency_missing")
def currency_missing(g: Ground) -> Iterator[Found]:
    """Levels have refund limits, and no currency is named."""
    limited = next((tier for tier in g.protocol.tiers if tier.refund_limit), None)
    if limited and not g.protocol.currency.strip():
        yield Found(
            Key("level", tier=limited.ordinal),
            f"It may refund up to {limited.refund_limit} of no currency.",
            "Name the currency of the limits, such as EUR.",
        )


@rule("severity_never", WARNING)
def severity_never(g: Ground) -> Iterator[Found]:
    """Customers' own words never lead above the lowest severity."""
    if g.protocol.impact and set(g.protocol.impact.values()) == {max(SEVERITIES)}:
        yield Found(
            Key("impact", item=sorted(g.protocol.impact)[0]),
            f"Whatever customers choose, their case starts as {Severity(max(SEVERITIES)).label}.",
            "Let at least one of their words lead to a higher severity.",
        )
