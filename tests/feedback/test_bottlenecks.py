"""Where the hours go and what goes wrong with whom: by hand, by plain SQL, and adding up to all the time there was."""

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case, PlaybookRevision
from feedback import gaps
from feedback.facts import build
from feedback.facts.stages import STAGES
from feedback.figures import Scope
from feedback.hours import LOST, SPENT, cases_behind, hours, needless
from feedback.intervals import ENOUGH, Share, wilson
from feedback.models import CaseFact, Retro
from feedback.needless import by_retro
from feedback.needless import cases_behind as needless_cases
from tests.feedback import oracle_tables
from tests.feedback.oracle_sql import ask
from tests.feedback.story import AT, PERIOD
from tests.feedback.story_more import AT_MORE, MARCH, telling_more
from tests.feedback.test_promises import BOTH, ONE, TWO

pytestmark = pytest.mark.django_db
MINUTE = 60
#: The milestone of each state, written down once more.
AT_STAGE = {
    "new": "review", "escalated": "review", "reviewed": "acknowledgment", "passed": "acknowledgment",
    "acknowledged": "work", "working": "work", "reopened": "work", "waiting_customer": "waiting_customer",
    "waiting_partner": "waiting_partner", "answered": "confirmation",
}  # fmt: skip


@pytest.fixture(scope="module")
def sixty(django_db_setup, django_db_blocker):
    with telling_more(django_db_blocker) as told:
        while build.take_touched(AT_MORE):
            pass
        yield told


