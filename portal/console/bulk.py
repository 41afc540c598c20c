"""One act on many cases, in the console: chosen in the list, shown before it is done, and what became of each case."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import Any
from uuid import uuid4

from django.contrib.admin import AdminSite
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language_info
from django.views.decorators.http import require_http_methods

from cases.access import WORK, Viewer
from cases.models import Case
from cases.replies import ENGLISH
from escalation.models import BulkRun
from escalation.turn import Owed
from feedback import bulk
from feedback.bulk import ACTS, Given, Preview
from portal.console import bulk_run
from portal.console.bulk_form import TYPED_FROM, Begin, What
from portal.console.needs import Needs
from portal.console.preview import YOURS, letter
from portal.console.views_saved import NAMES, back
from portal.templatetags.times import count
from portal.viewer import opened_cases

REFRESH = "4"  # seconds after which the page of a run that goes on asks again
ROWS_MOST = 200  # refused cases a preview names
PICK, ALL = "pick", "all"


def urls(site: AdminSite) -> list[URLPattern]:
    """The page before, and the page after."""

    def door(view: Any) -> Any:
        def inner(request: HttpRequest, **found: Any) -> HttpResponse:
            if not Viewer(request.user).works:
                raise Needs(WORK)
            return view(request, site, **found)

        return site.admin_view(inner)

    return [
        path("cases/case/bulk/", door(page), name="bulk"),
        path("cases/case/bulk/<int:pk>/", door(partial(result)), name="bulk_result"),
    ]


def asked_for(request: HttpRequest, site: AdminSite) -> list[int]:
    """The cases an address names that the person sees, in the order of the list: the ticked ones, or all that fit."""
    if request.GET.get(ALL):
        whole = request.GET
        asked: Any = QueryDict(mutable=True)
        for key in (*NAMES, "q"):
            if whole.get(key):
                asked[key] = whole[key]
        request.GET = asked
        try:
            rows = site._registry[Case].get_changelist_instance(request).queryset
        finally:
            request.GET = whole
    else:
        ticked = {int(one) for one in request.GET.getlist(PICK) if one.isascii() and one.isdecimal() and len(one) < 19}
        rows = Case.objects.visible_to(Viewer(request.user)).filter(pk__in=ticked).by_urgency()
    return list(rows.values_list("pk", flat=True)[: bulk.MOST + 1])


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Asks what the act needs, shows what it would do, and begins it when what was shown is still so."""
    name = request.GET.get("do", "take")
    if name not in ACTS:
        raise Http404
    frame = site.each_context(request)
    ids = asked_for(request, site)
    if not 0 < len(ids) <= bulk.MOST:
        return shown(request, frame, name, ids, What(name))
    sent = request.method == "POST" or not ACTS[name].needs
    what = What(name, request.POST if request.method == "POST" else ({} if sent else None))
    if not (sent and what.is_valid()):
        return shown(request, frame, name, ids, what)
    given = what.cleaned_data
    opened = opened_cases(request)
    seen = bulk.preview(name, ids, given, by=frame["actor"].user, at=frame["now"], opened=opened)
    digest = digest_of(name, seen, given)
    fresh = {"shown": digest, "form_key": uuid4().hex}
    if "start" not in request.POST:
        return shown(request, frame, name, ids, what, seen, Begin(able=len(seen.able), initial=fresh))
    begin = Begin(request.POST, able=len(seen.able))
    if begin.is_valid() and begin.cleaned_data["shown"] == digest:
        return began(request, frame, name, seen, given, begin.cleaned_data["form_key"])
    if begin.data.get("shown") != digest:
        # Their number may be another by now, so the one that was typed is asked for again.
        begin = Begin(fresh, able=len(seen.able))
        begin.is_valid()
        begin.errors.pop("number", None)
        begin.add_error(None, "What would be done has changed since it was shown. Look again, then press again.")
        return shown(request, frame, name, ids, what, seen, begin, status=409)
    return shown(request, frame, name, ids, what, seen, begin, status=422)


def digest_of(name: str, seen: Preview, given: Given) -> str:
    """What a page shows, as a short sign: the act, the cases that can, and what was typed."""
    said = {key: str(getattr(value, "pk", value)) for key, value in given.items()}
    whole = json.dumps([name, sorted(seen.able), sorted(said.items())])
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def began(
    request: HttpRequest, frame: dict[str, Any], name: str, seen: Preview, given: Given, form_key: str
) -> HttpResponse:
    """Begins the run; what cannot be done was named before the press and is no part of it."""
    person = frame["actor"].user
    run = bulk_run.ask(name, seen.able, given, form_key=form_key, by=person, at=frame["now"])
    return HttpResponse(status=303, headers={"Location": reverse("admin:bulk_result", args=[run.pk])})


