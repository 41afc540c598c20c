"""What a reader asks the figures: the filter form, the period it means, and links that keep what is set.

Who sees figures of some teams only is asked here whose they are, and nowhere else: `Filters.scope` holds it, whatever
the address says, and every number is counted of a scope.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cases import brand
from cases.access import figure_teams_of
from cases.languages import kept_code, own_names
from cases.models import Category, Severity, Team, User
from escalation.protocol import Rules
from feedback.figures import IMPORTED, LIVE, Scope
from feedback.gaps import seen_by
from feedback.handlers import Mix
from feedback.periods import A_YEAR, BEFORE, NONE, WEEK, YEAR, Period
from portal.insights.words import AGAINST_WORDS, days_words, listed_words, mix_words

OWN, QUARTER = "custom", "quarter"
WEEKS = {"": 12, "4w": 4, "52w": 52}
PERIODS = (
    ("", "Last 12 weeks"),
    ("4w", "Last 4 weeks"),
    ("52w", "Last 52 weeks"),
    (QUARTER, "This quarter so far"),
    (OWN, "My own dates"),
)
LONGEST = 53  # weeks: a longer line could not be read
YEARS = (2000, 2100)
AGAINST = "against"
#: What figures may be compared with, and how the line of filters says it; of what is always so it says nothing.
COMPARED_WITH = (
    (BEFORE, "The period before", ""),
    (YEAR, "Last year’s weeks", f"against {AGAINST_WORDS[YEAR]}"),
    (NONE, "Nothing", "compared with nothing"),
)
SCOPES = ("team", "level", "topic", "severity", "handler", "language", "source")
#: Of these the form has nothing to offer where there is nobody, or nothing, to choose between.
SOMETIMES = ("handler", "language")
NAMES = ("period", "from", "to", AGAINST, *SCOPES)


SELECTED = SafeString(" selected")


class Picker(forms.Select):
    """A flat list, written at once: through templates each choice takes five times as long, on every page of figures."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if str(key) == chosen else "", label) for key, label in self.choices),
        )
        more = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<select name="{}"{}>{}</select>', name, more, options)


class Pick(forms.ChoiceField):
    """One of a list, the first of which stands for all and leaves no trace in the address."""

    widget = Picker

    def clean(self, value: Any) -> str:
        return "" if value in (None, "") else super().clean(value)


class Day(forms.DateField):
    """A day, as browsers write it."""

    def __init__(self, label: str) -> None:
        wrong = f"“{label}” must be a date, like 2026-03-31"
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(
            label=label, widget=widget, input_formats=["%Y-%m-%d"], error_messages={"required": wrong, "invalid": wrong}
        )

    def clean(self, value: Any) -> date:
        day = super().clean(value)
        if not YEARS[0] <= day.year <= YEARS[1]:
            raise forms.ValidationError(f"“{self.label}” must lie between the years {YEARS[0]} and {YEARS[1]}")
        return day


class Names(NamedTuple):
    """What topics, teams and levels are called, by what stands for them in an address."""

    topics: dict[str, str]
    teams: dict[str, str]
    levels: dict[str, str]


