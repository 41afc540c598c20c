"""Saved replies in the console: the list with how each fares, one reply with its revisions, writing and retiring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import get_text_list
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import brand
from cases.models import Category, ReplyRevision, SavedReply, User
from cases.models.case import reference_prefix
from cases.replies import ACTS, check, fill
from escalation import saved_replies
from escalation.saved_replies import NotSaved, Overtaken
from feedback.replies import WINDOW, Usage, usage, uses_by_revision
from portal.console.needs import door
from portal.console.protocol_editing import see_other, shown
from portal.console.replies_form import ReplyForm, legend, level_words

WRITE = "cases.write_replies"
EVERY, RETIRED = "every", "retired"  # values of the list's filters


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of saved replies: who works on cases may read them, who may write them changes them."""

    return [
        path("replies/", door(site, listing), name="replies"),
        path("replies/new/", door(site, new, WRITE), name="reply_new"),
        path("replies/<int:pk>/", door(site, page), name="reply"),
        path("replies/<int:pk>/edit/", door(site, edit, WRITE), name="reply_edit"),
        path("replies/<int:pk>/retire/", door(site, retire, WRITE), name="reply_retire"),
        path("replies/<int:pk>/bring-back/", door(site, bring_back, WRITE), name="reply_bring_back"),
    ]


# Reading ------------------------------------------------------------------------------------------------------


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """All replies in use, or the retired ones; of one topic when the address names one."""
    frame = site.each_context(request)
    topic, retired = request.GET.get("topic", ""), request.GET.get("which") == RETIRED
    topics = list(Category.objects.all())
    if topic and topic != EVERY and topic not in {one.slug for one in topics}:
        topic = ""
    found = usage(frame["now"])
    rows = [
        row(one, found.get(one.reply_id, Usage()))
        for one in saved_replies.current()
        if (one.reply.retired_at is not None) == retired
        and (not topic or topic == (one.topic.slug if one.topic else EVERY))
    ]
    context = {
        "title": "Saved replies",
        "rows": rows,
        "topics": [("", "All"), (EVERY, "Every topic"), *((one.slug, one.name) for one in topics)],
        "topic": topic,
        "retired": retired,
        "days": WINDOW.days,
        "may_write": request.user.has_perm(WRITE),
    }  # fmt: skip
    return TemplateResponse(request, "console/replies.html", frame | context)


def row(one: ReplyRevision, used: Usage) -> dict[str, Any]:
    """A reply as the list shows it."""
    names = saved_replies.languages()
    return {
        "revision": one,
        "topic": str(one.topic or "Every topic"),
        "acts": [ACTS[act] for act in one.acts if act in ACTS],
        "levels": level_words(one.up_to_level) + (". Calms" if one.calms else ""),
        "languages": [names.get(code, code) for code in one.texts],
        "missing": get_text_list([name for code, name in names.items() if code not in one.texts], "or"),
        "used": used,
    }


@require_safe
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One reply: its texts as customers would read them, how it fares, every revision."""
    return shown_page(request, site.each_context(request), pk)


def shown_page(
    request: HttpRequest, frame: dict[str, Any], pk: int, *, why: str = "", status: int = 200
) -> HttpResponse:
    """`why` is what was refused a moment ago."""
    now = revision_of(pk)
    counts = uses_by_revision(pk)
    past = now.reply.revisions.select_related("made_by", "topic").order_by("-number")
    context = row(now, usage(frame["now"]).get(pk, Usage())) | {
        "title": now.title,
        "reply": now.reply,
        "why": why,
        "previews": previews(now.texts, frame),
        "revisions": [row(one, Usage(counts.get(one.pk, 0))) for one in past],
        "days": WINDOW.days,
        "may_write": request.user.has_perm(WRITE),
    }
    return TemplateResponse(request, "console/reply.html", frame | context, status=status)


def revision_of(pk: int) -> ReplyRevision:
    """What the reply says now, or 404."""
    if pk >= 2**63:  # more than a database's number
        raise Http404
    found = ReplyRevision.objects.select_related("reply", "reply__retired_by", "topic", "made_by")
    return get_object_or_404(found, reply=pk, is_current=True)


def sample(frame: dict[str, Any], language: str) -> dict[str, str]:
    """Values of a case that does not exist, for showing how a text reads."""
    tomorrow = (frame["now"] + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return {
        "customer_name": "Sam",
        "reference": f"{reference_prefix()}-7K4M-29",
        "owner_name": "Tom",
        "my_name": "Tom",
        "next_update": saved_replies.spelled(tomorrow, User(time_zone=settings.COMPANY_TIME_ZONE), language),
        "company": brand.current().name,
    }


def previews(texts: dict[str, str], frame: dict[str, Any]) -> list[dict[str, str]]:
    """Each text filled from the sample case, by language."""
    names = saved_replies.languages()
    return [
        {"code": code, "name": names.get(code, code), "text": fill(text, sample(frame, code))}
        for code, text in texts.items()
        if text
    ]


# Writing ------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """A reply that was not there before."""
    return written(request, site.each_context(request), None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The next revision of one."""
    return written(request, site.each_context(request), revision_of(pk))


