"""Every form of the protocol's editor: what it saves, what it refuses, who may, and what happens when one is late."""

import html
import re

import pytest
from django.urls import reverse

from cases.models import Category
from escalation import publishing
from escalation.protocol import ANY
from escalation.reading import parse
from portal.console.protocol_editing import FORMS
from tests.cast import MONDAY
from tests.portal.console.protocol_stories import author, drawn_up, edit_of, page_of, typed

CELL = "?topic=*&severity=1&level=1"


@pytest.fixture
def nora(cast, monday):
    return author("nora@example.com", "Nora Author")


@pytest.fixture
def draft(nora):
    return drawn_up(nora)


@pytest.fixture
def desk(signed_in, nora):
    return signed_in(nora)


def now_in(draft):
    draft.refresh_from_db()
    return parse(draft.label, draft.document)


#: part, query, what is typed, what the draft then says.
GOOD = [
    ("cell", CELL, {"acknowledge_0": "20"}, lambda p: p.cell(ANY, 1, 1).acknowledge == 1200),
    ("cell", CELL, {"resolve_0": "1,5", "resolve_1": "days"}, lambda p: p.cell(ANY, 1, 1).resolve == 129_600),
    ("cell", CELL, {"resolve_0": "2", "resolve_1": "days", "calendar": "office"}, lambda p: p.cell(ANY, 1, 1).resolve == 61_200),
    ("cell", CELL, {"told": ["supervisor"], "more": "role:Managers"}, lambda p: p.cell(ANY, 1, 1).told == ("supervisor", "role:Managers")),
    ("cell", CELL, {"review_0": "5", "levels": ["2", "5"], "severities": ["2"]},
     lambda p: {p.cell(ANY, s, t).review for s in (1, 2) for t in (1, 2, 5)} == {300}),
    ("cell", "?topic=billing&severity=2&level=3", {"update_0": "3"}, lambda p: p.matrix["billing", 2, 3].update == 10_800),
    ("own-row", "", {"topic": "billing", "severities": ["1"]}, lambda p: ("billing", 1, 5) in p.matrix and ("billing", 2, 1) not in p.matrix),
    ("windows", "", {"reopen_0": "7", "lapse_0": "4"}, lambda p: (p.windows.reopen, p.windows.lapse) == (604_800, 122_400)),
    ("impact", "", {"say_loss": "1"}, lambda p: p.impact["loss"] == 1),
    ("fast-lane", "", {"tier": "4"}, lambda p: p.fast_tier == 4),
    ("upset", "", {"percent": "40", "words_en": "cross\n  fed   up \ncross"}, lambda p: p.upset.update_percent == 40 and p.upset.words["en"] == ("cross", "fed up")),
    ("fast-lane", "", {"tier": ""}, lambda p: p.fast_tier is None),
    ("own", "", {"name": "Our levels", "currency": "EUR"}, lambda p: (p.name, p.currency) == ("Our levels", "EUR")),
    ("level", "?level=2", {"may": "Replacements.", "refund_limit": "300", "teams": ["customer-support-lead"]},
     lambda p: (p.tier(2).may, p.tier(2).refund_limit, p.tier(2).teams) == ("Replacements.", 300, ("customer-support-lead",))),
    ("level", "?level=2", {"on_arrival_0": "notify", "on_arrival_1": "reassign", "on_arrival_2": ""}, lambda p: p.tier(2).on_arrival == ("notify", "reassign")),
    ("levels", "", {"press": "up:1"}, lambda p: p.tier(1).name == "Customer support managers"),
    ("levels", "", {"press": "drop:5"}, lambda p: p.top == 4),
    ("new-level", "", {"name": "Night desk", "team": "service-representatives", "place": "2"}, lambda p: p.tier(2).name == "Night desk" and p.top == 6),
    ("steps", "?level=1", {"press": "preset:supervisor-calls"}, lambda p: [s.actions for s in p.tier(1).steps][1] == ("call_task",)),
    ("steps", "?level=2", {"press": "preset:specialists-take-over", "specialists": "customer-support-lead"},
     lambda p: p.tier(2).steps[1].target == "team:customer-support-lead"),
    ("steps", "?level=1", {"press": "drop:1"}, lambda p: not p.tier(1).steps),
    ("step", "?level=3", {"after_0": "20", "after_1": "minutes", "target": "duty:customer-support-lead", "actions": ["assign", "notify"], "repeat": "3"},
     lambda p: (p.tier(3).steps[-1].after, p.tier(3).steps[-1].repeat) == (1200, 3)),
    ("step", "?level=1&step=1", {"target": "person:tom@example.com"}, lambda p: p.tier(1).steps[0].target == "person:tom@example.com"),
    ("task", "?level=1", {"text": "Ring the depot", "after_0": "20", "after_1": "minutes", "shown": ""},
     lambda p: [(t.text, t.after, t.shown) for t in p.tier(1).tasks] == [("Ring the depot", 1200, False)]),
    ("task", "?level=2&task=2", {"text": "Decide", "shown": "on"}, lambda p: p.tier(2).tasks[1].text == "Decide" and p.tier(2).tasks[1].after == 7200),
    ("tasks", "?level=2", {"press": "up:2"}, lambda p: p.tier(2).tasks[0].text.startswith("Decide")),
    ("tasks", "?level=2", {"press": "drop:1"}, lambda p: len(p.tier(2).tasks) == 1),
    ("entry", "", {"start_1_1": "3"}, lambda p: p.entry_tier(1, 1) == 3),
    ("topics", "", {"under_billing": "orders", "escalation_billing": "required", "skill_billing": "money"},
     lambda p: (p.policy("billing"), p.skill_for("billing"), p.lineage("billing")) == ("required", "money", ("billing", "orders"))),
    ("skills", "", {"skills_customer-support-lead": "money, law"}, lambda p: p.skills["customer-support-lead"] == ("money", "law")),
    ("guideline", "", {"verdict": "must", "because": "It is about safety.", "severity_at_most": "2", "categories": ["billing"], "open_longer_than_0": "2", "open_longer_than_1": "days"},
     lambda p: p.guidelines[-1].when == {"severity_at_most": 2, "open_longer_than": 172_800, "categories": ["billing"]} and p.guidelines[-1].id == "it-is-about-safety"),
    ("guideline", "?rule=1", {"verdict": "may"}, lambda p: p.guidelines[0].verdict == "may"),
    ("guidelines", "", {"press": "drop:1"}, lambda p: len(p.guidelines) == 4),
]  # fmt: skip


