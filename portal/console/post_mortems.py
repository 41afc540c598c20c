"""Post-mortems in the console: the list, one with its timeline and all that was done, and the small pages of its acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import AUDIT, WORK
from cases.models import Case
from escalation.models import BackTest
from escalation.permits import Actor, refusal
from escalation.verbs import Refused
from feedback import alternatives, counterfactual, post_mortem_acts, post_mortems
from feedback.models import Alternative, Measure, PostMortem
from feedback.post_mortems import RUN
from portal.console import backtest_run
from portal.console import post_mortems_show as show
from portal.console.needs import Needs, door
from portal.console.post_mortems_form import ByHand, Change, Finish, Offer, Reopen, Try, Verify, Write
from portal.console.problems import HIGHEST
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed as still_to_open

CLOSED_SHOWN = 50
REFRESH = "5"
POST = require_http_methods(["GET", "HEAD", "POST"])


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of post-mortems: whoever works on cases reads, its owner and supervisors write."""
    one = "postmortems/<int:pk>/"
    return [
        path("postmortems/", door(site, listing, WORK, AUDIT), name="post_mortems"),
        path(one, door(site, page, WORK, AUDIT), name="post_mortem"),
        path(f"{one}offer/", door(site, offer, WORK), name="post_mortem_offer"),
        path(f"{one}measure/", door(site, add, WORK), name="post_mortem_measure"),
        path(f"{one}measure/<int:number>/", door(site, measure, WORK), name="post_mortem_measure_done"),
        path(f"{one}try/", door(site, try_version, WORK), name="post_mortem_try"),
        path("cases/case/<int:pk>/postmortem/", door(site, by_hand, RUN), name="case_post_mortem"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Those that are open by their day, and those that are closed."""
    frame = site.each_context(request)
    now = frame["now"]
    open_ones = post_mortems.open_ones(frame["viewer"]).prefetch_related("grounds")
    closed = post_mortems.closed_ones(frame["viewer"]).prefetch_related("grounds")[:CLOSED_SHOWN]
    context = {
        "title": "Post-mortems",
        "open": [show.row(one, now) for one in open_ones],
        "closed": [show.row(one, now) for one in closed],
        "not_opened": post_mortems.not_opened(frame["viewer"])[:CLOSED_SHOWN],
    }
    return TemplateResponse(request, "console/post_mortems.html", frame | context)


@POST
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One post-mortem; a POST writes it, or closes it with the press `close`."""
    frame = site.each_context(request)
    row = found(frame, pk)
    if away := still_to_open(request, row.case):
        return away
    if request.method == "POST" and not post_mortems.may_run(row, frame["actor"].user):
        raise Needs(RUN)
    closing = request.POST.get("press") == "close"
    # Who closes it sends what stands in the form, too: it is kept with it, or shown again.
    writing = request.method == "POST" and (not closing or "happened" in request.POST)
    story = show.Story.of(row, frame["now"], frame["zone"])
    form = Write(request.POST) if writing else Write(initial=story.first())
    trouble = ""
    if request.method == "POST" and (not writing or form.is_valid()):
        by, at = frame["actor"].user, frame["now"]
        seen = form.cleaned_data["seen"] if writing else _number(request.POST.get("seen", ""))
        wrote = False
        try:
            with transaction.atomic():
                if writing:
                    seen = post_mortem_acts.write(row, form.draft(), seen=seen, by=by, at=at).number
                    wrote = True
                if closing:
                    post_mortem_acts.close(row, seen=seen, by=by, at=at)
        except Refused as why:
            if writing and not wrote:
                form.add_error(why.field or None, str(why))
            else:
                trouble = str(why)
        else:
            said = f"Closed. Its measures are looked at again in {post_mortem_acts.REVIEW_AFTER.days} days."
            messages.success(request, said if closing else "Saved.")
            return see_other(reverse("admin:post_mortem", args=[pk]))
    return shown(request, frame, found(frame, pk), form, story, trouble)


def shown(
    request: HttpRequest, frame: dict[str, Any], row: PostMortem, form: Any, story: show.Story, trouble: str
) -> HttpResponse:
    """The page; a form shown again keeps what was typed and counts as having seen what is there now."""
    if form.is_bound:
        form.data = form.data.copy()
        form.data["seen"] = str(row.number)
    user = frame["actor"].user
    context = show.page_of(row, story, frame["now"], user)
    context |= {
        # Who was writing when somebody closed it still sees what they typed, and why it is not kept.
        "form": form if (row.is_open or form.is_bound) and post_mortems.may_run(row, user) else None,
        "trouble": trouble,
        "meanwhile": row if form.errors and row.number > 1 else None,
        "may_run": post_mortems.may_run(row, user),
        "may_offer": may_offer(row, context["beside"], frame["actor"]),
        "try_form": Try(),
    }
    status = 422 if form.errors or trouble else 200
    answer = TemplateResponse(request, "console/post_mortem.html", frame | context, status=status)
    # Only for who has just asked: a page that somebody writes on is never loaded anew under their hands.
    if context["going"] and "watch" in request.GET and request.method != "POST":
        answer["Refresh"] = REFRESH
    return answer


def may_offer(row: PostMortem, beside: Alternative | None, actor: Actor) -> bool:
    """Whether this person may send the letter now; not while another offer to the same customer waits for a word."""
    waits = beside is not None and not beside.answer
    may = post_mortems.may_offer(row) and not waits
    return may and not refusal("apologise", post_mortems.told_on(row.case), actor)


def found(frame: dict[str, Any], pk: int) -> PostMortem:
    """The post-mortem of a case the reader may see, or 404."""
    if pk > HIGHEST:
        raise Http404
    rows = post_mortems.seen_by(frame["viewer"]).select_related("case__customer", "case__team", "closed_by")
    return get_object_or_404(rows, pk=pk)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


# The small pages ----------------------------------------------------------------------------------------------


def acted(
    request: HttpRequest,
    frame: dict[str, Any],
    row: Any,
    form: Form,
    act: Callable[[dict[str, Any]], None],
    **words: Any,
) -> HttpResponse:
    """A page with one form: runs `act` on what was typed and goes back, or shows the form again with the reason.

    `words`: title, submit, said (once it is done), back (the address), and what console/post_mortem_act.html takes.
    """
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as why:
            form.add_error(why.field if why.field in form.fields else None, str(why))
        else:
            messages.success(request, words["said"])
            return see_other(words["back"])
    context = frame | {"row": row, "form": form, "key": request.POST.get("idempotency_key", "")[:32] or uuid4().hex}
    return TemplateResponse(
        request, "console/post_mortem_act.html", context | words, status=422 if form.errors else 200
    )


def _mine(request: HttpRequest, site: AdminSite, pk: int) -> tuple[dict[str, Any], PostMortem, str]:
    """The frame, the post-mortem and the address to go back to, for somebody who writes it."""
    frame = site.each_context(request)
    row = found(frame, pk)
    if not post_mortems.may_run(row, frame["actor"].user):
        raise Needs(RUN)
    return frame, row, reverse("admin:post_mortem", args=[pk])


@POST
def offer(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The apology with an alternative: one letter."""
    frame = site.each_context(request)
    row = found(frame, pk)
    if away := still_to_open(request, row.case):
        return away
    case = post_mortems.told_on(row.case)
    if refusal("apologise", case, frame["actor"]):
        raise Needs("cases.supervise")
    may = alternatives.may_promise(case)
    form = Offer(request.POST if request.method == "POST" else None, may_promise=may)

    def act(given: dict[str, Any]) -> None:
        key = (
            f"offer:{row.pk}:{request.POST.get('idempotency_key', '')[:40]}"
            if request.POST.get("idempotency_key")
            else ""
        )
        alternatives.offer(row, **given, by=frame["actor"].user, at=frame["now"], form_key=key)

    lead = "The customer gets one letter with all of it, and says yes or no on the page of their case."
    if case.promise_at and not may:
        lead += " The promise that runs stays, and stands in it."
    return acted(
        request, frame, row, form, act, title="Apology and alternative", submit="Send to the customer", lead=lead,
        said="Sent. Whose post-mortem it is gets a letter when the customer answers.", back=reverse("admin:post_mortem", args=[pk]),
    )  # fmt: skip


@POST
def add(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """A new measure."""
    frame, row, back = _mine(request, site, pk)
    if away := still_to_open(request, row.case):
        return away
    form = Change(request.POST if request.method == "POST" else None)

    def act(given: dict[str, Any]) -> None:
        post_mortem_acts.add_measure(row, **given, by=frame["actor"].user, at=frame["now"])

    lead = "What will be different the next time, whoever stands there."
    return acted(
        request, frame, row, form, act, title="New measure", submit="Add measure", lead=lead, said="Added.", back=back
    )


@POST
def measure(request: HttpRequest, site: AdminSite, pk: int, number: int) -> HttpResponse:
    """A measure is done; at the review it is verified, or opened again with `?again`."""
    frame = site.each_context(request)
    row = found(frame, pk)
    if away := still_to_open(request, row.case):
        return away
    one = get_object_or_404(Measure.objects.filter(post_mortem=row), pk=min(number, HIGHEST))
    by, at = frame["actor"].user, frame["now"]
    reviewed, again = post_mortems.review_due(row, at), "again" in request.GET
    if not (post_mortems.may_run(row, by) or (one.owner_id == by.pk and not reviewed)):
        raise Needs(RUN)
    sent = request.POST if request.method == "POST" else None
    if reviewed and again:
        form: Form = Reopen(sent)
        words = {"title": "Open the measure again", "submit": "Open again", "said": "Open again."}
    elif reviewed:
        form = Verify(sent, initial={"evidence": one.evidence})
        words = {"title": "Verify the measure", "submit": "It is done and it holds", "said": "Verified."}
    else:
        form = Finish(sent)
        words = {"title": "Measure done", "submit": "It is done", "said": "Noted as done."}

    def act(given: dict[str, Any]) -> None:
        if reviewed and again:
            post_mortem_acts.reopen(one, given["due_on"], by=by, at=at)
        else:
            (post_mortem_acts.verify if reviewed else post_mortem_acts.finish)(one, given["evidence"], by=by, at=at)

    back = reverse("admin:post_mortem", args=[pk])
    return acted(request, frame, row, form, act, measure=one, lead=one.text, back=back, **words)


@POST
def try_version(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Tries a version on this case, and on the others of the last 90 days: a few at once, many by the queue."""
    frame, row, back = _mine(request, site, pk)
    if away := still_to_open(request, row.case):
        return away
    form = Try(request.POST if request.method == "POST" else None)

    def act(given: dict[str, Any]) -> None:
        by, at = frame["actor"].user, frame["now"]
        kept = counterfactual.try_on(row, given["version"], by=by, at=at)
        run: BackTest = backtest_run.ask(given["version"], counterfactual.DAYS.days, by=by, at=at)
        counterfactual.add_others(kept, run)

    lead = "This case is lived again under these rules, and so are the others of the last 90 days. Nothing is sent."
    return acted(
        request, frame, row, form, act, title="Would it have been prevented?", submit="Try it", lead=lead,
        said="Tried. The result stays here with its date.", back=f"{back}?watch#tried",
    )  # fmt: skip


@POST
def by_hand(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Opens a post-mortem for a case, with a reason."""
    frame = site.each_context(request)
    case = get_object_or_404(Case.objects.visible_to(frame["viewer"]), pk=min(pk, HIGHEST))
    if away := still_to_open(request, case):
        return away
    form = ByHand(request.POST if request.method == "POST" else None)
    made: list[PostMortem] = []
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            made.append(post_mortem_acts.open_by_hand(case, reason, by=frame["actor"].user, at=frame["now"]))
        except Refused as why:
            form.add_error("reason", str(why))
        else:
            messages.success(request, "Opened.")
            return see_other(reverse("admin:post_mortem", args=[made[0].pk]))
    context = {
        "title": "Open a post-mortem", "submit": "Open it", "form": form, "row": {"case": case},
        "lead": "For a case the rules did not ask one for. One that is open already is joined.",
        "back": reverse("admin:cases_case_change", args=[case.pk]),
    }  # fmt: skip
    return TemplateResponse(
        request, "console/post_mortem_act.html", frame | context, status=422 if form.errors else 200
    )
