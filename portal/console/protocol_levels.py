"""The editor's forms for levels and for the steps of a level."""

from __future__ import annotations

from typing import Any

from django import forms

from escalation.packs import presets
from escalation.protocol import MOST_ROUNDS, Step
from portal.console import protocol_edits as edits
from portal.console import protocol_fields as fields
from portal.console.protocol_forms import EditForm
from portal.console.protocol_words import ACTIONS, action_words
from portal.forms import Lines, OneLine

WHOLE = {"required": "Enter a whole number.", "invalid": "Enter a whole number."}


class PressForm(EditForm):
    """A list whose lines are moved and taken off by buttons; every press is saved at once."""

    stays = True
    press = forms.RegexField(
        r"^(up|down|drop):\d{1,3}$", required=False, widget=forms.HiddenInput, error_messages={"invalid": "Press a button of the page."}
    )  # fmt: skip

    def pressed(self) -> tuple[str, int]:
        """What was pressed, and on which line."""
        verb, _, place = self.cleaned_data["press"].partition(":")
        if not verb:
            raise edits.Impossible("Press a button of the page.")
        return verb, int(place)

    @property
    def groups(self) -> list[dict[str, Any]]:
        return []


class LevelForm(EditForm):
    """One level: who works there and what it may decide."""

    part = "levels"
    name = OneLine(label="Name", max_length=80, error_messages={"required": "Give the level a name."})
    team = forms.ChoiceField(label="Team", help_text="Cases that reach the level go to this team.")
    teams = forms.MultipleChoiceField(
        label="Further teams", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="A topic that needs a skill goes to the first team that has it.",
    )  # fmt: skip
    may = Lines(
        label="What it may decide", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="In words, such as: replacements, goodwill credits.",
    )  # fmt: skip
    refund_limit = forms.IntegerField(
        label="May refund up to", min_value=0, max_value=1_000_000_000, required=False,
        error_messages=WHOLE | {"min_value": "Enter 0 or more."},
    )  # fmt: skip
    contact = OneLine(
        label="Contact customers see", max_length=200, required=False,
        help_text="Who they are talking to at this level, in a few words.",
    )  # fmt: skip
    on_arrival = fields.ActionsField("What happens when a case arrives", help_text="In this order.")

    def prepare(self) -> None:
        tier, names = self.desk.protocol.tier(self.desk.level()), self.desk.names
        self.fields["team"].choices = fields.team_choices(names, tier.team)  # type: ignore[attr-defined]
        self.fields["teams"].choices = fields.team_choices(names, *tier.teams)  # type: ignore[attr-defined]
        currency = self.desk.protocol.currency
        self.fields["refund_limit"].help_text = f"In {currency}." if currency else ""
        self.initial.update(
            name=tier.name, team=tier.team, teams=list(tier.teams), may=tier.may, contact=tier.contact,
            refund_limit=tier.refund_limit, on_arrival=list(tier.on_arrival),
        )  # fmt: skip

    @property
    def heading(self) -> str:
        tier = self.desk.protocol.tier(self.desk.level())
        return f"Level {tier.ordinal}: {tier.name}"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("team") in said.get("teams", []):
            self.add_error("teams", "This team is the level's own already. Tick other teams only.")
        return said

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        values = {name: said[name] for name in ("name", "team", "teams", "may", "contact", "on_arrival")}
        return edits.put_level(
            self.desk.document, self.desk.level(), values | {"refund_limit": said["refund_limit"] or 0}
        )


class LevelsForm(PressForm):
    """The ladder as a list: up, down, remove."""

    title, part, template = "Levels and their order", "levels", "console/protocol/levels.html"
    lead = "Level 1 is where most cases start; each level is above the one before."

    @property
    def single(self) -> bool:
        """Whether there is one level only, which has to stay."""
        return self.desk.protocol.top == 1

    def edited(self) -> edits.Document:
        verb, place = self.pressed()
        if not 1 <= place <= self.desk.protocol.top:
            raise edits.Impossible("That level is not there any more.")
        if verb == "drop":
            return edits.drop_level(self.desk.document, place)
        return edits.move_level(self.desk.document, place, 1 if verb == "up" else -1)


class NewLevelForm(EditForm):
    """A further level."""

    title, part, button = "Add a level", "levels", "Add the level"
    done = "The level is added. It has the times of the level below; look through them."
    name = OneLine(label="Name", max_length=80, error_messages={"required": "Give the level a name."})
    team = forms.ChoiceField(label="Team", error_messages={"required": "Choose a team."})
    place = forms.TypedChoiceField(
        label="Where?", coerce=int, widget=forms.RadioSelect, error_messages={"required": "Choose where the level comes."},
        help_text="It gets the times of the level below it. Levels above it move up by one, with all that points at them.",
    )  # fmt: skip

    def prepare(self) -> None:
        tiers = self.desk.protocol.tiers
        above = [(t.ordinal + 1, f"Above level {t.ordinal}, {t.name}") for t in reversed(tiers)]
        self.fields["place"].choices = [*above, (1, f"Below level 1, {tiers[0].name}")]  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", "Choose a team"), *fields.team_choices(self.desk.names)]  # type: ignore[attr-defined]
        self.initial["place"] = len(tiers) + 1

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        return edits.add_level(self.desk.document, said["place"], said["name"], said["team"])


