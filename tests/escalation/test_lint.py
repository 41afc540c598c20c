"""The linter finds every kind of defect in random protocols, at its place, and nothing in sound ones."""

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import escalation.decision
from escalation.lint import ERROR, RULES, WARNING, Key, lint, lint_document
from escalation.lint.world import CUSTOMER_EVENTS, world_of
from escalation.packs import PACKS, check_pack, read_pack
from escalation.worktime import Calendar
from tests.escalation.lint_defects import DEFECTS
from tests.escalation.lint_sound import sound

SEEDS = range(20)
DOCS = Path(__file__).resolve().parents[2] / "docs" / "linter.md"


def calendars_of(pack):
    return {key: Calendar.from_document(doc | {"label": f"{key}@1"}) for key, doc in pack["calendars"].items()}


# The table ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sound_protocol_is_clean(seed):
    assert [str(finding) for finding in sound(seed).lint()] == []


@pytest.mark.parametrize("code", DEFECTS)
def test_a_seeded_defect_is_found_at_its_place_in_each_of_them(code):
    for seed in SEEDS:
        draft = sound(seed)
        key = DEFECTS[code](draft)
        findings = draft.lint()
        found = [finding for finding in findings if finding.code == code]
        assert key in [finding.key for finding in found], (seed, [str(finding) for finding in findings])
        assert all(finding.severity == RULES[code].severity for finding in found)


def test_every_rule_has_a_seeded_defect():
    assert set(DEFECTS) == set(RULES)
    assert len(DEFECTS) >= 30


@pytest.mark.parametrize("code", DEFECTS)
def test_no_other_rule_stands_in_for_one_that_is_missing(code, monkeypatch):
    monkeypatch.delitem(RULES, code)
    draft = sound(3)
    DEFECTS[code](draft)
    assert code not in {finding.code for finding in draft.lint()}


def test_the_random_protocols_differ():
    drafts = [sound(seed) for seed in SEEDS]
    assert {draft.top for draft in drafts} == {2, 3, 4, 5, 6}
    assert {row["calendar"] for draft in drafts for row in draft.matrix} == {"always", "daily", "office"}
    assert len({draft.world["zone"] for draft in drafts}) >= 3
    assert {step["target"].partition(":")[0] for d in drafts for tier in d.tiers for step in tier["steps"]} == {
        "team", "duty", "lead", "person", "role", "webhook",
    }  # fmt: skip
    assert any(draft.document.get("fast_lane") for draft in drafts)
    assert any("group" in draft.document["topics"] for draft in drafts)


# The packs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PACKS)
@pytest.mark.parametrize("people", [1, 2, 5])
def test_the_shipped_packs_are_clean(name, people):
    pack = read_pack(name)
    for month in range(1, 13):
        at = datetime(2026, month, 5, 16, 40, tzinfo=UTC)
        findings = lint(check_pack(pack, at), calendars_of(pack), world_of(pack, people), at)
        assert [str(finding) for finding in findings] == []


# What findings say --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", DEFECTS)
def test_a_finding_is_a_place_a_sentence_and_a_remedy(code):
    draft = sound(7)
    DEFECTS[code](draft)
    for finding in draft.lint():
        assert finding.severity in (ERROR, WARNING)
        assert finding.place and finding.place[0].isupper()
        for words in (finding.sentence, finding.remedy):
            assert words[0].isupper() or words[0] == "“", words
            assert words[-1] == "." and "  " not in words and "None" not in words, words
        assert finding.as_document()["key"]["kind"] == finding.key.kind
        for word in (" tier", "SLA", "queue", "assignee"):
            assert word not in f" {finding.sentence} {finding.remedy}", finding


def test_places_in_words():
    pack = read_pack("five_tier")
    document = pack["protocol"]
    document["matrix"][6]["update"] = document["matrix"][6]["resolve"] * 2
    document["tiers"][1]["steps"][0]["target"] = "lead:ghosts"
    protocol = check_pack(pack, datetime(2026, 5, 5, 9, tzinfo=UTC))
    world = replace(world_of(pack), categories={"orders": "An order", "tea": "Tea"})
    found = {f.code: f for f in lint(protocol, calendars_of(pack), world, datetime(2026, 5, 4, tzinfo=UTC))}
    assert found["update_long"].place == "Every topic, High, level 2"
    assert found["team_unknown"].place == "Level 2 (Customer support managers), step 1"
    assert found["category_without_policy"].place == "Topic “Tea”"
    assert "34 h" in found["update_long"].sentence and "17 h" in found["update_long"].sentence


