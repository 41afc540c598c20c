"""Mails as the programs people use write them: what the sender wrote stays, all of it; a letter of ours that is quoted goes."""

from __future__ import annotations

from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from types import SimpleNamespace

import pytest

from escalation import reply_address
from portal.inbound.reading import read
from tests.portal.inbound.letters import OURS, answer, written

CASE = SimpleNamespace(pk=7, customer_id=3)
WE = "Milepost <support+c7x0123456789abcdef@milepost.localhost>"
LETTER = [
    "Hello Sam,",
    "",
    "which card was it?",
    "",
    "Your case:",
    "https://milepost.localhost/follow/" + "t" * 43 + "/",
]
MARKED = "\n".join(f"> {line}".rstrip() for line in LETTER)
BARE = "\n".join(LETTER)

#: What a program puts between the answer and our letter.
ABOVE_MARKED = {
    "Gmail en": f"On Mon, Jan 12, 2026 at 10:00 AM {WE[:-1]}\n> wrote:".replace("\n> wrote", "> wrote"),
    "Gmail en folded": "On Mon, Jan 12, 2026 at 10:00 AM Milepost <\nsupport+c7x0123456789abcdef@milepost.localhost> wrote:",
    "Gmail de": "Am Mo., 12. Jan. 2026 um 10:00 Uhr schrieb Milepost <\nsupport@milepost.localhost>:",
    "Gmail tr": "Milepost <support@milepost.localhost>, 12 Oca 2026 Pzt, 10:00 tarihinde şunu\nyazdı:",
    "Gmail ar": "في الاثنين، 12 يناير 2026 في 10:00 ص تمت كتابة ما يلي بواسطة Milepost <\n\u200fsupport@milepost.localhost\u200f>:",
    "Apple Mail": f"On 12 Jan 2026, at 10:00, {WE} wrote:",
    "Apple Mail de": f"Am 12.01.2026 um 10:00 schrieb {WE}:",
    "Thunderbird": "On 1/12/26 10:00 AM, Milepost wrote:",
    "Thunderbird de": "Am 12.01.26 um 10:00 schrieb Milepost:",
}
ABOVE_BARE = {
    "Outlook": f"________________________________\nFrom: {WE}\nSent: Monday, January 12, 2026 10:00 AM\nTo: Sam <sam@example.com>\nSubject: Charged twice [ORD-ABCD-12]",
    "Outlook de": f"Von: {WE}\nGesendet: Montag, 12. Januar 2026 10:00\nAn: Sam <sam@example.com>\nBetreff: Ihr Fall",
    "Outlook tr": f"Kimden: {WE}\nGönderildi: 12 Ocak 2026 Pazartesi 10:00\nKime: Sam <sam@example.com>\nKonu: Kayıt",
    "Outlook ar": f"من: {WE}\nتاريخ الإرسال: الاثنين، 12 يناير 2026 10:00\nإلى: Sam <sam@example.com>\nالموضوع: حالة",
    "Outlook, name only": "-----Original Message-----\nFrom: Milepost\nSent: Monday, January 12, 2026 10:00 AM\nTo: Sam\nSubject: Case",
    "Outlook mobile, bold": f"*From:* {WE}\n*Date:* Monday, January 12, 2026 at 10:00\n*To:* Sam\n*Subject:* Case",
    "Yahoo": f"On Monday, January 12, 2026 at 10:00:00 AM GMT+1, {WE} wrote:",
}


@pytest.fixture(autouse=True)
def ours(settings):
    settings.BASE_URL, settings.INBOUND_ADDRESS = "https://milepost.localhost", OURS
    settings.DEFAULT_FROM_EMAIL = f"Milepost <{OURS}>"


@pytest.mark.parametrize("program", ABOVE_MARKED)
def test_an_answer_above_a_marked_quotation(program):
    found = read(answer(CASE, f"The blue one.\n\nBest regards\nSam\n\n{ABOVE_MARKED[program]}\n{MARKED}\n").as_bytes())
    assert found.text == "The blue one.\n\nBest regards\nSam" and found.left_out == ()


@pytest.mark.parametrize("program", ABOVE_MARKED)
def test_answers_between_and_below_are_kept(program):
    said = f"{ABOVE_MARKED[program]}\n> Which card?\nThe blue one.\n> When?\nYesterday.\n-- \nSam"
    found = read(answer(CASE, said).as_bytes())
    assert found.text == "The blue one.\nYesterday.\n--\nSam" and found.left_out == ()


@pytest.mark.parametrize("program", ABOVE_BARE)
def test_an_answer_above_a_letter_that_is_repeated_whole(program):
    found = read(answer(CASE, f"The blue one.\n\nSam\n\n{ABOVE_BARE[program]}\n\n{BARE}\n").as_bytes())
    assert found.text == "The blue one.\n\nSam" and found.left_out == ()


@pytest.mark.parametrize("program", [*ABOVE_MARKED, *ABOVE_BARE])
def test_a_mail_that_is_only_our_letter_says_nothing(program):
    said = f"{ABOVE_MARKED[program]}\n{MARKED}" if program in ABOVE_MARKED else f"{ABOVE_BARE[program]}\n\n{BARE}"
    assert read(answer(CASE, said).as_bytes()).text == ""


