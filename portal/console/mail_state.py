"""Whether letters leave this server at all: while they do not, every page of the console says so."""

from __future__ import annotations

from django.conf import settings

#: Ways of Django's to keep letters here: in a folder, on the screen, or nowhere.
KEPT_HERE = ("filebased", "console", "dummy")


def is_set_up() -> bool:
    """False while EMAIL_URL is empty or names a folder, the screen or nothing."""
    return not any(f".{way}." in settings.EMAIL_BACKEND for way in KEPT_HERE)
