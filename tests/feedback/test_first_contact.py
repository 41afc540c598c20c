"""Fixed at first contact: by hand, on each road once, and a second time from the messages over generated cases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.lifecycle import State
from cases.models import Case, Category, Event, Message
from escalation import verbs
from escalation.sweep import sweep_batch
from escalation.verbs import Refused
from feedback.figures import EVERYTHING, Scope
from feedback.first_contact import BEHIND, STAYS, cases_behind, first_contact
from feedback.intervals import Share
from feedback.periods import Period
from tests import solving
from tests.feedback import story as told
from tests.feedback.story import AT, PERIOD, ZONE

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
#: Far from the story, whose people and protocol it borrows.
MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
MARCH = Period(MONDAY.date(), MONDAY.date() + 6 * DAY, ZONE)
LATER = MONDAY + 60 * DAY


@pytest.fixture
def cast(story):
    return story.cast


class Road:
    """One case, filed on a Monday at ten, that takes one named step after another, ten minutes each unless said."""

    def __init__(self, cast, topic: str = "orders") -> None:
        self.cast, self.at = cast, MONDAY
        self.case = cast.file(at=MONDAY, impact="question")
        verbs.assess(self.case.pk, severity=3, complexity=1, category=_topic(topic), **self.who(1))
        self.level = 1

    def who(self, level: int) -> dict:
        self.at += 10 * MINUTE
        return {"by": self.cast.tiers[level], "at": self.at}

    def customer(self) -> dict:
        return self.who(1) | {"by": self.cast.customer}

    def take(self, *steps: str) -> "Road":
        for step in steps:
            STEPS[step](self)
        return self

    def wait(self, gap: timedelta) -> "Road":
        self.at += gap - 10 * MINUTE
        return self

    def up(self) -> None:
        solving.escalate(self.case.pk, reason="I may not decide this.", **self.who(self.level))
        self.level += 1
        verbs.review(self.case.pk, **self.who(self.level))
        verbs.acknowledge(self.case.pk, **self.who(self.level))

    def answer(self) -> None:
        said = {"text": "Done.", "outcome": "explained", "root_cause": "x"}
        solving.answer(self.case.pk, **said, **self.who(self.level))

    def asked_for_a_supervisor(self) -> None:
        verbs.ask_supervisor(self.case.pk, reason="slow", **self.customer())
        act = self.who(1) | {"by": self.cast.supervisor}
        verbs.answer_supervisor(self.case.pk, text="I look after it.", granted=False, **act)

    def question(self) -> None:
        verbs.wait_customer(self.case.pk, question="Which order?", **self.who(self.level))
        verbs.reply(self.case.pk, text="The first.", **self.customer())

    def silence(self) -> None:
        """Nobody says yes or no: it closes by itself after five working days."""
        self.at += 8 * DAY
        sweep_batch(self.at)


def _topic(slug: str) -> Category:
    return Category.objects.get(slug=slug)


STEPS: dict[str, Callable[[Road], object]] = {
    "confirm": lambda r: verbs.acknowledge(r.case.pk, **r.who(r.level)),
    "note": lambda r: verbs.note(r.case.pk, text="He is right.", **r.who(r.level)),
    "hand over": lambda r: verbs.hand_over(r.case.pk, to=r.cast.mate, note="Lunch.", **(r.who(r.level) | {"by": r.cast.supervisor})),
    "take over": lambda r: verbs.take_over(r.case.pk, **(r.who(1) | {"by": r.cast.mate})),
    "customer writes": lambda r: verbs.reply(r.case.pk, text="And the second.", **r.customer()),
    "question": Road.question,
    "update": lambda r: verbs.update(r.case.pk, text="I ask the bank.", **r.who(r.level)),
    "less urgent": lambda r: verbs.assess(
        r.case.pk, severity=4, complexity=1, category=r.case.category, reason="One order only.", **r.who(r.level)
    ),
    "more urgent": lambda r: verbs.assess(
        r.case.pk, severity=2, complexity=1, category=r.case.category, reason="All of them.", **r.who(r.level)
    ),
    "supervisor": Road.asked_for_a_supervisor,
    "sorry": lambda r: verbs.apologise(r.case.pk, text="I am sorry.", **(r.who(1) | {"by": r.cast.supervisor})),
    "up": Road.up,
    "answer": Road.answer,
    "yes": lambda r: verbs.accept(r.case.pk, **r.customer()),
    "no": lambda r: verbs.reject(r.case.pk, text="Still wrong.", **r.customer()),
    "silence": Road.silence,
    "back": lambda r: verbs.reopen(r.case.pk, text="It came back.", **r.customer()),
    "withdraw": lambda r: verbs.withdraw(r.case.pk, **r.customer()),
}  # fmt: skip


class TestByHand:
    def test_the_story(self, story):
        found = first_contact(PERIOD, at=AT)
        assert (found.now, found.before) == (told.AT_FIRST, told.AT_FIRST_BEFORE)
        assert (found.by_topic, found.young) == (told.AT_FIRST_TOPICS, told.YOUNG)

    @pytest.mark.parametrize(
        ("steps", "said"),
        [
            ("answer, yes", Share(1, 1)),
            ("confirm, answer, yes", Share(1, 1)),
            ("confirm, note, hand over, answer, yes", Share(1, 1)),
            ("take over, answer, yes", Share(1, 1)),
            ("customer writes, answer, customer writes, yes", Share(1, 1)),
            ("more urgent, answer, yes", Share(0, 1)),  # they read why
            ("answer, silence", Share(1, 1)),
            ("answer, note, yes, note", Share(1, 1)),
            ("less urgent, answer, yes", Share(0, 1)),
            ("confirm, question, answer, yes", Share(0, 1)),
            ("confirm, update, answer, yes", Share(0, 1)),
            ("supervisor, answer, yes", Share(0, 1)),
            ("answer, sorry, yes", Share(0, 1)),
            ("answer, no, answer, yes", Share(0, 1)),
            ("confirm, up, answer, yes", Share(0, 1)),
            ("answer, yes, back", Share(0, 1)),
            ("answer, yes, back, answer, yes", Share(0, 1)),
            ("withdraw, back, answer, yes", Share(1, 1)),
            ("answer", Share()),
            ("confirm, withdraw", Share()),
            ("answer, withdraw", Share()),
        ],
    )
    def test_each_road(self, cast, steps, said):
        Road(cast).take(*steps.split(", "))
        found = first_contact(MARCH, at=LATER)
        assert (found.now, found.young) == (said, 0)

    def test_a_case_that_climbed_because_a_time_was_missed_was_not_fixed_by_the_first(self, cast):
        """One message only, and it is the second level's."""
        road = Road(cast)
        road.at = Case.objects.get(pk=road.case.pk).promise_at
        verbs.review(road.case.pk, **road.who(2))
        road.level = 2
        road.take("confirm", "answer", "yes")
        assert Message.objects.filter(case=road.case, from_customer=False).count() == 1
        assert first_contact(MARCH, at=LATER).now == Share(0, 1)

    @pytest.mark.parametrize(("gap", "hits"), [(STAYS - SECOND, 0), (STAYS, 0), (STAYS + SECOND, 1)])
    def test_seven_days_to_the_second(self, cast, gap, hits):
        """Opened again, and passed up then: what comes after the seven days changes nothing."""
        Road(cast).take("answer", "yes").wait(gap).take("back", "up")
        assert first_contact(MARCH, at=LATER).now == Share(hits, 1)

    @pytest.mark.parametrize(("gap", "hits"), [(STAYS, 0), (STAYS + SECOND, 1)])
    def test_a_case_that_goes_on_from_it_is_as_good_as_opened_again(self, cast, gap, hits):
        road = Road(cast).take("answer", "yes")
        linked = cast.file(at=road.at + gap, impact="question")
        Case.objects.filter(pk=linked.pk).update(follows=road.case)
        assert first_contact(MARCH, at=LATER).now == Share(hits, 1)

    def test_too_young_counts_neither_way(self, cast):
        good, bad = Road(cast).take("answer", "yes"), Road(cast).take("answer", "yes", "back")
        assert good.at < bad.at
        found = first_contact(MARCH, at=good.at + STAYS - SECOND)
        assert (found.now, found.young) == (Share(), 2)
        assert found.by_topic == {}
        assert first_contact(MARCH, at=good.at + STAYS).now == Share(1, 2)

    def test_a_case_settled_long_ago_and_opened_again_since_stays_in(self, cast):
        """It must not drop out with its failure until it is settled once more."""
        road = Road(cast).take("answer", "yes", "back")
        assert Case.objects.get(pk=road.case.pk).resolved_at is None
        assert first_contact(MARCH, at=LATER).now == Share(0, 1)


