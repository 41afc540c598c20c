"""Asking an expert inside a case: a time of its own, and nobody's case, promise or level moves."""

from dataclasses import asdict
from datetime import date, timedelta

import pytest

from cases.lifecycle import OPEN, State
from cases.models import Case, Consult, Event, Note, PersonSkill, Skill
from escalation import facts as f
from escalation import verbs
from escalation.beside import tell_questions
from escalation.decision import decide
from escalation.models import Alert, Notice, StageClock
from escalation.replay import replay_many
from tests.cast import gather
from tests.escalation.stories import bring, now_of
from tests.escalation.walk import AGENT, COLLEAGUE, MINUTE, at_state

HOUR = timedelta(hours=1)


@pytest.fixture
def cast(db):
    found = gather()
    trained(found.tiers[3])
    return found


def trained(person, *, slug="law", on=date(2025, 5, 1), until=None):
    skill, _ = Skill.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize()})
    return PersonSkill.objects.create(person=person, skill=skill, trained_on=on, until=until)


@pytest.fixture
def case(cast):
    return bring(cast, "working")


def at_of(case):
    return now_of(case) + MINUTE


def ask(cast, case, *, expert=None, by=None, due=HOUR, question="May we pay it back?"):
    at = at_of(case)
    given = {"expert": expert or cast.tiers[3], "question": question, "due_at": at + due}
    verbs.consult(case.pk, by=by or cast.tiers[1], at=at, **given)
    return Consult.objects.filter(case=case).latest("asked_at")


def told(case, kind):
    rows = Notice.objects.filter(case=case, kind=kind).select_related("recipient").order_by("pk")
    return [row.recipient.name for row in rows]


def alarmed(case):
    return set(Alert.objects.filter(case=case, cleared_at=None).values_list("kind", flat=True))


def still(case):
    """Everything of a case that a question must leave alone."""
    row = Case.objects.get(pk=case.pk)
    names = ("state", "tier", "severity", "owner_id", "team_id", "promise_at", "wake_at", "step", "protocol")
    return [getattr(row, name) for name in names], list(StageClock.objects.filter(case=case).order_by("pk").values())


def refused(verb, case, by, **more):
    before = Case.objects.get(pk=case.pk).event_seq, Note.objects.count(), Consult.objects.count()
    with pytest.raises(verbs.Refused) as why:
        verb(case.pk, by=by, at=at_of(case), **more)
    assert (Case.objects.get(pk=case.pk).event_seq, Note.objects.count(), Consult.objects.count()) == before
    return str(why.value)


BESIDE = {
    "asked": lambda at: f.ExpertAsked(at, at, AGENT, COLLEAGUE),
    "answered": lambda at: f.ExpertAnswered(at, at, COLLEAGUE, AGENT, late=False),
    "answered, another late": lambda at: f.ExpertAnswered(at, at, COLLEAGUE, AGENT, late=True),
    "taken back": lambda at: f.QuestionTakenBack(at, at, AGENT, COLLEAGUE, late=False),
    "overdue": lambda at: f.QuestionsOverdue(at, at, consults=(1,), people=(AGENT, COLLEAGUE)),
    "task added": lambda at: f.TaskAdded(at, at, AGENT, COLLEAGUE),
    "task changed": lambda at: f.TaskChanged(at, at, AGENT, late=True, to=COLLEAGUE),
    "task done": lambda at: f.TaskFinished(at, at, AGENT, late=False),
    "task not needed": lambda at: f.TaskDropped(at, at, AGENT, late=True),
    "tasks overdue": lambda at: f.TasksOverdue(at, at, tasks=("x",), people=(AGENT,)),
}


@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("severity", [1, 2, 3, 4])
@pytest.mark.parametrize("state", State.values)
def test_in_every_state_owner_and_promises_stay(state, severity, name):
    """A property of the decision: whatever the case, a question or a task changes none of its own facts or clocks."""
    turn, at = at_state(state, severity=severity)
    before = asdict(turn.facts())
    decision = decide(turn.facts(), BESIDE[name](at + MINUTE), turn.rules)
    assert (decision.move, dict(decision.changes), dict(decision.ends)) == (None, {}, {})
    assert (decision.starts, decision.changed, decision.once, decision.plan_failed) == ((), (), None, "")
    assert not any(tell.to == "customer" for tell in decision.tells)
    turn.take(BESIDE[name](at + MINUTE), by=AGENT, role="staff")
    assert asdict(turn.facts()) == before


@pytest.mark.parametrize("state", sorted(OPEN))
def test_a_question_and_its_answer_leave_the_stored_case_as_it_was(cast, state):
    case = bring(cast, state)
    before = still(case)
    one = ask(cast, case, by=cast.supervisor)
    verbs.answer_consult(case.pk, consult=one.pk, answer="Yes.", by=cast.tiers[3], at=at_of(case))
    assert still(case) == before
    assert [str(diff) for diff in replay_many([case.pk])] == []


