"""The rota in the database: who is told and what is empty, whose turn it is, and what happens when somebody leaves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Event, Note, User
from escalation import verbs
from escalation.book import rules_in_force
from escalation.cover import first_gap_words, gathered_words, only_one, read_cover
from escalation.directory import Directory
from escalation.load import burdens
from escalation.models import Leave, LoadCap, Notice, Override, Rota, Shift
from escalation.replay import replay_many
from escalation.rota import Gap
from escalation.routing import Loads, pick_for
from escalation.sweep import sweep_batch
from escalation.verbs import Refused, leaving
from tests.cast import MONDAY, person
from tests.escalation.sound import assert_sound, everything

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REPS, MANAGERS, LEADS = "service-representatives", "customer-support-managers", "customer-support-lead"
LONG_AGO = date(2025, 1, 1)
ALWAYS = [(day, 0, 1440) for day in range(7)]
OFFICE = [(day, 9 * 60, 17 * 60) for day in range(5)]


def rota(cast, tier: int, *turns) -> Rota:
    """`turns`: (person, [(weekday, opens, closes)])."""
    made, _ = Rota.objects.get_or_create(team=cast.teams[tier], defaults={"zone": "Europe/London"})
    for user, hours in turns:
        for weekday, opens, closes in hours:
            Shift.objects.create(
                rota=made, user=user, weekday=weekday, opens=opens, closes=closes, starts_on=LONG_AGO
            )  # fmt: skip
    return made


def leave(user, start=MONDAY - DAY, end=MONDAY + DAY, substitute=None) -> Leave:
    return Leave.objects.create(user=user, starts_at=start, ends_at=end, substitute=substitute)


def told(case, kind):
    """Who was told at the case's last event."""
    notices = Notice.objects.filter(case=case, kind=kind, event_seq=case.event_seq)
    return set(notices.values_list("recipient__name", flat=True))


# Who stands where ---------------------------------------------------------------------------------------------


def test_without_a_rota_everybody_of_the_team_stands_there_at_every_hour(cast):
    for hours in (0, 14, 100):
        directory = Directory.load(MONDAY + hours * HOUR)
        assert set(directory.duty(REPS)) == {cast.tiers[1].pk, cast.mate.pk}
        assert directory.posts[REPS].lead == cast.tiers[1].pk
        assert directory.empty_teams(rules_in_force().protocol) == ()


def test_a_rota_empties_a_team_outside_its_shifts(cast):
    rota(cast, 1, (cast.mate, OFFICE))
    inside, outside = Directory.load(MONDAY), Directory.load(MONDAY + 8 * HOUR)
    assert inside.duty(REPS) == (cast.mate.pk,)
    assert inside.posts[REPS].lead is None, "the lead is not on a shift"
    assert outside.duty(REPS) == ()
    protocol = rules_in_force().protocol
    assert REPS in outside.empty_teams(protocol)
    assert MANAGERS not in outside.empty_teams(protocol)
    assert REPS not in inside.empty_teams(protocol)


def test_leave_takes_the_lead_out_and_puts_the_substitute_in(cast):
    leave(cast.tiers[2], substitute=cast.mate)
    post = Directory.load(MONDAY).posts[MANAGERS]
    assert (post.lead, post.people) == (cast.mate.pk, (cast.mate.pk,))
    leave(cast.tiers[3])
    assert LEADS in Directory.load(MONDAY).empty_teams(rules_in_force().protocol)
    assert MANAGERS not in Directory.load(MONDAY).empty_teams(rules_in_force().protocol)


def test_an_inactive_person_is_nobody_on_a_shift_too(cast):
    rota(cast, 2, (cast.tiers[2], ALWAYS))
    User.objects.filter(pk=cast.tiers[2].pk).update(is_active=False)
    assert Directory.load(MONDAY).duty(MANAGERS) == ()


