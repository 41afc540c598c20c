"""No sentence is forgotten where one comes only by a way: filing to its end, signing in, errors, known problems, the copy."""

import zipfile
from datetime import timedelta
from zoneinfo import available_timezones

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.utils import translation

from cases.files import KINDS
from cases.models import Case, DataCopy
from escalation.account_letters import SIGN_IN
from portal import clock
from portal.keeping import copies
from portal.pages import errors
from tests.feedback.article_shelf import shelf
from tests.portal.pages.scene import answered, confirmed, working
from tests.portal.pages.test_accounts import ASK, code_of
from tests.portal.pages.test_accounts import CODE as CODE_PAGE
from tests.portal.pages.test_journeys import deliver, send
from tests.portal.pages.test_second_step import STEP, with_app
from tests.portal.pages.test_survey import linked, passed_up
from tests.portal.pages.test_wizard import CARD, PAGES, answer, walk
from tests.portal.problem_stories import ended, opened, said
from tests.pseudo import CODE, leaks, users_own

pytestmark = [pytest.mark.usefixtures("spoken"), pytest.mark.once]


def speaker(person=None, **more) -> Client:
    """A browser of the made-up language."""
    browser = Client(headers={"accept-language": CODE}, **more)
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = CODE
    if person:
        browser.force_login(person)
        browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = CODE
    return browser


def left(page, status: int = 200, *own: str) -> list[str]:
    """What a page says that no catalogue could change."""
    assert (page.status_code, page["Content-Language"]) == (status, CODE)
    return leaks(page.text, sorted([*users_own(), *own], key=len, reverse=True))


def all_of(browser: Client, *paths: str) -> dict[str, list[str]]:
    return {path: found for path in paths if (found := left(browser.get(path)))}


TYPED = [text for page in PAGES.values() for text in page.values() if text]
FILES = ["statement.txt", "tool.exe", *(ending.upper() for ending in KINDS)]


def a_file(name: str):
    return {"files": SimpleUploadedFile(name, b"Two payments."), "more": "yes"}


@pytest.mark.parametrize("known", [True, False], ids=["customer", "guest"])
def test_every_stop_of_filing(known, cast):
    browser = speaker(cast.customer if known else None)
    shelf(cast)
    opened(cast, topics=("billing",))
    browser.get("/cases/new/topic/")
    found = {}
    steps = [step for step in PAGES if not (known and step == "contact")]
    for step in steps:
        page = f"/cases/new/{step}/"
        found[page] = left(browser.get(page), 200, *TYPED)
        if step != "files":
            wrong = dict.fromkeys(PAGES[step], "")
            found[f"{page} empty"] = left(browser.post(page, wrong), 200, *TYPED)
            long = dict.fromkeys(PAGES[step], "y" * 9000)
            found[f"{page} long"] = left(browser.post(page, long), 200, *TYPED, "y" * 9000)
        else:
            found[f"{page} refused"] = left(browser.post(page, a_file("tool.exe")), 200, *TYPED, *FILES)
            browser.post(page, a_file("statement.txt"))
            found[f"{page} one"] = left(browser.get(page), 200, *TYPED, *FILES)
        if step == "details":
            secret = PAGES[step] | {"description": f"My card is {CARD}"}
            found[f"{page} secret"] = left(browser.post(page, secret), 200, *TYPED, "4111")
            answer(browser, step, title="When does my refund arrive?")
            found["similar"] = left(browser.get("/cases/new/similar/"), 200, *TYPED)
        else:
            answer(browser, step, **({"language": CODE} if step == "contact" else {}))
    found["again"] = left(browser.get("/cases/new/topic/"), 200, *TYPED)
    found["one page"] = left(browser.get("/cases/new/one-page/"), 200, *TYPED)
    found["one page wrong"] = left(browser.post("/cases/new/one-page/", {}), 200, *TYPED)
    found["later"] = left(browser.get("/cases/new/later/"), 200, *TYPED)
    check = browser.get("/cases/new/check/")
    found["check"] = left(check, 200, *TYPED, *FILES, "When does my refund arrive?")
    found["home"] = left(browser.get("/"), 200, *TYPED, "When does my refund arrive?")
    went = send(browser, check)
    found["sent"] = left(browser.get(went["Location"]), 200, *TYPED)
    if not known:
        found["receipt"] = left(browser.get(f"{went['Location']}again/"), 200, *TYPED)
        found["receipt wrong"] = left(browser.post(f"{went['Location']}again/", {"email": "x"}), 200, *TYPED)
    found["case"] = left(browser.get(f"/c/{Case.objects.get().reference}/"), 200, *TYPED, *FILES)
    assert not {page: words for page, words in found.items() if words}


def test_a_draft_that_waits_and_its_mailed_link(cast):
    browser = speaker()
    browser.get("/cases/new/topic/")
    walk(browser, until="files")
    assert not left(browser.get("/cases/new/", follow=True), 200, *TYPED)
    assert not left(browser.post("/cases/new/later/", {"email": "x"}), 200, *TYPED)


