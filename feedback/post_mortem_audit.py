"""The thirteenth of what must always hold, for `manage.py audit`: plan failures and their post-mortems."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q

from cases.models import Case, Event
from escalation.audit import Check, Scope
from feedback.models import Alternative, Ground, PostMortem
from feedback.post_mortems import grounds_of, offered_beside

#: The engine opens them in the background: so much later than the failure it must have.
GRACE = timedelta(minutes=15)


def _failures(scope: Scope) -> Iterator[str]:
    """Every failure of the plan in the log, against the rows; then closed ones that lack what a customer is owed."""
    live = Event.objects.filter(case__is_history=False, recorded_at__lt=scope.at - GRACE)
    marked = live.filter(Q(data__has_key="plan_failed") | Q(kind="rejected"))
    for case in Case.objects.filter(pk__in=marked.values("case")).order_by("pk").iterator(chunk_size=500):
        events = list(marked.filter(case=case).order_by("seq"))
        wanted = {seq for cause, seq in grounds_of(events, ()) if cause in Ground.FAILURES}
        had = set(Ground.objects.filter(case=case, cause__in=Ground.FAILURES).values_list("seq", flat=True))
        for seq in sorted(wanted - had):
            yield f"{case}: the plan failed at event {seq} and no post-mortem has opened"
    strayed = Ground.objects.exclude(post_mortem__case=F("case")).select_related("case")
    for ground in strayed.order_by("pk"):
        yield f"{ground.case}: event {ground.seq} belongs to a post-mortem of another case"
    yield from _closed()


def _closed() -> Iterator[str]:
    offered = Exists(Alternative.objects.filter(post_mortem=OuterRef("pk")))
    closed = PostMortem.objects.exclude(closed_at=None).filter(case__customer__erased_at=None).filter(~offered)
    for row in closed.select_related("case").order_by("pk"):
        if offered_beside(row) is None:
            yield f"{row.case}: its post-mortem was closed without an apology and an alternative"


CHECKS = (
    Check(
        13, "every failure of the plan has one post-mortem, closed only with an apology and an alternative", _failures
    ),
)