def test_loading_costs_the_same_whatever_the_rota(cast):
    with CaptureQueriesContext(connection) as bare:
        Directory.load(MONDAY)
    made = rota(cast, 1, (cast.mate, ALWAYS), (cast.tiers[1], OFFICE))
    for n in range(10):
        Override.objects.create(rota=made, user=cast.tiers[2], starts_at=MONDAY, ends_at=MONDAY + (n + 1) * HOUR)
        leave(cast.tiers[3], MONDAY + n * DAY, MONDAY + (n + 1) * DAY, cast.mate)
    with CaptureQueriesContext(connection) as full:
        Directory.load(MONDAY)
    assert len(full) == len(bare) == 3


# Cases --------------------------------------------------------------------------------------------------------


def test_a_miss_climbs_past_a_team_that_is_off_duty_and_tells_who_is_on(cast, case):
    rota(cast, 2, (cast.tiers[2], [(1, 0, 60)]))
    rota(cast, 3, (cast.mate, ALWAYS))
    cast.teams[3].members.add(cast.mate)
    due = case.promise_at
    sweep_batch(due)
    case = assert_sound(case)
    assert case.tier == 3
    assert told(case, "case_for_team") == {"Ana Mate"}
    assert case.alerts.get(kind="empty_level").text.startswith("Nobody stands behind Customer support managers")
    assert Event.objects.get(case=case, kind="missed").data["args"]["empty"].count(MANAGERS) == 1


def test_a_replay_does_not_look_at_the_rota(cast, case):
    rota(cast, 2, (cast.tiers[2], [(1, 0, 60)]))
    sweep_batch(case.promise_at)
    assert Case.objects.get(pk=case.pk).tier == 3
    assert list(replay_many([case.pk])) == []
    Shift.objects.all().delete()
    leave(cast.tiers[3], MONDAY - DAY, MONDAY + 30 * DAY)
    assert list(replay_many([case.pk])) == []


def test_nobody_on_duty_means_that_the_letter_lies_there_for_the_next_shift(cast, case):
    verbs.take_over(case.pk, by=cast.mate, at=MONDAY + HOUR / 60)
    rota(cast, 1, (cast.tiers[1], [(1, 9 * 60, 17 * 60)]))
    directory = Directory.load(MONDAY)
    fresh = Case.objects.get(pk=case.pk)
    assert directory.duty(REPS) == ()
    assert list(directory.recipients(f"lead:{REPS}", fresh, rules_in_force().protocol)) == [cast.tiers[1].pk]


def test_a_substitute_from_another_team_may_do_what_the_colleague_may(cast, case):
    with pytest.raises(Refused, match="Needs someone of Service representatives"):
        verbs.take_over(case.pk, by=cast.tiers[4], at=MONDAY + HOUR / 4)
    leave(cast.mate, substitute=cast.tiers[4])
    verbs.take_over(case.pk, by=cast.tiers[4], at=MONDAY + HOUR / 4)
    assert assert_sound(case).owner == cast.tiers[4]


# Rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Shift, {"weekday": 7, "opens": 0, "closes": 60}),
        (Shift, {"weekday": 0, "opens": 1440, "closes": 60}),
        (Shift, {"weekday": 0, "opens": 60, "closes": 1441}),
        (Shift, {"weekday": 0, "opens": 60, "closes": 60}),
        (Shift, {"weekday": 0, "opens": 0, "closes": 60, "ends_on": LONG_AGO - DAY}),
        (Override, {"starts_at": MONDAY, "ends_at": MONDAY}),
        (Override, {"starts_at": MONDAY, "ends_at": MONDAY + HOUR, "instead_of": "same"}),
        (Leave, {"starts_at": MONDAY, "ends_at": MONDAY - HOUR}),
        (Leave, {"starts_at": MONDAY, "ends_at": MONDAY + HOUR, "substitute": "same"}),
    ],
)
def test_the_database_itself_refuses_what_cannot_be(cast, model, values):
    values = {name: cast.mate if value == "same" else value for name, value in values.items()} | {"user": cast.mate}
    if model is Shift:
        values = {"starts_on": LONG_AGO} | values
    if model is not Leave:
        values["rota"] = Rota.objects.create(team=cast.teams[1], zone="UTC")
    row = model(**values)
    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_same_shift_and_overlapping_leave_are_refused_with_a_sentence(cast):
    made = rota(cast, 1, (cast.mate, [(0, 540, 1020)]))
    again = Shift(rota=made, user=cast.mate, weekday=0, opens=540, closes=1020, starts_on=date(2026, 5, 1))
    with pytest.raises(ValidationError, match="Ana Mate has this shift already: Monday 09:00-17:00"):
        again.full_clean()
    leave(cast.mate)
    with pytest.raises(ValidationError, match="Ana Mate is away then already"):
        Leave(user=cast.mate, starts_at=MONDAY, ends_at=MONDAY + HOUR).full_clean()


