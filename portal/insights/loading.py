"""The page of passing up and nights: from which team cases go up, and what their looking after costs of whose nights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback import owed
from feedback.facts.build import counted_to
from feedback.intervals import Share
from portal.charts import percent
from portal.insights.asking import Asked
from portal.insights.closing import Filed
from portal.insights.first_teams import first_chart, first_table, rates_of
from portal.insights.nights import nights_of, nights_table, title_of
from portal.insights.owing import EMPTY, LOADS, readings
from portal.insights.tables import csv_lines
from portal.insights.words import count_words, days_words


def loads_page(asked: Asked, names: Mapping[str, str]) -> dict[str, Any]:
    """What the template takes."""
    complete = counted_to(asked.at)
    rates, rates_at = rates_of(asked)
    nights, nights_at = nights_of(asked, owed.crews(asked.scope))
    whole = sum(rates.now.values(), Share())
    context = {"readings": readings(asked, LOADS), "counted_to": min(complete, rates_at, nights_at)}
    if not whole.n:
        return context | {"empty": EMPTY}
    up = f"{percent(whole.value)} of " if whole.value is not None else ""
    return context | {
        "csv_url": asked.link("/insights/promises/load.csv"),
        "sentence": f"{days_words(asked.period)}: {up}{count_words(whole.n, 'case')} filed{' went up' if up else ''}. {title_of(nights[''])}.",
        "charts": [first_chart(asked, rates, names)],
        "charts_first": True,
        "tables": [first_table(asked, rates, names), nights_table(asked, nights, names)],
    }


def loads_filed(asked: Asked, names: Mapping[str, str]) -> Filed:
    """Its tables as a file."""
    complete = counted_to(asked.at)
    rates, rates_at = rates_of(asked)
    nights, nights_at = nights_of(asked, owed.crews(asked.scope))
    tables = [first_table(asked, rates, names), nights_table(asked, nights, names)]
    return Filed(csv_lines(tables), min(complete, rates_at, nights_at))