def test_errors_come_first():
    draft = sound(1)
    for code in ("calendar_unused", "review_long", "window_short"):
        DEFECTS[code](draft)
    severities = [finding.severity for finding in draft.lint()]
    assert severities == sorted(severities) and {ERROR, WARNING} == set(severities)


def test_an_hour_nobody_covers_is_named_and_counted():
    """The office rota of a team whose critical cases count round the clock: the first gap and their number."""
    draft = sound(0)
    draft.at = datetime(2026, 5, 4, 11, 5, tzinfo=UTC)  # a Monday; London is an hour ahead of UTC
    draft.world["zone"] = "Europe/London"
    DEFECTS["fast_lane_uncovered"](draft)
    tier = draft.document["fast_lane"]["tier"]
    team = draft.tiers[tier - 1]["team"]
    draft.crews[team] = replace(draft.crews[team], zone="Europe/London")
    (finding,) = [f for f in draft.lint() if f.code == "fast_lane_uncovered"]
    assert "4 hours of the next 28 days, first Wed 6 May 2026, 10:00 (London time)" in finding.sentence


def test_four_working_hours_can_be_slower_than_six_round_the_clock():
    pack = read_pack("five_tier")
    cell = {(row["severity"], row["tier"]): row for row in pack["protocol"]["matrix"]}
    for tier in range(1, 6):
        cell[3, tier]["calendar"] = "always"
    cell[2, 1]["acknowledge"], cell[3, 1]["acknowledge"] = 4 * 3600, 6 * 3600
    findings = lint(
        check_pack(pack, datetime(2026, 5, 11, 9, tzinfo=UTC)),
        calendars_of(pack),
        world_of(pack),
        datetime(2026, 5, 11, 9, tzinfo=UTC),
    )  # Monday 10:00 in London
    (finding,) = [
        f for f in findings if f.code == "severity_slower" and f.key.tier == 1 and "acknowledgment" in f.sentence
    ]
    assert finding.key == Key("cell", "*", 2, 1)
    # Begun at 12:00 UTC, 13:00 in London, there are 4.5 h left; an hour later only 3.5, and the rest is next morning.
    assert "begun Mon 11 May 2026, 13:00 (UTC time)" in finding.sentence
    assert "19 h 30 min" in finding.sentence and "6 h" in finding.sentence


def edges(document):
    """Every limit reached and none passed."""
    for row in document["matrix"]:
        row["review"] = row["acknowledge"]
        row["update"] = row["resolve"]
        if row["refer_up"]:
            row["refer_up"] = row["acknowledge"] + 1
    for row in document["matrix"][5:]:
        severe = next(r for r in document["matrix"] if (r["severity"], r["tier"]) == (row["severity"] - 1, row["tier"]))
        row |= {name: severe[name] for name in ("review", "acknowledge", "update", "resolve", "refer_up")}
    document["windows"] |= {"lapse": 30_600, "nudge": 30_599, "confirm": 30_600, "reopen": 86_400}
    for tier in document["tiers"]:
        tier["refund_limit"] = 50
    for ordinal, tier in enumerate(document["tiers"], start=1):
        rows = [row for row in document["matrix"] if row["tier"] == ordinal]
        longest = min(max(row["refer_up"] or row["resolve"] for row in rows), max(row["resolve"] for row in rows))
        tier["tasks"] = [{"text": "Ring the depot", "after": longest}]
        tier["steps"] = [
            dict(tier["steps"][0], after=3599 if ordinal == 1 else 1199 if ordinal == 2 else 899, repeat=1)
        ]


