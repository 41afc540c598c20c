"""“All cases”: order, search, filters, and the number of questions it asks the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation import verbs
from tests.portal.console import stories

URL = "/console/cases/case/"
MOST = 15
COVER = 5  # more for a supervisor's home: the rota, and the hours in which the protocol promises something


def titles(client, query=""):
    return [case.title for case in client.get(f"{URL}{query}").context["cl"].result_list]


def questions(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_as_many_questions_for_fifty_cases_as_for_one(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    stories.acknowledged(cast)
    one = questions(client, URL)
    for _ in range(49):
        cast.file(at=stories.minutes(20))
    assert titles(client) and len(titles(client)) == 50
    assert questions(client, URL) == one
    assert one <= MOST


def test_the_home_page_asks_as_many_too(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    cast.file(at=stories.minutes(20))
    one = questions(client, "/console/")
    for _ in range(20):
        cast.file(at=stories.minutes(20))
    assert questions(client, "/console/") == one
    assert one <= MOST + COVER


def test_the_order_is_the_next_promise(signed_in, cast, monday):
    later = stories.acknowledged(cast, title="Later")
    sooner = stories.acknowledged(cast, title="Sooner")
    verbs.update(sooner.pk, text="x", next_at=stories.minutes(90), by=cast.tiers[1], at=stories.minutes(20))
    verbs.wait_customer(
        stories.acknowledged(cast, title="Unpromised").pk, question="?", by=cast.tiers[1], at=stories.minutes(20)
    )
    assert later.promise_at
    assert titles(signed_in(cast.supervisor)) == ["Sooner", "Later", "Unpromised"]


def test_ended_cases_are_there_when_asked_for(signed_in, cast, monday):
    verbs.withdraw(stories.acknowledged(cast, title="Gone").pk, by=cast.customer, at=stories.minutes(9))
    client = signed_in(cast.supervisor)
    assert titles(client) == []
    assert titles(client, "?group=settled") == ["Gone"]
    assert titles(client, "?group=any") == ["Gone"]


def test_search_by_reference_address_and_words(signed_in, cast, monday):
    mine = stories.acknowledged(cast, title="Charged twice for 88213")
    gone = stories.acknowledged(cast, title="Parcel lost", by=cast.other)
    verbs.withdraw(gone.pk, by=cast.other, at=stories.minutes(9))
    client = signed_in(cast.supervisor)
    assert titles(client, f"?q={mine.reference}") == [mine.title]
    assert titles(client, f"?q={mine.reference.lower().replace('-', ' ')}") == [mine.title]
    assert titles(client, f"?q={mine.reference[:5]}") == [mine.title]
    assert titles(client, "?q=OLGA@example.com") == [gone.title]
    assert titles(client, "?q=88213") == [mine.title]
    assert titles(client, "?q=nothing+like+it") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?group=todo", ["Passed"]),
        ("?group=work", ["Held"]),
        ("?severity=2", ["Held", "Passed"]),
        ("?severity=4", []),
        ("?tier=2", ["Passed"]),
        ("?tier=nonsense", ["Held", "Passed"]),
    ],
)
def test_filters_narrow_the_list(signed_in, cast, monday, query, expected):
    stories.acknowledged(cast, title="Held")
    passed = stories.acknowledged(cast, title="Passed")
    verbs.escalate(passed.pk, reason="x", by=cast.tiers[1], at=stories.minutes(20))
    assert sorted(titles(signed_in(cast.supervisor), query)) == expected


def test_team_and_topic_filters_and_the_chip_that_takes_one_off(signed_in, cast, monday):
    stories.acknowledged(cast, title="Held")
    client = signed_in(cast.supervisor)
    assert titles(client, f"?team={cast.teams[1].pk}") == ["Held"]
    assert titles(client, f"?team={cast.teams[2].pk}") == []
    text = client.get(f"{URL}?team={cast.teams[1].pk}").content.decode()
    assert "team: Service representatives" in text
    assert "(take off)" in text
