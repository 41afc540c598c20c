"""Promises by milestone and severity, what went up and why, versions and teams: by hand on the sixty, and by plain SQL."""

import pytest
from django.db import transaction

from escalation import verbs
from feedback import climbs, owed
from feedback.facts import build
from feedback.figures import MILESTONES, Scope
from feedback.intervals import Share
from feedback.measures import count
from feedback.owed import OF_KIND
from tests import solving
from tests.feedback import oracle_tables
from tests.feedback.oracle_sql import ask
from tests.feedback.recount import same_as_the_log
from tests.feedback.story import AT, KEPT, PERIOD
from tests.feedback.story_more import AT_MORE, BY_HAND_MORE, MARCH, on, telling_more

pytestmark = pytest.mark.django_db
BOTH = ((PERIOD, AT), (MARCH, AT_MORE))
ONE, TWO = "service-representatives", "customer-support-managers"


@pytest.fixture(scope="module")
def sixty(django_db_setup, django_db_blocker):
    with telling_more(django_db_blocker) as told:
        while build.take_touched(AT_MORE):
            pass
        yield told


def summed(shares) -> Share:
    return sum(shares, Share())


class TestGrid:
    def test_by_hand(self, sixty):
        """All of severity 4, but b6, which was filed as 4 and placed at 2: of it the name, the update and the answer."""
        found = owed.grid(PERIOD, at=AT)
        assert found == {
            ("1", 4): Share(19, 19),
            ("2", 4): Share(23, 24),
            ("2", 2): Share(1, 1),
            ("3", 4): Share(16, 16),
            ("3", 2): Share(1, 1),
            ("4", 4): Share(13, 13),
            ("4", 2): Share(1, 1),
            ("supervisor", 4): Share(1, 1),
        }

    def test_its_rows_are_the_figures_of_the_milestones(self, sixty):
        found = owed.grid(MARCH, at=AT_MORE)
        for key in MILESTONES:
            assert summed(share for (one, _), share in found.items() if one == key) == BY_HAND_MORE[f"kept_{key}"]
        first = owed.grid(PERIOD, at=AT)
        assert {key: summed(s for (one, _), s in first.items() if one == key) for key in MILESTONES} == KEPT

    @pytest.mark.parametrize(("period", "at"), BOTH)
    def test_by_plain_sql(self, sixty, period, at):
        plain: dict = {}
        for kind, severity, hits, n in ask(oracle_tables.GRID, period, at):
            if kind in OF_KIND:
                key = (OF_KIND[kind], severity)
                plain[key] = plain.get(key, Share()) + Share(hits, n)
        assert owed.grid(period, at=at) == plain

    def test_the_cases_behind(self, sixty):
        (case,) = owed.cases_behind("broken_at", PERIOD, at=AT, part="2-4")
        assert case.pk == sixty.cases["b3"].pk
        assert owed.cases_behind("promised_at", PERIOD, at=AT, part="2-2").get().pk == sixty.cases["b6"].pk
        for part in ("", "9-4", "2-x"):
            with pytest.raises((LookupError, ValueError)):
                owed.cases_behind("kept_at", PERIOD, at=AT, part=part)


class TestClimbs:
    def test_by_hand(self, sixty):
        """Nine went to level 2: b3 for a missed time, b6 placed there, seven by hand (c3 was refused only later).

        In March f1, f2 and g8 by hand; f7 for missed times up to level 3, f8 up to level 5.
        """
        found = climbs.rises(PERIOD)
        assert climbs.flow(found) == {(1, 2): 9}
        assert climbs.triggers(found) == {"missed": 1, "asked": 0, "risk": 1, "reopened": 0, "by_hand": 7}
        more = climbs.rises(MARCH)
        assert climbs.flow(more) == {(1, 2): 5, (2, 3): 2, (3, 4): 1, (4, 5): 1}
        assert climbs.triggers(more) == {"missed": 2, "asked": 0, "risk": 0, "reopened": 0, "by_hand": 3}

    @pytest.mark.parametrize(("period", "at"), BOTH)
    def test_by_plain_sql(self, sixty, period, at):
        found = climbs.rises(period)
        assert climbs.flow(found) == {(was, to): n for was, to, n in ask(oracle_tables.FLOW, period, at)}
        plain = {(kind, bool(again)): n for kind, again, n in ask(oracle_tables.WHY, period, at)}
        assert set(plain) <= {("missed", False), ("assessed", False), ("escalated", False)}
        names = {"missed": "missed", "risk": "assessed", "by_hand": "escalated"}
        assert {key: n for key, n in climbs.triggers(found).items() if n} == {
            key: plain[kind, False] for key, kind in names.items() if (kind, False) in plain
        }

    def test_the_cases_behind(self, sixty):
        for period, part in ((PERIOD, "1-2"), (MARCH, "1-2"), (MARCH, "4-5")):
            was, to = map(int, part.split("-"))
            n = climbs.flow(climbs.rises(period))[was, to]
            assert climbs.cases_behind(climbs.FLOW, period, part=part).count() == n
        assert climbs.cases_behind(climbs.TRIGGER, PERIOD, part="missed").get().pk == sixty.cases["b3"].pk
        for which, part in ((climbs.FLOW, ""), (climbs.FLOW, "1"), (climbs.TRIGGER, "luck"), ("none", "1-2")):
            with pytest.raises((LookupError, ValueError)):
                climbs.cases_behind(which, PERIOD, part=part)

    def test_after_it_was_opened_again(self, sixty):
        """e11 was refused by its customer on the 9th; whoever passes it up now does so after that."""
        case = sixty.cases["e11"]
        before = climbs.triggers(climbs.rises(MARCH))
        solving.escalate(case.pk, reason="Twice wrong.", by=sixty.cast.tiers[1], at=on(9, 12))
        after = climbs.triggers(climbs.rises(MARCH))
        assert after == before | {"reopened": 1}


