"""What figures of topics suggest: the signals by hand and in plain SQL, each boundary, and what the protocol says already."""

import copy
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Category
from escalation.models import ProtocolChoice, ProtocolVersion
from escalation.packs import read_pack
from escalation.reading import parse
from feedback.figures import Scope
from feedback.intervals import Share
from feedback.suggestions import (
    ADD,
    LOW,
    NEEDLESS,
    STOP,
    UNASKED,
    WHOLE,
    cases_behind,
    comparable,
    in_force,
    possible,
    signals,
    standing,
    suggest,
)
from tests.feedback import crowd as told
from tests.feedback.crowd import FEBRUARY
from tests.feedback.story import PERIOD
from tests.feedback.test_figures import ask
from tests.feedback.test_topics import PERIODS, json_of

DOCUMENT = read_pack("five_tier")["protocol"]
MANY = Share(0, 40)


def protocol(**changed):
    return parse("five-tier@1", copy.deepcopy(DOCUMENT) | changed)


def named(verdict, *topics, **when):
    rule = {"id": "named", "verdict": verdict, "because": "Because.", "when": {"categories": list(topics)} | when}
    return protocol(guidelines=[*DOCUMENT["guidelines"], rule])


def of_billing(signal, here, others=MANY, rules=None):
    rules = rules or protocol()
    found = {signal: {"billing": here, "orders": others}}
    return [one.kind for one in suggest(found, {"billing": rules, "orders": rules}) if one.topic == "billing"]


class TestBoundaries:
    """One case fewer on either side, and nothing is suggested."""

    @pytest.mark.parametrize("signal", [UNASKED, LOW])
    def test_of_a_missing_rule(self, signal):
        assert of_billing(signal, Share(10, 10), Share(0, 10)) == [ADD]
        assert of_billing(signal, Share(9, 9), Share(0, 10)) == []
        assert of_billing(signal, Share(10, 10), Share(0, 9)) == []

    @pytest.mark.parametrize("signal", [UNASKED, LOW])
    def test_the_intervals_may_not_meet(self, signal):
        # 5 of 20: from 11.186 %. 5 of 100: up to 11.175 %, 6 of 100: up to 12.5 %. 4 of 20: from 8.1 %.
        assert of_billing(signal, Share(5, 20), Share(5, 100)) == [ADD]
        assert of_billing(signal, Share(5, 20), Share(6, 100)) == []
        assert of_billing(signal, Share(4, 20), Share(5, 100)) == []
        assert of_billing(signal, Share(0, 20), Share(90, 100)) == []  # clearly less often is no reason

    def test_of_passing_up_that_is_not_needed(self):
        assert of_billing(NEEDLESS, Share(10, 10), Share(0, 10)) == [STOP]
        assert of_billing(NEEDLESS, Share(9, 9), Share(0, 10)) == []
        assert of_billing(NEEDLESS, Share(10, 10), Share(0, 9)) == []

    def test_most_of_it_must_surely_be_for_nothing(self):
        """8 of 10: 49.0 % to 94.3 %, clearly more than 0 of 40 and still not surely most of them; 9 of 10 from 59.6 %."""
        assert of_billing(NEEDLESS, Share(8, 10)) == []
        assert of_billing(NEEDLESS, Share(9, 10)) == [STOP]
        assert of_billing(NEEDLESS, Share(95, 100), Share(93, 100)) == []

    def test_the_largest_topic_comes_first(self):
        found = {UNASKED: {"a": Share(10, 10), "b": Share(30, 30), "c": Share(0, 200)}}
        made = suggest(found, dict.fromkeys("abc", protocol()))
        assert [(one.topic, one.here, one.others) for one in made] == [
            ("b", Share(30, 30), Share(10, 210)), ("a", Share(10, 10), Share(30, 230)),
        ]  # fmt: skip

    def test_of_how_many_it_can_be_told(self):
        assert comparable({"a": Share(1, 10), "b": Share(0, 9)}) == []
        assert comparable({"a": Share(1, 10), "b": Share(0, 9), "c": Share(0, 1)}) == ["a"]
        assert comparable({}) == []

    @pytest.mark.parametrize("scope", [Scope(), Scope(source="live")])
    def test_a_topic_is_compared_in_all_cases_only(self, scope):
        assert possible(scope)
        for more in ({"team": "x"}, {"level": 1}, {"topic": "x"}, {"severity": 4}, {"source": "imported"}):
            assert not possible(replace(scope, **more))


