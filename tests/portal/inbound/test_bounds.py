"""What mail may not do: write to machines, speak for staff, outlive its customer, flood strangers, or lose words unsaid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.conf import settings as of_site
from django.core import mail

from cases.lifecycle import State
from cases.models import Case, Note, User
from escalation import mail_crossing, outbox, receipts, reply_address, verbs
from escalation.models import InboundMail, Notice
from portal import beat, ratelimit  # noqa: F401 -- registers what letters need
from portal.inbound import landing, taking
from portal.inbound.reading import Received, read
from tests.escalation.sound import assert_sound
from tests.portal.inbound.letters import answer, returned, written
from tests.portal.inbound.test_landing import send, take, texts
from tests.portal.pages.scene import LOOK, confirmed, merged, step, working

AT = LOOK
S = InboundMail.State


# --- Machines


def test_an_automatic_answer_about_an_unproved_case_is_left_alone(cast):
    case = cast.file(proven=False)
    send()
    before = Notice.objects.count()
    row = take(answer(case, "I am away", auto_submitted="auto-replied"))
    assert (row.state, row.sender, row.text) == (S.IGNORED, "", "")
    assert Notice.objects.count() == before


# --- Letters that come back


def report(case, message_id):
    """A report about a letter of `case`, with the customer's own token."""
    letter = EmailMessage()
    letter["Message-ID"], letter["Reply-To"] = message_id, reply_address.address(reply_address.token(case))
    return returned(letter)


def test_only_letters_to_the_customer_come_back(cast):
    case = working(cast)
    send()
    staff = Notice.objects.filter(case=case, to_customer=False, state="sent").first()
    assert take(report(case, outbox.message_id(staff))).state == S.IGNORED
    staff.refresh_from_db()
    assert staff.state == "sent"
    own = Notice.objects.get(case=case, kind="received")
    assert take(report(case, outbox.message_id(own))).state == S.BOUNCED


def test_nobody_can_reckon_the_id_of_a_letter(cast):
    case = working(cast)
    send()
    notice = Notice.objects.get(case=case, kind="received")
    guessed = f"<{hashlib.sha256(notice.key.encode()).hexdigest()[:40]}@{of_site.MESSAGE_ID_DOMAIN}>"
    assert take(report(case, guessed)).state == S.IGNORED


def test_a_letter_made_with_an_older_server_key_is_known(cast, settings):
    case = working(cast)
    send()
    notice = Notice.objects.get(case=case, kind="received")
    old = report(case, outbox.message_id(notice))
    refers = [outbox.message_id(notice)]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key of the server" * 3
    assert outbox.message_id(notice) not in refers
    assert mail_crossing.known_by(case, written=AT, refers_to=refers, at=AT) is not None
    assert take(old).state == S.BOUNCED


# --- Tokens


def test_the_token_ends_with_its_customer(cast):
    case = cast.file(proven=False)
    old = answer(case, "I know")
    assert reply_address.cases_of([reply_address.token(case)]) == [case]
    first = reply_address.token(case)
    receipts.correct_address(case, "right@example.com", at=AT)
    case = Case.objects.get(pk=case.pk)
    assert reply_address.token(case) != first and reply_address.cases_of([first]) == []
    row = take(old)
    assert (row.state, row.case_id) == (S.WAITING, None) and "none of ours" in row.reason
    # Whoever reads the wrong address knows the token, and may write any sender.
    assert take(written("Mine", sender="right@example.com", to=reply_address.address(first))).case_id is None


def test_a_letter_about_a_case_to_somebody_else_has_no_token(cast):
    case = working(cast)
    Notice.objects.filter(case=case, kind="received").update(recipient=cast.other)
    send()
    (letter,) = [m for m in mail.outbox if m.to == ["olga@example.com"]]
    assert not letter.reply_to and "reply." not in letter.extra_headers["References"]


def test_the_token_of_an_erased_customer_names_nothing(cast):
    case = working(cast)
    message = answer(case, "Still me")
    User.objects.filter(pk=case.customer_id).update(erased_at=AT, is_active=False, email="erased-1@erased.invalid")
    assert take(message).case_id is None and texts(case) == []


def test_mail_about_a_case_that_was_joined_to_another_waits(cast):
    case = merged(cast)
    assert case.state == State.MERGED
    row = take(answer(case, "More"))
    assert (row.state, row.case_id, row.text) == (S.WAITING, case.pk, "More") and texts(case) == []


# --- Floods and limits


@pytest.mark.parametrize("how", ["open", "link"])
def test_a_flood_of_forged_senders_is_no_flood_of_our_letters(cast, settings, monkeypatch, how):
    settings.INBOUND_NEW = how
    monkeypatch.setattr(landing, "FLOOD", ratelimit.Limit("cases by mail", 6, timedelta(hours=1)))
    notices, people = Notice.objects.filter(to_customer=True).count(), User.objects.count()
    states = [take(written("x", sender=f"v{number}@victim.example")).state for number in range(9)]
    assert states == [S.LINKED if how == "link" else S.OPENED] * 6 + [S.WAITING] * 3
    assert Notice.objects.filter(to_customer=True).count() - notices == 6 and User.objects.count() - people == 6
    assert "everybody together" in InboundMail.objects.order_by("-pk").first().reason
    later = AT + timedelta(minutes=61)
    assert take(written("x", sender="v8@victim.example"), at=later).state in (S.LINKED, S.OPENED)


def test_who_was_told_nothing_in_a_flood_is_told_when_it_is_over(cast, settings, monkeypatch):
    settings.INBOUND_NEW = "link"
    monkeypatch.setattr(landing, "FLOOD", ratelimit.Limit("cases by mail", 1, timedelta(hours=1)))
    take(written("x", sender="v1@victim.example"))
    near = AT + timedelta(minutes=59)
    assert take(written("x", sender="v2@victim.example"), at=near).state == S.WAITING
    assert take(written("x", sender="v2@victim.example"), at=near + timedelta(minutes=2)).state == S.LINKED
    assert Notice.objects.filter(kind="mail_link", recipient__email="v2@victim.example").count() == 1