class Filters(forms.Form):
    """The bar above the figures. It is bound to the address, whatever that says; `by` is who asks."""

    use_required_attribute = False
    period = Pick(label="Period", choices=PERIODS, error_messages={"invalid_choice": "Choose a period from the list"})

    def __init__(self, data: Mapping[str, str], *, rules: Rules | None, today: date, by: User) -> None:
        super().__init__(data, auto_id="filter-%s")
        tiers = rules.protocol.tiers if rules else ()
        self.only = figure_teams_of(by)
        teams, topics, people = _named(by, self.only)
        if data.get("period") == OWN:
            self.fields |= {"from": Day("From"), "to": Day("To")}
        self.fields |= {
            AGAINST: Pick(
                label="Compare with",
                choices=[(value, label) for value, label, _ in COMPARED_WITH],
                error_messages={"invalid_choice": "Choose from the list what to compare with"},
            ),
            "team": _pick("Team", "All teams" if self.only is None else "All set for you", teams),
            "level": _pick("Level", "All levels", [(str(t.ordinal), f"{t.ordinal}: {t.name}") for t in tiers]),
            "topic": _pick("Topic", "All topics", topics),
            "severity": _pick("Severity", "All severities", [(str(v), str(name)) for v, name in Severity.choices]),
            "handler": _pick("Handler", "All handlers", people),
            "language": _pick("Language", "All languages", [(kept_code(code), name) for code, name in own_names()]),
            "source": _pick("Source", "All cases", [(LIVE, "Filed here"), (IMPORTED, "Imported history")]),
        }
        for name in SOMETIMES:
            choices: Any = self.fields[name]
            if len(choices.choices) < (3 if name == "language" else 2):
                self.fields[name].widget = forms.HiddenInput()
        self.today = today

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = said.get("from"), said.get("to")
        if first and last:
            if first > last:
                self.add_error("to", "“To” must not lie before “From”")
            elif (last - first).days >= LONGEST * 7:
                self.add_error("to", f"Choose at most {LONGEST} weeks at a time")
            elif said.get(AGAINST) == YEAR and last - first >= A_YEAR:
                self.add_error(AGAINST, f"To compare with last year, choose at most {A_YEAR // WEEK} weeks at a time")
        return said

    @property
    def topics(self) -> dict[str, str]:
        """Topics as customers know them, by slug."""
        return self._labels("topic")

    @property
    def names(self) -> Names:
        """What the figures call topics, teams and levels."""
        return Names(self.topics, self._labels("team"), self._labels("level"))

    def _labels(self, name: str) -> dict[str, str]:
        choices: Any = self.fields[name]
        return {str(value): str(label) for value, label in choices.choices}

    def period_asked(self) -> Period:
        """The days the form means, and what they are compared with; only of a form that is valid."""
        return replace(self._days(), against=self.cleaned_data[AGAINST])

    def _days(self) -> Period:
        said, zone = self.cleaned_data, settings.COMPANY_TIME_ZONE
        if said["period"] == OWN:
            return Period(said["from"], said["to"], zone)
        if said["period"] == QUARTER:
            return Period(self.today.replace(month=(self.today.month - 1) // 3 * 3 + 1, day=1), self.today, zone)
        return Period.of_weeks(WEEKS[said["period"]], until=self.today, zone=zone)

    def scope(self) -> Scope:
        said = self.cleaned_data
        number = {name: int(said[name]) if said[name] else None for name in ("level", "severity", "handler")}
        named = {name: said[name] for name in ("team", "topic", "language", "source")}
        return Scope(only=self.only, **(named | number))

    def words(self, mix: Mix | None = None) -> str:
        """'Last 12 weeks · all teams', with every filter that is set, and the case mix of one person beside their name."""
        said = self.cleaned_data
        period = self.period_asked()
        parts = [days_words(period) if said["period"] == OWN else dict(PERIODS)[said["period"]]]
        named = {name: self._labels(name)[said[name]] for name in SCOPES if said[name]}
        if mix is not None:
            named["handler"] += f" ({mix_words(mix)})"
        parts += named.values()
        if self.only is not None:
            parts.append(only_words([name for slug, name in self.names.teams.items() if slug]))
        return " · ".join(parts if len(parts) > 1 else [*parts, "all teams"])


def only_words(teams: Sequence[str]) -> str:
    """'Only Cards and Payments, as set for you'."""
    return f"Only {listed_words(teams)}, as set for you" if teams else "No team, as set for you"


Named = list[tuple[str, str]]


def _named(by: User, only: tuple[str, ...] | None) -> tuple[Named, Named, Named]:
    """Teams by name, topics in the order customers see them, and people by name, as (what stands in an address, name).

    One question for all three: those teams and people `by` may know of. The brand is looked after in the same, or each page
    would ask for it besides.
    """
    fields = ("which", "order", "named", "key")
    teams = Team.objects.order_by() if only is None else Team.objects.order_by().filter(slug__in=only)
    people = User.objects.order_by().filter(seen_by(by), is_staff=True).exclude(name="")
    rows = (
        (teams, Value(0), "slug"),
        (Category.objects.order_by(), F("position"), "slug"),
        (people, Value(0), Cast("pk", CharField())),
        (brand.newest_alone(), F("number"), Cast("number", CharField())),
    )
    parts = [
        of.annotate(which=Value(number), order=order, named=F("name"), key=F(key) if isinstance(key, str) else key)
        for number, (of, order, key) in enumerate(rows)
    ]
    first, *more = (of.values_list(*fields) for of in parts)
    found: tuple[Named, Named, Named, Named] = ([], [], [], [])
    for which, _, name, key in sorted(first.union(*more, all=True)):
        found[which].append((key, name))
    *offered, revisions = found
    brand.seen(int(revisions[0][0]) if revisions else None)
    return offered[0], offered[1], offered[2]


def _pick(label: str, everything: str, choices: Iterable[tuple[str, str]]) -> Pick:
    wrong = f"Choose a {label.lower()} from the list"
    return Pick(label=label, choices=[("", everything), *choices], error_messages={"invalid_choice": wrong})


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid question: what is set in the address, and what it means at `at`."""

    set: dict[str, str]
    period: Period
    scope: Scope
    words: str  # which cases of which days: whatever they are compared with
    at: datetime

    @property
    def against(self) -> str:
        """What the period is compared with, as Period has it."""
        return self.period.against

    @property
    def said(self) -> str:
        """Its words, and what it is compared with where that was chosen: what stands above figures that are compared."""
        chosen = next(words for value, _, words in COMPARED_WITH if value == self.against)
        return f"{self.words} · {chosen}" if chosen else self.words

    def link(self, path: str, **more: str) -> str:
        """`path` asked the same question; `more` adds to it, an empty value takes away."""
        said = {name: value for name, value in (self.set | more).items() if value}
        return f"{path}?{'&'.join(itertools.starmap(_pair, said.items()))}" if said else path

    def cases(self, which: str, *, week: Period | None = None, more: dict[str, str] | None = None) -> str:
        """The address of the cases behind a number; `week` narrows it to those days."""
        said = {"which": which} | (more or {})
        if week is not None:
            said |= {"period": OWN, "from": week.first.isoformat(), "to": week.last.isoformat()}
        return self.link("/insights/cases/", **said)


@lru_cache(maxsize=2048)
def _pair(name: str, value: str) -> str:
    """As it stands in an address. A table has hundreds of links that ask the same question."""
    return urlencode({name: value})


def today_at(at: datetime) -> date:
    """The company's day at `at`: figures are the same for everybody, wherever they read them."""
    return at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


def data_of(said: Mapping[str, str], today: date) -> dict[str, str]:
    """What is set in an address, with the days of own dates filled in when they were just chosen."""
    data = {name: said[name].strip() for name in NAMES if said.get(name, "").strip()}
    dates = {"from", "to"} & data.keys()
    if data.get("period") == OWN and not dates:
        period = Period.of_weeks(WEEKS[""], until=today, zone=settings.COMPANY_TIME_ZONE)
        data |= {"from": period.first.isoformat(), "to": period.last.isoformat()}
    elif data.get("period") != OWN and dates:
        data = {name: value for name, value in data.items() if name not in dates}
    return data
