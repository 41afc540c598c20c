"""What is kept of days that are over equals counting anew: all figures, all parts, whatever happens, at every moment."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from cases.models import Case, Category, Team, TouchedCase, User
from escalation import verbs
from escalation.erasing import end_all
from feedback import figures, measures, periods, post_mortems, retros
from feedback.ease import mean_on_scale
from feedback.facts import build
from feedback.figures import IMPORTED, LIVE, Scope
from feedback.first_contact import first_contact
from feedback.measures import ALL, MEASURES, SPLITS
from feedback.models import CaseFact, CountedCase, Ground, Retro, RollupCell, RollupDay, RollupPart, Survey
from feedback.models.rollup import KEYS
from feedback.periods import BEFORE, NONE, YEAR, Period
from feedback.pulse import office
from feedback.rollup import keep, marking, parts, piecing, reading
from feedback.rollup.cells import COUNTED
from feedback.rollup.overview import overview
from feedback.surveys import answer_survey
from portal.keeping import erasing
from tests.cast import gather, person
from tests.escalation.history_maker import Maker
from tests.feedback.oracle_sql import second
from tests.feedback.recount import same_as_the_log
from tests.feedback.story import AT, PERIOD, ZONE

pytestmark = pytest.mark.django_db


class Living(Maker):
    """As Maker, and what customers say late, what changes a case without an event, merges, erasures, and the beat at any moment."""

    read = kept = 0
    erased = 0

    def act(self) -> None:
        super().act()
        chance = self.chance
        self.answer()
        for deed, often in (
            (self.correct, 0.3),
            (self.merge, 0.2),
            (self.hire, 0.1),
            (self.follow, 0.1),
            (self.erase, 0.03),
        ):
            if chance.random() < often:
                deed()
        if chance.random() < 0.1:
            self.now += timedelta(days=chance.randint(1, 9))  # a holiday: settled cases become old enough
        if chance.random() < 0.7:
            while build.take_touched(self.now) and chance.random() < 0.8:
                pass
        if chance.random() < 0.6:
            keep.roll(self.now, wait=keep.NOW)
        self.look()

    def one(self) -> Case:
        return self.chance.choice(list(Case.objects.order_by("pk")))

    def answer(self) -> None:
        chance = self.chance
        settled = list(Case.objects.filter(state__in=("confirmed", "closed")).order_by("pk"))
        for case in chance.sample(settled, min(3, len(settled))):
            heard, fixed = (chance.choice(("", "yes", "partly", "no")) for _ in range(2))
            try:
                if chance.random() < 0.3:
                    Survey.objects.get_or_create(case=case, defaults={"invited_at": self.now})
                    TouchedCase.note([case.pk], self.now)
                answer_survey(case, satisfaction=chance.randint(1, 5), fixed=fixed, heard=heard, at=self.now)
                if chance.random() < 0.2:
                    verbs.reopen(case.pk, text="It is back.", by=case.customer, at=self.now)
            except (verbs.Refused, verbs.Stale):
                continue  # people come too late at times

    def correct(self) -> None:
        """Somebody repairs rows by SQL: no verb, no event."""
        chance = self.chance
        change = chance.choice(
            (
                {"category": chance.choice(list(Category.objects.order_by("pk")))},
                {"team": chance.choice([None, *Team.objects.order_by("pk")])},
                {"tier": chance.randint(1, 5)},
                {"severity": chance.randint(1, 4)},
                {"is_history": chance.random() < 0.5},
                {"owner": chance.choice([self.cast.mate, self.cast.supervisor]), "complexity": chance.randint(1, 3)},
                {"customer": chance.choice((self.cast.customer, self.cast.other, self.cast.mate))},
            )
        )
        if "team" in change and change["team"] is None:
            change = {"team": None, "owner": self.cast.mate}
        Case.objects.filter(pk=self.one().pk).update(**change)

    def merge(self) -> None:
        case, into = self.one(), self.one()
        try:
            verbs.merge(case.pk, into=into, by=self.cast.supervisor, at=self.now)
        except (verbs.Refused, verbs.Stale):
            return

    def hire(self) -> None:
        """A customer comes to work here, or leaves: what they said is a customer's word or is not."""
        person = self.cast.other
        person.is_staff = not person.is_staff
        person.save(update_fields=["is_staff"])

    def follow(self) -> None:
        case = Case.objects.filter(state__in=("confirmed", "closed"), customer=self.cast.customer).order_by("pk").last()
        if case:
            later = self.cast.file(at=self.now, title="It is back")
            Case.objects.filter(pk=later.pk).update(follows=case)
            TouchedCase.note([case.pk], self.now)

    def erase(self) -> None:
        """A customer is erased, and somebody else comes."""
        gone, self.erased = self.cast.other, self.erased + 1
        self.cast.other = person(f"olga{self.erased}@example.com", "Olga Again")
        end_all(gone, at=self.now)
        erasing._erase(User.objects.filter(pk=gone.pk), self.now)

    def look(self) -> None:
        """A question by chance, now or at an instant before: read and counted anew."""
        chance = self.chance
        at = self.now - chance.choice((keep.NOW, keep.NOW, timedelta(minutes=chance.randint(0, 60 * 24 * 20))))
        last = marking.day_of(at, ZoneInfo(ZONE)) + timedelta(days=chance.choice((0, 0, -3, 4)))
        days, against = chance.choice((0, 6, 27)), chance.choice((BEFORE, YEAR, NONE))
        days = min(days, 6) if against == YEAR else days
        period = Period(last - timedelta(days=days), last, ZONE, against)
        filters = {
            "team": chance.choice(list(Team.objects.values_list("slug", flat=True))),
            "level": chance.randint(1, 3),
            "topic": chance.choice(list(Category.objects.values_list("slug", flat=True))),
            "severity": chance.randint(1, 4),
            "source": chance.choice((LIVE, IMPORTED)),
        }
        names = chance.sample(sorted(filters), chance.choice((0, 0, 1, 1, 2, 3)))
        scope = Scope(**{name: filters[name] for name in names})
        by = chance.choice((ALL, *SPLITS))
        found = reading.read(period, scope, at=at, splits=[by] if by else [])
        self.read += 1
        self.kept += found.is_read
        assert reading.count(MEASURES, period, scope, at=at, by=by) == measures.count(
            MEASURES, period, scope, at=at, by=by
        )
        # The parts of tables: those of a question by chance, put together from kept days and what goes on.
        names, calendar = chance.sample(parts.NAMES, 3), office(at)
        both = [name for name in names if name in parts.WITH_BEFORE]
        pieced = piecing.pieces(names, period, at=at, and_before=both, calendar=calendar)
        for side, some, days in ((pieced.now, names, period), (pieced.before, both, period.before())):
            plain = piecing.counted(some, days, at=at, calendar=calendar)
            assert says(side) == says({name: plain[name] for name in some})


