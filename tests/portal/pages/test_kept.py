"""A text that is sent after the session has ended is not lost, and goes nowhere by itself."""

import html
import re

import pytest
from django.test import Client

from cases.models import Case, Message
from cases.reference import make_reference
from portal.pages.kept import HERE, MOST
from tests.portal.pages.scene import answered, working
from tests.portal.pages.test_access import checksums
from tests.portal.pages.test_accounts import ASK, CODE, code_of
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import code_in, deliver

TEXT = "Line one <b>bold</b> & “more”\n\n  the third"


def hidden(page) -> dict[str, str]:
    """The fields a form of the page would send again, as a browser reads them."""
    body = page.content.decode().partition("<main")[2].partition("</main>")[0]
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
    found |= {
        name: text.removeprefix("\n")
        for name, text in re.findall(r'(?s)<textarea name="([^"]+)" hidden>(.*?)</textarea>', body)
    }
    return {name: html.unescape(value) for name, value in found.items()}


def test_a_message_is_sent_after_signing_in_again(cast):
    case, browser = working(cast), Client(enforce_csrf_checks=True)
    path = f"/c/{case.reference}/message/"
    browser.get(ASK)
    token = browser.cookies["milepost_csrf"].value
    page = browser.post(
        path, {"text": TEXT, "seen": "3", "idempotency_key": "k" * 22, "password": "x", "csrfmiddlewaretoken": token}
    )
    assert page.status_code == 200 and "your text is kept" in text_of(page)
    assert "<b>bold" not in page.content.decode()
    fields = hidden(page)
    assert fields["text"] == TEXT and fields["seen"] == "3" and "password" not in fields
    went = browser.post(HERE, fields | {"sign_in": "1"})
    assert went["Location"] == f"{ASK}?next={HERE}"
    browser.post(went["Location"], hidden(browser.get(went["Location"])) | {"email": "sam@example.com"})
    typed = hidden(browser.get(CODE)) | {"code": code_of("sign_in_code")}
    assert browser.post(CODE, typed)["Location"] == HERE
    assert not Message.objects.filter(case=case, text__contains="Line one").exists()
    ready = browser.get(HERE)
    assert f'action="{path}"' in ready.content.decode()
    assert browser.post(path, hidden(ready))["Location"] == f"/c/{case.reference}/"
    assert Message.objects.get(case=case, text__contains="Line one").text == TEXT.strip()
    browser.post(path, hidden(browser.get(HERE)))
    assert Message.objects.filter(case=case, text__contains="Line one").count() == 1


def test_a_guest_comes_back_by_the_code_of_the_case(cast):
    case, browser = answered(cast), Client()
    page = browser.post(f"/c/{case.reference}/not-fixed/", {"text": TEXT})
    went = browser.post(HERE, hidden(page) | {"follow": "1"})
    assert went["Location"] == f"/follow/?reference={case.reference}&page=not-fixed"
    browser.post(went["Location"], {"reference": case.reference, "email": "sam@example.com"})
    assert browser.post("/follow/code/", {"code": code_in(deliver()[-1])})["Location"] == HERE
    browser.post(f"/c/{case.reference}/not-fixed/", hidden(browser.get(HERE)))
    assert Case.objects.get(pk=case.pk).state != case.state


@pytest.mark.parametrize("act", ["message", "supervisor", "not-fixed", "reopen", "withdraw"])
def test_each_of_these_pages_keeps_it_and_stores_nothing(cast, act):
    case, before = working(cast), checksums()
    page = Client().post(f"/c/{case.reference}/{act}/", {"text": TEXT, "reason": "slow"})
    assert page.status_code == 200 and hidden(page)["path"] == f"/c/{case.reference}/{act}/"
    assert checksums() == before


def test_a_case_that_is_not_there_is_answered_alike(cast):
    here, gone = working(cast).reference, make_reference("MP")
    pages = [Client().post(f"/c/{one}/message/", {"text": TEXT}).content.decode() for one in (here, gone)]
    plain = [re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", one) for one in pages]
    assert plain[0].replace(here, "-") == plain[1].replace(gone, "-")


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/c/x/message/", "//evil.example", "/console/", "/account/email/", "/c/x/why/", "x" * 300, ""],
)
def test_it_goes_only_to_those_pages(cast, sam, path):
    assert sam.post(HERE, {"path": path, "text": TEXT})["Location"] == "/cases/"
    assert "kept" not in sam.session


def test_nothing_written_or_far_too_much_is_not_kept(cast):
    case = working(cast)
    for text in ("", "  ", "x" * (MOST + 1)):
        assert Client().post(f"/c/{case.reference}/message/", {"text": text}).status_code == 303


def test_it_can_be_thrown_away_and_ends_by_itself(cast, sam):
    path = f"/c/{working(cast).reference}/message/"
    assert sam.post(HERE, {"path": path, "text": TEXT})["Location"] == HERE
    assert sam.post(HERE, {"drop": "1"})["Location"] == "/cases/"
    assert sam.get(HERE)["Location"] == "/cases/"
    sam.post(HERE, {"path": path, "text": TEXT})
    session = sam.session
    session["kept"] = session["kept"] | {"at": session["kept"]["at"] - 3601}
    session.save()
    assert sam.get(HERE)["Location"] == "/cases/"


def test_an_old_form_secret_keeps_the_text_only_for_a_page_of_ours(cast):
    case, browser = working(cast), Client(enforce_csrf_checks=True)
    browser.force_login(cast.customer)
    path, typed = f"/c/{case.reference}/message/", {"text": TEXT, "csrfmiddlewaretoken": "x" * 64}
    browser.get(path)
    ours = browser.post(path, typed, headers={"origin": "http://testserver"})
    assert ours.status_code == 403 and hidden(ours)["text"] == TEXT
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
        foreign = browser.post(path, typed, headers=headers)
        assert foreign.status_code == 403 and "Line one" not in foreign.content.decode()
