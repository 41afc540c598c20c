"""The figures of topics: by hand, a second time in plain SQL from the log, and the cases behind each."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category
from escalation import verbs
from feedback.figures import Scope, escalations
from feedback.intervals import Share
from feedback.topics import COMPLEXITIES, Topic, cases_behind, together, topics
from tests.feedback.crowd import FEBRUARY, LATER
from tests.feedback.story import PERIOD
from tests.feedback.test_figures import ask

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db

# Worked out by hand from the story's table. Orders: a1 a2 a5 a7 b1 b2 b3 b6 c1 c2 c4 and c6, which was imported; b6 is
# high and hard. With an answer, and settled: all but c4. Gone up: a5 b3 b6 c2 c4, so a1 a2 a7 b1 b2 c1 c6 are routine.
# Billing: a3 b5 plain, a4 a8 up, c3 up and opened again. Account: a6 plain, b4 up and withdrawn, c5 assessed only.
ORDERS = Topic(
    {1: 0, 2: 1, 3: 0, 4: 11}, {1: 10, 2: 0, 3: 1}, Share(5, 12), Share(0, 11), Share(7, 11), 1, Share(0, 11)
)
BILLING = Topic({1: 0, 2: 0, 3: 0, 4: 5}, {1: 5, 2: 0, 3: 0}, Share(3, 5), Share(1, 5), Share(2, 4), 0, Share(0, 5))
ACCOUNT = Topic({1: 0, 2: 0, 3: 0, 4: 3}, {1: 3, 2: 0, 3: 0}, Share(1, 3), Share(0, 1), Share(1, 1), 0, Share(0, 3))


def plain(found):
    """What is counted here; what came again is counted by hand in test_practice.py."""
    return {slug: replace(one, returned=Share()) for slug, one in found.items()}


class TestByHand:
    def test_the_story(self, crowd):
        assert plain(topics(PERIOD)) == {"orders": ORDERS, "billing": BILLING, "account": ACCOUNT}

    def test_together(self, crowd):
        """The sums of all topics; the escalation rate is that of the figures' page."""
        whole = together(topics(PERIOD).values())
        assert (whole.filed, whole.again, whole.routine, whole.imported) == (20, Share(1, 17), Share(10, 16), 1)
        assert whole.escalated == escalations(PERIOD).now
        assert sum(whole.severities.values()) == whole.filed
        assert {slug: one.escalated for slug, one in topics(PERIOD).items()} == escalations(PERIOD).by_topic

    def test_who_comes_down_again_was_no_routine(self, crowd):
        found = topics(FEBRUARY)
        assert found["account"].routine == Share(0, 10)
        assert (found["delivery"].routine, found["delivery"].again) == (Share(10, 10), Share(10, 10))

    @pytest.mark.parametrize(
        ("scope", "orders"),
        [
            (Scope(source="imported"), Topic({1: 0, 2: 0, 3: 0, 4: 1}, {1: 0, 2: 0, 3: 0}, Share(0, 1), Share(0, 1), Share(1, 1), 1, Share(0, 0))),
            (Scope(severity=2), Topic({1: 0, 2: 1, 3: 0, 4: 0}, {1: 0, 2: 0, 3: 1}, Share(1, 1), Share(0, 1), Share(0, 1), 0, Share(0, 1))),
            (Scope(level=1, source="live"), Topic({1: 0, 2: 0, 3: 0, 4: 6}, {1: 6, 2: 0, 3: 0}, Share(0, 6), Share(0, 6), Share(6, 6), 0, Share(0, 6))),
        ],
    )  # fmt: skip
    def test_filters(self, crowd, scope, orders):
        assert plain(topics(PERIOD, scope))["orders"] == orders

    def test_upset_counts_once_whoever_saw_it_and_also_when_calm_again(self, crowd):
        """A colleague's mark, taken away again; words of their own, twice; and one that only we call so."""
        cast, at = crowd.cast, FEBRUARY.start
        marked, wrote, ours = (cast.file(at=at + n * MINUTE, impact="question", title="Late") for n in range(3))
        verbs.mark_upset(marked.pk, reason="Shouted.", by=cast.supervisor, at=at + 10 * MINUTE)
        verbs.mark_calm(marked.pk, by=cast.supervisor, at=at + 11 * MINUTE)
        for n in (12, 13):
            verbs.reply(wrote.pk, text="I am furious.", by=cast.customer, at=at + n * MINUTE)
        verbs.note(ours.pk, text="He is angry.", by=cast.supervisor, at=at + 14 * MINUTE)
        found = topics(FEBRUARY)[marked.category.slug].upset
        assert (
            found.hits == 2
            and found.n == cases_behind("filed_here", FEBRUARY, Scope(topic=marked.category.slug)).count()
        )
        assert set(cases_behind("upset", FEBRUARY)) == {marked, wrote}

    def test_a_topic_and_a_team(self, crowd):
        assert plain(topics(PERIOD, Scope(topic="billing"))) == {"billing": BILLING}
        assert topics(PERIOD, Scope(team="customer-support-managers"))["orders"].escalated == Share(5, 5)

    def test_what_nobody_assessed_has_no_complexity(self, crowd):
        """A case just filed: severity from the customer's own words, “simple” only by default."""
        crowd.cast.file(at=FEBRUARY.start, impact="question")
        found = topics(FEBRUARY)["orders"]
        assert (found.filed, sum(found.complexities.values())) == (11, 10)

    def test_coming_back_without_an_answer_is_not_opened_again(self, crowd):
        """A case closed while we waited for the customer, who then writes: nothing we said was wrong."""
        case = crowd.cases["withdrawn"]
        assert case.events.filter(kind="answered").count() == 0
        before = topics(FEBRUARY)["technical"].again
        verbs.reopen(case.pk, text="After all.", by=crowd.cast.customer, at=LATER)
        assert topics(FEBRUARY)["technical"].again == before


