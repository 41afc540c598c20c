"""How the load lies, on the team's page, on “People and cover” and on a supervisor's home; and where its links lead."""

import html
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category
from escalation.models import LoadCap, Rota, Shift
from escalation.verbs import Told, file_many
from tests.cast import MONDAY, person

URL = "/console/cover/"
TEAM = "Service representatives"
TOM = f"Tom Reed has 9 open cases, 50% more than the average of 6 of the others in {TEAM}."

RULE = "Too many are at least 4 open cases and more than 35% above what the others have on average."


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.content.decode())).split())


def give(cast, user, number, tier=1):
    topic = Category.objects.get(slug="orders")
    made = file_many([(Told(f"Case {n}", "Text", topic, "loss"), cast.customer) for n in range(number)], at=MONDAY)
    Case.objects.filter(pk__in=[case.pk for case in made]).update(owner=user, tier=tier)


@pytest.fixture
def loaded(cast, monday):
    """Tom has 9 cases, 3 of them above level 1; Ana, Una and Vic have 18 among them."""
    give(cast, cast.tiers[1], 6)
    give(cast, cast.tiers[1], 3, tier=2)
    for n, (name, number) in enumerate((("Una Ode", 7), ("Vic Poe", 5))):
        one = person(f"more{n}@example.com", name, is_staff=True)
        one.groups.set(cast.mate.groups.all())
        cast.teams[1].members.add(one)
        give(cast, one, number)
    give(cast, cast.mate, 6)
    LoadCap.objects.create(user=cast.mate, most_open=6)
    return cast


@pytest.fixture
def dana(signed_in, cast, monday):
    return signed_in(cast.supervisor)


def seven_days(cast, limit=7):
    rota = Rota.objects.create(team=cast.teams[1], zone="Europe/London", most_days=limit)
    for weekday in range(7):
        Shift.objects.create(
            rota=rota, user=cast.mate, weekday=weekday, opens=0, closes=1440, starts_on=date(2026, 1, 10)
        )


