"""Post-mortems: they open themselves once, are written by one at a time, close only with what is owed, and are reviewed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from cases.erasing import ERASED, Subject
from cases.models import Case, Event, Message, Note
from escalation import outbox, verbs
from escalation.audit import Scope
from escalation.models import BackTest, Notice, Promise, ProtocolVersion
from escalation.permits import Actor
from escalation.verbs import Refused
from feedback import alternatives, counterfactual, erasing, post_mortem_acts, post_mortem_audit, post_mortems
from feedback.facts.build import rebuild, take_touched
from feedback.models import Alternative, Counterfactual, Ground, Measure, PostMortem, TroubledCase
from feedback.post_mortem_acts import TRY_HARDER, Draft
from feedback.post_mortem_letters import ANSWERED, OVERDUE
from feedback.post_mortems import grounds_of
from portal.console import post_mortems_show
from tests.cast import MONDAY, gather
from tests.portal import post_mortem_stories as stories

DAY = timedelta(days=1)


@pytest.fixture
def cast(db):
    return gather()


def audited(at, tmp_path):
    return [row for check in post_mortem_audit.CHECKS for row in check.find(Scope(at=at, folder=tmp_path))]


def engine(at):
    """What the beat does: facts of what was touched, then the lines these leave."""
    while take_touched(at):
        pass
    while post_mortems.take_lines(at):
        pass


def event(seq, kind="noted", *, tier=1, severity=3, to="working", failed=False):
    data = {"tier": tier, "severity": severity, "to": to} | ({"plan_failed": "exhausted"} if failed else {})
    return Event(seq=seq, kind=kind, data=data)


# --- Opening


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["noted", "rejected", "reopened", "missed"]),
            st.integers(1, 5),
            st.integers(1, 4),
            st.sampled_from(["working", "answered", "withdrawn"]),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
def test_every_failure_is_a_ground_and_each_other_cause_at_most_one(rows, cut):
    events = [
        event(n, kind, tier=tier, severity=severity, to=to, failed=failed and kind == "missed")
        for n, (kind, tier, severity, to, failed) in enumerate(rows, start=1)
    ]
    found = list(grounds_of(events, ()))
    failures = {seq for cause, seq in found if cause in Ground.FAILURES}
    rejected = [e.seq for e in events if e.kind == "rejected"]
    assert failures == {e.seq for e in events if "plan_failed" in e.data} | set(rejected[1:])
    others = [cause for cause, _ in found if cause not in Ground.FAILURES]
    assert len(others) == len(set(others)) and len(found) == len(set(found))
    assert ("high_level" in others) == any(e.data["tier"] >= 4 for e in events)
    # What was found stays found whatever is added to the log.
    assert set(grounds_of(events[:cut], ())) <= set(found)


def test_it_opens_itself_once_with_owner_and_day_and_what_repeats_joins(cast, tmp_path):
    case, late = stories.failed(cast)
    assert audited(late + DAY, tmp_path) == [
        f"{case}: the plan failed at event {seq} and no post-mortem has opened"
        for seq in Event.objects.filter(case=case, data__has_key="plan_failed").values_list("seq", flat=True)
    ]
    engine(late)
    found = PostMortem.objects.get()
    assert (found.case, found.owner, found.opened_at) == (case, cast.tiers[5], late)
    # Tuesday's failure is due five working days later, over a weekend.
    assert (late.date(), found.due_on) == (date(2026, 1, 13), date(2026, 1, 20))
    assert set(found.grounds.values_list("cause", flat=True)) == {"exhausted", "high_level"}
    assert audited(late + DAY, tmp_path) == []
    # Looking again, from the facts or by hand, opens none; the next failure joins the open one.
    rebuild([case.pk], at=late)
    engine(late)
    assert PostMortem.objects.count() == 1 and not TroubledCase.objects.exists()
    case.refresh_from_db()
    again = case.promise_at + stories.MINUTE
    verbs.note(case.pk, text="Still here.", by=cast.supervisor, at=again)
    engine(again)
    assert PostMortem.objects.get().grounds.filter(cause="exhausted").count() == 2
    assert audited(again + DAY, tmp_path) == []


def test_a_second_refusal_is_a_failure_and_other_signs_open_one_as_well(cast):
    case, at = cast.file(impact="question"), MONDAY + stories.MINUTE
    verbs.assess(case.pk, severity=case.severity, complexity=1, category=case.category, by=cast.tiers[1], at=at)
    verbs.acknowledge(case.pk, by=cast.tiers[1], at=at)
    for turn in range(2):
        at += stories.MINUTE
        verbs.answer(case.pk, text="Done.", outcome="fixed", root_cause="A fault", by=cast.tiers[1], at=at)
        engine(at)
        assert not PostMortem.objects.exists(), turn
        verbs.reject(case.pk, text="It is not.", by=cast.customer, at=at)
    engine(at)
    assert list(Ground.objects.values_list("cause", flat=True)) == ["rejected"]
    # A case nothing is wrong with has none, and imported history and drills have none either.
    calm = cast.file(at=at, title="All well")
    Case.objects.filter(pk=case.pk).update(is_history=True)
    engine(at)
    assert post_mortems.look_at(calm.pk, at=at) is None and post_mortems.look_at(case.pk, at=at) is None
    Case.everything.filter(pk=calm.pk).update(is_drill=True)
    with pytest.raises(Refused, match="Practice"):
        post_mortem_acts.open_by_hand(calm, "Look at it.", by=cast.supervisor, at=at)


def test_by_hand_needs_a_reason_and_somebody_who_may(cast):
    case = cast.file()
    for by, reason, words in (
        (cast.tiers[1], "Why not", "Only people"),
        (cast.customer, "Why not", "Only people"),
        (cast.supervisor, "  ", "Say why"),
        (cast.supervisor, "x" * 301, "Say why"),
    ):
        with pytest.raises(Refused, match=words):
            post_mortem_acts.open_by_hand(case, reason, by=by, at=MONDAY)
    found = post_mortem_acts.open_by_hand(case, "The first of its kind.", by=cast.supervisor, at=MONDAY)
    assert found.grounds.get().reason == "The first of its kind." and found.owner == cast.tiers[1]
    with pytest.raises(Refused, match="a moment ago"):
        post_mortem_acts.open_by_hand(case, "The first of its kind.", by=cast.supervisor, at=MONDAY)


def test_an_overdue_one_is_told_once_to_its_owner(cast):
    found, _case, late = stories.opened(cast)
    day_before = datetime.combine(found.due_on, late.timetz())
    assert post_mortems.tell(day_before) == 0
    assert post_mortems.tell(day_before + DAY) == 1 and post_mortems.tell(day_before + 2 * DAY) == 0
    notice = Notice.objects.get(kind=OVERDUE)
    assert notice.recipient == cast.tiers[5]
    while outbox.deliver_batch(day_before + DAY):
        pass
    (letter,) = [one for one in mail.outbox if "Overdue" in one.subject]
    assert f"/console/postmortems/{found.pk}/" in letter.body and "20 January 2026" in letter.body


# --- Writing and closing


def test_of_two_writers_the_slower_one_is_told_and_nothing_of_the_first_is_lost(cast):
    found, _case, late = stories.opened(cast)
    post_mortem_acts.write(found, stories.WRITTEN, seen=1, by=cast.supervisor, at=late)
    with pytest.raises(Refused, match="Somebody has written here"):
        post_mortem_acts.write(found, Draft(happened="Mine."), seen=1, by=cast.tiers[5], at=late)
    found.refresh_from_db()
    assert (found.happened, found.number) == (stories.WRITTEN.happened, 2)
    for draft, field in (
        (Draft(happened="x" * 601), "happened"),
        (Draft(conditions=("lazy",)), "conditions"),
        (Draft(owner=cast.customer), "owner"),
    ):
        with pytest.raises(Refused) as why:
            post_mortem_acts.write(found, draft, seen=2, by=cast.supervisor, at=late)
        assert why.value.field == field
    with pytest.raises(Refused, match="Only its owner"):
        post_mortem_acts.write(found, stories.WRITTEN, seen=2, by=cast.tiers[1], at=late)


def test_it_does_not_close_without_an_apology_and_an_alternative(cast, tmp_path):
    found, case, late = stories.opened(cast)
    stories.written(cast, found, late)
    with pytest.raises(Refused, match="has not had an apology"):
        post_mortem_acts.close(found, seen=found.number, by=cast.supervisor, at=late)
    verbs.apologise(case.pk, text="Sorry.", by=cast.supervisor, at=late)
    with pytest.raises(Refused, match="has not been offered an alternative"):
        post_mortem_acts.close(found, seen=found.number, by=cast.supervisor, at=late)
    stories.offered(cast, found, late)
    with pytest.raises(Refused, match="written here meanwhile"):
        post_mortem_acts.close(found, seen=found.number - 1, by=cast.supervisor, at=late)
    shut = post_mortem_acts.close(found, seen=found.number, by=cast.supervisor, at=late)
    assert shut.review_on == date(2026, 2, 12)
    with pytest.raises(Refused, match="It is closed"):
        post_mortem_acts.write(shut, stories.WRITTEN, seen=shut.number, by=cast.supervisor, at=late)
    assert audited(late + DAY, tmp_path) == []
    Alternative.objects.all().delete()
    assert audited(late + DAY, tmp_path) == [
        f"{case}: its post-mortem was closed without an apology and an alternative"
    ]


def test_of_a_case_that_was_joined_to_another_the_letter_goes_to_the_one_the_customer_reads(cast):
    found, case, late = stories.opened(cast)
    other = cast.file(at=late)
    verbs.merge(case.pk, into=other, by=cast.supervisor, at=late + timedelta(minutes=1))
    stories.written(cast, found, late + timedelta(minutes=2))
    sent = stories.offered(cast, PostMortem.objects.get(pk=found.pk), late + timedelta(minutes=3))
    assert (sent.case, sent.post_mortem) == (other, found)
    found.refresh_from_db()
    post_mortem_acts.close(found, seen=found.number, by=cast.supervisor, at=late + timedelta(minutes=4))
    yes = alternatives.answer(other, "accepted", seen=sent.pk, by=cast.customer, at=late + timedelta(minutes=5))
    assert yes.answer == "accepted"


@pytest.mark.parametrize(
    ("text", "hard"),
    [
        ("Be more careful", True),
        ("Agents should pay more attention to dates.", True),
        ("Everybody takes more care next time", True),
        ("Remind staff to answer", True),
        ("The case page warns an hour before the last level's time is over.", False),
        ("The protocol gives level 5 a day.", False),
        ("A night nurse takes care of weekends", False),
    ],
)
def test_trying_harder_is_no_measure(text, hard):
    assert bool(TRY_HARDER.search(text)) == hard


def test_a_measure_has_an_owner_and_a_day(cast):
    found, _case, late = stories.opened(cast)
    right = {"kind": "tool", "text": "A warning.", "owner": cast.tiers[1], "due_on": late.date()}
    for wrong, field in (
        ({"text": "Be more careful."}, "text"),
        ({"text": ""}, "text"),
        ({"owner": None}, "owner"),
        ({"owner": cast.customer}, "owner"),
        ({"due_on": None}, "due_on"),
        ({"due_on": late.date() - DAY}, "due_on"),
        ({"kind": "customer"}, "kind"),
    ):
        with pytest.raises(Refused) as why:
            post_mortem_acts.add_measure(found, **right | wrong, by=cast.supervisor, at=late)
        assert why.value.field == field
    assert not Measure.objects.exists()


# --- The customer


def test_one_letter_says_sorry_what_we_do_instead_and_when_they_next_hear(cast):
    found, case, late = stories.opened(cast)
    for field in ("sorry", "wrong", "alternative"):
        with pytest.raises(Refused) as why:
            stories.offered(cast, found, late, **{field: " "})
        assert why.value.field == field
    with pytest.raises(Refused, match="supervisor"):
        alternatives.offer(found, sorry="a", wrong="b", alternative="c", by=cast.tiers[1], at=late)
    before = len(mail.outbox)
    soon = late + timedelta(hours=1)
    sent = stories.offered(cast, found, late, next_at=soon, form_key="one")
    assert stories.offered(cast, found, late, next_at=soon, form_key="one") == sent
    case.refresh_from_db()
    assert case.promise_at == soon == sent.promised_at
    verbs.apologise(case.pk, text="Sorry, from me as well.", by=cast.supervisor, at=late)
    assert stories.offered(cast, found, late, next_at=soon, form_key="one") == sent == Alternative.objects.get()
    assert Promise.objects.filter(case=case, due_at=soon, status="open").exists()
    assert Message.objects.get(kind="apology", text__contains=sent.text) == sent.message
    while outbox.deliver_batch(soon):
        pass
    (letter,) = [m.body for m in mail.outbox[before:] if m.to == ["sam@example.com"] and "instead of waiting" in m.body]
    assert f"/c/{case.reference}/alternative/" in letter and "We are sorry that you waited." in letter
    # Yes: once, on record, told to the owner, and something to do.
    for word, by, words in (("maybe", cast.customer, "yes or no"), ("accepted", cast.other, "Only the customer")):
        with pytest.raises(Refused, match=words):
            alternatives.answer(case, word, seen=sent.pk, by=by, at=soon)
    with pytest.raises(Refused, match="another offer"):
        alternatives.answer(case, "accepted", seen=sent.pk - 1, by=cast.customer, at=soon)
    for _ in range(2):
        alternatives.answer(case, "accepted", seen=sent.pk, by=cast.customer, at=soon)
    with pytest.raises(Refused, match="answered already"):
        alternatives.answer(case, "declined", seen=sent.pk, by=cast.customer, at=soon)
    assert Note.objects.filter(case=case, text=alternatives.SAID["accepted"]).count() == 1
    assert Notice.objects.get(kind=ANSWERED).recipient == cast.tiers[5]
    assert Measure.objects.get().kind == "customer"


def test_an_apology_is_owed_also_when_the_case_has_ended(cast):
    found, case, late = stories.opened(cast)
    verbs.withdraw(case.pk, by=cast.customer, at=late)
    with pytest.raises(Refused) as why:
        stories.offered(cast, found, late, next_at=late + DAY)
    assert why.value.field == "next_at"
    assert stories.offered(cast, found, late).promised_at is None


# --- Would it have been prevented, and the review


def test_a_change_of_the_protocol_is_verified_by_the_back_test(cast):
    shut, late = stories.closed(cast)
    measure = Measure.objects.get(kind="protocol")
    soon = late + DAY
    with pytest.raises(Refused, match="at the review"):
        post_mortem_acts.verify(measure, "It is in force.", by=cast.supervisor, at=soon)
    post_mortem_acts.finish(measure, "The version is published.", by=cast.tiers[1], at=soon)
    as_it_is = ProtocolVersion.objects.get(status="published")
    same = counterfactual.try_on(shut, as_it_is, by=cast.supervisor, at=soon)
    assert same.verdict == "stays" and same.here["before"] == same.here["after"] and not same.here["changed"]
    review = datetime.combine(shut.review_on, late.timetz())
    with pytest.raises(Refused, match="verified by a version"):
        post_mortem_acts.verify(measure, "It is in force.", by=cast.supervisor, at=review)
    draft = stories.more_time(cast.supervisor, soon)
    tried = counterfactual.try_on(shut, draft, by=cast.supervisor, at=soon)
    assert tried.verdict == "prevents", tried.here
    assert tried.here["before"]["failures"] == 1 and tried.here["after"]["failures"] == 0
    with pytest.raises(Refused, match="verified by a version"):
        post_mortem_acts.verify(measure, "", by=cast.supervisor, at=review)  # a draft proves nothing
    stories.put_in_force(draft, by=cast.supervisor, second=cast.tiers[5], at=soon)
    with pytest.raises(Refused, match="not one that has passed"):
        post_mortem_acts.reopen(measure, late.date(), by=cast.supervisor, at=review)
    post_mortem_acts.verify(measure, "", by=cast.supervisor, at=review)
    measure.refresh_from_db()
    shut.refresh_from_db()
    assert measure.proof == tried and shut.reviewed_at == review


def test_what_does_not_hold_is_opened_again_and_the_review_waits(cast):
    shut, late = stories.closed(cast)
    measure = Measure.objects.get(kind="protocol")
    review = datetime.combine(shut.review_on, late.timetz())
    post_mortem_acts.reopen(measure, (review + 7 * DAY).date(), by=cast.supervisor, at=review)
    shut.refresh_from_db()
    measure.refresh_from_db()
    assert shut.review_on == (review + 7 * DAY).date() and measure.reopened == 1 and measure.done_at is None
    assert not post_mortems.review_due(shut, review) and post_mortems.review_due(shut, review + 7 * DAY)
    assert list(post_mortems.measures_of(cast.tiers[1], review)) == []
    assert list(post_mortems.measures_of(cast.tiers[1], review + 8 * DAY)) == [measure]


@pytest.mark.parametrize(
    ("causes", "after", "verdict"),
    [
        ({"exhausted", "high_level"}, {"failures": 0, "letters": 3, "highest": 5}, "prevents"),
        ({"exhausted"}, {"failures": 1, "letters": 0, "highest": 1}, "stays"),
        ({"high_level", "broken_twice"}, {"failures": 0, "letters": 1, "highest": 4}, "stays"),
        ({"high_level", "broken_twice"}, {"failures": 0, "letters": 1, "highest": 3}, "prevents"),
        ({"rejected"}, {"failures": 0, "letters": 0, "highest": 1}, "unknown"),
    ],
)
def test_what_the_back_test_can_say(causes, after, verdict):
    assert counterfactual.verdict_of(causes, after) == verdict
    assert counterfactual.verdict_of(causes, after, "no cell") == "unknown"


def test_figures_a_run_tells_in_the_moment_it_is_asked_after_stay(cast, monkeypatch):
    found = post_mortem_acts.open_by_hand(cast.file(), "Look.", by=cast.supervisor, at=MONDAY)
    rules, who = ProtocolVersion.objects.get(status="published"), {"by": cast.supervisor, "at": MONDAY}
    kept = Counterfactual.objects.create(
        post_mortem=found, version=rules, label="a", digest="b", verdict="unknown", here={}, **who
    )
    window = {"since": MONDAY - DAY, "until": MONDAY, "asked_at": MONDAY, "heard_at": MONDAY}
    run = BackTest.objects.create(version=rules, asked_by=cast.supervisor, state="running", **window)

    def ends_now(self):
        Counterfactual.objects.filter(run=run).update(elsewhere={"cases": 3})

    monkeypatch.setattr(BackTest, "refresh_from_db", ends_now)
    counterfactual.add_others(kept, run)
    assert Counterfactual.objects.get(pk=kept.pk).elsewhere == {"cases": 3}


def test_what_is_of_somebody_who_has_left_is_told_to_who_is_here(cast):
    found, case, late = stories.opened(cast)
    sent = stories.offered(cast, found, late)
    cast.tiers[5].is_active = False
    cast.tiers[5].save(update_fields=["is_active"])
    assert post_mortems.tell(late + 8 * DAY) == 1
    assert Notice.objects.get(kind=OVERDUE).recipient == cast.supervisor
    overdue = [line["text"] for line in post_mortems_show.desk(Actor.of(cast.supervisor), late + 8 * DAY)]
    assert overdue == [f"The post-mortem of {case} was due on 20 Jan."]
    alternatives.answer(case, "accepted", seen=sent.pk, by=cast.customer, at=late)
    assert Notice.objects.get(kind=ANSWERED).recipient == cast.supervisor == Measure.objects.get().owner


def test_a_change_of_the_protocol_after_what_people_said_is_verified_by_any_try_of_rules_in_force(cast):
    found = post_mortem_acts.open_by_hand(cast.file(), "Look.", by=cast.supervisor, at=MONDAY)
    one, soon = stories.measure(cast, found, MONDAY), MONDAY + DAY
    post_mortem_acts.finish(one, "It is published.", by=cast.supervisor, at=soon)
    PostMortem.objects.update(closed_at=soon, closed_by=cast.supervisor, review_on=soon.date())
    draft = stories.more_time(cast.supervisor, soon)
    tried = counterfactual.try_on(found, draft, by=cast.supervisor, at=soon)
    assert tried.verdict == "unknown"
    with pytest.raises(Refused, match="verified by a version"):
        post_mortem_acts.verify(one, "", by=cast.supervisor, at=soon)
    stories.put_in_force(draft, by=cast.supervisor, second=cast.tiers[5], at=soon)
    assert post_mortem_acts.verify(one, "", by=cast.supervisor, at=soon).proof == tried
    assert PostMortem.objects.get().reviewed_at == soon


def test_a_page_that_was_open_while_somebody_was_erased_does_not_bring_their_words_back(cast):
    found, _case, late = stories.opened(cast)
    found = stories.written(cast, found, late)
    erasing.look_backs(Subject.of(cast.customer, late))
    with pytest.raises(Refused, match="written here while you were writing"):
        post_mortem_acts.write(found, stories.WRITTEN, seen=found.number, by=cast.supervisor, at=late)
    assert PostMortem.objects.get().happened == ERASED