class TestWhatTheProtocolSaysAlready:
    @pytest.mark.parametrize("verdict", ["must", "should"])
    def test_a_rule_that_names_the_topic_is_enough(self, verdict):
        rules = named(verdict, "billing")
        assert of_billing(UNASKED, Share(10, 10), rules=rules) == of_billing(LOW, Share(10, 10), rules=rules) == []
        assert of_billing(NEEDLESS, Share(10, 10), rules=rules) == [STOP]  # it is the rule that is looked at then
        assert standing(rules, "orders").rules == ()

    def test_may_asks_nobody(self):
        assert of_billing(UNASKED, Share(10, 10), rules=named("may", "billing")) == [ADD]

    def test_a_rule_for_all_topics_is_none_for_this_one(self):
        """Its cases are not among those counted: they were asked for."""
        assert of_billing(UNASKED, Share(10, 10), rules=protocol()) == [ADD]
        assert standing(protocol(), "billing").rules == ()

    def test_a_topic_above_speaks_for_those_below(self):
        topics = DOCUMENT["topics"] | {"payments": {"escalation": "required"}, "billing": {"under": "payments"}}
        assert standing(protocol(topics=topics), "billing").policy == "required"
        assert of_billing(UNASKED, Share(10, 10), rules=protocol(topics=topics)) == []
        above = [{"id": "x", "verdict": "should", "because": "Because.", "when": {"categories": ["payments"]}}]
        topics["payments"] = {}
        assert of_billing(UNASKED, Share(10, 10), rules=protocol(topics=topics, guidelines=above)) == []

    @pytest.mark.parametrize(("policy", "unasked", "needless"), [("required", [], [STOP]), ("allowed", [ADD], [STOP]), ("never", [ADD], [])])  # fmt: skip
    def test_policies(self, policy, unasked, needless):
        rules = protocol(topics=DOCUMENT["topics"] | {"billing": {"escalation": policy}})
        assert of_billing(UNASKED, Share(10, 10), rules=rules) == unasked
        assert of_billing(NEEDLESS, Share(10, 10), rules=rules) == needless

    def test_without_a_protocol_nothing_is_suggested(self):
        assert suggest({UNASKED: {"billing": Share(10, 10), "orders": Share(0, 10)}}, {}) == []


