"""The decision function, asked from every state and after thousands of random lives, without a database."""

import itertools
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.lifecycle import ACTIVE, MOVES, OPEN, State
from escalation import facts as f
from escalation.decision import RULES, NotNow, decide
from escalation.facts import KINDS, NAMES, Clock, Decision, Outcome, revive
from escalation.permits import PERMITS
from escalation.protocol import MissingCell, ProtocolError, Rules
from escalation.reading import parse
from escalation.turn import Turn, plain
from tests.cast import MONDAY
from tests.escalation.walk import (
    ACTS,
    MINUTE,
    NotPermitted,
    act,
    at_state,
    filed,
    pack_rules,
    with_document,
)

STATES_AND_ACTS = list(itertools.product(State.values, ACTS))


def check_clocks(turn: Turn) -> None:
    """What must hold of a case's open clocks whatever has happened."""
    clocks, case = turn.clocks, turn.case
    promises = [c for c in clocks.values() if c.promise]
    assert len(promises) <= 1
    assert len(promises) == (1 if case.state in OPEN else 0), (case.state, list(clocks))
    for kind, clock in clocks.items():
        assert clock.kind == kind
        assert (clock.due_at is None) == (clock.paused_at is not None)
        assert clock.target > 0
        if clock.due_at:
            assert clock.due_at > clock.started_at
            assert clock.warn_at is None or clock.started_at < clock.warn_at < clock.due_at
    if case.state in OPEN:
        assert case.wake_at is not None
    else:
        assert not set(clocks) & set(Clock.CLIMBS)


# --- One happening from each state


@pytest.mark.parametrize(("state", "verb"), STATES_AND_ACTS)
def test_each_act_from_each_state_is_decided_or_refused_with_a_sentence(state, verb):
    turn, at = at_state(state)
    at += MINUTE
    facts, happening = turn.facts(), ACTS[verb](at)
    before = deepcopy(facts)
    try:
        decision = decide(facts, happening, turn.rules)
    except NotNow as why:
        assert str(why)[0].isupper() and str(why).endswith((".", "?"))
    else:
        assert isinstance(decision, Decision)
        assert decide(deepcopy(before), happening, turn.rules) == decision
    assert facts == before


@pytest.mark.parametrize(("state", "verb"), STATES_AND_ACTS)
def test_what_the_permits_allow_the_machine_can_do(state, verb):
    """The table of permits and the table of moves never disagree: an allowed verb always goes through."""
    turn, at = at_state(state)
    at += MINUTE
    permit, was = PERMITS[verb], turn.case.event_seq
    if permit.fits(state) and not permit.unless(turn.case, turn, turn.clocks):
        act(turn, verb, at)
        check_clocks(turn)
        event = turn.events[-1]
        assert (event.kind, event.data["from"], event.data["to"]) == (
            NAMES[type(ACTS[verb](at))],
            state,
            turn.case.state,
        )
    else:
        with pytest.raises(NotPermitted):
            act(turn, verb, at)
        assert turn.case.event_seq == was and turn.case.state == state


def over(at, kind):
    """What the engine says when a clock of `kind` reaches its due instant."""
    return f.Missed(at, at, kind) if kind in Clock.CLIMBS else f.RanOut(at, at, kind)


@pytest.mark.parametrize(("state", "kind"), list(itertools.product(State.values, Clock.ALL)))
def test_a_clock_that_is_not_due_is_not_missed(state, kind):
    turn, at = at_state(state)
    with pytest.raises(NotNow, match="clock was due"):
        decide(turn.facts(), over(at, kind), turn.rules)


@pytest.mark.parametrize("state", State.values)
def test_every_open_clock_of_every_state_can_run_out(state):
    """Each clock for itself, at its own due instant: a climb, a timer's act, or the promise once more."""
    first, _ = at_state(state)
    for kind in list(first.clocks):
        turn, _ = at_state(state)
        clock = turn.clocks[kind]
        if clock.due_at is None:
            continue
        tier, due = turn.case.tier, clock.due_at
        turn.take(over(due, kind), by=None, role="engine")
        check_clocks(turn)
        if kind in Clock.CLIMBS and state in ACTIVE:
            assert (turn.case.state, turn.case.tier) == (State.ESCALATED, tier + 1)
            assert turn.ended[-1].outcome != Outcome.MET
        else:
            assert turn.case.tier == tier


