"""Improvements in the console: the list, one with what led to it and whether it helped, and the small pages of its acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import Case as Choose
from django.db.models import Count, F, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import AUDIT, WORK
from escalation.verbs import Refused
from feedback import improvement_acts, improvements
from feedback.improvements import DECIDE, State
from feedback.models import Improvement
from portal.console import improvements_form as forms
from portal.console import improvements_show as show
from portal.console import noting
from portal.console.needs import Needs, door
from portal.console.protocol_editing import see_other

PER_PAGE, HIGHEST = 50, 2**62
POST = require_http_methods(["GET", "HEAD", "POST"])
ALL = "all"
PLACE = "/console/feedback/improvements/"
TABS = {
    State.IDEA: "To decide", State.AGREED: "Being done", State.DONE: "Done", State.CHECKED: "Checked",
    State.DECLINED: "Declined", ALL: "All",
}  # fmt: skip
Act = Callable[[dict[str, Any]], Any]


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of improvements: read by the whole team and by leaders, decided by leaders."""
    start, one = "feedback/improvements/", "feedback/improvements/<int:pk>/"
    return [
        path(start, door(site, listing, WORK, AUDIT, DECIDE), name="improvements"),
        path(f"{start}new/", door(site, new, WORK, DECIDE), name="improvement_new"),
        path(one, door(site, page, WORK, AUDIT, DECIDE), name="improvement"),
        path(f"{one}decide/", door(site, decide, DECIDE), name="improvement_decide"),
        path(f"{one}evidence/", door(site, evidence, WORK, DECIDE), name="improvement_evidence"),
        path(f"{one}version/", door(site, version, WORK, DECIDE), name="improvement_version"),
        path(f"{one}done/", door(site, done, WORK, DECIDE), name="improvement_done"),
        path(f"{one}check/", door(site, check, WORK, DECIDE), name="improvement_check"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """By state; in each what presses most comes first."""
    frame = site.each_context(request)
    shown = request.GET.get("show", State.IDEA.value)
    shown = shown if shown in TABS else State.IDEA.value
    numbers = dict(Improvement.objects.order_by().values_list("state").annotate(n=Count("pk")))
    found = Paginator(ordered(shown), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Improvements",
        "rows": [show.row(one, frame["now"]) for one in found],
        "page": found,
        "tabs": [
            {"key": str(key), "label": label, "n": numbers.get(key, 0), "here": str(key) == shown}
            for key, label in TABS.items()
        ],
        "show": shown,
        "may_propose": frame["actor"].user.has_perm(WORK) or frame["actor"].user.has_perm(DECIDE),
    }
    return TemplateResponse(request, "console/improvements.html", frame | context)


def ordered(shown: str) -> QuerySet[Improvement]:
    """The improvements of a tab: ideas and work by their day, so that what is overdue stands first, the rest newest first."""
    rows = Improvement.objects.select_related("owner", "proposed_by", "topic", "version").annotate(
        pieces=Count("evidence", filter=Q(evidence__is_drill=False))
    )
    if shown == State.IDEA:
        return rows.filter(state=shown).order_by("decide_by", "pk")
    if shown == State.AGREED:
        return rows.filter(state=shown).order_by("due_on", "pk")
    if shown == State.DONE:
        return rows.filter(state=shown).order_by("done_at", "pk")
    if shown != ALL:
        return rows.filter(state=shown).order_by("-decided_at", "-pk")
    waits = Choose(When(state=State.IDEA, then=Value(0)), When(state=State.AGREED, then=Value(1)), default=Value(2))
    return rows.annotate(waits=waits).order_by("waits", F("due_on").asc(nulls_first=True), "decide_by", "pk")


@require_safe
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One improvement."""
    frame, one = _one(request, site, pk)
    context = show.page_of(one, frame["actor"].user, frame["now"])
    return TemplateResponse(request, "console/improvement.html", frame | context)


def _one(request: HttpRequest, site: AdminSite, pk: int) -> tuple[dict[str, Any], Improvement]:
    people = ("proposed_by", "decided_by", "owner", "done_by", "checked_by", "topic", "version")
    one = get_object_or_404(Improvement.objects.select_related(*people), pk=min(pk, HIGHEST))
    return site.each_context(request), one


# The small pages ----------------------------------------------------------------------------------------------


def acted(request: HttpRequest, frame: dict[str, Any], form: Any, act: Act, **words: Any) -> HttpResponse:
    """A page with one form: runs `act` on what was typed and goes on, or shows the form again with the reason.

    `words`: title, submit, said (once it is done), back (the address), and what console/improvement_act.html takes.
    """
    wrong = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = act(form.cleaned_data)
        except Refused as why:
            wrong = "" if why.field in form.fields else str(why)
            form.add_error(why.field if why.field in form.fields else None, str(why))
        else:
            one = made if isinstance(made, Improvement) else words.get("one")
            noting.note(request, request.resolver_match.url_name or "", one)  # type: ignore[union-attr]
            messages.success(request, words["said"])
            return see_other(reverse("admin:improvement", args=[one.pk]) if one else words["back"])
    status = 422 if form.errors else 200
    context = frame | {"form": form, "wrong": wrong} | words
    return TemplateResponse(request, "console/improvement_act.html", context, status=status)


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@POST
def new(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Proposing one; `?from=` begins with what led to it, as people name it."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    form = forms.Propose(_sent(request), user=user, initial={"evidence": request.GET.get("from", "")[:100]})

    def act(given: dict[str, Any]) -> Improvement:
        words = (given["title"], given["change"], given["why"])
        return improvement_acts.propose(*words, led=form.led, by=user, at=now)

    return acted(
        request, frame, form, act, title="Propose an improvement", submit="Propose it", back=reverse("admin:improvements"),
        lead="What people told us, and what we should change. A leader says yes or no, and why.",
        said="Proposed. A leader decides.",
    )  # fmt: skip


@POST
def decide(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """A leader's yes or no."""
    frame, one = _one(request, site, pk)
    form, who = forms.Decide(_sent(request)), {"by": frame["actor"].user, "at": frame["now"]}

    def act(given: dict[str, Any]) -> Improvement:
        if given["decision"] == "agree":
            return improvement_acts.agree(one, given["reason"], form.plan(), **who)
        return improvement_acts.decline(one, given["reason"], **who)

    return acted(request, frame, form, act, **_about(one, "Decide", "Decide", "Decided.", one.change))


@POST
def evidence(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """More of what led to it."""
    frame, one = _one(request, site, pk)
    user, now = frame["actor"].user, frame["now"]
    form = forms.WithEvidence(_sent(request), user=user)

    def act(given: dict[str, Any]) -> None:
        improvement_acts.add_evidence(one, form.led, by=user, at=now)

    lead = "Links, no words: whoever may not read a case sees only that there is one."
    return acted(request, frame, form, act, **_about(one, "What led to it", "Add", "Added.", lead))


@POST
def version(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The version of the protocol it became."""
    frame, one = _one(request, site, pk)
    form = forms.Version(_sent(request), initial={"version": one.version})

    def act(given: dict[str, Any]) -> None:
        improvement_acts.link_version(one, given["version"], by=frame["actor"].user, at=frame["now"])

    lead = "The page of the version then says what led to it."
    return acted(request, frame, form, act, **_about(one, "Version of the protocol", "Save", "Saved.", lead))


@POST
def done(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """It is so; with the sentence customers read."""
    frame, one = _mine(request, site, pk)
    form = forms.Done(_sent(request))
    n = improvements.to_tell(one).count()

    def act(given: dict[str, Any]) -> Improvement:
        who = {"by": frame["actor"].user, "at": frame["now"]}
        return improvement_acts.done(one, given["sentence"], form.translations(), **who)

    letters = f"{n} customer{'s' if n != 1 else ''} it came from get{'' if n != 1 else 's'} one letter."
    lead = f"With a sentence everybody can read it, and {letters} It cannot be taken back."
    return acted(request, frame, form, act, **_about(one, "It is done", "It is done", "Done.", lead))


@POST
def check(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """What the figure says 30 days later, and what we make of it."""
    frame, one = _mine(request, site, pk)
    form = forms.Check(_sent(request))

    def act(given: dict[str, Any]) -> Improvement:
        return improvement_acts.check(one, given["verdict"], by=frame["actor"].user, at=frame["now"])

    more = {"sides": show.sides(one, frame["now"], to=frame["actor"].user), "figure": forms.MEASURES.get(one.figure)}
    words = _about(one, "Did it help?", "Keep the figures and close it", "Checked.", one.change)
    return acted(request, frame, form, act, **words, **more)


def _mine(request: HttpRequest, site: AdminSite, pk: int) -> tuple[dict[str, Any], Improvement]:
    frame, one = _one(request, site, pk)
    if not improvements.may_act(one, frame["actor"].user):
        raise Needs(DECIDE)
    return frame, one


def _about(one: Improvement, title: str, submit: str, said: str, lead: str) -> dict[str, Any]:
    back = reverse("admin:improvement", args=[one.pk])
    return {"one": one, "title": title, "submit": submit, "said": said, "lead": lead, "back": back}
