"""Tasks and questions to experts: what staff do beside a case's clocks. Owner and promises stay as they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from cases.access import workers
from cases.models import Case, Consult, Note, PersonSkill, Task, User
from cases.models.skill import day_of
from escalation import facts as f
from escalation.beside import overdue_questions, overdue_tasks, still_late
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused

MOST_OPEN = 40  # tasks of one case: more is no plan
LONGEST = timedelta(days=366)
GONE = "That task is not open any more. Look at the case again."


def _future(due_at: datetime, at: datetime) -> datetime:
    """A time a person set, to the minute. Refused where it is over or more than a year away."""
    if due_at <= at:
        raise Refused("The time must lie in the future.", field="due_at")
    if due_at - at > LONGEST:
        raise Refused("The time is more than a year away.", field="due_at", latest=at + LONGEST)
    return due_at


def _line(text: str) -> str:
    """The text of a task: one line."""
    line = " ".join(text.split())
    if not line:
        raise Refused("Write what is to be done.", field="text")
    if len(line) > Task.MOST_TEXT:
        raise Refused(f"A task is a line: at most {Task.MOST_TEXT} letters. Write the rest in a note.", field="text")
    return line


def _worker(person: User | None, field: str) -> User | None:
    if person is not None and not workers().filter(pk=person.pk).exists():
        raise Refused(f"{person} does not work on cases.", field=field)
    return person


def _held(turn: Turn, task: UUID | str) -> Task:
    """The open task of the locked case. Refused where it has ended or is another case's."""
    found = Task.everything.filter(case=turn.case, pk=task, state=Task.State.OPEN).first()
    if found is None:
        raise Refused(GONE, field="task")
    return found


def _late(turn: Turn, at: datetime, *, but: Task) -> bool:
    return still_late(overdue_tasks(at), at, turn.case, but=but.pk)


def add_task(
    case_id: int, *, text: str, due_at: datetime, by: User, at: datetime, person: User | None = None,
    shown: bool = True, **act: Any,
) -> Case:  # fmt: skip
    """Adds a task to the case's plan. Without `person` it is for whoever has the case.

    `shown`: it counts among the steps whose progress the customer reads; they never read its text.
    """
    line = _line(text)
    _worker(person, "person")
    run = Act("add_task", by, at, **act)

    def happening(turn: Turn) -> f.Happening:
        open_ones = Task.everything.filter(case=turn.case, state=Task.State.OPEN)
        if open_ones.count() >= MOST_OPEN:
            raise Refused(f"{MOST_OPEN} tasks are open on this case. Finish some first.")
        if open_ones.filter(text=line).exists():
            raise Refused("That task stands open already.", field="text")
        place = Task.everything.filter(case=turn.case).count()
        task = Task.everything.create(
            case=turn.case, is_drill=turn.case.is_drill, author=by, text=line, person=person, shown=shown,
            due_at=_future(due_at, run.at), place=10_000 + place, at=run.at, recorded_at=run.at,
        )  # fmt: skip
        run.extra["task"] = task.fingerprint
        return f.TaskAdded(at, at, by=by.pk, to=person.pk if person else None)

    return run.on(case_id, happening)


def change_task(
    case_id: int, *, task: UUID | str, due_at: datetime, by: User, at: datetime, person: User | None = None, **act: Any
) -> Case:
    """Gives an open task another time or another person; None: whoever has the case."""
    _worker(person, "person")
    run = Act("change_task", by, at, **act)

    def happening(turn: Turn) -> f.Happening:
        held = _held(turn, task)
        given = person.pk if person and person.pk != held.person_id else None
        if due_at != held.due_at:
            held.due_at = _future(due_at, run.at)
        elif given is None and held.person_id == (person.pk if person else None):
            raise Refused("Nothing was changed: it has this time and this person already.")
        # Another person has to hear of it when it is late; so has everybody when a later time passes.
        held.person, held.told_at = person, None
        held.save(update_fields=["due_at", "person", "told_at"])
        run.extra["task"] = held.fingerprint
        late = held.due_at <= run.at or _late(turn, run.at, but=held)
        return f.TaskChanged(at, at, by=by.pk, late=late, to=given)

    return run.on(case_id, happening)


def finish_task(case_id: int, *, task: UUID | str, by: User, at: datetime, **act: Any) -> Case:
    """Ticks a task off."""
    return _end(Act("finish_task", by, at, **act), case_id, task, Task.State.DONE)


