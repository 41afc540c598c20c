"""A case's tasks and its questions to experts as cards beside its timeline, each line with what may be done to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.urls import reverse

from cases.models import Case, Consult, Task
from escalation.permits import Actor, refusal
from escalation.turn import Turn
from portal.console.on_record import OnRecord


def tasks(record: OnRecord, actor: Actor, now: datetime) -> dict[str, Any]:
    """The plan: what is open by time, and what has ended."""
    case, turn = record.case, record.turn
    rows = sorted(record["tasks"], key=lambda one: (one.due_at, one.place))
    may = _may(case, turn, actor, "add_task", "finish_task", "change_task", "drop_task")
    open_ones = [task_row(one, case, may, now) for one in rows if one.state == Task.State.OPEN]
    done = [one for one in rows if one.state == Task.State.DONE]
    left = [one for one in rows if one.state == Task.State.DROPPED]
    return {
        "plan": {
            "open": open_ones,
            "ended": sorted((*done, *left), key=lambda one: one.ended_at, reverse=True),
            "done": len(done),
            "all": len(done) + len(open_ones),
            "late": sum(row["late"] for row in open_ones) if case.is_open else 0,
            "add": act(case, "add_task") if may["add_task"] else "",
        }
    }


def task_row(task: Task, case: Case, may: dict[str, bool], now: datetime) -> dict[str, Any]:
    """One open task. Its small form is sent to the act's own page, with a key of its own."""
    link = f"?task={task.pk}"
    return {
        "task": task,
        "late": task.due_at <= now,
        "done": act(case, "finish_task") if may["finish_task"] else "",
        "key": uuid4().hex,
        "change": act(case, "change_task") + link if may["change_task"] else "",
        "drop": act(case, "drop_task") + link if may["drop_task"] else "",
    }


def questions(record: OnRecord, actor: Actor, now: datetime) -> dict[str, Any]:
    """Questions to experts, those that wait first, of each the newest first."""
    case, turn, rows = record.case, record.turn, record["consults"]
    may = _may(case, turn, actor, "consult", "answer_consult", "take_back_question")
    return {
        "consults": {
            "rows": [consult_row(one, case, may, actor, now) for one in sorted(rows, key=lambda one: not one.is_open)],
            "ask": act(case, "consult") if may["consult"] else "",
        }
    }


def consult_row(one: Consult, case: Case, may: dict[str, bool], actor: Actor, now: datetime) -> dict[str, Any]:
    """One question; only who was asked is offered to answer."""
    waits = one.is_open
    link = f"?consult={one.pk}"
    return {
        "one": one,
        "waits": waits,
        "late": waits and one.due_at <= now,
        "answer": act(case, "answer_consult") + link
        if waits and may["answer_consult"] and one.expert_id == actor.user.pk
        else "",
        "back": act(case, "take_back_question") + link if waits and may["take_back_question"] else "",
    }


def _may(case: Case, turn: Turn, actor: Actor, *verbs: str) -> dict[str, bool]:
    return {verb: not refusal(verb, case, actor, turn) for verb in verbs}


def act(case: Case, verb: str) -> str:
    """The page of an act."""
    return reverse("admin:cases_case_act", args=[case.pk, verb])
