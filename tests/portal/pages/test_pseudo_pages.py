"""No sentence is forgotten: every address of the table in test_access.py, in a language nobody speaks.

New addresses are walked by themselves. What to do about one that fails: test_pseudo_locale.py.
"""

from zoneinfo import available_timezones

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.portal.pages.test_access import TABLE
from tests.pseudo import CODE, leaks, users_own

pytestmark = pytest.mark.once
#: Not for people, or in English on purpose.
NO_PAGE = {"healthz", "readyz", "styleguide/", "styleguide/<slug:page>/"}


def answers(browser: Client, path: str):
    """What a browser of the made-up language gets for a look and for an empty post."""
    headers = {"accept-language": CODE}
    yield "look", browser.get(path, headers=headers)
    yield "post", browser.post(path, {}, headers=headers)


def is_page(response) -> bool:
    return response.status_code in (200, 404) and response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("route", [route for route in TABLE if route not in NO_PAGE])
def test_every_page(route, stage, spoken):
    found = set()
    # Names of zones before those of people: "Tom" stands in "Sao_Tome".
    own = [*sorted(available_timezones(), key=len, reverse=True), *users_own()]
    for role in ("anonymous", "guest", "customer"):
        browser = stage.browsers[role]
        browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = CODE
        for how, response in answers(browser, stage.path(route)):
            if is_page(response) and response.get("Content-Language") == CODE:
                found |= {(how, piece) for piece in leaks(response.text, own)}
    assert not found
