"""Versions of the protocol through the pages: from a draft into force by two people, back, out and in again."""

import csv
import html
import io
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from escalation import publishing
from escalation.models import ProtocolVersion
from escalation.packs import read_pack
from escalation.protocol import ANY
from escalation.reading import parse
from portal.console.protocol_editing import FORMS
from tests.cast import MONDAY
from tests.portal.console.protocol_stories import LIST, drawn_up, edit_of, page_of, typed

Status = ProtocolVersion.Status
CHOICES = f"{LIST}choices/"


def words(page):
    return html.unescape(page.content.decode())


def act(version, name):
    return f"{LIST}{version.pk}/{name}/"


def newest():
    return ProtocolVersion.objects.order_by("-number", "-pk").first()


def tighten(desk, draft, minutes="60"):
    url = edit_of(draft, "cell", "?topic=*&severity=2&level=1")
    return desk.post(url, typed(desk.get(url), acknowledge_0=minutes, acknowledge_1="minutes"))


def test_a_supervisor_tightens_one_cell_and_the_next_case_is_promised_under_it(desk, signed_in, cast, nora, omar):
    older = cast.file()
    first = ProtocolVersion.objects.get(key="five-tier")
    began = desk.post(act(first, "draw-up"))
    assert began.status_code == 303
    draft = newest()
    assert (draft.number, draft.status, draft.made_by) == (2, Status.DRAFT, nora)
    assert "Choose any underlined time" in words(desk.get(began["Location"]))
    tighten(desk, draft)
    page = words(desk.get(page_of(draft)))
    assert "was 2 working hours" in page
    assert "1 change so far, by" in page

    second = signed_in(omar)
    refused = second.get(act(draft, "approve"))
    assert "The reason is missing." in words(refused)
    assert desk.post(act(draft, "note"), {"note": "Customers waited too long."}).status_code == 303
    assert "Customers waited too long." in words(second.get(page_of(draft)))
    asking = second.get(act(draft, "approve"))
    assert "I have read the change and agree" in words(asking)
    unread = second.post(act(draft, "approve"), {"seen": "1"})
    assert unread.status_code == 422
    assert "Tick that you have read what changes." in words(unread)
    assert "A second person has to review it first." in words(desk.post(act(draft, "publish")))
    assert second.post(act(draft, "approve"), typed(asking, read="on")).status_code == 303

    before = words(desk.get(act(draft, "publish")))
    assert "1 open case of this protocol keeps the version it was promised under" in before
    assert desk.post(act(draft, "publish")).status_code == 303
    draft.refresh_from_db()
    first.refresh_from_db()
    assert (draft.status, first.status) == (Status.PUBLISHED, Status.RETIRED)
    assert (draft.reviewed_by, draft.published_by) == (omar, nora)
    newer = cast.file(at=MONDAY + timedelta(hours=1), title="Charged again")
    older.refresh_from_db()
    assert (older.protocol, newer.protocol) == ("five-tier@1", "five-tier@2")
    assert parse("x@1", draft.document).cell(ANY, 2, 1).acknowledge == 3600


def test_nobody_approves_what_they_changed(desk, signed_in, cast, nora, omar):
    draft = drawn_up(nora)
    publishing.describe(draft, "Because.", by=draft.made_by, at=MONDAY)
    second = signed_in(omar)
    tighten(second, draft)
    draft.refresh_from_db()
    for client in (desk, second):
        page = client.get(act(draft, "approve"))
        assert "Not by you." in words(page)
        sent = client.post(act(draft, "approve"), {"seen": str(draft.revision), "read": "on"})
        assert sent.status_code == 422
        assert "You changed this draft yourself. Somebody else has to review it." in words(sent)
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT


def test_approving_what_has_changed_meanwhile_asks_to_read_again(desk, signed_in, nora, omar):
    draft = drawn_up(nora)
    publishing.describe(draft, "Because.", by=draft.made_by, at=MONDAY)
    second = signed_in(omar)
    page = second.get(act(draft, "approve"))
    tighten(desk, draft)
    late = second.post(act(draft, "approve"), typed(page, read="on"))
    assert late.status_code == 409
    assert "The draft was changed while you were reading. Read it again, then approve it." in words(late)
    assert "1 working hour" in words(late)
    again = typed(late)
    assert again["seen"] == ["2"]
    assert "read" not in again, "the tick has to be set anew"
    assert second.post(act(draft, "approve"), again | {"read": ["on"]}).status_code == 303


