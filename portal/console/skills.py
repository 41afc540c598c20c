"""Skills and who has them: supervisors say who is trained in what; only trained people can be asked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.forms import DateInput, ModelChoiceField
from django.http import HttpRequest

from cases.access import workers
from cases.models import PersonSkill, User
from cases.models.skill import day_of
from portal import clock
from portal.console.people import ReadBySupervisors


class SkillAdmin(ReadBySupervisors):
    """What can be known; topics of a protocol name a skill by its slug, so the slug stays."""

    one, many = "skill", "skills"

    list_display = ("name", "slug", "use")
    fields = ("name", "slug", "is_active")
    words = {
        "name": ("Name", "Colleagues read it in the list of experts."),
        "slug": ("Short name", "Small letters and dashes. Protocols name the skill by it, so it cannot change later."),
        "is_active": ("In use", "Take this off to retire a skill: nobody is listed for it any more."),
    }

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    @admin.display(description="Use")
    def use(self, skill: Any) -> str:
        return "In use" if skill.is_active else "Retired"


class PersonSkillAdmin(ReadBySupervisors):
    """Who is trained in what: a line for each person and skill."""

    one, many = "training", "trainings"

    list_display = ("who", "skill", "standing")
    list_select_related = ("person", "skill")
    search_fields = ("person__name", "skill__name")
    ordering = ("person__name", "skill__name", "pk")
    fields = ("person", "skill", "trained_on", "until")
    words = {
        "person": ("Person", ""),
        "skill": ("Skill", ""),
        "trained_on": (
            "Trained on",
            "A day such as 2026-03-02. Leave it empty while they are learning: nobody can ask them then.",
        ),
        "until": (
            "Holds until",
            "The last day, if the training has to be renewed. Leave it empty if it holds for good.",
        ),
    }

    #: The browser's own field for a day: the stock one brings scripts.
    formfield_overrides = {models.DateField: {"widget": DateInput(format="%Y-%m-%d", attrs={"type": "date"})}}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("person", "skill") if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only who works on cases can be asked anything."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, ModelChoiceField) and field.queryset is not None and field.queryset.model is User:
            field.queryset = workers().order_by("name", "email")
        return field

    @admin.display(description="Person")
    def who(self, line: PersonSkill) -> str:
        return str(line.person)

    @admin.display(description="Training")
    def standing(self, line: PersonSkill) -> str:
        day = day_of(clock.now())
        if line.trained_on is None or line.trained_on > day:
            return "Learning: cannot be asked yet"
        if line.until and line.until < day:
            return f"Ran out on {line.until}"
        return f"Trained on {line.trained_on}" + (f", holds until {line.until}" if line.until else "")
