"""Files in a real browser: chosen, refused, taken away and sent, with scripts and without; nothing of them runs here."""

import pytest
from playwright.sync_api import expect

from cases.files import of_case
from tests.cases import attachments as make
from tests.cast import PASSWORD, gather
from tests.portal.pages.scene import working


@pytest.fixture
def people(transactional_db):
    return gather()


def chosen(*named):
    return [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in named]


@pytest.mark.parametrize(
    ("scripts", "width", "scheme"), [(True, 1280, "light"), (False, 360, "dark"), (True, 360, "dark")]
)
def test_choose_lose_nothing_send(scripts, width, scheme, people, live_server, new_context, axe):
    case = working(people)
    page = new_context(
        java_script_enabled=scripts, viewport={"width": width, "height": 800}, color_scheme=scheme
    ).new_page()
    page.goto(f"{live_server.url}/account/sign-in/password/?next=/c/{case.reference}/")
    page.get_by_label("E-mail").fill("sam@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Add files (optional)").click()
    page.get_by_label("Choose files").set_input_files(
        chosen(("shot.png", make.picture()), ("notes.txt", b"Two."), ("a.exe", b"MZ\0"))
    )
    page.get_by_label("Your message").fill("The proof.")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("alert")).to_contain_text("“a.exe” is not a kind of file we can take.")
    expect(page.get_by_label("Your message")).to_have_value("The proof.")
    if scripts:
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Remove shot.png").click()
    expect(page.get_by_role("button", name="Remove notes.txt")).to_be_visible()
    expect(page.get_by_role("button", name="Remove shot.png")).to_have_count(0)
    # The Enter key sends; it takes nothing away.
    page.get_by_label("What do the files show?").fill("What the bank wrote")
    page.get_by_label("What do the files show?").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your message is sent.")
    expect(page.get_by_text("What the bank wrote")).to_be_visible()
    assert [file.name for file in of_case(case)] == ["notes.txt"]
    if scripts:
        assert axe(page) == []
    with page.expect_download() as kept:
        page.get_by_role("link", name="notes.txt").click()
    assert kept.value.suggested_filename == "notes.txt"
