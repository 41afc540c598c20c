"""The editor's forms: what they share, and those for the matrix and for single values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404

from cases.models import Category, Severity
from cases.models.case import Impact
from escalation.models import ProtocolVersion
from escalation.protocol import ANY, TARGETS, Cell, MissingCell, Protocol
from escalation.worktime import ROUND_THE_CLOCK
from portal.console import protocol_edits as edits
from portal.console import protocol_fields as fields
from portal.console.protocol_words import TIMES, TOLD, Names
from portal.forms import OneLine, Plain


@dataclass(frozen=True)
class Desk:
    """A draft on the table: its document as read, the names behind it, and the place that is edited."""

    version: ProtocolVersion
    protocol: Protocol
    names: Names
    place: Mapping[str, str]

    @property
    def document(self) -> dict[str, Any]:
        return self.version.document

    def number(self, name: str, most: int) -> int:
        """A place of 1 to `most` from the address; 404 for anything else."""
        text = self.place.get(name, "")
        if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= most:
            raise Http404
        return int(text)

    def level(self) -> int:
        return self.number("level", self.protocol.top)

    def topic(self) -> str:
        """A topic the address names, or all of them."""
        slug = self.place.get("topic", ANY)
        if slug != ANY and slug not in self.names.topics and not any(slug == row for row, _, _ in self.protocol.matrix):
            raise Http404
        return slug

    def cell(self, key: edits.Key) -> Cell:
        """The cell that counts at a place now; 404 where there is none to start from."""
        try:
            return self.protocol.cell(*key)
        except MissingCell:
            near = [cell for (_, _, tier), cell in sorted(self.protocol.matrix.items()) if tier == key[2]]
            if not near:
                raise Http404 from None
            return near[0]


class EditForm(Plain):
    """One small page of the editor. `seen` is the revision of the draft that was on the page."""

    title, lead, done, button = "", "", "Saved in the draft.", "Save in the draft"
    template = "console/protocol/edit.html"
    part = ""  # where on the version's page it belongs
    stays = False  # after saving the same page comes again
    asked: tuple[str, ...] = ()  # fields that are answered anew each time, not read from the draft
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.desk = desk
        self.prepare()
        self.initial = {"seen": desk.version.revision, **self.initial}

    def prepare(self) -> None:
        """Fills choices and first values from the draft."""

    def edited(self) -> edits.Document:
        """The document with what was typed. Raises edits.Impossible."""
        raise NotImplementedError

    @property
    def heading(self) -> str:
        return self.title

    @property
    def groups(self) -> list[dict[str, Any]]:
        """Fields under headings, in the order of the page."""
        return [{"heading": "", "hint": "", "fields": self.visible_fields()}]

    def group(self, heading: str, names: list[str], hint: str = "", **more: Any) -> dict[str, Any]:
        found = [self[name] for name in names if name in self.fields]
        return {"heading": heading, "hint": hint, "fields": found, **more}

    def span(self, name: str, seconds: int | None, calendar: Any) -> None:
        """First value of a time."""
        if seconds is not None:
            number, unit = fields.span_of(seconds, calendar)
            self.initial[name] = [number, unit]
            if unit == "seconds":
                self.fields[name].offer_seconds()  # type: ignore[attr-defined]

    def in_seconds(self, said: dict[str, Any], names: Mapping[str, Any]) -> dict[str, int | None]:
        """The times of these fields (name: calendar) in seconds; what is wrong stands beside its field."""
        found: dict[str, int | None] = {}
        for name, calendar in names.items():
            span = said.get(name)
            try:
                found[name] = span.seconds(calendar) if span else None
            except forms.ValidationError as why:
                self.add_error(name, why)
        return found


class CellForm(EditForm):
    """The times of one severity at one level."""

    part, asked = "matrix", ("more", "levels", "severities", "everything")
    review = fields.SpanField(TIMES["review"], help_text="Until somebody has read the case and set its priority.")
    acknowledge = fields.SpanField(
        TIMES["acknowledge"], help_text="Until a named person has it. The customer is told who."
    )
    update = fields.SpanField(TIMES["update"], help_text="The customer hears from us at least this often.")
    refer_up = fields.SpanField(
        TIMES["refer_up"], help_text="How long this level may hold a case before it goes one level up."
    )
    resolve = fields.SpanField(TIMES["resolve"], help_text="When the customer should have an answer.")
    calendar = forms.ChoiceField(label="Counted on", help_text="")
    told = forms.MultipleChoiceField(
        label="Who of ours is told of a missed time", required=False, widget=forms.CheckboxSelectMultiple
    )
    more = forms.ChoiceField(label="And also", required=False)
    levels = forms.MultipleChoiceField(label="Other levels", required=False, widget=forms.CheckboxSelectMultiple)
    severities = forms.MultipleChoiceField(
        label="Other severities", required=False, widget=forms.CheckboxSelectMultiple
    )
    everything = forms.BooleanField(label="Copy all of these times, not only what I change", required=False)

    def prepare(self) -> None:
        desk, names = self.desk, self.desk.names
        self.key = (desk.topic(), desk.number("severity", 4), desk.level())
        cell, form = desk.cell(self.key), self.fields
        calendar = names.calendars.get(cell.calendar, ROUND_THE_CLOCK)
        if self.key[2] == desk.protocol.top:
            del form["refer_up"]
        for name in TARGETS:
            if name in form:
                self.span(name, getattr(cell, name), calendar)
        form["calendar"].choices = fields.calendar_choices(names, cell.calendar)  # type: ignore[attr-defined]
        form["calendar"].help_text = self.days_hint()
        others = [address for address in cell.told if address not in TOLD]
        form["told"].choices = [*TOLD.items(), *((one, names.address(one)) for one in others)]  # type: ignore[attr-defined]
        form["more"].choices = [("", "Nobody else"), *fields.target_choices(names)]  # type: ignore[attr-defined]
        form["levels"].choices = [  # type: ignore[attr-defined]
            (str(t.ordinal), f"Level {t.ordinal}: {t.name}") for t in desk.protocol.tiers if t.ordinal != self.key[2]
        ]
        form["severities"].choices = [(str(n), word) for n, word in Severity.choices if n != self.key[1]]  # type: ignore[attr-defined]
        self.initial.update(calendar=cell.calendar, told=list(cell.told))

    def days_hint(self) -> str:
        """What an hour and a day are on each calendar."""
        each = [
            f"{self.desk.names.calendar(key)}: a day has {self.desk.names.spell(round(calendar.day_hours * 3600))}"
            for key, calendar in sorted(self.desk.names.calendars.items())
        ]
        return f"Only its open hours count. {'. '.join(each)}."

    @property
    def heading(self) -> str:
        topic, severity, level = self.key
        about = "" if topic == ANY else f" · {self.desk.names.topic(topic)}"
        return f"{Severity(severity).label}, level {level}: {self.desk.protocol.tier(level).name}{about}"

    @property
    def groups(self) -> list[dict[str, Any]]:
        hint = "Tick where the same change should be made. Only what you change above is copied."
        return [
            self.group("Times", [*TARGETS, "calendar"], pairs=True),
            self.group("When one of these times is missed", ["told", "more"]),
            self.group("Apply it also to", ["levels", "severities", "everything"], hint, folded=not self.also),
        ]

    @property
    def also(self) -> bool:
        return self.is_bound and any(self[name].value() for name in self.asked[1:])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        calendar = fields.calendar_of(said.get("calendar", ""), self.desk.names.calendars)
        self.times = self.in_seconds(said, {name: calendar for name in TARGETS if name in self.fields})
        return said

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        told = tuple(dict.fromkeys((*said["told"], *([said["more"]] if said["more"] else []))))
        new = Cell(calendar=said["calendar"], told=told, **{"refer_up": None} | self.times)  # type: ignore[arg-type]
        return edits.change_cell(
            self.desk.document, self.key, new, found=self.desk.cell, levels=[int(n) for n in said["levels"]],
            severities=[int(n) for n in said["severities"]], everything=said["everything"],
        )  # fmt: skip


class OwnRowForm(EditForm):
    """Gives a topic times of its own."""

    title, part, button = "Times of its own for a topic", "matrix", "Add the rows"
    lead = "The topic starts with the times that count for it now. Change them afterwards, cell by cell."
    done = "The topic has rows of its own. Change their times below."
    topic = forms.ChoiceField(label="Topic", error_messages={"required": "Choose a topic."})
    severities = forms.MultipleChoiceField(
        label="For which severities?", choices=Severity.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one severity."},
    )  # fmt: skip

    def prepare(self) -> None:
        names = self.desk.names
        self.fields["topic"].choices = [("", "Choose a topic"), *((slug, names.topics[slug]) for slug in names.active)]  # type: ignore[attr-defined]
        self.initial["severities"] = [str(n) for n in Severity.values]

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        return edits.add_own_row(
            self.desk.document, said["topic"], [int(n) for n in said["severities"]], found=self.desk.cell
        )


class DropRowForm(EditForm):
    """Takes a topic's own times away."""

    part, button = "matrix", "Take its times away"
    done = "The topic has no times of its own any more."

    @property
    def heading(self) -> str:
        return f"Take away the times of “{self.desk.names.topic(self.desk.topic())}”"

    @property
    def lead(self) -> str:  # type: ignore[override]
        above = [slug for slug in self.desk.protocol.lineage(self.desk.topic())[1:] if slug in self._own()]
        return f"Its cases then get the times of {self.desk.names.topic(above[0]) if above else 'every topic'}."

    def _own(self) -> set[str]:
        return {row for row, _, _ in self.desk.protocol.matrix}

    def prepare(self) -> None:
        if self.desk.topic() not in self._own():
            raise Http404

    def edited(self) -> edits.Document:
        return edits.drop_own_row(self.desk.document, self.desk.topic())


