"""The page that sets two cohorts beside each other: two periods, two teams, or two protocol versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms

from escalation.models import ProtocolVersion
from feedback.cohorts import MIX_FROM, MIX_MOST, Cohort, Compared, compare
from feedback.durations import ACKNOWLEDGE, DURATIONS, HANDLING, RESOLVE
from feedback.intervals import COMPARED, Curve, Share, change, difference
from feedback.measures import MEASURES
from feedback.periods import A_YEAR, BEFORE, DAY, YEAR, Period
from feedback.rollup.standing import compared
from portal.charts import percent
from portal.insights.asking import NAMES, OWN, Asked, Pick
from portal.insights.framing import COMPARE, SIDES
from portal.insights.lately import lately
from portal.insights.tables import Cell, Table, of_curve, of_share
from portal.insights.words import MEDIAN, count_words, days_words, span

HERE, COMING_BACK = COMPARE, f"{COMPARE}coming-back/"
#: In the address of a list: the comparison it was opened from. So many characters of it are read.
BACK, MOST = "back", 500
PERIODS, TEAMS, VERSIONS = "periods", "teams", "versions"
KINDS = {PERIODS: "Two periods", TEAMS: "Two teams", VERSIONS: "Two protocol versions"}
#: What the figures of a period are set beside.
JUST_BEFORE = "before"
BESIDE = ((JUST_BEFORE, "The days just before"), (YEAR, "Last year’s weeks"))
KEYS = (
    "satisfied", "low", "addressed", "escalated", "at_first", "back_7", "rejected", "supervisor", "kept",
    "in_time_acknowledge",
)  # fmt: skip
TIMES = (ACKNOWLEDGE, RESOLVE, HANDLING)
NOT_COMPARABLE = "Not comparable: topic mix differs a lot"
#: Topics offered where the mixes differ.
WITHIN = 3


class Sides(forms.Form):
    """Which two are compared; bound to the address, whatever that says."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, str], *, kind: str, choices: list[tuple[str, str]]) -> None:
        super().__init__(data, auto_id="sides-%s")
        what = {TEAMS: "team", VERSIONS: "version"}.get(kind, "")
        wrong = {"invalid_choice": f"Choose a {what or 'period'} from the list"}
        if kind == PERIODS:
            self.fields["a"] = Pick(label="Set beside", choices=BESIDE, error_messages=wrong)
        else:
            offered = [("", f"Choose a {what}"), *choices]
            self.fields["a"] = Pick(label=f"First {what}", choices=offered, error_messages=wrong)
            self.fields["b"] = Pick(label=f"Second {what}", choices=offered, error_messages=wrong)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("a") and said.get("a") == said.get("b"):
            self.add_error("b", "Choose two that differ")
        return said


@dataclass(frozen=True, slots=True)
class Side:
    """One column: its cohort, its name, and how the links of its numbers differ from the question's.

    `more` has the way back, too: what is compared, with the question as it was.
    """

    cohort: Cohort
    label: str
    more: Mapping[str, str]

    def cases(self, asked: Asked, key: str, part: str) -> str:
        """The cases behind a share of this side."""
        if self.cohort.version:
            return asked.cases("under", more={**self.more, "part": f"{key}-{part}:{self.cohort.version}"})
        return asked.cases("figure", more={**self.more, "part": f"{key}-{part}"})

    def timed(self, asked: Asked, key: str) -> str:
        if self.cohort.version:
            return asked.cases("time_under", more={**self.more, "part": f"{key}:{self.cohort.version}"})
        return asked.cases("time", more={**self.more, "part": key})


def readings_of(asked: Asked, current: str) -> list[dict[str, Any]]:
    """What may be set beside what; `current` is a kind, or the address of the page on coming back."""
    kinds = [(key, label, asked.link(HERE, by=key if key != PERIODS else "")) for key, label in KINDS.items()]
    back = (COMING_BACK, "Coming back after a case", asked.link(COMING_BACK))
    return [{"label": label, "url": url, "current": key == current} for key, label, url in (*kinds, back)]


