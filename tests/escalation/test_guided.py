"""The fast lane, guidelines that stop an act until a reason is given, steps of a level, and moving to a newer version."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cases.models import Case, Category, Event, Note, Resolution, Team
from escalation import adopting, publishing, verbs
from escalation.models import Alert, CalendarVersion, Notice, Rota, Shift, StageClock
from escalation.sweep import sweep_batch
from escalation.verbs import Refused
from tests import solving
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound, open_clocks
from tests.escalation.stories import MINUTE, bring, in_force


def last(case):
    return Event.objects.filter(case=case).order_by("seq").last()


def guideline(verdict, **when):
    return {"id": "twice", "verdict": verdict, "because": "The customer has said no twice.", "when": when}


# The fast lane ------------------------------------------------------------------------------------------------


def test_an_emergency_goes_up_at_once_and_is_justified_afterwards(cast):
    in_force(cast, lambda d: d.update(fast_lane={"tier": 3}))
    case = cast.file(impact="question")
    at = MONDAY + MINUTE
    done = assert_sound(verbs.emergency(case.pk, by=cast.mate, at=at))
    assert (done.tier, done.severity, done.state, done.team) == (3, 1, "escalated", cast.teams[3])
    assert done.promise_at == at + timedelta(seconds=900)
    page = Notice.objects.get(case=case, kind="emergency")
    assert (page.recipient, page.owed_at) == (cast.tiers[3], at)
    assert "justify" in open_clocks(done)
    verbs.justify(case.pk, reason="The whole shop is down.", by=cast.mate, at=at + MINUTE)
    assert "justify" not in open_clocks(done)
    assert Note.objects.get(case=case).text == "The whole shop is down."


def test_without_a_reason_the_lead_is_asked_every_day(cast):
    in_force(cast, lambda d: d.update(fast_lane={"tier": 3}))
    case = cast.file()
    verbs.emergency(case.pk, by=cast.mate, at=MONDAY)
    for day in (1, 2):
        sweep_batch(MONDAY + timedelta(days=day, minutes=1))
        assert Notice.objects.filter(case=case, kind="unjustified").count() == day
    assert Alert.objects.filter(case=case, kind="unjustified", cleared_at=None).count() == 1
    verbs.justify(case.pk, reason="It burned.", by=cast.mate, at=MONDAY + timedelta(days=2, hours=1))
    assert not Alert.objects.filter(case=case, kind="unjustified", cleared_at=None).exists()
    assert_sound(Case.objects.get(pk=case.pk))


def test_no_fast_lane_no_emergency_and_not_twice(cast):
    in_force(cast, lambda d: None)
    case = cast.file()
    with pytest.raises(Refused, match="no fast lane"):
        verbs.emergency(case.pk, by=cast.mate, at=MONDAY)
    with pytest.raises(Refused, match="waiting for a reason"):
        verbs.justify(case.pk, reason="x", by=cast.mate, at=MONDAY)


# Guidelines ---------------------------------------------------------------------------------------------------


def test_must_stops_the_answer_until_it_is_passed_up_or_kept_with_a_reason(cast):
    in_force(cast, lambda d: d.update(guidelines=[guideline("must", rejections_at_least=0)]))
    case = bring(cast, "acknowledged")
    words = {"text": "Paid back.", "outcome": "fixed", "root_cause": "Double click"}
    at = last(case).occurred_at + MINUTE
    with pytest.raises(Refused, match=r"said no twice.*must be passed up"):
        solving.answer(case.pk, by=cast.tiers[1], at=at, **words)
    verbs.keep(case.pk, reason="The bank answers today.", by=cast.tiers[1], at=at)
    kept = last(case)
    assert kept.data["args"] | {"by": 0} == {"by": 0, "rule": "twice", "verdict": "must"}
    assert kept.data["advice"] == {"rule": "twice", "verdict": "must"}
    assert solving.answer(case.pk, by=cast.tiers[1], at=at, **words).state == "answered"
    assert last(case).data["advice"] == {"rule": "twice", "verdict": "must"}
    assert_sound(Case.objects.get(pk=case.pk))


def test_a_reason_counts_for_the_level_it_was_given_at(cast):
    in_force(cast, lambda d: d.update(guidelines=[guideline("must", rejections_at_least=0)]))
    case = bring(cast, "acknowledged")
    at = last(case).occurred_at + MINUTE
    verbs.keep(case.pk, reason="Wait.", by=cast.tiers[1], at=at)
    solving.escalate(case.pk, reason="More authority.", by=cast.tiers[1], at=at)
    assert last(case).data["advice"]["rule"] == "twice"
    verbs.review(case.pk, by=cast.tiers[2], at=at)
    verbs.acknowledge(case.pk, by=cast.tiers[2], at=at)
    with pytest.raises(Refused, match="must be passed up"):
        solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="x", by=cast.tiers[2], at=at)


def test_should_and_may_stop_nothing(cast):
    in_force(cast, lambda d: d.update(guidelines=[guideline("should", rejections_at_least=0)]))
    case = bring(cast, "acknowledged")
    at = last(case).occurred_at + MINUTE
    solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="x", by=cast.tiers[1], at=at)
    assert last(case).data["advice"] == {"rule": "twice", "verdict": "should"}


def test_never_wants_a_note_and_a_missed_time_climbs_all_the_same(cast):
    in_force(cast, lambda d: d.update(topics={"orders": {"escalation": "never"}}))
    case = bring(cast, "acknowledged")
    at = last(case).occurred_at + MINUTE
    with pytest.raises(Refused, match="stay with the level"):
        solving.escalate(case.pk, reason="I am stuck.", by=cast.tiers[1], at=at)
    done = solving.escalate(case.pk, reason="I am stuck.", note="It is fraud.", by=cast.tiers[1], at=at)
    assert done.tier == 2 and last(case).data["advice"] == {"rule": "topic", "verdict": "never"}
    other = cast.file(at=at)
    sweep_batch(other.wake_at + timedelta(hours=9))
    assert Case.objects.get(pk=other.pk).tier > 1


def test_nothing_to_keep_where_no_guideline_speaks(cast):
    in_force(cast, lambda d: None)
    case = bring(cast, "acknowledged")
    with pytest.raises(Refused, match="No guideline"):
        verbs.keep(case.pk, reason="x", by=cast.tiers[1], at=last(case).occurred_at + MINUTE)


# Steps --------------------------------------------------------------------------------------------------------


def steps(*rows):
    def change(document):
        document["tiers"][0]["steps"] = [
            dict(zip(("after", "target", "actions", "repeat"), row, strict=False)) for row in rows
        ]

    return change


def test_steps_run_one_after_the_other_until_somebody_acknowledges(cast):
    lead = "lead:service-representatives"
    in_force(
        cast, steps((300, lead, ["notify"], 2), (600, "lead:customer-support-managers", ["notify", "message_customer"]))
    )
    case = cast.file()
    seen = []
    for minutes in (5, 10, 20):
        sweep_batch(MONDAY + timedelta(minutes=minutes))
        newest = Notice.objects.filter(case=case, event_seq=last(case).seq)
        seen.append(sorted((n.kind, n.recipient.first_name) for n in newest))
    assert seen == [
        [("not_acknowledged", "Tom")], [("not_acknowledged", "Tom")],
        [("not_acknowledged", "Mara"), ("still_looking", "Sam")],
    ]  # fmt: skip
    assert "step" not in open_clocks(case)
    # The customer's promise did not move.
    assert Case.objects.get(pk=case.pk).promise_at == case.promise_at
    assert_sound(Case.objects.get(pk=case.pk))


def test_an_acknowledgment_ends_the_steps(cast):
    in_force(cast, steps((3600, "lead:service-representatives", ["notify"])))
    case = cast.file()
    verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=cast.tiers[1], at=MONDAY)
    assert "step" in open_clocks(case)
    verbs.acknowledge(case.pk, by=cast.tiers[1], at=MONDAY)
    assert "step" not in open_clocks(case)


def test_an_empty_target_is_passed_over_at_once_and_in_red(cast):
    in_force(cast, steps(
        (300, "person:gone@example.com", ["notify"]), (9999, "role:Nobody", ["notify"]),
        (9999, "lead:service-representatives", ["call_task"]),
    ))  # fmt: skip
    case = cast.file()
    sweep_batch(MONDAY + timedelta(minutes=5))
    assert Notice.objects.filter(case=case, kind="call_customer", recipient=cast.tiers[1]).count() == 1
    alarm = Alert.objects.get(case=case, kind="empty_step")
    assert "person:gone@example.com, role:Nobody" in alarm.text
    assert Case.objects.get(pk=case.pk).step == 3
    assert_sound(Case.objects.get(pk=case.pk))


def test_after_days_of_silence_a_repeated_step_fires_once(cast):
    in_force(cast, steps((60, "lead:service-representatives", ["notify"], 10)))
    case = cast.file(impact="question")
    sweep_batch(MONDAY + timedelta(minutes=25))
    assert Notice.objects.filter(case=case, kind="not_acknowledged").count() == 1
    assert Case.objects.get(pk=case.pk).step == 1


def test_a_step_can_reassign_assign_and_raise(cast):
    target = "team:customer-support-managers"
    in_force(cast, steps((300, target, ["reassign", "assign", "raise_severity", "notify"])))
    case = cast.file()
    verbs.assess(
        case.pk, severity=3, complexity=1, category=case.category, by=cast.tiers[1], reason="Not urgent.", at=MONDAY
    )
    promised = Case.objects.get(pk=case.pk).promise_at
    sweep_batch(MONDAY + timedelta(minutes=5))
    now = assert_sound(Case.objects.get(pk=case.pk))
    assert (now.team, now.owner, now.severity, now.tier) == (cast.teams[2], cast.tiers[2], 2, 1)
    assert now.promise_at < promised


def test_on_arrival_the_least_loaded_on_duty_gets_the_case(cast):
    def change(document):
        document["tiers"][0]["on_arrival"] = ["reassign", "assign", "notify"]

    in_force(cast, change)
    owners = [cast.file(title=f"Case {n}").owner for n in range(4)]
    assert owners in ([cast.tiers[1], cast.mate] * 2, [cast.mate, cast.tiers[1]] * 2)


def test_a_topic_that_needs_a_skill_goes_to_the_team_that_has_it(cast):
    def change(document):
        document["tiers"][1]["teams"] = ["customer-support-lead"]
        document["topics"] = {"orders": {"escalation": "allowed", "skill": "warehouse"}}
        document["skills"] = {cast.teams[3].slug: ["warehouse"]}
        document["tiers"][1]["teams"] = [cast.teams[3].slug]

    in_force(cast, change)
    case = bring(cast, "acknowledged")
    done = solving.escalate(case.pk, reason="Stuck.", by=cast.tiers[1], at=last(case).occurred_at + MINUTE)
    assert (done.tier, done.team) == (2, cast.teams[3])
    other = verbs.file_case(
        verbs.Told("Invoice", "Wrong VAT.", Category.objects.get(slug="billing"), "loss"), by=cast.customer, at=MONDAY
    )
    assert solving.escalate(other.pk, reason="Stuck.", by=cast.tiers[1], at=MONDAY).team == cast.teams[2]


def test_whom_the_matrix_names_hears_of_a_miss(cast):
    def change(document):
        for row in document["matrix"]:
            row["told"] = ["supervisor", f"person:{cast.mate.email}"]

    in_force(cast, change)
    case = cast.file()
    sweep_batch(MONDAY + timedelta(minutes=31))
    missed = Notice.objects.filter(case=case, kind="promise_missed").order_by("recipient")
    # By now the case is at level 2, and level 3 supervises it.
    assert {n.recipient for n in missed} == {cast.tiers[3], cast.mate}


# Moving to a newer version ------------------------------------------------------------------------------------


def faster(document):
    for row in document["matrix"]:
        row["acknowledge"] = max(60, row["acknowledge"] // 4)


def test_what_the_preview_says_is_what_moving_does(cast):
    plain = in_force(cast, lambda d: None)
    cases = [cast.file(title=f"Case {n}") for n in range(6)]
    for case in cases[:3]:
        verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=cast.tiers[1], at=MONDAY)
    version = in_force(cast, faster)
    at = MONDAY + MINUTE
    seen = adopting.preview(version, by=cast.supervisor, at=at)
    assert (seen.cases, [m.kind for m in seen.moved], seen.refused) == (6, ["acknowledge"] * 3, ())
    assert set(Case.objects.values_list("protocol", flat=True)) == {plain.label}
    done, refused = adopting.adopt_all(version, by=cast.supervisor, at=at)
    assert (done, refused) == (6, ())
    for moved in seen.moved:
        (clock,) = StageClock.objects.filter(case=moved.case, kind=moved.kind, outcome=None)
        assert moved.before > moved.after == clock.due_at
        assert Notice.objects.filter(case=moved.case, kind="earlier", to_customer=True).count() == 1
    for case in Case.objects.all():
        assert assert_sound(case).protocol == version.label


def test_a_slower_version_moves_no_promise(cast):
    in_force(cast, lambda d: None)
    case = cast.file()
    verbs.assess(case.pk, severity=2, complexity=1, category=case.category, by=cast.tiers[1], at=MONDAY)
    version = in_force(cast, lambda d: [row.update(acknowledge=row["resolve"]) for row in d["matrix"]])
    promised = Case.objects.get(pk=case.pk).promise_at
    assert adopting.preview(version, by=cast.supervisor, at=MONDAY).moved == ()
    adopting.adopt_all(version, by=cast.supervisor, at=MONDAY)
    assert assert_sound(Case.objects.get(pk=case.pk)).promise_at == promised


def test_a_version_without_the_cases_level_is_refused(cast):
    in_force(cast, lambda d: None)
    case = cast.file()
    for level in (1, 2):
        solving.escalate(case.pk, reason="Up.", by=cast.tiers[level], at=MONDAY)
        verbs.review(case.pk, by=cast.tiers[level + 1], at=MONDAY)

    def shorter(document):
        del document["tiers"][2:]
        document["entry"] = [row | {"tier": min(row["tier"], 2)} for row in document["entry"]]

    version = in_force(cast, shorter)
    ((refused, why),) = adopting.preview(version, by=cast.supervisor, at=MONDAY).refused
    assert refused == case and "has no level 3" in why
    assert adopting.adopt_all(version, by=cast.supervisor, at=MONDAY)[0] == 0


# What a level may grant ---------------------------------------------------------------------------------------


def money(document):
    document["currency"] = "EUR"


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        (None, "how much is given back, in EUR"),
        (Decimal("50.01"), "may give back 50 EUR at most. Pass the case up"),
        (Decimal("-1"), "above 0"),
        (Decimal("1.005"), "two digits"),
    ],
)
def test_a_remedy_over_the_limit_of_the_level_is_refused(cast, amount, sentence):
    in_force(cast, money)
    case = bring(cast, "acknowledged")
    at = last(case).occurred_at + MINUTE
    with pytest.raises(Refused, match=sentence) as caught:
        solving.answer(
            case.pk, text="Back.", outcome="refunded", root_cause="x", amount=amount, by=cast.tiers[1], at=at
        )
    assert caught.value.field == "amount"
    assert not Resolution.objects.exists() and Case.objects.get(pk=case.pk).state == "acknowledged"


def test_up_to_the_limit_it_is_granted_and_the_level_above_may_grant_more(cast):
    in_force(cast, money)
    case = bring(cast, "acknowledged")
    at = last(case).occurred_at + MINUTE
    words = {"text": "Back.", "outcome": "refunded", "root_cause": "x"}
    solving.answer(case.pk, amount=Decimal("50.00"), by=cast.tiers[1], at=at, **words)
    assert (Resolution.objects.get().amount, Resolution.objects.get().currency) == (Decimal("50.00"), "EUR")
    verbs.reject(case.pk, text="More.", by=cast.customer, at=at)
    solving.escalate(case.pk, reason="Over my limit.", by=cast.tiers[1], at=at)
    verbs.review(case.pk, by=cast.tiers[2], at=at)
    verbs.acknowledge(case.pk, by=cast.tiers[2], at=at)
    solving.answer(case.pk, amount=Decimal("250.00"), by=cast.tiers[2], at=at, **words)
    assert Resolution.objects.count() == 2


def test_without_a_currency_no_amount_is_kept(cast):
    in_force(cast, lambda document: document.pop("currency", None))
    case = bring(cast, "acknowledged")
    at = last(case).occurred_at + MINUTE
    words = {"text": "Back.", "outcome": "refunded", "root_cause": "x", "by": cast.tiers[1], "at": at}
    with pytest.raises(Refused, match="names no currency"):
        solving.answer(case.pk, amount=Decimal("5"), **words)
    solving.answer(case.pk, **words)
    assert Resolution.objects.get().amount is None


# What a second reader found -----------------------------------------------------------------------------------


def test_the_fast_lane_promises_the_answer_sooner_never_later(cast):
    in_force(cast, lambda d: d.update(fast_lane={"tier": 3}))
    case = cast.file()
    verbs.assess(case.pk, severity=1, complexity=1, category=case.category, by=cast.tiers[1], at=MONDAY)
    promised = open_clocks(case)["resolve"].due_at
    verbs.emergency(case.pk, by=cast.mate, at=MONDAY + 10 * MINUTE)
    assert open_clocks(case)["resolve"].due_at == promised
    slow = cast.file(impact="question")
    verbs.assess(slow.pk, severity=4, complexity=1, category=slow.category, by=cast.tiers[1], at=MONDAY)
    verbs.emergency(slow.pk, by=cast.mate, at=MONDAY + MINUTE)
    assert open_clocks(slow)["resolve"].due_at == MONDAY + MINUTE + timedelta(hours=8)
    assert_sound(Case.objects.get(pk=slow.pk))


def test_an_emergency_at_night_goes_past_an_office(cast):
    in_force(cast, lambda d: d.update(fast_lane={"tier": 3}))
    rota = Rota.objects.create(team=cast.teams[3], zone="Europe/London")
    for day in range(7):
        Shift.objects.create(
            rota=rota, user=cast.tiers[3], weekday=day, opens=540, closes=1020, starts_on=date(2025, 1, 1)
        )
    night = MONDAY + timedelta(hours=13)
    case = cast.file(impact="question", at=night)
    done = verbs.emergency(case.pk, by=cast.mate, at=night)
    assert done.tier == 4
    assert Notice.objects.get(case=case, kind="emergency").recipient == cast.tiers[4]
    # By hand and on office hours it waits for the office instead.
    other = cast.file(impact="question", at=night)
    for level in (1, 2):
        solving.escalate(other.pk, reason="Up.", by=cast.tiers[level], at=night)
        verbs.review(other.pk, by=cast.tiers[level + 1], at=night)
    assert Case.objects.get(pk=other.pk).tier == 3


@pytest.mark.parametrize("verb", ["reject", "accept"])
def test_the_reason_is_asked_until_it_is_given_whatever_the_customer_says(cast, verb):
    in_force(cast, lambda d: d.update(fast_lane={"tier": 2}))
    case = cast.file()
    at = MONDAY + MINUTE
    verbs.emergency(case.pk, by=cast.mate, at=at)
    verbs.review(case.pk, by=cast.tiers[2], at=at)
    verbs.acknowledge(case.pk, by=cast.tiers[2], at=at)
    solving.answer(case.pk, text="Done.", outcome="fixed", root_cause="x", by=cast.tiers[2], at=at)
    getattr(verbs, verb)(case.pk, **({"text": "No."} if verb == "reject" else {}), by=cast.customer, at=at)
    verbs.justify(case.pk, reason="It burned.", by=cast.mate, at=at + MINUTE)
    assert_sound(Case.objects.get(pk=case.pk))


def test_a_stopped_clock_keeps_what_it_spent_when_its_calendar_was_published_anew(cast):
    in_force(cast, lambda d: None)
    case = bring(cast, "waiting_customer")
    before = {kind: (c.target, c.started_at) for kind, c in open_clocks(case).items() if c.paused_at}
    again = publishing.draft(CalendarVersion, "office", note="The same.", by=cast.supervisor, at=MONDAY)
    publishing.review(again, seen=0, by=cast.manager, at=MONDAY)
    publishing.publish(again, by=cast.supervisor, at=MONDAY, errors=lambda version: ())
    version = in_force(cast, lambda d: None)
    at = last(case).occurred_at + timedelta(hours=3)
    assert adopting.preview(version, by=cast.supervisor, at=at).moved == ()
    adopting.adopt_all(version, by=cast.supervisor, at=at)
    assert {k: (c.target, c.started_at) for k, c in open_clocks(case).items() if c.paused_at} == before


def test_a_call_is_asked_for_even_when_the_same_person_is_also_told(cast):
    in_force(cast, steps((300, "lead:service-representatives", ["notify", "call_task"])))
    case = cast.file()
    sweep_batch(MONDAY + timedelta(minutes=5))
    assert [n.kind for n in Notice.objects.filter(case=case, event_seq=last(case).seq)] == ["call_customer"]


def test_a_step_may_give_a_case_to_a_team_of_no_level_and_tells_who_has_it(cast):
    security = Team.objects.create(slug="security", name="Security")
    security.members.add(cast.mate)
    in_force(cast, steps((300, "duty:security", ["assign"])))
    case = cast.file()
    sweep_batch(MONDAY + timedelta(minutes=5))
    now = assert_sound(Case.objects.get(pk=case.pk))
    assert (now.team, now.owner) == (security, cast.mate)
    assert Notice.objects.filter(case=case, kind="handed_to_you", recipient=cast.mate).count() == 1
