"""Erasing a person: what goes from the tables of this room. What happened and when stays, without a word or a name.

The log is not touched: it holds ids and salted digests, and with the salt gone a text cannot even be guessed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import models, transaction
from django.db.models import Q

from cases import theirs
from cases.models import (
    AccessLink,
    Case,
    FormKey,
    Investigation,
    Message,
    Note,
    Participant,
    ReplyUse,
    Resolution,
    Task,
    TriedStep,
    User,
)

#: What stands where a text was. Colleagues read it; the customer is gone.
ERASED, ERASED_NAME = "(erased)", "Erased person"
ERASED_HOST = "erased.invalid"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is erased, at what instant, and the ids of the cases they told us about."""

    person: User
    cases: tuple[int, ...]
    at: datetime

    @classmethod
    def of(cls, person: User, at: datetime) -> Subject:
        """The person with all their cases, practice cases too."""
        return cls(person, tuple(Case.everything.filter(customer=person).values_list("pk", flat=True)), at)


Eraser = Callable[[Subject], object]


def texts(who: Subject) -> None:
    """Everything that was said on their cases by anybody, and by them anywhere."""
    said = Q(case__in=who.cases) | Q(author=who.person)
    Message.everything.filter(said).update(text=ERASED, salt="")
    Note.everything.filter(said).update(text=ERASED, salt="")
    Task.everything.filter(said).update(text=ERASED, salt="")
    Resolution.everything.filter(case__in=who.cases).update(done=ERASED, root_cause=ERASED, remedy="")
    Resolution.everything.filter(case__in=who.cases).exclude(prevention="").update(prevention=ERASED)
    # What a playbook says is ours and about nobody; a line somebody wrote may name them.
    TriedStep.everything.filter(case__in=who.cases, revision=None).update(text=ERASED)
    Investigation.everything.filter(case__in=who.cases).update(hypotheses=ERASED, findings=ERASED)
    ReplyUse.everything.filter(case__in=who.cases).delete()
    Case.everything.filter(pk__in=who.cases).update(title=ERASED, description=ERASED, expectation="", organisation=None)


def ways_in(who: Subject) -> None:
    """Links, codes, one-time ids, and the people they added to their cases."""
    AccessLink.objects.filter(Q(user=who.person) | Q(case__in=who.cases)).delete()
    FormKey.objects.filter(case__in=who.cases).delete()
    Participant.objects.filter(case__in=who.cases).delete()


def files(who: Subject) -> None:
    """Names, descriptions and bytes of files; the bytes go when the rows have."""
    for file in theirs.files_about(who.person, who.cases):
        transaction.on_commit(partial(theirs.remove_bytes, file.stored_as))
        if file.case_id is None:
            file.delete()
            continue
        file.name = file.description = file.sha256 = file.stored_as = file.salt = ""
        file.state, file.check_at, file.uploaded_by = "erased", None, None
        file.save(
            update_fields=["name", "description", "sha256", "stored_as", "salt", "state", "check_at", "uploaded_by"]
        )


def drafts(who: Subject) -> None:
    """What was begun and never sent, also by somebody who only typed this address."""
    theirs.drop_drafts(who.person)


def belongings(who: Subject) -> None:
    """Every row of whatever table that would go with the account: it is only about this person."""
    for relation in User._meta.related_objects:
        field = relation.field
        if relation.on_delete is models.CASCADE and not relation.many_to_many:
            relation.related_model._base_manager.filter(**{field.name: who.person}).delete()
    who.person.groups.clear()
    who.person.user_permissions.clear()


def account(who: Subject) -> None:
    """Name and ways to reach them; the row stays, because what happened names it."""
    person = who.person
    fresh = User(email=f"erased-{secrets.token_hex(10)}@{ERASED_HOST}", name=ERASED_NAME)
    fresh.set_unusable_password()
    kept = ("id", "joined_at", "is_superuser", "is_staff")
    changed = [f.name for f in User._meta.local_concrete_fields if f.name not in kept]
    for field in changed:
        setattr(person, field, getattr(fresh, field))
    person.is_active, person.erased_at = False, who.at
    person.save(update_fields=changed)


ERASERS: tuple[tuple[str, Eraser], ...] = (
    ("texts", texts),
    ("ways in", ways_in),
    ("files", files),
    ("drafts", drafts),
    ("belongings", belongings),
)
