"""The page that says who is heard of again within 90 days of a case: an association, in words that say so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from feedback.coming_back import DAYS, OTHER, QUIET, QUIET_OF, UP, Group, coming_back
from feedback.facts.build import counted_to
from feedback.figures import IMPORTED, Scope
from feedback.intervals import ENOUGH, change, difference
from feedback.periods import Period
from portal.insights.asking import Asked
from portal.insights.comparing import COMING_BACK as HERE
from portal.insights.comparing import points, readings_of
from portal.insights.drawing import spread
from portal.insights.lately import figures
from portal.insights.tables import Cell, Table, of_share
from portal.insights.words import count_words, days_words, interval_words, share_words

FILE = "/insights/compare/coming-back.csv"
LABELS = {UP: "After an escalated case", OTHER: "After another case"}
NO_EFFECT = (
    "An association, not an effect. Escalated cases differ from others in what they are about, how severe they are and whose they are; "
    "nothing here says that escalating a case made anybody stay or leave."
)
QUIET_IS = f"Quiet is not gone: many customers have no reason to write for {DAYS} days. It is a sign to look at, not a count of customers lost."
ONE_GROUP = "Nothing in imported history climbs, and its accounts cannot sign in: there is one group, and it can only look quieter than it was."
LEFT_OUT = "Imported history is left out. Choose it as the source to look at it by itself."
EMPTY = f"Nobody’s {DAYS} days after a case ended in this period. Choose a longer one, or fewer filters."
Groups = dict[str, Group]


def groups_of(asked: Asked) -> tuple[Groups, datetime]:
    """What the page and its file are made of, and up to when it is counted."""

    def count(period: Period, scope: Scope, *, at: datetime) -> tuple[Groups, datetime]:
        complete = counted_to(at)
        return coming_back(period, scope, at=at), complete

    return figures("coming_back", asked, count, lambda found: sum(len(group.all) for group in found[0].values()))


def returning_page(asked: Asked) -> dict[str, Any]:
    """What the template takes."""
    found, complete = groups_of(asked)
    context: dict[str, Any] = {"readings": readings_of(asked, HERE), "counted_to": complete}
    if not any(group.all for group in found.values()):
        return context | {"empty": EMPTY}
    of = ONE_GROUP if asked.scope.source == IMPORTED else LEFT_OUT
    return context | {
        "csv_url": asked.link(FILE),
        "sentence": reading(asked, found),
        "remarks": [NO_EFFECT, QUIET_IS, of],
        "tables": [table_of(asked, found)],
        "charts": [picture(asked, found)],
        "charts_first": True,
    }


def way(found: Groups) -> str | None:
    """ "up" or "down" where the difference leaves 0 out, "" where it does not, None while there are too few on a side."""
    up, other = found[UP].share, found[OTHER].share
    return change(up, other) if min(up.n, other.n) >= ENOUGH else None


def reading(asked: Asked, found: Groups) -> str:
    """The page's first words."""
    n = sum(len(group.all) for group in found.values())
    parts = [
        f"{label.lower()} {share_words(found[key].share).lower()} went quiet ({interval_words(found[key].share)}; {count_words(found[key].share.n, 'customer')})"
        if found[key].share.shown
        else f"{label.lower()} were too few to say"
        for key, label in LABELS.items()
    ]
    said = {
        "up": "That is clearly more after escalated cases, whatever the reason.",
        "down": "That is clearly fewer after escalated cases, whatever the reason.",
        "": "The two do not differ clearly.",
        None: "Too few to tell whether the two differ.",
    }[way(found)]
    return f"{days_words(asked.period)}: {DAYS} days after a case were over for {count_words(n, 'customer')}. Of them {'; '.join(parts)}. {said}"


def title_of(found: Groups) -> str:
    return {
        "up": "Quiet clearly more often after an escalated case",
        "down": "Quiet clearly less often after an escalated case",
        "": "No clear difference after escalated and after other cases",
        None: "Too few to tell whether the two differ",
    }[way(found)]


def table_of(asked: Asked, found: Groups) -> Table:
    """Both groups, and their difference."""
    rows = []
    for key, label in LABELS.items():
        links = (asked.cases(which, more={"part": key}) for which in (QUIET, QUIET_OF))
        rows.append((label, [of_share(found[key].share, *links, bar=True), of_share(found[key].left, "", "")]))
    rows.append(("Difference in points", [apart_cell(found), Cell("", file=["", ""])]))
    return Table(
        "coming_back", title_of(found),
        f"Customers who filed no case, wrote nothing and did not sign in within {DAYS} days after their case was settled, or closed their account; "
        "each once, by the first of their cases. With the 95% interval; the difference is clear when its interval leaves 0 out (Newcombe).",
        "Customers", ["Went quiet", "Closed their account"], rows, asked.link(FILE), "Fewer than 5 are not shown.",
    )  # fmt: skip


def apart_cell(found: Groups) -> Cell:
    up, other = found[UP].share, found[OTHER].share
    between = difference(up, other)
    if between is None:
        return Cell("Too few to tell", file=["", ""])
    words = {"up": "Higher", "down": "Lower", "": "No clear difference", None: "Too few to tell"}[way(found)]
    gap = up.hits / up.n - other.hits / other.n
    return Cell(words, under=f"{points(between[0])} to {points(between[1])} points", file=["", "", gap, *between])


def picture(asked: Asked, found: Groups) -> Any:
    rows = [(label, found[key].share, {"part": key}) for key, label in LABELS.items() if found[key].all]
    desc = f"Share of customers not heard of within {DAYS} days after a case, with the 95% interval. An association, not an effect."
    drawn = spread(
        asked, rows, key="coming_back", title=title_of(found), desc=desc, of="Customers", unit="customer", which=(QUIET, QUIET_OF)
    )  # fmt: skip
    return drawn | {"csv_url": asked.link(FILE)}
