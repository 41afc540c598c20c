"""Who carries too much: the rule by hand, the numbers of a team, and days on duty in a row."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category, User
from escalation.directory import Directory
from escalation.load import (
    LOOK_BACK,
    Carried,
    Picture,
    Run,
    average,
    burdens,
    cases_words,
    days_words,
    runs_of,
    too_much,
)
from escalation.models import Leave, LoadCap, Notice, Rota, Shift
from escalation.verbs import Told, file_many
from tests.cast import MONDAY, person

DAY = timedelta(days=1)
REPS, MANAGERS = "service-representatives", "customer-support-managers"


# The rule, by hand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mine", "others", "found"),
    [
        (2, [1, 1], False),  # twice as many, but two cases
        (3, [1, 1], False),
        (4, [1, 1], True),
        (4, [2, 4], False),  # 3 on average; 4 is 33 % over
        (4, [2, 3], True),  # 2.5; 60 % over
        (9, [6, 6], True),  # 50 %
        (8, [6, 6], False),  # 33 %
        (27, [20, 20], False),  # exactly 35 % is not more than 35 %
        (28, [20, 20], True),
        (9, [6], False),  # two people: whoever has more would be flagged
        (9, [], False),
        (5, [0, 0, 0], True),
        (0, [0, 0], False),
        (10, [20, 0, 1], True),  # 7 on average; 43 % over, although one has more
    ],
)
def test_more_than_35_per_cent_over_the_others_with_enough_to_say_so(mine, others, found):
    assert too_much(mine, average(others)) is found


def test_the_average_is_exact():
    assert average([1, 2, 2]) == Fraction(5, 3)
    assert average([7]) is None


def test_runs_of_days():
    assert runs_of([5, 1, 2, 3, 9, 10]) == [Run(1, 3), Run(5, 5), Run(9, 10)]
    assert [run.days for run in runs_of([1, 2, 3])] == [3]
    assert runs_of([]) == []


# A team -------------------------------------------------------------------------------------------------------


@pytest.fixture
def four(cast):
    """Tom, Ana, Una and Vic at level 1."""
    cast.more = []
    for n, name in enumerate(("Una Ode", "Vic Poe")):
        cast.more.append(person(f"more{n}@example.com", name, is_staff=True))
        cast.more[-1].groups.set(cast.mate.groups.all())
        cast.teams[1].members.add(cast.more[-1])
    return cast


def give(cast, user: User, number: int, *, tier: int = 1) -> None:
    """Open cases of somebody; how they got them is not looked at here."""
    topic = Category.objects.get(slug="orders")
    made = file_many([(Told(f"Case {n}", "Text", topic, "loss"), cast.customer) for n in range(number)], at=MONDAY)
    Case.objects.filter(pk__in=[case.pk for case in made]).update(owner=user, tier=tier)


def of(cast, team=REPS):
    return {one.person.name: one for one in Picture(MONDAY).team(team)}


def test_the_numbers_of_a_team(four):
    """Tom 6 + 3 escalated, Ana 6, Una 7, Vic 5: the others of Tom have 18 among three, 6 on average."""
    give(four, four.tiers[1], 6)
    give(four, four.tiers[1], 3, tier=3)
    for who, number in ((four.mate, 6), (four.more[0], 7), (four.more[1], 5)):
        give(four, who, number)
    LoadCap.objects.create(user=four.more[0], most_open=7)
    closed = Case.objects.filter(owner=four.mate).first()
    Case.objects.filter(pk=closed.pk).update(is_history=True)
    give(four, four.mate, 1)
    found = of(four)
    assert list(found) == ["Tom Reed", "Una Ode", "Ana Mate", "Vic Poe"], "the most loaded first"
    tom, una, vic = found["Tom Reed"], found["Una Ode"], found["Vic Poe"]
    assert (tom.open, tom.escalated, tom.cap, tom.full) == (9, 3, None, False)
    assert (una.open, una.escalated, una.cap, una.full) == (7, 0, 7, True)
    assert (tom.others, una.others, vic.others) == (6, Fraction(20, 3), Fraction(22, 3))
    assert [(name, one.too_many) for name, one in found.items() if one.too_many] == [("Tom Reed", True)]
    assert (
        cases_words(tom, "Reps") == "Tom Reed has 9 open cases, 50% more than the average of 6 of the others in Reps."
    )
    assert cases_words(una, "Reps") == ""
    ((team, only),) = Picture(MONDAY).findings()
    assert (team, only.person) == (REPS, four.tiers[1])


def test_who_is_away_or_never_picked_pulls_no_average_down(four):
    """Tom 8; Ana 6, Una 6, Vic 0. With Vic the others have 4 and Tom twice that; Vic is on leave, then capped at 0."""
    for who, number in ((four.tiers[1], 8), (four.mate, 6), (four.more[0], 6)):
        give(four, who, number)
    assert of(four)["Tom Reed"].others == 4 and of(four)["Tom Reed"].too_many
    leave = Leave.objects.create(user=four.more[1], starts_at=MONDAY - DAY, ends_at=MONDAY + DAY)
    assert of(four)["Tom Reed"].others == 6 and not of(four)["Tom Reed"].too_many
    leave.delete()
    LoadCap.objects.create(user=four.more[1], most_open=0)
    assert of(four)["Tom Reed"].others == 6


def test_who_is_away_with_a_full_desk_is_found_all_the_same(four):
    give(four, four.tiers[1], 9)
    give(four, four.mate, 2)
    Leave.objects.create(user=four.tiers[1], starts_at=MONDAY - DAY, ends_at=MONDAY + DAY)
    tom = of(four)["Tom Reed"]
    assert (tom.open, tom.others, tom.typical, tom.over) == (9, Fraction(2, 3), Fraction(67, 100), 1243)


@pytest.mark.parametrize(
    ("mine", "others", "said"),
    [
        (4, [3, 1, 1, 0], "4 open cases, 220% more than the average of 1.25 of"),  # 4 / 1.25 is 3.2
        (9, [1, 1, 0], "9 open cases, 1243% more than the average of 0.67 of"),  # 9 / 0.67 is 13.43
        (4, [3, 2], "4 open cases, 60% more than the average of 2.5 of"),
        (27, [20, 10, 30], "27 open cases, 35% more than the average of 20 of"),
        (28, [20, 20], "28 open cases, 40% more than the average of 20 of"),
        (5, [1] + [0] * 300, "5 open cases, the others in Reps have hardly any."),  # 1 / 301 is nothing to two decimals
    ],
)
def test_the_reader_s_own_sum_comes_to_the_same(mine, others, said):
    one = Carried(User(name="Tom"), mine, None, 0, 0, average(others), 0, None, 7)
    assert cases_words(one, "Reps").startswith(f"Tom has {said}") == too_much(mine, average(others))


def test_others_without_a_case_are_said_as_such(four):
    give(four, four.tiers[1], 5)
    assert cases_words(of(four)["Tom Reed"], "Reps") == "Tom Reed has 5 open cases, the others in Reps have none."


def test_people_who_left_or_do_not_work_cases_are_not_there(four):
    four.teams[1].members.add(four.manager)
    User.objects.filter(pk=four.more[1].pk).update(is_active=False)
    assert set(of(four)) == {"Tom Reed", "Ana Mate", "Una Ode"}


def test_somebody_in_two_teams_is_named_once(four):
    """Tom leads level 1 and stands in a team of three at level 2, where the distance is larger."""
    give(four, four.tiers[1], 9)
    for one in (four.mate, four.more[0], four.more[1]):
        give(four, one, 5)
    four.teams[2].members.add(four.tiers[1], four.tiers[3])
    ((team, one),) = Picture(MONDAY).findings()
    assert (team, one.person.name) == (MANAGERS, "Tom Reed")


def test_letters_at_night_stand_beside_the_cases(four):
    case, night = four.file(), MONDAY.replace(hour=2) - DAY
    Notice.objects.filter(to_customer=False).delete()
    Notice.objects.create(
        key="n", case=case, event_seq=1, kind="case_for_team", recipient=four.mate, owed_at=night, next_at=night,
        state="sent", sent_at=night,
    )  # fmt: skip
    assert {name: one.nights for name, one in of(four).items() if one.nights} == {"Ana Mate": 1}


# Days on duty in a row ----------------------------------------------------------------------------------------


def shifts(cast, user, weekdays, *, starts=date(2025, 1, 1), ends=None, tier=1, **rota):
    made, _ = Rota.objects.get_or_create(team=cast.teams[tier], defaults={"zone": "Europe/London"} | rota)
    for weekday in weekdays:
        Shift.objects.create(
            rota=made, user=user, weekday=weekday, opens=9 * 60, closes=17 * 60, starts_on=starts, ends_on=ends
        )


def test_todays_run_and_the_longest_ahead(cast):
    """Monday 12 January. Ana: Wed 7 to Fri 16 January, ten days, today is the sixth. Tom: Mondays to Fridays."""
    shifts(cast, cast.mate, range(7), starts=date(2026, 1, 7), ends=date(2026, 1, 16))
    shifts(cast, cast.tiers[1], range(5))
    found = of(cast)
    ana, tom = found["Ana Mate"], found["Tom Reed"]
    assert (ana.today, ana.longest.days, ana.longest.starts, ana.too_long) == (6, 10, date(2026, 1, 7), True)
    assert (tom.today, tom.longest.days, tom.too_long) == (1, 5, False)
    assert (
        days_words(ana, "Reps") == "Ana Mate is on duty 10 days in a row from Wed 7 Jan on; the rota of Reps allows 7."
    )
    assert days_words(tom, "Reps") == ""
    assert [one.person.name for _, one in Picture(MONDAY).findings()] == ["Ana Mate"]


def test_seven_days_are_allowed_and_eight_are_not(cast):
    shifts(cast, cast.mate, range(7), starts=date(2026, 1, 14), ends=date(2026, 1, 20))
    assert (of(cast)["Ana Mate"].today, of(cast)["Ana Mate"].longest.days, of(cast)["Ana Mate"].too_long) == (
        0,
        7,
        False,
    )
    Shift.objects.filter(weekday=2).update(ends_on=date(2026, 1, 21))
    assert (of(cast)["Ana Mate"].longest.days, of(cast)["Ana Mate"].too_long) == (8, True)


def test_the_limit_is_the_rotas(cast):
    shifts(cast, cast.mate, range(5), most_days=4)
    ana = of(cast)["Ana Mate"]
    assert (ana.longest.days, ana.most_days, ana.too_long) == (5, 4, True)
    assert {one.person: one.too_long for one in burdens(MONDAY)}[cast.mate]


def test_days_in_another_team_join_the_run(cast):
    """Mondays to Fridays at level 1, the weekend at level 2: a body that never rests."""
    cast.teams[2].members.add(cast.mate)
    shifts(cast, cast.mate, range(5))
    shifts(cast, cast.mate, (5, 6), tier=2)
    ana = of(cast)["Ana Mate"]
    assert ana.longest.starts == date(2025, 12, 15) and ana.longest.days == 42, "four weeks back and two ahead"
    assert ana.today == 29


def test_a_run_that_is_over_is_not_ahead(cast):
    shifts(cast, cast.mate, range(7), starts=date(2025, 12, 20), ends=date(2026, 1, 11))
    assert (of(cast)["Ana Mate"].today, of(cast)["Ana Mate"].longest) == (0, None)


def test_a_swap_ahead_makes_the_run_longer_and_leave_cuts_it(cast):
    shifts(cast, cast.mate, range(7), starts=date(2026, 1, 12), ends=date(2026, 1, 22))
    assert of(cast)["Ana Mate"].longest.days == 11
    Leave.objects.create(
        user=cast.mate, starts_at=MONDAY.replace(day=15, hour=0), ends_at=MONDAY.replace(day=16, hour=0)
    )
    assert (of(cast)["Ana Mate"].longest.days, of(cast)["Ana Mate"].longest.starts) == (7, date(2026, 1, 16))


def test_a_team_without_a_rota_has_no_days(cast):
    tom = of(cast)["Tom Reed"]
    assert (tom.today, tom.longest, tom.too_long) == (0, None, False)


def test_findings_cost_two_questions_whatever_the_rota(four):
    directory = Directory.load(MONDAY - LOOK_BACK)
    with CaptureQueriesContext(connection) as bare:
        Picture(MONDAY, directory).findings()
    for one in (four.mate, *four.more):
        shifts(four, one, range(7))
        give(four, one, 5)
    directory = Directory.load(MONDAY - LOOK_BACK)
    with CaptureQueriesContext(connection) as full:
        assert Picture(MONDAY, directory).findings()
    assert len(full) == len(bare) == 2