def test_a_change_takes_the_approval_back_and_says_so_first(desk, signed_in, nora, omar):
    draft = drawn_up(nora)
    publishing.describe(draft, "Because.", by=draft.made_by, at=MONDAY)
    publishing.review(draft, seen=1, by=omar, at=MONDAY)
    assert "somebody has to approve it again" in words(desk.get(edit_of(draft, "own")))
    tighten(desk, draft)
    draft.refresh_from_db()
    assert (draft.status, draft.reviewed_by) == (Status.DRAFT, None)


def test_errors_of_the_check_stop_publishing_with_a_sentence_each(desk, nora, omar):
    draft = drawn_up(nora)
    hole = {**draft.document, "matrix": draft.document["matrix"][1:]}
    draft = publishing.change(draft, hole, seen=0, by=nora, at=MONDAY)
    publishing.describe(draft, "A hole.", by=draft.made_by, at=MONDAY)
    publishing.review(draft, seen=2, by=omar, at=MONDAY)
    page = desk.get(page_of(draft))
    errors = [row for row in page.context["findings"] if row["finding"].is_error]
    assert errors
    assert all(row["url"] for row in errors)
    assert all(desk.get(row["url"]).status_code == 200 for row in page.context["findings"] if row["url"])
    shown = desk.get(act(draft, "publish"))
    assert "It cannot be published as it stands" in words(shown)
    assert "Publish now" not in words(shown)
    sent = desk.post(act(draft, "publish"))
    assert sent.status_code == 422
    assert all(row["finding"].sentence in words(sent) for row in errors)
    draft.refresh_from_db()
    assert draft.status == Status.REVIEWED


def test_a_draft_that_was_overtaken_by_another_is_not_published(desk, nora, omar):
    mine, theirs = drawn_up(nora), drawn_up(omar)
    for draft, second in ((theirs, nora), (mine, omar)):
        publishing.describe(draft, "Because.", by=draft.made_by, at=MONDAY)
        publishing.review(draft, seen=1, by=second, at=MONDAY)
    publishing.publish(theirs, by=omar, at=MONDAY, errors=lambda _: ())
    sent = desk.post(act(mine, "publish"))
    assert sent.status_code == 422
    assert "five-tier@3 was published after this draft was drawn up from five-tier@1." in words(sent)


def test_going_back_makes_a_draft_and_leaves_what_is_in_force(desk, nora, omar):
    first, draft = ProtocolVersion.objects.get(number=1), drawn_up(nora)
    tighten(desk, draft)
    publishing.describe(draft, "Because.", by=draft.made_by, at=MONDAY)
    draft.refresh_from_db()
    publishing.review(draft, seen=2, by=omar, at=MONDAY)
    publishing.publish(draft, by=nora, at=MONDAY, errors=lambda _: ())
    first.refresh_from_db()
    page = words(desk.get(page_of(first)))
    assert "Go back to this version" in page
    assert desk.post(act(first, "go-back")).status_code == 303
    back = newest()
    assert (back.number, back.status, back.note) == (3, Status.DRAFT, "Back to five-tier@1.")
    assert back.document == first.document
    assert publishing.in_force(ProtocolVersion, "five-tier").number == 2


def test_a_draft_is_thrown_away_after_asking(desk, nora, everything):
    draft = drawn_up(nora)
    tighten(desk, draft)
    before = everything()
    assert "1 change would be lost" in words(desk.get(act(draft, "discard")))
    assert everything() == before
    assert desk.post(act(draft, "discard")).status_code == 303
    assert not ProtocolVersion.objects.filter(pk=draft.pk).exists()


def test_a_published_version_has_no_form(desk, everything):
    first = ProtocolVersion.objects.get()
    before = everything()
    for url in (edit_of(first, "own"), act(first, "approve"), act(first, "publish"), act(first, "discard")):
        for answer in (desk.get(url), desk.post(url, {"seen": "0", "name": "Other", "read": "on"})):
            assert answer.status_code == 303, url
            assert answer["Location"] == page_of(first)
    assert desk.post(act(first, "note"), {"note": "Other."}).status_code == 422
    assert everything() == before
    assert "edit/cell" not in words(desk.get(page_of(first)))


def test_an_empty_reason_comes_back(desk, nora):
    draft = drawn_up(nora)
    sent = desk.post(act(draft, "note"), {"note": "  "})
    assert sent.status_code == 422
    assert "Write in a sentence or two why this version is made." in words(sent)


