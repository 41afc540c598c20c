"""The list of remedies in the console: what may be given, from which level on; adding, changing, retiring."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import Remedy, RemedyRevision, Resolution
from escalation import remedies
from escalation.book import rules_in_force
from escalation.remedies import Draft
from escalation.saved_replies import NotSaved
from feedback.intervals import FEWEST
from feedback.recovery import Lift
from feedback.remedy_lift import OF_DAYS, against, rated
from portal.console.needs import door
from portal.console.playbooks import WRITE, blame
from portal.console.protocol_editing import see_other
from portal.console.replies_form import highest_level
from portal.forms import OneLine, Plain


class RemedyForm(Plain):
    """A remedy as a person edits it. `seen` is the revision that was on the page; 0 for a new one."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = OneLine(
        label="Name", max_length=remedies.NAME_MOST, help_text="Internal. Colleagues choose by it.",
        error_messages={"required": "Give it a name: colleagues choose by it."},
    )  # fmt: skip
    from_level = forms.TypedChoiceField(
        label="May be given by", coerce=int, error_messages={"invalid_choice": "Choose a level from the list."}
    )
    has_amount = forms.BooleanField(
        label="An amount goes with it", required=False,
        help_text="Then the amount is asked for, and the limit of the level for money given back holds for it.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, revision: RemedyRevision | None = None) -> None:
        first: dict[str, Any] = {"seen": 0, "from_level": 1}
        if revision:
            first = {"seen": revision.number, "name": revision.name, "from_level": revision.from_level,
                     "has_amount": revision.has_amount}  # fmt: skip
        super().__init__(data, initial=first)
        level: Any = self.fields["from_level"]
        level.choices = [
            (n, level_words(n)) for n in range(1, highest_level(revision.from_level if revision else 1) + 1)
        ]


def level_words(level: int) -> str:
    """'Every level', 'Level 3 and above'."""
    return "Every level" if level == 1 else f"Level {level} and above"


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of remedies: who works on cases reads the list, who may write it changes it."""

    return [
        path("remedies/", door(site, listing), name="remedies"),
        path("remedies/new/", door(site, edit, WRITE), name="remedy_new"),
        path("remedies/<int:pk>/edit/", door(site, edit, WRITE), name="remedy_edit"),
        path("remedies/<int:pk>/retire/", door(site, retire, WRITE), name="remedy_retire"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Every remedy with who may give it, how often it was given and what came of it, and each level's limit for money."""
    frame = site.each_context(request)
    found = rated(at=frame["now"])
    given = Resolution.objects.filter(remedy_kind__isnull=False).values("remedy_kind__remedy").annotate(n=Count("pk"))
    counts = {row["remedy_kind__remedy"]: row["n"] for row in given}
    rows = [
        {
            "revision": row,
            "who": level_words(row.from_level),
            "given": counts.get(row.remedy_id, 0),
            "lift": lift_of(found.of(row.remedy_id)),
            "more": more_than(found.of(row.remedy_id), found.without),
        }
        for row in remedies.listed()
    ]
    protocol = rules_in_force().protocol
    context = {
        "title": "Remedies",
        "rows": sorted(rows, key=lambda row: row["revision"].remedy.retired_at is not None),
        "limits": [{"name": tier.name, "limit": f"{tier.refund_limit:,}"} for tier in protocol.tiers]
        if protocol.currency
        else [],
        "currency": protocol.currency,
        "may_write": request.user.has_perm(WRITE),
        "without": lift_of(found.without),
        "days": OF_DAYS,
        "fewest": FEWEST,
    }
    return TemplateResponse(request, "console/remedies.html", frame | context)


def lift_of(one: Lift) -> dict[str, Any]:
    """'+0.8', its interval and of how many cases; too few are not shown."""
    if one.mean is None or one.interval is None:
        return {"words": "", "n": one.n}
    return {"words": signed(one.mean), "interval": between(*one.interval), "n": one.n}


def more_than(one: Lift, without: Lift) -> dict[str, str]:
    """How much larger it is than without a remedy; nothing while either is hidden."""
    found = against(one, without)
    return {"words": signed(found[0]), "interval": between(*found[1:])} if found else {}


def signed(value: float) -> str:
    """'+0.8', '−0.3', '0.0'."""
    words = f"{value:+.1f}".replace("-", "−")
    return "0.0" if words in ("+0.0", "−0.0") else words


def between(low: float, high: float) -> str:
    return f"{signed(low)} to {signed(high)}"


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, site: AdminSite, pk: int = 0) -> HttpResponse:
    """A new remedy, or the next revision of one."""
    frame = site.each_context(request)
    now = None
    if pk:
        rows = RemedyRevision.objects.select_related("remedy", "made_by")
        now = get_object_or_404(rows, remedy=min(pk, 2**62), is_current=True)
    form = RemedyForm(request.POST if request.method == "POST" else None, revision=now)
    if form.is_valid():
        said, remedy = form.cleaned_data, now.remedy if now else None
        draft = Draft(said["name"], said["from_level"], said["has_amount"])
        try:
            remedies.write(remedy, draft, by=frame["actor"].user, at=frame["now"], seen=said["seen"])
        except NotSaved as why:
            blame(form, why)
        else:
            messages.success(request, "Saved. It can be chosen with an answer from now on.")
            return see_other(reverse("admin:remedies"))
    context = {"title": "Change a remedy" if now else "New remedy", "form": form, "now_says": now}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "console/remedy_form.html", frame | context, status=status)


@require_POST
def retire(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Takes it off the list, or, where it is off, offers it again."""
    frame, remedy = site.each_context(request), get_object_or_404(Remedy, pk=min(pk, 2**62))
    seen, back = request.POST.get("seen", ""), request.POST.get("press") == "back"
    act = remedies.bring_back if back else remedies.retire
    number = int(seen) if seen.isdecimal() and len(seen) < 9 else -1
    try:
        act(remedy, by=frame["actor"].user, at=frame["now"], seen=number)
    except NotSaved as why:
        messages.error(request, why.findings[0][1])
    else:
        messages.success(request, "It is offered again." if back else "Retired. Answers that named it go on naming it.")
    return see_other(reverse("admin:remedies"))
