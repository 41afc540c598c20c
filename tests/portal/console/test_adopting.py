"""Moving the open cases of a protocol: what the page shows is what the press does; only those who may see it."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from cases.models import Case, Event, Organisation
from escalation import verbs
from escalation.models import ProtocolVersion, StageClock
from tests import solving
from tests.cast import MONDAY
from tests.escalation.stories import in_force
from tests.portal.console import stories
from tests.portal.console.stories import hidden


def text_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page.content.decode())).split())


def address(version):
    return f"/console/protocol/{version.pk}/adopt/"


@pytest.fixture
def author(cast, signed_in):
    """The supervisor, who may also write protocols."""
    cast.supervisor.groups.add(Group.objects.get(name="Protocol authors"))
    return signed_in(cast.supervisor)


@pytest.fixture
def newer(cast, monday):
    """Three cases under version 1 of rules that are four times as fast now; one of the cases is on a level that is gone."""
    in_force(cast, lambda d: None)
    stories.acknowledged(cast)
    cast.file(title="Only filed")
    high = cast.file(title="High up")
    for level in (1, 2):
        solving.escalate(high.pk, reason="Up.", by=cast.tiers[level], at=MONDAY)
        verbs.review(high.pk, by=cast.tiers[level + 1], at=MONDAY)

    def change(document):
        del document["tiers"][2:]
        document["entry"] = [row | {"tier": min(row["tier"], 2)} for row in document["entry"]]
        for row in document["matrix"]:
            row["update"] //= 4

    return in_force(cast, change)


def test_it_shows_what_moves_and_what_cannot_and_changes_nothing(author, newer, everything):
    before = everything()
    page = author.get(address(newer))
    text = text_of(page)
    assert "3 open cases are under other versions. 1 clock of 1 case would come earlier. 1 cannot be moved." in text
    assert "That version has no level 3. The case stays under its own." in text
    (row,) = page.context["rows"]
    assert row["clock"] == "Progress update" and row["after"] < row["before"]
    assert "Move these 2 cases" in text
    assert everything() == before


def test_one_press_does_what_was_shown(author, newer):
    page = author.get(address(newer))
    (row,) = page.context["rows"]
    sent = author.post(address(newer), hidden(page))
    assert sent.status_code == 303
    done = author.get(sent["Location"])
    assert "2 cases moved to version" in text_of(done) and "High up" not in text_of(done)
    assert "That version has no level 3." in text_of(done)
    clock = StageClock.objects.get(case=row["case"], kind="update", outcome=None)
    assert abs(clock.due_at - row["after"]) < timedelta(minutes=1)
    assert sorted(Case.objects.values_list("title", "protocol")) == [
        ("Charged twice", newer.label), ("High up", newer.based_on), ("Only filed", newer.label),
    ]  # fmt: skip
    assert Event.objects.filter(kind="adopted").count() == 2
    again = author.get(address(newer))
    assert "There is nothing to move." in text_of(again)
    assert '<button type="submit" class="button button-primary"' not in stories.main_of(again)


def test_another_number_than_was_shown_is_shown_first(author, cast, newer, everything):
    page = author.get(address(newer))
    Case.objects.filter(title="Only filed").update(protocol=newer.label)
    before = everything()
    for sent in (hidden(page), {}, {"expected": "x"}, {"expected": "-1"}):
        answer = author.post(address(newer), sent)
        assert answer.status_code == 409
    assert everything() == before
    answer = author.post(address(newer), hidden(page))
    assert "Meanwhile it would be 1 case." in text_of(answer)
    assert author.post(address(newer), hidden(answer)).status_code == 303


def test_only_supervisors_who_write_protocols_and_only_what_is_in_force(author, cast, signed_in, newer, everything):
    cast.tiers[4].groups.add(Group.objects.get(name="Protocol authors"))
    plain = type(cast.mate).objects.create_user("plain@example.com", "x", name="Plain", is_staff=True)
    plain.groups.add(Group.objects.get(name="Supervisors"))
    old, before = ProtocolVersion.objects.get(label=newer.based_on), everything()
    for person in (cast.tiers[1], cast.tiers[4], plain):
        for look in ("get", "post"):
            assert getattr(signed_in(person), look)(address(newer)).status_code == 403
    assert author.get(address(old)).status_code == 404
    assert author.put(address(newer)).status_code == 405
    shown = author.get(f"/console/escalation/protocolversion/{newer.pk}/change/").content.decode()
    assert address(newer) in shown
    assert (
        address(newer)
        not in signed_in(plain).get(f"/console/escalation/protocolversion/{newer.pk}/change/").content.decode()
    )
    after = everything()
    assert after["cases.Case"] == before["cases.Case"] and after["cases.Event"] == before["cases.Event"]


def test_products_are_read_by_supervisors_and_added_by_who_may(cast, signed_in, monday):
    boss = signed_in(type(cast.mate).objects.create_superuser("root@example.com", "x"))
    made = boss.post(
        "/console/cases/product/add/", {"name": "Online shop", "slug": "shop", "position": "1", "is_active": "on"}
    )
    assert made.status_code == 302
    page = text_of(signed_in(cast.supervisor).get("/console/cases/product/"))
    assert "Online shop" in page and "Customers can choose it" in page
    assert signed_in(cast.supervisor).get("/console/cases/product/add/").status_code == 403
    assert signed_in(cast.tiers[1]).get("/console/cases/product/").status_code == 403


def test_companies_are_made_and_given_people_by_who_may(cast, signed_in, monday):
    boss = signed_in(type(cast.mate).objects.create_superuser("root@example.com", "x"))
    assert boss.post("/console/cases/organisation/add/", {"name": "Nordwind Ltd"}).status_code == 302
    company = Organisation.objects.get()
    person = {"email": cast.customer.email, "name": cast.customer.name, "is_active": "on", "organisation": company.pk}
    assert boss.post(f"/console/cases/user/{cast.customer.pk}/change/", person | {"language": "en"}).status_code == 302
    cast.customer.refresh_from_db()
    assert cast.customer.organisation == company
    assert "Nordwind Ltd" in text_of(signed_in(cast.supervisor).get("/console/cases/organisation/"))
    assert signed_in(cast.supervisor).get("/console/cases/organisation/add/").status_code == 403
    assert signed_in(cast.tiers[1]).get("/console/cases/organisation/").status_code == 403
