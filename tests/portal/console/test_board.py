"""The board and “More filters”: numbers that are those of the lists they lead to."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.lifecycle import MILESTONE, State
from cases.models import Case
from escalation import timeleft, verbs
from escalation.timeleft import BANDS
from feedback.models import Survey
from portal.console.paging import MOST
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.many import many

LIST = "/console/cases/case/"


def by_hand(case, now, broken):
    """The band of a case, counted without the database; London, in winter."""
    ours = case.state not in (State.WAITING_CUSTOMER, State.ANSWERED)
    left = case.promise_at - now if case.promise_at and ours else None
    if ours and (case.pk in broken or (left is not None and left <= timedelta(0))):
        return "late"
    if left is None:
        return "none"
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    edges = (now + timedelta(hours=1), now + timedelta(hours=4))
    if case.promise_at <= edges[0]:
        return "hour"
    if case.promise_at <= edges[1]:
        return "four"
    if case.promise_at < midnight:
        return "today"
    return "tomorrow" if case.promise_at < midnight + timedelta(days=1) else "later"


@pytest.mark.parametrize("by", ["team", "level", "milestone"])
def test_the_numbers_are_those_of_a_count_by_hand(signed_in, cast, monday, by):
    many(cast, 400)
    now = MONDAY + timedelta(minutes=30)
    broken = set(Case.objects.filter(promises__status="broken").values_list("pk", flat=True))
    key = {"team": lambda c: c.team.name, "level": lambda c: f"Level {c.tier}"}.get(
        by, lambda c: f"Milestone {MILESTONE[c.state]}"
    )
    expected: dict[str, Counter] = {}
    for case in Case.objects.select_related("team"):
        expected.setdefault(key(case), Counter())[by_hand(case, now, broken)] += 1
    page = signed_in(cast.supervisor).get(f"/console/board/?by={by}")
    found = {row["name"]: {b: row["counts"][b] for b in BANDS if row["counts"][b]} for row in page.context["rows"]}
    assert found == {name: dict(counts) for name, counts in expected.items()}
    assert page.context["total"] == 400
    assert {band for counts in expected.values() for band in counts} >= {"late", "four", "tomorrow", "later", "none"}


def test_each_number_leads_to_as_many_cases(signed_in, cast, monday):
    many(cast, 60)
    client = signed_in(cast.supervisor)
    for by in ("team", "level", "milestone"):
        for row in client.get(f"/console/board/?by={by}").context["rows"]:
            for cell in row["cells"]:
                if cell["n"]:
                    page = client.get(cell["url"])
                    assert page.context["cl"].result_count == cell["n"] < MOST
                    assert not page.context["left_out"]


def test_escalated_cases_alone_and_the_load_of_each_team(signed_in, cast, monday):
    many(cast, 80)
    up, below = Case.objects.open().filter(tier__gt=1), Case.objects.open().filter(tier=1)
    client = signed_in(cast.supervisor)
    page = client.get("/console/board/?by=level&escalated=yes")
    assert page.context["total"] == up.count() > 0 < below.count()
    assert "Level 1" not in {row["name"] for row in page.context["rows"]}
    for row in page.context["rows"]:
        assert client.get(row["url"]).context["cl"].result_count == row["total"]
    late = page.context["foot"][0]
    assert late["n"] and client.get(late["url"]).context["cl"].result_count == late["n"]
    assert client.get(f"{LIST}?escalated=no").context["cl"].result_count == below.count()
    assert "Escalated" in client.get(f"{LIST}more/").content.decode()
    rows = {row["name"]: row for row in client.get("/console/board/").context["rows"]}
    first = rows["Service representatives"]
    each = f"{first['total'] / 2:.1f}".removesuffix(".0")
    assert first["duty"] == f"2 on duty, {each} each"


def test_what_the_board_calls_late_is_what_the_list_calls_late(signed_in, cast, monday):
    many(cast, 200)
    rows = signed_in(cast.supervisor).get(f"{LIST}?due=late").content.decode()
    assert rows.count("Late by ") == min(50, timeleft.banded(Case.objects.all(), MONDAY + timedelta(minutes=30), "Europe/London").filter(band="late").count())  # fmt: skip


def test_the_board_asks_as_much_for_many_cases_as_for_one(signed_in, cast, monday):
    client, asked = signed_in(cast.supervisor), []
    for number in (1, 300):
        many(cast, number, seed=number)
        client.get("/console/board/")
        with CaptureQueriesContext(connection) as questions:
            client.get("/console/board/")
        asked.append(len(questions))
    assert asked[0] == asked[1] <= 15


def test_nobody_counts_what_they_do_not_see(signed_in, cast, monday, settings):
    many(cast, 50)
    settings.STAFF_SEE = "teams"
    page = signed_in(cast.mate).get("/console/board/")
    assert page.context["total"] == Case.objects.filter(team=cast.teams[1]).count() < 50


def test_more_filters_lead_to_the_list_that_fits(signed_in, cast, monday):
    case = stories.acknowledged(cast, title="Held")
    client = signed_in(cast.supervisor)
    page = client.get(f"{LIST}?severity=2&q=charged").content.decode()
    assert "/console/cases/case/more/?severity=2&amp;q=charged" in page
    answer = client.get(f"{LIST}more/?go=1&q=held&group=&severity=2&filed_from=2026-01-12&filed_to=12/01/2026&team=")
    assert answer.status_code == 302
    there = answer["Location"]
    assert there.startswith(f"{LIST}?") and "team" not in there and "filed_to=2026-01-12" in there
    shown = client.get(there)
    assert [one.pk for one in shown.context["cl"].result_list] == [case.pk]
    text = shown.content.decode()
    assert "filed from: 12 Jan 2026" in text and "severity: High" in text
    assert client.get(f"{LIST}more/?go=1&severity=")["Location"] == f"{LIST}?view=all"
    for wrong, said in (
        ("filed_from=soon", "Enter a date"),
        ("filed_from=2026-01-13&filed_to=2026-01-12", "comes after the last"),
        ("severity=9", "9 is not one of"),
    ):
        refused = client.get(f"{LIST}more/?go=1&{wrong}")
        assert refused.status_code == 422 and said in refused.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filed_from=2026-01-12", True), ("filed_from=2026-01-13", False), ("filed_to=2026-01-12", True),
        ("filed_to=2026-01-11", False), ("milestone=3", True), ("milestone=1", False), ("due=none", False),
    ],
)  # fmt: skip
def test_each_filter_of_that_page_narrows(signed_in, cast, monday, query, found):
    stories.acknowledged(cast)
    assert bool(signed_in(cast.supervisor).get(f"{LIST}?{query}").context["cl"].result_list) == found


def test_satisfaction_is_looked_up_but_never_that_of_an_answer_without_a_name(signed_in, cast, monday):
    case, client = stories.answered(cast), signed_in(cast.supervisor)
    verbs.accept(case.pk, by=cast.customer, at=stories.minutes(20))
    said = Survey.objects.create(case=case, satisfaction=1, answered_at=stories.minutes(25))
    rows = lambda query: list(client.get(f"{LIST}?group=any&{query}").context["cl"].result_list)  # noqa: E731
    assert [one.pk for one in rows("score=low")] == [case.pk]
    assert rows("score=good") == []
    Survey.objects.filter(pk=said.pk).update(is_anonymous=True)
    assert rows("score=low") == []