class TestFilters:
    @pytest.mark.parametrize(
        ("scope", "share", "young"),
        [
            (EVERYTHING, told.AT_FIRST, 2),
            (Scope(source="live"), told.AT_FIRST, 2),
            (Scope(source="imported"), Share(), 0),
            (Scope(topic="billing"), Share(2, 4), 0),  # a3, b5 of a3, a4, a8, b5
            (Scope(severity=2), Share(0, 1), 0),  # b6
            (Scope(level=1), Share(7, 8), 1),  # without a4, a5, a8, b3, b6; a7 was written to twice; c1
            (Scope(team="customer-support-managers"), Share(0, 5), 1),
        ],
    )
    def test_each_narrows_the_figure_and_its_cases(self, story, scope, share, young):
        found = first_contact(PERIOD, scope, at=AT)
        assert (found.now, found.young) == (share, young)
        behind = {which: cases_behind(which, PERIOD, scope, at=AT).count() for which in BEHIND}
        assert behind == {"settled_a_week": share.n, "at_first": share.hits, "young": young}

    def test_drills_are_never_counted(self, story):
        for which in BEHIND:
            assert not cases_behind(which, PERIOD, at=AT).filter(pk=story.cases["d"].pk).exists()

    def test_a_name_of_no_number_is_refused(self, story):
        with pytest.raises(LookupError):
            cases_behind("nothing", PERIOD, at=AT)


