"""What used to fall between two chairs: failed openings, offers on joined cases, answers after the close, people who left."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cases.access import Viewer
from cases.models import Case, Category
from escalation import verbs
from escalation.audit import Scope
from escalation.letters import NotNeeded, compose, register
from escalation.models import Notice
from escalation.permits import Actor
from escalation.verbs import Refused
from feedback import (
    alternatives,
    improvement_acts,
    improvement_letters,
    improvements,
    post_mortem_acts,
    post_mortem_audit,
    post_mortems,
    quality,
    quality_letters,
)
from feedback.models import Alternative, Improvement, Measure, PostMortem, QualityReview, QualityWeek, TroubledCase
from feedback.post_mortem_letters import ANSWERED
from feedback.rubric import KEYS
from portal.console import improvements_show, post_mortems_show
from tests.cast import MONDAY, gather
from tests.portal import post_mortem_stories as stories

pytestmark = pytest.mark.django_db
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def cast():
    return gather()


def leaves(person):
    person.is_active = False
    person.save(update_fields=["is_active"])


def texts(desk, person, at):
    return [line["text"] for line in desk(Actor.of(person), at)]


def test_a_case_that_cannot_be_looked_at_keeps_its_line_is_named_and_is_tried_again(cast, monkeypatch):
    case, late = stories.failed(cast)
    calm = cast.file(at=late, title="Another")
    TroubledCase.objects.all().delete()
    TroubledCase.objects.bulk_create([TroubledCase(case=one) for one in (case, case, calm)])
    look_at = post_mortems.look_at

    def breaks(pk, *, at):
        if pk == case.pk:
            raise RuntimeError("I see two payments")
        return look_at(pk, at=at)

    monkeypatch.setattr(post_mortems, "look_at", breaks)
    assert post_mortems.take_lines(late) == 3
    (line,) = TroubledCase.objects.all()
    assert (line.case, line.failed_at, line.error) == (case, late, "RuntimeError"), "no words of the error are kept"
    assert not post_mortems.lines(late + 59 * MINUTE).exists() and post_mortems.lines(late + HOUR).exists()
    said = f"The post-mortem of {case} could not be opened. It is tried again within the hour."
    assert said in texts(post_mortems_show.desk, cast.supervisor, late)
    assert said not in texts(post_mortems_show.desk, cast.tiers[1], late)
    # It goes on failing without growing; mended, it opens, and its line goes, whichever line is looked at.
    assert post_mortems.take_lines(late + HOUR) == 1 and TroubledCase.objects.get().failed_at == late + HOUR
    monkeypatch.setattr(post_mortems, "look_at", look_at)
    TroubledCase.objects.create(case=case)
    assert post_mortems.take_lines(late + HOUR + MINUTE) == 1
    assert PostMortem.objects.get().case == case and not TroubledCase.objects.exists()


def test_two_post_mortems_of_joined_cases_make_the_customer_one_offer(cast, tmp_path):
    first, case, late = stories.opened(cast)
    other = cast.file(at=late, title="The same again")
    second = post_mortem_acts.open_by_hand(other, "Twice in a week.", by=cast.supervisor, at=late)
    verbs.merge(case.pk, into=other, by=cast.supervisor, at=late + MINUTE)
    first.refresh_from_db()
    sent = stories.offered(cast, first, late + 2 * MINUTE)
    told = Notice.objects.filter(to_customer=True).count()
    second.refresh_from_db()
    with pytest.raises(Refused, match=f"has not answered yet what was offered for {case}"):
        stories.offered(cast, second, late + 3 * MINUTE)
    assert Alternative.objects.count() == 1 and Notice.objects.filter(to_customer=True).count() == told
    # That one counts for both: the second closes with it, and the audit agrees.
    second = stories.written(cast, second, late + 4 * MINUTE)
    assert post_mortem_acts.not_closable(second) == []
    post_mortem_acts.close(second, seen=second.number, by=cast.supervisor, at=late + 5 * MINUTE)
    rows = [row for check in post_mortem_audit.CHECKS for row in check.find(Scope(at=late, folder=tmp_path))]
    assert rows == []
    # Answered, the way is free for what the second one may still offer; a stranger's post-mortem never counts.
    alternatives.answer(other, "declined", seen=sent.pk, by=cast.customer, at=late + 6 * MINUTE)
    third = post_mortem_acts.open_by_hand(other, "Again.", by=cast.supervisor, at=late + 7 * MINUTE)
    assert post_mortem_acts.not_closable(third)[0] == post_mortem_acts.NO_ALTERNATIVE or (
        post_mortem_acts.not_closable(third)[0] == post_mortem_acts.NO_APOLOGY
    )
    assert stories.offered(cast, third, late + 8 * MINUTE).case == other


@pytest.mark.parametrize("left", [False, True])
def test_an_offer_declined_after_the_close_is_somebody_s_to_do(cast, left):
    found, late = stories.closed(cast)
    offer = Alternative.objects.get()
    owner = found.owner
    Measure.objects.update(verified_at=late, verified_by=cast.supervisor, done_at=late, done_by=owner, evidence="Done.")
    PostMortem.objects.update(reviewed_at=late)
    if left:
        leaves(owner)
    alternatives.answer(offer.case, "declined", seen=offer.pk, by=cast.customer, at=late + DAY)
    told = set(Notice.objects.filter(kind=ANSWERED).values_list("recipient", flat=True))
    assert told == ({cast.supervisor.pk} if left else {owner.pk, cast.supervisor.pk})
    todo = Measure.objects.get(done_at=None)
    assert todo.kind == "customer" and todo.owner == (cast.supervisor if left else owner) and "declined" in todo.text
    found.refresh_from_db()
    # The letter's link opens for who was told: it is theirs again, and looked at again.
    assert found.owner == todo.owner and found.reviewed_at is None
    assert Case.objects.filter(post_mortems.looks_back_on(todo.owner), pk=found.case_id).exists()
    assert stories.offered(cast, found, late + DAY + MINUTE).answer == ""
    with pytest.raises(Refused, match="It is closed"):
        stories.offered(cast, found, late + DAY + 2 * MINUTE)


def test_what_was_to_be_done_by_who_has_left_goes_to_supervisors_and_leaders(cast):
    found, case, late = stories.opened(cast)
    one = stories.measure(cast, found, late, days=30)
    led = improvement_acts.LedTo(cases=(case,))
    idea = improvement_acts.propose("A", "B", "C", led=led, by=cast.tiers[2], at=late)
    plan = improvement_acts.Plan(cast.tiers[1], late.date(), "escalated")
    improvement_acts.agree(idea, "Yes.", plan, by=cast.supervisor, at=late)
    assert not post_mortems.nobodys_measures(Viewer(cast.supervisor)).exists()
    assert not improvements.nobodys_work().exists()
    leaves(cast.tiers[1])
    (line,) = [text for text in texts(post_mortems_show.desk, cast.supervisor, late) if "has left" in text]
    assert line == f"Tom Reed has left, and a measure due on {one.due_on:%-d %b} is nobody’s: {one.text}"
    assert "has left" not in " ".join(texts(post_mortems_show.desk, cast.tiers[2], late))
    assert "Who was to do “A” has left: it is nobody’s." in texts(improvements_show.desk, cast.supervisor, late)
    shown = post_mortems_show.page_of(found, post_mortems_show.Story.of(found, late, "UTC"), late, cast.supervisor)
    assert [row["left"] for row in shown["measures"]] == [True]
    post_mortem_acts.finish(one, "The version is published.", by=cast.supervisor, at=late)
    assert not post_mortems.nobodys_measures(Viewer(cast.supervisor)).exists()


@pytest.mark.parametrize("days", [367, 200 * 365])
def test_days_out_of_reach_are_no_plan(cast, days):
    found, case, late = stories.opened(cast)
    far = [late.date() + days * DAY, date(9999, 12, 31), date(1, 1, 1)]
    idea = improvement_acts.propose("A", "B", "C", led=improvement_acts.LedTo(cases=(case,)), by=cast.tiers[2], at=late)
    for due in far:
        with pytest.raises(Refused) as why:
            post_mortem_acts.add_measure(
                found, kind="tool", text="A check.", owner=cast.tiers[1], due_on=due, by=cast.supervisor, at=late
            )
        assert why.value.field == "due_on"
        plan = improvement_acts.Plan(cast.tiers[1], due, "escalated")
        with pytest.raises(Refused) as why:
            improvement_acts.agree(idea, "Yes.", plan, by=cast.supervisor, at=late)
        assert why.value.field == "due_on"
    one = stories.measure(cast, found, late, days=366)
    PostMortem.objects.update(closed_at=late, closed_by=cast.supervisor, review_on=late.date())
    with pytest.raises(Refused, match="a year ahead"):
        post_mortem_acts.reopen(one, date(9999, 12, 31), by=cast.supervisor, at=late)
    assert Measure.objects.count() == 1 and Improvement.objects.get().state == "idea"


def test_who_proposed_an_improvement_hears_of_the_decision_and_the_link_opens(cast):
    for kind, composer in improvement_letters.COMPOSERS.items():
        register(kind, composer)
    case, at = cast.file(), MONDAY
    led = improvement_acts.LedTo(cases=(case,))
    mine, theirs, own = (
        improvement_acts.propose(name, "B", "C", led=led, by=who, at=at)
        for name, who in (("A", cast.tiers[2]), ("D", cast.tiers[3]), ("E", cast.supervisor))
    )
    improvement_acts.agree(
        mine, "Secret reason.", improvement_acts.Plan(cast.tiers[1], at.date(), "escalated"), by=cast.supervisor, at=at
    )
    improvement_acts.decline(theirs, "Secret reason.", by=cast.supervisor, at=at)
    improvement_acts.decline(own, "Not now.", by=cast.supervisor, at=at)
    owed = {row.recipient: row for row in Notice.objects.filter(kind=improvement_letters.DECIDED)}
    assert set(owed) == {cast.tiers[2], cast.tiers[3]}, "who decides on an idea of their own knows"
    yes, no = (compose(owed[one], at) for one in (cast.tiers[2], cast.tiers[3]))
    assert (yes.subject, no.subject) == ("Your improvement was agreed to", "Your improvement was declined")
    assert f"/console/feedback/improvements/{mine.pk}/" in yes.text and "Monday 12 January 2026" in yes.text
    assert "Secret" not in yes.text + no.text
    cast.tiers[3].groups.clear()
    with pytest.raises(NotNeeded):
        compose(Notice.objects.get(pk=owed[cast.tiers[3]].pk), at)


def test_reviews_of_work_are_read_by_who_sees_the_case_and_letters_lead_to_pages_that_open(cast, settings):
    for kind, composer in quality_letters.COMPOSERS.items():
        register(kind, composer)
    case = cast.file()
    Case.objects.filter(pk=case.pk).update(owner=cast.mate, team=cast.teams[1])
    week = QualityWeek.objects.create(
        monday=MONDAY.date(), seed="x", by_chance=1, by_risk=0, population=[[case.pk, 1]], drawn_at=MONDAY
    )
    review = QualityReview.objects.create(week=week, case=case, person=cast.mate, by_chance=True, reasons=[])
    tom = cast.tiers[1]
    assert quality.to_score(tom).get() == review
    quality.score(review, dict.fromkeys(KEYS, 2), "Good.", by=tom, at=MONDAY)
    scored = Notice.objects.get(kind=quality_letters.SCORED)
    assert case.reference in compose(scored, MONDAY).subject
    # The lead leads another team now, and keeps what they wrote; the answer's letter opens for them.
    cast.teams[1].members.remove(cast.mate)
    quality.reply(review, True, "", by=cast.mate, at=MONDAY)
    answered = Notice.objects.get(kind=quality_letters.ANSWERED)
    assert answered.recipient == tom and quality.readable(tom).get() == review
    assert case.reference in compose(answered, MONDAY).subject
    # The topic is restricted, and the case nobody's near to them: no review, no letter, and no reference of it.
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)
    Case.objects.filter(pk=case.pk).update(owner=cast.tiers[4], team=cast.teams[4])
    assert not quality.readable(tom).exists()
    with pytest.raises(NotNeeded):
        compose(Notice.objects.get(pk=answered.pk), MONDAY)
    assert quality.readable(cast.mate).get() == review, "what is said of one's own work stays one's own"
    assert case.reference not in compose(Notice.objects.get(pk=scored.pk), MONDAY).text
    assert quality.readable(cast.supervisor).exists() == cast.supervisor.has_perm("cases.view_restricted")
