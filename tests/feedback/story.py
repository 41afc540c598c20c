"""Twenty-seven cases told through the verbs, and every figure of theirs worked out by hand.

All are filed at 10:00 London winter time on a working day (office hours 9:00 to 17:30, 8.5 hours a day), as a
question (severity 4), so that every time falls due a whole number of working days later: review 14:00 the same
day, confirmation the next day 10:05, an update 3 days after the last word, an answer after 10 days.

The period is three weeks, 12 January to 1 February 2026; it is looked at on Monday 2 February, 12:00.

| case | filed | topic | road | answer accepted after | answer: day, score, fixed |
|---|---|---|---|---|---|
| a1 | Mon 12 | orders | plain | 25 h | 13, 5, yes |
| a2 | Mon 12 | orders | plain | 25 h | 13, 4, yes |
| a3 | Tue 13 | billing | plain | 25 h | 14, 2, partly |
| a4 | Tue 13 | billing | up | 25 h (9.5 h working) | 14, 4, yes |
| a5 | Wed 14 | orders | up | 49 h (18 h) | 16, 5, left out |
| a6 | Wed 14 | account | plain | 49 h | 16, 3, no (asked) |
| a7 | Thu 15 | orders | plain, asks for a supervisor | 25 h | none (asked) |
| a8 | Fri 16 | billing | up | 73 h (9.5 h) | 19, 1, no |
| b1 | Mon 19 | orders | plain | 25 h | 20, 5, yes (asked) |
| b2 | Mon 19 | orders | plain | 25 h | 20, 5, yes (asked) |
| b3 | Tue 20 | orders | nobody confirms: goes up by itself | 49 h (18 h) | 22, 2, no |
| b4 | Wed 21 | account | up, withdrawn | ended after 48 h (17 h) | none |
| b5 | Thu 22 | billing | plain | 25 h | 23, 4, yes |
| b6 | Fri 23 | orders | severity 2, placed on level 2 | 73 h (9.5 h) | 26, 4, yes |
| c1 | Mon 26 | orders | plain | 25 h | 27, 5, yes |
| c2 | Tue 27 | orders | up | 73 h (26.5 h) | none (asked) |
| c3 | Wed 28 | billing | up, answered, rejected | open for 122 h (27.5 h) | none |
| c4 | Fri 30 | orders | up | open for 74 h (10.5 h) | none |
| c5 | Fri 30 | account | assessed only | open | none |
| c6 | Fri 30 | orders | imported | 2 h | none |

Before, 22 December to 11 January: p1 and p2 (Mon 5, orders), p3 (Tue 6, orders) and p5 (Wed 7, billing) plain, p4
(Tue 6, billing) up; scores 5, 5, 4, 4 and 2. Earlier still: x (Mon 15 December). And d, a drill that went up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from cases.models import Case, Category, Event, Message
from escalation import history, verbs
from escalation.book import rules_in_force
from escalation.models import Promise, StageClock
from feedback.intervals import Share
from feedback.models import LowScore, Survey
from feedback.periods import Period
from feedback.surveys import add_to_answer, answer_survey
from tests import solving
from tests.cast import Cast, gather

ZONE = "Europe/London"
PERIOD = Period(date(2026, 1, 12), date(2026, 2, 1), ZONE)
AT = datetime(2026, 2, 2, 12, 0, tzinfo=UTC)
HOUR = 3600

# Worked out by hand from the table above.
SATISFIED = Share(9, 13)
SATISFIED_BEFORE = Share(4, 5)
SATISFIED_WEEKS = [Share(4, 6), Share(3, 5), Share(2, 2)]
SCORES = {5: 5, 4: 4, 3: 1, 2: 2, 1: 1}
RESPONSE = Share(3, 5)  # a6, b1, b2 of those and a7, c2
ADDRESSED = Share(8, 12)
PARTLY = Share(1, 12)
ADDRESSED_LEVELS = {1: Share(6, 8), 2: Share(2, 4)}  # level 2: a4, a8, b3, b6
ADDRESSED_TOPICS = {"orders": Share(6, 7), "billing": Share(2, 4), "account": Share(0, 1)}
#: Who also said whether they felt heard (of cases that went up; a1 did not and is not asked), and whether it was easy.
HEARD_BY = {"a1": "yes", "a4": "yes", "a5": "yes", "a8": "no", "b3": "partly", "b6": "yes"}
HEARD, HEARD_LEVELS = Share(3, 5), {2: Share(3, 5)}
EFFORT_BY = {"a1": 5, "a2": 4, "a3": 2, "a4": 4, "a6": 3, "b1": 5}
EASY = Share(4, 6)
ESCALATED = Share(9, 20)
ESCALATED_BEFORE = Share(1, 5)
ESCALATED_WEEKS = [Share(3, 8), Share(3, 6), Share(3, 6)]
ESCALATED_TOPICS = {"orders": Share(5, 12), "billing": Share(3, 5), "account": Share(1, 3)}
#: Kaplan and Meier by hand. Wall: 9 at risk at 25 h, 1 ends: 8/9. 48 h: 1 is lost. 49 h: 2 of 7 end: 8/9 x 5/7 = 0.635.
#: 73 h: 3 of 5 end: x 2/5 = 0.254, the first below a half. 74 h and 122 h: still open, so 9 in 10 is not known.
#: Working: 9.5 h: 3 of 9 end: 6/9. 10.5 h, 17 h: lost. 18 h: 2 of 4 end: 1/3. 26.5 h: 1 of 2 ends: 1/6.
MEDIAN, MEDIAN_WORKING = 73 * HOUR, 18 * HOUR
WALL_STEPS = {25: 8 / 9, 49: 8 / 9 * 5 / 7, 73: 8 / 9 * 5 / 7 * 2 / 5}
WORKING_STEPS = {9.5: 2 / 3, 18: 1 / 3, 26.5: 1 / 6}
OPEN, LEFT = 2, 1
#: Settled a week ago or longer, so until 26 January 12:00: a1 to a8, b1, b2, b3, b5, b6; of these without a1, a2, a3, a6,
#: b1, b2, b5 each went up or, a7, was written to twice. Too young: c1, c2. Imported: c6. Never settled: the other four.
AT_FIRST, YOUNG = Share(7, 13), 2
AT_FIRST_TOPICS = {"orders": Share(4, 8), "billing": Share(2, 4), "account": Share(1, 1)}
AT_FIRST_BEFORE = Share(4, 5)
#: Promises that fell due in the period, by milestone.
#: 1: every case filed here, but the imported one. 2: 9 plain; 6 first ones of cases that went up (c4's falls due on
#: Monday 2 February), 7 second ones; b3 broken, then kept; b6. 3: 9 plain and p5's of Monday 12; a4, a5, a8, c2 (b4's was
#: dropped, c3's falls due on 2 February); b3, b6; c3's reply. 4: a1 to a8; p1 to p5; b6. a7's supervisor answered.
KEPT = {"1": Share(19, 19), "2": Share(24, 25), "3": Share(17, 17), "4": Share(14, 14), "supervisor": Share(1, 1)}
KEPT_ALL = Share(75, 76)
#: Before: reviews 5, confirmations 6, updates 4 (p5's comes later), and the answer to x of 31 December.
KEPT_BEFORE = Share(16, 16)


def day(number: int, hour: float = 10, month: int = 1, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=UTC) + timedelta(hours=hour)


class Story:
    """Plays the table; `cases` holds the cases by name."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.cases = cast, {}
        self.topics = {row.slug: row for row in Category.objects.all()}
        self.before()
        self.first_week()
        self.second_week()
        self.third_week()
        self.imported()
        self.drill()

    # Roads ---------------------------------------------------------------------------------------------------

    def file(self, name: str, filed: datetime, topic: str, severity: int = 4, complexity: int = 1) -> Case:
        case = self.cast.file(at=filed, impact="question", title=f"={name}")
        at = filed + timedelta(minutes=5)
        said = {"severity": severity, "complexity": complexity, "category": self.topics[topic]}
        self.cases[name] = verbs.assess(case.pk, by=self.cast.tiers[1], at=at, **said)
        return case

    def take(self, name: str, filed: datetime, topic: str) -> Case:
        case = self.file(name, filed, topic)
        return verbs.acknowledge(case.pk, by=self.cast.tiers[1], at=filed + timedelta(minutes=10))

    def up(self, name: str, filed: datetime, topic: str) -> Case:
        """Taken, passed up at 11:00, reviewed and confirmed by level 2 until 11:10."""
        case, two = self.take(name, filed, topic), self.cast.tiers[2]
        hour = filed + timedelta(hours=1)
        solving.escalate(case.pk, reason="I may not decide this.", by=self.cast.tiers[1], at=hour)
        verbs.review(case.pk, by=two, at=hour + timedelta(minutes=5))
        return verbs.acknowledge(case.pk, by=two, at=hour + timedelta(minutes=10))

    def settle(self, name: str, at: datetime, level: int = 1, accept: bool = True) -> None:
        """Answered at `at`, accepted at 11:00 that day."""
        case, by = self.cases[name], self.cast.tiers[level]
        said = {"text": "Paid back.", "outcome": "refunded", "amount": 10, "root_cause": "double click"}
        solving.answer(case.pk, by=by, at=at, **said)
        if accept:
            verbs.accept(case.pk, by=self.cast.customer, at=at.replace(hour=11, minute=0))

    def plain(self, name: str, filed: datetime, topic: str, answered: datetime) -> None:
        self.take(name, filed, topic)
        self.settle(name, answered)

    def passed(self, name: str, filed: datetime, topic: str, answered: datetime) -> None:
        self.up(name, filed, topic)
        self.settle(name, answered, level=2)

    def asked(self, *names: str, at: datetime) -> None:
        """What delivering the invitation leaves; the letters are the outbox's story."""
        for name in names:
            Survey.objects.update_or_create(case=self.cases[name], defaults={"invited_at": at})

    def says(self, name: str, at: datetime, score: int, fixed: str = "yes") -> None:
        case = Case.objects.get(pk=self.cases[name].pk)
        answer_survey(case, satisfaction=score, fixed=fixed, heard=HEARD_BY.get(name, ""), at=at)
        if name in EFFORT_BY:
            add_to_answer(case, effort=EFFORT_BY[name], at=at)

    # The table -----------------------------------------------------------------------------------------------

    def before(self) -> None:
        self.plain("x", day(15, month=12, year=2025), "orders", day(16, month=12, year=2025))
        self.says("x", day(16, 12, 12, 2025), 5)
        for name, filed, score in (("p1", 5, 5), ("p2", 5, 5), ("p3", 6, 4)):
            self.plain(name, day(filed), "orders", day(filed + 1))
            self.says(name, day(filed + 1, 12), score)
        self.passed("p4", day(6), "billing", day(7))
        self.says("p4", day(7, 12), 2, fixed="no")
        self.plain("p5", day(7), "billing", day(8))
        self.says("p5", day(8, 12), 4)

    def first_week(self) -> None:
        self.plain("a1", day(12), "orders", day(13))
        self.plain("a2", day(12), "orders", day(13))
        self.plain("a3", day(13), "billing", day(14))
        self.passed("a4", day(13), "billing", day(14))
        self.passed("a5", day(14), "orders", day(16))
        self.plain("a6", day(14), "account", day(16))
        case = self.take("a7", day(15), "orders")
        verbs.ask_supervisor(case.pk, reason="slow", by=self.cast.customer, at=day(15, 11))
        verbs.answer_supervisor(
            case.pk, text="I look after it.", granted=False, by=self.cast.supervisor, at=day(15, 12)
        )
        self.settle("a7", day(16))
        self.passed("a8", day(16), "billing", day(19))
        self.asked("a6", "a7", at=day(16, 11.5))
        self.says("a1", day(13, 12), 5)
        self.says("a2", day(13, 12), 4)
        self.says("a3", day(14, 12), 2, fixed="partly")
        self.says("a4", day(14, 12), 4)
        self.says("a5", day(16, 12), 5, fixed="")
        self.says("a6", day(16, 12), 3, fixed="no")
        self.says("a8", day(19, 12), 1, fixed="no")

    def second_week(self) -> None:
        self.plain("b1", day(19), "orders", day(20))
        self.plain("b2", day(19), "orders", day(20))
        two = self.cast.tiers[2]
        case = self.file("b3", day(20), "orders")
        verbs.review(case.pk, by=two, at=day(21, 10.5))  # 25 minutes after the first level's time was over
        verbs.acknowledge(case.pk, by=two, at=day(21, 10.5) + timedelta(minutes=10))
        self.settle("b3", day(22), level=2)
        case = self.up("b4", day(21), "account")
        verbs.withdraw(case.pk, by=self.cast.customer, at=day(23))
        self.plain("b5", day(22), "billing", day(23))
        case = self.file("b6", day(23), "orders", severity=2, complexity=3)
        verbs.acknowledge(case.pk, by=two, at=day(23) + timedelta(minutes=10))
        self.settle("b6", day(26, 9.5), level=2)
        self.asked("b1", "b2", at=day(20, 11.5))
        self.says("b1", day(20, 12), 5)
        self.says("b2", day(20, 12), 5)
        self.says("b3", day(22, 12), 2, fixed="no")
        self.says("b5", day(23, 12), 4)
        self.says("b6", day(26, 12), 4)

    def third_week(self) -> None:
        self.plain("c1", day(26), "orders", day(27))
        self.says("c1", day(27, 12), 5)
        self.passed("c2", day(27), "orders", day(30))
        self.asked("c2", at=day(30, 11.5))
        case = self.up("c3", day(28), "billing")
        self.settle("c3", day(29), level=2, accept=False)
        verbs.reject(case.pk, text="Still wrong.", by=self.cast.customer, at=day(29, 11))
        verbs.update(case.pk, text="We look again.", by=self.cast.tiers[2], at=day(29, 12))
        self.up("c4", day(30), "orders")
        self.file("c5", day(30), "account")

    def imported(self) -> None:
        who = {"owner": self.cast.tiers[1].pk, "actor": self.cast.tiers[1].pk}
        steps = [history.PastStep(at=day(30), state="new", severity=4, category="orders", **who)]
        steps += [history.PastStep(at=day(30, 12), state="closed", severity=4, category="orders", **who)]
        past = history.PastCase("INC1", self.cast.other.pk, "Incident", "Imported.", day(30), steps)
        done = history.record([past], rules_in_force(), self.topics, origin="elsewhere", written=AT)
        assert done.cases == 1
        self.cases["c6"] = Case.objects.get(origin_ref="INC1")

    def drill(self) -> None:
        """A case like a4 with an answer, put into the other world with all that is its own."""
        self.passed("d", day(13), "billing", day(14))
        self.says("d", day(14, 12), 1, fixed="no")
        case = self.cases["d"]
        for model in (Survey, LowScore, Promise, StageClock, Message):
            model.everything.filter(case=case).update(is_drill=True)
        Case.everything.filter(pk=case.pk).update(is_drill=True)
        assert Event.everything.filter(case=case).exists()


@contextmanager
def telling(blocker) -> Iterator[Story]:
    """The told story, inside a transaction that is undone at the end: told once for all tests of a module."""
    with blocker.unblock(), transaction.atomic():
        yield Story(gather())
        transaction.set_rollback(True)
