"""What a customer is owed where the plan failed them: one letter that says sorry and what we do instead, and their answer."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from cases.access import Viewer, supervisors
from cases.models import Case, Event, Message, User
from cases.models.case import CaseQuerySet
from escalation import verbs
from escalation.decision.staff import PROMISING
from escalation.reviews import day_of
from escalation.store import lock
from escalation.verbs import Refused
from escalation.verbs.acting import remark
from feedback.models import Alternative, Measure, PostMortem
from feedback.post_mortem_acts import IS_CLOSED, REVIEW_AFTER
from feedback.post_mortem_letters import answered_notice
from feedback.post_mortems import may_offer, newest_offer, offered_beside, owner_of, told_on, working_day

SORRY_MOST, WRONG_MOST, TEXT_MOST = 1000, 2000, 2000
#: Working days in which what the customer accepted is to be done.
DONE_IN = 2
Answer = Alternative.Answer
SAID = {
    Answer.ACCEPTED: "The customer accepted the alternative we offered.",
    Answer.DECLINED: "The customer declined the alternative we offered.",
}
#: What is to be done once they have answered.
TO_DO = {
    Answer.ACCEPTED: "Do what the customer accepted.",
    Answer.DECLINED: "The customer declined: offer something else, or tell them why nothing else is possible.",
}


def may_promise(case: Case) -> bool:
    """Whether the letter can name a time of its own; else the promise that runs stays and stands in it."""
    return case.state in PROMISING


def offer(
    post_mortem: PostMortem,
    *,
    sorry: str,
    wrong: str,
    alternative: str,
    next_at: datetime | None = None,
    by: User,
    at: datetime,
    form_key: str = "",
) -> Alternative:
    """Sends the one letter: the apology, what went wrong, what we can do instead, and when the customer next hears.

    It is the verb "apologise" on the case the customer reads: who may apologise may offer. Offering again takes the place
    of what was offered before.
    Raises Refused naming the field.
    """
    parts = {"sorry": (sorry, SORRY_MOST), "wrong": (wrong, WRONG_MOST), "alternative": (alternative, TEXT_MOST)}
    what = {"sorry": "Say sorry in your own words.", "wrong": "Say in plain words what went wrong.",
            "alternative": "Say what we can do instead, so that a yes or a no answers it."}  # fmt: skip
    for field, (text, most) in parts.items():
        if not text.strip():
            raise Refused(what[field], field=field)
        if len(text.strip()) > most:
            raise Refused(f"Too long: at most {most} characters.", field=field)
    whole = "\n\n".join(text.strip() for text, _ in parts.values())
    with transaction.atomic():
        case = _apologised(post_mortem, whole, next_at, by=by, at=at, form_key=form_key)
        row = PostMortem.objects.select_for_update(of=("self",)).get(pk=post_mortem.pk)
        said = Event.objects.get(case=case, seq=case.event_seq)
        told = said.data.get("message") if said.kind == "apologised" else None
        # Sent again after somebody apologised beside it, the last letter is not this one.
        message = Message.objects.filter(pk=told["id"], text=whole).first() if told else None
        old = newest_offer(row) if message is None else Alternative.objects.filter(message=message).first()
        if old is not None or message is None:
            return _again(old)  # the same form, sent twice
        if not may_offer(row):
            raise Refused(IS_CLOSED)
        beside = offered_beside(row)
        if beside is not None and not beside.answer:
            raise Refused(
                f"The customer reads both cases on one page, and has not answered yet what was offered for {beside.post_mortem.case}. "
                "That offer counts for both. Nothing was sent."
            )
        return Alternative.objects.create(
            post_mortem=row, case=case, message=message, text=alternative.strip(),
            by=by, at=said.occurred_at, promised_at=case.promise_at,
        )  # fmt: skip


def _again(old: Alternative | None) -> Alternative:
    if old is None:
        raise Refused("This form was sent already, for something else. Open the page anew.")
    return old


def _apologised(
    post_mortem: PostMortem, text: str, next_at: datetime | None, *, by: User, at: datetime, form_key: str
) -> Case:
    try:
        return verbs.apologise(
            told_on(post_mortem.case).pk, text=text, next_at=next_at, by=by, at=at, form_key=form_key
        )
    except Refused as why:
        # The verb knows one text; here it is three, and what is still to be filled in may be in any of them.
        raise Refused(str(why), field="next_at" if why.field == "next_at" else "", latest=why.latest) from None


def answer(case: Case, word: str, *, seen: int, by: User, at: datetime) -> Alternative:
    """The customer accepts or declines the newest offer; `seen` is the one that was on their page. Raises Refused.

    It stands on the case as a note of what they did, whoever has the post-mortem is told, and what they accepted is
    something to do. The same answer twice is one.
    """
    if word not in Answer.values:
        raise Refused(_("Choose yes or no."), field="answer")
    with transaction.atomic():
        turn = lock(case.pk, at)
        if by.pk != turn.case.customer_id:
            raise Refused(_("Only the customer can do this."))
        row = newest(turn.case)
        if row is None or row.pk != seen:
            raise Refused(_("We have made you another offer meanwhile. Please read it first."))
        if row.answer == word:
            return row
        if row.answer:
            raise Refused(_("You have answered already. To change your answer, write us a message."))
        remark(turn, SAID[Answer(word)], by=by, at=at)
        row.answer, row.answered_at = word, at
        row.save(update_fields=["answer", "answered_at"])
        _follow_up(row, turn.case, at)
    return row


def _follow_up(row: Alternative, case: Case, at: datetime) -> None:
    """Tells whose post-mortem it is, and notes what has to be done: what they accepted, or, once it is closed, something else.

    A post-mortem whose owner has left becomes that of who is told: the letter leads to it.
    """
    owner = row.post_mortem.owner
    if owner is None or not Viewer(owner).works:
        # Somebody who is away is better than nobody.
        owner = owner_of(case, at) or supervisors().order_by("pk").first()
        PostMortem.objects.filter(pk=row.post_mortem_id).update(owner=owner)
    if owner is None:
        return
    answered_notice(row, owner, at=at)
    if row.answer == Answer.DECLINED and row.post_mortem.is_open:
        return
    if row.answer == Answer.DECLINED:
        # Nobody writes on a closed one: who may offer something else has to hear of it.
        for one in supervisors().order_by("pk"):
            answered_notice(row, one, at=at)
    Measure.objects.create(
        post_mortem=row.post_mortem, kind=Measure.Kind.CUSTOMER, text=TO_DO[Answer(row.answer)], owner=owner,
        due_on=working_day(day_of(at), DONE_IN, at), at=at,
    )  # fmt: skip
    if row.post_mortem.reviewed_at is not None:
        # Who answers after the review has its own: what they accepted is verified, too.
        PostMortem.objects.filter(pk=row.post_mortem_id).update(reviewed_at=None, review_on=day_of(at) + REVIEW_AFTER)


def newest(case: Case) -> Alternative | None:
    """What was offered last on a case; what was offered before does not stand any more."""
    found = Alternative.objects.filter(case=case).select_related("message", "post_mortem", "post_mortem__owner", "by")
    return found.order_by("-at", "-pk").first()


def with_offer(cases: CaseQuerySet) -> CaseQuerySet:
    """The cases with `offer_number` and `offer_answer` of the newest offer (None: there is none). No query more."""
    rows = Alternative.objects.filter(case=OuterRef("pk")).order_by("-at", "-pk")
    return cases.annotate(
        offer_number=Subquery(rows.values("pk")[:1]), offer_answer=Subquery(rows.values("answer")[:1])
    )
