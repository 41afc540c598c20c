"""Plans the demo's fortnight: the purchase order that climbs four levels, and some sixty everyday cases."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import Case, Category
from escalation import verbs
from escalation.book import rules_in_force
from feedback import practice
from portal.demo import problems as p
from portal.demo import rules
from portal.demo.fortnight import Fortnight

DAYS = 14
CASES = 64
LATE_BY = 600  # seconds of working time since the demo's missed time


def plan(stage: Fortnight) -> None:
    """Plans who files what when; what follows is up to the people and the engine."""
    _purchase_order(stage)
    topics = [(topic, which) for topic, rows in p.PROBLEMS.items() for which in range(len(rows))]
    start = stage.until - timedelta(days=DAYS)
    for number in range(CASES):
        topic, which = topics[number % len(topics)] if number < len(topics) else stage.random.choice(topics)
        when = start + (stage.until - start) * ((number + stage.random.random()) / CASES)
        stage.file(when, stage.random.choice(stage.cast.customers), topic, which, rules.product_of(topic))
    rules.plan(stage)
    _now_open(stage)
    _one_late(stage)
    _let_slip(stage, start)


def _purchase_order(stage: Fortnight) -> None:
    """R009: representative, manager, lead, chief officer; answered, accepted, surveyed. All in working time."""
    customer = stage.cast.customers[0]
    start = stage.office.next_open(stage.until - timedelta(days=DAYS - 1))
    after = lambda hours: stage.office.due(start, int(hours * 3600))  # noqa: E731
    title, text, wish, impact = p.PROBLEMS["orders"][0]
    told = verbs.Told(title, text, Category.objects.get(slug="orders"), impact, wish)
    teams = list(stage.cast.members.values())
    case: list[Case] = []

    def do(hours: float, verb: str, who: int, **words: object) -> None:
        def act(now: datetime) -> None:
            getattr(verbs, verb)(case[0].pk, by=teams[who][0] if who >= 0 else customer, at=now, **words)

        stage.at(after(hours), act)

    def file(now: datetime) -> None:
        case.append(verbs.file_case(told, by=customer, at=now))
        stage.scripted.add(case[0].pk)

    stage.at(after(0.1), file)
    do(0.3, "assess", 0, severity=2, complexity=2, category=told.category)
    do(0.8, "acknowledge", 0)
    do(1.9, "update", 0, text="I have tried the order again on our side and it is refused here too.")
    reasons = (
        "I could not find out why the order is refused.",
        "The order system refuses it for a reason I may not change.",
        "Only our chief officer may lift this block.",
    )
    updates = (
        "I have compared your order with others of that day. Only yours is refused, so it is not the shop.",
        "I found the rule that refuses it. Lifting it needs our chief officer, whom I have asked.",
        "I have your file in front of me and decide today.",
    )
    tried = (
        "Ordered the same from a test account; it goes through, so it is not the shop.",
        "Compared the order with others of that day; only this account is refused.",
        "Read the rules of the order system; one limits new accounts.",
    )
    for step, reason in enumerate(reasons):
        base = 2.5 + 2.7 * step
        do(base, "escalate", step, reason=reason, also=tried[step])
        do(base + 0.3, "review", step + 1)
        do(base + 0.8, "acknowledge", step + 1)
        do(base + 2, "update", step + 1, text=updates[step])
    do(11, "investigate", 3, hypotheses="A fault of the shop. A card that was refused. A rule for accounts.",
       findings="The card was good and the shop sent the order. A limit for new accounts refused it; the account is old.",
       cause="setting")  # fmt: skip
    do(11.5, "answer", 3, text="The block is lifted and your order 88213 is confirmed. It leaves today.",
       outcome="fixed", root_cause="A limit meant for new accounts was set on yours",
       cause="setting", prevents=True, prevention="The order system sets the limit by the account’s age from Monday on")  # fmt: skip
    do(13, "accept", -1)
    stage.at(after(13.2), lambda now: stage.rate(case[0].pk, now))
    why = "Each level wrote what it had ruled out, so that the next one began where the last had stopped."
    stage.at(after(14), lambda now: practice.mark(Case.objects.get(pk=case[0].pk), why, by=teams[3][0], at=now))


def _now_open(stage: Fortnight) -> None:
    """Some cases of the last hours, so that every early milestone is to be seen today."""
    people = stage.cast.customers
    fresh = (("technical", 0, 2), ("billing", 4, 5), ("delivery", 2, 9), ("account", 2, 20), ("orders", 2, 50))
    for number, (topic, which, minutes) in enumerate(fresh):
        stage.file(stage.until - timedelta(minutes=minutes), people[number + 3], topic, which, rules.product_of(topic))


def _one_late(stage: Fortnight) -> None:
    """Whatever the hour the demo is made at, one customer's time has just been missed and nobody has said a word since."""
    title, text, wish, impact = p.PROBLEMS["billing"][0]
    told = verbs.Told(title, text, Category.objects.get(slug="billing"), impact, wish)
    protocol = rules_in_force().protocol
    review = protocol.cell("billing", protocol.severity_for(impact), 1).review

    def act(now: datetime) -> None:
        stage.scripted.add(verbs.file_case(told, by=stage.cast.customers[2], at=now).pk)

    stage.at(stage.worked_ago(review + LATE_BY), act)


def _let_slip(stage: Fortnight, start: datetime) -> None:
    """Now and then somebody forgets a case, a promise breaks, and a customer asks for a supervisor."""
    for day in range(1, DAYS):
        when = stage.office.next_open(start + timedelta(days=day, hours=11))

        def slip(now: datetime) -> None:
            at_work = Case.objects.filter(state__in=("working", "passed", "acknowledged"))
            busy = list(at_work.exclude(pk__in=stage.scripted).values_list("pk", flat=True))
            if busy:
                stage.forgotten.add(stage.random.choice(busy))
            if busy and stage.random.random() < 0.5:
                stage.wants_supervisor(stage.random.choice(busy), now)

        stage.at(when, slip)
