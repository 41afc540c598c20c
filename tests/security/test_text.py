"""Stored scripts, forged mail headers, disguised names: what people type is shown as text and goes nowhere else."""

import html
import re
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.test import Client

from cases.models import Case
from escalation import outbox, verbs
from portal import clock
from tests.portal.pages.scene import acknowledged, step
from tests.portal.pages.test_journeys import file_as_guest, look

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7|add:7 }}{% debug %}",
    "</textarea><script>alert(1)</script>",
)


class Reader(HTMLParser):
    """Reads a page as a browser does: which elements there are, with which attributes."""

    def __init__(self, page) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.content.decode())

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_is_text(page) -> None:
    """No element, attribute or address of the page came from a person."""
    for tag, attributes in Reader(page).found:
        assert tag not in ("img", "iframe", "object", "embed", "style")
        assert tag != "script" or attributes["src"].startswith("/static/")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        addresses = [attributes.get(name) or "" for name in ("href", "src", "action")]
        assert not [address for address in addresses if address.strip().lower().startswith("javascript:")]


@pytest.mark.parametrize("attack", ATTACKS)
def test_xss_in_title_description_name_and_message(attack, cast):
    browser = Client()
    told = {"title": attack, "description": attack, "expectation": attack, "name": attack}
    assert_is_text(look(browser, **told))
    sent = file_as_guest(browser, **told)
    case = Case.objects.get()
    path = f"/c/{case.reference}/"
    browser.post(path + "message/", {"text": attack})
    for page in (sent["Location"], path, "/cases/?filter=all", "/", f"{path}supervisor/", f"{path}withdraw/"):
        shown = browser.get(page)
        assert shown.status_code == 200
        assert_is_text(shown)
    assert html.escape(attack, quote=True) in browser.get(path).content.decode()


@pytest.mark.parametrize("attack", ATTACKS)
def test_xss_in_a_search_and_in_a_name_of_staff(attack, cast, sam):
    assert_is_text(sam.get("/cases/", {"q": attack, "filter": attack, "page": attack}))
    cast.tiers[1].name = attack
    cast.tiers[1].save(update_fields=["name"])
    case = acknowledged(cast)
    verbs.update(case.pk, text=attack, by=cast.tiers[1], at=step(15))
    assert_is_text(sam.get(f"/c/{case.reference}/"))


@pytest.mark.parametrize("attack", ["Hi\r\nBcc: evil@example.org", "Hi\nSubject: x", "Hi\x00there", "a\u2028Bcc: x"])
def test_mail_headers_cannot_be_forged_by_title_or_name(attack, cast):
    file_as_guest(Client(), title=attack, name=attack, email="sam@example.com")
    case = Case.objects.get()
    assert not re.search(r"[\r\n\x00\u2028]", case.title)
    while outbox.deliver_batch(clock.now()):
        pass
    assert mail.outbox
    for message in mail.outbox:
        raw = message.message()
        assert raw["Bcc"] is None
        assert len(raw.get_all("Subject")) == len(raw.get_all("To")) == 1
        assert "evil@example.org" not in message.recipients()


def test_direction_turns_are_taken_out_of_a_title(cast):
    file_as_guest(Client(), title="invoice\u202egpj.exe")
    assert Case.objects.get().title == "invoicegpj.exe"


def test_links_of_staff_and_customers_give_no_page_away(cast, sam):
    case = acknowledged(cast)
    verbs.update(case.pk, text="See https://example.org/a", by=cast.tiers[1], at=step(15))
    assert '<a href="https://example.org/a" rel="nofollow">' in sam.get(f"/c/{case.reference}/").content.decode()
