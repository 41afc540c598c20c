"""The places of the console and the pages within each, as data: what the bar shows to whom, and where a page belongs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from cases.access import AUDIT, WORK
from cases.models import User
from escalation.permits import Actor
from feedback.improvements import DECIDE
from portal.console import brand, mail_in, queries

INSIGHTS, SEE_INSIGHTS = "/insights/", "feedback.view_insights"
#: The number beside a place is counted no further than this: "99+" sends somebody to the list as well as 4,211 does.
MOST_COUNTED = 99


#: Any one of these opens the console; what asks for nothing more is open with them.
ENTER = (WORK, AUDIT, "cases.view_user")


@dataclass(frozen=True)
class Page:
    """One page of a place: its words, its address by name (or in full), and the permissions of which any one opens it."""

    label: str
    name: str
    needs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()  # starts of addresses that belong to it and do not lie below it
    exact: bool = False  # what lies below it belongs to others
    when: Callable[[], bool] = lambda: True  # whether this installation has it at all

    @property
    def url(self) -> str:
        return self.name if self.name.startswith("/") else reverse(f"admin:{self.name}")

    def open_to(self, user: Any) -> bool:
        return self.when() and any(user.has_perm(one) for one in self.needs or ENTER)

    def holds(self, path: str) -> int:
        """How much of an address this page accounts for, in letters; 0: it lies elsewhere."""
        if self.exact:
            return len(path) if path == self.url or path.startswith(self.also) else 0
        return max((len(start) for start in (self.url, *self.also) if path.startswith(start)), default=0)


@dataclass(frozen=True)
class Place:
    """One word of the bar; with more than one page for a person, those stand below the bar while one is there."""

    label: str
    pages: tuple[Page, ...]


SUPERVISE = "cases.supervise"
#: Who sees cases at all: who works on them, and who audits.
CASES = (WORK, AUDIT)
PLACES: tuple[Place, ...] = (
    Place("Needs me now", (Page("Needs me now", "index", exact=True, also=("/console/pulse/", "/console/around/", "/console/start/")),
        Page("Today", "today", CASES),
        Page("My tasks and questions", "own_work", CASES),
        Page("Untouched", "untouched", (SUPERVISE,)),
        Page("Experts", "experts", CASES),
    )),
    Place("Board", (Page("Board", "board", CASES), Page("Likely late", "likely_late", CASES))),
    Place("All cases", (Page("All cases", "cases_case_changelist", CASES, also=("/console/restricted/",)),)),
    Place("People and cover", (
        Page("Cover", "cover", (SUPERVISE,)),
        Page("People", "cases_user_changelist", (SUPERVISE, "cases.view_user")),
        Page("Teams", "cases_team_changelist", (SUPERVISE, "cases.view_team")),
        Page("Topics", "cases_category_changelist", (SUPERVISE, "cases.view_category")),
        Page("Products", "cases_product_changelist", (SUPERVISE, "cases.view_product")),
        Page("Companies", "cases_organisation_changelist", (SUPERVISE, "cases.view_organisation")),
        Page("Training", "cases_personskill_changelist", (SUPERVISE, "cases.view_personskill")),
        Page("Skills", "cases_skill_changelist", (SUPERVISE, "cases.view_skill")),
        Page("Roles", "auth_group_changelist", ("auth.view_group",)),
    )),
    Place("Protocol", (
        Page("Protocol", "escalation_protocolversion_changelist", CASES, also=("/console/protocol/",)),
        Page("Calendars", "escalation_calendarversion_changelist", CASES),
        Page("Plan reviews", "plan_reviews", ("escalation.view_protocolversion", SUPERVISE)),
        Page("Back-tests", "backtest", ("escalation.write_protocol", SUPERVISE)),
    )),
    Place("Messages", (
        Page("Messages", "escalation_notice_changelist", ("escalation.view_notice",)),
        Page("Letter texts", "letter_texts", ("escalation.view_notice",)),
        Page("E-mail in", "mail_in", (mail_in.SEE,), when=lambda: bool(settings.INBOUND)),
        Page("Brand", "brand", (brand.EDIT,)),
    )),
    Place("Learning", (
        Page("Saved replies", "replies"),
        Page("Playbooks", "playbooks"),
        Page("Remedies", "remedies"),
        Page("Articles", "articles"),
        Page("Known problems", "problems"),
        Page("Post-mortems", "post_mortems", CASES),
        Page("Worth repeating", "worth", CASES),
        Page("Best practice", "best", CASES),
        Page("Lessons", "learning", CASES),
        Page("Retros", "retros", (WORK,)),
        Page("Quality reviews", "quality", (WORK,)),
        Page("Meetings", "meetings", (*CASES, DECIDE)),
        Page("Training", "trainings", (WORK,)),
    )),
    Place("Feedback", (
        Page("Feedback inbox", "low_scores", (SUPERVISE,)),
        Page("Follow-ups", "follow_ups", (WORK,)),
        Page("Themes", "themes", (SUPERVISE,), also=("/console/feedback/words/", "/console/feedback/second/")),
        Page("Improvements", "improvements", (*CASES, DECIDE)),
        Page("Insights", INSIGHTS, (SEE_INSIGHTS,)),
    )),
    Place("Audit", (
        Page("Audit", "cases_event_changelist", CASES),
        Page("Queue schedule", "django_q_schedule_changelist", (SUPERVISE,)),
    )),
)  # fmt: skip


def whole(user: Any) -> list[tuple[Place, list[Page]]]:
    """The places this person has, each with the pages they may open."""
    found = [(place, [page for page in place.pages if page.open_to(user)]) for place in PLACES]
    return [(place, pages) for place, pages in found if pages]


def here(path: str) -> Page | None:
    """The page of the console an address belongs to: the one that accounts for most of it."""
    best = max((page for place in PLACES for page in place.pages), key=lambda page: page.holds(path))
    return best if best.holds(path) else None


def bar(request: HttpRequest, numbers: dict[str, int]) -> dict[str, Any]:
    """What the shell draws: the places with their numbers, and the pages beside the one that is shown."""
    at, user = here(request.path), request.user
    places, beside, name = [], [], ""
    for place, pages in whole(user):
        inside = at in place.pages
        number = sum(numbers.get(page.name, 0) for page in pages)
        places.append(
            {
                "label": place.label,
                "url": pages[0].url,
                "count": number_words(number),
                "counted": COUNTED.get(place.label, ""),
                "key": KEYS.get(place.label, ""),
                "here": inside,
            }
        )
        if inside and len(pages) > 1:
            name = place.label
            beside = [
                {
                    "label": page.label,
                    "url": page.url,
                    "here": page is at,
                    "count": number_words(numbers.get(page.name, 0)),
                    "counted": COUNTED.get(page.label, ""),
                }
                for page in pages
            ]
    return {"places": places, "beside": beside, "beside_of": name}


#: What the number beside a place or a page counts.
COUNTED = {"Needs me now": "need you", "Messages": "need a look", "E-mail in": "wait for somebody"}
#: By what name the script that refreshes numbers knows a place.
KEYS = {"Needs me now": "needs", "Messages": "messages"}


def number_words(number: int) -> str:
    """'7', '99+', or nothing for none."""
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number or "")


def numbers(viewer: Any, actor: Actor, now: Any, known: dict[str, int] | None = None) -> dict[str, int]:
    """What waits behind the pages that have a number, by page: at most three questions, none counts beyond MOST_COUNTED.

    `known` are those the page has counted already.
    """
    user: User = actor.user
    found = dict(known or {})
    if "index" not in found:
        found["index"] = capped(queries.in_scope(queries.attention(viewer, now=now), actor, queries.usual_scope(actor)))
    if user.has_perm("escalation.view_notice"):
        found["escalation_notice_changelist"] = capped(queries.undelivered())
    if settings.INBOUND and user.has_perm(mail_in.SEE):
        found["mail_in"] = capped(mail_in.to_look_at(viewer))
    return found


def capped(rows: Any) -> int:
    """How many rows there are, one more than MOST_COUNTED at most: the database stops there."""
    return rows.order_by()[: MOST_COUNTED + 1].count()
