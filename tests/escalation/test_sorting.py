"""Another topic and a reminder: what they change, and what they leave alone."""

import pytest

from cases.lifecycle import State
from cases.models import Case, Category, Event
from escalation import verbs
from escalation.models import Notice, StageClock
from escalation.verbs import Refused
from tests.escalation.stories import bring, publish_protocol
from tests.portal.console.stories import minutes


def faster(topic, share):
    """A version whose times for `topic` are `share` of the others'."""

    def change(document):
        rows = [row for row in document["matrix"] if row["category"] == "*"]
        document["matrix"] += [
            row | {"category": topic, "update": int(row["update"] * share), "resolve": int(row["resolve"] * share)}
            for row in rows
        ]

    return change


@pytest.mark.parametrize(("share", "earlier"), [(0.5, True), (2, False)])
def test_a_topic_brings_a_promise_forward_and_never_puts_it_off(cast, share, earlier):
    publish_protocol(faster("delivery", share), minutes(-5))
    case = bring(cast, State.WORKING)
    before = {c.kind: c.due_at for c in StageClock.objects.filter(case=case, outcome=None)}
    told = Notice.objects.filter(case=case).count()
    at = Event.objects.filter(case=case).latest("seq").occurred_at
    verbs.change_topic(case.pk, category=Category.objects.get(slug="delivery"), by=cast.tiers[1], at=at)
    after = {c.kind: c.due_at for c in StageClock.objects.filter(case=case, outcome=None)}
    assert set(after) == set(before)
    assert all(after[kind] <= before[kind] for kind in before)
    assert (after["update"] < before["update"]) == earlier
    now = Case.objects.get(pk=case.pk)
    assert (now.category.slug, now.severity, now.owner, now.team) == ("delivery", case.severity, case.owner, case.team)
    assert Notice.objects.filter(case=case).count() == told
    with pytest.raises(Refused, match="that topic already"):
        verbs.change_topic(case.pk, category=now.category, by=cast.tiers[1], at=at)
    Category.objects.filter(slug="billing").update(is_active=False)
    with pytest.raises(Refused, match="not in use"):
        verbs.change_topic(case.pk, category=Category.objects.get(slug="billing"), by=cast.tiers[1], at=at)


def test_a_reminder_goes_to_who_has_the_case_else_to_its_team_and_changes_nothing(cast):
    owned, free = bring(cast, State.WORKING), cast.file(title="Nobody has it")
    for case, to, at in ((free, {cast.tiers[1], cast.mate}, minutes(1)), (owned, {cast.tiers[1]}, minutes(30))):
        before = Case.objects.filter(pk=case.pk).values("state", "promise_at", "owner", "severity").get()
        verbs.remind(case.pk, by=cast.supervisor, at=at)
        assert {one.recipient for one in Notice.objects.filter(case=case, kind="reminder")} == to
        assert Case.objects.filter(pk=case.pk).values("state", "promise_at", "owner", "severity").get() == before
    with pytest.raises(Refused, match="Needs a supervisor"):
        verbs.remind(owned.pk, by=cast.mate, at=minutes(31))
    verbs.take_over(owned.pk, by=cast.supervisor, at=minutes(32))
    with pytest.raises(Refused, match="yourself"):
        verbs.remind(owned.pk, by=cast.supervisor, at=minutes(33))