def written(request: HttpRequest, frame: dict[str, Any], now: ReplyRevision | None) -> HttpResponse:
    """The form; checked and shown as customers would read it, or kept."""
    if request.method != "POST":
        return form_page(request, frame, ReplyForm(revision=now), now)
    form = ReplyForm(request.POST, revision=now)
    fine = form.is_valid()
    findings = check(form.draft(), saved_replies.languages())
    form.blame((one.field, one.sentence) for one in findings if one.stops)
    if not fine or form.errors or request.POST.get("press") != "save":
        status = 422 if form.errors else 200
        return form_page(request, frame, form, now, checked=form.texts(), notes=form.noted(findings), status=status)
    reply, seen, by = now.reply if now else None, form.cleaned_data["seen"], frame["actor"].user
    try:
        kept = saved_replies.write(reply, form.draft(), seen=seen, by=by, at=frame["now"])
    except Overtaken as why:
        return overtaken(request, frame, form, why)
    except NotSaved as why:
        form.blame(why.findings)
        return form_page(request, frame, form, now, status=422)
    same = now is not None and kept.pk == now.pk
    messages.success(request, "Nothing was changed." if same else "Saved. It is offered from now on.")
    return see_other(reverse("admin:reply", args=[kept.reply_id]))


def overtaken(request: HttpRequest, frame: dict[str, Any], form: ReplyForm, why: Overtaken) -> HttpResponse:
    """The form again with what was typed, beside what a colleague wrote; saving again is the answer to it."""
    typed: Any = form.data.copy()  # type: ignore[attr-defined]
    typed["seen"] = str(why.now.number)
    form.data = typed
    stored = ReplyForm(revision=why.now)
    newer = [
        {"label": str(field.label), "typed": shown(field), "stored": shown(stored[field.name])}
        for field in form.visible_fields()
        if shown(field) != shown(stored[field.name])
    ]
    form.blame(why.findings)
    return form_page(request, frame, form, why.now, newer=newer, status=409)


def form_page(
    request: HttpRequest,
    frame: dict[str, Any],
    form: ReplyForm,
    now: ReplyRevision | None,
    *,
    checked: dict[str, str] | None = None,
    notes: list[str] | None = None,
    newer: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """`checked`: the texts to show filled; `newer`: what differs from what a colleague saved meanwhile."""
    back = reverse("admin:reply", args=[now.reply_id]) if now else reverse("admin:replies")
    context = {
        "title": "Change a saved reply" if now else "New saved reply",
        "form": form,
        "was": now,
        "previews": previews(checked if checked is not None else now.texts if now else {}, frame),
        "checked": checked is not None and not form.errors,
        "notes": notes or [],
        "newer": newer or [],
        "legend": legend(),
        "back": back,
    }
    return TemplateResponse(request, "console/reply_form.html", frame | context, status=status)


@require_POST
def retire(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Takes it off what is offered."""
    return step(
        request, site, pk, saved_replies.retire, "Retired. It is not offered any more; nothing of it is deleted."
    )


@require_POST
def bring_back(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Offers it again."""
    return step(request, site, pk, saved_replies.bring_back, "It is offered again.")


def step(request: HttpRequest, site: AdminSite, pk: int, verb: Callable[..., None], done: str) -> HttpResponse:
    """One press about the reply as it was read; a change meanwhile is said on its page."""
    frame = site.each_context(request)
    reply = SavedReply.objects.filter(pk=pk).first()
    if reply is None:
        raise Http404
    seen = request.POST.get("seen", "")
    try:
        verb(reply, by=request.user, at=frame["now"], seen=int(seen) if seen.isdecimal() and len(seen) < 9 else -1)
    except Overtaken:
        why = "Somebody changed this reply while you were reading. Look at it, then press again."
        return shown_page(request, frame, pk, why=why, status=409)
    messages.success(request, done)
    return see_other(reverse("admin:reply", args=[pk]))
