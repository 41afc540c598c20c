"""What is kept for a moment but must not be read in a copy of the database: sealed with the server's own key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> str:
    """`text` as only this server can read it again."""
    return _seals().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed, also under a key of SECRET_KEY_FALLBACKS. Raises ValueError for anything else."""
    try:
        return _seals().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ValueError("This was not sealed with a key of ours.") from None


def _seals() -> MultiFernet:
    """One seal for each server key, the newest first."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    derived = (hashlib.sha256(f"milepost.seal:{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