@pytest.mark.django_db
class TestCrowd:
    """By hand, from the table of tests/feedback/crowd.py."""

    def without_technical(self, found):
        return {signal: {t: s for t, s in parts.items() if t != "technical"} for signal, parts in found.items()}

    def test_signals(self, crowd):
        found = signals(FEBRUARY, in_force())
        expected = {UNASKED: told.UNASKED, LOW: told.AGAIN_LOW, NEEDLESS: told.NEEDLESS}
        assert self.without_technical(found) == expected
        assert (found[UNASKED]["technical"], found[NEEDLESS]["technical"]) == (Share(7, 14), Share(4, 9))

    def test_the_odd_ones(self, crowd):
        names = {case.pk: name for name, case in crowd.cases.items()}

        def behind(which):
            return {names[c.pk] for c in cases_behind(which, FEBRUARY, Scope(topic="technical"))}

        assert behind(NEEDLESS) == told.FOR_NOTHING
        assert behind(UNASKED) == told.WITH_REASON
        assert behind("live") == told.FOR_NOTHING | told.WITH_REASON | told.NEITHER
        assert behind("passed") == told.FOR_NOTHING | told.WITH_REASON - {"withdrawn", "still there"}
        assert behind(LOW) == set()

    def test_three_topics_stand_out(self, crowd):
        found = self.without_technical(signals(FEBRUARY, in_force()))
        made = [(one.kind, one.signal, one.topic, one.here, one.others) for one in suggest(found, in_force())]
        assert made == [
            (ADD, UNASKED, "billing", Share(10, 10), Share(0, 30)),
            (ADD, LOW, "delivery", Share(10, 10), Share(0, 20)),
            (STOP, NEEDLESS, "account", Share(10, 10), Share(0, 10)),
        ]

    def test_a_day_later_there_is_one_case_fewer_of_each(self, crowd):
        shorter = replace(FEBRUARY, first=date(2026, 2, 10))
        found = self.without_technical(signals(shorter, in_force()))
        assert found[UNASKED]["billing"] == found[LOW]["delivery"] == found[NEEDLESS]["account"] == Share(9, 9)
        assert suggest(found, in_force()) == []

    def test_imported_history_is_no_part_of_it(self, crowd):
        """The story's c6 was answered at level 1, elsewhere."""
        found = signals(PERIOD, in_force())
        assert found == {
            UNASKED: {"orders": Share(3, 11), "billing": Share(3, 5), "account": Share(1, 3)},
            LOW: {"orders": Share(0, 6), "billing": Share(0, 2), "account": Share(0, 1)},
            NEEDLESS: {"orders": Share(0, 2), "billing": Share(0, 2)},
        }
        assert not cases_behind("live", PERIOD).filter(pk=crowd.cases["c6"].pk).exists()

    def test_what_level_1_may_give_back_is_what_counts(self, crowd):
        """“Too much money” gave back 51, where level 1 may give 50; with 51 it went up for nothing."""
        rules = protocol(tiers=[DOCUMENT["tiers"][0] | {"refund_limit": 51}, *DOCUMENT["tiers"][1:]])
        found = signals(FEBRUARY, dict.fromkeys(in_force(), rules))
        assert (found[NEEDLESS]["technical"], found[UNASKED]["technical"]) == (Share(5, 9), Share(6, 14))
        none = signals(FEBRUARY, {})
        assert none[NEEDLESS]["technical"] == Share(2, 9)  # two that came up at once gave back 10

    @PERIODS
    def test_every_number_has_its_cases(self, crowd, period):
        for signal, parts in signals(period, in_force()).items():
            for topic, here in parts.items():
                others = sum((share for slug, share in parts.items() if slug != topic), Share())
                for which, one, rest in ((signal, here.hits, others.hits), (WHOLE[signal], here.n, others.n)):
                    assert cases_behind(which, period, Scope(topic=topic)).count() == one
                    assert cases_behind(which, period, part=f"not-{topic}").count() == rest

    @pytest.mark.parametrize(("which", "part"), [("nothing", ""), ("needless", "billing"), ("live", "1")])
    def test_names_of_no_number_are_refused(self, crowd, which, part):
        with pytest.raises((LookupError, ValueError)):
            cases_behind(which, PERIOD, part=part)

    def test_one_query_for_all_signals(self, crowd):
        protocols = in_force()
        for period in (PERIOD, FEBRUARY, replace(PERIOD, first=date(2025, 6, 1), last=date(2026, 2, 28))):
            with CaptureQueriesContext(connection) as asked:
                signals(period, protocols)
            assert len(asked) == 1


