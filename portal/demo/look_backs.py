"""The demo's post-mortems: those the fortnight asked for, one of them written, told to the customer and accepted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cases.lifecycle import State
from cases.models import Case, Event
from escalation.models import ProtocolVersion
from feedback import alternatives, counterfactual, post_mortem_acts, post_mortems
from feedback.models import Condition, Ground, Measure, PostMortem
from feedback.post_mortem_acts import Draft
from portal.console import backtest_run
from portal.demo.people import Cast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SORRY = "I am sorry for the way this took. You explained it to each of us, and each of us began anew."
WRONG = (
    "Your case went up level by level, and at each of them somebody looked at it anew instead of writing to you first."
)
INSTEAD = "We send you a voucher of 40.00 today and Ana rings you tomorrow at ten, so that you explain nothing twice."
WRITTEN = Draft(
    happened="The case climbed because each level looked for the cause before it wrote a word. The customer heard of it after the time we had named.",
    effect="They waited without knowing who had the case, and wrote to us to ask.",
    conditions=(Condition.TIMES, Condition.SIGNAL),
    unseen="The warning before the time came ten minutes before it, when the shift was changing.",
    worked="The engine said that we missed the time before the customer had to ask.",
)
PLAIN = Draft(
    happened="The case went up to level 4 before anybody named a time we could keep. The answer came from the level that had it first.",
    effect="They explained the same thing three times.",
    conditions=(Condition.ROUTING, Condition.KNOWLEDGE),
    unseen="The topic they chose was right; the playbook for it said nothing of such a case.",
    worked="Each level told the customer that the case had moved.",
)
MEASURES = (
    (Measure.Kind.PROTOCOL, "Levels write first and look for the cause afterwards: an hour more to acknowledge.", 9),
    (Measure.Kind.TOOL, "The warning before a time comes half an hour ahead, not at the change of the shift.", 5),
)
CLOSED = 2  # the oldest ones


def write(people: Cast, now: datetime) -> None:
    """Opens what the log asks for, each at its time; writes the newest one whose case can still be written on."""
    for case in Case.objects.order_by("pk"):
        found = post_mortems.look_at(case.pk, at=now)
        if found is not None:
            _as_of(found)
    ended = (State.WORKING, State.FEEDBACK, State.CLOSED)
    rows = list(PostMortem.objects.filter(case__state__in=ended).select_related("case__customer").order_by("opened_at"))
    for one in rows[:CLOSED]:
        _told(one, people, now - DAY, PLAIN)
        post_mortem_acts.close(one, seen=one.number + 1, by=people.supervisors[0], at=now)
    if len(rows) > CLOSED:
        _told(rows[-1], people, now, WRITTEN)
        _try(rows[-1], people, now)


def _as_of(found: PostMortem) -> None:
    """The engine looks some seconds after it happens; the demo only at its end."""
    first = found.grounds.order_by("seq").first()
    at = Event.objects.get(case=found.case_id, seq=first.seq).recorded_at if first else found.opened_at
    due = post_mortems.working_day(post_mortems.day_of(at), 5, at)
    PostMortem.objects.filter(pk=found.pk).update(opened_at=at, due_on=due)
    Ground.objects.filter(post_mortem=found).update(at=at)


def _told(one: PostMortem, people: Cast, now: datetime, words: Draft) -> None:
    """The letter, the customer's yes, what was learned, and what will be different."""
    by, owner = people.supervisors[0], people.members["service-representatives"][1]
    last = Event.objects.filter(case=one.case_id).latest("seq").recorded_at
    at = max(now - 3 * HOUR, last)
    said: dict[str, Any] = {"sorry": SORRY, "wrong": WRONG, "alternative": INSTEAD}
    offer = alternatives.offer(one, **said, by=by, at=at)
    alternatives.answer(one.case, "accepted", seen=offer.pk, by=one.case.customer, at=max(now - HOUR, at))
    post_mortem_acts.write(one, words, seen=one.number, by=by, at=max(now, at))
    for kind, text, days in MEASURES:
        due = (max(now, at) + days * DAY).date()
        post_mortem_acts.add_measure(one, kind=kind, text=text, owner=owner, due_on=due, by=by, at=max(now, at))


def _try(one: PostMortem, people: Cast, now: datetime) -> None:
    """The draft that is being written, tried on the case and on the others."""
    draft = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.DRAFT).order_by("-number").first()
    if draft is not None:
        kept = counterfactual.try_on(one, draft, by=people.supervisors[0], at=now)
        counterfactual.add_others(kept, backtest_run.ask(draft, 90, by=people.supervisors[0], at=now))
