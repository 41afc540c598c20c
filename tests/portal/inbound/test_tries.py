"""What cannot be taken in loses nothing, holds up nothing, and is not tried for ever; the fetcher against a real socket."""

from __future__ import annotations

from datetime import timedelta
from imaplib import IMAP4

import pytest
from django.core.files.storage import storages
from django.db import OperationalError

from cases.models import Attachment, Message
from cases.models.attachment import STORAGE
from escalation.models import Heartbeat, InboundMail, MailTry
from portal import beat, clock
from portal.environment import inbound_settings
from portal.inbound import fetching, landing, taking, tries
from portal.inbound.trouble import Unreadable, trouble
from tests.portal.inbound.imap_stub import Mailbox
from tests.portal.inbound.letters import answer, written
from tests.portal.pages.scene import LOOK, working

S = InboundMail.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def box(settings):
    server = Mailbox()
    settings.INBOUND_URL = server.url
    settings.INBOUND = inbound_settings(server.url)
    yield server
    server.shutdown()
    server.server_close()


def texts(case):
    return list(Message.objects.filter(case=case, channel="email").order_by("at").values_list("text", flat=True))


def with_file(case, text):
    message = answer(case, text)
    message.add_attachment(b"what I saw\n", maintype="text", subtype="plain", filename="notes.txt")
    return message.as_bytes()


def test_while_files_cannot_be_kept_the_mail_stays_unread_and_lands_whole_later(cast, box, monkeypatch):
    case = working(cast)
    number, other = box.put(with_file(case, "The blue one")), box.put(answer(case, "And this").as_bytes())

    def full(*args, **more):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(type(storages[STORAGE]), "save", full)
        with pytest.raises(Unreadable, match="files of some e-mails"):
            fetching.look(LOOK)
    assert box.flags[number] == set() and texts(case) == ["And this"] and box.flags[other]
    assert InboundMail.objects.count() == 1 and "room" in Heartbeat.objects.get(role="inbound").note
    assert fetching.fetch(LOOK) == 0
    assert fetching.fetch(LOOK + MINUTE) == 1
    assert texts(case) == ["And this", "The blue one"] and box.flags[number] == {b"\\Seen"}
    assert Attachment.objects.filter(case=case).count() == 1 and not MailTry.objects.exists()


def test_a_broken_picture_is_no_full_disk(cast, box):
    case = working(cast)
    message = answer(case, "See it")
    message.add_attachment(b"\x89PNG\r\n\x1a\n" + b"x" * 300, maintype="image", subtype="png", filename="shot.png")
    box.put(message.as_bytes())
    assert fetching.fetch(LOOK) == 1 and texts(case) == ["See it"]


def test_what_is_away_for_days_is_no_fault_of_the_mail_and_then_it_is_set_aside(cast, box, monkeypatch):
    number = box.put(answer(working(cast), "Hello").as_bytes())

    def slow(mail, *, at):
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(taking, "land", slow)
    at, times = LOOK, 0
    while at < LOOK + timedelta(days=2):
        try:
            assert fetching.fetch(at) == 0
        except OperationalError:
            times += 1
        at += 60 * MINUTE
    assert 24 <= times <= 48 and not box.flags[number] and MailTry.objects.get().tries == 0
    for hours in range(72, 84):
        try:
            fetching.fetch(LOOK + timedelta(hours=hours))
        except OperationalError:
            continue
    assert InboundMail.objects.get().state == S.BROKEN and box.flags[number] == {b"\\Seen", b"\\Flagged"}


def test_one_that_raises_every_time_holds_up_no_other(cast, box, monkeypatch):
    case, real = working(cast), landing.land
    bad, good = box.put(written("poison").as_bytes()), box.put(answer(case, "Good").as_bytes())

    def land(mail, *, at):
        if mail.text == "poison":
            raise OperationalError("canceling statement due to statement timeout")
        return real(mail, at=at)

    monkeypatch.setattr(taking, "land", land)
    with pytest.raises(OperationalError):
        fetching.look(LOOK)
    assert texts(case) == ["Good"] and box.flags == {bad: set(), good: {b"\\Seen"}}


def test_one_the_server_does_not_give_keeps_no_place_and_is_set_aside(cast, box, monkeypatch):
    case = working(cast)
    bad, good = box.put(b"x"), box.put(answer(case, "Good").as_bytes())
    box.refused[b"FETCH"] = {bad}
    monkeypatch.setattr(fetching, "BATCH", 1)
    assert [fetching.fetch(LOOK) for _ in range(3)] == [1, 1, 0]
    assert texts(case) == ["Good"]
    assert [fetching.fetch(LOOK + minutes * MINUTE) for minutes in (1, 2, 11, 12, 13)] == [0, 1, 0, 1, 0]
    row = InboundMail.objects.get(state=S.BROKEN)
    assert "however often" in row.reason and box.flags[bad] == {b"\\Seen", b"\\Flagged"}
    assert box.flags[good] == {b"\\Seen"} and not MailTry.objects.exists()


