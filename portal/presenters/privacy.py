"""What the privacy page says in figures: every cookie there is, with how long it stays, read from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie by the setting of its name and the one of its age in seconds; `needs` names middleware that sets it."""

    setting: str
    age: str
    purpose: Promise
    needs: str = ""


#: All that any part of the portal sets. A part that is not there has no setting, and no line on the page.
COOKIES = (
    Cookie("SESSION_COOKIE_NAME", "SESSION_COOKIE_AGE", _lazy("Keeps you signed in, or keeps open the case you proved.")),
    Cookie("CSRF_COOKIE_NAME", "CSRF_COOKIE_AGE", _lazy("Proves that a form came from you and from one of our pages.")),
    Cookie(
        "LANGUAGE_COOKIE_NAME", "LANGUAGE_COOKIE_AGE", _lazy("Remembers the language you chose."),
        needs="portal.middleware.speak_language",
    ),
    Cookie("DRAFT_COOKIE_NAME", "DRAFT_COOKIE_AGE", _lazy("Finds again what you began to tell us and did not send.")),
    Cookie("IDLE_COOKIE_NAME", "IDLE_COOKIE_AGE", _lazy("For people who work here: signs them out when they do nothing.")),
)  # fmt: skip


def cookies() -> list[dict[str, Any]]:
    """Each cookie with its name, purpose and how long it stays (empty: as long as what it belongs to)."""
    found = (one for one in COOKIES if getattr(settings, one.setting, "") and _is_set(one))
    return [
        {
            "name": getattr(settings, one.setting),
            "purpose": one.purpose,
            "lasts": days(getattr(settings, one.age, None)),
        }
        for one in found
    ]


def _is_set(cookie: Cookie) -> bool:
    return not cookie.needs or cookie.needs in settings.MIDDLEWARE


def days(seconds: int | None) -> str:
    """'14 days', at least one; nothing for none."""
    if not seconds:
        return ""
    number = max(1, round(seconds / DAY))
    return ngettext("%(number)d day", "%(number)d days", number) % {"number": number}
