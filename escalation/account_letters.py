"""Letters about a person's account: a code to type, and word of every change to how they sign in.

A code is sealed while it waits, blanked when its letter is over, and a letter that comes too late is not sent at all.
The beat registers `COMPOSERS`.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from cases.models import User
from cases.sealing import seal, unseal
from escalation.letters import NotNeeded, zone_of
from escalation.letters import spell as spell_instant
from escalation.models import Notice

SIGN_IN, CONFIRM, NEW_ADDRESS = "sign_in_code", "confirm_code", "new_address_code"
MOVED, CHANGED = "address_changed", "sign_in_changed"
CODE_LASTS = timedelta(minutes=15)
#: Where the page with the field for the code is; the link carries nothing and opens nothing.
PAGES = {
    SIGN_IN: "/account/sign-in/code/",
    CONFIRM: "/account/confirm/",
    NEW_ADDRESS: "/account/email/code/",
}


def owe_code(kind: str, person: User, code: str, *, at: datetime, address: str = "") -> Notice:
    """Owes `person` a letter of `kind` with `code`, at `address` when that is not their own yet."""
    return _owe(kind, person, {"sealed": seal(code)}, at=at, address=address)


def owe_word(kind: str, person: User, what: str, *, at: datetime, address: str = "") -> Notice:
    """Owes `person` word that `what` was changed (a key of the wording in mail/<kind>.txt)."""
    return _owe(kind, person, {"what": what}, at=at, address=address)


def _owe(kind: str, person: User, data: dict[str, Any], *, at: datetime, address: str) -> Notice:
    return Notice.objects.create(
        key=f"{kind}:{secrets.token_hex(16)}:{person.pk}:email",
        kind=kind,
        recipient=person,
        address=address,
        data=data,
        owed_at=at,
        next_at=at,
    )


def compose_code(notice: Notice, now: datetime) -> dict[str, Any]:
    """What a letter with a code says. Raises NotNeeded when the code has ended or was forgotten."""
    sealed = notice.data.get("sealed", "")
    if not sealed or now > notice.owed_at + CODE_LASTS:
        raise NotNeeded("The code is no longer good.")
    try:
        code = unseal(sealed)
    except ValueError:
        raise NotNeeded("The code was sealed with a key that is gone.") from None
    spaced = f"{code[:3]} {code[3:]}"
    about = {"code": spaced, "secrets": [spaced], "page": f"{settings.BASE_URL}{PAGES[notice.kind]}"}
    return about | {"name": _name(notice.person), "known": notice.person.is_verified, "new": notice.address}


def compose_word(notice: Notice, now: datetime) -> dict[str, Any]:
    """What a letter about a change says."""
    when = spell_instant(notice.owed_at, zone_of(notice.person))
    page = f"{settings.BASE_URL}/account/signing-in/"
    return {"what": notice.data["what"], "when": when, "page": page, "name": _name(notice.person)}


def _name(person: User) -> str:
    """What to call the person; nothing at an address nobody has proved to read, nor what is only a part of it."""
    return person.first_name if person.is_verified and person.name else ""


COMPOSERS = dict.fromkeys((SIGN_IN, CONFIRM, NEW_ADDRESS), compose_code) | dict.fromkeys((MOVED, CHANGED), compose_word)
