"""One view for every page of the editor: shows a form of a draft, or puts what was typed into the draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse

from escalation import publishing
from escalation.models import ProtocolVersion
from escalation.protocol import ProtocolError
from escalation.reading import parse
from portal.console import protocol_forms as single
from portal.console import protocol_levels as levels
from portal.console import protocol_rules as rules
from portal.console import protocol_tasks as tasks
from portal.console.protocol_edits import Impossible
from portal.console.protocol_forms import Desk, EditForm
from portal.console.protocol_upset import UpsetForm
from portal.console.protocol_words import Names

#: The last part of the address of each page, and its form.
FORMS: dict[str, type[EditForm]] = {
    "cell": single.CellForm,
    "own-row": single.OwnRowForm,
    "drop-row": single.DropRowForm,
    "windows": single.WindowsForm,
    "impact": single.ImpactForm,
    "fast-lane": single.FastLaneForm,
    "upset": UpsetForm,
    "own": single.OwnForm,
    "levels": levels.LevelsForm,
    "level": levels.LevelForm,
    "new-level": levels.NewLevelForm,
    "steps": levels.StepsForm,
    "step": levels.StepForm,
    "tasks": tasks.TasksForm,
    "task": tasks.TaskForm,
    "entry": rules.EntryForm,
    "topics": rules.TopicsForm,
    "skills": rules.SkillsForm,
    "guidelines": rules.GuidelinesForm,
    "guideline": rules.GuidelineForm,
}
#: Pages one comes to from a list, and the list one goes back to.
BACK = {"step": "steps", "task": "tasks", "new-level": "levels", "guideline": "guidelines"}


def edit_view(request: HttpRequest, version: ProtocolVersion, part: str, frame: dict[str, Any]) -> HttpResponse:
    """The page `part` of the draft. The caller has checked who is asking and that the draft is open."""
    if part not in FORMS:
        raise Http404
    if request.method in ("GET", "HEAD"):
        return page(request, version, part, FORMS[part](desk=desk_of(request, version, frame)), frame)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    form = FORMS[part](request.POST, desk=desk_of(request, version, frame))
    if not form.is_valid():
        return page(request, version, part, form, frame, status=422)
    return saved(request, version, part, form, frame)


def desk_of(request: HttpRequest, version: ProtocolVersion, frame: dict[str, Any]) -> Desk:
    return Desk(version, parse(version.label, version.document), Names.read(frame["now"]), request.GET.dict())


def saved(
    request: HttpRequest, version: ProtocolVersion, part: str, form: EditForm, frame: dict[str, Any]
) -> HttpResponse:
    """Puts the change into the draft; what is refused comes back with everything that was typed."""
    seen = form.cleaned_data["seen"]
    try:
        document = form.edited()
        if document == version.document and seen == version.revision:
            messages.info(request, "Nothing was changed.")
            return see_other(after(request, version, part, form))
        publishing.change(version, document, seen=seen, by=request.user, at=frame["now"])  # type: ignore[arg-type]
    except publishing.Overtaken as why:
        return overtaken(request, version, part, form, frame, why)
    except publishing.NotPublishable as why:
        for sentence in why.sentences:
            form.add_error(None, sentence)
    except (ProtocolError, Impossible) as why:
        form.add_error(None, str(why))
    else:
        messages.success(request, form.done)
        return see_other(after(request, version, part, form))
    return page(request, version, part, form, frame, status=422)


def overtaken(
    request: HttpRequest, version: ProtocolVersion, part: str, form: EditForm, frame: dict[str, Any], why: Exception
) -> HttpResponse:
    """The page again with what was typed, beside what the draft says by now; sending again is the answer to it."""
    version.refresh_from_db()
    typed: Any = form.data
    form.data = typed.copy()
    form.data["seen"] = str(version.revision)  # type: ignore[index]
    try:
        stored = FORMS[part](desk=desk_of(request, version, frame))
    except Http404:  # what was edited is gone: what was typed can only be copied
        form.add_error(None, f"{why} What you were changing is not in the draft any more.")
        return page(request, version, part, form, frame, status=409)
    form.desk = stored.desk
    newer = [
        {"label": str(field.label), "typed": shown(field), "stored": shown(stored[field.name])}
        for field in form.visible_fields()
        if field.name in stored.fields and field.name not in form.asked and shown(field) != shown(stored[field.name])
    ]
    form.add_error(None, str(why))
    return page(request, version, part, form, frame, status=409, newer=newer)


def shown(field: forms.BoundField) -> str:
    """A field's value as people read it."""
    value, widget = field.value(), field.field.widget
    if isinstance(widget, forms.MultiWidget):
        values = value if isinstance(value, list) else widget.decompress(value) or []
        pairs = zip(values, widget.widgets, strict=False)
        parts = [_label(part, getattr(inner, "choices", ())) for part, inner in pairs if part not in (None, "")]
        return " ".join(parts) or "-"
    choices = getattr(field.field, "choices", ())
    if isinstance(value, list | tuple):
        return ", ".join(_label(part, choices) for part in value) or "-"
    return _label(value, choices) if value not in (None, "") else "-"


def _label(value: Any, choices: Any) -> str:
    flat = [pair for key, words in choices for pair in (words if isinstance(words, list | tuple) else [(key, words)])]
    return next((str(words) for key, words in flat if str(key) == str(value)), str(value))


def after(request: HttpRequest, version: ProtocolVersion, part: str, form: EditForm) -> str:
    """Where one goes after saving: back to the list, or to the place on the version's page."""
    return request.get_full_path() if form.stays else back(request, version, part, form)[0]


def back(request: HttpRequest, version: ProtocolVersion, part: str, form: EditForm) -> tuple[str, str]:
    """The page one came from, and what to call it."""
    if part in BACK:
        address = reverse("admin:escalation_protocolversion_edit", args=[version.pk, BACK[part]])
        level = request.GET.get("level", "")
        label = {"steps": "Steps", "tasks": "Tasks", "levels": "Levels", "guidelines": "Guidelines"}[BACK[part]]
        return (f"{address}?level={level}" if part in ("step", "task") else address), label
    address = reverse("admin:escalation_protocolversion_change", args=[version.pk])
    return f"{address}#{form.part}", f"Version {version.number}"


def page(
    request: HttpRequest,
    version: ProtocolVersion,
    part: str,
    form: EditForm,
    frame: dict[str, Any],
    *,
    status: int = 200,
    newer: list[dict[str, str]] | None = None,
) -> HttpResponse:
    """The form's page; `newer` is what the draft says by now where it differs from what was typed."""
    url, label = back(request, version, part, form)
    context = frame | {
        "title": form.heading,
        "version": version,
        "protocol": form.desk.protocol,
        "form": form,
        "newer": newer or [],
        "overtaken": newer is not None,
        "url": url,
        "back_label": label,
        "reviewed": version.status == ProtocolVersion.Status.REVIEWED,
    }
    return TemplateResponse(request, form.template, context, status=status)


def see_other(url: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": url})
