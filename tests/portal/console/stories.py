"""Cases brought to a state through the verbs, for the tests of the console's pages."""

import re
from datetime import timedelta

from cases.access import Viewer
from cases.models import Case, Category, PersonSkill, Skill, User
from escalation import verbs
from portal import clock
from portal.console.case_page import seen_case
from portal.console.on_record import read
from portal.console.timeline import rows_of
from tests import solving
from tests.cast import MONDAY
from tests.escalation.stories import PACKET, lost, publish_protocol


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
    return solving.escalate(acknowledged(cast).pk, reason="Needs a manager.", by=cast.tiers[1], at=minutes(6))


def reviewed(cast):
    return verbs.review(passed_up(cast).pk, by=cast.tiers[2], at=minutes(8))


def offered(cast, **more):
    """Tom has asked Ana to take it over."""
    case = acknowledged(cast, **more)
    return verbs.offer(case.pk, to=cast.mate, **PACKET, by=cast.tiers[1], at=minutes(6))


def upset(cast, **more):
    case = acknowledged(cast, **more)
    return verbs.mark_upset(case.pk, reason="Shouted on the phone.", by=cast.tiers[1], at=minutes(6))


def unreached(cast, **more):
    """We asked Sam which card, and the letter came back."""
    case = acknowledged(cast, **more)
    verbs.wait_customer(case.pk, question="Which card did you pay with?", by=cast.tiers[1], at=minutes(6))
    lost(case)
    return Case.objects.get(pk=case.pk)


def waiting_partner(cast):
    return verbs.wait_partner(
        acknowledged(cast).pk, partner="the bank", text="We asked the bank.", by=cast.tiers[1], at=minutes(6)
    )


def investigated(cast, **more):
    case = acknowledged(cast, **more)
    return verbs.investigate(case.pk, **solving.INVESTIGATION, by=cast.tiers[1], at=minutes(5))


def answered(cast):
    return solving.answer(
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


def planned(cast, **more):
    """A case with one task."""
    case, due = acknowledged(cast, **more), minutes(90)
    return verbs.add_task(case.pk, text="Ring the depot", due_at=due, by=cast.tiers[1], at=minutes(6))


def with_expert(cast, **more):
    """A case, and Priya of level 3 who is trained in law."""
    skill = Skill.objects.create(slug="law", name="Law")
    PersonSkill.objects.create(person=cast.tiers[3], skill=skill, trained_on=MONDAY.date())
    return acknowledged(cast, **more)


def asked_expert(cast, **more):
    case = with_expert(cast, **more)
    given = {"expert": cast.tiers[3], "question": "May we pay it back?", "due_at": minutes(90)}
    return verbs.consult(case.pk, **given, by=cast.tiers[1], at=minutes(6))


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


def rows_shown(case, shown="all"):
    """The rows of the case's timeline, as a supervisor reads them."""
    staff = Viewer(User.objects.get(email="dana@example.com"))
    return rows_of(read(seen_case(staff, case.pk), staff, clock.now()), shown)


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
