"""The case page and the stock pages: what they show, and that looking writes nothing."""

import csv
import html
import io
import re

import pytest
from django.apps import apps
from django.template.loader import render_to_string

from escalation import verbs
from escalation.facts import Clock
from escalation.models import Notice, ProtocolVersion
from feedback.surveys import add_to_answer, answer_survey
from portal import clock
from portal.console.deeds import DEEDS
from tests import solving
from tests.portal.console import stories

HIDDEN_NOTE = "Be kind, they called twice."


@pytest.fixture
def rich(cast, monday):
    """A case with a message, a note, an answer and a missed time behind it."""
    case = stories.acknowledged(cast)
    verbs.update(case.pk, text="The bank has it.", by=cast.tiers[1], at=stories.minutes(10))
    verbs.note(case.pk, text=HIDDEN_NOTE, by=cast.tiers[1], at=stories.minutes(11))
    return verbs.wait_customer(case.pk, question="Which card?", by=cast.tiers[1], at=stories.minutes(12))


def test_the_page_has_the_whole_case(signed_in, cast, rich, everything):
    client = signed_in(cast.supervisor)
    before = everything()
    page = client.get(stories.page_url(rich))
    text = html.unescape(page.content.decode())
    assert everything() == before
    for words in ("Charged twice", rich.reference, "Tom Reed", "My money back.", "Which card?", HIDDEN_NOTE):
        assert words in text
    assert "Internal, customer never sees this" in text
    assert "Our clocks stand still until the customer answers." in text
    assert len(page.context["milestones"]) == 5
    assert [m["state"] for m in page.context["milestones"]] == ["done", "done", "current", "todo", "todo"]


def test_what_the_customer_answered_stands_with_the_case_unless_it_was_promised_not_to(signed_in, cast, rich, settings):
    told = {"satisfaction": 1, "fixed": "partly", "comment": "Nobody called back.", "at": clock.now()}
    for name, shown in (("=a", True), ("=b", False)):
        case = stories.acknowledged(cast, title=name)
        solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="x", by=cast.tiers[1], at=stories.minutes(10))
        case = verbs.accept(case.pk, by=cast.customer, at=stories.minutes(11))
        settings.SURVEY = settings.SURVEY | {"anonymous": not shown}
        add_to_answer(answer_survey(case, **told).case, may_contact=True, at=clock.now())
        page = signed_in(cast.tiers[1]).get(stories.page_url(case)).content.decode()
        for words in ("How the customer found it", "Nobody called back.", "Very dissatisfied", "Partly"):
            assert (words in page) == shown
    assert "How the customer found it" not in signed_in(cast.tiers[1]).get(stories.page_url(rich)).content.decode()


def test_every_verb_is_a_button_or_has_its_sentence(signed_in, cast, rich):
    page = signed_in(cast.tiers[1]).get(stories.page_url(rich))
    buttons = {act["verb"] for act in page.context["acts"]}
    refused = {act["label"]: act["why"] for act in page.context["refused"]}
    assert len(buttons) + len(refused) == sum(not deed.beside for deed in DEEDS.values())
    assert buttons == {
        "assess", "change_severity", "consult", "escalate", "emergency", "answer", "offer", "take_over", "note", "merge",
        "mark_upset", "tried", "investigate", "log_call", "change_topic",
    }  # fmt: skip
    assert refused["Apologise"] == "Needs a supervisor. On duty: Dana Voss."
    assert refused["Close"].startswith("The customer has not answered. Without a word it closes by itself")
    assert refused["Return to the level below"] == "Not possible while the case is “waiting for customer”."
    assert all(why.endswith(".") for why in refused.values())


def test_the_page_and_the_verbs_agree_on_what_is_possible(signed_in, cast, rich):
    page = signed_in(cast.tiers[3]).get(stories.page_url(rich))
    assert {act["verb"] for act in page.context["acts"]} == {
        "escalate", "emergency", "log_call", "mark_upset", "note", "tried",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "there", "not_there"),
    [
        ("customer", "The bank has it.", HIDDEN_NOTE),
        ("internal", HIDDEN_NOTE, "The bank has it."),
        ("clocks", "Acknowledged", "Internal, customer never sees this"),
        ("nonsense", "The bank has it.", "Nothing of this kind yet."),
    ],
)
def test_the_timeline_filter(signed_in, cast, rich, shown, there, not_there):
    text = signed_in(cast.supervisor).get(f"{stories.page_url(rich)}?show={shown}").content.decode()
    timeline = text[text.index('id="timeline"') :]
    assert there in timeline
    assert not_there not in timeline


def test_every_proof_adds_up_to_its_target(signed_in, cast, rich):
    page = signed_in(cast.supervisor).get(stories.page_url(rich))
    rows = [row for row in (*page.context["running"], *page.context["ended"]) if row["proof"]]
    assert len(rows) >= 4
    for row in rows:
        counted = sum(part["seconds"] for part in row["proof"]["rows"] if part["kind"] == "counted")
        assert counted == row["clock"].target
        assert row["proof"]["due"] == row["clock"].due_at


