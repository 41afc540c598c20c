"""Tasks of a case: written by people or set by a level, overdue once, going along when the case is passed up."""

from datetime import timedelta

import pytest
from django.db import transaction

from cases import erasing
from cases.lifecycle import OPEN
from cases.models import Case, Event, Note, Task
from escalation import verbs
from escalation.beside import at_risk, overdue_tasks, tell_tasks
from escalation.models import Alert, Notice, StageClock
from escalation.replay import replay_many
from escalation.store import flush, lock
from escalation.sweep import sweep_batch
from escalation.turn import Turn
from escalation.verbs.leaving import packet
from tests import solving
from tests.cast import MONDAY, gather
from tests.escalation.stories import bring, in_force, now_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SET = [
    {"text": "Read what was tried", "after": 1800, "shown": False},
    {"text": "Decide on the refund", "after": 3600},
]


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def case(cast):
    return bring(cast, "working")


def at_of(case, after=MINUTE):
    return now_of(case) + after


def add(cast, case, text="Ring the depot", *, due=HOUR, by=None, **more):
    at = at_of(case)
    verbs.add_task(case.pk, text=text, due_at=at + due, by=by or cast.tiers[1], at=at, **more)
    return Task.objects.get(case=case, text=text)


def last(case):
    return Event.objects.filter(case=case).latest("seq")


def told(case, kind):
    rows = Notice.objects.filter(case=case, kind=kind).select_related("recipient").order_by("pk")
    return [row.recipient.name for row in rows]


def alarmed(case):
    return set(Alert.objects.filter(case=case, cleared_at=None).values_list("kind", flat=True))


def refused(verb, case, cast, **more):
    before = Task.objects.count(), Case.objects.get(pk=case.pk).event_seq
    with pytest.raises(verbs.Refused) as why:
        verb(case.pk, by=more.pop("by", cast.tiers[1]), at=at_of(case), **more)
    assert (Task.objects.count(), Case.objects.get(pk=case.pk).event_seq) == before
    return str(why.value)


def test_a_task_is_added_done_and_on_record_without_its_words(cast, case):
    task = add(cast, case)
    assert (task.author, task.person, task.shown, task.state) == (cast.tiers[1], None, True, "open")
    said = last(case)
    assert (said.kind, said.data["task"]) == ("task_added", task.fingerprint)
    assert "Ring" not in str(said.data)

    verbs.finish_task(case.pk, task=task.pk, by=cast.tiers[2], at=at_of(case))
    task.refresh_from_db()
    assert (task.state, task.ended_by, task.ended_at) == ("done", cast.tiers[2], now_of(case))
    assert last(case).kind == "task_finished"


def test_what_nobody_needs_is_dropped_with_a_reason(cast, case):
    task = add(cast, case)
    assert refused(verbs.drop_task, case, cast, task=task.pk, reason=" ") == "Say why it is not needed."
    verbs.drop_task(case.pk, task=task.pk, reason="The depot rang us.", by=cast.tiers[1], at=at_of(case))
    task.refresh_from_db()
    assert task.state == "dropped"
    assert Note.objects.get(case=case).text == "The depot rang us."
    assert "not open any more" in refused(verbs.finish_task, case, cast, task=task.pk)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"text": "  "}, "Write what is to be done."),
        ({"text": "x" * 201}, "A task is a line: at most 200 letters."),
        ({"due": -MINUTE}, "The time must lie in the future."),
        ({"due": timedelta(days=400)}, "more than a year away"),
        ({"text": "Twice"}, "stands open already"),
        ({"person": "customer"}, "does not work on cases"),
    ],
)
def test_what_cannot_be_a_task_is_said(cast, case, more, sentence):
    add(cast, case, "Twice")
    given = {"text": "Ring", "due_at": at_of(case) + more.pop("due", HOUR)} | more
    if given.get("person"):
        given["person"] = cast.customer
    assert sentence in refused(verbs.add_task, case, cast, **given)


def test_a_task_of_another_case_is_none_of_this_one(cast, case):
    other = add(cast, bring(cast, "working", title="Another"))
    assert "not open any more" in refused(verbs.finish_task, case, cast, task=other.pk)
    assert "not open any more" in refused(verbs.change_task, case, cast, task=other.pk, due_at=at_of(case) + HOUR)


def test_forty_are_enough(cast, case):
    Task.objects.bulk_create(
        Task(case=case, text=f"No {n}", due_at=MONDAY + HOUR, at=MONDAY, recorded_at=MONDAY) for n in range(40)
    )
    assert "40 tasks are open" in refused(verbs.add_task, case, cast, text="One more", due_at=at_of(case) + HOUR)


