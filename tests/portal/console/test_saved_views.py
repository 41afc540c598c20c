"""Saved views: tabs above the list, one's own first view, a team's views, and filters that nobody knows any more."""

import re

import pytest

from cases.models import SavedView, Team
from escalation import saved_views
from escalation.verbs import Refused
from tests.portal.console import stories

URL = "/console/cases/case/"
NEW = f"{URL}views/new/"


def tabs(client, query=""):
    page = client.get(f"{URL}{query}")
    return {tab["label"]: tab["here"] for tab in page.context["views"]["tabs"]}


def titles(client, query=""):
    return sorted(case.title for case in client.get(f"{URL}{query}").context["cl"].result_list)


def test_a_view_is_kept_under_a_name_and_is_a_tab(signed_in, cast, monday):
    stories.acknowledged(cast, title="Held")
    client = signed_in(cast.supervisor)
    page = client.get(f"{URL}?severity=2").content.decode()
    assert f'href="{NEW}?severity=2"' in page and "Save this view" in page
    assert client.get(f"{NEW}?severity=2").status_code == 200
    answer = client.post(f"{NEW}?severity=2", {"name": " High  ones "})
    assert (answer.status_code, answer["Location"]) == (303, f"{URL}?severity=2")
    view = SavedView.objects.get()
    assert (view.name, view.query, view.owner, view.team, view.is_default) == (
        "High ones",
        "severity=2",
        cast.supervisor,
        None,
        False,
    )
    assert tabs(client) == {"All open": True, "High ones": False}
    assert tabs(client, "?severity=2") == {"All open": False, "High ones": True}
    assert tabs(client, "?p=1&severity=2") == {"All open": False, "High ones": True}
    assert "Save this view" not in client.get(f"{URL}?severity=2").content.decode()
    assert tabs(signed_in(cast.tiers[1])) == {"All open": True}


