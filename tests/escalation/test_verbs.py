"""Every verb on its good path: state, log, clocks, promises, and who is told; after each step the case is sound."""

from datetime import timedelta

import pytest
from django.db import transaction

from cases.lifecycle import State
from cases.models import Case, Category, Event, Message, Note, Resolution
from cases.models.event import stamp
from escalation import verbs
from escalation.decision import NotNow
from escalation.facts import Noted, Outcome
from escalation.models import Alert, Notice, Promise, SetAside, StageClock
from escalation.store import lock
from escalation.sweep import sweep_batch
from escalation.verbs import file_many
from tests import solving
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound, open_clocks, told
from tests.escalation.stories import MINUTE, bring, do, timerless

AT = MONDAY + timedelta(minutes=10)


def last(case) -> Event:
    return Event.objects.filter(case=case).order_by("seq").last()


def fresh_notices(case) -> list[tuple[str, str]]:
    seq = last(case).seq
    rows = Notice.objects.filter(case=case, event_seq=seq).select_related("recipient")
    return sorted((n.kind, n.recipient.email.split("@")[0]) for n in rows)


def test_filing(cast):
    case = assert_sound(cast.file())
    assert (case.state, case.milestone, case.tier, case.severity) == (State.NEW, 1, 1, 2)
    assert case.team == cast.teams[1] and case.owner is None
    assert set(open_clocks(case)) == {"review", "step"}
    assert case.promise_at == MONDAY + timedelta(minutes=30)
    assert told(case) == [("received", "sam"), ("case_for_team", "tom"), ("case_for_team", "mate")]
    notice = Notice.objects.get(case=case, kind="received")
    # The receipt names the time the engine counted, not a fixed one.
    assert notice.data["promise_at"] == stamp(case.promise_at)
    message = Message.objects.get(case=case)
    assert message.from_customer and message.kind == Message.Kind.FILED
    event = last(case)
    assert event.data["message"] == message.fingerprint
    assert "two payments" not in str(event.data)
    assert (event.kind, event.role, event.actor) == ("filed", "customer", cast.customer)


@pytest.mark.parametrize(
    ("impact", "severity"), [("blocked", 2), ("loss", 2), ("degraded", 3), ("question", 4), ("unsure", 3)]
)
def test_filing_takes_the_severity_from_the_customers_own_words(cast, impact, severity):
    assert cast.file(impact=impact).severity == severity


@pytest.mark.parametrize("impact", ["blocked", "loss", "degraded", "question", "unsure"])
def test_the_outlook_before_filing_is_what_filing_promises(cast, impact):
    outlook = verbs.outlook(Category.objects.get(slug="orders"), impact, at=MONDAY)
    case = cast.file(impact=impact)
    assert case.promise_at == outlook.first_word_by
    row = Promise.objects.get(case=case)
    assert row.due_at == outlook.first_word_by


def test_filing_many_is_filing_one_many_times(cast):
    told_ = verbs.Told("Late parcel", "It has not come.", cast.file().category, "loss")
    cases = file_many([(told_, cast.customer)] * 5, at=MONDAY)
    assert len({c.reference for c in cases}) == 5
    for case in cases:
        assert assert_sound(case).promise_at == MONDAY + timedelta(minutes=30)


def test_assess(cast, case):
    verbs.assess(case.pk, severity=2, complexity=2, category=case.category, by=cast.tiers[1], at=AT)
    case = assert_sound(case)
    assert (case.state, case.complexity, case.tier) == (State.REVIEWED, 2, 1)
    assert set(open_clocks(case)) == {"acknowledge", "refer_up", "resolve", "step"}
    assert StageClock.objects.get(case=case, kind="review").outcome == Outcome.MET
    assert fresh_notices(case) == [("priority_set", "sam")]


def test_assess_again_keeps_the_history(cast, case):
    same = {"complexity": 1, "category": case.category, "by": cast.tiers[1], "at": AT}
    verbs.assess(case.pk, severity=2, **same)
    with pytest.raises(verbs.Refused, match="more urgent"):
        verbs.assess(case.pk, severity=1, **same)
    verbs.assess(case.pk, severity=1, reason="All are down.", **same)
    assert_sound(case)
    with pytest.raises(verbs.Refused, match="less urgent"):
        verbs.assess(case.pk, severity=3, **same)
    verbs.assess(case.pk, severity=3, reason="The money is back already.", **same)
    assert_sound(case)
    reasons = set(case.messages.filter(kind="reason").values_list("text", flat=True))
    assert reasons == {"All are down.", "The money is back already."}
    said = Event.objects.filter(case=case, kind="assessed").order_by("seq")
    assert [e.data["args"]["severity"] for e in said] == [2, 1, 3]
    assert all(e.actor == cast.tiers[1] for e in said)


