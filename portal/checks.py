"""The deploy checklist as system checks: `manage.py check` runs the first part, `check --deploy` all of it.

portal.W001 is the brand colours' and lives with them.
"""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

UNSAFE_SOURCES = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:")
MUST_BE_STRICT = ("default-src", "script-src", "style-src", "object-src", "base-uri", "frame-ancestors", "form-action")
PLACEHOLDER_HOSTS = ("example.com", "example.org", "example.net", "localhost", ".invalid", ".test", ".example")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


# --- Always


@register
def addresses_and_zones(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.BASE_URL.startswith(("http://", "https://")) or not settings.ALLOWED_HOSTS[0]:
        found.append(
            Error("BASE_URL must be a whole address, as in https://support.your-company.com", id="portal.E001")
        )
    try:
        ZoneInfo(settings.COMPANY_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        found.append(Error("COMPANY_TIME_ZONE must be a zone as in Europe/London", id="portal.E002"))
    if "@" not in settings.BRAND["from_email"]:
        found.append(Error("FROM_EMAIL must be a mail address", id="portal.E003"))
    return found


@register
def queue_settings(**_: Any) -> list[CheckMessage]:
    """A task that is offered again while it still runs is done twice (found by trying: three times)."""
    queue = settings.Q_CLUSTER
    found: list[CheckMessage] = []
    if queue["retry"] <= queue["timeout"]:
        found.append(Error("Q_CLUSTER: retry must be longer than timeout", id="portal.E004"))
    if queue.get("catch_up", True):
        found.append(Error("Q_CLUSTER: catch_up must be off, the sweep itself catches up", id="portal.E005"))
    return found


@register
def shared_cache(**_: Any) -> list[CheckMessage]:
    if "locmem" in settings.CACHES["default"]["BACKEND"]:
        return [Error("Rate limits need a cache that all processes share, not local memory", id="portal.E006")]
    return []


@register
def content_security_policy(**_: Any) -> list[CheckMessage]:
    """Every page, the console included, runs under one strict policy."""
    directives = getattr(settings, "CONTENT_SECURITY_POLICY", {}).get("DIRECTIVES", {})
    found: list[CheckMessage] = []
    for name in MUST_BE_STRICT:
        sources = [str(source) for source in directives.get(name, [])]
        if not sources:
            found.append(Error(f"CONTENT_SECURITY_POLICY says nothing of {name}", id="portal.E007"))
        elif set(sources) & set(UNSAFE_SOURCES):
            found.append(Error(f"CONTENT_SECURITY_POLICY allows {' '.join(sources)} as {name}", id="portal.E008"))
    if "csp.middleware.CSPMiddleware" not in settings.MIDDLEWARE:
        found.append(Error("The content security policy is not sent: its middleware is missing", id="portal.E009"))
    return found


# --- Before it serves real people


@register(Tags.security, deploy=True)
def in_public(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DEBUG and not settings.ON_LOOPBACK:
        found.append(Error("DEBUG shows everyone the inside of the portal: leave it off", id="portal.E020"))
    if settings.ON_LOOPBACK:
        hint = "Set BASE_URL to the https address that customers use."
        found.append(
            Warning("BASE_URL is on this machine, so links in mails lead nowhere", hint=hint, id="portal.W020")
        )
    elif not settings.IS_HTTPS:
        found.append(Error("BASE_URL must be https: sign-in codes and cookies travel in the open", id="portal.E021"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS must name the hosts; * lets anyone forge links in mails", id="portal.E022"))
    return found


@register(Tags.security, deploy=True)
def cookies(**_: Any) -> list[CheckMessage]:
    names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    flags = (settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY)
    if settings.IS_HTTPS and not (all(flags) and all(name.startswith("__Host-") for name in names)):
        return [Error("Cookies must be secure, out of reach of scripts and named __Host-", id="portal.E023")]
    return []


@register(Tags.security, deploy=True)
def second_factor(**_: Any) -> list[CheckMessage]:
    """Staff see what others told us: a mailbox alone must not open the console where others can reach it."""
    if settings.STAFF_SECOND_FACTOR or settings.ON_LOOPBACK:
        return []
    return [Error("STAFF_SECOND_FACTOR is off: a password or a mailbox alone opens the console", id="portal.E026")]


@register(Tags.security, deploy=True)
def data_folder(**_: Any) -> list[CheckMessage]:
    """Attachments and the key lie there."""
    return list(_open_to_others(Path(settings.DATA_DIR))) + list(_served(Path(settings.MEDIA_ROOT)))


def _open_to_others(folder: Path) -> Iterator[CheckMessage]:
    for path in (folder, folder / "secret-key"):
        if path.exists() and path.stat().st_mode & OTHERS:
            kind = "folder" if path.is_dir() else "file"
            yield Error(f"Other accounts can reach the {kind} {path.name} in DATA_DIR", id="portal.E024")


def _served(attachments: Path) -> Iterator[CheckMessage]:
    roots = [Path(settings.STATIC_ROOT), *map(Path, settings.STATICFILES_DIRS)]
    if any(attachments == root or root in attachments.parents for root in roots) or settings.MEDIA_URL not in ("", "/"):
        yield Error("Attachments must not lie where they are served without a question", id="portal.E025")


@register(Tags.security, deploy=True)
def database_and_mail(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        hint = "Set DATABASE_URL to a PostgreSQL database."
        found.append(
            Warning("SQLite is for trying out: one writer at a time, no row locks", hint=hint, id="portal.W021")
        )
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        hint = "Set EMAIL_URL to smtp+tls://user:password@host:587."
        found.append(Warning("Mails are kept on this machine and reach nobody", hint=hint, id="portal.W022"))
    elif settings.EMAIL_HOST not in ("localhost", "127.0.0.1") and not (
        settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    ):
        found.append(Warning("Mails go out in the open: use smtp+tls:// or smtps://", id="portal.W023"))
    if settings.BRAND["from_email"].endswith(PLACEHOLDER_HOSTS):
        found.append(Warning("FROM_EMAIL is a placeholder; answers to it are lost", id="portal.W024"))
    return found
