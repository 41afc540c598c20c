"""A version ordered to start later: the beat puts it in force at its time, checked anew, and says so when it cannot."""

import copy
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.models import User
from escalation import publishing, starting, verbs
from escalation.models import Heartbeat, Notice, ProtocolVersion
from escalation.packs import import_pack, read_pack
from escalation.publishing import NotPublishable
from portal import clock
from portal.beat import beat
from tests.cast import MONDAY
from tests.escalation.test_publishing import LATER, drawn_up, fine
from tests.portal.console.protocol_stories import author

STARTS = LATER + timedelta(days=3)
SECOND = timedelta(seconds=1)


@pytest.fixture
def nora(cast):
    return author("nora@example.com", "Nora Author")


@pytest.fixture
def omar(cast):
    return author("omar@example.com", "Omar Second")


@pytest.fixture
def ordered(nora, omar):
    """Version 2, reviewed, to start at STARTS by Omar's order."""
    new = drawn_up(nora, 1500)
    publishing.review(new, seen=new.revision, by=omar, at=LATER)
    return starting.order(new, STARTS, by=omar, at=LATER)


@pytest.fixture
def engine_at():
    """Runs one round of the whole engine at an instant."""
    yield lambda at: (clock.travel(at - timezone.now()), beat())
    clock.travel(timedelta())


def test_it_comes_into_force_at_its_time_and_not_before(ordered, cast, omar, engine_at):
    engine_at(STARTS - SECOND)
    ordered.refresh_from_db()
    assert (ordered.status, ordered.starts_at) == ("reviewed", STARTS)
    before = cast.file(impact="degraded", at=STARTS - SECOND)
    engine_at(STARTS)
    ordered.refresh_from_db()
    assert (ordered.status, ordered.published_by, ordered.not_started) == ("published", omar, "")
    assert timedelta() <= ordered.published_at - STARTS < timedelta(seconds=30)
    assert ProtocolVersion.objects.get(label="five-tier@1").status == "retired"
    after = cast.file(impact="degraded", at=STARTS + timedelta(minutes=1))
    before.refresh_from_db()
    assert (before.protocol, after.protocol) == ("five-tier@1", "five-tier@2")
    engine_at(STARTS + timedelta(hours=1))
    assert not Notice.objects.filter(kind=starting.KIND).exists()


def test_a_beat_that_was_down_starts_it_when_it_is_back(ordered, engine_at):
    engine_at(STARTS + timedelta(days=2))
    ordered.refresh_from_db()
    assert ordered.status == "published"
    assert ordered.published_at >= STARTS + timedelta(days=2)


def test_a_change_takes_approval_and_start_back(ordered, nora, engine_at):
    changed = publishing.describe(ordered, "Another reason.", by=ordered.made_by, at=MONDAY)
    assert (changed.status, changed.starts_at, changed.starts_by) == ("draft", None, None)
    engine_at(STARTS)
    changed.refresh_from_db()
    assert changed.status == "draft"


def test_taken_back_it_stays_reviewed_and_does_not_start(ordered, omar, engine_at):
    publishing.take_start_back(ordered, by=omar, at=LATER)
    assert not Notice.objects.exists(), "who took it back knows"
    engine_at(STARTS)
    ordered.refresh_from_db()
    assert (ordered.status, ordered.starts_at) == ("reviewed", None)


@pytest.mark.parametrize("act", ["change", "describe", "discard", "take_start_back"])
def test_whoever_ordered_it_is_told_when_another_ends_it(ordered, nora, omar, engine_at, act):
    more = {
        "change": lambda: publishing.change(ordered, ordered.document, seen=ordered.revision, by=nora, at=LATER),
        "describe": lambda: publishing.describe(ordered, "Other words.", by=nora, at=LATER),
        "discard": lambda: publishing.discard(ordered, by=nora, at=LATER),
        "take_start_back": lambda: publishing.take_start_back(ordered, by=nora, at=LATER),
    }
    more[act]()
    engine_at(LATER)
    (letter,) = [m for m in mail.outbox if "does not start by itself" in m.subject]
    assert letter.to == [omar.email]
    assert "Nora Author has" in letter.body
    assert "Fri 16 Jan, 10:00 (London time)" in letter.body
    assert ("thrown it away" in letter.body) == (act == "discard")


def test_one_that_cannot_even_be_checked_holds_up_no_other(ordered, cast, nora, omar, engine_at, monkeypatch):
    """The linter fails on one protocol; the other starts, the engine stays well, and the authors are told."""
    pack = read_pack("small_team") | {"key": "small"}
    other = import_pack(pack, nora, MONDAY)
    publishing.describe(other, "A small one.", by=nora, at=MONDAY)
    publishing.review(other, seen=other.revision + 1, by=omar, at=LATER)
    ProtocolVersion.objects.filter(pk=other.pk).update(starts_at=STARTS + SECOND, starts_by=omar)
    monkeypatch.setattr(starting, "errors_of", lambda at: lambda version: () if version.key == "small" else {}["x"])
    engine_at(STARTS + 2 * SECOND)
    ordered.refresh_from_db()
    other.refresh_from_db()
    assert (ordered.status, other.status) == ("reviewed", "published")
    assert "something failed inside" in ordered.not_started
    assert Heartbeat.objects.get(role="beat").last_success is not None
    assert Notice.objects.filter(kind=starting.KIND).count() == 2


