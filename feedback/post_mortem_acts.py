"""The acts on a post-mortem: open it by hand, write it, add measures and finish them, close it, review it.

Each act holds the case and then the row, so that people who act at once act one after the other. Raises Refused with a
sentence for the person and the field it is about; nothing has changed then.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from cases.access import Viewer, workers
from cases.models import Case, User
from escalation.reviews import day_of
from escalation.verbs import Refused
from feedback.counterfactual import proof_of
from feedback.models import Condition, Ground, Measure, PostMortem
from feedback.post_mortems import RUN, add_grounds, held, may_run, newest_offer, offered_beside

REASON_MOST, HAPPENED_MOST, TEXT_MOST, MEASURE_MOST, EVIDENCE_MOST = 300, 600, 1000, 300, 500
REVIEW_AFTER = timedelta(days=30)
FURTHEST = timedelta(days=366)
NOT_YOU = "Only its owner and people who run post-mortems can do this."
OVERTAKEN = (
    "Somebody has written here while you were writing. What you typed is still below: read theirs, then save again."
)
IS_CLOSED = "It is closed. Its measures are looked at again on the day of the review."
NO_APOLOGY = "The customer has not had an apology yet. Send one with an alternative first; it cannot be closed without."
NO_ALTERNATIVE = "The customer has not been offered an alternative yet. Offer one; it cannot be closed without."
CARE = (
    "“Be more careful” changes nothing: the next person meets the same conditions. Say what will be different: a rule, a "
    "time, a check the system makes, a text, a skill learned by a date."
)
#: Measures that ask people to try harder, in the words they come in.
TRY_HARDER = re.compile(
    r"\b(?:(?:be|being|stay|more) (?:more )?(?:careful|carefully|attentive|vigilant|diligent|alert)"
    r"|(?:take|taking|more) (?:more |better |greater )?care\b(?! of)|pay(?:ing)? (?:more |closer |better )?attention"
    r"|try(?:ing)? harder|concentrate (?:more|better)|do better next time|double[- ]check everything"
    r"|remind (?:everyone|everybody|people|staff|colleagues|the team|agents)|not (?:to )?forget|raise awareness)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A post-mortem as somebody writes it."""

    happened: str = ""
    effect: str = ""
    conditions: Sequence[str] = ()
    unseen: str = ""
    worked: str = ""
    owner: User | None = None


def open_by_hand(case: Case, reason: str, *, by: User, at: datetime) -> PostMortem:
    """Opens one for a case nothing asked for, or joins the open one with the reason."""
    reason = " ".join(reason.split())
    if not (Viewer(by).works and by.has_perm(RUN)):
        raise Refused("Only people who run post-mortems can open one by hand.")
    if not reason or len(reason) > REASON_MOST:
        raise Refused(
            f"Say why this case is worth looking back at, in at most {REASON_MOST} characters.", field="reason"
        )
    with transaction.atomic():
        locked = held(case.pk)
        if locked is None:
            raise Refused("Practice cases have no post-mortem.")
        said = (Ground.Cause.BY_HAND, locked.event_seq)
        if Ground.objects.filter(case=locked, cause=said[0], seq=said[1]).exists():
            raise Refused("It was opened by hand a moment ago, and nothing has happened since.")
        return add_grounds(locked, [said], at=at, by=by, reason=reason)


