"""“All cases”: order, search, filters, and the number of questions it asks the database."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Category
from escalation import verbs
from escalation.models import Alert, Notice
from tests import solving
from tests.escalation.stories import PACKET
from tests.portal.console import stories

URL = "/console/cases/case/"
MOST = 15


def titles(client, query=""):
    return [case.title for case in client.get(f"{URL}{query}").context["cl"].result_list]


def questions(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


@pytest.mark.parametrize("url", ["/console/", URL, f"{URL}?group=any&q=charged", "/console/board/"])
def test_who_sees_only_what_is_near_asks_no_more_than_who_sees_all(signed_in, cast, monday, settings, url):
    settings.STAFF_SEE = "teams"
    stories.acknowledged(cast)
    stories.passed_up(cast)
    assert questions(signed_in(cast.tiers[1]), url) <= MOST


def test_as_many_questions_for_fifty_cases_as_for_one(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    stories.acknowledged(cast)
    one = questions(client, URL)
    for _ in range(49):
        cast.file(at=stories.minutes(20))
    assert titles(client) and len(titles(client)) == 50
    assert questions(client, URL) == one
    assert one <= MOST


def test_with_a_mailbox_the_list_asks_no_more_than_that_either(signed_in, cast, monday, settings):
    settings.INBOUND = {"scheme": "imaps"}
    stories.acknowledged(cast)
    assert questions(signed_in(cast.supervisor), URL) <= MOST


def test_the_home_page_asks_as_many_too(signed_in, cast, monday):
    """With a case in every group, one offered to the reader, and an alarm: more of the same asks no more."""
    client = signed_in(cast.supervisor)

    def some():
        stories.asked_supervisor(cast, severity=4)
        late = stories.acknowledged(cast)
        verbs.update(late.pk, text="x", next_at=stories.minutes(20), by=cast.tiers[1], at=stories.minutes(10))
        verbs.offer(late.pk, to=cast.supervisor, **PACKET, by=cast.tiers[1], at=stories.minutes(11))
        Alert.objects.create(
            case=late, kind="plan_exhausted", text="Nobody is above it.", raised_at=stories.minutes(20)
        )
        for state in ("dead", "sent"):
            case = stories.passed_up(cast)
            Notice.objects.filter(case=case, kind="received").update(state=state, error="550 mailbox full")

    some()
    one = questions(client, "/console/")
    for _ in range(4):
        some()
    assert questions(client, "/console/") == one
    assert one <= MOST


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
    solving.escalate(passed.pk, reason="x", by=cast.tiers[1], at=stories.minutes(20))
    assert sorted(titles(signed_in(cast.supervisor), query)) == expected


def test_team_and_topic_filters_and_the_chip_that_takes_one_off(signed_in, cast, monday):
    stories.acknowledged(cast, title="Held")
    client = signed_in(cast.supervisor)
    assert titles(client, f"?team={cast.teams[1].pk}") == ["Held"]
    assert titles(client, f"?team={cast.teams[2].pk}") == []
    text = client.get(f"{URL}?team={cast.teams[1].pk}").content.decode()
    assert "team: Service representatives" in text
    assert "(take off)" in text


def test_all_cases_of_a_customer_are_asked_for_by_number_not_by_address(signed_in, cast, monday):
    case = stories.acknowledged(cast, title="Held")
    verbs.withdraw(stories.acknowledged(cast, title="Ended").pk, by=cast.customer, at=stories.minutes(9))
    cast.file(title="Somebody else's", by=cast.other)
    client = signed_in(cast.supervisor)
    page = client.get(f"/console/cases/case/{case.pk}/change/").content.decode()
    (asked,) = re.findall(r'href="[^"]*/cases/case/(\?customer=[^"]*)"', page)
    assert cast.customer.email not in asked
    assert sorted(titles(client, html.unescape(asked))) == ["Ended", "Held"]
    assert f"customer: {cast.customer.name}" in words(client.get(f"{URL}{html.unescape(asked)}"))
    # A colleague's number is no customer's.
    assert titles(client, f"?customer={cast.mate.pk}") == titles(client, "?customer=x") == []


def words(page):
    """The page's words without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def test_the_list_names_its_zone_and_when_an_answer_was_given(signed_in, cast, monday):
    stories.answered(cast)
    page = signed_in(cast.supervisor).get(URL)
    assert "Sorted by the next promise. Times are London time." in words(page)
    assert re.search(r"<caption[^>]*>Cases, 1. Times are London time.</caption>", page.content.decode())
    assert "Answered Today, 10:06. Yes or no by Mon 19 Jan, 10:06" in words(page)


