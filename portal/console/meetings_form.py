"""The forms of meetings: which pack, the minutes with their actions, and ticking one off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet

from cases.access import workers
from cases.models import Team, User
from feedback import meetings
from feedback.meetings import Minutes, Planned
from portal.console.post_mortems_form import day, person
from portal.forms import Plain, line, text

ALL = "all"
ROWS = 6  # actions on the page; empty ones are left out
WEEKS = 26
PARTS = ("text", "owner", "due_on")


class Choose(Plain):
    """Whose meeting, and about which week; what is not said is the reader's first team, and the last week that is over."""

    team = forms.ChoiceField(label="Team", required=False)
    week = forms.ChoiceField(label="Week", required=False)

    def __init__(self, data: Any, *, teams: QuerySet[Team], all_together: bool, at: datetime) -> None:
        super().__init__(data, auto_id="choose-%s")
        self.teams = {one.slug: one for one in teams}
        weeks = [meetings.last_week(at) - timedelta(weeks=ago) for ago in range(WEEKS)]
        team: Any = self.fields["team"]
        week: Any = self.fields["week"]
        team.choices = [
            *([(ALL, "All teams")] if all_together else []),
            *((slug, one.name) for slug, one in self.teams.items()),
        ]
        week.choices = [(one.isoformat(), f"{one:%-d %b} to {one + timedelta(days=6):%-d %b %Y}") for one in weeks]


class MinutesForm(Plain):
    """Who was there, what was decided, and up to ROWS actions; a row of which one part is filled in needs all three."""

    people = forms.ModelMultipleChoiceField(
        None, label="Who was there?", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose who was there.", "invalid_choice": "Choose from the list."},
    )  # fmt: skip
    decided = text(
        "What was decided?", meetings.DECIDED_MOST, rows=6, wrong="Write what was decided.",
        help_text="Internal. Name cases by their reference and no customer by name.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, people: QuerySet[User]) -> None:
        super().__init__(data)
        self.fields["people"].queryset = people  # type: ignore[attr-defined]
        owners = [("", "Nobody yet"), *((one.pk, str(one)) for one in workers().order_by("name", "pk"))]
        for number in range(1, ROWS + 1):
            owner: Any = person("Who does it?", wrong="Choose a colleague from the list.", required=False)
            # One question for the names of all rows.
            owner.choices = owners
            self.fields |= {
                f"text_{number}": line("What is done?", meetings.ACTION_MOST, required=False),
                f"owner_{number}": owner,
                f"due_on_{number}": day("By when?", wrong="Enter a date, for example 2026-11-23.", required=False),
            }

    def rows(self) -> Iterator[dict[str, Any]]:
        """The fields of each action, for the page."""
        for number in range(1, ROWS + 1):
            yield {"number": number, "fields": [self[f"{part}_{number}"] for part in PARTS]}

    def said(self) -> tuple[Minutes, list[int]]:
        """What was typed, and which row each action stands in."""
        given = self.cleaned_data
        filled = [number for number in range(1, ROWS + 1) if any(given.get(f"{part}_{number}") for part in PARTS)]
        actions = [Planned(*(given.get(f"{part}_{number}") for part in PARTS)) for number in filled]  # type: ignore[arg-type]
        return Minutes(list(given["people"]), given["decided"], actions), filled


class TickOff(Plain):
    """It is done."""

    note = line("What came of it?", meetings.NOTE_MOST, wrong="Say what came of it.")


def monday_of(text_: str) -> date | None:
    """A Monday as an address has it, or None."""
    try:
        found = date.fromisoformat(text_)
    except ValueError:
        return None
    return found if found.weekday() == 0 else None
