"""The sweep: cost by what is due, one poisoned case in nobody's way, nothing done twice, no letter without words."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.lifecycle import State
from cases.models import Case, Category, Event
from escalation import outbox, sweep, verbs
from escalation.book import rules_in_force
from escalation.models import Alert, Notice, SetAside, StageClock
from escalation.steps import look
from escalation.store import update_rows
from escalation.verbs import Told, file_many
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound, everything, open_clocks, told
from tests.escalation.stories import MINUTE, bring, do, publish_protocol, settle
from tests.factories import UserFactory

DUE = MONDAY + timedelta(minutes=30)
MAILS = Path(__file__).resolve().parents[2] / "templates" / "mail"


def many(cast, count: int) -> list[Case]:
    topic = Category.objects.get(slug="orders")
    return file_many([(Told(f"Case {n}", "Text", topic, "loss"), cast.customer) for n in range(count)], at=MONDAY)


def statements(act) -> list[str]:
    """What was asked of the database, by its opening words. SQLite takes few values at once, so that Django cuts a long
    INSERT into several: those count as one.
    """
    with CaptureQueriesContext(connection) as seen:
        act()
    shapes = [re.sub(r"[^a-z_ ].*", "", q["sql"].replace('"', "").lower()) for q in seen]
    return [shape for shape, before in zip(shapes, [None, *shapes], strict=False) if shape != before]


def queries(act) -> int:
    """Statements inside the transaction: the savepoint around them is the test's, a commit anywhere else."""
    with CaptureQueriesContext(connection) as seen:
        act()
    return sum(not q["sql"].startswith(("SAVEPOINT", "RELEASE")) for q in seen)


# --- Cost


def test_filing_costs_at_most_fifteen_queries(cast):
    cast.file()
    topic = Category.objects.get(slug="orders")
    told_ = Told("Late", "Not here yet.", topic, "loss", "My parcel.")
    cost = queries(lambda: verbs.file_case(told_, by=cast.customer, at=MONDAY))
    assert cost <= 15, cost
    with_key = queries(lambda: verbs.file_case(told_, by=cast.customer, at=MONDAY, form_key="form-9"))
    assert with_key - cost <= 6, (cost, with_key)


def test_a_batch_costs_the_same_for_one_case_and_for_fifty(cast):
    many(cast, 1)
    one = statements(lambda: sweep.sweep_batch(DUE))
    many(cast, 50)
    fifty = statements(lambda: sweep.sweep_batch(DUE))
    assert Event.objects.filter(kind="missed").count() == 51
    assert one == fifty and len(one) < 20


@pytest.mark.postgres
def test_a_batch_costs_the_same_to_the_last_statement_where_it_matters(cast):
    many(cast, 1)
    one = queries(lambda: sweep.sweep_batch(DUE))
    many(cast, 50)
    assert queries(lambda: sweep.sweep_batch(DUE)) == one


def test_nothing_due_costs_one_question_whatever_is_open(cast):
    many(cast, 40)
    assert queries(lambda: look(sweep.STEPS, MONDAY + MINUTE)) == 1
    assert look(sweep.STEPS, MONDAY + MINUTE) == []
    assert [step.name for step in look(sweep.STEPS, DUE)] == ["missed clocks"]


def test_a_verb_costs_the_same_however_long_its_case_has_lived(cast):
    case = bring(cast, State.WORKING)
    young = queries(lambda: do(cast, case, "update"))
    for _ in range(15):
        do(cast, case, "update")
    assert queries(lambda: do(cast, case, "update")) == young


# --- Once


def test_a_round_more_changes_nothing(cast):
    many(cast, 5)
    bring(cast, State.WORKING)
    assert sweep.sweep_batch(DUE) == 5
    before = everything()
    assert sweep.sweep_batch(DUE) == 0
    assert everything() == before


def test_batches_go_on_until_nothing_is_due(cast):
    many(cast, 7)
    assert [sweep.sweep_batch(DUE, 3) for _ in range(4)] == [3, 3, 1, 0]


def test_an_alarm_instant_that_was_early_is_set_right(cast):
    case = cast.file()
    Case.objects.filter(pk=case.pk).update(wake_at=MONDAY)
    sweep.sweep_batch(MONDAY + MINUTE)
    assert assert_sound(case).tier == 1
    assert sweep.sweep_batch(MONDAY + MINUTE) == 0


