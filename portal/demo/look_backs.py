"""The demo's post-mortems: those the fortnight asked for, one of them written, told to the customer and accepted."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.lifecycle import State
from cases.models import Case, Event
from feedback import alternatives, post_mortem_acts, post_mortems
from feedback.models import Condition, Ground, Measure, PostMortem
from feedback.post_mortem_acts import Draft
from portal.demo.people import Cast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: At most so many of a short demo; the engine opens those that are left in its next round.
SORRY = "I am sorry. You were told a time, and it passed without a word from us."
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


def write(people: Cast, now: datetime) -> None:
    """Opens what the log asks for, each at its time; writes the newest one whose case can still be written on."""
    for case in Case.objects.order_by("pk"):
        found = post_mortems.look_at(case.pk, at=now)
        if found is not None:
            _as_of(found)
    rows = PostMortem.objects.filter(closed_at=None, case__state__in=(State.WORKING, State.FEEDBACK, State.CLOSED))
    one = rows.select_related("case", "case__customer").order_by("-opened_at", "-pk").first()
    if one is not None:
        _told(one, people, now)


def _as_of(found: PostMortem) -> None:
    """The engine looks some seconds after it happens; the demo only at its end."""
    first = found.grounds.order_by("seq").first()
    at = Event.objects.get(case=found.case_id, seq=first.seq).recorded_at if first else found.opened_at
    due = post_mortems.working_day(post_mortems.day_of(at), 5, at)
    PostMortem.objects.filter(pk=found.pk).update(opened_at=at, due_on=due)
    Ground.objects.filter(post_mortem=found).update(at=at)


def _told(one: PostMortem, people: Cast, now: datetime) -> None:
    by, owner = people.supervisors[0], people.members["service-representatives"][1]
    last = Event.objects.filter(case=one.case_id).latest("seq").recorded_at
    at = max(now - 3 * HOUR, last)
    said = {"sorry": SORRY, "wrong": WRONG, "alternative": INSTEAD}
    offer = alternatives.offer(one, **said, by=by, at=at)
    alternatives.answer(one.case, "accepted", seen=offer.pk, by=one.case.customer, at=max(now - HOUR, at))
    post_mortem_acts.write(one, WRITTEN, seen=one.number, by=by, at=now)
    for kind, text, days in (
        (
            Measure.Kind.PROTOCOL,
            "Levels write first and look for the cause afterwards: an hour more to acknowledge.",
            9,
        ),
        (Measure.Kind.TOOL, "The warning before a time comes half an hour ahead, not at the change of the shift.", 5),
    ):
        post_mortem_acts.add_measure(
            one, kind=kind, text=text, owner=owner, due_on=(now + days * DAY).date(), by=by, at=now
        )
