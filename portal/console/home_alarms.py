"""The red alarms on the console's home, each with what puts it right."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.urls import reverse

from cases.access import Viewer
from cases.models import Case
from escalation.decision.beside import QUESTION_ALARM, TASK_ALARM
from escalation.facts import Clock
from escalation.permits import PERMITS, Actor, refusal
from portal.console import queries
from portal.console.home_rows import act_url

MOST = 20  # red ones first, then the oldest; the page says when there are more
#: What puts an alarm right, by its kind: the first that this person may do now.
HELPS: dict[str, tuple[str, ...]] = {
    "plan_exhausted": ("update", "apologise", "acknowledge", "review", "assess"),
    "owner_lost": ("take_over", "hand_over"),
    "no_clock": ("update", "assess", "review", "acknowledge", "escalate", "note"),
    "unjustified": ("justify",),
    "empty_level": ("take_over", "hand_over"),
    "empty_step": ("take_over", "hand_over"),
    "task_overdue": ("finish_task", "change_task"),
    "consult_overdue": ("take_back_question",),
}
#: What is late between colleagues, while every promise to the customer stands: a row among the others, not a red bar.
AT_RISK = {
    TASK_ALARM: {"family": "soon", "shape": "triangle", "word": "Task overdue"},
    QUESTION_ALARM: {"family": "soon", "shape": "triangle", "word": "No answer yet"},
}
#: Alarms that are about people who are not there: what helps for good is the rota.
OF_COVER = ("empty_level", "empty_step")


def rows(viewer: Viewer, actor: Actor) -> dict[str, Any]:
    """The alarms nobody has put right, red ones first, then oldest first, each with up to two links.

    `rows` are red bars, `at_risk` what is late between colleagues; `more`: whether others follow.
    """
    beside = ExpressionWrapper(Q(kind__in=AT_RISK), output_field=BooleanField())
    found = list(queries.alerts(viewer).order_by(beside, "raised_at", "pk")[: MOST + 1])
    told = [{"alert": one, "acts": acts(one, actor), "tag": AT_RISK.get(one.kind)} for one in found[:MOST]]
    return {
        "rows": [one for one in told if not one["tag"]],
        "at_risk": [one for one in told if one["tag"]],
        "more": len(found) > MOST,
    }


def acts(alert: Any, actor: Actor) -> list[dict[str, str]]:
    """What this person can do about an alarm; at the least, look at the case."""
    case: Case = alert.case
    # An alarm about a missing reason stands as long as its clock runs.
    running = {Clock.JUSTIFY} if alert.kind == "unjustified" else set()
    verb = next((one for one in HELPS.get(alert.kind, ()) if not refusal(one, case, actor, running=running)), None)
    page = reverse("admin:cases_case_change", args=[case.pk])
    first = (
        {"label": PERMITS[verb].label, "url": act_url(case, verb)} if verb else {"label": "Open the case", "url": page}
    )
    if alert.kind in OF_COVER and actor.supervises:
        return [first, {"label": "People and cover", "url": reverse("admin:cover")}]
    return [first]