def test_what_was_searched_for_is_not_kept(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    url = f"{NEW}?severity=2&q=okafor"
    assert "What you searched for is not kept" in client.get(url).content.decode()
    client.post(url, {"name": "High"})
    assert SavedView.objects.get().query == "severity=2"


def test_ones_first_view_is_what_the_bare_address_shows_and_all_open_is_a_press_away(signed_in, cast, monday):
    stories.acknowledged(cast, title="High")
    verbs_low = stories.assessed(cast, title="Low", severity=4)
    assert verbs_low.severity == 4
    client = signed_in(cast.supervisor)
    client.post(f"{NEW}?severity=2", {"name": "High", "is_default": "on"})
    client.post(f"{NEW}?severity=4", {"name": "Low", "is_default": "on"})
    assert list(SavedView.objects.filter(is_default=True).values_list("name", flat=True)) == ["Low"]
    assert titles(client) == ["Low"]
    assert tabs(client) == {"All open": False, "High": False, "Low": True}
    page = client.get(URL).content.decode()
    chip = re.search(r'<ul class="chips"><li><a href="([^"]*)"', page)[1]
    assert chip == "?view=all"
    assert titles(client, chip) == ["High", "Low"]
    assert titles(client, "?group=any") == ["High", "Low"]
    assert titles(signed_in(cast.tiers[1])) == ["High", "Low"]


def test_who_leads_a_team_shares_with_it_and_nobody_else_does(signed_in, cast, monday):
    lead, mate = signed_in(cast.tiers[1]), signed_in(cast.mate)
    lead.post(f"{NEW}?severity=1", {"name": "Critical", "team": cast.teams[1].pk})
    assert "Critical" in tabs(mate) and "Critical" in tabs(lead)
    assert "Critical" not in tabs(signed_in(cast.tiers[2]))
    refused = mate.post(f"{NEW}?severity=1", {"name": "Mine", "team": cast.teams[1].pk})
    assert SavedView.objects.filter(name="Mine", team=None).exists() or refused.status_code == 422
    with pytest.raises(Refused, match="Only who leads a team"):
        saved_views.keep("Ours", query="tier=1", team=cast.teams[1], by=cast.mate)
    view = SavedView.objects.get(name="Critical")
    assert mate.get(f"{URL}views/{view.pk}/").status_code == 404
    assert mate.post(f"{URL}views/{view.pk}/", {"delete": "yes"}).status_code == 404
    with pytest.raises(Refused, match="colleague"):
        saved_views.remove(view, by=cast.mate)
    listed = mate.get(f"{URL}views/").content.decode()
    assert "Critical" in listed and "By <bdi>Tom Reed</bdi>" in listed and str(cast.teams[1]) in listed


def test_a_view_is_renamed_shared_and_deleted(signed_in, cast, monday):
    client = signed_in(cast.tiers[1])
    client.post(f"{NEW}?severity=1", {"name": "Critical"})
    view = SavedView.objects.get()
    url = f"{URL}views/{view.pk}/"
    assert 'value="Critical"' in client.get(url).content.decode()
    assert client.post(url, {"name": "Worst", "team": cast.teams[1].pk, "is_default": "on"}).status_code == 303
    view.refresh_from_db()
    assert (view.name, view.team, view.is_default, view.query) == ("Worst", cast.teams[1], True, "severity=1")
    Team.objects.filter(pk=cast.teams[1].pk).update(lead=cast.mate)
    assert client.post(url, {"name": "Worst of all", "team": cast.teams[1].pk}).status_code == 303
    assert client.post(url, {"delete": "yes"}).status_code == 303
    assert not SavedView.objects.exists()
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("query", "typed", "said"),
    [
        ("severity=1", {"name": ""}, "Give it a name"),
        ("severity=1", {"name": "x" * 41}, "at most 40"),
        ("", {"name": "Everything"}, "Choose a filter first"),
        ("q=okafor", {"name": "Okafor"}, "Choose a filter first"),
        ("severity=2", {"name": "critical"}, "a view of that name"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_a_sentence(signed_in, cast, monday, query, typed, said):
    client = signed_in(cast.supervisor)
    client.post(f"{NEW}?severity=1", {"name": "Critical"})
    answer = client.post(f"{NEW}?{query}", typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_twenty_views_are_enough(cast, monday):
    for n in range(saved_views.MOST):
        saved_views.keep(f"View {n}", query="tier=1", by=cast.supervisor)
    with pytest.raises(Refused, match="20 views"):
        saved_views.keep("One more", query="tier=1", by=cast.supervisor)


def test_filters_nobody_knows_any_more_are_left_out_with_a_sentence(signed_in, cast, monday):
    stories.acknowledged(cast, title="Held")
    client = signed_in(cast.supervisor)
    SavedView.objects.create(
        owner=cast.supervisor, name="Old", query="mood=sour&severity=2&team=99999", is_default=True
    )
    for query in ("", "?mood=sour&severity=2&team=99999"):
        page = client.get(f"{URL}{query}")
        assert page.status_code == 200
        assert [case.title for case in page.context["cl"].result_list] == ["Held"]
        assert "Left out, because nobody knows it any more: mood, team." in page.content.decode()
        assert page.context["views"]["tabs"][1]["here"]
    # Nobody's view: an address that asks for what this list does not filter by is refused, as it always was.
    assert client.get(f"{URL}?customer__password__startswith=a").status_code in (302, 400)


def test_a_stale_value_is_left_out_of_the_links_too(signed_in, cast, monday):
    page = signed_in(cast.supervisor).get(f"{URL}?tier=77&severity=2").content.decode()
    assert "nobody knows it any more: level." in page
    assert "tier=77" not in re.search(r'<ul class="chips">.*?</ul>', page, re.S)[0]


def test_a_view_goes_with_its_owner(cast, monday):
    saved_views.keep("Ours", query="tier=1", team=cast.teams[1], by=cast.tiers[1])
    assert saved_views.seen_by(cast.mate).count() == 1
    type(cast.mate).objects.filter(pk=cast.tiers[1].pk).update(is_active=False)
    assert saved_views.seen_by(cast.mate).count() == 0
