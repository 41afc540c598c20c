"""A hand-over is offered, and accepted or returned: until the yes the giver keeps the case and its clocks."""

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case, Event, Note
from escalation import verbs
from escalation.facts import Clock
from escalation.letters import NotNeeded, compose
from escalation.models import Notice, StageClock
from escalation.packet import packet_of
from escalation.replay import replay_many
from escalation.sweep import free_ownerless
from escalation.verbs import leaving
from tests.cast import MONDAY, gather
from tests.escalation.sound import assert_sound
from tests.escalation.stories import PACKET, bring, do, now_of, settle

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def offered(cast):
    """Tom has the case and has asked Ana to take it over."""
    case = bring(cast, State.WORKING)
    do(cast, case, "offer")
    return Case.objects.get(pk=case.pk)


def clock_of(case):
    return StageClock.objects.get(case=case, kind=Clock.HAND_OVER, outcome=None)


def told(case, kind):
    return [n.recipient for n in Notice.objects.filter(case=case, kind=kind).order_by("pk")]


def sound(case):
    """Clocks, ledger and log agree, and the log alone leads to the same case."""
    assert list(replay_many([case.pk])) == []
    return assert_sound(case)


def test_an_offer_moves_nothing_but_asks_the_receiver(cast):
    before = bring(cast, State.WORKING)
    running = {c.kind: c.due_at for c in StageClock.objects.filter(case=before, outcome=None)}
    at = do(cast, before, "offer")
    case = sound(before)
    assert (case.owner, case.offered_to, case.offered_by) == (cast.tiers[1], cast.mate, cast.tiers[1])
    assert (case.state, case.promise_at) == (before.state, before.promise_at)
    after = {c.kind: c.due_at for c in StageClock.objects.filter(case=case, outcome=None)}
    assert {kind: due for kind, due in after.items() if kind != Clock.HAND_OVER} == running
    # As long as the level has for its acknowledgment.
    acknowledged = StageClock.objects.get(case=case, kind=Clock.ACKNOWLEDGE)
    assert clock_of(case).target == acknowledged.target
    assert clock_of(case).started_at == at and not clock_of(case).told
    assert told(case, "offered_to_you") == [cast.mate] and told(case, "new_owner") == []


def test_the_packet_is_one_internal_note_of_five_parts(cast, offered):
    note = Note.objects.get(case=offered)
    assert note.text.split("\n\n") == [
        "Where it stands: The bank has both bookings.",
        "Done so far: Asked the bank for the second one back.",
        "Promised to the customer: News today.",
        "Next step and by when: Call the bank before three.",
    ]
    event = Event.objects.get(case=offered, kind="offered")
    assert event.data["note"]["id"] == str(note.pk)
    assert event.data["args"] == {"to": cast.mate.pk, "by": cast.tiers[1].pk}


@pytest.mark.parametrize("part", ["situation", "done", "promised", "following"])
def test_each_part_but_the_last_must_say_something(cast, part):
    case = bring(cast, State.WORKING)
    with pytest.raises(verbs.Refused) as refused:
        do(cast, case, "offer", **(PACKET | {part: "  "}))
    assert refused.value.field == part
    do(cast, case, "offer", watch="She is hard of hearing.")
    assert "Watch out for: She is hard of hearing." in Note.objects.get(case=case).text


def test_the_prefilled_packet_says_what_the_case_knows(cast):
    case = bring(cast, State.WAITING_CUSTOMER)
    do(cast, case, "note", text="The bank is slow on Mondays.")
    packet = packet_of(Case.objects.get(pk=case.pk))
    assert "Waiting for customer, level 1, severity High" in packet.situation
    assert f"“{case.title}”. The customer expects: My money back." in packet.situation
    assert packet.promised[0].isupper() and packet.promised.endswith(".")
    assert packet.done == "Last note (Tom Reed): The bank is slow on Mondays."
    assert "progress update (stopped: waiting for the customer's answer)" in packet.promised
    assert packet.following == "Open: we wait for the customer to answer: “Which card did you pay with?”"


def test_accepting_makes_the_receiver_the_owner_and_tells_the_customer(cast, offered):
    promised = offered.promise_at
    do(cast, offered, "accept_offer")
    case = sound(offered)
    assert (case.owner, case.offered_to, case.promise_at) == (cast.mate, None, promised)
    assert told(case, "new_owner") == [cast.customer] and told(case, "offer_accepted") == [cast.tiers[1]]
    assert StageClock.objects.get(case=case, kind=Clock.HAND_OVER).outcome == "met"


def test_returning_needs_a_reason_and_leaves_the_case_with_the_giver(cast, offered):
    with pytest.raises(verbs.Refused, match="Say why"):
        do(cast, offered, "return_offer", reason=" ")
    do(cast, offered, "return_offer")
    case = sound(offered)
    assert (case.owner, case.offered_to) == (cast.tiers[1], None)
    assert told(case, "offer_returned") == [cast.tiers[1]] and told(case, "new_owner") == []
    assert Note.objects.filter(case=case).order_by("at").last().text == "I leave at four."


def test_only_the_receiver_can_say_yes_or_no(cast, offered):
    for by in (cast.tiers[1], cast.supervisor, cast.tiers[2]):
        for verb in ("accept_offer", "return_offer"):
            with pytest.raises(verbs.Refused, match="not offered to you"):
                do(cast, offered, verb, by=by)


