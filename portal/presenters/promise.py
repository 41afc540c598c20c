"""The promise block: who has the case and when the customer next hears, in exactly one of seven variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext, pgettext_lazy

from cases.lifecycle import OPEN, State
from escalation.facts import Clock
from escalation.lateness import is_late
from portal.presenters.casefile import CaseFile
from portal.templatetags.times import when_words

S = State
HEAR = _lazy("You will next hear from us by")
CONFIRMS = _lazy("Someone confirms they have it by")
SPECIALIST = _lazy("A named specialist confirms they have it by")
EVEN_IF = _lazy("even if there is nothing new")
EXPLAINED = _lazy("you do not need to explain again")
#: The headline over the time and what stands after it, by state; other states read HEAR, EVEN_IF.
SAYS = {
    S.NEW: (HEAR, _lazy("when we have decided how fast we must act")),
    S.REVIEWED: (CONFIRMS, ""),
    S.ESCALATED: (SPECIALIST, EXPLAINED),
    S.PASSED: (SPECIALIST, EXPLAINED),
}
#: Blocks that say when the case closes by itself, by the clock that counts the customer's time.
ENDS_BY_ITSELF = {"answered": Clock.CONFIRM, "waiting_for_you": Clock.LAPSE}
#: How a case ended, without the day and with it.
FIXED = pgettext_lazy("of a case", "Fixed"), pgettext_lazy("of a case", "Fixed %(day)s")
ENDED = {
    S.CONFIRMED: FIXED,
    S.FEEDBACK: FIXED,
    S.CLOSED: (pgettext_lazy("of a case", "Closed"), pgettext_lazy("of a case", "Closed %(day)s")),
    S.WITHDRAWN: (pgettext_lazy("of a case", "Withdrawn"), pgettext_lazy("of a case", "Withdrawn %(day)s")),
}


@dataclass(frozen=True)
class View:
    """Whose eyes: the zone and instant of the page, and where the case's own pages are (ends with a slash)."""

    zone: str
    now: datetime
    base: str
    question: str = ""
    answer: dict[str, Any] | None = None  # what we ask "Is it fixed?" about
    covers: str = ""  # the colleague the owner has taken the case over from, while the owner has said nothing yet


def promise_block(file: CaseFile, view: View) -> dict[str, Any]:
    """The block in the form parts/promise.html takes."""
    variant = variant_of(file, view)
    block: dict[str, Any] = {
        "variant": variant,
        "due": None,
        "detail": "",
        "missed": None,
        "question": "",
        "answer": None,
        "actions": [],
        "second": None,
    }
    block |= {"proof_url": None, "handler": handler(file, variant, view)}
    block |= BLOCKS[variant](file, view)
    block["proof_url"] = _proof_url(file, block, view)
    asked = file.open(Clock.SUPERVISOR)
    if asked and asked.due_at:
        block["second"] = {"headline": _("A supervisor replies by"), "due": asked.due_at}
        block["second"]["proof_url"] = f"{view.base}why/#{Clock.SUPERVISOR}"
    return block


def _proof_url(file: CaseFile, block: dict[str, Any], view: View) -> str | None:
    """Where the working of the time in the block stands; None where the block says no time that is counted."""
    if block["due"]:
        return f"{view.base}why/" if file.promise and file.promise.due_at == block["due"] else None
    theirs = ENDS_BY_ITSELF.get(block["variant"])
    running = file.open(theirs) if theirs else None
    return f"{view.base}why/#{theirs}" if running and running.due_at else None


def variant_of(file: CaseFile, view: View) -> str:
    """Which of the seven it is."""
    case = file.case
    if case.state not in OPEN:
        return "closed"
    if case.state == S.ANSWERED:
        return "answered"
    if is_late(case, view.now):
        return "late"
    if case.state == S.WAITING_CUSTOMER:
        return "waiting_for_you"
    if case.owner is None:
        return "no_owner"
    return "covered" if view.covers else "running"


def handler(file: CaseFile, variant: str, view: View) -> dict[str, str]:
    """The person, by first name and team, or the team while nobody has taken it."""
    case, team = file.case, file.case.team
    lead = team.lead.first_name if team and team.lead else ""
    found = {
        "name": "",
        "team": team.local_name if team else _("our team"),
        "phone": "",
        "hours": "",
        "note": "",
        "initials": "",
    }
    if team:
        found |= {"phone": team.phone, "hours": team.local_hours}
    if case.owner:
        found |= {"name": case.owner.first_name, "initials": case.owner.initials}
    if variant == "late" and case.unmended:
        found["note"] = (
            _("%(lead)s has been told and is now responsible too.") % {"lead": lead}
            if lead
            else _("A supervisor has been told and is now responsible too.")
        )
    elif not case.owner and lead:
        found["note"] = _("Team lead: %(lead)s") % {"lead": lead}
    elif variant == "covered":
        found["note"] = _("took over from %(name)s") % {"name": view.covers}
    return found


