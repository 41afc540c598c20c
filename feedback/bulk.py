"""One act on many cases: which acts there are, what each case would say to it, and the work itself, case by case.

A run is made of rows. Each row is one transaction with one verb, so a run that is killed goes on where it stood, and
nothing is done twice. What a verb refuses stays undone, with its sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction

from cases import staff_acts
from cases.access import Viewer
from cases.languages import reads
from cases.models import Case, Category, Event, User
from escalation import facts as f
from escalation import verbs
from escalation.decision import NotNow
from escalation.facts import Happening
from escalation.models import BulkRow, BulkRun
from escalation.permits import Actor, refusal
from escalation.protocol import MissingCell
from escalation.store import peek, turns_of
from escalation.turn import Owed, Turn
from escalation.verbs import Refused, Stale
from escalation.verbs.acting import own_key
from escalation.verbs.sorting import not_remindable, not_sortable
from feedback.models import KnownProblem
from feedback.problem_acts import link_case

log = logging.getLogger("milepost.bulk")
MOST = 1000  # cases of one run
CHUNK = 500
#: What a person wrote: it stands with each case, and is not kept beside the run when that is over.
WORDS = ("text", "note")
RESTRICTED = "Its topic is restricted. Open it on its own page first."
MOVED_ON = "It changed after it was shown. Look at it by itself."

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BulkAct:
    """One act. `verb` is whose permit counts (empty: seeing the case is enough); `needs` what is asked for besides.

    `stops` gives a further sentence why not; `happening` is what the verb will tell the decision, None for none.
    """

    label: str
    verb: str
    do: Callable[[int, Given, dict[str, Any]], object]
    needs: tuple[str, ...] = ()
    stops: Callable[[Case, Given, User], str] = lambda case, given, by: ""
    happening: Callable[[Given, User, datetime], Happening | None] = lambda given, by, at: None


def _link(case_id: int, given: Given, who: dict[str, Any]) -> None:
    by, at = who["by"], who["at"]
    case = Case.objects.get(pk=case_id)
    link_case(case, given["problem"], by=by, at=at)
    staff_acts.record("case_problem", by=by, at=at, case=case)


def _linked(case: Case, given: Given, by: User) -> str:
    problem = given["problem"]
    if problem.is_over:
        return "This problem is over. A case that comes now is one of its own."
    link = getattr(case, "known_problem", None)  # comes with the case
    return "It is part of that problem already." if link and link.problem_id == problem.pk else ""


ACTS: dict[str, BulkAct] = {
    "assign": BulkAct(
        "Hand over", "hand_over", lambda pk, given, who: verbs.hand_over(pk, to=given["to"], note=given["note"], **who),
        ("to", "note"), happening=lambda given, by, at: f.HandedOver(at=at, now=at, to=given["to"].pk, by=by.pk),
    ),
    "take": BulkAct(
        "Take over", "take_over", lambda pk, given, who: verbs.take_over(pk, **who),
        happening=lambda given, by, at: f.HandedOver(at=at, now=at, to=by.pk, by=by.pk),
    ),
    "topic": BulkAct(
        "Change topic", "change_topic", lambda pk, given, who: verbs.change_topic(pk, category=given["category"], **who),
        ("category",), stops=lambda case, given, by: not_sortable(case, given["category"]),
        happening=lambda given, by, at: f.TopicChanged(at=at, now=at, category=given["category"].slug, by=by.pk),
    ),
    "problem": BulkAct("Link to a known problem", "", _link, ("problem",), stops=_linked),
    "update": BulkAct(
        "Send update", "update", lambda pk, given, who: verbs.update(pk, text=given["text"], **who), ("text",),
        happening=lambda given, by, at: f.Updated(at=at, now=at, by=by.pk),
    ),
    "remind": BulkAct(
        "Remind who has it", "remind", lambda pk, given, who: verbs.remind(pk, **who),
        stops=lambda case, given, by: not_remindable(case, by),
        happening=lambda given, by, at: f.Reminded(at=at, now=at, by=by.pk),
    ),
}  # fmt: skip


# What it would do ---------------------------------------------------------------------------------------------


@dataclass
class Preview:
    """What each case says: those that can, by number with their last event, those that cannot with why, and letters.

    `letters` are by language how many go to customers, with the case and the notice of the first of them.
    """

    able: dict[int, int] = field(default_factory=dict)
    refused: list[tuple[Case, str]] = field(default_factory=list)
    letters: dict[str, tuple[int, Case, Owed]] = field(default_factory=dict)
    colleagues: int = 0  # notices to colleagues

    def count(self, case: Case, owed: Iterable[Owed]) -> None:
        """Takes down the notices one case would cause."""
        for one in owed:
            if one.tell.to != "customer":
                self.colleagues += 1
                continue
            number, first, sample = self.letters.get(reads(case.customer), (0, case, one))
            self.letters[reads(case.customer)] = (number + 1, first, sample)


def preview(
    name: str, ids: Sequence[int], given: Given, *, by: User, at: datetime, opened: Collection[int] = ()
) -> Preview:
    """What ACTS[name] would do to the cases `ids` that `by` sees, from the same decision; nothing is written.

    `opened` are the restricted cases the person has opened.
    """
    act, actor, found = ACTS[name], Actor.of(by), Preview()
    seen = Case.objects.visible_to(Viewer(by)).with_people().select_related("known_problem")
    for start in range(0, len(ids), CHUNK):
        cases = seen.in_bulk(ids[start : start + CHUNK])
        for turn in turns_of([cases[pk] for pk in ids[start : start + CHUNK] if pk in cases], at):
            _look(act, turn, given, actor, at, opened, found)
    return found


def _look(
    act: BulkAct, turn: Turn, given: Given, actor: Actor, at: datetime, opened: Collection[int], found: Preview
) -> None:
    case, number = turn.case, turn.case.event_seq
    if case.category.is_restricted and case.pk not in opened:
        found.refused.append((case, RESTRICTED))
        return
    try:
        turn.settle(at)
    except (NotNow, MissingCell):
        turn = peek(Case.objects.select_related("category", "customer").get(pk=case.pk), at)
    first = len(turn.owed)
    sentence = (refusal(act.verb, turn.case, actor, turn) if act.verb else "") or act.stops(
        turn.case, given, actor.user
    )
    happening = act.happening(given, actor.user, at)
    if not sentence and happening is not None:
        try:
            turn.take(turn.placed(happening), by=actor.user.pk, role=Event.Role.STAFF)
        except (NotNow, MissingCell) as why:
            sentence = str(why)
    if sentence:
        found.refused.append((case, sentence))
        return
    found.able[case.pk] = number
    found.count(turn.case, turn.owed[first:])


# The run ------------------------------------------------------------------------------------------------------


def begin(name: str, cases: dict[int, int], given: Given, *, form_key: str, by: User, at: datetime) -> BulkRun:
    """A run over `cases` (number -> last event that was shown); pressed twice it is the first one's. Raises Refused."""
    if not Viewer(by).works:
        raise Refused("Only people who work on cases can do this.")
    if not cases:
        raise Refused("There is no case this can be done to.")
    if len(cases) > MOST:
        raise Refused(f"At most {MOST:,} cases at once. Narrow the list first.")
    kept = {key: getattr(value, "pk", value) for key, value in given.items()}
    with transaction.atomic():
        first = {"act": name, "given": kept, "asked_by": by, "asked_at": at, "heard_at": at}
        run, fresh = BulkRun.objects.get_or_create(key=own_key(form_key, by), defaults=first)
        if fresh:
            BulkRow.objects.bulk_create(BulkRow(run=run, case_id=pk, seen=seen) for pk, seen in cases.items())
    return run


