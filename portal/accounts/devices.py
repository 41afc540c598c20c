"""Where somebody is signed in: the list, ending one, and ending all but the one in hand."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.http import HttpRequest

from cases.models import User
from portal import clock

#: The first that fits is said; each browser calls itself by the names of older ones too.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Device:
    """One browser somebody is signed in with."""

    pk: int
    browser: str
    system: str
    since: datetime
    is_this: bool


def devices(request: HttpRequest) -> list[Device]:
    """The living sessions of whoever is signed in, this one first; looking tidies nothing away."""
    rows = list(UserSession.objects.filter(user=request.user).order_by("-created_at", "-pk"))
    keys = [row.session_key for row in rows]
    living = Session.objects.filter(session_key__in=keys, expire_date__gt=clock.now())
    alive, mine = set(living.values_list("session_key", flat=True)), request.session.session_key
    found = [
        Device(row.pk, *named(row.user_agent), row.created_at, row.session_key == mine)
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda device: not device.is_this)


def named(agent: str) -> tuple[str, str]:
    """Browser and system of a user agent, each empty when it is none we know."""
    browser = next((word for sign, word in BROWSERS if re.search(sign, agent)), "")
    return browser, next((word for sign, word in SYSTEMS if sign in agent), "")


def end_device(request: HttpRequest, number: int) -> bool:
    """Signs one other device out; False when it is none of theirs, or the one in hand."""
    row = UserSession.objects.filter(user=request.user, pk=number).first()
    if row is None or row.session_key == request.session.session_key:
        return False
    row.end()
    return True


def end_others(request: HttpRequest) -> None:
    """Ends every session of the person but this one, also one nobody has listed; this one gets a new key."""
    person: User = request.user  # type: ignore[assignment]
    person.session_salt = secrets.token_hex(16)
    person.save(update_fields=["session_salt"])
    keep(request)


def keep(request: HttpRequest) -> None:
    """Keeps this session alive after what sessions are bound to was changed, and forgets the rows of all others."""
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    get_adapter().end_sessions(list(others))
    UserSession.objects.create_from_request(request)
