"""`manage.py backtest` and its pages: what they print, their exit codes, who may see them, and that nothing changes."""

import json
from copy import deepcopy
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError

from cases.models import Event
from escalation.models import BackTest, ProtocolVersion
from escalation.sweep import sweep_batch
from portal import clock
from portal.console import backtest_run
from tests.cast import PASSWORD, gather
from tests.escalation.sound import everything

HOUR = timedelta(hours=1)


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def case(cast):
    """Filed three days ago and forgotten: it has climbed to the top."""
    now = clock.now()
    case = cast.file(at=now - timedelta(days=3), impact="blocked")
    for hours in range(72):
        while sweep_batch(now - timedelta(hours=72 - hours)):
            pass
    case.refresh_from_db()
    return case


def make_draft(factor=400):
    """The five-tier protocol with all times but the last `factor` times as long."""
    document = deepcopy(ProtocolVersion.objects.get(label="five-tier@1").document)
    for row in document["matrix"]:
        row["review"] *= factor
        row["acknowledge"] *= factor
        row["refer_up"] = row["refer_up"] and row["refer_up"] * factor
    for tier in document["tiers"]:
        tier.pop("steps", None)
    draft = ProtocolVersion(key="five-tier", number=2, document=document, made_at=clock.now())
    draft.save(force_insert=True)
    return draft


def run(*arguments):
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("backtest", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue()


def test_published_rules_reproduce_the_record(case):
    code, said = run("--published", "--json")
    found = json.loads(said)
    assert (code, found["cases"], found["differences"], found["different"]) == (0, 1, 0, [])
    assert {"cases", "differences", "old", "new", "changed", "cannot_know", "seconds"} <= set(found)
    assert found["old"]["escalations"] >= 1 and found["changed"] == []


def test_a_draft_is_compared_with_the_record(case):
    make_draft()
    before = everything()
    code, said = run("--draft", "2", "--days", "30", "--json")
    found = json.loads(said)
    assert everything() == before
    assert (code, found["version"], found["cases"]) == (0, "five-tier@2", 1)
    assert found["new"]["escalations"] < found["old"]["escalations"]
    assert found["changed"][0]["reference"] == case.reference
    assert "Escalated never instead of 4 times" in found["changed"][0]["what"]
    assert any("every act stays" in one for one in found["cannot_know"])
    code, text = run("--draft", "five-tier@2")
    assert code == 0 and case.reference in text and "What it cannot know:" in text


def test_a_record_that_does_not_come_out_again_ends_with_1(case, monkeypatch):
    monkeypatch.setattr("escalation.backtest.selfcheck.parted", lambda *a: iter([("level", 1, 2)]))
    code, said = run("--published")
    assert code == 1 and "1 of them not as recorded" in said and case.reference in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--draft", "9"), "no version “9”"),
        (("--draft", "five-tier@1", "--calendar", "office@9"), "no calendar version “office@9”"),
        (("--published", "--calendar", "office@1"), "tried with a draft"),
        (("--published", "--days", "3", "--from", "2026-01-01"), "either --days or"),
        (("--published", "--from", "2026-02-01", "--to", "2026-01-01"), "ends before it begins"),
        (("--published", "--from", "gestern"), "is no date"),
        (("--published", "--days", "0"), "number of days"),
        ((), "one of the arguments"),
    ],
)
def test_what_cannot_be_used_is_said_and_ends_with_2(cast, arguments, words):
    with pytest.raises(CommandError) as caught:
        call_command("backtest", *arguments)
    assert words in str(caught.value)
    assert caught.value.returncode in (1, 2)  # argparse's own errors are 2 at a terminal


def test_the_window_is_by_the_day_of_filing(case):
    day = case.filed_at.date().isoformat()
    after = (case.filed_at.date() + timedelta(days=1)).isoformat()
    assert json.loads(run("--published", "--json", "--from", day, "--to", day)[1])["cases"] == 1
    assert json.loads(run("--published", "--json", "--from", after)[1])["cases"] == 0


# -- Pages


def enter(client, user):
    assert client.login(username=user.email, password=PASSWORD)
    return client


