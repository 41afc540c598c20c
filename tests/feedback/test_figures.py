"""Every figure equals the sum done by hand, and a second computation in plain SQL that shares no code with the first."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from escalation import verbs
from escalation.book import rules_in_force
from feedback import figures
from feedback.figures import EVERYTHING, Scope, cases_behind, escalations, promises, satisfaction
from feedback.intervals import Share
from feedback.periods import Period
from feedback.resolving import resolving
from feedback.surveys import answer_survey
from tests import solving
from tests.feedback import story as told
from tests.feedback.story import AT, HOUR, PERIOD, ZONE, day

# Each test's own transaction lies inside the one the story is told in.
pytestmark = pytest.mark.django_db


@pytest.fixture
def office(story):
    return rules_in_force().calendar("office", AT)


@pytest.fixture
def times(office):
    return resolving(PERIOD, at=AT, calendar=office)


class TestByHand:
    def test_satisfaction(self, story):
        found = satisfaction(PERIOD)
        assert (found.now, found.before) == (told.SATISFIED, told.SATISFIED_BEFORE)
        assert found.weeks == told.SATISFIED_WEEKS
        assert found.scores == told.SCORES
        assert found.response == told.RESPONSE
        assert (found.addressed, found.by_topic) == (told.ADDRESSED, told.ADDRESSED_TOPICS)
        assert (found.partly, sum(found.by_team.values(), Share())) == (told.PARTLY, told.ADDRESSED)
        assert found.by_level == told.ADDRESSED_LEVELS

    def test_heard_is_asked_of_those_passed_up_and_counted_by_itself(self, story):
        found = satisfaction(PERIOD)
        assert (found.heard, found.heard_by_level) == (told.HEARD, told.HEARD_LEVELS)
        assert found.easy == told.EASY

    def test_escalations_are_a_cohort(self, story):
        found = escalations(PERIOD)
        assert (found.now, found.before) == (told.ESCALATED, told.ESCALATED_BEFORE)
        assert found.weeks == told.ESCALATED_WEEKS
        assert found.by_topic == told.ESCALATED_TOPICS

    def test_times(self, times):
        assert {s.time / HOUR: s.open for s in times.now.wall.steps} == pytest.approx(told.WALL_STEPS)
        assert {s.time / HOUR: s.open for s in times.now.working.steps} == pytest.approx(told.WORKING_STEPS)
        assert times.now.wall.quantile(0.5) == told.MEDIAN
        assert times.now.working.quantile(0.5) == told.MEDIAN_WORKING
        assert times.now.wall.quantile(0.9) is None
        assert (times.now.open, times.now.left) == (told.OPEN, told.LEFT)
        assert [time / HOUR for time in times.now.times] == [25, 49, 49, 73, 73, 73]
        assert [s.time / HOUR for s in times.before.wall.steps] == [25]

    def test_promises(self, story):
        found = promises(PERIOD, at=AT)
        assert found.by_milestone == told.KEPT
        assert (found.now, found.before) == (told.KEPT_ALL, told.KEPT_BEFORE)


def instant(value: datetime):
    return connection.ops.adapt_datetimefield_value(value)


def ask(sql: str, *given) -> list[tuple]:
    """Plain SQL on both databases: `since(a, b)` are the seconds between two columns."""
    lite = "(strftime('%%s', {b}) - strftime('%%s', {a}))"
    seconds = lite if connection.vendor == "sqlite" else "extract(epoch from {b} - {a})"
    sql = sql.replace("SINCE", seconds.format(a="filed_at", b="coalesce(resolved_at, closed_at, %s)"))
    with connection.cursor() as cursor:
        cursor.execute(sql, [instant(v) if isinstance(v, datetime) else v for v in given])
        return cursor.fetchall()


FROM, TO = PERIOD.start, PERIOD.end


class TestByPlainSql:
    def test_satisfaction(self, story):
        sql = """SELECT count(*), sum(CASE WHEN satisfaction > 3 THEN 1 ELSE 0 END) FROM feedback_survey
                 WHERE NOT is_drill AND answered_at >= %s AND answered_at < %s"""
        ((n, hits),) = ask(sql, FROM, TO)
        assert satisfaction(PERIOD).now == Share(hits, n)

    def test_response(self, story):
        sql = """SELECT count(*), count(answered_at) FROM feedback_survey
                 WHERE NOT is_drill AND invited_at >= %s AND invited_at < %s"""
        ((n, hits),) = ask(sql, FROM, TO)
        assert satisfaction(PERIOD).response == Share(hits, n)

    def test_escalations_from_the_log_instead_of_the_case(self, story):
        """A case went up when its log shows a level above the first; the case's own field is not asked."""
        tier = "json_extract(e.data, '$.tier')" if connection.vendor == "sqlite" else "(e.data->>'tier')::int"
        sql = f"""SELECT count(*), sum(up) FROM (
                    SELECT c.id, max(CASE WHEN {tier} > 1 THEN 1 ELSE 0 END) AS up
                    FROM cases_case c JOIN cases_event e ON e.case_id = c.id
                    WHERE NOT c.is_drill AND c.filed_at >= %s AND c.filed_at < %s GROUP BY c.id) one"""
        ((n, hits),) = ask(sql, FROM, TO)
        assert escalations(PERIOD).now == Share(hits, n)

    def test_median_by_life_table(self, times):
        """At each time: how many were at risk, how many ended; the product in exact fractions."""
        sql = """WITH took AS (SELECT SINCE AS t, resolved_at IS NOT NULL AS ended FROM cases_case
                   WHERE NOT is_drill AND escalated_at IS NOT NULL AND filed_at >= %s AND filed_at < %s)
                 SELECT a.t, (SELECT count(*) FROM took b WHERE b.t >= a.t), count(*)
                 FROM took a WHERE a.ended GROUP BY a.t ORDER BY a.t"""
        still, median = Fraction(1), None
        for time, at_risk, ended in ask(sql, AT, FROM, TO):
            still *= Fraction(at_risk - ended, at_risk)
            median = time if median is None and still <= Fraction(1, 2) else median
        assert times.now.wall.quantile(0.5) == median
        assert times.now.wall.steps[-1].open == pytest.approx(float(still))

    def test_promises_from_the_clocks_instead_of_the_ledger(self, story):
        """A told clock that was met or missed is a promise kept or broken; the ledger is not asked."""
        sql = """SELECT count(*), sum(CASE WHEN outcome = 'met' THEN 1 ELSE 0 END) FROM escalation_stageclock
                 WHERE NOT is_drill AND told AND outcome IN ('met', 'missed') AND kind <> 'confirm'
                 AND due_at >= %s AND due_at < %s AND due_at <= %s"""
        ((n, hits),) = ask(sql, FROM, TO, AT)
        assert promises(PERIOD, at=AT).now == Share(hits, n)


