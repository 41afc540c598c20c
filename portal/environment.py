"""Typed readers of the environment that settings.py needs beyond those of environs."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
MAIL_TIMEOUT = 20  # seconds; below the lease of an outbox row, so a hanging server never doubles a mail
SMTP_SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
IMAP_SCHEMES = {"imap": 143, "imap+tls": 143, "imaps": 993}
BUILT_IN_BACKENDS = {"console": "console", "memory": "locmem", "dummy": "dummy"}


def is_loopback(host: str) -> bool:
    return host in LOOPBACK_NAMES or host.endswith(".localhost")


def kept_secret(path: Path) -> str:
    """Read the key kept at `path`; the first process to ask writes it, for its owner's eyes only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
        # A link appears whole or not at all: two processes that start together agree on one key.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def mail_settings(url: str, *, folder: Path) -> dict[str, Any]:
    """Django's EMAIL_* settings for `url`; an empty one files each mail in `folder`.

    Known are smtp://user:password@host:port, smtp+tls:// (STARTTLS), smtps:// (TLS from the first byte),
    file:///folder, console:, memory: and dummy:.  Anything else raises, since a guess here loses mail.
    """
    parts = urlsplit(url or f"file://{folder}")
    backend = "django.core.mail.backends.{}.EmailBackend"
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": backend.format("filebased"), "EMAIL_FILE_PATH": unquote(parts.path)}
    if parts.scheme in BUILT_IN_BACKENDS:
        return {"EMAIL_BACKEND": backend.format(BUILT_IN_BACKENDS[parts.scheme])}
    if parts.scheme not in SMTP_SCHEMES or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must be smtp://, smtp+tls:// or smtps:// with a host, file:///folder or console:"
        )
    return {
        "EMAIL_BACKEND": backend.format("smtp"),
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or SMTP_SCHEMES[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": int(dict(parse_qsl(parts.query)).get("timeout", MAIL_TIMEOUT)),
    }


def inbound_settings(url: str, *, ca_file: str = "") -> dict[str, Any]:
    """Where mail is fetched from; empty for an empty `url`: then none is.

    Known are imaps://user:password@host/INBOX, imap+tls:// (STARTTLS) and imap:// (in the open). Anything else raises.
    `ca_file` names the certificates that are trusted instead of the system's; empty: the system's.
    """
    parts = urlsplit(url)
    if not url:
        return {}
    if parts.scheme not in IMAP_SCHEMES or not parts.hostname or not parts.username:
        raise ImproperlyConfigured("INBOUND_URL must be imaps://, imap+tls:// or imap:// with a user and a host")
    return {
        "scheme": parts.scheme,
        "host": parts.hostname,
        "port": parts.port or IMAP_SCHEMES[parts.scheme],
        "user": unquote(parts.username),
        "password": unquote(parts.password or ""),
        "folder": unquote(parts.path.strip("/")) or "INBOX",
        "timeout": int(dict(parse_qsl(parts.query)).get("timeout", MAIL_TIMEOUT)),
        "ca_file": ca_file,
    }


def languages(code: str, more: list[str]) -> list[tuple[str, str]]:
    """Django's LANGUAGES: the portal's own, `code`, and those of `more` customers are written to as well."""
    base = code.partition("-")[0]
    wanted = [one for text in more if (one := text.strip().lower()) and one.partition("-")[0] != base]
    unknown = [one for one in wanted if "name" not in LANG_INFO.get(one, {})]
    if unknown:
        raise ImproperlyConfigured(f"LANGUAGES names {', '.join(unknown)}: use codes such as de, fr or pt-br")
    return [(code, LANG_INFO[base]["name"]), *((one, LANG_INFO[one]["name"]) for one in dict.fromkeys(wanted))]


def database_settings(parsed: dict[str, Any], *, pool: bool) -> dict[str, Any]:
    """Complete what a DATABASE_URL says with what this product needs of that kind of database."""
    given = parsed.get("OPTIONS", {})
    if parsed["ENGINE"].endswith("sqlite3"):
        # A transaction that takes the write lock when it begins waits its turn; one that takes it later may only fail.
        options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"}
    else:
        # Compiling a question first pays where it runs for minutes; for those of pages it doubles what they take.
        options = {"connect_timeout": 5, "application_name": "milepost", "options": "-c jit=off"}
        if pool:
            options["pool"] = True
    return parsed | {
        "OPTIONS": options | given,
        # A pool keeps the connections itself and refuses to share that work.
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": not pool,
    }


def attachment_storage(url: str, *, folder: Path) -> dict[str, Any]:
    """The entry of STORAGES for attachments; an empty `url` keeps them in `folder`, for this account's eyes only.

    s3://bucket/prefix?endpoint=https://host&region=name keeps them in object storage (needs the extra
    `objects`; the keys come from where its library looks for them), and memory: for as long as the
    process lives. Anything else raises: a guess here would lose files.
    """
    parts = urlsplit(url)
    if not url:
        modes = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        backend = "django.core.files.storage.FileSystemStorage"
        return {"BACKEND": backend, "OPTIONS": {"location": str(folder), "base_url": None} | modes}
    if parts.scheme == "memory":
        return {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    if parts.scheme != "s3" or not parts.hostname:
        raise ImproperlyConfigured("ATTACHMENTS_URL must be empty or s3://bucket/prefix?endpoint=https://…&region=…")
    given = dict(parse_qsl(parts.query))
    # Private, never by a public address, and never over what is there.
    options: dict[str, Any] = {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        "default_acl": "private",
    }
    options |= {"file_overwrite": False, "querystring_auth": True, "querystring_expire": 60}
    options |= {"endpoint_url": given.get("endpoint"), "region_name": given.get("region")}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
