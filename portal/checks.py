"""The deploy checklist as system checks: `manage.py check` runs the first part, `check --deploy` all of it.

portal.W001 says what is made of a brand colour, with every ratio.
"""

import stat
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from cases import brand, colour
from feedback.follow_ups import GROUPS
from portal import sheets
from portal.environment import is_loopback

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
    if settings.STAFF_SEE not in ("all", "teams"):
        found.append(Error('STAFF_SEE must be "all" or "teams"', id="portal.E030"))
    if settings.UNTOUCHED_HOURS < 1:
        found.append(Error("UNTOUCHED_HOURS must be at least 1", id="portal.E031"))
    if settings.LESSON_ANSWER_DAYS < 1 or min(settings.QUALITY_SAMPLE.values()) < 0:
        found.append(Error("LESSON_ANSWER_DAYS must be at least 1, QUALITY_BY_* at least 0", id="portal.E032"))
    if settings.IMPROVEMENT_DECISION_DAYS < 1:
        found.append(Error("IMPROVEMENT_DECISION_DAYS must be at least 1", id="portal.E033"))
    if not 0 <= settings.RECOMMEND["per_cent"] <= 100:
        found.append(Error("RECOMMEND_PERCENT must be from 0 to 100", id="portal.E035"))
    follow_up = settings.FOLLOW_UP
    if follow_up["days"] < 0 or follow_up["hours"] < 1 or set(follow_up["cases"]) - set(GROUPS):
        words = ", ".join(GROUPS)
        found.append(
            Error(f"FOLLOW_UP_DAYS must be at least 0, FOLLOW_UP_HOURS 1, FOLLOW_UP_CASES of {words}", id="portal.E034")
        )
    if settings.INBOUND_NEW not in ("open", "link"):
        found.append(Error('INBOUND_NEW must be "open" or "link"', id="portal.E012"))
    if settings.INBOUND and settings.INBOUND["ca_file"] and not Path(settings.INBOUND["ca_file"]).is_file():
        found.append(Error("INBOUND_CA_FILE is not there", id="portal.E014"))
    if "@" not in settings.INBOUND_ADDRESS:
        found.append(Error("INBOUND_ADDRESS must be a mail address", id="portal.E013"))
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
def files(**_: Any) -> list[CheckMessage]:
    """What files need that is not always there."""
    found: list[CheckMessage] = []
    if settings.STORAGES["attachments"]["BACKEND"].startswith("storages.") and not find_spec("storages"):
        hint = "Install the extra: pip install milepost[objects]"
        found.append(Error("ATTACHMENTS_URL names object storage, which is not installed", hint=hint, id="portal.E010"))
    port = settings.CLAMD.rpartition(":")[2]
    if settings.CLAMD and not settings.CLAMD.startswith("/") and not (":" in settings.CLAMD and port.isdigit()):
        found.append(Error("CLAMD must be host:port or the path of a socket", id="portal.E011"))
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


@register
def brand_colours(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """What is made of the brand's colour, where it cannot be used as it is; the saved one's with `--database default`."""
    said = settings.BRAND.get("colour", colour.HOUSE)
    if not colour.is_colour(said):
        return [Error(f"BRAND_COLOUR must be a colour like {colour.HOUSE}", id="portal.E026")]
    return [*_of_colour(brand.current().colour if databases else said), *_own_sheet()]


def _of_colour(said: str) -> Iterator[CheckMessage]:
    found = colour.palette(said)
    if found is colour.HOUSE_PALETTE:
        return
    ratios = "; ".join(
        f"{p.theme}: {p.over} on {p.under} {p.colour} on {p.ground} {p.ratio:.2f}" for p in colour.pairs(found)
    )
    edged = " and ".join(theme.name for theme in found.themes if colour.is_edged(theme))
    walked = " and ".join(theme.name for theme in found.themes if theme.link != found.colour)
    done = [f"buttons have an edge in {edged}"] * bool(edged) + [f"links have a colour near it in {walked}"] * bool(
        walked
    )
    if done:
        yield Warning(f"The brand colour {said} needs help: {'; '.join(done)}", hint=ratios, id="portal.W001")


def _own_sheet() -> Iterator[CheckMessage]:
    if settings.BRAND_STYLESHEET and not sheets.own_address():
        yield Error("BRAND_STYLESHEET cannot be read, or is larger than 64 KB", id="portal.E027")


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
    return [Error("STAFF_SECOND_FACTOR is off: a password or a mailbox alone opens the console", id="portal.E029")]


@register(Tags.security, deploy=True)
def data_folder(**_: Any) -> list[CheckMessage]:
    """Attachments and the key lie there."""
    where = settings.STORAGES["attachments"].get("OPTIONS", {}).get("location", "")
    # Object storage has its own place, outside this machine.
    lie = Path(where) if Path(where).is_absolute() else Path(settings.MEDIA_ROOT)
    return list(_open_to_others(Path(settings.DATA_DIR))) + list(_served(lie))


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
    if settings.INBOUND and settings.INBOUND["scheme"] == "imap" and not is_loopback(settings.INBOUND["host"]):
        found.append(Warning("Mail is fetched in the open: use imaps:// or imap+tls://", id="portal.W026"))
    if settings.BRAND["from_email"].endswith(PLACEHOLDER_HOSTS):
        found.append(Warning("FROM_EMAIL is a placeholder; answers to it are lost", id="portal.W024"))
    return found