class TestHours:
    def test_by_hand(self, sixty):
        """Each that went up by hand: 5 minutes to the review, 5 to the name, 50 of work, and twice 5 again above.

        b3 waited 24 h for a name at level 1, then 25 and 10 minutes. b6 had its name after 5 minutes, at level 2. Work
        above: a4 22 h 50, a5 and b4 46 h 50, a8 and c2 70 h 50, b6 71 h 20, b3 23 h 20, c4 72 h 50, c3 22 h 50 and 97 h.
        The customer's yes took an hour of six and an hour and a half of b6.
        """
        found = hours(PERIOD, at=AT)
        seconds = {key: sum(mine.values()) // MINUTE for key, mine in found.cases.items()}
        assert seconds == {
            (ONE, "review"): 45, (ONE, "acknowledgment"): 35 + 1440, (ONE, "work"): 350,
            (TWO, "review"): 60, (TWO, "acknowledgment"): 50, (TWO, "work"): 32730, (TWO, "confirmation"): 450,
        }  # fmt: skip
        assert found.seconds() == (25 + 49 + 73 + 49 + 48 + 73 + 73 + 122 + 74) * 3600
        assert found.count() == 9
        lost = {topic: sum(stages[one] for one in LOST) // MINUTE for topic, stages in found.topics.items()}
        assert lost == {"orders": 1550, "billing": 60, "account": 20}
        # In work above, of nine: 22:50, 23:20, 46:50, 46:50, 70:50, 70:50, 71:20, 72:50 and 119:50; in the middle 70:50.
        assert found.typical(TWO, "work") == (70 * 60 + 50) * MINUTE

    @pytest.mark.parametrize(("period", "at"), BOTH)
    def test_parts_add_up_to_all_the_time(self, sixty, period, at):
        found = hours(period, at=at)
        whole = found.seconds()
        assert whole == sum(found.seconds(team=team) for team in found.teams())
        assert whole == sum(found.seconds(stages=[stage]) for stage in STAGES)
        assert whole == sum(sum(stages.values()) for stages in found.topics.values())
        # The facts know it up to the last event of each case, and since when it has been where it is.
        facts = CaseFact.objects.filter(filed_at__gte=period.start, filed_at__lt=period.end, escalated_at__isnull=False)
        for stage in STAGES:
            known = sum(getattr(fact, f"in_{stage}") for fact in facts)
            open_ = sum((at - fact.stage_since).total_seconds() for fact in facts if fact.stage == stage)
            assert found.seconds(stages=[stage]) == known + int(open_)

    @pytest.mark.parametrize(("period", "at"), BOTH)
    def test_by_plain_sql(self, sixty, period, at):
        plain: dict = {}
        for team, state, seconds in ask(oracle_tables.HOURS, period, at):
            if state in AT_STAGE:
                key = (team, AT_STAGE[state])
                plain[key] = plain.get(key, 0) + float(seconds)
        found = {key: sum(mine.values()) for key, mine in hours(period, at=at).cases.items()}
        assert found == {key: pytest.approx(value, abs=2) for key, value in plain.items()}

    def test_time_of_experts(self, sixty):
        """January: 60 minutes of review, 50 to a name and 32,730 of work above level 1, none of it for nothing. March: f2
        was above for five minutes, and came down again."""
        found = hours(PERIOD, at=AT)
        assert needless(found, PERIOD) == (0, (60 + 50 + 32730) * MINUTE)
        more = hours(MARCH, at=AT_MORE)
        seconds, whole = needless(more, MARCH)
        assert seconds == 5 * MINUTE < whole
        assert whole == sum(
            more.seconds(team=team, stages=("review", "acknowledgment", "work")) for team in more.teams() if team != ONE
        )

    def test_the_cases_behind(self, sixty):
        found = hours(PERIOD, at=AT)
        for (team, stage), mine in found.cases.items():
            assert cases_behind(SPENT, PERIOD, at=AT, part=f"{team}:{stage}").count() == len(mine)
        assert cases_behind(SPENT, PERIOD, Scope(topic="account"), at=AT, part=":work").count() == 1
        for team in {team for team, _ in found.cases}:
            for part, stages in (("", STAGES), ("others", STAGES[3:])):
                mine = {
                    one
                    for (other, stage), some in found.cases.items()
                    if other == team and stage in stages
                    for one in some
                }
                assert cases_behind(SPENT, PERIOD, at=AT, part=f"{team}:{part}").count() == len(mine)
        assert cases_behind(SPENT, PERIOD, at=AT, part=":").count() == len({one for some in found.cases.values() for one in some})  # fmt: skip
        for part in ("", "work", ":sleep"):
            with pytest.raises((LookupError, ValueError)):
                cases_behind(SPENT, PERIOD, at=AT, part=part)


class TestGaps:
    def test_by_hand(self, sixty):
        """Level 1 has what was not passed up, level 2 the rest; c5 is nobody's and c6 was imported."""
        found = gaps.gaps(PERIOD)
        tom, mara = (sixty.cast.tiers[level].pk for level in (1, 2))
        assert {topic: set(mine) for topic, mine in found.items()} == {
            topic: {tom, mara} for topic in ("orders", "billing", "account")
        }
        assert found["orders"][tom] == {
            "low": Share(0, 5), "again": Share(0, 6), "astray": Share(0, 6), "missed": Share(0, 6), "up": Share(0, 6),
        }  # fmt: skip
        assert found["orders"][mara] == {
            "low": Share(1, 3), "again": Share(0, 4), "astray": Share(0, 5), "missed": Share(1, 5), "up": Share(5, 5),
        }  # fmt: skip
        assert found["billing"][mara]["again"] == Share(1, 3)
        assert found["account"][tom]["low"] == Share(0, 1)

    @pytest.mark.parametrize("name", oracle_tables.GAPS)
    def test_by_plain_sql(self, sixty, name):
        for period, at in BOTH:
            plain = {(topic, who): Share(hits, n) for topic, who, hits, n in ask(oracle_tables.GAPS[name], period, at)}
            found = {
                (topic, who): cells[name]
                for topic, mine in gaps.gaps(period).items()
                for who, cells in mine.items()
                if cells[name].n
            }
            assert found == plain

    def test_the_cases_behind_and_to_whom(self, sixty):
        cast = sixty.cast
        tom = cast.tiers[1]
        manager = {"to": cast.manager}
        assert gaps.cases_behind(gaps.GAP, PERIOD, part="missed", **manager).get().pk == sixty.cases["b3"].pk
        one = gaps.cases_behind(gaps.GAP_OF, PERIOD, Scope(topic="orders"), part=f"again:{tom.pk}", **manager)
        assert one.count() == 6
        for part, who in ((f"up:{tom.pk}", cast.supervisor), ("luck", cast.manager), ("up:x", cast.manager)):
            with pytest.raises((LookupError, ValueError)):
                gaps.cases_behind(gaps.GAP_OF, PERIOD, part=part, to=who)

    def test_who_sees_whom(self, sixty):
        """Managers all; who leads a team its members; everybody themselves."""
        cast = sixty.cast
        people = {cast.tiers[1].pk, cast.tiers[2].pk, cast.mate.pk}
        assert set(gaps.visible(people, to=cast.manager)) == people
        assert set(gaps.visible(people, to=cast.supervisor)) == set()
        assert set(gaps.visible(people, to=cast.mate)) == {cast.mate.pk}
        # Tom leads level 1, where Ana stands too.
        assert set(gaps.visible(people, to=cast.tiers[1])) == {cast.tiers[1].pk, cast.mate.pk}
        assert Group.objects.filter(permissions__codename="view_handlers").get().name == "Managers"

    def test_nobody_who_is_not_shown_can_be_computed(self, sixty):
        """On orders Tom has six and Mara five: who sees one of them only sees none, or the other is the total less that one.

        Billing: Tom two, Mara three: neither row is there. With a third colleague who has six, two are behind the total.
        """
        found = gaps.gaps(PERIOD)
        tom, mara = (sixty.cast.tiers[level].pk for level in (1, 2))
        both = gaps.shown_of(found["orders"], [tom, mara])
        assert set(both) == {tom, mara} and both[tom]["up"].shown and both[mara]["missed"].shown
        # Of Mara's answers there are three, and of her replies four: beside the total Tom's would tell them.
        assert both[tom]["low"] == Share(0, 5, kept_back=True) and both[tom]["again"].value is None
        alone = gaps.shown_of(found["orders"], [tom])
        assert not any(share.shown for share in alone[tom].values())
        assert gaps.shown_of(found["billing"], [tom, mara]) == {}
        three = found["orders"] | {0: found["orders"][tom]}
        assert gaps.shown_of(three, [tom])[tom]["up"] == Share(0, 6)

    def test_misses_and_modules(self, sixty):
        """b3's name; in March f7's two names and f8's name and answer, a case once a cause."""
        assert gaps.misses(PERIOD, at=AT) == {("orders", "2"): 1}
        assert gaps.misses(MARCH, at=AT_MORE) == {("orders", "2"): 2, ("orders", "4"): 1}
        orders = Case.objects.get(pk=sixty.cases["a1"].pk).category
        PlaybookRevision.objects.create(
            topic=orders, number=1, steps=["Look."], made_at=AT, made_by=sixty.cast.supervisor
        )
        assert gaps.modules(["orders", "billing"]) == {
            "orders": [gaps.Module("Playbook", topic=orders.pk)],
            "billing": [],
        }


@given(*(st.integers(0, 60) for _ in range(4)))
def test_a_mark_needs_ten_on_both_sides_and_intervals_that_do_not_meet(hits, miss, rest_hits, rest_miss):
    mine, rest = Share(hits, hits + miss), Share(rest_hits, rest_hits + rest_miss)
    cells = gaps.NOTHING | {"low": mine}
    told = gaps.clearly(cells, gaps.together([cells, gaps.NOTHING | {"low": rest}]), "low")
    enough = min(mine.n, rest.n) >= ENOUGH
    assert told == (enough and wilson(mine.hits, mine.n)[0] > wilson(rest.hits, rest.n)[1])


def test_experts_time_that_only_a_retro_calls_needless(sixty):
    """Level 2 had f1 from 11:00 to its answer at 10:00 the next day, and says that level 1 could have done it; f2 came down again."""
    names = {case.pk: name for name, case in sixty.cases.items()}
    assert by_retro(MARCH, at=AT_MORE) == 23 * 60 * MINUTE and by_retro(PERIOD, at=AT) == 0
    assert {names[case.pk] for case in needless_cases(MARCH)} == {"f1", "f2"}
    assert by_retro(MARCH, Scope(only=("service-representatives",)), at=AT_MORE) == 0
    with transaction.atomic():
        Retro.objects.filter(case=sixty.cases["f1"]).update(level="right", answered_at=AT_MORE)
        assert by_retro(MARCH, at=AT_MORE) == 0 and {names[case.pk] for case in needless_cases(MARCH)} == {"f2"}
        transaction.set_rollback(True)