class StepsForm(PressForm):
    """The steps of a level as a list, and presets to start from."""

    part, template = "levels", "console/protocol/steps.html"
    lead = "What happens at this level, one after the other, as long as nobody acknowledges the case."
    press = forms.RegexField(
        r"^((up|down|drop):\d{1,3}|preset:[a-z-]{1,40})$", required=False, widget=forms.HiddenInput,
        error_messages={"invalid": "Press a button of the page."},
    )  # fmt: skip
    specialists = forms.ChoiceField(label="The specialist team", required=False)

    def prepare(self) -> None:
        team = self.desk.protocol.tier(self.desk.level()).team
        others = [(slug, name) for slug, name in fields.team_choices(self.desk.names) if slug != team]
        self.fields["specialists"].choices = [("", "Choose a team"), *others]  # type: ignore[attr-defined]

    @property
    def heading(self) -> str:
        tier = self.desk.protocol.tier(self.desk.level())
        return f"Steps of level {tier.ordinal}: {tier.name}"

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Each step in words, with the time since arrival at which it comes first."""
        names, rows, total = self.desk.names, [], 0
        for number, step in enumerate(self.desk.protocol.tier(self.desk.level()).steps, start=1):
            total += step.after
            rows.append({"number": number, **step_row(step, names), "since": names.spell(total)})
            total += step.after * (step.repeat - 1)
        return rows

    @property
    def presets(self) -> list[Any]:
        """Those made for this level first."""
        return sorted(presets(), key=lambda preset: preset.level != self.desk.level())

    def edited(self) -> edits.Document:
        verb, _, rest = self.cleaned_data["press"].partition(":")
        level, document = self.desk.level(), self.desk.document
        if verb == "preset":
            return self._from_preset(rest)
        place = self.pressed()[1]
        if verb == "drop":
            return edits.drop_step(document, level, place)
        return edits.move_step(document, level, place, -1 if verb == "up" else 1)

    def _from_preset(self, key: str) -> edits.Document:
        level = self.desk.level()
        preset = next((one for one in presets() if one.key == key), None)
        if preset is None:
            raise edits.Impossible("There is no such set of steps.")
        try:
            steps = preset.fitted(self.desk.protocol.tier(level).team, self.cleaned_data["specialists"])
        except ValueError as why:
            raise edits.Impossible(str(why)) from None
        return edits.put_steps(self.desk.document, level, steps)


class OneOfLevel(EditForm):
    """One of the things a level has a list of, each some time after the case arrives: `thing` is its name, `many` the list's."""

    part = "levels"
    thing = many = ""
    number: int | None = None  # its place in the list from 1; None: a new one

    def standing(self) -> Any:
        """The one that is changed, or None."""
        rows = getattr(self.desk.protocol.tier(self.desk.level()), self.many)
        self.number = self.desk.number(self.thing, len(rows)) if self.thing in self.desk.place else None
        return rows[self.number - 1] if self.number else None

    @property
    def heading(self) -> str:
        tier = self.desk.protocol.tier(self.desk.level())
        said = f"{self.thing.capitalize()} {self.number}" if self.number else f"A new {self.thing}"
        return f"{said} of level {tier.ordinal}, {tier.name}"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        self.times = self.in_seconds(said, {"after": fields.ROUND_THE_CLOCK})
        return said


class StepForm(OneOfLevel):
    """One step of a level."""

    thing, many = "step", "steps"
    after = fields.SpanField(
        "How long after the one before", units=fields.SHORT_UNITS,
        help_text="Counted like the times of the case; the first step from its arrival at the level.",
    )  # fmt: skip
    target = forms.ChoiceField(
        label="Whom does it concern?", error_messages={"required": "Choose whom the step concerns."},
        help_text="When nobody is there at that hour, the step is passed over at once and a red alarm says so.",
    )  # fmt: skip
    actions = forms.MultipleChoiceField(
        label="What happens?", widget=forms.CheckboxSelectMultiple, choices=ACTIONS.items(),
        error_messages={"required": "Tick at least one."},
    )  # fmt: skip
    repeat = forms.IntegerField(
        label="How often?", min_value=1, max_value=MOST_ROUNDS, initial=1, help_text=f"1 to {MOST_ROUNDS} times, each after the same time.",
        error_messages=WHOLE | dict.fromkeys(("min_value", "max_value"), f"Enter 1 to {MOST_ROUNDS}."),
    )  # fmt: skip

    def prepare(self) -> None:
        step = self.standing()
        kept = (step.target,) if step else ()
        choices = fields.target_choices(self.desk.names, *kept)
        self.fields["target"].choices = choices if step else [("", "Choose"), *choices]  # type: ignore[attr-defined]
        if step:
            self.span("after", step.after, None)
            self.initial.update(target=step.target, actions=list(step.actions), repeat=step.repeat)

    def edited(self) -> edits.Document:
        said = self.cleaned_data
        step = {"after": self.times["after"], "target": said["target"], "actions": said["actions"]}
        had = self.desk.document["tiers"][self.desk.level() - 1].get("steps", [])[
            (self.number or 1) - 1 : self.number or 0
        ]
        if said["repeat"] > 1 or any("repeat" in one for one in had):
            step["repeat"] = said["repeat"]
        return edits.put_step(self.desk.document, self.desk.level(), self.number, step)


def step_row(step: Step, names: Any) -> dict[str, Any]:
    """A step as its parts in words."""
    return {
        "after": names.spell(step.after),
        "target": names.address(step.target),
        "actions": action_words(step.actions),
        "repeat": step.repeat,
    }
