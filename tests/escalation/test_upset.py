"""Upset customers: marked by a person or by words the protocol lists; updates come sooner until they are calm."""

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case, Event, Note
from escalation import verbs
from escalation.book import rules_of
from escalation.facts import Clock
from escalation.models import Notice, Promise, StageClock
from escalation.packs import read_pack
from escalation.protocol import ProtocolError, Upset
from escalation.reading import parse
from escalation.replay import replay_many
from escalation.upset import sounds_upset
from tests.cast import gather
from tests.escalation.sound import assert_sound
from tests.escalation.stories import MINUTE, bring, do, in_force, now_of


@pytest.fixture
def cast(db):
    return gather()


def update_of(case):
    return StageClock.objects.get(case=case, kind=Clock.UPDATE, outcome=None)


def sound(case):
    assert list(replay_many([case.pk])) == []
    return assert_sound(case)


WORDS = Upset(
    50,
    {"en": ("angry", "fed up", "my lawyer"), "de": ("eine Zumutung", "wütend"), "tr": ("öfkeliyim",), "ar": ("غاضب",)},
)


@pytest.mark.parametrize(
    "text",
    ["I am ANGRY.", "I’m fed\n up with this", "Ask my lawyer!", "Das ist eine  Zumutung", "Ich bin WÜTEND", "wu\u0308tend",
     "ÖFKELİYİM", "öfkelıyım", "أنا غاضب جدا"],
)  # fmt: skip
def test_words_are_found_whole_in_any_spelling(text):
    assert sounds_upset(text, WORDS)


@pytest.mark.parametrize("text", ["", "The hangry cat", "angrygram", "I was fed upstairs", "my lawyers", "Es ist gut."])
def test_parts_of_words_and_calm_texts_are_not(text):
    assert not sounds_upset(text, WORDS)
    assert not sounds_upset("I am angry.", Upset())


def test_by_a_colleague_the_running_update_comes_sooner_and_the_customer_reads_when(cast):
    case = bring(cast, State.WORKING)
    before, usual = update_of(case).due_at, update_of(case).target
    at = do(cast, case, "mark_upset", by=cast.tiers[3])
    case = sound(case)
    clock = update_of(case)
    assert case.is_upset and clock.started_at == at and clock.target == usual // 2
    assert clock.due_at < before and case.promise_at == clock.due_at
    assert Promise.objects.get(clock__case=case, clock__kind=Clock.UPDATE, status="moved").reason == "brought forward"
    letter = Notice.objects.get(case=case, kind="earlier")
    assert letter.to_customer and letter.data["upset"] is True
    assert Note.objects.get(case=case).text == "Shouted on the phone."
    # Each next update is promised by the shorter interval, too; no other time is.
    do(cast, case, "update")
    assert update_of(case).target == usual // 2
    resolve = StageClock.objects.get(case=case, kind=Clock.RESOLVE, outcome=None)
    assert resolve.target == rules_of(case.protocol).protocol.cell("orders", 2, 1).resolve


def test_calm_again_what_is_promised_stays_and_the_next_interval_is_the_usual(cast):
    case = bring(cast, State.WORKING)
    usual = update_of(case).target
    do(cast, case, "mark_upset")
    promised = update_of(case).due_at
    do(cast, case, "mark_calm")
    assert update_of(case).due_at == promised and not sound(case).is_upset
    do(cast, case, "update")
    assert update_of(case).target == usual
    with pytest.raises(verbs.Refused, match="not marked as upset"):
        do(cast, case, "mark_calm")


def test_a_time_that_is_near_already_is_not_moved(cast):
    case = bring(cast, State.WORKING)
    due = update_of(case).due_at
    do(cast, case, "mark_upset", after=due - now_of(case) - 5 * MINUTE)
    assert update_of(case).due_at == due and sound(case).is_upset
    assert not Notice.objects.filter(case=case, kind="earlier").exists()


def test_a_stopped_update_keeps_what_it_has_spent(cast):
    case = bring(cast, State.WAITING_CUSTOMER)
    usual = update_of(case).target
    do(cast, case, "mark_upset")
    clock = update_of(sound(case))
    assert clock.paused_at is not None and clock.target == usual // 2
    do(cast, case, "reply")
    assert sound(case).promise_at is not None


def test_the_customers_own_words_mark_the_case_whatever_they_write(cast):
    said = {
        "reply": (State.WORKING, {"text": "This is unacceptable."}),
        "reject": (State.ANSWERED, {"text": "I am fed up: it is still there."}),
        "reopen": (State.CLOSED, {"text": "It came back and I am furious."}),
        "ask_supervisor": (State.WORKING, {"reason": "slow", "text": "I have had enough."}),
        "mail_on": (State.WORKING, {"text": "Ich bin wütend."}),
    }
    for verb, (state, words) in said.items():
        case = bring(cast, state)
        do(cast, case, verb, **words)
        assert sound(case).is_upset, verb
        assert Event.objects.filter(case=case).last().data["args"]["upset"] is True, verb
    calm = bring(cast, State.WORKING)
    do(cast, calm, "reply")
    assert not Case.objects.get(pk=calm.pk).is_upset


def test_a_case_can_be_filed_by_an_upset_customer(cast):
    case = cast.file(title="Outrageous: charged twice")
    assert sound(case).is_upset
    assert not cast.file().is_upset


def test_an_answer_of_a_machine_and_our_own_words_are_nobodys_mood(cast):
    case = bring(cast, State.WORKING)
    do(cast, case, "reply", text="I am furious. (Out of office)", automatic=True)
    do(cast, case, "update", text="We know that this is unacceptable.")
    do(cast, case, "note", text="He is angry.")
    assert not sound(case).is_upset


def test_who_wrote_upset_while_we_waited_has_their_clock_go_on_with_less(cast):
    case = bring(cast, State.WAITING_CUSTOMER)
    usual = update_of(case).target
    do(cast, case, "reply", text="The blue one. And I am angry.", after=timedelta(hours=1))
    case = sound(case)
    assert case.state == State.WORKING and update_of(case).target <= usual // 2 + 1


def test_where_the_protocol_says_nothing_a_mark_changes_no_time(cast):
    in_force(cast, lambda d: d.pop("upset"))
    case = bring(cast, State.WORKING)
    due = update_of(case).due_at
    do(cast, case, "reply", text="I am furious.")
    assert not Case.objects.get(pk=case.pk).is_upset
    do(cast, case, "mark_upset")
    assert update_of(sound(case)).due_at == due


@pytest.mark.parametrize(
    ("upset", "said"),
    [
        ({"update_percent": 5}, "10 to 100"),
        ({"update_percent": 101}, "10 to 100"),
        ({"words": {"en": ["x" * 61]}}, "1 to 60 letters"),
        ({"words": {"en": "angry"}}, "list of names"),
        ({"words": {"en": ["a"] * 201}}, "more than 200"),
        ([], "not a dict"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(upset, said):
    document = read_pack("five_tier")["protocol"] | {"upset": upset}
    with pytest.raises(ProtocolError, match=said):
        parse("five-tier@1", document)
