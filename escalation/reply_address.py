"""Where an answer to a letter about a case goes: an address with a token that only this server can make.

Whoever has one got a letter about the case as its customer. It opens nothing and shows nothing: it says which case
words belong to. It is made of the case and its customer: given to somebody else, the case has another token, and the
first one says nothing any more; nor does that of a customer who was erased.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parseaddr

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from cases.models import Case

#: Small letters and digits only: mail programs change the case of addresses. 120 bits of the HMAC.
MARK_LENGTH = 30
TOKEN = re.compile(rf"c([0-9]+)x([0-9a-f]{{{MARK_LENGTH}}})")
REFERENCE = "reply."


def token(case: Case) -> str:
    """The token of a case, the same for every letter about it to its customer."""
    # The letter after the number keeps its digits apart from those of the mark.
    return f"c{case.pk}x{_mark(case, settings.SECRET_KEY)}"


def _mark(case: Case, key: str) -> str:
    said = f"{case.pk}:{case.customer_id}"
    return salted_hmac("milepost.reply", said, secret=key, algorithm="sha256").hexdigest()[:MARK_LENGTH]


def address(secret: str) -> str:
    """The address answers go to."""
    name, _, host = parseaddr(settings.INBOUND_ADDRESS)[1].rpartition("@")
    return f"{name}+{secret}@{host}"


def as_reference(secret: str) -> str:
    """The token as a message's id, for mail programs that drop it from the address but keep what is referred to."""
    return f"<{REFERENCE}{secret}@{settings.MESSAGE_ID_DOMAIN}>"


def cases_of(tokens: Iterable[str]) -> list[Case]:
    """The cases that valid tokens name; wrong ones name none."""
    named = [pair for text in tokens if (pair := _read(text))]
    there = Case.objects.filter(pk__in={pk for pk, _ in named}, customer__erased_at=None).select_related("customer")
    return [case for case in there.order_by("pk") if any(pk == case.pk and _fits(case, mark) for pk, mark in named)]


def _read(text: str) -> tuple[int, str] | None:
    """The number of a case and the mark that should prove it."""
    whole = TOKEN.fullmatch(text.lower())
    return (int(whole[1]), whole[2]) if whole and len(whole[1]) <= 18 else None


def _fits(case: Case, mark: str) -> bool:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    # Every key is tried: how long it takes says nothing.
    fits = [constant_time_compare(mark, _mark(case, key)) for key in keys]
    return any(fits)
