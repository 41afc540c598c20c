"""What is read out of a message: its sender, its words without quotes, what shows a machine, its files, its tokens."""

from __future__ import annotations

import time
from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from escalation import reply_address
from portal.inbound.bodies import from_html
from portal.inbound.reading import read
from tests.portal.inbound.letters import answer, written

CASE = SimpleNamespace(pk=7, customer_id=3)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Fine now.\n\nOn Mon, 12 Jan 2026 at 10:00, Milepost <s@x.example> wrote:\n> Hello Sam,\n> more", "Fine now."),
        ("Danke!\n\nAm 12.01.2026 um 10:00 schrieb Milepost <s@x.example>:\n> Hallo", "Danke!"),
        ("Yes.\n> Is it fixed?", "Yes."),
        ("> Only quoted", "> Only quoted"),
        ("Two\n\n\n\n\nparts", "Two\n\nparts"),
        ("Ä ö 漢字 \x07ok", "Ä ö 漢字 ok"),
    ],
)
def test_the_words_above_the_quote(said, expected):
    assert read(written(said).as_bytes()).text == expected


def test_html_alone_is_read_without_scripts_and_quotes():
    message = written("x")
    message.set_content(
        "<html><head><style>p{}</style></head><body><p>Still <b>broken</b>.<br>Twice.</p>"
        '<script>alert(1)</script><div class="gmail_quote">On Monday we wrote</div></body></html>',
        subtype="html",
    )
    assert read(message.as_bytes()).text == "Still broken.\nTwice."
    assert from_html("<p>a<p>b &amp; c<img src=x>d") == "a\nb & cd"


def test_nonsense_costs_little_time_and_no_error():
    hostile = ("\n" * 50_000, "> " * 40_000, "From: " * 9_000, "-- \n" * 9_000, "<div>" * 90_000, "a@b " * 20_000)
    for text in hostile:
        message = written(text)
        began = time.monotonic()
        read(message.as_bytes())
        assert time.monotonic() - began < 5, text[:10]
    wrong = b"From: sam@example.com\nContent-Type: text/plain; charset=klingon\n\nHello \xff\x00there"
    assert read(wrong).text.startswith("Hello")


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("SAM@Example.com", "sam@example.com"),
        ('"dana@example.com" <sam@example.com>', "sam@example.com"),
        ("=?utf-8?q?Sam_=3Cdana=40example=2Ecom=3E?= <sam@example.com>", "sam@example.com"),
        ("sam@example.com, dana@example.com", ""),
        ("undisclosed", ""),
    ],
)
def test_one_plain_sender_or_none(sender, expected):
    raw = f"From: {sender}\r\nTo: support@milepost.localhost\r\n\r\nHi".encode()
    assert read(raw).sender == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"auto_submitted": "auto-replied"},
        {"precedence": "bulk"},
        {"list_id": "<news.example.com>"},
        {"return_path": "<>"},
        {"x_autoreply": "yes"},
        {"sender": "MAILER-DAEMON@example.com"},
        {"sender": "support@milepost.localhost"},
    ],
)
def test_what_no_person_wrote_is_told(headers):
    assert read(written(**headers).as_bytes()).automatic


def test_what_a_person_wrote_is_no_machines():
    assert read(written(auto_submitted="no").as_bytes()).automatic == ""


def test_a_token_is_found_where_we_put_it_and_nowhere_else(settings):
    settings.INBOUND_ADDRESS = "support@milepost.localhost"
    secret = reply_address.token(CASE)
    assert read(answer(CASE).as_bytes()).tokens == (secret,)
    referred = written(references=f"<a@b.example> {reply_address.as_reference(secret)}")
    assert read(referred.as_bytes()).tokens == (secret,)
    elsewhere = written(f"token {secret}", to=f"other+{secret}@elsewhere.example", subject=secret)
    assert read(elsewhere.as_bytes()).tokens == ()


def test_files_are_found_and_pictures_of_a_signature_are_not():
    message = written("See the file.")
    message.add_attachment(b"plain", maintype="text", subtype="plain", filename="notes.txt")
    message.add_attachment(
        b"png", maintype="image", subtype="png", filename="logo.png", cid="<logo>", disposition="inline"
    )
    found = read(message.as_bytes())
    assert [(file.name, file.content) for file in found.files] == [("notes.txt", b"plain")]
    assert found.text == "See the file."


def test_the_same_message_has_the_same_key_and_another_has_another():
    first, second = written(message_id="<a@b.example>"), written("other", message_id="<a@b.example>")
    assert read(first.as_bytes()).key == read(second.as_bytes()).key
    assert read(first.as_bytes()).key != read(written().as_bytes()).key
    bare = EmailMessage()
    bare["From"] = "sam@example.com"
    assert read(bare.as_bytes()).key == read(bare.as_bytes()).key
