"""What a customer chooses about letters, with and without being signed in."""

from datetime import time

import pytest
from django.core import mail
from django.test import Client

from cases.models import ProgressMail, User
from escalation import outbox, wishes
from escalation.models import Notice
from tests.portal.pages.scene import confirmed, step, sweep_at, working

HERE = "/account/notifications/"
ALL = {"progress_mail": "as_it_happens", "digest_at": "17:00", "wants_surveys": "on", "wants_news": "on"}


def test_choices_are_saved_and_shown(cast, sam):
    page = sam.get(HERE).content.decode()
    assert "Always sent" in page and "Text messages" not in page
    answer = sam.post(HERE, {"progress_mail": "daily", "digest_at": "08:30"}, follow=True)
    assert "Your choice is saved." in answer.content.decode()
    kept = User.objects.get(pk=cast.customer.pk)
    assert (kept.progress_mail, kept.digest_at) == (ProgressMail.DAILY, time(8, 30))
    assert not (kept.wants_surveys or kept.wants_news or kept.wants_problems)
    assert 'value="08:30"' in sam.get(HERE).content.decode()


def test_a_time_that_is_none_is_a_sentence_and_changes_nothing(cast, sam):
    page = sam.post(HERE, ALL | {"digest_at": "at five", "progress_mail": "daily"}).content.decode()
    assert "Write the time as hours and minutes" in page and 'value="at five"' in page
    assert User.objects.get(pk=cast.customer.pk).progress_mail == ProgressMail.AT_ONCE


def test_texts_are_offered_where_they_can_be_sent(cast, sam, settings):
    settings.SMS_CHANNEL = True
    assert "Text messages" not in sam.get(HERE).content.decode()
    User.objects.filter(pk=cast.customer.pk).update(phone="+44 20 7946 0000")
    assert "To +44 20 7946 0000." in sam.get(HERE).content.decode()


@pytest.mark.parametrize("name", ["surveys", "news", "problems", "progress"])
def test_looking_at_the_way_out_changes_nothing_and_the_button_does(name, cast):
    wish = wishes.BY_NAME[name]
    url = f"/unsubscribe/{wishes.link_token(cast.customer, wish)}/"
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(url)
    assert browser.head(url).status_code == 200
    assert wish.wanted_by(User.objects.get(pk=cast.customer.pk))
    assert browser.post(url).status_code == 403
    assert browser.post(url, {"List-Unsubscribe": "Two-Clicks"}).status_code == 403
    assert wish.wanted_by(User.objects.get(pk=cast.customer.pk))
    sent = {"csrfmiddlewaretoken": page.context["csrf_token"]}
    after = browser.post(url, sent).content.decode()
    assert "What still comes" in after and "Missed times" in after
    assert not wish.wanted_by(User.objects.get(pk=cast.customer.pk))


def test_a_mail_program_needs_no_cookie(cast):
    url = f"/unsubscribe/{wishes.link_token(cast.customer, wishes.BY_NAME['surveys'])}/"
    answer = Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    kept = User.objects.get(pk=cast.customer.pk)
    assert not kept.wants_surveys and kept.wants_news and kept.wants_problems


def test_a_link_of_another_make_opens_nothing(cast):
    token = wishes.link_token(cast.customer, wishes.BY_NAME["news"])
    signed = token.rsplit(".", 1)[1]
    for wrong in (f"{cast.other.pk}.news.{signed}", f"{cast.customer.pk}.surveys.{signed}", token[:-1], "x", "1.x.y"):
        assert Client().post(f"/unsubscribe/{wrong}/", {"List-Unsubscribe": "One-Click"}).status_code == 404
    assert not User.objects.filter(wants_news=False).exists()


def test_optional_letters_carry_the_way_out_and_others_do_not(cast):
    case = confirmed(cast)
    sweep_at(step(25 + 120))
    while outbox.deliver_batch(step(25 + 120)):
        pass
    (survey,) = [m for m in mail.outbox if m.subject.startswith("How did we do")]
    link = survey.extra_headers["List-Unsubscribe"]
    assert survey.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.startswith("<http") and link.strip("<>") in survey.body
    # What is kept of the letter does not hold what turns things off.
    kept = Notice.objects.get(case=case, kind="survey").body
    assert link.strip("<>").rsplit("/", 2)[1] not in kept
    (progress,) = [m for m in mail.outbox if m.subject.startswith("Update on")]
    assert "List-Unsubscribe" in progress.extra_headers
    for letter in mail.outbox:
        if letter.subject.startswith(("We have your case", "Our answer")) and letter.to == [cast.customer.email]:
            assert "List-Unsubscribe" not in letter.extra_headers
            assert "/account/notifications/" in letter.body


def test_who_wants_no_survey_gets_none(cast):
    User.objects.filter(pk=cast.customer.pk).update(wants_surveys=False)
    case = confirmed(cast)
    sweep_at(step(25 + 120))
    while outbox.deliver_batch(step(25 + 120)):
        pass
    assert Notice.objects.get(case=case, kind="survey").state == Notice.State.CANCELLED


def test_the_way_out_of_updates_is_one_letter_a_day(cast):
    url = f"/unsubscribe/{wishes.link_token(cast.customer, wishes.PROGRESS)}/"
    Client().post(url, {"List-Unsubscribe": "One-Click"})
    case = working(cast)
    assert Notice.objects.get(case=case, kind="progress").state == Notice.State.HELD
