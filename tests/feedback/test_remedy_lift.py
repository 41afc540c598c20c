"""Remedies rated: each case by its own difference, against those without, worked out a second time by the standard library."""

from __future__ import annotations

import statistics
from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case, Resolution
from escalation import remedies
from escalation.remedies import Draft
from feedback.models import Interim, Survey
from feedback.recovery import Lift, student
from feedback.remedy_lift import OF_DAYS, against, rated
from tests.cast import MONDAY, gather
from tests.escalation.stories import bring

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAID = MONDAY + 3 * DAY


def told(cast, final, *on_the_way, kind=None, said=SAID):
    """A settled case with its final score and those on the way, an hour apart from filing on; `kind` is given with the answer."""
    case = bring(cast, State.CONFIRMED)
    answer = Resolution.objects.filter(case=case).latest("at")
    Resolution.objects.filter(pk=answer.pk).update(remedy_kind=kind, at=MONDAY + 2 * HOUR + DAY)
    for number, score in enumerate(on_the_way):
        at = MONDAY + number * 12 * HOUR
        Interim.objects.create(case=case, milestone=1 + number, owed_at=at, asked_at=at, answered_at=at, score=score)
    Survey.objects.create(case=case, answered_at=said, satisfaction=final)
    return case


def by_hand(differences):
    mean = statistics.mean(differences)
    reach = student(len(differences)) * statistics.stdev(differences) / len(differences) ** 0.5
    return len(differences), mean, mean - reach, mean + reach


@pytest.mark.django_db
def test_after_it_against_without(django_assert_num_queries):
    cast = gather()
    voucher = remedies.write(None, Draft("Voucher", 1, False), by=cast.supervisor, at=MONDAY)
    courier = remedies.write(None, Draft("Courier", 1, False), by=cast.supervisor, at=MONDAY)
    pairs = ((5, (2,)), (4, (1,)), (5, (4, 3)), (3, (3,)), (4, (2, 2, 3, 5)))  # the fourth one came after the answer
    for final, on_the_way in pairs:
        told(cast, final, *on_the_way, kind=voucher)
    plain = [told(cast, final, before) for final, before in ((3, 3), (4, 4), (2, 3), (4, 2), (3, 2))]
    told(cast, 5, 1, kind=courier)
    # Not counted: nothing said on the way, a colleague's own case, and a score of more than a year ago.
    told(cast, 5, kind=voucher)
    ours = told(cast, 1, 5, kind=voucher)
    Case.objects.filter(pk=ours.pk).update(customer=cast.mate)
    told(cast, 1, 5, said=SAID - timedelta(days=OF_DAYS))
    with django_assert_num_queries(2):
        found = rated(at=SAID)
    one, without = found.of(voucher.remedy_id), found.without
    assert (one.n, one.mean, *one.interval) == pytest.approx(by_hand([3, 3, 2, 0, 1]))
    assert (without.n, without.mean, *without.interval) == pytest.approx(by_hand([0, 0, -1, 2, 1]))
    assert found.of(courier.remedy_id) == Lift(1) and against(found.of(courier.remedy_id), without) is None
    more, low, high = against(one, without)
    reach = sum(((found.interval[1] - found.mean) ** 2) for found in (one, without)) ** 0.5
    assert (more, low, high) == pytest.approx((one.mean - without.mean, more - reach, more + reach))
    # What was given to a case before it was answered belongs to it, whatever revision it was.
    renamed = remedies.write(voucher.remedy, Draft("A voucher", 1, False), by=cast.supervisor, at=MONDAY, seen=1)
    Resolution.objects.filter(case=plain[0]).update(remedy_kind=renamed)
    moved = rated(at=SAID)
    assert moved.of(voucher.remedy_id).n == 6 and moved.without == Lift(4)
