"""The second step: who must take it, by what, and that there is no way round it."""

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from portal.accounts import gates
from tests.cast import PASSWORD
from tests.portal.pages.scene import working
from tests.portal.pages.test_accounts import ASK, CODE, WORD, code_of, signed_in
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import deliver

STEP, APP, SET_UP = "/account/second-step/", "/account/signing-in/app/", "/account/signing-in/second/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def asked_of_staff(settings):
    settings.STAFF_SECOND_FACTOR = True


def now_shown(secret: str = SECRET, steps: int = 0) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def with_app(person) -> list[str]:
    """Gives the person an authenticator app; returns their recovery codes."""
    totp.TOTP.activate(person, SECRET)
    return RecoveryCodes.activate(person).get_unused_codes()


def by_password(email: str, after: str = "/console/") -> tuple[Client, str]:
    browser = Client()
    answer = browser.post(f"{WORD}?next={after}", {"email": email, "password": PASSWORD})
    assert answer.status_code == 303
    return browser, answer["Location"]


class TestStaff:
    @pytest.mark.parametrize("path", ["/console/", "/console/cases/case/", "/insights/", "/cases/", "/console/login/"])
    def test_without_one_no_page_of_cases_opens_by_any_method(self, cast, path):
        browser = Client()
        browser.force_login(cast.manager if path == "/insights/" else cast.supervisor)
        for look in (browser.get, browser.head, browser.post):
            answer = look(path)
            assert answer.status_code == 303
            assert urlsplit(answer["Location"]).path == STEP
            assert parse_qs(urlsplit(answer["Location"]).query) == {"next": [path]}
        assert browser.get(answer["Location"])["Location"] == f"{SET_UP}?next={path}"
        assert browser.get(SET_UP).status_code == 200

    def test_a_case_of_a_customer_is_closed_too(self, cast):
        case, browser = working(cast), Client()
        browser.force_login(cast.supervisor)
        assert urlsplit(browser.get(f"/c/{case.reference}/")["Location"]).path == STEP

    def test_customers_are_never_asked(self, cast, sam):
        case = cast.file()
        assert sam.get(f"/c/{case.reference}/").status_code == 200
        assert sam.get("/console/").status_code == 404

    def test_set_up_on_the_way_leads_to_where_one_wanted(self, cast, django_capture_on_commit_callbacks):
        browser, first = by_password("dana@example.com", "/console/cases/case/")
        assert first == "/console/cases/case/"
        to_step = browser.get(first)["Location"]
        to_set_up = browser.get(to_step)["Location"]
        page = browser.get(to_set_up).content.decode()
        app = re.search(rf'href="({APP}[^"]*)"', page)[1].replace("&amp;", "&")
        assert Authenticator.objects.count() == 0
        browser.post(app, {"begin": "1", "next": first})
        secret = browser.session[totp.SECRET_SESSION_KEY]
        assert secret in text_of(browser.get(app))
        wrong = browser.post(app, {"code": "000000" if now_shown(secret) != "000000" else "000001", "next": first})
        assert "That code is not right" in text_of(wrong)
        with django_capture_on_commit_callbacks(execute=True):
            done = browser.post(app, {"code": now_shown(secret), "next": first})
        assert done["Location"] == f"/account/signing-in/recovery/?next={first}"
        shown = browser.post(done["Location"], {"show": "1"}).content.decode()
        assert len(re.findall(r"<code>\d{8}</code>", shown)) == 10 and f'href="{first}"' in shown
        assert browser.get(first).status_code == 200
        stored = repr(list(Authenticator.objects.values_list("data", flat=True)))
        assert secret not in stored
        assert "An authenticator app was added" in deliver()[-1].subject

    @pytest.mark.parametrize("by", ["password", "code"])
    def test_with_an_app_the_first_proof_alone_signs_nobody_in(self, cast, by):
        with_app(cast.supervisor)
        if by == "password":
            browser, after = by_password("dana@example.com")
        else:
            browser = Client()
            browser.post(f"{ASK}?next=/console/", {"email": "dana@example.com"})
            after = browser.post(CODE, {"code": code_of("sign_in_code")})["Location"]
        assert after == STEP
        assert browser.get("/console/")["Location"].startswith("/console/login/")
        assert browser.get("/account/").status_code == 303
        assert "_auth_user_id" not in browser.session
        done = browser.post(STEP, {"code": now_shown()})
        assert (done.status_code, done["Location"]) == (303, "/console/")
        assert browser.get("/console/").status_code == 200

    def test_a_code_of_the_app_works_once(self, cast):
        with_app(cast.supervisor)
        code = now_shown()
        first, second = by_password("dana@example.com")[0], by_password("dana@example.com")[0]
        assert first.post(STEP, {"code": code})["Location"] == "/console/"
        assert "That code is not right" in text_of(second.post(STEP, {"code": code}))

    def test_a_recovery_code_works_once(self, cast):
        code = with_app(cast.supervisor)[0]
        first, second = by_password("dana@example.com")[0], by_password("dana@example.com")[0]
        assert first.post(STEP, {"code": code})["Location"] == "/console/"
        assert "That code is not right" in text_of(second.post(STEP, {"code": code}))
        assert "9 recovery codes are left" in text_of(first.get("/account/signing-in/"))

    def test_guesses_at_the_second_step_are_stopped_for_the_account(self, cast):
        with_app(cast.supervisor)
        wrong = "000000" if now_shown() != "000000" else "000001"
        for number in range(10):
            browser, _ = by_password("dana@example.com")
            assert browser.post(STEP, {"code": wrong}, REMOTE_ADDR=f"10.0.0.{number}").status_code == 200
        browser, _ = by_password("dana@example.com")
        assert browser.post(STEP, {"code": now_shown()}).status_code == 429

    def test_a_session_of_before_takes_the_step_later(self, cast):
        with_app(cast.supervisor)
        browser = Client()
        browser.force_login(cast.supervisor)
        page = browser.get("/console/", follow=True)
        assert "One more step" in text_of(page)
        assert browser.post(f"{STEP}?next=/console/", {"code": now_shown()})["Location"] == "/console/"
        assert browser.get("/console/").status_code == 200

    def test_asking_costs_no_query(self, cast):
        with_app(cast.supervisor)
        browser, _ = by_password("dana@example.com")
        browser.post(STEP, {"code": now_shown()})
        browser.get("/console/")  # what a process looks up once is looked up
        counts = []
        for wanted in (True, False):
            with override_settings(STAFF_SECOND_FACTOR=wanted), CaptureQueriesContext(connection) as asked:
                assert browser.get("/console/").status_code == 200
            counts.append(len(asked))
        assert counts[0] == counts[1]

    def test_somebody_elses_proof_in_a_session_counts_for_nothing(self, cast):
        with_app(cast.supervisor)
        browser, _ = by_password("dana@example.com")
        browser.post(STEP, {"code": now_shown()})
        records = browser.session[AUTHENTICATION_METHODS_SESSION_KEY]
        other = Client()
        other.force_login(cast.manager)
        session = other.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = records
        session.save()
        assert other.get("/insights/").status_code == 303

    def test_an_idle_browser_is_signed_out_and_a_busy_one_is_not(self, cast, settings, monkeypatch):
        with_app(cast.supervisor)
        browser, _ = by_password("dana@example.com")
        browser.post(STEP, {"code": now_shown()})
        start = time.time()
        for minutes in (50, 100, 150):
            monkeypatch.setattr(gates.time, "time", lambda at=start + minutes * 60: at)
            assert browser.get("/console/").status_code == 200, minutes
        monkeypatch.setattr(gates.time, "time", lambda: start + 211 * 60)
        assert browser.get("/console/")["Location"].startswith("/console/login/")
        monkeypatch.undo()
        assert browser.get("/account/").status_code == 303

    def test_a_made_up_sign_of_life_is_none(self, cast, settings, monkeypatch):
        with_app(cast.supervisor)
        browser, _ = by_password("dana@example.com")
        browser.post(STEP, {"code": now_shown()})
        start = time.time()
        monkeypatch.setattr(gates.time, "time", lambda: start + 61 * 60)
        browser.cookies[settings.IDLE_COOKIE_NAME] = f"{int(start) + 3600}.{'0' * 64}"
        assert browser.get("/console/")["Location"].startswith("/console/login/")