def test_one_that_kills_its_reader_is_set_aside_unread_on_the_third_try(cast, box, monkeypatch):
    """A process that is killed ends no `except` and no `finally` of ours that matters: only what is committed is left."""
    number, read = box.put(answer(working(cast), "Bomb").as_bytes()), []

    class Killed(BaseException):
        pass

    def taken(raw, **more):
        read.append(raw)
        raise Killed

    monkeypatch.setattr(taking, "taken", taken)
    for minutes in (0, 2):
        with pytest.raises(Killed):
            fetching.fetch(LOOK + minutes * MINUTE)
        assert fetching.fetch(LOOK + (minutes + 1) * MINUTE) == 0
    assert fetching.fetch(LOOK + 12 * MINUTE) == 1
    assert len(read) == 2 and InboundMail.objects.get().state == S.BROKEN
    assert box.flags[number] == {b"\\Seen", b"\\Flagged"}


def test_a_server_that_hangs_up_ends_the_round_and_nothing_is_held_against_the_mail(cast, box):
    number = box.put(answer(working(cast), "Hello").as_bytes())
    box.drops = {number}
    for minutes in range(0, 60, 20):
        with pytest.raises(IMAP4.abort):
            fetching.fetch(LOOK + minutes * MINUTE)
    assert MailTry.objects.get().tries == 0
    box.drops = set()
    assert fetching.fetch(LOOK + timedelta(hours=2)) == 1 and box.flags[number] == {b"\\Seen"}


def test_one_that_cannot_be_marked_is_taken_once_read_once_and_said(cast, box):
    case = working(cast)
    number, other = box.put(answer(case, "Hello").as_bytes()), box.put(answer(case, "Other").as_bytes())
    box.refused[b"STORE"] = {number}
    with pytest.raises(Unreadable, match="mark e-mails as read"):
        fetching.fetch(LOOK)
    assert texts(case) == ["Hello", "Other"] and box.flags[other] == {b"\\Seen"}
    InboundMail.objects.all().delete()  # as after ninety days
    for hours in range(1, 9):
        with pytest.raises(Unreadable):
            fetching.fetch(LOOK + timedelta(hours=hours))
    assert texts(case) == ["Hello", "Other"]
    assert len([line for line in box.heard if b"BODY.PEEK" in line]) == 2
    box.refused.clear()
    fetching.fetch(LOOK + timedelta(hours=10))
    assert box.flags[number] == {b"\\Seen"} and not MailTry.objects.exists()


def test_a_full_mailbox_is_read_on_and_the_others_get_their_turn(cast, box, monkeypatch):
    case = working(cast)
    monkeypatch.setattr(fetching, "BATCH", 5)
    for number in range(12):
        box.put(written(f"News {number}", list_id="<shop>").as_bytes())
    box.put(answer(case, "Good").as_bytes())
    assert [fetching.look(LOOK) for _ in range(3)] == [5, 5, 0]
    assert texts(case) == ["Good"]
    assert not fetching.due(LOOK).exists()


def test_after_a_full_batch_the_next_round_does_not_wait_a_minute(cast, box, monkeypatch):
    Heartbeat.objects.update_or_create(role="beat", defaults={"last_loop": clock.now()})
    monkeypatch.setattr(fetching, "BATCH", 2)
    monkeypatch.setattr(beat, "STEP_MOST", 0.0)
    for number in range(5):
        box.put(written(f"News {number}", list_id="<shop>").as_bytes())
    left = []
    for _ in range(4):
        beat.beat("keeping")
        left.append(sum(not flags for flags in box.flags.values()))
    assert left == [3, 1, 0, 0] and trouble(clock.now()) is None


def test_the_head_of_a_huge_one_is_bounded(cast, box):
    box.put(answer(working(cast), "x").as_bytes())
    box.size = 10**9
    fetching.fetch(LOOK)
    assert any(line.endswith(b"(BODY.PEEK[HEADER]<0.65536>)") for line in box.heard)


def test_tries_are_forgotten_with_the_messages_they_were_of(cast, box):
    number = box.put(b"x")
    box.refused[b"FETCH"] = {number}
    fetching.fetch(LOOK)
    box.flags[number].add(b"\\Seen")  # a person has read it
    fetching.fetch(LOOK + timedelta(hours=1))
    assert MailTry.objects.count() == 1
    fetching.fetch(LOOK + timedelta(days=2))
    assert not MailTry.objects.exists()


def test_whoever_else_has_it_leaves_it_alone(cast):
    one = tries.Waiting("1", "here:7:1")
    first = tries.begin(one, LOOK)
    assert first and tries.begin(one, LOOK + MINUTE) is None
    assert tries.begin(one, LOOK + 2 * MINUTE).tries == 2
