"""What the tables themselves keep: no blind save, one open owner, one account an address, links and counts that hold."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from cases.access import Viewer
from cases.lifecycle import OPEN, State
from cases.models import AccessLink, Case, Event, Message, Note, Tally, Team, User
from cases.models.event import event_hash
from cases.models.message import digest
from tests.cast import MONDAY, gather
from tests.factories import CategoryFactory, StaffFactory, TeamFactory, UserFactory

HOUR = timedelta(hours=1)


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def case(cast):
    return cast.file()


# --- The case


def test_a_blind_save_is_refused(case):
    with pytest.raises(TypeError, match="Name the fields"):
        case.save()


@pytest.mark.parametrize(
    "values",
    [{"severity": 0}, {"severity": 5}, {"complexity": 0}, {"complexity": 4}, {"team": None, "owner": None},
     {"state": "lost"}],
)  # fmt: skip
def test_the_database_refuses_what_no_case_can_be(case, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(**values)


@pytest.mark.parametrize("state", OPEN)
def test_every_open_state_needs_an_owner_or_a_team(case, state):
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(state=state, team=None, owner=None)


def test_predicates_compose_and_take_the_instant(cast):
    first, second = cast.file(), cast.file(impact="question")
    due = first.promise_at
    assert list(Case.objects.open().late(due)) == [first]
    assert list(Case.objects.late(due - HOUR)) == []
    assert list(Case.objects.open().by_urgency()) == [first, second]
    Case.objects.filter(pk=first.pk).update(state=State.CLOSED)
    assert list(Case.objects.late(due)) == []


def test_the_queue_is_sorted_by_promise_then_severity_then_age(cast):
    """As an independent sort of the same rows, those without a promise last."""
    for n in range(24):
        made = cast.file(at=MONDAY + timedelta(minutes=n % 5), impact=("loss", "question", "degraded")[n % 3])
        if n % 7 == 0:
            Case.objects.filter(pk=made.pk).update(promise_at=None)
    rows = list(Case.objects.all())
    wanted = sorted(rows, key=lambda c: (c.promise_at is None, c.promise_at or MONDAY, c.severity, c.pk))
    assert list(Case.objects.by_urgency()) == wanted


# --- Who sees what


def test_who_sees_which_case(cast):
    mine, foreign = cast.file(), cast.file(by=cast.other)
    seen = {
        "customer": (Viewer(cast.customer), {mine}),
        "other": (Viewer(cast.other), {foreign}),
        "agent": (Viewer(cast.tiers[1]), {mine, foreign}),
        "supervisor": (Viewer(cast.supervisor), {mine, foreign}),
        "manager": (Viewer(cast.manager), set()),
        "nobody": (Viewer(AnonymousUser()), set()),
        "guest": (Viewer(AnonymousUser(), (mine.pk,)), {mine}),
        "staff without role": (Viewer(StaffFactory()), set()),
        "leaver": (Viewer(User(pk=10**6, is_staff=True, is_active=False)), set()),
    }
    for who, (viewer, cases) in seen.items():
        assert set(Case.objects.visible_to(viewer)) == cases, who
        assert Case.objects.visible_to(viewer).count() == len(cases), who


def test_a_member_of_staff_who_is_a_customer_too_sees_their_own_without_a_role(cast):
    manager_case = cast.file(by=cast.manager)
    cast.file()
    assert list(Case.objects.visible_to(Viewer(cast.manager))) == [manager_case]


def test_a_drill_is_seen_by_nobody(cast, case):
    Case.everything.filter(pk=case.pk).update(is_drill=True)
    for user in (cast.customer, cast.supervisor, cast.tiers[1]):
        assert not Case.objects.visible_to(Viewer(user, (case.pk,))).exists()


# --- People


def test_one_account_for_one_address_however_it_is_written(db):
    UserFactory(email="sam@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="Sam@Example.com")
    assert User.objects.get_by_natural_key("SAM@example.COM").email == "sam@example.com"


def test_an_account_needs_an_address(db):
    with pytest.raises(ValueError, match="needs an e-mail address"):
        User.objects.create_user("", "secret")


def test_names_people_are_called_by(db):
    assert UserFactory(name="Priya Shah").first_name == "Priya"
    assert UserFactory(name="Priya Shah Rao").initials == "PS"
    bare = UserFactory(name="", email="jo@example.com")
    assert (bare.first_name, bare.initials, str(bare)) == ("jo", "J", "jo@example.com")


def test_what_cases_hang_on_cannot_be_deleted(cast, case):
    for row in (cast.customer, case.category, cast.teams[1]):
        with pytest.raises(ProtectedError):
            row.delete()
    empty, topic = TeamFactory(), CategoryFactory()
    empty.delete()
    topic.delete()
    assert not Team.objects.filter(slug=empty.slug).exists()


# --- The log and what was said


def test_events_cannot_be_changed_or_deleted(case):
    event = Event.objects.get(case=case)
    for act in (
        lambda: Event.objects.filter(pk=event.pk).update(kind="nothing"),
        lambda: Event.objects.filter(pk=event.pk).delete(),
        lambda: event.save(update_fields=["data"]),
    ):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            act()
    assert event_hash(Event.objects.get(pk=event.pk)) == event.hash


def test_every_part_of_an_event_is_in_its_hash(case):
    event = Event.objects.get(case=case)
    changes = {
        "prev": "x", "case_id": 0, "seq": 9, "kind": "x", "occurred_at": MONDAY + HOUR, "recorded_at": MONDAY + HOUR,
        "actor_id": None, "role": "engine", "cause": 1, "protocol": "x", "data": {}, "once": "x", "is_drill": True,
    }  # fmt: skip
    covered = {field.attname for field in Event._meta.concrete_fields} - {"id", "hash"}
    assert covered == set(changes)
    for name, value in changes.items():
        other = Event.objects.get(case=case)
        setattr(other, name, value)
        assert event_hash(other) != event.hash, name


def test_a_text_can_be_erased_and_the_log_still_verifies(case):
    message, event = Message.objects.get(case=case), Event.objects.get(case=case)
    assert event.data["message"] == {"id": str(message.pk), "digest": digest(message.salt, message.text)}
    Message.objects.filter(pk=message.pk).update(text="(erased)", salt="")
    assert event_hash(Event.objects.get(case=case)) == event.hash


def test_equal_texts_have_different_fingerprints():
    one, two = Note(text="Same"), Note(text="Same")
    assert one.fingerprint["digest"] != two.fingerprint["digest"]


# --- Links and counts


def test_a_link_opens_its_case_for_its_purpose_until_it_expires(case):
    follow = AccessLink.Purpose.FOLLOW
    token = AccessLink.issue(follow, case, user=case.customer, at=MONDAY, lasts=HOUR)
    assert AccessLink.find(follow, token, at=MONDAY).case == case
    assert AccessLink.find(AccessLink.Purpose.SURVEY, token, at=MONDAY) is None
    assert AccessLink.find(follow, token, at=MONDAY + HOUR) is None
    assert AccessLink.find(follow, token + "x", at=MONDAY) is None
    assert AccessLink.find(follow, "", at=MONDAY) is None
    assert token not in str(list(AccessLink.objects.values_list())), "the secret itself is not stored"


def test_tries_are_counted_in_a_window_that_ends(db):
    def once(at):
        return Tally.count_one("code:1", at=at, window=HOUR)

    assert [once(MONDAY), once(MONDAY), once(MONDAY + HOUR - timedelta(seconds=1))] == [1, 2, 3]
    assert once(MONDAY + HOUR) == 1, "the window ended; a new one began"
    assert Tally.count_one("code:2", at=MONDAY, window=HOUR) == 1
    assert not Tally.objects.filter(key__contains="code").exists(), "what is counted is not readable in a dump"
