"""Post-mortems open themselves from the log: which cases need one, whose it is, until when. docs/postmortems.md.

What makes facts leaves a line for each case that may need one; a step of the beat takes the lines, reads the log of
each case under its lock, and opens or joins. Every failure of the plan ends in exactly one, whoever looks how often.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from cases.access import Viewer, supervisors, workers
from cases.lifecycle import State
from cases.models import Case, Event, TouchedCase, User
from escalation.book import NoProtocol, rules_in_force
from escalation.directory import Directory
from escalation.models import Notice
from escalation.protocol import MissingCell
from escalation.reviews import day_of
from escalation.steps import Step
from feedback.models import Alternative, CaseFact, Ground, Measure, PostMortem, TroubledCase
from feedback.post_mortem_letters import overdue_notices

log = logging.getLogger("milepost.postmortems")
RUN = "feedback.run_post_mortems"
BATCH = 100
#: When a case that could not be looked at is tried again.
AGAIN = timedelta(hours=1)
#: From this level on, so many reopenings, broken promises and refusals.
HIGH_LEVEL, TWICE = 4, 2
CRITICAL = 1
#: A critical case is looked back at once it has an answer or has ended with one.
OVER = (State.ANSWERED, State.CONFIRMED, State.FEEDBACK, State.CLOSED)
FAR = 60  # days: no calendar is shut for longer than we look
Cause = Ground.Cause


# Which cases need one -----------------------------------------------------------------------------------------


def is_troubled(fact: CaseFact) -> bool:
    """Whether the facts of a case leave room for a post-mortem; the log says whether there is a new one."""
    return bool(
        fact.plan_failures
        or fact.rejections >= TWICE
        or fact.promises_broken >= TWICE
        or fact.level_top >= HIGH_LEVEL
        or fact.reopenings >= TWICE
        or (fact.severity_worst == CRITICAL and fact.replies)
    )


def leave_lines(facts: Collection[CaseFact]) -> None:
    """A line for each troubled case; inside the transaction that made the facts."""
    TroubledCase.objects.bulk_create([TroubledCase(case_id=fact.pk) for fact in facts if is_troubled(fact)])


def grounds_of(events: Sequence[Event], told: Sequence[int]) -> Iterator[tuple[str, int]]:
    """(cause, event number) of everything in a case's log that asks for a post-mortem.

    `told` are the events after which the customer was told of a broken promise, in their order.
    """
    yield from ((Cause.EXHAUSTED, event.seq) for event in events if event.data.get("plan_failed"))
    yield from ((Cause.REJECTED, seq) for seq in _of(events, "rejected")[TWICE - 1 :])
    yield from ((Cause.BROKEN_TWICE, seq) for seq in told[TWICE - 1 : TWICE])
    yield from ((Cause.REOPENED, seq) for seq in _of(events, "reopened")[TWICE - 1 : TWICE])
    high = [event.seq for event in events if event.data["tier"] >= HIGH_LEVEL]
    yield from ((Cause.HIGH_LEVEL, seq) for seq in high[:1])
    over = [event.seq for event in events if event.data["severity"] == CRITICAL and event.data["to"] in OVER]
    yield from ((Cause.CRITICAL, seq) for seq in over[:1])


def _of(events: Sequence[Event], kind: str) -> list[int]:
    return [event.seq for event in events if event.kind == kind]


# Opening ------------------------------------------------------------------------------------------------------


def look_at(case_id: int, *, at: datetime) -> PostMortem | None:
    """Opens a case's post-mortem, or adds to the open one, for what its log says and no row does; None: nothing new."""
    with transaction.atomic():
        case = held(case_id)
        if case is None or case.is_history:
            return None
        events = list(Event.objects.filter(case=case).order_by("seq"))
        letters = Notice.objects.filter(case=case, kind="promise_broken", to_customer=True)
        told = sorted(set(letters.order_by().values_list("event_seq", flat=True)))
        known = set(Ground.objects.filter(case=case).values_list("cause", "seq"))
        fresh = [one for one in grounds_of(events, told) if one not in known]
        if not fresh:
            return None
        return add_grounds(case, fresh, at=at)


def held(case_id: int) -> Case | None:
    """The case under its lock, the first and only one; None for a drill or one that is gone."""
    return Case.objects.select_for_update(of=("self",)).filter(pk=case_id).first()


