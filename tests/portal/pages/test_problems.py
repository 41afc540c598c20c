"""Known problems as everybody sees them: the home page, the list, one with what was said, following and leaving it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from cases.models import Tally
from escalation.models import Notice
from feedback import problem_acts, problems
from feedback.models import ProblemFollower
from feedback.problem_letters import ASKED, CONFIRM, LEAVE, token_of
from portal import beat, clock
from tests.portal.pages.scene import LOOK, look_at
from tests.portal.problem_stories import HOUR, ended, followed, opened, said


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_home_names_the_newest_and_says_there_are_more(cast, client, django_assert_max_num_queries):
    assert "Known problem now" not in text(client.get("/"))
    opened(cast, title="First")
    page = text(client.get("/"))
    assert "Known problem now" in page and "First" in page and "All known problems" not in page
    look_at(LOOK + timedelta(minutes=1))
    opened(cast, title="Second <b>")
    page = text(client.get("/"))
    assert "Second &lt;b&gt;" in page and "First" not in page and "All known problems" in page
    with django_assert_max_num_queries(2):
        client.get("/")


def test_the_page_says_what_we_know_and_a_missed_time_without_being_asked(cast, client):
    problem = opened(cast)
    url = f"/problems/{problem.slug}/"
    assert "Next update by" in text(client.get(url)) and "We missed it" not in text(client.get(url))
    look_at(LOOK + 2 * HOUR)
    for path in ("/", "/problems/", url):
        page = text(client.get(path))
        assert "We said" in page and "We missed it." in page and "13:00" in page
    said(cast, problem)
    page = text(client.get(url))
    assert page.count("We missed it.") == 1 and page.index("The bank mends it.") < page.index("We ask the bank.")
    ended(cast, problem)
    page = text(client.get(url))
    assert "Over since" in page and "Follow it" not in page


def test_the_list_keeps_what_is_over_for_a_while(cast, client):
    problem = opened(cast)
    ended(cast, problem)
    assert problem.title in text(client.get("/problems/")) and "We know of no problem" in text(client.get("/problems/"))
    look_at(LOOK + timedelta(days=31))
    assert problem.title not in text(client.get("/problems/"))
    assert client.get(f"/problems/{problem.slug}/").status_code == 200


@pytest.mark.parametrize("slug", ["nothing", "x" * 300])
def test_what_is_not_there_is_a_404(cast, client, slug):
    assert client.get(f"/problems/{slug}/").status_code == 404
    assert client.post(f"/problems/{slug}/follow/").status_code == 404


def test_signed_in_people_follow_and_leave_by_a_press(cast, sam):
    problem = opened(cast)
    url = f"/problems/{problem.slug}/"
    assert sam.post(f"{url}follow/")["Location"] == url
    assert "We write to you whenever we say more" in text(sam.get(url)) and "Stop these letters" in text(sam.get(url))
    assert sam.post(f"{url}unfollow/").status_code == 303
    assert not problems.following(problem, cast.customer)


def test_a_guest_is_told_only_after_the_button_behind_the_link(cast, client):
    problem = opened(cast)
    url = f"/problems/{problem.slug}/"
    answer = client.post(f"{url}follow/", {"email": "guest@example.com"})
    assert answer.status_code == 303 and "Look in your mailbox" in text(client.get(url))
    follower = ProblemFollower.objects.get()
    beat.beat()
    link = f"/problems/confirm/{token_of(follower, CONFIRM)}/"
    assert link in mail.outbox[-1].body
    stranger = Client()
    for look in (stranger.get, stranger.head, stranger.get):
        assert look(link).status_code == 200
    follower.refresh_from_db()
    assert follower.confirmed_at is None
    assert stranger.post(link)["Location"] == url
    assert problems.following(problem, follower.user)
    way_out = f"/problems/leave/{token_of(follower, LEAVE)}/"
    assert "Stop these letters?" in text(stranger.get(way_out)) and problems.following(problem, follower.user)
    assert stranger.post(way_out).status_code == 303
    assert not problems.following(problem, follower.user)


def test_a_link_of_a_problem_that_is_over_or_of_nobody_says_so(cast, client):
    problem, follower = followed(cast)
    ended(cast, problem)
    answer = client.post(f"/problems/confirm/{token_of(follower, CONFIRM)}/")
    assert answer.status_code == 404 and "is over, so there is nothing more to tell" in text(answer)
    answer = client.get(f"/problems/leave/{'1-' + 'a' * 64}/")
    assert answer.status_code == 404 and "This link does not work" in text(answer)


def test_a_wrong_address_is_said_and_kept(cast, client):
    problem = opened(cast)
    answer = client.post(f"/problems/{problem.slug}/follow/", {"email": "not an address"})
    page = text(answer)
    assert "Enter an e-mail address" in page and 'value="not an address"' in page and "<title>Error: " in page
    assert not ProblemFollower.objects.exists()


def test_following_what_is_over_is_refused_on_its_page(cast, sam, client):
    problem = opened(cast)
    ended(cast, problem)
    for browser, data in ((sam, {}), (client, {"email": "guest@example.com"})):
        answer = browser.post(f"/problems/{problem.slug}/follow/", data)
        assert answer.status_code == 200 and "nothing more to tell" in text(answer)
    assert not ProblemFollower.objects.exists()


def test_known_and_unknown_addresses_get_the_same_answer(cast):
    problem = opened(cast)
    problem_acts.follow(problem, by=cast.customer, at=clock.now())
    answers = []
    for address in ("sam@example.com", "olga@example.com", "nobody@example.com"):
        answer = Client().post(f"/problems/{problem.slug}/follow/", {"email": address})
        answers.append((answer.status_code, answer["Location"], answer.content))
    assert len(set(answers)) == 1
    assert Notice.objects.filter(kind=ASKED).count() == 3


def test_nobody_s_mailbox_is_filled_by_others(cast, client):
    problem = opened(cast)
    for _ in range(5):
        client.post(f"/problems/{problem.slug}/follow/", {"email": "guest@example.com"})
    answer = client.post(f"/problems/{problem.slug}/follow/", {"email": "GUEST@example.com"})
    assert answer.status_code == 429 and "Too many tries" in text(answer)
    assert Notice.objects.filter(kind=ASKED).count() == 1 and Tally.objects.exists()
