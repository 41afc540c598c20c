"""What went well, to be done again: cases marked as worth repeating, and the best of each topic, without a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet

from cases.access import Viewer
from cases.models import Case, Category, Event, Resolution, User
from escalation.verbs import Refused
from feedback.masking import masked
from feedback.models import Article, Worthy

WHY_MOST = 300  # characters
#: The rule of the library; the page says it in these numbers.
BEST, OF_DAYS, LEAST_SCORE = 5, 365, 4


# Worth repeating ----------------------------------------------------------------------------------------------


def not_markable(case: Case) -> str:
    """Why a case cannot be marked yet, in a sentence; empty when it can."""
    return "" if case.resolved_at is not None else "Mark it once it is settled: only then it is known to have worked."


def mark(case: Case, why: str, *, by: User, at: datetime) -> Worthy:
    """Marks a settled case as worth repeating; marked already, its words are replaced. Raises Refused."""
    why = " ".join(why.split())
    if sentence := not_markable(case):
        raise Refused(sentence)
    if not why:
        raise Refused("Write what is worth repeating, in a sentence.", field="why")
    if len(why) > WHY_MOST:
        raise Refused(f"Too long: {len(why)} characters, at most {WHY_MOST}.", field="why")
    with transaction.atomic():
        row, fresh = Worthy.objects.get_or_create(case=case, defaults={"why": why, "by": by, "at": at})
        if not fresh and row.why != why:
            row.why, row.by, row.at = why, by, at
            row.save(update_fields=["why", "by", "at"])
    return row


def unmark(case: Case) -> None:
    """Takes the mark away; twice is once. Articles made from the case stay."""
    Worthy.objects.filter(case=case).delete()


def marked(viewer: Viewer) -> QuerySet[Worthy]:
    """Everything marked on cases the viewer sees, the newest first."""
    seen = Case.objects.visible_to(viewer).values("pk")
    return Worthy.objects.filter(case__in=seen).select_related("case", "case__category", "by").order_by("-at", "-pk")


def made_from(cases: Iterable[int]) -> dict[int, list[Article]]:
    """The articles made from each of these cases, by case: the link stays whatever becomes of the mark."""
    found: dict[int, list[Article]] = {}
    for article in Article.objects.filter(made_from__in=list(cases)).order_by("pk"):
        if article.made_from_id is not None:
            found.setdefault(article.made_from_id, []).append(article)
    return found


# Best practice ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Example:
    """A case as an example: nothing in it says whose it was. `took` is from filing to the accepted answer."""

    title: str
    done: str
    cause: str
    remedy: str
    score: int
    took: timedelta
    level: int
    was_passed_up: bool


def best(topic: Category, *, at: datetime) -> list[Example]:
    """The BEST cases of a topic by the rule of the page, as of `at`: the same instant gives the same list.

    Filed here by a customer, settled in the OF_DAYS days before `at` and not open since, rated LEAST_SCORE or better by then,
    with a name: the better rating first, then the shorter time from filing to the accepted answer, then the older case.
    """
    took = ExpressionWrapper(F("resolved_at") - F("filed_at"), output_field=DurationField())
    cases = Case.objects.filter(
        category=topic,
        is_history=False,
        customer__is_staff=False,
        resolved_at__gt=at - timedelta(days=OF_DAYS),
        resolved_at__lte=at,
        survey__answered_at__lte=at,
        survey__satisfaction__gte=LEAST_SCORE,
        # Who answered without a name was promised that nobody is shown which case it came from.
        survey__is_anonymous=False,
    )
    cases = cases.select_related("survey", "customer", "organisation").annotate(took=took)
    chosen = list(cases.order_by("-survey__satisfaction", "took", "filed_at", "pk")[:BEST])
    last: dict[int, Resolution] = {}
    for one in (
        Resolution.objects.filter(case__in=chosen, at__lte=at).select_related("remedy_kind").order_by("at", "pk")
    ):
        last[one.case_id] = one
    people: dict[int, set[str]] = {}
    acted = Event.objects.filter(case__in=chosen, actor__isnull=False).order_by()
    for case, name in acted.values_list("case", "actor__name").distinct():
        people.setdefault(case, set()).add(name)
    return [_example(case, last.get(case.pk), people.get(case.pk, set())) for case in chosen]


def _example(case: Case, said: Resolution | None, people: set[str]) -> Example:
    names = {case.customer.name, *people, *([case.organisation.name] if case.organisation else [])}
    return Example(
        title=masked(case.title, names),
        done=masked(said.done, names) if said else "",
        cause=masked(said.root_cause, names) if said else "",
        remedy=str(said.remedy_kind) if said and said.remedy_kind else "",
        score=cast(int, case.survey.satisfaction),
        took=case.resolved_at - case.filed_at if case.resolved_at else timedelta(),
        level=case.tier,
        was_passed_up=case.escalated_at is not None,
    )
