"""Saved views of “All cases”: the tabs above the list, and the pages on which one is kept, changed or deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import AUDIT, WORK, Viewer
from cases.models import SavedView, Team, User
from escalation import saved_views
from escalation.verbs import Refused
from portal.console.case_list import ALL
from portal.console.filters import ByCustomer, ByLevel, ByOwner, BySeverity, ByState, ByTeam, ByTopic
from portal.console.filters_more import MORE
from portal.console.needs import Needs
from portal.forms import OneLine, Plain

#: The filters of the list in the order of its page, by their names in an address.
FILTERS: tuple[Any, ...] = (ByState, BySeverity, ByLevel, ByTeam, ByTopic, ByOwner, ByCustomer, *MORE)
NAMES = tuple(str(one.parameter_name) for one in FILTERS)
TITLES = {str(one.parameter_name): str(one.title) for one in FILTERS}
#: What an address holds besides what it asks for: the page, Django's own mark of a wrong address.
BESIDE = ("p", "e")


class Named(Plain):
    """The name of a view, whose it is, and whether it comes first."""

    name = OneLine(label="Name", max_length=40, error_messages={"required": "Give it a name."})
    team = forms.ModelChoiceField(
        Team.objects.none(), label="Who sees it", required=False, empty_label="Only me",
        error_messages={"invalid_choice": "Choose a team you lead."},
    )  # fmt: skip
    is_default = forms.BooleanField(label="Show it first when I open All cases", required=False)

    def __init__(self, *args: Any, by: User, given: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = saved_views.teams_led(by) | (Team.objects.filter(pk=given.pk) if given else Team.objects.none())
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        if not teams:
            del self.fields["team"]

    def given(self) -> dict[str, Any]:
        """As `saved_views.keep` takes it."""
        said = self.cleaned_data
        return {"name": said["name"], "team": said.get("team"), "default": said["is_default"]}


def canonical(asked: QueryDict) -> str:
    """What an address asks for, spelt in one way: two addresses that ask for the same are equal."""
    pairs = {key: values[-1] for key, values in asked.lists() if key not in BESIDE and values and values[-1]}
    return urlencode(sorted(pairs.items()))


def filters_of(asked: QueryDict) -> str:
    """The filters of an address, without what was searched for: that may be a customer's name, and it would stay."""
    return urlencode(sorted((key, asked[key]) for key in NAMES if asked.get(key)))


@dataclass
class Shelf:
    """The views one person sees, and what an address asks for in the light of them."""

    views: list[SavedView]
    asked: QueryDict
    left_out: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, request: HttpRequest) -> Shelf:
        """Reads the address: bare, it asks for the person's first view; a view's filters nobody knows are left out."""
        views = list(saved_views.seen_by(request.user))  # type: ignore[arg-type]
        asked = request.GET.copy()
        first = next((one for one in views if one.is_default and one.owner_id == request.user.pk), None)
        if not asked and first:
            asked = QueryDict(first.query, mutable=True)
        shelf = cls(views, asked)
        if asked.pop("view", None) is None and any(same(one, asked) for one in views):
            shelf.left_out = [key for key in asked if key not in (*NAMES, "q", *BESIDE)]
            for key in shelf.left_out:
                del asked[key]
        return shelf

    def tabs(self) -> dict[str, Any]:
        """What the list shows of it: a tab for all open cases, one for each view, and whether this one can be kept."""
        now, chosen = canonical(self.asked), filters_of(self.asked)
        rows = [
            {"label": one.name, "url": f"?{one.query}", "here": same(one, self.asked, self.left_out), "team": one.team}
            for one in self.views
        ]
        return {
            "tabs": [{"label": "All open", "url": f"?{ALL}", "here": not now, "team": None}, *rows],
            "keep": chosen if chosen and not any(row["here"] for row in rows) else "",
            "manage": bool(self.views),
        }


