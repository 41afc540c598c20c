"""Keeping pages of figures, and owing them by mail: on Mondays or on the first of a month, at eight where the reader is.

What a letter says is composed by the room that shows the page, so that the two are the same. A letter is owed once for
each view and day it is due: a beat that was down sends the last one, not all that were missed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from cases.models import User
from escalation.letters import to_staff, zone_of
from escalation.models import Notice
from escalation.steps import Step
from escalation.verbs import Refused
from feedback.models import FigureView

MOST = 20  # views of one person
LONGEST = 500  # characters of filters
SEES = "feedback.view_insights"
KIND, DIGEST = "figure_view", "figure_digest"
DIGEST_NAME, DIGEST_PAGE = "Weekly digest", "/insights/"
SENT_AT, BATCH = time(8), 50
SALT = "milepost.figure_view"
Mailed = FigureView.Mailed


def next_time(mailed: str, after: datetime, zone: str) -> datetime | None:
    """The first Monday, or first of a month, at eight in `zone` (IANA) that lies after `after`; None for not by mail."""
    if mailed == Mailed.NO:
        return None
    here = ZoneInfo(zone)
    day = after.astimezone(here).date()
    while True:
        goes = datetime.combine(day, SENT_AT, here).astimezone(UTC)
        if goes > after and _is_day(mailed, day):
            return goes
        day += timedelta(days=1)


def _is_day(mailed: str, day: date) -> bool:
    return day.weekday() == 0 if mailed == Mailed.WEEKLY else day.day == 1


def keep(name: str, *, page: str, query: str, mailed: str, by: User, at: datetime) -> FigureView:
    """A new view of `page` with the filters of `query`. Raises Refused naming the field."""
    name = " ".join(name.split())
    if not name or len(name) > 40:
        raise Refused("Give it a name of at most 40 characters.", field="name")
    if len(query) > LONGEST:
        raise Refused("These are more filters than a view can hold.")
    with transaction.atomic():
        own = _own(by)
        if name.lower() == DIGEST_NAME.lower() or any(one.name.lower() == name.lower() for one in own):
            raise Refused("You have a view of that name already.", field="name")
        if sum(not one.is_digest for one in own) >= MOST:
            raise Refused(f"You have {MOST} views already. Delete one first.")
        row = FigureView(owner=by, name=name, page=page, query=query)
        _mail(row, mailed, at)
        row.save(force_insert=True)
    return row


def mail(pk: int, mailed: str, *, by: User, at: datetime) -> FigureView:
    """Says how often a view of one's own is mailed. Raises Refused for one that is not there."""
    with transaction.atomic():
        row = next((one for one in _own(by) if one.pk == pk), None)
        if row is None:
            raise Refused("This view is not there any more.")
        if row.mailed != mailed:
            _mail(row, mailed, at)
            row.save(update_fields=["mailed", "next_at"])
    return row


def subscribe(wants: bool, *, by: User, at: datetime) -> None:
    """Turns the digest of the week on or off for oneself; a second time changes nothing."""
    with transaction.atomic():
        mine = next((one for one in _own(by) if one.is_digest), None)
        if mine is None and not wants:
            return
        if mine is None:
            mine = FigureView(owner=by, name=DIGEST_NAME, page=DIGEST_PAGE, is_digest=True)
            _mail(mine, Mailed.WEEKLY, at)
            mine.save(force_insert=True)
        elif bool(mine.mailed) != wants:
            _mail(mine, Mailed.WEEKLY if wants else Mailed.NO, at)
            mine.save(update_fields=["mailed", "next_at"])


def remove(pk: int, *, by: User) -> None:
    """Deletes a view of one's own; a second time changes nothing."""
    FigureView.objects.filter(pk=pk, owner=by).delete()


def _own(by: User) -> list[FigureView]:
    """The person's views; one change of them at a time, for names and numbers are theirs alone."""
    return list(FigureView.objects.filter(owner=User.objects.select_for_update(of=("self",)).get(pk=by.pk)))


def _mail(row: FigureView, mailed: str, at: datetime) -> None:
    if mailed not in Mailed.values:
        raise Refused("Choose from the list how often it is sent.", field="mailed")
    row.mailed, row.next_at = mailed, next_time(mailed, at, zone_of(row.owner))


# The way out --------------------------------------------------------------------------------------------------


def token_of(view: FigureView) -> str:
    """What names one view in the link that stops its letters; it opens nothing else."""
    return signing.Signer(salt=SALT, sep=".").sign(str(view.pk))


def read_token(token: str) -> int | None:
    """The view's id of a link; None for whatever we did not make."""
    try:
        return int(signing.Signer(salt=SALT, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def stop(pk: int) -> None:
    """No more letters of this view: who holds the letter's link may; a second time changes nothing."""
    FigureView.objects.filter(pk=pk).update(mailed=Mailed.NO, next_at=None)


# The beat -----------------------------------------------------------------------------------------------------


def due(at: datetime) -> QuerySet[FigureView]:
    """Views whose time to be mailed has come."""
    return FigureView.objects.filter(next_at__lte=at)


def owe(at: datetime) -> int:
    """Owes a batch of letters, none to who may no longer see figures. How many views.

    A letter is owed for the company's day at that instant: where the reader's Monday begins before the company's, the week
    that is over is the one that ended a day earlier.
    """
    zone = ZoneInfo(settings.COMPANY_TIME_ZONE)
    with transaction.atomic():
        # Whoever comes second finds them put on to their next time.
        rows = list(due(at).select_for_update(of=("self",)).select_related("owner").order_by("next_at", "pk")[:BATCH])
        letters = []
        for row in rows:
            day = (row.next_at or at).astimezone(zone).date().isoformat()
            if row.owner.has_perm(SEES):
                kind = DIGEST if row.is_digest else KIND
                letters.append(to_staff(kind, f"{row.pk}:{day}", row.owner, {"view": row.pk, "day": day}, at))
            row.next_at = next_time(row.mailed, at, zone_of(row.owner))
        FigureView.objects.bulk_update(rows, ["next_at"])
        Notice.objects.bulk_create(letters, ignore_conflicts=True)
    return len(rows)


STEPS = (Step("views of figures", due, owe),)