def test_what_was_published_meanwhile_is_not_lost_and_the_authors_read_why(ordered, nora, omar, engine_at):
    other = drawn_up(omar, 1200)
    publishing.review(other, seen=other.revision, by=nora, at=LATER)
    publishing.publish(other, by=omar, at=LATER, errors=fine)
    engine_at(STARTS)
    ordered.refresh_from_db()
    assert (ordered.status, ordered.starts_at) == ("reviewed", None)
    assert "five-tier@3 was published after this draft was drawn up from five-tier@1" in ordered.not_started
    assert publishing.in_force(ProtocolVersion, "five-tier").label == "five-tier@3"
    engine_at(STARTS + timedelta(minutes=1))
    letters = {m.to[0]: m for m in mail.outbox if "did not start" in m.subject}
    assert set(letters) == {nora.email, omar.email}
    assert "five-tier@3 was published after this draft" in letters[nora.email].body
    assert len([m for m in mail.outbox if "did not start" in m.subject]) == 2
    with pytest.raises(NotPublishable, match="was published after"):
        starting.order(ordered, STARTS + timedelta(days=9), by=omar, at=STARTS + timedelta(minutes=2))


def test_errors_the_linter_finds_at_its_time_stop_it(ordered, cast, engine_at):
    User.objects.filter(pk__in=[person.pk for person in cast.tiers.values()]).update(is_active=False)
    found = starting.errors_of(STARTS)(ordered)
    assert found, "a level without anybody is an error"
    engine_at(STARTS)
    ordered.refresh_from_db()
    assert ordered.status == "reviewed"
    assert ordered.not_started.splitlines() == found


def test_whoever_may_not_publish_any_more_does_not_start_anything(ordered, omar, engine_at):
    omar.groups.clear()
    engine_at(STARTS)
    ordered.refresh_from_db()
    assert ordered.status == "reviewed"
    assert "Whoever ordered the start may not publish a protocol any more." in ordered.not_started


@pytest.mark.parametrize("at", [LATER, LATER - SECOND, LATER + timedelta(days=400)])
def test_a_start_lies_ahead_and_not_too_far(nora, omar, at):
    new = drawn_up(nora, 1500)
    publishing.review(new, seen=new.revision, by=omar, at=LATER)
    with pytest.raises(NotPublishable, match="in the future, at most a year ahead"):
        starting.order(new, at, by=omar, at=LATER)


def test_only_what_is_reviewed_and_free_of_errors_can_be_ordered(nora, omar):
    new = drawn_up(nora, 1500)
    with pytest.raises(NotPublishable, match="A second person has to review it first"):
        starting.order(new, STARTS, by=omar, at=LATER)
    hole = copy.deepcopy(new.document)
    hole["matrix"] = hole["matrix"][1:]
    new = publishing.change(new, hole, seen=new.revision, by=nora, at=MONDAY)
    publishing.review(new, seen=new.revision, by=omar, at=LATER)
    with pytest.raises(NotPublishable):
        starting.order(new, STARTS, by=omar, at=LATER)
    new.refresh_from_db()
    assert new.starts_at is None


def test_one_start_for_each_protocol(ordered, nora, omar):
    other = drawn_up(nora, 1200)
    publishing.review(other, seen=other.revision, by=omar, at=LATER)
    with pytest.raises(NotPublishable, match="has a start already"):
        starting.order(other, STARTS + SECOND, by=omar, at=LATER)
    with pytest.raises(IntegrityError, match=r"protocol_one_start|UNIQUE"), transaction.atomic():
        ProtocolVersion.objects.filter(pk=other.pk).update(starts_at=STARTS)


def test_a_case_promised_before_the_start_keeps_its_times(ordered, cast, engine_at):
    case = cast.file(impact="degraded", at=LATER)
    promised = case.promise_at
    engine_at(LATER)
    verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=cast.tiers[1], at=LATER)
    case.refresh_from_db()
    promised = case.promise_at
    engine_at(LATER + SECOND)
    ProtocolVersion.objects.filter(pk=ordered.pk).update(starts_at=LATER + 2 * SECOND)
    engine_at(LATER + 3 * SECOND)
    ordered.refresh_from_db()
    case.refresh_from_db()
    assert ordered.status == "published"
    assert (case.protocol, case.promise_at) == ("five-tier@1", promised)
