"""No cap is passed by cases given out in one instant: real threads, each with a connection of its own to PostgreSQL."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.lifecycle import OPEN, State
from cases.models import Case, Category, User
from escalation import routing, sweep, verbs
from escalation.book import rules_in_force
from escalation.directory import Directory
from escalation.models import LoadCap, ProtocolChoice, ProtocolVersion
from escalation.protocol import person_key
from escalation.store import peek
from escalation.verbs import Told, file_many
from tests import solving
from tests.cast import MONDAY, gather, person
from tests.escalation.sound import assert_sound
from tests.escalation.stories import bring, in_force
from tests.races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
DUE = MONDAY + timedelta(minutes=31)
HANDS = 8  # threads at once
# Questions of filing one case, begin and commit included: 17 counted when no cap was ever held, and since then the row
# that says which cases the figures have to count anew.
BEFORE = 17 + 1


@pytest.fixture
def cast(transactional_db):
    """Levels 1 and 2 give every case that comes to one person at once."""
    cast = gather()
    in_force(cast, giving)
    return cast


def giving(document) -> None:
    for tier in document["tiers"][:2]:
        tier["on_arrival"] = [*dict.fromkeys((*tier["on_arrival"], "reassign", "assign"))]


def colleagues(cast, tier: int, number: int) -> list[User]:
    made = []
    for n in range(number):
        made.append(person(f"more{tier}.{n}@example.com", f"Colleague {tier}.{n}", is_staff=True))
        made[-1].groups.set(cast.mate.groups.all())
        cast.teams[tier].members.add(made[-1])
    return made


def loads() -> Counter:
    return Counter(Case.objects.filter(owner__isnull=False, state__in=OPEN).values_list("owner", flat=True))


def assert_within_caps() -> Counter:
    found = loads()
    for cap in LoadCap.objects.select_related("user"):
        assert found[cap.user_id] <= cap.most_open, f"{cap.user} has {found[cap.user_id]} of {cap.most_open}"
    return found


def test_two_filed_in_one_instant_do_not_take_the_same_last_place(cast):
    """One person, room for one: ten tries, each with two customers who press Send at the same time."""
    cast.teams[1].members.remove(cast.mate)
    cap = LoadCap.objects.create(user=cast.tiers[1], most_open=0)
    for room in range(1, 11):
        LoadCap.objects.filter(pk=cap.pk).update(most_open=room)
        one, two = at_once(lambda: cast.file(), lambda: cast.file(by=cast.other))
        assert sorted((one.owner_id is None, two.owner_id is None)) == [False, True]
        assert_within_caps()
    assert loads()[cast.tiers[1].pk] == 10


@pytest.mark.parametrize("seed", range(4))
def test_no_cap_is_passed_whatever_the_caps_and_whoever_files(cast, seed):
    """Property: random people with random caps (some with none), many filings at once. No cap is passed, no place is
    left empty while a case lies without an owner, and the load is even among those without a cap."""
    chance = random.Random(seed)
    people = [cast.tiers[1], cast.mate, *colleagues(cast, 1, chance.randrange(0, 4))]
    capped = chance.sample(people, chance.randrange(1, len(people) + 1))
    for one in capped:
        LoadCap.objects.create(user=one, most_open=chance.randrange(0, 5))
    each = chance.randrange(2, 5)

    def file_some():
        return [cast.file(title=f"Case {n}") for n in range(each)]

    filed = [case for some in at_once(*[file_some] * HANDS) for case in some]
    assert len(filed) == HANDS * each
    found = assert_within_caps()
    nobody = sum(case.owner_id is None for case in filed)
    if len(capped) == len(people):
        room = sum(LoadCap.objects.values_list("most_open", flat=True))
        assert sum(found.values()) == min(room, len(filed)) and nobody == max(0, len(filed) - room)
    else:
        assert nobody == 0, "somebody without a cap always has room"
    for case in filed[:3]:
        assert_sound(case)


def test_filing_assessing_passing_up_and_the_sweep_together(cast):
    """Cases come to level 2 by every road at once: by hand, by a missed time, and by being assessed too hard for level 1."""
    people = [cast.tiers[2], *colleagues(cast, 2, 2)]
    for most, one in zip((2, 3, 1), people, strict=True):
        LoadCap.objects.create(user=one, most_open=most)
    topic = Category.objects.get(slug="orders")
    # Filed to be swept up to level 2 (missed at DUE), and others on which people act in the same moment.
    file_many([(Told(f"Case {n}", "Text", topic, "loss"), cast.customer) for n in range(12)], at=MONDAY)
    mine = [bring(cast, State.WORKING, at=DUE - timedelta(minutes=10)) for _ in range(4)]
    fresh = [cast.file(at=DUE - timedelta(minutes=1)) for _ in range(3)]
    acts = [lambda pk=c.pk: solving.escalate(pk, reason="Up.", by=cast.supervisor, at=DUE) for c in mine]
    acts += [
        lambda pk=c.pk: verbs.assess(pk, severity=1, complexity=3, category=topic, by=cast.supervisor, at=DUE)
        for c in fresh
    ]
    acts += [lambda: sweep.sweep_batch(DUE, 4)] * 3
    at_once(*acts)
    while sweep.sweep_batch(DUE, 4):
        pass
    found = assert_within_caps()
    there = Case.objects.filter(team=cast.teams[2], state__in=OPEN)
    assert there.count() >= 6, "enough came to fill every place"
    assert sum(found[one.pk] for one in people) == 6
    for case in there[:4]:
        assert_sound(case)


def test_a_cap_is_held_only_while_a_case_is_written(cast):
    """Looking at a case never waits for the rows and never holds them, nor does one who files where nobody has a cap."""
    LoadCap.objects.create(user=cast.tiers[1], most_open=5)
    case = cast.file()
    looked, done = threading.Event(), threading.Event()

    def holding():
        with transaction.atomic():
            cast.file()
            looked.set()
            assert done.wait(20)

    def looking():
        assert looked.wait(10)
        try:
            return peek(Case.objects.get(pk=case.pk), DUE).picks()
        finally:
            done.set()

    _, seen = at_once(holding, looking)
    assert dict(seen)["service-representatives"] in (cast.tiers[1].pk, cast.mate.pk)


@pytest.fixture
def named(transactional_db):
    """As `cast`; cases about billing are under a protocol of which a step names Early, who is in no team and has a cap.

    Early has the lowest number of all: who holds caps as they are needed holds that one last, and who needs all, first.
    """
    early = person("early@example.com", "Early Founder", is_staff=True)
    cast = gather()
    early.groups.set(cast.mate.groups.all())
    document = in_force(cast, giving).document
    document["tiers"][0]["steps"] = [{"after": 300, "target": f"person:{early.email}", "actions": ["assign"]}]
    made = {"status": "published", "document": document, "made_at": MONDAY, "published_at": MONDAY}
    ProtocolVersion.objects.create(key="named", number=1, **made)
    ProtocolChoice.objects.create(position=1, category=Category.objects.get(slug="billing"), protocol="named")
    for one, most in ((early, 1), (cast.tiers[1], 9), (cast.mate, 9)):
        LoadCap.objects.create(user=one, most_open=most)
    return cast


def until_somebody_waits() -> None:
    """Returns when another connection waits for a row of this one."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("Nobody waited within ten seconds.")