@pytest.mark.parametrize(("part", "query", "changed", "then"), GOOD)
def test_what_is_typed_stands_in_the_draft(desk, draft, nora, everything, part, query, changed, then):
    url, before = edit_of(draft, part, query), everything()
    page = desk.get(url)
    assert page.status_code == 200
    assert everything() == before, "looking changes nothing"
    answer = desk.post(url, typed(page, **changed))
    assert answer.status_code == 303, answer.context["form"].errors
    assert then(now_in(draft))
    assert (draft.revision, draft.hands) == (1, [nora.pk])
    assert desk.get(answer["Location"].partition("#")[0]).status_code == 200


#: part, query, what is typed, the sentence that comes back.
WRONG = [
    ("cell", CELL, {"acknowledge_0": ""}, "Enter how long: acknowledge."),
    ("cell", CELL, {"acknowledge_0": "soon"}, "Enter a number above 0, such as 30 or 1.5: acknowledge."),
    ("cell", CELL, {"acknowledge_0": "-3"}, "Enter a number above 0, such as 30 or 1.5: acknowledge."),
    ("cell", CELL, {"acknowledge_0": "NaN"}, "Enter a number above 0, such as 30 or 1.5: acknowledge."),
    ("cell", CELL, {"acknowledge_0": "9e9"}, "Enter a time of at least one second and at most a year."),
    ("cell", CELL, {"acknowledge_1": "fortnights"}, "Select a valid choice. fortnights is not one of the available choices."),
    ("cell", CELL, {"calendar": "moon"}, "Select a valid choice. moon is not one of the available choices."),
    ("cell", CELL, {"levels": ["9"]}, "Select a valid choice. 9 is not one of the available choices."),
    ("own-row", "", {"topic": ""}, "Choose a topic."),
    ("own-row", "", {"topic": "billing", "severities": []}, "Tick at least one severity."),
    ("windows", "", {"nudge_0": "0"}, "Enter a number above 0, such as 30 or 1.5: they are reminded before that."),
    ("impact", "", {"say_loss": "9"}, "Select a valid choice. 9 is not one of the available choices."),
    ("own", "", {"name": " "}, "Give the protocol a name."),
    ("level", "?level=2", {"name": ""}, "Give the level a name."),
    ("level", "?level=2", {"refund_limit": "-1"}, "Enter 0 or more."),
    ("level", "?level=2", {"teams": ["customer-support-managers"]}, "This team is the level's own already. Tick other teams only."),
    ("level", "?level=2", {"on_arrival_1": "reassign"}, "Choose each of them once."),
    ("levels", "", {"press": "drop:9"}, "That level is not there any more."),
    ("levels", "", {"press": "up:5"}, "There is no level to change places with."),
    ("levels", "", {}, "Press a button of the page."),
    ("new-level", "", {"name": "Night desk"}, "Choose a team."),
    ("steps", "?level=2", {"press": "preset:specialists-take-over"}, "Choose the specialist team that takes over."),
    ("steps", "?level=2", {"press": "preset:nothing"}, "There is no such set of steps."),
    ("steps", "?level=2", {"press": "up:1"}, "That line is not there any more."),
    ("step", "?level=3", {"after_0": "20", "target": "duty:customer-support-lead"}, "Tick at least one."),
    ("step", "?level=1&step=1", {"repeat": "11"}, "Enter 1 to 10."),
    ("entry", "", {"start_1_1": ""}, "Choose a level for Critical, complexity 1."),
    ("topics", "", {"under_billing": "orders", "under_orders": "billing"}, "“Billing and payments” would stand under itself."),
    ("guideline", "", {"verdict": "must", "because": "Why not."}, "Fill in at least one condition: otherwise it would hold for every case."),
    ("guideline", "", {"severity_at_most": "1", "verdict": "must"}, "Write why: staff read it on the case."),
    ("guideline", "?rule=1", {"name": "two-answers-refused"}, "There is a guideline called “two-answers-refused” already. Choose another short name."),
]  # fmt: skip


