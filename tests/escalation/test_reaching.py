"""Customers whom a letter did not reach: told on the phone, at another address, or given up; and what clocks do."""

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import AccessLink, Case, Event, Message, Note
from escalation import outbox, verbs
from escalation.letters import compose
from escalation.models import Notice, StageClock
from escalation.reaching import lost_questions, put_back, unheard
from escalation.replay import replay_many
from portal.beat import HANDS, ROLE
from tests.cast import MONDAY, person
from tests.escalation.stories import MINUTE, bring, do, lost, now_of, settle

HOUR = timedelta(hours=1)
CALL = {"who": "Sam", "words": "We asked which card."}


@pytest.fixture
def waiting(cast):
    """A case whose question came back."""
    case = bring(cast, State.WAITING_CUSTOMER)
    return case, lost(case)


def dues(case):
    return {c.kind: c.due_at for c in StageClock.objects.filter(case=case, outcome__isnull=True)}


def fresh(case):
    return Case.objects.get(pk=case.pk)


def test_a_letter_read_out_on_the_phone_is_over_and_said(cast, waiting):
    case, notice = waiting
    before, when = dues(case), now_of(case)
    at = do(cast, case, "told_by_phone", notice=notice.pk, when=when, **CALL)
    notice.refresh_from_db()
    assert (notice.state, notice.sent_at, notice.error) == ("told", when, "550 mailbox full")
    said = Message.objects.get(case=case, kind="call")
    assert (said.text, said.channel, said.from_customer, said.at) == ("We asked which card.", "phone", False, at)
    assert Note.objects.filter(case=case, text="Spoke to Sam on the phone.").exists()
    assert dues(case) == before and fresh(case).state == State.WAITING_CUSTOMER
    assert not unheard(case).exists()
    assert put_back(at + HOUR) == 0, "they were asked after all"
    assert not list(replay_many([case.pk]))


@pytest.mark.parametrize("away", [timedelta(days=8), -timedelta(hours=1)])
def test_a_call_of_another_week_or_to_come_is_refused(cast, waiting, refused, away):
    case, notice = waiting
    with refused("in the last seven days"):
        do(cast, case, "told_by_phone", notice=notice.pk, when=now_of(case) - away + MINUTE, **CALL)


def test_what_arrived_and_what_another_case_is_owed_cannot_be_told(cast, waiting, refused):
    case, notice = waiting
    received = Notice.objects.get(case=case, kind="received")
    other = lost(bring(cast, State.WAITING_CUSTOMER))
    for wrong in (received, other):
        for verb, more in (("told_by_phone", CALL | {"when": now_of(case)}), ("give_up", {"reason": "x"})):
            with refused("did not arrive"):
                do(cast, case, verb, notice=wrong.pk, **more)
    do(cast, case, "give_up", notice=notice.pk, reason="They came by.")
    with refused("did not arrive"):
        do(cast, case, "told_by_phone", notice=notice.pk, when=now_of(case), **CALL)


def test_given_up_it_is_nobody_s_any_more(cast, waiting):
    case, notice = waiting
    at = do(cast, case, "give_up", notice=notice.pk, reason="They came by.")
    notice.refresh_from_db()
    assert notice.state == "given_up" and not outbox.send_again(notice.pk, at)
    assert Note.objects.filter(case=case, text="They came by.").exists()


# A question that did not arrive -------------------------------------------------------------------------------


def test_a_question_that_did_not_arrive_puts_the_clocks_back(cast, waiting):
    case, notice = waiting
    asked = now_of(case)
    left = {
        c.kind: c.target for c in StageClock.objects.filter(case=case, outcome__isnull=True, paused_at__isnull=False)
    }
    assert left and all(due is None for kind, due in dues(case).items() if kind in left)
    assert put_back(asked + HOUR) == 1
    case = fresh(case)
    assert case.state == State.WORKING and case.promise_at is not None
    running = dues(case)
    assert "lapse" not in running and all(running[kind] for kind in left)
    told = Notice.objects.get(case=case, kind="question_lost")
    assert told.recipient == case.owner and "our clocks go on" in compose(told, now_of(case)).text
    event = Event.objects.get(case=case, kind="question_lost")
    assert event.role == Event.Role.ENGINE and event.data["args"] == {"notice": notice.pk}
    assert put_back(asked + 2 * HOUR) == 0
    assert not list(replay_many([case.pk]))


def test_the_stop_is_not_counted_against_what_was_left(cast, waiting):
    """Two hours of office time passed while we believed they had been asked: the promise comes two hours later."""
    case, _ = waiting
    asked = now_of(case)
    unasked = bring(cast, State.WORKING)
    put_back(asked + 2 * HOUR)
    assert fresh(case).promise_at > fresh(unasked).promise_at
    case = settle(case, asked + 4 * HOUR)
    assert not list(replay_many([case.pk, unasked.pk]))


def test_only_the_newest_question_and_only_to_the_customer_counts(cast):
    case = bring(cast, State.WAITING_CUSTOMER)
    first = lost(case)
    do(cast, case, "reply")
    do(cast, case, "wait_customer")
    assert not lost_questions().exists(), "the second question is on its way"
    second = lost(case)
    assert list(lost_questions()) == [second] and first.state == "dead"
    second.recipient = cast.other
    second.save(update_fields=["recipient"])
    assert not lost_questions().exists()


