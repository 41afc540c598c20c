"""Who is at a case: what a page says every half minute, and who is there at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from cases.models import Case, Presence, User

#: A page speaks every 30 seconds; who has missed two words has gone.
LASTS = timedelta(seconds=75)
#: What nobody needs any more goes with the day's clearing.
KEPT = timedelta(days=1)


def note(case: Case, person: User, kind: str, *, at: datetime) -> None:
    """The person's page says that they are at the case, `kind` of Presence.Kind. Raises ValueError for any other."""
    if kind not in Presence.Kind.values:
        raise ValueError(f"Nobody is “{kind}” at a case.")
    row, fresh = Presence.objects.get_or_create(
        case=case, person=person, defaults={"kind": kind, "since": at, "seen_at": at}
    )
    if fresh:
        return
    if row.kind != kind or at - row.seen_at > LASTS:
        row.kind, row.since = kind, at
    row.seen_at = at
    row.save(update_fields=["kind", "since", "seen_at"])


def here(case: Case, *, but: User, at: datetime) -> QuerySet[Presence]:
    """Who else is at the case now, as rows; their people are not fetched with them."""
    return Presence.objects.filter(case=case, seen_at__gt=at - LASTS).exclude(person=but)


def gone(at: datetime) -> QuerySet[Presence]:
    """What is no longer of use."""
    return Presence.objects.filter(seen_at__lt=at - KEPT)
