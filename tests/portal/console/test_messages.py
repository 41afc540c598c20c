"""Messages: a tab for every state a letter can be in, and why one waits."""

from datetime import timedelta

import pytest

from escalation.models import Notice
from portal.console.records import TABS
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.console.test_lists import words

URL = "/console/escalation/notice/"


def tab(client, key):
    return {notice.kind for notice in client.get(f"{URL}?tab={key}").context["cl"].result_list}


def test_every_state_has_a_tab():
    assert {state for _, states in TABS.values() for state in states} == set(Notice.State)


@pytest.fixture
def letters(cast, monday):
    """A case with letters in every state, named by it."""
    case = stories.acknowledged(cast)
    Notice.objects.all().delete()
    made = {}
    for n, state in enumerate(Notice.State.values):
        made[state] = Notice.objects.create(
            key=f"x{n}", case=case, kind=f"kind_{state}", to_customer=True, recipient=case.customer, state=state,
            owed_at=MONDAY, next_at=MONDAY + timedelta(hours=7), error="552 quota" if state == "dead" else "",
        )  # fmt: skip
    made["failing"] = Notice.objects.create(
        key="failing", case=case, kind="kind_failing", to_customer=True, recipient=case.customer, tries=3,
        error="timed out", owed_at=MONDAY, next_at=MONDAY + timedelta(minutes=40),
    )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        ("waiting", {"kind_waiting", "kind_sending", "kind_failing"}),
        ("failing", {"kind_failing"}),
        ("held", {"kind_held", "kind_bundled"}),
        ("dead", {"kind_dead", "kind_uncertain"}),
        ("seen", {"kind_told", "kind_given_up"}),
        ("cancelled", {"kind_cancelled"}),
    ],
)
def test_a_tab_shows_its_letters(signed_in, cast, letters, key, kinds):
    assert tab(signed_in(cast.supervisor), key) == kinds


def test_the_list_says_why_a_letter_waits_and_what_went_wrong(signed_in, cast, letters):
    said = words(signed_in(cast.supervisor).get(URL))
    assert "Waits for the day's letter: goes with the day’s letter, today, 17:00" in said
    assert "In the day's letter: said by the day’s letter" in said
    assert "Waiting: not before today, 17:00" in said
    assert "Waiting: try 3 failed, again today, 10:40" in said
    assert "Their mailbox is full (552 quota)" in said
    assert "Our mail server, or theirs, could not be reached (timed out)" in said


def test_a_letter_that_did_not_arrive_offers_what_helps(signed_in, cast, letters):
    page = signed_in(cast.supervisor).get(f"{URL}{letters['dead'].pk}/change/")
    assert [act["label"] for act in page.context["ways"]] == [
        "Call them, mark told by phone",
        "Correct the address",
        "Give up on a message",
    ]
    assert signed_in(cast.supervisor).get(f"{URL}{letters['told'].pk}/change/").context["ways"] == []
