"""The pack of a plan review: counted by hand on a small story, and the same from the log whenever it is made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from cases.models import Category
from escalation import reviews, sweep, verbs
from escalation.models import PlanReview, ProtocolVersion
from feedback import review_pack
from tests import solving
from tests.cast import MONDAY, gather, person

DAY = timedelta(days=1)
SINCE, UNTIL = MONDAY - timedelta(hours=10), MONDAY + 7 * DAY
KEY = "five-tier"


@pytest.fixture
def cast(db):
    return gather()


def minutes(n):
    return MONDAY + timedelta(minutes=n)


def assessed(cast, start=0, severity=2, **more):
    case = cast.file(at=minutes(start), **more)
    orders = Category.objects.get(slug="orders")
    return verbs.assess(
        case.pk, severity=severity, complexity=1, category=orders, by=cast.tiers[1], at=minutes(start + 2)
    )


def acknowledged(cast, start=0, **more):
    return verbs.acknowledge(assessed(cast, start, **more).pk, by=cast.tiers[1], at=minutes(start + 4))


def passed_up(cast, start=0, **more):
    case = acknowledged(cast, start, **more)
    return solving.escalate(case.pk, reason="Needs a manager.", by=cast.tiers[1], at=minutes(start + 6))


def taken(cast, case, start):
    case = verbs.review(case.pk, by=cast.tiers[2], at=minutes(start))
    return verbs.acknowledge(case.pk, by=cast.tiers[2], at=minutes(start + 1))


def answered(cast, case, start):
    said = {"text": "Paid back.", "outcome": "refunded", "amount": 10, "root_cause": "Double click"}
    return solving.answer(case.pk, **said, by=cast.tiers[2], at=minutes(start))


def story(cast):
    """Five cases: one stays; one comes up and is answered at once; one comes up, is worked on and answered; one is
    returned; one is missed at the first level and goes up by itself."""
    acknowledged(cast)
    answered(cast, taken(cast, passed_up(cast, 10), 20), 30)
    worked = taken(cast, passed_up(cast, 40), 50)
    verbs.update(worked.pk, text="Looking into it.", by=cast.tiers[2], at=minutes(55))
    answered(cast, worked, 60)
    back = passed_up(cast, 70)
    verbs.return_down(back.pk, reason="You can do this.", by=cast.tiers[2], at=minutes(80))
    verbs.acknowledge(back.pk, by=cast.tiers[1], at=minutes(82))
    late = cast.file(at=minutes(90), impact="question")
    sweep_at(late.promise_at + timedelta(seconds=1))
    return late


def sweep_at(at):
    while sweep.sweep_batch(at):
        pass


def made(until=UNTIL, since=SINCE):
    return review_pack.pack(KEY, since, until)


def pure(share):
    return share["hits"], share["n"]


def test_counted_by_hand(cast):
    late = story(cast)
    until = late.promise_at + timedelta(minutes=1)
    found = made(until)
    assert found["cases"] == {"filed": 5, "with_events": 5}
    first, second = found["levels"][:2]
    # Four came to level 2: three by hand, one by its missed review; one was sent back to level 1.
    assert (first["arrivals"], first["ways"]) == (
        6,
        {"filed": 5, "direct": 0, "missed": 0, "returned": 1, "by_hand": 0},
    )
    assert (second["arrivals"], second["ways"]["by_hand"], second["ways"]["missed"]) == (4, 3, 1)
    assert pure(first["acknowledged"]) == (4, 4)
    # A clock belongs to the level that was given it, whoever met it.
    assert pure(second["acknowledged"]) == (3, 3)
    climbs = found["climbs"]
    assert climbs["total"] == 4
    assert pure(climbs["late"]) == (1, 4)
    assert climbs["false_why"] == {"returned": 1, "at_once": 1}
    assert pure(climbs["false"]) == (2, 4)
    assert pure(climbs["returned"]) == (1, 4)
    clocks = {(row["clock"], row["level"]): pure(row["missed"]) for row in found["clocks"]}
    assert clocks["review", 1] == (1, 5)
    assert clocks["acknowledge", 1] == (0, 4)


def test_what_customers_expect_is_counted_from_the_log(cast):
    story(cast)
    asked = made()["expectations"]
    assert pure(asked["said"]["now"]) == (5, 5)
    rows = {row["impact"]: row["now"] for row in asked["impacts"]}
    assert rows == {"blocked": 0, "loss": 4, "degraded": 0, "question": 1, "unsure": 0}
    assert asked["filed"] == {"now": 5, "before": 0}
    later = review_pack.pack(KEY, UNTIL, UNTIL + (UNTIL - SINCE))["expectations"]
    assert later["filed"] == {"now": 0, "before": 5}


def test_what_customers_ask_for_by_quarter(cast):
    """Five ask within a fortnight of filing or later, before or after a miss; every number worked out by hand."""
    until = MONDAY + timedelta(days=40)
    ask = {"text": "", "by": cast.customer}
    soon, treated, late = (cast.file(at=minutes(n), impact="question") for n in range(3))
    verbs.ask_supervisor(soon.pk, reason="slow", at=minutes(30), **ask)
    verbs.ask_supervisor(treated.pk, reason="treated", at=minutes(31), **ask)
    sweep_at(late.promise_at + timedelta(seconds=1))
    verbs.ask_supervisor(late.pk, reason="slow", at=late.promise_at + timedelta(hours=1), **ask)
    verbs.ask_supervisor(
        cast.file(at=minutes(3)).pk, reason="slow", text="", by=cast.customer, at=MONDAY + timedelta(days=20)
    )
    cast.file(at=until - timedelta(days=13))
    *older, last = made(until, MONDAY)["expectations"]["trend"]
    assert [row["filed"] for row in older] == [0, 0, 0] and last["filed"] == 5 and pure(last["said"]) == (5, 5)
    # The one that is not 14 days old is not looked at; who asked after 20 days has not asked in time.
    assert {name: pure(last[name]) for name in ("asked", "early", "slow")} == {
        "asked": (3, 4),
        "early": (2, 4),
        "slow": (2, 4),
    }
    # A quarter on it is another line, and says the same of the same cases.
    *_, before, now = made(until + timedelta(weeks=13), MONDAY)["expectations"]["trend"]
    assert now["filed"] == 0 and before["filed"] == 5 and pure(before["asked"]) == (3, 5)


def test_erasing_what_a_customer_wrote_changes_no_pack(cast):
    case = cast.file()
    before = review_pack.digest(made())
    case.expectation = case.description = ""
    case.save(update_fields=["expectation", "description"])
    assert review_pack.digest(made()) == before


def test_the_same_window_comes_out_the_same_after_more_has_happened(cast):
    """More cases, more acts on the same cases, misses noticed later, a new version: the window's digest stays."""
    late = story(cast)
    until = minutes(180)
    seal = review_pack.digest(made(until))
    assert seal == review_pack.digest(made(until))
    verbs.reply(late.pk, text="Hello?", by=cast.customer, at=minutes(340))
    taken(cast, passed_up(cast, 360), 370)
    sweep_at(MONDAY + 40 * DAY)
    old = ProtocolVersion.objects.get(key=KEY)
    ProtocolVersion.objects.filter(pk=old.pk).update(status="retired")
    ProtocolVersion.objects.create(
        key=KEY, number=2, document=old.document, status="published", made_at=minutes(500), published_at=minutes(500)
    )
    assert review_pack.digest(made(until)) == seal
    assert review_pack.digest(made(MONDAY + 41 * DAY)) != seal


