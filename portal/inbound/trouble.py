"""What is wrong with the mailbox, in a sentence and with what to do: while it lasts, everybody in the console sees it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from imaplib import IMAP4

from django.conf import settings
from imap_tools.errors import MailboxFolderSelectError, MailboxLoginError, MailboxStarttlsError

from escalation.models import Heartbeat

ROLE = "inbound"
#: A server that restarts is no alarm; one that has not been read for longer is.
LATE_AFTER = timedelta(minutes=10)
CERTIFICATE = (
    "The mail server’s certificate is not one we trust, so nothing was fetched. Put the certificate in order, or name "
    "the company’s own authority in INBOUND_CA_FILE."
)
UNSAFE = "No safe connection to the mail server could be made. Look at the scheme and the port in INBOUND_URL."
AWAY = "The mail server could not be reached. Look whether it is up, and at the host and the port in INBOUND_URL."
#: What went wrong, by the kind of error, and what to do; the first that fits. No error's own words: they may quote.
SENTENCES: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ssl.SSLCertVerificationError,), CERTIFICATE),
    ((ssl.SSLError, MailboxStarttlsError), UNSAFE),
    ((MailboxLoginError,), "The mail server refused our user name or password. Put the right ones in INBOUND_URL."),
    ((MailboxFolderSelectError,), "The mailbox has no such folder. Put the right one in INBOUND_URL."),
    ((FileNotFoundError,), "The file that INBOUND_CA_FILE names is not there."),
    ((OSError, IMAP4.abort), AWAY),
)
UNSEEN = "Nobody has looked into the mailbox. Look whether the engine’s hand “keeping” runs."


@dataclass(frozen=True, slots=True)
class Trouble:
    """The mailbox has not been read since `since` (None: never yet), and why."""

    since: datetime | None
    why: str


class Unreadable(Exception):
    """The mailbox could not be read; the message says why and what to do."""


def sentence(error: Exception) -> str:
    """What happened and what to do about it; empty for what is not known to happen."""
    if isinstance(error, IMAP4.abort) and "TLS" in str(error):  # the server offers no STARTTLS
        return UNSAFE
    return next((said for kinds, said in SENTENCES if isinstance(error, kinds)), "")


def unknown(error: Exception) -> str:
    """What is said of what is not known to happen; the log has the rest."""
    return f"The mailbox could not be read ({type(error).__name__}). The engine’s log says more."


def trouble(at: datetime, hearts: Mapping[str, Heartbeat] | None = None) -> Trouble | None:
    """What stands in the way of reading the mailbox; None while it is read, and where there is none.

    `hearts`: the heartbeats by role, where they have been read already.
    """
    if not settings.INBOUND:
        return None
    row = Heartbeat.objects.filter(role=ROLE).first() if hearts is None else hearts.get(ROLE)
    since = row.last_success if row else None
    if since is not None and at - since <= LATE_AFTER:
        return None
    return Trouble(since, row.note if row and row.note else UNSEEN)