def test_the_team_s_page_says_it_in_words_picture_and_table(dana, loaded):
    page = dana.get(f"{URL}team/{loaded.teams[1].pk}/")
    said, picture = words(page), page.content.decode()
    assert TOM in said
    assert f'href="/console/cases/case/?owner={loaded.tiers[1].pk}"' in picture and "Hand cases over" in said
    assert picture.count('class="target"') == 8, "a line for each of four people in both sizes"
    assert "Tom Reed: 9 open cases, 3 escalated; Una Ode: 7 open cases, 0 escalated" in said
    assert "9, +50%" in said
    table = re.findall(r"<tr>(.*?)</tr>", picture.split("Table: How the load lies")[1].split("</table>")[0], re.S)
    cells = [[" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)] for row in table]  # fmt: skip
    assert cells[1] == ["Tom Reed", "9 Too many", "3", "no cap", "0", "no rota", "no rota"]
    assert ["Ana Mate", "6 Full", "0", "6", "0", "no rota", "no rota"] in cells


def test_days_in_a_row_on_the_team_s_page(dana, cast):
    seven_days(cast)
    page = dana.get(f"{URL}team/{cast.teams[1].pk}/")
    said = words(page)
    assert f"Ana Mate is on duty 16 days in a row from Sat 10 Jan on; the rota of {TEAM} allows 7." in said
    assert "Change the shifts" in said and "At most 7 days on duty in a row." in said
    row = next(one for one in page.context["load"]["rows"] if one.person == cast.mate)
    assert (row.today, row.longest.days) == (3, 16)


def test_a_calm_team_is_said_to_be_calm(dana, cast):
    """Two people are too few to compare; a third makes it possible. Without a case there is no picture."""
    url = f"{URL}team/{cast.teams[1].pk}/"
    said = words(dana.get(url))
    assert "Too few people to compare: it needs three who can have cases now." in said and "dashed line" not in said
    cast.teams[1].members.add(cast.tiers[4])
    give(cast, cast.mate, 3)
    said = words(dana.get(url))
    assert f"Nobody carries too many cases. {RULE}" in said and "dashed line" in said


def test_far_above_the_others_with_few_cases_is_not_denied(dana, cast):
    """Ana has 3 and the others none, far more than 35% above them: that is not too many, and the page does not say less."""
    cast.teams[1].members.add(cast.tiers[4])
    give(cast, cast.mate, 3)
    url = f"{URL}team/{cast.teams[1].pk}/"
    page = dana.get(url)
    ana = next(one for one in page.context["load"]["rows"] if one.person == cast.mate)
    assert (ana.open, ana.others, ana.too_many) == (3, 0, False)
    said = words(page)
    assert f"Nobody carries too many cases. {RULE}" in said and "Nobody has more" not in said
    give(cast, cast.mate, 1)
    said = words(dana.get(url))
    assert "Ana Mate has 4 open cases, the others in Service representatives have none." in said
    assert "Nobody carries too many" not in said


def test_the_average_is_said_to_two_decimals(dana, cast):
    """4 beside 3, 1, 1 and 0: 4 is 220% more than 1.25, and would be 233% more than 1.2."""
    give(cast, cast.tiers[1], 4)
    give(cast, cast.mate, 3)
    for n, number in enumerate((1, 1, 0)):
        one = person(f"more{n}@example.com", f"More {n}", is_staff=True)
        one.groups.set(cast.mate.groups.all())
        cast.teams[1].members.add(one)
        give(cast, one, number)
    said = words(dana.get(f"{URL}team/{cast.teams[1].pk}/"))
    assert f"Tom Reed has 4 open cases, 220% more than the average of 1.25 of the others in {TEAM}." in said
    assert "4, +220%" in said


def test_a_team_nobody_works_in_has_a_page(dana, cast):
    cast.teams[3].members.clear()
    cast.teams[3].lead = None
    cast.teams[3].save(update_fields=["lead"])
    assert "Nobody of this team works on cases." in words(dana.get(f"{URL}team/{cast.teams[3].pk}/"))


def test_the_overview_and_the_home_say_it_too(dana, loaded):
    assert TOM in words(dana.get(URL))
    home = dana.get("/console/around/")
    assert TOM in words(home) and f"Load of {TEAM}" in words(home)
    assert f'href="/console/cover/team/{loaded.teams[1].pk}/#load"' in home.content.decode()


def test_the_home_has_one_line_however_many_carry_too_much(dana, loaded):
    seven_days(loaded)
    line = dana.get("/console/around/").context["overloaded"]
    assert line["text"] == f"{TOM} 1 more person carries too much."
    for limit in (3, 1):
        Rota.objects.update(most_days=limit)
    assert words(dana.get("/console/around/")).count("carries too much") == 1


def test_only_supervisors_read_of_it(signed_in, loaded):
    home = signed_in(loaded.tiers[1]).get("/console/around/")
    assert "overloaded" not in home.context and "more than the average" not in words(home)
    assert signed_in(loaded.tiers[1]).get(f"{URL}team/{loaded.teams[1].pk}/").status_code == 403


def test_the_link_leads_to_that_person_s_open_cases(dana, loaded):
    page = dana.get(f"/console/cases/case/?owner={loaded.tiers[1].pk}")
    assert {case.owner for case in page.context["cl"].result_list} == {loaded.tiers[1]}
    assert page.context["cl"].result_count == 9
    assert "Tom Reed" in words(page)


@pytest.mark.parametrize("odd", ["x", "-1", "999999", "99999999999999999999999", "²"])
def test_an_owner_nobody_knows_has_no_cases(dana, loaded, odd):
    """All cases would pass for those of whom a stale link meant."""
    page = dana.get("/console/cases/case/", {"owner": odd})
    assert page.status_code == 200 and page.context["cl"].result_count == 0
    assert "nobody we know" in words(page)


def test_a_customer_is_no_owner_to_look_for(dana, loaded):
    page = dana.get(f"/console/cases/case/?owner={loaded.customer.pk}")
    assert page.context["cl"].result_count == 0 and loaded.customer.name not in words(page)


def test_looking_writes_nothing(dana, loaded, everything):
    before = everything()
    for address in (URL, f"{URL}team/{loaded.teams[1].pk}/", "/console/", "/console/around/"):
        assert dana.get(address).status_code == 200
    assert everything() == before


def test_the_team_s_page_asks_as_many_questions_for_many_people_as_for_few(dana, cast):
    url = f"{URL}team/{cast.teams[1].pk}/"
    dana.get(url)
    with CaptureQueriesContext(connection) as few:
        dana.get(url)
    for n in range(6):
        one = person(f"more{n}@example.com", f"More {n}", is_staff=True)
        one.groups.set(cast.mate.groups.all())
        cast.teams[1].members.add(one)
        give(cast, one, n)
    with CaptureQueriesContext(connection) as many:
        dana.get(url)
    assert len(many) == len(few)