def test_neighbouring_windows_share_nothing_and_lose_nothing(cast):
    story(cast)
    sweep_at(UNTIL)
    cut = minutes(75)
    whole = made(UNTIL + DAY)
    first, second = made(cut), made(UNTIL + DAY, cut)
    for level in range(1, 6):
        came = [
            sum(row["arrivals"] for row in one["levels"] if row["level"] == level) for one in (first, second, whole)
        ]
        assert came[0] + came[1] == came[2]
    n = sum(row["missed"]["n"] for one in (first, second) for row in one["clocks"])
    assert n == sum(row["missed"]["n"] for row in whole["clocks"])


def test_an_overridden_guideline_is_counted_once(cast):
    """A rule says must; the person keeps the case and answers it: one case, one override. Another follows the rule."""
    old = ProtocolVersion.objects.get(key=KEY)
    rule = {
        "id": "rich",
        "verdict": "must",
        "because": "Orders go up.",
        "when": {"categories": ["orders"], "tier_at_most": 1},
    }
    document = old.document | {"guidelines": [rule], "topics": {}}
    ProtocolVersion.objects.filter(pk=old.pk).update(status="retired")
    ProtocolVersion.objects.create(
        key=KEY, number=2, document=document, status="published", made_at=MONDAY - DAY, published_at=MONDAY - DAY
    )
    kept = acknowledged(cast)
    verbs.keep(kept.pk, reason="I know the answer.", by=cast.tiers[1], at=minutes(6))
    said = {"text": "Paid back.", "outcome": "refunded", "amount": 10, "root_cause": "Double click"}
    solving.answer(kept.pk, **said, by=cast.tiers[1], at=minutes(8))
    passed_up(cast, 10)
    found = made()["guidelines"]
    (row,) = found["rules"]
    assert (row["rule"], row["verdict"], pure(row["overridden"])) == ("rich", "must", (1, 2))
    assert pure(found["overridden"]) == (1, 2)


