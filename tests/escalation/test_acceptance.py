"""The acceptance list for the clock and the engine: each item once was a defect users reported in a real product.

Items 1 to 7 are arithmetic and stand in test_worktime.py. The number of an item is in the test's name.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import DatabaseError, transaction

from cases.lifecycle import State
from cases.models import Case, Category, Event, Message
from cases.models.message import Channel
from escalation import outbox, sweep, verbs
from escalation.book import rules_in_force
from escalation.directory import Directory
from escalation.facts import Clock, Filed, Outcome
from escalation.models import Alert, CalendarVersion, Notice, Promise, ProtocolVersion, StageClock
from escalation.packs import read_pack
from escalation.store import flush
from escalation.turn import Turn
from escalation.verbs import Refused, Told, file_many
from escalation.worktime import reckon
from tests import solving
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound, everything, open_clocks, told
from tests.escalation.stories import MINUTE, bring, do, now_of, publish
from tests.escalation.walk import pack_rules

AT = MONDAY + timedelta(minutes=10)
HOUR = timedelta(hours=1)
FRIDAY = MONDAY + timedelta(days=4)


def run_engine(now: datetime) -> None:
    """One round of the sweep, as the beat runs it."""
    for step in sweep.STEPS:
        while step.work(now):
            pass


def post(now: datetime) -> list:
    """Delivers everything that is owed and returns the mails that went out."""
    before = len(mail.outbox)
    while outbox.deliver_batch(now):
        pass
    return mail.outbox[before:]


def ended(case: Case, kind: str) -> list[StageClock]:
    return list(StageClock.objects.filter(case=case, kind=kind, outcome__isnull=False).order_by("pk"))


# --- Clocks


def test_08_a_warning_before_the_target_crosses_the_night():
    """Five hours from Monday 13:00 are up on Tuesday 9:30; the warning, an hour of work before, came on Monday 17:00."""
    calendar = pack_rules().by_label("office@1")
    start = MONDAY.replace(hour=13)
    due = calendar.due(start, 5 * 3600)
    warn = calendar.due(start, 4 * 3600)
    assert (due, warn) == (MONDAY.replace(day=13, hour=9, minute=30), MONDAY.replace(hour=17))


def test_08_the_engine_warns_once_on_the_evening_before(cast):
    case = cast.file(impact="question", at=MONDAY.replace(hour=14))  # four hours of work: due Tuesday 9:30
    clock = open_clocks(case)["review"]
    assert (clock.due_at, clock.warn_at) == (
        MONDAY.replace(day=13, hour=9, minute=30),
        MONDAY.replace(hour=17, minute=12),
    )
    run_engine(clock.warn_at - MINUTE)
    assert told(case, "due_soon") == []
    for _ in range(3):
        run_engine(clock.warn_at)
    assert told(case, "due_soon") == [("due_soon", "tom")]
    run_engine(clock.due_at - MINUTE)
    assert assert_sound(case).tier == 1


def test_09_a_pause_over_a_weekend_counts_in_working_time_everywhere(cast):
    case = bring(cast, State.WORKING, at=FRIDAY.replace(hour=15))
    asked = do(cast, case, "wait_customer", after=HOUR)
    left = {k: c.target - _worked(c, asked) for k, c in open_clocks(case).items() if c.paused_at}
    answered = do(cast, case, "reply", after=timedelta(days=3))  # Monday, same time of day
    case = assert_sound(case)
    for kind, clock in open_clocks(case).items():
        calendar = pack_rules().by_label(clock.calendar)
        assert calendar.worked(answered, clock.due_at) == left[kind]
        proof = reckon(calendar, clock.started_at, clock.target, clock.past_pauses())
        stood = sum(i.seconds for i in proof.intervals if i.kind == "paused")
        assert stood == calendar.worked(asked, answered) == 8.5 * 3600


def _worked(clock: StageClock, until: datetime) -> int:
    return pack_rules().by_label(clock.calendar).worked(clock.started_at, until)


def test_10_a_pause_crossing_the_due_time_breaks_nothing(cast):
    case = bring(cast, State.WORKING)
    due = {k: c.due_at for k, c in open_clocks(case).items()}
    do(cast, case, "wait_customer")
    run_engine(due["resolve"] + timedelta(days=1))
    case = assert_sound(case)
    assert (case.state, case.tier) == (State.WAITING_CUSTOMER, 1)
    assert not StageClock.objects.filter(case=case, outcome=Outcome.MISSED).exists()
    do(cast, case, "reply", after=due["resolve"] + timedelta(days=1) - now_of(case))
    case = assert_sound(case)
    assert open_clocks(case)["resolve"].due_at > due["resolve"]


def test_11_a_target_changed_while_paused_keeps_what_was_spent(cast):
    case = cast.file(impact="degraded")
    do(cast, case, "assess", severity=3)
    do(cast, case, "acknowledge")
    do(cast, case, "wait_customer", after=HOUR)
    before = open_clocks(case)["resolve"]
    again = {"complexity": 1, "category": case.category, "by": cast.tiers[1], "at": now_of(case) + HOUR}
    verbs.assess(case.pk, severity=2, reason="It hits more of them.", **again)
    paused = open_clocks(case)["resolve"]
    assert (paused.pk, paused.started_at, paused.paused_at) == (before.pk, before.started_at, before.paused_at)
    assert (before.target, paused.target) == (153000, 61200)
    assert paused.due_at is None
    answered = do(cast, case, "reply", after=HOUR)
    case = assert_sound(case)
    clock = open_clocks(case)["resolve"]
    spent = _worked(before, before.paused_at)
    assert pack_rules().by_label("office@1").worked(answered, clock.due_at) == 61200 - spent


def test_12_severity_raised_after_a_breach(cast):
    case = bring(cast, State.REVIEWED, impact="degraded")
    due = open_clocks(case)["acknowledge"].due_at
    run_engine(due)
    case = assert_sound(case)
    assert (case.state, case.tier) == (State.ESCALATED, 2)
    verbs.review(case.pk, severity=1, reason="All of them are down.", by=cast.tiers[2], at=due + MINUTE)
    case = assert_sound(case)
    (missed,) = ended(case, "acknowledge")[:1]
    assert (missed.outcome, missed.ended_at) == (Outcome.MISSED, due)
    assert Promise.objects.get(clock=missed).status == Promise.Status.BROKEN
    assert case.promise_at == due + MINUTE + timedelta(minutes=20)


def test_13_time_while_closed_is_not_counted_after_reopening(cast):
    case = bring(cast, State.CONFIRMED)
    at = do(cast, case, "reopen", after=timedelta(days=10))
    case = assert_sound(case)
    for clock in open_clocks(case).values():
        assert clock.started_at == at and clock.pauses == []
    assert open_clocks(case)["resolve"].due_at == pack_rules().by_label("office@1").due(at, 61200)


@pytest.mark.parametrize("channel", [Channel.PORTAL, Channel.EMAIL, Channel.PHONE])
def test_14_an_answer_by_any_channel_starts_the_clocks_again(cast, channel):
    case = bring(cast, State.WAITING_CUSTOMER)
    do(cast, case, "reply", channel=channel)
    case = assert_sound(case)
    assert case.state == State.WORKING and case.promise_at is not None
    assert all(c.due_at for c in open_clocks(case).values())
    assert Message.objects.filter(case=case, channel=channel, from_customer=True, kind="customer").count() == 1


def test_15_ours_is_not_theirs_and_theirs_is_not_ours(cast):
    case = bring(cast, State.WORKING)
    promised = open_clocks(case)["update"]
    do(cast, case, "reply")
    assert open_clocks(case)["update"].pk == promised.pk, "a customer's message is no update of ours"
    do(cast, case, "wait_customer")
    for verb in ("note", "apologise", "hand_over"):
        do(cast, case, verb)
        assert assert_sound(case).state == State.WAITING_CUSTOMER, "nothing we write is the customer's answer"
    with pytest.raises(Refused):
        do(cast, case, "update")
    assert assert_sound(case).state == State.WAITING_CUSTOMER


@pytest.mark.parametrize("state", [State.NEW, State.REVIEWED, State.ESCALATED, State.WORKING, State.REOPENED])
def test_16_an_internal_note_never_counts(cast, state):
    case = bring(cast, state)
    before = {c.pk: c.due_at for c in open_clocks(case).values()}
    notices = Notice.objects.count()
    do(cast, case, "note")
    assert {c.pk: c.due_at for c in open_clocks(case).values()} == before
    assert Notice.objects.count() == notices
    run_engine(min(c.due_at for c in open_clocks(case).values() if c.kind in Clock.CLIMBS))
    assert assert_sound(case).tier >= 2, "and the customer's silence was not broken by it"


# --- Sending


def test_17_two_workers_in_one_tick_send_once(cast):
    cast.file()
    first, second = outbox.claim(MONDAY), outbox.claim(MONDAY)
    assert len(first) == 3 and second == []


def test_17_two_rounds_in_one_tick_send_once(cast):
    case = cast.file()
    assert len(post(MONDAY)) == 3
    assert post(MONDAY) == []
    assert set(Notice.objects.filter(case=case).values_list("state", flat=True)) == {"sent"}


def test_18_a_crash_between_claim_and_send_costs_nothing(cast):
    cast.file()
    claimed = outbox.claim(MONDAY)
    assert post(MONDAY + MINUTE) == [], "still leased"
    later = MONDAY + outbox.LEASE
    assert outbox.reclaim(later) == len(claimed)
    sent = post(later)
    assert sorted(m.extra_headers["Message-ID"] for m in sent) == sorted(outbox.message_id(n) for n in claimed)


class DiesOnce(EmailBackend):
    """Hands the first mail over and then is gone, as a killed process is."""

    def send_messages(self, messages):
        super().send_messages(messages)
        if len(mail.outbox) == 1:
            raise KeyboardInterrupt


def test_18_a_crash_after_the_send_sends_again_under_the_same_key(cast, settings):
    cast.file()
    settings.EMAIL_BACKEND = f"{__name__}.DiesOnce"
    with pytest.raises(KeyboardInterrupt):
        outbox.deliver_batch(MONDAY)
    later = MONDAY + outbox.LEASE
    outbox.reclaim(later)
    post(later)
    keys = [m.extra_headers["Message-ID"] for m in mail.outbox]
    assert len(keys) == 4 and len(set(keys)) == 3 and keys[0] in keys[1:]
    assert not Notice.objects.exclude(state="sent").exists()


# --- Catching up


def test_19_after_nine_hours_down_the_right_step_is_fired_once(cast):
    case = cast.file()
    post(MONDAY)
    now = MONDAY + timedelta(hours=30)  # Tuesday 16:00: more than nine working hours of silence
    run_engine(now)
    case = assert_sound(case)
    assert (case.state, case.tier) == (State.ESCALATED, 5)
    climbs = Event.objects.filter(case=case, kind="missed").order_by("seq")
    # Every level in the log, with its true deadline, written down late.
    assert [(e.occurred_at - MONDAY, e.data["tier"]) for e in climbs][:4] == [
        (timedelta(minutes=30 * n), n + 1) for n in (1, 2, 3, 4)
    ]
    assert all(e.recorded_at == now for e in climbs)
    # One word to the customer, one to the team that has it now; repeats at the top are one.
    assert [kind for kind, who in told(case) if who == "sam"] == ["received", "promise_broken"]
    assert [who for _, who in told(case, "case_for_team")] == ["tom", "mate", "edith"]
    notice = Notice.objects.get(case=case, kind="promise_broken")
    assert notice.data["said"] == "2026-01-12T10:30:00.000000+00:00", "we apologise for the time we had given"
    assert case.promise_at > now
    before = everything()
    run_engine(now)
    assert everything() == before


def test_19_three_days_down_and_up_again_like_never_down(cast):
    """Looked at every ten minutes or once after three days: the same levels at the same instants."""
    slow, fast = cast.file(), cast.file()
    for minutes in range(0, 180, 10):
        run_engine(MONDAY + timedelta(minutes=minutes))

    def climbs(case):
        rows = Event.objects.filter(case=case, kind="missed", data__tier__lte=5).order_by("seq")[:4]
        return [(e.occurred_at, e.data["tier"], e.data["ended"]) for e in rows]

    assert climbs(slow) == climbs(fast)
    lonely = cast.file(at=MONDAY)
    run_engine(MONDAY + timedelta(days=3))
    assert climbs(lonely) == climbs(slow)


def test_20_an_empty_target_is_passed_at_once_with_an_alarm(cast):
    for person in (cast.tiers[2], cast.tiers[3]):
        person.is_active = False
        person.save(update_fields=["is_active"])
    case = bring(cast, State.REVIEWED)
    due = open_clocks(case)["acknowledge"].due_at
    run_engine(due)
    case = assert_sound(case)
    assert (case.tier, case.team) == (4, cast.teams[4])
    assert "Customer support managers, Customer support lead" in Alert.objects.get(case=case, kind="empty_level").text
    assert ("case_for_team", "ivo") in told(case)


def test_20_an_entry_to_an_empty_level_is_passed_at_once_with_an_alarm(cast):
    cast.tiers[3].is_active = False
    cast.tiers[3].save(update_fields=["is_active"])
    case = cast.file()
    verbs.assess(case.pk, severity=1, complexity=3, category=case.category, by=cast.tiers[1], at=AT)
    case = assert_sound(case)
    assert case.tier == 4
    assert Alert.objects.filter(case=case, kind="empty_level").exists()


def test_20_nobody_anywhere_is_an_alarm_and_a_new_promise_never_silence(cast):
    for person in (*cast.tiers.values(), cast.mate):
        person.is_active = False
        person.save(update_fields=["is_active"])
    case = cast.file()
    run_engine(case.promise_at)
    case = assert_sound(case)
    assert case.tier == 1 and case.promise_at > MONDAY + timedelta(minutes=30)
    assert Alert.objects.filter(case=case, kind="plan_exhausted").exists()
    assert ("promise_broken", "sam") in told(case)


# --- Acknowledged, late, silent


def test_21_acknowledged_and_then_silent_goes_up_and_asks_again(cast):
    case = bring(cast, State.ACKNOWLEDGED)
    due = case.promise_at
    run_engine(due)
    case = assert_sound(case)
    assert (case.state, case.tier, case.owner) == (State.ESCALATED, 2, None)
    clocks = open_clocks(case)
    assert clocks["acknowledge"].promise, "somebody must say again that they have it"
    assert ("promise_broken", "sam") in told(case)
    assert ("promise_missed", "tom") in told(case)
    assert ("case_for_team", "mara") in told(case)


def test_22_a_late_acknowledgment_stays_late(cast):
    case = bring(cast, State.REVIEWED)
    due = open_clocks(case)["acknowledge"].due_at
    run_engine(due)
    verbs.review(case.pk, by=cast.tiers[2], at=due + MINUTE)
    verbs.acknowledge(case.pk, by=cast.tiers[2], at=due + 2 * MINUTE)
    assert_sound(case)
    first, second = ended(case, "acknowledge")
    assert (first.outcome, first.ended_at, first.done_late_at) == (Outcome.MISSED, due, due + 2 * MINUTE)
    assert (second.outcome, second.done_late_at) == (Outcome.MET, None)
    assert Promise.objects.get(clock=first).status == Promise.Status.BROKEN


def test_22_one_second_late_is_late_and_the_instant_itself_is_too(cast):
    """At the due instant the clock has run out; a second before it has not."""
    early, late = bring(cast, State.REVIEWED), bring(cast, State.REVIEWED)
    due = open_clocks(early)["acknowledge"].due_at
    verbs.acknowledge(early.pk, by=cast.tiers[1], at=due - timedelta(seconds=1))
    assert ended(early, "acknowledge")[0].outcome == Outcome.MET
    with pytest.raises(Refused, match="missed just now"):
        verbs.acknowledge(late.pk, by=cast.tiers[1], at=due)


def test_23_acknowledged_and_answered_in_the_same_second(cast):
    case = bring(cast, State.REVIEWED)
    at = now_of(case) + MINUTE
    verbs.acknowledge(case.pk, by=cast.tiers[1], at=at)
    solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="A slip", by=cast.tiers[1], at=at)
    case = assert_sound(case)
    assert case.state == State.ANSWERED
    assert {(c.kind, c.outcome) for c in StageClock.objects.filter(case=case, ended_at=at)} == {
        ("acknowledge", "met"), ("update", "met"), ("resolve", "met"), ("refer_up", "met"), ("step", "cancelled"),
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["withdraw", "merge"])
@pytest.mark.parametrize("state", [State.NEW, State.ESCALATED, State.WORKING, State.WAITING_CUSTOMER, State.ANSWERED])
def test_24_clocks_of_a_merged_or_withdrawn_case_stop(cast, state, verb):
    case = bring(cast, state)
    do(cast, case, "ask_supervisor")
    do(cast, case, verb)
    case = assert_sound(case)
    assert open_clocks(case) == {} and case.wake_at is None and case.promise_at is None
    Case.objects.exclude(pk=case.pk).update(wake_at=None)
    notices = Notice.objects.filter(case=case).count()
    run_engine(MONDAY + timedelta(days=90))
    assert Notice.objects.filter(case=case).count() == notices
    assert not Promise.objects.filter(case=case, status=Promise.Status.OPEN).exists()


# --- Rules that change


def test_25_a_new_protocol_moves_no_open_clock(cast):
    case = bring(cast, State.WORKING)
    before = {c.pk: (c.due_at, c.target) for c in open_clocks(case).values()}
    document = read_pack("five_tier")["protocol"]
    for row in document["matrix"]:
        row |= {"review": 60, "acknowledge": 60, "update": 60, "resolve": 60}
    publish(ProtocolVersion, "five-tier", document, AT)
    run_engine(AT)
    assert {c.pk: (c.due_at, c.target) for c in open_clocks(case).values()} == before
    do(cast, case, "update")
    case = assert_sound(case)
    assert case.protocol == "five-tier@1"
    assert open_clocks(case)["update"].target == 28800, "its next clock too is by the rules it was promised under"
    fresh = cast.file(at=AT)
    assert fresh.protocol == "five-tier@2" and fresh.promise_at == AT + MINUTE


def test_26_an_edited_calendar_changes_only_clocks_that_start_later(cast):
    case = bring(cast, State.WORKING)
    promised = {c.pk: c.due_at for c in open_clocks(case).values()}
    document = read_pack("five_tier")["calendars"]["office"]
    document["days_off"].append({"date": "2026-01-13", "name": "Works outing"})
    publish(CalendarVersion, "office", document, AT)
    run_engine(AT)
    assert {c.pk: c.due_at for c in open_clocks(case).values()} == promised, "what was shown stays"
    do(cast, case, "wait_customer", after=HOUR)
    do(cast, case, "reply", after=HOUR)
    assert {c.calendar for c in open_clocks(assert_sound(case)).values() if c.kind != "update"} == {"office@1"}
    do(cast, case, "update")
    clock = open_clocks(assert_sound(case))["update"]
    assert clock.calendar == "office@2"
    assert clock.due_at.day == 14, "the outing is stepped over"


# --- People who leave, drills


def test_27_the_owner_is_deactivated(cast):
    case = bring(cast, State.WORKING)
    promised = case.promise_at
    cast.tiers[1].is_active = False
    cast.tiers[1].save(update_fields=["is_active"])
    for _ in range(2):
        run_engine(AT)
    case = assert_sound(case)
    assert (case.owner, case.team, case.state) == (None, cast.teams[1], State.WORKING)
    assert case.promise_at == promised
    assert Alert.objects.get(case=case, cleared_at__isnull=True).kind == "owner_lost"
    # The lead is the one who is gone: the rest of the team is told.
    assert told(case, "owner_lost") == [("owner_lost", "mate")]
    verbs.take_over(case.pk, by=cast.mate, at=AT + MINUTE)
    assert assert_sound(case).owner == cast.mate
    assert not Alert.objects.filter(case=case, cleared_at__isnull=True).exists()


def test_27_history_of_the_one_who_left_stays_readable(cast):
    case = bring(cast, State.CLOSED)
    cast.tiers[1].is_active = False
    cast.tiers[1].save(update_fields=["is_active"])
    run_engine(AT)
    assert assert_sound(case).owner == cast.tiers[1], "a case that is over is nobody's task"
    do(cast, case, "reopen")
    run_engine(now_of(case))
    assert assert_sound(case).owner is None


def file_drill(cast) -> Case:
    """A practice case, written by the same writer as a real one."""
    rules, directory = rules_in_force(), Directory.load(MONDAY)
    case = Case(
        reference="MP-DRILL-22", customer=cast.customer, category=Category.objects.get(slug="orders"), title="Drill",
        description="Practice.", severity=2, protocol=rules.protocol.label, team=cast.teams[1], filed_at=MONDAY,
        is_drill=True,
    )  # fmt: skip
    case.save(force_insert=True)
    turn = Turn(case, rules, directory, {})
    turn.take(Filed(MONDAY, MONDAY), by=cast.customer.pk, role="customer")
    flush([turn], MONDAY)
    return case


def test_28_a_drill_never_mails(cast):
    drill = file_drill(cast)
    verbs.assess(drill.pk, severity=2, complexity=1, category=drill.category, by=cast.tiers[1], at=AT)
    verbs.acknowledge(drill.pk, by=cast.tiers[1], at=AT)
    verbs.update(drill.pk, text="Practised.", by=cast.tiers[1], at=AT)
    assert_sound(drill)
    assert Notice.everything.filter(case=drill).exists()
    run_engine(MONDAY + timedelta(days=30))
    assert post(MONDAY + timedelta(days=30)) == []
    for model in (Case, Event, Message, StageClock, Promise, Notice, Alert):
        assert not model.objects.filter(is_drill=True).exists()
        assert model.everything.filter(is_drill=False).count() == model.objects.count()
        rows = model.everything.filter(case=drill) if model is not Case else model.everything.filter(pk=drill.pk)
        assert all(row.is_drill for row in rows), model


# --- Clock skew, load, clicks


def test_30_only_the_instant_handed_down_counts(cast):
    """The machine running this suite is months past every deadline here; nothing of it fires before its time."""
    case = cast.file()
    assert datetime.now(UTC) > case.promise_at
    run_engine(case.promise_at - timedelta(microseconds=1))
    assert assert_sound(case).tier == 1
    run_engine(case.promise_at)
    assert assert_sound(case).tier == 2


def test_31_many_due_at_once_go_in_the_order_of_severity(cast):
    topic = Category.objects.get(slug="orders")
    rows = [(Told("T", "D", topic, ("question", "loss", "degraded")[n % 3]), cast.customer) for n in range(150)]
    cases = file_many(rows, at=MONDAY)
    worst = cases[2]
    verbs.assess(worst.pk, severity=1, complexity=1, category=topic, by=cast.tiers[1], at=MONDAY + MINUTE)
    now, handled = MONDAY + timedelta(days=2), []
    while sweep.sweep_batch(now, 20):
        done = Event.objects.filter(kind="missed", recorded_at=now).values_list("case", flat=True).distinct()
        handled.append(set(done))
    batches = [after - before for before, after in zip([set(), *handled], handled, strict=False)]
    was = dict(Case.objects.values_list("pk", "severity"))
    order = [sorted(was[pk] for pk in batch) for batch in batches]
    flat = [severity for batch in order for severity in batch]
    assert flat == sorted(flat) and len(flat) == 150
    assert worst.pk in batches[0]


def test_32_repeated_clicks_on_escalate_are_one_escalation(cast):
    case = bring(cast, State.WORKING)
    refused = 0
    for n in range(10):
        try:
            solving.escalate(case.pk, reason="Up!", by=cast.tiers[1], at=AT + n * timedelta(milliseconds=80))
        except Refused as why:
            assert "Review the SLA first" in str(why)
            refused += 1
    case = assert_sound(case)
    assert (case.tier, refused) == (2, 9)
    assert Event.objects.filter(case=case, kind="escalated").count() == 1
    assert told(case, "passed_on") == [("passed_on", "sam")]


# --- Found by reading: each was wrong once


def test_a_supervisor_who_is_missed_is_still_owed_at_the_next_level(cast):
    """R035, always answered: the climb takes the customer's wish along."""
    case = bring(cast, State.WORKING)
    do(cast, case, "ask_supervisor")
    asked = StageClock.objects.get(case=case, kind="supervisor")
    while sweep.sweep_batch(asked.due_at):
        pass
    case.refresh_from_db()
    again = StageClock.objects.get(case=case, kind="supervisor", outcome=None)
    assert (case.tier, again.started_at) == (2, asked.due_at)
    assert again.due_at > asked.due_at
    assert Promise.objects.get(clock=asked).status == Promise.Status.BROKEN
    assert Notice.objects.filter(case=case, kind="promise_broken", to_customer=True).count() == 1