@pytest.mark.parametrize(("part", "query", "changed", "sentence"), WRONG)
def test_what_is_wrong_comes_back_with_its_sentence_and_nothing_is_saved(
    desk, draft, everything, part, query, changed, sentence
):
    url = edit_of(draft, part, query)
    data, before = typed(desk.get(url), **changed), everything()
    answer = desk.post(url, data)
    assert answer.status_code == 422
    text = html.unescape(answer.content.decode())
    assert "There is a problem" in text
    assert sentence in text
    assert everything() == before
    kept = typed(answer)
    for name, value in data.items():
        is_choice = name not in kept or "Select a valid choice" in sentence
        assert is_choice or [v.strip() for v in kept[name]] == [v.strip() for v in value], f"{name} was not kept"
    for target in re.findall(r'<li><a href="#([^"]+)"', text):
        assert f'id="{target}"' in text, "the summary links to the field"


@pytest.mark.parametrize("part", FORMS)
def test_only_authors_change_anything(signed_in, cast, draft, everything, part):
    url = edit_of(draft, part, "?level=1&severity=1&topic=*")
    clients = [signed_in(user) for user in (cast.supervisor, cast.tiers[1])]
    before = everything()
    for client in clients:
        assert client.get(url).status_code == 403
        assert client.post(url, {"seen": "0", "press": "drop:1"}).status_code == 403
    assert everything() == before


EDITS = [row for row in GOOD if row[0] not in ("levels", "steps", "tasks", "guidelines")]


@pytest.mark.parametrize(("part", "query", "changed", "then"), EDITS)
def test_who_is_late_keeps_what_was_typed_and_sees_what_the_draft_says_now(
    desk, draft, cast, part, query, changed, then
):
    url = edit_of(draft, part, query)
    data = typed(desk.get(url), **changed)
    other = draft.document | {"name": "Meanwhile"}
    other["matrix"] = [row | {"acknowledge": 7777 * 60} if (row["severity"], row["tier"]) == (1, 1) else row for row in draft.document["matrix"]]  # fmt: skip
    publishing.change(draft, other, seen=0, by=cast.supervisor, at=MONDAY)
    late = desk.post(url, data)
    assert late.status_code == 409
    text = html.unescape(late.content.decode())
    assert "Somebody changed this draft while you were writing." in text
    assert "Nothing of yours was lost." in text
    assert now_in(draft).name == "Meanwhile"
    again = typed(late)
    assert again.pop("seen") == ["1"]
    assert again == {name: value for name, value in data.items() if name in again}
    if part == "cell" and query == CELL:
        assert "7777 minutes" in text
        assert "Other levels" not in [row["label"] for row in late.context["newer"]]
    assert desk.post(url, again | {"seen": ["1"]}).status_code == 303
    assert then(now_in(draft))


