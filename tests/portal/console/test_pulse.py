"""The monthly question in the console: the card and when it goes, answering, putting off, and who may."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.models import PulseMonth, PulseTally, PulseTurn
from feedback.pulse import QUESTION
from tests.cast import MONDAY

URL, LATER = "/console/pulse/", "/console/pulse/later/"
DAY = timedelta(days=1)


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def card(client):
    return QUESTION in words(client.get("/console/around/"))


def sent(score="4", text="", month="2026-01-01"):
    return {"score": score, "words": text, "month": month}


def counted():
    return [sum(getattr(row, f"said_{score}") for row in PulseTally.objects.all()) for score in range(1, 6)]


@pytest.fixture
def ana(signed_in, cast, monday):
    return signed_in(cast.mate)


def test_the_card_is_there_until_it_is_answered(ana):
    page = ana.get("/console/around/")
    assert QUESTION in words(page) and "counted without your name" in words(page)
    form = ana.get(URL)
    assert 'name="month" value="2026-01-01"' in form.content.decode() and "January 2026" in words(form)
    assert "when the month is over and at least 5 have answered" in words(form)
    answer = ana.post(URL, sent("2", "A hard month."))
    assert (answer.status_code, answer["Location"]) == (303, "/console/")
    assert "Thank you. Your answer is counted, without your name." in words(ana.get("/console/"))
    assert not card(ana)
    assert counted() == [0, 1, 0, 0, 0] and PulseMonth.objects.get().words == ["A hard month."]
    assert "There is nothing to answer now." in words(ana.get(URL))


def test_a_second_press_ends_as_the_first_did(ana):
    for score in ("5", "1"):
        assert ana.post(URL, sent(score))["Location"] == "/console/"
    assert counted() == [0, 0, 0, 0, 1]


def test_not_now_hides_the_card_for_a_week(ana, go):
    assert ana.post(LATER)["Location"] == "/console/"
    assert not card(ana)
    assert "In between" in words(ana.get(URL)), "whoever changes their mind finds the question"
    go(MONDAY + 6 * DAY)
    assert not card(ana)
    go(MONDAY + 7 * DAY)
    assert card(ana)


def test_it_comes_on_the_first_working_day_and_goes_with_the_month(ana, go):
    """1 February 2026 is a Sunday."""
    go(MONDAY.replace(day=31))
    assert card(ana)
    go(MONDAY.replace(month=2, day=1))
    assert not card(ana) and "There is nothing to answer now." in words(ana.get(URL))
    go(MONDAY.replace(month=2, day=2))
    assert card(ana)


def test_what_is_wrong_is_said_at_its_field_and_keeps_what_was_typed(ana, everything):
    before = everything()
    for data, sentence in (
        (sent("", "Kept <b>text</b>"), "Choose how manageable it was."),
        (sent("7", "Kept <b>text</b>"), "Choose how manageable it was."),
        (sent("3", "Kept <b>text</b>" + "x" * 300), "is too long: at most 300 characters"),
        (sent("3", "Kept <b>text</b>", "2025-12-01"), "That month is over, and so is its question."),
        (sent("3", "Kept <b>text</b>", "soon"), "That month is over, and so is its question."),
        (sent("3", "Kept <b>text</b>", "2026-13-40"), "That month is over, and so is its question."),
        (sent("3", "Kept <b>text</b>", ""), "That month is over, and so is its question."),
    ):
        page = ana.post(URL, data)
        assert page.status_code == 422, data
        assert sentence in words(page), data
        assert "Kept &lt;b&gt;text&lt;/b&gt;" in page.content.decode()
    assert everything() == before


def test_a_form_of_last_month_counts_nothing(ana, go, everything):
    go(MONDAY.replace(month=2, day=2))
    before = everything()
    page = ana.post(URL, sent("3", "Late."))
    assert page.status_code == 422 and "Nothing was counted." in words(page) and "Late." in page.content.decode()
    assert everything() == before


ROLES = {"nobody": (302, 302), "customer": (404, 404), "manager": (302, 302), "agent": (200, 303), "supervisor": (200, 303)}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_who_may(role, client, signed_in, cast, monday, everything):
    people = {"customer": cast.customer, "manager": cast.manager, "agent": cast.mate, "supervisor": cast.supervisor}
    browser = signed_in(people[role]) if role in people else client
    looked, pressed = ROLES[role]
    before = everything()
    assert {browser.get(URL).status_code, browser.head(URL).status_code} == {looked}
    assert browser.get(LATER).status_code == (405 if looked == 200 else looked)
    assert everything() == before, "looking writes nothing"
    assert browser.post(URL, sent()).status_code == pressed
    assert browser.post(LATER).status_code == pressed
    assert sum(counted()) == (1 if pressed == 303 else 0)


def test_the_answer_stands_in_no_address_and_no_line_of_the_log(ana, caplog):
    with caplog.at_level("DEBUG"):
        answer = ana.post(URL, sent("1", "Very private words"))
    assert "private" not in answer["Location"] and "score" not in answer["Location"]
    said = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert not [line for line in said if "private" in line]


def test_the_card_costs_two_questions(signed_in, cast, monday):
    client = signed_in(cast.mate)
    client.get("/console/around/")  # what a process looks up once is looked up
    with CaptureQueriesContext(connection) as asked:
        client.get("/console/around/")
    mine = [one["sql"] for one in asked if "pulse" in one["sql"]]
    # Every kind of duty on the page is one question: actions, measures, lessons, retros, reviews, training ...
    assert len(mine) == 1 and len(asked) <= 24, "\n".join(one["sql"] for one in asked)
    assert not PulseTurn.objects.exists()
