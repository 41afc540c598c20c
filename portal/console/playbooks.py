"""Playbooks in the console: which topics have one, and writing it, one step a line."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import Category, PlaybookRevision
from escalation import playbooks
from escalation.saved_replies import NotSaved
from portal.console.needs import door, need
from portal.console.protocol_editing import see_other
from portal.forms import Lines, Plain

WRITE = "cases.write_playbooks"
MOST = playbooks.STEPS_MOST * (playbooks.STEP_MOST + 2)


class PlaybookForm(Plain):
    """A playbook as a person edits it. `seen` is the revision that was on the page; 0 for none."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    steps = Lines(
        label="Steps, one a line", required=False, max_length=2 * MOST, widget=forms.Textarea(attrs={"rows": 12}),
        help_text=f"What to look at and what to try, in order. At most {playbooks.STEPS_MOST} steps of "
        f"{playbooks.STEP_MOST} characters. Leave it empty to take the playbook away.",
    )  # fmt: skip


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of playbooks: who works on cases reads them, who may write them changes them."""

    return [
        path("playbooks/", door(site, listing), name="playbooks"),
        path("playbooks/<int:pk>/", door(site, page), name="playbook"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Every topic with its playbook, or that it has none."""
    rows = PlaybookRevision.objects.filter(is_current=True).select_related("made_by")
    found = {row.topic_id: row for row in rows if row.steps}
    topics = [{"topic": topic, "book": found.get(topic.pk)} for topic in Category.objects.all()]
    context = {"title": "Playbooks", "rows": topics, "may_write": request.user.has_perm(WRITE)}
    return TemplateResponse(request, "console/playbooks.html", site.each_context(request) | context)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One topic's playbook with its revisions, and the form for who may write it."""
    topic = get_object_or_404(Category, pk=min(pk, 2**62))
    frame, may_write = site.each_context(request), request.user.has_perm(WRITE)
    now = playbooks.current(topic)
    first = {"seen": now.number if now else 0, "steps": "\n".join(now.steps) if now else ""}
    form = PlaybookForm(request.POST if request.method == "POST" else None, initial=first)
    status = 200
    if request.method == "POST":
        need(request, WRITE)
        if form.is_valid():
            said = form.cleaned_data
            try:
                playbooks.write(
                    topic, said["steps"].splitlines(), by=frame["actor"].user, at=frame["now"], seen=said["seen"]
                )
            except NotSaved as why:
                blame(form, why)
            else:
                messages.success(request, "Saved. It stands beside every case of the topic from now on.")
                return see_other(reverse("admin:playbook", args=[topic.pk]))
        status = 409 if form.data.get("seen") != request.POST.get("seen") else 422
    context = {
        "title": f"Playbook: {topic.name}",
        "topic": topic,
        "now_says": now,
        "form": form,
        "may_write": may_write,
        "revisions": topic.playbooks.select_related("made_by").order_by("-number"),
    }  # fmt: skip
    return TemplateResponse(request, "console/playbook.html", frame | context, status=status)


def blame(form: forms.Form, why: NotSaved) -> None:
    """Each finding at its field. What a colleague saved meanwhile is seen by then: sending again is the answer to it."""
    for field, sentence in why.findings:
        if field == "seen":
            typed: Any = form.data
            form.data = typed.copy()
            form.data["seen"] = sentence  # type: ignore[index]
        else:
            form.add_error(field or None, sentence)
