"""A mail that was written before our last letter could be read: kept and told, and it does not answer what it has not seen."""

from __future__ import annotations

from email.utils import format_datetime

import pytest

from cases.lifecycle import State
from cases.models import Event
from escalation import verbs
from escalation.letters import compose
from escalation.models import Notice
from escalation.outbox import message_id
from portal import beat  # noqa: F401 -- registers what letters need
from portal.inbound import taking
from tests import solving
from tests.escalation.sound import assert_sound
from tests.portal.console.stories import rows_shown
from tests.portal.inbound.letters import answer
from tests.portal.inbound.test_landing import send, take
from tests.portal.pages.scene import later, step, working


@pytest.fixture
def asked(cast):
    """A case whose customer was asked twenty minutes into it, and has had the letter."""
    case = working(cast)
    case = verbs.wait_customer(case.pk, question="Which card?", by=cast.tiers[1], at=step(20))
    send(step(21))
    return case


def written_at(minutes: float) -> dict[str, str]:
    return {"date": format_datetime(step(minutes))}


def told(case) -> str:
    """What the one who has the case is told of it."""
    return compose(Notice.objects.filter(case=case, kind="customer_wrote").latest("pk"), step(40)).text


def test_written_before_the_question_it_is_no_answer(asked):
    take(answer(asked, "Any news?", **written_at(19)), at=step(30))
    case = assert_sound(asked)
    assert case.state == State.WAITING_CUSTOMER
    assert "they had not seen it when they wrote" in told(case)
    row = rows_shown(case)[0]
    assert row["text"] == "Any news?" and "Crossed: written before they could read our question." in row["advice"]


@pytest.mark.parametrize("date", [written_at(25), written_at(600), {}, written_at(-60 * 24 * 9), {"date": "soon"}])
def test_written_after_it_or_nobody_can_say_when_it_is_the_answer(asked, date):
    take(answer(asked, "The blue one.", **date), at=step(30))
    assert assert_sound(asked).state == State.WORKING


def test_who_answers_the_letter_has_read_it_whatever_their_clock_says(asked):
    letter = message_id(Notice.objects.get(case=asked, kind="question"))
    take(answer(asked, "The blue one.", in_reply_to=letter, **written_at(10)), at=step(30))
    assert assert_sound(asked).state == State.WORKING


def test_written_before_our_answer_it_says_so(cast):
    case = working(cast)
    solving.answer(case.pk, text="Paid.", outcome="fixed", root_cause="x", by=cast.tiers[1], at=step(20))
    take(answer(case, "Are you there?", **written_at(19)), at=step(30))
    case = assert_sound(case)
    assert case.state == State.ANSWERED and "This crossed with our last words" in told(case)
    assert "before they could read our answer" in rows_shown(case)[0]["advice"]
    assert Event.objects.get(case=case, kind="customer_wrote").data["args"]["unread"] == "answered"


def test_after_our_last_words_nothing_crossed(cast):
    case = working(cast)
    take(answer(case, "Thank you.", **written_at(29)), at=step(30))
    assert "crossed" not in told(case).lower() and not rows_shown(case)[0]["advice"]


def test_one_that_a_person_puts_there_later_is_as_old_as_its_writing(asked, cast):
    row = take(answer(asked, "Any news?", sender="sam.private@example.net", **written_at(19)), at=step(30))
    taking.put_on_case(row.pk, asked, by=cast.supervisor, at=later(hours=2))
    assert assert_sound(asked).state == State.WAITING_CUSTOMER
    row = take(answer(asked, "The blue one.", sender="sam.private@example.net", **written_at(29)), at=step(30))
    taking.put_on_case(row.pk, asked, by=cast.supervisor, at=later(hours=2))
    assert assert_sound(asked).state == State.WORKING
