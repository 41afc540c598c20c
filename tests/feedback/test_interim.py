"""What we ask customers on our own initiative: one question in so many days whatever its kind, and the one on the way."""

from __future__ import annotations

import itertools
import random
import statistics
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from cases.lifecycle import State
from cases.models import Case, Event
from escalation import letters, outbox, verbs
from escalation.letters import NotNeeded
from escalation.models import Notice, StageClock
from feedback import asks, interim, invitations
from feedback.models import Ask, CaseFact, Interim, Survey
from feedback.recovery import lift, mean_of, student
from portal import clock
from tests.cast import MONDAY, gather
from tests.escalation.stories import bring
from tests.feedback.story_more import MARCH

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cast():
    return gather()


@pytest.fixture
def on(settings):
    settings.SURVEY = settings.SURVEY | {"interim": [2]}


@pytest.fixture
def passed(cast, on):
    """Passed up, confirmed by name at the next level, and an hour has gone by: the case, and the instant."""
    case = bring(cast, State.PASSED)
    held = Case.objects.get(pk=case.pk)
    at = Event.objects.filter(case=held).latest("seq").occurred_at
    verbs.acknowledge(case.pk, by=cast.tiers[held.tier], at=at + timedelta(minutes=5))
    return Case.objects.get(pk=case.pk), at + timedelta(minutes=5) + HOUR


class TestCap:
    def test_one_question_in_so_many_days_whatever_its_kind(self, cast):
        """By chance: of any two questions to one person that were let through, at least the cap lies between them."""
        chance, through = random.Random(3), {}
        people = (cast.customer, cast.other)
        at = MONDAY
        for number in range(150):
            at += timedelta(hours=chance.randint(1, 60))
            person, kind = chance.choice(people), chance.choice((Ask.Kind.SURVEY, Ask.Kind.INTERIM))
            try:
                asks.claim(person, kind, number, at=at)
            except NotNeeded:
                assert at - through[person][-1] < asks.one_in()
            else:
                through.setdefault(person, []).append(at)
                asks.claim(person, kind, number, at=at + HOUR)  # its reminder, or its second try
        assert Ask.objects.count() == sum(map(len, through.values()))
        for times in through.values():
            assert len(times) > 5 and all(b - a >= asks.one_in() for a, b in itertools.pairwise(times))

    def test_the_setting_says_how_many_days(self, cast, settings):
        settings.SURVEY = settings.SURVEY | {"one_in_days": 3}
        asks.claim(cast.customer, Ask.Kind.SURVEY, 1, at=MONDAY)
        with pytest.raises(NotNeeded):
            asks.claim(cast.customer, Ask.Kind.INTERIM, 2, at=MONDAY + 3 * DAY - HOUR)
        asks.claim(cast.customer, Ask.Kind.INTERIM, 2, at=MONDAY + 3 * DAY)

    def test_who_was_erased_meanwhile_is_not_noted_as_asked(self, cast):
        """The letter was taken up before; who is asked is looked at anew once their row is held."""
        type(cast.customer).objects.filter(pk=cast.customer.pk).update(erased_at=MONDAY)
        with pytest.raises(NotNeeded):
            asks.claim(cast.customer, Ask.Kind.SURVEY, 1, at=MONDAY)
        assert not Ask.objects.exists()

    def test_a_question_on_the_way_keeps_the_survey_back(self, passed, cast):
        _case, at = passed
        interim.owe(at)
        while outbox.deliver_batch(at):
            pass
        done = bring(cast, State.CONFIRMED)
        later = at + 2 * DAY
        owed = Notice(
            key="survey:x",
            kind="survey",
            case=done,
            to_customer=True,
            recipient=done.customer,
            owed_at=later,
            next_at=later,
        )
        with pytest.raises(NotNeeded, match="a short while ago"):
            invitations.compose_invitation(owed, later)
        assert not Survey.objects.filter(case=done).exists()
        invitations.compose_invitation(owed, at + 15 * DAY)
        assert Survey.objects.get(case=done).invited_at == at + 15 * DAY