def drop_task(case_id: int, *, task: UUID | str, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Says that a task is not needed, and why, in an internal note."""
    if not reason.strip():
        raise Refused("Say why it is not needed.", field="reason")
    return _end(Act("drop_task", by, at, note=reason.strip(), **act), case_id, task, Task.State.DROPPED)


def _end(run: Act, case_id: int, task: UUID | str, state: str) -> Case:
    kinds = {Task.State.DONE: f.TaskFinished, Task.State.DROPPED: f.TaskDropped}

    def happening(turn: Turn) -> f.Happening:
        held = _held(turn, task)
        held.state, held.ended_by, held.ended_at = state, run.by, run.at
        held.save(update_fields=["state", "ended_by", "ended_at"])
        run.extra["task"] = held.fingerprint
        return kinds[Task.State(state)](run.at, run.at, by=run.by.pk, late=_late(turn, run.at, but=held))

    return run.on(case_id, happening)


def consult(case_id: int, *, expert: User, question: str, due_at: datetime, by: User, at: datetime, **act: Any) -> Case:
    """Asks an expert, with a time of its own for the answer. Who has the case keeps it, and so do its promises."""
    if not question.strip():
        raise Refused("Write your question.", field="question")
    if expert.pk == by.pk:
        raise Refused("Choose somebody else: nobody asks themselves.", field="expert")
    run = Act("consult", by, at, note=question.strip(), **act)

    def happening(turn: Turn) -> f.Happening:
        _worker(expert, "expert")
        if not PersonSkill.objects.trained(day_of(run.at)).filter(person=expert).exists():
            raise Refused(f"{expert} is not trained in anything. Choose somebody from the list.", field="expert")
        _future(due_at, run.at)
        return f.ExpertAsked(at, at, by=by.pk, expert=expert.pk)

    def asked(turn: Turn, note: Note | None) -> None:
        Consult.everything.create(
            case=turn.case, is_drill=turn.case.is_drill, asked_by=by, expert=expert, question=cast(Note, note),
            asked_at=run.at, due_at=due_at,
        )  # fmt: skip

    run.noted = asked
    return run.on(case_id, happening)


def _waiting(turn: Turn, which: int) -> Consult:
    """The question of the locked case that still waits. Refused where it was answered or taken back."""
    waiting = Consult.everything.filter(case=turn.case, answered_at=None, taken_back_at=None)
    found = waiting.filter(pk=which).select_related("expert", "asked_by").first()
    if found is None:
        raise Refused("Nobody waits for that answer any more. Look at the case again.", field="consult")
    return found


def answer_consult(case_id: int, *, consult: int, answer: str, by: User, at: datetime, **act: Any) -> Case:
    """The expert answers; who asked is told, and who has the case by now."""
    if not answer.strip():
        raise Refused("Write your answer.", field="answer")
    run = Act("answer_consult", by, at, note=answer.strip(), **act)
    held: list[Consult] = []

    def happening(turn: Turn) -> f.Happening:
        one = _waiting(turn, consult)
        if one.expert_id != by.pk:
            raise Refused(f"{one.expert} was asked. Only they can answer; you can write a note.", field="consult")
        held.append(one)
        late = still_late(overdue_questions(run.at), run.at, turn.case, but=one.pk)
        return f.ExpertAnswered(at, at, by=by.pk, asker=one.asked_by_id, late=late)

    def answered(turn: Turn, note: Note | None) -> None:
        one = held[-1]
        one.answer, one.answered_at = note, run.at
        one.save(update_fields=["answer", "answered_at"])

    run.noted = answered
    return run.on(case_id, happening)


def take_back_question(case_id: int, *, consult: int, by: User, at: datetime, **act: Any) -> Case:
    """Nobody needs the answer any more; the expert is told."""
    run = Act("take_back_question", by, at, **act)

    def happening(turn: Turn) -> f.Happening:
        one = _waiting(turn, consult)
        one.taken_back_at = run.at
        one.save(update_fields=["taken_back_at"])
        late = still_late(overdue_questions(run.at), run.at, turn.case, but=one.pk)
        return f.QuestionTakenBack(at, at, by=by.pk, expert=one.expert_id, late=late)

    return run.on(case_id, happening)
