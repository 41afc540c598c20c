"""Who may enter the console, and that everybody else learns nothing from it."""

import re

import pytest
from django.contrib import admin

from tests.cast import PASSWORD
from tests.portal.console import stories

PAGES = (
    "/console/",
    "/console/cases/case/",
    "/console/cases/event/",
    "/console/escalation/protocolversion/",
)


@pytest.mark.parametrize("url", PAGES)
def test_anonymous_people_are_asked_to_sign_in(client, cast, monday, url):
    answer = client.get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/console/login/")


@pytest.mark.parametrize("url", PAGES)
def test_customers_find_nothing_and_managers_go_to_the_figures(signed_in, cast, monday, url):
    assert signed_in(cast.customer).get(url).status_code == 404
    answer = signed_in(cast.manager).get(url)
    assert (answer.status_code, answer["Location"]) == (302, "/insights/")


@pytest.mark.parametrize("url", PAGES)
def test_agents_and_supervisors_enter(signed_in, cast, monday, url):
    assert signed_in(cast.tiers[1]).get(url).status_code == 200
    assert signed_in(cast.supervisor).get(url).status_code == 200


def test_cases_and_acts_are_closed_to_the_others(client, signed_in, cast, monday):
    case = stories.acknowledged(cast)
    for url in (stories.page_url(case), stories.act_url(case, "update")):
        assert client.get(url).status_code == 302
        assert signed_in(cast.customer).get(url).status_code == 404
        assert signed_in(cast.customer).post(url, {"text": "x"}).status_code == 404
        assert signed_in(cast.manager).get(url)["Location"] == "/insights/"


def test_messages_people_and_schedules_are_the_supervisors(signed_in, cast, monday):
    for url in ("/console/escalation/notice/", "/console/cases/user/", "/console/django_q/schedule/"):
        assert signed_in(cast.supervisor).get(url).status_code == 200
        assert signed_in(cast.tiers[1]).get(url).status_code == 403


def test_a_supervisor_reads_people_but_makes_nobody_a_superuser(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    url = f"/console/cases/user/{cast.mate.pk}/change/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"email": "mate@example.com", "is_superuser": "on"}).status_code == 403
    cast.mate.refresh_from_db()
    assert not cast.mate.is_superuser


def test_someone_who_left_is_out_at_once(signed_in, cast, monday):
    client = signed_in(cast.tiers[1])
    cast.tiers[1].is_active = False
    cast.tiers[1].save(update_fields=["is_active"])
    assert client.get("/console/").status_code == 302


@pytest.mark.parametrize("where", ["add/", "{}/delete/", "{}/history/"])
def test_cases_are_neither_added_nor_deleted_by_hand(signed_in, cast, monday, where):
    case = stories.acknowledged(cast)
    client = signed_in(cast.supervisor)
    assert client.get(f"/console/cases/case/{where.format(case.pk)}").status_code in (403, 404)


def test_the_case_page_takes_no_post(signed_in, cast, monday, everything):
    case = stories.acknowledged(cast)
    client = signed_in(cast.supervisor)
    before = everything()
    answer = client.post(stories.page_url(case), {"state": "closed", "tier": "5"})
    assert answer.status_code == 405
    assert everything() == before


@pytest.mark.parametrize("number", ["999999", "abc", "99999999999999999999"])
def test_a_missing_case_is_a_404(signed_in, cast, monday, number):
    assert signed_in(cast.supervisor).get(f"/console/cases/case/{number}/change/").status_code == 404


def test_only_what_the_registry_lists_is_there():
    names = {model.__name__ for model in admin.site._registry}
    assert names == {
        "Case", "User", "Team", "Category", "Product", "Group", "ProtocolVersion", "CalendarVersion", "Notice", "Event",
        "Schedule", "Organisation", "Skill", "PersonSkill",
    }  # fmt: skip


def test_there_is_one_way_in_and_it_is_the_portals(client, signed_in, cast, monday):
    """Guesses are counted and the second step is asked for at one place only: test_doors and test_accounts see to it."""
    for look in (client.get, client.post):
        answer = look("/console/login/?next=/console/cases/case/", {})
        assert (answer.status_code, answer["Location"][:17]) == (302, "/account/sign-in/")
    away = client.get("/console/login/?next=https://evil.example/")
    assert away["Location"] == "/account/sign-in/?next=/console/"
    assert client.get("/console/login/?next=/console/cases/case/")["Location"].endswith("?next=/console/cases/case/")
    assert signed_in(cast.supervisor).get("/console/login/")["Location"] == "/console/"


def addresses(patterns, prefix=""):
    """Every address below the console, with each argument filled in."""
    for pattern in patterns:
        route = prefix + re.sub(r"<[^>]*case_id>|<[^>]*pk>|<path:[^>]*>|<id>", "1", str(pattern.pattern))
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield re.sub(r"<slug:verb>", "note", route).replace("<report_kind:kind>", "pdf")


def test_no_address_of_the_console_is_open_to_strangers(client, signed_in, cast, monday, everything):
    """Walks the registered addresses, so that a new page is tried without being listed."""
    customer, manager = signed_in(cast.customer), signed_in(cast.manager)
    stories.acknowledged(cast)
    before, tried = everything(), 0
    for route in addresses(admin.site.get_urls()):
        if route == "login/" or "(?P" in route:
            continue
        url, tried = f"/console/{route}", tried + 1
        for look in ("get", "post"):
            stranger = getattr(client, look)(url)
            assert stranger.status_code in (301, 302), url
            assert getattr(customer, look)(url).status_code == 404, url
            sent_on = getattr(manager, look)(url)
            if route.startswith(("feedback/improvements/", "learning/meetings/")):
                # What a leader without cases decides on, and reads before a meeting: nothing else of the console opens.
                assert sent_on.status_code in (200, 403, 404, 405, 422), url
                continue
            assert (sent_on.status_code, sent_on["Location"]) == (302, "/insights/"), url
    assert tried > 40
    assert everything() == before


def test_ones_own_password_is_changed_where_everybody_changes_theirs(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    for url in ("/console/password_change/", "/console/password_change/done/"):
        for look in (client.get, client.post):
            assert look(url)["Location"] == "/account/signing-in/password/"


def test_a_password_is_set_and_taken_away_for_somebody_else(signed_in, cast, monday):
    boss = type(cast.mate).objects.create_superuser("root@example.com", PASSWORD)
    client, url = signed_in(boss), f"/console/cases/user/{cast.mate.pk}/password/"
    new = "another long sentence"
    missing = client.post(url, {"usable_password": "true", "set-password": ""})
    assert missing.status_code == 200 and "There is a problem" in missing.content.decode()
    sent = {"usable_password": "true", "password1": new, "password2": new, "set-password": ""}
    assert client.post(url, sent).status_code == 302
    cast.mate.refresh_from_db()
    assert cast.mate.check_password(new)
    assert client.post(url, {"usable_password": "false", "unset-password": ""}).status_code == 302
    cast.mate.refresh_from_db()
    assert not cast.mate.has_usable_password()
