"""Two at the door in the same second, on a real PostgreSQL: one act happens, the other person reads who, when, and keeps their text."""

import html
import re
import threading
from functools import partial

import pytest
from django.db import connection

from cases.lifecycle import OPEN
from cases.models import Case, Event, Message, Note
from cases.roles import install_roles
from escalation import verbs
from escalation.facts import Clock
from tests.cast import gather, person
from tests.escalation.sound import assert_sound
from tests.escalation.stories import PACKET
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, minutes
from tests.races import outcomes, refusals

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 10

#: verb -> (the case's story, what both type, the event of the one that wins, what the loser reads of them)
RACES = {
    "acknowledge": (stories.reviewed, {}, "acknowledged", "acknowledged this"),
    "update": (stories.acknowledged, {"text": "The bank has it, says {name}."}, "updated", "sent an update"),
    "answer": (
        stories.investigated,
        {
            "text": "Paid back, says {name}.", "outcome": "fixed", "root_cause": "Double click", "cause": "slip",
            "prevents": "no",
        },
        "answered",
        "proposed an answer",
    ),
    "hand_over": (stories.acknowledged, {"to": "mate", **PACKET, "watch": "Packet of {name}."}, "handed_over", "handed this over"),
}  # fmt: skip


@pytest.fixture
def cast(transactional_db):
    """As everywhere; the flush before has taken the shipped protocol away, so it is put back."""
    return gather()


@pytest.fixture
def supervisors(cast, signed_in, go):
    """Dana and Rita, who may do the same, each in a browser of their own, half an hour after MONDAY."""
    go(minutes(30))
    install_roles()
    rita = person("rita@example.com", "Rita Second", is_staff=True)
    rita.groups.set(cast.supervisor.groups.all())
    return {"Dana": signed_in(cast.supervisor), "Rita": signed_in(rita)}


def typed(cast, data, name):
    """What one of them writes; nobody writes what the other does."""
    return {key: str(cast.mate.pk) if key == "to" else words.format(name=name) for key, words in data.items()}


def race(supervisors, cast, case, verb, data):
    """Both have the page open and press at once; (name, answer) of the winner and of the loser."""
    return cross(supervisors, cast, case, dict.fromkeys(supervisors, (verb, data)))


def cross(supervisors, cast, case, acts):
    """Each has the page of an act of their own open, `acts` by name, and they press at once."""
    forms = {
        name: hidden(supervisors[name].get(act_url(case, verb))) | typed(cast, data, name)
        for name, (verb, data) in acts.items()
    }
    answers = outcomes(
        *(lambda name=name: supervisors[name].post(act_url(case, acts[name][0]), forms[name]) for name in supervisors)
    )
    by_status = {answer.status_code: (name, answer) for name, answer in zip(supervisors, answers, strict=True)}
    assert set(by_status) == {303, 409}, answers
    return by_status[303], by_status[409]


@pytest.mark.parametrize("verb", RACES)
def test_one_of_two_supervisors_wins_over_and_over(verb, supervisors, cast):
    story, data, kind, did = RACES[verb]
    for _ in range(ROUNDS):
        case = story(cast)
        before = {model: model.objects.filter(case=case).count() for model in (Message, Note)}
        (winner, _sent), (loser, kept) = race(supervisors, cast, case, verb, data)
        text = html.unescape(kept.content.decode())
        # Who, what and when, and that nothing was lost; every word is still there.
        assert re.search(rf"{winner} {did} (\d+ seconds?|less than a minute|\d+ min) ago\.", text), text
        assert "Nothing of yours was lost" in text
        for field, words in typed(cast, data, loser).items():
            # Whom both chose has the case by now, and is not offered a second time.
            assert words in text or field == "to"
        # The log shows one act, the thread one text.
        (event,) = Event.objects.filter(case=case, kind=kind, occurred_at__gte=minutes(29))
        assert event.actor.first_name == winner
        said = {model: model.objects.filter(case=case).count() - before[model] for model in (Message, Note)}
        assert said == {Message: int("text" in data), Note: int("situation" in data)}
        case = assert_sound(case)
        assert_accountable()


#: Two acts that do not go together, on a case where both are possible.
CROSSED = (("update", "answer"), ("hand_over", "answer"), ("escalate", "update"))