@pytest.mark.parametrize("state", OPEN)
def test_a_lost_owner_leaves_the_case_with_its_team_and_an_alarm(state):
    turn, at = at_state(state)
    turn.take(f.OwnerLost(at + MINUTE, at + MINUTE, 11), by=None, role="engine")
    assert turn.case.owner_id is None and turn.case.team_id is not None and turn.case.state == state
    assert [alarm.kind for alarm, _ in turn.alarms] == ["owner_lost"]
    check_clocks(turn)


def test_every_happening_has_a_rule_and_every_rule_a_happening():
    assert set(RULES) == set(KINDS.values())
    by_hand = {type(make(MONDAY)) for make in ACTS.values()}
    engines = {f.Filed, f.Missed, f.RanOut, f.Warned, f.OwnerLost, f.TasksOverdue, f.QuestionsOverdue, f.QuestionLost}
    # A call on record is what they said, or what we said: the verb's one act stands in the walk for both.
    assert by_hand | engines | {f.WeCalled} == set(RULES)


def test_what_a_decision_moves_is_in_the_table():
    for state, verb in STATES_AND_ACTS:
        turn, at = at_state(state)
        try:
            decision = decide(turn.facts(), ACTS[verb](at), turn.rules)
        except NotNow:
            continue
        assert decision.move is None or decision.move in MOVES


@pytest.mark.parametrize("verb", ACTS)
def test_the_log_brings_a_happening_back(verb):
    happening = ACTS[verb](MONDAY)
    kind = NAMES[type(happening)]
    assert revive(kind, happening.at, happening.now, plain(happening.arguments())) == happening


# --- Random lives

step = st.tuples(
    st.sampled_from([*ACTS, "look"]),
    st.one_of(st.integers(1, 7200), st.integers(1, 5 * 86400)),
    st.integers(1, 4),
    st.booleans(),
)
lives = st.lists(step, min_size=1, max_size=25)


class Story:
    """Plays a random life and keeps what its own history says about climbs."""

    def __init__(self, severity: int) -> None:
        self.turn, self.at = filed(severity=severity), MONDAY
        self.climbs = 0

    def play(self, life) -> None:
        for verb, seconds, severity, granted in life:
            self.at += timedelta(seconds=seconds)
            self.one(verb, severity, granted)

    def one(self, verb: str, severity: int, granted: bool) -> None:
        turn = self.turn
        if verb == "look":
            turn.settle(self.at)
        else:
            try:
                act(turn, verb, self.at, severity=severity, granted=granted)
            except (NotPermitted, NotNow):
                return
        check_clocks(turn)
        # Nothing due is left lying.
        assert all(c.due_at is None or c.due_at > self.at for c in turn.clocks.values())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 4), lives)
def test_no_life_ever_has_two_promises_or_a_clock_without_a_time(severity, life):
    story = Story(severity)
    story.play(life)
    turn = story.turn
    missed = [e for e in turn.events if e.kind == "missed" and "missed" in e.data["ended"].values()]
    assert len({e.once for e in missed}) == len(missed)
    # One clock missed, at most one level up; nobody goes up but by a miss, an act or a granted wish.
    level = 1
    for event in turn.events:
        rose = event.data["tier"] - level
        if event.kind == "missed":
            assert rose in (0, 1)
            assert list(event.data["ended"].values()).count("missed") <= 1
        elif event.kind == "returned_down":
            assert rose == -1
        elif event.kind == "helped_back":
            assert rose <= -1, "back to where it was passed up from, which may be further down"
        elif event.kind in ("escalated", "supervisor_answered"):
            assert rose in (0, 1)
        elif event.kind not in ("assessed", "emergency"):
            assert rose == 0
        level = event.data["tier"]
    ended = [c for c in turn.ended if c.outcome]
    assert all(c.ended_at >= c.started_at for c in ended)
    assert all(c.ended_at == c.due_at for c in ended if c.outcome in (Outcome.MISSED, Outcome.ELAPSED))
    for instants in ([e.recorded_at for e in turn.events], [e.occurred_at for e in turn.events]):
        assert instants == sorted(instants)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 4), lives, st.lists(st.integers(0, 40 * 86400), max_size=6))
