"""Makes a history of many cases: customers and staff act at random on a clock that moves on, the engine sweeps.

Every row is written by the product: cases by `verbs.file_many`, clocks by the sweep, acts by the verbs themselves
or, for tens of thousands of cases, by the verbs' own turn and writer, some hundred cases at a time.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cases.lifecycle import State
from cases.models import Case, Category
from escalation import facts as f
from escalation import verbs
from escalation.decision import NotNow
from escalation.store import flush, turns_of
from escalation.sweep import free_ownerless, sweep_batch
from escalation.turn import Turn
from tests import solving
from tests.cast import MONDAY, Cast

S = State
HOUR = timedelta(hours=1)
IMPACTS = ("blocked", "loss", "degraded", "question", "unsure")
#: What may be done in each state, with how often.
DEEDS: dict[str, tuple[tuple[str, int], ...]] = {
    S.NEW: (("assess", 20), ("ask_supervisor", 1), ("withdraw", 1), ("escalate", 1)),
    S.REVIEWED: (("acknowledge", 16), ("answer", 3), ("escalate", 1)),
    S.ESCALATED: (("review", 16), ("return_down", 1), ("reply", 1)),
    S.PASSED: (("acknowledge", 16), ("return_down", 1), ("ask_supervisor", 1)),
    **dict.fromkeys(
        (S.ACKNOWLEDGED, S.WORKING, S.REOPENED),
        (("update", 8), ("answer", 8), ("wait_customer", 3), ("wait_partner", 2), ("escalate", 2), ("hand_over", 1),
         ("assess", 1), ("answer_supervisor", 2)),
    ),
    S.WAITING_CUSTOMER: (("reply", 9), ("answer", 1)),
    S.WAITING_PARTNER: (("partner_answered", 6), ("update", 4)),
    S.ANSWERED: (("accept", 6), ("reject", 2), ("close", 1)),
    S.CONFIRMED: (("reopen", 1),), S.FEEDBACK: (("reopen", 1),), S.CLOSED: (("reopen", 1),), S.WITHDRAWN: (("reopen", 1),),
}  # fmt: skip
SETTLED = (S.CONFIRMED, S.FEEDBACK, S.CLOSED, S.WITHDRAWN)


@dataclass
class Maker:
    """A clock, the people, and chance. `batched`: acts are written many cases at a time."""

    cast: Cast
    seed: int = 1
    batched: bool = False
    now: datetime = MONDAY
    step: timedelta = HOUR
    share: float = 0.3  # of the open cases somebody acts on in one step
    down: float = 0.1  # how often the engine does not run in a step
    people: tuple[Any, ...] = ()  # who files; without: the cast's two customers
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def make(self, cases: int, *, a_step: int = 20, rest: int = 100) -> None:
        """Files `cases` cases, `a_step` in each step of the clock, then goes on for `rest` steps."""
        filed = steps = 0
        while filed < cases or steps < rest:
            self.sweep()
            wanted = min(a_step, cases - filed)
            if wanted:
                self.file(wanted)
                filed += wanted
            else:
                steps += 1
            self.act()
            self.now += self.step * self.chance.uniform(0.5, 1.5)
        self.down = 0.0
        self.sweep()

    def sweep(self) -> None:
        if self.chance.random() >= self.down:
            while sweep_batch(self.now):
                pass
            free_ownerless(self.now)

    def file(self, count: int) -> None:
        topics = list(Category.objects.order_by("pk"))
        people = self.people or (self.cast.customer, self.cast.other)
        rows = [
            (
                verbs.Told(
                    f"Trouble {number}", "It went wrong.", self.chance.choice(topics), self.chance.choice(IMPACTS)
                ),
                self.chance.choice(people),
            )
            for number in range(count)
        ]
        verbs.file_many(rows, at=self.now)

    def act(self) -> None:
        """Somebody does something about a share of the open cases, now and then about a settled one."""
        busy = list(Case.objects.open().order_by("pk").values_list("pk", flat=True))
        done = list(Case.objects.filter(state__in=SETTLED).order_by("pk").values_list("pk", flat=True))
        chosen = self.chance.sample(busy, int(len(busy) * self.share))
        chosen += self.chance.sample(done, len(done) // 200)
        for start in range(0, len(chosen), 500):
            if self.batched:
                self._together(chosen[start : start + 500])
            else:
                for pk in chosen[start : start + 500]:
                    self._by_verb(pk)

    def _deed(self, state: str) -> str:
        names, weights = zip(*DEEDS[state], strict=True)
        return self.chance.choices(names, weights)[0]

    def _person(self, case: Case) -> Any:
        return self.cast.tiers[case.tier]

    # -- one verb, one case ---------------------------------------------------------------------------------------

    def _by_verb(self, pk: int) -> None:
        case = Case.objects.select_related("category", "owner").get(pk=pk)
        name = self._deed(case.state)
        by = self.cast.customer if name in CUSTOMERS else self._person(case)
        by = (
            case.customer
            if name in CUSTOMERS
            else self.cast.supervisor
            if name in ("answer_supervisor", "hand_over")
            else by
        )
        try:
            solving.doing(name)(pk, by=by, at=self.now, **self._words(name, case))
        except (verbs.Refused, verbs.Stale):
            return  # people are told "not now" at times, too

    def _words(self, name: str, case: Case) -> dict[str, Any]:
        said = "So that you know."
        assessed = {"severity": self.chance.randint(1, 4), "complexity": self.chance.randint(1, 3),
                    "category": case.category, "reason": said}  # fmt: skip
        return {
            "assess": assessed,
            "escalate": {"reason": said},
            "return_down": {"reason": said},
            "update": {"text": said, "next_at": self._next()},
            "answer": {"text": said, "outcome": "fixed", "root_cause": "A slip"},
            "wait_customer": {"question": said},
            "wait_partner": {"partner": "Parcel Ltd", "text": said},
            "hand_over": {"to": self.cast.mate, "note": said},
            "answer_supervisor": {"text": said, "granted": self.chance.random() < 0.5},
            "reply": {"text": said},
            "reject": {"text": said},
            "reopen": {"text": said},
            "ask_supervisor": {"reason": "slow", "text": said},
        }.get(name, {})

    def _next(self) -> datetime | None:
        return self.now + timedelta(minutes=self.chance.choice((20, 45))) if self.chance.random() < 0.2 else None

    # -- many cases at once ---------------------------------------------------------------------------------------

    def _together(self, ids: list[int]) -> None:
        with transaction.atomic():
            cases = list(Case.objects.filter(pk__in=ids).select_related("category").order_by("pk"))
            turns = turns_of(cases, self.now)
            for turn in turns:
                self._take(turn)
            flush(turns, self.now)

    def _take(self, turn: Turn) -> None:
        turn.settle(self.now)
        name, by = self._deed(turn.case.state), self._person(turn.case)
        role = "customer" if name in CUSTOMERS else "staff"
        try:
            happening = turn.placed(self._happening(name, turn, by.pk))
            turn.take(happening, by=turn.case.customer_id if role == "customer" else by.pk, role=role)
        except NotNow:
            return

    def _happening(self, name: str, turn: Turn, by: int) -> f.Happening:
        at, chance = self.now, self.chance
        empty = turn.directory.empty_teams(turn.rules.protocol)
        topic = turn.case.category.slug
        made: dict[str, Callable[[], f.Happening]] = {
            "assess": lambda: f.Assessed(at, at, chance.randint(1, 4), chance.randint(1, 3), topic, by, empty),
            "review": lambda: f.Reviewed(at, at, turn.case.severity, by),
            "acknowledge": lambda: f.Acknowledged(at, at, by),
            "escalate": lambda: f.Escalated(at, at, by, empty),
            "return_down": lambda: f.ReturnedDown(at, at, by, empty),
            "update": lambda: f.Updated(at, at, by, self._next()),
            "answer": lambda: f.Answered(at, at, by),
            "wait_customer": lambda: f.AskedCustomer(at, at, by),
            "wait_partner": lambda: f.WaitsForPartner(at, at, by, "Parcel Ltd"),
            "partner_answered": lambda: f.PartnerAnswered(at, at, by),
            "hand_over": lambda: f.HandedOver(at, at, self.cast.mate.pk, by),
            "answer_supervisor": lambda: f.SupervisorAnswered(at, at, by, chance.random() < 0.5, empty),
            "reply": lambda: f.CustomerWrote(at, at, "portal"),
            "accept": lambda: f.Accepted(at, at),
            "reject": lambda: f.Rejected(at, at),
            "reopen": lambda: f.Reopened(at, at),
            "withdraw": lambda: f.Withdrawn(at, at),
            "close": lambda: f.Closed(at, at, by),
            "ask_supervisor": lambda: f.SupervisorAsked(at, at, "slow"),
        }
        return made[name]()


CUSTOMERS = ("reply", "accept", "reject", "reopen", "withdraw", "ask_supervisor")
