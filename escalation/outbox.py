"""Delivers owed notices outside any transaction, under a lease; every one ends sent, dead or cancelled.

Steps: (1) claim a batch: the lease, the try and its number are committed first; (2) write each letter and
hand it to the mail server; (3) mark it, but only if the try is still ours. A worker that dies between (2)
and (3) costs one more copy with the same Message-ID, never a lost one.
"""

from __future__ import annotations

import hashlib
import logging
import random
import smtplib
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from cases import brand
from cases.holding import not_held
from cases.models import Case
from escalation import reply_address, webhooks
from escalation.letters import Letter, NotNeeded, compose
from escalation.models import Notice
from escalation.steps import Step

log = logging.getLogger("milepost.outbox")
BATCH = 50
LEASE = timedelta(seconds=90)  # longer than a slow batch and the longest try: the mail backend gives up after 20 s
SLOW = 30.0  # seconds after which the rest of a batch goes back in line
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=0.5), timedelta(minutes=15)
#: After a day and so many tries a person must look; a day alone may only mean that we were down ourselves.
GIVE_UP, FEWEST_TRIES = timedelta(hours=24), 12
#: Kinds a person must rather miss than get twice.
AT_MOST_ONCE = ("survey", "survey_reminder", "survey_interim", "survey_recommend")
S = Notice.State
#: Here a letter is over: a secret it carried is forgotten.
ENDED = (S.SENT, S.DEAD, S.CANCELLED)


def waiting(now: datetime) -> models.QuerySet:
    """Notices that may go now: their time has come and no older one to the same person is before them."""
    older = Notice.everything.filter(
        case=models.OuterRef("case"),
        recipient=models.OuterRef("recipient"),
        pk__lt=models.OuterRef("pk"),
        state__in=Notice.PENDING,
    )
    return Notice.objects.filter(state=S.WAITING, next_at__lte=now).filter(~models.Exists(older))


def claim(now: datetime, limit: int = BATCH) -> list[Notice]:
    """Takes up to `limit` notices for this worker: try counted, lease set, committed."""
    with transaction.atomic():
        free = waiting(now).order_by("next_at", "pk")[:limit]
        free = not_held(free)
        ids = [notice.pk for notice in free]
        Notice.objects.filter(pk__in=ids, state=S.WAITING).update(
            state=S.SENDING, lease_until=now + LEASE, tries=F("tries") + 1
        )
    claimed = Notice.objects.filter(pk__in=ids, state=S.SENDING).select_related("case", "case__category", "recipient")
    return list(claimed.order_by("next_at", "pk"))


def deliver_batch(now: datetime, limit: int = BATCH, *, backend: BaseEmailBackend | None = None) -> int:
    """Claims and sends a batch through `backend` (None: as set up); returns how many were claimed."""
    # Letters first: what listens to a webhook may be slow.
    notices = sorted(claim(now, limit), key=lambda notice: notice.channel == Notice.WEBHOOK)
    backend = backend or get_connection()
    started = time.monotonic()
    try:
        for done, notice in enumerate(notices):
            if time.monotonic() - started > SLOW or not _deliver(notice, backend, now):
                _give_back(notices[done:], now)
                break
    finally:
        _quietly(backend.close)
    return len(notices)


def _give_back(notices: list[Notice], now: datetime) -> None:
    """The server is slow or away: what has not been tried goes back in line, its try not counted."""
    ids = [notice.pk for notice in notices]
    Notice.objects.filter(pk__in=ids, state=S.SENDING).update(
        state=S.WAITING, lease_until=None, tries=F("tries") - 1, next_at=now + timedelta(seconds=1)
    )