def test_an_answer_before_the_beat_needs_no_putting_back(cast, waiting):
    case, _ = waiting
    do(cast, case, "reply")
    assert put_back(now_of(case) + MINUTE) == 0


def test_the_beat_does_it():
    assert "lost questions" in [step.name for step in HANDS[ROLE]]


def test_the_letter_says_that_our_clock_stands_only_while_it_does(cast, waiting):
    case, notice = waiting
    assert "Our clock is stopped" in compose(notice, now_of(case)).text
    put_back(now_of(case) + HOUR)
    text = compose(Notice.objects.get(pk=notice.pk), now_of(case)).text
    assert (
        "Our clock is stopped" not in text and "We need something from you." in text and "we close the case" not in text
    )


# Calls --------------------------------------------------------------------------------------------------------


def test_what_they_say_on_the_phone_counts_as_their_answer(cast):
    case = bring(cast, State.WAITING_CUSTOMER)
    do(cast, case, "log_call", side="theirs", text="The blue one.")
    said = Message.objects.filter(case=case).order_by("-at").first()
    assert (said.channel, said.from_customer, said.author) == ("phone", True, case.customer)
    assert fresh(case).state == State.WORKING and fresh(case).promise_at
    assert Event.objects.filter(case=case).order_by("-seq").first().actor == cast.tiers[1]
    assert not list(replay_many([case.pk]))


def test_what_we_say_on_the_phone_meets_no_clock(cast):
    case = bring(cast, State.WORKING)
    before = dues(case)
    do(cast, case, "log_call", side="ours", text="It takes until Monday.")
    assert dues(case) == before and Event.objects.filter(case=case, kind="we_called").exists()
    assert not Notice.objects.filter(case=case, owed_at=now_of(case), to_customer=True).exists()


def test_nobody_told_anybody_is_no_call(cast, refused):
    case = bring(cast, State.WORKING)
    with refused("Choose who told whom"):
        do(cast, case, "log_call", side="nobody", text="x")


# The right address --------------------------------------------------------------------------------------------


def test_the_right_address_both_are_told_and_what_is_open_ends(cast, waiting):
    case, notice = waiting
    old, salt, access = case.customer.email, case.customer.session_salt, case.customer.get_session_auth_hash()
    AccessLink.issue(AccessLink.Purpose.FOLLOW, case, user=case.customer, at=now_of(case), lasts=HOUR)
    at = do(cast, case, "correct_customer_address", address=" Sam.Right@example.com ", reason="Spelt it out.")
    customer = fresh(case).customer
    assert (customer.email, customer.is_verified) == ("sam.right@example.com", False)
    assert customer.session_salt != salt and customer.get_session_auth_hash() != access
    assert not AccessLink.objects.filter(user=customer).exists()
    told = Notice.objects.filter(kind="address_changed").order_by("pk")
    assert [compose(one, at).address for one in told] == [old, "sam.right@example.com"]
    note = Note.objects.get(case=case, text__contains="corrected from")
    assert old in note.text and "sam.right@example.com" in note.text and "Spelt it out." in note.text
    assert old not in str(Event.objects.get(case=case, kind="address_corrected").data), "no address stands in the log"
    notice.refresh_from_db()
    assert notice.state == "waiting" and compose(notice, at).address == "sam.right@example.com"
    assert not list(replay_many([case.pk]))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Enter a whole e-mail address"),
        ("sam", "Enter a whole e-mail address"),
        ("SAM@example.com", "has already"),
        ("OLGA@example.com", "Another account has this address"),
    ],
)
def test_an_address_that_is_none_or_taken_is_refused(cast, waiting, refused, address, sentence):
    case, _ = waiting
    old = case.customer.email
    with refused(sentence):
        do(cast, case, "correct_customer_address", address=address.replace("SAM@example.com", old.upper()))
    assert fresh(case).customer.email == old and not Notice.objects.filter(kind="address_changed").exists()


def test_a_colleague_s_and_an_erased_person_s_address_stay(cast, refused):
    colleague = person("colleague@example.com", "Col League", is_staff=True)
    case = cast.file(by=colleague)
    with refused("colleague"):
        do(cast, case, "correct_customer_address")
    case = cast.file(by=cast.other)
    type(cast.other).objects.filter(pk=cast.other.pk).update(erased_at=MONDAY)
    with refused("erased"):
        do(cast, case, "correct_customer_address")


def test_a_bounce_that_comes_after_sending_puts_the_clocks_back_too(cast):
    case = bring(cast, State.WAITING_CUSTOMER)
    notice = Notice.objects.get(case=case, kind="question")
    Notice.objects.filter(pk=notice.pk).update(state="sent", sent_at=now_of(case))
    assert put_back(now_of(case) + MINUTE) == 0
    outbox.bounced(case, outbox.message_id(notice), "550 no such user")
    assert put_back(now_of(case) + MINUTE) == 1


def test_only_supervisors_correct_an_address(cast, waiting, refused):
    with refused("Needs a supervisor"):
        do(cast, waiting[0], "correct_customer_address", by=cast.tiers[1])
    with pytest.raises(verbs.Refused):
        do(cast, waiting[0], "told_by_phone", by=cast.tiers[3], notice=waiting[1].pk, when=now_of(waiting[0]), **CALL)
