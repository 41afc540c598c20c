"""Two people save one reply at once, on a real PostgreSQL: one revision is made, the other person is told."""

from dataclasses import replace

import pytest

from cases.models import ReplyRevision
from escalation import saved_replies
from tests.cast import MONDAY, gather
from tests.escalation.test_saved_replies import DRAFT
from tests.races import outcomes

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_one_is_kept_and_the_other_is_told():
    cast = gather()
    first = saved_replies.write(None, DRAFT, by=cast.supervisor, at=MONDAY)
    acts = [
        lambda one=one, title=title: saved_replies.write(
            first.reply, replace(DRAFT, title=title), by=one, at=MONDAY, seen=1
        )
        for one, title in ((cast.supervisor, "Dana's"), (cast.mate, "Ana's"), (cast.tiers[1], "Tom's"))
    ]
    results = outcomes(*acts)
    kept = [one for one in results if isinstance(one, ReplyRevision)]
    told = [one for one in results if isinstance(one, saved_replies.Overtaken)]
    assert (len(kept), len(told)) == (1, 2), results
    assert all(one.now == kept[0] for one in told)
    assert list(ReplyRevision.objects.filter(is_current=True)) == kept
    assert ReplyRevision.objects.count() == 2


def test_a_button_pressed_four_times_writes_one_reply():
    cast = gather()
    saved_replies.write(None, replace(DRAFT, title="Another"), by=cast.supervisor, at=MONDAY)
    outcomes(*[lambda: saved_replies.write(None, DRAFT, by=cast.supervisor, at=MONDAY) for _ in range(4)])
    assert ReplyRevision.objects.filter(title=DRAFT.title).count() == 1