@pytest.mark.parametrize("state", [s for s in State.values if s != State.MERGED])
def test_a_year_without_anybody_ends_in_a_sound_state(cast, state):
    """Left alone from any state, looked at once a day for three weeks and then after a year."""
    case = bring(cast, state)
    now = MONDAY + timedelta(days=1)
    for day in (*range(1, 21), 365):
        now = MONDAY + timedelta(days=day)
        sweep.sweep_batch(now)
        case = assert_sound(case)
        assert case.wake_at is None or case.wake_at > now
    if state in (State.ANSWERED, State.WAITING_CUSTOMER, State.CONFIRMED, State.FEEDBACK, State.CLOSED):
        assert case.state == State.CLOSED
    if case.is_open:
        assert Alert.objects.filter(case=case, kind="plan_exhausted", cleared_at__isnull=True).count() == 1
        assert case.promise_at > now


# --- What goes wrong


def poison(case: Case) -> None:
    """A case whose protocol version nobody knows, as after a bad restore."""
    Case.objects.filter(pk=case.pk).update(protocol="ghost@7")


def test_a_poisoned_case_is_set_aside_and_the_rest_go_on(cast):
    good = many(cast, 4)
    bad = cast.file()
    poison(bad)
    sweep.sweep_batch(DUE)
    for case in good:
        assert assert_sound(case).tier == 2
    row = SetAside.objects.get()
    assert (row.case, row.tries, row.retry_at) == (bad, 1, DUE + timedelta(minutes=1))
    assert "ghost@7" in row.error
    assert sweep.sweep_batch(DUE) == 0, "it is not tried again at once"


def test_a_poisoned_case_is_shown_after_three_tries_and_forgiven_when_it_works(cast):
    bad = cast.file()
    label = bad.protocol
    poison(bad)
    now = DUE
    # Also after so many tries that doubling on and on would leave the range of dates.
    for wait in (1, 4, 16, *[60] * 25):
        sweep.sweep_batch(now)
        assert SetAside.objects.get().retry_at - now == timedelta(minutes=wait)
        now = SetAside.objects.get().retry_at
    assert Alert.objects.get(case=bad).kind == "engine_error"
    Case.objects.filter(pk=bad.pk).update(protocol=label)
    sweep.sweep_batch(now)
    assert not SetAside.objects.exists()
    assert not Alert.objects.filter(kind="engine_error", cleared_at__isnull=True).exists()
    assert assert_sound(bad).tier > 1


def test_a_case_that_fails_while_being_decided_costs_only_itself(cast):
    """Its protocol has a hole where it would climb to; the sentence that names the hole is what people see."""
    good = many(cast, 3)
    publish_protocol(lambda d: d.update(matrix=[row for row in d["matrix"] if row["tier"] != 2]))
    bad = cast.file()
    sweep.sweep_batch(DUE)
    for case in good:
        assert assert_sound(case).tier == 2
    assert SetAside.objects.get().case == bad
    assert "has no row for category “orders”, severity 2, level 2" in SetAside.objects.get().error
    assert Case.objects.get(pk=bad.pk).tier == 1


def test_an_open_case_without_a_clock_raises_an_alarm_that_the_next_act_clears(cast):
    case = bring(cast, State.WORKING)
    StageClock.objects.filter(case=case, outcome__isnull=True).update(outcome="cancelled", ended_at=MONDAY)
    Case.objects.filter(pk=case.pk).update(wake_at=None, promise_at=None)
    now = MONDAY + timedelta(hours=1)
    for _ in range(2):
        sweep.alarm_clockless(now)
    assert Alert.objects.get(case=case).kind == "no_clock"
    verbs.update(case.pk, text="We are here.", by=cast.tiers[1], at=now)
    assert not Alert.objects.filter(case=case, cleared_at__isnull=True).exists()
    assert Case.objects.get(pk=case.pk).promise_at is not None


# --- Letters


