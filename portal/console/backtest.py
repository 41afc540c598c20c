"""Back-tests in the console: ask for one, see what would have been, and try a draft on a single case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import Case
from escalation.backtest import trial_of
from escalation.backtest.run import try_one
from escalation.book import NoProtocol
from escalation.calendars import CalendarError
from escalation.models import BackTest, ProtocolVersion
from escalation.protocol import ProtocolError
from portal.console import backtest_lines, backtest_show
from portal.console.backtest_run import IN_REQUEST, ask, trouble
from portal.console.needs import door

AUTHOR, SUPERVISOR = "escalation.write_protocol", "cases.supervise"
OPEN = (ProtocolVersion.Status.DRAFT, ProtocolVersion.Status.REVIEWED)
DAYS, MOST_DAYS, SHOWN = 90, 3660, 20
REFRESH = "5"  # seconds after which the page of a run that goes on asks again


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of back-tests."""

    return [
        path("backtest/", door(site, index, AUTHOR, SUPERVISOR), name="backtest"),
        path("backtest/<int:pk>/", door(site, show, AUTHOR, SUPERVISOR), name="backtest_result"),
        path("backtest/case/<str:reference>/", door(site, one_case, AUTHOR, SUPERVISOR), name="backtest_case"),
    ]


class Ask(forms.Form):
    """Which draft, and how far back."""

    draft = forms.ModelChoiceField(
        ProtocolVersion.objects.filter(status__in=OPEN).order_by("key", "-number"),
        label="Draft to try",
        empty_label=None,
        error_messages={
            "required": "Choose a draft.",
            "invalid_choice": "That draft is not there any more. Choose one.",
        },
    )
    days = forms.IntegerField(
        label="Cases filed in the last days",
        min_value=1,
        max_value=MOST_DAYS,
        initial=DAYS,
        error_messages={
            "required": "Say how many days back.",
            "invalid": "Write the number of days in digits.",
            "min_value": "At least one day.",
            "max_value": f"At most {MOST_DAYS} days.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["draft"].label_from_instance = (  # type: ignore[attr-defined]
            lambda version: (
                f"{version.document.get('name', version.key)}, version {version.number} ({version.get_status_display().lower()})"
            )
        )


def named(text: str) -> ProtocolVersion | None:
    """The version an address names by its number in the table or by its label."""
    if text.isdecimal() and len(text) < 10:
        return ProtocolVersion.objects.filter(pk=int(text)).first()
    return ProtocolVersion.objects.filter(label=text).first()


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The form, and the runs there are. A POST starts one."""
    context = site.each_context(request)
    wanted = named(request.GET.get("draft", ""))
    form = Ask(request.POST or None, initial={"draft": wanted.pk} if wanted else {})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        row = ask(asked["draft"], asked["days"], by=request.user, at=context["now"])  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("admin:backtest_result", args=[row.pk]))
    context |= {
        "title": "Back-test",
        "form": form,
        "drafts": form.fields["draft"].queryset.exists(),  # type: ignore[attr-defined]
        "runs": BackTest.objects.select_related("version", "asked_by").defer("result", "version__document")[:SHOWN],
        "in_request": IN_REQUEST,
    }
    return TemplateResponse(request, "console/backtest.html", context, status=422 if form.errors else 200)


@require_safe
def show(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One run: how far it is, or what it found."""
    row = get_object_or_404(BackTest.objects.select_related("version", "asked_by"), pk=pk)
    context = site.each_context(request)
    why = trouble(row, context["now"])
    context |= {"title": f"Back-test of {row.version.label}", "run": row, "trouble": why}
    if row.result:
        seen = Case.objects.visible_to(context["viewer"])
        context |= backtest_show.page_of(row, seen) | {"outdated": outdated(row)}
    response = TemplateResponse(request, "console/backtest_result.html", context)
    if row.state in BackTest.UNFINISHED and not why:
        response["Refresh"] = REFRESH
    return response


def outdated(row: BackTest) -> bool:
    """Whether the draft was changed since it was tried."""
    try:
        return trial_of(row.version).digest != row.digest
    except ProtocolError:
        return True


@require_safe
def one_case(request: HttpRequest, site: AdminSite, reference: str) -> HttpResponse:
    """A draft tried on one case, step by step. Nothing is sent, nothing is written."""
    if "\x00" in reference:
        raise Http404  # PostgreSQL cannot even compare it
    context = site.each_context(request)
    case = get_object_or_404(Case.objects.visible_to(context["viewer"]), reference=reference)
    drafts = ProtocolVersion.objects.filter(status__in=OPEN).order_by("key", "-number")
    wanted = request.GET.get("draft", "")
    version = named(wanted) if wanted else drafts.first()
    if version is None and wanted:
        raise Http404
    context |= {"title": f"Try on {case.reference}", "case": case, "version": version, "drafts": drafts, "sentence": ""}
    if version is not None:
        try:
            tried = try_one(case, trial_of(version), now=context["now"], company_zone=settings.COMPANY_TIME_ZONE)
            context |= backtest_lines.page_of(tried)
        except (ProtocolError, NoProtocol, CalendarError, LookupError) as why:
            context["sentence"] = str(why)
    return TemplateResponse(request, "console/backtest_case.html", context)
