"""The two-minute retro of a case that was passed up: who owes one, what they say, and how many answer (R069).

It is owed once the case is settled: the answer was accepted, or left until its time was over. Then it is fresh; the formal
end of a case comes two weeks later. Owed by whoever had it at the end and by everybody who carried it on a level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, Q, QuerySet

from cases.access import Viewer, workers
from cases.lifecycle import State
from cases.models import Case, Event, TouchedCase, User
from escalation.mentions import may_see
from escalation.models import Heartbeat
from escalation.steps import Step
from escalation.verbs import Refused
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import Share
from feedback.leads import led_by
from feedback.models import Retro
from feedback.periods import Period

#: The states of a case whose work is over, and the acts by which somebody carried it; a note or a reminder is none.
SETTLED = (State.CONFIRMED, State.FEEDBACK, State.CLOSED)
CARRIED = (
    "assessed", "escalated", "emergency", "kept", "reviewed", "acknowledged", "updated", "asked_customer",
    "waits_for_partner", "answered", "handed_over", "returned_down", "helped_back", "supervisor_answered", "apologised",
)  # fmt: skip
WORDS_MOST, WHY_MOST = 1000, 200  # characters
#: How long one is owed: later nobody remembers.
OWED_FOR = timedelta(days=14)
ROLE, BEAT = "retros", "beat"
#: How often settled cases are looked for; from how long before the last look, so that a late commit is not missed.
EVERY, AGAIN, FIRST = timedelta(minutes=10), timedelta(days=1), timedelta(days=7)
OVER = "The time for this retro is over. What you want to say fits into a lesson."

# Asking -------------------------------------------------------------------------------------------------------


def carriers(cases: Iterable[Case]) -> dict[int, list[User]]:
    """Who had each case at the end and who carried it on a level, by case: colleagues who still work here."""
    cases = list(cases)
    acted = Event.objects.filter(case__in=cases, kind__in=CARRIED, role=Event.Role.STAFF, actor__isnull=False)
    ids: dict[int, set[int]] = defaultdict(set)
    for of, actor in acted.order_by().values_list("case", "actor").distinct():
        ids[of].add(actor)
    for case in cases:
        if case.owner_id:
            ids[case.pk].add(case.owner_id)
    wanted = {pk for some in ids.values() for pk in some}
    people = {one.pk: one for one in workers().filter(pk__in=wanted)}
    return {
        case.pk: [people[pk] for pk in sorted(ids[case.pk]) if pk in people and pk != case.customer_id]
        for case in cases
    }


def due(at: datetime) -> QuerySet:
    """The beat's own row, while settled cases have not been looked for lately."""
    lately = Heartbeat.objects.filter(role=ROLE, last_loop__gt=at - EVERY)
    return Heartbeat.objects.filter(role=BEAT).filter(~Exists(lately))


def ask(at: datetime) -> int:
    """Makes the retros of cases settled since the last look; each person is asked once a case. Done with 0 left."""
    last = Heartbeat.objects.filter(role=ROLE).first()
    since = (last.last_loop - AGAIN) if last and last.last_loop else at - FIRST
    settled = Case.objects.filter(
        resolved_at__gt=since, resolved_at__lte=at, state__in=SETTLED, escalated_at__isnull=False, is_history=False
    )
    cases = list(settled)
    people = carriers(cases)
    asked = set(Retro.objects.filter(case__in=cases).values_list("case", "person"))
    rows = [
        Retro(case=case, person=person, asked_at=at)
        for case in cases
        for person in people[case.pk]
        if (case.pk, person.pk) not in asked and may_see(person, case)
    ]
    with transaction.atomic():
        Retro.objects.bulk_create(rows, ignore_conflicts=True)
        TouchedCase.note(sorted({row.case_id for row in rows}), at)
        Heartbeat.objects.update_or_create(role=ROLE, defaults={"last_loop": at, "last_success": at})
    return 0


def owed(person: User, *, at: datetime) -> QuerySet[Retro]:
    """What the person may still answer, about cases they see, the oldest first."""
    mine = Retro.objects.filter(person=person, answered_at=None, skipped_at=None, asked_at__gt=at - OWED_FOR)
    seen = Case.objects.visible_to(Viewer(person))
    return mine.filter(case__in=seen).select_related("case").order_by("asked_at", "pk")


# Answering ----------------------------------------------------------------------------------------------------


def answer(retro: Retro, *, level: str, worked: str = "", blocked: str = "", by: User, at: datetime) -> Retro:
    """What somebody says about their case. Raises Refused naming the field."""
    worked, blocked = worked.strip(), blocked.strip()
    if level not in Retro.Level.values:
        raise Refused("Choose whether the level was right.", field="level")
    for name, words in (("worked", worked), ("blocked", blocked)):
        if len(words) > WORDS_MOST:
            raise Refused(f"Too long: {len(words)} characters, at most {WORDS_MOST}.", field=name)
    with transaction.atomic():
        held = _held(retro, by, at)
        held.level, held.worked, held.blocked, held.answered_at = level, worked, blocked, at
        held.save(update_fields=["level", "worked", "blocked", "answered_at"])
        TouchedCase.note([held.case_id], at)  # figures count who answers
    return held


def skip(retro: Retro, why: str, *, by: User, at: datetime) -> Retro:
    """Somebody has nothing to say, and says why. Raises Refused."""
    why = " ".join(why.split())
    if not why or len(why) > WHY_MOST:
        raise Refused(f"Say in a few words why you skip it, in at most {WHY_MOST} characters.", field="skipped_why")
    with transaction.atomic():
        held = _held(retro, by, at)
        held.skipped_why, held.skipped_at = why, at
        held.save(update_fields=["skipped_why", "skipped_at"])
    return held


def _held(retro: Retro, by: User, at: datetime) -> Retro:
    held = Retro.objects.select_for_update().get(pk=retro.pk)
    if held.person_id != by.pk:
        raise Refused("Only who was asked can answer this.")
    if held.answered_at:
        raise Refused("You have answered this already.")
    if held.skipped_at:
        raise Refused("You have skipped this already.")
    if at >= held.asked_at + OWED_FOR:
        raise Refused(OVER)
    return held


# Reading ------------------------------------------------------------------------------------------------------


def readable(user: User) -> QuerySet[Retro]:
    """The answers somebody may read: their own, those of the people they lead, and all for who supervises."""
    rows = Retro.objects.filter(answered_at__isnull=False, case__in=Case.objects.visible_to(Viewer(user)))
    if not user.has_perm("cases.supervise"):
        rows = rows.filter(Q(person=user) | Q(person__in=led_by(user)))
    return rows.select_related("case", "person").order_by("-answered_at", "-pk")


def response(period: Period, scope: Scope = EVERYTHING) -> Share:
    """Asked in the period and answered since ÷ asked, as for customers; skipped counts as not answered."""
    rows = Retro.objects.filter(within("asked_at", period), scope.on("case__"))
    found = rows.aggregate(n=Count("pk"), hits=Count("pk", filter=Q(answered_at__isnull=False)))
    return Share(found["hits"], found["n"])


def levels(period: Period, scope: Scope = EVERYTHING) -> dict[str, int]:
    """How many said what of the level, of the answers to what was asked in the period, by the keys of Retro.Level."""
    rows = Retro.objects.filter(within("asked_at", period), scope.on("case__"), answered_at__isnull=False)
    counted = dict(rows.order_by().values_list("level").annotate(n=Count("pk")))
    return {level: counted.get(level, 0) for level in Retro.Level.values}


STEPS = (Step("retros", due, ask),)
