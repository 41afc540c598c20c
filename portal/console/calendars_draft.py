"""Drawing up a calendar: the form of a draft, press by press, and calendars from a file."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse

from cases.models import User
from escalation import calendar_versions as versions
from escalation.calendars import WEEKDAYS
from escalation.models import CalendarVersion
from escalation.publishing import NotPublishable, Overtaken
from escalation.worktime import CalendarError
from portal.console.calendars_add import AddDay, AddWindow, FindHolidays
from portal.console.calendars_form import CalendarForm, as_typed, first_values, sentence, zones
from portal.console.calendars_preview import deadlines, fortnight
from portal.console.needs import Needs
from portal.forms import OneLine, Plain
from portal.templatetags.times import count

AUTHOR = "escalation.write_protocol"
LARGEST_FILE = 500_000  # bytes
#: The press that adds: its form, the rows it adds to, the form's name on the page, the part that answers.
ADDING: dict[str, tuple[Any, str, str, str]] = {
    "add-hours": (AddWindow, "windows", "hours", "hours"),
    "find-holidays": (FindHolidays, "days_off", "finder", "days"),
    "add-day": (AddDay, "days_off", "own", "days"),
}
OFFICE = {
    "windows": [{"weekday": day, "opens": "09:00", "closes": "17:00"} for day in range(5)],
    "days_off": [],
    "always": False,
}


class NewCalendar(Plain):
    """A calendar's short name, and the file it comes from, if any."""

    key = OneLine(
        label="Short name", max_length=60, help_text="Protocols name it so. Small letters, digits and hyphens: support-berlin.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Give the calendar a short name."},
    )  # fmt: skip
    file = forms.FileField(
        label="From a file", required=False, help_text="A calendar downloaded from here. Without one it starts Monday to Friday, 9 to 17.",
        error_messages={"empty": "This file is empty."},
    )  # fmt: skip


def author(request: HttpRequest) -> User:
    """The person at the door; only those who may write rules come further."""
    if not isinstance(request.user, User) or not request.user.has_perm(AUTHOR):
        raise Needs(AUTHOR)
    return request.user