def test_it_does_not_matter_how_often_the_engine_looks(severity, life, looks):
    """The same acts with other rounds of the sweep between them: every level reached at the same instant."""
    calm = Story(severity)
    calm.play(life)
    busy = Story(severity)
    extra = sorted(MONDAY + timedelta(seconds=s) for s in looks)
    for verb, seconds, level, granted in life:
        busy.at += timedelta(seconds=seconds)
        while extra and extra[0] < busy.at:
            busy.turn.settle(extra.pop(0))
            check_clocks(busy.turn)
        busy.one(verb, level, granted)

    def climbs(story):
        up = ("missed", "escalated", "supervisor_answered")
        moved = [e for e in story.turn.events if e.kind in up and e.data["to"] == State.ESCALATED]
        return [(e.occurred_at, e.data["tier"]) for e in moved]

    # At the top a broken promise is given again from when it was noticed: there, looking later does matter.
    top = pack_rules().protocol.top
    before = list(itertools.takewhile(lambda c: c[1] < top, climbs(calm)))
    assert climbs(busy)[: len(before)] == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 4), lives)
def test_the_record_replayed_gives_the_record(severity, life):
    """The happenings alone, decided again, lead to the same events: what the back-test stands on."""
    story = Story(severity)
    story.play(life)
    again = filed(severity=severity)
    for event in story.turn.events[1:]:
        happening = revive(event.kind, event.occurred_at, event.recorded_at, event.data["args"])
        again.take(happening, by=event.actor_id, role=event.role)
    assert [e.hash for e in again.events] == [e.hash for e in story.turn.events]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 4), lives)
def test_a_promise_once_made_never_comes_later_by_an_assessment(severity, life):
    """Lowering the severity moves nothing the customer was told to a later time."""
    story = Story(severity)
    story.play(life)
    turn, at = story.turn, story.at + MINUTE
    turn.settle(at)
    if PERMITS["assess"].fits(turn.case.state) and turn.case.state != State.NEW:
        before = {kind: c.due_at for kind, c in turn.clocks.items()}
        act(turn, "assess", at, severity=4)
        for kind, due in before.items():
            now_due = turn.clocks[kind].due_at
            assert (due is None) == (now_due is None)
            assert due is None or now_due <= due


# --- The next update, chosen by a person


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (MONDAY, MONDAY + timedelta(hours=2)),
        (MONDAY, MONDAY.replace(hour=17, minute=30)),  # closing time
        (MONDAY.replace(hour=15), MONDAY.replace(day=13, hour=9)),  # the very moment of opening
        (MONDAY.replace(hour=16, microsecond=500_000), MONDAY.replace(day=13, hour=9, minute=30)),
        (MONDAY.replace(hour=20), MONDAY.replace(day=13, hour=9)),  # written in the evening: for tomorrow at nine
        (MONDAY.replace(day=11), MONDAY.replace(hour=9)),  # written on Sunday
    ],
)
def test_the_next_update_is_promised_for_the_time_that_was_chosen(at, wanted):
    turn, _ = at_state(State.WORKING, severity=3)
    decision = decide(turn.facts(), f.Updated(at, at, 11, wanted), turn.rules)
    (clock,) = decision.starts
    assert clock.due is not None and abs(clock.due - wanted) <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (MONDAY, "future"),
        (MONDAY - timedelta(days=1), "future"),
        (MONDAY + timedelta(days=30), "later than the protocol allows"),
        (MONDAY.replace(hour=22), "Nobody is at work"),
        (MONDAY.replace(hour=17, minute=30, second=1), "Nobody is at work"),
    ],
)
def test_a_next_update_that_cannot_be_gets_a_sentence(wanted, words):
    turn, _ = at_state(State.WORKING, severity=3)
    latest = next(c.due for c in decide(turn.facts(), f.Updated(MONDAY, MONDAY, 11), turn.rules).starts)
    with pytest.raises(NotNow, match=words) as refused:
        decide(turn.facts(), f.Updated(MONDAY, MONDAY, 11, wanted), turn.rules)
    assert (refused.value.field, refused.value.latest) == ("next_at", latest)