class WindowsForm(EditForm):
    """Times that do not depend on the matrix."""

    title, part = "Other times", "windows"
    calendar = forms.ChoiceField(label="The first three are counted on")
    lapse = fields.SpanField("A question to the customer stays open for", help_text="Then the case closes.")
    nudge = fields.SpanField("They are reminded before that")
    confirm = fields.SpanField("An answer waits for yes or no for", help_text="Then the case closes.")
    reopen = fields.SpanField("A settled case can be reopened for", help_text="Round the clock.")
    survey_after_yes = fields.SpanField("The survey goes after a yes in", help_text="Round the clock.")
    survey_after_silence = fields.SpanField("The survey goes after silence in", help_text="Round the clock.")
    ON_CALENDAR, ROUND = ("lapse", "nudge", "confirm"), ("survey_after_yes", "survey_after_silence", "reopen")

    def prepare(self) -> None:
        windows, names = self.desk.protocol.windows, self.desk.names
        calendar = names.calendars.get(windows.calendar, ROUND_THE_CLOCK)
        for name in (*self.ON_CALENDAR, *self.ROUND):
            self.span(name, getattr(windows, name), calendar if name in self.ON_CALENDAR else ROUND_THE_CLOCK)
        self.fields["calendar"].choices = fields.calendar_choices(names, windows.calendar)  # type: ignore[attr-defined]
        self.initial["calendar"] = windows.calendar

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        calendar = fields.calendar_of(said.get("calendar", ""), self.desk.names.calendars)
        on = dict.fromkeys(self.ON_CALENDAR, calendar) | dict.fromkeys(self.ROUND, ROUND_THE_CLOCK)
        self.times = self.in_seconds(said, on)
        return said

    def edited(self) -> edits.Document:
        values = {"calendar": self.cleaned_data["calendar"], **self.times}
        return edits.put_parts(self.desk.document, "windows", values)


