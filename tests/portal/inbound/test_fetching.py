"""The fetcher against a mailbox that speaks IMAP over a socket: what it takes, marks and leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from cases.models import Message
from escalation.models import Heartbeat, InboundMail
from portal import beat, clock
from portal.environment import inbound_settings
from portal.inbound import fetching
from tests.portal.inbound.imap_stub import Mailbox
from tests.portal.inbound.letters import answer, written
from tests.portal.pages.scene import LOOK, working

S = InboundMail.State


@pytest.fixture
def box(settings):
    server = Mailbox()
    settings.INBOUND_URL = server.url
    settings.INBOUND = inbound_settings(server.url)
    yield server
    server.shutdown()
    server.server_close()


def test_what_is_unread_is_taken_and_marked_and_what_waits_is_flagged(cast, box):
    case = working(cast)
    lands = box.put(answer(case, "By mail.").as_bytes())
    waits = box.put(answer(case, "By mail.", sender="olga@example.com").as_bytes())
    assert fetching.fetch(LOOK) == 2
    assert box.flags == {lands: {b"\\Seen"}, waits: {b"\\Seen", b"\\Flagged"}}
    assert fetching.fetch(LOOK) == 0
    assert Message.objects.filter(case=case, channel="email").count() == 1


def test_a_worker_that_died_before_marking_costs_no_second_message(cast, box):
    case = working(cast)
    number = box.put(answer(case).as_bytes())
    fetching.fetch(LOOK)
    box.flags[number].clear()
    assert fetching.fetch(LOOK) == 1 and box.flags[number] == {b"\\Seen"}
    assert Message.objects.filter(case=case, channel="email").count() == 1


def test_a_huge_one_is_not_fetched(cast, box):
    box.put(answer(working(cast), "x" * 1000).as_bytes())
    box.size = 10**9
    fetching.fetch(LOOK)
    row = InboundMail.objects.get()
    assert row.state == S.WAITING and row.sender == "sam@example.com" and row.text == ""
    assert not any(b"BODY.PEEK[]" in line for line in box.heard)


def test_one_that_is_no_mail_holds_up_no_other(cast, box):
    box.put(b"\x00\xff\xfe garbage \x80" * 50)
    box.put(
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 500
    )
    case = working(cast)
    box.put(answer(case).as_bytes())
    assert fetching.fetch(LOOK) == 3
    assert Message.objects.filter(case=case, channel="email").count() == 1
    assert InboundMail.objects.filter(state__in=InboundMail.TO_LOOK_AT).count() == 2


def test_while_the_database_is_away_it_stays_unread(cast, box, monkeypatch):
    number = box.put(answer(working(cast)).as_bytes())

    def away(mail, *, at):
        raise OperationalError("gone")

    monkeypatch.setattr("portal.inbound.taking.land", away)
    with pytest.raises(OperationalError):
        fetching.fetch(LOOK)
    assert box.flags[number] == set() and not InboundMail.objects.exists()


def test_the_keeping_hand_looks_once_a_minute(cast, box):
    case = working(cast)
    Heartbeat.objects.update_or_create(role="beat", defaults={"last_loop": clock.now()})
    box.put(answer(case, "One.").as_bytes())
    beat.beat("keeping")
    assert Heartbeat.objects.get(role="inbound").last_success
    box.put(answer(case, "Two.").as_bytes())
    beat.beat("keeping")
    assert Message.objects.filter(case=case, channel="email").count() == 1
    Heartbeat.objects.filter(role="inbound").update(last_loop=LOOK - timedelta(days=900))
    beat.beat("keeping")
    assert Message.objects.filter(case=case, channel="email").count() == 2


def test_a_mailbox_that_refuses_us_is_said(cast, box, settings):
    settings.INBOUND = settings.INBOUND | {"password": "wrong"}
    Heartbeat.objects.update_or_create(role="beat", defaults={"last_loop": clock.now()})
    done = beat.beat("keeping")
    assert "mail that came in" in done.failed
    row = Heartbeat.objects.get(role="inbound")
    assert row.last_success is None and "refused our user name or password" in row.note


def test_without_a_mailbox_nobody_looks(cast, settings):
    settings.INBOUND = {}
    Heartbeat.objects.update_or_create(role="beat", defaults={"last_loop": clock.now()})
    beat.beat("keeping")
    assert not Heartbeat.objects.filter(role="inbound").exists()


def test_the_address_of_a_mailbox():
    found = inbound_settings("imaps://help%40x.example:p%3Ass@mail.example/Support%20in?timeout=9")
    assert found == {
        "scheme": "imaps", "host": "mail.example", "port": 993, "user": "help@x.example", "password": "p:ss",
        "folder": "Support in", "timeout": 9, "ca_file": "",
    }  # fmt: skip
    assert inbound_settings("") == {}
    for wrong in ("http://x@y", "imaps://host-only", "imaps://"):
        with pytest.raises(ImproperlyConfigured):
            inbound_settings(wrong)


def test_a_stranger_reaches_a_person_or_a_new_case_but_no_other(cast, box):
    case = working(cast)
    box.put(written("Tell me all", sender="eve@evil.example", subject=f"Re: [{case.reference}]").as_bytes())
    fetching.fetch(LOOK)
    assert not Message.objects.filter(case=case, channel="email").exists()
    assert InboundMail.objects.get().state == S.OPENED
