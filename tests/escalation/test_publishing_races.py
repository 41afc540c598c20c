"""Two people who write rules in the same moment: one of them gets a sentence, and nothing is half done."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from cases.models import Product
from escalation import calendar_versions, choice_drafts, publishing
from escalation.models import CalendarVersion, ChoiceDraft, ProtocolChoice, ProtocolVersion
from escalation.publishing import NotPublishable
from tests.cast import MONDAY, gather
from tests.escalation.test_choice_drafts import LATER, approve, line, proposed
from tests.races import outcomes

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db):
    """The flush before has taken the shipped protocol away, so it is put back."""
    return gather()


def meanwhile(first, second):
    """Does `first` and, before it is committed, `second` in another session; what second returned, or its sentence."""
    found: list = []

    def run():
        try:
            found.append(second())
        except NotPublishable as why:
            found.append(str(why))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        made = first()
        thread.start()
        thread.join(1)
        assert thread.is_alive(), "the second waits for the first"
    thread.join(20)
    (answer,) = found
    return made, answer


def test_two_first_drafts_of_a_new_key_at_once(cast):
    document = publishing.in_force(ProtocolVersion, "five-tier").document

    def draw_up(by):
        return lambda: publishing.draft(ProtocolVersion, "brand-new", document=document, by=by, at=MONDAY)

    made, answer = meanwhile(draw_up(cast.supervisor), draw_up(cast.manager))
    assert answer == (
        "Somebody drew up the first version of “brand-new” at the same moment. "
        "Look at theirs before you send yours again."
    )
    assert list(ProtocolVersion.objects.filter(key="brand-new")) == [made]


def test_two_new_calendars_of_one_name_at_once(cast):
    document = publishing.in_force(CalendarVersion, "office").document

    def found(by):
        return lambda: calendar_versions.found("berlin", document, by=by, at=MONDAY)

    made, answer = meanwhile(found(cast.supervisor), found(cast.manager))
    assert "at the same moment" in answer
    assert list(CalendarVersion.objects.filter(key="berlin")) == [made]


def test_two_drafts_of_a_key_in_use_get_a_number_each(cast):
    def draw_up(by):
        return lambda: publishing.draft(ProtocolVersion, "five-tier", by=by, at=MONDAY)

    first, second = meanwhile(draw_up(cast.supervisor), draw_up(cast.manager))
    assert (first.number, second.number) == (2, 3)


# Which protocol for which case ----------------------------------------------------------------------------------


def rows():
    return [(row.position, row.segment) for row in ProtocolChoice.objects.all()]


def test_two_proposals_at_once(cast):
    def propose(by):
        return lambda: choice_drafts.propose(by=by, at=MONDAY)

    made, answer = meanwhile(propose(cast.supervisor), propose(cast.manager))
    assert answer == "Dana Voss has proposed a change already. Go on with that one, or throw it away first."
    assert list(ChoiceDraft.objects.all()) == [made]


def test_two_approvals_at_once(cast):
    draft = proposed(cast.supervisor, line("gold"))
    made, answer = meanwhile(lambda: approve(draft, cast.manager), lambda: approve(draft, cast.tiers[1]))
    assert answer == "Max Manager approved this proposal: it is list 1."
    draft.refresh_from_db()
    assert (draft.approved_by, draft.number, rows()) == (cast.manager, made.number, [(1, "gold")])


def test_an_approval_while_the_proposal_is_being_changed(cast):
    draft = proposed(cast.supervisor, line("gold"))
    seen = draft.revision
    _, answer = meanwhile(
        lambda: choice_drafts.add(draft, line("blue"), seen=seen, by=cast.supervisor),
        lambda: approve(draft, cast.manager),
    )
    assert answer == "The proposal was changed while you were reading. Read it again, then approve it."
    assert rows() == []


def test_a_change_while_the_proposal_is_being_approved(cast):
    draft = proposed(cast.supervisor, line("gold"))
    _, answer = meanwhile(
        lambda: approve(draft, cast.manager),
        lambda: choice_drafts.add(draft, line("blue"), seen=draft.revision, by=cast.supervisor),
    )
    assert answer == "Max Manager approved this proposal: it is list 1."
    assert rows() == [(1, "gold")]


def test_an_approval_while_the_list_in_force_is_being_written(cast):
    """By an installation's own hand, past every proposal: what is compared is what is there when it is replaced."""
    ProtocolChoice.objects.create(position=1, segment="silver", protocol="five-tier")
    draft = proposed(cast.supervisor, line("gold"))
    _, answer = meanwhile(
        lambda: ProtocolChoice.objects.filter(position=1).update(segment="bronze"),
        lambda: approve(draft, cast.manager),
    )
    assert answer.startswith("The list in force was changed after this proposal was drawn up from it.")
    assert rows() == [(1, "bronze")]


def test_approval_and_discarding_and_changes_all_at_once(cast):
    """Whatever the order: one end, and the list in force is the one that was approved or the one before."""
    product = Product.objects.create(slug="phone", name="Phone")
    for number in range(4):
        before = rows()
        draft = proposed(cast.supervisor, line(f"s{number}", product=product.pk))
        results = outcomes(
            lambda draft=draft: approve(draft, cast.manager),
            lambda draft=draft: approve(draft, cast.tiers[1]),
            lambda draft=draft: choice_drafts.discard(draft, by=cast.tiers[2], at=LATER),
            lambda draft=draft: choice_drafts.take_off(draft, 1, seen=draft.revision, by=cast.supervisor),
        )
        assert all(isinstance(one, ChoiceDraft | NotPublishable) for one in results), results
        draft.refresh_from_db()
        if draft.status == "approved":
            assert rows() == [*before, (len(before) + 1, f"s{number}")]
        else:
            assert (draft.status, rows()) == ("discarded", before)


def test_filing_while_the_list_is_replaced_sees_the_old_list_or_the_new_one(cast):
    ProtocolChoice.objects.create(position=1, segment="silver", protocol="five-tier")
    cast.customer.segment = "gold"
    cast.customer.save(update_fields=["segment"])
    draft = proposed(cast.supervisor, line("gold"))
    with transaction.atomic():
        approve(draft, cast.manager)
        (during,) = outcomes(lambda: cast.file(at=LATER))
    assert during.protocol_why == "No line of the list matches; this is the default"
    assert cast.file(at=LATER).protocol_why == "Line 2: customers of “gold”"
