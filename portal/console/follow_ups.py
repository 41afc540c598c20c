"""Follow-ups in the console: which customers are to be asked whether it is still fixed, what was done, and doing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import WORK, workers
from cases.languages import kept_code, reads
from cases.models import Case
from escalation.verbs import Refused
from feedback import follow_up_acts, follow_ups
from feedback.models import FollowUp
from feedback.surveys import shown_answer
from portal.console.follow_ups_form import FORMS, WAYS, How
from portal.console.needs import door
from portal.console.on_record import OnRecord
from portal.console.other_languages import languages
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.console.words import SOON, Tag, make_tag, span
from portal.viewer import still_closed

PER_PAGE = 50
DUE, OVERDUE, DONE, SKIPPED = "due", "overdue", "done", "skipped"
SHOWN = {DUE: "Due", OVERDUE: "Overdue", DONE: "Done", SKIPPED: "Skipped"}
MINE, ALL = "mine", "all"
SCOPES = {MINE: "Mine", ALL: "Everyone"}


def urls(site: AdminSite) -> list[URLPattern]:
    """The list and the page of one; for all who work on cases."""
    return [
        path("follow-ups/", door(site, listing, WORK), name="follow_ups"),
        path("follow-ups/<int:pk>/", door(site, one, WORK), name="follow_up"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """One of the four lists, `?show=`, of one's own or of all cases one sees, `?who=`."""
    frame = site.each_context(request)
    viewer, now, actor = frame["viewer"], frame["now"], frame["actor"]
    shown = request.GET.get("show", DUE)
    shown = shown if shown in SHOWN else DUE
    who = request.GET.get("who", ALL if actor.supervises else MINE)
    who = who if who in SCOPES else MINE
    to_do = follow_ups.to_do(viewer)
    lists: dict[str, QuerySet[FollowUp]] = {
        DUE: to_do.filter(due_at__gt=now),
        OVERDUE: to_do.filter(due_at__lte=now),
        DONE: follow_ups.done(viewer),
        SKIPPED: follow_ups.skipped(viewer),
    }
    if who == MINE:
        lists = {name: rows.filter(follow_ups.mine(actor.user)) for name, rows in lists.items()}
    page = Paginator(lists[shown], PER_PAGE).get_page(request.GET.get("page"))
    working = list(workers().values_list("pk", flat=True))
    counts = {name: rows.count() for name, rows in lists.items()}
    context = {
        "title": "Follow-ups",
        "lists": [{"key": k, "label": v, "here": k == shown, "count": counts[k]} for k, v in SHOWN.items()],
        "scopes": [{"key": k, "label": v, "here": k == who} for k, v in SCOPES.items()],
        "shown": shown,
        "rows": [row_of(row, now, working, is_open=not still_closed(request, row.case)) for row in page],
        "page": page,
        "late": counts[OVERDUE],
    }
    return TemplateResponse(request, "console/follow_ups.html", frame | context)


def row_of(row: FollowUp, now: datetime, working: list[int], *, is_open: bool = True) -> dict[str, Any]:
    """One in the list; what was written stays out while its case is restricted and not `is_open` to the reader."""
    return {
        "row": row,
        "case": row.case,
        "is_open": is_open,
        "tag": tag_of(row, now),
        "owed_by": follow_ups.owed_by(row, working),
        "url": reverse("admin:follow_up", args=[row.pk]),
    }


def tag_of(row: FollowUp, now: datetime) -> Tag:
    """Late, due, or what became of it."""
    if row.how == How.SKIPPED:
        return make_tag("ring", "neutral", "Skipped")
    if row.done_at is not None:
        word = How(row.how).label
        return make_tag("diamond", "late", f"{word}, late") if row.is_late(now) else make_tag("tick", "good", word)
    left = row.due_at - now
    if left.total_seconds() <= 0:
        return make_tag("diamond", "late", f"Late by {span(-left)}")
    return make_tag(*(("triangle", "soon") if left <= SOON else ("half", "progress")), f"Due in {span(left)}")


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """The form of one way of doing it, `?how=`; done already, who did it and how."""
    frame = site.each_context(request)
    user, now = frame["actor"].user, frame["now"]
    row = get_object_or_404(follow_ups.seen(frame["viewer"]), pk=min(pk, 2**62))
    if away := closed(request, row.case):
        return away
    how = request.GET.get("how", How.LETTER)
    how = how if how in FORMS else How.LETTER
    initial = {"words": follow_up_acts.prepared(row, user)} if how == How.LETTER else {}
    form = FORMS[how](request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            again = follow_up_acts.do(row, form.done(), by=user, at=now)
        except Refused as why:
            form.add_error(why.field if why.field in form.fields else None, str(why))
            row = get_object_or_404(follow_ups.seen(frame["viewer"]), pk=row.pk)
        else:
            messages.success(request, said_done(how, again))
            return see_other(_after(again))
    context = {
        "title": "Is it still fixed?",
        "row": row,
        "case": row.case,
        "said": shown_answer(row.case),
        "tag": tag_of(row, now),
        "owed_by": follow_ups.owed_by(row, list(workers().values_list("pk", flat=True))),
        "form": form,
        "submit": WAYS[How(how)][1],
        "ways": [{"key": key, "label": words, "here": key == how} for key, (words, _) in WAYS.items()],
        "may": follow_ups.may_do(row, user),
        "language": languages().get(kept_code(reads(row.case.customer)), ""),
    }
    return TemplateResponse(request, "console/follow_up.html", frame | context, status=422 if form.errors else 200)


def _after(again: Case | None) -> str:
    """To the case that is open now, or back to the list."""
    return reverse("admin:cases_case_change", args=[again.pk]) if again else reverse("admin:follow_ups")


def said_done(how: str, again: Case | None) -> str:
    """What the page says after the act."""
    if again is not None:
        return f"Put on record. {again.reference} is open."
    return {How.LETTER: "The message is on its way.", How.PHONE: "Put on record.", How.SKIPPED: "Skipped."}[How(how)]


def panel(record: OnRecord, now: datetime) -> dict[str, Any] | None:
    """The newest follow-up beside the case, as far as somebody owed it."""
    row = next((one for one in record["follow_ups"] if one.stopped_at is None), None)
    if row is None:
        return None
    return {
        "follow_up": row,
        "tag": tag_of(row, now),
        "is_over": row.is_open and row.settled_at != record.case.resolved_at,
    }
