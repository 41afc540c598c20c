"""A version that starts by itself, through the pages: ordered, shown, taken back, and red when it could not."""

from datetime import timedelta

import pytest

from escalation import publishing
from escalation.models import ProtocolVersion
from tests.cast import MONDAY
from tests.portal.console.protocol_stories import LIST, drawn_up, page_of
from tests.portal.console.test_protocol_versions import Status, act, words


@pytest.fixture
def approved(cast, nora, omar):
    draft = drawn_up(nora)
    publishing.describe(draft, "Because.", by=draft.made_by, at=MONDAY)
    return publishing.review(draft, seen=1, by=omar, at=MONDAY)


def test_a_start_is_set_shown_everywhere_and_taken_back(desk, cast, signed_in, approved):
    page = desk.get(act(approved, "publish"))
    assert "Or have it start by itself at a set time" in words(page)
    sent = desk.post(act(approved, "publish"), {"press": "later", "starts": "2026-01-19T09:00"})
    assert (sent.status_code, sent["Location"]) == (303, page_of(approved))
    approved.refresh_from_db()
    assert approved.starts_at.isoformat() == "2026-01-19T09:00:00+00:00"
    assert "Starts by itself" in words(desk.get(page_of(approved)))
    assert "Approved, starts by itself" in words(desk.get(LIST))
    assert "starts by itself Mon 19 Jan, 09:00" in words(signed_in(cast.supervisor).get("/console/around/"))
    assert "starts by itself" not in words(signed_in(cast.tiers[1]).get("/console/around/"))
    assert desk.get(act(approved, "keep-back")).status_code == 405
    assert desk.post(act(approved, "keep-back")).status_code == 303
    approved.refresh_from_db()
    assert (approved.starts_at, approved.status) == (None, Status.REVIEWED)


@pytest.mark.parametrize(
    ("typed_in", "sentence"),
    [
        ("", "Enter a date and a time."),
        ("soon", "Enter a date and a time, for example 23/11/2026 16:00."),
        ("2026-01-01T09:00", "Choose a start in the future, at most a year ahead."),
        ("2029-01-01T09:00", "Choose a start in the future, at most a year ahead."),
    ],
)
def test_a_start_that_is_none_is_refused_with_what_was_typed(desk, approved, typed_in, sentence):
    sent = desk.post(act(approved, "publish"), {"press": "later", "starts": typed_in})
    assert sent.status_code == 422
    assert sentence in words(sent)
    assert f'value="{typed_in}"' in words(sent) or not typed_in
    approved.refresh_from_db()
    assert (approved.status, approved.starts_at) == (Status.REVIEWED, None)


def test_what_could_not_start_is_red_on_the_home_and_says_why(desk, approved):
    ProtocolVersion.objects.filter(pk=approved.pk).update(not_started="Level 3: nobody is there.")
    assert "did not start by itself. The version before it stays in force." in words(desk.get("/console/around/"))
    assert "Level 3: nobody is there." in words(desk.get(page_of(approved)))


def test_publishing_another_names_the_start_it_takes_the_ground_from(desk, approved, nora, omar):
    ProtocolVersion.objects.filter(pk=approved.pk).update(starts_at=MONDAY + timedelta(days=7), starts_by=omar)
    other = drawn_up(nora)
    publishing.describe(other, "Sooner.", by=other.made_by, at=MONDAY)
    publishing.review(other, seen=1, by=omar, at=MONDAY)
    assert "Version 2 has a start ahead" in words(desk.get(act(other, "publish")))
    assert "has a start ahead" not in words(desk.get(act(approved, "publish")))


@pytest.mark.parametrize(
    "page", ["protocol/reviews/", "backtest/", "escalation/calendarversion/", "escalation/protocolversion/"]
)
def test_every_page_about_rules_stands_under_protocol(signed_in, cast, page):
    shown = signed_in(cast.supervisor).get(f"/console/{page}")
    assert [place["label"] for place in shown.context["places"] if place["here"]] == ["Protocol"]


@pytest.mark.parametrize("odd", ["2027-03-28T01:30", "2026-10-25T01:30"])
def test_an_hour_that_comes_twice_or_not_at_all_is_asked_for_again(desk, approved, odd):
    sent = desk.post(act(approved, "publish"), {"press": "later", "starts": odd})
    assert sent.status_code == 422
    assert "The clocks change on that day: this time comes twice or not at all." in words(sent)


def test_taking_back_a_start_that_is_gone_says_so(desk, approved):
    assert desk.post(act(approved, "keep-back")).status_code == 303
    assert "There is no start to take back" in words(desk.get(page_of(approved)))


def test_a_start_somebody_else_set_is_not_set_over(desk, approved, nora, omar):
    starts = MONDAY + timedelta(days=7)
    ProtocolVersion.objects.filter(pk=approved.pk).update(starts_at=starts, starts_by=omar)
    sent = desk.post(act(approved, "publish"), {"press": "later", "starts": "2026-01-20T09:00"})
    assert sent.status_code == 422
    assert "Omar Second has it start already. Take that back first." in words(sent)
    ProtocolVersion.objects.filter(pk=approved.pk).update(starts_by=nora)
    assert desk.post(act(approved, "publish"), {"press": "later", "starts": "2026-01-20T09:00"}).status_code == 303


def test_a_button_that_is_not_there_publishes_nothing(desk, approved):
    for press in ("later\0", "soon", "LATER"):
        assert desk.post(act(approved, "publish"), {"press": press}).status_code == 422
    approved.refresh_from_db()
    assert approved.status == Status.REVIEWED
