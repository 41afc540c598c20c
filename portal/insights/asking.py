"""What a reader asks the figures: the filter form, the period it means, and links that keep what is set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db.models import F, Value

from cases.models import Category, Severity, Team
from escalation.protocol import Rules
from feedback.figures import IMPORTED, LIVE, Scope
from feedback.periods import Period
from portal.insights.words import days_words

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
SCOPES = ("team", "level", "topic", "severity", "source")
NAMES = ("period", "from", "to", *SCOPES)


class Pick(forms.ChoiceField):
    """One of a list, the first of which stands for all and leaves no trace in the address."""

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
    """The bar above the figures. It is bound to the address, whatever that says."""

    use_required_attribute = False
    period = Pick(label="Period", choices=PERIODS)

    def __init__(self, data: Mapping[str, str], *, rules: Rules | None, today: date) -> None:
        super().__init__(data, auto_id="filter-%s")
        tiers = rules.protocol.tiers if rules else ()
        teams, topics = _named()
        if data.get("period") == OWN:
            self.fields |= {"from": Day("From"), "to": Day("To")}
        self.fields |= {
            "team": _pick("Team", "All teams", teams),
            "level": _pick("Level", "All levels", [(str(t.ordinal), f"{t.ordinal}: {t.name}") for t in tiers]),
            "topic": _pick("Topic", "All topics", topics),
            "severity": _pick("Severity", "All severities", [(str(v), str(name)) for v, name in Severity.choices]),
            "source": _pick("Source", "All cases", [(LIVE, "Filed here"), (IMPORTED, "Imported history")]),
        }
        self.today = today

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = said.get("from"), said.get("to")
        if first and last:
            if first > last:
                self.add_error("to", "“To” must not lie before “From”")
            elif (last - first).days >= LONGEST * 7:
                self.add_error("to", f"Choose at most {LONGEST} weeks at a time")
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
        """The days the form means; only of a form that is valid."""
        said, zone = self.cleaned_data, settings.COMPANY_TIME_ZONE
        if said["period"] == OWN:
            return Period(said["from"], said["to"], zone)
        if said["period"] == QUARTER:
            return Period(self.today.replace(month=(self.today.month - 1) // 3 * 3 + 1, day=1), self.today, zone)
        return Period.of_weeks(WEEKS[said["period"]], until=self.today, zone=zone)

    def scope(self) -> Scope:
        said = self.cleaned_data
        number = {name: int(said[name]) if said[name] else None for name in ("level", "severity")}
        return Scope(team=said["team"], topic=said["topic"], source=said["source"], **number)

    def words(self) -> str:
        """'Last 12 weeks · all teams', with every filter that is set."""
        said = self.cleaned_data
        period = self.period_asked()
        parts = [days_words(period) if said["period"] == OWN else dict(PERIODS)[said["period"]]]
        parts += [self._labels(name)[said[name]] for name in SCOPES if said[name]] or ["all teams"]
        return " · ".join(parts)


def _named() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Teams by name, and topics in the order customers see them, as (slug, name): one question for both."""
    fields, is_topic, order = ("is_topic", "order", "name", "slug"), Value(0), Value(0)
    teams = Team.objects.order_by().annotate(is_topic=is_topic, order=order).values_list(*fields)
    topics = Category.objects.order_by().annotate(is_topic=Value(1), order=F("position")).values_list(*fields)
    found: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for which, _, name, slug in sorted(teams.union(topics, all=True)):
        found[which].append((slug, name))
    return found


def _pick(label: str, everything: str, choices: Iterable[tuple[str, str]]) -> Pick:
    wrong = f"Choose a {label.lower()} from the list"
    return Pick(label=label, choices=[("", everything), *choices], error_messages={"invalid_choice": wrong})


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid question: what is set in the address, and what it means at `at`."""

    set: dict[str, str]
    period: Period
    scope: Scope
    words: str
    at: datetime

    def link(self, path: str, **more: str) -> str:
        """`path` asked the same question; `more` adds to it, an empty value takes away."""
        said = {name: value for name, value in (self.set | more).items() if value}
        return f"{path}?{urlencode(said)}" if said else path

    def cases(self, which: str, *, week: Period | None = None, more: dict[str, str] | None = None) -> str:
        """The address of the cases behind a number; `week` narrows it to those days."""
        said = {"which": which} | (more or {})
        if week is not None:
            said |= {"period": OWN, "from": week.first.isoformat(), "to": week.last.isoformat()}
        return self.link("/insights/cases/", **said)


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
