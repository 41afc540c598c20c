"""`export_case`: everything of one case, each time with intervals that add up, and nothing internal for the customer."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.dateparse import parse_datetime

from cases.lifecycle import State
from cases.models import Note
from escalation import verbs
from escalation.models import Promise
from portal import clock
from tests.cast import gather
from tests.portal.pages.scene import LOOK, MAKERS, escalated, late, look_at, make, step, waiting_customer, working


@pytest.fixture
def cast(db):
    look_at(LOOK)
    yield gather()
    clock.travel(timedelta())


def exported(case, *options):
    out = io.StringIO()
    call_command("export_case", case.reference, "--json", *options, stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("state", list(MAKERS))
def test_intervals_add_up_to_the_target_to_the_second(state, cast):
    case = make(state, cast)
    found = exported(case)
    assert found["clocks"]
    for one in found["clocks"]:
        counted = sum(piece["seconds"] for piece in one["intervals"] if piece["what"] == "counted")
        assert counted == one["counted_seconds"]
        if one["due_at"]:
            assert counted == one["target_seconds"]
            assert one["intervals"][-1]["to"] == one["due_at"]
        else:
            assert counted < one["target_seconds"]
            assert one["stopped_since"]
        for before, after in zip(one["intervals"], one["intervals"][1:], strict=False):
            assert before["to"] == after["from"]
    stored = {(c.kind, c.due_at) for c in case.clocks.filter(outcome=None)}
    told = {
        (one["kind"], one["due_at"] and parse_datetime(one["due_at"])) for one in found["clocks"] if not one["outcome"]
    }
    assert told == stored


def test_pauses_are_intervals_of_their_own(cast):
    case = waiting_customer(cast)
    verbs.reply(case.pk, text="The first one.", by=cast.customer, at=step(75))
    (answer,) = [one for one in exported(case)["clocks"] if one["kind"] == "resolve"]
    paused = [piece for piece in answer["intervals"] if piece["what"] == "paused"]
    assert [piece["seconds"] for piece in paused] == [3600]


def test_it_holds_the_case_the_log_the_words_and_the_ledger(cast):
    case = working(cast)
    verbs.note(case.pk, text="Ask the bank.", by=cast.tiers[1], at=step(20))
    found = exported(case)
    assert found["case"]["reference"] == case.reference
    assert found["case"]["expectation"] == "My money back."
    assert [one["seq"] for one in found["events"]] == list(range(1, len(found["events"]) + 1))
    assert all(
        after["prev"] == before["hash"] for before, after in zip(found["events"], found["events"][1:], strict=False)
    )
    assert [one["kind"] for one in found["messages"]] == ["What the customer told us", "Progress update"]
    assert [one["text"] for one in found["notes"]] == ["Ask the bank."]
    assert sum(len(one["shown"]) for one in found["clocks"]) == Promise.objects.filter(case=case).count()


def test_for_the_customer_nothing_internal_leaves(cast):
    case = escalated(cast)
    verbs.note(case.pk, text="SECRET-NOTE", by=cast.tiers[2], at=step(20))
    text = json.dumps(exported(case, "--customer"))
    assert Note.objects.filter(case=case).exists()
    for secret in (
        "SECRET-NOTE",
        "Tom Reed",
        "tom@example.com",
        "refer_up",
        '"data"',
        '"notes"',
    ):
        assert secret not in text, secret
    assert "Passed to Customer support managers" in text
    found = exported(case, "--customer")
    assert {one["kind"] for one in found["clocks"]} == {"review", "acknowledge", "resolve"}
    assert exported(case)["notes"]


def test_a_broken_promise_is_in_both(cast):
    case = late(cast)
    for options in ((), ("--customer",)):
        shown = [row["status"] for one in exported(case, *options)["clocks"] for row in one["shown"]]
        assert "broken" in shown


def test_without_json_it_is_for_eyes(cast):
    out = io.StringIO()
    call_command("export_case", working(cast).reference.lower(), stdout=out)
    said = out.getvalue()
    assert "Times, with their working" in said
    assert "counted 8 h of 8 h" in said


@pytest.mark.parametrize("typed", ["nonsense", "MP-7K4M-29"])
def test_no_such_case_is_a_sentence(typed, cast):
    with pytest.raises(CommandError):
        call_command("export_case", typed)


def test_a_drill_is_not_there(cast):
    case = make(State.NEW, cast)
    type(case).everything.filter(pk=case.pk).update(is_drill=True)
    with pytest.raises(CommandError, match="no case"):
        call_command("export_case", case.reference)