@pytest.mark.parametrize("pair", CROSSED, ids=" and ".join)
def test_two_different_acts_at_once_are_one_act_and_a_loser_who_reads_of_it(pair, supervisors, cast):
    acts = RACES | {
        "escalate": (None, {"also": "Asked the bank.", "reason": "A manager, says {name}."}, "escalated", "")
    }
    for number in range(ROUNDS // 2):
        case = stories.investigated(cast)
        before = case.event_seq
        # Who does which changes from round to round.
        verbs_of = dict(zip(supervisors, pair[:: -1 if number % 2 else 1], strict=True))
        done = {name: (verb, acts[verb][1]) for name, verb in verbs_of.items()}
        (winner, _sent), (loser, kept) = cross(supervisors, cast, case, done)
        events = list(Event.objects.filter(case=case, seq__gt=before).order_by("seq"))
        assert [(one.kind, one.actor.first_name) for one in events] == [(acts[verbs_of[winner]][2], winner)]
        text = html.unescape(kept.content.decode())
        assert winner in text and "Nothing of yours was lost" in text
        for field, words in typed(cast, done[loser][1], loser).items():
            assert words in text or field == "to"
        assert_sound(Case.objects.get(pk=case.pk))
        assert_accountable()


def test_sending_again_is_the_losers_answer_to_what_they_read(supervisors, cast):
    case = stories.acknowledged(cast)
    verb, data = "update", RACES["update"][1]
    _winner, (loser, kept) = race(supervisors, cast, case, verb, data)
    again = supervisors[loser].post(act_url(case, verb), hidden(kept) | typed(cast, data, loser))
    assert again.status_code == 303
    assert Event.objects.filter(case=case, kind="updated").count() == 2
    assert_sound(case)


# Exactly one accountable owner or team (R075) -------------------------------------------------------------------------

#: Open cases without an owner and a team, whose owner is not the one on record, that are offered without a clock, or with two.
UNACCOUNTABLE = """
    SELECT c.id FROM cases_case c
    WHERE c.state = ANY(%s) AND (
        (c.owner_id IS NULL AND c.team_id IS NULL)
        OR c.owner_id IS DISTINCT FROM (
            SELECT (e.data ->> 'owner')::bigint FROM cases_event e WHERE e.case_id = c.id ORDER BY e.seq DESC LIMIT 1)
        OR (c.offered_to_id IS NOT NULL)::int <> (
            SELECT count(*) FROM escalation_stageclock k
            WHERE k.case_id = c.id AND k.kind = %s AND k.outcome IS NULL)
        OR c.offered_to_id = c.owner_id
    )
"""


def unaccountable() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(UNACCOUNTABLE, [[str(state) for state in OPEN], Clock.HAND_OVER])
        return [pk for (pk,) in cursor.fetchall()]


def assert_accountable():
    assert unaccountable() == []


def eight_acts(cast, pk, at):
    """What eight people do to who has the case, all at once."""
    tom, mate, dana = cast.tiers[1], cast.mate, cast.supervisor
    return (
        lambda: verbs.hand_over(pk, to=mate, note="At once.", by=dana, at=at),
        lambda: verbs.hand_over(pk, to=tom, note="Back.", by=dana, at=at),
        lambda: verbs.take_over(pk, by=tom, at=at),
        lambda: verbs.take_over(pk, by=mate, at=at),
        lambda: verbs.offer(pk, to=mate, **PACKET, by=tom, at=at),
        lambda: verbs.accept_offer(pk, by=mate, at=at),
        lambda: verbs.return_offer(pk, reason="I leave.", by=mate, at=at),
        lambda: verbs.withdraw_offer(pk, by=tom, at=at),
    )


def looking_on(over, seen, looks):
    """Asks who is accountable, again and again, until the race is over."""
    while not over.wait(0.001):
        seen.extend(unaccountable())
        looks.append(1)


def and_then(over, acts):
    try:
        return outcomes(*acts)
    finally:
        over.set()


@pytest.mark.parametrize("again", range(3))
def test_whoever_hands_over_takes_or_accepts_at_once_one_person_has_it(cast, go, again):
    """Eight people at one case, round after round, while somebody else keeps looking at who answers for it."""
    go(minutes(30))
    case, seen, looks, done = stories.acknowledged(cast), [], [], 0
    for number in range(ROUNDS):
        over, acts = threading.Event(), eight_acts(cast, case.pk, minutes(30 + number))
        results, _ = outcomes(partial(and_then, over, acts), partial(looking_on, over, seen, looks))
        done += len(acts) - len(refusals(results))
        case = assert_sound(case)
        assert case.owner_id is not None
        assert_accountable()
    assert seen == [] and len(looks) >= ROUNDS
    # Whoever was not refused is in the log, once each: nothing was done twice and nothing was lost.
    moved = ("handed_over", "offered", "offer_accepted", "offer_returned", "offer_withdrawn")
    assert Event.objects.filter(case=case, kind__in=moved).count() == done >= 2 * ROUNDS