# Cover --------------------------------------------------------------------------------------------------------


def test_gaps_name_the_team_and_the_hours(cast):
    """Level 2 from Monday to Saturday round the clock but for one stretch; severity 1 promises every hour."""
    rota(cast, 2, (cast.tiers[2], [(day, 0, 1440) for day in (0, 1, 2, 3, 4, 6)]), (cast.mate, [(5, 13 * 60, 1440)]))
    cast.teams[2].members.add(cast.mate)
    cover = read_cover(MONDAY)
    gap, other = cover.gaps
    assert (gap.team, other.start - gap.start) == (MANAGERS, 7 * DAY)
    assert gathered_words([gap], "Europe/London") == "Sat 17 Jan 00:00-13:00"
    assert (
        gathered_words(cover.gaps, "Europe/London")
        == "Sat 17 Jan 00:00-13:00 and 1 more like it, the last on Sat 24 Jan"
    )
    assert first_gap_words(MONDAY, "Europe/London") == (
        "Customer support managers: nobody on Sat 17 Jan 00:00-13:00 and 1 more like it, the last on Sat 24 Jan."
    )
    assert cover.steps[MANAGERS] == ("level 2",)
    alone = {p.without for p in cover.points if p.team == MANAGERS}
    assert alone == {cast.tiers[2].pk, cast.mate.pk}


def test_no_gap_and_no_words_when_somebody_is_always_there(cast):
    assert read_cover(MONDAY).gaps == []
    assert first_gap_words(MONDAY, "UTC") == ""


def test_nights_are_counted_on_the_clock_of_the_person(cast, case):
    """A letter at 21:30 in London is one at 06:30 in Tokyo."""
    User.objects.filter(pk=cast.mate.pk).update(time_zone="Asia/Tokyo")
    User.objects.filter(pk=cast.tiers[1].pk).update(time_zone="Europe/London")
    evening = MONDAY.replace(hour=21, minute=30)
    Notice.objects.filter(to_customer=False).delete()
    for n, user in enumerate((cast.mate, cast.tiers[1], cast.mate)):
        Notice.objects.create(
            key=f"n{n}", case=case, event_seq=1, kind="case_for_team", recipient=user, owed_at=evening,
            next_at=evening, state="sent", sent_at=evening - n * DAY,
        )  # fmt: skip
    Notice.objects.create(
        key="old", case=case, event_seq=1, kind="case_for_team", recipient=cast.mate, owed_at=evening,
        next_at=evening, state="sent", sent_at=evening - 29 * DAY,
    )  # fmt: skip
    found = {one.person: one.nights for one in burdens(evening + HOUR)}
    assert (found[cast.mate], found[cast.tiers[1]]) == (2, 0)


def test_days_in_a_row(cast):
    rota(cast, 1, (cast.mate, ALWAYS), (cast.tiers[1], OFFICE))
    Shift.objects.filter(user=cast.mate).update(starts_on=date(2026, 1, 4))
    found = {one.person: one for one in burdens(MONDAY)}
    assert (found[cast.mate].longest, found[cast.mate].running, found[cast.mate].too_long) == (9, 9, True)
    assert (found[cast.tiers[1]].longest, found[cast.tiers[1]].running) == (5, 1)


# Whose turn ---------------------------------------------------------------------------------------------------


def give(cast, user, number, at=MONDAY):
    for n in range(number):
        case = cast.file(at=at, title=f"Case {n}")
        verbs.hand_over(case.pk, to=user, note="Yours.", by=cast.supervisor, at=at + HOUR / 60)