def carry_on(run: BulkRun, *, now: Callable[[], datetime]) -> None:
    """Does what is still to do of a run, and ends it. Two who do it at once share the rows."""
    by, act = User.objects.get(pk=run.asked_by_id), ACTS[run.act]
    _goes(run.pk, BulkRun.State.RUNNING, now())
    try:
        given, sentence = resolved(run.given), ""
    except LookupError:
        given, sentence = {}, "What was chosen is not there any more."
    waiting = BulkRow.objects.filter(run=run, state=BulkRow.State.WAITING)
    for pk in list(waiting.values_list("pk", flat=True)):
        _one(pk, act, given, sentence, by, now())
        BulkRun.objects.filter(pk=run.pk).update(heard_at=now())
    if not waiting.exists():
        _goes(run.pk, BulkRun.State.DONE, now())


def _goes(pk: int, state: str, at: datetime) -> None:
    """A run goes on, or is over; what was over stays so."""
    with transaction.atomic():
        run = BulkRun.objects.select_for_update(of=("self",)).get(pk=pk)
        if run.state == BulkRun.State.DONE:
            return
        run.state, run.heard_at = state, at
        if state == BulkRun.State.DONE:
            run.finished_at = at
            run.given = {key: value for key, value in run.given.items() if key not in WORDS}
        run.save(update_fields=["state", "heard_at", "finished_at", "given"])


def _one(pk: int, act: BulkAct, given: Given, sentence: str, by: User, at: datetime) -> None:
    """One row in one transaction: the verb and what became of it are written together, or neither."""
    with transaction.atomic():
        row = BulkRow.objects.select_for_update(of=("self",)).get(pk=pk)
        if row.state != BulkRow.State.WAITING:
            return
        row.state, row.why, row.at = BulkRow.State.DONE, "", at
        try:
            if sentence:
                raise Refused(sentence)
            with transaction.atomic():
                # What has no verb has no page that could have been overtaken.
                act.do(row.case_id, given, {"by": by, "at": at} | ({"seen": row.seen} if act.verb else {}))
        except Stale:
            row.state, row.why = BulkRow.State.REFUSED, MOVED_ON
        except (Refused, MissingCell, LookupError) as why:
            row.state, row.why = BulkRow.State.REFUSED, str(why)[:300]
        except DatabaseError:
            raise  # nothing of this row is written: whoever goes on begins with it
        except Exception as why:
            log.exception("Row %s of a run over many cases failed.", pk)
            row.state, row.why = BulkRow.State.FAILED, f"It could not be done: {type(why).__name__}."
        row.save(update_fields=["state", "why", "at"])


def resolved(kept: Given) -> Given:
    """What an act needs, from what is kept of it. Raises LookupError where it is gone."""
    tables: dict[str, Any] = {"to": User, "category": Category, "problem": KnownProblem}
    found = dict(kept)
    for key, model in tables.items():
        if key in kept:
            row = model.objects.filter(pk=kept[key]).first()
            if row is None:
                raise LookupError(key)
            found[key] = row
    return found
