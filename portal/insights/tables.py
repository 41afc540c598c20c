"""Tables of figures: one value for the page and its file, so that they cannot say different numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from feedback.intervals import FEWEST, Curve, Share
from portal.insights.casework import Echo, safe
from portal.insights.words import MEDIAN, NINE_IN_TEN, interval_words, share_words, span

HEAD = (
    "Table", "Row", "Column", "Counts", "Of", "Value", "Interval from", "Interval to", "Half within (s)",
    "9 in 10 within (s)", "Not ended yet",
)  # fmt: skip
NOT_KNOWN = "Not known yet"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: what the page shows with its links, and what the file has from Counts on."""

    words: str
    url: str = ""
    bar: float | None = None  # 0 to 1
    under: str = ""  # small, below
    also: str = ""  # small, below that
    of: str = ""
    of_url: str = ""
    mark: str = ""  # why it stands out, in words
    act: str = ""  # what can be done about it, as a link to act_url
    act_url: str = ""
    file: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`title` says the finding; `first` heads the column of row names; `columns` the others."""

    key: str
    title: str
    desc: str
    first: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    csv_url: str = ""
    note: str = ""
    lines: Sequence[Any] = field(default=())  # what follows from it, each {words, url, label}


def of_share(
    share: Share, hits_url: str, of_url: str, *, bar: bool = False, mark: str = "", act: tuple[str, str] = ("", "")
) -> Cell:
    """A share with its interval and n; too few to show stay hidden, in the file too."""
    low, high = share.interval or ("", "")
    shown = [share.hits, share.n, share.value, low, high] if share.shown else ["", share.n]
    return Cell(
        share_words(share) if share.n else "–",
        hits_url if share.shown and share.hits else "",
        bar=share.value if bar else None,
        under=interval_words(share),
        of=f"{share.n:,}" if share.n else "",
        of_url=of_url if share.n else "",
        mark=mark,
        act=act[0],
        act_url=act[1],
        file=shown,
    )


def of_count(number: int, url: str, whole: int | None = None, *, bar: bool = False) -> Cell:
    """A number of cases, with its share of `whole` where one is given."""
    share = Share(number, whole) if whole else Share()
    under = share_words(share) if share.shown else ""
    value = round(share.value, 4) if share.value is not None else ""
    return Cell(
        f"{number:,}", url if number else "", under=under, bar=share.value if bar else None,
        file=[number, whole if whole is not None else "", value],
    )  # fmt: skip


def of_curve(curve: Curve, url: str, share: float, words: Any = span) -> Cell:
    """The median or another quantile of a time; hidden while there are too few."""
    if curve.n < FEWEST:
        return Cell("Too few" if curve.n else "–", file=["", curve.n])
    value, (low, high) = curve.quantile(share), curve.interval(share)
    reach = ""
    if low is not None:
        reach = f"{words(low)} or more" if high is None else f"{words(low)} to {words(high)}"
    return Cell(words(value) if value is not None else NOT_KNOWN, url, under=reach, file=curve_cells(curve))


def curve_cells(curve: Curve) -> list[Any]:
    """Counts to Not ended yet, as the file has them of a time; what the page hides is empty."""
    if curve.n < FEWEST:
        return ["", curve.n]
    known = (curve.quantile(MEDIAN), *curve.interval(MEDIAN), curve.quantile(NINE_IN_TEN))
    median, low, high, most = ("" if value is None else round(value) for value in known)
    return [curve.ended, curve.n, "", low, high, median, most, curve.censored]


def csv_lines(tables: Iterable[Table]) -> Iterator[str]:
    """Every cell of the tables as a row of a file."""
    writer = csv.writer(Echo())
    yield writer.writerow(HEAD)
    for table in tables:
        for label, cells in table.rows:
            for column, cell in zip(table.columns, cells, strict=True):
                values = [round(one, 4) if isinstance(one, float) else one for one in cell.file or [cell.words]]
                values += [""] * (len(HEAD) - 3 - len(values))
                yield writer.writerow([safe(one) for one in (table.key, label, column, *values)])
