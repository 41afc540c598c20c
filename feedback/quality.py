"""Quality reviews: a lead scores a case of the sample, the colleague reads it and may answer once (R084).

What somebody's review says is seen by them, by who leads a team of theirs, and by supervisors; by nobody else. Nobody
reviews a case of their own, or one on which they did something themselves.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cases.models import Event, User
from escalation.letters import to_staff
from escalation.mentions import may_see
from escalation.models import Notice
from escalation.verbs import Refused
from feedback import rubric
from feedback.intervals import Share
from feedback.leads import led_by
from feedback.models import QualityReview
from feedback.quality_letters import ANSWERED, SCORED
from feedback.quality_reading import SUPERVISE, readable
from feedback.retros import CARRIED

WORDS_MOST = 1000  # characters
NOT_YOURS = "This case was yours, or you did something on it. Somebody else reviews it."


def to_score(user: User) -> QuerySet[QualityReview]:
    """What somebody may score: not scored yet, of people they lead or supervise, on cases they did nothing on."""
    # Asked of the few that wait, not of everything somebody ever did.
    acted = Event.objects.filter(case=OuterRef("case"), actor=user, kind__in=CARRIED)
    return readable(user).filter(~Exists(acted), reviewed_at=None).exclude(person=user)


def to_answer(user: User) -> QuerySet[QualityReview]:
    """Reviews of somebody's own work that they have not answered; they need not."""
    return readable(user).filter(person=user, replied_at=None)


def why_not(review: QualityReview, user: User) -> str:
    """Why somebody cannot score this one, in a sentence; empty when they can."""
    if review.reviewed_at:
        return f"{review.reviewer} has scored this already."
    carried = Event.objects.filter(case=review.case_id, actor=user, kind__in=CARRIED).exists()
    if review.person_id == user.pk or carried:
        return NOT_YOURS
    if not (user.has_perm(SUPERVISE) or led_by(user).filter(user=review.person_id).exists()):
        return "Only who leads this colleague and supervisors review their work."
    return "" if may_see(user, review.case) else "You may not see this case."


def score(review: QualityReview, scores: rubric.Scores, words: str, *, by: User, at: datetime) -> QualityReview:
    """The points of a lead, once; the colleague is owed a letter. Raises Refused naming the field.

    `scores` has every criterion of the rubric: 0, 1 or 2, or None where it does not apply.
    """
    words = words.strip()
    if key := rubric.wrong(scores):
        raise Refused("Choose what fits best, or that it does not apply.", field=key)
    if not rubric.points(scores).possible:
        raise Refused("Give points on one criterion at least.", field=rubric.KEYS[0])
    if not words or len(words) > WORDS_MOST:
        raise Refused(
            f"Say what to keep and what to do differently, in at most {WORDS_MOST} characters.", field="words"
        )
    with transaction.atomic():
        held = QualityReview.objects.select_for_update().get(pk=review.pk)
        if why := why_not(held, by):
            raise Refused(why)
        held.scores = {key: scores[key] for key in rubric.KEYS}
        held.rubric, held.words, held.reviewer, held.reviewed_at = rubric.VERSION, words, by, at
        held.save(update_fields=["scores", "rubric", "words", "reviewer", "reviewed_at"])
        _owe(SCORED, held, held.person, at)
    return held


def reply(review: QualityReview, agrees: bool, words: str, *, by: User, at: datetime) -> QualityReview:
    """What the colleague says to it, once; who scored is owed a letter. Raises Refused naming the field."""
    words = words.strip()
    if not agrees and not words:
        raise Refused("Say what you see differently.", field="reply")
    if len(words) > WORDS_MOST:
        raise Refused(f"Too long: {len(words)} characters, at most {WORDS_MOST}.", field="reply")
    with transaction.atomic():
        held = QualityReview.objects.select_for_update().get(pk=review.pk)
        if held.person_id != by.pk or held.reviewer is None:
            raise Refused("Only the colleague whose work was reviewed can answer.")
        if held.replied_at:
            raise Refused("You have answered this already. An answer stays as it is.")
        held.agrees, held.reply, held.replied_at = agrees, words, at
        held.save(update_fields=["agrees", "reply", "replied_at"])
        _owe(ANSWERED, held, held.reviewer, at)
    return held


def agreement(user: User) -> Share:
    """Of the answered reviews somebody may look at, how many the colleague agrees with."""
    found = readable(user).order_by().aggregate(
        n=Count("pk", filter=Q(replied_at__isnull=False)), hits=Count("pk", filter=Q(agrees=True))
    )  # fmt: skip
    return Share(found["hits"], found["n"])


def _owe(kind: str, review: QualityReview, person: User, at: datetime) -> None:
    owed = to_staff(kind, str(review.pk), person, {"review": review.pk}, at)
    Notice.objects.bulk_create([owed], ignore_conflicts=True)