def test_one_query_however_many_cases(story):
    for first in (PERIOD.first, PERIOD.first - 200 * DAY):
        with CaptureQueriesContext(connection) as asked:
            first_contact(Period(first, PERIOD.last, ZONE), at=AT)
        assert len(asked) == 1


# A second time, case by case, from what was written ------------------------------------------------------------

TALK = ("confirm", "note", "hand over", "customer writes", "question", "update", "supervisor", "sorry", "up")
ENDS = ("yes", "silence", "no", "withdraw", "note")
GAPS = st.sampled_from((None, timedelta(hours=3), STAYS - SECOND, STAYS, STAYS + SECOND))
ROADS = st.tuples(
    st.sampled_from(("orders", "billing")),
    st.lists(st.sampled_from(TALK), max_size=2, unique=True),
    st.sampled_from(ENDS),
    GAPS,
    st.booleans(),
)


def settled_when(case: Case) -> datetime | None:
    """When it first came from an answer to its end, by the states its log goes through."""
    before = State.NEW
    for event in case.events.order_by("seq"):
        state = event.data["to"]
        if before == State.ANSWERED and state in (State.CONFIRMED, State.CLOSED):
            return event.occurred_at
        before = state
    return None


def was_enough(case: Case, settled: datetime) -> bool:
    """Of the messages, the levels and the states, in words: no event is asked what it said."""
    ours = Message.objects.filter(case=case, from_customer=False, at__lte=settled)
    levels = {event.data["tier"] for event in case.events.filter(occurred_at__lte=settled)}
    after = Event.objects.filter(case=case, occurred_at__gt=settled, occurred_at__lte=settled + STAYS)
    return ours.count() == 1 and levels == {1} and State.REOPENED not in {event.data["to"] for event in after}


def counted(cases: list[Case], at: datetime) -> tuple[Share, int]:
    known = [(case, settled) for case in cases if (settled := settled_when(case)) is not None]
    old = [(case, settled) for case, settled in known if at - settled >= STAYS]
    return Share(sum(was_enough(*one) for one in old), len(old)), len(known) - len(old)


@given(roads=st.lists(ROADS, min_size=1, max_size=4))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_case_by_case_from_the_messages(cast, roads):
    with transaction.atomic():
        ways = [Road(cast, topic) for topic, *_ in roads]
        for way, (_, talk, end, gap, again) in zip(ways, roads, strict=True):
            for step in (*talk, "answer", end, *(("answer", "yes") if end == "no" else ())):
                possible(way, step)
            if gap is not None:
                way.wait(gap)
                possible(way, "back")
            if again:
                possible(way, "answer")
                possible(way, "yes")
        cases = [Case.objects.get(pk=way.case.pk) for way in ways]
        ends = {settled for case in cases if (settled := settled_when(case))}
        for at in (LATER, *(end + STAYS for end in ends), *(end + STAYS - SECOND for end in ends)):
            found = first_contact(MARCH, at=at)
            assert (found.now, found.young) == counted(cases, at)
            assert sum(found.by_topic.values(), Share()) == found.now
            for topic, share in found.by_topic.items():
                assert share == counted([case for case in cases if case.category.slug == topic], at)[0]
        transaction.set_rollback(True)


def possible(way: Road, step: str) -> None:
    """Takes the step where it is one at all: some roads end before it."""
    try:
        way.take(step)
    except Refused:
        return
