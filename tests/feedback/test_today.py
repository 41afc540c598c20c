"""R098: the sheet of the day equals queries of its own; its letter goes once, when the shift starts."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from cases.access import Viewer
from cases.models import Case, Category, Task
from escalation import beside, verbs
from escalation.letters import NotNeeded, compose, register
from escalation.models import Heartbeat, Leave, Notice, Rota, Shift
from feedback import today_letters
from feedback.models import Survey
from feedback.today import Day, sheets
from tests.cast import MONDAY, gather, person
from tests.escalation.stories import bring

ZONE = "Europe/London"
NOW = MONDAY + timedelta(minutes=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sheet_of(cast, tier, now=NOW):
    found = {sheet.team.pk: sheet for sheet in sheets(Viewer(cast.supervisor), None, now, ZONE)}
    return found.get(cast.teams[tier].pk)


def asked(sql, *values):
    """Rows of SQL that knows nothing of the sheet."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def floor(cast):
    """Cases of several levels and times, answers of three days, a task that is overdue."""
    cases = [bring(cast, "working", at=MONDAY + n * timedelta(minutes=1), title=f"Case {n}") for n in range(9)]
    for n, case in enumerate(cases):
        promise = MONDAY + (n - 2) * 4 * HOUR
        Case.objects.filter(pk=case.pk).update(promise_at=promise, team=cast.teams[1 + n % 3])
    verbs.add_task(
        cases[0].pk, text="Call", due_at=MONDAY + timedelta(minutes=20), by=cast.tiers[1],
        at=MONDAY + timedelta(minutes=15),
    )  # fmt: skip
    Case.objects.filter(pk=cases[0].pk).update(team=cast.teams[1])
    for n, case in enumerate(cases):
        Survey.objects.create(
            case=case, answered_at=MONDAY - (n % 3) * DAY, satisfaction=1 + n % 5, comment=f"Words {n}" if n % 2 else ""
        )
    waiting = bring(cast, "waiting_customer")
    Case.objects.filter(pk=waiting.pk).update(promise_at=MONDAY + HOUR)
    return cases


def test_the_sheet_equals_queries_of_its_own(cast, floor):
    day = Day.of(NOW, ZONE)
    assert (day.yesterday, day.today, day.tomorrow) == tuple(
        datetime(2026, 1, n, tzinfo=ZoneInfo("UTC")) for n in (11, 12, 13)
    )
    ours = "state IN ('new','reviewed','escalated','passed','acknowledged','working','reopened','waiting_partner')"
    unmended = (
        "EXISTS (SELECT 1 FROM escalation_promise b WHERE b.case_id = c.id AND b.status = 'broken' AND NOT EXISTS "
        "(SELECT 1 FROM escalation_promise k WHERE k.case_id = c.id AND k.status = 'kept' AND k.settled_at > b.settled_at))"
    )
    for tier in (1, 2, 3):
        team, sheet = cast.teams[tier].pk, sheet_of(cast, tier)
        scores = asked(
            "SELECT satisfaction FROM feedback_survey s JOIN cases_case c ON c.id = s.case_id WHERE c.team_id = %s "
            "AND s.answered_at >= %s AND s.answered_at < %s ORDER BY satisfaction", team, day.yesterday, day.today,
        )  # fmt: skip
        here = f"SELECT id FROM cases_case c WHERE team_id = %s AND {ours} AND "  # noqa: S608
        late = asked(f"{here} (promise_at <= %s OR {unmended})", team, NOW)
        due = asked(f"{here} promise_at > %s AND promise_at < %s AND NOT {unmended}", team, NOW, day.tomorrow)
        risky = asked(
            "SELECT DISTINCT c.id FROM cases_case c JOIN cases_task t ON t.case_id = c.id WHERE c.team_id = %s "
            "AND t.state = 'open' AND t.due_at <= %s", team, NOW,
        )  # fmt: skip
        words = asked(
            "SELECT comment FROM feedback_survey s JOIN cases_case c ON c.id = s.case_id WHERE c.team_id = %s "
            "AND s.answered_at >= %s AND s.answered_at < %s AND comment <> ''", team, day.yesterday, day.today,
        )  # fmt: skip
        got = sheet or pytest.fail(f"no sheet of level {tier}")
        assert got.scores == scores and sorted(one.comment for one in got.said) == sorted(words)
        assert ({c.pk for c in got.late}, {c.pk for c in got.due}) == (set(late), set(due))
        assert {c.pk for c in got.risky} == set(risky)
        assert got.low == len([score for score in scores if score <= 2])
    # On a restricted topic the score counts, and the words are read on the case, behind its noted press.
    before = {tier: sheet_of(cast, tier) for tier in (1, 2, 3)}
    assert any(sheet.said for sheet in before.values())
    Category.objects.filter(slug="orders").update(is_restricted=True)
    after = {tier: sheet_of(cast, tier) for tier in (1, 2, 3)}
    assert not any(sheet.said for sheet in after.values())
    assert [sheet.scores for sheet in after.values()] == [sheet.scores for sheet in before.values()]
    assert sheet_of(cast, 1).risky and any(sheet_of(cast, tier).scores for tier in (1, 2, 3))
    assert beside.overdue_tasks(NOW).count() == 1


