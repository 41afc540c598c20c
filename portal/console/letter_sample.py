"""A made-up case and what belongs to it, for a look at how letters read: nothing of it is kept, and nobody real is in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace as Row
from typing import Any

from django.conf import settings

from cases import brand
from cases.languages import isolated
from cases.models import Case, Category, Impact, Severity, Team, User
from cases.spelling import spell
from escalation.facts import Clock
from escalation.letters import SECRET_SHOWN
from feedback.models import Interim, Recommendation, Survey, Training

REFERENCE = "MP-7K4M-29"
ZONE = "Europe/London"


def values(kind: str, now: datetime) -> dict[str, Any]:
    """All that the wording of `kind` may name, as of `now`, in the language that is on."""
    base = settings.BASE_URL
    later, soon = spell(now + timedelta(days=2), ZONE), spell(now + timedelta(hours=4), ZONE)
    link = f"{base}/{SECRET_SHOWN}/"
    customer, owner, lead = (
        User(name="Sam Okafor", phone="+44 20 7946 0000"),
        User(name="Priya Shah"),
        User(name="Mara Lindt"),
    )
    team = Team(
        name="Customer support lead", phone="+44 20 7946 0100", hours="Monday to Friday, 09:00 to 17:30", lead=lead
    )
    case = Case(
        reference=REFERENCE, title="Charged twice for order 88213", customer=customer, category=Category(name="Billing"),
        impact=Impact.choices[0][0], severity=Severity.HIGH, state="waiting_customer", tier=2,
    )  # fmt: skip
    known = {
        "brand": brand.current(), "sender": brand.current().from_name, "name": isolated("Sam"), "known": True, "case": case,
        "reference": isolated(REFERENCE), "title": isolated(case.title), "owner": owner, "owner_name": isolated("Priya"),
        "from_owner": User(name="Tom Reed"), "lost": User(name="Tom Reed"), "team": team,
        "team_name": isolated(team.name), "severity": Severity.HIGH.label, "severity_number": Severity.HIGH.value, "tier": 2,
        "promise": soon, "said": spell(now - timedelta(hours=1), ZONE), "due": soon, "closes": later, "reopen_until": later,
        "aim": later, "supervisor_by": soon, "confirm_by": later, "clock": Clock.NAMES[Clock.UPDATE],
        "words": "The bank has confirmed the second payment. It goes back today.",
        "link": f"{base}/c/{REFERENCE}/", "console": f"{base}/console/cases/case/1/change/",
        "access": f"{base}/follow/{SECRET_SHOWN}/", "preferences": f"{base}/account/notifications/",
        "unsubscribe": f"{base}/unsubscribe/{SECRET_SHOWN}/", "page": f"{base}/console/",
        "data": {"partner": "North Bank", "into": "MP-4T2X-81", "to": "Customer support managers", "told": True, "refused": ()},
        "when": soon, "until": later, "code": "482 913", "what": "password_changed", "by": "Dana", "number": 7,
        "about": REFERENCE, "view": Row(name="Payments by team"),
    }  # fmt: skip
    return known | MORE.get(kind, lambda now, link: {})(now, link)


def _choices(labels: Any, link: str) -> dict[str, Any]:
    return {"choices": [{"label": label, "url": f"{link}?score={score}"} for score, label in labels]}


def _digest(now: datetime, link: str) -> dict[str, Any]:
    told = Row(at=spell(now, ZONE), kind="progress", words="The bank has confirmed the second payment.", owner=None)
    promise = spell(now + timedelta(hours=4), ZONE)
    one = Row(
        title="Charged twice for order 88213", reference=REFERENCE, promise=promise, told=[told], link=link, waits=False
    )
    return {"count": 1, "cases": [one]}


def _figures(now: datetime, link: str) -> dict[str, Any]:
    return {
        "words": "All teams, last week against the week before", "sentence": "Of 40 answers 33 came in time.",
        "lines": ["First replies in time: 91 % (364 of 400)"], "counted": "Counted this morning", "views": link,
        "worse": [{"words": "Late updates: 9 % (was 4 %)", "url": link}], "better": [], "thanks": [], "thanked": 0,
        "unhappy": [], "due": [], "answers": link, "few": False, "broken": False,
    }  # fmt: skip


def _sheet(now: datetime, link: str) -> dict[str, Any]:
    one = Row(team=Row(name="Payments"), late=[1], due=[1, 2], risky=[], scores=[1, 2, 3], low=1, asking=[1])
    return {"sheets": [one], "gap": "Friday 17:00 to 17:30 nobody at Payments."}


def _dated(name: str, **more: Any) -> Callable[[datetime, str], dict[str, Any]]:
    """A row with a day a week from now, under `name`."""
    return lambda now, link: {
        name: Row(**{"due_on": (now + timedelta(days=7)).date(), "at": now, "proposed_at": now} | more)
    }


def _with(*parts: Callable[[datetime, str], dict[str, Any]], **more: Any) -> Callable[[datetime, str], dict[str, Any]]:
    def made(now: datetime, link: str) -> dict[str, Any]:
        found = dict(more)
        for part in parts:
            found |= part(now, link)
        return found

    return made


_PROTOCOL = {"protocol": "Five levels"}
_NEWS = Row(impact="Card payments are slow.", doing="We have asked the provider.")
#: What a kind names besides, or in place of, what all may name.
MORE: dict[str, Callable[[datetime, str], dict[str, Any]]] = {
    "survey": lambda now, link: _choices(Survey.Satisfaction.choices, link),
    "survey_reminder": lambda now, link: _choices(Survey.Satisfaction.choices, link) | {"asked": spell(now, ZONE)},
    "survey_interim": lambda now, link: _choices(Interim.Score.choices, link),
    "survey_recommend": lambda now, link: {"page": link, "company": brand.current().name} | _choices(Recommendation.Score.choices, link),
    "digest": _digest,
    "problem_news": lambda now, link: {"subject_words": "Card payments are slow: news", "update": _NEWS,
        "next": spell(now + timedelta(hours=4), ZONE), "leave": link},
    "follow_problem": lambda now, link: {"problem": Row(title="Card payments are slow"), "link": link},
    "improvement_news": lambda now, link: {"since": "1 March", "sentence": "The button sleeps after a press."},
    "share_invitation": lambda now, link: {"link": link},
    "low_answer": _with(words="You are right: nobody called back. From now on one person asks."),
    "follow_up": _with(words="I wanted to ask whether it is still fixed."),
    "priority_set": _with(words=""),
    "mail_files": lambda now, link: {"data": {"refused": ["It was too large: photo.jpg"], "many": 1}},
    "alternative_answered": _with(accepted=True),
    "apology": lambda now, link: {"alternative": link},
    "lesson_answered": _with(_dated("lesson"), _dated("said", outcome="accepted"), is_done=False),
    "lessons_overdue": _with(waiting=3),
    "improvement_decided": _with(_dated("one", decided_by="Dana Voss"), agreed=True),
    "improvements_overdue": _with(waiting=2),
    "post_mortem_overdue": _dated("post_mortem"),
    "quality_answered": _with(review=Row(person="Tom Reed")),
    "meeting_action": _with(_dated("action"), of="Payments"),
    "meeting_action_late": _with(_dated("action"), of="Payments"),
    "training_assigned": _dated("training", by="Dana Voss", topic="Billing", get_module_display=Training.Module.choices[0][1]),
    "plan_review": _with(_dated("review"), overdue=False, **_PROTOCOL),
    "not_started": _with(why=["Nobody is on duty at level 3."], **_PROTOCOL),
    "start_off": _with(starts="Monday 1 December, 09:00", there=True, **_PROTOCOL),
    "today_sheet": _sheet, "figure_digest": _figures, "figure_view": _figures,
}  # fmt: skip