def write(post_mortem: PostMortem, draft: Draft, *, seen: int, by: User, at: datetime) -> PostMortem:
    """Writes it; `seen` is the number of the writing that was on the page. An empty part is still to be written."""
    with transaction.atomic():
        row = _mine(post_mortem, by)
        if row.number != seen:
            raise Refused(OVERTAKEN)
        for field, most in (
            ("happened", HAPPENED_MOST),
            ("effect", TEXT_MOST),
            ("unseen", TEXT_MOST),
            ("worked", TEXT_MOST),
        ):
            text = getattr(draft, field).strip()
            if len(text) > most:
                raise Refused(f"Too long: at most {most} characters.", field=field)
            setattr(row, field, text)
        if unknown := set(draft.conditions) - set(Condition.values):
            raise Refused(f"Choose from the list: “{min(unknown)}” is not on it.", field="conditions")
        if draft.owner is not None and not Viewer(draft.owner).works:
            raise Refused("Choose somebody who works on cases.", field="owner")
        row.conditions = [value for value in Condition.values if value in draft.conditions]
        row.owner, row.number = draft.owner or row.owner, row.number + 1
        row.save(update_fields=["happened", "effect", "unseen", "worked", "conditions", "owner", "number"])
        return row


def not_closable(post_mortem: PostMortem) -> list[str]:
    """What is still missing before it can be closed, a sentence each, the customer first; empty when nothing is."""
    missing, offer = [], newest_offer(post_mortem) or offered_beside(post_mortem)
    # Who has been erased can be told nothing any more.
    if offer is None and not post_mortem.case.customer.erased_at:
        apologised = post_mortem.case.messages.filter(kind="apology", at__gte=post_mortem.opened_at).exists()
        missing.append(NO_ALTERNATIVE if apologised else NO_APOLOGY)
    words = {
        "happened": "what happened",
        "effect": "what it meant for the customer",
        "unseen": "why it was not seen sooner",
    }
    missing += [f"Write {what} first." for field, what in words.items() if not getattr(post_mortem, field)]
    if not post_mortem.conditions:
        missing.append("Choose at least one condition that let it happen.")
    if not post_mortem.measures.exists():
        missing.append("Add at least one measure: what will be different, whose it is, until when.")
    return missing


def close(post_mortem: PostMortem, *, seen: int, by: User, at: datetime) -> PostMortem:
    """Closes it and sets the day of the review; refused while anything is missing."""
    with transaction.atomic():
        row = _mine(post_mortem, by)
        if row.number != seen:
            raise Refused("Somebody has written here meanwhile. Read it, then close it.")
        if missing := not_closable(row):
            raise Refused(missing[0])
        row.closed_at, row.closed_by, row.review_on = at, by, day_of(at) + REVIEW_AFTER
        row.save(update_fields=["closed_at", "closed_by", "review_on"])
        return row


def _mine(post_mortem: PostMortem, by: User, *, closed: bool = False) -> PostMortem:
    """The row under the case's lock and its own, for somebody who may act on it. `closed`: a closed one will do."""
    held(post_mortem.case_id)
    row = PostMortem.objects.select_for_update(of=("self",)).select_related("case").get(pk=post_mortem.pk)
    if not may_run(row, by):
        raise Refused(NOT_YOU)
    if not (row.is_open or closed):
        raise Refused(IS_CLOSED)
    return row


# Measures -----------------------------------------------------------------------------------------------------


def add_measure(
    post_mortem: PostMortem, *, kind: str, text: str, owner: User | None, due_on: date | None, by: User, at: datetime
) -> Measure:
    """Adds something that will be different; "be more careful" is none."""
    text = " ".join(text.split())
    if kind not in Measure.Kind.values or kind == Measure.Kind.CUSTOMER:
        raise Refused("Choose what kind of change it is.", field="kind")
    if not text or len(text) > MEASURE_MOST:
        raise Refused(f"Say what will be different, in at most {MEASURE_MOST} characters.", field="text")
    if TRY_HARDER.search(text):
        raise Refused(CARE, field="text")
    if owner is None or not workers().filter(pk=owner.pk).exists():
        raise Refused("Choose whose it is: one person, who works here.", field="owner")
    day = _day(due_on, at, "Choose the day by which it is done")
    with transaction.atomic():
        row = _mine(post_mortem, by)
        return Measure.objects.create(post_mortem=row, kind=kind, text=text, owner=owner, due_on=day, by=by, at=at)


