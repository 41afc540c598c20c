"""What django-allauth's second factor asks of us: secrets sealed, names in our words, and whom it is asked of."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext as _

from cases import brand
from cases.sealing import seal, unseal

Type = Authenticator.Type


class Adapter(DefaultMFAAdapter):
    """Authenticator apps, passkeys and recovery codes as Milepost has them."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        """A customer's passkey is a way in, not a lock: only an app makes the second step. For staff either does."""
        if types is not None and Type.TOTP in types and not user.is_staff:
            types = [Type.TOTP]
        return super().is_mfa_enabled(user, types)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The portal's own name, not what a request calls it: a passkey is bound to it for good.

        A passkey cannot be bound to a number, so a portal on one's own machine is `localhost` to it.
        """
        name = "localhost" if settings.ON_LOOPBACK else urlsplit(settings.BASE_URL).hostname
        return {"id": name or "localhost", "name": brand.current().name}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        entity = super().get_public_key_credential_user_entity(user)
        return entity | {"display_name": user.name or user.email}
