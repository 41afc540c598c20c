"""The shell of the console: nine places at most, what lies below each, cheap numbers, and who can where one cannot."""

import time

import pytest
from django.conf import settings

from cases.models import Case
from portal.console import places
from tests.portal.console import stories

LABELS = [
    "Needs me now", "Board", "All cases", "People and cover", "Protocol", "Messages", "Learning", "Feedback", "Audit",
]  # fmt: skip


def bar(client, url="/console/"):
    return client.get(url).context["places"]


def test_a_supervisor_has_the_places_of_the_plan_in_its_order(signed_in, cast, monday):
    assert [one["label"] for one in bar(signed_in(cast.supervisor))] == LABELS
    assert len(places.PLACES) <= 9


def test_an_agent_has_the_places_that_open_for_them(signed_in, cast, monday):
    client = signed_in(cast.tiers[1])
    shown = bar(client)
    assert [one["label"] for one in shown] == [
        "Needs me now", "Board", "All cases", "Protocol", "Learning", "Feedback", "Audit",
    ]  # fmt: skip
    assert {client.get(one["url"]).status_code for one in shown} == {200}


def test_every_page_of_every_place_opens_for_whom_it_is_shown(signed_in, cast, monday):
    """And is refused to those it is not shown: the data of the bar and the doors say the same."""
    for person in (cast.supervisor, cast.tiers[1]):
        client = signed_in(person)
        for place in places.PLACES:
            for page in place.pages:
                if page.when() and page.url.startswith("/console/"):
                    assert client.get(page.url).status_code == (200 if page.open_to(person) else 403), page.url


def test_the_pages_beside_one_stand_below_the_bar(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    page = client.get("/console/articles/")
    assert [one["label"] for one in page.context["beside"]] == [
        "Saved replies", "Playbooks", "Remedies", "Articles", "Known problems", "Post-mortems", "Worth repeating",
        "Best practice", "Lessons", "Retros", "Quality reviews", "Meetings", "Training",
    ]  # fmt: skip
    assert [one["label"] for one in page.context["beside"] if one["here"]] == ["Articles"]
    assert [one["label"] for one in page.context["places"] if one["here"]] == ["Learning"]
    assert client.get("/console/cases/case/").context["beside"] == []


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/console/", "Needs me now"),
        ("/console/pulse/", "Needs me now"),
        ("/console/cases/case/7/act/note/", "All cases"),
        ("/console/cases/event/", "Audit"),
        ("/console/protocol/read/1/", "Protocol"),
        ("/console/protocol/reviews/2/", "Plan reviews"),
        ("/console/cover/team/1/", "Cover"),
    ],
)
def test_an_address_belongs_to_the_page_that_accounts_for_most_of_it(path, label):
    assert places.here(path).label == label


def test_no_number_counts_every_case(signed_in, cast, monday, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(places, "MOST_COUNTED", 2)
    for _ in range(4):
        cast.file()
    client = signed_in(cast.supervisor)
    assert bar(client)[0]["count"] == "2+"
    with django_assert_max_num_queries(9) as asked:
        client.get("/console/counts/")
    counting = [one["sql"] for one in asked.captured_queries if "COUNT(*)" in one["sql"]]
    assert counting and all("LIMIT 3" in sql for sql in counting)


def test_the_numbers_alone_are_what_the_bar_says(signed_in, cast, monday, everything):
    cast.file()
    client, agent = signed_in(cast.supervisor), signed_in(cast.tiers[1])
    before = everything()
    answer = client.get("/console/counts/")
    assert answer.json()["needs"] == {"words": bar(client)[0]["count"], "counted": "need you"}
    assert "no-store" in answer["Cache-Control"]
    assert set(agent.get("/console/counts/").json()) == {"needs"}
    assert client.post("/console/counts/").status_code == 405
    assert everything() == before


def test_asking_for_numbers_is_no_sign_of_life(signed_in, cast, monday, monkeypatch):
    """Else a page left open would keep somebody signed in who has long gone home."""
    client = signed_in(cast.supervisor)
    client.get("/console/")
    first = client.cookies[settings.IDLE_COOKIE_NAME].value
    later = time.time() + settings.STAFF_IDLE_MINUTES * 30
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get("/console/counts/").status_code == 200
    assert client.cookies[settings.IDLE_COOKIE_NAME].value == first
    client.get("/console/")
    assert client.cookies[settings.IDLE_COOKIE_NAME].value != first


@pytest.mark.parametrize(
    ("url", "role"),
    [
        ("/console/cover/", "Supervisors"),
        ("/console/escalation/notice/", "Supervisors"),
        ("/console/cases/user/", "Supervisors"),
        ("/console/brand/", "Supervisors"),
        ("/console/replies/new/", "Protocol authors"),
        ("/console/cases/team/add/", "Administrators"),
    ],
)
def test_a_refused_page_says_who_can(signed_in, cast, monday, url, role):
    page = signed_in(cast.tiers[1]).get(url)
    said = stories.main_of(page)
    assert page.status_code == 403 and f"“{role}”" in said
    assert "Is it the page of your case?" not in page.content.decode()
    assert ("Dana Voss" in said) == (role != "Administrators")
    if role == "Administrators":
        assert "Nobody can at the moment." in said


def test_what_nobody_does_by_hand_says_so(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    page = signed_in(cast.supervisor).get(f"/console/cases/case/{case.pk}/delete/")
    assert page.status_code == 403 and "Nobody does this by hand." in stories.main_of(page)


def test_a_missing_page_of_the_console_is_the_console_s(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    for url in ("/console/cases/case/999999/change/", "/console/articles/999999/"):
        page = client.get(url)
        assert page.status_code == 404
        assert (
            "not yours to see" in stories.main_of(page) and "Is it the page of your case?" not in page.content.decode()
        )
    assert Case.objects.count() == 0
