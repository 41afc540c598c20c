"""What changed between two versions is said completely: no edit without a line, no line without an edit."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.changes import changes
from escalation.packs import read_pack
from escalation.reading import parse

DOCUMENT = read_pack("five_tier")["protocol"]
TOPICS = {"orders": "An order", "billing": "Billing and payments"}


def between(old, new):
    spell = lambda seconds, calendar: f"{seconds} s"  # noqa: E731
    return changes(parse("a", old), parse("b", new), spell=spell, topics=TOPICS)


def edited(change):
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return document


def test_nothing_changed():
    assert between(DOCUMENT, copy.deepcopy(DOCUMENT)) == ()


@given(st.integers(0, 19), st.sampled_from(("review", "acknowledge", "update", "resolve")), st.integers(60, 400_000))
def test_one_cell_is_one_line(row, target, seconds):
    was = DOCUMENT["matrix"][row]
    found = between(DOCUMENT, edited(lambda d: d["matrix"][row].update({target: seconds})))
    if was[target] == seconds:
        assert found == ()
        return
    (line,) = found
    assert line.key == ("*", was["severity"], was["tier"])
    assert (line.before, line.after, line.later) == (f"{was[target]} s", f"{seconds} s", seconds > was[target])


EDITS = {
    "a row of a topic": (
        lambda d: d["matrix"].append(d["matrix"][0] | {"category": "billing"}),
        "Billing and payments, Critical, level 1", "Row",
    ),
    "a level gone": (lambda d: d["tiers"].pop(), "Level 5", "Level"),
    "a level's limit": (lambda d: d["tiers"][0].update(refund_limit=7777), "Level 1", "Refund limit"),
    "on arrival": (lambda d: d["tiers"][0].update(on_arrival=["notify"]), "Level 1", "On arrival"),
    "a step": (
        lambda d: d["tiers"][0].update(steps=[{"after": 61, "target": "lead:x", "actions": ["notify"]}]),
        "Level 1", "Steps",
    ),
    "entry": (lambda d: d["entry"][0].update(tier=4), "Entry level", "Critical, complexity 1"),
    "impact": (lambda d: d["impact"].update(loss=1), "Severity of what customers say", "loss"),
    "window": (lambda d: d["windows"].update(lapse=77), "Windows", "A question stays open for"),
    "topic": (
        lambda d: d.update(topics={**d.get("topics", {}), "billing": {"escalation": "never"}}),
        "Topics", "Billing and payments",
    ),
    "skills": (lambda d: d.update(skills={"x": ["bank"]}), "Skills", "x"),
    "guideline": (
        lambda d: d.update(guidelines=[
            *d.get("guidelines", []), {"id": "g", "verdict": "may", "because": "b", "when": {"tier_at_most": 1}},
        ]),
        "Guidelines", "g",
    ),
    "fast lane": (lambda d: d.update(fast_lane={"tier": 2}), "Protocol", "Emergencies go to"),
    "name": (lambda d: d.update(name="Another"), "Protocol", "Name"),
    "told": (lambda d: d["matrix"][0].update(told=["supervisor"]), "Every topic, Critical, level 1", "Told of a miss"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_every_kind_of_edit_has_its_line(name):
    edit, where, what = EDITS[name]
    assert (where, what) in [(line.where, line.what) for line in between(DOCUMENT, edited(edit))]
