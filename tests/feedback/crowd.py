"""Fifty cases of February 2026 beside the story's, made so that topics stand out, by hand, on both sides of each boundary.

All are questions (severity 4), simple unless said, filed at 10:00 in the two weeks of 9 to 22 February; looked at on
Monday 2 March, 12:00. “Up” is passed up at 11:00 and confirmed by level 2 at 11:10, as in the story.

| topic | cases | filed | road | settled |
|---|---|---|---|---|
| billing | 10 | 1 on Mon 9, 9 on Tue 10 | up, answered by level 2 the next day | yes |
| orders | 10 | 9 on Wed 11, 1 on Fri 20 | plain, answered by level 1 the next day | yes |
| account | 10 | 1 on Mon 9, 9 on Thu 12 | up, returned at 11:30, answered by level 1 the next day | yes |
| delivery | 10 | 1 on Mon 9, 9 on Fri 13 | answered by level 1 at noon, “not fixed”, answered again | yes |
| technical | | Mon 16 | one of each road of `odd_ones` | some |

So, without technical: passed up without a rule and not for nothing: billing 10 of 10, all others 0 of 30. Opened again
after an answer of level 1: delivery 10 of 10, all others 0 of 20. For nothing: account 10 of 10, all others 0 of 10.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from escalation import verbs
from feedback.intervals import Share
from feedback.periods import Period
from tests import solving
from tests.cast import gather
from tests.feedback.story import ZONE, Story, day

FEBRUARY = Period(date(2026, 2, 9), date(2026, 2, 22), ZONE)
LATER = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

#: The two weeks without technical, by topic: hits and cases of each signal.
UNASKED = {"billing": Share(10, 10), "orders": Share(0, 10), "account": Share(0, 10), "delivery": Share(0, 10)}
AGAIN_LOW = {"delivery": Share(10, 10), "orders": Share(0, 10), "account": Share(0, 10)}
NEEDLESS = {"account": Share(10, 10), "billing": Share(0, 10)}
#: Names of `odd_ones` that went up for nothing, and that were passed up for good reason without a rule.
FOR_NOTHING = {"back", "at once", "at once without money", "one level too many"}
WITH_REASON = {"worked on", "too much money", "next day", "not fixed", "then missed", "withdrawn", "still there"}
#: Passed up because a rule asked for it, and what nobody passed up.
NEITHER = {"asked for", "placed", "missed"}


class Crowd(Story):
    """Plays the story, and then February."""

    def __init__(self, cast, *, odd: bool = True) -> None:
        super().__init__(cast)
        self.crowds()
        if odd:
            self.odd_ones()

    def crowds(self) -> None:
        for number in range(10):
            first = 9 if number == 0 else None
            self.passed(f"billing{number}", day(first or 10, month=2), "billing", day((first or 10) + 1, month=2))
            filed = 20 if number == 0 else 11
            self.plain(f"orders{number}", day(filed, month=2), "orders", day(filed + 1, month=2))
            self.returned(f"account{number}", day(first or 12, month=2), "account")
            self.refused(f"delivery{number}", day(first or 13, month=2), "delivery")

    def returned(self, name: str, filed: datetime, topic: str) -> None:
        """Passed up at 11:00, sent back at 11:30, answered by level 1 the next day."""
        case, one, two = self.take(name, filed, topic), self.cast.tiers[1], self.cast.tiers[2]
        solving.escalate(case.pk, reason="I may not decide this.", by=one, at=filed + timedelta(hours=1))
        verbs.return_down(case.pk, reason="You may.", by=two, at=filed + timedelta(minutes=90))
        verbs.acknowledge(case.pk, by=one, at=filed + timedelta(hours=2))
        self.settle(name, filed + timedelta(days=1))

    def refused(self, name: str, filed: datetime, topic: str) -> None:
        """Answered at noon, “not fixed” ten minutes later, answered again at one o'clock."""
        case = self.take(name, filed, topic)
        self.answered(name, filed + timedelta(hours=2), level=1, accept=False)
        verbs.reject(case.pk, text="Still wrong.", by=self.cast.customer, at=filed + timedelta(minutes=130))
        self.answered(name, filed + timedelta(hours=3), level=1)

    def answered(self, name: str, at: datetime, level: int = 2, *, accept: bool = True, **said: object) -> None:
        """Answered at `at`, accepted ten minutes later."""
        said = {"outcome": "refunded", "amount": 10} | said
        solving.answer(self.cases[name].pk, text="Done.", root_cause="x", by=self.cast.tiers[level], at=at, **said)
        if accept:
            verbs.accept(self.cases[name].pk, by=self.cast.customer, at=at + 10 * MINUTE)

    def odd_ones(self) -> None:
        """Each road once, on the edge of what “for nothing” means."""
        filed, two, three = day(16, month=2), self.cast.tiers[2], self.cast.tiers[3]
        noon = filed + timedelta(hours=2)
        self.returned("back", filed, "technical")
        for name in ("at once", "at once without money", "too much money", "worked on", "next day", "not fixed",
                     "withdrawn", "still there", "one level too many"):  # fmt: skip
            self.up(name, filed, "technical")
        self.answered("at once", filed + timedelta(hours=5))  # four hours after it was passed up, to the second
        self.answered("at once without money", noon, outcome="explained", amount=None)
        self.answered("too much money", noon, amount=51)  # level 1 may give back 50
        verbs.update(self.cases["worked on"].pk, text="I ask the bank.", by=two, at=noon)
        self.answered("worked on", noon + 10 * MINUTE)
        self.answered("next day", filed + timedelta(hours=5, seconds=1))
        self.answered("not fixed", noon, accept=False)
        verbs.reject(self.cases["not fixed"].pk, text="No.", by=self.cast.customer, at=noon + 10 * MINUTE)
        self.answered("not fixed", noon + 20 * MINUTE)
        verbs.withdraw(self.cases["withdrawn"].pk, by=self.cast.customer, at=noon)
        case = self.cases["one level too many"]
        solving.escalate(case.pk, reason="Higher.", by=two, at=noon)
        verbs.review(case.pk, by=three, at=noon + MINUTE)
        verbs.acknowledge(case.pk, by=three, at=noon + 2 * MINUTE)
        self.answered("one level too many", noon + 3 * MINUTE, level=3)
        self.rules_of_their_own(filed)

    def rules_of_their_own(self, filed: datetime) -> None:
        """Placed above level 1, passed up as a rule asks, and gone up by a missed time alone."""
        two, three = self.cast.tiers[2], self.cast.tiers[3]
        case = self.file("asked for", filed, "technical", severity=1, complexity=2)  # placed on level 2
        solving.escalate(case.pk, reason="As the rule says.", by=two, at=filed + 10 * MINUTE)
        verbs.review(case.pk, by=three, at=filed + 15 * MINUTE)
        case = self.file("then missed", filed, "technical", severity=1)
        verbs.acknowledge(case.pk, by=self.cast.tiers[1], at=filed + 10 * MINUTE)
        solving.escalate(case.pk, reason="I may not decide this.", by=self.cast.tiers[1], at=filed + 60 * MINUTE)
        # Level 2 had ten minutes to look at it.
        verbs.review(case.pk, by=three, at=filed + 75 * MINUTE)
        verbs.acknowledge(case.pk, by=three, at=filed + 76 * MINUTE)
        self.answered("then missed", filed + 80 * MINUTE, level=3)
        self.file("placed", filed, "technical", severity=2, complexity=3)
        case = self.file("missed", filed, "technical")
        verbs.review(case.pk, by=two, at=filed + timedelta(days=1, minutes=30))


@contextmanager
def telling_of_crowds(blocker):
    """As the story's: told once for all tests of a module, and undone at its end."""
    with blocker.unblock(), transaction.atomic():
        yield Crowd(gather())
        transaction.set_rollback(True)
