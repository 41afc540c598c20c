"""How did we do? By a mailed link and on the case page: who is asked what, what is recorded, and until when."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from cases.lifecycle import State
from cases.models import AccessLink, Case
from escalation import verbs
from escalation.models import Notice
from feedback.invitations import owe_reminders, to_remind
from feedback.low_scores import answer_low_score
from feedback.models import Survey
from feedback.surveys import add_to_answer, answer_survey
from portal import clock
from tests import solving
from tests.portal.pages.scene import answered, confirmed, look_at, make, step, sweep_at, working
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import deliver, key_on, link_in

ANSWER = {"satisfaction": "2", "fixed": "partly", "comment": "Slow"}
SUBJECT = "How did we do?"
FOUR_DAYS = timedelta(days=4)


def passed_up(case: Case) -> Case:
    """The case as one that went up; the log of it is another test's story."""
    Case.objects.filter(pk=case.pk).update(escalated_at=case.filed_at)
    return Case.objects.get(pk=case.pk)


def surveys_in(mails) -> list:
    return [m for m in mails if m.subject.startswith(SUBJECT)]


def invite() -> list:
    """An hour after the yes: the survey letters that go."""
    look_at(step(25) + timedelta(hours=1, minutes=1))
    sweep_at(clock.now())
    return surveys_in(deliver())


@pytest.fixture
def mailed(cast):
    """The case and the survey's address as the mail has it."""
    case = confirmed(cast)
    (letter,) = invite()
    return case, link_in(letter, "s")


def linked(cast, case) -> str:
    token = AccessLink.issue("survey", case, user=cast.customer, at=clock.now(), lasts=timedelta(days=30))
    return f"/s/{token}/"


