"""The facts of a case: by hand on the told cases, the same from the log at any time, and the registry on top of them."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Event, TouchedCase
from escalation import verbs
from feedback import figures, first_contact, measures
from feedback.facts import build
from feedback.facts.case_fact import fact_of
from feedback.facts.stages import STAGES
from feedback.figures import Scope
from feedback.intervals import Share
from feedback.measures import ALL, FACTS, MEASURES, SPLITS, cases_behind, count
from feedback.models import CaseFact
from feedback.periods import Period
from tests.feedback import story as told
from tests.feedback.oracle_sql import second
from tests.feedback.story import AT, HOUR, PERIOD, day

pytestmark = pytest.mark.django_db


def drain(at=AT) -> None:
    """What the beat does until nothing waits."""
    while build.take_touched(at):
        pass


@pytest.fixture
def facts(story):
    drain()
    return {name: CaseFact.objects.filter(pk=case.pk).first() for name, case in story.cases.items()}


class TestByHand:
    def test_every_live_case_has_its_facts_and_a_drill_has_none(self, story, facts):
        assert [name for name, fact in facts.items() if fact is None] == ["d"]
        assert not TouchedCase.objects.exists()

    def test_when(self, facts):
        a4, c4 = facts["a4"], facts["c4"]
        assert (a4.filed_at, a4.acknowledged_at) == (day(13), day(13) + timedelta(minutes=10))
        assert (a4.escalated_at, a4.replied_at, a4.settled_at, a4.resolved_at) == (
            day(13, 11), day(14), day(14, 11), day(14, 11),
        )  # fmt: skip
        assert (c4.settled_at, c4.stage, c4.stage_since) == (None, "work", day(30, 11) + timedelta(minutes=10))

    def test_how_it_went(self, facts):
        a7, b3, b6, c3, c6 = (facts[name] for name in ("a7", "b3", "b6", "c3", "c6"))
        assert (a7.asked_supervisor, a7.touches, a7.level_top) == (True, 2, 1)
        assert (b3.level_top, b3.promises_broken, b3.promises_kept, b3.touches) == (2, 1, 4, 1)
        assert (b6.severity_filed, b6.severity_worst, b6.went_astray) == (4, 2, False)
        assert (c3.replies, c3.rejections, c3.settled_at, c3.stage) == (1, 1, None, "work")
        assert (c6.replies, c6.promises_kept, c6.acknowledged_at) == (1, 0, None)

    def test_where_the_time_went(self, facts):
        """a4: 5 minutes to the review, 5 to the name, 50 of work; passed up, the same again, then until next day 10:00."""
        a4 = facts["a4"]
        minutes = [getattr(a4, f"in_{stage}") // 60 for stage in STAGES]
        assert minutes == [5 + 5, 5 + 5, 50 + 22 * 60 + 50, 60, 0, 0]
        assert sum(minutes) * 60 == (a4.settled_at - a4.filed_at).total_seconds()
        # From 11:00, when it was passed up with a word, to 17:30, and from 9:00 to the answer at 10:00.
        assert a4.longest_silence == 7.5 * HOUR
        # b4 was withdrawn after 48 hours; the last word was at 11:00 on the 21st: 6.5 h, a whole day, and 1 h.
        assert facts["b4"].longest_silence == (6.5 + 8.5 + 1) * HOUR

    def test_what_the_customer_said(self, facts):
        a6, c2 = facts["a6"], facts["c2"]
        assert (a6.asked_at, a6.said_at, a6.score, a6.fixed, a6.effort) == (day(16, 11.5), day(16, 12), 3, "no", 3)
        assert (c2.asked_at, c2.said_at, c2.score, c2.fixed) == (day(30, 11.5), None, None, "")


class TestAstray:
    """Given to another team, and not up, before anybody confirmed it by name: by the log's own words."""

    @pytest.mark.parametrize(
        ("road", "astray"),
        [
            ((("filed", "a", 1), ("handed_over", "b", 1), ("acknowledged", "b", 1)), True),
            ((("filed", "a", 2), ("returned_down", "b", 1), ("acknowledged", "b", 1)), True),
            ((("filed", "a", 1), ("escalated", "b", 2), ("acknowledged", "b", 2)), False),
            ((("filed", "a", 1), ("acknowledged", "a", 1), ("handed_over", "b", 1)), False),
            ((("filed", "a", 1), ("handed_over", "b", 1)), True),
        ],
    )
    def test_road(self, road, astray):
        events = [
            Event(
                seq=number, kind=kind, role="staff", occurred_at=day(12, 10 + number),
                data={"from": "new", "to": "new", "team": team, "tier": tier, "severity": 4, "started": {}, "changed": {}, "ended": {}},
            )
            for number, (kind, team, tier) in enumerate(road, 1)
        ]  # fmt: skip
        fact = fact_of(Case(pk=1, filed_at=day(12, 11)), events, [], None, None, lambda start, end: 0)
        assert fact.went_astray is astray
        with pytest.raises(ValueError, match="no log"):
            fact_of(Case(pk=1), [], [], None, None, lambda start, end: 0)


