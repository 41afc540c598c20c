"""How saved replies fare: how often messages began with one, how often it was sent as it is, and what became of the cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q

from cases.models import Event, ReplyUse
from feedback.intervals import FEWEST, Share

WINDOW = timedelta(days=90)
#: What opens a case again: the customer says it is not fixed, or comes back later.
AGAIN = ("rejected", "reopened")


@dataclass(frozen=True, slots=True)
class Usage:
    """One reply in the window. `again` counts cases, each once: those opened again after the message was sent."""

    uses: int = 0
    unchanged: Share = field(default_factory=Share)
    again: Share = field(default_factory=Share)

    @property
    def few(self) -> bool:
        """Used, but too seldom for a number to be shown: it would speak of single people."""
        return 0 < self.uses < FEWEST


def usage(at: datetime) -> dict[int, Usage]:
    """Usage of the 90 days before `at`, by reply, all its revisions together; replies nobody used are left out."""
    later = Event.objects.filter(case=OuterRef("case"), kind__in=AGAIN, occurred_at__gt=OuterRef("at"))
    rows = (
        ReplyUse.objects.filter(at__gt=at - WINDOW, at__lte=at)
        .annotate(again=Exists(later))
        .values(reply=F("revision__reply"))
        .annotate(
            uses=Count("pk"),
            unchanged_uses=Count("pk", filter=Q(unchanged=True)),
            cases=Count("case", distinct=True),
            cases_again=Count("case", distinct=True, filter=Q(again=True)),
        )
    )
    return {
        row["reply"]: Usage(
            row["uses"], Share(row["unchanged_uses"], row["uses"]), Share(row["cases_again"], row["cases"])
        )
        for row in rows
    }


def uses_by_revision(reply: int) -> dict[int, int]:
    """How many messages ever began with each revision of a reply, by revision."""
    rows = ReplyUse.objects.filter(revision__reply=reply).values("revision").annotate(n=Count("pk"))
    return {row["revision"]: row["n"] for row in rows.order_by()}