def test_pressing_a_list_that_has_changed_does_nothing(desk, draft, cast, everything):
    url = edit_of(draft, "levels")
    data = typed(desk.get(url), press="drop:1")
    publishing.change(draft, draft.document | {"name": "Meanwhile"}, seen=0, by=cast.supervisor, at=MONDAY)
    before = everything()
    assert desk.post(url, data).status_code == 409
    assert everything() == before


def test_a_place_that_is_gone_meanwhile_says_so(desk, draft, cast):
    url = edit_of(draft, "step", "?level=1&step=1")
    page = desk.get(url)
    without = {**draft.document, "tiers": [{**tier, "steps": []} for tier in draft.document["tiers"]]}
    publishing.change(draft, without, seen=0, by=cast.supervisor, at=MONDAY)
    assert desk.post(url, typed(page)).status_code == 404
    assert desk.get(url).status_code == 404


@pytest.mark.parametrize(
    "place",
    ["cell/", "cell/?topic=*&severity=5&level=1", "cell/?topic=*&severity=1&level=99999999", "cell/?topic=nowhere&severity=1&level=1",
     "level/?level=0", "level/?level=²", "step/?level=1&step=9", "guideline/?rule=x", "nothing/", "drop-row/?topic=billing"],
)  # fmt: skip
def test_a_place_that_is_not_there_is_not_found(desk, draft, place):
    assert desk.get(f"/console/escalation/protocolversion/{draft.pk}/edit/{place}").status_code == 404


def test_saving_without_a_change_is_no_change(desk, draft, everything):
    for part in ("windows", "entry", "topics", "skills", "impact", "own"):
        url = edit_of(draft, part)
        page, before = desk.get(url), everything()
        assert desk.post(url, typed(page)).status_code == 303, part
        assert everything() == before, part
    for part in ("cell", "level"):
        url = edit_of(draft, part, CELL)
        page, before = desk.get(url), everything()
        assert desk.post(url, typed(page)).status_code == 303, part
        assert everything() == before, part


def test_a_topic_s_own_times_are_taken_away(desk, draft):
    desk.post(edit_of(draft, "own-row"), typed(desk.get(edit_of(draft, "own-row")), topic="billing"))
    assert ("billing", 1, 1) in now_in(draft).matrix
    assert "Take these times away" in desk.get(page_of(draft)).content.decode()
    url = edit_of(draft, "drop-row", "?topic=billing")
    assert "Its cases then get the times of every topic." in desk.get(url).content.decode()
    assert desk.post(url, typed(desk.get(url))).status_code == 303
    assert not any(topic == "billing" for topic, _, _ in now_in(draft).matrix)


def test_a_time_that_is_not_of_whole_minutes_stays_exact(desk, draft):
    document = draft.document | {
        "matrix": [row | {"review": 100} if (row["severity"], row["tier"]) == (1, 1) else row for row in draft.document["matrix"]]
    }  # fmt: skip
    publishing.change(draft, document, seen=0, by=draft.made_by, at=MONDAY)
    url = edit_of(draft, "cell", CELL)
    page = desk.get(url)
    assert typed(page)["review_0"] == ["100"]
    assert typed(page)["review_1"] == ["seconds"]
    assert desk.post(url, typed(page, update_0="3")).status_code == 303
    assert now_in(draft).cell(ANY, 1, 1).review == 100


def test_names_of_people_and_topics_are_escaped(desk, draft):
    Category.objects.filter(slug="billing").update(name="<script>alert(1)</script>")
    for part in ("topics", "own-row", "guideline"):
        text = desk.get(edit_of(draft, part)).content.decode()
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_every_page_has_one_heading_and_nothing_inline(desk, draft):
    urls = [edit_of(draft, part, "?level=1&severity=1&topic=*") for part in FORMS if part != "drop-row"]
    more = ("approve", "publish", "discard")
    urls += [reverse(f"admin:escalation_protocolversion_{name}", args=[draft.pk]) for name in more]
    urls += [reverse(f"admin:escalation_protocolversion_{name}") for name in ("import", "choices", "changelist")]
    for url in (*urls, page_of(draft)):
        page = desk.get(url)
        assert page.status_code == 200, url
        text = page.content.decode()
        assert text.count("<h1") == 1, url
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)", text), url
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids)), f"{url}: {sorted(i for i in ids if ids.count(i) > 1)}"