class TestByMail:
    def test_a_look_records_nothing(self, mailed):
        case, path = mailed
        page = Client().get(path + "?score=2")
        assert "You chose Dissatisfied in the e-mail" in text_of(page)
        assert "It is not recorded until you select “Send”." in text_of(page)
        survey = Survey.objects.get(case=case)
        assert (survey.satisfaction, survey.answered_at) == (None, None)

    def test_the_letter_has_the_five_choices_best_first_each_with_a_link(self, cast, settings):
        confirmed(cast)
        (letter,) = invite()
        places = [letter.body.index(f"{label}: http") for label in Survey.Satisfaction.labels]
        assert places == sorted(places) and len(places) == 5
        assert "nothing is recorded until you select Send" in letter.body
        html = str(letter.alternatives[0][0])
        links = re.findall(r'<a href="([^"]+)\?score=(\d)"[^>]*>([^<]+)</a>', html)
        assert [(int(score), label) for _, score, label in links] == list(Survey.Satisfaction.choices)
        assert {address for address, _, _ in links} == {f"{settings.BASE_URL}{link_in(letter, 's')}"}
        seen = re.sub(r"<[^>]+>", "", html)
        assert "/s/" not in seen, "worded, and no address in sight"
        # What stands around the choices is the same in both parts, in the same order.
        asked, foot = "nothing is recorded until you select Send", "Write to us on that page"
        assert seen.index(asked) < seen.index("Very satisfied") < seen.index("Very dissatisfied") < seen.index(foot)
        assert html.count("<ul") == 1 and "<p></p>" not in html

    def test_answer_with_the_second_page(self, mailed):
        case, path = mailed
        client = Client()
        first = client.post(path, ANSWER)
        assert (first.status_code, first["Location"]) == (303, f"{path}more/")
        more = text_of(client.get(f"{path}more/"))
        assert "May a supervisor contact you about this?" in more
        assert "made it easy to handle my issue" in more and "Did you feel heard?" not in more
        done = client.post(f"{path}more/", {"effort": "4", "may_contact": "yes"})
        assert (done.status_code, done["Location"]) == (303, f"{path}thanks/")
        survey = Survey.objects.get(case=case)
        said = (survey.satisfaction, survey.fixed, survey.comment, survey.effort, survey.may_contact)
        assert said == (2, "partly", "Slow", 4, True)
        thanks = text_of(client.get(done["Location"]))
        assert "A supervisor reads it and answers you." in thanks
        assert "Open your case again" in thanks

    def test_the_second_page_may_be_left_out(self, mailed):
        case, path = mailed
        client = Client()
        client.post(path, ANSWER)
        assert f'href="{path}thanks/"' in client.get(f"{path}more/").content.decode()
        assert client.post(f"{path}more/", {})["Location"] == f"{path}thanks/"
        survey = Survey.objects.get(case=case)
        assert (survey.effort, survey.may_contact, survey.satisfaction) == (None, None, 2)

    def test_changed_to_better_the_leave_to_call_is_taken_back(self, mailed):
        case, path = mailed
        client = Client()
        client.post(path, ANSWER)
        client.post(f"{path}more/", {"may_contact": "yes"})
        client.post(path, {"satisfaction": "5", "fixed": "yes"})
        survey = Survey.objects.get(case=case)
        assert (survey.satisfaction, survey.fixed, survey.may_contact) == (5, "yes", None)
        assert survey.changed_at is not None
        assert "contact you" not in text_of(client.get(f"{path}more/"))

    def test_a_leave_to_call_that_was_not_asked_for_is_not_taken(self, mailed):
        case, path = mailed
        client = Client()
        client.post(path, ANSWER | {"satisfaction": "4"})
        client.post(f"{path}more/", {"may_contact": "yes", "heard": "yes"})
        survey = Survey.objects.get(case=case)
        assert (survey.may_contact, survey.heard) == (None, "")

    def test_without_more_to_ask_one_page_is_all(self, mailed, settings):
        settings.SURVEY = settings.SURVEY | {"effort": False}
        _, path = mailed
        client = Client()
        assert client.post(path, ANSWER | {"satisfaction": "4", "comment": ""})["Location"] == f"{path}thanks/"
        assert client.get(f"{path}more/")["Location"] == f"{path}thanks/"

    def test_leave_to_pass_words_on_is_for_these_words_and_these_only(self, mailed, settings):
        case, path = mailed
        client, asked = Client(), "May we pass your words on inside our company, without your name?"
        client.post(path, ANSWER | {"comment": ""})
        assert asked not in text_of(client.get(f"{path}more/"))
        client.post(f"{path}more/", {"may_quote": "yes"})
        assert Survey.objects.get(case=case).may_quote is None, "no words, no leave"
        client.post(path, ANSWER)
        assert asked in text_of(client.get(f"{path}more/"))
        client.post(f"{path}more/", {"may_quote": "yes"})
        assert Survey.objects.get(case=case).may_quote is True
        client.post(path, ANSWER | {"satisfaction": "5"})
        assert Survey.objects.get(case=case).may_quote is True, "another score, the same words"
        client.post(path, ANSWER | {"comment": "Other words"})
        assert Survey.objects.get(case=case).may_quote is None
        Survey.objects.filter(case=case).update(is_anonymous=True)
        client.post(f"{path}more/", {"may_quote": "yes"})
        assert asked not in text_of(client.get(f"{path}more/")) and Survey.objects.get(case=case).may_quote is None

    def test_heard_is_asked_only_when_the_case_was_passed_up(self, mailed):
        case, path = mailed
        assert "Did you feel heard?" not in text_of(Client().get(path))
        Client().post(path, ANSWER | {"heard": "yes"})
        assert Survey.objects.get(case=case).heard == ""
        passed_up(case)
        assert "Did you feel heard?" in text_of(Client().get(path))
        Client().post(path, ANSWER | {"heard": "partly"})
        assert Survey.objects.get(case=case).heard == "partly"

    def test_answer_without_a_choice_says_so_and_keeps_the_words(self, mailed):
        case, path = mailed
        page = Client().post(path, {"comment": "Kept words", "fixed": "maybe"})
        assert "Choose how satisfied you are" in text_of(page)
        assert "Choose one of the answers" in text_of(page)
        assert "Kept words" in page.content.decode()
        assert Survey.objects.get(case=case).answered_at is None

    def test_an_effort_that_is_none_of_the_five_changes_nothing(self, mailed):
        case, path = mailed
        client = Client()
        client.post(path, ANSWER)
        assert "Choose how far you agree" in text_of(client.post(f"{path}more/", {"effort": "6", "may_contact": "yes"}))
        assert Survey.objects.get(case=case).may_contact is None