def test_who_sees_and_who_may(signed_in, cast, nora, everything):
    draft, first = drawn_up(nora), ProtocolVersion.objects.get(number=1)
    supervisor, staff, customer, hers = (signed_in(u) for u in (cast.supervisor, cast.tiers[1], cast.customer, nora))
    before = everything()
    assert supervisor.get(page_of(draft)).status_code == 200
    assert "edit/cell" not in words(supervisor.get(page_of(draft)))
    assert staff.get(page_of(first)).status_code == 200
    assert staff.get(page_of(draft)).status_code == 404
    assert staff.get(f"{LIST}{draft.pk}/protocol.json").status_code == 404
    assert "Version 2" not in words(staff.get(LIST))
    assert "To change a rule, ask Nora Author." in words(supervisor.get(LIST))
    assert "You are the only one who may write protocols." in words(hers.get(LIST))
    assert customer.get(LIST).status_code == 404
    for client in (supervisor, staff):
        for name in ("note", "approve", "publish", "keep-back", "discard", "draw-up", "go-back"):
            assert client.post(act(draft, name), {"note": "x", "seen": "0", "read": "on"}).status_code == 403
        assert client.post(f"{LIST}import/").status_code == 403
    assert everything() == before


def test_the_history_of_a_draft_is_for_who_may_read_it(signed_in, cast, nora):
    draft, first = drawn_up(nora), ProtocolVersion.objects.get(number=1)
    staff, supervisor = signed_in(cast.tiers[1]), signed_in(cast.supervisor)
    assert staff.get(act(draft, "history")).status_code == 404
    assert staff.get(act(first, "history")).status_code == 200
    assert supervisor.get(act(draft, "history")).status_code == 200


def test_acts_are_posted(desk, nora, everything):
    draft, before = drawn_up(nora), None
    before = everything()
    for name in ("note", "draw-up", "go-back"):
        assert desk.get(act(draft, name)).status_code == 405
    assert everything() == before


# Out and in -----------------------------------------------------------------------------------------------------


def upload(content, name="protocol.json"):
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else json.dumps(content).encode())


def test_what_is_downloaded_can_be_taken_in_again_and_published(desk, signed_in, nora, omar):
    first = ProtocolVersion.objects.get()
    file = desk.get(f"{LIST}{first.pk}/protocol.json")
    assert file["Content-Disposition"] == 'attachment; filename="protocol-five-tier-1.json"'
    pack = json.loads(file.content)
    pack["protocol"]["name"] = "Six of one"
    sent = desk.post(f"{LIST}import/", {"file": upload(pack)})
    assert sent.status_code == 303
    draft = newest()
    assert (draft.status, draft.number, draft.made_by) == (Status.DRAFT, 2, nora)
    assert draft.document == first.document | {"name": "Six of one"}
    assert signed_in(omar).post(act(draft, "approve"), {"seen": "0", "read": "on"}).status_code == 303
    assert desk.post(act(draft, "publish")).status_code == 303


def test_a_bare_document_and_a_pack_of_another_protocol(desk):
    document = read_pack("small_team")["protocol"]
    nameless = desk.post(f"{LIST}import/", {"file": upload({"protocol": document}), "key": "five-tier"})
    assert nameless.status_code == 303
    assert newest().key == "five-tier"
    assert newest().document == document
    assert desk.post(f"{LIST}import/", {"file": upload(read_pack("small_team"))}).status_code == 303
    taken = ProtocolVersion.objects.get(key=read_pack("small_team")["key"])
    assert (taken.status, taken.number) == (Status.DRAFT, 1)
    assert desk.get(page_of(taken)).status_code == 200
    assert read_pack("small_team")["key"] in words(desk.get(CHOICES)) or "No version is in force yet." in words(
        desk.get(LIST)
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\xff\xfe", "This file is not JSON."),
        (b'{"tiers": NaN}', "This file is not JSON."),
        (b"[" * 100_000, "This file is not JSON."),
        (b'{"name": "\\ud800"}', "This file is not JSON."),
        (b"[]", "This file holds no protocol."),
        (b'{"name": "a\\u0000b"}', "This file holds a number or a sign that no protocol has."),
        (b'{"name": 1e300}', "This file holds a number or a sign that no protocol has."),
        (b"{}", "this is no protocol pack of format 1"),
        ({"tiers": []}, "This file does not say which protocol it belongs to."),
        ({"format": 1, "key": "x", "teams": [], "categories": [], "calendars": {}, "protocol": {"tiers": []}}, "A protocol needs at least one level."),
    ],
)  # fmt: skip
def test_a_bad_file_is_a_sentence_and_nothing_is_changed(desk, everything, content, sentence):
    desk.get(LIST)
    before = everything()
    sent = desk.post(f"{LIST}import/", {"file": upload(content)})
    assert sent.status_code == 422
    assert sentence in words(sent)
    assert everything() == before