@pytest.mark.parametrize(("period", "at"), BOTH)
def test_tables_read_at_once_are_those_of_the_log(sixty, period, at):
    same_as_the_log(period, at)


class TestVersionsAndTeams:
    def test_both_readings_are_of_one_base(self, sixty):
        for period, at in BOTH:
            rows = owed.base(period)
            (all_of,) = count(
                [f"in_time_{one}" for one in ("review", "acknowledge", "update", "resolve")], period, at=at
            ).values()
            for reading in (owed.VERSION, owed.TEAM):
                found = owed.by(reading, rows)
                for key, name in (("1", "review"), ("2", "acknowledge"), ("3", "update"), ("4", "resolve")):
                    assert summed(mine[key] for mine in found.values()) == all_of[f"in_time_{name}"].now

    def test_by_hand(self, sixty):
        """Level 1 owed the first name of 18 (all but b6 of the 19 named, missed or imported; c6, imported, counts nowhere); b3's it missed. Level 2 the other nine."""
        found = owed.by(owed.TEAM, owed.base(PERIOD))
        assert (found[ONE]["2"], found[TWO]["2"]) == (Share(16, 17), Share(9, 9))
        assert (found[ONE]["1"], found[TWO]["1"]) == (Share(20, 20), Share(8, 8))
        assert list(owed.by(owed.VERSION, owed.base(PERIOD))) == ["five-tier@1"]

    @pytest.mark.parametrize(("period", "at"), BOTH)
    def test_by_plain_sql(self, sixty, period, at):
        plain: dict = {}
        for kind in OF_KIND:
            for protocol, team, hits, n in ask(oracle_tables.owed(kind), period, at):
                key = (protocol, team, OF_KIND[kind])
                plain[key] = plain.get(key, Share()) + Share(hits, n)
        found: dict = {}
        for row in owed.base(period):
            key = (row.version, row.team, row.milestone)
            found[key] = found.get(key, Share()) + row.share
        assert found == plain

    def test_need_not_have_gone_up(self, sixty):
        """f2 came down again. Nobody answered within 4 hours of its coming up."""
        assert owed.false_by_version(MARCH) == {"five-tier@1": Share(1, 5)}
        assert owed.false_by_version(PERIOD) == {"five-tier@1": Share(0, 9)}
        found = owed.cases_behind("false_under", MARCH, at=AT_MORE, part="five-tier@1")
        assert [case.pk for case in found] == [sixty.cases["f2"].pk]

    def test_time_to_a_name(self, sixty):
        """Level 1: 16 after 5 minutes; b3's was taken away, c5's is open. Level 2: b6 after 5, seven after 10, b3 after 35.

        c6 is imported: nobody was asked for a name, its clock began and ended with the answer.
        """
        found = owed.acknowledging(PERIOD, at=AT)
        one = found[ONE]
        assert (one.ended, one.censored, one.quantile(0.5), one.quantile(0.9)) == (16, 2, 300, None)
        assert one.steps[0].time == 300
        handed = owed.cases_behind("handed_over", PERIOD, at=AT, part=ONE)
        assert handed.count() == 18 and not handed.filter(is_history=True).exists()
        two = found[TWO]
        assert (two.ended, two.censored, two.quantile(0.5), two.quantile(0.9)) == (9, 0, 600, 2100)

    def test_what_is_promised_again_was_handed_over_once(self, sixty):
        """f8 came to the last level on the 12th, was missed there and promised again, and has waited since: one, not two."""
        last = "executive-customer-service-manager"
        curve = owed.acknowledging(MARCH, at=AT_MORE)[last]
        assert (curve.n, curve.censored) == (1, 1)
        with transaction.atomic():
            verbs.review(sixty.cases["f8"].pk, by=sixty.cast.tiers[5], at=on(27, 12))
            verbs.acknowledge(sixty.cases["f8"].pk, by=sixty.cast.tiers[5], at=on(27, 12))
            curve = owed.acknowledging(MARCH, at=AT_MORE)[last]
            assert [step.time for step in curve.steps] == [(on(27, 12) - on(12, 16 + 5 / 60)).total_seconds()]
            transaction.set_rollback(True)

    def test_what_is_open_now(self, sixty):
        found = {team: (crew.open, len(crew.people)) for team, crew in owed.crews().items()}
        behind = owed.cases_behind("load", PERIOD, at=AT, part=TWO)
        names = {name for name, case in sixty.cases.items() if case.pk in set(behind.values_list("pk", flat=True))}
        assert (found[TWO][0], names) == (2, {"c3", "c4"})
        assert owed.crews(Scope(topic="account"))[TWO].open == 0