#: Worked out by hand from the table of the story. Answered: a1 to a8, b1, b2, b3, b5, b6, c1, c2, c3 and the imported c6.
#: Filed here: 19, all but c6, each with its first review promised and kept; confirmed by name: all of them but c5.
#: Clocks: reviews 19, c6's, and 8 of the second level (seven passed up, and b3). Names: nine plain, seven twice, b3 missed
#: and met, b6. Updates: nine plain; a4, a5, a8, c2, b3, b6; c3's and its reply. Answers: the 17 but c6, which was imported and
#: judged, named and answered in one instant.
BY_HAND = {
    "satisfied": told.SATISFIED,
    "low": Share(3, 13),
    "low_in_time": Share(0, 4),  # a3, a8, b3, and a6 whose 3 says “not fixed”; nobody answers them
    "response": told.RESPONSE,
    "addressed": told.ADDRESSED,
    "partly": told.PARTLY,
    "heard": told.HEARD,
    "easy": told.EASY,
    "recovered": Share(0, 0),  # nobody is asked on the way
    "escalated": told.ESCALATED,
    "at_first": told.AT_FIRST,
    "back_7": Share(0, 13),
    "back_30": Share(0, 0),
    "followed_up": Share(0, 0),  # the beat does not run
    "rejected": Share(1, 17),
    "grown": Share(1, 19),
    "astray": Share(0, 18),
    "down": Share(0, 9),
    "supervisor": Share(1, 19),
    "exhausted": Share(0, 19),
    "broken_twice": Share(0, 19),
    "post_mortem": Share(0, 19),  # nobody looks back
    # All of 27 reviews (the imported one is none of ours), 26 names, 17 updates, 16 answers and a7's supervisor but b3's first name.
    "adherence": Share(86, 87),
    "retro": Share(0, 0),  # nobody is asked
    "kept": told.KEPT_ALL,
    **{f"kept_{name}": share for name, share in told.KEPT.items()},
    "in_time_review": Share(28, 28),
    "in_time_acknowledge": Share(25, 26),
    "in_time_update": Share(17, 17),
    "in_time_resolve": Share(16, 16),
}