def test_what_reaches_a_limit_has_not_passed_it():
    pack = read_pack("five_tier")
    edges(pack["protocol"])
    at = datetime(2026, 5, 5, 9, tzinfo=UTC)
    assert [str(f) for f in lint(check_pack(pack, at), calendars_of(pack), world_of(pack), at)] == []


PASSED = {
    "review_long": lambda d: d["matrix"][0].update(review=1801),
    "update_long": lambda d: d["matrix"][4].update(update=28_801, resolve=28_800),
    "refer_up_early": lambda d: d["matrix"][0].update(refer_up=1800),
    "severity_slower": lambda d: d["matrix"][5].update(resolve=28_799),
    "level_slower": lambda d: d["matrix"][1].update(acknowledge=1801),
    "window_short": lambda d: d["windows"].update(confirm=30_599),
    "nudge_late": lambda d: d["windows"].update(nudge=30_600),
    "refund_falls": lambda d: d["tiers"][3].update(refund_limit=49),
    "step_unreachable": lambda d: d["tiers"][1]["steps"][0].update(after=1200),
}


@pytest.mark.parametrize("code", PASSED)
def test_one_second_more_is_found(code):
    pack = read_pack("five_tier")
    edges(pack["protocol"])
    PASSED[code](pack["protocol"])
    at = datetime(2026, 5, 5, 9, tzinfo=UTC)
    findings = lint(check_pack(pack, at), calendars_of(pack), world_of(pack), at)
    assert code in {finding.code for finding in findings}


def test_steps_go_on_at_the_last_level():
    """Nothing goes up from there, so a step after the acknowledgment still runs; one level below it never would."""
    pack = read_pack("five_tier")
    for tier in pack["protocol"]["tiers"][3:]:
        tier["steps"] = [{"after": 99_999, "target": f"team:{tier['team']}", "actions": ["notify"]}]
    at = datetime(2026, 5, 5, 9, tzinfo=UTC)
    findings = lint(check_pack(pack, at), calendars_of(pack), world_of(pack), at)
    assert [(f.code, f.key) for f in findings] == [("step_unreachable", Key("step", tier=4, item="1"))]


# Documents ----------------------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_one_finding():
    pack = read_pack("five_tier")
    pack["protocol"]["entry"][3]["tier"] = 9
    at = datetime(2026, 5, 4, tzinfo=UTC)
    (finding,) = lint_document("five-tier@2", pack["protocol"], calendars_of(pack), world_of(pack), at)
    assert (finding.code, finding.severity) == ("unreadable", ERROR)
    assert finding.place == "Entry for severity 2, complexity 1"
    assert "no level 9" in finding.sentence


def test_without_topics_the_row_for_all_is_looked_at():
    draft = sound(2)
    draft.world["categories"] = {}
    draft.document |= {"topics": {}, "guidelines": []}
    draft.document["matrix"] = [row for row in draft.matrix if row["category"] == "*"]
    assert draft.lint() == ()
    draft.matrix.pop()
    assert [finding.code for finding in draft.lint()] == ["matrix_hole"]


# Keeping up with the code -------------------------------------------------------------------------------------


def test_every_letter_a_decision_owes_customers_is_known():
    """Reads escalation/decision for `Tell(kind, "customer", ...)`; a kind in a variable is one of two."""
    kinds = set()
    for path in Path(escalation.decision.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Tell" or len(node.args) < 2:
                continue
            kind, to = node.args[:2]
            if isinstance(to, ast.Constant) and to.value == "customer":
                kinds |= {kind.value} if isinstance(kind, ast.Constant) else {"promise_broken", "passed_on"}
    assert kinds == set(CUSTOMER_EVENTS)


def test_the_page_lists_every_rule():
    text = DOCS.read_text(encoding="utf-8")
    for rule in RULES.values():
        assert f"| `{rule.code}` | {rule.severity} | {rule.says} |" in text
    assert text.count("| error |") + text.count("| warning |") == len(RULES)


def test_it_is_fast():
    """A second is five times less than asked for, and many times more than it takes."""
    draft = sound(5)
    draft.at += timedelta(days=1, minutes=1)  # nothing is remembered of this hour
    started = datetime.now(UTC)
    draft.lint()
    assert datetime.now(UTC) - started < timedelta(seconds=1)