def test_one_sender_who_writes_on_and_on_uses_up_nobody_elses_answer(cast, settings, monkeypatch):
    settings.INBOUND_NEW = "link"
    monkeypatch.setattr(landing, "FLOOD", ratelimit.Limit("cases by mail", 3, timedelta(hours=1)))
    for _ in range(10):
        take(written("x", sender="loud@victim.example"))
    assert take(written("x", sender="nia@new.example")).state == S.LINKED
    assert Notice.objects.filter(kind="mail_link", recipient__email="nia@new.example").exists()


def test_forged_mail_uses_up_nothing_of_what_the_customer_may_do_on_our_pages(cast):
    for number in range(7):
        take(written(f"spam {number}", sender="sam@example.com"))
    for _ in range(ratelimit.FILING.most):
        ratelimit.count(ratelimit.FILING, "for sam@example.com", at=AT)
    case = working(cast)
    for number in range(5):
        take(answer(case, f"More {number}"))
    for _ in range(ratelimit.MESSAGE.most):
        ratelimit.count(ratelimit.MESSAGE, f"case {case.pk}", at=AT)


# --- Not all of it


@dataclass(frozen=True, slots=True)
class Cut(Received):
    """A message of which something was left out."""

    left_out: tuple[str, ...] = ()


def cut(message, *what):
    got = read(message.as_bytes())
    said = {one.name: getattr(got, one.name) for one in fields(got) if one.name != "left_out"}
    return Cut(**said, left_out=what)


def test_what_is_too_long_lands_and_everybody_is_told(cast):
    case = working(cast)
    row = take(answer(case, "word " * 2500))
    assert row.state == S.LANDED and row.is_partial and row.is_flagged and "in the mailbox" in row.reason
    (text,) = texts(case)
    assert len(text) <= 10_000 and text.endswith("…")
    (note,) = Note.objects.filter(case=case, text__contains="Not all of")
    assert "longer than 10,000 characters" in note.text
    assert_sound(case)
    send()
    (letter,) = [m for m in mail.outbox if "could not keep" in m.subject]
    assert letter.to == ["sam@example.com"] and "Some of its text is missing there" in letter.body


def test_what_was_left_out_is_told_likewise(cast, monkeypatch):
    case = working(cast)
    whole = cut(answer(case, "See the drawing"), "an encrypted part", "the quotation may be yours")
    monkeypatch.setattr(taking, "read", lambda raw: whole)
    row = take(b"x")
    assert row.state == S.LANDED and row.is_flagged and "encrypted" not in row.reason
    note = Note.objects.get(case=case, text__contains="Not all of")
    assert "an encrypted part; the quotation may be yours." in note.text
    assert Notice.objects.filter(case=case, kind="mail_files").count() == 1


def test_a_settled_case_that_comes_back_and_a_new_one_say_it_too(cast):
    case = confirmed(cast)
    row = take(answer(case, "word " * 1500))
    assert row.state == S.LANDED and row.is_partial
    fresh = take(written("word " * 1500, sender="nia@new.example"))
    assert fresh.state == S.OPENED and fresh.is_partial
    assert Note.objects.filter(case=fresh.case, text__contains="longer than 5,000").exists()
    assert_sound(fresh.case)
    send()
    told = [m for m in mail.outbox if "could not keep" in m.subject]
    # Nobody has proved the new one's address: what was wrong is on no letter to it but that something was.
    assert sorted((m.to[0], "Some of its text" in m.body) for m in told) == [
        ("nia@new.example", False), ("sam@example.com", True),
    ]  # fmt: skip


def test_files_that_are_not_kept_are_said_to_whoever_has_the_case(cast):
    case = working(cast)
    message = answer(case, "See it")
    message.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="setup.exe")
    assert take(message).is_flagged
    assert "Missing: some of its files." in Note.objects.get(case=case).text
    message = written("See it", sender="nia@new.example")
    message.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="setup.exe")
    assert_sound(take(message).case)


def test_a_mail_that_is_all_there_says_nothing(cast):
    case = working(cast)
    row = take(answer(case, "Short"))
    assert not row.is_partial and not row.is_flagged and not Note.objects.filter(case=case).exists()
    assert not Notice.objects.filter(kind="mail_files").exists()


# --- People who are not there, cases that are over


@pytest.mark.parametrize("sender", ["sam@example.com", "olga@example.com"])
def test_mail_of_a_closed_account_waits_and_says_so(cast, sender):
    case = working(cast)
    User.objects.filter(pk=case.customer_id).update(is_active=False)
    row = take(answer(case, "Hello?", sender=sender))
    assert (row.state, row.case_id, row.text) == (S.WAITING, case.pk, "Hello?") and "closed" in row.reason
    assert texts(case) == []
    assert take(answer(case, "Away", sender=sender, auto_submitted="auto-replied")).state == S.IGNORED
    if sender == "sam@example.com":
        assert "closed" in take(written("New", sender=sender)).reason


def test_mail_about_a_withdrawn_case_opens_it_again(cast):
    case = working(cast)
    case = verbs.withdraw(case.pk, by=cast.customer, at=step(30))
    assert take(answer(case, "Away", auto_submitted="auto-replied")).state == S.IGNORED
    assert Case.objects.get(pk=case.pk).state == State.WITHDRAWN
    row = take(answer(case, "It is back after all"))
    case = assert_sound(case)
    assert row.state == S.LANDED and case.is_open and texts(case) == ["It is back after all"]