def add_grounds(
    case: Case, grounds: Collection[tuple[str, int]], *, at: datetime, by: User | None = None, reason: str = ""
) -> PostMortem:
    """Adds `grounds` to the open post-mortem of a locked case, opening one where there is none."""
    found = PostMortem.objects.filter(case=case, closed_at=None).first()
    if found is None:
        due = working_day(day_of(at), settings.POST_MORTEM_DAYS, at)
        found = PostMortem.objects.create(case=case, opened_at=at, owner=owner_of(case, at), due_on=due)
    rows = [
        Ground(post_mortem=found, case=case, cause=cause, seq=seq, at=at, by=by, reason=reason)
        for cause, seq in grounds
    ]
    Ground.objects.bulk_create(rows)
    TouchedCase.note([case.pk], at)  # its facts count it
    return found


def owner_of(case: Case, at: datetime) -> User | None:
    """The lead of the team that has the case, or who stands in for them; else the first supervisor who is here."""
    roster = Directory.load(at).roster
    lead = roster.lead(case.team.slug, at) if case.team else None
    if lead is not None:
        found = User.objects.filter(pk=lead).first()
        if found is not None and Viewer(found).works:
            return found
    here = [one for one in supervisors().order_by("pk") if not roster.is_away(one.pk, at)]
    return here[0] if here else None


def working_day(start: date, days: int, at: datetime) -> date:
    """The day `days` working days after `start`, by the calendar of the protocol in force; by the week where there is none."""
    found = start
    while days > 0:
        found += timedelta(days=1)
        days -= (found - start).days > FAR or is_working_day(found, at)
    return found


def is_working_day(day: date, at: datetime) -> bool:
    """Whether the company works at any hour of a day, by the calendar in force at `at`."""
    try:
        rules = rules_in_force()
        calendar = rules.calendar(rules.protocol.windows.calendar, at)
    except (NoProtocol, MissingCell):
        return day.weekday() < 5
    zone = ZoneInfo(settings.COMPANY_TIME_ZONE)
    start, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return calendar.worked(start, end) > 0


# What there is ------------------------------------------------------------------------------------------------


def seen_by(viewer: Viewer) -> QuerySet[PostMortem]:
    """The post-mortems of the cases somebody may see."""
    seen = Case.objects.visible_to(viewer).values("pk")
    return PostMortem.objects.filter(case__in=seen).select_related("case", "case__category", "owner")


def open_ones(viewer: Viewer) -> QuerySet[PostMortem]:
    """Those that are not closed, the one due first first."""
    return seen_by(viewer).filter(closed_at=None).order_by("due_on", "pk")


def closed_ones(viewer: Viewer) -> QuerySet[PostMortem]:
    """Those that are closed: the ones still to be reviewed first, by their day, then the newest."""
    return seen_by(viewer).exclude(closed_at=None).order_by("reviewed_at", "review_on", "-closed_at", "-pk")


def looks_back_on(person: User) -> Q:
    """The cases somebody has to look back at, or has a measure of, as a condition on Case: they must be able to read them."""
    mine = PostMortem.objects.filter(owner=person, reviewed_at=None)
    to_do = Measure.objects.filter(owner=person, verified_at=None)
    return Q(pk__in=mine.order_by().values("case")) | Q(pk__in=to_do.order_by().values("post_mortem__case"))


def may_run(post_mortem: PostMortem, user: User) -> bool:
    """Whether somebody writes and closes it: who may run them all, and whose it is."""
    return user.has_perm(RUN) or (post_mortem.owner_id == user.pk and Viewer(user).works)


def is_overdue(post_mortem: PostMortem, at: datetime) -> bool:
    """Open though its day is over."""
    return post_mortem.is_open and post_mortem.due_on < day_of(at)


def review_due(post_mortem: PostMortem, at: datetime) -> bool:
    """Closed long enough that its measures are looked at again, and not looked at yet."""
    return post_mortem.review_on is not None and post_mortem.reviewed_at is None and post_mortem.review_on <= day_of(at)


def measures_of(user: User, at: datetime) -> QuerySet[Measure]:
    """What somebody has to do and has not done though its day is over."""
    late = Measure.objects.filter(owner=user, done_at=None, due_on__lt=day_of(at))
    return late.select_related("post_mortem", "post_mortem__case", "owner").order_by("due_on", "pk")


def has_left(person: User | None) -> bool:
    """Whether what is theirs is nobody's: they work on cases no more."""
    return person is not None and not Viewer(person).works


