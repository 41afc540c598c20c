"""Cases the plan failed, and what is written about them, for the tests of pages and console."""

from datetime import timedelta

from escalation import publishing, verbs
from escalation.models import ProtocolVersion
from feedback import alternatives, post_mortem_acts, post_mortems
from feedback.models import Condition, Measure
from feedback.post_mortem_acts import Draft
from tests import solving
from tests.cast import MONDAY

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WRITTEN = Draft(
    happened="The last level did not write by the time we had named. Nobody is above it.",
    effect="Sam waited half a day without a word.",
    conditions=(Condition.TIMES, Condition.LEVELS),
    unseen="Nobody looks at the last level before its time is over.",
    worked="The customer was told at once.",
)


def climbed(cast, *, at=MONDAY):
    """A case at the last level, with a person and a promise."""
    case = cast.file(at=at)
    for tier in range(1, 5):
        at += MINUTE
        solving.escalate(case.pk, reason="Up.", by=cast.tiers[tier], at=at)
        verbs.review(case.pk, by=cast.tiers[tier + 1], at=at)
    verbs.acknowledge(case.pk, by=cast.tiers[5], at=at)
    case.refresh_from_db()
    return case


def failed(cast, *, at=MONDAY):
    """A case whose last level missed its time; nobody is above. The case, and when that was noticed."""
    case = climbed(cast, at=at)
    late = case.promise_at + MINUTE
    verbs.note(case.pk, text="Where are we?", by=cast.supervisor, at=late)
    case.refresh_from_db()
    return case, late


def opened(cast, *, at=MONDAY):
    """The post-mortem that opened itself, its case, and when."""
    case, late = failed(cast, at=at)
    return post_mortems.look_at(case.pk, at=late), case, late


def offered(cast, post_mortem, at, **more):
    """The apology with an alternative."""
    said = {
        "sorry": "We are sorry that you waited.",
        "wrong": "Nobody at our last level wrote to you in time.",
        "alternative": "We send your money back today by hand instead of waiting for the bank.",
    }
    return alternatives.offer(post_mortem, **said | more, by=cast.supervisor, at=at)


def measure(cast, post_mortem, at, *, kind=Measure.Kind.PROTOCOL, text="The last level has a day more.", days=3):
    """Something that will be different."""
    due = (at + days * DAY).date()
    return post_mortem_acts.add_measure(
        post_mortem, kind=kind, text=text, owner=cast.tiers[1], due_on=due, by=cast.supervisor, at=at
    )


def written(cast, post_mortem, at):
    """All that is asked of it, but the customer's part."""
    post_mortem_acts.write(post_mortem, WRITTEN, seen=post_mortem.number, by=cast.supervisor, at=at)
    measure(cast, post_mortem, at)
    post_mortem.refresh_from_db()
    return post_mortem


def closed(cast, *, at=MONDAY):
    """One that is closed, with when."""
    found, _case, late = opened(cast, at=at)
    offered(cast, found, late)
    written(cast, found, late)
    return post_mortem_acts.close(found, seen=found.number, by=cast.supervisor, at=late), late


def more_time(by, at):
    """A draft whose levels have four times the time for every update."""
    now = publishing.in_force(ProtocolVersion, "five-tier")
    document = now.document | {"matrix": [row | {"update": row["update"] * 4} for row in now.document["matrix"]]}
    return publishing.draft(ProtocolVersion, "five-tier", document=document, note="More time.", by=by, at=at)


def put_in_force(draft, *, by, second, at):
    """The draft read by a second person and published."""
    publishing.review(draft, seen=draft.revision, by=second, at=at)
    return publishing.publish(draft, by=by, at=at, errors=lambda version: [])
