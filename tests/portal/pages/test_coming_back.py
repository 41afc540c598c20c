"""It came back: open again in time, linked after it, and nothing typed is lost; what a page says of both cases."""

from datetime import timedelta

import pytest
from django.test import Client

from cases.lifecycle import State
from cases.models import Case, Message
from escalation import verbs
from escalation.book import NoProtocol
from portal import clock
from portal.viewer import GUEST
from tests.portal.pages.scene import answered, confirmed, look_at, make, step, waiting_customer, working
from tests.portal.pages.test_case_page import text_of
from tests.portal.pages.test_journeys import key_on


@pytest.fixture
def old(cast):
    """A case that was fixed, and fifteen days after."""
    case = Case.objects.get(pk=confirmed(cast).pk)
    look_at(case.resolved_at + timedelta(days=15))
    return case


def send(client, case, text="Now it is back", **more):
    return client.post(f"/c/{case.reference}/reopen/", {"text": text} | more)


def test_inside_the_time_it_is_open_again(cast, sam):
    case = confirmed(cast)
    path = f"/c/{case.reference}/reopen/"
    assert "You hear from us by" in text_of(sam.get(path))
    again = sam.post(path, {"text": "It happened again"}, follow=True)
    assert "Your case is open again." in text_of(again)
    assert (Case.objects.get(pk=case.pk).state, Case.objects.count()) == (State.REOPENED, 1)


class TestLinked:
    def test_after_the_time_what_is_typed_starts_a_linked_case(self, old, sam):
        page = text_of(sam.get(f"/c/{old.reference}/reopen/"))
        assert "What you write starts a new case that is linked to this one" in page
        assert "You hear from us by" in page
        back = send(sam, old)
        new = Case.objects.exclude(pk=old.pk).get()
        assert back["Location"] == f"/c/{new.reference}/"
        told = (new.follows_id, new.description, new.title, new.customer_id, new.category_id, new.expectation)
        assert told == (old.pk, "Now it is back", old.title, old.customer_id, old.category_id, old.expectation)
        assert new.promise_at is not None and new.events.filter(kind="filed").exists()
        old.refresh_from_db()
        assert old.state in (State.CONFIRMED, State.FEEDBACK, State.CLOSED)

    def test_the_link_goes_both_ways(self, old, sam, cast):
        assert "Start a linked case" in text_of(sam.get(f"/c/{old.reference}/"))
        send(sam, old)
        new = Case.objects.exclude(pk=old.pk).get()
        after = sam.get(f"/c/{old.reference}/")
        assert f"we go on with it in {new.reference}" in text_of(after)
        assert f'href="/c/{new.reference}/"' in after.content.decode()
        assert f"This case goes on from case {old.reference}" in text_of(sam.get(f"/c/{new.reference}/"))
        tom = Client()
        tom.force_login(cast.tiers[1])
        for case, other, words in ((new, old, "Goes on from"), (old, new, "Goes on in")):
            page = text_of(tom.get(f"/console/cases/case/{case.pk}/change/"))
            assert words in page and other.reference in page

    def test_an_unchanged_page_is_not_shown_from_before_the_link(self, old, sam):
        path = f"/c/{old.reference}/"
        tag = sam.get(path)["ETag"]
        assert sam.get(path, headers={"if-none-match": tag}).status_code == 304
        send(sam, old)
        sam.get(f"/c/{Case.objects.exclude(pk=old.pk).get().reference}/")  # takes the confirmation
        assert sam.get(path, headers={"if-none-match": tag}).status_code == 200

    def test_pressed_twice_it_is_one_case_and_one_text(self, old, sam):
        key = key_on(sam.get(f"/c/{old.reference}/reopen/"))
        answers = {send(sam, old, idempotency_key=key)["Location"] for _ in "12"}
        assert (len(answers), Case.objects.count()) == (1, 2)
        assert Message.objects.filter(text="Now it is back").count() == 1

    def test_more_words_go_to_the_linked_case_that_is_open(self, old, sam):
        for text in ("Now it is back", "And twice"):
            send(sam, old, text, idempotency_key=key_on(sam.get(f"/c/{old.reference}/reopen/")))
        new = Case.objects.exclude(pk=old.pk).get()
        assert Message.objects.get(text="And twice").case == new

    def test_a_guest_is_let_in_to_the_linked_case(self, old):
        guest = Client()
        session = guest.session
        session[GUEST] = {"case": old.pk, "until": (clock.now() + timedelta(days=1)).isoformat(), "proved": True}
        session.save()
        guest.cookies["milepost_session"] = session.session_key
        back = send(guest, old)
        assert "We go on with it here." in text_of(guest.get(back["Location"]))
        assert Case.objects.get(follows=old).is_proven == old.is_proven

    def test_nothing_written_starts_nothing(self, old, sam):
        assert "Tell us what happened" in text_of(send(sam, old, ""))
        with pytest.raises(verbs.Refused, match="Tell us what happened"):
            verbs.come_back(old.pk, text="  ", by=old.customer, at=clock.now())
        assert Case.objects.count() == 1

    def test_staff_and_strangers_start_nothing(self, old, cast):
        tom, other = Client(), Client()
        tom.force_login(cast.tiers[1])
        other.force_login(cast.other)
        assert "Only the customer can do this." in text_of(send(tom, old))
        assert send(other, old).status_code == 404
        assert Case.objects.count() == 1

    def test_where_the_rules_have_no_row_it_is_said_and_kept(self, old, sam, monkeypatch):
        monkeypatch.setattr("escalation.verbs.following.file_case", no_rules)
        page = send(sam, old)
        assert "No version of the protocol is published." in text_of(page)
        assert "Now it is back" in page.content.decode()


