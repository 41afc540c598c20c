"""Low scores under a clock of their own: when one is owed an answer, how it is dealt with, and what is told of late ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from cases.lifecycle import State
from cases.models import Category
from escalation import letters, outbox
from escalation.letters import NotNeeded
from escalation.models import Notice
from escalation.verbs import Refused
from feedback import low_letters, low_scores
from feedback.low_scores import answer_low_score
from feedback.models import LowScore
from feedback.pulse import office
from feedback.surveys import add_to_answer, answer_survey
from tests.cast import MONDAY, gather
from tests.escalation.stories import bring

pytestmark = pytest.mark.django_db
LATER, HOUR = MONDAY + timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def cast():
    return gather()


@pytest.fixture
def settled(cast):
    return bring(cast, State.CONFIRMED)


def score(case, value, at=LATER, **more):
    return answer_survey(case, satisfaction=value, at=at, **more)


def of(case):
    return LowScore.objects.filter(case=case).first()


def why(act, *args, **given):
    with pytest.raises(Refused) as refused:
        act(*args, **given)
    return str(refused.value)


class TestOwed:
    def test_so_many_working_hours_of_the_office(self, settled):
        """Whenever it is given: the time counted to the due instant in the office's hours is the setting's, to the second."""
        for hours in range(0, 24 * 8, 7):
            at = LATER + hours * HOUR
            assert office(at).worked(at, low_scores.due_of(at)) == settings.SURVEY["low_answer_hours"] * 3600
        score(settled, 2)
        assert (of(settled).since, of(settled).due_at) == (LATER, low_scores.due_of(LATER))

    def test_it_goes_with_a_better_score_and_a_low_one_after_it_begins_anew(self, settled):
        score(settled, 1)
        due = of(settled).due_at
        score(settled, 2, LATER + HOUR)
        assert of(settled).due_at == due
        score(settled, 4, LATER + 2 * HOUR)
        assert of(settled).withdrawn_at == LATER + 2 * HOUR and not of(settled).is_open
        score(settled, 1, LATER + 3 * HOUR)
        assert of(settled).is_open and of(settled).due_at == low_scores.due_of(LATER + 3 * HOUR)

    def test_what_was_dealt_with_stays(self, settled, cast):
        score(settled, 1)
        answer_low_score(settled, how="phone", words="We talked.", by=cast.supervisor, at=LATER + HOUR)
        for value in (5, 1):
            score(settled, value, LATER + 2 * HOUR)
            assert of(settled).done_at == LATER + HOUR and of(settled).withdrawn_at is None
        assert LowScore.objects.count() == 1

    def test_who_says_not_fixed_is_owed_one_whatever_the_score(self, settled):
        score(settled, 5, fixed="no")
        due = of(settled).due_at
        assert of(settled).is_open and due == low_scores.due_of(LATER)
        score(settled, 2, LATER + HOUR, fixed="yes")
        assert of(settled).is_open and of(settled).due_at == due, "still unhappy"
        score(settled, 3, LATER + 2 * HOUR, fixed="no")
        assert add_to_answer(settled, may_contact=True, at=LATER + 2 * HOUR).may_contact is True
        assert score(settled, 3, LATER + 3 * HOUR, fixed="partly").may_contact is None
        assert of(settled).withdrawn_at == LATER + 3 * HOUR

    def test_who_is_owed_nothing(self, cast, settings):
        """A good score, a colleague's case, history, a drill, and answers without a name, which are listed from five on."""
        good, colleague, past, drill, unnamed = (bring(cast, State.CONFIRMED) for _ in range(5))
        score(good, 3)
        type(colleague).objects.filter(pk=colleague.pk).update(customer=cast.mate)
        type(past).objects.filter(pk=past.pk).update(is_history=True)
        type(drill).objects.filter(pk=drill.pk).update(is_drill=True)
        for case in (colleague, past, drill):
            score(type(case).everything.get(pk=case.pk), 1)
        settings.SURVEY = settings.SURVEY | {"anonymous": True}
        score(unnamed, 1, comment="Slow.")
        viewer = low_scores.Viewer(cast.supervisor)
        for n in range(4):
            assert not low_scores.without_a_name(viewer)
            score(bring(cast, State.CONFIRMED), 2, comment=f"{n}")
        assert not LowScore.everything.exists()
        assert [one.comment for one in low_scores.without_a_name(viewer)] == ["Slow.", "0", "1", "2", "3"]


