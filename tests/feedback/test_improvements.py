"""Improvements: from what people told us to a decision, a change, a letter to whom it concerns, and whether it helped."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from cases.erasing import Subject
from cases.models import Case, User
from escalation import outbox, verbs, wishes
from escalation.letters import NotNeeded, compose
from escalation.models import Notice, ProtocolVersion
from escalation.verbs import Refused
from feedback import erasing, improvement_acts, improvement_letters, improvements, lessons, post_mortem_acts
from feedback.facts.build import rebuild
from feedback.improvement_acts import LedTo, Plan
from feedback.intervals import Share
from feedback.models import Evidence, Improvement
from portal import beat
from tests.cast import MONDAY, gather, person
from tests.feedback.learners import DAY, HOUR, went_up

pytestmark = pytest.mark.django_db
AT = MONDAY + 2 * HOUR
WORDS = ("Refunds stay on level 1", "Level 1 refunds up to 40.", "Most are below 40 and come back with a yes.")
SENTENCE = "Refunds of up to 40 are decided by the first person who reads your message."
GERMAN = "Über Erstattungen bis 40 entscheidet, wer Ihre Nachricht zuerst liest."


@pytest.fixture
def cast():
    return gather()


def refused(field, act, *args, **more):
    """The sentence of a refusal that names `field`; nothing was changed by it."""
    before = [list(model.objects.order_by("pk").values()) for model in (Improvement, Evidence, Notice)]
    with pytest.raises(Refused) as why:
        act(*args, **more)
    assert why.value.field == field
    assert before == [list(model.objects.order_by("pk").values()) for model in (Improvement, Evidence, Notice)]
    return str(why.value)


def customer(name, **more):
    """Somebody who reads the address they wrote from."""
    return person(f"{name}@example.com", name.title(), **more)


def proposed(cast, *cases, at=AT, **more):
    led = LedTo(cases=cases or (went_up(cast),), **more)
    return improvement_acts.propose(*WORDS, led=led, by=cast.tiers[1], at=at)


def plan(cast, **more):
    given = {"owner": cast.tiers[2], "due_on": (AT + 20 * DAY).date(), "figure": "escalated"} | more
    return Plan(**given)


def agreed(cast, one, **more):
    return improvement_acts.agree(one, "It costs them a day.", plan(cast, **more), by=cast.supervisor, at=AT + DAY)


def letters():
    return Notice.objects.filter(kind=improvements.NEWS)


def test_from_evidence_to_a_published_version_a_letter_and_a_check(cast, settings):
    """The story: R071, R072 and R124 on one improvement."""
    tom, leader, owner = cast.tiers[1], cast.supervisor, cast.tiers[2]
    mia, ben = customer("mia", language="de"), customer("ben")
    first, second, other = (went_up(cast, by=one, title=f"Of {one}") for one in (mia, ben, customer("off")))
    lesson = lessons.write("A higher limit.", "protocol", case=other, by=tom, at=AT)
    looked = post_mortem_acts.open_by_hand(second, "Look.", by=leader, at=AT)
    one = proposed(cast, first, second, lessons=(lesson,), post_mortems=(looked,))
    assert one.decide_by == AT + timedelta(days=settings.IMPROVEMENT_DECISION_DAYS)
    found = improvements.evidence_of(one, tom)
    assert (found.cases, found.lessons, found.post_mortems) == ((first, second), (lesson,), (looked,))
    assert found.n == 4 and not found.hidden and not found.gone
    assert set(improvements.concerned(one)) == {mia, ben}, "a lesson is no customer's word"

    agreed(cast, one)
    draft = ProtocolVersion.objects.filter(status="published").first()
    improvement_acts.link_version(one, draft, by=owner, at=AT + DAY)
    assert list(improvements.led_to(draft)) == [one]
    one.refresh_from_db()
    assert one.state == "agreed" and not letters().exists(), "a version that is published presses nothing"

    improvement_acts.done(one, f" {SENTENCE} ", {"de": GERMAN, "tr": " "}, by=owner, at=AT + 2 * DAY)
    one.refresh_from_db()
    assert list(improvements.published()) == [one] and one.sentence == SENTENCE
    assert one.translations == {"de": {"sentence": GERMAN}}
    assert {row.recipient for row in letters()} == {mia, ben} and all(row.to_customer for row in letters())
    assert improvements.told(one) == 0 and improvements.being_told(one) == 2
    said = {row.recipient: compose(row, AT + 2 * DAY) for row in letters()}
    assert GERMAN in said[mia].text and SENTENCE in said[ben].text and "/improvements/" in said[ben].text
    assert first.reference not in said[mia].text and said[ben].unsubscribe
    improvement_letters.news_notices(one, at=AT + 3 * DAY)
    assert letters().count() == 2, "once"
    wishes.decide(ben, at=AT + 3 * DAY, wants_news=False)
    while outbox.deliver_batch(AT + 3 * DAY):
        pass
    assert improvements.told(one) == 1 and improvements.being_told(one) == 0

    # Thirty days before against thirty days after, of the figure chosen with the yes.
    rebuild(list(Case.objects.values_list("pk", flat=True)), at=AT)
    too_soon = improvements.check_from(one) - timedelta(seconds=1)
    assert "few days" in refused("", improvement_acts.check, one, "Yes.", by=owner, at=too_soon)
    assert improvements.to_check(too_soon) == [] and improvements.to_check(improvements.check_from(one)) == [one]
    refused("verdict", improvement_acts.check, one, " ", by=owner, at=improvements.check_from(one))
    improvement_acts.check(one, "Fewer go up.", by=owner, at=improvements.check_from(one))
    one.refresh_from_db()
    assert (one.state, Share(one.before_hits, one.before_n), one.after_n) == ("checked", Share(3, 3), 0)


def test_days_before_and_after_are_thirty_whole_local_days(cast):
    one = agreed(cast, proposed(cast), figure="back_30")
    # Half past eleven at night in UTC is the next day where the company is only in summer; this is winter.
    improvement_acts.done(one, "", by=cast.supervisor, at=MONDAY.replace(hour=23, minute=30) + DAY)
    one.refresh_from_db()
    period = improvements.after(one)
    assert period.first == date.fromordinal(MONDAY.date().toordinal() + 2) and period.days == 30
    assert period.before().last == MONDAY.date() + DAY and period.before().days == 30
    assert improvements.check_from(one) == period.end + timedelta(days=30), "what looks back 30 days needs them"
    assert list(improvements.published()) == [] and not letters().exists(), "without a sentence nobody is told"


def test_what_is_refused(cast):
    tom, leader = cast.tiers[1], cast.supervisor
    case = went_up(cast)
    led = LedTo(cases=(case,))
    who = {"by": tom, "at": AT}
    title, change, why = WORDS
    refused("title", improvement_acts.propose, " ", change, why, led=led, **who)
    refused("change", improvement_acts.propose, title, " ", why, led=led, **who)
    refused("why", improvement_acts.propose, title, change, "x" * 1001, led=led, **who)
    refused("evidence", improvement_acts.propose, *WORDS, led=LedTo(), **who)
    refused("", improvement_acts.propose, *WORDS, led=led, by=cast.customer, at=AT)
    refused("evidence", improvement_acts.propose, *WORDS, led=led, by=leader_without_cases(), at=AT)
    one = improvement_acts.propose(*WORDS, led=led, **who)
    improvement_acts.add_evidence(one, led, **who)
    assert one.evidence.count() == 1, "the same once"
    refused("", improvement_acts.decline, one, "No.", **who)
    refused("reason", improvement_acts.agree, one, "", plan(cast), by=leader, at=AT)
    for field, wrong in (("owner", cast.customer), ("due_on", date(2020, 1, 1)), ("figure", "made_up")):
        refused(field, improvement_acts.agree, one, "Yes.", plan(cast, **{field: wrong}), by=leader, at=AT)
    refused("", improvement_acts.done, one, SENTENCE, by=leader, at=AT)
    improvement_acts.decline(one, "Too dear.", by=leader_without_cases(), at=AT)
    assert "Too dear." in refused("", improvement_acts.agree, one, "Yes.", plan(cast), by=leader, at=AT)
    refused("evidence", improvement_acts.add_evidence, one, led, **who)
    refused("version", improvement_acts.link_version, one, None, **who)
    two = agreed(cast, proposed(cast, case))
    refused("", improvement_acts.done, two, SENTENCE, by=tom, at=AT)
    refused("sentence", improvement_acts.done, two, "", {"de": GERMAN}, by=leader, at=AT)
    refused("sentence", improvement_acts.done, two, "x" * 401, by=leader, at=AT)
    refused("", improvement_acts.check, two, "Yes.", by=leader, at=AT)
    # The database keeps it too.
    for wrong in ({"state": "done"}, {"owner": None}, {"reason": ""}, {"sentence": "Early."}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Improvement.objects.filter(pk=two.pk).update(**wrong)


def leader_without_cases():
    found = User.objects.filter(email="lead@example.com").first() or person("lead@example.com", "Lead", is_staff=True)
    found.groups.add(Group.objects.get(name="Managers"))
    return User.objects.get(pk=found.pk)


def test_late_decisions_are_told_once_to_leaders(cast, settings):
    settings.IMPROVEMENT_DECISION_DAYS = 3
    leader = leader_without_cases()
    one, two = proposed(cast), proposed(cast, at=AT + DAY)
    assert improvement_letters.STEPS[0] in beat.HANDS[beat.ROLE]
    assert not improvement_letters.late(AT + 3 * DAY - HOUR).exists()
    assert improvement_letters.tell(AT + 3 * DAY) == 1 and improvement_letters.tell(AT + 3 * DAY) == 0
    found = Notice.objects.filter(kind=improvement_letters.LATE)
    assert {leader, cast.supervisor} <= {row.recipient for row in found}
    assert cast.tiers[1] not in {row.recipient for row in found}
    letter = compose(found.get(recipient=leader), AT + 3 * DAY)
    assert "1 improvement without" in letter.subject and "/console/feedback/improvements/" in letter.text
    assert improvement_letters.tell(AT + 4 * DAY) == 1, "the second one, by itself"
    improvement_acts.decline(one, "No.", by=leader, at=AT + 4 * DAY)
    with pytest.raises(NotNeeded):
        compose(Notice.objects.filter(recipient=leader, kind=improvement_letters.LATE).earliest("pk"), AT + 4 * DAY)
    assert list(improvements.overdue(AT + 4 * DAY)) == [two]


def test_who_is_concerned_and_what_an_erased_person_leaves(cast):
    """Not who was imported, practised, works here, was never proved; and of whom was erased only a number stays."""
    mia = customer("mia")
    kept, old, unproven = (went_up(cast, by=one) for one in (mia, customer("old"), customer("un")))
    User.objects.filter(email="un@example.com").update(is_verified=False)
    Case.objects.filter(pk=old.pk).update(is_history=True)
    looked = post_mortem_acts.open_by_hand(kept, "Look.", by=cast.supervisor, at=AT)
    lesson = lessons.write("Words.", "tool", case=kept, by=cast.tiers[1], at=AT)
    one = proposed(cast, kept, old, unproven, lessons=(lesson,), post_mortems=(looked,))
    assert list(improvements.concerned(one)) == [mia]
    drill = verbs.note(went_up(cast, title="Practice").pk, text="x", by=cast.tiers[1], at=AT)
    Case.everything.filter(pk=drill.pk).update(is_drill=True)
    refused("evidence", improvement_acts.add_evidence, one, LedTo(cases=(drill,)), by=cast.tiers[1], at=AT)
    Case.objects.filter(pk=unproven.pk).update(category=restricted(unproven))
    outsider = improvements.evidence_of(one, leader_without_cases())
    assert (outsider.n, outsider.hidden) == (5, 5), "whoever sees no case sees that there are some"
    erasing.evidence(Subject.of(mia, AT))
    found = improvements.evidence_of(one, cast.supervisor)
    assert (found.n, found.gone, found.lessons, found.post_mortems) == (5, 3, (), ())
    assert not improvements.concerned(one).exists()


def restricted(case):
    case.category.is_restricted = True
    case.category.save(update_fields=["is_restricted"])
    return case.category
