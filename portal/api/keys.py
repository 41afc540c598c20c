"""Who a program reads for: the owner of the key it sends, besides the session of a browser."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from cases.models import User
from feedback import figure_tokens
from feedback.models import FigureToken
from portal import clock, ratelimit

WRONG = "This key is not known: it is wrong, over, or was taken back."


class ByKey(BaseAuthentication):
    """`Authorization: Bearer <key>`. It opens what this room has, for reading; no page knows it."""

    def authenticate(self, request: Request) -> tuple[User, FigureToken] | None:
        scheme, _, said = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        at, client = clock.now(), ratelimit.client(request._request)
        found = figure_tokens.find(said.strip(), at=at)
        _count(ratelimit.API_KEY if found else ratelimit.API_WRONG_KEY, str(found.pk) if found else client, at)
        if found is None:
            raise AuthenticationFailed(WRONG)
        figure_tokens.used(found, at=at)
        return found.owner, found


def _count(limit: ratelimit.Limit, key: str, at: Any) -> None:
    try:
        ratelimit.count(limit, key, at=at)
    except ratelimit.TooMany as why:
        raise Throttled(wait=max(1, round((why.retry_at - at).total_seconds()))) from None