class TestRegistry:
    def test_every_row_by_hand(self, facts):
        (found,) = count(MEASURES, PERIOD, at=AT).values()
        assert {key: figure.now for key, figure in found.items()} == BY_HAND

    @pytest.mark.parametrize(
        "scope", [Scope(), Scope(topic="orders"), Scope(level=2), Scope(source="live"), Scope(severity=2)]
    )
    def test_the_same_numbers_as_the_page_of_figures(self, facts, scope):
        (found,) = count(MEASURES, PERIOD, scope, at=AT).values()
        csat, up = figures.satisfaction(PERIOD, scope), figures.escalations(PERIOD, scope)
        kept, first = figures.promises(PERIOD, scope, at=AT), first_contact.first_contact(PERIOD, scope, at=AT)
        for key, one in (("satisfied", csat), ("escalated", up), ("kept", kept), ("at_first", first)):
            assert (found[key].now, found[key].before) == (one.now, one.before), key
        for key, name in (
            ("addressed", "addressed"),
            ("partly", "partly"),
            ("heard", "heard"),
            ("easy", "easy"),
            ("response", "response"),
        ):
            assert found[key].now == getattr(csat, name)
        assert {f"kept_{name}": share for name, share in kept.by_milestone.items()} == {
            key: found[key].now for key in found if key.startswith("kept_")
        }

    @pytest.mark.parametrize("by", SPLITS)
    def test_parts_add_up_to_the_whole(self, facts, by):
        (whole,) = count(MEASURES, PERIOD, at=AT).values()
        parts = count(MEASURES, PERIOD, at=AT, by=by)
        for key in MEASURES:
            assert sum((part[key].now for part in parts.values()), Share()) == whole[key].now, key
        if by == "topic":
            assert {slug: part["escalated"].now for slug, part in parts.items()} == told.ESCALATED_TOPICS

    @pytest.mark.parametrize("key", [key for key, one in MEASURES.items() if one.fact == measures.CASE])
    def test_as_many_cases_behind_as_the_number_says(self, facts, key):
        said = BY_HAND[key]
        found = [cases_behind(key, part, PERIOD, at=AT).count() for part in ("hits", "of")]
        # Of what is added up these are the cases: all that were filed here have a step, and c5 its review.
        assert found == ([19, 19] if MEASURES[key].sums else [said.hits, said.n])

    def test_behind_promises_and_clocks_stand_their_cases(self, story, facts):
        for half, which in (("of", "promises"), ("hits", "kept")):
            assert set(cases_behind("kept", half, PERIOD, at=AT)) == set(figures.cases_behind(which, PERIOD, at=AT))
        late = set(cases_behind("in_time_acknowledge", "of", PERIOD, at=AT)) - {story.cases["c5"]}
        assert late == {case for name, case in story.cases.items() if name[0] in "abc" and name not in ("c5", "c6")}

    def test_rows_are_whole(self):
        for key, one in MEASURES.items():
            assert key == one.key and one.fact in FACTS and one.name and "÷" in one.formula
            FACTS[one.fact]._meta.get_field(one.dated)

    def test_one_query_a_kind_of_fact(self, facts):
        for by in (ALL, "topic"):
            with CaptureQueriesContext(connection) as asked:
                count(MEASURES, PERIOD, at=AT, by=by)
            assert len(asked) == len(FACTS)

    def test_a_colleague_s_word_is_no_customer_s(self, story, facts):
        type(story.cast.customer).objects.filter(pk=story.cast.customer.pk).update(is_staff=True)
        (found,) = count(MEASURES, PERIOD, at=AT).values()
        assert {found[key].now for key, one in MEASURES.items() if one.answers} == {Share()}
        assert found["escalated"].now == told.ESCALATED

    def test_names_of_no_figure_are_refused(self, facts):
        for key, part in (("nothing", "of"), ("kept", "all"), ("", "")):
            with pytest.raises(LookupError):
                cases_behind(key, part, PERIOD, at=AT)
        with pytest.raises(LookupError):
            count(["kept"], PERIOD, at=AT, by="handler")


class TestComingBack:
    def test_opened_again_counts_within_its_days_and_a_new_case_counts_too(self, story):
        """a1, settled on the 13th at 11:00, is opened again on the 19th; a2 is gone on from on 10 February."""
        verbs.reopen(story.cases["a1"].pk, text="Again.", by=story.cast.customer, at=day(19, 11))
        new = verbs.come_back(
            story.cases["a2"].pk, text="Once more.", by=story.cast.customer, at=day(10, month=2), form_key=""
        )
        assert new.follows_id == story.cases["a2"].pk
        later = AT + timedelta(days=30)
        drain(later)
        (found,) = count(("back_7", "back_30"), PERIOD, at=later).values()
        # Settled by 2 February: all who ever were, 15 (c1 and c2 too).
        assert (found["back_7"].now, found["back_30"].now) == (Share(1, 15), Share(2, 15))


