"""The page of a proposed list: what it would change, the lines to change, why, and the second person's approval."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cases.models import Case
from escalation import choice_drafts, choice_lines
from escalation.choice_effect import Move, effect
from escalation.choice_lines import Difference, rows_of
from escalation.models import ChoiceDraft, ProtocolChoice
from escalation.publishing import NotPublishable, Overtaken
from portal.console.cover_edit import noted
from portal.console.protocol_acts import others, refused
from portal.console.protocol_choices import NewLine, page_of, shared
from portal.console.protocol_editing import see_other
from portal.forms import Lines, Plain

Status = ChoiceDraft.Status
FLAGS = {
    choice_lines.ADDED: ADDITION,
    choice_lines.MOVED: CHANGE,
    choice_lines.CHANGED: CHANGE,
    choice_lines.TAKEN_OFF: DELETION,
}


class Why(Plain):
    """Why the list changes."""

    note = Lines(
        label="Why this change?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whoever approves it reads this; it stays with the list.",
        error_messages={"required": "Write in a sentence or two why the list changes."},
    )  # fmt: skip


class Agreement(Plain):
    """The second person's word that they have read what changes."""

    read = forms.BooleanField(
        label="I have read what changes and agree that it should count.",
        error_messages={"required": "Tick that you have read what changes."},
    )


#: What a button sends, and the form beside it.
FORMS: dict[str, type[Plain]] = {"add": NewLine, "note": Why, "approve": Agreement, "up": Plain, "down": Plain, "drop": Plain}  # fmt: skip


def choices_url() -> str:
    return reverse("admin:escalation_protocolversion_choices")


def proposal_view(request: HttpRequest, frame: dict[str, Any], draft: ChoiceDraft, *, may_write: bool) -> HttpResponse:
    """The proposal, or a list that was one; changed and approved by POST. The caller has checked who may."""
    if request.method != "POST":
        return page(request, frame, draft, may_write=may_write)
    press, _, which = request.POST.get("press", "").partition(":")
    if press not in FORMS:
        return see_other(page_of(draft))
    form = FORMS[press](request.POST)
    if not form.is_valid():
        return page(request, frame, draft, form, may_write=may_write, status=422)
    try:
        done = pressed(request, draft, press, number(which), form, frame)
    except NotPublishable as why:
        draft.refresh_from_db()
        if isinstance(form, Agreement) and isinstance(why, Overtaken):
            form = Agreement({})  # the tick was for what they had read
            form.full_clean()
            form.errors.pop("read", None)
        refused(form, why)
        return page(request, frame, draft, form, may_write=may_write, status=409 if isinstance(why, Overtaken) else 422)
    messages.success(request, done)
    return see_other(choices_url() if press == "approve" else page_of(draft))


def pressed(request: HttpRequest, draft: ChoiceDraft, press: str, which: int, form: Any, frame: dict[str, Any]) -> str:
    """Does it and says so. Raises NotPublishable."""
    by: Any = request.user
    seen = number(request.POST.get("seen", ""))
    if press == "add":
        choice_drafts.add(draft, line_of(form.cleaned_data), seen=seen, by=by)
        return "The line is added at the end of the proposal."
    if press == "note":
        choice_drafts.describe(draft, form.cleaned_data["note"], seen=seen, by=by)
        return "Saved. A second person can approve it now."
    if press == "approve":
        made = approved(request, draft, seen, frame)
        return f"List {made.number} is in force. Cases that are open keep their protocol."
    if press == "drop":
        choice_drafts.take_off(draft, which, seen=seen, by=by)
        return f"Line {which} is taken off the proposal."
    choice_drafts.move(draft, which, up=press == "up", seen=seen, by=by)
    return f"Line {which} is line {which - 1 if press == 'up' else which + 1} now."


