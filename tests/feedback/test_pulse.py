"""The monthly pulse: when it is asked, that an answer counts once and belongs to nobody, and what may be shown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from cases.models import User
from escalation.calendars import Window
from escalation.verbs import Refused
from escalation.worktime import Calendar
from feedback.intervals import wilson
from feedback.models import PulseMonth, PulseTally, PulseTurn
from feedback.pulse import (
    ALWAYS,
    LATER,
    Numbers,
    answer_pulse,
    as_shown,
    ask_later,
    asked_from,
    asked_month,
    grouped,
    may_show,
    months_over,
    next_month,
    question_for,
    so_far,
)
from tests.cast import gather, person

LONDON = "Europe/London"
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
AT = datetime(2026, 1, 12, 10, tzinfo=UTC)
DAY = timedelta(days=1)
OFFICE = Calendar(
    "office@1",
    LONDON,
    windows=tuple(Window(day, 540, 1050) for day in range(5)),
    days_off=((date(2026, 1, 1), "New Year"), (date(2026, 1, 2), "Bridge day")),
)


# When, by hand ------------------------------------------------------------------------------------------------


def test_the_first_working_day_of_a_month():
    """1 January 2026 was a Thursday and off, the 2nd too: it begins on Monday the 5th. 1 March was a Sunday."""
    assert asked_from(JANUARY, OFFICE, LONDON) == date(2026, 1, 5)
    assert asked_from(date(2026, 3, 1), OFFICE, LONDON) == date(2026, 3, 2)
    assert asked_from(date(2026, 4, 1), OFFICE, LONDON) == date(2026, 4, 1)
    assert asked_from(JANUARY, ALWAYS, LONDON) == JANUARY


def test_a_month_without_a_working_day_is_not_asked_about():
    closed = tuple((FEBRUARY + n * DAY, "Shut") for n in range(28))
    calendar = Calendar("shut@1", LONDON, windows=OFFICE.windows, days_off=closed)
    assert asked_from(FEBRUARY, calendar, LONDON) is None
    assert asked_month(datetime(2026, 2, 20, tzinfo=UTC), calendar, LONDON) is None


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 1, 4, 23, 59, 59, tzinfo=UTC), None),
        (datetime(2026, 1, 5, 0, 0, tzinfo=UTC), JANUARY),
        (datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), JANUARY),
        (datetime(2026, 2, 1, 0, 0, tzinfo=UTC), None),  # a Sunday
        (datetime(2026, 2, 2, 0, 0, tzinfo=UTC), FEBRUARY),
        (datetime(2026, 3, 31, 23, 30, tzinfo=UTC), date(2026, 4, 1)),  # half past midnight in London
    ],
)
def test_the_month_that_is_asked_about(at, month):
    assert asked_month(at, OFFICE, LONDON) == month


def test_months_follow_each_other():
    assert [next_month(date(2026, n, 1)) for n in (1, 11, 12)] == [FEBRUARY, date(2026, 12, 1), date(2027, 1, 1)]


# Groups, by hand and by rule ----------------------------------------------------------------------------------


def test_a_team_of_five_is_a_group_and_a_team_of_four_is_not():
    five, four = {n: [1] for n in range(5)}, {n: [2] for n in range(10, 14)}
    eight = {n: [3] for n in range(20, 28)}
    assert grouped(five | eight) == {**dict.fromkeys(range(5), 1), **dict.fromkeys(range(20, 28), 3)}
    # Four are too few for a group and for a rest: the smallest team goes with them.
    found = grouped(five | four | eight)
    assert {found[n] for n in (*range(5), *range(10, 14))} == {None} and found[20] == 3


def test_whoever_stands_in_two_teams_is_counted_in_the_larger():
    teams = {n: [1] for n in range(6)} | {n: [2] for n in range(10, 15)} | {99: [1, 2]}
    assert grouped(teams)[99] == 1
    # Without 99 team 2 would have four: it is none.
    teams = {n: [1] for n in range(6)} | {n: [2] for n in range(10, 14)} | {99: [1, 2]} | {n: [] for n in (50, 51)}
    found = grouped(teams)
    assert found[99] == 1 and {found[n] for n in (10, 11, 12, 13, 50, 51)} == {None}


@given(st.dictionaries(st.integers(0, 40), st.sets(st.integers(1, 6), max_size=3), max_size=40))
def test_nobody_is_in_a_group_of_fewer_than_five_but_a_company_of_fewer(teams):
    found = grouped(teams)
    assert found.keys() == teams.keys()
    sizes = {group: list(found.values()).count(group) for group in set(found.values())}
    assert all(size >= 5 for size in sizes.values()) or set(sizes) <= {None}
    assert all(group is None or group in teams[one] for one, group in found.items())


def n(number, good=None, asked=20):
    """So many answers, half of them good unless said otherwise."""
    return Numbers(asked, number, number // 2 if good is None else good)


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ({None: n(3), 1: n(6)}, set()),  # everybody less team 1 is 3 people
        ({None: n(5), 1: n(6)}, {1}),
        ({None: n(0), 1: n(6), 2: n(5)}, {1, 2}),
        ({None: n(0), 1: n(6), 2: n(4)}, set()),  # 4 are left beside team 1
        ({None: n(0), 1: n(9), 2: n(6), 3: n(2)}, {1}),  # 2 are left; with the smaller of the shown it is 8
        ({None: n(2), 1: n(6), 2: n(3)}, {1}),  # 5 together, and nobody says who they are
        ({None: n(0), 1: n(4)}, set()),
        ({None: n(1), 1: n(3)}, set()),
        ({None: n(4), 1: n(7), 2: n(7)}, {2}),  # of equals one, always the same
        ({}, set()),
        ({None: n(6), 1: n(6, 6), 2: n(6)}, {2}),  # all of team 1 said the same
        ({None: n(6), 1: n(6, 0), 2: n(6)}, {2}),
        ({None: n(6, 6), 1: n(7), 2: n(6)}, {1}),  # all of the rest did: with team 2 it is mixed
        ({None: n(6, 6), 1: n(7, 7)}, set()),
    ],
)
def test_no_number_is_shown_that_leaves_a_small_rest(groups, told):
    assert may_show(groups) == told


@given(
    st.dictionaries(
        st.one_of(st.none(), st.integers(1, 8)), st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=8
    )
)
def test_what_is_shown_gives_no_few_away(numbers):
    """Whatever is subtracted from everybody, all teams shown or single ones, five of both kinds are left or nobody."""
    groups = {team: n(good + bad, good) for team, (good, bad) in numbers.items()}
    told = may_show(groups)
    hidden = [pair for team, pair in numbers.items() if team not in told]
    rest = [sum(pair[side] for pair in hidden) for side in (0, 1)]
    assert all(sum(numbers[team]) >= 5 and all(numbers[team]) for team in told)
    assert not told or rest == [0, 0] or (sum(rest) >= 5 and all(rest))


def test_a_month_with_too_few_says_how_many_and_nothing_else():
    found = as_shown(JANUARY, 40, {None: n(2, 2), 1: n(2, 1)}, ["Too much."])
    assert (found.everybody, found.teams, found.words) == (Numbers(40, 4, 0), {}, ())


def test_the_share_has_wilson_s_interval():
    found = as_shown(JANUARY, 40, {None: n(7, 3), 1: n(6, 5)}, [])
    assert (found.everybody.n, found.everybody.good, found.everybody.asked) == (13, 8, 40)
    assert found.everybody.share.interval == wilson(8, 13)
    assert found.everybody.share.interval == pytest.approx((0.3552, 0.8229), abs=1e-4)
    assert found.everybody.response.value == 13 / 40
    assert found.teams[1].share.value == 5 / 6


def test_words_are_shuffled_the_same_way_at_every_look():
    words = [f"Word {number}" for number in range(12)]
    first, again = (as_shown(JANUARY, 20, {None: n(12)}, words).words for _ in range(2))
    assert first == again and sorted(first) == sorted(words) and list(first) != sorted(words)


# In the database ----------------------------------------------------------------------------------------------


@pytest.fixture
def cast(db):
    """Level 1 is a team of six: Tom, Ana and four more. Levels 2 to 5 and Dana are five others: the rest."""
    made = gather()
    made.team = [made.tiers[1], made.mate]
    for number in range(4):
        one = person(f"more{number}@example.com", f"More {number}", is_staff=True)
        one.groups.set(made.mate.groups.all())
        made.teams[1].members.add(one)
        made.team.append(one)
    made.rest = [*(made.tiers[tier] for tier in (2, 3, 4, 5)), made.supervisor]
    return made


def answer(by, score=4, words="", month=JANUARY, at=AT):
    return answer_pulse(score=score, words=words, month=month, by=by, at=at)


def tallies(month=JANUARY):
    fields = ("asked", "said_1", "said_2", "said_3", "said_4", "said_5")
    rows = PulseTally.objects.filter(month__month=month).values_list("team__slug", *fields)
    return {team: (asked, *said) for team, asked, *said in rows}


def test_an_answer_is_one_more_in_its_group(cast):
    for by, score in ((cast.team[0], 5), (cast.team[1], 2), (cast.supervisor, 4), (cast.tiers[3], 4)):
        assert answer(by, score)
    assert tallies() == {"service-representatives": (6, 0, 1, 0, 0, 1), None: (5, 0, 0, 0, 2, 0)}


def test_a_second_answer_counts_no_more(cast):
    assert answer(cast.mate, 5, "Fine.")
    before = tallies()
    assert answer(cast.mate, 1, "Not fine.") is False
    assert tallies() == before
    assert PulseMonth.objects.get().words == ["Fine."]


def test_words_stand_in_alphabetical_order_without_a_team(cast):
    for by, words in zip(cast.team, ("Zebra", "  apples\n and  pears ", "Middle", ""), strict=False):
        answer(by, words=words)
    assert PulseMonth.objects.get().words == ["Middle", "Zebra", "apples and pears"]


@pytest.mark.parametrize(
    ("wrong", "sentence", "field"),
    [
        ({"score": 6}, "Choose how manageable it was.", "score"),
        ({"score": None}, "Choose how manageable it was.", "score"),
        ({"words": "x" * 301}, "Use at most 300 characters.", "words"),
        ({"month": date(2025, 12, 1)}, "That month is over, and so is its question. Nothing was counted.", ""),
        ({"month": None}, "That month is over, and so is its question. Nothing was counted.", ""),
        ({"at": datetime(2026, 2, 1, 9, tzinfo=UTC)}, "That month is over", ""),
    ],
)
def test_what_is_wrong_is_a_sentence_and_counts_nothing(cast, wrong, sentence, field):
    with pytest.raises(Refused, match=sentence) as refused:
        answer(cast.mate, **wrong)
    assert refused.value.field == field
    assert not PulseMonth.objects.exists() and not PulseTurn.objects.exists()


def test_only_who_works_on_cases_is_asked(cast):
    gone = person("gone@example.com", "Gone One", is_staff=True, is_active=False)
    gone.groups.set(cast.mate.groups.all())
    for one in (cast.customer, cast.manager, gone):
        assert question_for(one, AT) is None
        with pytest.raises(Refused, match="Only people who work on cases are asked"):
            answer(one)
    assert question_for(cast.supervisor, AT) == question_for(cast.mate, AT) == JANUARY


def test_not_now_hides_it_for_a_week_and_answering_for_the_month(cast):
    ask_later(by=cast.mate, at=AT)
    assert PulseTurn.objects.get().hidden_until == date(2026, 1, 19)
    assert question_for(cast.mate, AT) is None and question_for(cast.mate, AT, put_off=False) == JANUARY
    evening = datetime.combine(date(2026, 1, 18), time(23, 59), UTC)
    assert question_for(cast.mate, evening) is None
    assert question_for(cast.mate, evening + timedelta(minutes=1)) == JANUARY
    assert question_for(cast.team[0], AT) == JANUARY, "only for who pressed it"
    answer(cast.mate, at=AT + DAY)
    turn = PulseTurn.objects.get()
    assert (turn.answered, turn.hidden_until) == (True, None)
    assert question_for(cast.mate, AT + LATER + DAY) is None
    ask_later(by=cast.mate, at=AT + 2 * DAY)
    assert PulseTurn.objects.get().hidden_until is None


def test_a_week_that_reaches_into_the_next_month_ends_with_this_one(cast):
    late = datetime(2026, 1, 30, 12, tzinfo=UTC)
    ask_later(by=cast.mate, at=late)
    assert question_for(cast.mate, datetime(2026, 2, 2, 9, tzinfo=UTC)) == FEBRUARY


def test_who_answered_is_forgotten_with_the_next_month_s_first_press(cast):
    for one in cast.team:
        answer(one)
    assert PulseTurn.objects.count() == 6
    ask_later(by=cast.supervisor, at=datetime(2026, 2, 3, 9, tzinfo=UTC))
    assert list(PulseTurn.objects.values_list("user", "month")) == [(cast.supervisor.pk, FEBRUARY)]
    assert sum(tallies()["service-representatives"][1:]) == 6


def test_only_months_that_are_over_are_shown(cast):
    for number, one in enumerate(cast.team):
        answer(one, 5 if number else 2, "Good.")
    assert months_over(AT) == months_over(datetime(2026, 1, 31, 23, 59, tzinfo=UTC)) == []
    assert (so_far(AT).hits, so_far(AT).n) == (6, 11)
    (month,) = months_over(datetime(2026, 2, 1, tzinfo=UTC))
    assert (month.month, month.everybody.n, month.words) == (JANUARY, 6, ("Good.",) * 6)
    assert month.teams == {cast.teams[1].pk: Numbers(6, 6, 5)}
    assert so_far(datetime(2026, 2, 1, tzinfo=UTC)) is None


def test_a_team_is_not_shown_beside_two_others(cast):
    for one in (*cast.team, *cast.rest[:2]):
        answer(one)
    (month,) = months_over(datetime(2026, 2, 1, tzinfo=UTC))
    assert (month.everybody.n, month.teams) == (8, {})


def test_whoever_joins_during_the_month_is_counted_among_those_asked(cast):
    answer(cast.mate)
    late = person("late@example.com", "Late One", is_staff=True)
    late.groups.set(cast.mate.groups.all())
    cast.teams[1].members.add(late)
    answer(late)
    assert tallies()["service-representatives"][0] == 7
    User.objects.filter(pk__in=[one.pk for one in cast.team]).update(is_active=False)
    answer(cast.supervisor)
    # One person of level 1 is left: it is no group of its own any more, and what was answered there stays.
    assert tallies()["service-representatives"] == (2, 0, 0, 0, 2, 0)


def test_nobody_is_asked_twice_when_a_group_dissolves(cast):
    """11 people. 4 of the 6 of level 1 answer, then 2 leave it: with 4 it is no group, and all 11 stand in the rest.

    Beside them the 4 answers stay: the groups' own numbers are 4 and 11. Of the whole it is still 11 people.
    """
    for one in cast.team[:4]:
        answer(one)
    assert (so_far(AT).hits, so_far(AT).n) == (4, 11)
    cast.teams[1].members.remove(*cast.team[4:])
    answer(cast.supervisor)
    assert tallies() == {"service-representatives": (4, 0, 0, 0, 4, 0), None: (11, 0, 0, 0, 1, 0)}
    assert (so_far(AT).hits, so_far(AT).n) == (5, 11)
    (month,) = months_over(datetime(2026, 2, 1, tzinfo=UTC))
    assert month.everybody == Numbers(asked=11, n=5), "all said the same, so nothing more is shown"


def test_who_leaves_is_asked_no_more_and_no_fewer_are_than_answered(cast):
    """Of 11 one answers and leaves: 10 are left when the next answers. Then all but one leave: 3 of 3 have answered."""
    answer(cast.mate)
    assert so_far(AT).n == 11
    User.objects.filter(pk=cast.mate.pk).update(is_active=False)
    answer(cast.tiers[2])
    assert (so_far(AT).hits, so_far(AT).n) == (2, 10)
    User.objects.exclude(pk=cast.supervisor.pk).update(is_active=False)
    answer(cast.supervisor)
    assert (so_far(AT).hits, so_far(AT).n) == (3, 3)


@pytest.mark.parametrize(
    "row",
    [
        lambda cast: PulseMonth(month=date(2026, 1, 2)),
        lambda cast: PulseMonth(month=JANUARY),
        lambda cast: PulseTally(month=PulseMonth.objects.get(), team=cast.teams[1]),
        lambda cast: PulseTally(month=PulseMonth.objects.get(), team=None),
        lambda cast: PulseTurn(user=cast.mate, month=JANUARY),
    ],
)
def test_the_database_refuses_doubles(cast, row):
    answer(cast.mate)
    with pytest.raises(IntegrityError), transaction.atomic():
        row(cast).save(force_insert=True)


# Anonymous by construction ------------------------------------------------------------------------------------


def columns(model) -> set[str]:
    return {field.name for field in model._meta.get_fields() if field.concrete}


def test_no_row_has_both_a_person_and_an_answer():
    """What the three tables hold, to the last column: a new one must be thought about here."""
    assert columns(PulseTurn) == {"id", "user", "month", "answered", "hidden_until"}
    assert columns(PulseMonth) == {"id", "month", "asked", "words"}
    assert columns(PulseTally) == {"id", "month", "team", "asked", "said_1", "said_2", "said_3", "said_4", "said_5"}
    for model in (PulseMonth, PulseTally):
        related = {f.related_model for f in model._meta.get_fields() if f.is_relation}
        assert User not in related and PulseTurn not in related


def test_nothing_else_is_written(cast):
    """No log entry, no form id, no session row: what changes is in the three tables alone."""

    def others():
        models = [m for m in apps.get_models(include_auto_created=True) if m not in (PulseMonth, PulseTally, PulseTurn)]
        return {m._meta.label: list(m._base_manager.order_by("pk").values()) for m in models}

    before = others()
    answer(cast.mate, 2, "Too much.")
    ask_later(by=cast.supervisor, at=AT)
    assert others() == before


def test_the_order_of_answering_leaves_no_trace_in_the_counts(cast):
    """The same answers in another order: the same rows in the same order, and the same words."""

    def told(order):
        with transaction.atomic():
            for by, score, words in order:
                answer(by, score, words)
            rows = PulseTally.objects.order_by("pk").values("team", "asked", *(f"said_{s}" for s in range(1, 6)))
            found = json.dumps([list(rows), PulseMonth.objects.get().words])
            transaction.set_rollback(True)
        return found

    order = [
        (one, score, f"I am {score}") for one, score in zip([*cast.team, *cast.rest], [1, 2, 3, 4, 5] * 3, strict=False)
    ]
    assert told(order) == told(order[::-1]) == told(sorted(order, key=lambda one: one[1]))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_hidden_columns_say_who_came_last_and_not_what_they_said(transactional_db):
    """Every row of the month carries the last answer's transaction, whoever's number it changed."""
    cast = gather()
    for number in range(6):
        one = person(f"more{number}@example.com", f"More {number}", is_staff=True)
        one.groups.set(cast.mate.groups.all())
        cast.teams[1].members.add(one)
        answer(one, 1 + number % 5, "Words." if number % 2 else "")
    answer(cast.supervisor, 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xmin::text FROM feedback_pulsetally UNION ALL SELECT xmin::text FROM feedback_pulsemonth"
        )
        written = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT xmin::text FROM feedback_pulseturn WHERE user_id = %s", [cast.supervisor.pk])
        (last,) = cursor.fetchone()
    assert written == {last}