def test_who_is_given_a_task_hears_of_it_once(cast, case):
    task = add(cast, case, person=cast.mate)
    assert told(case, "task_given") == ["Ana Mate"]
    at = at_of(case)
    verbs.change_task(case.pk, task=task.pk, due_at=at + 2 * HOUR, person=cast.mate, by=cast.tiers[1], at=at)
    assert told(case, "task_given") == ["Ana Mate"]
    at = at_of(case)
    verbs.change_task(case.pk, task=task.pk, due_at=at + 2 * HOUR, person=cast.supervisor, by=cast.tiers[1], at=at)
    assert told(case, "task_given") == ["Ana Mate", "Dana Voss"]
    task.refresh_from_db()
    same = {"task": task.pk, "due_at": task.due_at, "person": cast.supervisor}
    assert "Nothing was changed" in refused(verbs.change_task, case, cast, **same)
    add(cast, case, "My own", person=cast.tiers[1])
    assert told(case, "task_given") == ["Ana Mate", "Dana Voss"]


def test_an_overdue_task_puts_the_case_at_risk_and_is_told_once(cast, case):
    task = add(cast, case, person=cast.mate)
    promise = Case.objects.get(pk=case.pk).promise_at
    before, at = task.due_at - MINUTE, task.due_at
    assert (tell_tasks(before), list(Case.objects.filter(at_risk(before)))) == (0, [])
    assert list(Case.objects.filter(at_risk(at))) == [case]
    assert [tell_tasks(at), tell_tasks(at + MINUTE)] == [1, 0]
    assert last(case).kind == "tasks_overdue"
    assert alarmed(case) == {"task_overdue"}
    assert told(case, "task_overdue") == ["Ana Mate", "Tom Reed"]  # owner and lead are one person: one letter
    assert Case.objects.get(pk=case.pk).promise_at == promise
    assert "Ring" not in Alert.objects.get(case=case).text

    second = add(cast, case, "Also late", due=MINUTE)
    assert tell_tasks(second.due_at) == 1
    verbs.finish_task(case.pk, task=task.pk, by=cast.mate, at=at_of(case))
    assert alarmed(case) == {"task_overdue"}  # the other one is
    verbs.finish_task(case.pk, task=second.pk, by=cast.mate, at=at_of(case))
    assert alarmed(case) == set()
    assert not Case.objects.filter(at_risk(at_of(case))).exists()


def test_another_time_puts_it_right_until_that_passes(cast, case):
    task = add(cast, case)
    tell_tasks(task.due_at)
    at = at_of(case)
    verbs.change_task(case.pk, task=task.pk, due_at=at + 5 * MINUTE, by=cast.tiers[1], at=at)
    assert alarmed(case) == set()
    assert tell_tasks(at + 5 * MINUTE) == 1
    assert alarmed(case) == {"task_overdue"}


def test_a_leaver_s_packet_names_what_is_to_be_done(cast, case):
    add(cast, case, person=cast.tiers[1])
    done = add(cast, case, "Done already")
    verbs.finish_task(case.pk, task=done.pk, by=cast.tiers[1], at=at_of(case))
    said = packet(Case.objects.get(pk=case.pk), cast.tiers[1])
    assert "To be done: Ring the depot by " in said
    assert "Done already" not in said and "Experts asked" not in said


def test_the_words_of_a_task_are_erased_with_the_customer_s(cast, case):
    task = add(cast, case)
    erasing.texts(erasing.Subject.of(cast.customer, at_of(case)))
    task.refresh_from_db()
    assert (task.text, task.salt, task.state) == ("(erased)", "", "open")


def test_an_ended_case_has_no_overdue_task_and_one_can_still_be_ticked(cast, case):
    task = add(cast, case, due=timedelta(days=30))
    solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="A click", by=cast.tiers[1], at=at_of(case))
    verbs.accept(case.pk, by=cast.customer, at=at_of(case))
    assert not overdue_tasks(task.due_at + HOUR).exists()
    assert tell_tasks(task.due_at + HOUR) == 0
    verbs.finish_task(case.pk, task=task.pk, by=cast.tiers[1], at=at_of(case))
    assert Task.objects.get(pk=task.pk).state == "done"


def test_a_case_that_cannot_be_written_holds_up_no_other(cast, case, monkeypatch):
    other = bring(cast, "working", title="Another")
    first, second = add(cast, case), add(cast, other, "Another task")
    real = Turn.take

    def broken(turn, happening, **more):
        if turn.case.pk == case.pk:
            raise LookupError("The protocol names the team “gone”.")
        return real(turn, happening, **more)

    monkeypatch.setattr("escalation.turn.Turn.take", broken)
    assert tell_tasks(max(first.due_at, second.due_at)) == 1
    assert alarmed(other) == {"task_overdue"}
    assert Task.objects.get(pk=first.pk).told_at is None
    monkeypatch.undo()
    assert tell_tasks(max(first.due_at, second.due_at)) == 1


