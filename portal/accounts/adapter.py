"""What django-allauth asks of us: our codes, our outbox instead of its mails, and the client as our limits see it."""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from cases import staff_acts
from cases.models import User
from escalation import account_letters
from portal import clock, ratelimit
from portal.viewer import GUEST

DIGITS = 6
#: allauth's mails about a change, and what our one letter calls each.
TOLD = {
    "account/email/password_set": "password_set",
    "account/email/password_changed": "password_changed",
    "mfa/email/totp_activated": "app_added",
    "mfa/email/totp_deactivated": "app_removed",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/recovery_codes_generated": "codes_made",
}


def new_code() -> str:
    """Six digits, as people expect them in a mail."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


class Adapter(DefaultAccountAdapter):
    """Signing in as Milepost does it. Where something is not overridden, allauth's own way is meant."""

    def generate_login_code(self) -> str:
        return new_code()

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client our limits count, an IPv6 one by the first address of its network."""
        seen = ratelimit.client(request).partition("/")[0]
        try:
            return str(ipaddress.ip_address(seen))
        except ValueError:
            return "0.0.0.0"  # noqa: S104 # nosec B104 - nothing listens there: it stands for a client behind a socket

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The one mail of the flows we use: the code to sign in. Any other would be one nobody here has worded."""
        if template_prefix != "account/email/login_code":
            raise ValueError(f"Nobody has worded {template_prefix}.")
        person = User.objects.at_address(email).get()
        account_letters.owe_code(account_letters.SIGN_IN, person, context["code"], at=clock.now())

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        account_letters.owe_word(account_letters.CHANGED, user, TOLD[template_prefix], at=clock.now())

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages confirm in their own words."""

    def set_password(self, user: Any, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Asked at our own doors, where a sign-in of this moment counts too: `portal.accounts.standing.is_fresh`."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """The case a guest had proved is not the account's, and what waited for a guest is over."""
        request.session.pop(GUEST, None)
        super().login(request, user)
        if user.is_staff or user.is_superuser:
            staff_acts.record("signed_in", by=user, at=clock.now(), address=ratelimit.client(request))

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Whoever has left is told so after they proved to be themselves, not before."""
        logout(request)
        return HttpResponse(status=410)
