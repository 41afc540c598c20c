"""What happens beside a case's clocks: to its tasks, and to questions put to experts."""

from __future__ import annotations

from dataclasses import dataclass

from escalation.happening import Happening


@dataclass(frozen=True, slots=True)
class TaskAdded(Happening):
    """`to`: whose it is; None where it is for whoever has the case."""

    by: int
    to: int | None = None


@dataclass(frozen=True, slots=True)
class TaskChanged(Happening):
    """`late`, here and below: another one of the case is still overdue. `to` is set where it comes to somebody else."""

    by: int
    late: bool
    to: int | None = None


@dataclass(frozen=True, slots=True)
class TaskFinished(Happening):
    by: int
    late: bool


@dataclass(frozen=True, slots=True)
class TaskDropped(Happening):
    by: int
    late: bool


@dataclass(frozen=True, slots=True)
class TasksOverdue(Happening):
    """Tasks passed their time undone. `people` are those they were given to, `tasks` their ids."""

    tasks: tuple[str, ...]
    people: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpertAsked(Happening):
    """A question to an expert; who has the case keeps it."""

    by: int
    expert: int


@dataclass(frozen=True, slots=True)
class ExpertAnswered(Happening):
    by: int
    asker: int
    late: bool


@dataclass(frozen=True, slots=True)
class QuestionTakenBack(Happening):
    by: int
    expert: int
    late: bool


@dataclass(frozen=True, slots=True)
class QuestionsOverdue(Happening):
    """Experts did not answer by their time. `people` are those who asked and those who were asked."""

    consults: tuple[int, ...]
    people: tuple[int, ...] = ()
