"""Limits on how often something may be tried, counted in the database by account and by client address."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest

from cases.models import Tally
from cases.models.door import hash_token


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` times in `window` for each key."""

    name: str
    most: int
    window: timedelta


HOUR = timedelta(hours=1)
FILING = Limit("filing", 5, HOUR)
CLIENT_FILING = Limit("filing of a client", 20, HOUR)  # an office shares one address
CODE_ASKED = Limit("code asked", 5, HOUR)
CLIENT_CODE_ASKED = Limit("code asked by a client", 20, HOUR)
CODE_TYPED = Limit("code typed", 20, HOUR)
#: Wrong passwords: few for one account, more for one client address, behind which a whole office may sit.
SIGN_IN = Limit("sign in", 10, timedelta(minutes=15))
CLIENT_SIGN_IN = Limit("sign in of a client", 50, timedelta(minutes=15))
#: Autosave posts at most every ten seconds.
SAVING = Limit("draft saved", 500, HOUR)
CLIENT_DRAFT = Limit("draft of a client", 60, HOUR)
RESEND = Limit("receipt sent again", 5, HOUR)
PROBLEM_FOLLOWED = Limit("problem followed", 5, HOUR)
CLIENT_PROBLEM_FOLLOWED = Limit("problem followed by a client", 20, HOUR)
#: Of guests, who have no day's worth of their own: each file costs room, and work before it is known whether it fits.
CLIENT_FILES = Limit("files of a client", 200, timedelta(days=1))
MESSAGE = Limit("message", 30, HOUR)
SHARED = Limit("person added", 20, HOUR)
COPY = Limit("copy of one's data", 5, timedelta(days=1))
ERASURE = Limit("erasure asked", 10, HOUR)
#: Programs that read the figures with a key, and wrong keys from one client address.
API_KEY = Limit("api key", 600, HOUR)
API_WRONG_KEY = Limit("wrong api key of a client", 60, HOUR)
CLIENT_VOTE = Limit("vote of a client", 120, HOUR)


class TooMany(Exception):
    """It was tried too often; `retry_at` is when the next try counts."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__(f"Too many tries until {retry_at}.")
        self.retry_at = retry_at


def count(limit: Limit, *keys: str, at: datetime) -> None:
    """Counts one try under every key; raises TooMany when one of them is used up. Every key is always counted."""
    named = [f"{limit.name} {key.strip().lower()}" for key in keys]
    over = [key for key in named if Tally.count_one(key, at=at, window=limit.window) > limit.most]
    if over:
        ends = Tally.objects.filter(key__in=[hash_token(key) for key in over]).values_list("window_ends", flat=True)
        raise TooMany(max(ends))


def forget(limit: Limit, *keys: str) -> None:
    """Takes back what was counted under the keys: the try turned out to be right."""
    named = [hash_token(f"{limit.name} {key.strip().lower()}") for key in keys]
    Tally.objects.filter(key__in=named, count__gt=0).update(count=F("count") - 1)


def client(request: HttpRequest) -> str:
    """The client's address as the nearest of our own proxies saw it; what the client itself claims is not believed.

    An IPv6 client is counted by its /64, which is what one household or one attacker has.
    """
    address = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    if settings.PROXY_COUNT and len(hops) >= settings.PROXY_COUNT:
        address = hops[-settings.PROXY_COUNT]
    if address.count(":") == 1:
        address = address.split(":")[0]  # some proxies name the port too
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
