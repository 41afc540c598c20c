"""The card of an open hand-over: who was asked by whom, until when, the packet, and what one can do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from cases.access import Viewer
from cases.models import Case
from escalation.facts import Clock
from escalation.models import StageClock
from escalation.permits import PERMITS, Actor, refusal
from portal.console.on_record import OnRecord

ACTS = ("accept_offer", "return_offer")


def panel(record: OnRecord, actor: Actor) -> dict[str, Any] | None:
    """What templates/console/parts/offer.html takes; None while nobody is asked."""
    case, turn = record.case, record.turn
    if case.offered_to_id is None:
        return None
    offers = sorted((one for one in record["marks"] if one.kind == "offered"), key=lambda one: one.seq)
    wanted = offers[-1].data["note"]["id"] if offers else ""
    note = next((one for one in record["notes"] if str(one.pk) == wanted), None)
    clock = turn.clocks.get(Clock.HAND_OVER)
    verbs = [verb for verb in ACTS if not refusal(verb, case, actor, turn)]
    return {
        "to": case.offered_to,
        "by": case.offered_by,
        "mine": case.offered_to_id == actor.user.pk,
        "due": clock.due_at if clock else None,
        "packet": note.text if note else "",
        "acts": _acts(case, verbs),
    }


def _acts(case: Case, verbs: Iterable[str]) -> list[dict[str, str]]:
    return [
        {"label": PERMITS[verb].label, "url": reverse("admin:cases_case_act", args=[case.pk, verb])} for verb in verbs
    ]


def offers(actor: Actor, viewer: Viewer) -> list[Case]:
    """The cases this person has been asked to take over and has not answered."""
    return list(Case.objects.visible_to(viewer).filter(offered_to=actor.user).select_related("offered_by"))


def rows(cases: Iterable[Case], clocks: Mapping[int, Iterable[StageClock]]) -> list[dict[str, Any]]:
    """Those cases as rows, the first to run out first; `clocks` are the running ones by case."""
    due = {pk: clock.due_at for pk, running in clocks.items() for clock in running if clock.kind == Clock.HAND_OVER}
    found = [
        {
            "case": case,
            "by": case.offered_by,
            "due": due.get(case.pk),
            "acts": _acts(case, ACTS),
        }
        for case in cases
    ]
    return sorted(found, key=lambda row: (row["due"] is None, row["due"] or row["case"].filed_at))
