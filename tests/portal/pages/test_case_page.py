"""The case page in every state: it is there, says the customer's words, and costs the same whatever has happened."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.lifecycle import State
from cases.models import Case
from cases.words import NOT_FOR_CUSTOMERS
from escalation import verbs
from tests.portal.pages.scene import MAKERS, acknowledged, late, look_at, make, step, sweep_at, working

MOST_QUERIES = 9


def text_of(response) -> str:
    """What a reader reads: the page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("state", list(MAKERS))
def test_page_in_every_state_speaks_the_customers_words(state, cast, sam):
    case = make(state, cast)
    assert case.state == state
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = sam.get(f"/c/{case.reference}/")
    assert page.status_code == 200
    assert len(asked) <= MOST_QUERIES, [q["sql"][:90] for q in asked]
    body = text_of(page)
    assert "Charged twice" in body
    said = [word for word in (*NOT_FOR_CUSTOMERS, "System", "None", "{") if re.search(rf"\b{word}\b", body)]
    assert not said
    assert page.content.decode().count('aria-current="step"') <= 1
    assert len(page.context["milestones"]) == 5


def test_page_of_a_long_story_costs_no_more(cast, sam):
    case = working(cast)
    path = f"/c/{case.reference}/"
    with CaptureQueriesContext(connection) as few:
        sam.get(path)
    for number in range(50):
        verbs.reply(case.pk, text=f"Message {number}", by=cast.customer, at=step(16) + timedelta(seconds=number))
    with CaptureQueriesContext(connection) as many:
        page = sam.get(path)
    assert len(many) == len(few) <= 8
    assert len(page.context["rows"]) == 10
    assert "Show 44 older" in text_of(page)
    whole = sam.get(path + "?all=1")
    assert len(whole.context["rows"]) == 54
    assert "Message 0" in text_of(whole)
    assert whole.context["older"] is None


def test_late_page_says_sorry_and_who_knows(cast, sam):
    case = Case.objects.get(pk=late(cast).pk)
    look_at(case.escalated_at + timedelta(minutes=5))
    body = text_of(sam.get(f"/c/{case.reference}/"))
    assert "We missed it. We are sorry." in body
    assert "Mara has been told and is now responsible too." in body
    assert "We missed our time and told you" in body


def test_page_is_told_to_nobody_and_kept_by_nobody(cast, sam):
    page = sam.get(f"/c/{cast.file().reference}/")
    assert page["Cache-Control"] == "no-store, private"
    assert page["Referrer-Policy"] == "no-referrer"


class TestUnchanged:
    """304 before the page is made, and never with somebody else's page or an old one."""

    def ask(self, client: Client, case: Case, etag: str):
        return client.get(f"/c/{case.reference}/", headers={"if-none-match": etag})

    def test_costs_three_queries(self, cast, sam):
        case = working(cast)
        etag = sam.get(f"/c/{case.reference}/")["ETag"]
        with CaptureQueriesContext(connection) as asked:
            again = self.ask(sam, case, etag)
        assert (again.status_code, again.content) == (304, b"")
        assert len(asked) == 3

    def test_ends_with_an_event(self, cast, sam):
        case = working(cast)
        etag = sam.get(f"/c/{case.reference}/")["ETag"]
        verbs.update(case.pk, text="News.", by=cast.tiers[1], at=step(30))
        assert self.ask(sam, case, etag).status_code == 200

    def test_ends_when_the_time_passes(self, cast, sam):
        case = working(cast)
        etag = sam.get(f"/c/{case.reference}/")["ETag"]
        look_at(case.promise_at + timedelta(seconds=1))
        assert self.ask(sam, case, etag).status_code == 200

    def test_is_not_shared_between_readers(self, cast, sam):
        case = working(cast)
        etag = sam.get(f"/c/{case.reference}/")["ETag"]
        colleague = Client()
        colleague.force_login(cast.tiers[1])
        assert self.ask(colleague, case, etag).status_code == 200
        stranger = Client()
        stranger.force_login(cast.other)
        assert self.ask(stranger, case, etag).status_code == 404

    def test_waits_for_the_confirmation_to_be_read(self, cast, sam):
        case = working(cast)
        path = f"/c/{case.reference}/"
        etag = sam.get(path)["ETag"]
        sam.post(path + "message/", {"text": "Thanks"})
        shown = self.ask(sam, case, etag)
        assert shown.status_code == 200
        assert "Your message is sent." in text_of(shown)
        assert "Your message is sent." not in text_of(sam.get(path))


