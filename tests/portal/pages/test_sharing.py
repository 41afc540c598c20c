"""Adding a person to a case: by setting, asked by its customer, joined by a button, seen at one door, taken back."""

import re

import pytest
from django.test import Client

from cases.access import Viewer
from cases.models import Case, Message, Note, Organisation, Participant, User
from escalation import sharing, verbs
from escalation.letters import NotNeeded, compose
from escalation.models import Notice
from escalation.receipts import correct_address
from portal import clock
from tests.portal.pages.scene import make, working

HELPER = "helper@example.com"


@pytest.fixture
def shared(settings):
    settings.SHARE_CASES = True


@pytest.fixture
def case(cast, shared):
    case = working(cast)
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    return Case.objects.get(pk=case.pk)


def browser(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def who(case) -> str:
    return f"/c/{case.reference}/who/"


def asked(cast, case) -> Participant:
    answer = browser(cast.customer).post(who(case), {"email": HELPER})
    assert answer.status_code == 303, answer.content.decode()
    return Participant.objects.get(case=case)


def joined(cast, case) -> Participant:
    row = asked(cast, case)
    assert Client().post(f"/share/{sharing.token_of(row)}/").status_code == 303
    row.refresh_from_db()
    return row


def test_off_by_default_nobody_can_be_added_and_nobody_added_sees(cast, case, settings):
    row = joined(cast, case)
    settings.SHARE_CASES = False
    assert browser(cast.customer).post(who(case), {"email": HELPER}).status_code == 404
    assert "Add a person" not in browser(cast.customer).get(who(case)).content.decode()
    assert browser(row.user).get(f"/c/{case.reference}/").status_code == 404
    assert Client().get(f"/share/{sharing.token_of(row)}/").status_code == 404
    with pytest.raises(verbs.Refused, match="Only the customer"):
        verbs.reply(case.pk, text="Hello?", by=row.user, at=clock.now())
    with pytest.raises(verbs.Refused, match="Only the customer"):
        sharing.add(case, "b@example.com", by=cast.customer, at=clock.now())


def test_the_letter_names_nobody_and_says_nothing_of_the_case(cast, case):
    row = asked(cast, case)
    notice = Notice.objects.get(kind=sharing.KIND)
    assert (notice.recipient, notice.case, notice.to_customer) == (row.user, None, True)
    letter = compose(notice, clock.now())
    token = sharing.token_of(row)
    assert letter.address == HELPER and f"/share/{token}/" in letter.text
    assert token not in letter.kept_text
    for theirs in (case.title, case.description, case.reference, cast.customer.name, cast.customer.first_name):
        assert theirs not in letter.text + letter.subject


def test_looking_joins_nobody_and_the_button_does(cast, case):
    row, client = asked(cast, case), Client()
    page = f"/share/{sharing.token_of(row)}/"
    assert client.get(page).status_code == client.head(page).status_code == 200
    assert Participant.objects.get().joined_at is None
    assert not Case.objects.visible_to(Viewer(row.user)).exists()
    answer = client.post(page)
    assert answer["Location"] == f"/account/sign-in/?next=/c/{case.reference}/"
    row.refresh_from_db()
    assert row.joined_at and row.user.is_verified
    # The link proved an address; it is not itself a way in.
    assert client.get(f"/c/{case.reference}/").status_code == 303
    assert Case.objects.visible_to(Viewer(row.user)).get() == case
    with pytest.raises(NotNeeded):
        compose(Notice.objects.get(kind=sharing.KIND), clock.now())


def test_they_see_and_write_and_do_nothing_else(cast, case):
    row = joined(cast, case)
    verbs.note(case.pk, text="An internal word", by=cast.tiers[1], at=clock.now())
    client, url = browser(row.user), f"/c/{case.reference}/"
    page = client.get(url).content.decode()
    assert "This is the case of Sam" in page and "An internal word" not in page
    assert "Withdraw this case" not in page
    assert case.reference in client.get("/cases/").content.decode()
    sent = client.post(f"{url}message/", {"text": "I was there, too."})
    assert sent.status_code == 303
    said = Message.objects.get(case=case, text="I was there, too.")
    assert (said.author, said.from_customer) == (row.user, True)
    assert "helper wrote" in browser(cast.customer).get(url).content.decode()
    before = Case.objects.get(pk=case.pk)
    for act in ("withdraw", "supervisor", "fixed", "reopen", "not-fixed"):
        client.post(f"{url}{act}/", {"reason": "slow", "text": "x"})
    client.post(who(case), {"email": "third@example.com"})
    after = Case.objects.get(pk=case.pk)
    assert (after.event_seq, after.state) == (before.event_seq, before.state)
    assert Participant.objects.count() == 1


def test_the_list_says_who_and_each_of_both_can_end_it(cast, case):
    row = joined(cast, case)
    page = browser(cast.customer).get(who(case)).content.decode()
    assert HELPER in page and f'Remove<span class="visually-hidden"> <bdi>{HELPER}</bdi></span>' in page
    assert "Leave this case" in browser(row.user).get(who(case)).content.decode()
    assert browser(cast.customer).post(who(case), {"remove": row.pk}).status_code == 303
    assert browser(row.user).get(f"/c/{case.reference}/").status_code == 404
    again = joined(cast, case)
    assert browser(again.user).post(who(case), {"remove": again.pk})["Location"] == "/cases/"
    assert not Participant.objects.exists()
    notes = Note.objects.filter(case=case, text__in=(sharing.ADDED, sharing.REMOVED)).count()
    assert notes == 4


def test_a_taken_back_link_an_old_one_and_a_made_up_one_open_nothing(cast, case):
    row = asked(cast, case)
    token = sharing.token_of(row)
    changed = token[:-1] + ("0" if token[-1] != "0" else "1")
    for wrong in (changed, "1", "x" * 43, f"{row.pk}-"):
        assert Client().post(f"/share/{wrong}/").status_code == 404
    assert sharing.asked_by(token, at=row.asked_at + sharing.LASTS) is None
    sharing.remove(case, row.pk, by=cast.customer, at=clock.now())
    assert Client().post(f"/share/{token}/").status_code == 404


def test_who_cannot_be_added(cast, case):
    client = browser(cast.customer)
    own = client.post(who(case), {"email": cast.customer.email.upper()}).content.decode()
    assert "That is your own address" in own
    wrong = client.post(who(case), {"email": "nobody"}).content.decode()
    assert "Enter an e-mail address" in wrong and 'value="nobody"' in wrong
    for number in range(sharing.MOST):
        sharing.add(case, f"p{number}@example.com", by=cast.customer, at=clock.now())
    full = client.post(who(case), {"email": HELPER}).content.decode()
    assert re.search("More than 10 people cannot be added", full)
    # Asked again, nobody counts twice, and the letter goes once an hour.
    sharing.add(case, "p0@example.com", by=cast.customer, at=clock.now())
    assert Participant.objects.count() == Notice.objects.filter(kind=sharing.KIND).count() == sharing.MOST


def test_a_case_nobody_proved_is_shared_with_nobody_and_another_address_takes_nobody_along(cast, case):
    Case.objects.filter(pk=case.pk).update(is_proven=False)
    with pytest.raises(verbs.Refused, match="Open the link"):
        sharing.add(case, HELPER, by=cast.customer, at=clock.now())
    person = User.objects.of_address(HELPER)
    Participant.objects.create(case=case, user=person, asked_at=clock.now(), joined_at=clock.now())
    assert not Case.objects.visible_to(Viewer(person)).exists()
    correct_address(case, "right@example.com", at=clock.now())
    assert not Participant.objects.exists()


def colleague(cast) -> User:
    company = Organisation.objects.create(name="Nordwind Ltd")
    User.objects.filter(pk__in=(cast.customer.pk, cast.other.pk)).update(organisation=company)
    Case.objects.filter(customer=cast.customer).update(organisation=company)
    return User.objects.get(pk=cast.other.pk)


def test_people_of_one_company_read_each_others_cases_and_write_nothing(cast, case, settings):
    other, url = colleague(cast), f"/c/{case.reference}/"
    client = browser(other)
    assert client.get(url).status_code == 404, "off by default"
    assert "My company" not in client.get("/cases/").content.decode()
    settings.SHARE_IN_ORGANISATION = True
    assert client.get(url).status_code == 200
    assert case.reference not in client.get("/cases/?filter=all").content.decode()
    listed = client.get("/cases/?filter=company").content.decode()
    assert case.reference in listed and "My company" in listed
    before = Case.objects.get(pk=case.pk).event_seq
    client.post(f"{url}message/", {"text": "Me too."})
    client.post(f"{url}withdraw/", {})
    client.post(who(case), {"email": HELPER})
    assert Case.objects.get(pk=case.pk).event_seq == before
    assert "Nordwind Ltd" in browser(cast.customer).get(who(case)).content.decode()


def test_another_company_and_an_unproved_case_stay_closed(cast, case, settings):
    settings.SHARE_IN_ORGANISATION = True
    other = colleague(cast)
    Case.objects.filter(pk=case.pk).update(is_proven=False)
    assert not Case.objects.visible_to(Viewer(other)).exists()
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    assert Case.objects.visible_to(Viewer(other)).exists()
    User.objects.filter(pk=other.pk).update(organisation=Organisation.objects.create(name="Another"))
    assert not Case.objects.visible_to(Viewer(User.objects.get(pk=other.pk))).exists()
    User.objects.update(organisation=None)
    assert not Case.objects.visible_to(Viewer(User.objects.get(pk=other.pk))).exists(), "nobody's company is no company"


def test_who_changes_company_takes_no_case_along(cast, case, settings):
    settings.SHARE_IN_ORGANISATION = True
    other, another = colleague(cast), Organisation.objects.create(name="Another")
    User.objects.filter(pk=cast.customer.pk).update(organisation=another)
    stranger = User.objects.create_user("new@example.net", name="New Colleague", organisation=another)
    assert Case.objects.visible_to(Viewer(other)).filter(pk=case.pk).exists(), "it was filed for Nordwind"
    assert not Case.objects.visible_to(Viewer(stranger)).exists()
    mine = User.objects.get(pk=cast.customer.pk)
    assert cast.file(by=mine).organisation == another


def test_what_is_refused_is_said_to_whoever_has_no_form(cast, case, settings):
    settings.SHARE_IN_ORGANISATION = settings.SHARE_CASES = True
    other = colleague(cast)
    for said in ({"email": HELPER}, {"remove": str(joined(cast, case).pk)}):
        page = browser(other).post(who(case), said)
        assert "Only the customer can do this." in page.content.decode()


def test_a_colleague_who_may_not_write_uses_up_nothing_of_the_customers(cast, case, settings):
    settings.SHARE_IN_ORGANISATION = True
    client = browser(colleague(cast))
    for _ in range(40):
        client.post(f"/c/{case.reference}/message/", {"text": "Me too."})
    answer = browser(cast.customer).post(f"/c/{case.reference}/message/", {"text": "And now?"})
    assert answer.status_code == 303


def test_nobody_is_added_to_a_withdrawn_case(cast, case, settings):
    settings.SHARE_CASES = True
    verbs.withdraw(case.pk, by=cast.customer, at=clock.now())
    with pytest.raises(verbs.Refused, match="Nobody can be added"):
        sharing.add(case, HELPER, by=cast.customer, at=clock.now())


@pytest.mark.parametrize(
    ("state", "says", "never"),
    [
        ("waiting_customer", "Waiting for Sam", "Waiting for you"),
        ("answered", "We wait for an answer from Sam.", "Tell us yes or no"),
        ("feedback", "Fixed", "Two short questions"),
        ("withdrawn", "Closed", "Withdrawn by you"),
    ],
)
def test_a_colleagues_list_asks_nothing_of_who_reads_it(state, says, never, cast, settings):
    settings.SHARE_IN_ORGANISATION = True
    case = make(state, cast)
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    page = browser(colleague(cast)).get("/cases/?filter=company").content.decode()
    assert case.reference in page and says in page and never not in page
