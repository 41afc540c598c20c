"""“Likely late”: which cases stand there, why, and what is said of how often it was right."""

import html
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from escalation.models import Leave, Promise, StageClock
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.stories import main_of, minutes

URL = "/console/board/likely/"


def history(case, missed, kept, kind="update"):
    """Steps of weeks ago on the topic of a case, so many missed and so many kept at the last moment."""
    like = {
        "case": case,
        "kind": kind,
        "tier": 1,
        "severity": 2,
        "protocol": case.protocol,
        "calendar": "x@1",
        "target": 3600,
    }
    rows = []
    for number in range(missed + kept):
        start = MONDAY - timedelta(days=20, hours=number)
        due = start + timedelta(hours=8)
        end = due if number < missed else start + timedelta(hours=7.9)
        rows.append(
            StageClock(
                **like, started_seq=900 + number, started_at=start, due_at=due, told=True, ended_at=end,
                outcome="missed" if number < missed else "met",
            )
        )  # fmt: skip
    return StageClock.objects.bulk_create(rows)


@pytest.fixture
def running(cast, go):
    """A case of Tom's, with a fifth of its time left."""
    case = stories.acknowledged(cast, title="Held up")
    clock = StageClock.objects.get(case=case, promise=True, outcome=None)
    go(clock.started_at + 0.8 * (clock.due_at - clock.started_at))
    return case, clock


def shown(client):
    page = client.get(URL)
    return {row["case"].pk: row for row in page.context["rows"]}, html.unescape(main_of(page))


def test_a_case_stands_there_with_its_chance_and_the_reason(signed_in, cast, running):
    case, _ = running
    dana = signed_in(cast.supervisor)
    assert shown(dana)[0] == {}
    history(case, missed=6, kept=6)
    rows, text = shown(dana)
    assert rows[case.pk]["tag"]["word"] == "High"
    reason = "80% of its time is over. Of 12 steps like it (progress update at level 1 about Billing and payments)"
    assert rows[case.pk]["reasons"][0].startswith(reason)
    assert "that were still open so late, 6 were missed" in text
    assert rows[case.pk]["act"]["label"] == "Send update" and "Not known yet how often this is right" in text


def test_what_else_is_so_is_told_and_moves_no_band_but_a_broken_promise_does(signed_in, cast, running):
    case, clock = running
    history(case, missed=1, kept=11)
    dana = signed_in(cast.supervisor)
    assert shown(dana)[0] == {}
    away = Leave.objects.create(
        user=cast.tiers[1], starts_at=minutes(1), ends_at=clock.due_at + timedelta(days=2), substitute=cast.mate
    )
    row = shown(dana)[0][case.pk]
    assert row["tag"]["word"] == "Low" and row["reasons"][1] == "Tom Reed is away when it falls due; Ana Mate stands in"
    away.delete()
    old = StageClock.objects.filter(case=case, outcome="missed").first()
    broke = {"made_at": old.started_at, "due_at": old.due_at, "settled_at": old.due_at, "status": "broken"}
    Promise.objects.create(case=case, clock=old, **broke)
    row = shown(dana)[0][case.pk]
    assert row["tag"]["word"] == "Raised" and row["reasons"][1] == "This case has broken 1 promise before"


def test_the_record_is_counted_and_a_rule_that_does_not_help_shows_no_bands(signed_in, cast, running):
    case, _ = running
    history(case, missed=60, kept=0)
    text = shown(signed_in(cast.supervisor))[1]
    assert "Last 12 weeks, asked when 75% of the time was over: of " in text
    assert "no better than the clock alone, so no bands are shown." in text and ">High<" not in text


def test_only_what_one_sees_and_as_many_questions_for_many(signed_in, cast, running, settings):
    case, _ = running
    history(case, missed=8, kept=4)
    client, asked = signed_in(cast.supervisor), []
    for _ in range(2):
        client.get(URL)
        with CaptureQueriesContext(connection) as questions:
            client.get(URL)
        asked.append(len(questions))
        for number in range(3):
            stories.acknowledged(cast, title=f"More {number}")
    assert asked[0] == asked[1] <= 25
    settings.STAFF_SEE = "teams"
    assert shown(signed_in(cast.tiers[3]))[0] == {}
    assert case.pk in shown(signed_in(cast.mate))[0]
    assert Case.objects.count() == 7
