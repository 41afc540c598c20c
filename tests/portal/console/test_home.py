"""“Needs me now”: each case once, in its worst group, saying why; and the bars that must not be missed."""

import html
from datetime import timedelta

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation import beside, saved_views, verbs
from escalation.models import Alert, Heartbeat, Notice, ProtocolVersion
from escalation.store import flush, lock
from portal import clock
from portal.console import home_alarms, queries
from tests.portal.console import stories
from tests.portal.console import test_lists as few
from tests.portal.console.many import many
from tests.portal.console.test_lists import words

LIST = "/console/cases/case/"


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
        assert "letter worker" not in text
    Heartbeat.objects.all().delete()
    text = client.get("/console/").content.decode()
    assert "The clock worker has never run." in text and "The letter worker has never run." in text
    assert "The queue" not in text, "where it never ran it is not used"


def test_the_bar_says_which_hand_is_silent(signed_in, cast, monday):
    client, now = signed_in(cast.supervisor), clock.now()
    Heartbeat.objects.create(role="queue", last_loop=now, last_success=now)
    assert "red-bar" not in client.get("/console/").content.decode()
    Heartbeat.objects.filter(role="letters").update(last_success=now - timedelta(minutes=9))
    Heartbeat.objects.filter(role="queue").update(last_success=now - timedelta(minutes=6))
    text = client.get("/console/").content.decode()
    assert "The letter worker last ran 9 minutes ago. Letters to customers wait." in text
    assert (
        "The queue last ran 6 minutes ago. Back-tests and other long jobs wait; deadlines and letters do not." in text
    )
    assert "clock worker" not in text


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


def test_each_group_has_its_own_first_rows_and_its_whole_count(signed_in, cast, go, monkeypatch):
    """However many are late, who asked for a supervisor is there to be seen."""
    monkeypatch.setitem(queries.listed.__kwdefaults__, "most", 2)
    for n in range(4):
        case = stories.acknowledged(cast, title=f"Late {n}")
        verbs.update(case.pk, text="x", next_at=stories.minutes(40 + n), by=cast.tiers[1], at=stories.minutes(10))
    stories.asked_supervisor(cast, severity=4, title="Asked one")
    go(stories.minutes(45))
    found, page = groups(signed_in(cast.supervisor))
    assert found["Late"] == ["Late 0", "Late 1"] and found["Asked for a supervisor"] == ["Asked one"]
    counts = {g["title"]: g["count"] for g in page.context["groups"]}
    assert counts["Late"] == 4 and page.context["total"] == 5
    assert "2 of 4 are shown." in page.content.decode()


def test_a_letter_that_owns_up_and_does_not_arrive_stands_first(signed_in, cast, go):
    first, second = (stories.acknowledged(cast, title=title) for title in ("First", "Second"))
    for case, minute in ((first, 40), (second, 41)):
        verbs.update(case.pk, text="x", next_at=stories.minutes(minute), by=cast.tiers[1], at=stories.minutes(10))
        settle(case, stories.minutes(42))
    client = signed_in(cast.supervisor)
    go(stories.minutes(45))
    assert groups(client)[0]["Late"] == ["First", "Second"]
    Notice.objects.filter(case=second, kind="promise_broken").update(state="dead", error="550 mailbox full")
    Notice.objects.filter(case=first, kind="promise_broken").update(state="sent", sent_at=stories.minutes(43))
    found, page = groups(client)
    assert found["Late"] == ["Second", "First"]
    why = {row["case"].title: row["why"] for g in page.context["groups"] for row in g["rows"]}
    assert why["Second"].startswith("The letter that owns up to the missed time did not reach the customer. Call them.")
    assert "We promised today, 10:40 and missed it; customer told today, 10:43." in why["First"]


def test_who_asked_for_a_supervisor_says_why_and_reads_by_when(signed_in, cast, go):
    stories.asked_supervisor(cast, severity=4, title="Asked one")
    go(stories.minutes(45))
    _, page = groups(signed_in(cast.supervisor))
    (row,) = next(g["rows"] for g in page.context["groups"] if g["title"] == "Asked for a supervisor")
    assert "Asked for a supervisor (“It is taking too long”)" in row["why"] and ", answer by " in row["why"]


def test_an_overdue_task_is_said_and_its_alarm_has_an_act(signed_in, cast, go):
    case = stories.acknowledged(cast)
    verbs.update(case.pk, text="x", next_at=stories.minutes(90), by=cast.tiers[1], at=stories.minutes(5))
    verbs.add_task(case.pk, text="Call the bank", due_at=stories.minutes(20), by=cast.tiers[1], at=stories.minutes(6))
    beside.tell_tasks(stories.minutes(30))
    go(stories.minutes(45))
    _, page = groups(signed_in(cast.supervisor))
    (row,) = next(g["rows"] for g in page.context["groups"] if g["rows"])
    assert "At risk: a task is overdue" in row["why"]
    # Every promise to the customer stands: no red bar.
    assert page.context["alerts"]["rows"] == []
    (alarm,) = page.context["alerts"]["at_risk"]
    assert "At risk (1)" in words(page)
    assert [act["label"] for act in alarm["acts"]] == ["Task done"]


