"""Every customer page, wide and narrow, light and dark, in English and Arabic: no rule of accessibility is broken."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import resolve

from portal import clock
from tests.a11y import rules
from tests.a11y.gallery import Look, looks, world
from tests.portal.pages.scene import LOOK, look_at
from tests.portal.pages.test_access import SHARED, TABLE

SIZES = {"wide": {"width": 1280, "height": 800}, "narrow": {"width": 360, "height": 800}}
#: Each width and each scheme once: what breaks in one width breaks in either scheme, and the other way round.
PICTURES = {"wide": "light", "narrow": "dark"}
#: From right to left only the lay-out differs: looked at in the third of the four.
IN_ARABIC = {"narrow": "light"}
PARTS = {"en": 4, "ar": 2}  # tests of a language, so that several processes share the work


@pytest.fixture
def here(transactional_db, live_server, settings):
    settings.SHARE_CASES = settings.SHARE_IN_ORGANISATION = True
    look_at(LOOK)
    found = world()
    yield found
    clock.travel(timedelta())


def open_at(page, base: str, here, look: Look) -> None:
    """The page of a look; one that shows what was sent sends it by its own form, by the button that goes on."""
    path = here.path(look).replace("/message/", "/")
    page.goto(base + path)
    if look.post is None:
        assert page.url == base + path, f"{look.name} leads elsewhere"
        return
    forms = page.locator("main form[method=post]")
    for name, value in look.post.items():
        forms = forms.filter(has=page.locator(f'[name="{name}"]'))
        forms.first.locator(f'[name="{name}"]').fill(value.format(**here.names))
    # The first button: a page's last one may save for later or sign out.
    forms.first.locator("button[type=submit]:visible").first.click()
    if look.error:
        assert page.locator("main .problem").count(), f"{look.name} shows no error"


def faults(page, axe, pictures=PICTURES) -> list[str]:
    """What is wrong with the page that is shown: in both widths, in the light and in the dark."""
    wrong = rules.structure(page) + rules.wider_spacing(page) + rules.sideways(page)
    for size, scheme in pictures.items():
        page.set_viewport_size(SIZES[size])
        page.emulate_media(color_scheme=scheme)
        found = axe(page, rules.AXE_TAGS) + rules.icons(page) + rules.sideways(page)
        wrong += [f"{size} {scheme}: {one}" for one in found]
    page.set_viewport_size({"width": 320, "height": 640})
    return wrong + [f"320: {one}" for one in rules.sideways(page)]


@pytest.mark.parametrize(("language", "part"), [(code, part) for code, parts in PARTS.items() for part in range(parts)])
def test_every_page_keeps_the_rules(language, part, here, live_server, new_context, watch, axe):
    watch.allow("status of 404|status of 403")
    wrong = {}
    for who in ("customer", "nobody", "filer"):
        context = new_context(reduced_motion="reduce")
        context.add_cookies(here.cookies(who, live_server.url, language))
        for look in looks()[part :: PARTS[language]]:
            if look.who == who:
                page = context.new_page()
                open_at(page, live_server.url, here, look)
                if found := faults(page, axe, IN_ARABIC if language == "ar" else PICTURES):
                    wrong[look.name] = found
                page.close()
    assert not wrong, "\n".join(f"{name}:\n  " + "\n  ".join(found) for name, found in wrong.items())


#: Not pages: files, pictures, sheets, what machines ask; and what only DEBUG shows.
NO_PAGES = (
    "styleguide/",
    "brand/",
    "healthz",
    "readyz",
    "account/data/copy/",
    "c/<str:reference>/files/",
    "c/<str:reference>/report.",
)
#: Pages that need more than a look at rows; their own browser tests run the same rules.
ELSEWHERE = ("s/<token:token>/thanks/", "s/<token:token>/more/", "account/kept/")


def test_the_gallery_shows_every_page(here):
    readers = ("anonymous", "guest", "customer")
    pages = {route for route, (look, _) in (TABLE | SHARED).items() if any(look[who] == 200 for who in readers)}
    shown = set()
    for look in looks():
        path = here.path(look).partition("?")[0]
        if look.name != "not found":
            shown.add(resolve(path).route)
    assert {route for route in pages - shown if not route.startswith((*NO_PAGES, *ELSEWHERE))} == set()


@pytest.mark.parametrize("size", SIZES)
def test_the_keyboard_reaches_everything_in_sight(size, here, live_server, new_context):
    context = new_context(viewport=SIZES[size])
    context.add_cookies(here.cookies("customer", live_server.url))
    page, wrong = context.new_page(), {}
    for look in looks():
        if look.name in ("home", "my cases", "case, working", "case, asked", "case, answered", "ask for a supervisor"):
            open_at(page, live_server.url, here, look)
            if found := rules.tabbing(page):
                wrong[look.name] = found
    assert not wrong
