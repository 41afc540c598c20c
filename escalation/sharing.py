"""Adding a person to a case: asked by its customer, mailed as a link with a button, ended by either of them.

Only by the setting SHARE_CASES. The letter goes to an address nobody may have proved, so nothing a customer typed
stands in it. The beat registers `compose` for letters of KIND. Links are signed, not stored, and end with the row.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from cases.lifecycle import State
from cases.models import Case, Participant, User
from escalation import follow, letters, share_news
from escalation.models import Notice
from escalation.store import lock
from escalation.verbs.acting import Refused, remark

KIND = "share_invitation"
SALT = "milepost.share"
LASTS = timedelta(days=7)
MOST = 10  # people on one case
#: Invitations to one address, whoever asks and to whatever case: at most so many a day, and one an hour.
LETTERS, A_DAY, APART = 5, timedelta(days=1), timedelta(hours=1)
ADDED = "The customer asked another person to join this case."
REMOVED = "A person the customer had added no longer sees this case."


def add(case: Case, address: str, *, by: User, at: datetime) -> Participant:
    """Asks whoever reads `address` to join the case; asked again, the letter goes again, at most once an hour.

    Raises Refused with a sentence for the customer.
    """
    with transaction.atomic():
        held = _held(case, by, at).case
        if held.state in (State.WITHDRAWN, State.MERGED):
            raise Refused(_("Nobody can be added to this case any more."))
        if not held.is_proven:
            raise Refused(_("Open the link in our e-mail about this case first, so that we know it is yours."))
        if address.strip().lower() == held.customer.email.lower():
            raise Refused(_("That is your own address. You see this case already."), field="email")
        there = Participant.objects.filter(case=held)
        if there.count() >= MOST and not there.filter(user__in=User.objects.at_address(address)).exists():
            raise Refused(_("More than %(most)s people cannot be added. Remove somebody first.") % {"most": MOST})
        person = User.objects.of_address(address, language=by.language)
        asked = {"asked_at": at, "address": address.strip()}
        row, fresh = Participant.objects.get_or_create(case=held, user=person, defaults=asked)
        if row.joined_at is not None:
            raise Refused(_("They see this case already."), field="email")
        if not fresh and at - row.asked_at > LASTS / 2:
            row.asked_at = at
            row.save(update_fields=["asked_at"])
        if fresh:
            _noted(held, ADDED, by, at)
        _owe(row, at)
        return row


def remove(case: Case, participant: int, *, by: User, at: datetime) -> None:
    """The customer takes a person off the case, or that person leaves; what is gone already is no fault."""
    with transaction.atomic():
        held = lock(case.pk, at).case
        row = Participant.objects.filter(case=held, pk=participant).first()
        if row is None:
            return
        if by.pk not in (held.customer_id, row.user_id):
            raise Refused(_("Only the customer can do this."))
        row.delete()
        _noted(held, REMOVED, by, at)


def left_behind(case: Case) -> list[Participant]:
    """Who saw the case this one goes on from and was not asked anew: a new case is nobody's business by itself."""
    if not settings.SHARE_CASES or case.follows_id is None:
        return []
    before = Participant.objects.present().filter(case=case.follows_id)
    anew = Participant.objects.filter(case=case).values("user")
    return list(before.exclude(user__in=anew).select_related("user").order_by("asked_at", "pk"))


def join(token: str, *, at: datetime) -> Participant | None:
    """The button behind the mailed link: its address is read, and from now on they see the case. None: it opens nothing."""
    with transaction.atomic():
        found = asked_by(token, at=at)
        row = Participant.objects.select_for_update(of=("self",)).filter(pk=found.pk).first() if found else None
        if row is None:
            return None
        follow.prove(row.user)
        if row.joined_at is None:
            row.joined_at = at
            row.save(update_fields=["joined_at"])
        return row


def token_of(row: Participant, key: str | None = None) -> str:
    """The secret of a person's link."""
    said = f"{row.pk}:{row.case_id}:{row.user_id}:{row.asked_at.isoformat()}:{row.user.email}"
    return f"{row.pk}-{salted_hmac(SALT, said, secret=key, algorithm='sha256').hexdigest()}"


def asked_by(token: str, *, at: datetime) -> Participant | None:
    """Whom a link was mailed to; None for whatever we did not make, what is over, and while the setting is off."""
    number = token.partition("-")[0]
    if not settings.SHARE_CASES or not (number.isascii() and number.isdecimal() and len(number) < 16):
        return None
    # Staff are not let in as somebody's company: they see cases by their permissions, or not at all.
    live = {"asked_at__gt": at - LASTS, "user__is_active": True, "user__is_staff": False}
    live |= {"case__is_proven": True, "case__is_drill": False}
    row = Participant.objects.select_related("case", "user").filter(pk=int(number), **live).first()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    fits = row and any(constant_time_compare(token, token_of(row, key)) for key in keys)
    return row if fits else None


def people_of(case: Case) -> list[Participant]:
    """Everybody who was added to the case, in the order they were asked; nobody while the setting is off."""
    if not settings.SHARE_CASES:
        return []
    return list(Participant.objects.filter(case=case).select_related("user").order_by("asked_at", "pk"))


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter with the link says: nothing of the case, and nobody's name."""
    row = Participant.objects.select_related("user").filter(pk=notice.data["participant"]).first()
    if row is None or row.joined_at is not None or row.user.is_staff or not settings.SHARE_CASES:
        raise letters.NotNeeded("The person was removed, or has come already.")
    token = token_of(row)
    return {"link": f"{settings.BASE_URL}/share/{token}/", "secrets": [token], "name": ""}


def _held(case: Case, by: User, at: datetime) -> Any:
    turn = lock(case.pk, at)
    if not settings.SHARE_CASES or by.pk != turn.case.customer_id:
        raise Refused(_("Only the customer can do this."))
    return turn


def _noted(held: Case, words: str, by: User, at: datetime) -> None:
    """An internal note, so that staff see that somebody else reads along; no address in it."""
    remark(lock(held.pk, at), words, by=by, at=at)


def _owe(row: Participant, at: datetime) -> None:
    """Nobody's letter box is filled through us: an address is held while its letters are counted and spread out."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=row.user_id)
    sent = list(Notice.objects.filter(kind=KIND, recipient=row.user, owed_at__gt=at - A_DAY).order_by("next_at"))
    mine = [one for one in sent if one.data.get("participant") == row.pk]
    if any(one.state in Notice.PENDING or at - one.owed_at < APART for one in mine):
        return
    if len(sent) >= LETTERS:
        raise Refused(_("This address was written to several times today. Try again tomorrow."), field="email")
    owed = letters.to_staff(KIND, f"{row.pk}:{len(mine)}:{at:%Y%m%d%H%M%S}", row.user, {"participant": row.pk}, at)
    owed.to_customer = True
    owed.next_at = max(at, sent[-1].next_at + APART) if sent else at
    owed.save(force_insert=True)


COMPOSERS = {KIND: compose, share_news.KIND: share_news.compose}
