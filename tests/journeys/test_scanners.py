"""Mail scanners open every address of every letter, some with a browser that runs its scripts: none of it changes a row."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client

from escalation import erasing, verbs
from feedback import problem_acts
from portal import beat, clock
from portal.keeping import copies
from tests.cast import gather
from tests.portal import problem_stories
from tests.portal.pages.scene import LOOK, answered, confirmed, late, look_at, waiting_customer
from tests.portal.pages.test_access import checksums
from tests.portal.pages.test_journeys import file_as_guest

#: Each must have been in some letter, so that a letter that is no longer sent is missed here.
EXPECTED = {
    "/follow/<secret>/": "the receipt's way in",
    "/c/<case>/": "the case",
    "/s/<secret>/": "the survey, each answer",
    "/cases/new/continue/<secret>/": "a draft to be finished",
    "/problems/confirm/<secret>/": "following a known problem",
    "/problems/<problem>/": "a known problem",
    "/problems/leave/<secret>/": "following it no longer",
    "/unsubscribe/<secret>/": "fewer letters",
    "/account/data/": "the copy of one's data",
    "/account/notifications/": "what we send",
}


@pytest.fixture
def letters(transactional_db, settings, tmp_path, live_server):
    """Every kind of letter with an address in it, sent."""
    settings.BASE_URL, settings.DATA_DIR = live_server.url, tmp_path
    look_at(LOOK)
    cast = gather()
    for make in (answered, confirmed, late, waiting_customer):
        make(cast)
    guest = Client()
    file_as_guest(guest)
    guest.post("/cases/new/topic/", {"category": "billing"})
    guest.post("/cases/new/later/", {"email": "nora@example.net"})
    Client().post("/account/sign-in/", {"email": "sam@example.com"})
    problem, _ = problem_stories.followed(cast)
    problem_acts.follow(problem, by=cast.customer, at=clock.now())
    problem_stories.said(cast, problem)
    copies.make(copies.ask(cast.customer, at=clock.now()).pk)
    erasing.ask(cast.other, at=clock.now())
    verbs.ask_supervisor(cast.file().pk, reason="slow", text="", by=cast.customer, at=clock.now())
    for hours in (1, 1, 6, 24, 24):
        beat.beat()
        look_at(clock.now() + timedelta(hours=hours))
    beat.beat()
    yield addresses()
    clock.travel(timedelta())


def addresses() -> set[str]:
    """Every address in text, markup and headers of all letters."""
    found: set[str] = set()
    for letter in mail.outbox:
        parts = [letter.body, *(part[0] for part in letter.alternatives), *letter.extra_headers.values()]
        found |= {url.rstrip(".,;)>\"'") for part in parts for url in re.findall(r"https?://[^\s<>\"']+", str(part))}
    return found


def shape(url: str) -> str:
    """The path of an address with its secrets and names taken out."""
    path = urlsplit(url).path
    path = re.sub(r"(?<=/c/)[^/]+", "<case>", path)
    path = re.sub(r"(?<=^/problems/)(?!confirm|leave)[^/]+", "<problem>", path)
    return re.sub(r"(?<=/)[\w.:=-]{20,}(?=/)", "<secret>", path)


def test_looking_at_whatever_was_mailed_changes_no_row(letters, new_context, watch):
    assert set(EXPECTED) <= {shape(url) for url in letters}, sorted({shape(url) for url in letters})
    before = checksums()
    machine = Client()
    for url in sorted(letters):
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}"
        assert machine.head(path).status_code in (200, 302, 303), url
        assert machine.get(path).status_code in (200, 302, 303), url
    assert changed(before) == set()
    page = new_context().new_page()
    for url in sorted({shape(url): url for url in letters}.values()):
        page.goto(url, wait_until="networkidle")
        page.mouse.move(200, 200)
    assert changed(before) == set()


def changed(before: dict[str, str]) -> set[str]:
    return {table for table, digest in checksums().items() if before[table] != digest}
