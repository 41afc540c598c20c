"""What can be done with a version of the protocol as a whole: draw up, say why, approve, publish, throw away, take in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cases.models import Case, User
from escalation import publishing, starting
from escalation.lint.versions import errors_of
from escalation.models import ChoiceDraft, ProtocolVersion
from escalation.packs import import_pack
from escalation.protocol import ProtocolError
from escalation.reading import parse
from portal import clock
from portal.console.cover_forms import instant
from portal.console.protocol_editing import see_other
from portal.console.protocol_findings import findings
from portal.console.protocol_words import Names, between
from portal.forms import Lines, Plain
from portal.templatetags.times import zone_words

AUTHOR = "escalation.write_protocol"
DEEPEST = 50  # parts within parts of a file
LARGEST_FILE = 2_000_000  # bytes
LARGEST_NUMBER = 10**10
Frame = dict[str, Any]


class Note(Plain):
    """Why this version is made."""

    note = Lines(
        label="Why this version?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whoever approves it reads this; it stays with the version. Who writes it cannot approve.",
        error_messages={"required": "Write in a sentence or two why this version is made."},
    )  # fmt: skip


class Approval(Plain):
    """The second person's word that they have read what changes."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)
    read = forms.BooleanField(error_messages={"required": "Tick that you have read what changes."})


class Start(Plain):
    """When a version comes into force by itself."""

    starts = instant("Starts")