class ImpactForm(EditForm):
    """The severity each of the customer's own words leads to."""

    title, part = "How urgent is what customers say?", "impact"
    lead = "Customers choose one of these sentences. It sets the severity until somebody of ours looks at the case."

    def prepare(self) -> None:
        known = dict(Impact.choices)
        for word in dict.fromkeys((*known, *self.desk.protocol.impact)):
            self.fields[f"say_{word}"] = forms.TypedChoiceField(
                label=f"“{known.get(word, word)}”", coerce=int, choices=Severity.choices, error_messages={"required": "Choose a severity."}
            )  # fmt: skip
            self.initial[f"say_{word}"] = self.desk.protocol.impact.get(word)

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        values = {name.removeprefix("say_"): value for name, value in said.items() if name.startswith("say_")}
        return edits.put_parts(self.desk.document, "impact", values)


class FastLaneForm(EditForm):
    """The level an emergency goes to at once."""

    title, part = "Emergency fast lane", "fast-lane"
    lead = (
        "Anybody of ours can call a case an emergency. It becomes critical and goes to this level at once, past those "
        "below; the reason is asked afterwards."
    )
    tier = forms.ChoiceField(label="An emergency goes at once to", widget=forms.RadioSelect, required=False)

    def prepare(self) -> None:
        levels = [(str(t.ordinal), f"Level {t.ordinal}: {t.name}") for t in self.desk.protocol.tiers]
        self.fields["tier"].choices = [("", "There is no fast lane"), *levels]  # type: ignore[attr-defined]
        self.initial["tier"] = str(self.desk.protocol.fast_tier or "")

    def edited(self) -> edits.Document:
        return edits.put_fast_lane(self.desk.document, int(self.cleaned_data["tier"] or 0) or None)


class OwnForm(EditForm):
    """The protocol's name and currency."""

    title, part = "Name and currency", "own"
    name = OneLine(label="Name", max_length=80, error_messages={"required": "Give the protocol a name."})
    currency = OneLine(
        label="Currency of the refund limits", max_length=12, required=False, help_text="Shown beside every limit: GBP, EUR, $."
    )  # fmt: skip

    def prepare(self) -> None:
        self.initial.update(name=self.desk.protocol.name, currency=self.desk.protocol.currency)

    def edited(self) -> edits.Document:
        return edits.put_own(self.desk.document, self.cleaned_data["name"], self.cleaned_data["currency"])


def topic_choices(names: Names) -> list[tuple[str, str]]:
    """Topics customers can choose, then the others."""
    rest = [slug for slug in Category.objects.values_list("slug", flat=True) if slug not in names.active]
    return [(slug, names.topic(slug)) for slug in (*names.active, *rest)]