class TestOnTheWay:
    def test_off_unless_it_is_switched_on(self, passed, settings):
        _case, at = passed
        assert interim.to_ask(at).count() == 1
        for other in ([], [1], [3, 9]):
            settings.SURVEY = settings.SURVEY | {"interim": other}
            assert not interim.to_ask(at).filter(kind="acknowledge").exists()

    def test_asked_once_an_hour_after_the_milestone(self, passed, cast):
        _case, at = passed
        assert not interim.to_ask(at - timedelta(minutes=1)).exists() and not interim.to_ask(at + DAY).exists()
        assert interim.owe(at) == 1 and interim.owe(at) == 0
        assert (Interim.objects.get().milestone, Notice.objects.filter(kind=interim.KIND).count()) == (2, 1)
        plain = bring(cast, State.ACKNOWLEDGED)
        ended = StageClock.objects.filter(case=plain, kind="acknowledge").latest("pk").ended_at
        assert not interim.to_ask(ended + HOUR).filter(case=plain).exists()  # never passed up

    def test_one_press_that_is_no_activity(self, passed, cast, settings):
        case, at = passed
        interim.owe(at)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda: at + HOUR)
            while outbox.deliver_batch(at):
                pass
            letter = next(m for m in mail.outbox if "right track" in m.subject)
            path = next(line for line in letter.body.splitlines() if line.startswith("Hardly: ")).partition(
                settings.BASE_URL
            )[2]
            client, before = Client(), frozen(case)
            page = client.get(path).content.decode()
            assert "You chose <strong>Hardly</strong>" in page and Interim.objects.get().score is None
            wrong = client.post(path, {"score": "6"})
            assert "Choose one of the answers" in wrong.content.decode() and Interim.objects.get().score is None
            for score in ("2", "4"):
                assert client.post(path, {"score": score}).status_code == 303
                assert Interim.objects.get().score == int(score)
            assert "We have your answer" in client.get(path.partition("?")[0]).content.decode()
            assert frozen(case) == before
            type(case).objects.filter(pk=case.pk).update(state=State.ANSWERED)
            assert client.get(path).status_code == 404 and "has an answer now" in client.get(path).content.decode()
            assert "has an answer now" in client.post(path, {"score": "1"}).content.decode()
            assert Interim.objects.get().score == 4
            # Withdrawn, joined or settled: nobody is told of an answer, or of a question that does not come.
            for state, said in (
                (State.WITHDRAWN, "is finished"),
                (State.MERGED, "was joined"),
                (State.CLOSED, "is finished"),
            ):
                type(case).objects.filter(pk=case.pk).update(state=state)
                page = client.get(path).content.decode()
                assert said in page and "has an answer now" not in page, state
            assert client.get("/i/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/").status_code == 404

    @pytest.mark.parametrize(
        "change", [{"wants_surveys": False}, {"is_active": False}, {"is_staff": True}, {"erased_at": MONDAY}]
    )
    def test_not_to_who_is_not_asked(self, passed, cast, change):
        _case, at = passed
        interim.owe(at)
        type(cast.customer).objects.filter(pk=cast.customer.pk).update(**change)
        with pytest.raises(NotNeeded):
            letters.compose(Notice.objects.get(kind=interim.KIND), at)
        assert not Ask.objects.exists() and Interim.objects.get().asked_at is None


def frozen(case):
    """The case's row, its log and its clocks."""
    found = []
    with connection.cursor() as cursor:
        for table, column in (("cases_case", "id"), ("cases_event", "case_id"), ("escalation_stageclock", "case_id")):
            cursor.execute(f"SELECT * FROM {table} WHERE {column} = %s ORDER BY id", [case.pk])  # noqa: S608
            found += cursor.fetchall()
    return found


class TestLift:
    def test_against_the_textbook(self):
        """Student's quantiles from the printed table, and a mean worked out by the standard library."""
        for n, printed in ((5, 2.776), (10, 2.262), (20, 2.093), (31, 2.042), (121, 1.980)):
            assert student(n) == pytest.approx(printed, abs=0.01)
        values = [2, 1, 0, -1, 2, 1, 1, 3]
        found = mean_of({value: values.count(value) for value in set(values)})
        reach = student(8) * statistics.stdev(values) / 8**0.5
        assert (found.n, found.mean) == (8, statistics.mean(values))
        assert found.interval == pytest.approx((found.mean - reach, found.mean + reach))
        assert mean_of({1: 4}).mean is None and mean_of({}).n == 0

    def test_only_cases_with_both(self, cast):
        pairs = [(5, 2), (4, 3), (3, 3), (5, 1), (2, 4), (5, None)]
        for final, on_the_way in pairs:
            case = bring(cast, State.CONFIRMED)
            at = MARCH.start + DAY
            CaseFact.objects.create(
                case=case, seq=1, filed_at=at, said_at=at, score=final, interim_score=on_the_way
            )  # fmt: skip
        assert (lift(MARCH).n, lift(MARCH).mean) == (5, pytest.approx(6 / 5))
