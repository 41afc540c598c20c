"""The load of a team and the monthly question in a real browser: rules of accessibility, narrow screens, both schemes."""

from datetime import date

import pytest
from playwright.sync_api import expect

from cases.models import Case, Category
from escalation.models import Rota, Shift
from escalation.verbs import Told, file_many
from feedback.models import PulseTally
from tests.cast import MONDAY, gather, person
from tests.portal.console.test_browser import NARROW, WIDE, sign_in


@pytest.fixture
def story(transactional_db, go):
    """Tom has nine cases beside six each of the others, and Ana stands every day."""
    cast = gather()
    topic = Category.objects.get(slug="orders")
    third = person("una@example.com", "Una Llanfairpwllgwyngyll-Ode", is_staff=True)
    third.groups.set(cast.mate.groups.all())
    cast.teams[1].members.add(third)
    for one, number in ((cast.tiers[1], 9), (cast.mate, 6), (third, 6)):
        made = file_many([(Told(f"Case {n}", "Text", topic, "loss"), cast.customer) for n in range(number)], at=MONDAY)
        Case.objects.filter(pk__in=[case.pk for case in made]).update(owner=one)
    rota = Rota.objects.create(team=cast.teams[1], zone="Europe/London")
    for weekday in range(7):
        Shift.objects.create(
            rota=rota, user=cast.mate, weekday=weekday, opens=0, closes=1440, starts_on=date(2025, 1, 1)
        )
    go(MONDAY.replace(hour=10, minute=5))
    return cast


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, story, axe, watch, size, scheme):
    watch.allow(r"status of 422 .*/console/pulse/\)$")
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)
    expect(page.get_by_text("Tom Reed has 9 open cases, 50% more")).to_be_visible()
    expect(page.get_by_role("heading", name="How manageable was your work this month?")).to_be_visible()
    team = f"/console/cover/team/{story.teams[1].pk}/"
    for path in ("/console/", "/console/cover/", team, f"{team}zone/", "/console/pulse/"):
        page.goto(f"{live_server.url}{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("There is a problem")).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_word_of_the_picture_is_cut(new_context, live_server, story, size):
    page = new_context(viewport=size).new_page()
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/console/cover/team/{story.teams[1].pk}/")
    shown = page.locator("section:has(#load) svg[role=img]:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("9, +50%")
    cut = shown.evaluate(
        """e => { const box = e.getBoundingClientRect();
          return [...e.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
            return b.left < box.left - 1 || b.right > box.right + 1; }).map(t => t.textContent) }"""
    )
    assert cut == []


def test_from_the_home_to_a_case_that_is_handed_over(wide, live_server, story):
    sign_in(wide, live_server)
    wide.get_by_role("link", name="Hand cases over").click()
    expect(wide.get_by_role("row")).to_have_count(10)
    wide.get_by_role("link", name="Case 3").first.click()
    expect(wide.get_by_role("link", name="Hand over", exact=True)).to_be_visible()


def test_the_question_is_answered_by_keyboard(wide, live_server, story):
    sign_in(wide, live_server)
    wide.get_by_role("link", name="Answer").press("Enter")
    wide.get_by_label("Hardly manageable").focus()
    wide.keyboard.press("Space")
    wide.get_by_label("A few words").fill("Too many pages at night.")
    wide.get_by_label("A few words").press("Enter")
    expect(wide.get_by_text("Thank you. Your answer is counted, without your name.")).to_be_visible()
    expect(wide.get_by_role("heading", name="How manageable was your work this month?")).to_have_count(0)
    assert PulseTally.objects.get(said_2=1)


def test_not_now_takes_one_press(narrow, live_server, story):
    sign_in(narrow, live_server, "mate@example.com")
    narrow.get_by_role("button", name="Not now").click()
    expect(narrow.get_by_role("heading", name="How manageable was your work this month?")).to_have_count(0)
    narrow.reload()
    expect(narrow.get_by_role("heading", level=1)).to_be_visible()
    expect(narrow.get_by_role("button", name="Not now")).to_have_count(0)
