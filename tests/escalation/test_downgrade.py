"""R044: a downgrade never moves a shown promise silently; every other severity is explained, to the customer too."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from cases.lifecycle import ACTIVE, State
from cases.models import Event, Message
from escalation import verbs
from escalation.letters import compose
from escalation.models import Notice, Promise
from escalation.verbs import Refused
from tests.cast import gather
from tests.escalation.sound import assert_sound
from tests.escalation.stories import bring, now_of

pytestmark = pytest.mark.django_db
CHANGEABLE = sorted(set(ACTIVE) - {State.NEW, State.ESCALATED})
IMPACTS = ("blocked", "loss", "degraded", "question")


def shown(case):
    """What the customer was told and what of it still stands, by promise: the time, and how it ended."""
    return {one.pk: (one.due_at, one.status) for one in Promise.objects.filter(case=case)}


def change(case, to, *, by, at, reason="The shop works again."):
    """By the act there is: the review where the case has just arrived at a level, else “Change severity”."""
    verb = verbs.review if case.state == State.ESCALATED else verbs.change_severity
    return verb(case.pk, severity=to, reason=reason, by=by, at=at)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("state", [*CHANGEABLE, State.ESCALATED])
def test_a_downgrade_never_moves_a_shown_promise_silently(state, seed):
    """Random cases, severities and instants: what was shown stands as it was, to the second, or the customer reads of it."""
    cast, dice = gather(), random.Random(f"{state}{seed}")
    case = bring(cast, state, impact=dice.choice(IMPACTS))
    at = now_of(case) + timedelta(seconds=dice.randrange(1, 240))
    if case.severity == 4:
        case = change(case, dice.randrange(1, 4), by=cast.supervisor, at=at)
        # A second of the dice after it; a review is over by then.
        at = now_of(case) + timedelta(seconds=1)
    before, was, promised, letters = shown(case), case.severity, case.promise_at, Notice.objects.count()
    to = dice.randrange(was + 1, 5)

    with pytest.raises(Refused, match="Say why it is less urgent than before"):
        change(case, to, by=cast.supervisor, at=at, reason=" ")
    assert (shown(case), Notice.objects.count()) == (before, letters)

    case = assert_sound(change(case, to, by=cast.supervisor, at=at))
    assert case.severity == to
    after = shown(case)
    # Silently or not, it never comes later: less urgent counts from the next time on.
    reviewed = {
        pk for pk, (_due, status) in after.items() if status == "kept" and before.get(pk, ("", ""))[1] == "open"
    }
    for pk, (due, status) in before.items():
        assert after[pk][0] == due
        assert after[pk][1] == status or (pk in reviewed and state == State.ESCALATED)
    if promised and state != State.ESCALATED:
        assert case.promise_at == promised
    # And they read that it is less urgent now, why, and by when they hear.
    event = Event.objects.filter(case=case).order_by("-seq").first()
    (letter,) = Notice.objects.filter(case=case, event_seq=event.seq, to_customer=True)
    text = compose(letter, at).text
    assert "The shop works again." in text and ["", "critical", "high", "medium", "low"][to] in text.lower()
    assert Message.objects.get(pk=event.data["message"]["id"]).kind == Message.Kind.REASON


@pytest.mark.parametrize("state", CHANGEABLE)
def test_an_upgrade_is_explained_too_and_brings_times_forward_at_most(state):
    cast = gather()
    case = bring(cast, state, impact="question")
    at, before = now_of(case) + timedelta(minutes=1), case.promise_at
    to = case.severity - 1
    with pytest.raises(Refused, match="Say why it is more urgent than before"):
        change(case, to, by=cast.supervisor, at=at, reason="")
    case = assert_sound(change(case, to, by=cast.supervisor, at=at, reason="All of them are hit."))
    assert case.severity == to
    assert not before or case.promise_at <= before
    with pytest.raises(Refused, match="It has this severity already"):
        change(case, to, by=cast.supervisor, at=at + timedelta(minutes=1))


def test_before_it_is_assessed_its_severity_is_set_by_assessing():
    cast = gather()
    case = cast.file()
    with pytest.raises(Refused, match="Assess the case first"):
        change(case, 4, by=cast.supervisor, at=now_of(case))
