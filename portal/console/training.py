"""Training in the console: the list, one with what to learn from and the cases it is for, and giving it for a gap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import WORK
from cases.models import Category, Team, User
from escalation.reviews import day_of
from escalation.verbs import Refused
from feedback import gaps, training
from feedback.models import Training
from portal.console import noting
from portal.console.needs import Needs, door
from portal.console.post_mortems_form import day
from portal.console.protocol_editing import see_other
from portal.console.words import make_tag
from portal.forms import Plain, line, text
from portal.insights.words import ASPECT_WORDS

PER_PAGE, HIGHEST, USUAL = 50, 2**62, timedelta(days=84)
LOOKS = require_http_methods(["GET", "HEAD", "POST"])
Kind = Training.Module


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses; everybody who works on cases has a list of their own."""
    return [
        path("training/", door(site, listing, WORK), name="trainings"),
        path("training/new/", door(site, new, WORK), name="training_new"),
        path("training/<int:pk>/", door(site, page, WORK), name="training"),
    ]


class People(forms.ModelChoiceField):
    """Colleagues, or teams, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class Give(Plain):
    """Who gets what, by when."""

    person = People(User.objects.none(), label="Colleague", required=False, empty_label="Choose a colleague",
        error_messages={"invalid_choice": "Choose a colleague from the list."})  # fmt: skip
    team = People(Team.objects.none(), label="Or each of a team", required=False, empty_label="No team",
        error_messages={"invalid_choice": "Choose a team from the list."})  # fmt: skip
    module = forms.ChoiceField(label="What they learn from", widget=forms.RadioSelect,
        error_messages={"required": "Choose what they learn from.", "invalid_choice": "Choose what they learn from."})  # fmt: skip
    due_on = day("Done by", wrong="Choose the day by which it is done.")
    note = line("A word with it", training.NOTE_MOST, required=False, help_text="Your colleague reads this. No names of customers.")  # fmt: skip

    def __init__(self, data: Any, *, user: User, topic: Category, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        fields: Any = self.fields
        fields["person"].queryset, fields["team"].queryset = training.assignable(user), training.teams(user)
        fields["module"].choices = [(one.key, one.title) for one in training.modules(topic)]
        for name in ("person", "team"):
            fields[name].either = True  # neither can be left out with the other

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("person")) == bool(given.get("team")) and not {"person", "team"} & set(self.errors):
            self.add_error("person", training.WHOM)
        return given


class Learned(Plain):
    """It is done."""

    learned = text("What do you take from it?", training.LEARNED_MOST, rows=2, wrong="Say what you take from it.")


def row(one: Training, now: datetime) -> dict[str, Any]:
    """A training in a list."""
    if one.done_at:
        tag = make_tag("tick", "good", "Done")
    elif one.due_on < day_of(now):
        tag = make_tag("diamond", "late", "Overdue")
    else:
        tag = make_tag("ring", "neutral", "To do")
    return {"one": one, "tag": tag, "why": ASPECT_WORDS[one.aspect]}


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """One's own, and below it what one gave or may give: open ones first, by their day."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    others = training.readable(user).exclude(person=user).order_by(F("done_at").desc(nulls_first=True), "due_on", "pk")
    mine = training.readable(user).filter(person=user).order_by(F("done_at").desc(nulls_first=True), "due_on", "pk")
    shown = Paginator(others, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Training",
        "mine": [row(one, now) for one in mine[:PER_PAGE]],
        "rows": [row(one, now) for one in shown],
        "page": shown,
        "topics": Category.objects.order_by("name") if training.assignable(user).exists() else [],
        "aspects": [(name, ASPECT_WORDS[name]) for name in gaps.MARKED],
    }
    return TemplateResponse(request, "console/trainings.html", frame | context)


def _gap(request: HttpRequest, now: datetime) -> training.Gap:
    """The cell of the address: topic, aspect and days (the last twelve weeks where none are given); 404 for none."""
    given = request.GET
    topic = get_object_or_404(Category, slug=given.get("topic", "")[:100])
    if given.get("aspect") not in gaps.MARKED:
        raise Http404
    last = _day(given.get("to", "")) or day_of(now)
    first = _day(given.get("from", "")) or last - USUAL
    if first > last or abs(last - day_of(now)) > timedelta(days=3660):
        raise Http404
    return training.Gap(topic, given["aspect"], first, last)


def _day(said: str) -> date | None:
    try:
        return parse_date(said)
    except ValueError:
        return None


@LOOKS
def new(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Gives a module for a cell of the training gaps."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    if not training.assignable(user).exists():
        raise Needs(training.GIVE)
    gap = _gap(request, now)
    first = {"person": request.GET.get("person", "")[:18], "due_on": day_of(now) + timedelta(days=14)}
    form = Give(request.POST if request.method == "POST" else None, user=user, topic=gap.topic, initial=first)

    def act(given: dict[str, Any]) -> str:
        made = training.assign(gap, **given, by=user, at=now)
        noting.note(request, "training_new", made[0].person if len(made) == 1 else made[0])
        names = ", ".join(str(one.person) for one in made)
        return f"Given to {names}. They get a letter."

    why = f"{ASPECT_WORDS[gap.aspect]} on “{gap.topic}”, {gap.first:%-d %b %Y} to {gap.last:%-d %b %Y}."
    words = {"title": "Give training", "lead": why, "submit": "Give it", "back": reverse("admin:trainings")}
    if not training.modules(gap.topic):
        words["nothing"] = "There is no practice case, playbook or article on this topic yet. Write one first."
    return _acted(request, frame, form, act, "console/training_new.html", **words)


@LOOKS
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One training: why, what to learn from, the cases it is for; whose it is says that it is done."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    one = get_object_or_404(training.readable(user), pk=min(pk, HIGHEST))
    may_finish = one.person_id == user.pk and one.done_at is None
    if request.method == "POST" and one.person_id != user.pk:
        raise Needs(training.GIVE)
    form = Learned(request.POST if request.method == "POST" else None)

    def act(given: dict[str, Any]) -> str:
        training.finish(one, given["learned"], by=user, at=now)
        noting.note(request, "training", one)
        return "Done. Who gave it to you sees that."

    found = training.misses(one, frame["viewer"])
    words = {
        "title": f"Training: {one.topic}",
        "row": row(one, now),
        "one": one,
        "misses": found[: training.MISSES],
        "missed": found.count(),
        "article": training.article_of(one),
        "zone_name": settings.COMPANY_TIME_ZONE,
        "may_finish": may_finish or form.is_bound,
        "back": reverse("admin:trainings"),
    }
    return _acted(request, frame, form, act, "console/training.html", **words)


def _acted(
    request: HttpRequest,
    frame: dict[str, Any],
    form: Any,
    act: Callable[[dict[str, Any]], str],
    template: str,
    **words: Any,
) -> HttpResponse:
    wrong = ""
    if request.method == "POST" and form.is_valid():
        try:
            said = act(form.cleaned_data)
        except Refused as why:
            wrong = "" if why.field in form.fields else str(why)
            form.add_error(why.field if why.field in form.fields else None, str(why))
        else:
            messages.success(request, said)
            return see_other(words["back"])
    context = frame | {"form": form, "wrong": wrong, "key": uuid4().hex} | words
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)