def test_assess_straight_to_a_higher_level_tells_those_it_passed(cast, case):
    verbs.take_over(case.pk, by=cast.tiers[1], at=AT)
    verbs.assess(case.pk, severity=1, complexity=3, category=case.category, by=cast.tiers[1], at=AT)
    case = assert_sound(case)
    assert (case.tier, case.team, case.escalated_at) == (3, cast.teams[3], AT)
    # Whoever had it a level below does not stay answerable for another team's case.
    assert case.owner is None
    assert fresh_notices(case) == [
        ("case_for_team", "priya"), ("priority_set", "sam"), ("went_past_you", "mara"), ("went_past_you", "tom"),
    ]  # fmt: skip


def test_acknowledge(cast):
    case = bring(cast, State.REVIEWED)
    at = do(cast, case, "acknowledge")
    case = assert_sound(case)
    assert (case.state, case.milestone, case.owner) == (State.ACKNOWLEDGED, 3, cast.tiers[1])
    assert StageClock.objects.get(case=case, kind="acknowledge").ended_at == at
    assert set(open_clocks(case)) == {"update", "refer_up", "resolve"}
    assert fresh_notices(case) == [("named_person", "sam")]


def test_update(cast):
    case = bring(cast, State.ACKNOWLEDGED)
    at = do(cast, case, "update")
    case = assert_sound(case)
    assert case.state == State.WORKING
    clocks = StageClock.objects.filter(case=case, kind="update").order_by("pk")
    assert [c.outcome for c in clocks] == [Outcome.MET, None]
    assert clocks[1].started_at == at
    assert fresh_notices(case) == [("progress", "sam")]


def test_update_with_a_time_of_its_own(cast):
    case = bring(cast, State.ACKNOWLEDGED)
    wanted = MONDAY.replace(hour=15)
    verbs.update(case.pk, text="Looking.", next_at=wanted, by=cast.tiers[1], at=AT)
    assert assert_sound(case).promise_at == wanted


def test_update_while_waiting_for_a_partner_keeps_waiting(cast):
    case = bring(cast, State.WAITING_PARTNER)
    do(cast, case, "update")
    assert assert_sound(case).state == State.WAITING_PARTNER


def test_ask_the_customer_and_their_answer(cast):
    case = bring(cast, State.WORKING)
    at = do(cast, case, "wait_customer")
    case = assert_sound(case)
    assert (case.state, case.promise_at) == (State.WAITING_CUSTOMER, None)
    clocks = open_clocks(case)
    assert {k for k, c in clocks.items() if c.paused_at == at} == {"update", "refer_up", "resolve"}
    assert clocks["lapse"].due_at == case.wake_at or clocks["lapse"].warn_at == case.wake_at
    assert fresh_notices(case) == [("question", "sam")]
    before = {k: c.target for k, c in clocks.items()}
    at = do(cast, case, "reply", after=timedelta(days=1))
    case = assert_sound(case)
    assert case.state == State.WORKING
    assert {k: c.target for k, c in open_clocks(case).items()} == {k: t for k, t in before.items() if k != "lapse"}
    assert fresh_notices(case) == [("customer_wrote", "tom")]


def test_wait_for_a_partner_and_their_answer(cast):
    case = bring(cast, State.WORKING)
    do(cast, case, "wait_partner")
    case = assert_sound(case)
    assert case.state == State.WAITING_PARTNER and case.promise_at is not None
    assert fresh_notices(case) == [("waiting_partner", "sam")]
    assert Notice.objects.filter(case=case, kind="waiting_partner", data__partner="Parcel Ltd").count() == 1
    promised = case.promise_at
    do(cast, case, "partner_answered")
    case = assert_sound(case)
    assert (case.state, case.promise_at) == (State.WORKING, promised)


def test_hand_over(cast):
    case = bring(cast, State.WORKING)
    promised = case.promise_at
    do(cast, case, "hand_over")
    case = assert_sound(case)
    assert (case.owner, case.promise_at, case.state) == (cast.mate, promised, State.WORKING)
    assert fresh_notices(case) == [("handed_to_you", "mate"), ("new_owner", "sam")]
    assert Note.objects.get(case=case).text == "Waiting for the bank. Promised news today."


def test_take_over(cast):
    case = bring(cast, State.WORKING)
    verbs.take_over(case.pk, by=cast.mate, at=AT)
    case = assert_sound(case)
    assert case.owner == cast.mate
    assert fresh_notices(case) == [("new_owner", "sam")]


