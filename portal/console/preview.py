"""What an act would do, tried out on a copy: the letters that would go, and every clock before and after."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from cases.models import Case, Event, Team, User
from escalation.decision import NotNow
from escalation.facts import Happening, Tell
from escalation.letters import compose
from escalation.models import Notice, StageClock
from escalation.protocol import MissingCell
from escalation.turn import Owed, Turn, plain
from portal.console.words import clock_name

#: What a notice to staff is about.
TOLD = {
    "case_for_team": "that the case is now theirs",
    "went_past_you": "that the case went past them",
    "handed_to_you": "that the case was handed to them",
    "offered_to_you": "that they are asked to take it over",
    "helped_back": "that it comes back to them with help",
    "offer_accepted": "that it was accepted",
    "offer_returned": "that it was returned",
    "offer_unanswered": "that nobody answered the hand-over",
    "offer_over": "that the hand-over is settled without them",
    "customer_wrote": "that the customer wrote",
    "accepted": "that the customer is content",
    "promise_missed": "that a time was missed",
    "call_customer": "to call the customer",
    "emergency": "at once that it is an emergency",
    "not_acknowledged": "that nobody has acknowledged it",
    "unjustified": "that nobody has said why it was an emergency",
    "webhook": "about the case",
    "mentioned": "that a note names them",
    "task_given": "that there is a task for them",
    "task_overdue": "that a task is overdue",
    "consult_asked": "that they are asked for what they know",
    "consult_answered": "that the expert has answered",
    "consult_taken_back": "that no answer is needed any more",
    "consult_overdue": "that the expert has not answered",
    "question_lost": "that our question did not arrive",
    "reminder": "to look at the case again",
}


#: A letter leaves room for what the person writes; the room shows where the words will stand.
GAP, YOURS = re.compile(r"\n{3,}"), "[ What you write stands here. ]"


#: Stands for the colleague who has not been chosen yet.
NOBODY = 0
UNNAMED = "The customer reads the name of the person you choose, and that the time we promised stays."


@dataclass(slots=True)
class Preview:
    """The outcome of a try-out; `sentence` says why it cannot be done, if so."""

    sentence: str = ""
    letters: list[dict[str, str]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    clocks: list[dict[str, Any]] = field(default_factory=list)
    words: str = YOURS

    @property
    def marked(self) -> bool:
        """Whether a letter shows the person's words, or where they will stand."""
        return any(said in one["text"] for one in self.letters for said in (YOURS, self.words) if said)


def try_out(turn: Turn, happening: Happening, *, by: User, words: str = "") -> Preview:
    """Decides `happening` on the turn's copy and tells what followed. Writes nothing.

    `words` are what the person has typed for the customer so far.
    """
    before = {kind: snapshot(clock) for kind, clock in turn.clocks.items()}
    first = len(turn.owed)
    try:
        turn.take(happening, by=by.pk, role=Event.Role.STAFF)
    except (NotNow, MissingCell) as why:
        return Preview(sentence=str(why))
    owed = turn.owed[first:]
    return Preview(
        letters=[letter(turn.case, one, happening.at, words) for one in owed if one.tell.to == "customer"],
        others=[told(one.tell, turn) for one in owed if one.tell.to != "customer"],
        clocks=changes(before, {kind: snapshot(clock) for kind, clock in turn.clocks.items()}),
        words=words or YOURS,
    )


def letter(case: Case, owed: Owed, now: datetime, words: str = "") -> dict[str, str]:
    """The letter the customer would get, from the very function that writes the real one."""
    about = plain(owed.about | dict(owed.tell.data)) | {"typed": words}
    notice = Notice(case=case, kind=owed.tell.kind, to_customer=True, recipient=case.customer, data=about, owed_at=now)
    if about.get("owner") == NOBODY:
        return {"subject": "A new person has your case", "text": UNNAMED}
    written = compose(notice, now)
    return {"subject": written.subject, "text": GAP.sub(f"\n\n{YOURS}\n\n", written.kept_text, count=1)}


def told(tell: Tell, turn: Turn | None = None) -> str:
    """'The team Customer support managers: told that the case is now theirs.'"""
    kind, _, name = tell.to.partition(":")
    what = TOLD.get(tell.kind, "about it")
    if kind == "user":
        who = str(User.objects.filter(pk=int(name)).first() or "The person you choose")
    elif kind in ("team", "lead"):
        post = turn.directory.posts.get(name) if turn else None
        team: Any = post.name if post else Team.objects.filter(slug=name).first()
        who = f"The lead of {team}" if kind == "lead" else f"The team {team}"
    elif kind in ("duty", "person", "role"):
        who = named(tell, turn)
    else:
        who = {"owner": "The owner", "supervisor": "The supervisor"}.get(kind, kind)
        who = f"The webhook {name}" if kind == "webhook" else who
    return f"{who}: told {what}."


def named(tell: Tell, turn: Turn | None) -> str:
    """'On duty at Customer support lead, Priya Shah': the people themselves, from whom the letter would go to.

    Without a turn, of a case that is only tried out, whom the protocol names.
    """
    kind, _, name = tell.to.partition(":")
    if turn is None:
        found = Team.objects.filter(slug=name).first() if kind == "duty" else User.objects.at_address(name).first()
        words = {"duty": "Whoever is on duty at", "role": "Everybody in the role", "person": ""}
        return f"{words[kind]} {found or name}".strip()
    ids = list(turn.directory.recipients(tell.to, turn.case, turn.rules.protocol))
    people = ", ".join(str(person) for person in User.objects.filter(pk__in=ids).order_by("name", "email")) or "nobody"
    if kind != "duty":
        return people
    post = turn.directory.posts.get(name)
    where = post.name if post else name
    return f"On duty at {where}, {people}" if turn.directory.duty(name) else f"Next on duty at {where}, {people}"


class Look(NamedTuple):
    """What can change of a clock: which one it is, when it is due, and why it stands still, if it does."""

    seq: int
    due: datetime | None
    still: str


def snapshot(clock: StageClock) -> Look:
    """The clock as it is now, for comparing."""
    return Look(clock.started_seq, clock.due_at, clock.pause_reason if clock.paused_at else "")


def changes(before: dict[str, Look], after: dict[str, Look]) -> list[dict[str, Any]]:
    """Every clock that runs before or after, old beside new: its time, or in words why it has none."""
    rows = []
    for kind in (*before, *(kind for kind in after if kind not in before)):
        old, new = before.get(kind), after.get(kind)
        rows.append(
            {
                "name": clock_name(kind),
                "old": old.due if old else None,
                "old_words": stands(old, "Does not run"),
                "new": new.due if new else None,
                "new_words": stands(new, "Ended"),
                "what": outcome(old, new),
            }
        )
    return rows


def stands(clock: Look | None, gone: str) -> str:
    """Why a clock has no time: it is not there, or it stands still."""
    return f"Stands still: {clock.still}" if clock else gone


def outcome(old: Look | None, new: Look | None) -> str:
    """What happens to one clock, in a few words."""
    if new is None:
        return "ends"
    if old is None:
        return "starts, and stands still at once" if new.still else "starts"
    if old.seq != new.seq:
        return "ends; the next one stands still" if new.still else "starts again"
    if bool(old.still) != bool(new.still):
        return "stops" if new.still else "goes on"
    return "moves" if old.due != new.due else "stays"