def _running(file: CaseFile, view: View) -> dict[str, Any]:
    case = file.case
    if case.promise_at is None:
        return {"headline": _("We are setting the next time"), "detail": _("You hear from us as soon as it is set.")}
    headline, detail = SAYS.get(case.state, (HEAR, EVEN_IF))
    if case.state == S.WAITING_PARTNER:
        detail = (
            _("even if %(partner)s has not answered us") % {"partner": file.partner}
            if file.partner
            else _("even if the other company has not answered us")
        )
    return {"headline": str(headline), "due": case.promise_at, "detail": str(detail)}


def _waiting(file: CaseFile, view: View) -> dict[str, Any]:
    since = next((clock.paused_at for clock in file.clocks if clock.paused_at), None)
    stopped = _("Our clock is stopped since %(time)s.") % {"time": _moment(since, view)} if since else ""
    lapse = file.open(Clock.LAPSE)
    if lapse and lapse.due_at:
        closes = _("Without an answer it closes by itself on %(day)s.") % {"day": _day(lapse.due_at, view)}
        stopped = f"{stopped} {closes}"
    action = {"label": pgettext("what a button does", "Answer"), "url": "#message", "kind": "primary"}
    return {
        "headline": _("We need something from you"),
        "question": view.question,
        "detail": stopped.strip(),
        "actions": [action],
    }


def _late(file: CaseFile, view: View) -> dict[str, Any]:
    case = file.case
    if case.promise_at is None or case.promise_at <= view.now:
        missed = case.promise_at or case.broken_due
        return {
            "headline": _("We are setting a new time"),
            "missed": missed,
            "detail": _("You get it by e-mail at once."),
        }
    return {"headline": _("New time:"), "due": case.promise_at, "missed": case.broken_due}


def _answered(file: CaseFile, view: View) -> dict[str, Any]:
    ends = file.case.promise_at
    return {
        "headline": _("Is it fixed?"),
        "answer": view.answer,
        "detail": _("Closes by itself on %(day)s.") % {"day": _day(ends, view)} if ends else "",
        "actions": [
            {"label": _("Yes, it is fixed"), "url": f"{view.base}fixed/", "kind": "primary"},
            {"label": _("No, it is not"), "url": f"{view.base}not-fixed/", "kind": "secondary"},
        ],
    }


def _closed(file: CaseFile, view: View) -> dict[str, Any]:
    if file.case.state == S.MERGED:
        go = {
            "label": _("See %(reference)s") % {"reference": file.other},
            "url": f"/c/{file.other}/",
            "kind": "primary",
        }
        return {
            "headline": _("Joined to %(reference)s") % {"reference": file.other},
            "detail": _("We go on with it there."),
            "actions": [go] if file.other else [],
        }
    ended, until = file.settled_at, file.reopen_until
    bare, dated = ENDED[file.case.state]
    headline = dated % {"day": _day(ended, view)} if ended else str(bare)
    if until and until >= view.now:
        again = {"label": _("Open it again"), "url": f"{view.base}reopen/", "kind": "secondary"}
        return {
            "headline": headline,
            "detail": _("You can open it again until %(day)s.") % {"day": _day(until, view)},
            "actions": [again],
        }
    new = {"label": _("Start a new case"), "url": "/cases/new/", "kind": "secondary"}
    detail = _("Came back? Start a new case. We see this one beside it.")
    return {"headline": headline, "detail": detail, "actions": [new]}


def _moment(instant: datetime, view: View) -> str:
    return when_words(instant, zone=view.zone, now=view.now, style="plain")


def _day(instant: datetime, view: View) -> str:
    return when_words(instant, zone=view.zone, now=view.now, style="date")


BLOCKS: dict[str, Callable[[CaseFile, View], dict[str, Any]]] = {
    "running": _running,
    "no_owner": _running,
    "covered": _running,
    "waiting_for_you": _waiting,
    "late": _late,
    "answered": _answered,
    "closed": _closed,
}