@pytest.mark.parametrize(
    ("severity", "raising", "told"), [(2, False, []), (1, False, ["priority_set"]), (2, True, ["priority_set"])]
)
def test_a_review_is_mailed_only_when_the_customer_has_not_heard_it(severity, raising, told):
    """A level that raises the severity when a case arrives says nothing of it: the review is the first word."""
    turn, at = at_state(State.ESCALATED)
    if raising:
        raises = with_document(lambda d: d["tiers"][1].update(on_arrival=["reassign", "raise_severity"]))
        turn.rules = replace(turn.rules, protocol=raises)
    facts = turn.facts()
    assert facts.severity == 2
    decision = decide(facts, f.Reviewed(at, at, severity, 11), turn.rules)
    assert [tell.kind for tell in decision.tells] == told


# --- Levels nobody stands behind


def test_empty_levels_are_passed_over_and_said_aloud():
    turn, at = at_state(State.WORKING)
    teams = [tier.team for tier in turn.rules.protocol.tiers]
    decision = decide(turn.facts(), f.Escalated(at, at, 11, tuple(teams[1:3])), turn.rules)
    assert decision.changes["tier"] == 4
    assert [a.kind for a in decision.alarms] == ["empty_level"]
    assert "Customer support managers, Customer support lead" in decision.alarms[0].text


def test_with_nobody_above_the_top_is_reached():
    turn, at = at_state(State.WORKING)
    teams = tuple(tier.team for tier in turn.rules.protocol.tiers)
    with pytest.raises(NotNow, match="Nobody stands behind the levels above"):
        decide(turn.facts(), f.Escalated(at, at, 11, teams), turn.rules)
    clock = turn.clocks["update"]
    decision = decide(turn.facts(), f.Missed(clock.due_at, clock.due_at, "update", teams), turn.rules)
    assert decision.plan_failed == "exhausted" and decision.move is None
    assert {a.kind for a in decision.alarms} == {"plan_exhausted", "empty_level"}
    assert [c.kind for c in decision.starts] == ["update"]


def test_two_times_at_one_instant_are_one_step_up():
    """The acknowledgment and the aim fall due together: the case climbs once."""
    turn, _ = at_state(State.REVIEWED)
    due = turn.clocks["acknowledge"].due_at
    turn.clocks["resolve"].due_at = due
    turn.settle(due)
    assert turn.case.tier == 2
    check_clocks(turn)


# --- Protocol documents that cannot be read


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(tiers=[]), "at least one level"),
        (lambda d: d.pop("tiers"), "tiers"),
        (lambda d: d["tiers"][0].pop("team"), "Level 1"),
        (lambda d: d["tiers"][0].update(on_arrival=["dance"]), "dance"),
        (lambda d: d["matrix"].append(d["matrix"][0]), "stands twice"),
        (lambda d: d["matrix"][0].update(review=0), "more than 0"),
        (lambda d: d["matrix"][0].update(review=True), "review"),
        (lambda d: d["matrix"][0].update(review="soon"), "review"),
        (lambda d: d["matrix"][0].pop("calendar"), "calendar"),
        (lambda d: d["entry"][0].update(tier=9), "no level 9"),
        (lambda d: d["windows"].update(reopen=-1), "reopen"),
        (lambda d: d.pop("windows"), "windows"),
        (lambda d: d.pop("name"), "name"),
    ],
)
def test_a_document_that_cannot_be_read_says_where(change, words):
    with pytest.raises(ProtocolError, match=words):
        with_document(change)


def test_a_hole_in_the_matrix_and_in_the_grid_have_sentences():
    rules = pack_rules()
    bare = parse("bare@1", {**rules.protocol.document, "matrix": [], "entry": [], "impact": {}})
    for ask in (
        lambda: bare.cell("orders", 2, 1),
        lambda: bare.entry_tier(2, 1),
        lambda: bare.severity_for("loss"),
        lambda: Rules(bare, {}).calendar("office", MONDAY),
        lambda: Rules(bare, {}).by_label("office@1"),
    ):
        with pytest.raises(MissingCell) as caught:
            ask()
        assert str(caught.value)[0].isupper() and str(caught.value).endswith(".")