def test_a_case_that_ended_says_when(signed_in, cast, monday):
    verbs.withdraw(stories.acknowledged(cast).pk, by=cast.customer, at=stories.minutes(9))
    assert "Withdrawn Today, 10:09" in words(signed_in(cast.supervisor).get(f"{URL}?group=settled"))


def test_people_read_plain_words(signed_in, cast, monday):
    """No page of people has a word of the machine's, for those who change them and for those who only look."""
    person = f"/console/cases/user/{cast.mate.pk}/change/"
    pages = (
        "/console/cases/user/", person, "/console/cases/team/", f"/console/cases/team/{cast.teams[1].pk}/change/",
        "/console/cases/category/", f"/console/cases/category/{Category.objects.first().pk}/change/",
    )  # fmt: skip
    boss = type(cast.mate).objects.create_superuser("root@example.com", "a long enough sentence")
    for who in (cast.supervisor, boss):
        for url in pages:
            page = signed_in(who).get(url)
            assert page.status_code == 200
            said = words(page).lower()
            for word in (
                "user",
                "is staff",
                "staff status",
                "is active",
                "superuser",
                "slug",
                "joined at",
                "true",
                "a.m.",
                "p.m.",
            ):
                assert not re.search(rf"(?<![\w.@-]){re.escape(word)}(?![\w.@-])", said), (url, word)
            assert 'alt="True"' not in page.content.decode()
    assert "Works here Yes" in words(signed_in(cast.supervisor).get(person))
    assert "Set a new password" not in words(signed_in(cast.supervisor).get(person))
    assert "Set a new password" in words(signed_in(boss).get(person))
    assert "Signed in last" in words(signed_in(boss).get(person))
    for url in ("/console/cases/user/add/", f"/console/cases/user/{cast.mate.pk}/password/", "/console/auth/group/"):
        assert not re.search(r"\b(user|username|authentication|group)\b", words(signed_in(boss).get(url)).lower()), url


def test_a_person_is_saved_under_our_word(signed_in, cast, monday):
    boss = type(cast.mate).objects.create_superuser("root@example.com", "a long enough sentence")
    client, url = signed_in(boss), f"/console/cases/user/{cast.mate.pk}/change/"
    form = client.get(url).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields} | {"name": "Ana <b>", "is_superuser": ""}
    data = {name: value for name, value in data.items() if value not in ("", False)}
    page = client.post(url, data, follow=True).content.decode()
    assert "The person “" in page and "The user “" not in page
    assert "Ana &lt;b&gt;" in page and "<b>" not in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?is_staff=0", {"Sam Okafor", "Olga Other"}),
        ("?teams={team}", {"Tom Reed", "Ana Mate"}),
        ("?is_active=0", set()),
    ],
)
def test_people_are_found_by_what_they_are(signed_in, cast, monday, query, expected):
    page = signed_in(cast.supervisor).get(f"/console/cases/user/{query.format(team=cast.teams[1].pk)}")
    assert {person.name for person in page.context["cl"].result_list} == expected


@pytest.mark.parametrize("hour", [5, 17])
def test_times_on_stock_pages_are_those_of_the_portal(signed_in, cast, monday, hour):
    at = stories.minutes(0).replace(hour=hour, minute=2)
    type(cast.mate).objects.filter(pk=cast.mate.pk).update(last_login=at)
    said = words(signed_in(cast.supervisor).get(f"/console/cases/user/{cast.mate.pk}/change/"))
    assert f"Signed in last Mon 12 Jan 2026, {hour:02}:02" in said


def test_the_foot_of_the_console_has_no_links_for_customers(signed_in, cast, monday):
    page = signed_in(cast.supervisor).get(URL)
    foot = re.search(r"<footer.*?</footer>", page.content.decode(), re.S)[0]
    assert "console" in foot
    assert re.findall(r'<a href="(.*?)"', foot) == ["/console/keys/"]
