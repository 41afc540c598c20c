"""Restricted topics and STAFF_SEE: who sees which case, the button before one opens, and the line it leaves."""

from datetime import timedelta

import pytest

from cases.access import Viewer
from cases.models import Case, Category, Consult, StaffAct
from escalation import verbs
from escalation.models import Leave, Override, Rota
from portal import clock
from portal.console.restricted import LASTS
from tests.cast import MONDAY
from tests.escalation.stories import PACKET
from tests.portal.console import stories


@pytest.fixture
def case(cast, monday):
    found = stories.acknowledged(cast)
    Category.objects.filter(pk=found.category_id).update(is_restricted=True)
    return Case.objects.get(pk=found.pk)


def sees(person, case):
    return Case.objects.visible_to(Viewer(person)).filter(pk=case.pk).exists()


@pytest.mark.parametrize("setting", ["all", "teams"])
def test_a_restricted_case_is_its_owner_s_its_team_s_and_of_who_may(cast, case, settings, setting):
    settings.STAFF_SEE = setting
    assert {sees(one, case) for one in (cast.tiers[1], cast.mate, cast.supervisor, cast.customer)} == {True}
    assert not sees(cast.tiers[3], case)
    Case.objects.filter(pk=case.pk).update(owner=cast.tiers[3])
    assert sees(cast.tiers[3], case)


def test_by_setting_a_colleague_sees_their_teams_cases_and_what_they_worked_on(cast, monday, settings):
    case = stories.passed_up(cast)
    assert case.team_id == cast.teams[2].pk
    assert sees(cast.tiers[3], case)
    settings.STAFF_SEE = "teams"
    assert not sees(cast.tiers[3], case) and not sees(cast.mate, case)
    # Of its team, who passed it up, a supervisor, the customer.
    assert {sees(one, case) for one in (cast.tiers[2], cast.tiers[1], cast.supervisor, cast.customer)} == {True}


def closed(case):
    """The case with a restricted topic: near means the same there."""
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)


@pytest.mark.parametrize("setting", ["teams", "restricted"])
class TestWhoIsLetIn:
    """Whoever a case is given to work on, for as long as it is: by the setting, and where the topic is restricted."""

    @pytest.fixture(autouse=True)
    def the_setting(self, settings, setting, monday):
        settings.STAFF_SEE = "teams" if setting == "teams" else "all"

    def test_who_it_is_offered_to_until_they_answer(self, cast, setting):
        case, asked = stories.acknowledged(cast), cast.mate
        Case.objects.filter(pk=case.pk).update(team=cast.teams[3])  # and the one asked is of another
        verbs.offer(case.pk, to=asked, **PACKET, by=cast.tiers[1], at=stories.minutes(6))
        closed(case) if setting == "restricted" else None
        assert sees(asked, case) and not sees(cast.tiers[5], case)
        verbs.withdraw_offer(case.pk, by=cast.tiers[1], at=stories.minutes(7))
        assert not sees(asked, case)

    def test_the_expert_asked_while_the_question_waits(self, cast, setting):
        case, expert = stories.asked_expert(cast), cast.tiers[3]
        closed(case) if setting == "restricted" else None
        assert sees(expert, case) and not sees(cast.tiers[5], case)
        Consult.objects.update(taken_back_at=stories.minutes(8))
        assert not sees(expert, case)

    def test_the_substitute_of_who_has_it_while_the_leave_lasts(self, cast, setting, go):
        case, stands_in, next_one = stories.acknowledged(cast), cast.tiers[3], cast.tiers[4]
        closed(case) if setting == "restricted" else None
        assert case.owner == cast.tiers[1] and not sees(stands_in, case)
        ends = MONDAY + timedelta(days=1)
        Leave.objects.create(user=cast.tiers[1], substitute=stands_in, starts_at=MONDAY, ends_at=ends)
        assert sees(stands_in, case) and not sees(next_one, case)
        Leave.objects.create(user=stands_in, substitute=next_one, starts_at=MONDAY, ends_at=ends)
        assert sees(next_one, case) and not sees(cast.tiers[5], case)
        go(ends)
        assert not sees(stands_in, case) and not sees(next_one, case)

    def test_who_took_a_turn_of_its_team(self, cast, setting, go):
        case, taker = stories.acknowledged(cast), cast.tiers[3]
        closed(case) if setting == "restricted" else None
        ends = MONDAY + timedelta(hours=4)
        rota = Rota.objects.create(team=case.team, zone="UTC")
        Override.objects.create(rota=rota, user=taker, starts_at=MONDAY, ends_at=ends)
        assert sees(taker, case) and not sees(cast.tiers[4], case)
        go(ends)
        assert not sees(taker, case)


def test_it_opens_by_a_press_that_leaves_a_line(signed_in, cast, case, everything):
    client, button = signed_in(cast.tiers[1]), f"/console/restricted/{case.pk}/"
    before = everything()
    for url in (stories.page_url(case), stories.act_url(case, "note")):
        assert client.get(url)["Location"] == button
        assert client.post(url, {"text": "x"}).status_code in (303, 405)
    assert "Open it; this is noted" in client.get(button).content.decode()
    assert everything() == before
    assert client.post(button)["Location"] == stories.page_url(case)
    line = StaffAct.objects.get()
    assert (line.kind, line.actor, line.case) == ("opened_restricted", cast.tiers[1], case)
    assert abs(line.at - clock.now()) < timedelta(minutes=1)
    assert line.address == "127.0.0.1"
    assert client.get(stories.page_url(case)).status_code == 200
    assert client.get(stories.act_url(case, "note")).status_code == 200
    # To another of their browsers it is closed.
    assert signed_in(cast.tiers[1]).get(stories.page_url(case)).status_code == 303


def test_after_eight_hours_it_is_closed_again(signed_in, cast, case, go):
    client = signed_in(cast.tiers[1])
    client.post(f"/console/restricted/{case.pk}/")
    go(MONDAY + timedelta(minutes=29) + LASTS)
    assert client.get(stories.page_url(case)).status_code == 200
    go(MONDAY + timedelta(minutes=31) + LASTS)
    assert client.get(stories.page_url(case))["Location"] == f"/console/restricted/{case.pk}/"


def test_who_may_not_see_it_finds_no_button(signed_in, cast, case):
    client = signed_in(cast.tiers[3])
    for url in (stories.page_url(case), f"/console/restricted/{case.pk}/"):
        assert client.get(url).status_code == 404
    assert client.post(f"/console/restricted/{case.pk}/").status_code == 404
    assert case.reference not in client.get("/console/cases/case/?group=any").content.decode()
    assert case.reference not in client.get("/console/cases/event/").content.decode()
    assert not StaffAct.objects.exists()


def test_a_case_of_another_topic_has_no_button(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    assert signed_in(cast.supervisor).get(f"/console/restricted/{case.pk}/").status_code == 404


def test_the_customers_pages_keep_it_closed_to_staff_who_have_not_opened_it(signed_in, cast, case, settings):
    settings.ROOT_URLCONF = "portal.urls"
    client, theirs = signed_in(cast.tiers[1]), f"/c/{case.reference}/"
    assert client.get(theirs).status_code == 404
    client.post(f"/console/restricted/{case.pk}/")
    assert client.get(theirs).status_code == 200
    assert signed_in(cast.customer).get(theirs).status_code == 200
