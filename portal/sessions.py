"""Sessions in the database, sealed; a cookie that cannot be one of our keys is no session instead of an error."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from cases.sealing import seal, unseal


class SessionStore(DatabaseStore):
    """As Django's, but a row cannot be read without the server's key, and no odd key is asked of the database.

    While somebody signs in their session holds the code they were mailed, and while they set up an app its secret.
    """

    def _validate_session_key(self, key: str | None) -> bool:
        well_formed = key is not None and key.isascii() and key.isalnum()
        return well_formed and super()._validate_session_key(key)  # type: ignore[misc]

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal(super().encode(session_dict))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        try:
            return super().decode(unseal(str(session_data)))
        except ValueError:
            # A row of before sessions were sealed, or of another key: as good as none.
            return {}