def comparison(
    asked: Asked, said: Mapping[str, str], teams: Mapping[str, str]
) -> tuple[str, Sides, tuple[Side, Side] | None]:
    """The kind, the form, and the two sides where it is clear which are meant."""
    kind = said.get("by", "") if said.get("by") in KINDS else PERIODS
    choices = {TEAMS: _teams(teams), VERSIONS: _versions() if kind == VERSIONS else []}.get(kind, [])
    chosen = {name: said.get(name, "") for name in ("a", "b")}
    if kind == PERIODS:
        # Who reads all figures against last year means it here, too, until the page is told otherwise.
        chosen["a"] = chosen["a"] or (YEAR if asked.against == YEAR else "")
    form = Sides(chosen, kind=kind, choices=choices)
    if not form.is_valid():
        return kind, form, None
    first, second = form.cleaned_data["a"], form.cleaned_data.get("b", "")
    sides = {"by": kind if kind != PERIODS else "", "a": first, "b": second}
    back = {BACK: urlencode({name: value for name, value in (sides | asked.set).items() if value})}
    if kind == PERIODS:
        return kind, form, _periods(asked, first, back)
    if not first or not second:
        return kind, form, None
    names = dict(choices)
    return kind, form, (_side(asked, kind, first, names, back), _side(asked, kind, second, names, back))


def way_back(said: Mapping[str, str]) -> str:
    """The comparison a list of cases was opened from, by its address; empty where it was none."""
    asked = dict(parse_qsl(said.get(BACK, "")[:MOST]))
    known = {name: value for name, value in asked.items() if name in (*NAMES, "by", "a", "b")}
    return f"{HERE}?{urlencode(known)}" if known else HERE if BACK in said else ""


def sides_asked(said: Mapping[str, str]) -> dict[str, str]:
    """The parts of an address that say what is compared."""
    return {name: said[name] for name in SIDES if said.get(name)}


def sides_words(asked: Asked, said: Mapping[str, str], teams: Mapping[str, str]) -> str:
    """'Billing against Deliveries'; empty where it is not clear which two are meant."""
    sides = comparison(asked, said, teams)[2]
    return f"{sides[0].label} against {sides[1].label}" if sides else ""


def lines_of(page: Mapping[str, Any]) -> list[str]:
    """The rows of a comparison's page as lines of a letter: both sides, and how they differ."""
    return [
        f"{name}: {first.words}{f' of {first.of}' if first.of else ''} and {second.words}"
        f"{f' of {second.of}' if second.of else ''}. {between.words or 'Too few to tell'}"
        f"{f' ({between.under})' if between.under else ''}"
        for table in page.get("tables", ())
        for name, (first, second, between) in table.rows
    ]


def _teams(teams: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(slug, name) for slug, name in teams.items() if slug]


def _versions() -> list[tuple[str, str]]:
    rows = ProtocolVersion.objects.filter(published_at__isnull=False).order_by("-published_at", "-number")
    return [(label, label) for label in rows.values_list("label", flat=True)]


def _periods(asked: Asked, against: str, back: Mapping[str, str]) -> tuple[Side, Side]:
    now = replace(asked.period, against=BEFORE)
    then = now.a_year_earlier() if against == YEAR else now.before()
    return _of_days(asked, then, back), _of_days(asked, now, back)


def _of_days(asked: Asked, period: Period, back: Mapping[str, str]) -> Side:
    more = {"period": OWN, "from": period.first.isoformat(), "to": period.last.isoformat(), **back}
    return Side(Cohort(period, asked.scope), days_words(period), more)


def _side(asked: Asked, kind: str, name: str, names: Mapping[str, str], back: Mapping[str, str]) -> Side:
    if kind == TEAMS:
        return Side(Cohort(asked.period, replace(asked.scope, team=name)), names[name], {"team": name, **back})
    return Side(Cohort(asked.period, asked.scope, name), names[name], back)


# The page -----------------------------------------------------------------------------------------------------


