"""The brand in the console: its form, a preview in light and dark before anything is saved, and what it was before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from cases import brand, colour
from cases.brand import Brand, NotKept
from cases.models import BrandRevision
from portal import sheets
from portal.console.brand_form import BrandForm
from portal.console.needs import door
from portal.console.protocol_editing import see_other

EDIT = "cases.edit_brand"
SHOWN = 20  # revisions
SCOPE = ".brand-preview"


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of the brand, for who may change it."""

    return [
        path("brand/", door(site, page, EDIT), name="brand"),
        path("brand/preview.css", door(site, preview_sheet, EDIT), name="brand_preview_sheet"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The form; previewed, or kept as the next revision."""
    frame = site.each_context(request)
    row = brand.newest()
    now = brand.brand_of(row)
    kept = tuple(image.digest if image else "" for image in (row and row.logo, row and row.favicon))
    facts: dict[str, Any] = {"now": now, "kept": kept, "at": frame["now"]}
    if request.method != "POST":
        return shown(request, frame, BrandForm(**facts), now)
    form = BrandForm(request.POST, request.FILES, **facts)
    fine = form.is_valid()
    form.blame(brand.check(form.draft()))
    if fine and not form.errors and request.POST.get("press") == "save":
        try:
            brand.change(form.draft(), seen=form.cleaned_data["seen"], by=frame["actor"].user, at=frame["now"])
        except NotKept as why:
            return overtaken(request, frame, form, why, now)
        messages.success(request, f"Saved. Every page shows it within {brand.FRESH:.0f} seconds.")
        return see_other(reverse("admin:brand"))
    form.hold()
    return shown(request, frame, form, drawn(form, now), checked=not form.errors, status=422 if form.errors else 200)


def overtaken(request: HttpRequest, frame: dict[str, Any], form: BrandForm, why: NotKept, now: Brand) -> HttpResponse:
    """The form with what was typed; saving again puts it in place of what a colleague saved meanwhile."""
    form.hold()
    form.data["seen"] = str(now.revision)  # type: ignore[index]
    form.blame(why.findings)
    return shown(request, frame, form, drawn(form, now), status=409)


def drawn(form: BrandForm, now: Brand) -> Brand:
    """The brand as typed, as far as it can be drawn."""
    draft = form.draft()
    revision = BrandRevision(
        number=now.revision, name=draft.name or now.name, from_name=draft.from_name,
        colour=draft.colour.upper() if colour.is_colour(draft.colour) else now.colour, phone=draft.phone,
        hours=draft.hours, links=list(draft.links), logo=draft.logo, logo_alt=draft.logo_alt, favicon=draft.favicon,
    )  # fmt: skip
    return brand.brand_of(revision)


def shown(
    request: HttpRequest,
    frame: dict[str, Any],
    form: BrandForm,
    draft: Brand,
    *,
    checked: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The page with `draft` as its preview."""
    found = colour.palette(draft.colour)
    past = BrandRevision.objects.select_related("made_by").order_by("-number")[:SHOWN]
    context = {
        "title": "Brand",
        "form": form,
        "draft": draft,
        "checked": checked,
        "themes": found.themes,
        "pairs": list(colour.pairs(found)),
        "edged": [theme.name for theme in found.themes if colour.is_edged(theme)],
        "preview_sheet": f"{reverse('admin:brand_preview_sheet')}?{urlencode({'colour': draft.colour})}",
        "promise": sample(frame),
        "tag": {"shape": "half", "family": "progress", "word": "Priya is working on it"},
        "past": past,
    }
    return TemplateResponse(request, "console/brand.html", frame | context, status=status)


def sample(frame: dict[str, Any]) -> dict[str, Any]:
    """A promise of a case that does not exist."""
    handler = {"name": "Priya Shah", "team": "Payments", "phone": "", "hours": "", "note": "", "initials": "PS"}
    due = (frame["now"] + timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    return {"variant": "running", "headline": "Next update by", "due": due, "handler": handler}


@require_safe
def preview_sheet(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The colours of a brand nobody has saved, for the preview alone."""
    wanted = request.GET.get("colour", "")
    found = sheets.css(wanted if colour.is_colour(wanted) else colour.HOUSE, SCOPE)
    return HttpResponse(found, content_type="text/css; charset=utf-8", headers={"Cache-Control": "no-store, private"})
