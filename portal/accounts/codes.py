"""A code mailed to somebody who is signed in, kept in their session until it is typed: to confirm, or to change the address."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.core.internal.cryptokit import compare_user_code
from django.http import HttpRequest

from escalation.account_letters import CODE_LASTS, owe_code
from portal import clock, ratelimit
from portal.accounts.adapter import new_code

TRIES = 5
#: Counted in the database: tries that a session counts could be made side by side.
TRIED = ratelimit.Limit("tries of one code", TRIES, CODE_LASTS)


def count_try(state: dict[str, Any]) -> bool:
    """Counts one try at the code of `state`; False when its tries are used up."""
    try:
        ratelimit.count(TRIED, state["id"], at=clock.now())
    except ratelimit.TooMany:
        return False
    return True


class MailedCode(AbstractCodeVerificationProcess):
    """One code of one kind in one session; `address` is where it went when not to the person's own."""

    def __init__(self, request: HttpRequest, kind: str, state: dict[str, Any]) -> None:
        self.request, self.kind = request, kind
        most = int(CODE_LASTS.total_seconds())
        super().__init__(max_attempts=TRIES, timeout=most, state=state, user=request.user)  # type: ignore[arg-type]

    @classmethod
    def start(cls, request: HttpRequest, kind: str, *, address: str = "") -> MailedCode:
        """Makes a new code, owes its letter and keeps it; one of before is forgotten."""
        fresh = cls.initial_state(request.user, email=address or None)  # type: ignore[arg-type]
        made = cls(request, kind, fresh | {"code": new_code(), "id": secrets.token_hex(16)})
        made.send()
        made.persist()
        return made

    @classmethod
    def current(cls, request: HttpRequest, kind: str) -> MailedCode | None:
        """The code that is waited for, or None: not asked for, ended, or somebody else's."""
        state = request.session.get(f"code:{kind}")
        if not state or state.get("user_id") != str(request.user.pk):
            return None
        found = cls(request, kind, state)
        return found if found.is_valid() else None

    @property
    def address(self) -> str:
        """Where the code went, empty for the person's own address."""
        return self.state.get("email", "")

    def fits(self, typed: str) -> bool:
        """Whether `typed` is the code; right or used up, it is forgotten."""
        if not count_try(self.state):
            self.abort()
            return False
        if compare_user_code(actual=typed, expected=self.code):
            self.abort()
            return True
        self.record_invalid_attempt()
        return False

    def send(self) -> None:
        owe_code(self.kind, self.request.user, self.code, at=clock.now(), address=self.address)  # type: ignore[arg-type]

    def persist(self) -> None:
        self.request.session[f"code:{self.kind}"] = self.state

    def abort(self) -> None:
        self.request.session.pop(f"code:{self.kind}", None)
