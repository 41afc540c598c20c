"""Where mail lands: on its case, on a new one, with a person, or nowhere; and that it lands once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from cases.lifecycle import State
from cases.models import Attachment, Case, Event, Message
from escalation import outbox, reply_address, verbs
from escalation.models import InboundMail, Notice
from portal import beat  # noqa: F401 -- registers what letters need
from portal.inbound import taking
from tests import solving
from tests.escalation.sound import assert_sound
from tests.portal.inbound.letters import OURS, answer, returned, written
from tests.portal.pages.scene import LOOK, answered, confirmed, later, step, working

AT = LOOK
S = InboundMail.State


def take(message, at=AT) -> InboundMail:
    raw = message if isinstance(message, bytes) else message.as_bytes()
    taking.take(raw, at=at)
    return InboundMail.objects.order_by("-pk").first()


def send(at=AT):
    while outbox.deliver_batch(at):
        pass


def texts(case):
    return list(Message.objects.filter(case=case, channel="email").order_by("at").values_list("text", flat=True))


# --- What goes out


def test_letters_about_a_case_say_where_an_answer_goes(cast):
    case = cast.file()
    send()
    (letter,) = [m for m in mail.outbox if m.to == ["sam@example.com"]]
    secret = reply_address.token(case)
    assert letter.reply_to == [f"support+{secret}@milepost.localhost"]
    assert letter.extra_headers["References"].startswith("<case-")
    assert letter.extra_headers["References"].endswith(reply_address.as_reference(secret))
    to_staff = [m for m in mail.outbox if m.to != ["sam@example.com"]]
    assert to_staff and not any(m.reply_to or "reply." in m.extra_headers["References"] for m in to_staff)


def test_without_a_mailbox_nothing_of_it_is_sent(cast, settings):
    settings.INBOUND_URL = ""
    cast.file()
    send()
    assert mail.outbox and not any(m.reply_to for m in mail.outbox)


# --- Answers


def test_an_answer_lands_in_the_thread_and_our_clocks_go_on(cast):
    case = working(cast)
    verbs.wait_customer(case.pk, question="Which card?", by=cast.tiers[1], at=step(20))
    row = take(answer(case, "The blue one.\n\nOn Mon, 12 Jan 2026 at 10:20, M <s@x.example> wrote:\n> Which card?"))
    assert (row.state, row.case_id, row.sender, row.text) == (S.LANDED, case.pk, "", "")
    assert texts(case) == ["The blue one."]
    case = assert_sound(case)
    assert case.state != State.WAITING_CUSTOMER
    assert Event.objects.filter(case=case).order_by("-seq").first().kind == "customer_wrote"


def test_a_mail_that_only_refers_to_our_letter_lands_too(cast):
    case = working(cast)
    known = reply_address.as_reference(reply_address.token(case))
    assert take(written("Here.", in_reply_to="<x@y.example>", references=known)).state == S.LANDED
    assert texts(case) == ["Here."]


@pytest.mark.parametrize("sender", ["olga@example.com", "dana@example.com", "tom@example.com", "who@nowhere.example"])
def test_whoever_is_not_the_customer_waits_for_a_person_and_never_acts(cast, sender):
    case = working(cast)
    before = Event.objects.count()
    row = take(answer(case, "Give it back to me.", sender=f"Sam Okafor <{sender}>"))
    assert (row.state, row.case_id, row.sender) == (S.WAITING, case.pk, sender)
    assert "not the customer" in row.reason and row.text == "Give it back to me."
    assert Event.objects.count() == before and texts(case) == []


def test_a_forged_sender_that_the_mail_server_saw_through_waits(cast):
    case = working(cast)
    row = take(answer(case, authentication_results="mx.example.com; dmarc=fail header.from=example.com"))
    assert row.state == S.WAITING and "forged" in row.reason and texts(case) == []


@pytest.mark.parametrize("spoil", ["last", "other"])
def test_a_wrong_token_opens_nothing(cast, spoil):
    case, cases = working(cast), Case.objects.count
    secret = reply_address.token(case)
    wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1") if spoil == "last" else secret.replace("c", "c9", 1)
    before = cases()
    row = take(written("Hello", to=reply_address.address(wrong)))
    assert (row.state, row.case_id, cases(), texts(case)) == (S.WAITING, None, before, [])


def test_a_token_of_an_older_server_key_still_holds(cast, settings):
    case = working(cast)
    message = answer(case)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key of the server" * 3
    assert take(message).state == S.LANDED


def test_an_address_nobody_has_proved_gets_the_link_once_and_waits(cast):
    case = cast.file(proven=False)
    send()
    for number in range(3):
        assert take(answer(case, f"I did not file this {number}")).state == S.WAITING
    assert texts(case) == [] and Notice.objects.filter(case=case, kind="received").count() == 2


def test_files_come_with_it_and_what_is_refused_is_named_in_a_letter(cast):
    case = working(cast)
    message = answer(case, "See both.")
    message.add_attachment(b"what I saw\n", maintype="text", subtype="plain", filename="notes.txt")
    message.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="setup.exe")
    assert take(message).state == S.LANDED
    (kept,) = Attachment.objects.filter(case=case)
    assert kept.name == "notes.txt" and kept.message.text == "See both."
    send()
    (letter,) = [m for m in mail.outbox if "could not keep" in m.subject]
    assert letter.to == ["sam@example.com"] and "setup.exe" in letter.body and "notes.txt" not in letter.body


def test_files_alone_are_an_answer(cast):
    case = working(cast)
    message = answer(case, "")
    message.add_attachment(b"what I saw\n", maintype="text", subtype="plain", filename="notes.txt")
    assert take(message).state == S.LANDED and case.files.count() == 1
    assert take(answer(case, "")).state == S.WAITING


# --- Settled cases


def test_a_settled_case_is_opened_again_three_times_a_day_then_a_person_looks(cast):
    case = answered(cast)
    for number in range(4):
        at = step(60 + 20 * number)
        verbs.accept(case.pk, by=cast.customer, at=at)
        row = take(answer(case, f"Again {number}"), at=at + timedelta(minutes=5))
        if number == 3:
            break
        assert row.state == S.LANDED
        solving.answer(
            case.pk, text="Now.", outcome="fixed", root_cause="x", by=cast.tiers[1], at=at + timedelta(minutes=7)
        )
    assert row.state == S.WAITING and "three times" in row.reason
    assert Event.objects.filter(case=case, kind="reopened").count() == 3
    assert texts(case) == ["Again 0", "Again 1", "Again 2"]


def test_after_the_time_to_reopen_it_goes_on_in_a_linked_case(cast):
    case = confirmed(cast)
    row = take(answer(case, "It is back."), at=later(days=60))
    assert row.state == S.LANDED and row.case.follows == case
    assert texts(row.case) == ["It is back."]


# --- Machines


@pytest.mark.parametrize("headers", [{"auto_submitted": "auto-replied"}, {"precedence": "auto_reply"}])
def test_a_mailbox_that_answers_by_itself_moves_nothing(cast, headers):
    case = working(cast)
    verbs.wait_customer(case.pk, question="Which card?", by=cast.tiers[1], at=step(20))
    states = [take(answer(case, f"I am away {n}.", **headers)).state for n in range(5)]
    assert states == [S.LANDED] * 3 + [S.IGNORED] * 2
    case.refresh_from_db()
    assert case.state == State.WAITING_CUSTOMER and len(texts(case)) == 3


def test_nothing_automatic_opens_or_reopens(cast):
    case, before = confirmed(cast), Case.objects.count()
    for message in (
        answer(case, "Away.", auto_submitted="auto-replied"),
        written("News!", sender="news@shop.example", list_id="<news.shop.example>"),
        written("Hello", sender=OURS),
        written("Hello", sender="a@b.example", return_path="<>"),
    ):
        assert take(message).state == S.IGNORED
    case.refresh_from_db()
    assert case.state == State.CONFIRMED and Case.objects.count() == before
    assert not InboundMail.objects.exclude(sender="").exists()


def test_our_own_letter_that_comes_back_to_us_is_left_alone(cast):
    cast.file()
    send()
    for letter in list(mail.outbox):
        assert take(letter.message().as_bytes()).state == S.IGNORED


# --- Letters that come back


def test_a_letter_that_comes_back_is_not_delivered_with_the_reason(cast):
    case = cast.file()
    send()
    (letter,) = [m for m in mail.outbox if m.to == ["sam@example.com"]]
    row = take(returned(letter.message()))
    receipt = Notice.objects.get(case=case, kind="received")
    assert (row.state, receipt.state) == (S.BOUNCED, Notice.State.DEAD)
    assert receipt.error == "It came back: 5.1.1 550 no such mailbox"


def test_a_delay_and_a_forged_report_change_nothing(cast):
    cast.file()
    send()
    (letter,) = [m for m in mail.outbox if m.to == ["sam@example.com"]]
    whole = letter.message()
    assert take(returned(whole, status="4.4.1", action="delayed")).state == S.IGNORED
    del whole["Reply-To"], whole["References"]
    whole["References"] = "<case-x@milepost.localhost>"
    assert take(returned(whole)).state == S.IGNORED
    assert Notice.objects.get(kind="received").state == Notice.State.SENT


# --- New ones


def test_a_new_mail_opens_a_case_that_nobody_has_proved(cast):
    row = take(written("My parcel never came.", sender="Nia New <nia@new.example>", subject="Lost parcel"))
    case = row.case
    assert row.state == S.OPENED and (case.title, case.description) == ("Lost parcel", "My parcel never came.")
    assert (case.is_proven, case.origin, case.category.slug) == (False, "email", "other")
    assert (case.customer.email, case.customer.name, case.customer.is_verified) == ("nia@new.example", "Nia New", False)
    send()
    (receipt,) = [m for m in mail.outbox if m.to == ["nia@new.example"]]
    assert "parcel" not in (receipt.body + receipt.subject).lower()


def test_whoever_writes_often_gets_one_receipt_an_hour_and_few_cases(cast):
    states = [take(written(f"Help {n}", sender="nia@new.example")).state for n in range(7)]
    assert states == [S.OPENED] * 5 + [S.WAITING] * 2
    send()
    assert len([m for m in mail.outbox if m.to == ["nia@new.example"]]) == 1
    assert take(written("Later", sender="nia@new.example"), at=AT + timedelta(hours=2)).state == S.OPENED


def test_a_colleague_files_nothing_by_mail(cast):
    assert take(written("Do it", sender="dana@example.com")).state == S.WAITING
    assert not Case.objects.exists()


def test_or_it_only_says_where_to_tell_us_once_an_hour(cast, settings):
    settings.INBOUND_NEW = "link"
    for _ in range(3):
        assert take(written("Charged twice, card 4111", sender="nia@new.example")).state == S.LINKED
    send()
    (letter,) = [m for m in mail.outbox if m.to == ["nia@new.example"]]
    assert "/cases/new/" in letter.body and "4111" not in letter.body + letter.subject
    assert not Case.objects.exists() and not letter.reply_to


def test_without_the_topic_it_waits(cast, settings):
    settings.INBOUND_TOPIC = "none-such"
    row = take(written("Help", sender="nia@new.example"))
    assert row.state == S.WAITING and "none-such" in row.reason


# --- Once, and whatever comes


def test_the_same_mail_twice_lands_once(cast):
    case = working(cast)
    message = answer(case)
    assert {take(message).state for _ in range(3)} == {S.LANDED}
    assert len(texts(case)) == 1 and InboundMail.objects.count() == 1


def test_a_long_one_is_shortened_and_says_so(cast):
    case = working(cast)
    take(answer(case, "word " * 4000))
    (text,) = texts(case)
    assert len(text) <= 10_000 and text.endswith("…")


def test_one_too_large_to_be_fetched_waits_with_its_head(cast):
    case = working(cast)
    head = answer(case, "x").as_bytes().partition(b"\n\n")[0] + b"\n\n"
    assert taking.take(head, at=AT, whole=False) == S.WAITING
    assert "too large" in InboundMail.objects.get().reason


def test_what_breaks_the_code_is_set_aside_and_undoes_what_it_did(cast, monkeypatch):
    case = working(cast)

    def broken(mail, *, at):
        verbs.reply(case.pk, text="half done", by=cast.customer, at=at, channel="email")
        raise KeyError(mail.sender)

    monkeypatch.setattr(taking, "land", broken)
    row = take(answer(case))
    assert row.state == S.BROKEN and "KeyError" in row.reason and "sam@" not in row.reason
    assert texts(case) == []


def test_a_person_has_set_it_aside_and_its_words_are_gone(cast):
    row = take(answer(working(cast), "Secret", sender="olga@example.com"))
    taking.set_aside(row.pk, because="Spam", by=cast.supervisor, at=AT)
    with pytest.raises(taking.Taken) as second:
        taking.set_aside(row.pk, because="Not for us", by=cast.mate, at=AT)
    assert (second.value.mail.seen_by, second.value.mail.seen_at) == (cast.supervisor, AT)
    row.refresh_from_db()
    assert (row.state, row.sender, row.subject, row.text, row.because) == (S.SEEN, "", "", "", "Spam")
