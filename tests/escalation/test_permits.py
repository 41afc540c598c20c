"""Who may do what and when: the whole table of verb, state and actor, and a sentence for every no."""

import itertools
import re

import pytest

from cases.lifecycle import MOVES, State
from cases.models import Case
from cases.words import NOT_FOR_CUSTOMERS
from escalation import verbs
from escalation.facts import Clock
from escalation.permits import PERMITS, Actor, refusal, takers
from escalation.store import lock
from tests.escalation.stories import bring
from tests.escalation.walk import ACTS

CUSTOMER, TEAM, OWNER, SUPERVISOR, ANYONE = "customer", "team", "owner", "supervisor", "anyone"
RECEIVER = "receiver"
OPEN = {
    "new", "reviewed", "escalated", "passed", "acknowledged", "working", "waiting_customer", "waiting_partner",
    "answered", "reopened",
}  # fmt: skip
BUSY = {"acknowledged", "working", "reopened"}

#: verb -> (who, states it fits), written by hand from the design.
EXPECTED = {
    "assess": (TEAM, OPEN - {"answered", "escalated"}),
    "change_severity": (TEAM, OPEN - {"new", "answered", "escalated"}),
    "review": (TEAM, {"escalated"}),
    "acknowledge": (TEAM, {"reviewed", "passed"}),
    "update": (TEAM, BUSY | {"waiting_partner"}),
    "move_promise": (OWNER, BUSY | {"waiting_partner"}),
    "wait_customer": (TEAM, BUSY | {"waiting_partner"}),
    "wait_partner": (TEAM, BUSY),
    "partner_answered": (TEAM, {"waiting_partner"}),
    "answer": (TEAM, BUSY | {"reviewed", "waiting_customer", "waiting_partner"}),
    "escalate": (ANYONE, OPEN - {"escalated", "answered"}),
    "offer": (TEAM, OPEN),
    "accept_offer": (RECEIVER, OPEN),
    "return_offer": (RECEIVER, OPEN),
    "withdraw_offer": (TEAM, OPEN),
    "hand_over": (SUPERVISOR, OPEN),
    "take_over": (TEAM, OPEN),
    "return_down": (TEAM, {"escalated", "passed"}),
    "help_back": (SUPERVISOR, {"escalated", "passed"}),
    "answer_supervisor": (SUPERVISOR, OPEN),
    "apologise": (SUPERVISOR, {*State.values} - {"merged"}),
    "note": (ANYONE, set(State.values)),
    "mark_upset": (ANYONE, OPEN),
    "mark_calm": (TEAM, OPEN),
    "merge": (TEAM, OPEN),
    "close": (SUPERVISOR, {"answered", "waiting_customer"}),
    "emergency": (ANYONE, OPEN - {"answered"}),
    "justify": (ANYONE, set(State.values) - {"merged"}),
    "keep": (TEAM, OPEN - {"answered"}),
    "adopt": (SUPERVISOR, OPEN),
    "add_task": (TEAM, OPEN),
    "finish_task": (ANYONE, set(State.values) - {"merged"}),
    "change_task": (TEAM, OPEN),
    "drop_task": (TEAM, set(State.values) - {"merged"}),
    "consult": (TEAM, OPEN),
    "answer_consult": (ANYONE, set(State.values) - {"merged"}),
    "take_back_question": (TEAM, OPEN),
    "tried": (ANYONE, OPEN),
    "investigate": (TEAM, OPEN),
    "told_by_phone": (TEAM, set(State.values) - {"merged"}),
    "give_up": (TEAM, set(State.values) - {"merged"}),
    "correct_customer_address": (SUPERVISOR, set(State.values) - {"merged"}),
    "log_call": (ANYONE, OPEN),
    "change_topic": (TEAM, OPEN - {"answered", "escalated"}),
    "remind": (SUPERVISOR, OPEN),
    "mail_on": (TEAM, OPEN),
    "mail_back": (TEAM, {"confirmed", "feedback", "closed", "withdrawn"}),
    "reply": (CUSTOMER, OPEN),
    "accept": (CUSTOMER, {"answered"}),
    "reject": (CUSTOMER, {"answered"}),
    "reopen": (CUSTOMER, {"confirmed", "feedback", "closed", "withdrawn"}),
    "withdraw": (CUSTOMER, OPEN),
    "ask_supervisor": (CUSTOMER, OPEN),
}
#: Who belongs to what: the people of the cast, seen from a case of level 1 that Tom may own.
MAY = {
    "customer": {CUSTOMER},
    "other": set(),
    "tom": {TEAM, OWNER, ANYONE},  # owner, and of the team
    "mate": {TEAM, ANYONE},
    "mara": {ANYONE},  # of the level above
    "dana": {TEAM, OWNER, SUPERVISOR, ANYONE},
    "max": set(),  # a manager reads figures, not cases
}


def people(cast):
    return {
        "customer": cast.customer,
        "other": cast.other,
        "tom": cast.tiers[1],
        "mate": cast.mate,
        "mara": cast.tiers[2],
        "dana": cast.supervisor,
        "max": cast.manager,
    }


def test_every_verb_has_a_permit_and_every_permit_a_verb():
    assert set(PERMITS) == set(EXPECTED) == set(ACTS)
    assert all(callable(getattr(verbs, verb)) for verb in PERMITS)


