"""One cap over every question we send a customer on our own initiative: one in so many days, whatever kind it is of.

Survey, reminder, interim question and whether they would recommend us all come here before their letter is written. docs/survey.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cases.models import User
from escalation.letters import NotNeeded
from feedback.models import Ask

TOO_SOON = "The customer was asked something a short while ago."


def one_in() -> timedelta:
    """The time in which a person is asked one question at most."""
    return timedelta(days=settings.SURVEY["one_in_days"])


def may_be_asked(person: User) -> bool:
    """A customer who is here and has not said that they want no surveys."""
    return person.wants_surveys and person.is_active and not person.is_staff and person.erased_at is None


def claim(person: User, kind: Ask.Kind, about: int | str, *, at: datetime) -> Ask:
    """Notes that `person` is asked `kind` about `about`, in the transaction that writes the letter.

    The same question again (a reminder, a letter that is tried once more) is no second one. Raises NotNeeded where
    another was asked within the cap. Whoever asks holds the person's row: of two hands the second sees the first.
    """
    with transaction.atomic():
        # Who holds a case writes rows that name its customer, and the letter's own rows name the case: those name the person
        # without waiting for us, else each would wait for the other.
        held = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not may_be_asked(held):
            raise NotNeeded("This person is not asked.")
        key = f"{kind.value}:{about}"
        if Ask.objects.filter(person=person, at__gt=at - one_in()).exclude(key=key).exists():
            raise NotNeeded(TOO_SOON)
        return Ask.objects.get_or_create(key=key, defaults={"kind": kind, "person": person, "at": at})[0]
