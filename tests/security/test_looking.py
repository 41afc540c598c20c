"""Mail scanners open every link of a letter: looking, by GET or HEAD, writes nothing, whatever the address is."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation import wishes
from feedback import problem_acts, problem_letters
from feedback.models import ProblemFollower
from portal import clock
from tests.portal.pages.scene import answered, working
from tests.portal.pages.test_accounts import ASK
from tests.portal.pages.test_journeys import FILING, deliver, file_as_guest
from tests.portal.problem_stories import opened

LINK = re.compile(rf"{re.escape(settings.BASE_URL)}(/[^\s<>\"]*)")
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.I)


@pytest.fixture
def mailed(cast) -> set[str]:
    """The addresses in letters of every kind a customer gets without asking twice."""
    working(cast)
    file_as_guest(Client())
    browser = Client()
    browser.post(ASK, {"email": "sam@example.com"})
    browser.post("/follow/", {"reference": answered(cast).reference, "email": "sam@example.com"})
    browser.post("/cases/new/one-page/", FILING)
    browser.post("/cases/new/later/", {"email": "later@example.com"})
    problem = opened(cast)
    problem_acts.ask_to_follow(problem, "news@example.com", at=clock.now())
    problem_acts.follow(problem, by=cast.customer, at=clock.now())
    follower = ProblemFollower.objects.filter(user=cast.customer).get()
    letters = deliver()
    found = {path for letter in letters for path in LINK.findall(letter.body)}
    found |= {f"/unsubscribe/{wishes.link_token(cast.customer, wish)}/" for wish in wishes.BY_NAME.values()}
    found |= {f"/problems/{what}/{problem_letters.token_of(follower, what)}/" for what in ("confirm", "leave")}
    return {path for path in found if not path.startswith("/console/")}


def test_no_mailed_address_writes_when_it_is_looked_at(mailed, cast, sam):
    kinds = {path.split("/")[1] for path in mailed}
    assert {"follow", "problems", "unsubscribe", "c", "account", "cases"} <= kinds
    for browser in (Client(), sam):
        for path in sorted(mailed):
            for look in (browser.get, browser.head):
                with CaptureQueriesContext(connection) as asked:
                    page = look(path)
                assert page.status_code < 500
                assert not [one["sql"] for one in asked if WRITES.match(one["sql"])], path


def test_only_the_one_body_is_taken_without_a_form_token(mailed, cast):
    scanner = Client(enforce_csrf_checks=True)
    for path in sorted(mailed):
        for body in ({}, {"List-Unsubscribe": "Yes"}, {"x": "1"}):
            assert scanner.post(path, body).status_code in (403, 404, 405), path


def test_a_link_is_good_for_its_purpose_alone(cast):
    problem = opened(cast)
    problem_acts.follow(problem, by=cast.customer, at=clock.now())
    follower = ProblemFollower.objects.get()
    leave = problem_letters.token_of(follower, "leave")
    confirm = problem_letters.token_of(follower, "confirm")
    token = wishes.link_token(cast.customer, wishes.PROGRESS)
    others = (
        "/problems/confirm/{}/",
        "/problems/leave/{}/",
        "/unsubscribe/{}/",
        "/follow/{}/",
        "/s/{}/",
        "/cases/new/continue/{}/",
    )
    for secret, own in ((leave, 1), (confirm, 0), (token, 2)):
        for number, address in enumerate(others):
            status = Client().get(address.format(secret)).status_code
            assert (status == 200) == (number == own), address
    pk, rest = token.split(".", 1)
    for forged in (f"{int(pk) + 1}.{rest}", token.replace("progress", "surveys"), f"{pk}.progress"):
        assert Client().post(f"/unsubscribe/{forged}/", {"List-Unsubscribe": "One-Click"}).status_code == 404