def test_a_supervisor_asks_and_reads(client, cast, case):
    draft = make_draft()
    enter(client, cast.supervisor)
    page = client.get("/console/backtest/")
    assert page.status_code == 200 and "version 2 (draft)" in page.content.decode()
    answer = client.post("/console/backtest/", {"draft": draft.pk, "days": 30})
    row = BackTest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/console/backtest/{row.pk}/")
    assert (row.state, row.progress, row.asked_by, len(row.digest)) == ("done", 1.0, cast.supervisor, 64)
    text = client.get(answer["Location"]).content.decode()
    assert "1 of 1 cases would have gone otherwise" in text and case.reference in text
    assert "came out exactly as recorded" in text and "What this cannot know" in text
    one = client.get(f"/console/backtest/case/{case.reference}/?draft={draft.pk}").content.decode()
    assert "Step by step under five-tier@2" in one and "SLA review" in one
    assert Event.objects.filter(case=case).count() == case.event_seq


def test_a_draft_that_was_changed_says_so(client, cast, case):
    draft = make_draft()
    enter(client, cast.supervisor).post("/console/backtest/", {"draft": draft.pk, "days": 30})
    draft.document["matrix"][0]["review"] += 60
    draft.save(update_fields=["document"])
    text = client.get(f"/console/backtest/{BackTest.objects.get().pk}/").content.decode()
    assert "The draft was changed after this run" in text


def test_agents_may_not_and_authors_may(client, cast, case):
    enter(client, cast.tiers[1])
    for where in ("/console/backtest/", "/console/backtest/1/", f"/console/backtest/case/{case.reference}/"):
        refused = client.get(where)
        assert refused.status_code == 403
        assert case.title not in refused.content.decode()
    cast.mate.groups.add(Group.objects.get(name="Protocol authors"))
    assert enter(client, cast.mate).get("/console/backtest/").status_code == 200


def test_looking_changes_nothing(client, cast, case):
    draft = make_draft()
    enter(client, cast.supervisor).post("/console/backtest/", {"draft": draft.pk, "days": 30})
    before = everything()
    for where in ("", f"{BackTest.objects.get().pk}/", f"case/{case.reference}/?draft={draft.pk}"):
        assert client.get(f"/console/backtest/{where}").status_code == 200
    assert everything() == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"days": "many"}, "in digits"),
        ({"days": "0"}, "At least one day"),
        ({"draft": "99"}, "Choose one"),
        ({"days": ""}, "how many days"),
    ],
)
def test_bad_input_is_said_and_kept(client, cast, case, typed, words):
    draft = make_draft()
    answer = enter(client, cast.supervisor).post("/console/backtest/", {"draft": draft.pk, "days": 30} | typed)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not BackTest.objects.exists()


def test_more_cases_go_to_the_queue_and_are_run_once(client, cast, case, monkeypatch):
    monkeypatch.setattr(backtest_run, "IN_REQUEST", 0)
    draft = make_draft()
    enter(client, cast.supervisor).post("/console/backtest/", {"draft": draft.pk, "days": 30})
    row = BackTest.objects.get()
    assert row.state == "waiting"
    page = client.get(f"/console/backtest/{row.pk}/")
    assert page["Refresh"] and "Waiting" in page.content.decode()
    later = row.heard_at + timedelta(minutes=10)
    assert "the queue, which is not running" in backtest_run.trouble(row, later)
    backtest_run.run(row.pk)
    row.refresh_from_db()
    first = row.finished_at
    assert (row.state, row.result["cases"]) == ("done", 1)
    backtest_run.run(row.pk)
    row.refresh_from_db()
    assert row.finished_at == first


def test_a_document_that_cannot_be_read_is_said(client, cast, case):
    draft = make_draft()
    draft.document.pop("windows")
    draft.save(update_fields=["document"])
    enter(client, cast.supervisor).post("/console/backtest/", {"draft": draft.pk, "days": 30})
    row = BackTest.objects.get()
    assert row.state == "failed" and "windows" in row.error
    assert "windows" in client.get(f"/console/backtest/{row.pk}/").content.decode()
    assert "windows" in client.get(f"/console/backtest/case/{case.reference}/?draft={draft.pk}").content.decode()