def compare_page(
    asked: Asked, said: Mapping[str, str], teams: Mapping[str, str], topics: Mapping[str, str]
) -> dict[str, Any]:
    """What the template takes."""
    kind, form, sides = comparison(asked, said, teams)
    kept = sides_asked(said)
    context: dict[str, Any] = {
        "readings": readings_of(asked, kind),
        "sides": form,
        "kind": kind if kind != PERIODS else "",
        "kept": list(kept.items()),
        "set": list(asked.set.items()),
    }  # fmt: skip
    if sides is None:
        context["keep_url"] = ""  # half a comparison is none
        return context | {"choose": "" if form.errors else f"Choose two {kind} to set beside each other."}
    first, second = (side.cohort for side in sides)
    found, counted_to = lately(
        ("compare", first, second),
        lambda: _counted(first, second, asked),
        lambda both: sum(both.sizes),
        at=asked.at,
    )
    context["counted_to"] = counted_to
    if not any(found.sizes) and not any(one.n for pair in found.shares.values() for one in pair):
        return context | {
            "choose": "Nothing was filed on either side in this period. Choose a longer one, or fewer filters."
        }
    return context | {
        "csv_url": asked.link("/insights/compare.csv", **kept),
        "sentence": reading(sides, found),
        "remarks": [*team_remarks(asked, kind, teams), *mix_remarks(asked, found, topics, kept)],
        "tables": [table_of(asked, sides, found, asked.link("/insights/compare.csv", **kept))],
    }


def _counted(first: Cohort, second: Cohort, asked: Asked) -> Compared:
    """Both sides; what is asked most, a period and one before it, is read from whole days."""
    days = second.period
    ways = (BEFORE, YEAR) if days.days * DAY <= A_YEAR else (BEFORE,)
    if second == Cohort(days, asked.scope):
        for period in (replace(days, against=against) for against in ways):
            if first == Cohort(period.before(), asked.scope):
                return compared(period, KEYS, TIMES, asked.scope, at=asked.at)
    return compare(first, second, KEYS, TIMES, at=asked.at)


def reading(sides: tuple[Side, Side], found: Compared) -> str:
    """The page's first words: how many on each side, and what clearly differs."""
    first, second = found.sizes
    start = f"{sides[0].label}: {count_words(first, 'case')} filed; {sides[1].label}: {count_words(second, 'case')}. "
    if found.comparable is False:
        return f"{start}{NOT_COMPARABLE}."
    ways = _ways(found)
    clear = [f"{name} is {way}" for name, way in ways.items() if way]
    if clear:
        return f"{start}In the second, clearly: {'; '.join(clear)}."
    if all(way is None for way in ways.values()):
        return f"{start}There is too little to say whether anything differs."
    return f"{start}Nothing differs clearly."


def _way(first: Share, second: Share) -> str | None:
    return change(second, first) if min(first.n, second.n) >= COMPARED else None


def _time_way(first: Curve, second: Curve) -> str | None:
    """As `_way`, of medians: clear only where their intervals do not meet."""
    if min(first.n, second.n) < COMPARED:
        return None
    (low, high), (low_then, high_then) = first.interval(MEDIAN), second.interval(MEDIAN)
    if low_then is not None and high is not None and low_then > high:
        return "longer"
    return "shorter" if low is not None and high_then is not None and high_then < low else ""


def _ways(found: Compared) -> dict[str, str | None]:
    """How the second side clearly differs, figure by figure, shares and times; "" where it does not, None when too few."""
    words = {"up": "higher", "down": "lower"}
    shares = {MEASURES[key].name: _way(*pair) for key, pair in found.shares.items()}
    times = {DURATIONS[key].name: _time_way(*pair) for key, pair in found.times.items()}
    return {name: words.get(way or "", way) for name, way in shares.items()} | times


def team_remarks(asked: Asked, kind: str, teams: Mapping[str, str]) -> list[str]:
    """That a team was chosen above which two teams beside each other cannot heed."""
    if kind != TEAMS or not asked.scope.team:
        return []
    return [f"Two teams are set beside each other, so “Team: {teams[asked.scope.team]}” above does not count here."]