class TakeIn(Plain):
    """A protocol from a file."""

    file = forms.FileField(
        label="JSON file", help_text="A protocol downloaded here or elsewhere. It becomes a draft; nothing is in force until it is published.",
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )  # fmt: skip
    key = forms.ChoiceField(
        label="It becomes a draft of", required=False, help_text="A file with its teams and calendars says so itself."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = ProtocolVersion.objects.order_by("key").values_list("key", flat=True).distinct()
        self.fields["key"].choices = [("", "As the file says"), *((key, key) for key in keys)]  # type: ignore[attr-defined]


def to_page(version: ProtocolVersion) -> HttpResponse:
    return see_other(reverse("admin:escalation_protocolversion_change", args=[version.pk]))


def refused(form: forms.Form, why: Exception) -> None:
    """The sentences of a refusal, above the form."""
    for sentence in getattr(why, "sentences", (str(why),)):
        form.add_error(None, sentence)


# Drafts come ----------------------------------------------------------------------------------------------------


def draw_up(request: HttpRequest, version: ProtocolVersion, frame: Frame) -> HttpResponse:
    """A draft of what is in force under the version's key. Raises NotPublishable."""
    return _to_draft(request, publishing.draft(ProtocolVersion, version.key, by=request.user, at=frame["now"]))  # type: ignore[arg-type]


def go_back(request: HttpRequest, version: ProtocolVersion, frame: Frame) -> HttpResponse:
    """A draft with the document of an earlier version. Raises NotPublishable."""
    return _to_draft(request, publishing.roll_back(version, by=request.user, at=frame["now"]))  # type: ignore[arg-type]


def _to_draft(request: HttpRequest, made: ProtocolVersion) -> HttpResponse:
    messages.success(request, f"Version {made.number} is a draft now. Nothing changes for cases until it is published.")
    return to_page(made)


def take_in(request: HttpRequest, frame: Frame) -> HttpResponse:
    """A draft from a file; a bad file is a sentence beside the field, and nothing is written."""
    form = TakeIn(request.POST, request.FILES) if request.method == "POST" else TakeIn()
    if form.is_bound and form.is_valid():
        try:
            made = _taken(read_file(form.cleaned_data["file"]), form.cleaned_data["key"], request, frame)
        except (ProtocolError, publishing.NotPublishable) as why:
            form.add_error("file", str(why))
        else:
            messages.success(request, f"Taken in as the draft {made.label}. Look through it, then say why it is made.")
            return to_page(made)
    list_url = reverse("admin:escalation_protocolversion_changelist")
    context = frame | {"title": "Take in a protocol from a file", "form": form, "url": list_url}
    return TemplateResponse(request, "console/protocol/import.html", context, status=422 if form.errors else 200)


def _taken(document: dict[str, Any], key: str, request: HttpRequest, frame: Frame) -> ProtocolVersion:
    by: Any = request.user
    if "tiers" not in document and not key:
        return import_pack(document, by, frame["now"])
    inner = document if "tiers" in document else document.get("protocol")
    if not isinstance(inner, dict):
        raise ProtocolError("This file holds no protocol. Choose one that was downloaded here.")
    if not key:
        raise ProtocolError("This file does not say which protocol it belongs to. Choose one below.")
    return publishing.draft(
        ProtocolVersion, key, document=inner, note="Brought in from a file.", by=by, at=frame["now"]
    )


def read_file(file: Any) -> dict[str, Any]:
    """The JSON object of an uploaded file; ProtocolError with a sentence when it is none."""
    if file.size > LARGEST_FILE:
        raise ProtocolError("This file is larger than 2 MB. Choose a protocol that was downloaded here.")
    try:
        document = json.loads(file.read().decode("utf-8-sig"), parse_constant=_no_number)
        json.dumps(document, ensure_ascii=False).encode()
        storable = _is_storable(document)
    except (ValueError, RecursionError):
        raise ProtocolError("This file is not JSON. Choose a protocol that was downloaded here.") from None
    if not isinstance(document, dict):
        raise ProtocolError("This file holds no protocol. Choose one that was downloaded here.")
    if not storable:
        raise ProtocolError("This file holds a number or a sign that no protocol has.")
    return document


def _no_number(word: str) -> None:
    raise ValueError(word)


def _is_storable(part: Any, depth: int = 0) -> bool:
    """Whether every database can keep it and every page walk it: no endless numbers, no NUL, no endless nesting."""
    if depth > DEEPEST:
        return False
    if isinstance(part, dict):
        return all(_is_storable(key) and _is_storable(value, depth + 1) for key, value in part.items())
    if isinstance(part, list):
        return all(_is_storable(value, depth + 1) for value in part)
    if isinstance(part, str):
        return "\x00" not in part
    return part is None or abs(part) <= LARGEST_NUMBER


# Drafts go ------------------------------------------------------------------------------------------------------


def say_why(request: HttpRequest, version: ProtocolVersion) -> Note | None:
    """Keeps the note; hands the form back when it is not good."""
    form = Note(request.POST)
    if form.is_valid():
        try:
            publishing.describe(version, form.cleaned_data["note"], by=request.user, at=clock.now())  # type: ignore[arg-type]
        except publishing.NotPublishable as why:
            refused(form, why)
        else:
            messages.success(request, "Saved. It can be approved by a second person now.")
            return None
    return form


def act_page(
    request: HttpRequest, version: ProtocolVersion, frame: Frame, template: str, title: str, status: int, **more: Any
) -> HttpResponse:
    """A page that asks before it does something with a draft as a whole."""
    names = Names.read(frame["now"])
    protocol, base = parse(version.label, version.document), publishing.in_force(ProtocolVersion, version.key)
    old = parse(base.label, base.document) if base else None
    context = frame | {
        "title": title,
        "version": version,
        "protocol": protocol,
        "names": names,
        "base": base,
        "changes": between(old, protocol, names),
        "url": reverse("admin:escalation_protocolversion_change", args=[version.pk]),
        **more,
    }
    return TemplateResponse(request, f"console/protocol/{template}.html", context, status=status)


def approve(request: HttpRequest, version: ProtocolVersion, frame: Frame) -> HttpResponse:
    """The page of the second person: everything that changes, and their word that they have read it."""
    form = Approval(request.POST) if request.method == "POST" else Approval(initial={"seen": version.revision})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            publishing.review(version, seen=form.cleaned_data["seen"], by=request.user, at=frame["now"])  # type: ignore[arg-type]
        except publishing.Overtaken as why:
            version.refresh_from_db()
            form = Approval({"seen": version.revision})
            form.full_clean()
            form.errors.pop("read", None)
            form.add_error(None, str(why))
            status = 409
        except publishing.NotPublishable as why:
            refused(form, why)
        else:
            messages.success(request, "Approved. It can be published now.")
            return to_page(version)
    mine = request.user.pk in {*version.hands, version.made_by_id}
    more = {"form": form, "mine": mine, "others": others(version)}
    return act_page(request, version, frame, "approve", f"Approve version {version.number}", status, **more)


def publish(request: HttpRequest, version: ProtocolVersion, frame: Frame) -> HttpResponse:
    """What publishing does, what still stands in the way; now, or by itself at a set time."""
    later = (
        Start(request.POST) if request.POST.get("press") == "later" else Start(initial={"starts": version.starts_at})
    )
    later.fields["starts"].help_text = f"{zone_words(frame['zone'])}."
    form = later if later.is_bound else Plain(request.POST) if request.method == "POST" else Plain()
    if form.is_bound and request.POST.get("press", "") not in ("", "later"):
        form.add_error(None, "Choose: publish now, or have it start at a set time.")
    if form.is_bound and form.is_valid():
        try:
            said = _published(version, form.cleaned_data.get("starts"), request.user, frame["now"])
        except publishing.NotPublishable as why:
            refused(form, why)
        else:
            messages.success(request, said)
            return to_page(version)
    found = findings(version, parse(version.label, version.document), frame["now"])
    more = {
        "form": form,
        "later": later,
        "findings": found,
        "ahead": starting.waiting(version.key),
        "errors": [row for row in found if row["finding"].is_error],
    }
    more["cases"] = Case.objects.visible_to(frame["viewer"]).open().filter(protocol__startswith=f"{version.key}@").count()  # fmt: skip
    status = 422 if form.is_bound else 200
    return act_page(request, version, frame, "publish", f"Publish version {version.number}", status, **more)


def _published(version: ProtocolVersion, starts: datetime | None, by: Any, at: datetime) -> str:
    """Puts it in force, or has it start by itself; returns what to say. Raises NotPublishable."""
    if starts is not None:
        starting.order(version, starts, by=by, at=at)
        return f"Version {version.number} starts by itself at that time. Until then it can be taken back or changed."
    publishing.publish(version, by=by, at=at, errors=errors_of(at))
    return f"Version {version.number} is in force. New cases are promised under it."


def keep_back(request: HttpRequest, version: ProtocolVersion) -> HttpResponse:
    """Takes the order to start back."""
    try:
        publishing.take_start_back(version, by=request.user, at=clock.now())  # type: ignore[arg-type]
    except publishing.NotPublishable as why:
        messages.error(request, str(why))
    else:
        messages.success(request, f"Version {version.number} does not start by itself any more. It stays approved.")
    return to_page(version)


def discard(request: HttpRequest, version: ProtocolVersion, frame: Frame) -> HttpResponse:
    """Asks once, then throws the draft away."""
    form = Plain(request.POST) if request.method == "POST" else Plain()
    if form.is_bound:
        try:
            publishing.discard(version, by=request.user, at=frame["now"])  # type: ignore[arg-type]
        except publishing.NotPublishable as why:
            form.is_valid()
            refused(form, why)
        else:
            messages.success(request, f"The draft of version {version.number} is thrown away.")
            return see_other(reverse("admin:escalation_protocolversion_changelist"))
    status = 422 if form.is_bound else 200
    title = f"Throw away version {version.number}"
    return act_page(request, version, frame, "discard", title, status, form=form)


def authors() -> list[User]:
    """Everybody who may write protocols."""
    can = Q(groups__permissions__codename="write_protocol") | Q(user_permissions__codename="write_protocol")
    people = User.objects.filter(can | Q(is_superuser=True), is_active=True, is_staff=True)
    return list(people.distinct().order_by("name", "email"))


def others(version: ProtocolVersion | ChoiceDraft) -> list[str]:
    """Who else may approve it: authors who did not change it."""
    return [str(user) for user in authors() if user.pk not in {*version.hands, version.made_by_id}]
