"""Passing up is never refused: a supervisor sends a case back with help, to who asked, and the customer's promise stays."""

import pytest

from cases.lifecycle import State
from cases.models import Case, Event, Note
from escalation import verbs
from escalation.facts import Clock
from escalation.letters import compose
from escalation.models import Notice, StageClock
from escalation.replay import replay_many
from tests.cast import gather
from tests.escalation.sound import assert_sound
from tests.escalation.stories import bring, do, now_of, settle


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def passed(cast):
    """Ana, who does not own the case, passed it up: anyone may."""
    case = bring(cast, State.WORKING)
    do(cast, case, "escalate", by=cast.mate)
    return Case.objects.get(pk=case.pk)


def sound(case):
    assert list(replay_many([case.pk])) == []
    return assert_sound(case)


def test_it_goes_back_to_who_asked_with_a_note_and_no_word_to_the_customer(cast, passed):
    letters, promised = Notice.objects.filter(case=passed, to_customer=True).count(), passed.promise_at
    do(cast, passed, "help_back")
    case = sound(passed)
    assert (case.tier, case.team, case.owner, case.state) == (1, cast.teams[1], cast.mate, State.REVIEWED)
    assert case.promise_at == promised
    assert Notice.objects.filter(case=case, to_customer=True).count() == letters
    assert [n.recipient for n in Notice.objects.filter(case=case, kind="helped_back")] == [cast.mate]
    assert Note.objects.get(case=case).text == "You may refund up to 50 yourself."
    assert (
        "Dana has read the case you passed up"
        in compose(Notice.objects.get(case=case, kind="helped_back"), now_of(case)).text
    )
    kinds = set(StageClock.objects.filter(case=case, outcome=None).values_list("kind", flat=True))
    assert {Clock.ACKNOWLEDGE, Clock.REFER_UP, Clock.RESOLVE} <= kinds and Clock.REVIEW not in kinds
    do(cast, case, "acknowledge", by=cast.mate)
    do(cast, case, "escalate", by=cast.mate)
    assert sound(case).tier == 2, "and may be passed up again"


def test_also_after_the_review(cast, passed):
    do(cast, passed, "review")
    do(cast, passed, "help_back")
    assert sound(passed).owner == cast.mate


def test_anyone_on_the_staff_may_pass_up_and_nobody_is_asked(cast):
    for by in (cast.tiers[1], cast.mate, cast.tiers[3], cast.supervisor):
        case = bring(cast, State.WORKING)
        do(cast, case, "escalate", by=by)
        assert Case.objects.get(pk=case.pk).tier == 2


def test_what_no_colleague_passed_up_is_not_helped_back(cast):
    case = bring(cast, State.WORKING)
    settle(case, StageClock.objects.get(case=case, kind=Clock.UPDATE, outcome=None).due_at)
    with pytest.raises(verbs.Refused, match="No colleague passed this case up"):
        do(cast, case, "help_back")


def test_only_a_supervisor_and_only_with_words(cast, passed):
    for by in (cast.tiers[2], cast.mate):
        with pytest.raises(verbs.Refused, match="Needs a supervisor"):
            do(cast, passed, "help_back", by=by)
    with pytest.raises(verbs.Refused, match="Write what helps"):
        do(cast, passed, "help_back", words=" ")


def test_who_is_gone_leaves_it_to_their_team(cast, passed):
    cast.mate.is_active = False
    cast.mate.save(update_fields=["is_active"])
    do(cast, passed, "help_back")
    case = sound(passed)
    assert (case.owner, case.team) == (None, cast.teams[1])
    assert [n.recipient for n in Notice.objects.filter(case=case, kind="helped_back")] == [cast.tiers[1]]


def test_nobody_is_there_below(cast, passed):
    for person in (cast.tiers[1], cast.mate):
        person.is_active = False
        person.save(update_fields=["is_active"])
    with pytest.raises(verbs.Refused, match="cannot wait there"):
        do(cast, passed, "help_back")


def test_the_log_names_which_passing_up_was_answered(cast, passed):
    up = Event.objects.get(case=passed, kind="escalated")
    do(cast, passed, "help_back")
    event = Event.objects.get(case=passed, kind="helped_back")
    assert (event.data["args"]["of"], event.data["args"]["tier"], event.data["args"]["to"]) == (up.seq, 1, cast.mate.pk)