class TestWhoseWords:
    @pytest.fixture(autouse=True)
    def own_cases(self, story, monkeypatch):
        monkeypatch.setattr(story, "cases", dict(story.cases))

    def test_what_a_colleague_puts_on_record_of_the_customer_is_no_word_of_ours(self, story):
        agent, filed, days = (
            story.cast.tiers[1],
            day(3, 10, month=2),
            Period(date(2026, 2, 3), date(2026, 2, 3), told.ZONE),
        )
        case = story.take("call", filed, "orders")
        verbs.log_call(case.pk, side="theirs", text="It blinks.", by=agent, at=filed + timedelta(hours=1))
        verbs.mail_on(case.pk, text="And beeps.", by=agent, at=filed + timedelta(hours=1))
        story.settle("call", day(4, 10, month=2))
        later = AT + timedelta(days=30)
        drain(later)
        assert CaseFact.objects.get(pk=case.pk).touches == 1
        (found,) = count(["at_first"], days, at=later).values()
        first = first_contact.first_contact(days, at=later)
        assert found["at_first"].now == first.now == Share(1, 1) == Share(*second("at_first", days, later))

    def test_what_we_say_on_the_phone_is(self, story):
        case = story.take("call", day(3, 10, month=2), "orders")
        verbs.log_call(case.pk, side="ours", text="We look.", by=story.cast.tiers[1], at=day(3, 11, month=2))
        drain()
        assert CaseFact.objects.get(pk=case.pk).touches == 1


class TestKeptRight:
    """Whatever happens in whatever order: what is kept is what the log gives."""

    def test_the_command_finds_what_differs_and_mends_it(self, story, facts):
        out = StringIO()
        call_command("figures", "--check", stdout=out)
        assert "26 cases checked, the facts of 0 differ." in out.getvalue()
        CaseFact.objects.filter(pk=story.cases["a1"].pk).update(touches=9)
        CaseFact.objects.filter(pk=story.cases["a2"].pk).delete()
        CaseFact.objects.create(case_id=story.cases["d"].pk, seq=1, filed_at=AT)
        with pytest.raises(SystemExit):
            call_command("figures", "--check", stdout=(out := StringIO()))
        assert "the facts of 3 differ" in out.getvalue() and story.cases["a1"].reference in out.getvalue()
        call_command("figures", "--rebuild", stdout=StringIO())
        call_command("figures", "--check", stdout=StringIO())

    def test_queries_of_a_batch_do_not_grow_with_its_cases(self, story):
        drain()
        numbers = set()
        for names in (["a1"], [name for name in story.cases if name != "d"]):
            TouchedCase.note([story.cases[name].pk for name in names], AT)
            with CaptureQueriesContext(connection) as asked:
                assert build.take_touched(AT) == len(names)
            # A statement of SQLite holds some thousand values, so there the facts themselves are written in parts.
            numbers.add(sum(not one["sql"].startswith('INSERT INTO "feedback_casefact"') for one in asked))
        assert len(numbers) == 1 and numbers.pop() <= 20

    def test_registry_reads_the_facts_and_nothing_live(self):
        """A figure of cases would be half new and half old if its row asked the case for what a fact keeps."""
        for one in MEASURES.values():
            if one.fact == measures.CASE:
                paths = {path for path, _ in flat(one.of | one.hit)}
                assert {path for path in paths if path.startswith("case__")} <= {
                    "case__is_history", "case__customer__is_staff",
                }  # fmt: skip


def flat(condition):
    """All leaves of a Q."""
    for child in condition.children:
        yield from flat(child) if hasattr(child, "children") else [child]