def test_escalate_review_acknowledge(cast):
    case = bring(cast, State.WORKING)
    aim = open_clocks(case)["resolve"].due_at
    at = do(cast, case, "escalate")
    case = assert_sound(case)
    assert (case.state, case.tier, case.team, case.owner) == (State.ESCALATED, 2, cast.teams[2], None)
    assert case.escalated_at == at
    clocks = open_clocks(case)
    assert set(clocks) == {"review", "acknowledge", "refer_up", "resolve", "step"}
    assert clocks["resolve"].due_at == aim, "the customer's aim stays"
    assert clocks["acknowledge"].promise and not clocks["review"].promise
    assert fresh_notices(case) == [("case_for_team", "mara"), ("passed_on", "sam")]
    do(cast, case, "review")
    case = assert_sound(case)
    assert (case.state, case.milestone) == (State.PASSED, 2)
    assert fresh_notices(case) == [], "nothing changed for the customer, so nothing is mailed"
    do(cast, case, "acknowledge")
    assert assert_sound(case).owner == cast.tiers[2]


def test_review_that_raises_the_severity_brings_promises_forward(cast):
    case = bring(cast, State.ESCALATED)
    before = open_clocks(case)
    verbs.review(case.pk, severity=1, reason="All are down.", by=cast.tiers[2], at=AT)
    case = assert_sound(case)
    assert case.severity == 1
    assert ("priority_set", "sam") in fresh_notices(case)
    after = open_clocks(case)
    assert after["acknowledge"].due_at == AT + timedelta(minutes=20) < before["acknowledge"].due_at
    assert Promise.objects.filter(clock=before["acknowledge"]).get().status == Promise.Status.MOVED


def test_return_down_keeps_the_customers_promise(cast):
    case = bring(cast, State.ESCALATED)
    promised = case.promise_at
    do(cast, case, "return_down")
    case = assert_sound(case)
    assert (case.state, case.tier, case.team, case.promise_at) == (State.REVIEWED, 1, cast.teams[1], promised)
    assert ("case_for_team", "tom") in fresh_notices(case)


def test_answer_accept_survey_and_end(cast):
    case = bring(cast, State.WORKING)
    do(cast, case, "answer")
    case = assert_sound(case)
    assert (case.state, case.milestone) == (State.ANSWERED, 4)
    assert list(open_clocks(case)) == ["confirm"]
    resolution = Resolution.objects.get(case=case)
    assert (resolution.outcome, resolution.root_cause, resolution.by) == ("fixed", "Double click", cast.tiers[1])
    assert fresh_notices(case) == [("answer", "sam")]
    at = do(cast, case, "accept")
    case = assert_sound(case)
    assert (case.state, case.milestone, case.resolved_at) == (State.CONFIRMED, 5, at)
    assert set(open_clocks(case)) == {"survey", "closing"}
    assert fresh_notices(case) == [("accepted", "tom")]


def test_reject_counts_and_goes_on_with_the_same_people(cast):
    case = bring(cast, State.ANSWERED)
    at = do(cast, case, "reject")
    case = assert_sound(case)
    assert (case.state, case.rejections, case.owner, case.tier) == (State.REOPENED, 1, cast.tiers[1], 1)
    assert set(open_clocks(case)) == {"reply", "refer_up", "resolve"}
    assert all(c.started_at == at for c in open_clocks(case).values())
    assert fresh_notices(case) == [("customer_wrote", "tom"), ("reopened", "sam")]


def test_reopen(cast):
    case = bring(cast, State.CLOSED)
    do(cast, case, "reopen", after=timedelta(days=13))
    case = assert_sound(case)
    assert (case.state, case.closed_at, case.resolved_at) == (State.REOPENED, None, None)


def test_withdraw(cast):
    case = bring(cast, State.WORKING)
    at = do(cast, case, "withdraw")
    case = assert_sound(case)
    assert (case.state, case.closed_at, open_clocks(case)) == (State.WITHDRAWN, at, {})
    assert fresh_notices(case) == [("withdrawn", "tom")]
    assert not Promise.objects.filter(case=case, status=Promise.Status.OPEN).exists()


def test_close(cast):
    """By hand only where no clock of the customer's does it; the letter then says nothing of a silence."""
    case = timerless(bring(cast, State.ANSWERED))
    at = do(cast, case, "close")
    case = assert_sound(case)
    assert (case.state, case.closed_at, case.resolved_at) == (State.CLOSED, at, at)
    assert list(open_clocks(case)) == ["survey"]
    assert fresh_notices(case) == [("closed", "sam")]