def test_every_letter_of_a_long_story_can_be_written_and_sent(cast, mailoutbox):
    """Every kind of notice but the survey's, from real verbs, is delivered and none is set back."""
    case = bring(cast, State.WORKING)
    for verb in ("wait_customer", "reply", "wait_partner", "partner_answered", "hand_over", "apologise"):
        do(cast, case, verb)
    do(cast, case, "ask_supervisor")
    do(cast, case, "answer_supervisor", granted=True)
    do(cast, case, "review")
    settle(case, Case.objects.get(pk=case.pk).promise_at)
    while outbox.deliver_batch(MONDAY + timedelta(days=2)):
        pass
    assert set(Notice.objects.values_list("state", flat=True)) <= {"sent", "cancelled"}, list(
        Notice.objects.exclude(state="sent").values_list("kind", "state", "error")
    )
    assert mailoutbox and all("{" not in m.body + m.subject for m in mailoutbox)
    ours = [m for m in mailoutbox if m.to == [cast.customer.email]]
    assert all(m.subject.endswith(f"[{case.reference}]") for m in ours)
    assert len({m.extra_headers["Message-ID"] for m in mailoutbox}) == len(mailoutbox)


def test_every_kind_of_notice_has_its_words(cast):
    """Read off the source: whatever a decision may tell has a template."""
    source = "".join(p.read_text() for p in (Path(outbox.__file__).parent / "decision").glob("*.py"))
    kinds = {part.split('"')[1] for part in source.split("Tell(")[1:] if part.lstrip().startswith('"')}
    assert len(kinds) > 20
    kinds.remove("webhook")  # no person reads it
    assert {kind for kind in kinds if not (MAILS / f"{kind}.txt").exists()} == set()


def test_a_bounced_address_is_dead_at_once_and_the_others_go(cast):
    """One address is refused for good: the notice is dead and shown, no other waits for it."""
    gone = UserFactory(email="gone@example.com")
    case = cast.file(by=gone)
    assert told(case, "received") == [("received", "gone")]
    assert open_clocks(case)["review"].due_at == DUE
    Notice.objects.filter(case=case, kind="received").update(state="dead", error="550 no such user")
    outbox.deliver_batch(MONDAY)
    assert set(Notice.objects.exclude(kind="received").values_list("state", flat=True)) == {"sent"}
    notice = Notice.objects.get(kind="received")
    assert outbox.send_again(notice.pk, MONDAY + MINUTE)
    assert not outbox.send_again(notice.pk, MONDAY + MINUTE), "it is waiting already"


# --- The writer


def test_many_rows_are_written_with_one_statement_and_only_those(cast):
    cases = many(cast, 30)
    for n, case in enumerate(cases[:20]):
        case.severity = n % 4 + 1
    assert queries(lambda: update_rows(Case, ("severity",), cases[:20])) == 1
    assert [c.severity for c in Case.objects.filter(pk__in=[c.pk for c in cases[20:]])] == [2] * 10
    assert Case.objects.get(pk=cases[0].pk).severity == 1
    assert queries(lambda: update_rows(Case, ("severity",), [])) == 0


def test_rules_are_read_once_for_a_batch(cast):
    assert rules_in_force().protocol.label == "five-tier@1"
    many(cast, 20)
    with CaptureQueriesContext(connection) as seen:
        sweep.sweep_batch(DUE)
    assert sum("escalation_protocolversion" in q["sql"] for q in seen) <= 2


def test_letters_to_one_person_about_one_case_keep_their_order(cast, mailoutbox):
    """The first could not go yet: the second waits behind it, other people's do not."""
    case = cast.file()
    do(cast, case, "assess")
    Notice.objects.filter(case=case, kind="received").update(next_at=MONDAY + timedelta(hours=1))
    outbox.deliver_batch(MONDAY + timedelta(minutes=5))
    assert {m.to[0] for m in mailoutbox} == {"tom@example.com", "mate@example.com"}
    while outbox.deliver_batch(MONDAY + timedelta(hours=1)):
        pass
    rows = Notice.objects.filter(case=case, recipient=cast.customer).order_by("pk")
    wanted = [outbox.message_id(notice) for notice in rows]
    assert [m.extra_headers["Message-ID"] for m in mailoutbox if m.to == [cast.customer.email]] == wanted
    assert list(rows.values_list("kind", flat=True)) == ["received", "priority_set"]
