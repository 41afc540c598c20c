"""What managers read of the pulse: figures worked out by hand, what is held back, and who may look."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from feedback.models import PulseMonth, PulseTally
from portal import clock
from tests.cast import gather
from tests.portal.pages.scene import look_at

pytestmark = pytest.mark.django_db
URL = "/insights/pulse/"
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def cast(db):
    look_at(AT)
    yield gather()
    clock.travel(timedelta())


@pytest.fixture
def manager(cast):
    client = Client()
    client.force_login(cast.manager)
    return client


def month(number, *rows, words=()):
    """`rows`: (team or None, asked, ones, …, fives)."""
    asked = sum(row[1] for row in rows)
    made = PulseMonth.objects.create(month=date(2026, number, 1), asked=asked, words=sorted(words))
    for team, asked, *said in rows:
        scores = {f"said_{score}": count for score, count in enumerate(said, start=1)}
        PulseTally.objects.create(month=made, team=team, asked=asked, **scores)


@pytest.fixture
def told(cast):
    """January: 8 of level 1 (2 of them 4 or 5) and 6 others (3). February: 9 of level 1 (8) and 3 others (1)."""
    level_1 = cast.teams[1]
    month(1, (level_1, 10, 1, 3, 2, 1, 1), (None, 7, 0, 2, 1, 2, 1), words=["January words."])
    month(2, (level_1, 10, 0, 0, 1, 4, 4), (None, 7, 0, 1, 1, 1, 0), words=["Calm.", "<b>Loud</b>", "So-so."])
    month(3, (level_1, 10, 0, 0, 0, 0, 6), (None, 7, 0, 0, 0, 0, 0), words=["March words."])
    return cast


def text(page) -> str:
    bare = re.sub(r"<(title|desc)[^>]*>.*?</\1>", " ", page.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def test_the_figures_by_hand(manager, told):
    """February: 12 of 17 (71 %), 9 of the 12 said 4 or 5; January: 5 of 14."""
    page = manager.get(URL)
    said = text(page)
    assert (
        "February 2026: 12 of 17 answered (71%). 75% of them said 4 or 5 (47% to 91%). Too few to tell a change, was 36%."
        in said
    )
    everybody, team = page.context["charts"]
    assert everybody["title"] == "Everybody: 75% said 4 or 5 in February 2026"
    assert everybody["table"]["rows"] == [
        ["February 2026", "17", "12", "71%", "75%", "47% to 91%"],
        ["January 2026", "17", "14", "82%", "36%", "16% to 61%"],
    ]
    # In February three are left beside level 1: it is held back, with how many answered.
    assert team["title"] == "Service representatives: 25% said 4 or 5 in January 2026"
    assert team["table"]["rows"] == [
        ["February 2026", "not shown", "not shown", "not shown", "not shown", ""],
        ["January 2026", "10", "8", "80%", "25%", "7% to 59%"],
    ]


def test_who_is_bound_to_teams_sees_theirs_and_nothing_of_everybody(manager, told):
    who = told.manager
    who.figures_by_team = True
    who.save(update_fields=["figures_by_team"])
    who.figure_teams.set([told.teams[2]])
    page = manager.get(URL)
    assert "No month is over that may be shown of a team set for you" in text(page) and "charts" in page.context
    assert not page.context["charts"]
    who.figure_teams.set([told.teams[1], told.teams[2]])
    page = manager.get(URL)
    (chart,) = page.context["charts"]
    assert chart["title"] == "Service representatives: 25% said 4 or 5 in January 2026"
    said = text(page)
    assert "Everybody:" not in said and "Calm." not in said and "17" not in said and "75%" not in said


def test_the_running_month_says_how_many_and_nothing_else(manager, told):
    page = manager.get(URL)
    assert "6 of 17 have answered this month so far." in text(page)
    assert "March words." not in text(page) and "March 2026" not in text(page)


def test_the_words_are_those_of_the_last_month_escaped_and_not_in_order(manager, told):
    page = manager.get(URL)
    assert sorted(page.context["words"]) == ["<b>Loud</b>", "Calm.", "So-so."]
    assert "&lt;b&gt;Loud&lt;/b&gt;" in page.content.decode()
    assert "January words." not in text(page)
    assert manager.get(URL).context["words"] == page.context["words"]


def test_a_month_with_too_few_hides_figures_and_words(manager, cast):
    month(2, (cast.teams[1], 6, 1, 0, 0, 0, 3), words=["Told too soon."])
    page = manager.get(URL)
    assert "February 2026: 4 of 6 answered (67%): of fewer than 5, or all on one side, nothing more is shown." in text(
        page
    )
    assert "Told too soon." not in text(page)
    assert [chart["svg"] for chart in page.context["charts"]] == [""]
    assert page.context["charts"][0]["table"]["rows"] == [["February 2026", "6", "4", "67%", "Too few", ""]]


def test_before_any_month_is_over_there_is_a_sentence(manager, cast):
    assert "No month is over in which somebody answered." in text(manager.get(URL))


def test_a_year_is_shown(manager, cast):
    for number in range(1, 3):
        month(number, (None, 9, 0, 0, 3, 3, 0))
    for number in range(1, 13):
        made = PulseMonth.objects.create(month=date(2025, number, 1), asked=9)
        PulseTally.objects.create(month=made, asked=9, said_4=6)
    rows = manager.get(URL).context["charts"][0]["table"]["rows"]
    assert (len(rows), rows[0][0], rows[-1][0]) == (12, "February 2026", "March 2025")


@pytest.mark.parametrize("role", ["customer", "agent", "manager", "supervisor"])
def test_who_may_look(role, told):
    people = {"customer": told.customer, "agent": told.mate, "manager": told.manager, "supervisor": told.supervisor}
    client = Client()
    client.force_login(people[role])
    assert client.get(URL).status_code == (200 if role in ("manager", "supervisor") else 404)
    assert client.post(URL).status_code == 405


def questions(client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(URL).status_code == 200
    return len(asked)


def test_as_many_questions_for_a_year_as_for_a_month(manager, cast):
    month(2, (cast.teams[1], 6, 0, 0, 0, 3, 3))
    one = questions(manager)
    for number in range(1, 13):
        made = PulseMonth.objects.create(month=date(2025, number, 1), asked=9)
        PulseTally.objects.create(month=made, team=cast.teams[1], asked=9, said_4=6)
    assert questions(manager) == one