def see_other(url: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": url})


def document_of(file: Any) -> dict[str, Any]:
    """The JSON document of an uploaded file; CalendarError with a sentence when it is none."""
    if file is None or file.size > LARGEST_FILE:
        raise CalendarError("calendar: choose a JSON file of at most 500 kB.")
    try:
        document = json.loads(file.read().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise CalendarError("calendar: this file is not JSON. Choose one that was downloaded from here.") from None
    if not isinstance(document, dict):
        raise CalendarError("calendar: this file holds no calendar. Choose one that was downloaded from here.")
    return document


def new_view(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """Asks for a short name and a file, then opens the draft's form."""
    by = author(request)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    form = NewCalendar(request.POST, request.FILES) if request.method == "POST" else NewCalendar()
    if form.is_bound and form.is_valid():
        try:
            file = form.cleaned_data["file"]
            document = document_of(file) if file else OFFICE | {"zone": settings.COMPANY_TIME_ZONE}
            draft = versions.found(form.cleaned_data["key"], document, by=by, at=frame["now"])
        except NotPublishable as why:
            form.add_error("key", str(why))
        except CalendarError as why:
            form.add_error("file", sentence(why)[1])
        else:
            return see_other(reverse("admin:escalation_calendarversion_edit", args=[draft.pk]))
    status = 422 if form.errors else 200
    context = frame | {"title": "New calendar", "form": form}
    return TemplateResponse(request, "console/calendar_new.html", context, status=status)


# The form of a draft ------------------------------------------------------------------------------------------


def edit_view(request: HttpRequest, version: CalendarVersion, frame: dict[str, Any]) -> HttpResponse:
    """The form; only the press “save” writes, any other gives the page back with what was typed."""
    if request.method in ("GET", "HEAD"):
        stored = first_values(versions.calendar_of(version), version.note, version.revision)
        return page(request, version, frame, CalendarForm(initial=stored))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    press, _, which = request.POST.get("press", "check").partition(":")
    typed = CalendarForm(request.POST)
    if press in ADDING:
        return added(request, version, frame, typed, press)
    if press == "drop":
        return dropped(request, version, frame, typed, which)
    if press == "save":
        return saved(request, version, frame, typed)
    good = typed.is_valid()
    preview = preview_of(typed, version, frame["now"]) if good else {}
    return page(request, version, frame, typed, status=200 if good else 422, more=preview)


def saved(request: HttpRequest, version: CalendarVersion, frame: dict[str, Any], form: CalendarForm) -> HttpResponse:
    """Writes the draft, or says beside the field why not."""
    status = 422
    if form.is_valid() and form.calendar:
        document, known = form.calendar.to_document(), form.cleaned_data
        try:
            versions.save(
                version, document, note=known["note"], seen=known["seen"], by=author(request), at=frame["now"]
            )  # fmt: skip
        except Overtaken as why:
            # Pressing again after a look at what the other one did is the answer to it.
            version.refresh_from_db()
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["seen"] = str(version.revision)  # type: ignore[index]
            form.add_error(None, str(why))
            status = 409
        except NotPublishable as why:
            form.add_error(None, str(why))
        except CalendarError as why:
            form.add_error(*sentence(why))
        else:
            messages.success(request, "Draft saved. Nothing changes for cases until it is published.")
            return see_other(reverse("admin:escalation_calendarversion_change", args=[version.pk]))
    return page(request, version, frame, form, status=status)


def added(
    request: HttpRequest, version: CalendarVersion, frame: dict[str, Any], typed: CalendarForm, press: str
) -> HttpResponse:
    """The page with further rows of opening hours or days off."""
    kind, name, called, place = ADDING[press]
    adder, values = kind(request.POST), as_typed(typed)
    before = len(values[name])
    if not adder.is_valid():
        more = {"wrong": adder, called: adder}
        return page(request, version, frame, CalendarForm(initial=values), status=422, more=more)
    values[name] = adder.added(values[name])
    number = len(values[name]) - before
    told = f"{count(number, 'row')} added." if number else "Nothing was added: it is on the list already."
    # Who looks up one region often looks up another next; hours and days are typed anew.
    kept = kind(initial=request.POST.dict()) if kind is FindHolidays else kind()
    return page(request, version, frame, CalendarForm(initial=values), more={"told": (place, told), called: kept})


def dropped(
    request: HttpRequest, version: CalendarVersion, frame: dict[str, Any], typed: CalendarForm, which: str
) -> HttpResponse:
    """The page without one row of opening hours."""
    values = as_typed(typed)
    values["windows"] = [row for number, row in enumerate(values["windows"]) if str(number) != which]
    return page(request, version, frame, CalendarForm(initial=values), more={"told": ("hours", "Row taken off.")})


def preview_of(form: CalendarForm, version: CalendarVersion, now: datetime) -> dict[str, Any]:
    """The deadlines and the two weeks of what is typed, beside the version in force."""
    if form.calendar is None:
        return {}
    force = versions.in_force(version.key)
    old = versions.calendar_of(force) if force else None
    draft = form.calendar.from_document(form.calendar.to_document() | {"label": version.label})
    now = now.replace(second=0, microsecond=0)
    targets, days = deadlines(now, draft, old), fortnight(draft, now)
    return {"calendar": draft, "old": old, "force": force, "targets": targets, "days": days, "start": now}


def page(
    request: HttpRequest,
    version: CalendarVersion,
    frame: dict[str, Any],
    form: CalendarForm,
    *,
    status: int = 200,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """The form's page. `more`: an adding form that was pressed, what to say of it, or a preview."""
    posted = request.POST.dict() if request.method == "POST" else {}
    year = form.this_year = frame["now"].year
    context = {
        "title": f"Calendar “{version.key}”, draft of version {version.number}",
        "version": version,
        "form": form,
        "wrong": form,
        "hours": AddWindow(initial=posted),
        "finder": FindHolidays(initial={"first_year": year, "last_year": year + 2} | posted),
        "own": AddDay(initial=posted),
        "zones": zones(),
        "weekday_names": WEEKDAYS,
        "url": reverse("admin:escalation_calendarversion_change", args=[version.pk]),
        "told": ("", ""),
    }
    return TemplateResponse(request, "console/calendar_edit.html", frame | context | (more or {}), status=status)
