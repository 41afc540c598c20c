"""The audit's one list: what happened to cases and what staff did besides, newest first, page by page without a count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from cases.access import AUDIT, Viewer, teams_of
from cases.models import Case, Event, EventPlace, StaffAct, Team, User

PAGE = 50
#: A whole download is read in pieces of this many rows.
PIECE = 500
EVENT, ACT = "e", "a"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for; empty: everything. Instants are half open: from `since` up to, not with, `until`."""

    person: User | None = None
    kind: str = ""
    role: str = ""
    case: str = ""
    team: Team | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ends: the instant, and within it the table and the row, so that no row is shown twice or left out."""

    at: datetime
    table: str
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.table}{self.pk}"


def mark_of(text: str) -> Mark | None:
    """The mark an address names; None for none, and for nonsense."""
    stamp, _, rest = text.partition("~")
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    known = rest[:1] in (EVENT, ACT) and rest[1:].isascii() and rest[1:].isdecimal() and len(rest) < 20
    return Mark(at, rest[0], int(rest[1:])) if known and at.tzinfo else None


def events(asked: Asked, viewer: Viewer) -> QuerySet[Event]:
    """Events of the cases somebody may see, each with `before`, the data of the event it followed, and `origin`, from where.

    From where a colleague wrote is for who reads the audit; everybody reads it of themselves.
    """
    found = Event.objects.filter(case__in=Case.objects.visible_to(viewer))
    if asked.person:
        found = found.filter(actor=asked.person)
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.role:
        found = found.filter(role=asked.role)
    if asked.case:
        found = found.filter(case__reference=asked.case)
    if asked.team:
        found = found.filter(case__team=asked.team)
    found = _within(found, asked, "recorded_at")
    places = EventPlace.objects.filter(event=OuterRef("pk"))
    if not viewer.user.has_perm(AUDIT):
        places = places.filter(event__actor=viewer.user.pk)
    found = found.annotate(origin=Subquery(places.values("address")[:1]))
    one_before = Event.objects.filter(case=OuterRef("case"), seq=OuterRef("seq") - 1).values("data")[:1]
    return found.annotate(before=Subquery(one_before)).select_related("case", "actor")


def acts(asked: Asked, viewer: Viewer) -> QuerySet[StaffAct]:
    """Acts of staff, for those who may read the audit; a colleague reads their own."""
    found = StaffAct.objects.all()
    if not viewer.user.has_perm(AUDIT):
        found = found.filter(actor=viewer.user.pk)
    if asked.role and asked.role != Event.Role.STAFF:
        return found.none()
    if asked.person:
        found = found.filter(Q(actor=asked.person) | Q(person=asked.person))
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.case:
        found = found.filter(case__reference=asked.case)
    if asked.team:
        mates = User.objects.filter(Q(teams=asked.team) | Q(leads=asked.team))
        found = found.filter(actor__in=mates.values("pk"))
    return _within(found, asked, "at").select_related("actor", "person", "case")


def _within(found: QuerySet, asked: Asked, field: str) -> QuerySet:
    if asked.since:
        found = found.filter(**{f"{field}__gte": asked.since})
    if asked.until:
        found = found.filter(**{f"{field}__lt": asked.until})
    return found


def page(asked: Asked, viewer: Viewer, after: Mark | None = None, most: int = PAGE) -> tuple[list[Any], Mark | None]:
    """Up to `most` rows older than `after`, newest first, and the mark to go on from; two questions, neither a count."""
    happened = _older(events(asked, viewer), "recorded_at", EVENT, after)[: most + 1]
    done = _older(acts(asked, viewer), "at", ACT, after)[: most + 1]
    rows = sorted([*happened, *done], key=_place, reverse=True)
    shown = rows[:most]
    return shown, (Mark(*_place(shown[-1])) if len(rows) > most else None)


def _place(row: Any) -> tuple[datetime, str, int]:
    """Where a row stands: by instant; of one instant events before acts, then by number."""
    return (row.recorded_at, EVENT, row.pk) if isinstance(row, Event) else (row.at, ACT, row.pk)


def _older(found: QuerySet, field: str, table: str, after: Mark | None) -> QuerySet:
    found = found.order_by(f"-{field}", "-pk")
    if after is None:
        return found
    earlier = Q(**{f"{field}__lt": after.at})
    if table < after.table:
        earlier |= Q(**{field: after.at})
    elif table == after.table:
        earlier |= Q(**{field: after.at, "pk__lt": after.pk})
    # The plain bound is what the index answers; the rest only splits one instant.
    return found.filter(**{f"{field}__lte": after.at}).filter(earlier)


def whole(asked: Asked, viewer: Viewer) -> Iterator[Any]:
    """Every row, newest first, read piece by piece: a download of years fits into little memory."""
    after: Mark | None = None
    while True:
        rows, after = page(asked, viewer, after, PIECE)
        yield from rows
        if after is None:
            return


def people(viewer: Viewer) -> QuerySet[User]:
    """Whom the list can be asked about: staff, of every team or, for who sees only some, their own."""
    everybody = User.objects.filter(is_staff=True).order_by("name", "email")
    if viewer.user.has_perm(AUDIT):
        return everybody
    return everybody.filter(Q(pk=viewer.user.pk) | Q(teams__in=teams_of(viewer.user))).distinct()  # type: ignore[arg-type]
