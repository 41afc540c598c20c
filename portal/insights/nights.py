"""Letters at night a person and week, as a table on the page of passing up and nights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from feedback import at_night
from feedback.at_night import ALL, AT_NIGHT, Nights
from feedback.intervals import FEWEST
from feedback.owed import Crew
from portal.insights.asking import Asked
from portal.insights.lately import lately
from portal.insights.tables import Cell, Table
from portal.insights.words import KEPT_BACK, count_words

EVERYBODY = "All of them"
NOTE = f"Of fewer than {FEWEST} people nothing is shown; where it could be computed from the others, the smallest of those is kept back, too."


def nights_of(asked: Asked, crews: Mapping[str, Crew]) -> tuple[dict[str, Nights], datetime]:
    """What the page and its file are made of, and as of when; `crews` as they are now."""

    def count() -> dict[str, Nights]:
        return at_night.nights(asked.period, asked.scope, crews=crews)

    return lately(("nights", asked.period, asked.scope), count, lambda one: one[ALL].letters, at=asked.at)


def nights_table(asked: Asked, found: Mapping[str, Nights], names: Mapping[str, str]) -> Table:
    """Everybody first, then the teams by name: never by how much."""
    teams = sorted((slug for slug in found if slug != ALL), key=lambda slug: names.get(slug, slug))
    rows = [(EVERYBODY, _cells(asked, ALL, found[ALL]))]
    rows += [(names.get(slug, slug), _cells(asked, slug, found[slug])) for slug in teams]
    return Table(
        "nights", title_of(found[ALL]),
        "Letters about cases that colleagues were sent between 22:00 and 7:00 of their own time zone, by the teams they stand in now. "
        "Who stands in several counts in each, and once in all of them.",
        "Team", ["A person and week", "People"], rows, asked.link("/insights/promises/load.csv"), NOTE,
    )  # fmt: skip


def title_of(whole: Nights) -> str:
    """The finding."""
    if whole.each is None:
        return "Too few people to say how often letters come at night"
    if not whole.letters:
        return "Nobody was sent a letter at night"
    return f"{_each(whole.each)} letters at night a person and week"


def _each(value: float) -> str:
    return f"{value:.1f}" if value >= 0.1 else "Under 0.1"


def _cells(asked: Asked, part: str, one: Nights) -> list[Cell]:
    people = Cell(f"{one.people:,}", file=[one.people])
    if one.each is None:
        return [Cell(KEPT_BACK if one.kept_back else "Too few", file=["", one.people]), people]
    url = asked.cases(AT_NIGHT, more={"part": part}) if one.letters else ""
    said = Cell(_each(one.each) if one.letters else "None", url, under=count_words(one.letters, "letter"), file=[one.letters, one.people, round(one.each, 4)])  # fmt: skip
    return [said, people]