class TestLevels:
    @pytest.fixture
    def sets(self, cast):
        return in_force(cast, lambda d: [tier.update(tasks=SET) for tier in d["tiers"][:3]])

    def open_of(self, case):
        return list(Task.objects.filter(case=case, state="open").order_by("place").values_list("text", "level"))

    def test_placing_a_case_sets_its_level_s_tasks(self, cast, sets):
        case = cast.file(at=MONDAY)
        assert self.open_of(case) == []
        case = bring(cast, "reviewed")
        assert self.open_of(case) == [("Read what was tried", 1), ("Decide on the refund", 1)]
        first, second = Task.objects.filter(case=case).order_by("place")
        assert (first.due_at - first.at, second.due_at - second.at) == (HOUR / 2, HOUR)
        assert (first.shown, second.shown, first.author) == (False, True, None)

    def test_by_hand_and_by_clock_each_arrival_sets_what_does_not_stand_open(self, cast, sets):
        case = bring(cast, "working")
        task = Task.objects.get(case=case, text="Read what was tried")
        verbs.finish_task(case.pk, task=task.pk, by=cast.tiers[1], at=at_of(case))
        solving.escalate(case.pk, reason="It needs more.", by=cast.tiers[1], at=at_of(case))
        assert self.open_of(case) == [("Decide on the refund", 1), ("Read what was tried", 2)]

        while Case.objects.get(pk=case.pk).tier == 2:  # nobody reviews: the clock passes it up
            Task.objects.filter(case=case).delete()
            sweep_batch(Case.objects.get(pk=case.pk).wake_at)
        assert self.open_of(case) == [("Read what was tried", 3), ("Decide on the refund", 3)]

    def test_the_engine_s_sleep_changes_nothing(self, cast, sets):
        """However seldom it looks, the same tasks stand there with the same times."""
        often, seldom = cast.file(at=MONDAY), cast.file(at=MONDAY, title="Another")
        end = MONDAY + timedelta(days=12)
        while (case := Case.objects.get(pk=often.pk)).wake_at and case.wake_at <= end:
            with_lock(case, case.wake_at)
        with_lock(seldom, end)
        rows = [
            sorted(Task.objects.filter(case=one).values_list("text", "level", "due_at", "at"))
            for one in (often, seldom)
        ]
        assert rows[0] == rows[1]
        assert len(rows[0]) >= 2

    def test_returning_sets_none_again(self, cast, sets):
        case = bring(cast, "escalated")
        Task.objects.filter(case=case).delete()
        verbs.return_down(case.pk, reason="You can do that.", by=cast.tiers[2], at=at_of(case))
        assert self.open_of(case) == []

    def test_overdue_ones_go_with_the_case_to_whoever_has_it_next(self, cast, sets):
        case = bring(cast, "working")
        mine = add(cast, case, "Mine", person=cast.tiers[1])
        later = add(cast, case, "Later", due=timedelta(days=9), person=cast.tiers[1])
        assert tell_tasks(mine.due_at) == 1
        solving.escalate(case.pk, reason="It needs more.", by=cast.tiers[1], at=at_of(case))
        mine.refresh_from_db()
        later.refresh_from_db()
        assert (mine.person, mine.told_at, later.person) == (None, None, cast.tiers[1])
        Notice.objects.filter(case=case).delete()
        assert tell_tasks(at_of(case)) == 1
        assert "Mara Lindt" in told(case, "task_overdue")

    def test_history_and_the_try_out_set_none(self, cast, sets):
        case = cast.file(at=MONDAY)
        Case.objects.filter(pk=case.pk).update(is_history=True)
        verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=cast.tiers[1], at=at_of(case))
        assert self.open_of(case) == []


def with_lock(case, at):
    with transaction.atomic():
        turn = lock(case.pk, at)
        turn.settle(at)
        flush([turn], at)


def test_every_act_on_tasks_replays_and_moves_no_clock(cast, case):
    task = add(cast, case, person=cast.mate)
    clocks = list(StageClock.objects.filter(case=case).order_by("pk").values())
    row = Case.objects.get(pk=case.pk)
    at = at_of(case)
    verbs.change_task(case.pk, task=task.pk, due_at=at + MINUTE, by=cast.tiers[1], at=at)
    tell_tasks(at + MINUTE)
    verbs.finish_task(case.pk, task=task.pk, by=cast.mate, at=at_of(case))
    drop = add(cast, case, "Not needed")
    verbs.drop_task(case.pk, task=drop.pk, reason="No.", by=cast.tiers[1], at=at_of(case))
    assert list(StageClock.objects.filter(case=case).order_by("pk").values()) == clocks
    now = Case.objects.get(pk=case.pk)
    same = ("state", "tier", "severity", "owner_id", "team_id", "promise_at", "wake_at")
    assert [getattr(now, name) for name in same] == [getattr(row, name) for name in same]
    assert [str(one) for one in replay_many([case.pk])] == []
    assert now.state in OPEN
