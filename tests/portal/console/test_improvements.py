"""Improvements in the console and for customers: proposed, decided, done and checked by hand; who sees what."""

from datetime import timedelta

import pytest
from django.test import Client

from cases.models import User
from escalation.models import Notice, ProtocolVersion
from feedback.improvements import NEWS
from feedback.models import Improvement
from portal import clock
from tests.cast import MONDAY, gather
from tests.portal import improvement_stories as stories

pytestmark = pytest.mark.django_db
LIST = "/console/feedback/improvements/"
DAY = timedelta(days=1)


@pytest.fixture
def cast(go):
    go(MONDAY)
    return gather()


def signed_in(person):
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    return client


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:2000]
    return " ".join(answer.content.decode().split())


def test_the_whole_way_by_hand(cast, go, settings):
    case = cast.file(title="Refunded late")
    tom, leader = signed_in(cast.tiers[1]), signed_in(cast.supervisor)
    typed = {
        "title": "Small refunds",
        "change": "Level 1 refunds.",
        "why": "A day.",
        "evidence": "MP-0000-00, lesson 9",
    }
    wrong = text(tom.post(f"{LIST}new/", typed), 422)
    assert "Not found: “MP-0000-00”, “lesson 9”" in wrong and "Small refunds" in wrong
    assert not Improvement.objects.exists()
    typed["evidence"] = case.reference.lower()
    assert tom.post(f"{LIST}new/", typed).status_code in (302, 303)
    one = Improvement.objects.get()
    page = f"{LIST}{one.pk}/"
    assert case.reference in text(tom.get(page)) and "Decide</a>" not in text(tom.get(page))
    assert tom.post(f"{page}decide/", {"decision": "decline", "reason": "No."}).status_code == 403
    assert "Small refunds" in text(tom.get(LIST))

    go(MONDAY + 11 * DAY)
    assert "1 improvement has waited too long for a decision." in text(leader.get("/console/around/"))
    assert "Decision overdue" in text(leader.get(LIST))
    assert "Choose the colleague" in text(leader.post(f"{page}decide/", {"decision": "agree", "reason": "Yes."}), 422)
    day = (clock.now() + 5 * DAY).date().isoformat()
    yes = {"decision": "agree", "reason": "Yes.", "owner": cast.tiers[1].pk, "due_on": day, "figure": "escalated"}
    assert leader.post(f"{page}decide/", yes).status_code in (302, 303)
    late = text(leader.post(f"{page}decide/", {"decision": "decline", "reason": "No."}), 422)
    assert "has agreed to this while you were writing: “Yes.”" in late

    version = ProtocolVersion.objects.get(status="published")
    assert tom.post(f"{page}version/", {"version": version.pk}).status_code in (302, 303)
    shown = text(tom.get(f"/console/escalation/protocolversion/{version.pk}/change/"))
    assert "What led to it" in shown and "Small refunds" in shown and case.reference in shown

    assert "1 customer it came from gets one letter" in text(tom.get(f"{page}done/"))
    done = {"sentence": stories.SENTENCE, "in_de": stories.GERMAN}
    assert tom.post(f"{page}done/", done).status_code in (302, 303)
    assert "0 customers were told." in text(tom.get(page)) and "1 letter still to go" in text(tom.get(page))
    Notice.objects.filter(kind=NEWS).update(state=Notice.State.SENT)
    assert "1 customer was told." in text(tom.get(page))
    settings.ROOT_URLCONF = "portal.urls"  # the tests of the console serve only part of it
    public = text(Client().get("/improvements/"))
    assert stories.SENTENCE in public and case.reference not in public and "Small refunds" not in public
    german = text(Client().get("/improvements/", headers={"accept-language": "de"}))
    assert stories.GERMAN in german and stories.SENTENCE not in german
    settings.PUBLIC_IMPROVEMENTS = False
    assert Client().get("/improvements/").status_code == 404

    assert "too few days" in text(tom.post(f"{page}check/", {"verdict": "Yes."}), 422)
    go(MONDAY + 43 * DAY)
    assert "Did it help?" in text(tom.get("/console/around/")) or "did it help?" in text(tom.get("/console/around/"))
    assert "30 days before" in text(tom.get(f"{page}check/"))
    assert tom.post(f"{page}check/", {"verdict": "Yes."}).status_code in (302, 303)
    assert "Done and checked" in text(tom.get(page))


def test_a_manager_without_cases_decides_and_sees_nothing_else(cast):
    one = stories.idea(cast, cast.file(title="Refunded late"))
    client = signed_in(cast.manager)
    page = text(client.get(f"{LIST}{one.pk}/"))
    assert "1 that is not yours to see" in page and "Refunded late" not in page and "/console/replies/" not in page
    assert client.post(f"{LIST}{one.pk}/decide/", {"decision": "decline", "reason": "No."}).status_code in (302, 303)
    one.refresh_from_db()
    assert (one.state, one.decided_by) == ("declined", cast.manager)
    for path in ("/console/", "/console/replies/", "/console/articles/", "/console/around/"):
        assert client.get(path).status_code in (302, 403, 404), path
    assert signed_in(cast.customer).get(LIST).status_code == 404
    assert client.get(f"{LIST}999999/").status_code == 404
