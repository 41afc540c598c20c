"""Plan reviews: each protocol in force has one ahead, its people are reminded, and it ends in a signed decision.

What is looked at when it is held (the pack of figures) is made in `feedback.review_pack`; here are its dates, its
reminders and its decision. docs/reviews.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.access import workers
from cases.holding import not_held
from cases.models import User
from escalation import letters
from escalation.models import Notice, PlanReview, ProtocolVersion
from escalation.steps import Step

#: A review falls due so long after publishing, and after the review before it.
EVERY = timedelta(days=90)
#: The first reminder goes so long before the day; more follow at this distance while it is overdue.
REMIND = timedelta(days=14)
KIND = "plan_review"
BATCH = 100
Decision = PlanReview.Decision


class NotDecided(ValueError):
    """The decision is not possible; the sentence is for the person. Nothing has changed."""


def day_of(at: datetime) -> date:
    """The date at `at` where the company is: reviews fall due by the day."""
    return at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


def open_reviews() -> QuerySet[PlanReview]:
    """Reviews ahead of protocols in force, the next one first."""
    in_force = ProtocolVersion.objects.filter(key=OuterRef("key"), status=ProtocolVersion.Status.PUBLISHED)
    return PlanReview.objects.filter(Exists(in_force), decided_at=None).order_by("due_on", "pk")


def is_overdue(review: PlanReview, at: datetime) -> bool:
    """Undecided though its day is over."""
    return review.decided_at is None and review.due_on < day_of(at)


def near(at: datetime) -> QuerySet[PlanReview]:
    """Reviews ahead whose reminder time has come: overdue ones and those of the next fortnight."""
    return open_reviews().filter(due_on__lte=day_of(at) + REMIND)


def may_decide(person: User) -> bool:
    """Who may change the rules decides about them."""
    return person.is_active and person.is_staff and person.has_perm("escalation.write_protocol")


def responsible() -> list[User]:
    """Who is reminded: staff who may write protocols; where there is nobody, the supervisors."""
    staff = list(workers().order_by("pk"))
    authors = [one for one in staff if one.has_perm("escalation.write_protocol")]
    return authors or [one for one in staff if one.has_perm("cases.supervise")]


def decide(
    review: PlanReview, decision: str, *, reason: str, since: datetime, until: datetime, digest: str, by: User, at: datetime
) -> PlanReview:  # fmt: skip
    """Signs a review and sets the next one. Raises NotDecided with a sentence.

    `digest` is that of the pack for [since, until); `until` may not lie in the future: the pack must never change.
    """
    if not may_decide(by):
        raise NotDecided("Only somebody who may write protocols can decide about one.")
    if decision not in Decision.values:
        raise NotDecided("Choose what becomes of the protocol.")
    if not reason.strip():
        raise NotDecided("Say why. It stays with the decision.")
    if not since < until <= at:
        raise NotDecided("The figures must end before now and begin before they end.")
    with transaction.atomic():
        held = PlanReview.objects.select_for_update(of=("self",)).get(pk=review.pk)
        if held.decided_at is not None:
            raise NotDecided(f"{held.decided_by} decided this review already. Nothing was changed.")
        held.decision, held.reason, held.digest = decision, reason.strip(), digest
        held.since, held.until, held.decided_by, held.decided_at = since, until, by, at
        held.save(update_fields=["decision", "reason", "digest", "since", "until", "decided_by", "decided_at"])
        PlanReview.objects.create(key=held.key, due_on=day_of(at) + EVERY)
        return held


# Steps of the beat --------------------------------------------------------------------------------------------


def without_review(at: datetime) -> QuerySet[ProtocolVersion]:
    """Protocols in force that have no review ahead."""
    ahead = PlanReview.objects.filter(key=OuterRef("key"), decided_at=None)
    return ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED).filter(~Exists(ahead))


def set_ahead(at: datetime) -> int:
    """Gives each of them a review, so many days after it was published. Two beats at once set one."""
    found = list(without_review(at)[:BATCH])
    rows = [PlanReview(key=one.key, due_on=day_of(one.published_at or one.made_at) + EVERY) for one in found]
    PlanReview.objects.bulk_create(rows, ignore_conflicts=True)
    return len(found)


def to_remind(at: datetime) -> QuerySet[PlanReview]:
    """Reviews nobody was reminded of, and overdue ones nobody was reminded of lately."""
    never = Q(reminded_at=None)
    again = Q(due_on__lt=day_of(at), reminded_at__lt=at - REMIND)
    return near(at).filter(never | again)


def remind(at: datetime) -> int:
    """Owes each responsible person a letter, in the transaction that notes the reminder."""
    with transaction.atomic():
        due = to_remind(at)[:BATCH]
        found = list(not_held(due))
        people = responsible() if found else []
        Notice.objects.bulk_create(
            [_letter(review, person, at) for review in found for person in people], ignore_conflicts=True
        )
        for review in found:
            review.reminded_at = at
            review.save(update_fields=["reminded_at"])
    return len(found)


def _letter(review: PlanReview, person: User, at: datetime) -> Notice:
    return letters.to_staff(KIND, f"{review.pk}:{day_of(at).isoformat()}", person, {"review": review.pk}, at)


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the reminder says; NotNeeded when the review was decided meanwhile."""
    review = open_reviews().filter(pk=notice.data.get("review")).first()
    if review is None:
        raise letters.NotNeeded("The review has been decided meanwhile.")
    version = ProtocolVersion.objects.get(key=review.key, status=ProtocolVersion.Status.PUBLISHED)
    return {
        "review": review,
        "protocol": version.document["name"],
        "overdue": is_overdue(review, now),
        "page": f"{settings.BASE_URL}/console/protocol/reviews/{review.pk}/",
    }


STEPS: Sequence[Step] = (
    Step("protocols without a review", without_review, set_ahead),
    Step("reminders of reviews", to_remind, remind),
)
