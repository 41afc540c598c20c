"""A time a person chose: the clock that falls due at that very instant, and the next promise moved to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from escalation import facts as f
from escalation.altered import altered
from escalation.decision.ladder import NotNow
from escalation.facts import Clock, ClockFact, Decision, Facts, Outcome, Tell
from escalation.protocol import Rules
from escalation.timing import cell_of, on_calendar, target_of

ONE_SECOND = timedelta(seconds=1)
#: The promises of a word from us: who has the case may move them. The others are promises of an act.
OF_A_WORD = (Clock.UPDATE, Clock.REPLY)
NO_PROMISE = "No next word is promised that could be moved."
PUT_OFF = "This time was put off once already, and once only. Send an update instead: it starts a new time."


def chosen(clock: ClockFact, start: datetime, due: datetime, rules: Rules, *, latest: datetime | None) -> ClockFact:
    """The clock counted from `start` so that it falls due at `due`. Raises NotNow where nobody is at work then."""
    calendar = rules.by_label(clock.calendar)
    target = calendar.worked(start, due, clock.pauses)
    reached = on_calendar(altered(clock, started_at=start, target=target), calendar).due
    falls_short = reached is not None and due - reached >= ONE_SECOND
    if falls_short and not calendar.is_open(due):
        sentence = "Nobody is at work at that time. Choose a time inside the opening hours."
        raise NotNow(sentence, field="next_at", latest=latest)
    # What is counted up to the moment of opening was reached at closing time: the chosen time needs a second more.
    target = max(target + 1 if falls_short else target, 1)
    return on_calendar(altered(clock, started_at=start, target=target), calendar)


def promise_moved(facts: Facts, h: f.PromiseMoved, rules: Rules) -> Decision:
    """The next word's clock goes on from where it started, towards another instant: later once, by one interval at most."""
    held, latest = movable(facts, rules)
    _allowed(held, h, latest)
    moved = chosen(held, _start(held, h.next_at), h.next_at, rules, latest=latest)
    moved = altered(moved, put_off=held.put_off or held.due is None or h.next_at > held.due)
    if moved.warn is not None and moved.warn <= h.at:
        moved = altered(moved, warn=None)
    return Decision(
        ends={held.kind: Outcome.CANCELLED},
        starts=(moved,),
        tells=(Tell("new_time", "customer", {"said": held.due}),),
    )


def movable(facts: Facts, rules: Rules) -> tuple[ClockFact, datetime]:
    """The clock of the next word, and the latest instant it can be moved to. Raises NotNow where none is promised.

    That is one interval past the time that was given. Once it was put off it is the time it stands at, also when it
    was brought forward since: what the customer read last is what counts for them.
    """
    held = next((c for kind in OF_A_WORD if (c := facts.clock(kind)) and c.promise), None)
    if held is None or held.due is None:
        raise NotNow(NO_PROMISE)
    interval = target_of(cell_of(facts, rules), held.kind) or held.target
    latest = on_calendar(altered(held, target=held.target + interval), rules.by_label(held.calendar)).due
    return held, held.due if held.put_off or latest is None else latest


def _allowed(held: ClockFact, h: f.PromiseMoved, latest: datetime) -> None:
    if held.due is None or h.next_at <= h.at:
        raise NotNow("The new time must lie in the future.", field="next_at", latest=latest)
    if abs(h.next_at - held.due) < ONE_SECOND:
        raise NotNow("That is the time we gave already. Choose another one.", field="next_at", latest=latest)
    if h.next_at > latest == held.due:
        raise NotNow(PUT_OFF, field="next_at", latest=latest)
    if h.next_at > latest:
        sentence = "A promise may be put off by one interval of this case at most."
        raise NotNow(sentence, field="next_at", latest=latest)


def _start(held: ClockFact, due: datetime) -> datetime:
    """When it started, in whole seconds from the chosen instant, so that this very instant is what is promised."""
    start = held.started_at.replace(microsecond=due.microsecond)
    return start if start <= held.started_at else start - ONE_SECOND
