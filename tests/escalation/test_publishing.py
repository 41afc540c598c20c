"""The road of a version: drawn up by one, reviewed by another, published, retired; open cases keep theirs."""

import copy
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cases.models import Case, Category
from escalation import publishing, verbs
from escalation.book import rules_in_force
from escalation.models import CalendarVersion, ProtocolVersion, StageClock
from escalation.protocol import ProtocolError
from escalation.publishing import NotPublishable, Overtaken
from escalation.worktime import CalendarError
from tests.cast import MONDAY

KEY = "five-tier"
LATER = MONDAY + timedelta(days=1)
fine = lambda version: ()  # noqa: E731


@pytest.fixture
def author(cast):
    return cast.supervisor


@pytest.fixture
def second(cast):
    return cast.manager


def tightened(document, seconds=600):
    document = copy.deepcopy(document)
    for row in document["matrix"]:
        if (row["severity"], row["tier"]) == (2, 1):
            row["review"] = seconds
    return document


def drawn_up(author, seconds=600):
    new = publishing.draft(ProtocolVersion, KEY, note="Faster first word.", by=author, at=MONDAY)
    return publishing.change(new, tightened(new.document, seconds), seen=0, by=author, at=MONDAY)


def published(author, second, seconds=600):
    new = drawn_up(author, seconds)
    publishing.review(new, seen=new.revision, by=second, at=LATER)
    return publishing.publish(new, by=author, at=LATER, errors=fine)


def test_the_whole_road(author, second):
    new = drawn_up(author)
    assert (new.label, new.status, new.based_on, new.revision) == ("five-tier@2", "draft", "five-tier@1", 1)
    publishing.review(new, seen=1, by=second, at=LATER)
    out = publishing.publish(new, by=author, at=LATER, errors=fine)
    assert (out.status, out.published_by, out.reviewed_by) == ("published", author, second)
    assert ProtocolVersion.objects.get(label="five-tier@1").status == "retired"
    assert rules_in_force().protocol.cell("orders", 2, 1).review == 600


def test_whoever_changed_it_cannot_review_it(author, second):
    new = drawn_up(author)
    publishing.change(new, tightened(new.document, 700), seen=1, by=second, at=MONDAY)
    for person in (author, second):
        with pytest.raises(NotPublishable, match="Somebody else has to review it"):
            publishing.review(new, seen=2, by=person, at=LATER)


def test_whoever_wrote_the_reason_cannot_review_it(author, second):
    new = publishing.describe(drawn_up(author), "My own words.", by=second, at=MONDAY)
    with pytest.raises(NotPublishable, match="Somebody else has to review it"):
        publishing.review(new, seen=new.revision, by=second, at=LATER)


def test_the_database_too_wants_two_people(author):
    new = drawn_up(author)
    calendar = publishing.draft(CalendarVersion, "office", by=author, at=MONDAY)
    for row in (new, calendar):
        with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(status="reviewed", reviewed_by=author, reviewed_at=LATER)


def test_a_version_without_a_reason_is_not_reviewed(author, second):
    new = publishing.draft(ProtocolVersion, KEY, by=author, at=MONDAY)
    with pytest.raises(NotPublishable, match="why this version is made"):
        publishing.review(new, seen=0, by=second, at=LATER)
    publishing.describe(new, " Because. ", by=new.made_by, at=MONDAY)
    with pytest.raises(Overtaken):
        publishing.review(new, seen=0, by=second, at=LATER)
    assert publishing.review(new, seen=1, by=second, at=LATER).note == "Because."
    assert publishing.describe(new, "Because.", by=new.made_by, at=MONDAY).status == "reviewed", "nothing changed"
    assert publishing.describe(new, "For another reason.", by=new.made_by, at=MONDAY).status == "draft"


def test_a_change_takes_the_review_back(author, second):
    new = drawn_up(author)
    publishing.review(new, seen=1, by=second, at=LATER)
    again = publishing.change(new, tightened(new.document, 700), seen=1, by=author, at=LATER)
    assert (again.status, again.reviewed_by) == ("draft", None)
    with pytest.raises(NotPublishable, match="second person"):
        publishing.publish(new, by=author, at=LATER, errors=fine)


