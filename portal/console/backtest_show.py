"""What a back-test found, as small pictures with their tables and a list of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from escalation.facts import Clock
from escalation.models import BackTest
from portal import charts

WHY = {
    "person": "By a person",
    "granted": "A supervisor granted it",
    "entry": "Where it starts",
    "emergency": "Fast lane",
}
ROW, TOP = 64, 30  # units a pair of bars takes, and the key above them

Pair = tuple[str, float, float]


def page_of(row: BackTest, seen: QuerySet) -> dict[str, Any]:
    """Everything the result page shows besides the run itself; `seen` are the cases this person may open."""
    result = row.result or {}
    old, new = result["old"], result["new"]
    return {
        "headline": headline(result),
        "figures": [(words, number(old[name]), number(new[name]), change(old[name], new[name])) for words, name in FIGURES],
        "charts": [chart for chart in (levels(old, new), climbs(old, new), promises(old, new), weeks(old, new)) if chart],
        "changed": changed(row, result["changed"], seen),
        "result": result,
    }  # fmt: skip


FIGURES = (
    ("Escalations a week", "escalations_per_week"),
    ("Promises missed", "promises_missed"),
    ("Promises kept", "promises_kept"),
    ("People told at night", "told_at_night"),
    ("Apologies to customers", "apologies"),
    ("Times nobody was left above", "plan_exhausted"),
)


def headline(result: dict[str, Any]) -> str:
    """What changes, in one sentence."""
    if not result["cases"]:
        return "No case was filed in that time, so there is nothing to compare."
    if not result["changed_cases"]:
        return f"None of the {result['cases']:,} cases would have gone otherwise."
    old, new = result["old"], result["new"]
    return (
        f"{result['changed_cases']:,} of {result['cases']:,} cases would have gone otherwise: "
        f"{number(new['escalations_per_week'])} escalations a week instead of {number(old['escalations_per_week'])}, "
        f"{new['promises_missed']:,} missed promises instead of {old['promises_missed']:,}."
    )


def number(value: float) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def change(old: float, new: float) -> str:
    """'+12', 'none': the difference with its sign."""
    apart = round(new - old, 1)
    return f"{apart:+,}" if apart else "none"


def levels(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Hours cases stayed at each level."""
    names = sorted({*old["levels"], *new["levels"]}, key=int)
    nothing = {"hours": 0.0, "arrivals": 0}
    rows = [(n, old["levels"].get(n, nothing), new["levels"].get(n, nothing)) for n in names]
    pairs = [(f"Level {n}", before["hours"], after["hours"]) for n, before, after in rows]
    table = [[f"Level {n}", number(b["hours"]), number(a["hours"]), b["arrivals"], a["arrivals"]] for n, b, a in rows]
    head = ["Level", "Hours now", "Hours then", "Arrivals now", "Arrivals then"]
    return drawn(
        "levels", "Load of each level, in hours", "Hours cases stayed there, round the clock.", pairs, head, table
    )


def climbs(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Moves up by what caused them."""
    pairs = [
        (why(k), old["climbs"].get(k, 0), new["climbs"].get(k, 0)) for k in sorted({*old["climbs"], *new["climbs"]})
    ]
    desc = "How often cases moved up, by the time that was missed or by who moved them."
    return drawn("climbs", "What moved cases up", desc, pairs)


def why(kind: str) -> str:
    words = WHY.get(kind) or f"{Clock.NAMES.get(kind, kind)} missed"
    return words[0].upper() + words[1:]


def promises(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Missed promises by kind; the table says how many were kept, too."""
    kinds = [kind for kind in Clock.NAMES if kind in old["promises"] or kind in new["promises"]]
    nothing = {"kept": 0, "missed": 0}
    rows = [
        (
            Clock.NAMES[k][0].upper() + Clock.NAMES[k][1:],
            old["promises"].get(k, nothing),
            new["promises"].get(k, nothing),
        )
        for k in kinds
    ]
    pairs = [(words, before["missed"], after["missed"]) for words, before, after in rows]
    table = [[words, b["missed"], a["missed"], b["kept"], a["kept"]] for words, b, a in rows]
    head = ["Promise", "Missed now", "Missed then", "Kept now", "Kept then"]
    return drawn("promises", "Promises missed", "Times the customer was promised, by kind.", pairs, head, table)


def weeks(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Moves up week by week, as a table under a picture of the last dozen."""
    names = sorted({*old["weeks"], *new["weeks"]})
    pairs = [(week_words(n), old["weeks"].get(n, 0), new["weeks"].get(n, 0)) for n in names]
    found = drawn(
        "weeks", "Escalations week by week", "By the week they happened in; the last six are drawn.", pairs[-6:]
    )
    if found:
        found["table"]["rows"] = [[words, number(before), number(after)] for words, before, after in pairs]
    return found


def week_words(monday: str) -> str:
    day = date.fromisoformat(monday)
    return f"Week of {day.day} {day:%b %Y}"


def drawn(
    key: str, title: str, desc: str, pairs: Sequence[Pair], head: list[str] | None = None, rows: list | None = None
) -> dict[str, Any] | None:
    """A chart for parts/chart.html; None where there is nothing to draw."""
    if not pairs:
        return None
    return {
        "title": title,
        "desc": desc,
        "svg": paired(pairs, key=key, title=title, desc=desc),
        "table": {
            "caption": f"{title}: as recorded (now) and under the draft (then)",
            "head": head or ["", "Now", "Then"],
            "rows": rows or [[words, number(old), number(new)] for words, old, new in pairs],
        },
    }


def paired(pairs: Sequence[Pair], *, key: str, title: str, desc: str) -> SafeString:
    """Two bars for each row: as recorded above, under the draft below. Length alone carries the number."""
    width, height = charts.HALF, TOP + ROW * len(pairs)
    most = max([1.0, *(value for _, old, new in pairs for value in (old, new))])
    longest = width - 92
    swatch = '<rect class="fill {}" x="{}" y="4" width="14" height="14"/><text x="{}" y="16">{}</text>'
    parts = [format_html(swatch, "s1", 4, 24, "Now"), format_html(swatch, "s2", 84, 104, "Under the draft")]
    for index, (words, old, new) in enumerate(pairs):
        y = TOP + ROW * index + 16
        parts.append(format_html('<text x="4" y="{}">{}</text>', charts.num(y), words))
        for place, (value, series) in enumerate(((old, "s1"), (new, "s2"))):
            length, at = value / most * longest, y + 7 + place * 18
            if value:
                bar = '<rect class="fill {}" x="4" y="{}" width="{}" height="14"/>'
                parts.append(format_html(bar, series, charts.num(at), charts.num(max(length, 1))))
            words_at = charts.num(length + 10 if value else 4)
            parts.append(
                format_html(
                    '<text class="strong" x="{}" y="{}">{}</text>', words_at, charts.num(at + 12), number(value)
                )
            )
    return charts.picture(width, height, key=f"backtest-{key}", title=title, desc=desc, parts=parts)


def changed(row: BackTest, rows: list[dict[str, Any]], seen: QuerySet) -> list[dict[str, Any]]:
    """The cases that change most, linked where this person may open them."""
    may = dict(seen.filter(reference__in=[one["reference"] for one in rows]).values_list("reference", "title"))
    return [
        {
            "reference": one["reference"],
            "title": may.get(one["reference"], ""),
            "what": one["what"],
            "url": f"{reverse('admin:backtest_case', args=[one['reference']])}?draft={row.version_id}"
            if one["reference"] in may
            else "",
        }
        for one in rows
    ]
