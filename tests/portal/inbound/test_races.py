"""Two fetchers with the same mail, on a real PostgreSQL: it lands once, whoever is first."""

from __future__ import annotations

import pytest

from cases.models import Case, Event, Message
from escalation.models import InboundMail
from portal.inbound import taking
from tests.cast import gather
from tests.escalation.sound import assert_sound
from tests.escalation.test_concurrency import at_once
from tests.portal.inbound.letters import answer, written
from tests.portal.pages.scene import LOOK, confirmed, working

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    return gather()


def test_the_same_mail_from_four_fetchers_lands_once(cast):
    case = working(cast)
    for number in range(5):
        raw = answer(case, f"Again {number}").as_bytes()
        assert at_once(*[lambda raw=raw: taking.take(raw, at=LOOK)] * 4) == ["landed"] * 4
    assert Message.objects.filter(case=case, channel="email").count() == 5
    assert InboundMail.objects.count() == 5
    assert_sound(case)


def test_the_same_new_mail_from_four_fetchers_opens_one_case(cast):
    for number in range(3):
        raw = written(f"Help {number}", sender=f"n{number}@new.example").as_bytes()
        assert at_once(*[lambda raw=raw: taking.take(raw, at=LOOK)] * 4) == ["opened"] * 4
    assert Case.objects.count() == 3


def test_several_mails_about_one_settled_case_at_once_lose_no_word(cast):
    case = confirmed(cast)
    raws = [answer(case, f"Again {number}").as_bytes() for number in range(3)]
    results = at_once(*[lambda raw=raw: taking.take(raw, at=LOOK) for raw in raws])
    landed = Message.objects.filter(case=case, channel="email").count()
    waiting = InboundMail.objects.filter(state="waiting").exclude(text="").count()
    assert set(results) <= {"landed", "waiting"} and landed + waiting == 3 and landed >= 1
    assert Event.objects.filter(case=case, kind="reopened").count() == 1
    assert_sound(case)


def test_two_supervisors_put_the_same_mail_on_a_case_and_a_third_sets_it_aside(cast):
    """One wins; the others are told who and when, and the words stand on the case once or not at all."""
    for number in range(5):
        case = working(cast)
        taking.take(answer(case, f"Mine {number}", sender="eve@example.net").as_bytes(), at=LOOK)
        mail = InboundMail.objects.latest("pk")

        def put(by, mail=mail, case=case):
            try:
                taking.put_on_case(mail.pk, case, by=by, at=LOOK)
            except taking.Taken as taken:
                return taken.mail.seen_by, taken.mail.seen_at
            return "won"

        def aside(mail=mail):
            try:
                taking.set_aside(mail.pk, because="Spam", by=cast.mate, at=LOOK)
            except taking.Taken as taken:
                return taken.mail.seen_by, taken.mail.seen_at
            return "won"

        results = at_once(lambda: put(cast.supervisor), lambda: put(cast.tiers[1]), aside)
        mail.refresh_from_db()
        assert results.count("won") == 1
        assert [one for one in results if one != "won"] == [(mail.seen_by, LOOK)] * 2
        there = Message.objects.filter(case=case, channel="email").count()
        assert there == (mail.state == "landed") and (mail.state == "seen") == (there == 0)
        assert_sound(case)


def test_two_mails_are_put_on_one_settled_case_at_once(cast):
    case = confirmed(cast)
    for number in range(2):
        taking.take(answer(case, f"Back {number}", sender="eve@example.net").as_bytes(), at=LOOK)
    mails = list(InboundMail.objects.all())
    at_once(*[lambda mail=mail: taking.put_on_case(mail.pk, case, by=cast.supervisor, at=LOOK) for mail in mails])
    assert Message.objects.filter(case=case, channel="email").count() == 2
    assert Event.objects.filter(case=case, kind="reopened").count() == 1
    assert_sound(case)
