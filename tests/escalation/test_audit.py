"""Each line of what must always hold: quiet on a sound database, and naming the row when it is broken by hand."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from cases import guards
from cases.models import Case, Event, Message
from escalation import guards as rule_guards
from escalation import verbs
from escalation.audit import CHECKS, GRACE, Scope
from escalation.models import Alert, Notice, Promise, ProtocolVersion, SetAside, StageClock
from escalation.sweep import sweep_batch
from feedback import post_mortem_audit
from tests.cast import MONDAY, gather

NOW = MONDAY + timedelta(minutes=10)


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def case(cast):
    """An acknowledged case; beside it one whose promise was broken, and one that has ended."""
    tom = cast.tiers[1]
    broken = cast.file(title="Waits too long", at=MONDAY - timedelta(days=3))
    sweep_batch(NOW)
    verbs.withdraw(cast.file(title="Never mind").pk, by=cast.customer, at=MONDAY)
    case = cast.file()
    verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=tom, at=MONDAY)
    verbs.acknowledge(case.pk, by=tom, at=MONDAY)
    assert Case.objects.get(pk=broken.pk).tier > 1
    return Case.objects.get(pk=case.pk)


def found(folder, *rules, at=NOW, most=100):
    scope = Scope(at=at, folder=folder, most=most)
    return {(check.rule, row) for check in CHECKS if not rules or check.rule in rules for row in check.find(scope)}


def test_a_sound_database_breaks_nothing(case, tmp_path):
    assert found(tmp_path) == set()


def test_the_list_is_that_of_the_design():
    """8 (GET changes nothing) cannot be seen in a database; 13 belongs to the post-mortems."""
    assert [check.rule for check in CHECKS] == [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12]


def test_a_promise_that_ran_out_a_moment_ago_is_the_engines_business(case, tmp_path):
    due = Case.objects.get(pk=case.pk).wake_at
    Case.objects.exclude(pk=case.pk).filter(wake_at__isnull=False).update(wake_at=due + timedelta(days=9))
    assert found(tmp_path, 1, at=due + GRACE - timedelta(seconds=1)) == set()
    assert found(tmp_path, 1, at=due + GRACE) == {(1, f"{case} has no future promise and no alarm")}


def test_an_alarm_or_a_wait_for_the_customer_is_as_good_as_a_promise(case, cast, tmp_path):
    verbs.wait_customer(case.pk, question="Which card?", by=cast.tiers[1], at=NOW)
    assert found(tmp_path) == set()
    Case.objects.filter(pk=case.pk).update(wake_at=None, promise_at=None)
    assert found(tmp_path, 1) == {(1, f"{case} has no future promise and no alarm")}
    Alert.everything.create(case=case, kind="no_clock", text="No clock runs.", raised_at=NOW)
    assert found(tmp_path, 1) == set()


def of(case, model, **where):
    return model.everything.filter(case=case, **where)


def row(case):
    return Case.everything.filter(pk=case.pk)


def copied(one, **values):
    one.pk = None
    for name, value in values.items():
        setattr(one, name, value)
    one.save(force_insert=True)


def say_broken(case):
    clock = of(case, StageClock, kind="update", outcome=None).get()
    of(case, StageClock, pk=clock.pk).update(outcome="missed", ended_at=F("due_at"))
    of(case, Promise, clock=clock).update(status="broken", settled_at=NOW)


BREAKS = {
    "no promise": (1, "promises the customer nothing", lambda c: row(c).update(promise_at=None)),
    "no event": (2, "has no event", lambda c: row(c).update(event_seq=0)),
    "clock of no event": (
        2,
        "stage clock of event 90",
        lambda c: of(c, StageClock, kind="update").update(started_seq=90),
    ),
    "notice of no event": (2, "notice of event 90", lambda c: of(c, Notice, event_seq=1).update(event_seq=90)),
    "clock after the end": (2, "clock still runs", lambda c: row(c).update(state="closed")),
    "state not as logged": (
        2,
        "has to working; its last event says acknowledged",
        lambda c: row(c).update(state="working"),
    ),
    "level not as logged": (2, "has tier 4", lambda c: row(c).update(tier=4)),
    "severity not as logged": (2, "has severity 4", lambda c: row(c).update(severity=4)),
    "owner not as logged": (2, "has owner", lambda c: row(c).update(owner=c.customer_id)),
    "another promise shown": (
        2,
        "does not show the promise",
        lambda c: row(c).update(promise_at=NOW + timedelta(days=9)),
    ),
    "woken too late": (2, "would be woken after", lambda c: row(c).update(wake_at=NOW + timedelta(days=900))),
    "receipt not owed": (2, "receipt is not owed", lambda c: of(c, Notice, event_seq=1).delete()),
    "an offer nobody waits for": (
        2,
        "is offered to somebody and no clock waits",
        lambda c: row(c).update(offered_to=c.owner_id, offered_by=c.owner_id),
    ),
    "an answer awaited to no offer": (
        2,
        "is offered to nobody and a clock waits",
        lambda c: of(c, StageClock, kind="update").update(kind="hand_over"),
    ),
    "missed without an event": (3, "1 update clocks ran out, 0 events", say_broken),
    "log changed": (4, "event 2: was changed", lambda c: of(c, Event, seq=2).update(kind="noted")),
    "events that run backwards": (
        4,
        "has event 3 with an earlier time than the event before it",
        lambda c: of(c, Event, seq=3).update(occurred_at=MONDAY - timedelta(hours=1)),
    ),
    "guard down": (4, "the guard cases_event_", lambda c: None),
    "protocol not there": (
        5,
        "names a protocol version that is not published",
        lambda c: row(c).update(protocol="gone@1"),
    ),
    "clock of other rules": (
        5,
        "has a clock under other@1",
        lambda c: of(c, StageClock, kind="update").update(protocol="other@1"),
    ),
    "calendar not there": (
        5,
        "count on the calendar gone@1",
        lambda c: of(c, StageClock, kind="update").update(calendar="gone@1"),
    ),
    "rules' guard down": (5, "the guard escalation_protocolversion_keep", lambda c: rule_guards.remove(connection)),
    "clock not in the ledger": (
        6,
        "runs and is not in the ledger",
        lambda c: of(c, Promise, clock__kind="update").delete(),
    ),
    "ledger says another time": (
        6,
        "its clock does not count to it",
        lambda c: of(c, Promise, status="open").update(due_at=NOW),
    ),
    "kept too early": (
        6,
        "is kept, not its clock",
        lambda c: of(c, Promise, status="open").update(status="kept", settled_at=NOW),
    ),
    "broken and silent": (6, "the customer was not told", say_broken),
    "missed, not broken": (
        6,
        "the ledger does not say so",
        lambda c: (say_broken(c), of(c, Promise, status="broken").update(status="moved")),
    ),
    "two notices of one cause": (
        7,
        "was owed 2 notices by email",
        lambda c: copied(of(c, Notice, event_seq=1).order_by("pk").first(), key="another"),
    ),
    "history told somebody": (7, "is history and has a notice", lambda c: row(c).update(is_history=True)),
    "reference mistyped": (9, "is not a reference", lambda c: row(c).update(reference="MP-1111-11")),
    "deadline moved": (10, "counted anew", lambda c: of(c, StageClock, kind="update").update(due_at=NOW)),
    "target changed": (10, "counted anew", lambda c: of(c, StageClock, kind="resolve").update(target=5)),
    "replay differs": (11, "the case's rejections is 3", lambda c: row(c).update(rejections=3)),
    "drill in real life": (12, "message of the other world", lambda c: of(c, Message).update(is_drill=True)),
}


@pytest.mark.parametrize(("rule", "said", "act"), BREAKS.values(), ids=BREAKS)
def test_what_is_broken_is_named(case, tmp_path, rule, said, act):
    connection.check_constraints()
    guards.remove(connection)
    act(case)
    rows = [text for _, text in found(tmp_path, rule)]
    assert [text for text in rows if said in text], rows


def test_a_case_set_aside_is_not_asleep(case, tmp_path):
    later = Case.objects.get(pk=case.pk).wake_at + timedelta(days=1)
    row(case).update(wake_at=later)
    assert found(tmp_path, 2)
    SetAside.objects.create(case=case, error="x", first_at=NOW, retry_at=later)
    assert found(tmp_path, 2) == set()


def test_a_draft_is_not_a_promise(case, tmp_path):
    rule_guards.remove(connection)
    ProtocolVersion.objects.update(status="draft")
    assert found(tmp_path, 5) >= {(5, f"{case} names a protocol version that is not published")}


def test_a_sample_looks_at_as_many_cases_as_asked(case, tmp_path):
    Case.everything.update(rejections=3)
    assert len(found(tmp_path, 11, most=1)) == 1
    assert len(found(tmp_path, 11)) == 3
    assert found(tmp_path, 11, most=0) == set()


def command(*args):
    """Exit code and what `audit` said."""
    out = io.StringIO()
    try:
        call_command("audit", *args, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_one_line_a_check_and_ends_with_1_when_one_is_broken(cast, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    cases = [cast.file(at=timezone.now()) for _ in range(3)]
    code, said = command()
    assert code == 0
    assert [line.split(":")[1][:6] for line in said.splitlines()] == [" holds"] * (
        len(CHECKS) + len(post_mortem_audit.CHECKS)
    )
    Case.objects.update(rejections=3)
    code, said = command("--limit", "2")
    assert code == 1
    assert "a replay reproduces the record: BROKEN 3 times" in said
    assert f"{cases[0]}: the case's rejections is 3" in said
    assert "and 1 more (--limit)" in said
    code, said = command("--json", "--replay", "1")
    assert code == 1
    broken = [check for check in json.loads(said)["checks"] if check["broken"]]
    assert [(check["rule"], check["broken"]) for check in broken] == [(11, 1)]