def test_practice_is_on_no_sheet_and_no_more_questions_for_more_cases(cast, floor, django_assert_num_queries):
    Case.everything.filter(pk=floor[0].pk).update(is_drill=True)
    assert floor[0].pk not in {case.pk for case in (*sheet_of(cast, 1).late, *sheet_of(cast, 1).due)}
    viewer = Viewer(cast.supervisor)
    viewer.sees()  # what a person may is looked up once
    with django_assert_num_queries(5):
        sheets(viewer, None, NOW, ZONE)


# The letter ---------------------------------------------------------------------------------------------------


@pytest.fixture
def beating(cast):
    register(today_letters.KIND, today_letters.compose)
    Heartbeat.objects.create(role="beat", last_loop=MONDAY, last_success=MONDAY)
    return cast


def letters(person):
    return list(Notice.objects.filter(kind=today_letters.KIND, recipient=person).order_by("pk"))


def owe(at):
    if today_letters.due(at).exists():
        today_letters.owe(at)


def test_who_has_no_shifts_gets_it_once_at_eight_on_working_days(beating):
    dana, eight = beating.supervisor, MONDAY.replace(hour=8)
    owe(eight - 2 * DAY)
    assert not letters(dana), "a Saturday"
    for minutes in range(-30, 300, 11):
        owe(eight + timedelta(minutes=minutes))
        assert len(letters(dana)) == (minutes >= 0), minutes
    owe(eight + DAY)
    assert len(letters(dana)) == 2
    assert not letters(beating.tiers[1]) and not letters(beating.manager)


def test_who_has_shifts_gets_it_when_the_first_of_the_day_starts(beating):
    dana = beating.supervisor
    rota = Rota.objects.create(team=beating.teams[5], zone=ZONE)
    for opens, closes in ((1320, 360), (660, 720)):
        Shift.objects.create(rota=rota, user=dana, weekday=0, opens=opens, closes=closes, starts_on=date(2025, 1, 1))
    beating.teams[5].members.add(dana)
    owe(MONDAY.replace(hour=8))
    assert not letters(dana)
    owe(MONDAY.replace(hour=11, minute=5))
    assert len(letters(dana)) == 1
    owe(MONDAY.replace(hour=0) + DAY + timedelta(minutes=20))
    assert len(letters(dana)) == 1, "Tuesday has no shift of its own: the night's began on Monday"


def test_who_is_away_gets_none(beating):
    Leave.objects.create(user=beating.supervisor, starts_at=MONDAY - DAY, ends_at=MONDAY + DAY)
    owe(MONDAY.replace(hour=8))
    assert not letters(beating.supervisor)


def test_it_names_numbers_and_no_customer_and_nothing_is_sent_for_nothing(beating, floor):
    owe(MONDAY)
    (notice,) = letters(beating.supervisor)
    written = compose(notice, NOW)
    sheet = sheet_of(beating, 1)
    assert f"Late: {len(sheet.late)}" in written.text and "/console/today/" in written.text
    assert "Words" not in written.text and "Case 0" not in written.text
    with pytest.raises(NotNeeded):
        compose(notice, NOW + DAY)
    Case.objects.all().update(promise_at=None)
    Survey.objects.all().delete()
    Task.objects.all().delete()
    try:
        assert "Cover:" in compose(notice, NOW).text, "only a gap in the cover is left to say"
    except NotNeeded:
        pass
    stranger = person("sue@example.com", "Sue Super", is_staff=True)
    assert stranger not in today_letters.supervisors() and beating.supervisor in today_letters.supervisors()
