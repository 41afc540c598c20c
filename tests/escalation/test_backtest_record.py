"""Under the rules they were recorded under, cases lived again are their record: for verbs, batches, downtime, imports.

BACKTEST_CASES=10000 makes the generated history as long as one likes.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.lifecycle import State
from cases.models import Case, Event
from escalation import verbs
from escalation.backtest import Window, back_test, trial_of
from escalation.backtest.record import instant
from escalation.models import ProtocolVersion, Rota, Shift
from escalation.sweep import sweep_batch
from tests.cast import MONDAY, gather
from tests.escalation.history_maker import Maker
from tests.escalation.sound import everything
from tests.escalation.stories import MINUTE, bring, settle

MANY = int(os.environ.get("BACKTEST_CASES") or 250)
YEARS = timedelta(days=1000)


def published(now, **more):
    return back_test(Window(MONDAY - YEARS, now, now), None, company_zone="Europe/London", **more)


@pytest.fixture
def cast(db):
    return gather()


def test_generated_history_is_its_record(cast):
    maker = Maker(cast, seed=3, batched=True)
    maker.make(MANY, a_step=max(20, MANY // 50), rest=60)
    result = published(maker.now)
    assert result["cases"] == MANY
    assert result["different"] == [] and result["differences"] == 0
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"missed", "warned", "ran_out", "escalated", "answered", "supervisor_answered", "reopened"} <= kinds
    assert result["old"]["escalations"] > MANY / 10 and result["old"]["promises_missed"] > MANY / 10


def test_what_verbs_wrote_is_their_record(cast):
    maker = Maker(cast, seed=5, share=0.5)
    maker.make(40, a_step=8, rest=25)
    result = published(maker.now)
    assert (result["cases"], result["different"]) == (40, [])
    version = ProtocolVersion.objects.get(label="five-tier@1")
    same = back_test(Window(MONDAY - YEARS, maker.now, maker.now), trial_of(version), company_zone="Europe/London")
    assert same["old"] == same["new"] and not same["changed"] and not same["assumed"] and not same["did_not_fit"]


@pytest.mark.parametrize(("said_after", "missed"), [(-1, 0), (0, 1)])
def test_a_time_put_off_counts_at_its_new_instant_and_at_no_other(cast, said_after, missed):
    """Of one case: put off, then kept or missed at the new instant; the old one passes without a word either way."""
    case = bring(cast, State.WORKING)
    due = case.promise_at
    moved = verbs.move_promise(
        case.pk, next_at=due + 2 * MINUTE, reason="Later.", by=cast.tiers[1], at=due - 5 * MINUTE
    )
    at = moved.promise_at + said_after * MINUTE
    settle(moved, at)
    if not missed:
        verbs.update(case.pk, text="Here it is.", by=cast.tiers[1], at=at)
    now = at + MINUTE
    version = ProtocolVersion.objects.get(label="five-tier@1")
    same = back_test(Window(MONDAY - YEARS, now, now), trial_of(version), company_zone="Europe/London")
    assert (same["cases"], same["different"], same["changed"], same["assumed"]) == (1, [], [], {})
    for side in ("old", "new"):
        assert (same[side]["promises_missed"], same[side]["escalations"]) == (missed, missed)


def test_a_back_test_writes_nothing(cast, django_assert_max_num_queries):
    maker = Maker(cast, seed=7, batched=True)
    maker.make(60, a_step=20, rest=20)
    before = everything()
    with django_assert_max_num_queries(25):
        published(maker.now)
    assert everything() == before


def test_what_the_engine_has_not_looked_at_yet_is_no_difference(cast):
    """The engine has been down for a week: nothing it would have done is counted, and nothing is called different."""
    cast.file(at=MONDAY)
    result = published(MONDAY + timedelta(days=7))
    assert (result["cases"], result["differences"], result["old"]["escalations"]) == (1, 0, 0)


def test_a_record_that_was_bent_is_found(cast):
    """The check can fail: one event's outcome and one event's kind are changed behind the engine's back."""
    maker = Maker(cast, seed=9, batched=True)
    maker.make(30, a_step=15, rest=20)
    bent = Event(pk=Event.objects.filter(kind="missed").first().pk)
    row = Event.objects.get(pk=bent.pk)
    refs = {row.case_id}
    result = published_bent(maker.now, row.pk, data=row.data | {"tier": 5 if row.data["tier"] != 5 else 1})
    assert result["differences"] == 1
    assert Case.objects.get(pk=refs.pop()).reference in result["different"][0]


def published_bent(now, pk, **changes):
    """As `published`, reading one event otherwise than it is stored: the log's guards let nobody bend the row."""
    from unittest import mock

    from escalation.backtest import record

    plain = record._events

    def bent(ids):
        for row in plain(ids):
            case, seq, kind, at, written, data, once, protocol = row
            event = Event.objects.get(case_id=case, seq=seq)
            yield (case, seq, kind, at, written, changes["data"] if event.pk == pk else data, once, protocol)

    with mock.patch.object(record, "_events", bent):
        return published(now)


@pytest.mark.postgres
@given(instants=st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)), min_size=1, max_size=50))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_instants_are_read_to_the_microsecond(db, instants):
    """They come from PostgreSQL as numbers, and must be the very instants that were written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_part('epoch', one) FROM unnest(%s::timestamptz[]) AS one", [
            [one.replace(tzinfo=UTC) for one in instants]
        ])  # fmt: skip
        read = [instant(seconds, UTC) for (seconds,) in cursor.fetchall()]
    assert read == [one.replace(tzinfo=UTC) for one in instants]


def test_a_team_that_is_on_duty_when_the_office_opens_is_not_empty_at_its_closing_time(cast):
    """The engine asks who is there when the case's time next counts; so does a back-test of any rules."""
    rota = Rota.objects.create(team=cast.teams[2], zone="Europe/London")
    for weekday in range(5):
        Shift.objects.create(
            rota=rota,
            user=cast.tiers[2],
            weekday=weekday,
            opens=9 * 60,
            closes=17 * 60 + 30,
            starts_on=MONDAY.date(),
        )
    at = MONDAY.replace(hour=16, minute=45)
    late = cast.file(at=at)
    assert late.promise_at == MONDAY.replace(hour=17, minute=15)
    sweep_batch(late.promise_at)
    late.refresh_from_db()
    assert late.tier == 2
    version = ProtocolVersion.objects.get(label="five-tier@1")
    row = {"category": "*", "severity": late.severity, "tier": 1}
    for cell in version.document["matrix"]:
        if row.items() <= cell.items():
            cell["review"] = 45 * 60  # now it falls due as the office closes
    now = MONDAY.replace(hour=18, minute=0)
    tried = back_test(Window(MONDAY - YEARS, now, now), trial_of(version), company_zone="Europe/London")
    arrivals = {level: said["arrivals"] for level, said in tried["new"]["levels"].items()}
    assert (tried["differences"], arrivals) == (0, {"1": 1, "2": 1})
