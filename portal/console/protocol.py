"""Protocols in the console: the list of versions, a version's page, and the way to all that can be done with it."""

from __future__ import annotations

import csv
import json
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST, require_safe

from cases.access import Viewer
from cases.models import Case
from escalation import choice_drafts, publishing
from escalation.models import ChoiceDraft, ProtocolVersion
from escalation.packs import export_pack
from escalation.protocol import Protocol, ProtocolError
from escalation.reading import parse
from portal.console import improvements_show
from portal.console import protocol_acts as acts
from portal.console.needs import need
from portal.console.protocol_choices import choices_view
from portal.console.protocol_editing import edit_view
from portal.console.protocol_findings import counted, findings
from portal.console.protocol_pages import pages
from portal.console.protocol_proposal import discard_view, proposal_view
from portal.console.protocol_words import Names, between, people
from portal.console.quiet import ReadOnlyAdmin
from portal.insights.casework import safe

Status = ProtocolVersion.Status
OPEN = (Status.DRAFT, Status.REVIEWED)
COLUMNS = ("category", "severity", "tier", "calendar", "review_s", "acknowledge_s", "update_s", "refer_up_s", "resolve_s")  # fmt: skip


class ProtocolAdmin(ReadOnlyAdmin):
    """All staff read what is or was in force; supervisors and authors read drafts; authors change them."""

    def get_urls(self) -> list:
        places: dict[str, tuple[Any, str]] = {
            "import/": (self.take_in, "import"),
            "choices/": (self.choices, "choices"),
            "choices/<int:pk>/": (self.choice, "choice"),
            "choices/<int:pk>/discard/": (self.choice_discard, "choice_discard"),
            "<int:pk>/matrix.csv": (self.matrix_csv, "csv"),
            "<int:pk>/protocol.json": (self.export, "json"),
            "<int:pk>/draw-up/": (self.draw_up, "draw_up"),
            "<int:pk>/go-back/": (self.go_back, "go_back"),
            "<int:pk>/note/": (self.note, "note"),
            "<int:pk>/approve/": (self.approve, "approve"),
            "<int:pk>/publish/": (self.publish, "publish"),
            "<int:pk>/keep-back/": (self.keep_back, "keep_back"),
            "<int:pk>/discard/": (self.discard, "discard"),
            "<int:pk>/edit/<slug:part>/": (self.edit, "edit"),
        }
        ours = [
            path(where, self.admin_site.admin_view(view), name=f"escalation_protocolversion_{name}")
            for where, (view, name) in places.items()
        ]
        return [*ours, *super().get_urls()]

    # Reading

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return self.list_page(request)

    def list_page(self, request: HttpRequest, why: str = "") -> HttpResponse:
        """Every version by protocol; `why` says what was refused."""
        context = self.admin_site.each_context(request)
        context |= {
            "title": "Protocol",
            "protocols": listed(request, context["viewer"]),
            "may_write": request.user.has_perm(acts.AUTHOR),
            "authors": [str(user) for user in acts.authors()],
            "why": why,
            "waiting": choice_drafts.waiting() if sees_drafts(request.user) else None,
        }
        return TemplateResponse(request, "console/protocol/list.html", context, status=422 if why else 200)

    @method_decorator(require_safe)
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        return self.page(request, *read(request, object_id))

    def page(
        self, request: HttpRequest, version: ProtocolVersion, protocol: Protocol, note: acts.Note | None = None
    ) -> HttpResponse:
        """One version; `note` is the form that was not good."""
        context = self.admin_site.each_context(request)
        context |= version_page(request, version, protocol, context)
        context["form"] = note or acts.Note(initial={"note": version.note})
        return TemplateResponse(request, "console/protocol/version.html", context, status=422 if note else 200)

    @method_decorator(require_safe)
    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        """As Django's; of a draft for those only who may read it."""
        read(request, object_id)
        return super().history_view(request, object_id, extra_context)

    @method_decorator(require_safe)
    def matrix_csv(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole matrix, durations in seconds of working time."""
        version, protocol = read(request, pk)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{version.label}-matrix.csv"'
        sheet = csv.writer(response)
        sheet.writerow(COLUMNS)
        for (category, severity, tier), cell in sorted(protocol.matrix.items()):
            times = (cell.review, cell.acknowledge, cell.update, cell.refer_up, cell.resolve)
            row = (category, severity, tier, cell.calendar, *("" if t is None else t for t in times))
            sheet.writerow([safe(value) for value in row])
        return response

    @method_decorator(require_safe)
    def export(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The version with its teams, topics and calendars, as a file that can be taken in again."""
        version, _ = read(request, pk)
        try:
            pack = export_pack(version.key, version.number)
        except LookupError as why:
            return self.list_page(request, str(why))
        text = json.dumps(pack, indent=2, ensure_ascii=False)
        response = HttpResponse(text + "\n", content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="protocol-{version.key}-{version.number}.json"'
        return response

    # Writing

    def edit(self, request: HttpRequest, pk: int, part: str) -> HttpResponse:
        """A page of the editor; what is not a draft has none."""
        version = self.draft(request, pk)
        if version.status not in OPEN:
            return acts.to_page(version)
        return edit_view(request, version, part, self.admin_site.each_context(request))

    @method_decorator(require_POST)
    def draw_up(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.drafted(request, acts.draw_up, self.draft(request, pk))

    @method_decorator(require_POST)
    def go_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.drafted(request, acts.go_back, self.draft(request, pk))

    def drafted(self, request: HttpRequest, make: Any, version: ProtocolVersion) -> HttpResponse:
        """To the new draft; or the list, with what was refused."""
        try:
            return make(request, version, self.admin_site.each_context(request))
        except (publishing.NotPublishable, ProtocolError) as why:
            return self.list_page(request, str(why))

    @method_decorator(require_POST)
    def note(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.draft(request, pk)
        form = acts.say_why(request, version)
        return self.page(request, *read(request, pk), form) if form else acts.to_page(version)

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.asked(request, acts.approve, pk)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.asked(request, acts.publish, pk)

    @method_decorator(require_POST)
    def keep_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        return acts.keep_back(request, self.draft(request, pk))

    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.asked(request, acts.discard, pk)

    def asked(self, request: HttpRequest, view: Any, pk: int) -> HttpResponse:
        """A page that asks first; what is not a draft any more has none."""
        version = self.draft(request, pk)
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        if version.status not in OPEN:
            return acts.to_page(version)
        return view(request, version, self.admin_site.each_context(request))

    def take_in(self, request: HttpRequest) -> HttpResponse:
        author(request)
        return acts.take_in(request, self.admin_site.each_context(request))

    def choices(self, request: HttpRequest) -> HttpResponse:
        """All staff see which protocol counts for which case; authors propose another list."""
        if request.method == "POST":
            author(request)
        may = {"may_write": request.user.has_perm(acts.AUTHOR), "sees_drafts": sees_drafts(request.user)}
        return choices_view(request, self.admin_site.each_context(request), **may)

    def choice(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A list that was approved, for all staff; a proposal for those who read drafts."""
        if request.method == "POST":
            author(request)
        may_write = request.user.has_perm(acts.AUTHOR)
        return proposal_view(request, self.admin_site.each_context(request), proposal(request, pk), may_write=may_write)

    def choice_discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        author(request)
        return discard_view(request, self.admin_site.each_context(request), proposal(request, pk))

    def draft(self, request: HttpRequest, pk: int) -> ProtocolVersion:
        """The version an author is at work on."""
        author(request)
        return read(request, pk)[0]


def author(request: HttpRequest) -> None:
    """Only those who may write rules come further."""
    need(request, acts.AUTHOR)


def sees_drafts(user: Any) -> bool:
    """Drafts are read by supervisors and authors only: staff should not work by rules that do not count yet."""
    return user.has_perm(acts.AUTHOR) or user.has_perm("cases.supervise")


def read(request: HttpRequest, pk: Any) -> tuple[ProtocolVersion, Protocol]:
    """The version and its parsed document, or 404."""
    text = str(pk)
    everybody = ProtocolVersion.objects.select_related("made_by", "reviewed_by", "published_by", "starts_by")
    version = everybody.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    if version is None or (version.status in OPEN and not sees_drafts(request.user)):
        raise Http404
    try:
        return version, parse(version.label, version.document)
    except ProtocolError as why:
        raise Http404(str(why)) from None


def proposal(request: HttpRequest, pk: int) -> ChoiceDraft:
    """A list by its row, or 404."""
    everybody = ChoiceDraft.objects.select_related("made_by", "approved_by", "discarded_by")
    found = everybody.filter(pk=pk).first() if pk < 2**63 else None
    if found is None or (found.status != ChoiceDraft.Status.APPROVED and not sees_drafts(request.user)):
        raise Http404
    return found


def listed(request: HttpRequest, viewer: Viewer) -> list[dict[str, Any]]:
    """Each protocol with its versions, the newest first, and how many open cases are promised under each."""
    cases = Case.objects.visible_to(viewer).open().order_by().values("protocol").annotate(number=Count("pk"))
    used = {row["protocol"]: row["number"] for row in cases}
    versions = ProtocolVersion.objects.select_related("made_by", "reviewed_by", "published_by")
    if not sees_drafts(request.user):
        versions = versions.exclude(status__in=OPEN)
    by_key: dict[str, list[dict[str, Any]]] = {}
    for version in versions.order_by("key", "-number"):
        by_key.setdefault(version.key, []).append({"version": version, "cases": used.get(version.label, 0)})
    return [
        {
            "key": key,
            "name": rows[0]["version"].document.get("name") or key,
            "rows": rows,
            "force": next((row["version"] for row in rows if row["version"].status == Status.PUBLISHED), None),
        }
        for key, rows in by_key.items()
    ]


def version_page(
    request: HttpRequest, version: ProtocolVersion, protocol: Protocol, frame: dict[str, Any]
) -> dict[str, Any]:
    """Everything console/protocol/version.html names, but the form of the note."""
    names, is_open = Names.read(frame["now"]), version.status in OPEN
    force = publishing.in_force(ProtocolVersion, version.key)
    base = force if is_open else ProtocolVersion.objects.filter(label=version.based_on).first()
    old = parse(base.label, base.document) if base else None
    found = findings(version, protocol, frame["now"]) if is_open else []
    seen = Case.objects.visible_to(frame["viewer"]).open()
    return {
        "title": f"{protocol.name}, version {version.number}",
        "version": version,
        "protocol": protocol,
        "names": names,
        "is_open": is_open,
        "may_write": request.user.has_perm(acts.AUTHOR),
        "editable": is_open and request.user.has_perm(acts.AUTHOR),
        "mine": request.user.pk in {*version.hands, version.made_by_id},
        "hands": people(version.hands),
        "force": force,
        "base": base,
        "changes": between(old, protocol, names),
        "findings": found,
        "counted": counted(found),
        "errors": any(row["finding"].is_error for row in found),
        "cases": seen.filter(protocol=force.label if is_open and force else version.label).count(),
        "led_to": improvements_show.of_version(version, frame["actor"].user),
        **pages(version, protocol, old if is_open else None, names),
    }
