"""Plays a fortnight: people act at working times, the engine runs at the instants its clocks fall due.

Every row comes from a verb or from the engine; this module only decides who does what when. The same seed
and the same `until` give the same story.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Min

from cases.lifecycle import State
from cases.models import Case, Category, Product, User
from escalation import outbox, sweep, verbs
from escalation.advice import MUST, advice_for, is_kept
from escalation.book import rules_in_force
from escalation.outlook import next_update
from escalation.store import peek
from escalation.worktime import Calendar
from feedback.surveys import add_to_answer, answer_survey
from portal.demo import problems as p
from portal.demo import replies, solving
from portal.demo.people import Cast

S = State
Act = Callable[[datetime], object]
TICK = timedelta(seconds=1)
STAFF = {
    S.NEW: "assess", S.REVIEWED: "acknowledge", S.ESCALATED: "review", S.PASSED: "acknowledge",
    S.ACKNOWLEDGED: "work", S.WORKING: "work", S.REOPENED: "work", S.WAITING_PARTNER: "work",
}  # fmt: skip


class Fortnight:
    """The story's stage: a queue of acts in the order of their instants, and the engine in between."""

    def __init__(self, cast: Cast, until: datetime, *, seed: int, backend: BaseEmailBackend | None = None) -> None:
        self.cast, self.until, self.backend = cast, until, backend
        self.random = random.Random(seed)
        self.acts: list[tuple[datetime, int, Act]] = []
        self.count = 0
        self.office: Calendar = rules_in_force().calendar("office", until)
        self.called: set[tuple[int, int]] = set()
        self.scripted: set[int] = set()  # cases whose people follow a script
        self.forgotten: set[int] = set()  # cases somebody lets slip, so that promises break

    def at(self, when: datetime, act: Act) -> None:
        """Plans an act; what would lie beyond the present does not happen."""
        if when < self.until:
            self.count += 1
            heapq.heappush(self.acts, (when, self.count, act))

    def worked_ago(self, seconds: int) -> datetime:
        """The latest instant since which so much working time has passed by now, to the minute."""
        low, high = self.until - timedelta(days=14), self.until
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) / 2
            low, high = (middle, high) if self.office.worked(middle, self.until) >= seconds else (low, middle)
        return low

    def look_soon(self, case_id: int, now: datetime, minutes: float) -> None:
        """Plans that staff look at a case: in working time, or at any hour when it is critical."""
        self.soon(now, minutes, lambda at: self.staff_looks(case_id, at), office=not self.urgent(case_id))

    def soon(self, now: datetime, minutes: float, act: Act, *, office: bool = True) -> None:
        """Plans an act about `minutes` from now, for staff inside working time."""
        when = now + timedelta(minutes=minutes * self.random.uniform(0.7, 1.3))
        self.at(self.office.next_open(when) + timedelta(minutes=self.random.uniform(0, 9)) if office else when, act)

    def play(self, progress: Callable[[datetime], None] = lambda now: None) -> None:
        """Plays everything planned, in order, with the engine's rounds where its clocks fall due."""
        while self.acts:
            # One round at a time: it may wake people who act before the next thing that is planned.
            if self.engine_round(self.acts[0][0]):
                continue
            when, _, act = heapq.heappop(self.acts)
            act(when)
            outbox_round(when, self.backend)
            progress(when)
        while self.engine_round(self.until):
            pass
        outbox_round(self.until, self.backend)

    def engine_round(self, until: datetime) -> bool:
        """Runs the engine a second after the next instant something falls due; False when nothing does by `until`."""
        due = Case.objects.aggregate(first=Min("wake_at"))["first"]
        if due is None or due + TICK > until:
            return False
        while sweep.sweep_batch(due + TICK):
            pass
        outbox_round(due + TICK, self.backend)
        self.call_next_level(due + TICK)
        return True

    def call_next_level(self, now: datetime) -> None:
        """The people a case was passed to read their mail and look at it."""
        for case_id, seq in Case.objects.filter(state=S.ESCALATED).values_list("pk", "event_seq"):
            if (case_id, seq) not in self.called and case_id not in self.scripted:
                self.called.add((case_id, seq))
                self.look_soon(case_id, now, 12)

    def urgent(self, case_id: int) -> bool:
        """Critical cases are looked after round the clock."""
        return Case.objects.filter(pk=case_id, severity=1).exists()

    # -- customers ------------------------------------------------------------------------------------------

    def file(self, when: datetime, customer: User, topic: str, which: int, product: Product | None = None) -> None:
        """A customer files one of the problems of a topic."""
        title, text, wish, impact = p.PROBLEMS[topic][which]
        told = verbs.Told(title, text, Category.objects.get(slug=topic), impact, wish, product)

        def act(now: datetime) -> None:
            case = verbs.file_case(told, by=customer, at=now)
            self.look_soon(case.pk, now, self.random.choice((4, 8, 15, 25)))

        self.at(when, act)

    def customer_answers(self, case_id: int, now: datetime) -> None:
        case = Case.objects.get(pk=case_id)
        if case.state == S.WAITING_CUSTOMER:
            verbs.reply(case_id, text=self.random.choice(p.REPLIES[:3]), by=case.customer, at=now)
            self.look_soon(case_id, now, 45)

    def customer_judges(self, case_id: int, now: datetime) -> None:
        """Yes, no, or silence after an answer; then perhaps a rating."""
        case = Case.objects.get(pk=case_id)
        if case.state != S.ANSWERED:
            return
        luck = self.random.random()
        if luck < 0.14 and case.rejections == 0:
            verbs.reject(case_id, text="It is not fixed. The same thing happened again.", by=case.customer, at=now)
            self.look_soon(case_id, now, 40)
        elif luck < 0.82:
            verbs.accept(case_id, by=case.customer, at=now)
            if self.random.random() < 0.75:
                self.soon(now, self.random.choice((1, 90, 600)), lambda at: self.rate(case_id, at), office=False)

    def rate(self, case_id: int, now: datetime) -> None:
        """An honest score: broken promises and long roads cost stars."""
        case = Case.objects.get(pk=case_id)
        if case.state not in (S.CONFIRMED, S.FEEDBACK, S.CLOSED):
            return
        broken = 2 * case.promises.filter(status="broken").count()
        score = max(1, min(5, 5 - broken - (case.rejections > 0) - (self.random.random() < 0.3)))
        comment = self.random.choice(p.COMMENTS[score]) if self.random.random() < 0.6 else ""
        fixed = "yes" if score > 3 else "partly" if score > 1 else "no"
        answer_survey(
            case, satisfaction=score, fixed=fixed, heard="yes" if score > 2 else "no", comment=comment, at=now
        )
        # Two of three who write let us pass their words on.
        add_to_answer(case, effort=score, may_quote=bool(case.pk % 3) if comment else None, at=now)

    def wants_supervisor(self, case_id: int, now: datetime) -> None:
        case = Case.objects.get(pk=case_id)
        if case.is_open and "supervisor" not in case.clocks.filter(outcome=None).values_list("kind", flat=True):
            verbs.ask_supervisor(
                case_id, reason="slow", text="I would like somebody to look at this.", by=case.customer, at=now
            )
            self.soon(now, 50, lambda at: self.supervisor_answers(case_id, at))

    def supervisor_answers(self, case_id: int, now: datetime) -> None:
        granted = self.random.random() < 0.5
        words = "I have read everything. " + (
            "I pass it to the next level now." if granted else "Tom has what he needs and I look in every day."
        )
        self.attempt(
            lambda: verbs.answer_supervisor(case_id, text=words, granted=granted, by=self.cast.supervisors[0], at=now)
        )
        self.look_soon(case_id, now, 30)

    # -- staff ----------------------------------------------------------------------------------------------

    def person(self, case: Case) -> User:
        """Who of the case's team acts: the owner, else somebody of the team."""
        slug = case.team.slug if case.team else "service-representatives"
        return case.owner or self.random.choice(self.cast.members[slug])

    def staff_looks(self, case_id: int, now: datetime) -> None:
        """Somebody of the team opens the case and does what its state asks for."""
        case = Case.objects.select_related("team", "owner", "category", "customer").get(pk=case_id)
        if case_id in self.forgotten and case.state in (S.PASSED, S.WORKING, S.ACKNOWLEDGED):
            self.forgotten.discard(case_id)
            self.look_soon(case_id, now, 60 * 30)
            return
        act = STAFF.get(case.state)
        if act:
            self.attempt(lambda: getattr(self, act)(case, self.person(case), now))

    def attempt(self, act: Callable[[], object]) -> None:
        """People too are told "not now" at times; the story goes on."""
        try:
            act()
        except verbs.Refused:
            return

    def assess(self, case: Case, by: User, now: datetime) -> None:
        severity = 1 if case.title.startswith("Somebody else's order") else case.severity
        complexity = self.random.choice((1, 1, 1, 2, 3)) if severity > 1 else 2
        verbs.assess(case.pk, severity=severity, complexity=complexity, category=case.category, by=by, at=now)
        self.look_soon(case.pk, now, 20)

    def review(self, case: Case, by: User, now: datetime) -> None:
        verbs.review(case.pk, by=by, at=now)
        self.look_soon(case.pk, now, 10)

    def acknowledge(self, case: Case, by: User, now: datetime) -> None:
        if case.tier == 1 and case.severity >= 3 and self.random.random() < 0.35:
            self.answer(case, by, now)
            return
        verbs.acknowledge(case.pk, by=by, at=now)
        self.look_soon(case.pk, now, 60)

    def work(self, case: Case, by: User, now: datetime) -> None:
        """An update, a question, a step up, or the answer."""
        luck = self.random.random()
        updates = case.messages.filter(kind="update").count()
        if luck < 0.16 and case.state != S.WAITING_PARTNER:
            question, began = self.begin(case, "wait_customer", self.random.choice(p.QUESTIONS), by)
            verbs.wait_customer(case.pk, question=question, began=began, by=by, at=now)
            wait = self.random.choice((40, 200, 1200))
            self.soon(now, wait, lambda at: self.customer_answers(case.pk, at), office=False)
        elif luck < 0.3 and case.tier < 4 and updates:
            self.pass_up(case, by, now)
        elif updates >= 1 and luck > 0.45:
            self.answer(case, by, now)
        else:
            latest = next_update(peek(case, now), at=now, by=by.pk)
            due = latest.replace(second=0, microsecond=0) if latest else None
            text, began = self.begin(case, "update", self.random.choice(p.UPDATES), by, due)
            verbs.update(case.pk, text=text, began=began, by=by, at=now, next_at=due if began and due else None)
            self.look_soon(case.pk, now, self.random.choice((120, 200, 300)))

    def begin(
        self, case: Case, act: str, own: str, by: User, next_update: datetime | None = None
    ) -> tuple[str, tuple[verbs.Began, ...]]:
        """A text and the saved replies it began with: every other agent's own words, the others' from a reply."""
        found = replies.begun_with(case, act, by=by, next_update=next_update) if case.pk % 2 else None
        return found or (own, ())

    def pass_up(self, case: Case, by: User, now: datetime) -> None:
        reason = self.random.choice(p.REASONS)
        verbs.escalate(case.pk, reason=reason, **solving.tried(case), by=by, at=now)
        self.look_soon(case.pk, now, 12)

    def answer(self, case: Case, by: User, now: datetime) -> None:
        if self.must_go_up(case, now):
            self.pass_up(case, by, now)
            return
        text, outcome, cause = self.random.choice(p.ANSWERS[case.impact])
        amount = Decimal(self.random.choice(("12.50", "29.99", "48.00"))) if outcome == "refunded" else None
        record = solving.record(case, cause, by=by, at=now)
        verbs.answer(case.pk, text=text, outcome=outcome, root_cause=cause, amount=amount, **record, by=by, at=now)
        wait = self.random.choice((30, 240, 900, 1500))
        self.soon(now, wait, lambda at: self.customer_judges(case.pk, at), office=False)

    def must_go_up(self, case: Case, now: datetime) -> bool:
        """Whether a guideline says so and nobody said why not."""
        turn = peek(case, now)
        advice = advice_for(turn, now)
        return advice is not None and advice.verdict == MUST and not is_kept(turn, advice)


def outbox_round(now: datetime, backend: BaseEmailBackend | None) -> None:
    """Sends what is owed by `now`."""
    while outbox.deliver_batch(now, backend=backend):
        pass