class TestUntilWhen:
    def test_a_second_link_edits_the_same_answer_for_seven_days(self, mailed, cast):
        case, path = mailed
        Client().post(path, ANSWER)
        given = Survey.objects.get(case=case).answered_at
        other = linked(cast, case)
        look_at(given + timedelta(days=7, minutes=-1))
        assert "This is what you told us." in text_of(Client().get(other))
        assert Client().post(other, ANSWER | {"satisfaction": "4"}).status_code == 303
        look_at(given + timedelta(days=7, seconds=1))
        for address in (path, other):
            late = Client().post(address, ANSWER)
            assert "This answer can no longer be changed." in text_of(late)
            closed = Client().get(address)
            assert "This link is no longer open" in text_of(closed)
            assert f'href="/c/{case.reference}/"' in closed.content.decode()
        survey = Survey.objects.get(case=case)
        assert (survey.satisfaction, survey.answered_at, Survey.objects.count()) == (4, given, 1)

    def test_the_second_page_ends_with_the_first(self, mailed):
        case, path = mailed
        Client().post(path, ANSWER)
        look_at(clock.now() + timedelta(days=7, seconds=1))
        assert Client().get(f"{path}more/")["Location"] == f"{path}thanks/"
        assert "can no longer be changed" in text_of(Client().post(f"{path}more/", {"effort": "1"}))
        assert Survey.objects.get(case=case).effort is None

    def test_a_link_ends_and_leads_to_its_case(self, mailed):
        case, path = mailed
        look_at(clock.now() + timedelta(days=31))
        for page in (Client().get(path), Client().post(path, ANSWER), Client().get(f"{path}more/")):
            assert page.status_code == 404
            assert "This link is no longer open" in text_of(page) and "Tell us anyway" in text_of(page)
            assert f'href="/c/{case.reference}/"' in page.content.decode()
            assert case.title not in page.content.decode()
        assert Survey.objects.get(case=case).answered_at is None

    def test_an_invented_link_names_no_case(self, mailed):
        case, _ = mailed
        page = Client().get("/s/" + "x" * 43 + "/")
        assert (page.status_code, case.reference in page.content.decode()) == (404, False)
        assert 'href="/follow/"' in page.content.decode()

    def test_a_case_that_is_open_again_is_not_asked_about(self, mailed, cast):
        case, path = mailed
        verbs.reopen(case.pk, text="It is back", by=cast.customer, at=clock.now())
        assert "This case is open again." in text_of(Client().get(path))
        assert "This case is open again." in text_of(Client().post(path, ANSWER))
        assert Survey.objects.get(case=case).answered_at is None

    def test_a_follow_link_is_no_survey_link(self, mailed, cast):
        case, path = mailed
        token = AccessLink.issue("follow", case, user=cast.customer, at=clock.now(), lasts=timedelta(days=1))
        for page in ("", "more/", "thanks/"):
            assert Client().get(f"/s/{token}/{page}").status_code == 404
        assert Client().post(path.replace("/s/", "/follow/")).status_code == 404


class TestOnTheCasePage:
    def test_a_rating_beside_the_yes_leads_to_what_is_left(self, cast, sam):
        case = passed_up(answered(cast))
        path = f"/c/{case.reference}/fixed/"
        back = sam.post(path, {"satisfaction": "1", "comment": "Too long", "idempotency_key": key_on(sam.get(path))})
        assert back["Location"] == f"{path}more/"
        page = text_of(sam.get(f"{path}more/"))
        assert "Thank you. Your case is marked as fixed." in page
        assert "Did you feel heard?" in page and "May a supervisor contact you" in page
        assert sam.post(f"{path}more/", {"heard": "no"})["Location"] == f"/c/{case.reference}/"
        survey = Survey.objects.get(case=case)
        assert (survey.satisfaction, survey.fixed, survey.heard) == (1, "yes", "no")

    def test_who_rated_on_the_page_is_not_written_to(self, cast, sam):
        case = answered(cast)
        sam.post(f"/c/{case.reference}/fixed/", {"satisfaction": "4"})
        assert invite() == []
        assert Survey.objects.get(case=case).invited_at is None

    def test_staff_and_strangers_answer_for_nobody(self, cast, sam):
        case = answered(cast)
        sam.post(f"/c/{case.reference}/fixed/", {"satisfaction": "1"})
        tom, other = Client(), Client()
        tom.force_login(cast.tiers[1])
        other.force_login(cast.other)
        said = tom.post(f"/c/{case.reference}/fixed/more/", {"effort": "5", "may_contact": "yes"})
        assert "Only the customer of this case can answer." in text_of(said)
        assert other.post(f"/c/{case.reference}/fixed/more/", {"effort": "5"}).status_code == 404
        assert Survey.objects.get(case=case).effort is None


