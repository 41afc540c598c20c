"""Two hands at one survey, and two texts that come back to one settled case, on a real PostgreSQL."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from cases.erasing import ERASED, Subject
from cases.lifecycle import State
from cases.models import Case, Message
from escalation import verbs
from escalation.letters import NotNeeded
from escalation.models import Notice
from feedback import erasing, follow_ups, low_letters
from feedback.asks import claim
from feedback.follow_up_acts import Done, do
from feedback.invitations import compose_invitation, owe_reminders
from feedback.low_scores import answer_low_score
from feedback.models import Ask, FollowUp, LowScore, Survey
from feedback.surveys import answer_survey
from tests.cast import MONDAY, gather, person
from tests.escalation.sound import assert_sound
from tests.escalation.stories import bring
from tests.races import outcomes, refusals

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
LATER = MONDAY + timedelta(days=5)


@pytest.fixture
def cast(transactional_db):
    return gather()


def invitation(case: Case) -> Notice:
    return Notice.objects.create(
        key=f"survey:{case.pk}", kind="survey", case=case, to_customer=True, recipient=case.customer,
        owed_at=LATER, next_at=LATER, state="sending",
    )  # fmt: skip


def test_two_letters_to_one_person_in_one_moment_are_one(cast):
    for _ in range(4):
        Survey.objects.all().delete()
        Ask.objects.all().delete()
        notices = [invitation(bring(cast, State.CONFIRMED)) for _ in "12"]
        results = outcomes(*(lambda one=one: compose_invitation(one, LATER) for one in notices))
        assert sum(isinstance(result, NotNeeded) for result in results) == 1, results
        assert Survey.objects.filter(invited_at__isnull=False).count() == 1


def test_two_answers_in_one_moment_are_one_answer_and_a_change(cast):
    case = bring(cast, State.CONFIRMED)
    results = outcomes(*(lambda score=score: answer_survey(case, satisfaction=score, at=LATER) for score in (1, 5)))
    assert refusals(results) == []
    survey = Survey.objects.get(case=case)
    assert survey.changed_at == survey.answered_at == LATER


def test_two_beats_owe_one_reminder(cast):
    case = bring(cast, State.CONFIRMED)
    invitation(case)
    Notice.objects.filter(kind="survey").update(state="sent")
    Survey.objects.create(case=case, invited_at=LATER)
    assert not any(isinstance(r, Exception) for r in outcomes(*[lambda: owe_reminders(LATER + timedelta(days=4))] * 2))
    assert Notice.objects.filter(kind="survey_reminder").count() == 1


def test_two_texts_after_the_time_to_reopen_are_one_linked_case(cast):
    for _ in range(3):
        case = bring(cast, State.CLOSED)
        at = Case.objects.get(pk=case.pk).settled_at + timedelta(days=15)
        assert refusals(outcomes(*(writing(case, text, at) for text in ("One", "Two")))) == []
        linked = Case.objects.get(follows=case)
        assert_sound(linked)
        assert set(Message.objects.filter(case=linked).values_list("text", flat=True)) == {"One", "Two"}


def writing(case, text, at):
    return lambda: verbs.come_back(case.pk, text=text, by=case.customer, at=at)


def test_two_supervisors_answer_a_low_score_at_once_and_one_letter_goes(cast):
    second = person("sue@example.com", "Sue Second", is_staff=True)
    second.groups.add(*cast.supervisor.groups.all())
    for _ in range(4):
        case = bring(cast, State.CONFIRMED)
        answer_survey(case, satisfaction=1, at=LATER)
        results = outcomes(*(
            lambda case=case, by=by: answer_low_score(case, how="letter", words=f"From {by}", by=by, at=LATER)
            for by in (cast.supervisor, second)
        ))  # fmt: skip
        (refused,) = refusals(results)
        row = LowScore.objects.get(case=case)
        assert f"{row.by} was first" in str(refused)
        assert row.words == f"From {row.by}" and Notice.objects.filter(case=case, kind="low_answer").count() == 1


def test_a_better_score_and_an_answer_at_once_are_one_after_the_other(cast):
    for _ in range(4):
        case = bring(cast, State.CONFIRMED)
        answer_survey(case, satisfaction=1, at=LATER)
        results = outcomes(
            lambda case=case: answer_low_score(case, how="letter", words="Sorry.", by=cast.supervisor, at=LATER),
            lambda case=case: answer_survey(case, satisfaction=5, at=LATER),
        )
        row = LowScore.objects.get(case=case)
        assert (row.done_at is None) == (row.withdrawn_at is not None) == bool(refusals(results))
        assert Notice.objects.filter(case=case, kind="low_answer").exists() == (row.done_at is not None)


def test_two_beats_tell_of_a_late_one_once(cast):
    case = bring(cast, State.CONFIRMED)
    answer_survey(case, satisfaction=1, at=LATER)
    late = LATER + timedelta(days=9)
    assert not any(isinstance(r, Exception) for r in outcomes(*[lambda: low_letters.tell(late)] * 2))
    assert Notice.objects.filter(kind="low_scores_late").count() == 1


def test_a_survey_and_a_question_on_the_way_at_once_are_one(cast):
    for number in range(4):
        Ask.objects.all().delete()
        results = outcomes(
            lambda n=number: claim(cast.customer, Ask.Kind.SURVEY, n, at=LATER),
            lambda n=number: claim(cast.customer, Ask.Kind.INTERIM, n, at=LATER),
        )
        assert sum(isinstance(result, NotNeeded) for result in results) == 1, results
        assert Ask.objects.count() == 1


def test_who_is_being_asked_is_named_by_others_meanwhile(cast):
    """A verb that holds the case names its customer, the letter names the case: neither waits for the other for ever."""
    case = bring(cast, State.CONFIRMED)

    def named() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            invitation(case)

    with transaction.atomic():
        claim(cast.customer, Ask.Kind.SURVEY, case.pk, at=LATER)
        assert not any(isinstance(result, Exception) for result in outcomes(named))


def test_what_a_supervisor_writes_while_the_customer_is_erased_goes(cast):
    case, written = bring(cast, State.CONFIRMED), threading.Event()
    answer_survey(case, satisfaction=1, at=LATER)

    def answer() -> None:
        with transaction.atomic():
            answer_low_score(case, how="phone", words="About Sam.", by=cast.supervisor, at=LATER)
            written.set()
            time.sleep(0.5)  # not there yet for whoever erases

    def erase() -> None:
        assert written.wait(10)
        with transaction.atomic():
            erasing.low_scores(Subject.of(cast.customer, LATER))

    assert not any(isinstance(result, Exception) for result in outcomes(answer, erase))
    assert LowScore.objects.get(case=case).words == ERASED


def followed(cast) -> FollowUp:
    case = bring(cast, State.CONFIRMED)
    follow_ups.make([case], LATER)
    return FollowUp.objects.get(case=case)


def test_two_colleagues_follow_up_at_once_and_one_letter_goes(cast):
    for _ in range(3):
        row = followed(cast)
        people = (cast.tiers[1], cast.supervisor)
        written = (lambda by=by, row=row: do(row, Done("letter", f"From {by}"), by=by, at=LATER) for by in people)
        refused = refusals(outcomes(*written))
        assert len(refused) == 1 and "first" in refused[0]
        row.refresh_from_db()
        assert row.words == f"From {row.by}" and Notice.objects.filter(kind="follow_up", case=row.case_id).count() == 1


def test_a_case_opened_again_while_somebody_follows_up_and_the_beat_stops_it(cast):
    for _ in range(3):
        row = followed(cast)
        results = outcomes(
            lambda row=row: do(row, Done("phone", "It works.", "fine"), by=cast.tiers[1], at=LATER),
            lambda row=row: verbs.reopen(row.case_id, text="Back.", by=cast.customer, at=LATER),
            lambda: follow_ups.stop(LATER),
        )
        assert all("moved on" in one for one in refusals(results)), results
        follow_ups.stop(LATER)
        row.refresh_from_db()
        assert not row.is_open and (row.done_at is None) == (row.stopped_at is not None)
        assert_sound(Case.objects.get(pk=row.case_id))


def test_two_beats_owe_one_follow_up_and_tell_of_a_low_score_once(cast):
    case = bring(cast, State.CONFIRMED)
    Case.objects.filter(pk=case.pk).update(escalated_at=LATER)
    answer_survey(case, satisfaction=1, at=LATER)
    at = case.resolved_at + follow_ups.after()
    assert not any(isinstance(one, Exception) for one in outcomes(*[lambda: follow_ups.owe(at)] * 2))
    assert FollowUp.objects.filter(case=case).count() == 1
    assert not any(
        isinstance(one, Exception) for one in outcomes(*[lambda: low_letters.announce(MONDAY + timedelta(days=7))] * 2)
    )
    assert Notice.objects.filter(kind="low_scores_new").count() == 1