@pytest.mark.parametrize(("verb", "state"), list(itertools.product(EXPECTED, State.values)))
def test_verb_and_state(verb, state):
    permit = PERMITS[verb]
    assert permit.who == EXPECTED[verb][0]
    assert permit.fits(state) == (state in EXPECTED[verb][1])
    if permit.move:
        assert permit.fits(state) == (state in MOVES[permit.move])


@pytest.fixture
def in_state(cast):
    """A case of level 1 put in a state by hand: permits read only the row."""
    case = cast.file()
    Case.objects.filter(pk=case.pk).update(owner=cast.tiers[1])
    case = Case.objects.get(pk=case.pk)

    def put(state: str) -> Case:
        case.__dict__["state"] = state
        return case

    return put


@pytest.mark.parametrize("verb", EXPECTED)
def test_verb_state_and_actor(cast, in_state, verb):
    """For every state and everybody: a yes where the table says so, else a whole sentence."""
    who, states = EXPECTED[verb]
    for name, user in people(cast).items():
        actor = Actor.of(user)
        for state in State.values:
            sentence = refusal(verb, in_state(state), actor)
            if (
                verb in ("return_down", "answer_supervisor", "justify", "withdraw_offer", "help_back", "mark_calm")
                and who in MAY[name]
                and state in states
            ):
                # A further condition says no here: the first level, nobody asked, no emergency.
                assert sentence
            else:
                assert (sentence == "") == (who in MAY[name] and state in states), (name, state, sentence)
            if sentence:
                assert sentence[0].isupper() and sentence[-1] in ".?!"


@pytest.mark.parametrize("verb", [v for v, (who, _) in EXPECTED.items() if who == CUSTOMER])
def test_what_a_customer_is_refused_is_said_in_the_customers_words(cast, in_state, verb):
    actor = Actor.of(cast.customer)
    for state in State.values:
        sentence = refusal(verb, in_state(state), actor)
        for word in NOT_FOR_CUSTOMERS:
            assert not re.search(rf"\b{word}(s|d|ed)?\b", sentence, re.I), f"{state}: {sentence}"
        assert "“" not in sentence, "a state's staff name in quotes"


def test_a_guest_a_leaver_and_a_staff_member_without_role_may_nothing(cast, case):
    cast.tiers[1].is_active = False
    cast.tiers[1].save(update_fields=["is_active"])
    nobody = cast.mate
    nobody.groups.clear()
    nobody = type(nobody).objects.get(pk=nobody.pk)
    for user in (cast.tiers[1], nobody, cast.manager, cast.other):
        for verb in PERMITS:
            assert refusal(verb, case, Actor.of(user)), f"{user} could {verb}"


def test_the_lead_of_a_team_counts_as_of_the_team(cast, case):
    team = cast.teams[1]
    team.members.clear()
    assert refusal("assess", case, Actor.of(cast.mate)) != ""
    assert refusal("assess", case, Actor.of(cast.tiers[1])) == ""


def test_the_owner_may_act_also_when_the_team_is_another(cast):
    case = bring(cast, State.WORKING)
    Case.objects.filter(pk=case.pk).update(team=cast.teams[5])
    case.refresh_from_db(fields=["team"])
    assert refusal("update", case, Actor.of(cast.tiers[1])) == ""
    assert refusal("update", case, Actor.of(cast.mate)) == (
        "Needs someone of Executive customer service manager or ask Edith Cole."
    )


def test_further_conditions_need_the_clocks(cast):
    case = bring(cast, State.WORKING)
    turn = lock(case.pk, case.filed_at)
    supervisor, customer = Actor.of(cast.supervisor), Actor.of(cast.customer)
    assert refusal("answer_supervisor", case, supervisor, turn) == "The customer has not asked for a supervisor."
    assert refusal("ask_supervisor", case, customer, turn) == ""
    verbs.ask_supervisor(case.pk, reason="slow", by=cast.customer, at=case.filed_at.replace(hour=11))
    turn = lock(case.pk, case.filed_at)
    assert refusal("answer_supervisor", case, supervisor, turn) == ""
    assert "already been asked" in refusal("ask_supervisor", case, customer, turn)
    # A list of cases knows which clocks run, without a turn of each.
    assert refusal("answer_supervisor", case, supervisor, running={Clock.SUPERVISOR}) == ""
    assert refusal("answer_supervisor", case, supervisor, running={Clock.UPDATE}) != ""


def test_a_case_can_go_to_whoever_works_on_cases_and_does_not_have_it(cast):
    case = bring(cast, State.WORKING)
    cast.tiers[4].is_active = False
    cast.tiers[4].save(update_fields=["is_active"])
    assert case.owner == cast.tiers[1]
    assert set(takers(case)) == {cast.mate, cast.supervisor, cast.tiers[2], cast.tiers[3], cast.tiers[5]}


def test_level_conditions(cast, case):
    actor = Actor.of(cast.supervisor)
    turn = lock(case.pk, case.filed_at)
    case.__dict__["state"] = State.PASSED
    assert "first level" in refusal("return_down", case, actor, turn)
    case.tier = 5
    assert "highest level" in refusal("escalate", case, actor, turn)
    assert refusal("return_down", case, actor, turn) == ""