def test_one_offer_at_a_time_and_none_to_oneself(cast, offered):
    with pytest.raises(verbs.Refused, match="offered to a colleague already"):
        do(cast, offered, "offer", to=cast.tiers[2])
    do(cast, offered, "withdraw_offer")
    assert told(sound(offered), "offer_over") == [cast.mate]
    for to, by, said in (
        (cast.tiers[1], cast.supervisor, "already has the case"),
        (cast.supervisor, cast.supervisor, "Take it over instead"),
        (cast.manager, cast.tiers[1], "cannot take a case"),
        (cast.customer, cast.tiers[1], "cannot take a case"),
    ):
        with pytest.raises(verbs.Refused, match=said):
            do(cast, offered, "offer", to=to, by=by)


def test_the_receiver_is_reminded_and_then_giver_and_lead_hear_that_nobody_answered(cast):
    case = bring(cast, State.WORKING)
    do(cast, case, "offer", by=cast.supervisor)
    clock = clock_of(case)
    settle(case, clock.warn_at)
    assert told(case, "due_soon") == [cast.mate]
    do(cast, case, "update", after=timedelta(0), by=cast.tiers[1])
    settle(case, clock.due_at)
    case = sound(case)
    assert (case.owner, case.offered_to, case.state) == (cast.tiers[1], None, State.WORKING)
    # The supervisor asked; Tom has the case and leads the team: each reads it once.
    assert set(told(case, "offer_unanswered")) == {cast.supervisor, cast.tiers[1]}
    with pytest.raises(verbs.Refused, match="not offered to you"):
        do(cast, case, "accept_offer")


def test_the_letters_name_who_asked_and_until_when(cast, offered):
    asks = compose(Notice.objects.get(case=offered, kind="offered_to_you"), now_of(offered))
    assert "Tom asks you to take this case over" in asks.text and "by Mon 12 Jan" in asks.text
    do(cast, offered, "return_offer")
    back = compose(Notice.objects.get(case=offered, kind="offer_returned"), now_of(offered))
    assert "Ana did not take the case" in back.text
    with pytest.raises(NotNeeded):
        compose(Notice.objects.get(case=offered, kind="offered_to_you"), now_of(offered))


@pytest.mark.parametrize("verb", ["take_over", "hand_over", "escalate", "emergency", "answer", "merge", "withdraw"])
def test_whatever_gives_it_others_or_an_end_ends_the_offer(cast, offered, verb):
    more = {}
    if verb == "take_over":
        more["by"] = cast.supervisor
    if verb == "hand_over":
        more["to"] = cast.tiers[2]
    do(cast, offered, verb, **more)
    case = Case.objects.get(pk=offered.pk)
    assert (case.offered_to, case.offered_by) == (None, None)
    assert not StageClock.objects.filter(case=case, kind=Clock.HAND_OVER, outcome=None).exists()
    assert told(case, "offer_over") == [cast.mate]
    assert list(replay_many([case.pk])) == []


def test_who_was_asked_may_simply_take_it(cast, offered):
    do(cast, offered, "take_over", by=cast.mate)
    case = sound(offered)
    assert (case.owner, case.offered_to) == (cast.mate, None) and told(case, "offer_over") == []


@pytest.mark.parametrize("verb", ["update", "note", "wait_customer", "wait_partner", "reply", "ask_supervisor"])
def test_work_goes_on_while_nobody_has_answered(cast, offered, verb):
    do(cast, offered, verb)
    case = sound(offered)
    assert case.offered_to == cast.mate and clock_of(case)


def test_a_missed_time_climbs_from_the_giver_and_ends_the_offer(cast, offered):
    due = StageClock.objects.get(case=offered, kind=Clock.UPDATE, outcome=None).due_at
    do(cast, offered, "withdraw_offer")
    do(cast, offered, "offer", after=due - now_of(offered) - MINUTE)
    settle(offered, due)
    case = sound(offered)
    assert (case.tier, case.offered_to) == (2, None) and told(case, "offer_over")[-1] == cast.mate
    assert "promise_missed" in Notice.objects.filter(case=case, recipient=cast.tiers[1]).values_list("kind", flat=True)


def test_an_answered_case_can_be_offered_too_and_the_customers_no_does_not_end_it(cast):
    case = bring(cast, State.ANSWERED)
    do(cast, case, "offer")
    do(cast, case, "reject")
    assert sound(case).offered_to == cast.mate
    do(cast, case, "accept_offer")
    assert sound(case).owner == cast.mate


def test_a_closed_account_leaves_no_offer_behind(cast, offered):
    """Tom is gone: the case goes to his team in red, whoever was asked."""
    cast.tiers[1].is_active = False
    cast.tiers[1].save(update_fields=["is_active"])
    free_ownerless(now_of(offered) + MINUTE)
    case = Case.objects.get(pk=offered.pk)
    assert (case.owner, case.offered_to) == (None, None)
    assert list(replay_many([case.pk])) == []


def test_who_leaves_gives_at_once_and_their_offers_end(cast, offered):
    at = now_of(offered) + MINUTE
    report = leaving.hand_over_all(cast.tiers[1], {offered.pk: cast.tiers[2]}, by=cast.supervisor, at=at)
    assert [taker for _, taker in report.done] == [cast.tiers[2]]
    assert sound(offered).offered_to is None and told(offered, "offer_over") == [cast.mate]


def test_at_night_the_time_to_answer_stands(cast):
    """Offered as the office closes, it is answered in the morning: the allowance is working time."""
    case = bring(cast, State.WORKING, at=MONDAY.replace(hour=16, minute=50))
    do(cast, case, "offer")
    clock = clock_of(case)
    assert clock.due_at.date() > clock.started_at.date()
    settle(case, MONDAY.replace(hour=23))
    assert Case.objects.get(pk=case.pk).offered_to == cast.mate