def says(data: dict) -> dict:
    """A part without its zeros, its lists in order: put together in another order it is the same."""
    kept = {
        key: says(value) if isinstance(value, dict) else sorted(value) if isinstance(value, list) else value
        for key, value in data.items()
        if parts.says_something(value)
    }
    if parts.MISSES in kept:  # a case may be among those of several days, and counts once
        kept[parts.MISSES] = {key: set(cases) for key, cases in kept[parts.MISSES].items()}
    if "calendar" in kept:
        kept["calendar"] = set(kept["calendar"])
    return kept


def settle(at: datetime) -> None:
    while build.take_touched(at):
        pass
    while keep.roll(at, wait=keep.NOW):
        pass


def test_equals_a_recount_at_every_moment(monkeypatch):
    # Last year is this near, so that both stretches have cases, and so have the days between that belong to neither.
    monkeypatch.setattr(periods, "A_YEAR", timedelta(days=11))
    maker = Living(gather(), seed=1, batched=True, step=timedelta(hours=9), share=0.6)
    maker.make(48, a_step=4, rest=24)
    assert maker.kept > maker.read // 2, "most questions were answered by counting anew: nothing was tested"
    at = maker.now + timedelta(minutes=1)
    settle(at)
    assert not keep.wanting(at, wait=keep.NOW).exists()
    days = keep.all_days(at)
    assert keep.differing(days, at=at) == []
    _checked_by_the_command(days)
    # Everything kept, in all its parts, against the registry; and the registry's figures against plain SQL.
    whole = Period(days[0] + timedelta(days=len(days) // 2), days[-1], ZONE)
    for by in (ALL, *SPLITS):
        assert reading.count(MEASURES, whole, at=at, by=by) == measures.count(MEASURES, whole, at=at, by=by)
    read = reading.count(MEASURES, whole, at=at)[ALL]
    assert {key: (one.now.hits, one.now.n) for key, one in read.items()} == {
        key: second(key, whole, at) for key in MEASURES
    }
    assert sum(one.now.n + one.before.n > 0 for one in read.values()) > 20
    same_as_the_log(whole, at)
    monkeypatch.setattr(periods, "A_YEAR", timedelta(days=whole.days // 2))
    for against in (YEAR, NONE):
        part = Period(whole.last - timedelta(days=whole.days // 3), whole.last, ZONE, against)
        assert reading.read(part, at=at).is_read
        same_as_the_log(part, at)
    assert all(RollupPart.objects.filter(name=name).exists() for name in parts.NAMES)


def _checked_by_the_command(days: list[date]) -> None:
    def found(what: str) -> dict:
        try:
            call_command("figures", what, "--json", stdout=(out := StringIO()), stderr=StringIO())
        except SystemExit:
            pass
        return json.loads(out.getvalue())

    found("--roll")  # it is much later by the engine's clock
    part = RollupPart.objects.filter(name=parts.HOURS).order_by("day").first()
    kept = part.data
    RollupPart.objects.filter(pk=part.pk).update(data=kept.replace("1", "2"))
    assert found("--check")["days_differ"] == [part.day.isoformat()]
    RollupPart.objects.filter(pk=part.pk).update(data=kept)
    cell = RollupCell.objects.filter(by="team", in_time_review_n__gt=0).first()
    wrong = cell.day.isoformat()
    RollupCell.objects.filter(pk=cell.pk).delete()
    assert found("--check")["days_differ"] == [wrong]
    marking.mark_days([cell.day], at=datetime(2026, 1, 1, tzinfo=UTC))
    assert found("--check")["ok"]  # what waits is not called wrong
    assert found("--roll")["days"] == 1 and RollupCell.objects.filter(day=cell.day, by="team").exists()
    RollupCell.objects.filter(day=cell.day).delete()
    CountedCase.objects.all().delete()
    assert not found("--check")["ok"]
    assert found("--rebuild")["days"] >= len(days) and found("--check")["ok"]
    assert CountedCase.objects.count() == CaseFact.objects.count()


def test_every_figure_is_kept_and_what_is_not_read_is_read_by_none():
    """A new row of the registry needs its columns; a new condition must not read what marks no day."""
    assert set(COUNTED) == set(KEYS) and set(MEASURES) <= set(KEYS), "add the key to KEYS and make the migration anew"
    for one in COUNTED.values():
        words = set(re.findall(r"\w+", f"{one.of} {one.hit} {one.old} {one.dated} {one.sums}"))
        assert one.fact != "case" or not words & marking.UNREAD, one.key


def test_asked_for_what_is_not_kept_all_is_counted():
    gather()
    today = Period.of_weeks(1, until=date(2026, 1, 12), zone=ZONE)
    at = datetime(2026, 1, 12, 10, tzinfo=UTC)
    assert reading.read(today, Scope(topic="orders", team="frontline", source=LIVE), at=at).is_read
    assert not reading.read(today, Scope(topic="orders", team="frontline"), at=at, splits=["level"]).is_read
    assert reading.read(today, Scope(topic="orders"), at=at, splits=["topic", "level"]).is_read
    RollupDay.objects.create(day=date(2020, 1, 1), zone="Asia/Tokyo")
    assert not reading.read(today, at=at).is_read
    with pytest.raises(LookupError):
        reading.read(today, at=at, keys=["nothing"])


def test_while_all_is_made_anew_figures_are_counted_and_never_zero(story):
    """Who looks after the first step of a rebuild, or after one that was broken off, reads the same as before."""
    settle(AT)
    before = reading.count(MEASURES, PERIOD, at=AT)
    days = {row.day for row in RollupDay.objects.all()}
    keep.forget(at=AT)
    assert reading.count(MEASURES, PERIOD, at=AT) == before
    assert not RollupCell.objects.exists() and days <= {row.day for row in RollupDay.objects.exclude(dirty_at=None)}
    settle(AT)
    assert keep.differing(keep.all_days(AT), at=AT) == [] and reading.count(MEASURES, PERIOD, at=AT) == before


def effort_counts(period, scope):
    """How often customers chose each of the five, off the answers themselves."""
    rows = Survey.objects.filter(
        figures.within("answered_at", period), scope.on("case__"), case__customer__is_staff=False
    )
    return Counter(rows.exclude(effort=None).order_by().values_list("effort", flat=True))


def test_the_dashboard_reads_what_its_figures_count(story):
    """Each of the page's figures has a query of its own, by other roads than the facts: the same in all parts."""
    settle(AT)
    scopes = (
        Scope(),
        Scope(topic="orders"),
        Scope(level=1),
        Scope(level=2, source=LIVE),
        Scope(severity=4, topic="billing"),
    )
    two = story.cast.tiers[2].pk
    bound = [Scope(only=("customer-support-managers",)), Scope(only=("customer-support-managers", "service-representatives"), level=2), Scope(only=())]  # fmt: skip
    asked = [Scope(handler=two), Scope(language="en", level=1), Scope(language="de"), Scope(handler=two, only=("customer-support-managers",))]  # fmt: skip
    assert [reading.read(PERIOD, scope, at=AT).is_read for scope in (*bound, *asked)] == [True] * 3 + [False] * 4
    more = (Scope(source=IMPORTED), Scope(team="frontline"), Scope(topic="billing", level=1))
    for scope in (*scopes, *more, *bound, *asked):
        for period in (PERIOD, PERIOD.before()):
            found = overview(period, scope, at=AT)
            assert found.said == figures.satisfaction(period, scope)
            assert found.up == figures.escalations(period, scope)
            assert found.kept == figures.promises(period, scope, at=AT)
            assert found.first == first_contact(period, scope, at=AT)
            assert found.ease.now == mean_on_scale(effort_counts(period, scope))


def test_a_retro_and_a_post_mortem_have_their_days_counted_anew(story):
    """Both are written without an event: nothing else would say that a kept day is old."""

    def kept(key):
        settle(AT)
        found = reading.count([key], PERIOD, at=AT)[ALL][key].now
        assert reading.read(PERIOD, at=AT, keys=[key]).is_read
        assert found == measures.count([key], PERIOD, at=AT)[ALL][key].now
        return found

    assert (kept("retro").n, kept("post_mortem").hits) == (0, 0)
    asked_at = datetime(2026, 1, 20, 12, tzinfo=UTC)
    retros.ask(asked_at)
    asked = kept("retro")
    assert asked.n > 0 and asked.hits == 0
    mine = Retro.objects.order_by("pk").first()
    retros.answer(mine, level=Retro.Level.LOWER, by=mine.person, at=asked_at + timedelta(hours=1))
    assert kept("retro").hits == 1
    case = story.cases["a8"]
    post_mortems.add_grounds(case, [(Ground.Cause.REOPENED, 1)], at=asked_at)
    assert kept("post_mortem").hits == 1 and CaseFact.objects.get(pk=case.pk).post_mortems == 1
