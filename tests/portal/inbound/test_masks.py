"""No link and no code that we sent is kept with a mail that quotes it, however a program spells it."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core import mail
from django.urls import get_resolver
from django.utils import translation

from cases.models import Case, Draft
from escalation import follow, letters, reply_address, sharing, verbs
from escalation.drafts import mail_link
from escalation.models import InboundMail, Notice
from portal import beat, clock, sensitive  # noqa: F401 -- beat registers what letters need
from portal.inbound import masks
from portal.inbound.reading import read
from tests.portal.inbound.letters import OURS, answer, written
from tests.portal.inbound.test_landing import send, take, texts
from tests.portal.pages.scene import LOOK, answered, confirmed, sweep_at, working
from tests.portal.problem_stories import followed

HOST = "https://help.example"
OTHER = (
    "https://www.dropbox.example/s/abcdefghijklmnopqrstuvwxyz12/file.png",
    f"{HOST}/help/how-to-pay/",
    f"{HOST}/c/ORD-ABCD-12/",
)


@pytest.fixture(autouse=True)
def site(settings):
    settings.BASE_URL, settings.INBOUND_ADDRESS = HOST, OURS


def spellings(link: str) -> list[str]:
    return [
        link,
        f"<{link}>",
        f"Your case<{link}>.",
        f"[{link}]({link})",
        link.upper().replace(link.split("/")[-2].upper(), link.split("/")[-2]),
        f"https://eur01.safelinks.protection.outlook.com/?url={quote(link, safe='')}&data=05",
        f"https://urldefense.com/v3/__{link}__;!!abc$",
        f"https://urldefense.proofpoint.com/v2/url?u={link.replace(':', '-3A').replace('/', '_')}&d=D",
        link.removeprefix(HOST),
    ]


def shapes() -> dict[str, str]:
    """Every address of ours that holds a secret, by its name: those with a token, and the way out of a kind of letter."""
    found = {}
    for pattern in get_resolver().url_patterns:
        route = str(getattr(pattern.pattern, "_route", ""))
        if "<token:token>" in route or "<str:token>" in route:
            found[pattern.name] = re.sub(r"<\w+:token>", "{}", route)
    return found


def test_every_address_with_a_secret_is_known():
    assert {route.partition("/{}")[0] for route in shapes().values()} == set(masks.PATHS)


@pytest.mark.parametrize("name", shapes())
def test_no_spelling_of_a_link_is_kept(name):
    secret = secrets.token_urlsafe(32) if name != "unsubscribe" else f"12.progress.{secrets.token_urlsafe(20)}"
    link = f"{HOST}/{shapes()[name].format(secret)}"
    for said in spellings(link):
        found = read(written(f"See here {said} and go on.", subject=f"Re: {said}").as_bytes())
        assert secret not in found.text + found.subject + found.name, said
        assert found.text.startswith("See here ") and found.text.endswith("and go on."), said
        assert masks.REMOVED in found.text and masks.REMOVED in found.subject


@pytest.mark.parametrize("after", [0, 1, 10, 30])
@pytest.mark.parametrize("between", ["\n", "\n> ", "=\n", " \n>> "])
def test_a_link_in_two_lines_is_taken_out_whole(after, between):
    secret = secrets.token_urlsafe(32)
    link = f"{HOST}/follow/{secret[:after]}{between}{secret[after:]}/"
    found = read(written(f"See here\n{link}\nIt fails.").as_bytes()).text
    assert found == f"See here\n{masks.REMOVED}\nIt fails."
    marked = read(written(f"It fails.\n> See here\n> {link}").as_bytes()).text
    assert marked == "It fails."


def test_the_word_is_the_one_for_everything_that_is_taken_out():
    assert masks.REMOVED == sensitive.REMOVED


def test_other_links_numbers_and_addresses_stay():
    said = f"Order 123 456, code 4711. {' '.join(OTHER)} sam+x@example.com {OURS}"
    assert read(written(said).as_bytes()).text == said


@pytest.mark.parametrize("language", ["en", "de", "tr", "ar"])
def test_a_code_is_taken_out_in_every_language_it_is_written_in(language):
    with translation.override(language):
        said = translation.gettext("Your code is %(code)s") % {"code": "123 456"}
    for text in (said, f"> {said}", said.replace(" 456", "456")):
        found = read(written(f"Here: {text}\nIt fails.").as_bytes()).text
        assert "123" not in found and masks.REMOVED in found and found.endswith("It fails.")


def test_the_address_an_answer_goes_to_says_no_case(cast):
    secret = reply_address.token(cast.file())
    found = read(
        written(f"I wrote to {reply_address.address(secret)} and {reply_address.as_reference(secret)}").as_bytes()
    )
    assert secret not in found.text


def kept(case: Case) -> str:
    """Everything that is stored of the mails of the test."""
    rows = InboundMail.objects.values_list("subject", "text", "reason", "sender")
    return "\n".join([*texts(case), *(" ".join(row) for row in rows)])


def secrets_of(letter: letters.Letter) -> set[str]:
    """What stands in a letter and is not kept in our table: its tokens and codes."""
    words = re.compile(r"[\w.:-]{6,}", re.ASCII)
    return set(words.findall(letter.text)) - set(words.findall(letter.kept_text))


def everything_mailed(cast, settings) -> list[Notice]:
    """A letter of every kind that can be owed to the customer of one case, and some with codes."""
    settings.SHARE_CASES = True
    case = confirmed(cast)
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    follow.ask_code(case, by=case.customer, at=LOOK, browser="b" * 43)
    open_case = working(cast)
    Case.objects.filter(pk=open_case.pk).update(is_proven=True)
    open_case = verbs.wait_customer(open_case.pk, question="Which card?", by=cast.tiers[1], at=clock.now())
    sharing.add(open_case, "helper@example.com", by=cast.customer, at=clock.now())
    answered(cast)
    expires = {"made_at": LOOK, "saved_at": LOOK, "expires_at": LOOK + timedelta(days=9)}
    mail_link(Draft.objects.create(secret_hash="x", answers={}, **expires), "guest@example.com", at=LOOK)
    followed(cast)
    sweep_at(LOOK + timedelta(days=10))
    return list(Notice.objects.filter(recipient__is_staff=False))


@pytest.mark.once
def test_no_letter_that_is_quoted_leaves_its_secret_behind(cast, settings):
    case = working(cast)
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    seen = set()
    for notice in everything_mailed(cast, settings):
        try:
            letter = letters.compose(notice, LOOK + timedelta(days=1))
        except letters.NotNeeded:
            continue
        live = secrets_of(letter)
        seen |= {notice.kind} if live else set()
        quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
        for text in (
            quoted,
            letter.text,
            f"See\n\n---- Weitergeleitet ----\n\n{letter.text}",
            letter.text.replace("\n", " "),
        ):
            for message in (answer(case, text), written(text, subject=f"Fwd: {letter.subject}")):
                found = read(message.as_bytes())
                assert not [one for one in live if one in found.text + found.subject], notice.kind
        html = written("x")
        html.set_content(letter.html, subtype="html")
        assert not [one for one in live if one in read(html.as_bytes()).text], notice.kind
    assert seen >= {"received", "follow_code", "share_invitation", "draft_link", "follow_problem", "survey"}


def test_only_a_quotation_is_no_message_and_what_waits_holds_no_link(cast):
    case = working(cast)
    send()
    body = next(one for one in mail.outbox if "/follow/" in one.body).body
    live = re.search(r"/follow/(\S+)/", body)
    assert live
    quoted = "\n".join("> " + line for line in body.splitlines())
    assert take(answer(case, quoted)).state == InboundMail.State.WAITING and texts(case) == []
    take(answer(case, f"See here\n\n---- Weitergeleitete Nachricht ----\n\n{body}"))
    take(written(body, sender="olga@example.com"))
    assert live[1] not in kept(case) and any("See here" in text for text in texts(case))


def test_our_letter_as_a_file_is_left_out_and_another_mail_is_kept(cast):
    inner = written(f"Your case: {HOST}/follow/{secrets.token_urlsafe(32)}/")
    message = written("See both")
    message.add_attachment(inner)
    message.add_attachment(written("They refused.", subject="Refusal"))
    found = read(message.as_bytes())
    assert [file.name for file in found.files] == ["Refusal.eml.txt"]
    assert found.left_out == ("an attached letter of ours, which holds a link that opens the case",)


def test_a_text_file_and_a_mail_in_a_mail_hold_no_link_either():
    secret = secrets.token_urlsafe(32)
    outer = written("They sent me this")
    outer.add_attachment(written(f"{HOST}/follow/{secret}/"))
    message = written("See both")
    message.add_attachment(outer)
    message.add_attachment(
        f"one\n{HOST}/follow/{secret}/\ntwo".encode(), maintype="text", subtype="plain", filename="a.txt"
    )
    message.add_attachment(b"\x00\xffpicture", maintype="image", subtype="png", filename="a.png")
    found = read(message.as_bytes())
    assert [file.content for file in found.files] == [f"one\n{masks.REMOVED}\ntwo".encode(), b"\x00\xffpicture"]
    assert found.left_out == ("an attached letter of ours, which holds a link that opens the case",)