def _deliver(notice: Notice, backend: BaseEmailBackend, now: datetime) -> bool:
    """One letter, with its outcome written down whatever happens; False when the server is not to be reached."""
    if notice.channel == Notice.WEBHOOK:
        return _call(notice, now)
    try:
        letter = compose(notice, now)
    except NotNeeded as why:
        _mark(notice, state=S.CANCELLED, error=str(why)[:300])
        return True
    except Exception as error:
        log.exception("Notice %s cannot be written.", notice.pk)
        _retry(notice, now, f"The text could not be made: {error}")
        return True
    try:
        backend.send_messages([_mail(notice, letter)])
    except Exception as error:
        _quietly(backend.close)
        if _is_permanent(error):
            _mark(notice, state=S.DEAD, error=_plain_error(error))
        else:
            _retry(notice, now, _plain_error(error))
        return isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused)
    sent = {"address": letter.address, "subject": letter.subject, "body": letter.kept_text}
    _mark(notice, state=S.SENT, sent_at=now, error="", **sent)
    return True


def _call(notice: Notice, now: datetime) -> bool:
    """A webhook's turn; one that is away does not hold up the letters."""
    try:
        webhooks.call(notice)
    except webhooks.CallFailed as why:
        if why.permanent:
            _mark(notice, state=S.DEAD, error=str(why)[:300])
        else:
            _retry(notice, now, str(why))
    except Exception as error:
        log.exception("The webhook of notice %s failed.", notice.pk)
        _retry(notice, now, f"{type(error).__name__}: {error}")
    else:
        _mark(notice, state=S.SENT, sent_at=now, error="", body=webhooks.payload(notice).decode())
    return True


def message_id(notice: Notice, key: str | None = None) -> str:
    """The same for every try of a notice, so that a second copy can be recognised; only this server can make it.

    `key` is the server key it is made with (None: the one in use).
    """
    made = salted_hmac("milepost.letter", notice.key, secret=key, algorithm="sha256").hexdigest()
    return f"<{made[:40]}@{settings.MESSAGE_ID_DOMAIN}>"