def test_message_that_crossed_an_answer_is_sent_and_says_so(cast, sam):
    case = acknowledged(cast)
    seen = Case.objects.get(pk=case.pk).event_seq
    verbs.update(case.pk, text="The bank answered.", by=cast.tiers[1], at=step(30))
    sent = sam.post(f"/c/{case.reference}/message/", {"text": "Any news?", "seen": seen}, follow=True)
    assert "While you wrote, Tom sent you an update at 10:30." in text_of(sent)
    assert Case.objects.get(pk=case.pk).messages.filter(text="Any news?").exists()


def test_refused_message_keeps_the_text_and_changes_nothing(cast, sam):
    case = make(State.CLOSED, cast)
    before = Case.objects.get(pk=case.pk).event_seq
    page = sam.post(f"/c/{case.reference}/message/", {"text": "Are you there?"})
    assert "This case is finished. If it came back, open it again or start a new case." in text_of(page)
    assert "Are you there?" in page.content.decode()
    assert Case.objects.get(pk=case.pk).event_seq == before


def test_proof_adds_up_to_the_target(cast, sam):
    case = working(cast)
    sweep_at(step(16))
    page = sam.get(f"/c/{case.reference}/why/")
    proof = page.context["proof"]
    counted = sum(row["seconds"] for row in proof["rows"] if row["kind"] == "counted")
    assert counted == proof["target_seconds"]
    assert proof["due"] == Case.objects.get(pk=case.pk).promise_at
    assert proof["rows"][0]["start"] == proof["start"]
    assert proof["rows"][-1]["end"] == proof["due"]
    assert f"{proof['target_seconds'] // 3600} h" in text_of(page)


def test_a_stopped_time_says_since_when_and_the_customers_own_is_counted(cast, sam):
    case = make(State.WAITING_CUSTOMER, cast)
    page = sam.get(f"/c/{case.reference}/why/")
    assert {row["kind"]: row["proof"] is None for row in page.context["rows"]} == {
        "lapse": False, "update": True, "resolve": True,
    }  # fmt: skip
    assert "because we wait for your answer" in text_of(page)
    assert "You have 10 working days" in text_of(page)


def test_nothing_to_count_where_no_time_runs(cast, sam):
    case = make(State.WITHDRAWN, cast)
    assert "nothing to count" in text_of(sam.get(f"/c/{case.reference}/why/"))


@pytest.mark.parametrize("state", list(MAKERS))
def test_every_time_on_the_page_has_its_working(state, cast, sam):
    """Promise block and milestone rows: each running time leads to a proof that adds up to the second."""
    case = make(state, cast)
    page = sam.get(f"/c/{case.reference}/")
    shown = {row["kind"]: row for row in sam.get(f"/c/{case.reference}/why/").context["rows"]}
    due = {row["at"] for row in page.context["milestones"] if row["at"] and row["state"] in ("current", "late", "todo")}
    due |= {page.context["promise"]["due"]} - {None}
    running = {clock.due_at for clock in case.clocks.filter(outcome=None, told=True).exclude(due_at=None)}
    assert due <= {row["proof"]["due"] for row in shown.values() if row["proof"]}
    assert running <= {row["proof"]["due"] for row in shown.values() if row["proof"]}
    links = set(re.findall(r'why/#(\w+)"', page.content.decode()))
    assert links <= set(shown)
    assert links >= {row["why"] for row in page.context["milestones"] if row["why"]}
    for row in shown.values():
        if row["proof"]:
            counted = sum(piece["seconds"] for piece in row["proof"]["rows"] if piece["kind"] == "counted")
            assert counted == row["proof"]["target_seconds"] == row["clock"].target
            assert row["proof"]["due"] == row["clock"].due_at
