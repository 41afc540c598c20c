"""Mail made to do harm: it costs bounded time and memory, acts for nobody, and puts nothing into our letters' heads."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from django.core import mail

from cases.lifecycle import State
from cases.models import Attachment, Case, Event, Message
from escalation import reply_address, verbs
from escalation.models import InboundMail, Notice
from portal import beat  # noqa: F401 -- registers what letters need
from portal.environment import inbound_settings
from portal.inbound import fetching
from portal.inbound.bodies import from_html
from portal.inbound.reading import read
from tests.portal.inbound.imap_stub import Mailbox
from tests.portal.inbound.letters import OURS, answer, written
from tests.portal.inbound.test_landing import send, take, texts
from tests.portal.pages.scene import LOOK, step, working

S = InboundMail.State
MEGABYTE = 1024 * 1024
#: Seconds, on the slowest machine: what these tests are about took minutes or hours.
LONG = 45


def head(case, **headers: str) -> bytes:
    """The head of an answer to a letter about `case`, with its empty line still to come."""
    return answer(case, "x", **headers).as_bytes().partition(b"\n\n")[0]


def costly(kind: str, start: bytes) -> bytes:
    """About 30 MB that are cheap to write and dear to take apart."""
    lines = 30 * MEGABYTE
    return {
        "empty lines": lambda: start + b"\n\n" + b"\n" * lines,
        "headers": lambda: start + b"\n" + b"a:b\n" * (lines // 4) + b"\n",
        "parts": lambda: start + b"\nMime-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        + b"--x\n\n" * (lines // 5),
        "nested": lambda: start + b"\nMime-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        + b"".join(b"--x\nContent-Type: multipart/mixed; boundary=x%d\n\n" % n for n in range(300_000)),
    }[kind]()  # fmt: skip


@pytest.mark.parametrize("kind", ["empty lines", "headers", "parts", "nested"])
def test_thirty_megabytes_of_nothing_cost_little_and_wait_for_a_person(kind, cast):
    raw = costly(kind, head(working(cast)))
    began = time.process_time()
    row = take(raw)
    spent = time.process_time() - began
    # Watching the memory is slow itself: a second copy of the mail is read as well, before it is known to be one.
    tracemalloc.start()
    take(raw)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert row.state == S.WAITING and "too many parts" in row.reason and row.sender == "sam@example.com"
    assert spent < LONG and most < 150 * MEGABYTE, (spent, most / MEGABYTE)


def test_a_real_mail_with_thirty_megabytes_of_files_is_no_abuse(cast):
    case = working(cast)
    message = answer(case, "See the file.")
    message.add_attachment(b"x" * 20 * MEGABYTE, maintype="application", subtype="octet-stream", filename="big.bin")
    assert take(message).state == S.LANDED and texts(case) == ["See the file."]


def test_a_thousand_files_are_not_a_thousand_times_the_work(cast):
    case = working(cast)
    message = answer(case, "See all.")
    for number in range(1000):
        message.add_attachment(b"what I saw %d\n" % number, maintype="text", subtype="plain", filename=f"n{number}.txt")
    began = time.monotonic()
    assert take(message).state == S.LANDED
    assert time.monotonic() - began < LONG
    assert texts(case) == ["See all."] and 0 < Attachment.objects.filter(case=case).count() <= 20
    send()
    (letter,) = [m for m in mail.outbox if "could not keep" in m.subject]
    assert len(letter.body) < 5000


@pytest.mark.parametrize(
    "html",
    [
        "<head>" + "<a>" * 60_000 + "</z>" * 60_000,
        "<blockquote>" * 40_000 + "</p>" * 40_000,
        "<" * 400_000,
        "<!--" * 100_000,
        "&" * 400_000,
        '<a b="' * 60_000,
    ],
    ids=["ends", "quotes", "tags", "comments", "signs", "attributes"],
)
def test_html_made_to_be_slow(html):
    began = time.monotonic()
    from_html(html)
    assert time.monotonic() - began < LONG


@pytest.mark.parametrize("name", ["From", "To", "References", "Subject", "Date", "Content-Type", "Message-ID"])
@pytest.mark.parametrize("text", ["(" * 15_000, "=?utf-8?q?" * 2_000, "<a@b," * 4_000, '"' * 15_001, "\\" * 15_000])
def test_headers_made_to_be_slow_or_deep(cast, name, text):
    began = time.monotonic()
    raw = f"{name}: {text}\n".encode() + written("Hi", sender="eve@example.net").as_bytes()
    assert take(raw).state in S.values
    assert time.monotonic() - began < LONG


def test_broken_charsets_lose_no_mail(cast):
    case = working(cast)
    start = head(case).replace(b'Content-Type: text/plain; charset="utf-8"', b"X-Was: here")
    for number, (charset, body) in enumerate(
        [
            (b"klingon", b"Hello \xff"),
            (b"utf-16", b"\x00H"),
            (b"utf-7", b"+AGE-"),
            (b"idna", b"xn--\xff"),
            (b"hex", b"zz"),
        ]
    ):
        own = start.replace(b"Message-ID: <", b"Message-ID: <%d" % number)
        row = take(own + b"\nContent-Type: text/plain; charset=" + charset + b"\n\n" + body + b" and more\n")
        assert row.state == S.LANDED, charset
    assert len(texts(case)) == 5 and not any("\x00" in text for text in texts(case))


def test_nothing_of_a_mail_gets_into_the_head_of_a_letter(cast):
    evil = "=?utf-8?q?Lost=0D=0ABcc:_eve=40evil.example=0D=0A?= parcel"
    raw = (
        f'From: "Nia=0ABcc: eve@evil.example" <nia@new.example>\nTo: {OURS}\nSubject: {evil}\nMessage-ID: <i@j.example>\n'
        "\nMy parcel\r\nBcc: eve@evil.example\r\n"
    )
    case = take(raw.encode()).case
    assert "\n" not in case.title and "\r" not in case.title and "\n" not in case.customer.name
    verbs.assess(case.pk, severity=3, complexity=1, category=case.category, by=cast.tiers[1], at=LOOK)
    send(LOOK)
    assert mail.outbox
    for letter in mail.outbox:
        heads = letter.message().as_string().partition("\n\n")[0]
        assert "\nbcc:" not in heads.lower() and "eve@evil.example" not in letter.recipients()


# --- Who says they are whom


def moved_nothing(case, message):
    """The mail waits for a person, or is left alone, and no event of any case comes of it."""
    before = Event.objects.count(), Message.objects.count(), Case.objects.count()
    row = take(message)
    assert (Event.objects.count(), Message.objects.count(), Case.objects.count()) == before
    return row


def wrong_token(case):
    secret = reply_address.token(case)
    return reply_address.address(secret[:-1] + ("0" if secret[-1] != "0" else "1"))


def test_forged_from_with_the_right_token_is_for_the_mail_server_to_tell(cast):
    """The token went to the customer alone; where their server says who wrote, a forged name is found as well."""
    case = working(cast)
    for sender in ("Sam Okafor <eve@evil.example>", '"sam@example.com" <eve@evil.example>'):
        assert "not the customer" in moved_nothing(case, answer(case, sender=sender)).reason
    said = "mx.example.com; spf=pass smtp.mailfrom=evil.example; dmarc=fail (p=reject) header.from=example.com"
    assert "forged" in moved_nothing(case, answer(case, authentication_results=said)).reason


def test_the_right_sender_with_a_wrong_token_waits(cast):
    case = working(cast)
    assert "none of ours" in moved_nothing(case, written("Hi", to=wrong_token(case))).reason
    both = f"{wrong_token(case)}, {reply_address.address(reply_address.token(case))}"
    assert take(written("Hi", to=both)).state == S.LANDED, "the right one beside a wrong one is the right one"


def test_a_token_of_somebody_elses_case_is_no_way_to_it(cast):
    case = working(cast)
    theirs = cast.file(by=cast.other)
    assert "not the customer" in moved_nothing(case, answer(theirs, sender="sam@example.com")).reason
    two = ", ".join(reply_address.address(reply_address.token(one)) for one in (case, theirs))
    assert "more than one case" in moved_nothing(case, written("Hi", to=two)).reason


# --- Machines that talk to machines


def test_two_machines_do_not_talk_for_ever(cast):
    """Everything we send is answered at once by a machine that says nothing of being one: it ends by itself."""
    take(written("Help", sender="bot@loop.example"))
    for _ in range(30):
        send()
        unread, mail.outbox[:] = [m for m in mail.outbox if m.to == ["bot@loop.example"]], []
        for letter in unread:
            back = letter.reply_to[0] if letter.reply_to else OURS
            take(written("I got your mail.", sender="bot@loop.example", to=back))
        if not unread:
            break
    assert not unread
    assert Case.objects.filter(customer__email="bot@loop.example").count() <= 5
    assert Notice.objects.filter(recipient__email="bot@loop.example", state="sent").count() <= 3


def test_automatic_answers_never_answer_a_question_whatever_they_call_themselves(cast):
    case = working(cast)
    verbs.wait_customer(case.pk, question="Which card?", by=cast.tiers[1], at=step(20))
    for headers in (
        {"auto_submitted": "auto-replied; owner-email=x"},
        {"auto_submitted": "AUTO-GENERATED"},
        {"precedence": "Auto_Reply"},
        {"x_autoreply": "yes"},
        {"x_autorespond": "1"},
        {"return_path": "<>"},
        {"list_id": "<a.example>"},
    ):
        assert take(answer(case, "Away.", **headers)).state in (S.LANDED, S.IGNORED), headers
    case.refresh_from_db()
    assert case.state == State.WAITING_CUSTOMER


# --- Bounded work


def test_one_look_takes_so_many_and_goes_on_so_long(cast, settings, monkeypatch):
    server = Mailbox()
    settings.INBOUND = inbound_settings(server.url)
    for number in range(fetching.BATCH + 5):
        server.put(written(f"News {number}", sender="n@shop.example", list_id="<shop>").as_bytes())
    # However slow the machine: here the number ends the look, below the time.
    monkeypatch.setattr(fetching, "WORK_MOST", 600.0)
    assert fetching.fetch(LOOK) == fetching.BATCH
    assert fetching.fetch(LOOK) == 5
    for _ in range(3):
        server.put(written("News", sender="n@shop.example", list_id="<shop>").as_bytes())
    monkeypatch.setattr(fetching, "WORK_MOST", 0.0)
    assert [fetching.fetch(LOOK) for _ in range(4)] == [1, 1, 1, 0]
    server.shutdown()
    server.server_close()


def test_what_is_kept_of_a_mail_that_waits_is_bounded(cast):
    case = working(cast)
    row = take(answer(case, "word " * 40_000, sender="eve@example.net", subject="s" * 5000))
    assert row.state == S.WAITING and len(row.text) <= 10_000 and len(row.subject) <= 200
    assert read(answer(case, "x", in_reply_to="<a@b>", references="<a@b> " * 4000).as_bytes()).refers_to