@pytest.mark.parametrize(
    "said",
    [
        "It shows\nFrom: router@x\nTo: server\nSubject: fail\nand then dies",
        "Hello\n\nFrom: Monday on the machine fails.\nSent: 3 times.\nOrder 1234 is wrong.",
        "From: router@x.example\nDate: 12.01.2026 10:00\nTo: support@milepost.localhost\nSubject: fail\nand then dies",
        "On Monday at 10:00 the man wrote:\nthe machine is dead",
        "On 12.01.2026 10:00 I wrote to support@milepost.localhost:\nthe machine is dead",
        "It broke.\nRegards,\nSam\n\nPS: please call before noon, account 55",
        "Best regards to the team. It works not.\nThe error is 55",
        "Hi\n--\nlist item\nmore words",
        "Line one\n-----\nOutput of the tool:\nfoo",
        "Hello\n________\nThe rest of the form below\nname: x",
        "Sent from my iPhone\n\nThe blue one",
        "Cheers\n\nwe still wait for the refund",
        "Am 3. sagte er:\nes geht nicht",
        "    indented\n\tand tabbed   text",
    ],
)
def test_words_that_only_look_like_a_quotation_stay(said):
    for message in (answer(CASE, said), written(said)):
        found = read(message.as_bytes())
        assert found.text == said.strip() and found.left_out == ()


def test_what_others_wrote_stays_in_a_mail_that_answers_none_of_ours():
    said = "See what they say:\n\nOn 12.01.2026 10:00 Bob <bob@shop.example> wrote:\n> We will not pay.\n> Bob"
    assert read(written(said).as_bytes()).text == said
    forwarded = f"See below\n\n---------- Forwarded message ---------\nFrom: Bob <bob@shop.example>\nDate: 12 Jan 2026 10:00\nTo: Sam\n\n{'We will not pay.'}"
    assert read(written(forwarded).as_bytes()).text == forwarded


def test_signs_before_lines_above_the_quotation_are_the_senders_own():
    said = f"I typed\n> ls\nand it said no.\n\n{ABOVE_MARKED['Apple Mail']}\n{MARKED}"
    assert read(answer(CASE, said).as_bytes()).text == "I typed\n> ls\nand it said no."


GMAIL = (
    '<div dir="ltr">The <b>blue</b> one.<div><br></div><div>Sam</div></div><br><div class="gmail_quote">'
    '<div dir="ltr" class="gmail_attr">On Mon, Jan 12, 2026 at 10:00 AM Milepost &lt;<a href="mailto:support@milepost.localhost">'
    'support@milepost.localhost</a>&gt; wrote:<br></div><blockquote class="gmail_quote"><p>Hello Sam,</p>'
    '<a href="https://milepost.localhost/follow/tttttttttttttttttttttttttttttttttttttttt/">Your case</a></blockquote></div>'
)
APPLE = (
    '<html><head><meta charset="utf-8"></head><body>The blue one.<br><div>Sam</div><blockquote type="cite"><div>On 12 Jan '
    "2026, at 10:00, Milepost &lt;support@milepost.localhost&gt; wrote:</div><p>Hello Sam,</p></blockquote></body></html>"
)
OUTLOOK = (
    "<html><head><style>p.MsoNormal{margin:0}</style></head><body><p class=MsoNormal>The blue one.<o:p></o:p></p><p>Sam</p>"
    "<div style='border-top:solid'><p><b>Von:</b> Milepost &lt;support@milepost.localhost&gt; <br><b>Gesendet:</b> Montag, 12. "
    "Januar 2026 10:00<br><b>An:</b> Sam<br><b>Betreff:</b> Ihr Fall</p></div><p>Hello Sam,</p></body></html>"
)
THUNDERBIRD = (
    '<body><p>The blue one.<br>Sam</p><div class="moz-cite-prefix">Am 12.01.26 um 10:00 schrieb Milepost:<br></div>'
    '<blockquote type="cite" cite="mid:x"><pre>Hello Sam,</pre></blockquote></body>'
)


@pytest.mark.parametrize("source", [GMAIL, APPLE, OUTLOOK, THUNDERBIRD])
def test_html_alone_and_beside_text(source):
    alone = answer(CASE, "x")
    alone.set_content(source, subtype="html")
    assert read(alone.as_bytes()).text.replace("\n\n", "\n") == "The blue one.\nSam"
    both = MIMEMultipart("alternative")
    both["From"], both["To"] = "sam@example.com", reply_address.address(reply_address.token(CASE))
    both.attach(MIMEText(f"The blue one.\n\n{ABOVE_MARKED['Gmail de']}\n{MARKED}"))
    both.attach(MIMEText(source, "html"))
    found = read(both.as_bytes())
    assert found.text == "The blue one." and found.files == () and found.left_out == ()


def test_an_answer_inside_a_quotation_of_html_is_kept():
    inside = GMAIL.replace("</blockquote></div>", "</blockquote><div>The second one too.</div></div>")
    message = answer(CASE, "x")
    message.set_content(inside, subtype="html")
    assert read(message.as_bytes()).text.endswith("Sam\nThe second one too.")
