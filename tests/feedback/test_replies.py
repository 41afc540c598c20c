"""How saved replies fare, counted by hand: uses, messages sent as they are, and cases opened again afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.models import ReplyUse
from cases.replies import Draft
from escalation import saved_replies, verbs
from escalation.verbs import Began
from feedback.intervals import Share
from feedback.replies import WINDOW, Usage, usage, uses_by_revision
from tests import solving
from tests.cast import MONDAY, gather

DRAFT = Draft("Looking", None, ("update",), 1, {"en": "I look into it."})


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def reply(cast):
    return saved_replies.write(None, DRAFT, by=cast.supervisor, at=MONDAY)


def minutes(n):
    return MONDAY + timedelta(minutes=n)


def answered(cast, reply, *, text="I look into it.", reject=None, also=False):
    """A case answered at 5 minutes with the reply (twice when `also`), rejected at that minute when it says so."""
    tom, began = cast.tiers[1], (Began(reply.pk, "en"),)
    case = cast.file()
    topic = case.category
    verbs.assess(case.pk, severity=2, complexity=1, category=topic, by=tom, at=minutes(1))
    verbs.acknowledge(case.pk, by=tom, at=minutes(2))
    if also:
        verbs.update(case.pk, text=text, by=tom, at=minutes(3), began=began)
    solving.answer(case.pk, text=text, outcome="fixed", root_cause="x", by=tom, at=minutes(5), began=began)
    if reject:
        verbs.reject(case.pk, text="No.", by=cast.customer, at=minutes(reject))
    return case


def test_counted_by_hand(cast, reply):
    for reject in (None, 6, 7, None):
        answered(cast, reply, reject=reject)
    answered(cast, reply, text="I look into it. Tom", also=True)
    other = saved_replies.write(None, replace(DRAFT, title="Another"), by=cast.supervisor, at=MONDAY)
    answered(cast, other)
    found = usage(minutes(30))
    # Six messages on five cases; four of the messages unchanged; two of the cases opened again.
    assert found[reply.reply_id] == Usage(6, Share(4, 6), Share(2, 5))
    assert found[other.reply_id] == Usage(1, Share(1, 1), Share(0, 1))
    assert (found[other.reply_id].few, found[reply.reply_id].few, Usage().few) == (True, False, False)
    assert found[other.reply_id].again.value is None


def test_only_what_came_after_the_message_counts(cast, reply):
    case = answered(cast, reply, reject=6)
    ReplyUse.objects.update(at=minutes(8))
    assert usage(minutes(30))[reply.reply_id].again == Share(0, 1)
    solving.answer(case.pk, text="Now.", outcome="fixed", root_cause="x", by=cast.tiers[1], at=minutes(9))
    verbs.accept(case.pk, by=cast.customer, at=minutes(10))
    verbs.reopen(case.pk, text="Back.", by=cast.customer, at=minutes(11))
    assert usage(minutes(30))[reply.reply_id].again == Share(1, 1)


def test_ninety_days_all_revisions_and_no_drills(cast, reply):
    answered(cast, reply)
    new = saved_replies.write(
        reply.reply, Draft("B", None, ("update",), 1, {"en": "B."}), by=cast.mate, at=MONDAY, seen=1
    )
    answered(cast, new)
    assert usage(minutes(30))[reply.reply_id].uses == 2
    assert uses_by_revision(reply.reply_id) == {reply.pk: 1, new.pk: 1}
    assert usage(minutes(5) + WINDOW) == {}
    assert usage(minutes(4)) == {}
    ReplyUse.objects.update(is_drill=True)
    assert usage(minutes(30)) == {} == uses_by_revision(reply.reply_id)