class TestWithoutAName:
    def test_it_is_said_counted_and_asks_for_no_call(self, mailed, settings):
        settings.SURVEY = settings.SURVEY | {"anonymous": True}
        case, path = mailed
        client = Client()
        assert "counted without your name" in text_of(client.get(path))
        client.post(path, ANSWER)
        assert "May a supervisor contact you" not in text_of(client.get(f"{path}more/"))
        assert "without your name" in text_of(client.get(f"{path}thanks/"))
        settings.SURVEY = settings.SURVEY | {"anonymous": False}
        client.post(path, ANSWER | {"satisfaction": "1"})
        survey = Survey.objects.get(case=case)
        assert (survey.satisfaction, survey.is_anonymous) == (1, True)


class TestLetters:
    def test_one_in_a_fortnight_across_cases(self, cast):
        confirmed(cast)
        confirmed(cast, title="Another one")
        assert len(invite()) == 1
        assert Notice.objects.filter(kind="survey", state="cancelled").count() == 1
        assert Survey.objects.filter(invited_at__isnull=False).count() == 1

    def test_a_case_that_was_opened_again_is_asked_about_once(self, mailed, cast):
        case, _ = mailed
        look_at(clock.now() + timedelta(days=2))
        verbs.reopen(case.pk, text="It is back.", by=cast.customer, at=clock.now())
        owner = Case.objects.get(pk=case.pk).owner
        said = {"text": "Gone for good.", "outcome": "refunded", "amount": 1, "root_cause": "the same"}
        solving.answer(case.pk, by=owner, at=clock.now() + timedelta(minutes=5), **said)
        verbs.accept(case.pk, by=cast.customer, at=clock.now() + timedelta(minutes=9))
        look_at(clock.now() + timedelta(hours=2))
        sweep_at(clock.now())
        assert surveys_in(deliver()) == []
        assert list(Notice.objects.filter(kind="survey").order_by("pk").values_list("state", flat=True)) == [
            "sent",
            "cancelled",
        ]

    @pytest.mark.parametrize(
        "change", [{"wants_surveys": False}, {"is_active": False}, {"is_staff": True}, {"erased_at": step(25)}]
    )
    def test_not_to_who_is_not_asked(self, cast, change):
        confirmed(cast)
        type(cast.customer).objects.filter(pk=cast.customer.pk).update(**change)
        assert invite() == []
        assert not Survey.objects.filter(invited_at__isnull=False).exists()

    def test_not_after_a_withdrawal_nor_while_it_is_open(self, cast):
        make(State.WITHDRAWN, cast)
        working(cast)
        assert invite() == []

    def test_a_day_after_it_closed_by_itself(self, cast):
        case = answered(cast)
        ends = Case.objects.get(pk=case.pk).promise_at
        sweep_at(ends + timedelta(minutes=1))
        look_at(ends + timedelta(hours=23))
        sweep_at(clock.now())
        assert surveys_in(deliver()) == []
        look_at(ends + timedelta(hours=24, minutes=2))
        sweep_at(clock.now())
        assert len(surveys_in(deliver())) == 1


