"""The demo is a true story: its events never run backwards, and one customer is late whatever the hour."""

from datetime import UTC, datetime

import pytest
from django.db.models import OuterRef, Subquery

from cases.models import Case, Event
from cases.roles import install_roles
from escalation.lateness import is_late, with_ledger
from escalation.packs import install, read_pack
from portal.demo import story
from portal.demo.fortnight import Fortnight
from portal.demo.people import cast

SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MONDAY_NIGHT = datetime(2026, 11, 24, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("until", [SUNDAY, MONDAY_NIGHT], ids=["sunday", "night"])
def test_a_short_demo(db, until, monkeypatch):
    install_roles()
    install(read_pack("five_tier"), at=datetime(2025, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(story, "CASES", 12)
    stage = Fortnight(cast("x"), until, seed=7)
    story.plan(stage)
    stage.play()
    before = Event.objects.filter(case=OuterRef("case"), seq=OuterRef("seq") - 1).values("occurred_at")
    assert not Event.objects.filter(occurred_at__lt=Subquery(before)).exists()
    late = [case for case in with_ledger(Case.objects.open()) if is_late(case, until)]
    assert "I was charged twice for order 88213" in [case.title for case in late]
