"""What the case page says when two people write at once, what it asks about, and what of it goes on paper."""

import re
from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case, Message
from escalation import verbs
from escalation.models import StageClock
from tests import solving
from tests.portal.pages.scene import (
    LOOK,
    acknowledged,
    answered,
    look_at,
    make,
    step,
    waiting_customer,
    working,
)
from tests.portal.pages.test_case_page import text_of

LONG = "We paid it back. " * 100


def write(client, case, text="Any news?", **more):
    return client.post(f"/c/{case.reference}/message/", {"text": text} | more, follow=True)


def seen_on(page) -> str:
    return re.search(r'name="seen" value="(\d+)"', page.content.decode())[1]


class TestCrossing:
    """Tom asks while Sam writes."""

    @pytest.fixture
    def crossed(self, cast, sam):
        """The case, and the page after a message that was begun before the question came."""
        case = acknowledged(cast)
        seen = seen_on(sam.get(f"/c/{case.reference}/"))
        verbs.wait_customer(case.pk, question="Which charge?", by=cast.tiers[1], at=LOOK - timedelta(minutes=2))
        return case, write(sam, case, seen=seen)

    def test_the_question_stays_open_and_is_said_plainly(self, crossed):
        case, page = crossed
        assert Case.objects.get(pk=case.pk).state == State.WAITING_CUSTOMER
        said = text_of(page)
        assert "Your message is sent. While you wrote, Tom asked you a question at 11:58." in said
        assert "We still need your answer to it" in said
        assert "Tom answered" not in said
        form = page.content.decode().split('id="message"')[1]
        assert form.index("Which charge?") < form.index("<textarea")
        assert Message.objects.filter(case=case, text="Any news?").exists()
        assert "You wrote" in said

    def test_the_next_one_answers_it(self, crossed, sam):
        case, page = crossed
        after = write(sam, case, "The second one.", seen=seen_on(page))
        assert Case.objects.get(pk=case.pk).state == State.WORKING
        assert "While you wrote" not in text_of(after)
        assert not StageClock.objects.filter(case=case, outcome=None, paused_at__isnull=False).exists()

    def test_a_refused_form_has_seen_what_its_page_shows(self, cast, sam):
        case = acknowledged(cast)
        seen = seen_on(sam.get(f"/c/{case.reference}/"))
        verbs.wait_customer(case.pk, question="Which charge?", by=cast.tiers[1], at=LOOK - timedelta(minutes=2))
        refused = write(sam, case, "", seen=seen)
        assert "Which charge?" in text_of(refused)
        write(sam, case, "The second one.", seen=seen_on(refused))
        assert Case.objects.get(pk=case.pk).state == State.WORKING

    def test_more_for_the_supervisor_is_no_answer_to_a_question_nobody_saw(self, cast, sam):
        case = acknowledged(cast)
        verbs.ask_supervisor(case.pk, reason="slow", by=cast.customer, at=LOOK - timedelta(minutes=5))
        path = f"/c/{case.reference}/supervisor/"
        seen = seen_on(sam.get(path))
        verbs.wait_customer(case.pk, question="Which charge?", by=cast.tiers[1], at=LOOK - timedelta(minutes=2))
        sam.post(path, {"text": "Please call", "seen": seen})
        assert Message.objects.filter(case=case, text="Please call").exists()
        assert Case.objects.get(pk=case.pk).state == State.WAITING_CUSTOMER


@pytest.mark.parametrize(
    ("verb", "said", "words"),
    [
        ("answer", {"text": "Done.", "outcome": "fixed", "root_cause": "slip"}, "Tom answered at 11:58."),
        ("update", {"text": "The bank has it."}, "Tom sent you an update at 11:58."),
    ],
)
def test_what_came_meanwhile_is_called_what_it_is(verb, said, words, cast, sam):
    case = working(cast)
    seen = seen_on(sam.get(f"/c/{case.reference}/"))
    solving.doing(verb)(case.pk, by=cast.tiers[1], at=LOOK - timedelta(minutes=2), **said)
    page = text_of(write(sam, case, seen=seen))
    assert f"While you wrote, {words}" in page
    assert "We still need" not in page


