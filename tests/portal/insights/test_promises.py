"""The page of promises and its two readings: the numbers by hand, their links, their files, and to whom they lead where."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.feedback.story import KEPT_ALL
from tests.portal.insights.scene import DATES, links_of, rows_of, text

pytestmark = pytest.mark.django_db
HERE = "/insights/promises/"
PLACES = (HERE, f"{HERE}versions/", f"{HERE}teams/")


def file_of(client, place, **more):
    rows = rows_of(client.get(f"{place.rstrip('/')}.csv", DATES | more))
    return {(row["Table"], row["Row"], row["Column"]): row for row in rows}


def test_it_says_the_numbers_worked_out_by_hand(manager):
    page = manager.get(HERE, DATES)
    said = text(page)
    for words in (
        "we kept 99% of our promises. 45% of 20 cases filed were escalated. Most often because: by hand (7 cases).",
        "Confirmed by name at low: 1 of 24 broken.", "Most went from level 1 to 2: 9 cases",
        "11% went up because a time was missed", "Asked for a supervisor 5%", "Half had their answer within 3 d 1 h",
        "Too few of 1",
    ):  # fmt: skip
        assert words in said, words
    found = file_of(manager, HERE)
    assert (
        found["kept", "2 Confirmed by name", "Low"]["Counts"],
        found["kept", "2 Confirmed by name", "Low"]["Of"],
    ) == ("23", "24")
    assert (
        found["kept", "2 Confirmed by name", "High"] | {"Counts": "", "Of": "1", "Value": ""}
        == found["kept", "2 Confirmed by name", "High"]
    )
    assert sum(int(row["Of"]) for (table, *_), row in found.items() if table == "kept") == KEPT_ALL.n
    assert found["flow", "From level 1", "To level 2"]["Counts"] == "9"
    assert found["why", "By hand", "Cases"]["Counts"] == "7"


@pytest.mark.parametrize("place", PLACES)
def test_links_lead_to_as_many_cases_as_their_numbers_say(manager, place):
    """Numbers of cases to as many; numbers of promises and times to no more."""
    page = manager.get(place, DATES)
    for url, words in links_of(page):
        answer = manager.get(url)
        assert answer.status_code == 200, url
        n = answer.context["page"].paginator.count
        number = re.fullmatch(r"([\d,]+)( cases?)?", words)
        assert n > 0 or words == "0", url
        if number and re.search(r"which=(climbed|trigger|load|escalated_under|lasted|filed)", url):
            assert n == int(number[1]), url
        elif number and answer.context["title"]:
            assert n <= int(number[1]), url
        if re.search(r"which=(climbed|trigger|kept_at|promised_at|broken_at)", url):
            assert answer.context["back"].startswith(f"{HERE}?")
    assert len(links_of(page)) > 8
    for which in ("climbed", "kept_at", "owed", "trigger"):
        assert (
            manager.get(
                "/insights/cases/", DATES | {"which": which, "part": "2-9" if which == "kept_at" else "9-9"}
            ).status_code
            == 404
        )


@pytest.mark.parametrize("place", PLACES)
def test_few_queries_however_many_cases(supervisor, place):
    counts = set()
    for days in ("2026-01-12", "2025-06-01"):
        with CaptureQueriesContext(connection) as asked:
            supervisor.get(place, DATES | {"from": days})
        counts.add(len(asked))
    assert len(counts) == 1 and counts.pop() <= 12


@pytest.mark.parametrize("place", PLACES)
def test_filters_wrong_filters_and_nothing(manager, place):
    one = manager.get(place, DATES | {"topic": "billing"})
    assert all("topic=billing" in url for url, _ in links_of(one))
    few = text(manager.get(place, DATES | {"severity": "2"}))  # b6 alone, with four promises
    assert place != HERE or ("4 promises: fewer than 5 are not shown" in few and "1 case: fewer than 5" in few)
    wrong = DATES | {"team": "nobody"}
    assert "Choose a team from the list" in text(manager.get(place, wrong))
    assert manager.get(f"{place.rstrip('/')}.csv", wrong).status_code == 404
    nothing = manager.get(place, DATES | {"from": "2020-01-01", "to": "2020-02-01"})
    assert ("Nothing was filed or promised" in text(nothing)) == (place != PLACES[2])  # what is open now is shown
    assert 'aria-label="Readings"' in nothing.content.decode()


def test_versions_and_teams_say_the_same_whole(manager):
    versions, teams = (file_of(manager, place) for place in PLACES[1:])
    for milestone, n in (("1 Priority review", 28), ("2 Confirmed by name", 26), ("3 Progress updates", 17)):
        for found in (versions, teams):
            assert sum(int(row["Of"]) for (_, _, column), row in found.items() if column == milestone) == n
    assert versions["versions", "five-tier@1", "Need not have gone up"]["Of"] == "9"
    name = teams["teams", "Service representatives", "Half had a name within"]
    assert (name["Half within (s)"], name["9 in 10 within (s)"], name["Not ended yet"]) == ("300", "", "2")
    said = text(manager.get(PLACES[2], DATES))
    assert "99% of 88 things the protocol asked for came in time." in said and "2.0 a person" in said


def test_the_way_to_the_protocol_only_for_who_may_read_it(manager, supervisor):
    way = "/console/escalation/protocolversion/"
    assert way in supervisor.get(HERE, DATES).content.decode()
    assert way not in manager.get(HERE, DATES).content.decode()
