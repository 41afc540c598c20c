"""What is read out of a message: its sender, its words without quotes, what shows a machine, its files, its tokens."""

from __future__ import annotations

from email.mime.image import MIMEImage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from io import BytesIO
from types import SimpleNamespace

import pytest
from PIL import Image

from escalation import reply_address
from portal.inbound.markup import from_html
from portal.inbound.reading import read
from tests.portal.inbound.letters import answer, written

CASE = SimpleNamespace(pk=7, customer_id=3)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Fine now.\n\nOn Mon, 12 Jan 2026 at 10:00, Milepost <s@x.example> wrote:\n> Hello Sam,\n> more", "Fine now."),
        ("Danke!\n\nAm 12.01.2026 um 10:00 schrieb Milepost <s@x.example>:\n> Hallo", "Danke!"),
        ("Yes.\n> Is it fixed?", "Yes."),
        ("> Only quoted", ""),
        ("Two\n\n\n\n\nparts", "Two\n\nparts"),
        ("Ä ö 漢字 \x07ok", "Ä ö 漢字 ok"),
    ],
)
def test_the_words_above_the_quote(said, expected):
    assert read(answer(CASE, said).as_bytes()).text == expected


def test_html_alone_is_read_without_scripts_and_quotes():
    message = answer(CASE, "x")
    message.set_content(
        "<html><head><style>p{}</style></head><body><p>Still <b>broken</b>.<br>Twice.</p>"
        "<script>alert(1)</script><div>On Mon, 12 Jan 2026 at 10:00, Milepost wrote:</div>"
        "<blockquote>We <p>asked</p></blockquote></body></html>",
        subtype="html",
    )
    assert read(message.as_bytes()).text == "Still broken.\nTwice."


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>a<p>b &amp; c<img src=x>d", "a\nb & cd"),
        ("<head><title>no</title><body>No end of the head", "No end of the head"),
        ("<style>p{} No end of the style", "p{} No end of the style"),
        ("a <![ b", "a <![ b"),
        ("5 < 6 <b>and</b> 7 > 6", "5 < 6 and 7 > 6"),
        ("a<!-- not this --><!--[if mso]>nor this<![endif]-->b", "ab"),
        ("one<!-- never closed two", "one<!-- never closed two"),
        ('<a title="x > y">z</a>', "z"),
        ("<blockquote>quoted<br>twice</blockquote>said", "> quoted\n> twice\nsaid"),
        ("&#999999999999999999999;&eacute;&nbsp;x", "é x"),
    ],
)
def test_html_says_what_a_reader_sees(source, expected):
    assert from_html(source) == expected


def test_a_charset_that_nobody_knows_is_read_as_well_as_can_be():
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
    assert found.text == "See the file." and found.left_out == ()


def window(size: tuple[int, int], least: int = 0) -> bytes:
    """A picture of one colour, which packs to almost nothing."""
    held = BytesIO()
    Image.new("RGB", size, "red").save(held, "PNG")
    return held.getvalue() + bytes(max(0, least - len(held.getvalue())))


@pytest.mark.parametrize(
    ("picture", "kept"), [(window((800, 600)), True), (window((90, 40), 20_000), True), (window((200, 80)), False)]
)
def test_pictures_in_the_text_are_kept_but_not_logos(picture, kept):
    message = MIMEMultipart("related")
    message["From"] = "sam@example.com"
    message.attach(MIMEText("See the picture."))
    part = MIMEImage(picture, name="shot.png")
    part["Content-ID"] = "<ii_1>"
    message.attach(part)
    assert [(file.name, file.content) for file in read(message.as_bytes()).files] == [("shot.png", picture)] * kept


def test_text_is_chosen_for_each_alternative_and_the_rest_is_all_kept():
    message = MIMEMultipart("mixed")
    message["From"] = "sam@example.com"
    either = MIMEMultipart("alternative")
    either.attach(MIMEText("Plain words"))
    either.attach(MIMEText("<p>Plain words</p>", "html"))
    for part in (either, MIMEText("<p>The blue one</p>", "html"), MIMEText("Scanned by X")):
        message.attach(part)
    assert read(message.as_bytes()).text == "Plain words\n\nThe blue one\n\nScanned by X"


