"""“More filters”: every filter of “All cases” on one page, also those that do not stand above the list."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from cases.access import AUDIT, WORK
from cases.models import Case
from feedback import problems
from portal.console.case_list import ALL
from portal.console.filters import OnePerson
from portal.console.filters_more import ByProblem, Day
from portal.console.needs import Needs
from portal.console.views_saved import FILTERS, back
from portal.forms import Plain

GO = "go"


class More(Plain):
    """A field for each filter, named as in the address; the search and one person's number are carried along."""

    q = forms.CharField(required=False, widget=forms.HiddenInput)
    owner = forms.CharField(required=False, widget=forms.HiddenInput)
    customer = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: HttpRequest, site: AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in FILTERS:
            if issubclass(one, OnePerson):
                continue
            words, name = str(one.title).capitalize(), str(one.parameter_name)
            if issubclass(one, Day):
                self.fields[name] = forms.DateField(
                    label=words, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
                    error_messages={"invalid": "Enter a date, for example 21/11/2025."},
                )  # fmt: skip
                continue
            if one is ByProblem:
                known = [(str(row.pk), row.title) for row in problems.current()]
            else:
                known = list(one(request, {}, Case, site._registry[Case]).lookup_choices)
            first = "Open" if name == "group" else "All"
            self.fields[name] = forms.ChoiceField(label=words, required=False, choices=[("", first), *known])

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        begins, ends = found.get("filed_from"), found.get("filed_to")
        if begins and ends and begins > ends:
            raise forms.ValidationError("The first day comes after the last one.")
        return found


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address, below the list."""
    return [path("cases/case/more/", site.admin_view(partial(page, site=site)), name="more_filters")]


@require_safe
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The form with what is on; sent, it leads to the list that fits."""
    if not any(request.user.has_perm(one) for one in (WORK, AUDIT)):
        raise Needs(WORK, AUDIT)
    sent = GO in request.GET
    first = {key: request.GET[key] for key in request.GET}
    form = More(request.GET if sent else None, request=request, site=site, initial=first)
    if sent and form.is_valid():
        asked = request.GET.copy()
        for key in list(asked):
            if key not in form.fields or not form.cleaned_data[key]:
                del asked[key]
        for key in ("filed_from", "filed_to"):
            if key in asked:
                asked[key] = form.cleaned_data[key].isoformat()
        return HttpResponseRedirect(f"{back()}?{asked.urlencode() or ALL}")
    context = {
        "title": "More filters",
        "form": form,
        "back": f"{back()}?{request.GET.urlencode()}" if not sent else back(),
    }
    frame = site.each_context(request)
    return TemplateResponse(request, "console/more_filters.html", frame | context, status=422 if form.errors else 200)
