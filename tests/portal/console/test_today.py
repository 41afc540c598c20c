"""The page of the day's sheet: whose teams, which rows, and what is not shown beside a case."""

from datetime import timedelta

from escalation import verbs
from escalation.sweep import sweep_batch
from feedback.models import Survey
from portal import clock
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.test_lists import questions, words

URL = "/console/today/"


def answered(case, score, text, **more):
    Survey.objects.create(case=case, answered_at=MONDAY - timedelta(hours=12), satisfaction=score, comment=text, **more)


def test_the_page_shows_the_day_of_each_team(signed_in, cast, monday):
    case = stories.acknowledged(cast, title="Promised today")
    answered(case, 1, "Nobody called back.")
    hidden = stories.acknowledged(cast, title="No name")
    answered(hidden, 2, "In secret.", is_anonymous=True)
    page = signed_in(cast.supervisor).get(f"{URL}?who=all")
    (sheet,) = [one for one in page.context["sheets"] if one["team"] == cast.teams[1]]
    assert (sheet["rated"], sheet["average"], sheet["low"]) == (2, "1.5", 2)
    assert [(one["text"], bool(one["case"])) for one in sheet["said"]] == [
        ("Nobody called back.", True),
        ("In secret.", False),
    ]
    text = words(page)
    assert "1.5 of 5 on average , 2 low" in text or "1.5 of 5 on average, 2 low" in text
    assert "Promised today" in text and "In secret." in text


def test_late_is_what_the_home_calls_late(signed_in, cast, go):
    """A broken promise with a later time promised already: late until somebody keeps a word."""
    case = stories.acknowledged(cast)
    verbs.update(case.pk, text="We ask.", next_at=stories.minutes(40), by=cast.tiers[1], at=stories.minutes(8))
    assert sweep_batch(stories.minutes(41))
    go(stories.minutes(45))
    case.refresh_from_db()
    assert case.promise_at > clock.now()
    home, today = (signed_in(cast.supervisor).get(url) for url in ("/console/?who=all", f"{URL}?who=all"))
    (late,) = [group["count"] for group in home.context["groups"] if group["title"] == "Late"]
    (sheet,) = today.context["sheets"]
    assert [part["count"] for part in sheet["parts"]][:2] == [late, 0] == [1, 0]
    assert "since today, 10:40" in words(today)


def test_one_starts_with_one_s_own_teams(signed_in, cast, monday):
    answered(stories.acknowledged(cast), 3, "Fine.")
    assert "Fine." in words(signed_in(cast.tiers[1]).get(URL))
    assert "Fine." not in words(signed_in(cast.tiers[3]).get(URL))
    assert "Fine." in words(signed_in(cast.tiers[3]).get(f"{URL}?who=all"))
    assert "nobody answered yesterday" in words(signed_in(cast.tiers[3]).get(URL))


def test_it_asks_as_many_questions_for_many_as_for_one(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    stories.acknowledged(cast)
    one = questions(client, URL)
    for _ in range(9):
        answered(stories.acknowledged(cast), 3, "Fine.")
    assert questions(client, URL) == one <= 15