def test_a_text_with_a_name_is_a_file_though_it_stands_inline_and_a_mail_is_one_too():
    message = MIMEMultipart("mixed")
    message["From"] = "sam@example.com"
    log = MIMEText("line of the log")
    log.add_header("Content-Disposition", "inline", filename="a.log")
    inner = written("They refused.", subject="Refusal")
    for part in (MIMEText("See the log."), log, MIMEMessage(inner), MIMEText("PS: urgent")):
        message.attach(part)
    found = read(message.as_bytes())
    assert found.text == "See the log.\n\nPS: urgent" and found.left_out == ()
    assert [file.name for file in found.files] == ["a.log", "Refusal.eml.txt"]
    assert b"They refused." in found.files[1].content and b"Subject: Refusal" in found.files[1].content


def test_a_plain_text_that_only_says_there_is_more_is_not_the_message():
    message = MIMEMultipart("alternative")
    message["From"] = "sam@example.com"
    message.attach(MIMEText("Your program cannot show this message."))
    message.attach(MIMEText(f"<p>{'It broke again. ' * 40}</p>", "html"))
    assert read(message.as_bytes()).text.startswith("It broke again.")


def test_an_invitation_is_a_file_unless_it_is_one_of_the_alternatives():
    for kind, names in (("mixed", ["text.ics"]), ("alternative", [])):
        message = MIMEMultipart(kind)
        message["From"] = "sam@example.com"
        message.attach(MIMEText("Please come."))
        message.attach(MIMEText("BEGIN:VCALENDAR", "calendar"))
        assert [file.name for file in read(message.as_bytes()).files] == names


def test_one_that_says_it_has_parts_and_has_none_is_read():
    assert read(b"From: a@b.example\nContent-Type: multipart/mixed\n\nStill words").text == "Still words"


def test_nothing_that_a_table_refuses_comes_out():
    raw = b"From: S\xff\x00am <sam@example.com>\nSubject: \xfe\x00x\nReferences: <a\x00b@c> <\xffa@b> <ok@x>\n\na\x00b\x0cc"
    found = read(raw)
    said = "".join([found.name, found.subject, found.text, *found.refers_to])
    assert "\x00" not in said and said.encode() and found.refers_to == ("<ok@x>",) and found.text == "ab\nc"


def test_what_is_left_out_is_said():
    many = MIMEMultipart("mixed")
    many["From"] = "sam@example.com"
    for number in range(120):
        many.attach(MIMEText(f"word{number}"))
    assert read(many.as_bytes()).left_out == ("everything after its first 100 parts",)
    assert read(written("long words " * 30_000).as_bytes()).left_out == ("the end of a very long text",)
    assert read(answer(CASE, "Yes\n> or no").as_bytes()).left_out == (
        "lines that begin with “>” (taken for a quotation)",
    )
    sealed = b"From: a@b.example\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\nMIAG"
    assert read(sealed).left_out == ("its words: they are encrypted",)


def test_the_same_message_has_the_same_key_by_whatever_way_it_came_and_another_has_another():
    message = written(message_id="<a@b.example>")
    message.add_attachment(b"plain", maintype="text", subtype="plain", filename="notes.txt")
    way = b"Received: from x by y; Mon, 12 Jan 2026 10:00:00 +0000\nDelivered-To: in@box.example\n"
    key = read(message.as_bytes()).key
    assert read(way + message.as_bytes()).key == key
    assert read(message.as_bytes().replace(b"\n", b"\r\n")).key == key
    others = [written("other", message_id="<a@b.example>"), written(message_id="<a@b.example>"), written()]
    others.append(written(message_id="<a@b.example>", list_id="<team.example.com>"))
    keys = {key, *(read(other.as_bytes()).key for other in others)}
    assert len(keys) == 5


@pytest.mark.parametrize("headers", ["", "Date: Mon, 12 Jan 2026 10:00:00 +0000\nSubject: Toner\n"])
def test_one_without_an_id_is_known_too(headers):
    first = f"From: sam@example.com\n{headers}\nToner is low".encode()
    assert read(first).key == read(first).key
    assert read(first).key != read(first + b"!").key
    if headers:
        assert read(first).key == read(b"Received: by y\n" + first).key


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (["mx.example; spf=pass; dmarc=fail (p=none)"], True),
        (["mx.example; DMARC = Fail"], True),
        (["mx.example; dmarc=pass"], False),
        (["mx.example; spf=pass", "mx.example; dmarc=fail"], True),
        (["mx.example; dmarc=pass", "elsewhere.example; dmarc=fail"], False),
        ([], False),
    ],
)
def test_forged_is_what_our_own_server_says(results, expected):
    heads = "".join(f"Authentication-Results: {result}\n" for result in results)
    assert read(f"{heads}From: sam@example.com\n\nHi".encode()).forged is expected
