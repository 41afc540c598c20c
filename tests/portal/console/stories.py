"""Cases brought to a state through the verbs, for the tests of the console's pages."""

import re
from datetime import timedelta

from cases.models import Category
from escalation import verbs
from tests.cast import MONDAY
from tests.escalation.stories import publish_protocol


def minutes(n):
    return MONDAY + timedelta(minutes=n)


def assessed(cast, severity=2, **more):
    case = cast.file(**more)
    topic = Category.objects.get(slug="billing")
    wanted = {"severity": severity, "complexity": 1, "category": topic, "reason": "It can wait."}
    return verbs.assess(case.pk, **wanted, by=cast.tiers[1], at=minutes(2))


def acknowledged(cast, **more):
    return verbs.acknowledge(assessed(cast, **more).pk, by=cast.tiers[1], at=minutes(4))


def passed_up(cast):
    return verbs.escalate(acknowledged(cast).pk, reason="Needs a manager.", by=cast.tiers[1], at=minutes(6))


def reviewed(cast):
    return verbs.review(passed_up(cast).pk, by=cast.tiers[2], at=minutes(8))


def waiting_partner(cast):
    return verbs.wait_partner(
        acknowledged(cast).pk, partner="the bank", text="We asked the bank.", by=cast.tiers[1], at=minutes(6)
    )


def answered(cast):
    return verbs.answer(
        acknowledged(cast).pk,
        text="Paid back.",
        outcome="refunded",
        amount=10,
        root_cause="Double click",
        by=cast.tiers[1],
        at=minutes(6),
    )


def asked_supervisor(cast, **more):
    return verbs.ask_supervisor(acknowledged(cast, **more).pk, reason="slow", by=cast.customer, at=minutes(6))


def emergency(cast, **more):
    return verbs.emergency(acknowledged(cast, **more).pk, by=cast.tiers[1], at=minutes(6))


def older_version(cast):
    """A case under version 1 while version 2, twice as fast, is in force."""
    case = acknowledged(cast)
    publish_protocol(
        lambda d: [row.update(update=row["update"] // 2, resolve=row["resolve"] // 2) for row in d["matrix"]],
        minutes(5),
    )
    return case


def main_of(page):
    """What a page itself has, from its <main> on, without what the shell adds on every page."""
    return page.content.decode().partition("<main")[2].partition("</main>")[0]


def hidden(page):
    """The hidden fields of an act's form, as a browser would send them back."""
    text = page.content.decode()
    found = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', text):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrfmiddlewaretoken":
            found[name[1]] = value[1] if value else ""
    return found


def act_url(case, verb):
    return f"/console/cases/case/{case.pk}/act/{verb}/"


def page_url(case):
    return f"/console/cases/case/{case.pk}/change/"
