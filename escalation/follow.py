"""How somebody without an account gets to one case: a mailed link, or a mailed code typed where it was asked for.

The secrets are made when the letter is written, so that only their hashes are ever stored; what came back from the
letter proves the address. The beat registers `compose_code` for letters of KIND.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from cases.models import AccessLink, Case, User
from cases.models.door import hash_token
from escalation import letters
from escalation.models import Notice

KIND = "follow_code"
CODE_LASTS = timedelta(minutes=15)
DIGITS = 6
FOLLOW = AccessLink.Purpose.FOLLOW


def ask_code(case: Case, *, by: User, at: datetime, browser: str) -> Notice:
    """Owes `by` a link and a code; `browser` is the secret only the browser that asks will hold."""
    asked = hash_token(browser)
    return Notice.objects.create(
        key=f"{case.pk}:{KIND}:{asked[:40]}:{by.pk}:email",
        case=case,
        event_seq=case.event_seq,
        kind=KIND,
        to_customer=True,
        recipient=by,
        data={"asked": asked},
        owed_at=at,
        next_at=at,
    )


def compose_code(notice: Notice, now: datetime) -> dict[str, Any]:
    """Makes the link and the code of a letter; a second writing of it replaces the code, never adds guesses."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    person, case = notice.person, notice.of_case
    token = AccessLink.issue(FOLLOW, case, user=person, at=now, lasts=letters.LINK_LASTS)
    AccessLink.expect_code(FOLLOW, case, user=person, asked=notice.data["asked"], code=code, at=now, lasts=CODE_LASTS)
    spaced = f"{code[:3]} {code[3:]}"
    return {"code": spaced, "access": f"{settings.BASE_URL}/follow/{token}/", "secrets": [token, spaced]}


def open_with_code(browser: str, code: str, *, at: datetime) -> Case | None:
    """The case a code opens for the browser that asked for it, or None: wrong, used, ended and never sent alike."""
    return _proved(AccessLink.try_code(FOLLOW, hash_token(browser), code, at=at))


def open_with_link(token: str, *, at: datetime) -> Case | None:
    """The case a mailed link opens, as often as wanted until it expires; None when it does not."""
    return _proved(AccessLink.find(FOLLOW, token, at=at))


def close_links(person: User) -> None:
    """What was mailed to the address the person has left opens nothing of theirs any more, surveys included."""
    AccessLink.objects.filter(user=person).delete()


def prove(person: User, *, filed_here: int | None = None) -> None:
    """The person read a code mailed to their address: it is theirs.

    So is the case that was filed in the same browser (its number), if it was filed in their name. Any other case filed in
    their name stays unproved until its own letter comes back: anybody could have filed it.
    """
    if not person.is_verified:
        person.is_verified = True
        person.save(update_fields=["is_verified"])
    if filed_here is not None:
        Case.objects.filter(pk=filed_here, customer=person, is_proven=False).update(is_proven=True)


def take_on(case: Case, person: User) -> None:
    """The signed-in customer writes on a case that was filed in their name: it is theirs from now on.

    Until then it could be moved to another address by the browser that filed it, which would take their words along.
    """
    if person.pk == case.customer_id and not case.is_proven:
        # Only while it is theirs: it may be moved to another address in this very moment.
        Case.objects.filter(pk=case.pk, customer=person, is_proven=False).update(is_proven=True)
        case.is_proven = True


def _proved(link: AccessLink | None) -> Case | None:
    """A secret that came back proves that its address is read by the person we mail to."""
    if link is None:
        return None
    prove(link.user)
    if not link.case.is_proven:
        link.case.is_proven = True
        link.case.save(update_fields=["is_proven"])
    return link.case