class TestCohort:
    def test_a_case_that_goes_up_again_still_counts_once(self, story):
        case = story.cases["c4"]
        for level in (2, 3):
            by = story.cast.tiers[level]
            at = AT + timedelta(hours=level - 2)
            solving.escalate(case.pk, reason="Higher.", by=by, at=at)
            verbs.review(case.pk, by=story.cast.tiers[level + 1], at=at + timedelta(minutes=5))
        assert Case.objects.get(pk=case.pk).tier == 4
        assert case.events.filter(kind="escalated").count() == 3
        assert escalations(PERIOD).now == told.ESCALATED
        assert cases_behind("escalated", PERIOD, at=AT).filter(pk=case.pk).count() == 1

    def test_what_counts_is_when_it_was_filed_not_when_it_went_up(self, story):
        """b3 was filed on the 20th and went up on the 21st."""
        twentieth, after = (Period(date(2026, 1, d), date(2026, 1, d), ZONE) for d in (20, 21))
        assert escalations(twentieth).now == Share(1, 1)
        assert escalations(after).now == Share(1, 1)  # b4, filed and passed up on the 21st
        assert list(cases_behind("escalated", after, at=AT)) == [Case.objects.get(pk=story.cases["b4"].pk)]

    def test_answers_of_a_case_filed_before_count_when_they_are_given(self, story):
        monday = Period(date(2026, 1, 19), date(2026, 1, 19), ZONE)
        assert satisfaction(monday).now == Share(0, 1)  # a8, filed on the 16th


