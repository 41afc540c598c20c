"""The letter “there is news” to people who were added to a case: owed with what the customer is told, at most one an hour.

It says nothing of the case but its reference, and opens nothing: they sign in. `escalation.store` owes it in the
transaction of its cause; the beat registers `compose` for letters of KIND.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Q

from cases.models import Participant, User
from escalation.letters import NotNeeded
from escalation.models import Notice

KIND = "share_news"
SALT = "milepost.share.quiet"
#: Between two letters to one person about one case. Looking at a page writes nothing down, so only time counts.
APART = timedelta(hours=1)
#: What of the customer's letters is news to others: whatever we said, and how it ended.
NEWS = (
    "progress", "waiting_partner", "question", "answer", "new_time", "supervisor_answered", "apology", "closed", "merged",
)  # fmt: skip
S = Notice.State


def owed(said: Sequence[Notice], now: datetime) -> list[Notice]:
    """The letters that follow from `said`, what is being owed at `now`; must run in its transaction.

    One that still waits says this news too. After one that has gone, the next waits until an hour is over.
    """
    news = {n.case_id: n for n in said if n.to_customer and n.kind in NEWS and not n.is_drill}
    if not news or not settings.SHARE_CASES:
        return []
    people = list(Participant.objects.present().filter(case__in=news, wants_news=True).order_by("pk"))
    told = _lately(people, now) if people else {}
    letters = []
    for row in people:
        last = told.get((row.case_id, row.user_id))
        if last is None or last.state != S.WAITING:
            letters.append(_letter(news[row.case_id], row, max(now, last.next_at + APART) if last else now, now))
    return letters


def _lately(people: Sequence[Participant], now: datetime) -> dict[tuple[int | None, int | None], Notice]:
    """The newest letter to each of `people`, where it counts; held, so that none of them is sent before we are done."""
    cases, readers = {row.case_id for row in people}, {row.user_id for row in people}
    rows = Notice.objects.filter(kind=KIND, case__in=cases, recipient__in=readers).exclude(state=S.CANCELLED)
    rows = rows.filter(Q(next_at__gt=now - APART) | Q(state=S.WAITING)).select_for_update(of=("self",))
    return {(one.case_id, one.recipient_id): one for one in rows.order_by("pk")}


def _letter(cause: Notice, row: Participant, goes: datetime, now: datetime) -> Notice:
    return Notice(
        key=f"{row.case_id}:{KIND}:{cause.event_seq}:{row.user_id}:email",
        case=cause.case,
        event_seq=cause.event_seq,
        kind=KIND,
        to_customer=True,
        recipient_id=row.user_id,
        data={"participant": row.pk},
        owed_at=now,
        next_at=goes,
    )


def quiet_token(row: Participant) -> str:
    """What names one person on one case in the link that stops these letters; it opens nothing else."""
    return signing.Signer(salt=SALT, sep=".").sign(str(row.pk))


def read_token(token: str) -> int | None:
    """The participant's id of a link; None for whatever we did not make."""
    try:
        return int(signing.Signer(salt=SALT, sep=".").unsign(token))
    except (signing.BadSignature, ValueError):
        return None


def decide(participant: int, wants: bool, *, by: User | None = None) -> None:
    """Turns the letters about one case on or off: the person themselves, or (`by` None) who holds the letter's link."""
    rows = Participant.objects.filter(pk=participant)
    (rows if by is None else rows.filter(user=by)).update(wants_news=wants)


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says. Raises NotNeeded when they see the case no more or want no letters."""
    row = Participant.objects.present().filter(pk=notice.data.get("participant", 0), case=notice.of_case).first()
    if row is None or row.user_id != notice.recipient_id or not row.wants_news or not settings.SHARE_CASES:
        raise NotNeeded("The person was removed, or wants no letters.")
    token = quiet_token(row)
    page = f"/c/{notice.of_case.reference}/"
    return {
        "link": f"{settings.BASE_URL}{settings.LOGIN_URL}?next={page}",
        "unsubscribe": f"{settings.BASE_URL}/unsubscribe/{token}/",
        "secrets": [token],
    }