def test_a_file_has_to_be_chosen_and_must_not_be_huge(desk):
    assert "Choose a file." in words(desk.post(f"{LIST}import/"))
    assert "larger than 2 MB" in words(desk.post(f"{LIST}import/", {"file": upload(b" " * 2_000_001)}))


def test_no_cell_of_the_csv_is_taken_for_a_formula(desk, nora):
    draft = drawn_up(nora)
    first = draft.document["matrix"][0]
    begins = ("=", "+", "-", "@", "\t", "\r", "x=")
    rows = [first | {"category": f"{sign}a"} for sign in begins] + [first | {"category": "b", "calendar": "=SUM(A1)"}]
    document = {**draft.document, "matrix": [*draft.document["matrix"], *rows]}
    draft = publishing.change(draft, document, seen=0, by=nora, at=MONDAY)
    sheet = desk.get(f"{LIST}{draft.pk}/matrix.csv").content.decode()
    cells = list(csv.reader(io.StringIO(sheet, newline="")))
    found = {row[0]: row for row in cells}
    assert {f"'{sign}a" for sign in begins[:-1]} | {"x=a"} <= set(found)
    assert found["b"][3] == "'=SUM(A1)"
    assert found["b"][4] == str(first["review"])
    assert not [cell for row in cells for cell in row if cell.startswith(begins[:-1])]


def test_a_strange_document_that_can_be_read_has_pages_all_the_same(desk, nora):
    """Whatever the reader of documents lets through must be looked at and mended in the editor."""
    draft = drawn_up(nora)
    document = json.loads(json.dumps(draft.document))
    document["matrix"][0] |= {"calendar": "moon", "review": 61, "told": ["person:gone@example.com", "role:Nobody"]}
    document["matrix"] += [document["matrix"][1] | {"category": "gone", "severity": 7, "tier": 9}]
    document["matrix"] += [document["matrix"][1] | {"category": "gone", "refer_up": 5}]
    document["entry"] += [{"severity": 9, "complexity": 8, "tier": 1}]
    document["impact"] |= {"seen": 1, "two words": 2}
    document["topics"] = {"gone": {"under": "lost"}, "billing": {"skill": "x"}}
    document["skills"] = {"gone": ["x"]}
    document["windows"] |= {"calendar": "moon", "nudge": 100}
    document["tiers"][0] |= {
        "team": "gone",
        "teams": ["lost"],
        "steps": [{"after": 7, "target": "webhook:nowhere", "actions": ["webhook"]}],
    }
    document["guidelines"] = [
        {"id": "odd", "verdict": "may", "because": "Odd.",
         "when": {"severity_at_most": 9, "complexity_at_least": 9, "categories": ["gone"], "segments": ["", "gold"], "supervisor_asked": False, "open_longer_than": 61}}
    ]  # fmt: skip
    sent = desk.post(f"{LIST}import/", {"file": upload({"protocol": document}), "key": "five-tier"})
    assert sent.status_code == 303
    strange = newest()
    assert strange.document == document
    for url in (page_of(strange), LIST, act(strange, "approve"), act(strange, "publish"), act(strange, "discard")):
        assert desk.get(url).status_code == 200, url
    for part in FORMS:
        if part == "drop-row":
            continue
        url = edit_of(strange, part, "?topic=gone&severity=1&level=1&step=1&rule=1")
        page = desk.get(url)
        assert page.status_code == 200, part
        if part not in ("levels", "steps", "tasks", "task", "guidelines", "own-row", "new-level", "guideline"):
            assert desk.post(url, typed(page)).status_code == 303, (part, url)
    kept = newest().document
    assert kept["tiers"] == document["tiers"]
    assert kept["windows"] == document["windows"]
    assert kept["topics"] == document["topics"] | {"gone": {"under": "lost", "escalation": "allowed"}, "billing": {"escalation": "allowed", "skill": "x"}}  # fmt: skip