def mix_remarks(asked: Asked, found: Compared, topics: Mapping[str, str], kept: dict[str, str]) -> list[str]:
    """How alike the topics of both sides are, by the rule."""
    if asked.scope.topic:
        return []
    if found.comparable is None:
        return [f"Whether the topics of both are alike can be told from {MIX_FROM} cases on each side."]
    moved = percent(found.distance or 0)
    if found.comparable:
        return [
            f"The topics are alike enough: {moved} of the cases of one would have to be of another topic for both to have the same mix."
        ]
    shared = sorted(set(found.mix[0]) & set(found.mix[1]), key=lambda one: (-min(mix[one] for mix in found.mix), one))
    names = ", ".join(f"“{topics.get(one, one)}”" for one in shared[:WITHIN])
    return [
        f"{moved} of the cases of one would have to be of another topic for both to have the same mix; from {percent(MIX_MOST)} on no difference is said. "
        + (f"Choose one topic to compare within it: {names} are on both sides." if names else "")
    ]


def table_of(asked: Asked, sides: tuple[Side, Side], found: Compared, csv_url: str) -> Table:
    """Both sides and their difference, figure by figure."""
    rows = []
    for key, pair in found.shares.items():
        cells = [
            of_share(share, side.cases(asked, key, "hits"), side.cases(asked, key, "of"))
            for share, side in zip(pair, sides, strict=True)
        ]
        rows.append((MEASURES[key].name, [*cells, share_difference(pair, found.comparable)]))
    for key, curves in found.times.items():
        cells = [of_curve(curve, side.timed(asked, key), MEDIAN) for curve, side in zip(curves, sides, strict=True)]
        rows.append((f"{DURATIONS[key].name}: half within", [*cells, time_difference(curves, span, found.comparable)]))
    return Table(
        "compare", NOT_COMPARABLE if found.comparable is False else title_of(found),
        "The second against the first. A share differs clearly when the 95% interval of the difference leaves 0 out (Newcombe), a time when the "
        "intervals of the medians do not meet; with at least 10 on both sides.",
        "Figure", [sides[0].label, sides[1].label, "Difference"], rows, csv_url, "Fewer than 5 are not shown.",
    )  # fmt: skip


def title_of(found: Compared) -> str:
    ways = _ways(found).values()
    clear = sum(bool(way) for way in ways)
    if clear:
        return f"{count_words(clear, 'figure')} {'differs' if clear == 1 else 'differ'} clearly"
    return (
        "Too little to say whether anything differs" if all(way is None for way in ways) else "Nothing differs clearly"
    )


def share_difference(pair: tuple[Share, Share], comparable: bool | None) -> Cell:
    """'Higher: 3 to 15 points', 'No clear difference', or why nothing is said."""
    first, second = pair
    between = difference(second, first)
    if between is None:
        return Cell("", file=["", ""])
    low, high = between
    gap = second.hits / second.n - first.hits / first.n
    if comparable is False:
        return Cell("Not comparable", file=["", ""])
    reach = f"{points(low)} to {points(high)} points"
    words = {"up": "Higher", "down": "Lower", "": "No clear difference", None: "Too few to tell"}[_way(first, second)]
    return Cell(words, under=reach, file=["", "", gap, low, high])


def points(value: float) -> str:
    rounded = round(value * 100)
    return f"+{rounded}" if rounded > 0 else f"−{-rounded}" if rounded < 0 else "0"


def time_difference(pair: tuple[Curve, Curve], words: Callable[[float], str], comparable: bool | None) -> Cell:
    """Whether one median is clearly later: only where the intervals do not meet."""
    first, second = pair
    way = _time_way(first, second)
    if way is None:
        return Cell("Too few to tell" if first.n and second.n else "", file=["", ""])
    if comparable is False:
        return Cell("Not comparable", file=["", ""])
    return Cell(way.capitalize() or "No clear difference", file=["", ""])