def test_late_tasks_push_no_red_alarm_off_the_page(signed_in, cast, go):
    case = stories.acknowledged(cast)
    late = {"kind": "task_overdue", "text": "At risk.", "raised_at": stories.minutes(5)}
    for _ in range(home_alarms.MOST + 1):
        Alert.objects.create(case=cast.file(at=stories.minutes(1)), **late)
    Alert.objects.create(case=case, kind="plan_exhausted", text="Nobody is above it.", raised_at=stories.minutes(9))
    go(stories.minutes(10))
    alerts = signed_in(cast.supervisor).get("/console/?who=all").context["alerts"]
    assert [row["alert"].kind for row in alerts["rows"]] == ["plan_exhausted"]
    assert len(alerts["at_risk"]) == home_alarms.MOST - 1 and alerts["more"]


def test_levels_are_counted_by_the_case_s_own_protocol(signed_in, cast, monday):
    document = ProtocolVersion.objects.get(key="five-tier").document
    stories.passed_up(cast)
    text = signed_in(cast.supervisor).get("/console/").content.decode()
    assert f"Level 2 of {len(document['tiers'])}" in text


def test_the_page_greets_by_name_and_hour(signed_in, cast, monday, go):
    client = signed_in(cast.supervisor)
    assert f"Good morning, {cast.supervisor.first_name}" in client.get("/console/").content.decode()
    go(stories.minutes(60 * 9))
    assert f"Good evening, {cast.supervisor.first_name}" in client.get("/console/").content.decode()


def test_nothing_to_do_names_the_next_deadline_of_those_looked_at(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    text = signed_in(cast.tiers[3]).get("/console/?who=mine").content.decode()
    assert "Nothing needs you." in text and case.reference not in text
    assert case.reference in signed_in(cast.tiers[1]).get("/console/?who=mine").content.decode()


def test_mail_that_goes_nowhere_is_said_on_every_page(signed_in, cast, monday, settings):
    client, said = signed_in(cast.supervisor), "Customers are not being told anything: mail is not set up."
    for page in ("/console/", "/console/cases/case/"):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        assert said not in client.get(page).content.decode()
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        assert said in client.get(page).content.decode()


def test_what_stands_around_is_a_page_and_a_part(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    home = client.get("/console/").content.decode()
    assert 'data-around="/console/around/?part"' in home and 'href="/console/around/"' in home
    page, part = (client.get(f"/console/around/{query}").content.decode() for query in ("", "?part"))
    assert "On duty:" in page and "<html" in page
    assert "On duty:" in part and "<html" not in part
    assert "On duty:" not in signed_in(cast.tiers[1]).get("/console/around/").content.decode()


def test_every_group_leads_to_all_its_cases_in_the_scope_looked_at(signed_in, cast, monday):
    """Beyond the rows of the page too: the list behind the link has exactly the group, and asks no more than it may."""
    many(cast, 300, spread=timedelta(hours=6))
    for title in ("Asked one", "Asked two"):
        stories.asked_supervisor(cast, severity=4, title=title)
    lost = stories.acknowledged(cast, severity=4, title="Unheard one")
    Notice.objects.filter(case=lost, kind="received").update(state="dead", error="550 mailbox full")
    client, seen = signed_in(cast.mate), set()
    saved_views.keep("High ones", query="severity=2", by=cast.mate)
    client.get("/console/")  # what a process keeps
    for scope in queries.SCOPES:
        with CaptureQueriesContext(connection) as questions:
            page = client.get(f"/console/?who={scope}")
        assert len(questions) <= few.MOST
        for group in page.context["groups"]:
            url = f"{LIST}?needs={group['key']}" + (f"&who={scope}" if scope != "all" else "")
            with CaptureQueriesContext(connection) as questions:
                found = client.get(url).context
            assert len(questions) <= few.MOST and not found["left_out"]
            assert found["cl"].result_count == group["count"], (scope, group["title"])
            rows = {row["case"].pk for row in group["rows"]}
            if group["count"] <= 50:
                assert {case.pk for case in found["cl"].result_list} == rows
            else:
                seen.add(group["title"])
                assert f'href="{url.replace("&", "&amp;")}"' in page.content.decode()
    assert "Late" in seen
    line = client.get("/console/").content.decode().partition('aria-label="Saved views"')[2].partition("</nav>")[0]
    assert f'href="{LIST}?severity=2"' in line and "High ones" in line


def test_at_risk_leads_to_every_case_with_an_overdue_task(signed_in, cast, go):
    risky = stories.planned(cast, severity=4)
    stories.acknowledged(cast, severity=4, title="Calm one")
    go(stories.minutes(100))
    rows = signed_in(cast.supervisor).get(f"{LIST}?needs=risk").context["cl"].result_list
    assert [case.pk for case in rows] == [risky.pk]


def test_a_colleagues_late_case_can_be_handed_over_from_its_row(signed_in, cast, go):
    case = stories.acknowledged(cast)
    go(case.promise_at + timedelta(minutes=1))
    (late, *_) = signed_in(cast.supervisor).get("/console/").context["groups"]
    labels = [act["label"] for act in late["rows"][0]["acts"]]
    assert late["count"] == 1 and labels[0] == "Send update" and "Hand over" in labels
