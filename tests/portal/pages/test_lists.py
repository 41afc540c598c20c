"""My cases and home: what is found, in which order, and at a price that does not grow."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.lifecycle import State
from escalation import verbs
from tests.portal.pages.scene import confirmed, make, step, working
from tests.portal.pages.test_case_page import text_of

MOST_QUERIES = 6


@pytest.fixture
def many(cast):
    """Fifty-two open cases and one of each kind that needs another look."""
    make(State.WAITING_PARTNER, cast)
    make(State.CLOSED, cast)
    for number in range(51):
        cast.file(title=f"Case number {number}")


def asked(client, path: str) -> tuple[int, object]:
    with CaptureQueriesContext(connection) as queries:
        page = client.get(path)
    return len(queries), page


@pytest.mark.parametrize("path", ["/cases/", "/cases/?filter=all", "/cases/?filter=closed", "/cases/?q=number"])
def test_costs_no_more_for_many(path, cast, sam, many):
    cost, page = asked(sam, path)
    assert cost <= MOST_QUERIES
    assert len(page.context["cases"]) <= 20


def test_the_front_door_asks_two_more(sam, many):
    """Whether there is a known problem, and whether there are articles to look in."""
    assert asked(sam, "/")[0] <= MOST_QUERIES + 2


def test_costs_as_much_for_one(cast, sam):
    make(State.WAITING_PARTNER, cast)
    assert asked(sam, "/cases/?filter=all")[0] <= MOST_QUERIES


def test_twenty_a_page_and_the_rest_on_the_next(cast, sam, many):
    first, third = sam.get("/cases/"), sam.get("/cases/?page=3")
    assert (len(first.context["cases"]), len(third.context["cases"])) == (20, 12)
    assert "Page 3 of 3" in text_of(third)
    assert "Page 3 of 3" in text_of(sam.get("/cases/?page=99"))


def test_open_closed_and_all(cast, sam):
    work, done = working(cast, title="Still going"), confirmed(cast, title="Over")
    found = {
        which: [r["ref"] for r in sam.get(f"/cases/?filter={which}").context["cases"]]
        for which in ("open", "closed", "all")
    }
    assert found == {"open": [work.reference], "closed": [done.reference], "all": [done.reference, work.reference]}


@pytest.mark.parametrize("words", ["strange", "STRANGE noise", "two payments"])
def test_search_by_words(words, cast, sam):
    case = cast.file(title="A strange noise")
    cast.file(title="Something else", by=cast.other)
    assert case.reference in [row["ref"] for row in sam.get("/cases/", {"q": words}).context["cases"]]


def test_search_finds_what_was_written_but_no_note_among_staff(cast, sam):
    case = working(cast)
    verbs.note(case.pk, text="Looks like fraud", by=cast.tiers[1], at=step(16))
    found = sam.get("/cases/", {"q": "bank confirms"}).context["cases"]
    assert [row["ref"] for row in found] == [case.reference]
    assert sam.get("/cases/", {"q": "fraud"}).context["cases"] == []


def test_search_by_reference_however_it_is_typed(cast, sam):
    case, _ = cast.file(), cast.file()
    for typed in (case.reference.lower(), case.reference.replace("-", " "), case.reference[3:]):
        assert [row["ref"] for row in sam.get("/cases/", {"q": typed}).context["cases"]] == [case.reference]


def test_search_finds_nothing_of_others(cast, sam):
    foreign = cast.file(title="A strange noise", by=cast.other)
    for typed in ("strange", foreign.reference):
        assert "No case matches" in text_of(sam.get("/cases/", {"q": typed, "filter": "all"}))


def test_staff_see_their_own_cases_only(cast, client):
    cast.file()
    client.force_login(cast.tiers[1])
    assert "You have no open cases." in text_of(client.get("/cases/"))


def test_home_counts_what_is_open(cast, sam, many):
    page = sam.get("/")
    assert len(page.context["cases"]) == 5
    assert "Your open cases (52)" in text_of(page)