def test_getting_in_and_the_second_step(cast):
    with_app(cast.customer)
    browser = speaker()
    browser.post(ASK, {"email": cast.customer.email})
    assert not left(browser.get(CODE_PAGE), 200, "s***@example.com")
    assert not left(browser.post(CODE_PAGE, {"code": "000 000"}))
    browser.post(CODE_PAGE, {"code": code_of(SIGN_IN)})
    assert not left(browser.get(STEP))
    assert not left(browser.post(STEP, {"code": "1"}))
    assert not left(browser.post(STEP, {"credential": "{}"}))


ACCOUNT = ("", "email/", "confirm/", "signing-in/", "signing-in/password/", "signing-in/app/", "signing-in/passkeys/",
           "signing-in/recovery/", "notifications/", "data/", "data/erase/")  # fmt: skip


#: Zones have no names but these, and Django's sentences on passwords are in its own catalogues.
DJANGOS = (*available_timezones(), *password_validators_help_texts())


def test_the_account_of_who_signed_in_just_now(cast):
    browser = speaker()
    browser.post(ASK, {"email": cast.customer.email})
    browser.post(CODE_PAGE, {"code": code_of(SIGN_IN)})
    looked = {page: browser.get(f"/account/{page}") for page in ACCOUNT}
    seen = {page: found for page, found in looked.items() if found.status_code == 200}
    assert len(seen) > 8
    assert not {name: words for name, page in seen.items() if (words := left(page, 200, *DJANGOS))}
    wrong = {page: browser.post(f"/account/{page}", {"begin": "1"}) for page in ACCOUNT}
    pages = {page: found for page, found in wrong.items() if found.status_code == 200}
    assert len(pages) > 2
    secret = browser.session.get("mfa.totp.secret", "")
    assert not {name: words for name, page in pages.items() if (words := left(page, 200, secret, *DJANGOS))}


def test_problems_in_every_state_and_help(cast):
    problem = opened(cast)
    pages = ("/problems/", f"/problems/{problem.slug}/", "/", "/help/", "/help/?q=refund", "/help/?q=zzzz")
    browser = speaker(cast.customer)
    shelf(cast)
    slug = "when-does-a-refund-arrive"
    assert not all_of(browser, *pages, f"/help/{slug}/")
    browser.post(f"/problems/{problem.slug}/follow/", {})
    said(cast, problem)
    assert not all_of(browser, *pages)
    ended(cast, problem)
    assert not all_of(browser, *pages)


def test_the_survey_to_its_end(cast):
    case, browser = passed_up(confirmed(cast)), speaker()
    path = linked(cast, case)
    first = left(browser.get(path)) + left(browser.get(f"{path}?score=2")) + left(browser.post(path, {}))
    assert not first
    browser.post(path, {"satisfaction": "2", "fixed": "no", "heard": "no"})
    pages = left(browser.get(f"{path}more/")) + left(browser.post(f"{path}more/", {"effort": "9"}))
    assert not pages
    browser.post(f"{path}more/", {"effort": "2", "may_contact": "yes"})
    assert not all_of(browser, f"{path}thanks/", path)
    assert not left(browser.get("/s/unknown-token-of-nobody/"), 404)


def test_a_text_that_is_kept(cast):
    case = working(cast)
    page = speaker().post(f"/c/{case.reference}/message/", {"text": "Still charged."})
    assert not left(page, 200, "Still charged.")


def test_forms_that_cannot_be_shown_to_be_ours(cast):
    browser = speaker(enforce_csrf_checks=True)
    assert not left(browser.post("/follow/", {}), 403)
    kept = browser.post("/cases/new/topic/", PAGES["topic"], headers={"origin": "http://testserver"})
    assert not left(kept, 403)


NOWHERE = RequestFactory().get("/")
ERRORS = {
    "404": lambda: errors.not_found(NOWHERE, Exception()),
    "403": lambda: errors.forbidden(NOWHERE, Exception()),
    "413": lambda: errors.too_large(NOWHERE),
    "413 of a file": lambda: errors.too_large(NOWHERE, "statement.txt"),
    "429": lambda: errors.too_many(NOWHERE, clock.now() + timedelta(minutes=5)),
    "500": lambda: errors.broken(NOWHERE),
    "503": lambda: errors.closed(NOWHERE),
    "503 until": lambda: errors.closed(NOWHERE, clock.now() + timedelta(hours=1)),
    "csrf": lambda: errors.csrf_failure(NOWHERE),
}


@pytest.mark.parametrize("error", ERRORS)
def test_every_error(error, cast):
    with translation.override(CODE):
        page = ERRORS[error]()
    assert page.status_code >= 400
    assert not leaks(page.text, [*users_own(), "statement.txt"])


def test_the_readable_copy(cast):
    cast.customer.language = CODE
    cast.customer.save(update_fields=["language"])
    answered(cast)
    deliver()
    walk(speaker(cast.customer), until="files")
    copies.make(copies.ask(cast.customer, at=clock.now()).pk)
    with zipfile.ZipFile(copies.folder() / DataCopy.objects.get().file) as archive:
        page = archive.read("index.html").decode()
    assert CODE in page and not leaks(page, [*users_own(), *TYPED, cast.customer.language, "Europe/London"])