def test_what_was_not_read_is_not_reviewed_and_not_overwritten(author, second):
    new = drawn_up(author)
    with pytest.raises(Overtaken):
        publishing.review(new, seen=0, by=second, at=LATER)
    with pytest.raises(Overtaken):
        publishing.change(new, tightened(new.document, 900), seen=0, by=second, at=LATER)
    new.refresh_from_db()
    assert new.document == tightened(new.document, 600)


def test_the_linters_errors_stop_it_with_a_sentence_each(author, second):
    new = drawn_up(author)
    publishing.review(new, seen=1, by=second, at=LATER)
    with pytest.raises(NotPublishable) as caught:
        publishing.publish(new, by=author, at=LATER, errors=lambda v: ["No row for Billing.", "Nobody at level 2."])
    assert caught.value.sentences == ("No row for Billing.", "Nobody at level 2.")
    assert ProtocolVersion.objects.get(label="five-tier@1").status == "published"


def test_a_draft_from_an_older_base_would_lose_what_came_between(author, second):
    old = drawn_up(author)
    published(author, second, 900)
    publishing.review(old, seen=1, by=second, at=LATER)
    with pytest.raises(NotPublishable, match="was published after this draft"):
        publishing.publish(old, by=author, at=LATER, errors=fine)


def test_going_back_is_a_new_version(author, second):
    published(author, second)
    first = ProtocolVersion.objects.get(label="five-tier@1")
    back = publishing.roll_back(first, by=author, at=LATER)
    with pytest.raises(NotPublishable, match="never in force"):
        publishing.roll_back(back, by=second, at=LATER)
    assert (back.number, back.document, back.note) == (3, first.document, "Back to five-tier@1.")


def test_what_cannot_be_read_is_not_kept(author):
    new = drawn_up(author)
    with pytest.raises(ProtocolError, match="entry"):
        publishing.change(new, new.document | {"entry": "x"}, seen=1, by=author, at=LATER)
    calendar = publishing.draft(CalendarVersion, "office", by=author, at=MONDAY)
    with pytest.raises(CalendarError):
        publishing.change(calendar, calendar.document | {"zone": "Atlantis"}, seen=0, by=author, at=LATER)
    assert calendar.document == CalendarVersion.objects.get(label="office@1").document


def test_published_versions_stay(author, second):
    out = published(author, second)
    for act in (
        lambda: publishing.discard(out, by=author, at=LATER),
        lambda: publishing.describe(out, "x", by=out.made_by, at=MONDAY),
        lambda: publishing.change(out, out.document, seen=1, by=author, at=LATER),
    ):
        with pytest.raises(NotPublishable, match="stays as it is"):
            act()
    with pytest.raises(NotPublishable, match="before"):
        publishing.publish(out, by=author, at=LATER, errors=fine)


def test_a_draft_can_be_thrown_away_once(author):
    new = drawn_up(author)
    publishing.discard(new, by=author, at=LATER)
    with pytest.raises(NotPublishable, match="thrown away"):
        publishing.discard(new, by=author, at=LATER)


def test_publishing_moves_no_open_clock(cast, author, second):
    told = verbs.Told("Charged twice", "Two payments.", Category.objects.get(slug="orders"), "loss")
    cases = [case for _ in range(2) for case in verbs.file_many([(told, cast.customer)] * 500, at=MONDAY)]
    for case in cases[:20]:
        verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=cast.tiers[1], at=MONDAY)
    fields = ("case", "kind", "target", "due_at", "calendar", "protocol", "outcome")
    clocks = list(StageClock.objects.order_by("pk").values_list(*fields))
    rows = list(Case.objects.order_by("pk").values_list("protocol", "promise_at", "wake_at", "event_seq"))
    published(author, second)
    assert list(StageClock.objects.order_by("pk").values_list(*fields)) == clocks
    assert list(Case.objects.order_by("pk").values_list("protocol", "promise_at", "wake_at", "event_seq")) == rows
    fresh = cast.file(at=LATER)
    assert fresh.protocol == "five-tier@2" and fresh.promise_at == LATER + timedelta(seconds=600)
    # And an older case goes on under what it was promised.
    verbs.acknowledge(cases[0].pk, by=cast.tiers[1], at=MONDAY)
    assert Case.objects.get(pk=cases[0].pk).protocol == "five-tier@1"
