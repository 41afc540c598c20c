"""A supervisor's help for who passed a case up: it goes back to them with what they need, and nobody is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.access import workers
from cases.models import Case, Event, User
from escalation import facts as f
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused


@dataclass(frozen=True, slots=True)
class Passing:
    """How a case came to its level by a colleague's hand: which event, from which level, and who, if still here."""

    seq: int
    tier: int
    person: int | None


def passing(case: Case) -> Passing | None:
    """What brought the case to where it is; None where no colleague did."""
    before = Event.everything.filter(case=case).exclude(data__tier=case.tier).order_by("-seq").first()
    if before is None:
        return None
    up = Event.everything.filter(case=case, seq=before.seq + 1, kind="escalated").first()
    if up is None:
        return None
    here = up.actor_id is not None and workers().filter(pk=up.actor_id).exists()
    return Passing(up.seq, before.data["tier"], up.actor_id if here else None)


def helped(turn: Turn, *, by: int, at: datetime) -> f.HelpedBack:
    """What sending the case back with help is, as it stands now."""
    up = passing(turn.case)
    known = {"of": up.seq, "tier": up.tier, "to": up.person} if up else {"of": None, "tier": None}
    return f.HelpedBack(at=at, now=at, by=by, empty=turn.empty(), **known)


def help_back(case_id: int, *, words: str, by: User, at: datetime, **act: Any) -> Case:
    """Sends a case back to who passed it up, with `words` of help as an internal note; the customer's promise stays."""
    if not words.strip():
        raise Refused("Write what helps: what to try, what they may decide, whom to ask.", field="words")
    return Act("help_back", by, at, note=words.strip(), **act).on(case_id, lambda turn: helped(turn, by=by.pk, at=at))
