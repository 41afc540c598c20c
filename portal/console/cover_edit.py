"""The forms of cover: a shift, a swap, leave, a cap; each with its own page to add, change or delete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from cases.models import Team
from escalation.models import Leave, LoadCap, Override, Rota, Shift
from portal.console.cover_forms import CapForm, CoverForm, LeaveForm, RotaForm, ShiftForm, SwapForm, today_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row: its form, and what it is called on the page."""

    form: type[CoverForm]
    model: type[models.Model]
    word: str
    of_team: bool = False


KINDS = {
    "shift": Kind(ShiftForm, Shift, "shift", of_team=True),
    "swap": Kind(SwapForm, Override, "swap", of_team=True),
    "leave": Kind(LeaveForm, Leave, "leave"),
    "cap": Kind(CapForm, LoadCap, "cap"),
}


def add(request: HttpRequest, site: AdminSite, kind: str, pk: int | None = None) -> HttpResponse:
    """A new row; `pk` is its team's, where it has one."""
    frame, what = site.each_context(request), KINDS[kind]
    team = get_object_or_404(Team, pk=pk) if what.of_team else None
    row: Any = what.model()
    if team:
        # Kept only when the form is: looking at a page makes no rota.
        row.rota = Rota.objects.filter(team=team).first() or Rota(team=team, zone=settings.COMPANY_TIME_ZONE)
    form = today_of(form_of(request, what.form, row, frame, team), timezone.localtime(frame["now"]).date())
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            write(request, form, team)
        return done(request, f"{what.word.capitalize()} added.", team)
    return shown(request, frame, form, f"Add {what.word}", team, None)


def change(request: HttpRequest, site: AdminSite, kind: str, pk: int) -> HttpResponse:
    """Changes a row, or takes it out when the button says so."""
    frame, what = site.each_context(request), KINDS[kind]
    row: Any = get_object_or_404(what.model, pk=pk)
    team = row.rota.team if what.of_team else None
    if request.method == "POST" and "delete" in request.POST:
        noted(request, [row], DELETION)
        row.delete()
        return done(request, f"{what.word.capitalize()} taken out.", team)
    form = form_of(request, what.form, row, frame, team)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            form.save()
            noted(request, [row], CHANGE)
        return done(request, f"{what.word.capitalize()} changed.", team)
    return shown(request, frame, form, f"Change {what.word}", team, what.word)


def zone(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The zone a team's shifts are read in, and how many days in a row somebody may stand."""
    frame, team = site.each_context(request), get_object_or_404(Team, pk=pk)
    row = Rota.objects.filter(team=team).first() or Rota(team=team, zone=settings.COMPANY_TIME_ZONE)
    form = form_of(request, RotaForm, row, frame, team)
    if request.method == "POST" and form.is_valid():
        form.save()
        noted(request, [row], CHANGE)
        return done(request, "Rota changed.", team)
    return shown(request, frame, form, "Zone and longest run", team, None)


def form_of(
    request: HttpRequest, form: type[CoverForm], row: models.Model, frame: dict[str, Any], team: Team | None
) -> CoverForm:
    data = request.POST if request.method == "POST" else None
    return form(data, instance=row, zone=frame["zone"], team=team)


def write(request: HttpRequest, form: CoverForm, team: Team | None) -> None:
    """Writes what was added: a shift on several weekdays is several rows; the first one of a team makes its rota."""
    if team is None:
        noted(request, [form.save()], ADDITION)
        return
    rota, _ = Rota.objects.get_or_create(team=team, defaults={"zone": settings.COMPANY_TIME_ZONE})
    rows: list[Any] = form.rows() if isinstance(form, ShiftForm) else [form.instance]
    for row in rows:
        row.rota = rota
        row.save(force_insert=True)
    noted(request, rows, ADDITION)


def noted(request: HttpRequest, rows: Iterable[models.Model], act: int, words: str = "") -> None:
    """Who changed what, in the admin's own record of changes."""
    user: Any = request.user
    for row in rows:
        LogEntry.objects.log_actions(user.pk, [row], act, change_message=words, single_object=True)


def done(request: HttpRequest, words: str, team: Team | None) -> HttpResponse:
    messages.success(request, words)
    return HttpResponse(status=303, headers={"Location": back(team)})


def back(team: Team | None) -> str:
    return reverse("admin:cover_team", args=[team.pk]) if team else reverse("admin:cover")


def shown(
    request: HttpRequest, frame: dict[str, Any], form: CoverForm, title: str, team: Team | None, word: str | None
) -> HttpResponse:
    """The page of a form; `word` names what can be taken out."""
    context = frame | {
        "title": title,
        "form": form,
        "team": team,
        "word": word,
        "back": back(team),
        "back_label": team.name if team else "People and cover",
    }
    return TemplateResponse(request, "console/cover_form.html", context, status=422 if form.errors else 200)
