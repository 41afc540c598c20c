"""Verbs around the protocol's own rules: the fast lane and its reason, keeping a case against a guideline, moving
it to a newer version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Case, User
from escalation import facts as f
from escalation.advice import advice_for
from escalation.book import rules_of
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused


def emergency(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Sends a case up the fast lane: critical, round the clock, the person on duty paged. The reason is asked later."""
    return Act("emergency", by, at, **act).on(
        case_id,
        # It counts round the clock: who comes in the morning is not there.
        lambda turn: f.Emergency(
            at=at, now=at, by=by.pk, empty=turn.directory.empty_teams(turn.rules.protocol, turn.directory.at)
        ),
    )


def justify(case_id: int, *, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Says why a case went up the fast lane; kept as a note of ours."""
    if not reason.strip():
        raise Refused("Say why it could not wait.")
    return Act("justify", by, at, note=reason.strip(), **act).on(
        case_id, lambda turn: f.Justified(at=at, now=at, by=by.pk)
    )


def keep(case_id: int, *, reason: str, by: User, at: datetime, **act: Any) -> Case:
    """Keeps a case at its level although a guideline says to pass it up; the reason is kept as a note of ours."""
    if not reason.strip():
        raise Refused("Say why the case stays here although the guideline says otherwise.")

    def happening(turn: Turn) -> f.Happening:
        advice = advice_for(turn, at)
        if advice is None:
            raise Refused("No guideline says that this case must be passed up.")
        return f.Kept(at=at, now=at, by=by.pk, rule=advice.rule, verdict=advice.verdict)

    return Act("keep", by, at, note=reason.strip(), **act).on(case_id, happening)


def adopt(case_id: int, *, to: str, by: User, at: datetime, **act: Any) -> Case:
    """Moves an open case to version `to` of its own protocol. Promises may come earlier by it, never later."""

    def happening(turn: Turn) -> f.Happening:
        if to.partition("@")[0] != turn.case.protocol.partition("@")[0]:
            raise Refused(f"{to} is another protocol. A case stays under the one it was filed under.")
        if to == turn.case.protocol:
            raise Refused("The case is under that version already.")
        turn.rules, turn.case.protocol = rules_of(to), to
        return f.Adopted(at=at, now=at, to=to, by=by.pk)

    return Act("adopt", by, at, **act).on(case_id, happening)