class TestFilters:
    @pytest.mark.parametrize(
        ("scope", "cases", "answers"),
        [
            (Scope(source="live"), Share(9, 19), Share(9, 13)),
            (Scope(source="imported"), Share(0, 1), Share(0, 0)),
            (Scope(topic="billing"), Share(3, 5), Share(2, 4)),  # a3 2, a4 4, a8 1, b5 4
            (Scope(severity=2), Share(1, 1), Share(1, 1)),  # b6
            (Scope(level=2), Share(9, 9), Share(3, 5)),  # a4, a5, a8, b3, b4, b6, c2, c3, c4: 4, 5, 1, 2, 4
            (Scope(team="customer-support-managers"), Share(9, 9), Share(3, 5)),
            (Scope(team="service-representatives", topic="billing"), Share(0, 2), Share(1, 2)),  # a3, b5
        ],
    )
    def test_each_narrows_every_figure(self, story, scope, cases, answers):
        assert escalations(PERIOD, scope).now == cases
        assert satisfaction(PERIOD, scope).now == answers

    def test_times_and_promises(self, story, office):
        billing = Scope(topic="billing")
        found = resolving(PERIOD, billing, at=AT, calendar=office).now
        assert (found.wall.ended, found.open, found.left) == (2, 1, 0)  # a4, a8; c3
        assert promises(PERIOD, Scope(topic="account"), at=AT).by_milestone["1"] == Share(3, 3)  # a6, b4, c5

    def test_drills_are_never_counted(self, story):
        assert Case.everything.filter(is_drill=True).count() == 1
        for which in ("filed", "escalated", "answered", "promises"):
            assert not cases_behind(which, PERIOD, at=AT).filter(pk=story.cases["d"].pk).exists()


class TestWhoWorksHere:
    """Colleagues file cases, too; what they say of their own house is no customer's word."""

    def test_a_colleague_s_answer_is_in_no_figure_and_no_list(self, story):
        mate, one = story.cast.mate, story.cast.tiers[1]
        case = story.cast.file(at=day(26), by=mate, impact="question")
        topic = story.topics["orders"]
        verbs.assess(case.pk, severity=4, complexity=1, category=topic, by=one, at=day(26, 10.1))
        verbs.acknowledge(case.pk, by=one, at=day(26, 10.2))
        solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="a slip", by=one, at=day(26, 11))
        verbs.accept(case.pk, by=mate, at=day(26, 12))
        story.cases["mate"] = Case.objects.get(pk=case.pk)
        story.asked("mate", at=day(26, 13))
        answer_survey(story.cases["mate"], satisfaction=1, fixed="no", at=day(26, 14))
        found = satisfaction(PERIOD)
        assert (found.now, found.addressed, found.response) == (told.SATISFIED, told.ADDRESSED, told.RESPONSE)
        for which in figures.OF_ANSWERS[:4]:
            part = "1" if which == "score" else ""
            assert not cases_behind(which, PERIOD, at=AT, part=part).filter(pk=case.pk).exists(), which
        assert escalations(PERIOD).now == told.ESCALATED + Share(0, 1)  # as work it counts like any other
        assert cases_behind("filed", PERIOD, at=AT).filter(pk=case.pk).exists()

    def test_it_goes_by_whether_they_work_here_now(self, story):
        assert satisfaction(PERIOD).now == told.SATISFIED
        type(story.cast.customer).objects.filter(pk=story.cast.customer.pk).update(is_staff=True)
        assert (satisfaction(PERIOD).now, satisfaction(PERIOD).response) == (Share(), Share())


class TestOpenOnes:
    def test_the_later_one_looks_the_longer_they_have_taken(self, story, office):
        week = timedelta(days=7)
        late = resolving(PERIOD, at=AT + week, calendar=office).now
        assert (late.wall.n, late.open) == (9, 2)
        assert late.wall.quantile(0.5) == told.MEDIAN

    def test_without_the_answered_ones_nothing_is_known(self, story, office):
        last = replace(PERIOD, first=date(2026, 1, 28))
        found = resolving(last, at=AT, calendar=office).now
        assert (found.wall.n, found.wall.quantile(0.5), found.open) == (2, None, 2)


