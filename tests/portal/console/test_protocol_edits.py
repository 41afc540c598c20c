"""Changes of a protocol's document: the result always reads, and exactly what was meant is different."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.changes import changes
from escalation.packs import read_pack
from escalation.protocol import ANY, TARGETS, Cell
from escalation.reading import parse
from portal.console import protocol_edits as edits

PACKS = ("five_tier", "saas_24x7", "small_team")
DOCUMENTS = {name: read_pack(name)["protocol"] for name in PACKS}
documents = st.sampled_from(PACKS).map(lambda name: copy.deepcopy(DOCUMENTS[name]))
seconds = st.integers(1, 40 * 86_400)


def spell(seconds, calendar):
    return f"{seconds} s"


def different(old, new):
    return changes(parse("old@1", old), parse("new@1", new), spell=spell, topics={})


def found_in(document):
    protocol = parse("now@1", document)
    return lambda key: protocol.cell(*key)


@st.composite
def cells(draw, top=False):
    times = {name: draw(seconds) for name in TARGETS if name != "refer_up"}
    told = draw(st.lists(st.sampled_from(["owner", "lead", "supervisor", "role:Managers"]), unique=True))
    refer_up = None if top else draw(seconds)
    return Cell(calendar=draw(st.sampled_from(["always", "office"])), refer_up=refer_up, told=tuple(told), **times)


@settings(max_examples=150, deadline=None)
@given(documents, st.data())
def test_one_cell_changes_and_nothing_else(document, data):
    before, top = copy.deepcopy(document), len(document["tiers"])
    key = (ANY, data.draw(st.integers(1, 4)), data.draw(st.integers(1, top)))
    old, new = found_in(document)(key), data.draw(cells(top=key[2] == top))
    edited = edits.change_cell(document, key, new, found=found_in(document))
    assert document == before, "what is handed in stays"
    assert parse("x@1", edited).matrix[key] == new
    names = ("calendar", *TARGETS, "told")
    lines = different(document, edited)
    assert {line.key for line in lines} <= {key}
    assert len(lines) == sum(getattr(old, name) != getattr(new, name) for name in names)


@settings(max_examples=150, deadline=None)
@given(documents, st.data())
def test_the_same_change_at_other_places_copies_only_what_changed(document, data):
    top = len(document["tiers"])
    key = (ANY, data.draw(st.integers(1, 4)), data.draw(st.integers(1, top)))
    levels = data.draw(st.sets(st.integers(1, top))) - {key[2]}
    severities = data.draw(st.sets(st.integers(1, 4))) - {key[1]}
    everything = data.draw(st.booleans())
    find = found_in(document)
    old = find(key)
    name = data.draw(st.sampled_from(["review", "acknowledge", "update", "resolve"]))
    new = Cell(**{n: getattr(old, n) for n in ("calendar", *TARGETS, "told")} | {name: data.draw(seconds)})
    edited = edits.change_cell(
        document, key, new, found=find, levels=levels, severities=severities, everything=everything
    )
    after = parse("x@1", edited)
    for place, was in parse("y@1", document).matrix.items():
        now = after.matrix[place]
        meant = place[1] in {key[1], *severities} and place[2] in {key[2], *levels}
        if not meant:
            assert now == was
        elif everything:
            same = {n: getattr(now, n) for n in ("calendar", "review", "acknowledge", "update", "resolve", "told")}
            assert same == {n: getattr(new, n) for n in same}
            assert (now.refer_up is None) == (place[2] == top)
        else:
            changed = {n for n in ("calendar", *TARGETS, "told") if getattr(now, n) != getattr(was, n)}
            assert changed <= ({name} if getattr(new, name) != getattr(old, name) else set())
            assert not changed or getattr(now, name) == getattr(new, name)
    assert edits.change_cell(document, key, old, found=find, levels=levels, severities=severities) == document


@settings(max_examples=100, deadline=None)
@given(documents, st.lists(st.sampled_from(["add", "drop", "up", "down"]), min_size=1, max_size=6), st.data())
def test_levels_come_go_and_move_and_the_document_stays_whole(document, verbs, data):
    for verb in verbs:
        top = len(document["tiers"])
        place = data.draw(st.integers(1, top + (verb == "add")))
        try:
            if verb == "add":
                document = edits.add_level(document, place, "New", "new-team")
            elif verb == "drop":
                document = edits.drop_level(document, place)
            else:
                document = edits.move_level(document, place, 1 if verb == "up" else -1)
        except edits.Impossible:
            assert top == 1 or verb in ("up", "down")
        protocol = parse("x@1", document)
        assert {tier for _, _, tier in protocol.matrix} == set(range(1, protocol.top + 1))
        for (_, _, tier), cell in protocol.matrix.items():
            assert (cell.refer_up is None) == (tier == protocol.top)
        assert all(1 <= tier <= protocol.top for tier in protocol.entry.values())
        # Every topic, severity and level still finds its times.
        assert all(protocol.cell("nowhere", s, t) for s in (1, 2, 3, 4) for t in range(1, protocol.top + 1))


@pytest.mark.parametrize("name", PACKS)
def test_a_level_that_comes_and_goes_leaves_no_trace(name):
    document = DOCUMENTS[name]
    for place in range(1, len(document["tiers"]) + 1):
        there = edits.add_level(document, place, "New", "new-team")
        assert different(document, edits.drop_level(there, place)) == ()


def test_a_new_level_has_the_times_of_the_one_below():
    document = DOCUMENTS["five_tier"]
    protocol = parse("x@1", edits.add_level(document, 3, "Between", "between"))
    for severity in (1, 2, 3, 4):
        assert protocol.cell(ANY, severity, 3) == protocol.cell(ANY, severity, 2)
    assert protocol.tier(3).name == "Between"
    assert protocol.entry_tier(1, 3) == 4, "cases that started at level 3 start at the same people"


def test_a_moved_level_takes_its_times_and_its_cases_along():
    document = DOCUMENTS["five_tier"]
    old, new = parse("old@1", document), parse("new@1", edits.move_level(document, 1, 1))
    assert [tier.name for tier in new.tiers[:2]] == [old.tier(2).name, old.tier(1).name]
    assert new.cell(ANY, 2, 2).acknowledge == old.cell(ANY, 2, 1).acknowledge
    assert new.entry_tier(2, 1) == 2
    assert edits.move_level(edits.move_level(document, 2, 1), 3, -1) == document


@settings(max_examples=60, deadline=None)
@given(documents, st.data())
def test_a_topic_gets_times_of_its_own_and_loses_them(document, data):
    topic = data.draw(st.sampled_from(["billing", "security", "returns"]))
    severities = data.draw(st.sets(st.integers(1, 4), min_size=1))
    had = {key for key in parse("x@1", document).matrix if key[0] == topic}
    top = len(document["tiers"])
    wanted = {(topic, s, t) for s in severities for t in range(1, top + 1)}
    if wanted <= had:
        with pytest.raises(edits.Impossible):
            edits.add_own_row(document, topic, severities, found=found_in(document))
        return
    new = edits.add_own_row(document, topic, severities, found=found_in(document))
    lines = different(document, new)
    assert {line.key for line in lines} == wanted - had
    before, after = parse("a@1", document), parse("b@1", new)
    assert all(after.cell(*key) == before.cell(*key) for key in wanted), "they start as they were"
    assert not any(key[0] == topic for key in parse("c@1", edits.drop_own_row(new, topic)).matrix)


def test_the_row_for_every_topic_stays():
    with pytest.raises(edits.Impossible):
        edits.drop_own_row(DOCUMENTS["five_tier"], ANY)


STEP = {"after": 600, "target": "lead:desk", "actions": ["notify"]}


@settings(max_examples=80, deadline=None)
@given(documents, st.lists(st.sampled_from(["put", "end", "drop", "up", "down"]), min_size=1, max_size=8), st.data())
def test_steps_are_a_list_like_any_other(document, verbs, data):
    level = data.draw(st.integers(1, len(document["tiers"])))
    for verb in verbs:
        steps = list(parse("x@1", document).tier(level).steps)
        place = data.draw(st.integers(1, max(1, len(steps))))
        try:
            if verb in ("put", "end"):
                document = edits.put_step(document, level, place if verb == "put" else None, STEP)
            elif verb == "drop":
                document = edits.drop_step(document, level, place)
            else:
                document = edits.move_step(document, level, place, -1 if verb == "up" else 1)
        except edits.Impossible:
            assert verb != "end"
            continue
        now = list(parse("x@1", document).tier(level).steps)
        assert len(now) == len(steps) + {"end": 1, "drop": -1}.get(verb, 0)
        if verb in ("up", "down"):
            assert sorted(now, key=str) == sorted(steps, key=str)


@settings(max_examples=60, deadline=None)
@given(documents)
def test_what_is_put_back_as_it_was_changes_nothing(document):
    protocol = parse("x@1", document)
    topics = {s: {"under": t.under, "escalation": t.escalation, "skill": t.skill} for s, t in protocol.topics.items()}
    assert edits.put_topics(document, topics | {"new": {"under": "", "escalation": "allowed", "skill": ""}}) == document
    assert edits.put_skills(document, protocol.skills) == document
    assert edits.put_entry(document, protocol.entry) == document
    assert edits.put_fast_lane(document, protocol.fast_tier) == document
    assert edits.put_parts(document, "windows", document["windows"]) == document
    assert edits.put_own(document, protocol.name, protocol.currency) == document
    for tier in protocol.tiers:
        values = {"name": tier.name, "team": tier.team, "teams": list(tier.teams), "may": tier.may}
        more = {"contact": tier.contact, "refund_limit": tier.refund_limit, "on_arrival": list(tier.on_arrival)}
        assert edits.put_level(document, tier.ordinal, values | more) == document
    for number, rule in enumerate(document.get("guidelines", []), start=1):
        assert edits.put_guideline(document, number, rule) == document


def test_single_parts_change_alone():
    document = DOCUMENTS["five_tier"]
    assert [c.where for c in different(document, edits.put_entry(document, {(4, 3): 2}))] == ["Entry level"]
    assert [c.after for c in different(document, edits.put_parts(document, "windows", {"reopen": 60}))] == ["60 s"]
    assert [c.what for c in different(document, edits.put_own(document, "Other", "JPY"))] == ["Name", "Currency"]
    assert [c.after for c in different(document, edits.put_fast_lane(document, 4))] == ["level 4"]
    loop = edits.put_topics(document, {"billing": {"under": "orders", "escalation": "never", "skill": "money"}})
    assert parse("x@1", loop).policy("billing") == "never"
    assert parse("x@1", loop).skill_for("billing") == "money"


def test_two_guidelines_with_one_name_are_refused():
    rule = {"id": "twice", "verdict": "may", "because": "Why not.", "when": {"broken_at_least": 1}}
    document = edits.put_guideline(DOCUMENTS["small_team"], None, rule)
    with pytest.raises(edits.Impossible):
        edits.put_guideline(document, None, rule)