def test_a_customers_words_are_escaped(signed_in, cast, monday):
    case = cast.file(title="<script>alert(1)</script>", at=stories.minutes(20))
    for url in ("/console/", "/console/cases/case/", stories.page_url(case), stories.act_url(case, "assess")):
        text = signed_in(cast.supervisor).get(url).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_no_page_has_inline_script_or_style(signed_in, cast, rich):
    cast.supervisor.is_superuser = True
    cast.supervisor.save(update_fields=["is_superuser"])
    client = signed_in(cast.supervisor)
    version = ProtocolVersion.objects.get().pk
    for url in (
        "/console/", "/console/cases/case/", stories.page_url(rich), stories.act_url(rich, "note"),
        "/console/cases/user/", "/console/cases/user/add/", f"/console/cases/user/{cast.mate.pk}/change/",
        f"/console/cases/user/{cast.mate.pk}/password/", f"/console/cases/team/{cast.teams[1].pk}/change/", "/console/auth/group/",
        "/console/cases/category/", f"/console/escalation/protocolversion/{version}/change/",
        "/console/escalation/calendarversion/", "/console/escalation/notice/", "/console/cases/event/",
        "/console/django_q/schedule/",
    ):  # fmt: skip
        page = client.get(url)
        assert page.status_code == 200, url
        text = page.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)", text), url
        assert "admin/css" not in text, url
        assert text.count("<h1") == 1, url


def test_the_protocol_page_and_its_csv(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    version = ProtocolVersion.objects.get()
    text = client.get(f"/console/escalation/protocolversion/{version.pk}/change/").content.decode()
    for words in ("Executive customer service manager", "15 minutes", "May refund up to", "Every topic"):
        assert words in text
    # The protocol's document has amounts and no currency: the page says so and guesses none.
    assert "currency" in version.document or "the refund limits are amounts without a currency set" in text
    sheet = client.get(f"/console/escalation/protocolversion/{version.pk}/matrix.csv")
    assert sheet["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(sheet.content.decode())))
    assert len(rows) == len(version.document["matrix"])
    assert rows[0]["review_s"] == "900"


@pytest.mark.parametrize("place", ["protocolversion", "calendarversion"])
def test_published_rules_cannot_be_edited_here(signed_in, cast, monday, place, everything):
    cast.supervisor.is_superuser = True
    cast.supervisor.save(update_fields=["is_superuser"])
    client, before = signed_in(cast.supervisor), everything()
    row = apps.get_model("escalation", place).objects.first().pk
    assert client.post(f"/console/escalation/{place}/{row}/change/", {"status": "retired"}).status_code in (403, 405)
    assert client.get(f"/console/escalation/{place}/{row}/delete/").status_code == 403
    assert client.get(f"/console/escalation/{place}/add/").status_code == 403
    assert everything() == before


def test_a_message_that_did_not_arrive_is_sent_again_by_post_only(signed_in, cast, rich, everything):
    notice = Notice.objects.filter(case=rich, to_customer=True).first()
    Notice.objects.filter(pk=notice.pk).update(state="dead", error="550 mailbox full")
    client = signed_in(cast.supervisor)
    page = client.get(f"/console/escalation/notice/{notice.pk}/change/").content.decode()
    assert "550 mailbox full" in page
    assert "Send again" in page
    url, before = f"/console/escalation/notice/{notice.pk}/again/", everything()
    assert client.get(url).status_code == 405
    assert everything() == before
    assert signed_in(cast.tiers[1]).post(url).status_code == 404
    assert client.post(url).status_code == 303
    notice.refresh_from_db()
    assert (notice.state, notice.error) == ("waiting", "")
    assert abs((notice.next_at - clock.now()).total_seconds()) < 5
    assert "Send again" not in client.get(f"/console/escalation/notice/{notice.pk}/change/").content.decode()


def test_the_tabs_of_the_messages_page(signed_in, cast, rich):
    dead = Notice.objects.filter(case=rich, to_customer=True).first()
    Notice.objects.filter(pk=dead.pk).update(state="dead", error="550 mailbox full")
    client = signed_in(cast.supervisor)
    assert client.get("/console/escalation/notice/?tab=dead").context["cl"].result_count == 1
    assert client.get("/console/escalation/notice/?tab=sent").context["cl"].result_count == 0
    assert client.get("/console/escalation/notice/").context["cl"].result_count == Notice.objects.count()


def test_a_person_is_added_by_address(signed_in, cast, monday):
    cast.supervisor.is_superuser = True
    cast.supervisor.save(update_fields=["is_superuser"])
    words = "a new long enough sentence"
    sent = signed_in(cast.supervisor).post(
        "/console/cases/user/add/",
        {
            "email": "new@example.com",
            "name": "New One",
            "usable_password": "true",
            "password1": words,
            "password2": words,
        },
    )
    assert sent.status_code == 302
    person = type(cast.mate).objects.get(email="new@example.com")
    assert person.check_password(words)
    assert not person.is_staff


def test_the_ladder_names_a_currency_the_protocol_has():
    tier = {"number": 1, "name": "First", "actions": "", "refund": 50, "x": 0, "y": 0}
    shown = render_to_string("console/protocol/ladder.html", {"ladder": [tier], "protocol": {"currency": "EUR"}})
    assert "50 EUR" in shown


def test_every_clock_has_one_name_everywhere(signed_in, cast, rich):
    assert set(Clock.NAMES) == set(Clock.ALL)
    names = {row["name"] for row in signed_in(cast.supervisor).get(stories.page_url(rich)).context["running"]}
    assert "Customer’s answer to our question" in names
    assert names <= {name[0].upper() + name[1:] for name in Clock.NAMES.values()}
