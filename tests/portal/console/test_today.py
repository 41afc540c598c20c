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
    client = signed_in(cast.supervisor)
    (sheet,) = client.get(f"{URL}?who=all").context["sheets"]
    assert (sheet["rated"], sheet["average"], sheet["low"]) == (1, "", 1), "one answer is no mean"
    assert [(one["text"], one["case"]["case"]) for one in sheet["said"]] == [("Nobody called back.", case)]
    text = words(client.get(f"{URL}?who=all"))
    assert "Too few for an average, 1 low" in text and "Promised today" in text and case.reference in text
    for score in (4, 5, 5, 5):
        answered(stories.acknowledged(cast), score, "")
    assert "4.0 of 5 on average, 1 low" in words(client.get(f"{URL}?who=all"))


def test_who_answered_without_a_name_is_not_found_by_the_day(signed_in, cast, monday):
    """The survey's page promised it: no words, and no score that all answers less the named ones would tell."""
    client = signed_in(cast.supervisor)

    def asked():
        page = client.get(f"{URL}?who=all")
        assert "In secret" not in page.content.decode()
        (sheet,) = page.context["sheets"]
        return (sheet["rated"], sheet["average"], sheet["low"], sheet["unnamed"]), words(page)

    answered(stories.acknowledged(cast), 4, "Fine.")
    ours = stories.acknowledged(cast)
    type(ours).objects.filter(pk=ours.pk).update(customer=cast.tiers[2])
    answered(ours, 1, "Our own house.")
    for n in range(4):
        answered(stories.acknowledged(cast), 1, f"In secret {n}", is_anonymous=True)
        numbers, text = asked()
        assert numbers == (1, "", 0, 0) and "without a name" not in text and "Our own house" not in text
    answered(stories.acknowledged(cast), 2, "In secret 5", is_anonymous=True)
    numbers, text = asked()
    assert numbers == (6, "1.7", 5, 5) and "5 answered without a name." in text and "Fine." in text


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
    assert "no answer of yesterday is to be shown" in words(signed_in(cast.tiers[3]).get(URL))


def test_it_asks_as_many_questions_for_many_as_for_one(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    stories.acknowledged(cast)
    one = questions(client, URL)
    for _ in range(9):
        answered(stories.acknowledged(cast), 3, "Fine.")
    assert questions(client, URL) == one <= 15
