"""Every page of the console, wide and narrow, light and dark: no rule of accessibility is broken, no field without words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from portal import clock
from tests.a11y import console_gallery as gallery
from tests.a11y.console_gallery import Look, World
from tests.a11y.test_pages import faults
from tests.cast import MONDAY
from tests.portal.console.test_browser import WIDE
from tests.portal.pages.scene import look_at

PARTS = 8
#: A page that says no is a page, too.
SAYS_NO = {"closed to all": 403, "who can": 403, "nothing here": 404, "refused": 422}


@pytest.fixture(autouse=True)
def mail_is_fetched(settings):
    settings.INBOUND = {"scheme": "imaps"}


@pytest.fixture
def here(db):
    look_at(MONDAY + timedelta(minutes=45))
    yield gallery.world()
    clock.travel(timedelta())


def path(here: World, look: Look) -> str:
    return reverse(f"admin:{look.name}", args=[here.part(part) for part in look.parts]) + look.query


def client(here: World, look: Look) -> Client:
    found = Client()
    found.force_login(here.who(look.who))
    return found


def test_the_gallery_shows_every_address():
    shown = {look.name for look in gallery.looks()}
    known = shown | set(gallery.SENT_ONLY) | set(gallery.NO_PAGE) | set(gallery.CLOSED)
    assert gallery.names() - known == set()
    assert known - gallery.names() == set(), "gone: take them off the lists"


@pytest.mark.once
def test_each_look_is_what_it_says(here):
    """Without a browser, so that a look that leads elsewhere is found at once."""
    wrong = {}
    for look in gallery.looks():
        answer = client(here, look).get(path(here, look))
        wanted = SAYS_NO.get(look.words, 200) if look.post is None else 200
        if answer.status_code != wanted:
            wrong[str(look)] = (answer.status_code, answer.get("Location"))
        elif "/admin/js/" in answer.content.decode() or "jsi18n" in answer.content.decode():
            wrong[str(look)] = "a stock script"
    assert wrong == {}


def test_what_is_only_sent_is_no_page_and_what_is_closed_says_so(here):
    one = client(here, Look(""))
    for model in admin.site._registry.values():
        start = f"{model.opts.app_label}_{model.opts.model_name}"
        for page in ("add", "delete"):
            if f"{start}_{page}" in gallery.CLOSED:
                row = model.model._default_manager.order_by("pk").first()
                args = [] if page == "add" else [row.pk]
                assert one.get(reverse(f"admin:{start}_{page}", args=args)).status_code == 403, (start, page)


@pytest.mark.once
def test_no_field_of_any_form_is_without_words(here):
    """Every add and change form that is registered, as somebody who may do everything."""
    checked = 0
    for look in gallery.looks():
        if look.name.endswith(("_add", "_change")) and look.who == "root":
            answer = client(here, look).get(path(here, look))
            form = getattr((answer.context or {}).get("adminform"), "form", None) if answer.status_code == 200 else None
            for bound in form or ():
                if not bound.is_hidden:
                    html = answer.content.decode()
                    ids = {bound.id_for_label, *(w.id_for_label for w in getattr(bound, "subwidgets", ()))} - {""}
                    assert any(f'for="{one}"' in html for one in ids), (str(look), bound.name)
                    checked += 1
    assert checked > 40


def open_at(page, base: str, here: World, look: Look) -> None:
    page.goto(base + path(here, look))
    if look.post is None:
        return
    forms = page.locator("main form[method=post]")
    for name, value in look.post.items():
        forms = forms.filter(has=page.locator(f'[name="{name}"]'))
        forms.first.locator(f'[name="{name}"]').fill(value)
    forms.last.locator(".row > button[type=submit]:visible, .submit-row [type=submit]:visible").first.click()
    expect(page.locator("main .problem, main .errornote").first).to_be_visible()


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_keeps_the_rules(part, transactional_db, live_server, new_context, watch, axe):
    watch.allow("status of 404|status of 403|status of 422|status of 409")
    look_at(MONDAY + timedelta(minutes=45))
    here, wrong = gallery.world(), {}
    try:
        looks = gallery.looks()[part::PARTS]
        for who in sorted({look.who for look in looks}):
            context = new_context(viewport=WIDE, reduced_motion="reduce")
            cookies = client(here, Look("", who=who)).cookies
            context.add_cookies([{"name": n, "value": one.value, "url": live_server.url} for n, one in cookies.items()])
            page = context.new_page()
            for look in looks:
                if look.who == who:
                    page.set_viewport_size(WIDE)
                    page.emulate_media(color_scheme="light")
                    open_at(page, live_server.url, here, look)
                    if found := faults(page, axe):
                        wrong[str(look)] = found
            context.close()
    finally:
        clock.travel(timedelta())
    assert settings.ROOT_URLCONF == "portal.urls"
    assert not wrong, "\n".join(f"{name}:\n  " + "\n  ".join(found) for name, found in wrong.items())
