"""“Needs me now”: each case once, in its worst group, saying why; and the bars that must not be missed."""

import html
from datetime import timedelta

from django.db import transaction

from escalation import verbs
from escalation.models import Alert, Heartbeat, Notice
from escalation.store import flush, lock
from portal import clock
from tests.portal.console import stories


def settle(case, at):
    """What the sweep does to one case."""
    with transaction.atomic():
        turn = lock(case.pk, at)
        turn.settle(at)
        flush([turn], at)


def groups(client, query=""):
    page = client.get(f"/console/{query}")
    return {g["title"]: [row["case"].title for row in g["rows"]] for g in page.context["groups"]}, page


def test_every_case_stands_once_in_its_worst_group(signed_in, cast, go):
    late = stories.acknowledged(cast, title="Late one")
    soon = stories.acknowledged(cast, title="Soon one")
    stories.asked_supervisor(cast, severity=4, title="Asked one")
    cast.file(at=stories.minutes(20), impact="question", title="New one")
    stories.acknowledged(cast, title="Calm one")
    lost = stories.acknowledged(cast, title="Unheard one")
    for case, next_at in ((late, 40), (soon, 90)):
        verbs.update(case.pk, text="Soon.", next_at=stories.minutes(next_at), by=cast.tiers[1], at=stories.minutes(10))
    for case in (late, lost):
        Notice.objects.filter(case=case, kind="received").update(state="dead", error="550 mailbox full")
    settle(late, stories.minutes(41))
    go(stories.minutes(45))
    found, page = groups(signed_in(cast.supervisor))
    assert found == {
        "Late": ["Late one"],
        "Due within two hours": ["Soon one"],
        "Asked for a supervisor": ["Asked one"],
        "Not acknowledged": ["New one"],
        "Customer not reached": ["Unheard one"],
    }
    why = next(row["why"] for g in page.context["groups"] for row in g["rows"] if row["case"].pk == late.pk)
    assert "We promised today, 10:40 and missed it" in why
    assert "550 mailbox full" in why
    assert page.context["total"] == 5


def test_a_late_case_stays_late_until_the_promise_is_made_good(signed_in, cast, go):
    case = stories.acknowledged(cast)
    verbs.update(case.pk, text="Soon.", next_at=stories.minutes(60), by=cast.tiers[1], at=stories.minutes(10))
    client = signed_in(cast.supervisor)
    at = stories.minutes(130)
    settle(case, stories.minutes(61))
    go(at)
    found, page = groups(client)
    assert found["Late"] == [case.title]
    assert "Late by 1 h 10 min" in page.content.decode()
    verbs.review(case.pk, by=cast.tiers[2], at=stories.minutes(62))
    assert groups(client)[0]["Late"] == [case.title]
    # A named person confirms in time: the customer has heard a kept word since, and no page calls it late.
    verbs.acknowledge(case.pk, by=cast.tiers[2], at=stories.minutes(63))
    assert groups(client)[0]["Late"] == []


def test_a_case_nobody_has_swept_yet_is_late_all_the_same(signed_in, cast, go):
    case = stories.acknowledged(cast)
    verbs.update(case.pk, text="Soon.", next_at=stories.minutes(60), by=cast.tiers[1], at=stories.minutes(10))
    go(stories.minutes(65))
    assert groups(signed_in(cast.supervisor))[0]["Late"] == [case.title]


def test_the_order_is_by_promise_and_then_by_severity(signed_in, cast, go):
    first = stories.acknowledged(cast, title="First")
    second = stories.acknowledged(cast, title="Second")
    for case, minute in ((second, 90), (first, 80)):
        verbs.update(case.pk, text="x", next_at=stories.minutes(minute), by=cast.tiers[1], at=stories.minutes(10))
    go(stories.minutes(30))
    assert groups(signed_in(cast.supervisor))[0]["Due within two hours"] == ["First", "Second"]


def test_an_agent_starts_with_their_teams_and_may_look_at_everyone(signed_in, cast, monday):
    stories.passed_up(cast)
    assert sum(map(len, groups(signed_in(cast.tiers[1]))[0].values())) == 0
    assert sum(map(len, groups(signed_in(cast.tiers[1]), "?who=all")[0].values())) == 1
    assert sum(map(len, groups(signed_in(cast.tiers[2]))[0].values())) == 1
    assert sum(map(len, groups(signed_in(cast.tiers[2]), "?who=mine")[0].values())) == 0
    assert sum(map(len, groups(signed_in(cast.tiers[1]), "?who=nonsense")[0].values())) == 0


def test_row_acts_lead_to_what_the_person_may_do(signed_in, cast, monday):
    case = stories.passed_up(cast)
    for who, labels in ((cast.tiers[2], ["Confirm SLA review", "Take over"]), (cast.tiers[1], [])):
        _, page = groups(signed_in(who), "?who=all")
        (row,) = [row for g in page.context["groups"] for row in g["rows"]]
        assert [act["label"] for act in row["acts"]] == labels
    assert signed_in(cast.tiers[2]).get(stories.act_url(case, "review")).status_code == 200


def test_nothing_to_do_names_the_next_deadline(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    text = html.unescape(signed_in(cast.supervisor).get("/console/").content.decode())
    assert "Nothing needs you." in text
    assert case.reference in text
    assert "None" in text


def test_a_silent_engine_shows_on_every_page(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    case = stories.acknowledged(cast)
    assert "clock worker" not in client.get("/console/").content.decode()
    Heartbeat.objects.filter(role="beat").update(last_success=clock.now() - timedelta(minutes=14))
    for url in ("/console/", "/console/cases/case/", stories.page_url(case)):
        text = client.get(url).content.decode()
        assert "The clock worker last ran 14 minutes ago. Deadlines below may be missing." in text
    Heartbeat.objects.all().delete()
    assert "The clock worker has never run." in client.get("/console/").content.decode()


def test_open_alarms_are_red_until_they_are_put_right(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    alert = Alert.objects.create(case=case, kind="plan_exhausted", text="Nobody is above it.", raised_at=clock.now())
    client = signed_in(cast.supervisor)
    assert "Nobody is above it." in client.get("/console/").content.decode()
    assert "Nobody is above it." in client.get(stories.page_url(case)).content.decode()
    alert.cleared_at = clock.now()
    alert.save(update_fields=["cleared_at"])
    assert "Nobody is above it." not in client.get("/console/").content.decode()


def test_practice_cases_are_nowhere(signed_in, cast, monday):
    case = cast.file(title="A practice case")
    type(case).everything.filter(pk=case.pk).update(is_drill=True)
    client = signed_in(cast.supervisor)
    for url in ("/console/?who=all", "/console/cases/case/?group=any"):
        assert "A practice case" not in client.get(url).content.decode()
    assert client.get(stories.page_url(case)).status_code == 404
    assert client.get(stories.act_url(case, "note")).status_code == 404