def shown(
    request: HttpRequest,
    frame: dict[str, Any],
    name: str,
    ids: list[int],
    what: What,
    seen: Preview | None = None,
    begin: Begin | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page: the form, and under it what would be done once that is known."""
    act = ACTS[name]
    context: dict[str, Any] = {
        "title": f"{act.label}: {count(len(ids), 'case')}" if len(ids) <= bulk.MOST else act.label,
        "form": begin if begin is not None and begin.errors else what,
        "what": what,
        "asks": bool(act.needs),
        "number": len(ids),
        "too_many": len(ids) > bulk.MOST,
        "most": f"{bulk.MOST:,}",
        "back": f"{back()}?{kept(request)}" if kept(request) else back(),
        "here": request.get_full_path(),
    }
    if seen is not None and begin is not None:
        context |= preview_of(seen, what.cleaned_data.get("text", ""), frame) | {
            "begin": begin,
            "button": f"{act.label}: {count(len(seen.able), 'case')}",
        }
    if what.errors:
        status = 422
    return TemplateResponse(request, "console/bulk.html", frame | context, status=status)


def kept(request: HttpRequest) -> str:
    """The filters of the list one came from."""
    found = QueryDict(mutable=True)
    for key in (*NAMES, "q"):
        if request.GET.get(key):
            found[key] = request.GET[key]
    return found.urlencode()


def preview_of(seen: Preview, text: str, frame: dict[str, Any]) -> dict[str, Any]:
    """Cases that can and cannot, by why, and one letter of each language with `text` in its place."""
    refused = [{"case": case, "url": page_url(case), "why": why} for case, why in seen.refused[:ROWS_MOST]]
    reasons = dict.fromkeys(one["why"] for one in refused)
    return {
        "able": len(seen.able),
        "refused": refused,
        "reasons": [(why, [one for one in refused if one["why"] == why]) for why in reasons],
        "refused_all": len(seen.refused),
        "refused_more": max(0, len(seen.refused) - ROWS_MOST),
        "letters": [
            {"language": language_words(code), "number": number, "case": case, **written(case, owed, text, frame)}
            for code, (number, case, owed) in sorted(seen.letters.items())
        ],
        "colleagues": seen.colleagues,
        "typed_from": TYPED_FROM,
    }


def written(case: Case, owed: Owed, text: str, frame: dict[str, Any]) -> dict[str, str]:
    """The letter, with what was typed where it will stand."""
    found = letter(case, owed, frame["now"])
    return found | {"text": found["text"].replace(YOURS, text)} if text else found


def language_words(code: str) -> str:
    """'German' for 'de', 'English' for each kind of it; a language nobody named stands with its code."""
    try:
        return str(get_language_info(ENGLISH if code.startswith(ENGLISH) else code)["name"])
    except KeyError:
        return code


def page_url(case: Case) -> str:
    return reverse("admin:cases_case_change", args=[case.pk])


# Afterwards ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def result(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """What became of each case, for who asked and for supervisors. A POST lets a run that stopped go on."""
    frame = site.each_context(request)
    runs = BulkRun.objects.select_related("asked_by")
    if not frame["actor"].supervises:
        runs = runs.filter(asked_by=frame["actor"].user)
    run = get_object_or_404(runs, pk=min(pk, 2**62))
    if request.method == "POST":
        if run.state in BulkRun.UNFINISHED and bulk_run.trouble(run, frame["now"]):
            bulk_run.go_on(run)
        return HttpResponse(status=303, headers={"Location": request.path})
    numbers = dict(run.rows.order_by().values_list("state").annotate(n=Count("pk")))
    why = bulk_run.trouble(run, frame["now"])
    context = {
        "title": f"{ACTS[run.act].label}: {count(sum(numbers.values()), 'case')}",
        "run": run,
        "trouble": why,
        "total": sum(numbers.values()),
        "done": sum(numbers.values()) - numbers.get("waiting", 0),
        "numbers": [(words, numbers[key]) for key, words in run.rows.model.State.choices if numbers.get(key)],
        "rows": rows_of(run, frame["viewer"]),
        "back": back(),
    }
    answer = TemplateResponse(request, "console/bulk_result.html", frame | context)
    if run.state in BulkRun.UNFINISHED and not why:
        answer["Refresh"] = REFRESH
    return answer


def rows_of(run: BulkRun, viewer: Viewer) -> list[dict[str, Any]]:
    """A line for each case, those that need a look first; of a case one does not see any more only that there is one."""
    order = {"failed": 0, "refused": 1, "waiting": 2, "done": 3}
    rows = sorted(run.rows.all(), key=lambda row: (order[row.state], row.pk))
    seen = Case.objects.visible_to(viewer).only("pk", "reference", "title").in_bulk([row.case_id for row in rows])
    return [
        {"row": row, "case": seen.get(row.case_id), "url": reverse("admin:cases_case_change", args=[row.case_id])}
        for row in rows
    ]
