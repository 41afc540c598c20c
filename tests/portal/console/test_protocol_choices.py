"""Which protocol for which case, through the pages: proposed by one author, approved by another, seen by all staff."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Category
from escalation.models import ChoiceDraft, ProtocolChoice
from escalation.packs import install, read_pack
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.protocol_stories import LIST, author

CHOICES = f"{LIST}choices/"
SMALL = read_pack("small_team")["key"]
LATER = MONDAY + timedelta(hours=1)


@pytest.fixture
def small(cast):
    install(read_pack("small_team"), at=MONDAY - timedelta(days=200))
    return SMALL


def words(page):
    return html.unescape(page.content.decode())


def page_of(draft):
    return f"{CHOICES}{draft.pk}/"


def newest():
    return ChoiceDraft.objects.order_by("-pk").first()


def propose(client):
    sent = client.post(CHOICES, {"press": "propose"})
    draft = newest()
    assert (sent.status_code, sent["Location"]) == (303, page_of(draft))
    return draft


def press(client, draft, what, **more):
    """A press of a button on the page as it is now."""
    draft.refresh_from_db()
    return client.post(page_of(draft), {"press": what, "seen": str(draft.revision)} | more)


def ready(client, segment="gold", **more):
    draft = propose(client)
    press(client, draft, "add", **{"segment": segment, "protocol": "five-tier"} | more)
    press(client, draft, "note", note="Because.")
    draft.refresh_from_db()
    return draft


def lines():
    return [(row.position, row.segment, row.category_id, row.product_id) for row in ProtocolChoice.objects.all()]


def test_one_proposes_another_approves_and_the_next_case_is_promised_under_it(desk, signed_in, cast, omar, small):
    older, billing = cast.file(), Category.objects.get(slug="billing")
    ProtocolChoice.objects.create(position=1, category=billing, protocol="five-tier")
    draft = propose(desk)
    fresh = words(desk.get(page_of(draft)))
    assert "Nothing yet: it says the same." in fresh and "0 changes so far" in fresh
    assert press(desk, draft, "add", category=older.category_id, protocol=small).status_code == 303
    assert press(desk, draft, "up:2").status_code == 303
    page = words(desk.get(page_of(draft)))
    assert f"Line 1 added: any product, {older.category}, any customer: Small team." in page
    assert "<strong>1 of 1 case</strong> of the last 90 days would have been filed under another protocol" in page
    assert f"Line 1: topic {older.category}. 1 case under Small team instead of Five levels." in page
    assert f'href="/console/cases/case/{older.pk}/change/"><bdi class="ref">{older.reference}</bdi>' in page
    second = signed_in(omar)
    assert "Approve: it counts at once" not in words(second.get(page_of(draft))), "the reason is missing"
    assert press(desk, draft, "note", note="The small team has the tools for it.").status_code == 303
    assert "You had a hand in it, so somebody else has to approve it: Omar Second." in words(desk.get(page_of(draft)))

    asking = words(second.get(page_of(draft)))
    assert "The small team has the tools for it." in asking and "Approve: it counts at once" in asking
    unread = press(second, draft, "approve")
    assert unread.status_code == 422
    assert "Tick that you have read what changes." in words(unread)
    assert cast.file(at=LATER).protocol == "five-tier@1"
    sent = press(second, draft, "approve", read="on")
    assert (sent.status_code, sent["Location"]) == (303, CHOICES)
    assert "List 1 is in force. Cases that are open keep their protocol." in words(second.get(CHOICES))
    newer = cast.file(at=LATER)
    older.refresh_from_db()
    assert (older.protocol, newer.protocol) == ("five-tier@1", f"{small}@1")
    assert lines() == [(1, "", older.category_id, None), (2, "", billing.pk, None)]


def test_who_changed_the_list_why_and_when_is_kept_and_shown_to_all_staff(desk, signed_in, cast, omar):
    assert "Nobody has changed it yet" in words(desk.get(CHOICES))
    for segment in ("silver", "gold"):
        ProtocolChoice.objects.create(
            position=ProtocolChoice.objects.count() + 1, segment=segment, protocol="five-tier"
        )
    draft = ready(desk, "blue")
    press(desk, draft, "drop:1")
    press(desk, draft, "up:2")
    assert LogEntry.objects.count() == 0, "a proposal changes nothing yet"
    assert press(signed_in(omar), draft, "approve", read="on").status_code == 303
    kept = LogEntry.objects.order_by("pk").values_list("user__email", "action_flag", "change_message")
    line = "any product, any topic, customers of “{}”: five-tier."
    assert list(kept) == [
        ("omar@example.com", ADDITION, "Line 1 added: " + line.format("blue")),
        ("omar@example.com", DELETION, "Line 1 taken off: " + line.format("silver")),
    ]
    staff = signed_in(cast.tiers[1])
    shown = words(staff.get(CHOICES))
    assert ">List 1</a>" in shown and "Because." in shown
    assert "Proposed by <bdi>Nora Author</bdi>, <time" in shown and "approved by <bdi>Omar Second</bdi>, <time" in shown
    past = html.unescape(stories.main_of(staff.get(page_of(draft))))
    assert "Line 1 taken off: any product, any topic, customers of “silver”: Five levels." in past
    assert "<button" not in past


def test_the_lists_of_the_past_come_twenty_a_page_without_what_they_say(desk, signed_in, cast, nora, omar):
    for number in range(1, 24):
        ChoiceDraft.objects.create(
            status="approved", number=number, lines=[], base=[], note=f"Why {number}.", made_by=nora, made_at=MONDAY,
            approved_by=omar, approved_at=MONDAY,
        )  # fmt: skip
    staff = signed_in(cast.tiers[1])
    with CaptureQueriesContext(connection) as queries:
        first = words(staff.get(CHOICES))
    read = [one["sql"] for one in queries if 'FROM "escalation_choicedraft"' in one["sql"]]
    assert len(read) == 2 and not any('"lines"' in sql or '"base"' in sql for sql in read)
    assert re.findall(r">List (\d+)</a>", first) == [str(number) for number in range(23, 3, -1)]
    assert 'rel="next" href="?page=2">' in first and "Page 1 of 2" in first
    second = words(staff.get(f"{CHOICES}?page=2"))
    assert re.findall(r">List (\d+)</a>", second) == ["3", "2", "1"]
    assert 'rel="prev" href="?page=1">' in second and 'rel="next"' not in second
    for odd, shown in (("x", "Page 1 of 2"), ("99", "Page 2 of 2"), ("-1", "Page 2 of 2"), ("", "Page 1 of 2")):
        answer = staff.get(CHOICES, {"page": odd})
        assert answer.status_code == 200 and shown in words(answer), odd


def test_a_move_is_logged_as_a_change(desk, signed_in, omar):
    for position, segment in enumerate(("silver", "gold"), start=1):
        ProtocolChoice.objects.create(position=position, segment=segment, protocol="five-tier")
    draft = propose(desk)
    press(desk, draft, "up:2")
    press(desk, draft, "note", note="Gold first.")
    assert "Moved, was 2" in words(desk.get(page_of(draft)))
    press(signed_in(omar), draft, "approve", read="on")
    (entry,) = LogEntry.objects.all()
    moved = ProtocolChoice.objects.get(segment="gold")
    assert (entry.action_flag, entry.object_id) == (CHANGE, str(moved.pk))
    assert entry.change_message.startswith("Line 2 is line 1 now: any product, any topic, customers of “gold”")
    assert [row[1] for row in lines()] == ["gold", "silver"]


def test_what_is_pressed_changes_the_proposal_and_nothing_else(desk, everything):
    ProtocolChoice.objects.create(position=1, segment="silver", protocol="five-tier")
    draft = ready(desk)
    assert lines() == [(1, "silver", None, None)]
    before = everything()
    for what in ("up:1", "down:2", "drop:9", "up:x", "drop:-1", "drop:"):
        refused = press(desk, draft, what)
        assert refused.status_code == 422 and "Nothing was" in words(refused), what
    for what in ("nonsense", "", "propose"):
        assert press(desk, draft, what).status_code == 303
    assert desk.post(CHOICES, {"press": "drop:1"}).status_code == 200
    assert everything() == before


def test_what_was_typed_comes_back_when_somebody_was_faster(desk, signed_in, omar):
    draft = ready(desk)
    seen, second = draft.revision, signed_in(omar)
    press(second, draft, "add", segment="blue", protocol="five-tier")
    late = desk.post(page_of(draft), {"press": "add", "seen": seen, "segment": "green", "protocol": "five-tier"})
    assert late.status_code == 409
    assert "Somebody changed this proposal meanwhile. Look at it, then send yours again." in words(late)
    assert 'value="green"' in words(late) and "<bdi>blue</bdi>" in words(late)
    again = desk.post(page_of(draft), {"press": "note", "seen": seen, "note": "Another reason."})
    assert again.status_code == 409 and "Another reason.</textarea>" in words(again)
    moved = desk.post(page_of(draft), {"press": "drop:1", "seen": seen})
    assert moved.status_code == 409
    draft.refresh_from_db()
    assert ([one["segment"] for one in draft.lines], draft.note) == (["gold", "blue"], "Because.")
    for nothing in ("", "x", "-1", "9" * 30, "²"):
        assert desk.post(page_of(draft), {"press": "drop:1", "seen": nothing}).status_code == 409
    fresh = f'name="seen" value="{draft.revision}"'
    assert fresh in words(late) and press(desk, draft, "add", segment="green", protocol="five-tier").status_code == 303


def test_approving_what_has_changed_meanwhile_asks_to_read_again(desk, signed_in, omar):
    draft = ready(desk)
    seen, second = draft.revision, signed_in(omar)
    press(desk, draft, "add", segment="blue", protocol="five-tier")
    late = second.post(page_of(draft), {"press": "approve", "seen": seen, "read": "on"})
    assert late.status_code == 409
    assert "changed while you were reading. Read it again, then approve it." in words(late)
    assert "checked" not in words(late).split('id="road"')[1], "the tick has to be set anew"
    assert lines() == []
    assert press(second, draft, "approve", read="on").status_code == 303


def test_a_second_approval_is_told_of_the_first(desk, signed_in, omar):
    draft = ready(desk)
    third = signed_in(author("paula@example.com", "Paula Third"))
    press(signed_in(omar), draft, "approve", read="on")
    late = press(third, draft, "approve", read="on")
    assert late.status_code == 422
    assert "Omar Second approved this proposal: it is list 1." in words(late)


def test_nobody_approves_what_they_had_a_hand_in(desk, signed_in, omar):
    draft = ready(desk)
    second = signed_in(omar)
    assert "Whoever changes the list cannot approve it any more." in words(second.get(page_of(draft)))
    press(second, draft, "add", segment="blue", protocol="five-tier")
    for client in (desk, second):
        assert "Approve: it counts at once" not in words(client.get(page_of(draft)))
        sent = press(client, draft, "approve", read="on")
        assert sent.status_code == 422
        assert "You had a hand in this proposal yourself. Somebody else has to approve it." in words(sent)
    assert "Nobody else may yet" in words(desk.get(page_of(draft)))
    assert lines() == []


def test_what_stands_in_the_way_is_said_before_anybody_tries(desk, signed_in, omar):
    draft = ready(desk)
    ProtocolChoice.objects.create(position=1, segment="silver", protocol="moon")
    sentence = "The list in force was changed after this proposal was drawn up from it."
    for client in (desk, signed_in(omar)):
        assert sentence in words(client.get(page_of(draft)))
    sent = press(signed_in(omar), draft, "approve", read="on")
    assert (sent.status_code, sentence in words(sent)) == (422, True)
    assert "Not in force: such cases cannot be filed" in words(desk.get(CHOICES))


def test_a_proposal_is_thrown_away_after_asking(desk, signed_in, omar, everything):
    draft = ready(desk)
    before = everything()
    assert "1 change would not be made." in words(desk.get(f"{page_of(draft)}discard/"))
    assert everything() == before
    sent = signed_in(omar).post(f"{page_of(draft)}discard/")
    assert (sent.status_code, sent["Location"]) == (303, CHOICES)
    draft.refresh_from_db()
    assert (draft.status, draft.discarded_by, draft.number) == ("discarded", omar, None)
    (entry,) = LogEntry.objects.all()
    assert (entry.user, entry.change_message) == (omar, "Proposed list thrown away.")
    shown = words(desk.get(CHOICES))
    assert "A proposal that was thrown away" in shown and "Propose a change" in shown
    assert "thrown away by <bdi>Omar Second</bdi>" in words(desk.get(page_of(draft)))
    assert desk.post(f"{page_of(draft)}discard/").status_code == 303
    late = press(desk, draft, "add", segment="blue", protocol="five-tier")
    assert late.status_code == 422 and "Omar Second threw this proposal away." in words(late)


def test_a_second_proposal_is_a_sentence_and_not_an_error(desk, signed_in, omar):
    second = signed_in(omar)
    draft = propose(desk)
    assert "Propose a change" not in words(second.get(CHOICES))
    sent = second.post(CHOICES, {"press": "propose"})
    assert sent.status_code == 422
    assert "Nora Author has proposed a change already. Go on with that one, or throw it away first." in words(sent)
    assert f'href="{page_of(draft)}"' in words(sent)
    assert ChoiceDraft.objects.count() == 1


@pytest.mark.parametrize(
    ("typed_in", "sentence"),
    [
        ({"segment": "gold"}, "Choose a protocol."),
        ({"segment": "gold", "protocol": "moon"}, "Choose a protocol."),
        ({"protocol": "five-tier"}, "Choose a product, a topic or a segment"),
        ({"protocol": "five-tier", "segment": "no spaces please"}, "Enter a valid"),
        ({"protocol": "five-tier", "product": "999"}, "Select a valid choice"),
        ({"protocol": "five-tier", "segment": "silver"}, "There is a line for exactly these cases already."),
    ],
)
def test_a_bad_line_comes_back(desk, everything, typed_in, sentence):
    ProtocolChoice.objects.create(position=1, segment="silver", protocol="five-tier")
    draft = propose(desk)
    desk.get(page_of(draft))
    before = everything()
    sent = press(desk, draft, "add", **typed_in)
    assert sent.status_code == 422
    assert sentence in words(sent)
    assert all(f'value="{said}"' in words(sent) for said in [typed_in.get("segment")] if said)
    assert everything() == before
    empty = press(desk, draft, "note", note=" ")
    assert (empty.status_code, "Write in a sentence or two why the list changes." in words(empty)) == (422, True)


def test_trying_says_which_and_why(desk, everything):
    billing = Category.objects.get(slug="billing")
    ProtocolChoice.objects.create(position=1, segment="gold", category=billing, protocol="five-tier")
    desk.get(CHOICES)
    before = everything()
    page = words(desk.get(f"{CHOICES}?try-category={billing.pk}&try-segment=gold"))
    assert "Line 1: topic Billing and payments, customers of “gold”." in page
    assert "No line of the list matches; this is the default." in words(desk.get(f"{CHOICES}?try-segment=blue"))
    assert desk.get(f"{CHOICES}?try-category=x").status_code == 200
    assert everything() == before


def test_who_sees_and_who_may(desk, signed_in, client, cast, nora, omar, everything):
    made = ready(desk, "silver")
    press(signed_in(omar), made, "approve", read="on")
    gone = ready(desk, "old")
    desk.post(f"{page_of(gone)}discard/")
    draft = ready(desk)
    supervisor, staff, customer = (signed_in(u) for u in (cast.supervisor, cast.tiers[1], cast.customer))
    manager = signed_in(cast.manager)
    reads = {  # of the list, a list of the past, what was thrown away, the proposal, and the page that asks
        supervisor: (200, 200, 200, 200, 403),
        staff: (200, 200, 404, 404, 403),
        desk: (200, 200, 200, 200, 200),
        customer: (404, 404, 404, 404, 404),
        manager: (302, 302, 302, 302, 302),
        client: (302, 302, 302, 302, 302),
    }
    urls = (CHOICES, page_of(made), page_of(gone), page_of(draft), f"{page_of(draft)}discard/")
    for who in reads:
        who.get(CHOICES)
    before = everything()
    for who, codes in reads.items():
        assert tuple(who.get(url).status_code for url in urls) == codes
    for who in (supervisor, staff):
        for url in urls:
            sent = who.post(url, {"press": "approve", "seen": str(draft.revision), "read": "on"})
            assert sent.status_code == 403, url
        assert who.post(CHOICES, {"press": "propose"}).status_code == 403
    assert "Add a line" not in words(supervisor.get(page_of(draft)))
    assert "A protocol author who had no hand in it: Omar Second." in words(supervisor.get(page_of(draft)))
    shown = words(staff.get(CHOICES))
    assert "List 1" in shown and "A change is proposed" not in shown and "thrown away" not in shown
    for missing in (f"{CHOICES}999999/", f"{CHOICES}{'9' * 20}/"):
        assert desk.get(missing).status_code == 404
    assert everything() == before


def test_the_list_of_protocols_says_that_a_proposal_waits(desk, signed_in, cast):
    assert "waits for approval" not in words(desk.get(LIST))
    draft = ready(desk)
    for client, told in ((desk, True), (signed_in(cast.supervisor), True), (signed_in(cast.tiers[1]), False)):
        shown = words(client.get(LIST))
        assert (f'href="{page_of(draft)}"' in shown and "proposed by <bdi>Nora Author</bdi>" in shown) is told
