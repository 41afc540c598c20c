"""Many cases at once, for the tests of long lists: rows as the engine leaves them, written in a few statements."""

import random
from datetime import timedelta

from cases.lifecycle import OPEN, State
from cases.models import Case, Category
from cases.reference import make_reference
from escalation.facts import Clock
from escalation.models import Promise, StageClock
from tests.cast import MONDAY

#: States in which we owe nothing at the moment.
STILL = (State.WAITING_CUSTOMER, State.ANSWERED)


def references(count):
    found = set()
    while len(found) < count:
        found |= {make_reference("MP", 6) for _ in range(count - len(found))}
    return sorted(found)


def many(cast, count, *, seed=5, at=MONDAY, spread=timedelta(days=4)):
    """`count` open cases with promises around `at`, many of them at the same instant; about 1 in 40 has broken one."""
    dice = random.Random(seed)
    topics = list(Category.objects.all())
    states = [state for state in OPEN if state not in STILL]
    cases = []
    for reference in references(count):
        drawn = dice.random()
        state = STILL[0] if drawn < 0.1 else STILL[1] if drawn < 0.2 else dice.choice(states)
        # Whole quarters of an hour, so that many fall together and severity decides.
        due = (
            None
            if state == State.WAITING_CUSTOMER
            else at + timedelta(minutes=15 * dice.randint(-20, int(spread / timedelta(minutes=15))))
        )
        level = dice.randint(1, 5)
        cases.append(
            Case(
                reference=reference, customer=cast.customer, category=dice.choice(topics), title=f"Case {reference}",
                description="Two payments for one order.", impact="loss", severity=dice.randint(1, 4), tier=level,
                protocol="five-tier@1", team=cast.teams[level], owner=cast.tiers[level], filed_at=at - timedelta(days=9),
                state=state, promise_at=due, wake_at=due,
            )
        )  # fmt: skip
    Case.everything.bulk_create(cases, batch_size=1000)
    clocks = [
        StageClock(
            case=case, kind=Clock.CONFIRM if case.state == State.ANSWERED else Clock.UPDATE, started_seq=1, tier=case.tier, severity=case.severity, protocol=case.protocol,
            calendar="always", started_at=at - timedelta(days=1), target=3600, due_at=case.promise_at, promise=True,
            told=True,
        )
        for case in cases
        if case.promise_at
    ]  # fmt: skip
    StageClock.everything.bulk_create(clocks, batch_size=1000)
    broken = dice.sample([clock for clock in clocks if clock.kind == Clock.UPDATE], count // 40)
    Promise.everything.bulk_create(
        Promise(
            case=clock.case, clock=clock, made_at=at - timedelta(hours=4), due_at=at - timedelta(hours=2),
            status=Promise.Status.BROKEN, settled_at=at - timedelta(hours=2),
        )
        for clock in broken
    )  # fmt: skip
    return cases


def sorted_by_hand(cases):
    """The order of every queue, without the database: next promise of ours to break, then severity, then age."""
    return sorted(cases, key=lambda c: (ours(c) is None, ours(c) or MONDAY, c.severity, c.pk))


def ours(case):
    """When we owe the customer the next word; None while they owe us one."""
    return None if case.state in STILL else case.promise_at
