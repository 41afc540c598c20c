"""What a customer writes: an answer only to what they have read, told to one person; and what our letters say of the end."""

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Event, Message
from escalation import verbs
from escalation.letters import compose, spell
from escalation.models import Notice, StageClock
from escalation.replay import replay_many
from tests.cast import person
from tests.escalation.sound import assert_sound, open_clocks
from tests.escalation.stories import MINUTE, bring, do, now_of, settle

ZONE = "Europe/London"


def wrote(case) -> list[str]:
    """Who was told of the newest event that the customer wrote."""
    seq = Event.objects.filter(case=case).latest("seq").seq
    rows = Notice.objects.filter(case=case, kind="customer_wrote", event_seq=seq)
    return sorted(row.recipient.first_name for row in rows)


class TestCrossed:
    """The customer wrote on a page from before our question."""

    def cross(self, cast, **said):
        case = bring(cast, State.WAITING_CUSTOMER)
        before = {kind: (c.due_at, c.paused_at) for kind, c in open_clocks(case).items()}
        do(cast, case, "reply", text="Any news?", **said)
        return assert_sound(case), before

    def test_is_kept_and_told_and_moves_nothing(self, cast):
        case, before = self.cross(cast, seen=2)
        assert case.state == State.WAITING_CUSTOMER
        assert {kind: (c.due_at, c.paused_at) for kind, c in open_clocks(case).items()} == before
        assert Message.objects.get(case=case, kind="customer").text == "Any news?"
        assert wrote(case) == ["Tom"]
        letter = compose(Notice.objects.get(case=case, kind="customer_wrote"), now_of(case))
        assert "they had not seen it when they wrote" in letter.text
        assert "Promised to the customer by ." not in letter.text

    def test_what_follows_from_the_newest_page_is_the_answer(self, cast):
        case, _ = self.cross(cast, seen=2)
        do(cast, case, "reply", text="The second one.", seen=case.event_seq)
        case = assert_sound(case)
        assert case.state == State.WORKING
        assert not [c for c in open_clocks(case).values() if c.paused_at]

    @pytest.mark.parametrize("said", [{}, {"seen": 4}, {"seen": 10**6}], ids=["not known", "just seen", "later"])
    def test_with_the_question_seen_it_is_the_answer(self, said, cast):
        case, _ = self.cross(cast, **said)
        assert case.state == State.WORKING

    def test_an_old_page_without_a_question_since_is_no_matter(self, cast):
        case = bring(cast, State.WAITING_CUSTOMER)
        verbs.note(case.pk, text="Asked.", by=cast.tiers[1], at=now_of(case) + MINUTE)
        do(cast, case, "reply", text="The second one.", seen=4)
        assert assert_sound(case).state == State.WORKING

    def test_replays_to_the_same(self, cast):
        case, _ = self.cross(cast, seen=2)
        assert not list(replay_many([case.pk]))


class TestToldToOne:
    """On a case nobody owns the lead reads it; without a lead everybody, so that nobody is told nothing."""

    def test_lead_of_the_team(self, cast):
        for number in range(3):
            cast.teams[1].members.add(person(f"more{number}@example.com", f"More {number}", is_staff=True))
        case = bring(cast, State.NEW)
        do(cast, case, "reply", text="Any news?")
        assert wrote(case) == ["Tom"]

    def test_everybody_where_there_is_no_lead(self, cast):
        cast.teams[1].lead = None
        cast.teams[1].save(update_fields=["lead"])
        case = bring(cast, State.NEW)
        do(cast, case, "reply", text="Any news?")
        assert wrote(case) == ["Ana", "Tom"]

    def test_owner_where_there_is_one(self, cast):
        case = bring(cast, State.WORKING)
        verbs.take_over(case.pk, by=cast.mate, at=now_of(case) + MINUTE)
        do(cast, case, "reply", text="Any news?")
        assert wrote(case) == ["Ana"]

    def test_opened_again_without_an_owner(self, cast):
        case = bring(cast, State.WITHDRAWN)
        assert case.owner is None
        do(cast, case, "reopen")
        assert wrote(case) == ["Tom"]


class TestEnd:
    """Letters name the very instants of the engine's clocks, and the time to reopen counted from them."""

    def letter(self, case, kind):
        return compose(Notice.objects.get(case=case, kind=kind), now_of(case)).text

    def test_question_says_when_it_closes_and_until_when_it_opens_again(self, cast):
        case = bring(cast, State.WAITING_CUSTOMER)
        due = StageClock.objects.get(case=case, kind="lapse").due_at
        closes, until = spell(due, ZONE), spell(due + timedelta(days=14), ZONE)
        text = self.letter(case, "question")
        assert f"If we hear nothing by {closes}, we close the case. You can open it again until {until}." in text
        assert f"/c/{case.reference}/message/" in text

    def test_reminder_and_closing_say_the_same(self, cast):
        case = bring(cast, State.WAITING_CUSTOMER)
        clock = StageClock.objects.get(case=case, kind="lapse")
        until = spell(clock.due_at + timedelta(days=14), ZONE)
        settle(case, clock.warn_at)
        reminder = self.letter(case, "still_waiting")
        assert spell(clock.due_at, ZONE) in reminder and until in reminder
        settle(case, clock.due_at)
        case = assert_sound(case)
        assert case.closed_at == clock.due_at
        assert f"Open it again by {until}: " in self.letter(case, "closed")
        verbs.reopen(case.pk, text="Here I am.", by=cast.customer, at=clock.due_at + timedelta(days=14))
        assert assert_sound(case).state == State.REOPENED

    def test_closed_by_a_person(self, cast):
        case = bring(cast, State.CLOSED)
        assert spell(case.closed_at + timedelta(days=14), ZONE) in self.letter(case, "closed")