def json_of(column: str, path: str) -> str:
    """A value inside a JSON column, in plain SQL of either database."""
    if connection.vendor == "sqlite":
        return f"json_extract({column}, '$.{path}')"
    return f"({column} #>> '{{{path.replace('.', ',')}}}')"


PERIODS = pytest.mark.parametrize("period", [PERIOD, FEBRUARY], ids=["story", "crowd"])


@PERIODS
class TestByPlainSql:
    """From the log instead of the case: its last state, its levels, the order of its events."""

    def test_how_many_and_how_severe(self, crowd, period):
        sql = f"""SELECT t.slug, {json_of("e.data", "severity")}, count(*)
                  FROM cases_case c JOIN cases_category t ON t.id = c.category_id JOIN cases_event e ON e.case_id = c.id
                  WHERE NOT c.is_drill AND c.filed_at >= %s AND c.filed_at < %s
                  AND e.seq = (SELECT max(l.seq) FROM cases_event l WHERE l.case_id = c.id) GROUP BY 1, 2"""
        counted = {(slug, int(severity)): n for slug, severity, n in ask(sql, period.start, period.end)}
        found = topics(period)
        assert {(s, v): n for s, one in found.items() for v, n in one.severities.items() if n} == counted

    def test_how_complex(self, crowd, period):
        sql = f"""SELECT t.slug, {json_of("e.data", "args.complexity")}, count(*)
                  FROM cases_event e JOIN cases_case c ON c.id = e.case_id JOIN cases_category t ON t.id = c.category_id
                  WHERE NOT c.is_drill AND c.filed_at >= %s AND c.filed_at < %s AND e.role = 'staff'
                  AND e.kind = 'assessed' AND NOT EXISTS (SELECT 1 FROM cases_event l
                    WHERE l.case_id = e.case_id AND l.kind = 'assessed' AND l.seq > e.seq) GROUP BY 1, 2"""
        counted = {(slug, int(value)): n for slug, value, n in ask(sql, period.start, period.end)}
        found = topics(period)
        assert {(s, v): n for s, one in found.items() for v, n in one.complexities.items() if n} == counted

    def test_opened_again(self, crowd, period):
        """The first answer comes before the last refusal or return."""
        sql = """SELECT slug, count(*), sum(CASE WHEN back > answer THEN 1 ELSE 0 END) FROM (
                   SELECT t.slug, min(CASE WHEN e.kind = 'answered' THEN e.seq END) AS answer,
                     max(CASE WHEN e.kind IN ('rejected', 'reopened') THEN e.seq END) AS back
                   FROM cases_event e JOIN cases_case c ON c.id = e.case_id JOIN cases_category t ON t.id = c.category_id
                   WHERE NOT c.is_drill AND c.filed_at >= %s AND c.filed_at < %s GROUP BY t.slug, c.id) one
                 WHERE answer IS NOT NULL GROUP BY slug"""
        counted = {slug: Share(hits, n) for slug, n, hits in ask(sql, period.start, period.end)}
        assert {slug: one.again for slug, one in topics(period).items() if one.again.n} == counted

    def test_escalated_and_routine(self, crowd, period):
        """The highest level any event names; settled is what has an answer and is confirmed, being surveyed or closed."""
        tier = json_of("e.data", "tier")
        sql = f"""SELECT slug, count(*), sum(CASE WHEN top > 1 THEN 1 ELSE 0 END), sum(settled),
                    sum(CASE WHEN settled = 1 AND top = 1 THEN 1 ELSE 0 END) FROM (
                  SELECT t.slug, max(CAST({tier} AS integer)) AS top,
                    max(CASE WHEN c.state IN ('confirmed', 'feedback', 'closed') AND e.kind = 'answered' THEN 1 ELSE 0 END)
                      AS settled
                  FROM cases_event e JOIN cases_case c ON c.id = e.case_id JOIN cases_category t ON t.id = c.category_id
                  WHERE NOT c.is_drill AND c.filed_at >= %s AND c.filed_at < %s GROUP BY t.slug, c.id) one GROUP BY slug"""
        counted = {
            slug: (Share(up, n), Share(routine, settled))
            for slug, n, up, settled, routine in ask(sql, period.start, period.end)
        }
        assert {slug: (one.escalated, one.routine) for slug, one in topics(period).items()} == counted


