"""Being erased: asked for, fourteen days to change one's mind, a last letter; and what goes from this room's tables."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from cases.erasing import Eraser, Subject
from cases.models import Case, Message, User
from escalation import outbox
from escalation.letters import NotNeeded, spell, zone_of
from escalation.models import InboundMail, Notice, SetAside
from escalation.verbs import Refused, withdraw

ASKED, LAST = "erase_asked", "erase_done"
CHANGE_OF_MIND = timedelta(days=14)
#: How long a mail server that is away, or a case the engine cannot handle, may hold up the erasing.
LETTER_WAITS = timedelta(days=1)
S = Notice.State
A_FEW = 200  # ids of messages in one question


def ask(person: User, *, at: datetime) -> datetime:
    """Sets the day the person is erased and owes the letter that says so; asked twice, the first day stands.

    Raises Refused for staff: what they did for others is the company's record.
    """
    with transaction.atomic():
        held = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if held.is_staff:
            raise Refused(_("This is a colleague's account. Ask whoever runs Milepost for you."))
        if held.erase_at is None and held.erased_at is None:
            held.erase_at = at + CHANGE_OF_MIND
            held.save(update_fields=["erase_at"])
            _owe(ASKED, held, at, {"due": held.erase_at.isoformat()})
        return held.erase_at or at


def keep(person: User, *, at: datetime) -> bool:
    """The person stays; False when it is too late or was never asked for."""
    return bool(User.objects.filter(pk=person.pk, erase_at__gt=at).update(erase_at=None))


def _owe(kind: str, person: User, at: datetime, data: dict[str, Any]) -> Notice:
    notice, _ = Notice.objects.get_or_create(
        key=f"{kind}:{person.pk}:{person.erase_at:%Y%m%dT%H%M%S%f}:email",
        defaults={"kind": kind, "to_customer": True, "recipient": person, "data": data, "owed_at": at, "next_at": at},
    )
    return notice


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """Both letters. Raises NotNeeded when they have changed their mind meanwhile."""
    person = notice.person
    if person.erase_at is None:
        raise NotNeeded("They have decided to keep the account.")
    return {"due": spell(person.erase_at, zone_of(person)), "page": f"{settings.BASE_URL}/account/data/"}


def due(at: datetime) -> models.QuerySet:
    """People whose time to change their mind is over."""
    return User.objects.filter(erase_at__lte=at, erased_at=None)


def is_ready(person: User, *, at: datetime) -> bool:
    """Ends what is open and says goodbye; True when nothing holds up the erasing any more.

    What the law makes the company keep (ERASURE_KEEPS_DAYS after a case ended) puts off the day.
    """
    end_all(person, at=at)
    if (until := _kept_until(person, at)) > at:
        User.objects.filter(pk=person.pk, erase_at__lte=at).update(erase_at=until)
        return False
    letter = _owe(LAST, person, at, {})
    if at - letter.owed_at > LETTER_WAITS:
        return True
    # A case whose own end is due is ended by the sweep in a moment, not by us.
    return letter.state not in Notice.PENDING and not Case.objects.open().filter(customer=person).exists()


def _kept_until(person: User, at: datetime) -> datetime:
    """When the law lets go of their cases; an answer that has been given still has to close by itself."""
    theirs, days = Case.objects.filter(customer=person), timedelta(days=settings.ERASURE_KEEPS_DAYS)
    if not days or not theirs.exists():
        return at
    last = at if theirs.filter(closed_at=None).exists() else theirs.aggregate(last=Max("closed_at"))["last"]
    until: datetime = last + days
    return until


def end_all(person: User, *, at: datetime) -> None:
    """Withdraws what is open, as they would."""
    for pk in Case.objects.open().filter(customer=person).values_list("pk", flat=True):
        try:
            withdraw(pk, by=person, at=at)
        except Refused:
            continue  # its own end is due, or it was joined to another


def letters(who: Subject) -> None:
    """What was written to them and about their cases. Letters to them that have not gone do not go.

    One that is just being sent is taken from its worker, who could otherwise write down afterwards what it said.
    """
    gone = {"data": {}, "address": "", "subject": "", "body": "", "error": ""}
    about = Notice.everything.filter(Q(case__in=who.cases) | Q(recipient=who.person))
    unsent = Q(state__in=(*Notice.PENDING, S.HELD))
    theirs = Q(recipient=who.person)
    outbox.call_off(about.filter(theirs & unsent), **gone)
    for notice in about.filter(~theirs & unsent):
        outbox.take_back(about.filter(pk=notice.pk), data=bare(notice.data), error="")
    about.exclude(unsent & ~theirs).update(**gone)
    # What they wrote on cases of others was told to whoever has those cases.
    said = [str(pk) for pk in Message.everything.filter(author=who.person).values_list("pk", flat=True)]
    for first in range(0, len(said), A_FEW):
        quoting = Notice.everything.filter(data__message__in=said[first : first + A_FEW])
        outbox.take_back(quoting.filter(unsent), error="")
        quoting.exclude(unsent).update(subject="", body="", error="")


#: What a letter's data may still hold for colleagues: numbers, instants, ids and the engine's own short words.
_BARE = re.compile(r"[a-z_]{1,20}|[0-9T:.+-]{10,40}|[0-9a-f-]{36}")


def bare(data: dict[str, Any]) -> dict[str, Any]:
    """`data` without whatever may be somebody's words."""
    return {key: value for key, value in data.items() if not isinstance(value, str) or _BARE.fullmatch(value)}


def troubles(who: Subject) -> None:
    """Errors of the engine may quote what it stumbled over."""
    SetAside.objects.filter(case__in=who.cases).update(error="(erased)")


def came_by_mail(who: Subject) -> None:
    """What they wrote that waits for a person, or waited: that it came stays, so that a second copy is known.

    One that waited waits no longer: there is nothing left of it to look at.
    """
    mine = Q(sender__iexact=who.person.email) | Q(case__in=who.cases)
    # Held, so that nobody puts one on a case meanwhile.
    for row in InboundMail.objects.select_for_update(of=("self",)).filter(mine):
        if row.state in InboundMail.TO_LOOK_AT:
            row.state = InboundMail.State.SEEN
        row.sender = row.subject = row.text = row.reason = row.because = ""
        row.save(update_fields=["state", "sender", "subject", "text", "reason", "because"])


ERASERS: tuple[tuple[str, Eraser], ...] = (
    ("letters", letters),
    ("troubles", troubles),
    ("mail that came in", came_by_mail),
)
