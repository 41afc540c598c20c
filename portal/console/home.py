"""The console's home: who needs something now, sorted by deadline, each row saying why and what to do."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from cases.access import Viewer
from cases.lifecycle import BUSY, State
from cases.models import Case
from escalation.cover import first_gap_words
from escalation.directory import Directory
from escalation.facts import Clock
from escalation.lateness import late_since
from escalation.load import LOOK_BACK, Picture
from escalation.models import Notice, StageClock
from escalation.permits import PERMITS, Actor, refusal
from feedback import problems
from feedback.pulse import QUESTION, question_for
from portal.console import queries
from portal.console.cover_load import home_line
from portal.console.reviews_desk import desk
from portal.console.words import clock_name, milestone_words, short, span, tag_of, who_has

S = State
HEADINGS = {
    queries.LATE: "Late",
    queries.DUE: "Due within two hours",
    queries.SUPERVISOR: "Asked for a supervisor",
    queries.UNCLAIMED: "Not acknowledged",
    queries.NOT_REACHED: "Customer not reached",
}
#: What usually helps, by state; the first that the person may do stands first.
NEXT_ACTS: dict[str, tuple[str, ...]] = {
    S.NEW: ("assess",),
    S.ESCALATED: ("review",),
    S.REVIEWED: ("acknowledge",),
    S.PASSED: ("acknowledge",),
    S.WAITING_PARTNER: ("update", "partner_answered"),
    S.WAITING_CUSTOMER: ("note",),
    S.ANSWERED: ("note",),
    **dict.fromkeys(BUSY, ("update", "answer")),
}
NOT_CLAIMED = {
    S.NEW: "New: nobody has assessed it",
    S.ESCALATED: "Passed up: the SLA review is open",
    S.PASSED: "Passed up: no named person has confirmed yet",
    S.REVIEWED: "Assessed: no named person has confirmed yet",
}


def home_view(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The page. `?who=mine|teams|all` narrows it; a supervisor starts with everyone."""
    context = site.each_context(request)
    viewer, actor, now = context["viewer"], context["actor"], context["now"]
    scope = request.GET.get("who")
    scope = scope if scope in queries.SCOPES else queries.usual_scope(actor)
    needy = queries.in_scope(queries.attention(viewer, now=now), actor, scope)
    groups = grouped(needy, actor, now, zone=context["zone"])
    context |= {
        "title": "Needs me now",
        "groups": groups,
        "total": sum(group["count"] for group in groups),
        "scopes": [{"key": k, "label": v, "here": k == scope} for k, v in queries.SCOPES.items()],
        "alerts": list(queries.alerts(viewer).order_by("raised_at")[:20]),
        "upcoming": upcoming(viewer, now),
        "desk": desk(actor, now, context["zone"]),
        "silent_problems": list(problems.missed(now)),
        "over_problems": list(problems.to_be_told(actor.user)),
        "pulse": question_for(actor.user, now) and QUESTION,
    }
    if actor.supervises:
        context |= cover(now, context["zone"])
    return TemplateResponse(request, "console/home.html", context)


def cover(now: datetime, zone: str) -> dict[str, Any]:
    """A supervisor's warnings: hours of the next two weeks with nobody, and people who carry too much. Empty: all is well."""
    # One look at the rota serves both; from four weeks back it also knows what is ahead.
    directory = Directory.load(now - LOOK_BACK)
    return {
        "uncovered": first_gap_words(now, zone, directory),
        "overloaded": home_line(Picture(now, directory)),
    }


def upcoming(viewer: Viewer, now: datetime) -> Case | None:
    """The case with the next deadline, for the day on which nothing needs anybody."""
    later = Case.objects.visible_to(viewer).open().filter(promise_at__gt=now)
    return later.by_urgency().first()


def grouped(needy: Any, actor: Actor, now: datetime, *, zone: str) -> list[dict[str, Any]]:
    """The groups in order of urgency, each with its rows and the count of all there are."""
    cases = list(needy.with_people().order_by("group", "promise_at", "severity", "pk")[: queries.MOST])
    everyone = len(cases) < queries.MOST
    numbers = Counter(case.group for case in cases) if everyone else queries.counts(needy)  # type: ignore[attr-defined]
    clocks = queries.open_clocks(cases)
    unheard = {n.case_id: n for n in queries.undelivered().filter(case__in=[c.pk for c in cases]).order_by("pk")}
    rows = [row_of(c, clocks.get(c.pk, []), unheard.get(c.pk), actor, now, zone) for c in cases]
    return [
        {
            "title": title,
            "count": numbers.get(group, 0),
            "rows": [row for row in rows if row["case"].group == group],  # type: ignore[attr-defined]
        }
        for group, title in HEADINGS.items()
    ]


def row_of(
    case: Case, clocks: list[StageClock], unheard: Notice | None, actor: Actor, now: datetime, zone: str
) -> dict[str, Any]:
    """One case as a row of the home page."""
    return {
        "case": case,
        "tag": tag_of(case, now),
        "url": reverse("admin:cases_case_change", args=[case.pk]),
        "milestone": milestone_words(case),
        "who": who_has(case),
        "why": ". ".join(reasons(case, clocks, unheard, now, zone)) + ".",
        "acts": acts_for(case, clocks, actor),
    }


def reasons(case: Case, clocks: list[StageClock], unheard: Notice | None, now: datetime, zone: str) -> list[str]:
    """Why a case is on the page, the reason of its group first and the others after it."""
    said = []
    late = late_since(case, now)
    if late:
        said.append(f"We promised {short(late, zone, now)} and missed it")
    said += [
        f"{clock_name(one.kind)} due {short(one.due_at, zone, now)}"
        for one in clocks
        if one.kind in Clock.CLIMBS and one.due_at and one.due_at - now <= queries.SOON
    ]
    asked = next((c for c in clocks if c.kind == Clock.SUPERVISOR), None)
    if asked:
        said.append(f"Asked for a supervisor {span(now - asked.started_at)} ago")
    if case.state in NOT_CLAIMED:
        said.append(NOT_CLAIMED[case.state])
    if unheard:
        said.append(f"A message did not reach the customer: {unheard.error or unheard.get_state_display()}")
    return said


def usual_acts(case: Case) -> tuple[str, ...]:
    """What usually helps in this state, a supervisor's answer before all else; who may do it is for permits to say."""
    return ("answer_supervisor", *NEXT_ACTS.get(case.state, ()))


def acts_for(case: Case, clocks: list[StageClock], actor: Actor) -> list[dict[str, str]]:
    """Up to three acts that help and that this person may do now."""
    running = {clock_.kind for clock_ in clocks}
    wanted = [*usual_acts(case), "take_over" if case.owner_id != actor.user.pk else "hand_over"]
    possible = [verb for verb in wanted if not refusal(verb, case, actor, running=running)]
    return [{"label": PERMITS[verb].label, "url": act_url(case, verb)} for verb in possible[:3]]


def act_url(case: Case, verb: str) -> str:
    """The page of an act on a case."""
    return reverse("admin:cases_case_act", args=[case.pk, verb])