class TestCasesBehind:
    @PERIODS
    @pytest.mark.parametrize("scope", [Scope(), Scope(topic="orders"), Scope(level=2)])
    def test_as_many_as_the_number_says(self, crowd, period, scope):
        whole = together(topics(period, scope).values())
        said = {
            "replied": whole.again.n,
            "again": whole.again.hits,
            "settled": whole.routine.n,
            "routine": whole.routine.hits,
            "upset": whole.upset.hits,
            "filed_here": whole.upset.n,
            "incidents": whole.returned.n,
            "returned": whole.returned.hits,
        }
        assert {which: cases_behind(which, period, scope).count() for which in said} == said
        for value, number in whole.complexities.items():
            assert cases_behind("complexity", period, scope, part=str(value)).count() == number

    @pytest.mark.parametrize(
        ("which", "part"), [("nothing", ""), ("complexity", ""), ("complexity", "4"), ("complexity", "x")]
    )
    def test_names_of_no_number_are_refused(self, crowd, which, part):
        with pytest.raises((LookupError, ValueError)):
            cases_behind(which, PERIOD, part=part)

    def test_drills_are_never_counted(self, crowd):
        """The story's drill went up and was answered."""
        drill = Case.everything.get(is_drill=True)
        for which in ("replied", "settled"):
            assert not cases_behind(which, PERIOD).filter(pk=drill.pk).exists()


def test_queries_grow_neither_with_cases_nor_with_topics(crowd):
    """Three queries: the answers opened again, what came again, and all the rest."""
    for number, case in enumerate(Case.objects.filter(filed_at__gte=FEBRUARY.start).order_by("pk")[:20]):
        topic = Category.objects.create(slug=f"old-{number}", name=f"Old topic {number}")
        Case.objects.filter(pk=case.pk).update(category=topic)
    for period, least in ((PERIOD, 3), (FEBRUARY, 20)):
        with CaptureQueriesContext(connection) as asked:
            assert len(topics(period)) >= least
        assert len(asked) == 3


def test_complexities_are_those_a_case_can_have():
    """The case's own constraint says 1 to 3."""
    check = next(one for one in Case._meta.constraints if one.name == "case_complexity_1_to_3")
    assert {value for _, value in check.condition.children} == {min(COMPLEXITIES), max(COMPLEXITIES)}
