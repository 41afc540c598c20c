"""Low scores under a clock of their own: who gives one with a name is owed an answer by a supervisor, by a time; so is who
says that it is not fixed, whatever the score.

The row is made with the answer, in its transaction and while the case is held; it goes when the customer gives a better
answer before anybody saw to it. The working hours are those of the protocol in force. docs/survey.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from cases.access import Viewer
from cases.models import Case, Event, TouchedCase, User
from escalation.models import Notice
from escalation.verbs import Refused
from feedback.intervals import FEWEST
from feedback.models import LowScore, Survey
from feedback.pulse import office

KIND = "low_answer"
WORDS_MOST = 2000  # characters
SUPERVISE = "cases.supervise"
OPEN = Q(done_at=None, withdrawn_at=None)
HOUR = 3600

How = LowScore.How


def due_of(at: datetime) -> datetime:
    """By when a low score given at `at` is owed an answer: so many working hours on, in the hours of the protocol in force."""
    return office(at).due(at, settings.SURVEY["low_answer_hours"] * HOUR)


def follow_score(survey: Survey, *, at: datetime) -> None:
    """Owes an answer to an unhappy customer, or owes it no longer; for whoever has just recorded one and holds the case.

    What was dealt with stays so whatever the score becomes, and a time once set stays while they stay unhappy.
    """
    case = survey.case
    row = LowScore.objects.filter(case=case).first()
    if row is not None and row.done_at is not None:
        return
    if not survey.is_unhappy:
        if row is not None and row.is_open:
            row.withdrawn_at = at
            row.save(update_fields=["withdrawn_at"])
        return
    if survey.is_anonymous or case.is_drill or case.is_history or case.customer.is_staff:
        return
    if row is None:
        LowScore.objects.create(case=case, since=at, due_at=due_of(at))
    elif not row.is_open:
        _anew(row, at)


def _anew(row: LowScore, at: datetime) -> None:
    """Owes it from `at` on, as if it had come just now."""
    row.since, row.due_at, row.withdrawn_at, row.told_at, row.announced_at = at, due_of(at), None, None, None
    row.how, row.by, row.done_at = "", None, None
    row.save(update_fields=["since", "due_at", "withdrawn_at", "told_at", "announced_at", "how", "by", "done_at"])


def follow_wish(survey: Survey, *, at: datetime) -> None:
    """Owes an answer to who has just said that we may contact them, though it was closed without; for whoever holds the case.

    The reason it was closed with stays until there is an answer. Who was written to or called was contacted.
    """
    row = LowScore.objects.filter(case=survey.case).first()
    if row is None:
        follow_score(survey, at=at)
    elif row.how == How.CLOSED and survey.is_unhappy:
        _anew(row, at)


def is_owed(case: Case) -> bool:
    """Whether a supervisor owes the customer of `case` an answer: what was dealt with is owed no second one."""
    return LowScore.objects.filter(OPEN, case=case).exists()


# Answering ------------------------------------------------------------------------------------------------------


def ways(may_contact: bool | None) -> tuple[How, ...]:
    """How a low score may be dealt with, by whether the customer may be contacted: yes, no, or not said."""
    if may_contact is None:
        return (How.LETTER, How.PHONE, How.CLOSED)
    return (How.LETTER, How.PHONE) if may_contact else (How.CLOSED,)


WRONG_WAY = {
    True: "The customer wants to be contacted. Write to them or call them.",
    False: "The customer does not want to be contacted about this. Close it, and say why.",
    None: "Choose how you deal with it.",
}
EMPTY = {
    How.LETTER: "Write what the customer is to read.",
    How.PHONE: "Write what was said and agreed.",
    How.CLOSED: "Say why nothing more is done.",
}


def answer_low_score(case: Case, *, how: str, words: str, by: User, at: datetime) -> LowScore:
    """Deals with a low score once; a letter is owed to the customer. Raises Refused with a sentence, also to the second."""
    if not (by.has_perm(SUPERVISE) and Case.objects.visible_to(Viewer(by)).filter(pk=case.pk).exists()):
        raise Refused("Only supervisors answer low scores.")
    words = words.strip()
    with transaction.atomic():
        # The case first: a customer who changes the score at this moment takes turns with us.
        held = Case.objects.select_for_update().get(pk=case.pk)
        row = LowScore.objects.select_related("by").get(case=held)
        _check(row, Survey.objects.get(case=held), how, words)
        row.how, row.words, row.by, row.done_at = how, words, by, at
        row.save(update_fields=["how", "words", "by", "done_at"])
        if how == How.LETTER:
            Notice.objects.create(**_letter(held, at))
        TouchedCase.note([held.pk], at)
    return row


def _check(row: LowScore, survey: Survey, how: str, words: str) -> None:
    if row.done_at is not None:
        first = LowScore.How(row.how).label.lower()
        raise Refused(f"{row.by} was first: this was answered already ({first}). Nothing of yours was sent.")
    if row.withdrawn_at is not None:
        raise Refused("Nothing is owed any more: the customer has given another answer.")
    if how not in ways(survey.may_contact):
        raise Refused(WRONG_WAY[survey.may_contact], field="how")
    if not words:
        raise Refused(EMPTY[How(how)], field="words")
    if len(words) > WORDS_MOST:
        raise Refused(f"Too long: {len(words)} characters, at most {WORDS_MOST}.", field="words")


def _letter(case: Case, at: datetime) -> dict[str, Any]:
    return {
        "key": f"{KIND}:{case.pk}",
        "kind": KIND,
        "case": case,
        "event_seq": case.event_seq,
        "to_customer": True,
        "recipient_id": case.customer_id,
        "owed_at": at,
        "next_at": at,
    }


# Looking ----------------------------------------------------------------------------------------------------------


def seen(viewer: Viewer) -> QuerySet[LowScore]:
    """Those of cases the viewer sees, withdrawn ones left out."""
    cases = Case.objects.visible_to(viewer)
    rows = LowScore.objects.filter(case__in=cases, withdrawn_at=None)
    return rows.select_related("case", "case__survey", "case__team", "case__category", "case__customer", "by")


def to_answer(viewer: Viewer) -> QuerySet[LowScore]:
    """What is owed, the next due first."""
    return seen(viewer).filter(OPEN).order_by("due_at", "pk")


def answered(viewer: Viewer) -> QuerySet[LowScore]:
    """What was dealt with, the newest first."""
    return seen(viewer).filter(done_at__isnull=False).order_by("-done_at", "-pk")


def not_fixed(viewer: Viewer, *, since: datetime) -> QuerySet[Survey]:
    """Answers since then, given with a name, that say it is not fixed, and those after which the customer came back with it.

    The newest first; `back_at`: when they opened the case again, `next_at`: when they filed one that goes on from it.
    """
    again = Event.objects.filter(case=OuterRef("case"), kind="reopened", occurred_at__gte=OuterRef("answered_at"))
    instead = Case.objects.filter(follows=OuterRef("case"), filed_at__gte=OuterRef("answered_at"))
    cases = Case.objects.visible_to(viewer).filter(is_history=False, customer__is_staff=False)
    rows = Survey.objects.filter(answered_at__gte=since, is_anonymous=False, case__in=cases).annotate(
        back_at=Subquery(again.order_by("occurred_at").values("occurred_at")[:1]),
        next_at=Subquery(instead.order_by("filed_at").values("filed_at")[:1]),
    )
    said = Q(fixed=Survey.Verdict.NO) | Q(back_at__isnull=False) | Q(next_at__isnull=False)
    rows = rows.filter(said).select_related(
        "case", "case__team", "case__category", "case__customer", "case__low_score", "case__low_score__by"
    )
    return rows.order_by("-answered_at", "-pk")


def without_a_name(viewer: Viewer) -> QuerySet[Survey]:
    """Low scores customers gave without a name, in an order that does not say when: nobody can answer them, and whose they
    are is not for saying. Those on restricted topics are in no list.

    Nothing narrows them: who looks for those of one team, topic or score until one is left has found whose it is. None
    while there are fewer than `FEWEST`, for the same reason.
    """
    cases = Case.objects.visible_to(viewer).filter(is_history=False, customer__is_staff=False)
    rows = Survey.objects.filter(
        is_anonymous=True, satisfaction__in=Survey.LOW, case__in=cases.exclude(category__is_restricted=True)
    )
    return (rows if rows.count() >= FEWEST else rows.none()).order_by("satisfaction", "comment", "pk")