class TestCustomers:
    def test_an_app_is_asked_for_and_can_be_taken_off_again(self, cast):
        browser = signed_in("sam@example.com")
        browser.post(APP, {"begin": "1"})
        secret = browser.session[totp.SECRET_SESSION_KEY]
        assert browser.post(APP, {"code": now_shown(secret)})["Location"].startswith("/account/signing-in/recovery/")
        _browser, after = by_password("sam@example.com", "/cases/")
        assert after == STEP
        assert browser.get(f"{APP}remove/").status_code == 200
        assert browser.post(f"{APP}remove/")["Location"] == "/account/signing-in/"
        assert not Authenticator.objects.exists()
        assert "was removed from your account" in deliver()[-1].subject
        assert by_password("sam@example.com", "/cases/")[1] == "/cases/"

    def test_looking_at_the_set_up_makes_no_secret(self, cast):
        browser = signed_in("sam@example.com")
        assert browser.get(APP).status_code == 200
        assert totp.SECRET_SESSION_KEY not in browser.session

    def test_new_recovery_codes_make_the_old_ones_worthless(self, cast):
        old = with_app(cast.customer)
        browser, _ = by_password("sam@example.com", "/cases/")
        browser.post(STEP, {"code": now_shown()})
        shown = browser.post("/account/signing-in/recovery/", {"renew": "1"}).content.decode()
        new = re.findall(r"<code>(\d{8})</code>", shown)
        assert len(new) == 10 and not set(new) & set(old)
        assert not re.findall(r"<code>\d", browser.get("/account/signing-in/recovery/").content.decode())


@pytest.mark.parametrize(
    "credential",
    ["", "no json", "[]", "null", "3", '"x"', "{}", '{"id": 3}', '{"response": {}}', '{"response": {"userHandle": 7}}',
     '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":"OTk5","clientDataJSON":"AA","authenticatorData":"AA","signature":"AA"}}',
     "{" * 5000, "[" * 17000],
)  # fmt: skip
def test_whatever_a_browser_sends_in_place_of_a_passkey_is_one_sentence(cast, credential):
    stranger, known = Client(), signed_in("olga@example.com")
    stranger.post("/account/passkey-options/")
    page = stranger.post("/account/sign-in/passkey/", {"credential": credential})
    assert page.status_code == 200 and "That passkey does not open anything here" in text_of(page)
    known.post("/account/passkey-options/", {"for": "add"})
    page = known.post("/account/signing-in/passkeys/", {"credential": credential, "name": "x"})
    assert page.status_code == 200 and "That passkey does not open anything here" in text_of(page)
    assert not Authenticator.objects.exists()
