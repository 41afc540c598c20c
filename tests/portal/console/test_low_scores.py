"""The feedback inbox: what is listed to whom, what a supervisor answers there, and what home says of late ones."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from cases.models import Category, StaffAct
from escalation import verbs
from escalation.models import Notice
from feedback.models import Interim, LowScore, Survey, Theme
from feedback.surveys import add_to_answer, answer_survey
from tests.portal.console import stories

pytestmark = pytest.mark.django_db
INBOX = "/console/feedback/"
#: A Monday, past ten: with eight working hours it is the next working day.
SAID = stories.minutes(20)


@pytest.fixture
def scored(cast, go):
    """Two low scores, of 1 and of 2, and one of 2 without a name."""
    cases = [verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(9)) for _ in "123"]
    for case, score, words in zip(cases, (1, 2, 2), ("Slow and rude", "So so", "A secret"), strict=True):
        answer_survey(case, satisfaction=score, comment=words, at=SAID)
    Survey.objects.filter(case=cases[2]).update(is_anonymous=True)
    LowScore.objects.filter(case=cases[2]).delete()
    go(SAID + timedelta(minutes=1))
    return cases


def words(answer):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", answer.content.decode().partition("<main")[2])))


def test_the_inbox_lists_what_is_owed_and_narrows(scored, cast, signed_in, go):
    client = signed_in(cast.supervisor)
    page = words(client.get(INBOX))
    assert "To answer (2)" in page and "Answered (0)" in page and "Without a name (0)" in page
    assert "Slow and rude" in page and "So so" in page and "A secret" not in page and "Due in" in page
    found = words(client.get(f"{INBOX}?score=1"))
    assert "Slow and rude" in found and "So so" not in found
    team, topic = scored[0].team_id, scored[0].category_id
    for query in (f"team={team}&topic={topic}", "team=zebra&score=9&topic=-1&page=x&show=all"):
        assert "To answer (2)" in words(client.get(f"{INBOX}?{query}")), query
    assert "To answer (0)" in words(client.get(f"{INBOX}?team={cast.teams[5].pk}"))
    few = words(client.get(f"{INBOX}?show=unnamed"))
    assert "A secret" not in few and "So few" in few, "one alone would be found by what else is known of it"
    for n in range(4):
        more = stories.acknowledged(cast)
        Survey.objects.create(
            case=more,
            answered_at=SAID,
            satisfaction=1,
            comment=f"Low {n}, says {cast.customer.name}",
            is_anonymous=True,
        )
    unnamed = client.get(f"{INBOX}?show=unnamed")
    assert "Without a name (5)" in words(unnamed) and "Low 3, says [name]" in words(unnamed)
    assert "A secret" in words(unnamed) and scored[2].reference not in unnamed.content.decode()
    assert cast.customer.name not in words(unnamed)
    Category.objects.filter(pk=scored[2].category_id).update(is_restricted=True)
    assert "A secret" not in words(client.get(f"{INBOX}?show=unnamed"))


def test_what_is_not_fixed_and_what_has_no_theme_are_listed(scored, cast, signed_in, go):
    """Each with what became of it; nothing that was given without a name, and nothing of months ago."""
    happy, again, hidden = (
        verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(9)) for _ in "123"
    )
    answer_survey(happy, satisfaction=5, fixed="no", comment=f"Nice, says {cast.customer.name}, but no.", at=SAID)
    answer_survey(again, satisfaction=4, comment="It came back", at=SAID)
    answer_survey(hidden, satisfaction=4, fixed="no", comment="A third secret", at=SAID)
    Survey.objects.filter(case=hidden).update(is_anonymous=True)
    LowScore.objects.filter(case=hidden).delete()
    verbs.reopen(again.pk, text="Still broken", by=cast.customer, at=SAID + timedelta(seconds=30))
    client = signed_in(cast.supervisor)
    page = words(client.get(f"{INBOX}?show=not-fixed"))
    assert "Not fixed (2)" in page and "To tag (4)" in page and "secret" not in page
    assert "Opened again" in page and "Nice, says" in page and "It came back" in page and "Slow and rude" not in page
    assert "Not fixed (1)" in words(client.get(f"{INBOX}?show=not-fixed&score=5"))
    owed = client.get(f"{INBOX}?score=5")
    assert "To answer (1)" in words(owed) and "Not fixed" in words(owed) and "Very satisfied" in words(owed)
    Theme.objects.create(slug="tone", name="Tone", words="rude")
    listed = client.get(f"{INBOX}?show=to-tag")
    assert "Its words suggest: Tone" in words(listed) and "secret" not in words(listed)
    assert "Nice, says [name]" in words(listed)
    survey = Survey.objects.get(case=scored[0])
    (row,) = [one for one in listed.context["rows"] if one["case"] == scored[0]]
    seen = re.search(r'name="seen" value="(\w+)"', client.get(row["url"]).content.decode())[1]
    tagged = {"seen": seen, "themes": [str(Theme.objects.get().pk)], "next": f"{INBOX}?show=to-tag"}
    assert client.post(row["url"], tagged)["Location"].startswith(f"{INBOX}?show=to-tag#said-")
    assert survey.theme_tags.count() == 1 and "To tag (3)" in words(client.get(f"{INBOX}?show=to-tag"))
    go(SAID + timedelta(days=91))
    later = words(client.get(f"{INBOX}?show=to-tag"))
    assert "To tag (0)" in later and "Not fixed (0)" in later and "To answer (3)" in later
    assert "Every comment has a theme." in later


def test_a_letter_is_written_and_the_answer_is_kept(scored, cast, signed_in):
    client, case = signed_in(cast.supervisor), scored[0]
    path = f"{INBOX}{case.pk}/"
    wrong = client.post(path, {"how": "letter", "words": ""})
    assert wrong.status_code == 422 and "Write what you tell the customer" in words(wrong)
    kept = client.post(path, {"how": "", "words": "We are sorry."})
    assert kept.status_code == 422 and "We are sorry." in kept.content.decode()
    assert LowScore.objects.get(case=case).is_open
    assert client.post(path, {"how": "letter", "words": "We are sorry."})["Location"] == INBOX
    done = client.get(INBOX)
    assert "The letter is on its way." in words(done) and "To answer (1)" in words(done)
    assert Notice.objects.get(case=case, kind="low_answer").recipient == cast.customer
    assert StaffAct.objects.get(kind="low_score").case == case
    listed = words(client.get(f"{INBOX}?show=answered"))
    assert "By letter" in listed and "after 1 min" in listed and "Dana Voss" in listed
    again = client.post(path, {"how": "letter", "words": "And again."})
    assert again.status_code == 422 and "Dana Voss was first" in words(again)
    assert Notice.objects.filter(kind="low_answer").count() == 1
    page = words(client.get(stories.page_url(case)))
    assert "By letter: Dana Voss" in page
    assert "owes them an answer by" in words(client.get(stories.page_url(scored[1])))


def test_one_of_a_restricted_case_opens_after_the_noted_press(scored, cast, signed_in):
    """Neither the words nor the phone number, and no answer, before the line stands in the audit."""
    Category.objects.filter(pk=scored[0].category_id).update(is_restricted=True)
    client, path, button = signed_in(cast.supervisor), f"{INBOX}{scored[0].pk}/", f"/console/restricted/{scored[0].pk}/"
    assert "Slow and rude" not in words(client.get(INBOX))
    answer = {"how": "phone", "words": "We talked."}
    for away in (client.get(path), client.post(path, answer)):
        assert (away.status_code, away["Location"]) == (303, button)
    assert LowScore.objects.get(case=scored[0]).is_open
    client.post(button)
    assert StaffAct.objects.get(kind="opened_restricted").case == scored[0]
    assert "Slow and rude" in words(client.get(path)) and "Slow and rude" in words(client.get(INBOX))
    assert client.post(path, answer)["Location"] == INBOX


def test_what_they_said_on_the_way_stands_on_the_case(cast, signed_in, go):
    case = stories.acknowledged(cast)
    for number, score, unnamed in ((2, 1, False), (3, 5, True)):
        Interim.objects.create(
            case=case,
            milestone=number,
            owed_at=SAID,
            asked_at=SAID,
            answered_at=SAID,
            score=score,
            is_anonymous=unnamed,
        )
    go(SAID)
    page = words(signed_in(cast.tiers[1]).get(stories.page_url(case)))
    assert "On the right track? After milestone 2Not at all (1 of 5)" in page and "milestone 3" not in page


def test_who_does_not_want_to_be_contacted_is_not(scored, cast, signed_in):
    client, case = signed_in(cast.supervisor), scored[0]
    add_to_answer(case, may_contact=False, at=SAID)
    page = client.get(f"{INBOX}{case.pk}/").content.decode()
    assert 'value="closed"' in page and "checked" in page
    assert 'value="letter"' not in page
    assert client.post(f"{INBOX}{case.pk}/", {"how": "letter", "words": "x"}).status_code == 422
    client.post(f"{INBOX}{case.pk}/", {"how": "closed", "words": "They said no."})
    assert LowScore.objects.get(case=case).how == "closed"


def test_home_says_how_many_wait_and_which_are_late_to_supervisors(scored, cast, signed_in, go):
    client, due = signed_in(cast.supervisor), LowScore.objects.earliest("due_at").due_at
    assert "2 unhappy customers wait for an answer, the next by" in words(client.get("/console/"))
    assert "unhappy" not in words(signed_in(cast.tiers[1]).get("/console/"))
    go(due + timedelta(minutes=1))
    late = client.get("/console/")
    assert (
        "2 unhappy customers were not answered in time." in words(late) and f'href="{INBOX}"' in late.content.decode()
    )
    assert "2 are late." in words(client.get(INBOX)) and "Late by 1 min" in words(client.get(INBOX))
    for person in (cast.tiers[1], cast.manager):
        assert signed_in(person).get(INBOX).status_code in (302, 403)
        assert signed_in(person).post(f"{INBOX}{scored[0].pk}/", {"how": "phone", "words": "x"}).status_code in (
            302,
            403,
        )
    assert LowScore.objects.filter(done_at=None).count() == 2
    for missing in (scored[2].pk, 10**30):
        assert client.get(f"{INBOX}{missing}/").status_code == 404
