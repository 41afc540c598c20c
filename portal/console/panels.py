"""The cards beside a case's timeline, each worked out and shown by itself: one that fails leaves the others standing.

A panel is a line of PANELS: what it is called, its template, and what that takes. The tag `case_panels` shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from cases.access import Viewer
from cases.models import Case
from escalation.permits import Actor
from escalation.turn import Turn
from feedback.post_mortems import RUN
from feedback.surveys import shown_answer
from portal.console import (
    adherence,
    articles_beside,
    case_offer,
    follow_ups,
    learning,
    post_mortems_show,
    practice,
    solving,
    tasks_beside,
)
from portal.console.case_people import who_sees
from portal.console.on_record import LETTERS, OnRecord
from portal.console.problems import link_of


@dataclass(frozen=True, slots=True)
class Looked:
    """A case as a member of staff looks at it; `turn` is the engine's view of it now, which panels only read."""

    record: OnRecord
    actor: Actor
    viewer: Viewer
    now: datetime

    @property
    def case(self) -> Case:
        return self.record.case

    @property
    def turn(self) -> Turn:
        return self.record.turn


@dataclass(frozen=True, slots=True)
class Panel:
    """A card. `build` gives what `template` takes besides the page's own context; None: there is nothing to show."""

    name: str
    template: str
    build: Callable[[Looked], dict[str, Any] | None]


def _answered(seen: Looked) -> dict[str, Any] | None:
    said = shown_answer(seen.case)
    low = getattr(seen.case, "low_score", None)
    owed = low if low and low.withdrawn_at is None else None
    return {"said": said, "owed": owed, "late": owed and owed.is_late(seen.now)} if said else None


def _on_the_way(seen: Looked) -> dict[str, Any] | None:
    said = seen.record["interims"]
    return {"interims": said} if said else None


def _rules(seen: Looked) -> dict[str, Any]:
    """The version the case is under, by name, and why it is this one."""
    row = next(one for one in seen.record["versions"] if one.label == seen.case.protocol)
    return {
        "protocol": {
            "name": seen.turn.rules.protocol.name,
            "number": row.number,
            "why": seen.case.protocol_why,
            "url": reverse("admin:escalation_protocolversion_change", args=[row.pk]),
        }
    }


def _problem(seen: Looked) -> dict[str, Any] | None:
    found = link_of(seen.record.first("problem"), seen.record["problems"])
    return found if found["problem_form"] else None


def _promises(seen: Looked) -> dict[str, Any]:
    return {"promises": seen.record["promises"]}


def _letters(seen: Looked) -> dict[str, Any]:
    return {"notices": seen.record["notices"][:LETTERS]}


def _post_mortems(seen: Looked) -> dict[str, Any] | None:
    rows = [post_mortems_show.row_of_case(one, seen.now) for one in seen.record["post_mortems"]]
    may_open = seen.actor.user.has_perm(RUN) and not any(row["one"].is_open for row in rows)
    return {"post_mortems": rows, "may_open": may_open} if rows or may_open else None


def _articles(seen: Looked) -> dict[str, Any]:
    return articles_beside.panel(seen.record, seen.actor.user)


def _offer(seen: Looked) -> dict[str, Any] | None:
    found = case_offer.panel(seen.record, seen.actor)
    return {"offer": found} if found else None


def _tasks(seen: Looked) -> dict[str, Any]:
    return tasks_beside.tasks(seen.record, seen.actor, seen.now)


def _questions(seen: Looked) -> dict[str, Any]:
    return tasks_beside.questions(seen.record, seen.actor, seen.now)


def _lessons(seen: Looked) -> dict[str, Any]:
    return learning.panel(seen.record, seen.actor.user, seen.now)


#: In the order they stand.
PANELS: tuple[Panel, ...] = (
    Panel("Hand-over", "console/parts/offer.html", _offer),
    Panel("How the customer found it", "console/parts/said.html", _answered),
    Panel("Follow-up", "console/parts/follow_up.html", lambda seen: follow_ups.panel(seen.record, seen.now)),
    Panel("On the right track?", "console/parts/interim.html", _on_the_way),
    Panel("Plan and tasks", "console/parts/tasks.html", _tasks),
    Panel("Questions to experts", "console/parts/consults.html", _questions),
    Panel("Customer", "console/parts/customer.html", lambda seen: {}),
    Panel("Who can see this case", "console/parts/who_sees.html", lambda seen: {"seen_by": who_sees(seen.record)}),
    Panel("What they told us", "console/parts/filed.html", lambda seen: {}),
    Panel("Articles", "console/parts/articles.html", _articles),
    Panel("Rules", "console/parts/rules.html", _rules),
    Panel("Known problem", "console/parts/case_problem.html", _problem),
    Panel("What was tried", "console/parts/tried.html", lambda seen: solving.tried(seen.record, seen.actor)),
    Panel(
        "Investigation", "console/parts/investigation.html", lambda seen: solving.investigation(seen.record, seen.actor)
    ),
    Panel("It came again", "console/parts/again.html", lambda seen: solving.again(seen.record)),
    Panel("Post-mortem", "console/parts/post_mortems.html", _post_mortems),
    Panel("Worth repeating", "console/parts/worth.html", lambda seen: practice.panel(seen.record, seen.actor.user)),
    Panel("Lessons", "console/parts/lessons.html", _lessons),
    Panel("Kept to the protocol", "console/parts/adherence.html", lambda seen: adherence.panel(seen.record)),
    Panel("Promises to the customer", "console/parts/ledger.html", _promises),
    Panel("Messages sent", "console/parts/letters.html", _letters),
)
