"""Known problems in the console: who may, opening, saying more, ending, what home asks for, and a case's link."""

from datetime import timedelta

import pytest

from feedback import problem_acts, problems
from feedback.models import KnownProblem
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.problem_stories import HOUR, ended, opened, said

NOW = MONDAY + timedelta(minutes=30)
LIST = "/console/problems/"


def typed(**more):
    plain = {
        "title": "Card payments are slow", "began_at": "2026-01-12T09:00", "state": "investigating",
        "impact": "Paying takes minutes.", "doing": "We ask the bank.", "next_at": "2026-01-12T12:00", "seen": "0",
    }  # fmt: skip
    return plain | more


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_agents_read_and_supervisors_run(signed_in, cast, monday):
    problem = opened(cast, at=NOW)
    agent, page = signed_in(cast.tiers[1]), f"{LIST}{problem.pk}/"
    assert problem.title in text(agent.get(LIST)) and "New known problem" not in text(agent.get(LIST))
    assert "Say more" not in text(agent.get(page))
    assert agent.get(f"{LIST}new/").status_code == 403
    assert agent.post(f"{LIST}new/", typed()).status_code == 403
    assert agent.post(page, typed(seen="1")).status_code == 403
    assert "Say more" in text(signed_in(cast.supervisor).get(page))


def test_one_is_opened_updated_and_ended(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    answer = client.post(f"{LIST}new/", typed(topics=["1"]))
    problem = KnownProblem.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}{problem.pk}/")
    assert problem.began_at.hour == 9 and problem.topics.count() == 1 and problem.opened_by == cast.supervisor
    page = answer["Location"]
    assert client.post(page, typed(state="found", seen="1")).status_code == 303
    assert client.post(page, typed(state="over", next_at="", seen="2")).status_code == 303
    assert [one.state for one in problem.updates.all()] == ["investigating", "found", "over"]
    assert "Say more" not in text(client.get(page))


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"next_at": ""}, "Say when we speak next."),
        ({"next_at": "2026-01-12T10:00"}, "Choose a time in the future"),
        ({"next_at": "2026-02-12T10:00"}, "at most seven days ahead"),
        ({"next_at": "tomorrow"}, "Enter a date and a time"),
        ({"began_at": "2026-01-12T11:00"}, "Choose a time that is not in the future"),
        ({"title": ""}, "Say what is wrong in a few words."),
        ({"impact": ""}, "Say what customers notice."),
        ({"state": "over"}, "Choose how far we are."),
        ({"topics": ["99999"]}, "Choose topics from the list."),
        ({"topics": ["x"]}, "Choose topics from the list."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(signed_in, cast, monday, more, sentence):
    answer = signed_in(cast.supervisor).post(f"{LIST}new/", typed(doing="We ask them twice.") | more)
    assert answer.status_code == 422
    assert sentence in text(answer) and "We ask them twice." in text(answer)
    assert not KnownProblem.objects.exists()


def test_who_was_slower_reads_what_was_said_and_sends_again(signed_in, cast, monday):
    problem = opened(cast, at=NOW)
    client, page = signed_in(cast.supervisor), f"{LIST}{problem.pk}/"
    said(cast, problem, at=NOW, doing="A colleague was faster.")
    answer = client.post(page, typed(seen="1", doing="Mine."))
    assert answer.status_code == 422
    assert (
        "Somebody has said more" in text(answer)
        and "A colleague was faster." in text(answer)
        and "Mine." in text(answer)
    )
    assert 'name="seen" value="2"' in text(answer)
    assert client.post(page, typed(seen="2", doing="Mine.")).status_code == 303


def test_home_is_red_while_a_promised_word_is_missing(signed_in, cast, monday, go):
    problem = opened(cast, at=NOW)
    for person in (cast.supervisor, cast.tiers[1]):
        assert problem.title not in text(signed_in(person).get("/console/"))
    go(NOW + 2 * HOUR)
    for person in (cast.supervisor, cast.tiers[1]):
        page = text(signed_in(person).get("/console/"))
        assert "and missed it." in page and problem.title in page and f"{LIST}{problem.pk}/" in page
    said(cast, problem, at=NOW + 2 * HOUR)
    assert problem.title not in text(signed_in(cast.supervisor).get("/console/"))


def test_a_case_is_made_part_of_one_and_its_owner_told_of_the_end(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client, page = signed_in(cast.tiers[1]), stories.page_url(case)
    assert "Known problem</h2>" not in text(client.get(page))
    problem = opened(cast, at=NOW)
    assert "Known problem</h2>" in text(client.get(page))
    link = f"/console/cases/case/{case.pk}/problem/"
    assert client.post(link, {"problem": problem.pk})["Location"] == page
    assert f'Part of <a href="{LIST}{problem.pk}/"' in text(client.get(page))
    assert case.reference in text(client.get(f"{LIST}{problem.pk}/"))
    ended(cast, problem, at=NOW)
    assert "is over.</strong> Tell the customer of" in text(client.get("/console/around/"))
    assert "is over.</strong>" not in text(signed_in(cast.mate).get("/console/around/"))
    assert client.post(link, {"problem": ""}).status_code == 303
    assert problems.explained_by(case) is None


@pytest.mark.parametrize("chosen", ["99999", "x", "99999999999999999999"])
def test_a_problem_that_is_not_there_or_over_is_refused_on_a_page(signed_in, cast, monday, chosen):
    case, problem = stories.acknowledged(cast), opened(cast, at=NOW)
    ended(cast, problem, at=NOW)
    client = signed_in(cast.tiers[1])
    for wanted in (chosen, str(problem.pk)):
        answer = client.post(f"/console/cases/case/{case.pk}/problem/", {"problem": wanted})
        assert answer.status_code == 422 and "Choose a problem from the list" in text(answer)
    assert problems.explained_by(case) is None


@pytest.mark.parametrize("url", ["/console/problems/99999/", "/console/problems/99999999999999999999/"])
def test_what_is_not_there_is_a_404(signed_in, cast, monday, url):
    assert signed_in(cast.supervisor).get(url).status_code == 404
    assert signed_in(cast.supervisor).post(url, typed()).status_code == 404
    assert signed_in(cast.supervisor).post("/console/cases/case/99999999999999999999/problem/").status_code == 404


def test_a_case_one_may_not_see_cannot_be_linked(signed_in, cast, monday):
    case, problem = stories.acknowledged(cast), opened(cast, at=NOW)
    answer = signed_in(cast.customer).post(f"/console/cases/case/{case.pk}/problem/", {"problem": problem.pk})
    assert answer.status_code == 404
    assert problem_acts.RUN in cast.supervisor.get_all_permissions()