def test_merge(cast):
    case, other = bring(cast, State.WORKING), cast.file(title="The same again")
    at = AT + MINUTE
    verbs.merge(other.pk, into=case, by=cast.tiers[1], at=at)
    other = assert_sound(other)
    assert (other.state, open_clocks(other), other.promise_at) == (State.MERGED, {}, None)
    assert fresh_notices(other) == [("merged", "sam")]
    assert last(other).data["args"]["into"] == case.reference
    assert assert_sound(case).state == State.WORKING
    # Nothing is deleted.
    assert Message.objects.filter(case=other).exists()


def test_ask_for_a_supervisor_and_the_answer(cast):
    case = bring(cast, State.WORKING)
    do(cast, case, "ask_supervisor")
    case = assert_sound(case)
    assert "supervisor" in open_clocks(case) and case.state == State.WORKING
    assert fresh_notices(case) == [("supervisor_asked", "sam"), ("supervisor_wanted", "mara")]
    verbs.answer_supervisor(case.pk, text="I look into it.", granted=False, by=cast.supervisor, at=AT)
    case = assert_sound(case)
    assert "supervisor" not in open_clocks(case) and (case.state, case.tier) == (State.WORKING, 1)
    assert fresh_notices(case) == [("supervisor_answered", "sam")]


def test_a_granted_wish_passes_the_case_up_with_one_message(cast):
    case = bring(cast, State.WORKING)
    do(cast, case, "ask_supervisor")
    verbs.answer_supervisor(case.pk, text="Passed on.", granted=True, by=cast.supervisor, at=AT)
    case = assert_sound(case)
    assert (case.state, case.tier) == (State.ESCALATED, 2)
    assert fresh_notices(case) == [("case_for_team", "mara"), ("supervisor_answered", "sam")]
    assert Notice.objects.get(case=case, kind="supervisor_answered").data["granted"] is True


def test_a_granted_wish_does_not_claim_to_have_passed_on_what_stays(cast):
    case = bring(cast, State.ANSWERED)
    do(cast, case, "ask_supervisor")
    verbs.answer_supervisor(case.pk, text="You are right.", granted=True, by=cast.supervisor, at=AT)
    case = assert_sound(case)
    assert (case.state, case.tier) == (State.ANSWERED, 1)
    assert Notice.objects.get(case=case, kind="supervisor_answered").data["granted"] is False


def test_apologise_and_note(cast):
    case = bring(cast, State.WORKING)
    clocks = {k: c.due_at for k, c in open_clocks(case).items()}
    verbs.apologise(case.pk, text="Sorry. We offer a refund.", by=cast.supervisor, at=AT)
    assert fresh_notices(case) == [("apology", "sam")]
    verbs.note(case.pk, text="Bank says Tuesday.", by=cast.mate, at=AT)
    assert fresh_notices(case) == []
    assert_sound(case)
    assert {k: c.due_at for k, c in open_clocks(case).items()} == clocks


def test_a_colleague_who_is_a_customer_writes_as_a_customer(cast):
    case = cast.file(by=cast.mate)
    verbs.reply(case.pk, text="Any news?", by=cast.mate, at=AT)
    assert last(case).role == Event.Role.CUSTOMER
    assert Message.objects.filter(case=case, from_customer=True).count() == 2


def test_an_act_puts_right_the_alarm_that_was_raised_a_moment_before(cast):
    """The last level is late; the update that comes then is caught up with and answers the red alarm."""
    case, at = cast.file(), MONDAY
    for tier in range(1, 5):
        at += MINUTE
        solving.escalate(case.pk, reason="Up.", by=cast.tiers[tier], at=at)
        verbs.review(case.pk, by=cast.tiers[tier + 1], at=at)
    verbs.acknowledge(case.pk, by=cast.tiers[5], at=at)
    case = assert_sound(case)
    late = case.promise_at + timedelta(minutes=1)
    verbs.update(case.pk, text="Here we are.", by=cast.tiers[5], at=late)
    assert_sound(case)
    assert Event.objects.filter(case=case, data__plan_failed="exhausted").count() == 1
    assert not Alert.objects.filter(case=case, cleared_at__isnull=True).exists()