class TestReminder:
    def after(self, wait: timedelta) -> list:
        look_at(clock.now() + wait)
        while owe_reminders(clock.now()):
            pass
        return surveys_in(deliver())

    def test_one_after_three_days_with_a_link_that_works(self, mailed):
        case, _ = mailed
        assert self.after(timedelta(days=2, hours=23)) == []
        (letter,) = self.after(timedelta(hours=2))
        assert letter.subject.startswith(SUBJECT) and "We ask no third time." in letter.body
        assert Client().post(link_in(letter, "s"), ANSWER).status_code == 303
        assert Survey.objects.get(case=case).satisfaction == 2

    def test_never_a_second_one(self, mailed):
        assert len(self.after(FOUR_DAYS)) == 1
        assert self.after(FOUR_DAYS) == []
        assert Notice.objects.filter(kind="survey_reminder").count() == 1

    def test_its_link_ends_with_the_invitation(self, mailed):
        (letter,) = self.after(FOUR_DAYS)
        look_at(clock.now() + timedelta(days=26, minutes=1))
        assert Client().get(link_in(letter, "s")).status_code == 404

    def test_not_after_an_answer(self, mailed):
        Client().post(mailed[1], ANSWER)
        assert self.after(FOUR_DAYS) == []
        assert not Notice.objects.filter(kind="survey_reminder").exists()

    def test_not_when_it_was_answered_between_owing_and_writing(self, mailed):
        _, path = mailed
        look_at(clock.now() + FOUR_DAYS)
        owe_reminders(clock.now())
        Client().post(path, ANSWER)
        assert surveys_in(deliver()) == []
        assert Notice.objects.get(kind="survey_reminder").state == "cancelled"

    def test_not_when_it_is_open_again(self, mailed, cast):
        verbs.reopen(mailed[0].pk, text="It is back", by=cast.customer, at=clock.now())
        assert self.after(FOUR_DAYS) == []

    def test_not_to_who_wants_none(self, mailed, cast):
        type(cast.customer).objects.filter(pk=cast.customer.pk).update(wants_surveys=False)
        assert self.after(FOUR_DAYS) == []

    def test_not_when_it_is_switched_off(self, mailed, settings):
        settings.SURVEY = settings.SURVEY | {"reminder_days": 0}
        assert not to_remind(clock.now() + FOUR_DAYS).exists()
        assert self.after(FOUR_DAYS) == []

    def test_not_long_after_a_silence_of_ours(self, mailed):
        assert self.after(timedelta(days=15)) == []


class TestThanks:
    """Nothing is promised that no clock keeps."""

    def thanks(self, cast, score, **said):
        case = Case.objects.get(pk=confirmed(cast).pk)
        answer_survey(case, satisfaction=score, at=clock.now(), **said)
        return case, f"{linked(cast, case)}thanks/"

    def test_dissatisfied_is_told_who_sees_it_and_how_to_get_an_answer(self, cast):
        case, path = self.thanks(cast, 1)
        page = Client().get(path)
        assert "A supervisor reads it and may write to you or call you." in text_of(page)
        assert f'href="/c/{case.reference}/reopen/"' in page.content.decode()

    @pytest.mark.parametrize(("how", "owed"), [("closed", True), ("phone", False)])
    def test_who_says_yes_after_it_was_dealt_with_is_told_what_holds(self, how, owed, cast):
        """Closed without contact it is owed anew; who was called was contacted and is promised no other one."""
        case, path = self.thanks(cast, 1)
        answer_low_score(case, how=how, words="Nothing to add.", by=cast.supervisor, at=clock.now())
        add_to_answer(case, may_contact=True, at=clock.now())
        page = text_of(Client().get(path))
        assert ("A supervisor reads it and answers you." in page) == owed
        assert ("Nobody is given a time to reply to it." in page) == (not owed)

    def test_satisfied_is_not_asked_again(self, cast):
        _, path = self.thanks(cast, 5, fixed="yes")
        page = text_of(Client().get(path))
        assert "do something about it" not in page and "Nobody is given a time to reply to it." in page

    def test_when_the_time_to_reopen_is_over_a_linked_case_is_offered(self, cast):
        case, path = self.thanks(cast, 1)
        add_to_answer(case, may_contact=False, at=clock.now())
        look_at(case.resolved_at + timedelta(days=15))
        page = Client().get(path)
        assert "Start a linked case" in text_of(page) and "Open your case again" not in text_of(page)
        assert f'href="/c/{case.reference}/reopen/"' in page.content.decode()