def test_the_least_loaded_on_duty_below_the_cap(cast):
    third = person("third@example.com", "Third One", is_staff=True)
    third.groups.set(cast.mate.groups.all())
    cast.teams[1].members.add(third)
    give(cast, cast.tiers[1], 2)
    give(cast, cast.mate, 1)
    turn = lambda at=MONDAY: pick_for(REPS, at, Directory.load(at))  # noqa: E731
    assert turn() == third.pk
    leave(third)
    assert turn() == cast.mate.pk
    cap = LoadCap.objects.create(user=cast.mate, most_open=1)
    assert turn() == cast.tiers[1].pk
    LoadCap.objects.create(user=cast.tiers[1], most_open=2)
    assert turn() is None
    cap.most_open = 2
    cap.save(update_fields=["most_open"])
    assert turn() == cast.mate.pk
    rota(cast, 1, (cast.tiers[1], ALWAYS))
    assert turn() is None, "only who is on duty is asked"


def test_of_equals_who_waited_longest(cast):
    give(cast, cast.tiers[1], 1, at=MONDAY)
    give(cast, cast.mate, 1, at=MONDAY + HOUR)
    assert pick_for(REPS, MONDAY + 2 * HOUR, Directory.load(MONDAY + 2 * HOUR)) == cast.tiers[1].pk


def test_picking_costs_one_query_and_a_batch_shares_it(cast):
    directory = Directory.load(MONDAY)
    with CaptureQueriesContext(connection) as asked:
        pick_for(REPS, MONDAY, directory)
    assert len(asked) == 1
    LoadCap.objects.create(user=cast.mate, most_open=2)
    loads, given = Loads.read(directory.duty(REPS)), []
    for n in range(6):
        chosen = loads.pick(directory.duty(REPS))
        loads.give(chosen, MONDAY + n * HOUR)
        given.append(chosen)
    assert given.count(cast.mate.pk) == 2
    assert given[:4].count(cast.tiers[1].pk) == 2


def test_who_may_not_work_on_cases_is_never_picked(cast):
    cast.teams[5].members.set([cast.manager])
    cast.teams[5].lead = None
    cast.teams[5].save(update_fields=["lead"])
    assert pick_for("executive-customer-service-manager", MONDAY, Directory.load(MONDAY)) is None


# Somebody leaves ----------------------------------------------------------------------------------------------


@pytest.fixture
def leaver(cast):
    """Ana Mate with a case at work, one that waits for its customer, and one where a supervisor was asked for."""
    at = MONDAY
    busy, asked, waiting = (cast.file(title=title) for title in ("At work", "Wants a supervisor", "Waits"))
    for case in (busy, asked, waiting):
        verbs.assess(
            case.pk, severity=2, complexity=1, category=case.category, by=cast.mate, at=at + HOUR / 60
        )  # fmt: skip
        verbs.acknowledge(case.pk, by=cast.mate, at=at + HOUR / 30)
    verbs.ask_supervisor(asked.pk, reason="slow", text="Please hurry.", by=cast.customer, at=at + HOUR / 12)
    verbs.wait_customer(waiting.pk, question="Which card did you use?", by=cast.mate, at=at + HOUR / 10)
    return cast.mate


def test_every_case_goes_with_a_note_that_says_where_it_stands(cast, leaver):
    cases, heard = leaving.cases_of(leaver), []
    before = {case.pk: case.promise_at for case in cases}
    to = {case.pk: cast.tiers[1] for case in cases}
    report = leaving.hand_over_all(
        leaver, to, by=cast.supervisor, at=MONDAY + HOUR / 2, progress=lambda done, of: heard.append((done, of))
    )
    assert (len(report.done), report.stayed, heard) == (3, [], [(1, 3), (2, 3), (3, 3)])
    assert leaving.cases_of(leaver) == []
    notes = {}
    for case in cases:
        fresh = assert_sound(case)
        assert (fresh.owner, fresh.promise_at) == (cast.tiers[1], before[case.pk])
        notes[case.title] = Note.objects.get(case=case).text
    assert "Handed over from Ana Mate." in notes["At work"]
    assert "Acknowledged, level 1, severity High" in notes["At work"]
    assert "Progress update by Tue 13 Jan, 09:32 (London time)" in notes["At work"]
    assert "My money back." in notes["At work"]
    assert "no word of ours has gone to the customer yet" in notes["At work"]
    assert "the customer waits for a supervisor’s answer" in notes["Wants a supervisor"]
    assert "Please hurry." in notes["Wants a supervisor"]
    assert "we wait for the customer to answer: “Which card did you use?”" in notes["Waits"]
    assert "(stopped: " in notes["Waits"]