SCORE = [("score", str(n)) for n in range(1, 6)]


class TestCasesBehind:
    @pytest.mark.parametrize("scope", [EVERYTHING, Scope(topic="orders"), Scope(level=2)])
    def test_as_many_as_the_number_says(self, story, office, scope):
        csat, up = satisfaction(PERIOD, scope), escalations(PERIOD, scope)
        times = resolving(PERIOD, scope, at=AT, calendar=office).now
        said = {
            "filed": up.now.n, "escalated": up.now.hits, "open": times.open, "left": times.left,
            "resolved": times.wall.ended, "asked": csat.response.n, "answered": csat.now.n, "satisfied": csat.now.hits,
            "judged": csat.addressed.n, "addressed": csat.addressed.hits, "partly": csat.partly.hits,
            "spoken": csat.heard.n, "heard": csat.heard.hits, "easy": csat.easy.hits,
        }  # fmt: skip
        assert {which: cases_behind(which, PERIOD, scope, at=AT).count() for which in said} == said
        for which, part in SCORE:
            assert cases_behind(which, PERIOD, scope, at=AT, part=part).count() == csat.scores[int(part)]

    def test_a_case_with_a_promise_broken_and_one_kept_is_behind_both(self, story):
        broken = cases_behind("broken", PERIOD, at=AT)
        assert [case.pk for case in broken] == [story.cases["b3"].pk]
        assert broken[0] in cases_behind("kept", PERIOD, at=AT, part="2")
        assert not cases_behind("broken", PERIOD, at=AT, part="3").exists()

    def test_by_time(self, story):
        found = cases_behind("lasted", PERIOD, at=AT, part=f"{48 * HOUR}-{73 * HOUR}")
        assert {case.pk for case in found} == {story.cases[name].pk for name in ("a5", "b3")}
        assert cases_behind("lasted", PERIOD, at=AT, part=f"{73 * HOUR}-").count() == 3

    @pytest.mark.parametrize(
        ("which", "part"),
        [("nothing", ""), ("score", ""), ("score", "6"), ("score", "x"), ("kept", "9"), ("lasted", ""),
         ("lasted", "-5-9"), ("lasted", "1-2-3"), ("lasted", "9" * 30 + "-"), ("lasted", "²-")],
    )  # fmt: skip
    def test_names_of_no_number_are_refused(self, story, which, part):
        with pytest.raises((LookupError, ValueError)):
            cases_behind(which, PERIOD, at=AT, part=part)


class TestPeriods:
    def test_days_of_the_zone_also_where_clocks_change(self):
        spring = Period(date(2026, 3, 23), date(2026, 4, 5), ZONE)  # summer time begins on the 29th
        assert (spring.start.hour, spring.end.hour, spring.days) == (0, 23, 14)
        assert spring.end - spring.start == timedelta(days=14) - timedelta(hours=1)
        assert spring.before().end == spring.start
        first, second = spring.weeks()
        assert (first.end, second.start) == (second.start, first.end)

    def test_a_last_week_may_be_short(self):
        weeks = Period(date(2026, 1, 1), date(2026, 1, 10), ZONE).weeks()
        assert [week.days for week in weeks] == [7, 3]
        assert sum(week.days for week in weeks) == 10

    def test_edges_belong_to_one_period_only(self, story):
        whole = escalations(PERIOD).now.n
        parts = [escalations(week).now.n for week in PERIOD.weeks()]
        assert sum(parts) == whole


def test_one_query_a_figure_however_many_cases(story, office):
    year = Period(date(2025, 6, 1), date(2026, 2, 1), ZONE)
    for period in (PERIOD, year):
        for figure in (
            lambda p: satisfaction(p),
            lambda p: escalations(p),
            lambda p: resolving(p, at=AT, calendar=office),
            lambda p: promises(p, at=AT),
        ):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                figure(period)
            assert len(asked) == 1


def test_the_customer_s_own_time_is_no_promise_of_ours():
    """It can only be kept: counted in, every answered case would make the figure look better."""
    assert "confirm" not in figures.OURS
