"""Sorting a queue: another topic for a case, a reminder to who has it. Both are done to many cases at once, too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Case, Category, User
from escalation import facts as f
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused


def not_sortable(case: Case, category: Category) -> str:
    """Why a case cannot go under `category`, in a sentence; empty when it can."""
    if not category.is_active:
        return "That topic is not in use any more. Choose another."
    return "The case has that topic already." if case.category_id == category.pk else ""


def not_remindable(case: Case, by: User) -> str:
    """Why nobody can be reminded of a case, in a sentence; empty when somebody can."""
    return "You have this case yourself." if case.owner_id == by.pk else ""


def change_topic(case_id: int, *, category: Category, by: User, at: datetime, **act: Any) -> Case:
    """Puts a case under another topic and leaves all else: a promise may come earlier by its times, never later."""

    def happening(turn: Turn) -> f.Happening:
        if sentence := not_sortable(turn.case, category):
            raise Refused(sentence, field="category")
        return f.TopicChanged(at=at, now=at, category=category.slug, by=by.pk)

    return Act("change_topic", by, at, **act).on(case_id, happening)


def remind(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Reminds who has a case, or its team, that a promise is near; no clock hears it."""

    def happening(turn: Turn) -> f.Happening:
        if sentence := not_remindable(turn.case, by):
            raise Refused(sentence)
        return f.Reminded(at=at, now=at, by=by.pk)

    return Act("remind", by, at, **act).on(case_id, happening)
