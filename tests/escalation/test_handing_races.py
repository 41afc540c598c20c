"""Who has a case while several people give, take and accept it at once: one owner at every moment, one who wins."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from cases.lifecycle import OPEN, State
from cases.models import Case, Event
from escalation import sweep, verbs
from escalation.models import Notice, StageClock
from escalation.replay import replay_many
from tests.escalation.sound import assert_sound
from tests.escalation.stories import MINUTE, PACKET, bring, do, now_of
from tests.escalation.test_concurrency import cast  # noqa: F401
from tests.races import outcomes, refusals

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


def broken():
    """The invariant as one question: open cases without anybody who answers for them, or with half an offer."""
    nobody = Case.everything.filter(state__in=OPEN, owner=None, team=None)
    half = Case.everything.exclude(offered_to=None).filter(offered_by=None)
    over = Case.everything.exclude(offered_to=None).exclude(state__in=OPEN)
    return [*nobody, *half, *over]


def test_one_owner_while_it_is_given_taken_and_accepted_over_and_over(cast):  # noqa: F811
    case = bring(cast, State.WORKING)
    tom, mara = cast.tiers[1], cast.tiers[2]
    watched, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            watched.extend(broken())
        return len(watched)

    def rounds():
        for _ in range(ROUNDS):
            before = Event.objects.filter(case=case).count()
            if Case.objects.get(pk=case.pk).owner != tom:
                do(cast, case, "hand_over", to=tom)
            do(cast, case, "offer")
            at = now_of(case) + MINUTE
            results = outcomes(
                lambda at=at: verbs.accept_offer(case.pk, by=cast.mate, at=at),
                lambda at=at: verbs.return_offer(case.pk, reason="No time.", by=cast.mate, at=at),
                lambda at=at: verbs.withdraw_offer(case.pk, by=tom, at=at),
                lambda at=at: verbs.take_over(case.pk, by=cast.supervisor, at=at),
                lambda at=at: verbs.hand_over(case.pk, to=mara, note="Yours.", by=cast.supervisor, at=at),
                lambda at=at: verbs.offer(case.pk, to=mara, by=tom, at=at, **PACKET),
            )
            said_no = refusals(results)
            assert said_no, "they cannot all have had their way"
            done = len(results) - len(said_no)
            written = set(Event.objects.filter(case=case).order_by("seq").values_list("kind", flat=True)[before:])
            assert done >= 1 and written
            fresh = assert_sound(case)
            assert fresh.owner_id is not None
            if fresh.offered_to_id:
                do(cast, case, "withdraw_offer", by=cast.supervisor)
        stop.set()

    seen, _ = outcomes(watch, lambda: _finally(rounds, stop))
    refusals([_])
    assert seen == 0 and broken() == []
    assert list(replay_many([case.pk])) == []


def _finally(work, stop):
    try:
        return work()
    finally:
        stop.set()


def test_the_yes_and_the_end_of_its_time_in_one_second(cast):  # noqa: F811
    """Either the receiver has it or the giver keeps it; one letter says which."""
    for _ in range(ROUNDS):
        case = bring(cast, State.WORKING)
        do(cast, case, "offer")
        due = StageClock.objects.get(case=case, kind="hand_over").due_at
        results = outcomes(
            lambda pk=case.pk, at=due - timedelta(milliseconds=1): verbs.accept_offer(pk, by=cast.mate, at=at),
            lambda at=due: sweep.sweep_batch(at),
        )
        no = refusals(results)
        fresh = assert_sound(case)
        kinds = set(Notice.objects.filter(case=case, kind__startswith="offer_").values_list("kind", flat=True))
        assert kinds == ({"offer_unanswered"} if no else {"offer_accepted"})
        assert (fresh.owner == cast.mate) == (not no)
        Case.objects.filter(pk=case.pk).update(wake_at=None)


def test_two_colleagues_are_asked_at_once(cast):  # noqa: F811
    for _ in range(ROUNDS):
        case = bring(cast, State.WORKING)
        at = now_of(case) + MINUTE
        results = outcomes(
            lambda pk=case.pk, at=at: verbs.offer(pk, to=cast.mate, by=cast.tiers[1], at=at, **PACKET),
            lambda pk=case.pk, at=at: verbs.offer(pk, to=cast.tiers[3], by=cast.supervisor, at=at, **PACKET),
        )
        assert len(refusals(results)) == 1
        assert assert_sound(case).offered_to in (cast.mate, cast.tiers[3])