def test_the_expert_is_asked_answers_and_both_stand_as_notes(cast, case):
    one = ask(cast, case)
    assert told(case, "consult_asked") == ["Priya Shah"]
    assert (one.question.text, one.question.author) == ("May we pay it back?", cast.tiers[1])
    said = Event.objects.filter(case=case).latest("seq")
    assert (said.kind, said.data["note"]) == ("expert_asked", one.question.fingerprint)

    at = at_of(case)
    verbs.answer_consult(case.pk, consult=one.pk, answer="Yes, up to 100.", by=cast.tiers[3], at=at)
    one.refresh_from_db()
    assert (one.answer.text, one.answer.author, one.answered_at, one.is_open) == (
        "Yes, up to 100.", cast.tiers[3], at, False,
    )  # fmt: skip
    assert told(case, "consult_answered") == ["Tom Reed"]  # who asked has the case: one letter
    assert not Notice.objects.filter(case=case, to_customer=True, event_seq__gte=said.seq).exists()


def test_who_has_the_case_by_now_hears_the_answer_too(cast, case):
    one = ask(cast, case)
    verbs.hand_over(case.pk, to=cast.mate, note="Yours.", by=cast.supervisor, at=at_of(case))
    verbs.answer_consult(case.pk, consult=one.pk, answer="Yes.", by=cast.tiers[3], at=at_of(case))
    assert told(case, "consult_answered") == ["Tom Reed", "Ana Mate"]


def test_only_trained_people_can_be_asked(cast, case):
    day = now_of(case).date()
    for person, words in (
        (cast.mate, {}),
        (cast.tiers[2], {"on": None}),
        (cast.tiers[4], {"on": day + timedelta(days=1)}),
        (cast.tiers[5], {"until": day - timedelta(days=1)}),
    ):
        if words:
            trained(person, slug=f"skill-{person.pk}", **words)
        due = at_of(case) + HOUR
        said = refused(verbs.consult, case, cast.tiers[1], expert=person, question="?", due_at=due)
        assert "is not trained in anything" in said
    Skill.objects.update(is_active=False)
    due = at_of(case) + HOUR
    assert "not trained" in refused(verbs.consult, case, cast.tiers[1], expert=cast.tiers[3], question="?", due_at=due)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"question": " "}, "Write your question."),
        ({"due": -MINUTE}, "must lie in the future"),
        ({"due": timedelta(days=500)}, "more than a year away"),
        ({"expert": 1}, "nobody asks themselves"),
    ],
)
def test_what_cannot_be_asked_is_said(cast, case, more, sentence):
    given = {"expert": cast.tiers[more.pop("expert", 3)], "question": "May we?"}
    given |= {"due_at": at_of(case) + more.pop("due", HOUR)} | more
    assert sentence in refused(verbs.consult, case, cast.tiers[1], **given)


def test_only_who_was_asked_answers_and_only_once(cast, case):
    one = ask(cast, case)
    said = refused(verbs.answer_consult, case, cast.supervisor, consult=one.pk, answer="No.")
    assert said == "Priya Shah was asked. Only they can answer; you can write a note."
    assert "Write your answer" in refused(verbs.answer_consult, case, cast.tiers[3], consult=one.pk, answer=" ")
    verbs.answer_consult(case.pk, consult=one.pk, answer="Yes.", by=cast.tiers[3], at=at_of(case))
    again = refused(verbs.answer_consult, case, cast.tiers[3], consult=one.pk, answer="No.")
    assert "Nobody waits" in again
    assert "Nobody waits" in refused(verbs.take_back_question, case, cast.tiers[1], consult=one.pk)


def test_a_question_of_another_case_cannot_be_answered_here(cast, case):
    other = ask(cast, bring(cast, "working", title="Another"))
    assert "Nobody waits" in refused(verbs.answer_consult, case, cast.tiers[3], consult=other.pk, answer="Yes.")


def test_overdue_is_told_once_to_asker_expert_and_lead_and_ends_with_the_answer(cast, case):
    one = ask(cast, case, by=cast.mate)
    before = still(case)
    assert tell_questions(one.due_at - MINUTE) == 0
    assert [tell_questions(one.due_at), tell_questions(one.due_at + MINUTE)] == [1, 0]
    assert told(case, "consult_overdue") == ["Ana Mate", "Priya Shah", "Tom Reed"]
    assert alarmed(case) == {"consult_overdue"}
    assert still(case)[0][:5] == before[0][:5]
    second = ask(cast, case, due=MINUTE, question="And that?")
    assert tell_questions(second.due_at) == 1
    verbs.answer_consult(case.pk, consult=one.pk, answer="Yes.", by=cast.tiers[3], at=at_of(case))
    assert alarmed(case) == {"consult_overdue"}
    verbs.take_back_question(case.pk, consult=second.pk, by=cast.tiers[1], at=at_of(case))
    assert alarmed(case) == set()
    assert told(case, "consult_taken_back") == ["Priya Shah"]


def test_a_question_on_an_ended_case_is_never_overdue_and_may_still_be_answered(cast, case):
    one = ask(cast, case)
    verbs.withdraw(case.pk, by=cast.customer, at=at_of(case))
    assert tell_questions(one.due_at) == 0
    verbs.answer_consult(case.pk, consult=one.pk, answer="Yes.", by=cast.tiers[3], at=at_of(case))
    assert Consult.objects.get(pk=one.pk).answer.text == "Yes."
