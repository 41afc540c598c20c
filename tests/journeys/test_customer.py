"""What a customer does after filing, by hand in a browser, with scripts and without: every promise of the page kept to the end."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from cases.lifecycle import State
from cases.models import Case, Message, User
from escalation import verbs
from feedback.models import Survey
from portal import beat, clock
from tests import solving
from tests.cast import gather
from tests.portal.pages.scene import LOOK, answered, look_at, waiting_customer, working
from tests.portal.pages.test_journeys import deliver

NARROW = {"width": 360, "height": 800}


@pytest.fixture(autouse=True)
def monday():
    look_at(LOOK)
    yield
    clock.travel(timedelta())


@pytest.fixture
def people(transactional_db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return gather()


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def phone(request, new_context) -> Page:
    """A customer's own phone."""
    return new_context(java_script_enabled=request.param, viewport=NARROW).new_page()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def code_in_the_last_letter() -> str:
    deliver()
    found = (re.search(r"(?<!\d)\d{3} ?\d{3}(?!\d)", letter.body) for letter in reversed(mail.outbox))
    return next(code[0] for code in found if code)


def follow(page: Page, address: str, case: Case) -> None:
    """By reference, e-mail address and the code from the letter."""
    page.goto(f"{address}/follow/")
    page.get_by_label("Case reference").fill(case.reference.lower())
    page.get_by_label("E-mail", exact=True).fill("sam@example.com")
    press(page, "Send me a code")
    page.get_by_label("Code", exact=True).fill(code_in_the_last_letter())
    press(page, "Open my case")
    expect(page.get_by_role("heading", level=1)).to_have_text(case.title)


def test_follow_by_code_and_answer_our_question(phone, people, live_server):
    case = waiting_customer(people)
    follow(phone, live_server.url, case)
    expect(phone.get_by_text("Which charge?").first).to_be_visible()
    expect(phone.get_by_text("Waiting for you").first).to_be_visible()
    phone.get_by_label("Your message").fill("The second one, of 42.00.")
    press(phone, "Send message")
    expect(phone.get_by_role("status").first).to_contain_text("Your message is sent.")
    expect(phone.get_by_text("Waiting for you")).to_have_count(0)
    case.refresh_from_db()
    assert case.state == State.WORKING or case.state == State.ACKNOWLEDGED
    assert Message.objects.filter(case=case, from_customer=True, text="The second one, of 42.00.").exists()


def test_ask_for_a_supervisor_and_see_both_promises(phone, people, live_server):
    case = working(people)
    follow(phone, live_server.url, case)
    phone.get_by_role("link", name="Ask for a supervisor").click()
    expect(phone.get_by_text("keeps its place")).to_be_visible()
    phone.get_by_label("It is taking too long").check()
    phone.get_by_label("What would put it right?").fill("A call today.")
    press(phone, "Ask for a supervisor")
    expect(phone.get_by_text("A supervisor replies by")).to_be_visible()
    expect(phone.get_by_text("You will next hear from us by")).to_be_visible()
    verbs.answer_supervisor(case.pk, text="I call you at five.", granted=True, by=people.supervisor, at=clock.now())
    phone.reload()
    expect(phone.get_by_text("I call you at five.")).to_be_visible()
    expect(phone.get_by_text("A supervisor replies by")).to_have_count(0)


def test_reject_an_answer_then_accept_the_next_and_rate(phone, people, live_server):
    case = answered(people)
    follow(phone, live_server.url, case)
    phone.get_by_role("link", name="No, it is not").click()
    press(phone, "Open my case again")
    expect(phone).to_have_title(re.compile("^Error: "))
    phone.get_by_label("What is still wrong?").fill("Still charged.")
    press(phone, "Open my case again")
    expect(phone.get_by_role("status").first).to_contain_text("open again")
    assert Case.objects.get(pk=case.pk).state == State.REOPENED and Case.objects.count() == 1

    said = {"text": "The bank gave it back.", "outcome": "fixed", "root_cause": "two presses"}
    solving.answer(case.pk, by=people.tiers[1], at=clock.now(), **said)
    phone.reload()
    phone.get_by_role("link", name="Yes, it is fixed").click()
    expect(phone.get_by_text("The bank gave it back.")).to_be_visible()
    phone.get_by_label("Satisfied", exact=True).check()
    press(phone, "Yes, it is fixed")
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
    survey = Survey.objects.get(case=case)
    assert (survey.satisfaction, survey.fixed) == (4, Survey.Verdict.YES)
    assert Case.objects.get(pk=case.pk).state in (State.CONFIRMED, State.FEEDBACK)


def sign_in(page: Page, address: str, after: str) -> None:
    page.goto(f"{address}/account/sign-in/?next={after}")
    page.get_by_label("E-mail", exact=True).fill("sam@example.com")
    press(page, "Send me a code")
    page.get_by_label("Code", exact=True).fill(code_in_the_last_letter())
    press(page, "Sign in")
    expect(page).to_have_url(f"{address}{after}")


def test_take_a_copy_change_ones_mind_and_be_erased(phone, people, live_server, tmp_path):
    case = working(people, title="Charged twice for 88213")
    sign_in(phone, live_server.url, "/account/data/")
    press(phone, "Make my copy")
    expect(phone.get_by_text("We are making your file.")).to_be_visible()
    look_at(clock.now() + timedelta(minutes=3))
    beat.beat()
    deliver()
    assert any("/account/data/" in letter.body and letter.to == ["sam@example.com"] for letter in mail.outbox)
    phone.goto(f"{live_server.url}/account/data/")
    with phone.expect_download() as taken:
        phone.get_by_role("link", name="Download my copy").click(no_wait_after=True)
    taken.value.save_as(tmp_path / "copy.zip")
    with zipfile.ZipFile(tmp_path / "copy.zip") as copy:
        whole = json.loads(copy.read(next(name for name in copy.namelist() if name.endswith(".json"))))
    assert case.reference in json.dumps(whole) and "Charged twice for 88213" in json.dumps(whole)

    phone.goto(f"{live_server.url}/account/data/erase/")
    expect(phone.get_by_text("Charged twice for 88213")).to_be_visible()
    phone.get_by_label("E-mail").fill("sam@example.com")
    press(phone, "Erase my account")
    press(phone, "Keep my account")
    expect(phone.get_by_role("status").first).to_contain_text("Your account stays.")
    phone.goto(f"{live_server.url}/account/data/erase/")
    phone.get_by_label("E-mail").fill("sam@example.com")
    press(phone, "Erase my account")
    look_at(clock.now() + timedelta(days=14, hours=1))
    for _ in range(3):
        beat.beat()
        look_at(clock.now() + timedelta(minutes=10))
    phone.goto(f"{live_server.url}/account/")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Sign in")
    person = User.objects.get(pk=people.customer.pk)
    assert person.erased_at is not None and "sam" not in person.email and person.name != "Sam Okafor"
    case.refresh_from_db()
    assert case.state == State.WITHDRAWN and "88213" not in case.title
