"""Calls a web address of ours when a protocol's step says so: small, signed, without a word the customer wrote.

The protocol names a webhook; its address is the operator's (`WEBHOOKS`), so that no author of rules can send data
elsewhere. The same notice always carries the same id: a receiver can tell a second copy.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings

from escalation.models import Notice

TIMEOUT = 5  # seconds; a receiver that hangs must not hold up much, and far below the lease of an outbox row
#: Answers after which another try may help although they blame us.
PASSING = (408, 425, 429)


class CallFailed(Exception):
    """The call did not succeed; `permanent` says that another try cannot help."""

    def __init__(self, sentence: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(sentence)


class _Straight(urllib.request.HTTPRedirectHandler):
    """A webhook that moved is a webhook to be set up anew: nothing is sent where nobody said so."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def payload(notice: Notice) -> bytes:
    """What is sent: which case stands where, when its customer next hears, and the page to open."""
    case, data = notice.of_case, notice.data
    told = {
        "id": notice.key,
        "case": case.reference,
        "event": notice.event_seq,
        "level": data.get("tier"),
        "severity": data.get("severity"),
        "state": data.get("state"),
        "promise_at": data.get("promise_at"),
        "page": f"{settings.BASE_URL}/console/cases/case/{case.pk}/change/",
    }
    return json.dumps(told, sort_keys=True).encode()


def signature(body: bytes) -> str:
    """HMAC-SHA256 of the body under `WEBHOOK_SECRET`; empty where none is set."""
    secret = settings.WEBHOOK_SECRET
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}" if secret else ""


def call(notice: Notice) -> str:
    """Makes the call a notice owes and returns the address. Raises CallFailed."""
    name = notice.data.get("hook", "")
    address = settings.WEBHOOKS.get(name)
    if not address:
        raise CallFailed(f"No webhook “{name}” is set up.", permanent=True)
    body = payload(notice)
    headers = {"Content-Type": "application/json", "User-Agent": "Milepost", "Milepost-Id": notice.key}
    if signed := signature(body):
        headers["Milepost-Signature"] = signed
    try:
        request = urllib.request.Request(address, data=body, headers=headers, method="POST")  # noqa: S310 - the operator's own
        with urllib.request.build_opener(_Straight).open(request, timeout=TIMEOUT):
            return address
    except urllib.error.HTTPError as error:
        blamed = error.code < 500 and error.code not in PASSING
        raise CallFailed(f"The webhook “{name}” answered {error.code}.", permanent=blamed) from None
    except ValueError as error:
        raise CallFailed(f"The address of the webhook “{name}” cannot be called: {error}", permanent=True) from None
    except (OSError, http.client.HTTPException) as error:
        raise CallFailed(f"The webhook “{name}” is not to be reached: {error!r}", permanent=False) from None
