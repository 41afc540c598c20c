"""Public pages and pages for what went wrong: what they name is what the code does, and they need no database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client

from cases.models import Team
from portal import settings as product
from portal.pages import errors
from portal.presenters import privacy
from tests.portal.brand_stories import kept
from tests.portal.pages.scene import LOOK

ROOT = Path(__file__).parents[3]
PAGES = ("/", "/contact/", "/privacy/", "/accessibility/", "/problems/", "/follow/", "/how-we-escalate/")


@pytest.mark.parametrize("path", PAGES)
def test_help_stands_in_the_same_order_on_every_page(cast, client, path):
    kept(cast, links=(("Our shop", "https://shop.example/"),))
    page = client.get(path).content.decode()
    foot = page[page.index('<footer class="foot">') :]
    order = [
        foot.index(f'href="{url}"') for url in ("/contact/", "/privacy/", "/accessibility/", "https://shop.example/")
    ]
    assert order == sorted(order)


@pytest.mark.parametrize("path", [*PAGES, "/no/such/page/"])
def test_three_links_stand_in_the_head(cast, client, path):
    page = client.get(path).content.decode()
    head = page[page.index('<header class="top">') : page.index("</header>")]
    assert [url in head for url in ("/cases/", "/help/", "/account/")] == [True] * 3 and head.count("<li>") == 3


def test_every_way_to_reach_us_is_named(cast, client):
    kept(cast, phone="+44 20 1", hours="Always open")
    Team.objects.filter(pk=cast.teams[2].pk).update(phone="+44 20 2", hours="Mornings")
    page = client.get("/contact/").content.decode()
    order = [
        page.index(part)
        for part in ("/cases/new/", "tel:+44201", "Always open", "tel:+44202", "Mornings", "mailto:", "/follow/")
    ]
    assert order == sorted(order)
    assert "Do not write, call" in page


def test_every_cookie_a_setting_names_is_on_the_privacy_page(cast, client):
    names = {value for name, value in vars(product).items() if name.endswith("_COOKIE_NAME")}
    assert names <= {row["name"] for row in privacy.cookies()}
    page = client.get("/privacy/").content.decode()
    assert all(f"<code>{name}</code>" in page for name in names)
    assert "14 days" in page and "364 days" in page


def test_no_page_sets_another_cookie(cast, sam):
    for path in (*PAGES, "/cases/", "/account/", "/account/sign-in/", "/cases/new/"):
        sam.get(path)
        assert set(sam.cookies) <= {row["name"] for row in privacy.cookies()}


def test_a_cookie_no_part_sets_has_no_line(settings):
    assert not hasattr(settings, "NO_SUCH_COOKIE_NAME")
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "speak_language" not in one]
    assert "django_language" not in {row["name"] for row in privacy.cookies()}


# --- What went wrong


def test_a_missing_page_says_what_to_check_and_where_to_look(cast, client):
    page = client.get("/no/such/page/")
    assert page.status_code == 404
    assert all(
        part in page.content.decode()
        for part in ('role="search"', 'action="/help/"', "/contact/", "/follow/", "check it")
    )


def test_too_much_at_once_is_said_as_such(cast, client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = client.post("/follow/", {"reference": "x" * 200, "email": "a@example.com"})
    assert answer.status_code == 413
    assert "Nothing was sent." in answer.content.decode()


def test_a_file_at_fault_is_named_and_cannot_write_markup(rf):
    page = errors.too_large(rf.post("/"), "<b>holiday.mov")
    assert page.status_code == 413 and "&lt;b&gt;holiday.mov" in page.content.decode()


def test_while_the_database_is_away_we_say_so_with_the_phone_number(cast, settings):
    kept(cast, phone="+44 20 999", hours="Always")
    assert "999" in Client().get("/").content.decode()

    def away(execute, sql, params, many, context):
        raise OperationalError("away")

    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    with connection.execute_wrapper(away):
        answers = [
            client.get("/cases/"),
            client.post("/follow/", {"reference": "MP-7K4M-29", "email": "a@example.com"}),
        ]
    for answer in answers:
        page = answer.content.decode()
        assert (answer.status_code, answer["Retry-After"]) == (503, "120")
        assert "+44 20 999" in page and "was not kept" in page and "<title>We will be back soon - Acme Help" in page


def test_a_fault_of_ours_asks_the_database_nothing(cast, rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert errors.broken(rf.get("/")).status_code == 500
        assert errors.too_many(rf.get("/"), LOOK).status_code == 429
        assert errors.closed(rf.get("/"), LOOK).status_code == 503


AWAY = """
import django; django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
client.cookies["milepost_session"] = "a" * 32
for path in ("/", "/cases/", "/contact/", "/accessibility/", "/no/such/page/"):
    answer = client.get(path)
    print(path, answer.status_code, "0800 555" in answer.content.decode())
"""


@pytest.mark.once
def test_with_no_database_at_all_every_page_still_says_something(tmp_path):
    """A real one that nobody answers for, in a process that has never seen one."""
    outside = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATA_DIR": str(tmp_path),
        "DEBUG": "off",
    }
    outside |= {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "BRAND_PHONE": "0800 555",
        "SECRET_KEY": "x" * 60,
    }
    outside |= {"LOG_LEVEL": "CRITICAL", "ALLOWED_HOSTS": "testserver"}
    made = "from django.core.management import call_command; import django; django.setup(); call_command('collectstatic', verbosity=0, interactive=False)"
    subprocess.run([sys.executable, "-c", made], cwd=ROOT, env=outside, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", AWAY], cwd=ROOT, env=outside, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = [line.split() for line in done.stdout.splitlines() if line.startswith("/")]
    assert [(path, status) for path, status, _ in said] == [
        ("/", "503"), ("/cases/", "503"), ("/contact/", "503"), ("/accessibility/", "503"), ("/no/such/page/", "404"),
    ]  # fmt: skip
    assert {phone for _, _, phone in said} == {"True"}
