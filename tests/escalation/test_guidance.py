"""Guidelines: the strongest that applies, its reason, and nothing where nobody is above."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.guidance import HOLDS, Advice, Situation, advise, all_advice
from escalation.packs import read_pack
from escalation.reading import CONDITIONS, parse

PLAIN = {k: v for k, v in read_pack("five_tier")["protocol"].items() if k not in ("guidelines", "topics")}


def protocol(*guidelines, **topics):
    rows = [{"id": f"g{n}", "verdict": v, "because": f"because {n}", "when": w} for n, (v, w) in enumerate(guidelines)]
    return parse("p@1", copy.deepcopy(PLAIN) | {"guidelines": rows, "topics": topics})


def situation(**more):
    return Situation(**{"category": "billing", "severity": 3, "complexity": 1, "tier": 1, **more})


def test_every_condition_of_the_document_can_be_looked_at():
    assert HOLDS.keys() == CONDITIONS.keys()


CASES = [
    ({"severity_at_most": 2}, {"severity": 2}, {"severity": 3}),
    ({"complexity_at_least": 3}, {"complexity": 3}, {"complexity": 2}),
    ({"tier_at_most": 2}, {"tier": 2}, {"tier": 3}),
    ({"rejections_at_least": 2}, {"rejections": 2}, {"rejections": 1}),
    ({"broken_at_least": 1}, {"broken": 1}, {"broken": 0}),
    ({"open_longer_than": 3600}, {"open_for": 3601}, {"open_for": 3600}),
    ({"supervisor_asked": True}, {"supervisor_asked": True}, {"supervisor_asked": False}),
    ({"categories": ["billing"]}, {"category": "refunds"}, {"category": "orders"}),
    ({"segments": ["enterprise"]}, {"segment": "enterprise"}, {"segment": ""}),
]


@pytest.mark.parametrize(("when", "holds", "not_quite"), CASES, ids=[next(iter(c[0])) for c in CASES])
def test_a_condition_holds_at_its_edge_and_not_beside_it(when, holds, not_quite):
    rules = protocol(("should", when), refunds={"under": "billing"})
    assert advise(rules, situation(**holds)) == Advice("should", "g0", "because 0")
    assert advise(rules, situation(**not_quite)) is None


def test_the_strongest_counts_and_all_are_listed():
    rules = protocol(
        ("may", {"tier_at_most": 4}), ("must", {"rejections_at_least": 1}), ("should", {"tier_at_most": 4})
    )
    found = all_advice(rules, situation(rejections=1))
    assert [advice.verdict for advice in found] == ["must", "should", "may"]
    assert advise(rules, situation()).verdict == "should"


def test_a_topics_policy():
    rules = protocol(
        ("must", {"tier_at_most": 4}),
        billing={"escalation": "never"}, account={"escalation": "required"}, keys={"under": "account"},
    )  # fmt: skip
    assert advise(rules, situation()) == Advice(
        "never", "topic", "Cases of this topic stay with the level that has them."
    )
    assert advise(rules, situation(category="keys")).rule == "topic"
    # Once it has been passed on, the topic's word is kept.
    assert advise(rules, situation(category="keys", tier=2)).rule == "g0"


@given(st.integers(1, 5), st.integers(0, 3))
def test_at_the_top_nobody_is_told_to_pass_up(tier, rejections):
    rules = protocol(("must", {"rejections_at_least": 0}))
    assert (advise(rules, situation(tier=tier, rejections=rejections)) is None) == (tier == 5)