def no_rules(*args, **kwargs):
    raise NoProtocol("No version of the protocol is published.")


class TestOnThePage:
    def test_up_to_twenty_rows_are_shown_then_ten(self, cast, sam):
        case = working(cast)
        path, number = f"/c/{case.reference}/", 0
        while sam.get(path).context["older"] is None:
            assert len(sam.get(path).context["rows"]) <= 20
            verbs.update(case.pk, text=f"Nothing new {number}", by=cast.tiers[1], at=step(16 + number))
            number += 1
        page = sam.get(path)
        assert len(page.context["rows"]) == 10
        assert page.context["older"]["count"] == 11
        whole = sam.get(f"{path}?all=1")
        assert len(whole.context["rows"]) == 21 and whole.context["older"] is None

    def test_oldest_first_is_all_of_it_turned_round(self, cast, sam):
        case = working(cast)
        newest = sam.get(f"/c/{case.reference}/?all=1")
        oldest = sam.get(f"/c/{case.reference}/?order=oldest")
        assert oldest.context["rows"] == newest.context["rows"][::-1]
        assert "?order=oldest" in newest.content.decode()

    def test_who_answers_for_it_can_be_written_to_and_called(self, cast, sam, settings):
        settings.BRAND = settings.BRAND | {"phone": "+44 20 7946 0100", "hours": "Weekdays"}
        case = working(cast)
        type(cast.customer.cases.get().team).objects.update(phone="")
        page = sam.get(f"/c/{case.reference}/")
        assert "Message Tom" in text_of(page) and "+44 20 7946 0100" in text_of(page)
        type(cast.customer.cases.get().team).objects.update(phone="+44 20 7946 0111", hours="8 to 4")
        assert "+44 20 7946 0111 8 to 4" in text_of(sam.get(f"/c/{case.reference}/"))

    def test_a_settled_case_offers_no_message(self, cast, sam):
        assert "Message Tom" not in text_of(sam.get(f"/c/{confirmed(cast).reference}/"))

    def test_what_they_wanted_stands_where_we_ask_whether_it_is_fixed(self, cast, sam):
        case = answered(cast)
        Case.objects.update(expectation="One of them back, before Friday.")
        for path in ("", "fixed/", "not-fixed/"):
            page = text_of(sam.get(f"/c/{case.reference}/{path}"))
            assert "You told us what would put it right" in page and "One of them back, before Friday." in page

    def test_the_third_milestone_says_what_was_promised_and_kept(self, cast, sam):
        case = answered(cast)
        (row,) = (row for row in sam.get(f"/c/{case.reference}/").context["milestones"] if row["number"] == 3)
        assert (row["state"], row["kept_line"]) == ("done", "2 promised times, all kept")

    def test_who_can_see_it_is_a_page(self, cast, sam):
        case = waiting_customer(cast)
        page = sam.get(f"/c/{case.reference}/")
        assert {"label": "Who can see this case", "url": f"/c/{case.reference}/who/"} in page.context["links"]
        said = text_of(sam.get(f"/c/{case.reference}/who/"))
        assert "Tom handles it now." in said and "does not exist" in said
        assert cast.customer.email not in said

    def test_a_withdrawn_case_goes_on_as_well(self, cast, sam):
        case = Case.objects.get(pk=make(State.WITHDRAWN, cast).pk)
        look_at(case.closed_at + timedelta(days=15))
        assert send(sam, case).status_code == 303
        assert Case.objects.get(follows=case).is_open