def number(text: str) -> int:
    """A number somebody's page sent; -1 for anything else, which no revision and no line has."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def line_of(said: dict[str, Any]) -> choice_lines.Line:
    ids = {part: said[part].pk if said[part] else None for part in ("product", "category")}
    return ids | {"segment": said["segment"], "protocol": said["protocol"]}


def approved(request: HttpRequest, draft: ChoiceDraft, seen: int, frame: dict[str, Any]) -> ChoiceDraft:
    """Puts the list in force, with an entry for each line in the console's record of changes."""
    with transaction.atomic():
        before = {row.position: row for row in ProtocolChoice.objects.all()}
        made = choice_drafts.approve(draft, seen=seen, by=request.user, at=frame["now"])  # type: ignore[arg-type]
        after = {row.position: row for row in ProtocolChoice.objects.all()}
        for one in choice_lines.differences(made.base, made.lines):
            row = after[one.after] if one.after else before[one.before or 0]
            noted(request, [row], FLAGS[one.kind], one.sentence())
    return made


def discard_view(request: HttpRequest, frame: dict[str, Any], draft: ChoiceDraft) -> HttpResponse:
    """Asks once, then throws the proposal away."""
    if draft.status != Status.OPEN:
        return see_other(page_of(draft))
    form = Plain(request.POST) if request.method == "POST" else Plain()
    if form.is_bound:
        try:
            with transaction.atomic():
                gone = choice_drafts.discard(draft, by=request.user, at=frame["now"])  # type: ignore[arg-type]
                noted(request, [gone], DELETION, "Proposed list thrown away.")
        except NotPublishable as why:
            form.is_valid()
            refused(form, why)
        else:
            messages.success(request, "The proposal is thrown away. The list in force stays.")
            return see_other(choices_url())
    context = frame | {"title": "Throw the proposal away", "form": form, "url": page_of(draft)}
    context["changes"] = choice_lines.differences(choice_drafts.in_force(), draft.lines)
    status = 422 if form.errors else 200
    return TemplateResponse(request, "console/protocol/proposal_discard.html", context, status=status)


def page(
    request: HttpRequest,
    frame: dict[str, Any],
    draft: ChoiceDraft,
    form: Plain | None = None,
    *,
    may_write: bool,
    status: int = 200,
) -> HttpResponse:
    """The page with its forms; `form` is the one that was not good."""
    is_open, words = draft.status == Status.OPEN, shared()
    old = choice_drafts.in_force() if is_open else draft.base
    changes = choice_lines.differences(old, draft.lines)
    context = frame | words | {
        "title": "Proposed: which protocol for which case?" if is_open else str(draft),
        "draft": draft,
        "is_open": is_open,
        "form": form or Plain(),
        "line_form": form if isinstance(form, NewLine) else NewLine(),
        "why_form": form if isinstance(form, Why) else Why(initial={"note": draft.note}),
        "agreement": form if isinstance(form, Agreement) else Agreement(),
        "rows": shown_rows(draft, changes, words["names"]),
        "changes": [one.sentence(words["names"]) for one in changes],
        "may_write": may_write and is_open,
        "mine": choice_drafts.is_hand(draft, request.user),  # type: ignore[arg-type]
        "url": choices_url(),
    }  # fmt: skip
    if is_open:
        context |= {"obstacles": choice_drafts.obstacles(draft), "others": others(draft)}
    if is_open and changes:
        cases = Case.objects.visible_to(frame["viewer"])
        found = effect(cases, old, draft.lines, at=frame["now"])
        context |= {"effect": found, "effect_lines": [moved(one, words["names"]) for one in found.lines]}
    return TemplateResponse(request, "console/protocol/proposal.html", context, status=status)


def moved(one: Move, names: dict[str, str]) -> str:
    """'Line 2: topic Billing. 14 cases under Small team instead of Five tiers.'"""
    cases = f"{one.cases:,} case{'' if one.cases == 1 else 's'}"
    return f"{one.why}. {cases} under {names.get(one.after, one.after)} instead of {names.get(one.before, one.before)}."


def shown_rows(draft: ChoiceDraft, changes: list[Difference], names: dict[str, str]) -> list[dict[str, Any]]:
    """The lines of the table, each with what happened to it; what is taken off stands at the end, without a place."""
    by_place = {one.after: one for one in changes if one.after}
    rows = [(row, row.position, by_place.get(row.position)) for row in rows_of(draft.lines)]
    rows += [(one.row, 0, one) for one in changes if not one.after]
    return [
        {
            "line": row,
            "position": place,
            "name": names.get(row.protocol, ""),
            "change": change,
            "words": f"line {place}",
            "is_last": place == len(draft.lines),
        }
        for row, place, change in rows
    ]