def nobodys_measures(viewer: Viewer) -> QuerySet[Measure]:
    """What is not done and whose owner has left, on the cases somebody may see: it is for supervisors. By their days."""
    seen = Case.objects.visible_to(viewer).order_by().values("pk")
    left = Measure.objects.filter(done_at=None, post_mortem__case__in=seen).exclude(
        owner__in=workers().order_by().values("pk")
    )
    return left.select_related("post_mortem", "post_mortem__case", "owner").order_by("due_on", "pk")


def newest_offer(post_mortem: PostMortem) -> Alternative | None:
    """The last alternative that was offered."""
    return post_mortem.alternatives.select_related("message", "by").order_by("-at", "-pk").first()


def told_on(case: Case) -> Case:
    """The case whose page the customer reads now: where this one was joined to another, that one."""
    while case.state == State.MERGED:
        joined = Event.objects.filter(case=case, kind="merged").latest("seq")
        case = Case.objects.get(reference=joined.data["args"]["into"])
    return case


def offered_beside(post_mortem: PostMortem) -> Alternative | None:
    """What another post-mortem has offered since this one opened, on the page the customer reads of both cases.

    Two cases that were joined are one to the customer: one apology and one alternative are owed for both.
    """
    rows = Alternative.objects.filter(case=told_on(post_mortem.case), at__gte=post_mortem.opened_at)
    others = rows.exclude(post_mortem=post_mortem).exclude(post_mortem__case=post_mortem.case)
    return others.select_related("post_mortem__case", "by").order_by("-at", "-pk").first()


def may_offer(post_mortem: PostMortem) -> bool:
    """Whether something may be offered: while it is open, and once it is closed when the customer declined."""
    newest = newest_offer(post_mortem)
    return post_mortem.is_open or (newest is not None and newest.answer == Alternative.Answer.DECLINED)


# Steps of the beat --------------------------------------------------------------------------------------------


def lines(at: datetime) -> QuerySet[TroubledCase]:
    """Cases to look at, and those that could not be looked at an hour ago."""
    return TroubledCase.objects.filter(Q(failed_at=None) | Q(failed_at__lte=at - AGAIN))


def take_lines(at: datetime) -> int:
    """Looks at a batch of cases, each for itself, and takes their lines away; how many lines.

    The lines are read before the log: what happens from now on leaves a line of its own. A case that cannot be looked
    at holds up nobody: one line of it stays, the console names it to supervisors, and it is tried again.
    """
    found = list(lines(at).order_by("pk").values_list("pk", "case")[:BATCH])
    first = {case: pk for pk, case in reversed(found)}
    failed: list[int] = []
    for case, line in first.items():
        try:
            look_at(case, at=at)
        except Exception as why:
            log.exception("The post-mortem of case %s cannot be opened.", case)
            # Only what kind of error: its words may hold those of a customer.
            error = type(why).__name__[:80]
            TroubledCase.objects.filter(pk=line).update(failed_at=at, error=error)
            failed.append(line)
    TroubledCase.objects.filter(pk__in={pk for pk, _ in found} - set(failed)).delete()
    mended = [case for case, line in first.items() if line not in failed]
    TroubledCase.objects.filter(case__in=mended, failed_at__isnull=False).delete()
    return len(found)


def not_opened(viewer: Viewer) -> QuerySet[TroubledCase]:
    """Of the cases somebody may see, those whose post-mortem could not be opened, the one that failed last first."""
    seen = Case.objects.visible_to(viewer).order_by().values("pk")
    failed = TroubledCase.objects.filter(failed_at__isnull=False, case__in=seen)
    return failed.select_related("case").order_by("-failed_at", "pk")


def untold(at: datetime) -> QuerySet[PostMortem]:
    """Overdue ones nobody was told of."""
    return PostMortem.objects.filter(Q(closed_at=None, told_at=None), due_on__lt=day_of(at))


def tell(at: datetime) -> int:
    """Owes one letter for each, in the transaction that notes it; two beats at once owe one."""
    with transaction.atomic():
        found = list(untold(at).select_for_update(of=("self",)).order_by("pk")[:BATCH])
        for row in found:
            # Of one whose owner has left, supervisors read as of one that is nobody's.
            people = [row.owner] if row.owner and Viewer(row.owner).works else list(supervisors().order_by("pk"))
            overdue_notices(row, people, at=at)
            row.told_at = at
            row.save(update_fields=["told_at"])
    return len(found)


STEPS: Sequence[Step] = (
    Step("post-mortems", lines, take_lines),
    Step("overdue post-mortems", untold, tell),
)
