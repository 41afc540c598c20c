"""A row of the console's home: one case with its tag, every reason why it is there, and what usually helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from cases.lifecycle import BUSY, State
from cases.models import Case
from escalation.book import protocol_of
from escalation.facts import Clock
from escalation.lateness import late_since
from escalation.models import Notice, StageClock
from escalation.permits import PERMITS, Actor, refusal
from escalation.verbs.customer import SUPERVISOR_REASONS
from portal.console import queries
from portal.console.reaching import ways, why_words
from portal.console.words import clock_name, milestone_words, mood_tag, short, span, tag_of, who_has

S = State
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
#: The letters that hurt most where they do not arrive, by what they were to say.
LOST = {
    queries.OWNS_UP: "The letter that owns up to the missed time did not reach the customer. Call them",
    "question": "Our question did not reach the customer",
    "answer": "Our answer did not reach the customer",
}


@dataclass(frozen=True)
class Look:
    """Who looks and when; `top` gives the highest level of a protocol version."""

    actor: Actor
    now: datetime
    zone: str
    top: Callable[[str], int]


def levels() -> Callable[[str], int]:
    """The highest level of a protocol version by its label, each asked for once."""
    known: dict[str, int] = {}

    def top(label: str) -> int:
        if label not in known:
            known[label] = protocol_of(label).top
        return known[label]

    return top


def row_of(case: Case, clocks: list[StageClock], letters: list[Notice], look: Look) -> dict[str, Any]:
    """One case as a row of the home page."""
    unheard = [one for one in letters if one.to_customer and one.state in queries.UNHEARD]
    return {
        "case": case,
        "tag": tag_of(case, look.now),
        "mood": mood_tag(case),
        "url": reverse("admin:cases_case_change", args=[case.pk]),
        "milestone": milestone_words(case),
        "level": f"Level {case.tier} of {look.top(case.protocol)}",
        "who": who_has(case),
        "why": ". ".join(reasons(case, clocks, letters, look)) + ".",
        "acts": acts_for(case, clocks, look.actor, unheard),
    }


def reasons(case: Any, clocks: list[StageClock], letters: list[Notice], look: Look) -> list[str]:
    """Why a case is on the page, the reason of its group first and the others after it."""
    zone, now = look.zone, look.now
    said = [LOST[queries.OWNS_UP]] if case.unsaid else []
    late = late_since(case, now)
    if late:
        said.append(f"We promised {short(late, zone, now)} and missed it{told_words(case, letters, look)}")
    said += [
        f"{clock_name(one.kind)} due {short(one.due_at, zone, now)}"
        for one in clocks
        if one.kind in Clock.CLIMBS and one.due_at and one.due_at - now <= queries.SOON
    ]
    asked = next((c for c in clocks if c.kind == Clock.SUPERVISOR), None)
    if asked:
        said.append(asked_words(asked, letters, look))
    if case.state in NOT_CLAIMED:
        said.append(NOT_CLAIMED[case.state])
    if case.risk:
        said.append("At risk: a task is overdue")
    lost = next(
        (n for n in letters if n.to_customer and n.state in queries.UNHEARD and n.kind != queries.OWNS_UP), None
    )
    if lost:
        first = LOST.get(lost.kind, "A message did not reach the customer")
        said.append(f"{first}: {why_words(lost)}".rstrip(". "))
    return said


def told_words(case: Any, letters: list[Notice], look: Look) -> str:
    """'; customer told at 12:52': when our own word of the miss went out, where it has."""
    broken = case.broken_at
    owned = [n.sent_at for n in letters if n.kind == queries.OWNS_UP and n.to_customer and n.state == Notice.State.SENT]
    since = [at for at in owned if at and broken and at >= broken]
    return f"; customer told {short(since[-1], look.zone, look.now)}" if since else ""


def asked_words(asked: StageClock, letters: list[Notice], look: Look) -> str:
    """What the customer chose, when, and by when a supervisor answers."""
    wanted = next((n for n in reversed(letters) if n.kind == queries.WANTED), None)
    reason = SUPERVISOR_REASONS.get(str(wanted.data.get("reason"))) if wanted else None
    chosen = f"Asked for a supervisor (“{reason}”)" if reason else "Asked for a supervisor"
    due = f", answer by {short(asked.due_at, look.zone, look.now)}" if asked.due_at else ""
    return f"{chosen} {span(look.now - asked.started_at)} ago{due}"


def usual_acts(case: Case) -> tuple[str, ...]:
    """What usually helps in this state, a supervisor's answer before all else; who may do it is for permits to say."""
    return ("accept_offer", "return_offer", "answer_supervisor", *NEXT_ACTS.get(case.state, ()))


def acts_for(
    case: Case, clocks: list[StageClock], actor: Actor, unheard: list[Notice] | None = None
) -> list[dict[str, str]]:
    """Up to three acts that help and that this person may do now."""
    running = {clock_.kind for clock_ in clocks}
    wanted = [*usual_acts(case), *moving(case, actor)]
    possible = [verb for verb in wanted if not refusal(verb, case, actor, running=running)]
    usual = [{"label": PERMITS[verb].label, "url": act_url(case, verb)} for verb in possible]
    group = getattr(case, "group", None)
    reach = reaching(case, actor, unheard or [])
    # Where reaching them is what is wrong, it stands first; else after what is more urgent.
    first = group == queries.NOT_REACHED or getattr(case, "unsaid", False)
    return (reach + usual if first else usual[:2] + reach + usual[2:])[:3]


def moving(case: Case, actor: Actor) -> tuple[str, ...]:
    """How it comes to somebody else's hands: a colleague's late case is handed to whoever can see to it now."""
    if case.owner_id == actor.user.pk:
        return ("offer",)
    late = case.owner_id is not None and getattr(case, "group", None) == queries.LATE
    return ("offer", "take_over") if late else ("take_over",)


def reaching(case: Case, actor: Actor, unheard: list[Notice]) -> list[dict[str, str]]:
    """What helps where letters did not reach the customer; about the one that hurts most: owning up, then the newest."""
    if not unheard:
        return []
    return ways(case, actor, max(unheard, key=lambda one: (one.kind == queries.OWNS_UP, one.pk)))


def act_url(case: Case, verb: str) -> str:
    """The page of an act on a case."""
    return reverse("admin:cases_case_act", args=[case.pk, verb])
