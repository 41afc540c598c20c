"""From a link in a letter to the page it names, for somebody who has not proved yet that the case is theirs."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Message
from cases.reference import make_reference
from portal.pages.wanted import safe_page
from tests.portal.pages.scene import answered, waiting_customer, working
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import code_in, deliver, file_as_guest, link_in

PAGES = ("", "message/", "why/", "supervisor/", "fixed/", "not-fixed/", "reopen/", "withdraw/")


@pytest.fixture
def guest(cast):
    """A browser that follows a case of its own, and no other."""
    client = Client()
    file_as_guest(client)
    return client


def lines(response) -> tuple:
    return response.status_code, response.content, sorted(response.headers.items())


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_for_a_code_whatever_the_reference(page, cast):
    there, missing = working(cast).reference, make_reference("MP")
    found = []
    for reference in (there, missing):
        with CaptureQueriesContext(connection) as asked:
            answer = Client().get(f"/c/{reference}/{page}")
        assert answer["Location"].startswith(f"/follow/?reference={reference}")
        found.append((len(asked), str(lines(answer)).replace(reference, "")))
    assert found[0] == found[1]
    assert "303" in found[0][1]


def test_a_guest_of_another_case_learns_no_more(cast, guest):
    there, missing = working(cast).reference, make_reference("MP")
    found = []
    for reference in (there, missing):
        with CaptureQueriesContext(connection) as asked:
            answer = guest.get(f"/c/{reference}/")
        found.append((len(asked), str(lines(answer)).replace(reference, "")))
    assert found[0] == found[1]
    assert answer["Location"] == f"/follow/?reference={missing}"


def test_what_cannot_be_a_reference_stays_not_found(cast):
    reference = working(cast).reference
    slip = reference[:-1] + ("2" if reference[-1] != "2" else "3")
    assert {Client().get(f"/c/{typed}/").status_code for typed in (slip, "nonsense", "%00", "x" * 300)} == {404}


def test_posting_without_a_session_changes_nothing(cast):
    case = answered(cast)
    for page in ("fixed", "not-fixed", "message"):
        answer = Client().post(f"/c/{case.reference}/{page}/", {})
        assert (answer.status_code, answer["Location"]) == (303, f"/follow/?reference={case.reference}&page={page}")
    for page, typed in (("not-fixed", {"text": "No"}), ("message", {"text": "Hello"})):
        # What was written is shown again: see test_kept.
        assert Client().post(f"/c/{case.reference}/{page}/", typed).status_code == 200
    assert Case.objects.get(pk=case.pk).event_seq == case.event_seq
    assert not Message.objects.filter(case=case, text__in=("No", "Hello")).exists()


@pytest.mark.parametrize(("page", "lands"), [("fixed/", "fixed/"), ("message/", "message/"), ("", "")])
def test_the_code_leads_to_the_page_one_came_for(page, lands, cast):
    case, browser = answered(cast), Client()
    deliver()
    asks = browser.get(f"/c/{case.reference}/{page}")["Location"]
    assert f'value="{case.reference}"' in browser.get(asks).content.decode()
    browser.post(asks, {"reference": case.reference, "email": "sam@example.com"})
    assert browser.get(asks).context["after"] == f"/c/{case.reference}/{lands}"
    (coded,) = deliver()
    opened = browser.post("/follow/code/", {"code": code_in(coded)})
    assert (opened.status_code, opened["Location"]) == (303, f"/c/{case.reference}/{lands}")
    page = browser.get(opened["Location"], follow=True)
    assert f"You are following case {case.reference} on this device." in text_of(page)


def test_the_mailed_link_leads_there_too_in_the_same_browser(cast):
    case, browser = answered(cast), Client()
    deliver()
    browser.post(
        f"/follow/?reference={case.reference}&page=fixed", {"reference": case.reference, "email": "sam@example.com"}
    )
    (coded,) = deliver()
    link = link_in(coded, "follow")
    assert browser.post(link)["Location"] == f"/c/{case.reference}/fixed/"
    assert Client().post(link)["Location"] == f"/c/{case.reference}/"


def test_a_page_of_one_case_is_not_carried_to_another(cast):
    one, other, browser = answered(cast), working(cast), Client()
    deliver()
    browser.post(
        f"/follow/?reference={one.reference}&page=fixed", {"reference": other.reference, "email": "sam@example.com"}
    )
    (coded,) = deliver()
    assert browser.post("/follow/code/", {"code": code_in(coded)})["Location"] == f"/c/{other.reference}/"


@pytest.mark.parametrize(
    "page",
    [
        "",
        "nonsense",
        "..",
        "../../console",
        "//evil.example",
        "https://evil.example/",
        "fixed/?x=1",
        "fixed#x",
        "fixed/x",
        "\x00",
        " ",
    ],
)
def test_no_other_page_is_ever_kept(page):
    assert safe_page("MP-7K4M-29", page) == ""


def test_only_what_can_be_a_reference_is_filled_in(cast):
    assert Client().get("/follow/?reference=%22%3E%3Cscript%3E").context["form"].initial == {"reference": ""}
    reference = make_reference("MP")
    page = Client().get(f"/follow/?reference={reference.lower()}&page=%22%3E%3Cscript%3E")
    assert f'value="{reference}"' in page.content.decode()
    assert "<script>" not in re.sub(r"<script type.*?</script>", "", page.content.decode())
    assert page.context["after"] == f"/c/{reference}/"


def test_the_question_in_a_letter_leads_to_its_form(cast):
    case = waiting_customer(cast)
    (letter,) = [m for m in deliver() if m.subject.startswith("We need your answer")]
    asks = Client().get(f"/c/{case.reference}/message/")["Location"]
    assert f"/c/{case.reference}/message/" in letter.body
    assert asks == f"/follow/?reference={case.reference}&page=message"


def test_a_wrong_reference_is_told_what_one_looks_like_and_where_it_stands(cast):
    page = text_of(Client().post("/follow/", {"reference": "AB-12", "email": "sam@example.com"}))
    assert "looks like MP-7K4M-29" in page
    assert "in the subject of our e-mails, at the end, in square brackets" in page
