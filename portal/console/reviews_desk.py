"""The lines on the console's home about rules: versions to read, and reviews that fall due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from escalation import attesting, reviews, starting
from escalation.models import ProtocolVersion
from escalation.permits import Actor
from portal.console.words import lowered
from portal.templatetags.times import calendar_day, when_words

RED, AMBER, PLAIN = "red", "amber", "plain"
Line = dict[str, str]


def desk(actor: Actor, now: datetime, zone: str) -> list[Line]:
    """What this person has to do about rules, the most pressing first: {tone, text, url, label}."""
    lines = [*_to_read(actor, now)]
    if actor.supervises or reviews.may_decide(actor.user):
        lines += _due(now) + _starts(now, zone)
    if actor.supervises:
        lines += _unread()
    return by_tone(lines)


def by_tone(lines: list[Line]) -> list[Line]:
    """The most pressing first, those alike in the order given."""
    order = (RED, AMBER, PLAIN)
    return sorted(lines, key=lambda line: order.index(line["tone"]))


def _to_read(actor: Actor, now: datetime) -> list[Line]:
    unread = attesting.to_read(actor.user)
    barred = attesting.may_take_duty(actor.user, now, unread)
    return [
        {
            "tone": RED if barred else AMBER,
            "text": f"You have not read version {one.number} of “{one.document['name']}” yet.",
            "url": reverse("admin:protocol_read", args=[one.pk]),
            "label": "Read what changed and answer three questions",
        }
        for one in unread
    ]


def _due(now: datetime) -> list[Line]:
    near = list(reviews.near(now))
    names = dict(_names([review.key for review in near])) if near else {}
    return [
        {
            "tone": RED if reviews.is_overdue(review, now) else AMBER,
            "text": _sentence(names.get(review.key, review.key), review, now),
            "url": reverse("admin:plan_review", args=[review.pk]),
            "label": "Hold the review",
        }
        for review in near
    ]


def _starts(now: datetime, zone: str) -> list[Line]:
    """Versions that start by themselves, and those that were to and could not."""
    lines = []
    for version in starting.told_of().order_by("key"):
        name = f"Version {version.number} of “{version.document['name']}”"
        if version.starts_at:
            tone, text = PLAIN, f"{name} starts by itself {lowered(when_words(version.starts_at, zone=zone, now=now))}."
        else:
            tone, text = RED, f"{name} did not start by itself. The version before it stays in force."
        url = reverse("admin:escalation_protocolversion_change", args=[version.pk])
        lines.append(
            {"tone": tone, "text": text, "url": url, "label": "See the version" if version.starts_at else "See why"}
        )
    return lines


def _sentence(name: str, review: Any, now: datetime) -> str:
    verb = "was due" if reviews.is_overdue(review, now) else "is due"
    return f"The review of “{name}” {verb} on {calendar_day(review.due_on, with_year=review.due_on.year != now.year)}."


def _names(keys: list[str]) -> Any:
    return ProtocolVersion.objects.filter(key__in=keys, status="published").values_list("key", "document__name")


def _unread() -> list[Line]:
    """How many people have still to read each version in force."""
    lines = []
    for version in ProtocolVersion.objects.filter(status=attesting.IN_FORCE).order_by("key"):
        missing = attesting.pending(version).count()
        if missing:
            people = "1 person has" if missing == 1 else f"{missing} people have"
            lines.append(
                {
                    "tone": PLAIN,
                    "text": f"{people} not read version {version.number} of “{version.document['name']}” yet.",
                    "url": reverse("admin:protocol_read", args=[version.pk]),
                    "label": "See who",
                }
            )
    return lines
