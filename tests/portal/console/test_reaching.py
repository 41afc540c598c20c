"""Customers whom a letter did not reach, in the console: the banner of the case, the row on home, and the acts."""

import html

import pytest

from cases.models import Case
from escalation.models import Notice
from portal.console.reaching import why_words
from portal.presenters.timeline import story
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, page_url


def text(page):
    return html.unescape(page.content.decode())


def labels(page):
    return [act["label"] for line in page.context["unreached"] for act in line["acts"]]


CALL = "Call them, mark told by phone"


def test_the_banner_stands_until_somebody_has_seen_to_it(signed_in, cast, monday):
    case = stories.unreached(cast)
    client = signed_in(cast.supervisor)
    page = client.get(page_url(case))
    assert "The customer was not reached: question" in text(page) and "Their mailbox is full" in text(page)
    assert labels(page) == [CALL, "Correct the address", "Give up on a message"]
    assert labels(signed_in(cast.tiers[1]).get(page_url(case))) == [CALL, "Give up on a message"]
    assert labels(signed_in(cast.tiers[3]).get(page_url(case))) == []
    form = client.get(page.context["unreached"][0]["acts"][0]["url"])
    sent = client.post(
        act_url(case, "told_by_phone"),
        hidden(form)
        | {
            "notice": Notice.objects.get(state="dead").pk,
            "who": "Sam",
            "when": "2026-01-12T10:20",
            "words": "Which card?",
        },
    )
    assert sent.status_code == 303
    page = client.get(page_url(case))
    assert "was not reached" not in text(page) and "Told by phone" in text(page)
    assert "Told on the phone: question" in text(page) and "Which card?" in text(page)


def test_home_offers_what_reaches_them(signed_in, cast, monday):
    case = stories.unreached(cast)
    page = signed_in(cast.supervisor).get("/console/")
    (group,) = [g for g in page.context["groups"] if g["rows"]]
    assert group["title"] == "Customer not reached"
    (row,) = group["rows"]
    assert "Our question did not reach the customer: Their mailbox is full (550 mailbox full)." in row["why"]
    assert [act["label"] for act in row["acts"]][:2] == [CALL, "Correct the address"]
    assert row["acts"][0]["url"] == f"{act_url(case, 'told_by_phone')}?notice={Notice.objects.get(state='dead').pk}"


def test_the_form_names_the_number_and_the_person(signed_in, cast, monday):
    case = stories.unreached(cast)
    Case.objects.get(pk=case.pk).customer.__class__.objects.filter(pk=case.customer_id).update(phone="+44 20 7946 0000")
    page = text(signed_in(cast.supervisor).get(act_url(case, "told_by_phone")))
    assert "Their number: +44 20 7946 0000." in page and 'value="2026-01-12T10:30"' in page
    assert f'value="{cast.customer.name}"' in page


def test_with_every_letter_delivered_there_is_nothing_to_tell(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    for verb in ("told_by_phone", "give_up"):
        page = signed_in(cast.supervisor).get(act_url(case, verb))
        assert "Every message to this customer arrived" in text(page)


@pytest.mark.parametrize(
    ("verb", "data", "sentence"),
    [
        ("told_by_phone", {"who": "", "when": "2026-01-12T10:20", "words": "Kept"}, "Say whom you spoke to."),
        ("told_by_phone", {"who": "Sam", "when": "soon", "words": "Kept"}, "Enter a date and a time"),
        ("told_by_phone", {"who": "Sam", "when": "2026-01-12T12:20", "words": "Kept"}, "in the last seven days"),
        ("told_by_phone", {"who": "Sam", "when": "2026-01-12T10:20", "words": ""}, "Write what you told them."),
        ("give_up", {"reason": ""}, "Say why nobody needs to try any more."),
        ("log_call", {"text": "Kept"}, "Choose who told whom."),
        ("log_call", {"side": "ours", "text": ""}, "Write what was said."),
        ("correct_customer_address", {"address": "sam", "reason": "Kept"}, "Enter a whole e-mail address"),
        (
            "correct_customer_address",
            {"address": "olga@example.com", "reason": "Kept"},
            "Another account has this address",
        ),
        ("correct_customer_address", {"address": "sam.right@example.com", "reason": ""}, "Say how you know"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(signed_in, cast, monday, everything, verb, data, sentence):
    case = stories.unreached(cast)
    client = signed_in(cast.supervisor)
    page, before = client.get(act_url(case, verb)), everything()
    about = {"notice": str(Notice.objects.get(state="dead").pk)} if verb in ("told_by_phone", "give_up") else {}
    answer = client.post(act_url(case, verb), hidden(page) | about | data)
    assert answer.status_code == 422 and sentence in text(answer)
    assert "Kept" in text(answer) or "Kept" not in data.values()
    assert everything() == before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("552 quota exceeded", "Their mailbox is full (552 quota exceeded)"),
        ("550 5.1.1 no such user", "There is no such mailbox (550 5.1.1 no such user)"),
        ("550 no", "Their mail server does not take mail for this address (550 no)"),
        ("ConnectionRefusedError: [Errno 111]", "Our mail server, or theirs, could not be reached (ConnectionRefusedError: [Errno 111])"),
        ("Something new", "Something new"),
        ("", "Not delivered"),
    ],
)  # fmt: skip
def test_what_went_wrong_is_said_in_plain_words(error, words):
    assert why_words(Notice(state="dead", error=error)) == words
    assert why_words(Notice(state="uncertain")).startswith("It may have arrived")


def test_the_customer_reads_of_the_call(signed_in, cast, monday):
    case = stories.unreached(cast)
    client = signed_in(cast.supervisor)
    page = client.get(act_url(case, "log_call"))
    client.post(act_url(case, "log_call"), hidden(page) | {"side": "theirs", "text": "The blue one."})
    page = client.get(act_url(case, "log_call"))
    client.post(act_url(case, "log_call"), hidden(page) | {"side": "ours", "text": "We ring the bank."})
    told = story(Case.objects.get(pk=case.pk), house="Acme", zone="Europe/London", now=stories.minutes(40))
    rows = [(row["title"], row["text"], row["from_customer"]) for row in told.rows]
    assert (f"{cast.supervisor.first_name} told you on the phone", "We ring the bank.", False) in rows
    assert ("You told us on the phone", "The blue one.", True) in rows
