"""A case that went up and was settled, for the tests of what colleagues learn from cases."""

from datetime import timedelta

from escalation import verbs
from escalation.models import Heartbeat
from feedback import retros
from feedback.models import Retro
from tests import solving
from tests.cast import MONDAY

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def went_up(cast, *, at=MONDAY, owner=None, **filing):
    """Filed, worked on by Tom, passed up, answered by Mara of level 2 (or `owner`), accepted an hour later."""
    tom, mara = cast.tiers[1], owner or cast.tiers[2]
    case = cast.file(at=at, **filing)
    wanted = {"severity": 3, "complexity": 1, "category": case.category, "reason": "It can wait."}
    verbs.assess(case.pk, **wanted, by=tom, at=at + 2 * MINUTE)
    verbs.acknowledge(case.pk, by=tom, at=at + 4 * MINUTE)
    solving.escalate(case.pk, reason="Needs a manager.", by=tom, at=at + 6 * MINUTE)
    verbs.review(case.pk, by=mara, at=at + 8 * MINUTE)
    verbs.acknowledge(case.pk, by=mara, at=at + 10 * MINUTE)
    solving.answer(case.pk, text="Paid back.", outcome="fixed", root_cause="A click", by=mara, at=at + 12 * MINUTE)
    return verbs.accept(case.pk, by=case.customer, at=at + HOUR)


def asked(at):
    """Retros are asked for, as a beat does it."""
    Heartbeat.objects.get_or_create(role="beat", defaults={"last_loop": at, "last_success": at})
    if retros.due(at).exists():
        retros.ask(at)
    return {row.person: row for row in Retro.objects.select_related("person", "case")}
