"""The pages of plan reviews: what is ahead, figures of a window, one signature, and the same seal ever after."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group

from escalation.models import PlanReview
from feedback import lessons, review_pack
from portal.console.reviews_form import CHECKLIST
from tests.cast import MONDAY, person
from tests.portal.console import stories

LIST = "/console/protocol/reviews/"


@pytest.fixture
def author(cast):
    found = person("ada@example.com", "Ada Author", is_staff=True)
    found.groups.add(Group.objects.get(name="Protocol authors"))
    return found


@pytest.fixture
def review(cast):
    stories.reviewed(cast)
    return PlanReview.objects.create(key="five-tier", due_on=date(2026, 1, 10))


@pytest.fixture
def next_week(go, cast):
    go(MONDAY + timedelta(days=7))


def url(review, query=""):
    return f"{LIST}{review.pk}/{query}"


def words(**other):
    said = {"looked_at": [key for key, _ in CHECKLIST], "decision": "keep", "reason": "It works."}
    return said | other


def sign(client, review, query="", **other):
    page = client.get(url(review, query))
    return client.post(url(review, query), words(digest=page.context["seal"]) | other)


def test_who_may_look_and_who_may_not(signed_in, cast, next_week, review, author):
    for path in (LIST, url(review), f"{url(review)}pack.json"):
        assert signed_in(cast.supervisor).get(path).status_code == 200
        assert signed_in(author).get(path).status_code == 200
        assert signed_in(cast.tiers[1]).get(path).status_code == 403
        assert signed_in(cast.customer).get(path).status_code == 404


def test_overdue_is_red_on_the_home_of_those_who_see_to_it(signed_in, cast, next_week, review, author):
    line = "The review of “Five levels” was due on Sat 10 Jan."
    for who in (cast.supervisor, author):
        home = signed_in(who).get("/console/around/").content.decode()
        assert '<p class="red-bar">' in home.partition(line)[0][-400:]
    assert line not in signed_in(cast.tiers[1]).get("/console/around/").content.decode()
    PlanReview.objects.update(due_on=date(2026, 1, 25))
    home = signed_in(cast.supervisor).get("/console/around/").content.decode()
    assert '<p class="amber-bar">' in home.partition("is due on Sun 25 Jan.")[0][-400:]
    PlanReview.objects.update(due_on=date(2026, 3, 25))
    assert "The review of" not in signed_in(cast.supervisor).get("/console/around/").content.decode()


def test_the_usual_window_ends_yesterday_and_shows_the_figures(signed_in, cast, next_week, review):
    lessons.write("The limit is too low.", "protocol", by=cast.tiers[1], at=MONDAY)
    lessons.write("A new tool.", "tool", by=cast.tiers[1], at=MONDAY)
    page = signed_in(cast.supervisor).get(url(review))
    window = page.context["window"]
    assert (window.first, window.last) == (date(2025, 10, 21), date(2026, 1, 18))
    text = page.content.decode()
    assert "1 case filed" in text
    assert "Too few to say" in text
    # What customers ask for, a quarter a line, and what colleagues say the protocol should change.
    quarters = page.context["pack"]["trend"]
    assert [row["filed"] for row in quarters] == [0, 0, 0, 1] and quarters[-1]["last"] == date(2026, 1, 18)
    assert "What they ask for, by quarter" in text and "20 Oct 2025 to 18 Jan 2026" in text
    assert "The limit is too low." in text and "A new tool." not in text
    assert "Only somebody who may write protocols can decide" in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?from=2026-01-18&to=2026-01-01", "The last day lies before the first"),
        ("?from=x&to=2026-01-01", "Give both days"),
        ("?from=2026-13-45&to=2026-01-01", "Give both days"),
        ("?from=2026-01-01", "Give both days"),
        ("?from=2026-01-01&to=2026-01-19", "must be over"),
        ("?from=0001-01-01&to=2026-01-01", "before the first"),
    ],
)
def test_a_window_that_cannot_be_is_a_sentence(query, sentence, signed_in, cast, next_week, review, author):
    client = signed_in(author)
    assert sentence in client.get(url(review, query)).content.decode()
    assert sign(client, review, query).status_code == 422
    assert not PlanReview.objects.exclude(decided_at=None).exists()


def test_signing_keeps_who_when_why_and_the_seal(signed_in, cast, next_week, review, author):
    client, query = signed_in(author), "?from=2026-01-10&to=2026-01-13"
    answer = sign(client, review, query)
    assert (answer.status_code, answer["Location"]) == (303, url(review))
    review.refresh_from_db()
    assert (review.decision, review.reason, review.decided_by) == ("keep", "It works.", author)
    assert review.digest == review_pack.digest(review_pack.pack("five-tier", review.since, review.until))
    assert PlanReview.objects.get(decided_at=None).due_on == date(2026, 4, 19)
    page = stories.main_of(client.get(url(review)))
    assert "have the same seal" in page
    assert review.digest in page
    assert "Ada Author" in page
    assert "<form method" not in page


def test_a_seal_that_no_longer_fits_is_red(signed_in, cast, next_week, review, author):
    sign(signed_in(author), review)
    PlanReview.objects.filter(pk=review.pk).update(digest="0" * 64)
    assert "do not have the seal of the decision" in signed_in(author).get(url(review)).content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"decision": ""}, "Choose what becomes of the protocol."),
        ({"reason": " "}, "Say why."),
        ({"looked_at": ["missed"]}, "Tick every line"),
        ({"digest": "f" * 64}, "not those you were shown"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(wrong, sentence, signed_in, cast, next_week, review, author):
    page = sign(signed_in(author), review, **wrong)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    if "reason" not in wrong:
        assert "It works." in page.content.decode()
    assert PlanReview.objects.get().decided_at is None


def test_a_supervisor_cannot_sign(signed_in, cast, next_week, review):
    page = signed_in(cast.supervisor).get(url(review))
    answer = signed_in(cast.supervisor).post(url(review), words(digest=page.context["seal"]))
    assert answer.status_code == 422
    assert PlanReview.objects.get().decided_at is None


def test_the_checklist_asks_for_expectations_and_technology():
    said = " ".join(line for _, line in CHECKLIST)
    assert "Changing expectations" in said
    assert "New technology" in said


def test_the_pack_comes_as_json_with_its_digest(signed_in, cast, next_week, review):
    answer = signed_in(cast.supervisor).get(f"{url(review)}pack.json?from=2026-01-10&to=2026-01-13")
    found = json.loads(answer.content)
    assert found["digest"] == review_pack.digest(found["pack"])
    assert found["pack"]["cases"]["filed"] == 1
    assert 'filename="review-five-tier-2026-01-10-2026-01-13.json"' in answer["Content-Disposition"]


def test_looking_writes_nothing(signed_in, cast, next_week, review, everything):
    client = signed_in(cast.supervisor)
    before = everything()
    for path in (LIST, url(review), f"{url(review)}pack.json"):
        client.get(path)
        client.head(path)
    assert everything() == before


def test_no_text_of_a_customer_is_in_the_pack(signed_in, cast, next_week, review):
    body = signed_in(cast.supervisor).get(f"{url(review)}pack.json").content.decode()
    assert not re.search("Charged|money|Okafor|Tom Reed|example.com", body)
