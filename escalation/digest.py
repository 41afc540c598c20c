"""The day's letter: everything that was held for one person, by case, in one notice that goes as any other does.

Exactly once under any number of beats: who makes it holds the person's row, and a notice leaves the state "held" once.
The letter is written when it is sent, and names only the time that counts then: an older "next update by" would
contradict a letter that has owned up to missing it meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction

from cases.holding import not_held
from cases.lifecycle import State
from cases.models import Case, Message, User
from escalation import outbox
from escalation.letters import NotNeeded, spell, zone_of
from escalation.models import Notice
from escalation.steps import Step

KIND = "digest"
BATCH = 50
#: A time so near may have passed, and been owned up to, before the letter is read: it is left to the case page.
TOO_NEAR = timedelta(minutes=15)
S = Notice.State


def due(at: datetime) -> models.QuerySet:
    """Held notices whose day's letter is to go."""
    return Notice.objects.filter(state=S.HELD, next_at__lte=at)


def bundle(at: datetime) -> int:
    """Makes the day's letters of up to BATCH people; returns how many notices went into them."""
    people = list(due(at).order_by().values_list("recipient", flat=True).distinct()[:BATCH])
    return sum(_bundle_one(person, at) for person in people if person is not None)


def _bundle_one(person: int, at: datetime) -> int:
    with transaction.atomic():
        row = User.objects.filter(pk=person)
        row = not_held(row)
        reader = row.first()
        held = list(due(at).filter(recipient=person).order_by("pk").values_list("pk", flat=True)) if reader else []
        if reader is None or not held:
            return 0
        letter = Notice.objects.create(
            key=_key(reader, held[0], at), kind=KIND, to_customer=True, recipient=reader, owed_at=at, next_at=at
        )
        return outbox.gather(held, into=letter)


def _key(reader: User, first: int, at: datetime) -> str:
    """One a person and day; only who changed the hour, or went back to single letters, may get another that day."""
    day = spell_day(at, zone_of(reader))
    key = f"{KIND}:{reader.pk}:{day}:email"
    return f"{KIND}:{reader.pk}:{day}:{first}:email" if Notice.objects.filter(key=key).exists() else key


def spell_day(at: datetime, zone: str) -> str:
    """The date of `at` in `zone`, as 2026-01-12."""
    return at.astimezone(ZoneInfo(zone)).date().isoformat()


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the day's letter says. Raises NotNeeded when nothing of it is left to say."""
    told = Notice.objects.filter(bundle=notice, state=S.BUNDLED).select_related("case").order_by("pk")
    by_case: dict[int, list[Notice]] = {}
    for one in told:
        by_case.setdefault(one.of_case.pk, []).append(one)
    if not by_case:
        raise NotNeeded("Nothing of it is left to say.")
    wanted = [one.data["message"] for ones in by_case.values() for one in ones if one.data.get("message")]
    words = {str(m.pk): m.text for m in Message.objects.filter(pk__in=wanted)}
    people = User.objects.in_bulk({one.data["owner"] for one in told if one.data.get("owner")})
    cases = [_about(ones, notice.person, words, people, now) for ones in by_case.values()]
    return {"cases": cases, "count": len(cases), "name": notice.person.first_name}


def _about(
    ones: list[Notice], reader: User, words: dict[str, str], people: dict[int, User], now: datetime
) -> dict[str, Any]:
    case, zone = ones[0].of_case, zone_of(reader)
    known = reader.is_verified and case.is_proven
    return {
        "title": case.title if known else "",
        "reference": case.reference,
        "link": f"{settings.BASE_URL}/c/{case.reference}/",
        "promise": spell(_next_time(case, now), zone),
        "waits": case.state == State.WAITING_CUSTOMER,
        "ended": not case.is_open,
        "told": [
            {
                "at": spell(one.owed_at, zone),
                "kind": one.kind,
                "words": words.get(str(one.data.get("message")), "") if known else "",
                "partner": one.data.get("partner", ""),
                "owner": people.get(one.data.get("owner") or 0),
            }
            for one in ones
        ],
    }


def _next_time(case: Case, now: datetime) -> datetime | None:
    """When the customer next hears, as it stands at `now`; None when that is about to pass or has passed."""
    if not case.is_active or case.promise_at is None or case.promise_at <= now + TOO_NEAR:
        return None
    promise: datetime = case.promise_at
    return promise


STEPS = (Step("day's letters", due, bundle),)