def test_a_batch_that_comes_to_a_person_named_late_ends_nobody_s_filing(named):
    """A batch that has given out a case comes to one whose protocol names Early, while a customer files such a one.

    Whoever waits, nobody is the loser of a deadlock, and both cases have somebody.
    """
    topics = {slug: Category.objects.get(slug=slug) for slug in ("orders", "billing")}
    held = threading.Event()

    def batch():
        with transaction.atomic():
            directory = Directory.load(MONDAY, holds=True)
            before = routing.picks(directory, rules_in_force().protocol)
            held.set()
            until_somebody_waits()
            return before, routing.picks(directory, rules_in_force("named").protocol)

    def filing():
        assert held.wait(10)
        return cast_file(named, topics["billing"])

    (before, after), case = at_once(batch, filing)
    assert person_key("person:early@example.com") in dict(after) and before
    assert case.owner_id in (named.tiers[1].pk, named.mate.pk)


def cast_file(cast, category: Category) -> Case:
    return verbs.file_case(Told("A case", "Text", category, "loss"), by=cast.customer, at=MONDAY)


@pytest.mark.parametrize("seed", range(2))
def test_batches_and_filings_under_several_protocols_at_once(named, seed):
    """Every batch mixes both protocols in an order of its own: all are filed, and no cap is passed."""
    chance = random.Random(seed)
    topics = [Category.objects.get(slug=slug) for slug in ("orders", "billing")]
    orders = [chance.sample(topics * 2, 4) for _ in range(HANDS)]
    acts = [
        lambda order=order: file_many(
            [(Told("One", "Text", topic, "loss"), named.customer) for topic in order], at=MONDAY
        )
        for order in orders
    ]
    acts += [lambda topic=topic: [cast_file(named, topic)] for topic in topics]
    filed = [case for some in at_once(*acts) for case in some]
    assert len(filed) == 4 * HANDS + 2
    found = assert_within_caps()
    assert sum(found.values()) == 18, "both people of level 1 are full"


def questions(act) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        act()
    return [query["sql"] for query in captured]


def test_without_a_cap_filing_costs_what_it_did_and_holds_nothing(cast):
    """As many questions as if caps were never held at all; a cap costs two more."""
    cast.file()
    plain = questions(cast.file)
    assert not [sql for sql in plain if "loadcap" in sql and "FOR " in sql]
    assert sum("loadcap" in sql for sql in plain) == 1
    assert len(plain) == BEFORE
    LoadCap.objects.create(user=cast.mate, most_open=100)
    capped = questions(cast.file)
    assert len(capped) == len(plain) + 2
    held = [sql for sql in capped if "FOR NO KEY UPDATE" in sql]
    every = 'SELECT "escalation_loadcap"."id" AS "pk" FROM "escalation_loadcap" ORDER BY 1 ASC FOR NO KEY UPDATE'
    assert held == [every], "all of them, in one order, once"


def test_cases_freed_of_a_lost_owner_in_one_go_share_the_room(cast):
    """Five overdue cases of somebody who is gone climb to level 2 in one batch; there is room for two."""
    LoadCap.objects.create(user=cast.tiers[2], most_open=2)
    cases = [bring(cast, State.ACKNOWLEDGED) for _ in range(5)]
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(owner=cast.mate)
    User.objects.filter(pk=cast.mate.pk).update(is_active=False)
    due = max(Case.objects.values_list("promise_at", flat=True)) + timedelta(seconds=1)
    assert sweep.free_ownerless(due) == 5
    assert set(Case.objects.values_list("tier", flat=True)) == {2}
    assert assert_within_caps()[cast.tiers[2].pk] == 2
