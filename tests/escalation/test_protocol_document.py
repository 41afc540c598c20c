"""A protocol document that cannot be read says where and why, whatever is wrong with it."""

import copy

import pytest

from escalation.packs import read_pack
from escalation.protocol import ProtocolError
from escalation.reading import parse

DOCUMENT = read_pack("five_tier")["protocol"]


def broken(change):
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return document


BROKEN = {
    "no tiers": (lambda d: d.pop("tiers"), "tiers"),
    "tiers empty": (lambda d: d.update(tiers=[]), "at least one level"),
    "tier a word": (lambda d: d["tiers"].__setitem__(0, "first"), "Level 1"),
    "tier without team": (lambda d: d["tiers"][1].pop("team"), "Level 2: “team”"),
    "unknown action": (lambda d: d["tiers"][0].update(on_arrival=["dance"]), "“dance” is not an action"),
    "limit with cents": (lambda d: d["tiers"][0].update(refund_limit=49.9), "refund_limit"),
    "cell twice": (lambda d: d["matrix"].append(dict(d["matrix"][0])), "stands twice"),
    "cell a number": (lambda d: d["matrix"].append(7), "Matrix"),
    "cell without severity": (lambda d: d["matrix"][0].pop("severity"), "severity"),
    "time zero": (lambda d: d["matrix"][0].update(update=0), "more than 0 seconds"),
    "time a word": (lambda d: d["matrix"][0].update(update="soon"), "“update”"),
    "no calendar": (lambda d: d["matrix"][0].pop("calendar"), "calendar"),
    "entry without tier": (lambda d: d["entry"][0].pop("tier"), "Entry"),
    "entry to nowhere": (lambda d: d["entry"][0].update(tier=9), "no level 9"),
    "entry a word": (lambda d: d["entry"].append("x"), "Entry"),
    "impact a word": (lambda d: d["impact"].update(loss="high"), "severity must be 1 to 4"),
    "no windows": (lambda d: d.pop("windows"), "windows"),
    "window missing": (lambda d: d["windows"].pop("lapse"), "lapse"),
}


def test_the_shipped_document_is_read():
    protocol = parse("five-tier@1", DOCUMENT)
    assert [tier.name for tier in protocol.tiers] == [
        "Service representatives",
        "Customer support managers",
        "Customer support lead",
        "Chief customer service officer",
        "Executive customer service manager",
    ]
    assert len(protocol.matrix) == 20
    for severity in (1, 2, 3, 4):
        for tier in range(1, 6):
            assert protocol.cell("anything", severity, tier).acknowledge > 0
        for complexity in (1, 2, 3):
            assert protocol.entry_tier(severity, complexity) >= 1


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_named(name):
    change, sentence = BROKEN[name]
    with pytest.raises(ProtocolError, match=sentence):
        parse("broken@1", broken(change))
