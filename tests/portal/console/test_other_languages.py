"""Topics, products and teams in the languages customers read: edited where they are edited, none of it needed."""

from django.utils import translation

from cases.models import Category, Team
from escalation.models import Notice
from portal.console.preview import letter
from tests.portal.console import stories
from tests.pseudo import OPEN, write_catalogue


def change(topic) -> str:
    return f"/console/cases/category/{topic.pk}/change/"


def test_a_topic_is_named_in_each_language(signed_in, cast, monday):
    topic = Category.objects.get(slug="orders")
    cast.supervisor.is_superuser = True
    cast.supervisor.save(update_fields=["is_superuser"])
    client = signed_in(cast.supervisor)
    page = client.get(change(topic)).content.decode()
    assert 'name="name_de"' in page and 'name="example_ar"' in page and "Name, Türkçe" in page
    said = {"name": topic.name, "example": topic.example, "position": topic.position, "is_active": "on"}
    client.post(change(topic), said | {"name_de": " Eine  Bestellung ", "example_ar": "طلبات", "name_tr": ""})
    topic.refresh_from_db()
    assert topic.translations == {"de": {"name": "Eine Bestellung"}, "ar": {"example": "طلبات"}}
    assert 'value="Eine Bestellung"' in client.get(change(topic)).content.decode()
    client.post(change(topic), said)
    topic.refresh_from_db()
    assert topic.translations == {}


def test_what_is_too_long_is_said_and_changes_nothing(signed_in, cast, monday):
    topic = Category.objects.get(slug="orders")
    cast.supervisor.is_superuser = True
    cast.supervisor.save(update_fields=["is_superuser"])
    said = {"name": topic.name, "example": "", "position": 1, "is_active": "on", "name_de": "x" * 101}
    before = topic.translations
    answer = signed_in(cast.supervisor).post(change(topic), said)
    assert answer.status_code == 200
    assert "is too long: at most 100 characters" in answer.content.decode() or "at most 100" in answer.content.decode()
    topic.refresh_from_db()
    assert topic.translations == before


def test_a_team_is_named_and_says_its_hours_in_each_language(signed_in, cast, monday):
    team = Team.objects.get(slug="customer-support-lead")
    cast.supervisor.is_superuser = True
    cast.supervisor.save(update_fields=["is_superuser"])
    client, address = signed_in(cast.supervisor), f"/console/cases/team/{team.pk}/change/"
    assert 'name="hours_tr"' in client.get(address).content.decode()
    said = {"name": team.name, "hours": team.hours, "phone": "", "members": [one.pk for one in team.members.all()]}
    client.post(address, said | {"name_de": "Teamleitung", "hours_de": "Werktags"})
    team.refresh_from_db()
    assert team.translations == {"de": {"name": "Teamleitung", "hours": "Werktags"}}
    with translation.override("de"):
        assert (team.local_name, team.local_hours, str(team)) == ("Teamleitung", "Werktags", "Customer support lead")
    with translation.override("tr"):
        assert (team.local_name, team.local_hours) == (team.name, team.hours)


def test_who_may_only_look_reads_them(signed_in, cast, monday):
    topic = Category.objects.get(slug="orders")
    topic.translations = {"de": {"name": "Eine Bestellung"}}
    topic.save(update_fields=["translations"])
    page = signed_in(cast.supervisor).get(change(topic)).content.decode()
    assert "Deutsch: Eine Bestellung" in page or 'value="Eine Bestellung"' in page


def test_the_console_shows_the_letter_in_the_customers_language(cast, monday, settings, tmp_path):
    write_catalogue(tmp_path, "ar")
    settings.LOCALE_PATHS = [tmp_path]
    cast.customer.language = "ar"
    cast.customer.save(update_fields=["language"])
    case = stories.acknowledged(cast)
    case.customer.refresh_from_db()

    class Owed:
        about = {"owner": cast.tiers[1].pk, "team": case.team_id}
        tell = Notice(kind="named_person", data={})

    with translation.override("en-gb"):
        shown = letter(case, Owed, stories.minutes(20))
        assert translation.get_language() == "en-gb"
    assert shown["subject"].startswith(OPEN)
