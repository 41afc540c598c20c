"""Tasks, questions and experts in a real browser: pressed without a script, and nothing for axe to find on any page."""

import pytest
from playwright.sync_api import expect

from cases.models import Task
from escalation import verbs
from escalation.beside import tell_tasks
from tests.cast import gather
from tests.portal.console import stories
from tests.portal.console.stories import act_url, minutes, page_url
from tests.portal.console.test_browser import NARROW, WIDE, sign_in


@pytest.fixture
def case(transactional_db, go):
    """A case with an overdue task, one that is done, and a question to Priya that waits and one she answered."""
    cast = gather()
    case, priya = stories.asked_expert(cast), cast.tiers[3]
    asked = case.consults.get()
    verbs.answer_consult(case.pk, consult=asked.pk, answer="Yes.", by=priya, at=minutes(7))
    given = {"expert": priya, "question": "And how soon?", "due_at": minutes(300)}
    verbs.consult(case.pk, **given, by=cast.supervisor, at=minutes(8))
    for n, text in enumerate(("Ring the depot", "Write to the bank", "Pack it again")):
        due = minutes(20 + 100 * n)
        verbs.add_task(case.pk, text=text, due_at=due, by=cast.tiers[1], at=minutes(9 + n), person=cast.supervisor)
    done = Task.objects.get(text="Write to the bank")
    verbs.finish_task(case.pk, task=done.pk, by=cast.tiers[1], at=minutes(12))
    tell_tasks(minutes(21))
    go(minutes(30))
    return case


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide-light", "narrow-dark"])
def test_every_page_keeps_the_rules_and_fits(new_context, live_server, case, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)
    expect(page.get_by_text("1 of your tasks and questions is overdue.")).to_be_visible()
    acts = [act_url(case, verb) for verb in ("add_task", "change_task", "drop_task", "consult", "take_back_question")]
    pages = (page_url(case), "/console/work/", "/console/experts/", f"/console/experts/?case={case.pk}", *acts)
    skills = ("/console/cases/skill/", "/console/cases/personskill/", "/console/cases/personskill/add/")
    for path in (*pages, *skills):
        page.goto(f"{live_server.url}{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path


def test_done_is_one_press_without_a_script(new_context, live_server, case):
    context = new_context(viewport=WIDE, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server)
    page.goto(f"{live_server.url}{page_url(case)}")
    expect(page.get_by_text("At risk: 1 overdue")).to_be_visible()
    page.get_by_role("button", name="Ring the depot").click()
    expect(page.get_by_text("Task done.", exact=True)).to_be_visible()
    expect(page.get_by_text("At risk: 1 overdue")).to_have_count(0)
    expect(page.get_by_text("2 of 3 done")).to_be_visible()
