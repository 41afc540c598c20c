"""What a session has shown so far: how long ago somebody proved to be themselves, and by what.

allauth notes each proof in the session, so none of these asks the database.
"""

from __future__ import annotations

import time
from datetime import timedelta

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from django.http import HttpRequest

#: How long a proof is good for changing how somebody signs in.
FRESH = timedelta(minutes=15)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person has signed in, or confirmed it is them, within FRESH."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return any(time.time() - record["at"] < FRESH.total_seconds() for record in records)


def passed_second_factor(request: HttpRequest) -> bool:
    """Whether an app, a passkey or a recovery code was used in this session."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return any(record["method"] == "mfa" for record in records)


def confirm(request: HttpRequest, method: str) -> None:
    """Notes that the person has just proved again to be themselves."""
    record_authentication(request, request.user, method, reauthenticated=True)  # type: ignore[arg-type]


def last_proof(request: HttpRequest) -> float | None:
    """When the newest proof of this session was given, in seconds since 1970; None where none is noted."""
    records = get_authentication_records(request, request.user)  # type: ignore[arg-type]
    return max((record["at"] for record in records), default=None)
