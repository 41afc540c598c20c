"""How a case is solved, beside it: the playbook with its ticks, what was tried at each level, the investigation, what came before."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from cases.models import PlaybookRevision
from cases.recurring import DAYS
from escalation.permits import refusal
from escalation.playbooks import nearest
from escalation.ready import is_grave
from escalation.verbs import step_key
from portal.console.on_record import OnRecord
from portal.console.playbooks import WRITE

NOTES = 5


def tried(record: OnRecord, actor: Any) -> dict[str, Any]:
    """The playbook of the case's topic, its ticked steps, and what else was noted, newest level first."""
    case, turn, rows = record.case, record.turn, record["tried"]
    book = book_of(record)
    done = {row.text: row for row in rows}
    steps = (
        [{"key": step_key(book, at), "text": text, "done": done.get(text)} for at, text in enumerate(book.steps)]
        if book
        else []
    )
    shown = {step["text"] for step in steps}
    # Investigations and questions to experts have cards of their own.
    elsewhere = {one.note_id for one in record["investigations"]}
    elsewhere |= {pk for one in record["consults"] for pk in (one.question_id, one.answer_id)}
    return {
        "playbook": book,
        "steps": steps,
        "others": [row for row in rows if row.text not in shown],
        "may_tick": not refusal("tried", case, actor, turn),
        "may_write": actor.user.has_perm(WRITE),
        "form_key": uuid4().hex,
        "notes": [one for one in record["notes"] if one.pk not in elsewhere][:NOTES],
        "resolutions": record["resolutions"],
    }


def book_of(record: OnRecord) -> PlaybookRevision | None:
    """The playbook of the nearest topic that has one."""
    topics = record.turn.rules.protocol.lineage(record.case.category.slug)
    return nearest(record["playbooks"], topics)


def investigation(record: OnRecord, actor: Any) -> dict[str, Any] | None:
    """The newest investigation; where there is none, whether the case needs one. None: neither."""
    found, turn = record.first("investigations"), record.turn
    if found is None and not is_grave(turn):
        return None
    return {"investigation": found, "may_investigate": not refusal("investigate", record.case, actor, turn)}


def again(record: OnRecord) -> dict[str, Any] | None:
    """The same customer's cases of the same topic shortly before; None where there are none."""
    found = [one for one in record.theirs if one.came_before]  # type: ignore[attr-defined]
    return {"earlier": found, "days": DAYS} if found else None
