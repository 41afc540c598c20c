"""Drafts and receipts with two hands on them at once: one case, no word lost, no letter to the wrong address."""

from datetime import timedelta

import pytest
from django.core import mail

from cases.models import AccessLink, Case, Category, Draft, Message, User
from escalation import drafts, outbox, receipts, verbs
from escalation.models import Notice
from escalation.verbs import Refused
from tests.cast import MONDAY, gather
from tests.races import outcomes

AT = MONDAY + timedelta(minutes=1)


@pytest.fixture
def cast(transactional_db):
    return gather()


@pytest.fixture
def draft(cast):
    answers = {"title": "Charged twice", "description": "Two payments."}
    when = {"made_at": MONDAY, "saved_at": MONDAY, "expires_at": MONDAY + timedelta(days=14)}
    return Draft.objects.create(owner=cast.customer, answers=answers, **when)


def told():
    return verbs.Told("Charged twice", "Two payments.", Category.objects.get(slug="orders"), "loss")


@pytest.mark.postgres
def test_sent_from_three_windows_it_is_one_case(cast, draft):
    sends = [
        lambda key=key: drafts.send_draft(draft, told(), by=cast.customer, at=AT, form_key=key)
        for key in ("a", "b", "c")
    ]
    cases = outcomes(*sends)
    assert len({case.pk for case in cases}) == Case.objects.count() == 1
    assert Message.objects.count() == 1


@pytest.mark.postgres
def test_sent_here_and_added_to_a_case_there_it_is_one_of_both(cast, draft):
    open_case = cast.file()
    results = outcomes(
        lambda: drafts.send_draft(draft, told(), by=cast.customer, at=AT),
        lambda: drafts.add_to_case(draft, open_case, by=cast.customer, at=AT),
    )
    assert len({case.pk for case in results}) == 1
    added = Message.objects.filter(case=open_case, kind="customer").count()
    assert (Case.objects.count() - 1) + added == 1


@pytest.mark.postgres
@pytest.mark.parametrize("again", range(3))
def test_an_address_corrected_while_letters_go_out_opens_nothing_for_the_wrong_one(again, cast):
    wrong = User.objects.of_address("wrong@example.net", name="Nora")
    case = verbs.file_case(told(), by=wrong, at=AT, proven=False)
    corrected, _sent = outcomes(
        lambda: receipts.correct_address(case, "right@example.net", name="Nora", at=AT),
        lambda: outbox.deliver_batch(AT),
    )
    outbox.deliver_batch(AT + timedelta(minutes=1))
    to = {letter.to[0] for letter in mail.outbox if letter.to[0].endswith("example.net")}
    case = Case.objects.get(pk=case.pk)
    if isinstance(corrected, Refused):  # the letter was quicker: nothing has changed, one tries again in a minute
        assert (str(corrected), case.customer) == (receipts.ON_ITS_WAY, wrong)
        return
    assert not isinstance(corrected, Exception), repr(corrected)
    assert case.customer.email == "right@example.net" and "right@example.net" in to
    assert not AccessLink.objects.filter(case=case, user=wrong).exists()
    assert not Notice.objects.filter(case=case, recipient=wrong, state__in=Notice.PENDING).exists()
