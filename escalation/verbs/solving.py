"""How a case is solved, on its record: what was tried, and the investigation of what lies behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from cases.models import Case, Cause, Investigation, Note, PlaybookRevision, TriedStep, User
from escalation import facts as f
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused

LINE_MOST = 500  # characters of a line of one's own
TEXT_MOST = 4000  # characters of each part of an investigation
NOT_THERE = "The playbook is not the one you looked at any more. Look at its steps, then send again."


def tried(case_id: int, *, steps: Sequence[str] = (), also: str = "", by: User, at: datetime, **act: Any) -> Case:
    """Notes what was tried: `steps` of the topic's playbook by `step_key`, and a line of one's own. No clock hears it."""
    if not steps and not also.strip():
        raise Refused("Tick a step, or write what you tried.", field="also")
    if act.get("form_key"):
        # Pressed twice it is one; with other steps it is another.
        act["form_key"] += f":{' '.join(sorted(steps))}:{also.strip()}"
    act_ = Act("tried", by, at, **act)

    def happening(turn: Turn) -> f.Happening:
        act_.extra["tried"] = note_tried(turn, steps, also, by=by, at=act_.at)
        return f.Noted(at=at, now=at, by=by.pk)

    return act_.on(case_id, happening)


def step_key(revision: PlaybookRevision, place: int) -> str:
    """How a step is named by a form: the revision and its place in it, counted from 0."""
    return f"{revision.pk}.{place}"


def note_tried(turn: Turn, steps: Sequence[str], also: str, *, by: User, at: datetime) -> list[int]:
    """Keeps what was tried on a case that is locked; the ids of the rows. What is noted already is not noted twice."""
    case, also = turn.case, also.strip()
    if len(also) > LINE_MOST:
        raise Refused(f"Too long: {len(also)} characters, at most {LINE_MOST}.", field="also")
    there = set(TriedStep.everything.filter(case=case).values_list("text", flat=True))
    lines = [(text, revision) for revision, text in _steps(turn, steps)] + ([(also, None)] if also else [])
    made = []
    for text, revision in lines:
        if text not in there:
            there.add(text)
            made.append(
                TriedStep.everything.create(
                    case=case, is_drill=case.is_drill, revision=revision, text=text, tier=case.tier, by=by, at=at
                )
            )
    return [row.pk for row in made]


def _steps(turn: Turn, keys: Sequence[str]) -> list[tuple[PlaybookRevision, str]]:
    """The steps by their keys. A playbook that was changed meanwhile still says what the person ticked."""
    named = [_numbers(key) for key in keys]
    lineage = turn.rules.protocol.lineage(turn.case.category.slug)
    known = PlaybookRevision.objects.filter(topic__slug__in=lineage).in_bulk([revision for revision, _ in named])
    found = []
    for revision, place in named:
        row = known.get(revision)
        if row is None or not 0 <= place < len(row.steps):
            raise Refused(NOT_THERE, field="steps")
        found.append((row, row.steps[place]))
    return found


def _numbers(key: str) -> tuple[int, int]:
    first, _, second = key.partition(".")
    if not (first.isdecimal() and second.isdecimal() and len(key) < 18):
        raise Refused(NOT_THERE, field="steps")
    return int(first), int(second)


def investigate(
    case_id: int, *, hypotheses: str, findings: str, cause: str, by: User, at: datetime, **act: Any
) -> Case:
    """Writes what was thought of, what was found, and the cause; an internal note, to which `files` of evidence go.

    Written again, the newest counts; the older ones stay.
    """
    hypotheses, findings = hypotheses.strip(), findings.strip()
    for name, text, missing in (
        ("hypotheses", hypotheses, "Write what it could have been."),
        ("findings", findings, "Write what you found."),
    ):
        if not text:
            raise Refused(missing, field=name)
        if len(text) > TEXT_MOST:
            raise Refused(f"Too long: {len(text)} characters, at most {TEXT_MOST}.", field=name)
    if cause not in Cause.values:
        raise Refused("Choose the cause from the list.", field="cause")
    words = f"Could have been: {hypotheses}\n\nFound: {findings}\n\nCause: {Cause(cause).label}"
    act_ = Act("investigate", by, at, note=words, extra={"investigation": cause}, **act)

    def kept(turn: Turn, note: Note | None) -> None:
        Investigation.everything.create(
            case=turn.case, is_drill=turn.case.is_drill, note=cast(Note, note), hypotheses=hypotheses, findings=findings,
            cause=cause, by=by, at=act_.at,
        )  # fmt: skip

    act_.noted = kept
    return act_.on(case_id, lambda turn: f.Noted(at=at, now=at, by=by.pk))
