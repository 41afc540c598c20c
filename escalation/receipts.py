"""The receipt of a case once more, or to the right address: only until somebody has proved that they read it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _lazy

from cases.models import AccessLink, Case, Participant, User
from escalation.models import Notice
from escalation.store import lock
from escalation.verbs.acting import Refused, remark

KIND = "received"
CORRECTED = (
    "The e-mail address was corrected in the browser that filed the case, before anybody had proved the first one."
)
PROVED = _lazy(
    "Somebody has opened the link we sent already, so the address is right. Open your case from that e-mail."
)
ON_ITS_WAY = _lazy("Our e-mail is being sent this very moment. Try again in a minute.")


def send_receipt(case: Case, *, at: datetime) -> None:
    """Owes the customer the receipt of `case` once more; one that still waits is enough. Raises Refused when proved."""
    with transaction.atomic():
        held = lock(case.pk, at).case
        _unproved(held)
        _owe(held, held.customer, at)


def correct_address(case: Case, address: str, *, name: str = "", phone: str = "", at: datetime) -> Case:
    """Gives a case nobody has proved to whoever reads `address`; what was mailed to the first one opens nothing more.

    `name` and `phone` are what the filing browser typed, for an account that is made now. Raises Refused when the
    first address was proved, or a letter to it is on its way this very moment.
    """
    with transaction.atomic():
        turn = lock(case.pk, at)
        held, first = turn.case, turn.case.customer
        _unproved(held)
        person = User.objects.of_address(address, name=name, phone=phone)
        if person.pk == first.pk:
            _owe(held, person, at)
            return held
        letters = Notice.everything.filter(case=held, recipient=first, to_customer=True)
        # Those that wait are held by this, so that no worker takes them with the old address meanwhile.
        letters.filter(state=Notice.State.WAITING).update(recipient=person)
        if letters.filter(state=Notice.State.SENDING).exists():
            raise Refused(str(ON_ITS_WAY))
        AccessLink.objects.filter(case=held, user=first).delete()
        # Whom the first address let in has nothing to do with whoever reads the right one.
        Participant.objects.filter(case=held).delete()
        held.customer, held.organisation_id = person, person.organisation_id
        held.save(update_fields=["customer", "organisation"])
        remark(turn, CORRECTED, by=person, at=at)
        _owe(held, person, at)
        return held


def _unproved(case: Case) -> None:
    if case.is_proven:
        raise Refused(str(PROVED))


def _owe(case: Case, person: User, at: datetime) -> None:
    """A receipt like the first one, with the promise it named; none where one waits still."""
    mine = Notice.everything.filter(case=case, kind=KIND)
    if mine.filter(recipient=person, state__in=Notice.PENDING).exists():
        return
    first = mine.order_by("pk").first()
    key = f"{case.pk}:{KIND}:again{mine.count()}:{person.pk}:email"
    Notice.objects.create(
        key=key,
        case=case,
        is_drill=case.is_drill,
        event_seq=first.event_seq if first else 1,
        kind=KIND,
        to_customer=True,
        recipient=person,
        data=first.data if first else {},
        owed_at=at,
        next_at=at,
    )