def is_named(notice: Notice, ids: Collection[str]) -> bool:
    """Whether one of `ids` is the Message-ID of a notice, be it made with an older server key."""
    return any(message_id(notice, key) in ids for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def _mail(notice: Notice, letter: Letter) -> EmailMultiAlternatives:
    headers = {"Message-ID": message_id(notice), "Auto-Submitted": "auto-generated"}
    reply_to: list[str] = []
    if notice.case is not None:
        name = hashlib.sha256(notice.case.reference.encode()).hexdigest()[:24]
        thread = f"<case-{name}@{settings.MESSAGE_ID_DOMAIN}>"
        headers |= {"References": thread, "In-Reply-To": thread}
        if _is_for_customer(notice, notice.case) and settings.INBOUND_URL:
            # An answer lands on its case by either: by where it is sent, or by what it refers to. Whoever else reads of
            # the case has no such token: with it a mail is believed to be the customer's.
            secret = reply_address.token(notice.case)
            headers["References"] = f"{thread} {reply_address.as_reference(secret)}"
            reply_to = [reply_address.address(secret)]
    if letter.unsubscribe:
        # RFC 8058: a mail program's own button posts there; looking at the address changes nothing.
        headers |= {
            "List-Unsubscribe": f"<{letter.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=formataddr((letter.sender, brand.current().email)),
        to=[letter.address],
        headers=headers,
        reply_to=reply_to,
    )
    mail.attach_alternative(letter.html, "text/html")
    return mail


def _is_for_customer(notice: Notice, case: Case) -> bool:
    """Whether a letter about `case` goes to the customer it has now, and not to somebody who reads along."""
    return notice.to_customer and notice.recipient_id == case.customer_id


def _is_permanent(error: Exception) -> bool:
    """Whether another try cannot help: the server refused this address or this letter for good."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    # An answer above 500 to the letter itself; to the greeting or the sign-in it is the server's own trouble.
    return isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused) and error.smtp_code >= 500


def _plain_error(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{who}: {code} {said!r}" for who, (code, said) in error.recipients.items())[:300]
    return f"{type(error).__name__}: {error}"[:300]


def _retry(notice: Notice, now: datetime, error: str) -> None:
    """Waits longer each time, with a little chance so that many do not come back at once; gives up after a day."""
    if now - notice.owed_at > GIVE_UP and notice.tries >= FEWEST_TRIES:
        _mark(notice, state=S.DEAD, error=error[:300])
        return
    wait = min(FIRST_WAIT * 2 ** min(notice.tries, 12), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
    _mark(notice, state=S.WAITING, next_at=now + wait, error=error[:300])


def _mark(notice: Notice, **values: object) -> None:
    """Writes the outcome if the try is still ours; keeps at it while the database is away."""

    if "sealed" in notice.data and values.get("state") in ENDED:
        values["data"] = {name: value for name, value in notice.data.items() if name != "sealed"}

    def write() -> None:
        mine = Q(pk=notice.pk, state=S.SENDING, tries=notice.tries)
        if not Notice.objects.filter(mine).update(lease_until=None, **values):
            log.warning("Notice %s: try %s is no longer ours.", notice.pk, notice.tries)

    _insist(write)


def _insist(write: Callable[[], None], tries: int = 20) -> None:
    for attempt in range(tries):
        try:
            return write()
        except DatabaseError:
            if attempt == tries - 1 or connection.in_atomic_block:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(0.5)


def _quietly(act: Callable[[], object]) -> None:
    try:
        act()
    except Exception:
        log.debug("The mail connection could not be closed.", exc_info=True)


def leases_over(now: datetime) -> models.QuerySet:
    """Notices whose worker has not come back."""
    return Notice.objects.filter(state=S.SENDING, lease_until__lte=now)


def reclaim(now: datetime) -> int:
    """Frees notices of dead workers; what may not go twice is shown as uncertain instead."""
    uncertain = leases_over(now).filter(kind__in=AT_MOST_ONCE).update(state=S.UNCERTAIN, lease_until=None)
    again = leases_over(now).update(state=S.WAITING, lease_until=None, next_at=now)
    return uncertain + again


def gather(held: Sequence[int], into: Notice) -> int:
    """Notices that were held are said by `into` from now on; how many there were still to gather."""
    return Notice.objects.filter(pk__in=held, state=S.HELD).update(state=S.BUNDLED, bundle=into)


def call_off(rows: models.QuerySet, **values: object) -> None:
    """None of these goes any more; one that is just being sent is taken from its worker, who then notes nothing."""
    rows.update(state=S.CANCELLED, lease_until=None, tries=F("tries") + 1, **values)


def take_back(rows: models.QuerySet, **values: object) -> None:
    """As `call_off`, but they are written anew and go: what a worker holds of them is void."""
    rows.update(state=S.WAITING, lease_until=None, tries=F("tries") + 1, **values)


def bounced(case: Case, told_of: str, why: str) -> Notice | None:
    """The letter of `case` to its customer with the Message-ID `told_of` did not arrive after all; None: no such one.

    Letters to anybody else never come back this way: who is told of a missed time is not the customer's to end.
    """
    rows = Notice.objects.filter(case=case, recipient=case.customer_id, to_customer=True, state=S.SENT)
    mails = rows.exclude(channel=Notice.WEBHOOK).order_by("-pk")
    found = next((notice for notice in mails if is_named(notice, (told_of,))), None)
    if found and Notice.objects.filter(pk=found.pk, state=S.SENT).update(state=S.DEAD, error=why[:300]):
        return found
    return None


def send_again(notice_id: int, now: datetime) -> bool:
    """Puts a dead or uncertain notice back in line; False when it is neither."""
    fits = Notice.objects.filter(pk=notice_id, state__in=(S.DEAD, S.UNCERTAIN))
    return bool(fits.update(state=S.WAITING, next_at=now, owed_at=now, error=""))


STEPS = (
    Step("dead workers' notices", leases_over, reclaim),
    Step("notices", waiting, deliver_batch),
)
