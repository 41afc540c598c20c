"""The process that reads a message: what nasty ones cost, that nobody else waits for them, and what comes out of any bytes."""

from __future__ import annotations

import signal
import subprocess
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case
from escalation import reply_address
from escalation.models import InboundMail
from portal.inbound import reading, taking
from portal.inbound.headers import LOOSE
from portal.inbound.parsing import parse
from portal.inbound.reading import TooCostly, Unreadable, read
from portal.inbound.received import Ours, packed, unpacked
from tests.portal.inbound.letters import written
from tests.portal.pages.scene import LOOK, working

WE = Ours("support@milepost.localhost", ("support@milepost.localhost",), "Milepost", "milepost.localhost")
HEAD = b"From: a@b.example\r\nMessage-ID: <1@x>\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def of_text(text: str) -> bytes:
    return HEAD + b"\r\n" + text.encode()


def of_html(text: str) -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + text.encode()


def nested(depth: int, lines: int) -> bytes:
    heads = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)]
    return HEAD + b"".join(heads) + b"\r\n" + b"a\r\n" * lines


NASTY = {
    **{
        f"text {text[:12]!r}": of_text(text * (100_000 // len(text)))
        for text in (
            "Dne ",
            "On ",
            "Op ",
            "Il ",
            "Dnia ",
            "> ",
            "a:\n",
            "From: x\n",
            "\n",
            "12:30 ",
            "support@",
            "+c1x",
        )
    },
    **{
        f"html {text!r}": of_html(text * (300_000 // len(text)))
        for text in ("<a ", '<a "', "<!--", "<script>", "<div>", "<![ ", "&", "<")
    },
    "blockquote": of_html("<blockquote>" + "<a>" * 16_000 + "</b>" * 16_000),
    "empty parts": MIXED + b"--b\r\n\r\n" * 150_000,
    "To": HEAD + b"To: a@b\r\n" * 40_000 + b"\r\nx",
    "one To": HEAD + b"To: " + b"a@b," * 300_000 + b"\r\n\r\nx",
    "parameters": HEAD + b"Content-Type: text/plain" + b";a=b" * 30_000 + b"\r\n\r\nx",
    "nested": nested(100, 20_000),
}


class Ticking:
    """Another thread of ours, and the longest it was kept from running."""

    def __enter__(self) -> Ticking:
        self.longest, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._tick)
        self._thread.start()
        return self

    def _tick(self) -> None:
        last = time.monotonic()
        while not self._over.wait(0.02):
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last), now

    def __exit__(self, *args: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_message_ends_in_seconds_and_holds_up_no_other_thread(name):
    began = time.monotonic()
    with Ticking() as other:
        try:
            read(NASTY[name])
        except Unreadable as why:
            assert "read" in str(why)
    assert time.monotonic() - began < 45
    assert other.longest < 5


def test_one_that_takes_all_the_time_there_is_is_set_aside_and_nobody_waited(db, monkeypatch):
    monkeypatch.setattr(reading, "WALL_MOST", 1.0)
    raw = nested(320, 300_000)
    with Ticking() as other, pytest.raises(TooCostly):
        read(raw)
    assert other.longest < 5
    assert taking.take(raw, at=LOOK) == InboundMail.State.BROKEN
    row = InboundMail.objects.get()
    assert row.state in InboundMail.TO_LOOK_AT and "could not be read" in row.reason and row.text == ""


@pytest.mark.parametrize(
    ("does", "ends"),
    [
        ("bytearray(100 * 1024 ** 2)", {0}),
        ("bytearray(900 * 1024 ** 2)", {1}),
        ("open('x.tmp', 'wb', 0).write(b'x')", {1}),
        ("while True: pass", {-signal.SIGXCPU, -signal.SIGKILL}),
    ],
)
def test_the_reader_has_no_more_time_memory_and_disk_than_it_was_given(does, ends, tmp_path):
    begins = "import portal.inbound.reader as r; r.LIMITS = ((0, 1), *r.LIMITS[1:]); r.bound()"
    done = subprocess.run(
        [*reading.READER[:5], "-c", f"{begins}\n{does}"],
        env={"PYTHONPATH": str(reading.ROOT)},
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
        timeout=30,
    )
    assert done.returncode in ends


def test_it_starts_fast_knows_no_secret_and_works_in_a_thread():
    took = []
    found = []

    def one() -> None:
        began = time.monotonic()
        found.append(read(written("Hello").as_bytes()).text)
        took.append(time.monotonic() - began)

    for _ in range(5):
        thread = threading.Thread(target=one)
        thread.start()
        thread.join()
    assert found == ["Hello"] * 5 and min(took) < 3
    loaded = "import sys, portal.inbound.reader; sys.exit('django' in sys.modules or len(__import__('os').environ) > 3)"
    assert not subprocess.run([*reading.READER[:5], "-c", loaded], env={"PYTHONPATH": str(reading.ROOT)}).returncode


def test_a_reader_that_dies_makes_the_message_unreadable_and_one_that_cannot_start_does_not(monkeypatch):
    monkeypatch.setattr(reading, "READER", (reading.sys.executable, "-c", "import os; os.abort()"))
    with pytest.raises(Unreadable):
        read(b"x")
    monkeypatch.setattr(reading, "READER", (reading.sys.executable, "-c", "print('{')"))
    with pytest.raises(Unreadable):
        read(b"x")
    monkeypatch.setattr(reading, "READER", ("/nowhere/python",))
    with pytest.raises(OSError):
        read(b"x")


def test_what_looks_like_a_token_holds_every_token_there_is(cast):
    made = reply_address.address(reply_address.token(working(cast)))
    assert [found[0] for found in LOOSE.finditer(made)] == [reply_address.token(Case.objects.get())]


PIECES = st.sampled_from(
    [
        b"From: a@b.example\r\n", b"To: support+c1x0123456789@milepost.localhost\r\n", b"\r\n", b"\n", b"--b\r\n", b"--b--\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: multipart/alternative; boundary=b\r\n",
        b"Content-Type: message/rfc822\r\n", b"Content-Type: text/html; charset=utf-7\r\n", b"Content-Type: text/calendar\r\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n", b"Content-Type: message/delivery-status\r\n",
        b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n", b"Content-Disposition: attachment\r\n",
        b"Content-Disposition: attachment; filename*=utf-8''%ff.txt\r\n", b"Subject: =?utf-8?b?////?=\r\n", b"Subject: =?x?q?=ff?=\r\n",
        b"Date: Mon, 99 Jan 99999 10:00\r\n", b"Message-ID: <a@b>\r\n", b"Authentication-Results: ; dmarc\r\n", b"> a\r\n",
        b"On 1.1.2026 10:00 <support@milepost.localhost> wrote:\r\n", b"<blockquote><![ &#9999999999;</p", b"https://milepost.localhost/s/",
    ]
)  # fmt: skip
ANY = st.one_of(st.binary(max_size=400), st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=25).map(b"".join))


@settings(max_examples=600, deadline=None)
@given(ANY)
def test_any_bytes_are_taken_apart_or_raise_plain_errors_and_come_over_whole(raw):
    try:
        mail = parse(raw, WE)
    except Exception as error:  # the reader says so by its kind, and `read` by Unreadable
        assert reading.KIND.fullmatch(type(error).__name__.encode())
        return
    line, files = packed(mail)
    assert unpacked(line + b"".join(files)) == mail


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY)
def test_reading_any_bytes_ends_with_a_message_or_its_one_error(raw):
    try:
        assert read(raw).key
    except Unreadable as why:
        assert str(why)
