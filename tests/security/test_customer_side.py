"""The doors of customers: whose case a browser sees, which code opens an account, and who gets past the second step."""

import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import AccessLink, Attachment, Case, Message
from cases.theirs import drop_drafts
from escalation import verbs
from portal import clock
from tests.feedback.article_shelf import shelf
from tests.portal.pages.scene import working
from tests.portal.pages.test_accounts import ASK, CODE
from tests.portal.pages.test_journeys import FILING, code_in, deliver, file_as_guest, hidden_on, look


def token_in(letters) -> str:
    return next(found[1] for letter in letters if (found := re.search(r"/follow/([\w-]{20,})/", letter.body)))


class TestFiledInSomebodysName:
    """Anybody can file under any address. What its reader then says there is not for whoever did."""

    def filed(self, email: str = "sam@example.com"):
        stranger = Client()
        file_as_guest(stranger, email=email)
        return stranger, Case.objects.get()

    def test_who_filed_it_sees_it_until_the_address_is_proved_elsewhere(self, cast):
        stranger, case = self.filed()
        assert stranger.get(f"/c/{case.reference}/").status_code == 200
        reader = Client()
        assert reader.post(f"/follow/{token_in(deliver())}/").status_code == 303
        verbs.reply(case.pk, text="My account number is 4711", by=cast.customer, at=clock.now())
        asked = f"/follow/?reference={case.reference}"
        for path in ("", "why/", "who/", "?print=1"):
            page = stranger.get(f"/c/{case.reference}/{path}")
            assert (page.status_code, page["Location"][: len(asked)]) == (303, asked)
        for path in ("message/", "withdraw/", "supervisor/"):
            assert stranger.post(f"/c/{case.reference}/{path}", {"reason": "slow"})["Location"].startswith(asked)
        assert case.reference not in stranger.get("/cases/?filter=all&q=4711").content.decode()
        assert case.title not in stranger.get("/").content.decode()
        assert "4711" in reader.get(f"/c/{case.reference}/").content.decode()

    def test_who_proves_it_in_the_same_browser_goes_on_there(self, cast):
        browser, case = self.filed()
        browser.post(f"/follow/{token_in(deliver())}/")
        assert browser.get(f"/c/{case.reference}/").status_code == 200

    def test_a_second_press_opens_no_case_that_was_proved_since(self, cast):
        stranger = Client()
        typed = hidden_on(look(stranger, email="sam@example.com"))
        stranger.post("/cases/new/check/", typed)
        case = Case.objects.get()
        Client().post(f"/follow/{token_in(deliver())}/")
        stranger.post("/cases/new/check/", typed)
        assert stranger.get(f"/c/{case.reference}/").status_code == 303

    def test_what_the_customer_writes_signed_in_is_not_for_who_filed_it_and_moves_nowhere(self, cast, sam):
        """The page after filing could have moved the case, with these words, to an address of the stranger's."""
        stranger, case = self.filed()
        again = f"/cases/new/sent/{case.reference}/again/"
        assert stranger.get(again).status_code == 200
        sam.post(f"/c/{case.reference}/message/", {"text": "My account number is 4711"})
        assert stranger.get(f"/c/{case.reference}/").status_code == 303
        stranger.post(again, {"email": "stranger@example.org"})
        case.refresh_from_db()
        assert case.customer == cast.customer and case.is_proven

    def test_nor_is_a_draft_that_is_added_to_it(self, cast, sam):
        stranger, case = self.filed()
        sam.post("/cases/new/one-page/", FILING)
        sam.post("/cases/new/similar/", {"match": f"case:{case.reference}"})
        assert Message.objects.filter(case=case).exists()
        assert stranger.get(f"/c/{case.reference}/").status_code == 303