def test_33_nothing_automatic_reopens_and_reopening_has_a_limit(cast):
    """An auto-reply is kept in the conversation and moves nothing; after three reopenings a day a person looks."""
    case = bring(cast, State.WAITING_CUSTOMER)
    at = now_of(case) + MINUTE
    verbs.reply(case.pk, text="I am on holiday.", by=cast.customer, at=at, channel="email", automatic=True)
    case.refresh_from_db()
    assert case.state == State.WAITING_CUSTOMER
    assert StageClock.objects.get(case=case, kind="update", outcome=None).paused_at is not None
    case = bring(cast, State.CONFIRMED)
    at = now_of(case)
    for _ in range(3):
        at += MINUTE
        verbs.reopen(case.pk, text="Again.", by=cast.customer, at=at)
        at += MINUTE
        solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="x", by=cast.tiers[1], at=at)
        at += MINUTE
        verbs.accept(case.pk, by=cast.customer, at=at)
    with pytest.raises(verbs.Refused, match="three times"):
        verbs.reopen(case.pk, text="Again.", by=cast.customer, at=at + MINUTE)


@pytest.mark.parametrize("column", ["key", "published_at", "document", "status"])
def test_a_published_calendar_keeps_every_column(cast, column):
    new = {"key": "other", "published_at": MONDAY, "document": {}, "status": "draft"}[column]
    with pytest.raises(DatabaseError, match="published version"), transaction.atomic():
        CalendarVersion.objects.filter(label="office@1").update(**{column: new})