def test_the_purchase_order_r009(cast):
    """Representative, manager, lead, chief officer, resolved, accepted: R009 in pure verbs."""
    case = cast.file(title="An issue with an online purchase order", impact="loss")
    at = MONDAY + MINUTE
    verbs.assess(case.pk, severity=2, complexity=2, category=case.category, by=cast.tiers[1], at=at)
    verbs.acknowledge(case.pk, by=cast.tiers[1], at=at)
    assert_sound(case)
    for tier in (2, 3, 4):
        at += timedelta(minutes=20)
        below, here = cast.tiers[tier - 1], cast.tiers[tier]
        solving.escalate(case.pk, reason="This needs more authority.", by=below, at=at)
        case = assert_sound(case)
        assert (case.state, case.tier, case.team, case.owner) == (State.ESCALATED, tier, cast.teams[tier], None)
        verbs.review(case.pk, by=here, at=at + MINUTE)
        assert assert_sound(case).state == State.PASSED
        verbs.acknowledge(case.pk, by=here, at=at + 2 * MINUTE)
        case = assert_sound(case)
        assert (case.state, case.owner) == (State.ACKNOWLEDGED, here)
        verbs.update(case.pk, text="I am on it.", by=here, at=at + 3 * MINUTE)
        assert assert_sound(case).state == State.WORKING
    at += timedelta(hours=1)
    solving.answer(
        case.pk, text="The order was sent again.", outcome="fixed", root_cause="Lost in the warehouse",
        by=cast.tiers[4], at=at,
    )  # fmt: skip
    assert_sound(case)
    verbs.accept(case.pk, by=cast.customer, at=at + timedelta(hours=2))
    case = assert_sound(case)
    assert (case.state, case.tier, case.owner) == (State.CONFIRMED, 4, cast.tiers[4])
    assert [kind for kind, who in told(case) if who == "sam"] == [
        "received", "priority_set", "named_person",
        *("passed_on", "named_person", "progress") * 3,
        "answer",
    ]  # fmt: skip
    kept = Promise.objects.filter(case=case)
    assert (
        not kept.filter(status__in=(Promise.Status.BROKEN, Promise.Status.OPEN)).exclude(clock__promise=False).exists()
    )


def test_who_waited_for_the_row_acts_when_they_got_it(cast):
    case = cast.file()
    tom = cast.tiers[1]
    verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=tom, at=MONDAY + MINUTE)
    done = verbs.note(case.pk, text="Read.", by=tom, at=MONDAY + MINUTE - timedelta(seconds=2))
    assert (last(done).occurred_at, last(done).recorded_at) == (MONDAY + MINUTE, MONDAY + MINUTE)
    assert_sound(done)


def test_a_server_whose_clock_is_behind_cannot_write(cast):
    case = cast.file()
    with pytest.raises(verbs.Refused, match="clock is behind"):
        verbs.note(case.pk, text="Read.", by=cast.tiers[1], at=MONDAY - timedelta(seconds=61))
    assert last(case).seq == 1 and not Note.objects.exists()


def test_no_door_writes_an_event_before_the_last_one(cast):
    case = cast.file()
    with transaction.atomic():
        turn = lock(case.pk, MONDAY)
        with pytest.raises(NotNow, match="never run backwards"):
            turn.take(Noted(at=MONDAY - MINUTE, now=MONDAY, by=1), by=1, role=Event.Role.STAFF)


@pytest.mark.parametrize("meanwhile", [None, 2])
def test_a_clock_that_goes_on_warns_and_falls_due_no_earlier_than_it_goes_on(cast, meanwhile):
    """Most of it was spent before it stopped, and the target was lowered meanwhile: nothing may come due in the past."""
    case = cast.file(impact="question")
    tom, at = cast.tiers[1], MONDAY
    verbs.assess(case.pk, severity=4, complexity=1, category=case.category, by=tom, at=at)
    verbs.acknowledge(case.pk, by=tom, at=at)
    for _ in range(4):
        at += timedelta(days=1)
        verbs.update(case.pk, text="Still looking.", by=tom, at=at)
    at += timedelta(hours=7)  # 41 of the 42.5 hours this level has are spent, and the warning is given
    verbs.wait_customer(case.pk, question="Which one?", by=tom, at=at)
    if meanwhile:
        verbs.assess(
            case.pk, severity=meanwhile, complexity=1, category=case.category, reason="All.", by=tom, at=at + MINUTE
        )
    back = at + timedelta(hours=3)
    verbs.reply(case.pk, text="The blue one.", by=cast.customer, at=back)
    for clock in open_clocks(case).values():
        assert all(instant >= back for instant in (clock.due_at, clock.warn_at) if instant), clock
    for days in range(1, 9):
        while sweep_batch(back + timedelta(days=days)):
            pass
    assert not SetAside.objects.exists()
    assert_sound(Case.objects.get(pk=case.pk))
