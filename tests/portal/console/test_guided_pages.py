"""Guidelines, the fast lane and other versions on the case page and on the pages of their acts."""

import html
import re
from datetime import timedelta

import pytest

from cases.models import Case, Event, Note
from escalation import verbs
from escalation.models import LoadCap, Notice, ProtocolVersion
from escalation.sweep import sweep_batch
from portal import clock
from tests import solving
from tests.cast import MONDAY
from tests.escalation.stories import in_force
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, page_url

BECAUSE = "The customer has said no twice."


def rule(verdict, because=BECAUSE, **when):
    return {"id": f"rule-{verdict}", "verdict": verdict, "because": because, "when": when or {"rejections_at_least": 0}}


def text_of(page):
    """What a reader sees, without markup and line breaks."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page.content.decode())).split())


@pytest.fixture
def must(cast, monday):
    in_force(cast, lambda d: d.update(guidelines=[rule("may", "It may."), rule("must"), rule("should", "It should.")]))
    return stories.acknowledged(cast)


@pytest.fixture
def never(cast, monday):
    in_force(cast, lambda d: d.update(topics={"billing": {"escalation": "never"}}))
    return stories.acknowledged(cast)


# Guidelines ---------------------------------------------------------------------------------------------------


def test_the_strongest_advice_stands_first_and_stops_the_answer(signed_in, cast, must, everything):
    client, before = signed_in(cast.tiers[1]), everything()
    page = client.get(page_url(must))
    assert everything() == before
    text = text_of(page)
    assert f"Must be passed up: {BECAUSE} Rule rule-must" in text
    places = [text.index(words) for words in ("Must be passed up:", "Should be passed up:", "May be passed up:")]
    assert places == sorted(places)
    refused = {act["label"]: act["why"] for act in page.context["refused"]}
    assert refused["Propose answer"].startswith(BECAUSE)
    assert {"escalate", "keep"} <= {act["verb"] for act in page.context["acts"]}


def test_a_stopped_answer_keeps_what_was_typed_until_a_reason_is_given(signed_in, cast, must):
    client = signed_in(cast.tiers[1])
    words = {"text": "Paid back in full.", "outcome": "refunded", "amount": 10, "root_cause": "Double click"}
    page = client.get(act_url(must, "answer"))
    assert f"Not possible now. {BECAUSE}" in text_of(page)
    keys = {"seen": str(must.event_seq), "form_key": "once"}
    refused = client.post(act_url(must, "answer"), keys | words)
    assert refused.status_code == 422 and "Paid back in full." in text_of(refused)
    assert Event.objects.filter(case=must, kind="answered").count() == 0
    kept = client.get(act_url(must, "keep"))
    client.post(act_url(must, "keep"), hidden(kept) | {"reason": "The bank answers today."})
    shown = client.get(page_url(must))
    assert "Kept here with a reason. The guideline: Must be passed up" in text_of(shown)
    assert "Kept at level 1, against rule rule-must" in text_of(shown)
    assert "Guideline rule-must said must" in text_of(shown)
    assert "The bank answers today." in text_of(shown)
    verbs.investigate(must.pk, **solving.INVESTIGATION, by=cast.tiers[1], at=clock.now())
    answer = client.get(act_url(must, "answer"))
    record = {"cause": "slip", "prevents": "no"}
    assert client.post(act_url(must, "answer"), hidden(answer) | words | record).status_code == 303


def test_never_asks_why_all_the_same_at_its_field(signed_in, cast, never, everything):
    client = signed_in(cast.tiers[1])
    page = client.get(act_url(never, "escalate"))
    assert "Why all the same" in text_of(page)
    assert "Stays at this level: Cases of this topic stay" in text_of(client.get(page_url(never)))
    before = everything()
    refused = client.post(act_url(never, "escalate"), hidden(page) | {"reason": "I am stuck."})
    assert refused.status_code == 422
    assert everything() == before
    assert '<a href="#id_note">' in refused.content.decode()
    assert "I am stuck." in text_of(refused)
    words = {"reason": "I am stuck.", "note": "It is fraud.", "also": "Asked the bank."}
    sent = client.post(act_url(never, "escalate"), hidden(refused) | words)
    assert sent.status_code == 303
    assert Note.objects.get(case=never).text == "It is fraud."
    assert "The topic’s own rule said never" in text_of(client.get(page_url(never)))


def test_where_nothing_speaks_nothing_is_asked(signed_in, cast, monday):
    in_force(cast, lambda d: None)
    case = stories.acknowledged(cast)
    client = signed_in(cast.tiers[1])
    page = client.get(page_url(case))
    assert page.context["guidance"] is None
    assert {r["label"]: r["why"] for r in page.context["refused"]}["Keep it here"].startswith("No guideline says")
    assert "Why all the same" not in text_of(client.get(act_url(case, "escalate")))
    assert (
        client.post(act_url(case, "keep"), {"seen": case.event_seq, "form_key": "k", "reason": "x"}).status_code == 422
    )


# The fast lane ------------------------------------------------------------------------------------------------


def test_an_emergency_shows_who_is_paged_and_asks_nothing(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client = signed_in(cast.mate)
    page = client.get(act_url(case, "emergency"))
    assert not page.context["form"].visible_fields()
    text = text_of(page)
    assert "Emergency: send up to level 3 now" in text
    paged = "On duty at Customer support lead, Priya Shah: told at once that it is an emergency."
    assert paged in text
    assert text.index(paged) < text.index("What the customer will be told")
    rows = {row["name"]: row for row in page.context["preview"].clocks}
    assert rows["Reason for the fast lane"]["what"] == "starts"
    client.post(act_url(case, "emergency"), hidden(page))
    assert Notice.objects.get(case=case, kind="emergency").recipient == cast.tiers[3]
    shown = client.get(page_url(case))
    assert "Nobody has said yet why this was an emergency." in text_of(shown)
    assert "Emergency: Critical, was High; up to level 3" in text_of(shown)
    assert act_url(case, "justify") in shown.content.decode()


def test_the_demand_for_a_reason_goes_with_the_reason(signed_in, cast, monday, go):
    case = stories.emergency(cast)
    late = MONDAY + timedelta(days=1, minutes=10)
    sweep_batch(late)
    go(late)
    client = signed_in(cast.supervisor)
    text = text_of(client.get(page_url(case)))
    assert "Nobody has said why it was an emergency" in text
    assert "was told that nobody has said why it was an emergency." in text
    case.refresh_from_db()
    verbs.justify(case.pk, reason="Everything was down.", by=cast.tiers[1], at=late)
    page = client.get(page_url(case))
    assert page.context["unexplained"] is None
    assert "Why it was an emergency" in text_of(page) and "Everything was down." in text_of(page)


# Steps --------------------------------------------------------------------------------------------------------


def test_a_step_says_whom_it_told_and_what_it_changed(cast, monday):
    actions = ["reassign", "assign", "raise_severity", "notify"]
    step = {"after": 300, "target": "team:customer-support-managers", "actions": actions}
    in_force(cast, lambda d: d["tiers"][0].update(steps=[step, step | {"actions": ["message_customer"]}]))
    case = cast.file(impact="question")
    for minutes in (6, 12):
        sweep_batch(MONDAY + timedelta(minutes=minutes))
    newer, older, _ = stories.rows_shown(case)
    assert older["title"] == newer["title"] == "Nobody had acknowledged: the level’s next step"
    assert older["text"].split("\n") == [
        "Mara Lindt was told that the case was handed to them.",
        "The customer was told that it is more urgent now.",
        "Given to the team Customer support managers.",
        "Mara Lindt has it now.",
        "Now Medium, was Low.",
    ]
    assert newer["text"] == "The customer was told that we asked more people."
    assert newer in stories.rows_shown(case, "clocks")


def test_a_step_says_when_the_person_it_names_was_passed_by(cast, monday):
    """Priya has no room: it went to whose turn it was, and the timeline says why."""
    LoadCap.objects.create(user=cast.tiers[3], most_open=0)
    step = {"after": 300, "target": f"person:{cast.tiers[3].email}", "actions": ["assign"]}
    in_force(cast, lambda d: d["tiers"][0].update(steps=[step]))
    case = cast.file(impact="question")
    sweep_batch(MONDAY + timedelta(minutes=6))
    case.refresh_from_db()
    assert stories.rows_shown(case)[0]["text"].split("\n") == [
        f"{case.owner} was told that the case was handed to them.",
        "The person this step names was not on duty or had no room for one more.",
        f"{case.owner} has it now.",
    ]


# Versions -----------------------------------------------------------------------------------------------------


def test_moving_one_case_shows_the_times_it_makes(signed_in, cast, monday):
    case = stories.older_version(cast)
    client = signed_in(cast.supervisor)
    page = client.get(act_url(case, "adopt"))
    assert "Version 2, in force" in text_of(page)
    rows = {row["name"]: row for row in page.context["preview"].clocks}
    assert rows["Progress update"]["new"] < rows["Progress update"]["old"]
    (letter,) = page.context["preview"].letters
    assert "You hear from us earlier" in letter["subject"]
    client.post(act_url(case, "adopt"), hidden(page) | {"to": "five-tier@2"})
    shown = text_of(client.get(page_url(case)))
    assert "Moved to version 2 of the protocol" in shown
    assert "Five levels, version 2" in shown


def test_only_published_versions_of_its_own_protocol_are_taken(signed_in, cast, monday, everything):
    case = stories.older_version(cast)
    made = {"made_at": MONDAY, "document": ProtocolVersion.objects.get(number=1).document}
    ProtocolVersion.objects.create(key="five-tier", number=3, status="draft", **made)
    ProtocolVersion.objects.create(key="other", number=1, status="published", published_at=MONDAY, **made)
    client = signed_in(cast.supervisor)
    page, before = client.get(act_url(case, "adopt")), everything()
    for label in ("five-tier@3", "other@1", "nonsense", ""):
        assert client.post(act_url(case, "adopt"), hidden(page) | {"to": label}).status_code == 422
    assert client.post(act_url(case, "adopt"), hidden(page) | {"to": "five-tier@1"}).status_code == 422
    assert everything() == before


def test_without_another_version_there_is_a_sentence(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client = signed_in(cast.supervisor)
    sentence = "There is no other version of this protocol to move the case to."
    assert {r["label"]: r["why"] for r in client.get(page_url(case)).context["refused"]}[
        "Move to another version"
    ] == sentence
    assert sentence in text_of(client.get(act_url(case, "adopt")))
    assert signed_in(cast.tiers[1]).get(act_url(case, "adopt")).context["why"].startswith("Needs a supervisor.")


def test_the_page_says_why_this_protocol(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    text = text_of(signed_in(cast.tiers[1]).get(page_url(case)))
    assert "Five levels, version 1" in text
    assert Case.objects.get(pk=case.pk).protocol_why == "No line of the list matches; this is the default"
    assert "No line of the list matches; this is the default" in text