def test_what_came_on_another_day_says_which(cast, sam):
    case = working(cast)
    seen = seen_on(sam.get(f"/c/{case.reference}/"))
    verbs.update(case.pk, text="The bank has it.", by=cast.tiers[1], at=LOOK)
    look_at(LOOK + timedelta(days=1))
    assert "Tom sent you an update on Mon 12 Jan, 12:00." in text_of(write(sam, case, seen=seen))


class TestIsItFixed:
    """Nobody can say yes or no to an answer they do not see."""

    @pytest.mark.parametrize("page", ["", "fixed/", "not-fixed/"])
    def test_answer_stands_where_we_ask(self, page, cast, sam):
        case = answered(cast)
        body = sam.get(f"/c/{case.reference}/{page}").content.decode()
        asked = body.split("Where your case is")[0]
        assert "We paid it back." in asked
        assert "Our answer, from <bdi>Tom</bdi>" in asked

    @pytest.mark.parametrize("page", ["", "fixed/", "not-fixed/"])
    def test_a_long_answer_is_folded(self, page, cast, sam):
        said = {"text": LONG, "outcome": "refunded", "amount": 10, "root_cause": "double click"}
        case = solving.answer(working(cast).pk, by=cast.tiers[1], at=step(20), **said)
        asked = sam.get(f"/c/{case.reference}/{page}").content.decode().split("Where your case is")[0]
        assert asked.index("<details") < asked.index("Show all") < asked.index(LONG.strip())

    def test_the_newest_answer_counts(self, cast, sam):
        case = answered(cast)
        verbs.reject(case.pk, text="Not yet.", by=cast.customer, at=step(25))
        said = {"text": "Now it is there.", "outcome": "refunded", "amount": 10, "root_cause": "double click"}
        solving.answer(case.pk, by=cast.tiers[1], at=step(30), **said)
        assert "Now it is there." in text_of(sam.get(f"/c/{case.reference}/fixed/"))
        assert "We paid it back." not in text_of(sam.get(f"/c/{case.reference}/fixed/"))

    def test_the_customers_time_is_not_said_as_ours(self, cast, sam):
        case = answered(cast)
        body = text_of(sam.get(f"/c/{case.reference}/"))
        day = f"{case.promise_at:%a} {case.promise_at.day} {case.promise_at:%b}"
        assert f"Answer or fix (current) closes by itself on {day} You have our answer" in body
        assert f" by {day}" not in body


def test_the_customers_words_stand_once(cast, sam):
    body = text_of(sam.get(f"/c/{working(cast).reference}/"))
    assert body.count("I see two payments for one order.") == 1
    assert "You told us" in body


class TestPaper:
    NEAR = re.compile(r"\b(today|tomorrow|yesterday)\b", re.I)

    @pytest.mark.parametrize("state", [State.NEW, State.WORKING, State.WAITING_CUSTOMER, State.ANSWERED, State.CLOSED])
    def test_print_view_is_whole_and_says_dates(self, state, cast, sam):
        case = make(state, cast)
        page = sam.get(f"/c/{case.reference}/?print=1")
        body = text_of(page)
        assert not self.NEAR.search(body)
        assert (page.context["form"], page.context["actions"], page.context["links"]) == (None, [], [])
        titles = [row["title"] for row in page.context["rows"]]
        assert titles[0] == "You told us"
        assert "Mon 12 Jan, 10:00" in body

    def test_print_view_has_every_row_unfolded(self, cast, sam):
        case = working(cast)
        for number in range(12):
            verbs.update(case.pk, text=f"{number} {LONG}", by=cast.tiers[1], at=step(16 + number))
        page = sam.get(f"/c/{case.reference}/?print=1")
        assert len(page.context["rows"]) > 12
        assert "Show all" not in text_of(page)

    def test_a_plain_link_leads_there_and_back(self, cast, sam):
        case = working(cast)
        assert {"label": "Print or save", "url": "?print=1"} in sam.get(f"/c/{case.reference}/").context["links"]
        assert f'href="/c/{case.reference}/"' in sam.get(f"/c/{case.reference}/?print=1").content.decode()


def test_waiting_page_asks_for_the_answer(cast, sam):
    body = text_of(sam.get(f"/c/{waiting_customer(cast).reference}/"))
    assert "Answer our question" in body
