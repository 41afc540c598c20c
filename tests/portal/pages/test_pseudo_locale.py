"""No sentence is forgotten: every customer page and letter in a language nobody speaks, where what is translatable is marked.

A page of the URL table that says something outside ⟦brackets⟧ fails here with those words. To mend it, mark them
({% translate %}, {% blocktranslate %}, gettext); nothing has to be added to a catalogue for this test.

New addresses are walked by themselves, through the table of test_access.py.
"""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from cases.models import Message, Team
from escalation.letters import compose
from escalation.models import Notice
from feedback import surveys  # noqa: F401 -- registers the composer of the survey's letter
from tests.portal.pages.scene import LOOK, MAKERS, feedback, late, waiting_customer, working
from tests.portal.pages.test_access import TABLE, Stage, routes
from tests.pseudo import CODE, leaks, outside, users_own, write_catalogue

#: Not for people, or in English on purpose.
NO_PAGE = {"healthz", "readyz", "styleguide/", "styleguide/<slug:page>/"}
MAIL = django_settings.BASE_DIR / "templates" / "mail"
LETTERS = sorted(path.stem for path in MAIL.glob("[a-z]*.txt") if "_foot.txt" in path.read_text(encoding="utf-8"))


@pytest.fixture
def spoken(settings, tmp_path):
    """The made-up language is the one there is."""
    write_catalogue(tmp_path, CODE)
    settings.LANGUAGES = [("en-gb", "English"), (CODE, "Made up")]
    settings.LOCALE_PATHS = [tmp_path]
    return CODE


def answers(browser: Client, path: str):
    """What a browser of the made-up language gets for a look and for an empty post."""
    headers = {"accept-language": CODE}
    yield "look", browser.get(path, headers=headers)
    yield "post", browser.post(path, {}, headers=headers)


@pytest.mark.parametrize("route", [route for route in TABLE if route not in NO_PAGE])
def test_every_page(route, cast, spoken):
    stage, found = Stage(cast), set()
    for role in ("anonymous", "guest", "customer"):
        browser = stage.browsers[role]
        browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = CODE
        for how, response in answers(browser, stage.path(route)):
            if response.status_code == 200 and response.get("Content-Language") == CODE:
                found |= {(how, piece) for piece in leaks(response.text, users_own())}
    assert not found


PAGES = ("", "why/", "?print=1", "supervisor/", "withdraw/", "reopen/", "not-fixed/")


@pytest.mark.parametrize("state", [*MAKERS, "late"])
def test_the_pages_of_a_case_in_every_state(state, cast, spoken):
    case = late(cast) if state == "late" else MAKERS[state](cast)
    browser = Client()
    browser.force_login(cast.customer)
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = CODE
    pages = {page: browser.get(f"/c/{case.reference}/{page}") for page in PAGES}
    assert {page.status_code for page in pages.values()} == {200}
    assert not {name: left for name, page in pages.items() if (left := leaks(page.text, users_own()))}


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unproved"])
def test_every_letter(kind, known, cast, spoken):
    case = {"survey": feedback, "still_waiting": waiting_customer}.get(kind, working)(cast)
    cast.customer.language, cast.customer.is_verified = CODE, known
    cast.customer.save(update_fields=["language", "is_verified"])
    letter = compose(Notice(case=case, kind=kind, recipient=cast.customer, to_customer=True, data=told(cast)), LOOK)
    own = users_own()
    left = outside(letter.subject, own) + outside(letter.text, own) + outside(letter.kept_text, own)
    assert not left
    assert not re.search(r"%\(|\{\{", letter.text)
    assert f'lang="{CODE}" dir="ltr"' in letter.html


def told(cast) -> dict:
    """Everything a letter may be about."""
    later = "2026-01-13T15:30:00+00:00"
    said = Message.everything.order_by("pk").last()
    more = {"owner": cast.tiers[1].pk, "team": Team.objects.get(slug=cast.teams[2].slug).pk, "message": said.pk}
    more |= {"partner": "North Bank", "into": "MP-7K4M-29", "granted": True, "severity": 2, "asked": "a" * 64}
    dues = {"resolve": later, "supervisor": later, "confirm": later}
    return more | dict.fromkeys(("promise_at", "said", "due", "closes", "reopen_until"), later) | {"dues": dues}


def test_the_reader_finds_what_is_not_marked():
    own = ["Sam Okafor"]
    page = '<p>⟦Héllo <b>Sam Okafor</b>⟧, and more</p><script>no</script><p aria-label="Say it">⟦x⟧</p>'
    assert leaks(page, own) == [", and more", "Say it"]
    assert leaks(page.replace(", and more", " 16:00").replace("Say it", "⟦Sáy⟧"), own) == []
