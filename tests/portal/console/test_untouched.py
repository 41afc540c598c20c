"""The list of cases nobody has touched: who opens it, what it says, and its line around the cases."""

from datetime import timedelta

from escalation import verbs
from tests.cast import MONDAY
from tests.portal.console.test_lists import MOST, questions, words

URL = "/console/untouched/"


def test_the_page_says_how_long_and_offers_what_helps(signed_in, cast, go):
    case = cast.file(at=MONDAY, impact="question", title="Left alone")
    seen = cast.file(at=MONDAY, impact="question", title="Looked at")
    go(MONDAY + timedelta(days=3))
    verbs.note(seen.pk, text="Looked.", by=cast.tiers[1], at=MONDAY + timedelta(days=2, hours=6))
    page = signed_in(cast.supervisor).get(URL)
    assert [row["case"].pk for row in page.context["rows"]] == [case.pk]
    assert "Nobody has touched 1 case" in words(page) and "for 16 working hours or longer" in words(page)
    assert "Untouched for 25 working hours, since Mon 12 Jan, 10:00" in words(page)
    assert page.context["rows"][0]["acts"][0]["label"] == "Assess"
    assert "Somebody has done something on every open case lately." in words(
        signed_in(cast.supervisor).get(f"{URL}?who=mine")
    )


def test_the_line_leads_there_for_supervisors_only(signed_in, cast, go):
    cast.file(at=MONDAY, impact="question")
    go(MONDAY + timedelta(days=3))
    said = "Nobody has touched 1 case for a long time."
    assert said in words(signed_in(cast.supervisor).get("/console/around/"))
    assert said not in words(signed_in(cast.tiers[1]).get("/console/around/"))
    refused = signed_in(cast.tiers[1]).get(URL)
    assert refused.status_code == 403 and cast.supervisor.name in words(refused)


def test_it_asks_as_many_questions_for_twenty_as_for_one(signed_in, cast, go):
    client = signed_in(cast.supervisor)
    cast.file(at=MONDAY, impact="question")
    go(MONDAY + timedelta(days=3))
    one = questions(client, URL)
    for n in range(19):
        cast.file(at=MONDAY + timedelta(minutes=n), impact="question")
    assert questions(client, URL) == one <= MOST
