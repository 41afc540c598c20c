"""The editor's forms for tables and rules: where a case starts, topics, skills, guidelines."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.text import slugify

from cases.models import Severity, User
from escalation.protocol import Topic
from escalation.worktime import ROUND_THE_CLOCK
from portal.console import protocol_edits as edits
from portal.console import protocol_fields as fields
from portal.console.forms import COMPLEXITY
from portal.console.protocol_forms import EditForm, topic_choices
from portal.console.protocol_levels import PressForm
from portal.console.protocol_words import POLICIES, VERDICTS
from portal.forms import Lines, OneLine

NO_MATTER = "It does not matter"
NONE = "(none)"  # how the segment of a customer without one is written


class EntryForm(EditForm):
    """The level a case starts at, by severity and complexity."""

    title, part, template = "Where a case starts", "entry", "console/protocol/table.html"
    lead = "The level a new case goes to, by how urgent and how complex it is."
    columns = [f"Complexity {word}" for _, word in COMPLEXITY]
    corner = "Severity"

    def prepare(self) -> None:
        levels = [("", "Choose"), *((str(t.ordinal), f"{t.ordinal}. {t.name}") for t in self.desk.protocol.tiers)]
        for severity, word in Severity.choices:
            for complexity, _ in COMPLEXITY:
                name = f"start_{severity}_{complexity}"
                wrong = f"Choose a level for {word}, complexity {complexity}."
                self.fields[name] = forms.ChoiceField(
                    label=f"{word}, complexity {complexity}", choices=levels, error_messages={"required": wrong}
                )
                self.initial[name] = str(self.desk.protocol.entry.get((severity, complexity), ""))

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {"name": word, "cells": [self[f"start_{severity}_{complexity}"] for complexity, _ in COMPLEXITY]}
            for severity, word in Severity.choices
        ]

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        pairs = [(s, c) for s in Severity.values for c, _ in COMPLEXITY]
        return edits.put_entry(self.desk.document, {(s, c): int(said[f"start_{s}_{c}"]) for s, c in pairs})


class TopicsForm(EditForm):
    """What is said of each topic."""

    title, part, template = "Topics", "topics", "console/protocol/table.html"
    lead = "A topic under another one gets its times, its skill and its rule for passing up, unless it has its own."
    columns = ["Under", "Passing up by hand", "Skill it needs"]
    corner = "Topic"

    def prepare(self) -> None:
        names, protocol = self.desk.names, self.desk.protocol
        self.slugs = list(dict.fromkeys((*names.active, *protocol.topics)))
        for slug in self.slugs:
            topic, word = protocol.topics.get(slug, Topic()), names.topic(slug)
            above = [(other, name) for other, name in topic_choices(names) if other != slug]
            if topic.under and topic.under not in names.topics:
                above.append((topic.under, names.topic(topic.under)))
            self.fields[f"under_{slug}"] = forms.ChoiceField(
                label=f"{word}: under", choices=[("", "-"), *above], required=False
            )
            self.fields[f"escalation_{slug}"] = forms.ChoiceField(
                label=f"{word}: passing up by hand", choices=POLICIES.items()
            )
            self.fields[f"skill_{slug}"] = OneLine(
                label=f"{word}: skill it needs", max_length=40, required=False, widget=forms.TextInput(attrs={"list": "skills", "autocomplete": "off"})
            )  # fmt: skip
            self.initial.update({
                f"under_{slug}": topic.under or "", f"escalation_{slug}": topic.escalation, f"skill_{slug}": topic.skill or "",
            })  # fmt: skip

    @property
    def rows(self) -> list[dict[str, Any]]:
        parts = ("under", "escalation", "skill")
        return [
            {"name": self.desk.names.topic(s), "cells": [self[f"{part}_{s}"] for part in parts]} for s in self.slugs
        ]

    @property
    def suggestions(self) -> list[str]:
        """Skills that are named somewhere already."""
        protocol = self.desk.protocol
        named = {skill for have in protocol.skills.values() for skill in have}
        return sorted(named | {topic.skill for topic in protocol.topics.values() if topic.skill})

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        under = {slug: said.get(f"under_{slug}") for slug in self.slugs}
        for slug in self.slugs:
            seen, above = {slug}, under[slug]
            while above and above not in seen:
                seen.add(above)
                above = under.get(above)
            if above == slug:
                self.add_error(f"under_{slug}", f"“{self.desk.names.topic(slug)}” would stand under itself.")
        return said

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        rows = {s: {part: said[f"{part}_{s}"] for part in ("under", "escalation", "skill")} for s in self.slugs}
        return edits.put_topics(self.desk.document, rows)


class SkillsForm(EditForm):
    """What each team can do that not everybody can."""

    title, part, template = "Skills of teams", "skills", "console/protocol/table.html"
    lead = "A topic that needs a skill goes to the first team of the level that has it, else to the level's own team."
    columns = ["Skills, separated by commas"]
    corner = "Team"

    def prepare(self) -> None:
        protocol, names = self.desk.protocol, self.desk.names
        of_levels = [team for tier in protocol.tiers for team in tier.all_teams]
        self.teams = list(dict.fromkeys((*of_levels, *protocol.skills, *names.teams)))
        for team in self.teams:
            self.fields[f"skills_{team}"] = OneLine(
                label=names.team(team), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
            )  # fmt: skip
            self.initial[f"skills_{team}"] = ", ".join(protocol.skills.get(team, ()))

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [{"name": self.desk.names.team(team), "cells": [self[f"skills_{team}"]]} for team in self.teams]

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        listed = {team: comma_list(said[f"skills_{team}"]) for team in self.teams}
        return edits.put_skills(self.desk.document, listed)


class GuidelinesForm(PressForm):
    """The guidelines as a list."""

    title, part, template = "Guidelines for passing up", "guidelines", "console/protocol/guidelines.html"
    lead = "What staff read on a case: whether they must, should or may pass it up, and why. The strongest one shows."

    def edited(self) -> edits.Document:
        verb, place = self.pressed()
        if verb == "drop":
            return edits.drop_guideline(self.desk.document, place)
        return edits.move_guideline(self.desk.document, place, -1 if verb == "up" else 1)

    @property
    def rules(self) -> list[dict[str, Any]]:
        return [
            {"number": n, "rule": rule, "when": self.desk.names.conditions(rule.when)}
            for n, rule in enumerate(self.desk.protocol.guidelines, start=1)
        ]


def number_of(label: str, help_text: str = "") -> forms.IntegerField:
    wrong = "Enter a whole number from 1 to 99, or leave it empty."
    errors = dict.fromkeys(("invalid", "min_value", "max_value"), wrong)
    return forms.IntegerField(
        label=label, min_value=1, max_value=99, required=False, help_text=help_text, error_messages=errors
    )


class GuidelineForm(EditForm):
    """One guideline: how strong, when, why."""

    part = "guidelines"
    verdict = forms.ChoiceField(
        label="Staff …", choices=[(v, f"{word} pass the case up") for v, word in VERDICTS.items()], widget=forms.RadioSelect,
        error_messages={"required": "Choose must, should or may."},
    )  # fmt: skip
    because = Lines(
        label="Why?", max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text="One sentence; staff read it on the case.",
        error_messages={"required": "Write why: staff read it on the case."},
    )  # fmt: skip
    severity_at_most = forms.ChoiceField(label="The severity is", required=False)
    complexity_at_least = forms.ChoiceField(label="The complexity is", required=False)
    tier_at_most = forms.ChoiceField(label="The case is at", required=False)
    rejections_at_least = number_of("The customer said “not fixed” at least this often")
    broken_at_least = number_of("At least this many promises were broken")
    open_longer_than = fields.SpanField(
        "The case is open for longer than", units=fields.ALL_UNITS, required=False, help_text="Round the clock."
    )
    supervisor_asked = forms.ChoiceField(
        label="The customer asked for a supervisor", required=False, choices=(("", NO_MATTER), ("yes", "Yes"), ("no", "No")),
    )  # fmt: skip
    categories = forms.MultipleChoiceField(
        label="The topic is one of these, or under one", required=False, widget=forms.CheckboxSelectMultiple
    )
    segments = OneLine(
        label="The customer's segment is one of", max_length=300, required=False, help_text="Separated by commas."
    )
    name = OneLine(
        label="Short name", max_length=60, required=False, help_text="Kept in the log when somebody decides otherwise. Made from the reason when left empty."
    )  # fmt: skip
    CONDITIONS = (
        "severity_at_most", "complexity_at_least", "tier_at_most", "supervisor_asked", "rejections_at_least", "broken_at_least",
        "open_longer_than", "segments", "categories",
    )  # fmt: skip

    def prepare(self) -> None:
        rules, form = self.desk.protocol.guidelines, self.fields
        self.number = self.desk.number("rule", len(rules)) if "rule" in self.desk.place else None
        rule = rules[self.number - 1] if self.number else None
        nothing = ("", NO_MATTER)
        form["severity_at_most"].choices = [nothing, *((str(n), f"{w}{' or more urgent' if n > 1 else ''}") for n, w in Severity.choices)]  # type: ignore[attr-defined] # fmt: skip
        form["complexity_at_least"].choices = [nothing, *((str(n), f"{w}{' or more' if n < 3 else ''}") for n, w in COMPLEXITY)]  # type: ignore[attr-defined] # fmt: skip
        form["tier_at_most"].choices = [nothing, *((str(t.ordinal), f"Level {t.ordinal}{' or below' if t.ordinal > 1 else ''}") for t in self.desk.protocol.tiers)]  # type: ignore[attr-defined] # fmt: skip
        listed = topic_choices(self.desk.names)
        gone = [slug for slug in (rule.when.get("categories", []) if rule else []) if slug not in dict(listed)]
        form["categories"].choices = [*listed, *((slug, self.desk.names.topic(slug)) for slug in gone)]  # type: ignore[attr-defined]
        known = sorted({*User.objects.exclude(segment="").values_list("segment", flat=True).distinct()})
        form["segments"].help_text = f"Separated by commas. Known: {', '.join((*known, NONE))}."
        if rule:
            self._fill(rule)

    def _fill(self, rule: Any) -> None:
        when = dict(rule.when)
        self.span("open_longer_than", when.pop("open_longer_than", None), ROUND_THE_CLOCK)
        if "supervisor_asked" in when:
            when["supervisor_asked"] = "yes" if when["supervisor_asked"] else "no"
        when["segments"] = ", ".join(one or NONE for one in when.get("segments", ()))
        self.initial.update(verdict=rule.verdict, because=rule.because, name=rule.id, **when)

    @property
    def heading(self) -> str:
        return f"Guideline {self.number}" if self.number else "A new guideline"

    @property
    def groups(self) -> list[dict[str, Any]]:
        hint = "All that you fill in has to hold. Fill in at least one; leave the rest."
        return [
            self.group("", ["verdict"]),
            self.group("When", list(self.CONDITIONS), hint, pairs=True),
            self.group("", ["because", "name"]),
        ]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        self.times = self.in_seconds(said, {"open_longer_than": ROUND_THE_CLOCK})
        if not self.errors and not self.when():
            raise forms.ValidationError("Fill in at least one condition: otherwise it would hold for every case.")
        return said

    def when(self) -> dict[str, Any]:
        """The conditions that are filled in."""
        said = self.cleaned_data
        asked = {"yes": True, "no": False}.get(said["supervisor_asked"])
        numbers = ("severity_at_most", "complexity_at_least", "tier_at_most", "rejections_at_least", "broken_at_least")
        found: dict[str, Any] = {name: int(said[name]) for name in numbers if said[name]}
        found |= {"open_longer_than": self.times["open_longer_than"]} if self.times["open_longer_than"] else {}
        found |= {"supervisor_asked": asked} if asked is not None else {}
        found |= {"categories": said["categories"]} if said["categories"] else {}
        segments = ["" if one == NONE else one for one in comma_list(said["segments"])]
        return found | ({"segments": segments} if segments else {})

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        rule = {
            "id": said["name"] or self._name(said["because"]),
            "verdict": said["verdict"],
            "because": said["because"],
        }
        return edits.put_guideline(self.desk.document, self.number, rule | {"when": self.when()})

    def _name(self, because: str) -> str:
        """The first words of the reason, with a number when another rule has them."""
        words = "-".join(slugify(because).split("-")[:5]) or "rule"
        taken = {rule.id for rule in self.desk.protocol.guidelines}
        return next(name for n in range(1, 1000) if (name := f"{words}-{n}" if n > 1 else words) not in taken)


def comma_list(text: str) -> list[str]:
    """What stands between the commas, each once."""
    return list(dict.fromkeys(part.strip() for part in re.split(r"[,;]", text) if part.strip()))