def links(views: list[SavedView]) -> list[dict[str, str]]:
    """The saved views as a line of “Needs me now”, by name, each with the way to its list."""
    return [{"label": one.name, "url": f"{back()}?{one.query}"} for one in sorted(views, key=lambda v: (v.name, v.pk))]


def same(view: SavedView, asked: QueryDict, without: list[str] | None = None) -> bool:
    """Whether an address asks for what a view holds, but for the names in `without`."""
    kept = QueryDict(view.query, mutable=True)
    for key in without or ():
        kept.pop(key, None)
    return canonical(kept) == canonical(asked)


def sentence(names: list[str]) -> str:
    """'Left out, because nobody knows it any more: team.'"""
    return f"Left out, because nobody knows it any more: {', '.join(names)}." if names else ""


# Pages --------------------------------------------------------------------------------------------------------


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of saved views, below the list they are of."""

    def door(view: Any) -> Any:
        def inner(request: HttpRequest, **found: Any) -> HttpResponse:
            if not Viewer(request.user).is_staff:
                raise Needs(WORK, AUDIT)
            return view(request, site, **found)

        return site.admin_view(inner)

    return [
        path("cases/case/views/", door(listing), name="views"),
        path("cases/case/views/new/", door(new), name="view_new"),
        path("cases/case/views/<int:pk>/", door(partial(one)), name="view"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """All the views there are for one, each with its filters in words."""
    rows = [
        {
            "view": row,
            "mine": row.owner_id == request.user.pk,
            "url": f"{back()}?{row.query}",
            "filters": words_of(row.query),
        }
        for row in saved_views.seen_by(request.user)  # type: ignore[arg-type]
    ]
    context = {"title": "Saved views", "rows": rows, "back": back()}
    return TemplateResponse(request, "console/views.html", site.each_context(request) | context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Keeps the filters in the address under a name."""
    person: Any = request.user
    query = filters_of(request.GET)
    form = Named(request.POST if request.method == "POST" else None, by=person)
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.keep(query=query, by=person, **form.given())
        except Refused as why:
            form.add_error(why.field if why.field in form.fields else None, str(why))
        else:
            return done(request, "View saved.", f"?{query}")
    context = {"title": "Save this view", "filters": words_of(query), "searched": request.GET.get("q")}
    return shown(request, site, form, context | {"back": f"{back()}?{request.GET.urlencode()}"})


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Another name, another circle, first or not; or away with it. A colleague's is not there."""
    if pk > 2**62:
        raise Http404
    view, person = get_object_or_404(SavedView.objects.select_related("team"), pk=pk, owner=request.user), request.user
    if request.method == "POST" and request.POST.get("delete"):
        saved_views.remove(view, by=person)  # type: ignore[arg-type]
        return done(request, "View deleted.", f"?{ALL}")
    first = {"name": view.name, "team": view.team, "is_default": view.is_default}
    form = Named(request.POST if request.method == "POST" else None, by=person, given=view.team, initial=first)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.keep(view=view, by=person, **form.given())  # type: ignore[arg-type]
        except Refused as why:
            form.add_error(why.field if why.field in form.fields else None, str(why))
        else:
            return done(request, "View saved.", f"?{view.query}")
    context = {"title": view.name, "filters": words_of(view.query), "word": "view", "back": reverse("admin:views")}
    return shown(request, site, form, context)


def shown(request: HttpRequest, site: AdminSite, form: Named, context: dict[str, Any]) -> HttpResponse:
    frame = site.each_context(request) | context | {"form": form}
    return TemplateResponse(request, "console/view.html", frame, status=422 if form.errors else 200)


def done(request: HttpRequest, said: str, query: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponse(status=303, headers={"Location": f"{back()}{query}"})


def back() -> str:
    return reverse("admin:cases_case_changelist")


def words_of(query: str) -> list[str]:
    """'team', 'severity': which filters a view holds. What they are set to the list itself says, with their names."""
    return [TITLES.get(key, key) for key in QueryDict(query)]
