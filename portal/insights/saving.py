"""Views of the figures that a manager keeps: their list, keeping one, and which of them come by mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from escalation.verbs import Refused
from feedback import figure_tokens, figure_views
from feedback.figure_views import Mailed
from feedback.models import FigureToken, FigureView
from portal import clock
from portal.console import noting
from portal.insights.asking import OWN
from portal.insights.comparing import sides_asked, sides_words
from portal.insights.framing import COMPARE, KEPT, PLACES, Question, Said, for_managers, frame
from portal.insights.mailing import filters_of
from portal.pages.doors import done, posted

HERE, BROKEN = "/insights/views/", "One of its filters names something that is not there any more"
TITLES = dict(PLACES) | {
    "/insights/promises/versions/": "Promises by protocol version",
    "/insights/promises/teams/": "Promises by team",
    "/insights/bottlenecks/training/": "Training gaps",
}
FIXED = "Dates of your own stay the same, so there would be nothing new to send. Choose a period like “Last 12 weeks”."


class Keep(forms.Form):
    """A view's name, and whether it comes by mail."""

    use_required_attribute = False
    name = forms.CharField(
        label="Name",
        max_length=40,
        error_messages={
            "required": "Give it a name of at most 40 characters.",
            "max_length": "Give it a name of at most 40 characters.",
        },
    )
    mailed = forms.ChoiceField(
        label="Send me this",
        choices=Mailed.choices,
        required=False,
        help_text="At 8:00 where you are. The letter has the numbers of the page, not the page.",
        error_messages={"invalid_choice": "Choose from the list how often it is sent."},
    )

    def __init__(self, data: Any, *, fixed: bool) -> None:
        super().__init__(data, auto_id="view-%s")
        self.fixed = fixed

    def clean_mailed(self) -> str:
        said = str(self.cleaned_data["mailed"])
        if said and self.fixed:
            raise forms.ValidationError(FIXED)
        return said


def new(request: HttpRequest) -> HttpResponse:
    """Keeps a page with the filters of the address under a name. 404 for what is no page of figures, or no filters."""
    page, question = request.GET.get("page", "/insights/"), Question(request)
    asked = question.asked
    if page not in KEPT or asked is None:
        raise Http404
    sides = sides_asked(question.filters) if page == COMPARE else {}
    words = _words(question, page)
    if page == COMPARE and not words:
        raise Http404
    form = Keep(posted(request), fixed=asked.set.get("period") == OWN)
    if request.method == "POST" and form.is_valid():
        said, by, query = form.cleaned_data, request.user, urlencode(asked.set | sides)
        try:
            view = figure_views.keep(said["name"], page=page, query=query, mailed=said["mailed"], by=by, at=clock.now())  # type: ignore[arg-type]
        except Refused as why:
            form.add_error(why.field if why.field in form.fields else None, str(why))
        else:
            return done(request, HERE, f"“{view.name}” is saved.{when_words(view)}")
    context = {"heading": "Save this view", "form": form, "what": TITLES[page], "words": words}
    more = context | {"back": asked.link(page, **sides)}
    return render(request, "insights/view_new.html", frame(request, **more), status=422 if form.errors else 200)


def listing(request: HttpRequest) -> HttpResponse:
    """One's own views; sent as a form it says how often one is mailed, deletes one, or turns the digest on or off."""
    if request.method == "POST":
        try:
            if "token_name" in request.POST:
                return _listed(request, new_key=_new_key(request))
            return done(request, HERE, _act(request))
        except Refused as why:
            return _listed(request, error=str(why), key_field=why.field or "")
    return _listed(request)


def _new_key(request: HttpRequest) -> str:
    """Makes a key for programs; the page that answers is the only one that shows it."""
    said, days = request.POST, request.POST.get("days", "")
    number = int(days) if days in map(str, figure_tokens.LASTS) else 0
    row, token = figure_tokens.issue(said["token_name"], number, by=request.user, at=clock.now())  # type: ignore[arg-type]
    noting.note(request, "api_key_made", row)
    return token


def _listed(request: HttpRequest, error: str = "", new_key: str = "", key_field: str = "") -> HttpResponse:
    rows = FigureView.objects.filter(owner=request.user).select_related("owner")  # type: ignore[misc]
    more = {
        "heading": "My views",
        "rows": [_row(row) for row in rows if not row.is_digest],
        "digest": any(row.is_digest and row.mailed for row in rows),
        "choices": Mailed.choices,
        "error": error,
        "keys": FigureToken.objects.filter(owner=request.user, expires_at__gt=clock.now()).order_by("name", "pk"),  # type: ignore[misc]
        "new_key": new_key,
        "key_days": figure_tokens.LASTS,
        "key_name": request.POST.get("token_name", "") if error else "",
        "key_chosen": next((days for days in figure_tokens.LASTS if request.POST.get("days") == str(days)), 0),
        "key_field": key_field,
    }
    return render(request, "insights/views.html", frame(request, **more), status=422 if error else 200)


def _row(view: FigureView) -> dict[str, Any]:
    said = Said(filters_of(view), clock.now(), by=view.owner)
    return {
        "view": view,
        "url": f"{view.page}?{view.query}" if view.query else view.page,
        "what": f"{TITLES[view.page]}: {_words(said, view.page) or BROKEN}",
        "fixed": filters_of(view).get("period") == OWN,
    }


def _words(said: Said, page: str) -> str:
    """What a view asks, in words; empty where something it names is not there any more."""
    if said.asked is None:
        return ""
    if page != COMPARE:
        return said.asked.said
    sides = sides_words(said.asked, said.filters, said.form.names.teams)
    return f"{sides} · {said.asked.words}" if sides else ""


def _act(request: HttpRequest) -> str:
    """Does what a button of the list says, and says that it is done."""
    said, by, at = request.POST, request.user, clock.now()
    if "digest" in said:
        wants = said["digest"] == "yes"
        figure_views.subscribe(wants, by=by, at=at)  # type: ignore[arg-type]
        return "The digest comes each Monday at 8:00 where you are." if wants else "The digest comes no more."
    number = said.get("token") or said.get("view", "")
    if not (number.isascii() and number.isdecimal() and len(number) < 18):
        raise Refused("This view is not there any more.")
    if "token" in said:
        name = figure_tokens.revoke(int(number), by=by)  # type: ignore[arg-type]
        noting.note(request, "api_key_revoked", name)
        return f"“{name}” opens nothing any more."
    if "delete" in said:
        figure_views.remove(int(number), by=by)  # type: ignore[arg-type]
        return "The view is deleted."
    mine = FigureView.objects.filter(pk=int(number), owner=by).first()  # type: ignore[misc]
    mailed = said.get("mailed", "")
    if mine is not None and mailed and filters_of(mine).get("period") == OWN:
        raise Refused(FIXED)
    view = figure_views.mail(int(number), mailed, by=by, at=at)  # type: ignore[arg-type]
    return f"“{view.name}” is saved.{when_words(view) or ' It does not come by mail.'}"


def when_words(view: FigureView) -> str:
    """' It comes each Monday at 8:00.'; nothing where it does not come by mail."""
    if not view.mailed:
        return ""
    said = Mailed(view.mailed).label
    return f" It comes {said[0].lower()}{said[1:]} at 8:00."


new = for_managers(new, "GET", "POST")  # type: ignore[assignment]
listing = for_managers(listing, "GET", "POST")  # type: ignore[assignment]
