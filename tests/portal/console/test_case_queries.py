"""How much the case page and the acts ask the database, however much there is on the case; and that it is all shown."""

import html
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.files import check, keep
from cases.models import Consult, PersonSkill, Skill
from escalation import playbooks, verbs
from feedback import knowledge, problem_acts
from tests import solving
from tests.feedback.article_shelf import shelf
from tests.portal.console import stories
from tests.portal.console.stories import act_url, minutes, page_url
from tests.portal.problem_stories import opened

MOST = 25  # of the page, and of the page of an act, which has less on it but tries the act out


@pytest.fixture(autouse=True)
def whole_site(console_only, settings):
    """Files have addresses of their own."""
    settings.ROOT_URLCONF = "portal.urls"


def questions(client, url):
    """How many questions a page asks that somebody has opened before."""
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def everything_on(cast):
    """A case with something in every card and of every kind of row."""
    tom, sam, dana = cast.tiers[1], cast.customer, cast.supervisor
    before = stories.answered(cast)
    case = stories.acknowledged(cast, at=minutes(1), title="The refund of a second payment")
    playbooks.write(case.category, ["Look at both payments", "Ask the bank"], by=dana, at=minutes(5), seen=0)
    skill = Skill.objects.create(slug="law", name="Law")
    PersonSkill.objects.create(person=cast.tiers[3], skill=skill, trained_on=minutes(0).date())
    verbs.tried(case.pk, also="Rang the bank.", by=tom, at=minutes(6))
    verbs.add_task(case.pk, text="Ring the depot", due_at=minutes(90), by=tom, at=minutes(7))
    verbs.add_task(case.pk, text="Ring the bank", due_at=minutes(95), person=cast.mate, by=tom, at=minutes(7))
    verbs.consult(case.pk, expert=cast.tiers[3], question="May we?", due_at=minutes(90), by=tom, at=minutes(8))
    asked = Consult.objects.get()
    verbs.answer_consult(case.pk, consult=asked.pk, answer="Yes.", by=cast.tiers[3], at=minutes(9))
    verbs.investigate(case.pk, **solving.INVESTIGATION, by=tom, at=minutes(10))
    verbs.mark_upset(case.pk, reason="Shouted.", by=cast.mate, at=minutes(11))
    file = keep(check("list.txt", io.BytesIO(b"A list of payments.")), draft="f", by=sam, at=minutes(12))
    verbs.reply(case.pk, text="Here is the list.", files=[file], by=sam, at=minutes(12))
    verbs.ask_supervisor(case.pk, reason="slow", by=sam, at=minutes(13))
    verbs.keep(case.pk, reason="The bank answers today.", by=tom, at=minutes(14))
    verbs.hand_over(case.pk, to=cast.mate, note="Bank asked.", by=dana, at=minutes(15))
    verbs.offer(case.pk, to=tom, **stories.PACKET, by=cast.mate, at=minutes(16))
    found = shelf(cast)
    knowledge.use(case, found["refund"].pk, by=tom, at=minutes(17))
    knowledge.tried(case, ["twice", found["twice"].slug], at=minutes(17))
    problem_acts.link_case(case, opened(cast, at=minutes(18)), by=dana, at=minutes(18))
    case.refresh_from_db()
    return case, before


SHOWN = (
    "Bank asked.", "Rang the bank.", "Look at both payments", "Ring the depot", "Ring the bank", "May we?", "Yes.",
    "The page was sent twice.", "Shouted.", "list.txt", "The bank answers today.", "Offered to Tom Reed",
    "Card payments are slow", "It came again", "Handed over from Tom Reed to Ana Mate", "The refund",
)  # fmt: skip


def test_a_case_with_everything_asks_as_little_as_a_new_one(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    new = cast.file(at=minutes(20), by=cast.other)
    case, _ = everything_on(cast)
    few, one = questions(client, page_url(new)), questions(client, page_url(case))
    text = html.unescape(client.get(page_url(case)).content.decode())
    assert [words for words in SHOWN if words not in text] == []
    assert few <= one <= MOST
    acts = {verb: questions(client, act_url(case, verb)) for verb in ("update", "note", "assess", "escalate")}
    assert max(acts.values()) <= MOST, acts

    for number in range(300 - case.event_seq):
        verbs.note(case.pk, text=f"Note {number}", by=cast.tiers[1], at=minutes(20))
    case.refresh_from_db()
    assert case.event_seq == 300
    assert questions(client, page_url(case)) == one
    assert {verb: questions(client, act_url(case, verb)) for verb in acts} == acts


@pytest.mark.parametrize("number", [1, 3])
def test_so_does_an_agent_of_the_team_and_of_another(number, signed_in, cast, monday):
    case, _ = everything_on(cast)
    assert questions(signed_in(cast.tiers[number]), page_url(case)) <= MOST


def test_a_settled_one_too(signed_in, cast, monday):
    assert questions(signed_in(cast.supervisor), page_url(stories.answered(cast))) <= MOST
