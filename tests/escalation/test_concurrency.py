"""Two at once, on a real PostgreSQL with real connections: one wins, the other gets a sentence, nothing is done twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from cases.lifecycle import State
from cases.models import Case, Category, Event, Tally
from escalation import outbox, sweep, verbs
from escalation.facts import Outcome
from escalation.models import Notice, StageClock
from escalation.store import lock, lock_due
from escalation.verbs import Told, file_many
from tests import solving
from tests.cast import MONDAY, gather
from tests.escalation.sound import assert_sound, open_clocks
from tests.escalation.stories import MINUTE, bring, now_of
from tests.races import outcomes, refusals

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
AT = MONDAY + timedelta(minutes=10)
DUE = MONDAY + timedelta(minutes=30)


@pytest.fixture
def cast(transactional_db):
    """As everywhere; the flush before has taken the shipped protocol away, so it is put back."""
    return gather()


def many(cast, count):
    topic = Category.objects.get(slug="orders")
    return file_many([(Told(f"Case {n}", "Text", topic, "loss"), cast.customer) for n in range(count)], at=MONDAY)


def test_two_people_acknowledge_at_once(cast):
    for _ in range(5):
        case = bring(cast, State.REVIEWED)
        results = outcomes(
            lambda pk=case.pk: verbs.acknowledge(pk, by=cast.tiers[1], at=AT),
            lambda pk=case.pk: verbs.acknowledge(pk, by=cast.mate, at=AT),
        )
        assert len(refusals(results)) == 1
        case = assert_sound(case)
        assert case.state == State.ACKNOWLEDGED
        assert Event.objects.filter(case=case, kind="acknowledged").count() == 1
        assert Notice.objects.filter(case=case, kind="named_person").count() == 1


def test_the_customer_accepts_in_the_second_in_which_it_would_close(cast):
    """Either a yes or a silent close; and whichever it is, one survey timer and one resolved time."""
    seen = set()
    for _ in range(6):
        case = bring(cast, State.ANSWERED)
        due = case.promise_at
        results = outcomes(
            lambda pk=case.pk, at=due - timedelta(milliseconds=1): verbs.accept(pk, by=cast.customer, at=at),
            lambda at=due: sweep.sweep_batch(at),
        )
        refusals(results)
        case = assert_sound(case)
        kinds = set(Event.objects.filter(case=case).values_list("kind", flat=True))
        assert ("accepted" in kinds) != (case.state == State.CLOSED)
        assert StageClock.objects.filter(case=case, kind="survey").count() == 1
        seen.add(case.state)
        Case.objects.filter(pk=case.pk).update(wake_at=None)
    assert seen <= {State.CONFIRMED, State.CLOSED}


def test_an_update_in_the_second_of_the_deadline_is_kept_or_missed_never_both(cast):
    for _ in range(6):
        case = bring(cast, State.WORKING)
        due = open_clocks(case)["update"].due_at
        results = outcomes(
            lambda pk=case.pk, at=due - timedelta(milliseconds=1): verbs.update(
                pk, text="Here.", by=cast.tiers[1], at=at
            ),
            lambda at=due: sweep.sweep_batch(at),
            lambda at=due: sweep.sweep_batch(at),
        )
        said_no = refusals(results)
        case = assert_sound(case)
        clock = StageClock.objects.filter(case=case, kind="update", outcome__isnull=False).order_by("-pk").first()
        kept = Event.objects.filter(case=case, kind="updated").count() == 2
        assert kept == (clock.outcome == Outcome.MET) == (case.tier == 1) == (not said_no)
        assert Notice.objects.filter(case=case, kind="promise_broken").count() == (0 if kept else 1)
        Case.objects.filter(pk=case.pk).update(wake_at=None)


def test_four_sweeps_over_the_same_due_cases(cast):
    cases = many(cast, 120)

    def sweep_all():
        done = 0
        while (batch := sweep.sweep_batch(DUE, 25)) or Case.objects.filter(wake_at__lte=DUE).exists():
            done += batch
        return done

    results = outcomes(*[sweep_all] * 4)
    assert refusals(results) == [] and sum(results) == 120
    for case in cases[::20]:
        assert assert_sound(case).tier == 2
    assert Event.objects.filter(kind="missed").count() == 120
    assert set(Case.objects.values_list("tier", flat=True)) == {2}
    assert Notice.objects.filter(kind="promise_broken").count() == 120
    assert Notice.objects.filter(kind="case_for_team", recipient=cast.tiers[2]).count() == 120


def test_escalate_clicked_ten_times_at_once(cast):
    case = bring(cast, State.WORKING)
    results = outcomes(*[lambda: solving.escalate(case.pk, reason="Up!", by=cast.tiers[1], at=AT)] * 10)
    assert len(refusals(results)) == 9
    case = assert_sound(case)
    assert case.tier == 2
    assert Event.objects.filter(case=case, kind="escalated").count() == 1
    assert Notice.objects.filter(case=case, kind="passed_on").count() == 1


def test_ten_clicks_with_one_form_key_all_succeed_and_one_counts(cast):
    case = bring(cast, State.WORKING)
    results = outcomes(*[lambda: verbs.update(case.pk, text="News.", by=cast.tiers[1], at=AT, form_key="page-1")] * 10)
    assert refusals(results) == []
    assert Event.objects.filter(case=case, kind="updated", actor=cast.tiers[1]).count() == 2
    assert_sound(case)


def test_filing_clicked_eight_times_is_one_case(cast):
    results = outcomes(*[lambda: cast.file(form_key="form-1")] * 8)
    assert refusals(results) == [] and len({case.pk for case in results}) == 1
    assert Case.objects.count() == 1
    assert_sound(results[0])


def test_two_cases_joined_crosswise_are_not_both_gone(cast):
    for _ in range(5):
        one, two = cast.file(), cast.file()
        results = outcomes(
            lambda a=one, b=two: verbs.merge(a.pk, into=b, by=cast.tiers[1], at=AT),
            lambda a=one, b=two: verbs.merge(b.pk, into=a, by=cast.mate, at=AT),
        )
        assert len(refusals(results)) == 1
        states = {assert_sound(one).state, assert_sound(two).state}
        assert states == {State.NEW, State.MERGED}


@pytest.mark.parametrize("again", range(4))
def test_everybody_does_something_to_one_case_at_once(cast, again):
    """Ten different verbs together: no deadlock, no broken chain, one promise; a withdrawal always gets through."""
    case = bring(cast, State.WORKING)
    at, agent = now_of(case) + MINUTE, cast.tiers[1]
    done = {"text": "Done.", "outcome": "fixed", "root_cause": "Slip"}
    results = outcomes(
        lambda: verbs.reply(case.pk, text="Hello?", by=cast.customer, at=at),
        lambda: verbs.update(case.pk, text="News.", by=agent, at=at),
        lambda: solving.escalate(case.pk, reason="Up.", by=cast.mate, at=at),
        lambda: solving.answer(case.pk, by=agent, at=at, **done),
        lambda: verbs.wait_customer(case.pk, question="Which?", by=cast.mate, at=at),
        lambda: verbs.take_over(case.pk, by=cast.mate, at=at),
        lambda: verbs.ask_supervisor(case.pk, reason="slow", by=cast.customer, at=at),
        lambda: verbs.note(case.pk, text="Busy here.", by=cast.supervisor, at=at),
        lambda: verbs.withdraw(case.pk, by=cast.customer, at=at),
        lambda: sweep.sweep_batch(at),
    )
    refusals(results)
    assert assert_sound(case).state == State.WITHDRAWN
    assert not isinstance(results[7], Exception), "a note is always possible"


def test_a_locked_case_holds_up_nobody_elses(cast):
    """A person's long transaction on one case: the sweep passes it by and comes back for it."""
    held, *_free = many(cast, 5)
    inside, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            lock(held.pk, DUE)
            inside.set()
            assert done.wait(20)

    def swept():
        assert inside.wait(10)
        try:
            return sweep.sweep_batch(DUE)
        finally:
            done.set()

    results = outcomes(hold, swept)
    assert refusals(results) == [] and results[1] == 4
    assert Case.objects.get(pk=held.pk).tier == 1
    assert sweep.sweep_batch(DUE) == 1
    assert assert_sound(held).tier == 2


def test_two_claims_of_due_cases_never_share_one(cast):
    many(cast, 20)
    both = threading.Barrier(2)

    def claim():
        with transaction.atomic():
            mine = {turn.case.pk for turn in lock_due(DUE, 10)}
            both.wait(10)
            return mine

    first, second = outcomes(claim, claim)
    assert len(first) == len(second) == 10 and not first & second


def test_four_senders_send_each_notice_once(cast, settings):
    many(cast, 40)
    owed = Notice.objects.count()
    mail.outbox.clear()

    def send():
        sent = 0
        while (batch := outbox.deliver_batch(MONDAY, 7)) or Notice.objects.filter(state="waiting").exists():
            sent += batch
        return sent

    results = outcomes(*[send] * 4)
    assert refusals(results) == [] and sum(results) == owed == len(mail.outbox)
    assert len({m.extra_headers["Message-ID"] for m in mail.outbox}) == owed
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}


def test_two_hundred_tries_at_once_are_counted_to_the_last(cast):
    def try_twenty():
        return [Tally.count_one("code:sam", at=MONDAY, window=timedelta(hours=1)) for _ in range(20)]

    results = outcomes(*[try_twenty] * 10)
    assert sorted(n for result in results for n in result) == list(range(1, 201))
