"""What a customer may decide about letters, what is always sent, and the signed way out of the optional ones.

A progress letter to somebody who wants one a day is held in the transaction that owes it (`hold`); `escalation.digest`
makes the day's letter of what is held. Nothing else is ever held: a missed time, a question, an answer go at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db import transaction

from cases.models import ProgressMail, User
from escalation.models import Notice

#: Letters that only report progress: an update, nothing new, another person has it. The time they name is on the
#: case page at once, and no letter that asks, answers or owns up is among them.
DIGESTIBLE = ("progress", "waiting_partner", "new_owner")
SALT = "milepost.unsubscribe"


@dataclass(frozen=True, slots=True)
class Wish:
    """One kind of letter a person may turn off: its name in a link, and the field of `User` that says so."""

    name: str
    field: str
    off: Any = False

    def wanted_by(self, person: User) -> bool:
        """Whether the person still gets these letters."""
        return bool(getattr(person, self.field) != self.off)


#: By what the kind of a notice begins with. Fewer is as far as progress goes: it cannot be turned off.
PROGRESS = Wish("progress", "progress_mail", ProgressMail.DAILY)
OPTIONAL = {
    "survey": Wish("surveys", "wants_surveys"),
    "improvement_news": Wish("news", "wants_news"),
    "problem": Wish("problems", "wants_problems"),
}
BY_NAME = {wish.name: wish for wish in (PROGRESS, *OPTIONAL.values())}
FIELDS = ("progress_mail", "digest_at", "wants_surveys", "wants_news", "wants_problems", "text_urgent")


class NotOurs(Exception):
    """The link was not made by us."""


def wish_of(kind: str) -> Wish | None:
    """What turns off notices of `kind`; None for those that are always sent."""
    if kind in DIGESTIBLE:
        return PROGRESS
    return next((wish for begins, wish in OPTIONAL.items() if kind.startswith(begins)), None)


def is_unwanted(kind: str, person: User) -> bool:
    """Whether a letter of `kind` has been turned off; progress is never lost, only gathered."""
    wish = wish_of(kind)
    return wish is not None and wish is not PROGRESS and not wish.wanted_by(person)


def next_digest(at: datetime, clock_time: time, zone: str) -> datetime:
    """The next instant after `at` when it is `clock_time` in `zone` (IANA; empty: the company's)."""
    local = at.astimezone(ZoneInfo(zone or settings.COMPANY_TIME_ZONE))
    today = local.replace(hour=clock_time.hour, minute=clock_time.minute, second=0, microsecond=0, fold=0)
    due = today if today > local else today + timedelta(days=1)
    return due.astimezone(ZoneInfo("UTC"))


def hold(notices: Sequence[Notice], now: datetime) -> None:
    """Marks those of `notices` that wait for their reader's daily letter; one query, and only if there may be any."""
    gentle = [n for n in notices if n.to_customer and n.kind in DIGESTIBLE and not n.is_drill]
    if not gentle:
        return
    daily = User.objects.filter(pk__in={n.recipient_id for n in gentle}, progress_mail=ProgressMail.DAILY)
    wanted = {pk: (at, zone) for pk, at, zone in daily.values_list("pk", "digest_at", "time_zone")}
    for notice in gentle:
        if notice.recipient_id in wanted:
            notice.state = Notice.State.HELD
            notice.next_at = next_digest(now, *wanted[notice.recipient_id])


def decide(person: User, *, at: datetime, **wishes: Any) -> User:
    """Writes what the person decided (of FIELDS). What is held goes at once when letters come as things happen again.

    Raises ValueError for a field nobody may decide.
    """
    if strange := sorted(set(wishes) - set(FIELDS)):
        raise ValueError(f"Not a wish: {', '.join(strange)}")
    with transaction.atomic():
        held = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        for field, value in wishes.items():
            setattr(held, field, value)
        held.save(update_fields=sorted(wishes))
        waiting = Notice.objects.filter(recipient=held, state=Notice.State.HELD)
        if {"progress_mail", "digest_at"} & set(wishes):
            daily = held.progress_mail == ProgressMail.DAILY
            waiting.update(next_at=next_digest(at, held.digest_at, held.time_zone) if daily else at)
    return held


def link_token(person: User, wish: Wish) -> str:
    """What names (person, kind) in a link nobody else can make; it does not expire and opens nothing else."""
    return signing.Signer(salt=SALT, sep=".").sign(f"{person.pk}.{wish.name}")


def read_token(token: str) -> tuple[int, Wish]:
    """The person's id and the wish of a link. Raises NotOurs."""
    try:
        pk, _, name = signing.Signer(salt=SALT, sep=".").unsign(token).partition(".")
        return int(pk), BY_NAME[name]
    except (signing.BadSignature, ValueError, KeyError):
        raise NotOurs from None


def turn_off(token: str, *, at: datetime) -> Wish:
    """Turns off the one kind of letter a link names; a second time changes nothing. Raises NotOurs."""
    pk, wish = read_token(token)
    person = User.objects.filter(pk=pk, erased_at=None).first()
    if person is not None and wish.wanted_by(person):
        decide(person, at=at, **{wish.field: wish.off})
    return wish
