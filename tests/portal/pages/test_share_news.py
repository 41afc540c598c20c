"""Letters to people who were added to a case: when one is owed, how often, what it opens, and how it is stopped."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from cases.models import Case, Participant, User
from escalation import outbox, share_news, sharing, verbs
from escalation.models import Notice
from portal import beat, clock
from tests import solving
from tests.cast import person
from tests.portal.pages.scene import answered, later, look_at, step, working

S = Notice.State
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def shared(settings):
    settings.SHARE_CASES = True
    settings.INBOUND_URL = "imap://example"
    assert beat.HANDS


@pytest.fixture
def case(cast):
    made = working(cast)
    Case.objects.filter(pk=made.pk).update(is_proven=True)
    Notice.objects.all().update(state=S.SENT)
    return Case.objects.get(pk=made.pk)


@pytest.fixture
def row(case) -> Participant:
    return added(case, "helper@example.com", "Hal Helper")


def added(case, address, name, **more) -> Participant:
    who = person(address, name)
    said = {"asked_at": step(16), "joined_at": step(17), "address": address} | more
    return Participant.objects.create(case=case, user=who, **said)


def say(cast, case, at, text="The bank has answered."):
    return verbs.update(case.pk, text=text, by=cast.tiers[1], at=at)


def news() -> list[Notice]:
    return list(Notice.objects.filter(kind=share_news.KIND).order_by("pk"))


def send(at):
    mail.outbox.clear()
    while outbox.deliver_batch(at):
        pass
    return {one.to[0]: one for one in mail.outbox}


def test_a_word_to_the_customer_is_news_to_who_was_added(cast, case, row):
    say(cast, case, step(20))
    (notice,) = news()
    assert (notice.recipient, notice.case, notice.next_at, notice.state) == (row.user, case, step(20), S.WAITING)
    sent = send(step(20))
    assert set(sent) == {cast.customer.email, row.user.email}
    letter = sent[row.user.email]
    assert letter.subject == f"There is news on {case.reference}"
    for theirs in (case.title, "The bank has answered.", "Sam", cast.customer.email):
        assert theirs not in letter.body + letter.subject
    assert f"/account/sign-in/?next=/c/{case.reference}/" in letter.body
    # The customer's letter takes an answer by its token; this one has none to take along.
    assert sent[cast.customer.email].reply_to and not letter.reply_to
    tokens = set(re.findall(r"<[^>]+>", sent[cast.customer.email].extra_headers["References"]))
    assert len(tokens) == 2 and len(re.findall(r"<[^>]+>", letter.extra_headers["References"])) == 1
    notice.refresh_from_db()
    assert "/unsubscribe/" in letter.body and share_news.quiet_token(row) not in notice.body


def test_the_link_leads_who_is_signed_in_to_the_case_and_anybody_else_to_the_sign_in(cast, case, row):
    path = f"/account/sign-in/?next=/c/{case.reference}/"
    assert Client().get(path).status_code == 200
    browser = Client()
    browser.force_login(row.user)
    assert browser.get(path)["Location"] == f"/c/{case.reference}/"


def test_one_letter_an_hour_and_nothing_is_left_unsaid(cast, case, row):
    say(cast, case, step(20))
    say(cast, case, step(21))
    assert len(news()) == 1, "the one that waits says it"
    send(step(22))
    say(cast, case, step(25))
    say(cast, case, step(27))
    first, second = news()
    assert (first.state, second.state, second.next_at) == (S.SENT, S.WAITING, step(80))
    assert row.user.email not in send(step(79)) and row.user.email in send(step(80))
    say(cast, case, step(140))
    assert news()[-1].next_at == step(140), "an hour later it goes at once"


def test_what_is_being_sent_says_nothing_of_what_comes_now(cast, case, row):
    say(cast, case, step(20))
    Notice.objects.filter(kind=share_news.KIND).update(state=S.SENDING)
    say(cast, case, step(21))
    assert [one.next_at for one in news()] == [step(20), step(80)]


def test_each_person_and_each_case_has_an_hour_of_its_own(cast, case, row):
    other = working(cast)
    Case.objects.filter(pk=other.pk).update(is_proven=True)
    second = added(case, "second@example.com", "")
    Participant.objects.create(case=other, user=row.user, address=row.address, asked_at=step(16), joined_at=step(17))
    for one in (case, other):
        say(cast, one, step(20))
    assert sorted((n.case_id, n.recipient_id) for n in news()) == sorted(
        [(case.pk, row.user_id), (case.pk, second.user_id), (other.pk, row.user_id)]
    )


@pytest.mark.parametrize(
    "gone",
    [
        lambda row: Participant.objects.filter(pk=row.pk).update(joined_at=None),
        lambda row: Participant.objects.filter(pk=row.pk).update(wants_news=False),
        lambda row: Case.objects.update(is_proven=False),
        lambda row: User.objects.filter(pk=row.user_id).update(is_staff=True),
        lambda row: User.objects.filter(pk=row.user_id).update(is_active=False),
        lambda row: row.delete(),
    ],
    ids=["not come", "wants none", "unproved", "staff", "closed", "removed"],
)
def test_who_sees_it_no_more_gets_none_also_one_that_waits(cast, case, row, gone, settings):
    say(cast, case, step(20))
    gone(row)
    send(step(20))
    assert [one.state for one in news()] == [S.CANCELLED]
    say(cast, case, step(25))
    assert len(news()) == 1
    settings.SHARE_CASES = False
    say(cast, case, step(27))
    assert len(news()) == 1


def test_the_customers_own_words_and_staffs_notes_are_no_news(cast, case, row):
    verbs.reply(case.pk, text="Hello?", by=cast.customer, at=step(20))
    verbs.note(case.pk, text="Hm.", by=cast.tiers[1], at=step(21))
    verbs.reply(case.pk, text="Me, too.", by=row.user, at=step(22))
    assert not news()
    solving.answer(
        case.pk, text="Paid.", outcome="refunded", amount=10, root_cause="slip", by=cast.tiers[1], at=step(23)
    )
    assert len(news()) == 1


def test_one_press_stops_them_for_this_case_alone_and_they_turn_them_on_again(cast, case, row):
    say(cast, case, step(20))
    letter = send(step(20))[row.user.email]
    url = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = "/" + url.split("/", 3)[3]
    other, strict = added(case, "second@example.com", ""), Client(enforce_csrf_checks=True)
    assert "Stop letters about this case?" in strict.get(path).content.decode()
    assert Participant.objects.get(pk=row.pk).wants_news
    assert strict.post(path, {"x": "y"}).status_code == 403
    answer = strict.post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and case.reference not in answer.content.decode()
    assert not Participant.objects.get(pk=row.pk).wants_news and Participant.objects.get(pk=other.pk).wants_news
    wrong = path[:-2] + ("a" if path[-2] != "a" else "b") + "/"
    assert Client().post(wrong).status_code == 404
    browser, who = Client(), f"/c/{case.reference}/who/"
    browser.force_login(row.user)
    assert "You get no letters about this case." in browser.get(who).content.decode()
    assert browser.post(who, {"news": "on", "person": row.pk}).status_code == 303
    assert Participant.objects.get(pk=row.pk).wants_news
    browser.post(who, {"news": "off", "person": other.pk})
    assert Participant.objects.get(pk=other.pk).wants_news, "nobody decides for another"


def test_an_address_is_not_written_to_more_than_once_an_hour_and_five_times_a_day(cast, case):
    look_at(later(2))
    at = clock.now()
    for _again in range(sharing.LETTERS):
        row = sharing.add(case, "victim@example.com", by=cast.customer, at=at)
        sharing.remove(case, row.pk, by=cast.customer, at=at)
    asked = list(Notice.objects.filter(kind=sharing.KIND).order_by("next_at").values_list("next_at", flat=True))
    assert asked == [at + number * sharing.APART for number in range(sharing.LETTERS)]
    with pytest.raises(verbs.Refused, match="written to several times today"):
        sharing.add(case, "VICTIM@example.com", by=cast.customer, at=at)
    assert not Participant.objects.filter(case=case).exists()
    assert not send(at + sharing.A_DAY).get("victim@example.com"), "whoever was removed is asked nothing"
    sharing.add(case, "victim@example.com", by=cast.customer, at=at + sharing.A_DAY + MINUTE)


def test_staff_are_asked_nothing_and_let_in_by_no_link(cast, case):
    row = sharing.add(case, cast.manager.email, by=cast.customer, at=clock.now())
    send(clock.now())
    assert Notice.objects.get(kind=sharing.KIND).state == S.CANCELLED
    assert Client().post(f"/share/{sharing.token_of(row)}/").status_code == 404


def test_an_address_changed_later_is_not_shown_to_the_customer_and_keeps_the_case(cast, case, row):
    look_at(step(19))
    waiting = sharing.add(case, "old@example.com", by=cast.customer, at=step(18))
    token = sharing.token_of(waiting)
    for one in (row, waiting):
        User.objects.filter(pk=one.user_id).update(email=f"private{one.pk}@example.net")
    browser = Client()
    browser.force_login(cast.customer)
    page = browser.get(f"/c/{case.reference}/who/").content.decode()
    assert "helper@example.com" in page and "old@example.com" in page and "example.net" not in page
    assert Client().post(f"/share/{token}/").status_code == 404, "the letter went to who read the old address"
    say(cast, case, step(20))
    assert f"private{row.pk}@example.net" in send(step(20))
    theirs = Client()
    theirs.force_login(User.objects.get(pk=row.user_id))
    assert theirs.get(f"/c/{case.reference}/").status_code == 200


def test_others_read_first_names_and_no_address(cast, case, row):
    second = added(case, "second@example.com", "Cora Second")
    added(case, "waiting.long@example.com", "", joined_at=None)
    browser = Client()
    browser.force_login(second.user)
    page = browser.get(f"/c/{case.reference}/who/").content.decode()
    assert "Hal" in page and "helper@example.com" not in page and "Helper" not in page
    assert "waiting.long" not in page, "who has not come is nobody they know of"


def gone_on(cast, case, row):
    """The case is answered and settled, its time to be opened again over, and goes on in a linked one."""
    settled = answered(cast)
    Case.objects.filter(pk=settled.pk).update(is_proven=True)
    Participant.objects.filter(pk=row.pk).update(case=settled)
    verbs.accept(settled.pk, by=cast.customer, at=step(25))
    look_at(later(days=30))
    browser = Client()
    browser.force_login(cast.customer)
    page = f"/c/{settled.reference}/reopen/"
    assert "You can ask them again on its page." in browser.get(page).content.decode()
    assert browser.post(page, {"text": "It is back."}).status_code == 303
    return browser, settled, Case.objects.get(follows=settled)


def test_a_linked_case_takes_nobody_along_and_says_so(cast, case, row):
    browser, settled, linked = gone_on(cast, case, row)
    theirs = Client()
    theirs.force_login(row.user)
    assert theirs.get(f"/c/{linked.reference}/").status_code == 404
    old = theirs.get(f"/c/{settled.reference}/").content.decode()
    assert linked.reference not in old, "nor is it named"
    url = f"/c/{linked.reference}/"
    browser.get(url)
    page = browser.get(url)
    assert "The people you added there do not see this one." in page.content.decode()
    who = browser.get(f"{url}who/").content.decode()
    assert f'Ask again<span class="visually-hidden">: <bdi>{row.address}</bdi>' in who
    assert browser.post(f"{url}who/", {"email": row.address}).status_code == 303
    again = Participant.objects.get(case=linked)
    assert (again.user, again.joined_at) == (row.user, None)
    assert "do not see this one" not in browser.get(url, headers={"If-None-Match": page["ETag"]}).content.decode()
    assert (
        f'Ask again<span class="visually-hidden">: <bdi>{row.address}</bdi>'
        not in browser.get(f"{url}who/").content.decode()
    )
    theirs.post(f"/share/{sharing.token_of(again)}/")
    assert settled.reference in theirs.get(url).content.decode()


def test_what_was_said_before_stays_to_those_who_were_added_before(cast, case, row):
    """Asked anew to the linked case alone, nobody learns of the old one."""
    _browser, settled, linked = gone_on(cast, case, row)
    stranger = added(linked, "new@example.com", "")
    theirs = Client()
    theirs.force_login(stranger.user)
    page = theirs.get(f"/c/{linked.reference}/")
    assert page.status_code == 200 and settled.reference not in page.content.decode()
    assert "do not see this one" not in page.content.decode()


def test_only_the_customer_is_offered_what_only_they_can_do(cast, row, case):
    done = answered(cast)
    Participant.objects.filter(pk=row.pk).update(case=done)
    Case.objects.filter(pk=done.pk).update(is_proven=True)
    browser = Client()
    browser.force_login(row.user)
    page = browser.get(f"/c/{done.reference}/").content.decode()
    assert "We paid it back." in page and "Yes, it is fixed" not in page and "Send message" in page