def finish(measure: Measure, evidence: str, *, by: User, at: datetime) -> Measure:
    """Says that it is done, and what shows it; its owner may, and who runs the post-mortem."""
    evidence = _evidence(evidence)
    with transaction.atomic():
        row = _held(measure)
        if not (row.owner_id == by.pk or may_run(row.post_mortem, by)):
            raise Refused("Only whose it is and people who run post-mortems can say that it is done.")
        if row.done_at is not None:
            raise Refused(f"{row.done_by} has said already that it is done.")
        row.done_at, row.done_by, row.evidence = at, by, evidence
        row.save(update_fields=["done_at", "done_by", "evidence"])
        return row


def verify(measure: Measure, evidence: str, *, by: User, at: datetime) -> Measure:
    """At the review: it was done and it holds. A change of the protocol is proved by a back-test, not by a sentence."""
    with transaction.atomic():
        row = _reviewed(measure, by, at)
        if row.done_at is None:
            row.done_at, row.done_by, row.evidence = at, by, _evidence(evidence)
        elif evidence.strip():
            row.evidence = _evidence(evidence)
        if row.kind == Measure.Kind.PROTOCOL:
            row.proof = proof_of(row.post_mortem)
            if row.proof is None:
                raise Refused(
                    "A change of the protocol is verified by a version that is in force and would have prevented this "
                    "case. Try that version on this page first, or open the measure again.",
                    field="evidence",
                )
        row.verified_at, row.verified_by = at, by
        row.save(update_fields=["done_at", "done_by", "evidence", "proof", "verified_at", "verified_by"])
        _ended(row.post_mortem, at)
        return row


def reopen(measure: Measure, due_on: date | None, *, by: User, at: datetime) -> Measure:
    """At the review: it was not done, or does not hold; it has another day, and the review another one after it."""
    day = _day(due_on, at, "Choose the new day by which it is done")
    with transaction.atomic():
        row = _reviewed(measure, by, at)
        row.done_at = row.done_by = None
        row.evidence, row.due_on, row.reopened = "", day, row.reopened + 1
        row.save(update_fields=["done_at", "done_by", "evidence", "due_on", "reopened"])
        parent = row.post_mortem
        parent.review_on = max(parent.review_on or day, day)
        parent.save(update_fields=["review_on"])
        return row


def _day(due_on: date | None, at: datetime, ask: str) -> date:
    """A measure in two hundred years is none. Compared as a distance: a day near the end of the calendar has no year after it."""
    if due_on is None or due_on < day_of(at):
        raise Refused(f"{ask}; not one that has passed.", field="due_on")
    if due_on - day_of(at) > FURTHEST:
        raise Refused(f"{ask}: at most a year ahead.", field="due_on")
    return due_on


def _evidence(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > EVIDENCE_MOST:
        raise Refused(f"Say what shows that it is done, in at most {EVIDENCE_MOST} characters.", field="evidence")
    return text


def _held(measure: Measure) -> Measure:
    held(measure.post_mortem.case_id)
    rows = Measure.objects.select_for_update(of=("self",)).select_related("post_mortem", "post_mortem__case", "done_by")
    return rows.get(pk=measure.pk)


def _reviewed(measure: Measure, by: User, at: datetime) -> Measure:
    row = _held(measure)
    parent = row.post_mortem
    if not may_run(parent, by):
        raise Refused(NOT_YOU)
    if parent.review_on is None or parent.review_on > day_of(at):
        raise Refused("Measures are verified at the review, once the post-mortem is closed and its day has come.")
    if row.verified_at is not None:
        raise Refused("It has been verified already.")
    return row


def _ended(post_mortem: PostMortem, at: datetime) -> None:
    """The review is over when every measure is verified."""
    if not post_mortem.measures.filter(verified_at=None).exists():
        post_mortem.reviewed_at = at
        post_mortem.save(update_fields=["reviewed_at"])
