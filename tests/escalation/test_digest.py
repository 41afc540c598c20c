"""The day's letter: what waits for it, when it goes, that it goes once, and that it never contradicts a later letter."""

import threading
from datetime import datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection

from cases.models import ProgressMail, User
from escalation import digest, outbox, sweep, verbs, wishes
from escalation.models import Notice
from portal import beat
from tests.cast import MONDAY, gather
from tests.portal.pages.scene import step, working

S = Notice.State
EVENING = MONDAY.replace(hour=17)


@pytest.fixture
def cast(db):
    return daily(gather())


def daily(cast):
    User.objects.filter(pk=cast.customer.pk).update(progress_mail=ProgressMail.DAILY)
    return cast


def told(case, text, minutes, by):
    return verbs.update(case.pk, text=text, by=by, at=step(minutes))


def send(at):
    """Both steps of the letters' hand, until nothing is left; the letters that went, oldest first."""
    assert digest.KIND in beat.letters._composers
    before = len(mail.outbox)
    digest.bundle(at)
    while outbox.deliver_batch(at):
        pass
    return mail.outbox[before:]


def to_sam(letters):
    return [letter for letter in letters if letter.to == ["sam@example.com"]]


def states(case):
    return dict(Notice.objects.filter(case=case, kind__in=wishes.DIGESTIBLE).values_list("kind", "state"))


def test_updates_wait_and_go_as_one_letter_about_all_cases(cast):
    one, two = working(cast, title="Charged twice"), working(cast, title="Wrong colour")
    told(one, "The bank pays it back.", 20, cast.tiers[1])
    assert not [m for m in to_sam(send(step(30))) if "bank" in m.body]
    assert not Notice.objects.filter(kind="digest").exists()
    (letter,) = to_sam(send(EVENING))
    assert letter.subject == "What happened on your cases"
    for words in ("Charged twice", "Wrong colour", "The bank confirms two charges.", "The bank pays it back."):
        assert words in letter.body
    assert letter.body.count("You will next hear from us by") == 2
    assert one.reference in letter.body and two.reference in letter.body
    assert "List-Unsubscribe" not in letter.extra_headers
    assert set(states(one).values()) == {S.BUNDLED}
    assert to_sam(send(EVENING + timedelta(minutes=1))) == []


def test_only_progress_waits(cast):
    case = working(cast)
    verbs.wait_customer(case.pk, question="Which charge?", by=cast.tiers[1], at=step(20))
    held = set(Notice.objects.filter(state=S.HELD).values_list("kind", flat=True))
    assert held == {"progress"}
    assert [m for m in to_sam(send(step(21))) if "Which charge?" in m.body]


def test_a_time_missed_while_an_update_waits_is_said_at_once_and_never_named_again(cast):
    case = working(cast)
    due = case.promise_at
    said = Notice.objects.get(case=case, kind="progress")
    assert said.state == S.HELD and said.data["promise_at"]
    goes = due + timedelta(hours=1)
    Notice.objects.filter(pk=said.pk).update(next_at=goes)
    while sweep.sweep_batch(due + timedelta(seconds=1)):
        pass
    (owned_up,) = [m for m in to_sam(send(due + timedelta(minutes=1))) if m.subject.startswith("We missed")]
    assert "We said" in owned_up.body
    old = f"{due.day} {due:%b}, {due:%H:%M}"
    # Sent late by a mail server that was away, or on the evening: the old time is not there, the new one is.
    assert to_sam(send(goes - timedelta(minutes=1))) == []
    (letter,) = [m for m in to_sam(send(goes)) if m.subject.startswith("What happened")]
    case.refresh_from_db()
    assert "The bank confirms two charges." in letter.body
    assert old not in letter.body
    if case.promise_at > goes + digest.TOO_NEAR:
        assert f"{case.promise_at:%H:%M}" in letter.body


def test_a_time_about_to_pass_is_left_to_the_page(cast):
    case = working(cast)
    Notice.objects.filter(state=S.HELD).update(next_at=case.promise_at - timedelta(minutes=1))
    (letter,) = [m for m in to_sam(send(case.promise_at - timedelta(minutes=1))) if "What happened" in m.subject]
    assert "next hear" not in letter.body


def test_going_back_to_single_letters_sends_what_waits_at_once(cast):
    case = working(cast)
    send(step(16))
    wishes.decide(cast.customer, at=step(20), progress_mail=ProgressMail.AT_ONCE)
    (letter,) = to_sam(send(step(20)))
    assert "The bank confirms two charges." in letter.body
    told(case, "More news.", 30, cast.tiers[1])
    (single,) = to_sam(send(step(31)))
    assert single.subject.startswith("Update on")
    # Once more to and fro on one day: a second letter of that day, nothing lost.
    wishes.decide(cast.customer, at=step(40), progress_mail=ProgressMail.DAILY)
    told(case, "Later news.", 41, cast.tiers[1])
    wishes.decide(cast.customer, at=step(42), progress_mail=ProgressMail.AT_ONCE)
    (again,) = to_sam(send(step(42)))
    assert "Later news." in again.body


def test_another_hour_moves_what_waits(cast):
    working(cast)
    wishes.decide(cast.customer, at=step(20), digest_at=time(12))
    assert Notice.objects.get(state=S.HELD).next_at == MONDAY.replace(hour=12)


def test_unknown_wishes_are_refused(cast):
    with pytest.raises(ValueError, match="is_staff"):
        wishes.decide(cast.customer, at=MONDAY, is_staff=True)


@pytest.mark.parametrize(
    ("at", "hour", "zone", "due"),
    [
        ("2026-01-12T16:59:00+00:00", 17, "Europe/London", "2026-01-12T17:00:00+00:00"),
        ("2026-01-12T17:00:00+00:00", 17, "Europe/London", "2026-01-13T17:00:00+00:00"),
        ("2026-03-28T18:00:00+00:00", 17, "Europe/London", "2026-03-29T16:00:00+00:00"),
        ("2026-01-12T10:00:00+00:00", 17, "Asia/Tokyo", "2026-01-13T08:00:00+00:00"),
    ],
)
def test_the_hour_is_the_readers(at, hour, zone, due):
    assert wishes.next_digest(datetime.fromisoformat(at), time(hour), zone) == datetime.fromisoformat(due)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_beats_make_one_letter():
    cast = daily(gather())
    for _ in range(3):
        working(cast)
    errors, start = [], threading.Barrier(4)

    def run():
        try:
            start.wait()
            digest.bundle(EVENING)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    hands = [threading.Thread(target=run) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert errors == []
    assert Notice.objects.filter(kind="digest").count() == 1
    assert not Notice.objects.filter(state=S.HELD).exists()
    letter = Notice.objects.get(kind="digest")
    assert letter.bundled.count() == 3
