"""Sessions in the database; a cookie that cannot be one of our keys is no session instead of an error."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """As Django's, but a key with other characters than its own keys have is never asked of the database."""

    def _validate_session_key(self, key: str | None) -> bool:
        well_formed = key is not None and key.isascii() and key.isalnum()
        return well_formed and super()._validate_session_key(key)  # type: ignore[misc]
