"""The brand's page in a real browser: the preview that follows the colour under the strict policy, and without scripts."""

import pytest
from playwright.sync_api import expect

from cases.models import BrandRevision
from tests.cast import MONDAY, gather
from tests.portal.brand_stories import kept, picture
from tests.portal.console.test_browser import NARROW, WIDE, sign_in
from tests.portal.problem_stories import HOUR, opened, said


@pytest.fixture(autouse=True)
def every_door(console_only, settings):
    """The pages customers see as well: they are what the brand is for."""
    settings.ROOT_URLCONF = "portal.urls"


@pytest.fixture
def story(transactional_db, go):
    cast = gather()
    go(MONDAY)
    return cast


def fill_of(page, theme: str) -> str:
    return page.eval_on_selector(f".shade.{theme} .button", "e => getComputedStyle(e).backgroundColor")


def test_the_preview_follows_the_colour_and_nothing_breaks_the_policy(new_context, live_server, story):
    page = new_context(viewport=WIDE).new_page()
    said_by_browser, posted = [], []
    page.on("console", lambda message: said_by_browser.append(message.text))
    page.on("request", lambda request: posted.append(request.method))
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/console/brand/")
    assert fill_of(page, "dark") == "rgb(143, 196, 248)"
    page.get_by_label("Name", exact=True).fill("Acme Help")
    page.get_by_label("Colour").fill("#ffcc00")
    expect(page.get_by_text("Contrast, reckoned from #FFCC00")).to_be_visible()
    expect(page.locator(".shade.dark .brand")).to_have_text("Acme Help")
    page.wait_for_function(
        "getComputedStyle(document.querySelector('.shade.light .button')).backgroundColor == 'rgb(255, 204, 0)'"
    )
    assert fill_of(page, "dark") == "rgb(255, 204, 0)"
    # The page around it keeps its own colours, for nothing has been saved.
    own = page.eval_on_selector("button[value=save]", "e => getComputedStyle(e).backgroundColor")
    assert own == "rgb(11, 79, 138)" and not BrandRevision.objects.exists()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    assert BrandRevision.objects.get().name == "Acme Help"
    assert posted.count("POST") >= 3 and said_by_browser == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_logo_is_previewed_and_kept_with_the_next_press(new_context, live_server, story, tmp_path, scripts):
    file = tmp_path / "logo.png"
    file.write_bytes(picture().getvalue())
    page = new_context(viewport=WIDE, java_script_enabled=scripts).new_page()
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/console/brand/")
    page.get_by_role("button", name="Logo").set_input_files(file)
    page.get_by_label("What the logo says").fill("Acme, a red box")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".brand-preview img").first).to_have_attribute("alt", "Acme, a red box")
    assert not scripts or page.eval_on_selector(".brand-preview img", "e => e.naturalWidth") == 240
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    page.goto(f"{live_server.url}/")
    expect(page.get_by_role("link", name="Acme, a red box")).to_be_visible()


LOOKS = [
    (WIDE, "light", "#FFCC00"),
    (NARROW, "dark", "#000000"),
    (WIDE, "light", "#FDFDFB"),
    (NARROW, "dark", "#FF0066"),
]


@pytest.mark.parametrize(("size", "scheme", "colour"), LOOKS, ids=["yellow", "black", "whitish", "pink"])
def test_every_page_keeps_the_rules_in_any_colour(new_context, live_server, story, axe, size, scheme, colour):
    kept(story, colour=colour, phone="+44 20 1", links=(("Our shop", "https://shop.example/"),))
    problem = opened(story, at=MONDAY - 3 * HOUR)
    said(story, problem, at=MONDAY - HOUR)
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    sign_in(page, live_server)
    one = f"/problems/{problem.slug}/"
    public = ("/", "/contact/", "/privacy/", "/accessibility/", "/problems/", one)
    console = ("/console/brand/", "/console/problems/", f"/console/problems/{problem.pk}/", "/console/problems/new/")
    for path in (*public, *console):
        page.goto(f"{live_server.url}{path}")
        assert axe(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, path