@pytest.mark.django_db
@PERIODS
class TestByPlainSql:
    def test_passed_up_for_nothing(self, crowd, period):
        """From the log, by window functions: what came after the last time somebody passed it up."""
        tier = f"CAST({json_of('e.data', 'tier')} AS integer)"
        after = "e.seq > up AND e.seq < answer"
        work = "(e.kind = 'missed' OR (e.role = 'staff' AND e.kind NOT IN ('reviewed', 'acknowledged', 'noted', 'warned')))"
        sql = f"""WITH one AS (
              SELECT e.*, t.slug, c.resolved_at,
                max(CASE WHEN e.kind = 'escalated' THEN e.seq END) OVER w AS up,
                max(CASE WHEN e.kind = 'answered' THEN e.seq END) OVER w AS answer,
                max(CASE WHEN e.kind IN ('rejected', 'reopened') THEN e.seq END) OVER w AS back
              FROM cases_event e JOIN cases_case c ON c.id = e.case_id JOIN cases_category t ON t.id = c.category_id
              WHERE NOT c.is_drill AND NOT c.is_history AND c.filed_at >= %s AND c.filed_at < %s
              WINDOW w AS (PARTITION BY e.case_id))
            SELECT slug, case_id, max(CASE WHEN e.seq = up THEN e.occurred_at END),
              max(CASE WHEN e.seq = answer THEN e.occurred_at END), max(CASE WHEN e.seq = answer THEN {tier} END),
              sum(CASE WHEN {after} AND {work} THEN 1 ELSE 0 END), max(CASE WHEN back > up THEN 1 ELSE 0 END),
              (SELECT max(r.amount) FROM cases_resolution r WHERE r.case_id = e.case_id)
            FROM one e WHERE up IS NOT NULL AND resolved_at IS NOT NULL GROUP BY slug, case_id"""
        counted: dict[str, Share] = {}
        for slug, _, up, answer, level, work_done, back, amount in ask(sql, period.start, period.end):
            soon = timedelta(0) <= as_instant(answer) - as_instant(up) <= timedelta(hours=4)
            hit = level == 1 or (soon and not work_done and not back and (amount or 0) <= 50)
            counted[slug] = counted.get(slug, Share()) + Share(int(hit), 1)
        assert signals(period, in_force())[NEEDLESS] == counted

    def test_passed_up_without_a_rule(self, crowd, period):
        """Those less the ones that went up for nothing, which the test above counts."""
        verdict = json_of("e.data", "advice.verdict")
        sql = f"""SELECT DISTINCT c.id FROM cases_event e JOIN cases_case c ON c.id = e.case_id
                  WHERE NOT c.is_drill AND NOT c.is_history AND c.filed_at >= %s AND c.filed_at < %s
                  AND e.kind = 'escalated' AND coalesce({verdict}, '') NOT IN ('must', 'should')"""
        counted = {pk for (pk,) in ask(sql, period.start, period.end)}
        needless = {case.pk for case in cases_behind(NEEDLESS, period)}
        assert {case.pk for case in cases_behind(UNASKED, period)} == counted - needless

    def test_opened_again_after_an_answer_of_level_1(self, crowd, period):
        """Each refusal or return with the answer just before it, and the level of that answer."""
        level = f"CAST({json_of('a.data', 'tier')} AS integer)"
        sql = f"""SELECT t.slug, count(DISTINCT c.id), count(DISTINCT CASE WHEN EXISTS (
                    SELECT 1 FROM cases_event b WHERE b.case_id = a.case_id AND b.kind IN ('rejected', 'reopened')
                    AND b.seq > a.seq AND NOT EXISTS (SELECT 1 FROM cases_event m WHERE m.case_id = a.case_id
                      AND m.kind = 'answered' AND m.seq > a.seq AND m.seq < b.seq)) THEN c.id END)
                  FROM cases_event a JOIN cases_case c ON c.id = a.case_id JOIN cases_category t ON t.id = c.category_id
                  WHERE NOT c.is_drill AND NOT c.is_history AND c.filed_at >= %s AND c.filed_at < %s
                  AND a.kind = 'answered' AND {level} = 1 GROUP BY t.slug"""
        counted = {slug: Share(hits, n) for slug, n, hits in ask(sql, period.start, period.end)}
        assert signals(period, in_force())[LOW] == counted


def as_instant(value):
    """SQLite gives back text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


@pytest.mark.django_db
class TestWhichProtocol:
    def test_the_one_an_ordinary_case_of_the_topic_gets(self, crowd):
        assert {p.label for p in in_force().values()} == {"five-tier@1"}
        assert set(in_force()) == set(Category.objects.values_list("slug", flat=True))
        old = ProtocolVersion.objects.get(label="five-tier@1")
        topics = DOCUMENT["topics"] | {"billing": {"escalation": "never"}}
        other = {"key": "other", "number": 1, "status": "published", "document": DOCUMENT | {"topics": topics}}
        ProtocolVersion.objects.create(**other, made_at=old.made_at, published_at=old.published_at)
        billing = Category.objects.get(slug="billing")
        # Of one kind of customer only: an ordinary case still gets the default.
        ProtocolChoice.objects.create(position=1, category=billing, segment="gold", protocol="other")
        assert in_force()["billing"].label == "five-tier@1"
        ProtocolChoice.objects.create(position=2, category=billing, protocol="other")
        assert (in_force()["billing"].label, in_force()["orders"].label) == ("other@1", "five-tier@1")
        assert standing(in_force()["billing"], "billing").policy == "never"

    def test_a_topic_whose_protocol_is_not_published_is_left_out(self, crowd):
        ProtocolChoice.objects.create(position=1, category=Category.objects.get(slug="billing"), protocol="nowhere")
        assert "billing" not in in_force()
        found = {UNASKED: {"billing": Share(10, 10), "orders": Share(0, 10)}}
        assert suggest(found, in_force()) == []