class TestSharedBrowser:
    def test_signing_out_lets_go_of_what_a_guest_sent_here(self, cast):
        browser = Client()
        typed = hidden_on(look(browser))
        browser.post("/cases/new/check/", typed)
        case = Case.objects.get()
        browser.force_login(cast.other)
        browser.post("/account/sign-out/")
        assert not browser.cookies[settings.DRAFT_COOKIE_NAME].value
        del browser.cookies[settings.DRAFT_COOKIE_NAME]
        assert browser.post("/cases/new/check/", typed)["Location"] == "/cases/new/"
        assert browser.get(f"/c/{case.reference}/").status_code == 303


class TestAnAddressThatWasLeft:
    def test_a_code_that_went_there_opens_the_account_no_more(self, cast):
        thief = Client()
        thief.post(ASK, {"email": "sam@example.com"})
        code = code_in(deliver()[-1])
        cast.customer.email = "sam@elsewhere.example"
        cast.customer.save(update_fields=["email"])
        assert thief.post(CODE, {"code": code}).status_code == 200
        assert thief.get("/account/").status_code == 303

    def test_links_that_went_there_open_no_case_any_more(self, cast):
        case = Case.objects.get(pk=working(cast).pk)
        links = token_in(deliver())
        inside, person = Client(), Client()
        inside.post(f"/follow/{links}/")
        assert inside.get(f"/c/{case.reference}/").status_code == 200
        person.post(ASK, {"email": "sam@example.com"})
        person.post(CODE, {"code": code_in(deliver()[-1])})
        person.post("/account/email/", {"email": "sam@elsewhere.example"})
        assert AccessLink.objects.filter(case=case, user=cast.customer).exists()
        person.post("/account/email/code/", {"code": code_in(deliver()[-1])})
        cast.customer.refresh_from_db()
        assert cast.customer.email == "sam@elsewhere.example"
        assert Client().post(f"/follow/{links}/").status_code == 404
        assert inside.get(f"/c/{case.reference}/").status_code == 303


class TestSecondStep:
    @pytest.fixture(autouse=True)
    def asked_of_staff(self, settings):
        settings.STAFF_SECOND_FACTOR = True

    def test_articles_for_staff_only_are_behind_it(self, cast):
        """Staff read internal articles at the address customers read the others at."""
        mailbox_only = Client()
        mailbox_only.force_login(cast.supervisor)
        article = f"/help/{shelf(cast)['internal'].slug}/"
        for path in (article, "/help/", "/help/?q=refund"):
            assert mailbox_only.get(path)["Location"].startswith("/account/second-step/")
        assert Client().get("/help/").status_code == 200

    @pytest.mark.parametrize("path", ["/console/", "/insights/", "/cases/"])
    def test_a_prefix_a_header_names_leads_not_past_it(self, path, cast):
        """gunicorn takes SCRIPT_NAME from a header of who it trusts: a proxy on the same machine that hands all on."""
        mailbox_only = Client()
        mailbox_only.force_login(cast.supervisor)
        answer = mailbox_only.get(path, SCRIPT_NAME="/x")
        assert answer.status_code == 303
        assert "/account/second-step/" in answer["Location"]


@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example/a?b", "/\\evil.example/", "///evil.example"])
def test_choosing_a_language_leads_to_no_other_site(path, db):
    """A page that is not there has the choice too, and its own address may begin with two strokes."""
    for said in ({"next": f"http://testserver{path}"}, {}):
        answer = Client().post("/language/", {"language": "de"} | said, headers={"referer": f"http://testserver{path}"})
        assert answer["Location"] == "/"


def test_erasing_takes_files_along_that_were_added_before_signing_in(cast):
    """The row of such a file names nobody: it stayed for as long as the draft would have waited."""
    browser = Client()
    browser.post("/cases/new/one-page/", FILING)
    browser.post("/cases/new/files/", {"files": SimpleUploadedFile("scan.txt", b"my passport")})
    browser.force_login(cast.customer)
    browser.post("/cases/new/one-page/", FILING | {"title": "Another title"})
    assert Attachment.objects.filter(case=None, uploaded_by=None).count() == 1
    drop_drafts(cast.customer)
    assert not Attachment.everything.exists()
