"""What the writer of a mail can have known of a case: letters cross on their way as words on a page do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from cases.models import Case, Event
from escalation.models import Notice
from escalation.outbox import is_named

#: Mail servers give up after five days: what says it is older comes from a clock that is wrong.
SLOWEST = timedelta(days=5)
LETTERS_MOST = 200  # the newest of a case, among which the one that is answered is looked for


def known_by(case: Case, *, written: datetime | None, refers_to: Collection[str], at: datetime) -> int | None:
    """The number of the newest event that who wrote at `written` can have known of; None where that cannot be said.

    `refers_to` are the ids of the letters the mail answers: who answers a letter has read it, whatever their clock says.
    """
    if written is None or written < at - SLOWEST:
        return None
    before = Event.objects.filter(case=case, occurred_at__lte=written).order_by("-seq").values_list("seq", flat=True)
    return max(before.first() or 0, _read(case, refers_to))


def _read(case: Case, refers_to: Collection[str]) -> int:
    """The newest event told of by a letter that the mail refers to; 0 where it refers to none."""
    letters = Notice.objects.filter(case=case, to_customer=True, sent_at__isnull=False).order_by("-event_seq", "-pk")
    known = letters.only("key", "event_seq")[:LETTERS_MOST] if refers_to else ()
    return next((notice.event_seq for notice in known if is_named(notice, refers_to)), 0)
