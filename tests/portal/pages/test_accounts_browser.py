"""Passkeys in a real browser with a virtual authenticator, a password that shows itself, and the rules of every page."""

import re

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from escalation.account_letters import SIGN_IN
from tests.cast import PASSWORD, gather
from tests.conftest import NARROW, WIDE
from tests.portal.pages.test_accounts import code_of
from tests.ways_in import sign_in_by_password


@pytest.fixture
def people(transactional_db):
    return gather()


@pytest.fixture
def address(live_server, settings):
    """The portal's address as a passkey knows it."""
    settings.BASE_URL = live_server.url.replace("127.0.0.1", "localhost")
    return settings.BASE_URL


def with_authenticator(page):
    """Gives the browser a device that answers for its owner; returns how to look into it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return lambda: session.send("WebAuthn.getCredentials", made)["credentials"]


def sign_in_by_code(page, address, email):
    page.goto(f"{address}/account/sign-in/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
    page.get_by_label("Code").fill(code_of(SIGN_IN))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{address}/cases/")


def test_a_passkey_is_added_and_signs_in_without_anything_typed(people, address, wide):
    held = with_authenticator(wide)
    sign_in_by_code(wide, address, "sam@example.com")
    wide.goto(f"{address}/account/signing-in/")
    wide.get_by_role("link", name="Add a passkey").click()
    wide.get_by_label("A name for it").fill("My laptop")
    wide.get_by_role("button", name="Add a passkey").click()
    expect(wide.get_by_role("status").first).to_have_text("Your passkey is added.")
    expect(wide.get_by_text("My laptop").first).to_be_visible()
    assert len(held()) == 1 and held()[0]["isResidentCredential"]
    wide.get_by_role("button", name="Sign out here").click()
    wide.goto(f"{address}/account/sign-in/?next=/account/")
    wide.get_by_role("button", name="Sign in with a passkey").click()
    expect(wide).to_have_url(f"{address}/account/")
    expect(wide.get_by_text("sam@example.com").first).to_be_visible()
    wide.goto(f"{address}/account/signing-in/")
    wide.get_by_role("link", name="Remove My laptop").click()
    wide.get_by_role("button", name="Remove it").click()
    expect(wide.get_by_role("link", name="Remove My laptop")).to_have_count(0)
    assert not Authenticator.objects.exists()
    wide.get_by_role("button", name="Sign out here").click()
    wide.goto(f"{address}/account/sign-in/")
    wide.get_by_role("button", name="Sign in with a passkey").click()
    expect(wide.get_by_role("alert")).to_contain_text("That passkey does not open anything here")


def test_staff_add_a_passkey_on_their_way_and_use_it_as_second_step(people, address, wide, settings):
    settings.STAFF_SECOND_FACTOR = True
    with_authenticator(wide)
    wide.goto(f"{address}/console/")
    sign_in_by_password(wide, "dana@example.com")
    expect(wide.get_by_role("heading", name="Set up a second step")).to_be_visible()
    wide.get_by_role("link", name="Add a passkey").click()
    wide.get_by_role("button", name="Add a passkey").click()
    expect(wide.get_by_role("heading", name="Recovery codes")).to_be_visible()
    wide.get_by_role("button", name="Show my codes").click()
    wide.get_by_role("link", name="I have kept them").click()
    expect(wide).to_have_url(f"{address}/console/")
    wide.get_by_role("button", name="Sign out").click()
    wide.goto(f"{address}/console/")
    sign_in_by_password(wide, "dana@example.com")
    wide.get_by_role("button", name="Use my passkey").click()
    expect(wide).to_have_url(f"{address}/console/")


def test_a_device_that_does_not_answer_is_said_and_nothing_is_sent(people, address, wide):
    wide.goto(f"{address}/account/sign-in/")
    refuse = "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"
    wide.evaluate(refuse)
    wide.get_by_role("button", name="Sign in with a passkey").click()
    expect(wide.get_by_text("Your device did not answer.")).to_be_visible()


def test_a_password_can_be_looked_at_and_pasted(people, address, wide):
    wide.goto(f"{address}/account/sign-in/password/")
    field = wide.get_by_label("Password", exact=True)
    field.fill(PASSWORD)
    wide.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    wide.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")
    pasted = "document.activeElement.dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true}))"
    field.focus()
    assert wide.evaluate(pasted)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_keeps_the_rules_and_fits(people, address, new_context, axe, size, scheme):
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    for path in ("/account/sign-in/", "/account/sign-in/password/"):
        page.goto(f"{address}{path}")
        assert axe(page) == [], path
    sign_in_by_code(page, address, "sam@example.com")
    pages = (
        "",
        "email/",
        "confirm/",
        "signing-in/",
        "signing-in/password/",
        "signing-in/passkeys/",
        "signing-in/second/",
    )
    for path in pages:
        page.goto(f"{address}/account/{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.goto(f"{address}/account/signing-in/app/")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", name=re.compile("Scan this"))).to_be_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_staff_are_warned_before_an_idle_session_ends_and_can_stay(people, address, wide, settings):
    settings.STAFF_IDLE_MINUTES = 3  # the page warns at once: it counts a minute less than the server does
    wide.goto(f"{address}/console/")
    sign_in_by_password(wide, "dana@example.com")
    warning = wide.get_by_role("alertdialog")
    expect(warning).to_contain_text("You are signed out in two minutes")
    expect(warning.get_by_role("button", name="Stay signed in")).to_be_focused()
    with wide.expect_response(f"{address}/account/stay/") as answered:
        warning.get_by_role("button", name="Stay signed in").click()
    assert answered.value.status == 204