def test_a_case_that_cannot_go_stays_and_the_report_says_why(cast, leaver):
    first, second, third = leaving.cases_of(leaver)
    to = {first.pk: cast.manager, second.pk: leaver, third.pk: cast.tiers[1]}
    report = leaving.hand_over_all(leaver, to, by=cast.supervisor, at=MONDAY + HOUR / 2)
    assert [case for case, _ in report.done] == [third]
    assert dict(report.stayed) == {
        first: "Max Manager cannot take a case.",
        second: "Ana Mate is the one who leaves. Choose somebody else.",
    }
    assert set(leaving.cases_of(leaver)) == {first, second}
    report = leaving.hand_over_all(leaver, {}, by=cast.supervisor, at=MONDAY + HOUR / 2)
    assert {why for _, why in report.stayed} == {"Nobody was chosen to take it."}


def test_suggestions_are_fair_and_never_the_leaver(cast, leaver):
    third = person("third@example.com", "Third One", is_staff=True)
    third.groups.set(cast.mate.groups.all())
    cast.teams[1].members.add(third)
    LoadCap.objects.create(user=third, most_open=1)
    found = leaving.suggest(leaving.cases_of(leaver), leaver, at=MONDAY + HOUR / 2)
    assert sorted(found.values()) == sorted([third.pk, cast.tiers[1].pk, cast.tiers[1].pk])
    leave(cast.tiers[1])
    found = leaving.suggest(leaving.cases_of(leaver), leaver, at=MONDAY + HOUR / 2)
    assert list(found.values()) == [third.pk], "two cases find nobody with room"


def test_an_account_with_open_cases_is_not_closed(cast, leaver, refused):
    with refused("Ana Mate owns 3 open cases. Hand them over first."):
        leaving.deactivate(leaver, by=cast.supervisor, at=MONDAY + HOUR)


def test_who_is_alone_on_a_shift_is_not_let_go_and_the_shift_is_named(cast, refused):
    rota(cast, 1, (cast.tiers[1], OFFICE), (cast.mate, [*OFFICE, (5, 9 * 60, 13 * 60)]))
    with refused(
        "Nobody else is on duty when Ana Mate is: Service representatives, "
        "Sat 17 Jan 09:00-13:00 and 1 more like it, the last on Sat 24 Jan. Put somebody else there first."
    ):
        leaving.deactivate(cast.mate, by=cast.supervisor, at=MONDAY)
    assert [gap.without for gap in only_one(cast.mate.pk, MONDAY, Directory.load(MONDAY))] == [cast.mate.pk] * 2
    assert isinstance(only_one(cast.mate.pk, MONDAY, Directory.load(MONDAY))[0], Gap)
    Shift.objects.filter(user=cast.mate, weekday=5).update(user=cast.tiers[1])
    leaving.deactivate(cast.mate, by=cast.supervisor, at=MONDAY)
    assert not User.objects.get(pk=cast.mate.pk).is_active


def test_who_may_close_an_account(cast, refused):
    boss = person("boss@example.com", "The Boss", is_staff=True, is_superuser=True)
    for user, by, sentence in (
        (cast.mate, cast.tiers[1], "Needs a supervisor."),
        (cast.supervisor, cast.supervisor, "You cannot close your own account."),
        (boss, cast.supervisor, "Only another administrator"),
        (cast.customer, cast.supervisor, "is not on the staff"),
    ):
        with refused(sentence):
            leaving.deactivate(user, by=by, at=MONDAY)
    before = everything()
    leaving.deactivate(cast.mate, by=cast.supervisor, at=MONDAY)
    assert everything() != before
