"""Erases who has asked for it, once, in one transaction: the one table of everything that is erased.

A table that keeps something of a person names its eraser here; tests/portal/account/test_erase.py fails for one that does not.
"""

from __future__ import annotations

import email
import email.policy
import json
import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django_q.models import Task

from cases import erasing as of_cases
from cases.erasing import ERASED, Eraser, Subject
from cases.holding import not_held
from cases.models import Case, DataCopy, User
from escalation import erasing as of_escalation
from escalation.steps import Step
from feedback import erasing as of_feedback
from portal.keeping import copies
from portal.sessions import SessionStore
from portal.viewer import GUEST

BETWEEN = "-" * 79 + "\n"  # what Django's folder of mails writes after each


def our_copies(who: Subject) -> None:
    """Copies they took, with their files and what the queue remembers of making them."""
    for row in DataCopy.objects.filter(user=who.person):
        Task.objects.filter(name=f"copy-{row.pk}").delete()
        if row.file:
            transaction.on_commit(partial((copies.folder() / row.file).unlink, missing_ok=True))
        row.delete()


def sessions(who: Subject) -> None:
    """Every browser they are signed in with or follow a case in, and any that holds their address."""
    gone = []
    for session in Session.objects.iterator(chunk_size=500):
        kept = SessionStore().decode(session.session_data)
        guest = (kept.get(GUEST) or {}).get("case")
        mine = kept.get("_auth_user_id") == str(who.person.pk) or guest in who.cases
        if mine or who.person.email.lower() in json.dumps(kept, default=str).lower():
            gone.append(session.pk)
    Session.objects.filter(pk__in=gone).delete()


def ways_to_sign_in(who: Subject) -> None:
    """Proved addresses, apps, passkeys, recovery codes and the list of their devices; whoever is signed in is no longer."""
    EmailAddress.objects.filter(user=who.person).delete()
    Authenticator.objects.filter(user=who.person).delete()
    UserSession.objects.filter(user=who.person).delete()
    who.person.session_salt = secrets.token_hex(16)
    who.person.save(update_fields=["session_salt"])


def diary(who: Subject) -> None:
    """What the console noted of changes to the account: who did it and when stays, the name goes."""
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(who.person.pk))
    about.update(object_repr=of_cases.ERASED_NAME, change_message="")


def filed_mail(who: Subject) -> None:
    """Where letters are filed in a folder instead of being sent, those to them and about their cases."""
    where = getattr(settings, "EMAIL_FILE_PATH", None)
    if not where or not Path(where).is_dir():
        return
    marks = [who.person.email.lower()]
    marks += [r.lower() for r in Case.everything.filter(pk__in=who.cases).values_list("reference", flat=True)]
    transaction.on_commit(lambda: _clear_folder(Path(where), marks))


def _clear_folder(where: Path, marks: list[str]) -> None:
    for path in sorted(where.iterdir()):
        if path.is_file():
            letters = [letter for letter in path.read_text(errors="replace").split(BETWEEN) if letter.strip()]
            stay = [letter for letter in letters if not any(mark in _whole(letter) for mark in marks)]
            if not stay:
                path.unlink()
            elif len(stay) < len(letters):
                path.write_text("".join(letter + BETWEEN for letter in stay))


def _whole(letter: str) -> str:
    """Head and text of a filed letter, decoded, in small letters."""
    parsed = email.message_from_string(letter.lstrip("\n"), policy=email.policy.default)
    head = " ".join(str(parsed[name] or "") for name in ("To", "Subject"))
    return " ".join([head, *(str(part.get_content()) for part in _texts(parsed))]).lower()


def _texts(parsed: email.message.EmailMessage) -> Iterator[email.message.EmailMessage]:
    for part in parsed.walk():
        if part.get_content_maintype() == "text" and isinstance(part, email.message.EmailMessage):
            yield part


#: Everything that goes, in order: the account itself comes last, because the others look for what it said.
ERASERS: tuple[tuple[str, Eraser], ...] = (
    ("copies", our_copies),
    ("sessions", sessions),
    ("ways to sign in", ways_to_sign_in),
    ("diary", diary),
    ("filed mail", filed_mail),
    *of_escalation.ERASERS,
    *of_feedback.ERASERS,
    *of_cases.ERASERS,
    ("account", of_cases.account),
)


def erase_one(at: datetime) -> int:
    """Erases the next person whose letter has gone, or who needs none; 0 when there is nobody to erase yet."""
    for person in of_escalation.due(at).order_by("erase_at", "pk")[:20]:
        if of_escalation.is_ready(person, at=at) and _erase(of_escalation.due(at).filter(pk=person.pk), at):
            return 1
    return 0


def _erase(wanted: QuerySet[User], at: datetime) -> bool:
    """All or nothing, by one hand: whoever comes second finds nobody."""
    with transaction.atomic():
        wanted = not_held(wanted)
        person = wanted.first()
        if person is None:
            return False
        who = Subject.of(person, at)
        for _name, eraser in ERASERS:
            eraser(who)
    return True


def came_after() -> QuerySet[User]:
    """Erased people in whose name something was filed in the very moment they were erased."""
    words = Case.everything.filter(customer=OuterRef("pk")).exclude(title=ERASED)
    return User.objects.filter(Exists(words), erased_at__isnull=False)


def erase_after(at: datetime) -> int:
    """Ends and erases what came in after somebody was erased; how many people it were."""
    rows = list(came_after()[:20])
    for person in rows:
        of_escalation.end_all(person, at=at)
        _erase(User.objects.filter(pk=person.pk), at)
    return len(rows)


STEPS = (Step("erasures", of_escalation.due, erase_one),)