def test_other_protocols_and_history_are_not_counted(cast):
    story(cast)
    before = made()
    assert review_pack.pack("five", SINCE, UNTIL)["cases"]["filed"] == 0
    old = cast.file(at=minutes(100))
    type(old).everything.filter(pk=old.pk).update(is_history=True)
    assert made() == before


def test_a_share_of_few_says_nothing():
    assert review_pack.share(2, 4) == {"hits": 2, "n": 4, "low": None, "high": None}
    assert review_pack.share(8, 10)["low"] == 0.4902
    assert review_pack.share(0, 0)["low"] is None


def test_an_empty_window_is_refused():
    with pytest.raises(ValueError, match="ends before it begins"):
        review_pack.pack(KEY, UNTIL, UNTIL)


class TestSigned:
    @pytest.fixture
    def author(self, cast):
        found = person("ada@example.com", "Ada Author", is_staff=True)
        found.groups.add(Group.objects.get(name="Protocol authors"))
        return found

    def test_the_seal_is_that_of_the_pack_and_still_is_later(self, cast, author):
        story(cast)
        review = PlanReview.objects.create(key=KEY, due_on=MONDAY.date())
        said = {"reason": "It works.", "by": author, "at": MONDAY + 8 * DAY}
        done = review_pack.sign(review, "keep", since=SINCE, until=UNTIL, **said)
        assert done.digest == review_pack.digest(made())
        passed_up(cast, 60 * 24 * 9)
        sweep_at(MONDAY + 60 * DAY)
        done.refresh_from_db()
        assert review_pack.still_the_same(done, review_pack.digest(made())) is True
        PlanReview.objects.filter(pk=done.pk).update(digest="0" * 64)
        done.refresh_from_db()
        assert review_pack.still_the_same(done, review_pack.digest(made())) is False

    def test_nothing_is_said_of_an_open_one_and_an_empty_window_is_a_sentence(self, cast, author):
        review = PlanReview.objects.create(key=KEY, due_on=MONDAY.date())
        assert review_pack.still_the_same(review, review_pack.digest(made())) is None
        with pytest.raises(reviews.NotDecided, match="begin before they end"):
            review_pack.sign(review, "keep", reason="x", since=UNTIL, until=UNTIL, by=author, at=UNTIL)
