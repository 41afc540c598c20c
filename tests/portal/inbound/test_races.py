"""Two fetchers with the same mail, on a real PostgreSQL: it lands once, whoever is first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import Case, Event, Message
from escalation.models import InboundMail, MailTry
from portal.environment import inbound_settings
from portal.inbound import fetching, taking, tries
from tests.cast import gather
from tests.escalation.sound import assert_sound
from tests.portal.inbound.imap_stub import Mailbox
from tests.portal.inbound.letters import answer, written
from tests.portal.pages.scene import LOOK, confirmed, working
from tests.races import outcomes

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    return gather()


def test_the_same_mail_from_four_fetchers_lands_once(cast):
    case = working(cast)
    for number in range(5):
        raw = answer(case, f"Again {number}").as_bytes()
        assert outcomes(*[lambda raw=raw: taking.take(raw, at=LOOK)] * 4) == ["landed"] * 4
    assert Message.objects.filter(case=case, channel="email").count() == 5
    assert InboundMail.objects.count() == 5
    assert_sound(case)


def test_the_same_new_mail_from_four_fetchers_opens_one_case(cast):
    for number in range(3):
        raw = written(f"Help {number}", sender=f"n{number}@new.example").as_bytes()
        assert outcomes(*[lambda raw=raw: taking.take(raw, at=LOOK)] * 4) == ["opened"] * 4
    assert Case.objects.count() == 3


def test_several_mails_about_one_settled_case_at_once_lose_no_word(cast):
    case = confirmed(cast)
    raws = [answer(case, f"Again {number}").as_bytes() for number in range(3)]
    results = outcomes(*[lambda raw=raw: taking.take(raw, at=LOOK) for raw in raws])
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

        results = outcomes(lambda: put(cast.supervisor), lambda: put(cast.tiers[1]), aside)
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
    outcomes(*[lambda mail=mail: taking.put_on_case(mail.pk, case, by=cast.supervisor, at=LOOK) for mail in mails])
    assert Message.objects.filter(case=case, channel="email").count() == 2
    assert Event.objects.filter(case=case, kind="reopened").count() == 1
    assert_sound(case)


def test_four_fetchers_of_one_mailbox_read_each_mail_once_and_no_try_is_held_against_it(cast, settings):
    box = Mailbox()
    settings.INBOUND = inbound_settings(box.url)
    try:
        case = working(cast)
        for number in range(8):
            box.put(answer(case, f"Again {number}").as_bytes())
        outcomes(*[lambda: fetching.fetch(LOOK)] * 4)
        assert Message.objects.filter(case=case, channel="email").count() == 8
        assert not MailTry.objects.exists() and all(flags == {b"\\Seen"} for flags in box.flags.values())
        assert fetching.fetch(LOOK) == 0
        assert_sound(case)
    finally:
        box.shutdown()
        box.server_close()


def test_a_try_is_begun_by_one_of_four_and_counted_once(cast):
    one = tries.Waiting("1", "here:7:1")
    for number in range(1, 4):
        at = LOOK + timedelta(hours=number)
        begun = outcomes(*[lambda at=at: tries.begin(one, at)] * 4)
        assert [row.tries for row in begun if row] == [number]
