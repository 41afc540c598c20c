"""The first-run checklist: what an installation needs before its first customer, what is done, and what may be skipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from cases import brand
from cases.access import workers
from cases.models import SetupSkip, Team
from escalation import letters
from escalation.models import CalendarVersion, Notice, ProtocolVersion
from portal import clock
from portal.console import mail_state
from portal.console.needs import Needs

OPENS = ("cases.supervise", "cases.add_user")
KIND = "mail_test"


@dataclass(frozen=True)
class Setting:
    """One step: what it is, why it matters, where it is done, and how the installation shows that it is."""

    key: str
    title: str
    why: str
    page: str
    done: Callable[[], bool]


def _published_twice(model: Any) -> bool:
    """Somebody has put a version of their own in force: the first came with the installation."""
    return model.objects.filter(number__gt=1, status__in=("published", "retired")).exists()


def _mailed() -> bool:
    return mail_state.is_set_up() and Notice.objects.filter(kind=KIND, state=Notice.State.SENT).exists()


STEPS: tuple[Setting, ...] = (
    Setting("company", "Company", "Its name, colour, phone and hours stand on every page and letter.", "brand",
        lambda: brand.newest() is not None),
    Setting("hours", "Hours", "Promises count only while you are open; the days off are yours.",
        "escalation_calendarversion_changelist", lambda: _published_twice(CalendarVersion)),
    Setting("teams", "Teams", "Each level of the protocol is a team; somebody has to stand in it.", "cases_team_changelist",
        lambda: Team.objects.filter(members__isnull=False).exists()),
    Setting("people", "People", "At least two colleagues who work on cases, so that one can be away.",
        "cases_user_changelist", lambda: workers().count() > 1),
    Setting("matrix", "Escalation matrix", "The times of the five levels are ours until you put yours in force.",
        "escalation_protocolversion_changelist", lambda: _published_twice(ProtocolVersion)),
    Setting("mail", "Outgoing mail", "Without it customers are told nothing. Set EMAIL_URL, then send yourself a letter.",
        "", _mailed),
)  # fmt: skip


def urls(site: AdminSite) -> list[URLPattern]:
    """The one address."""
    return [path("start/", site.admin_view(partial(page, site=site)), name="start")]


def rows() -> list[dict[str, Any]]:
    """Every step with how it stands: done, skipped or open."""
    skipped = set(SetupSkip.objects.values_list("key", flat=True))
    found = []
    for step in STEPS:
        state = "done" if step.done() else "skipped" if step.key in skipped else "open"
        found.append({"step": step, "state": state, "url": reverse(f"admin:{step.page}") if step.page else ""})
    return found


def line(user: Any) -> dict[str, int] | None:
    """What stands around the cases while steps are open, for who may take them; None when nothing is left."""
    if not any(user.has_perm(one) for one in OPENS):
        return None
    states = [row["state"] for row in rows()]
    return {"left": states.count("open"), "all": len(states)} if "open" in states else None


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, *, site: AdminSite) -> HttpResponse:
    """The list; `press` is skip:<step>, back:<step> or mail."""
    if not any(request.user.has_perm(one) for one in OPENS):
        raise Needs(*OPENS)
    if request.method == "POST":
        pressed(request)
        return HttpResponse(status=303, headers={"Location": reverse("admin:start")})
    now = clock.now()
    found = rows()
    test = Notice.objects.filter(kind=KIND, recipient=request.user.pk).order_by("-pk").first()
    context = {
        "title": "Set up",
        "rows": found,
        "left": sum(row["state"] == "open" for row in found),
        "test": test,
        "set_up": mail_state.is_set_up(),
        "may_test": test is None or test.owed_at.replace(second=0) < now.replace(second=0, microsecond=0),
    }
    return TemplateResponse(request, "console/start.html", site.each_context(request) | context)


def pressed(request: HttpRequest) -> None:
    """Skips a step, takes that back, or owes the reader a letter: one a minute."""
    now = clock.now()
    act, _, key = request.POST.get("press", "").partition(":")
    known = {step.key for step in STEPS}
    if act == "skip" and key in known:
        SetupSkip.objects.get_or_create(key=key, defaults={"at": now})
    elif act == "back" and key in known:
        SetupSkip.objects.filter(key=key).delete()
    elif act == "mail":
        owed = letters.to_staff(KIND, f"{now:%Y%m%dT%H%M}", request.user, {}, now)  # type: ignore[arg-type]
        Notice.objects.bulk_create([owed], ignore_conflicts=True)
        messages.success(request, "A letter to you is in line. Look into your mailbox in a minute.")


def compose(notice: Notice, now: Any) -> dict[str, Any]:
    """The test letter says nothing but that it arrived."""
    return {"when": letters.spell(notice.owed_at, letters.zone_of(notice.person))}