class TestDealtWith:
    def test_a_letter_in_the_customer_s_language_from_the_supervisor(self, settled, cast):
        type(cast.customer).objects.filter(pk=cast.customer.pk).update(language="de")
        score(settled, 1)
        answer_low_score(
            settled, how="letter", words="  Es tut uns leid. Ihr Geld ist unterwegs. ", by=cast.supervisor, at=LATER
        )
        notice = Notice.objects.get(kind="low_answer")
        letter = letters.compose(notice, LATER)
        assert "Es tut uns leid. Ihr Geld ist unterwegs." in letter.text and "Dana" in letter.sender
        assert letter.subject.startswith("Zu Ihrer Rückmeldung") and not letter.unsubscribe
        assert (notice.recipient, notice.to_customer) == (cast.customer, True)
        while outbox.deliver_batch(LATER):
            pass
        notice.refresh_from_db()
        assert notice.state == Notice.State.SENT and "unterwegs" in notice.body

    def test_what_the_customer_said_about_being_contacted_is_kept_to(self, settled, cast):
        given = {"words": "So it is.", "by": cast.supervisor, "at": LATER + HOUR}
        score(settled, 1)
        for agreed, wrong in ((True, "closed"), (False, "letter"), (False, "phone")):
            add_to_answer(settled, may_contact=agreed, at=LATER)
            assert "be contacted" in why(answer_low_score, settled, how=wrong, **given)
        answer_low_score(settled, how="closed", **given)
        assert (of(settled).how, of(settled).by, of(settled).words) == ("closed", cast.supervisor, "So it is.")
        assert not Notice.objects.filter(kind="low_answer").exists()

    def test_what_is_refused_changes_nothing(self, settled, cast):
        score(settled, 1)
        by = cast.supervisor
        assert "Write what the customer" in why(answer_low_score, settled, how="letter", words=" ", by=by, at=LATER)
        assert "Too long" in why(answer_low_score, settled, how="letter", words="x" * 2001, by=by, at=LATER)
        assert "Choose" in why(answer_low_score, settled, how="", words="x", by=by, at=LATER)
        for stranger in (cast.mate, cast.manager, cast.customer):
            assert "Only supervisors" in why(answer_low_score, settled, how="phone", words="x", by=stranger, at=LATER)
        assert of(settled).is_open and not Notice.objects.filter(kind="low_answer").exists()
        score(settled, 5, LATER + HOUR)
        assert "another answer" in why(answer_low_score, settled, how="phone", words="x", by=by, at=LATER + HOUR)

    def test_nobody_sees_or_answers_one_of_a_case_they_may_not_see(self, settled, cast):
        score(settled, 1)
        Category.objects.filter(pk=settled.category_id).update(is_restricted=True)
        plain = type(cast.supervisor).objects.get(pk=cast.supervisor.pk)
        plain.groups.first().permissions.remove(*plain.groups.first().permissions.filter(codename="view_restricted"))
        assert not low_scores.to_answer(low_scores.Viewer(plain)).exists()
        assert "Only supervisors" in why(answer_low_score, settled, how="phone", words="x", by=plain, at=LATER)

    def test_who_wants_to_be_contacted_after_it_was_closed_is_owed_it_anew(self, settled, cast):
        score(settled, 1)
        answer_low_score(settled, how="closed", words="Nothing said.", by=cast.supervisor, at=LATER + HOUR)
        add_to_answer(settled, may_contact=False, at=LATER + 2 * HOUR)
        assert not of(settled).is_open
        add_to_answer(settled, may_contact=True, at=LATER + 3 * HOUR)
        row = of(settled)
        assert (row.is_open, row.since, row.words) == (True, LATER + 3 * HOUR, "Nothing said.")
        assert row.due_at == low_scores.due_of(LATER + 3 * HOUR) and low_letters.to_announce(row.due_at).exists()
        answer_low_score(settled, how="phone", words="Called.", by=cast.supervisor, at=row.due_at)
        # Who was called was contacted, whatever is ticked after that.
        for wish in (False, True):
            add_to_answer(settled, may_contact=wish, at=row.due_at)
        assert of(settled).how == "phone"


class TestNew:
    def test_told_once_in_the_office_s_hours_and_one_letter_an_hour(self, cast):
        cases = [bring(cast, State.CONFIRMED) for _ in "1234"]
        night = LATER + timedelta(hours=12)
        assert low_letters.announce(LATER) == 0
        for case in cases[:2]:
            score(case, 1, night)
        assert low_letters.to_announce(night).count() == 2 and low_letters.announce(night) == 0
        morning = LATER + timedelta(days=1)
        assert low_letters.announce(morning) == 2 and low_letters.announce(morning + HOUR) == 0
        score(cases[2], 2, morning + HOUR / 2)
        assert not low_letters.to_announce(morning + HOUR / 2).exists()
        score(cases[3], 2, morning + HOUR / 2)
        assert low_letters.announce(morning + HOUR) == 2
        first, second = Notice.objects.filter(kind="low_scores_new").order_by("owed_at")
        assert {first.recipient, second.recipient} == {cast.supervisor}
        letter = letters.compose(first, morning)
        assert (
            letter.subject == "2 unhappy customers to answer"
            and cases[0].title not in letter.text
            and "feedback/" in letter.text
        )
        for case in cases[:2]:
            answer_low_score(case, how="phone", words="x", by=cast.supervisor, at=morning)
        with pytest.raises(NotNeeded):
            letters.compose(first, morning)


class TestLate:
    def test_told_once_to_supervisors_and_not_when_it_was_answered(self, cast):
        first, second = (bring(cast, State.CONFIRMED) for _ in "12")
        for case in (first, second):
            score(case, 1)
        due = of(first).due_at
        assert not low_letters.to_tell(due - timedelta(seconds=1)).exists()
        assert low_letters.tell(due) == 2 and low_letters.tell(due + HOUR) == 0
        notice = Notice.objects.get(kind="low_scores_late")
        assert notice.recipient == cast.supervisor
        assert letters.compose(notice, due).subject == "2 unhappy customers not answered in time"
        answer_low_score(first, how="phone", words="x", by=cast.supervisor, at=due)
        letter = letters.compose(notice, due)
        assert letter.subject == "1 unhappy customer not answered in time" and "/console/feedback/" in letter.text
        assert first.title not in letter.text
        score(second, 5, due)
        with pytest.raises(NotNeeded):
            letters.compose(notice, due)
        # Low once more, and late once more: told once more.
        score(second, 1, due + HOUR)
        again = of(second).due_at
        assert low_letters.tell(again) == 1 and Notice.objects.filter(kind="low_scores_late").count() == 2

    def test_how_late(self, settled, cast):
        score(settled, 1)
        due = of(settled).due_at
        assert not of(settled).is_late(due) and of(settled).is_late(due + HOUR)
        answer_low_score(settled, how="phone", words="x", by=cast.supervisor, at=due)
        assert not of(settled).is_late(due + 100 * HOUR)
