"""A way to put each kind of defect into a sound protocol; each says at which place it must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from escalation.calendars import DAY, Window
from escalation.lint import Key
from escalation.lint.world import CUSTOMER_EVENTS
from escalation.protocol import Topic
from escalation.rota import Crew, Turn
from escalation.worktime import Calendar
from tests.escalation.lint_sound import Draft

Defect = Callable[[Draft], Key]
DEFECTS: dict[str, Defect] = {}


def defect(code: str) -> Callable[[Defect], Defect]:
    def enter(make: Defect) -> Defect:
        assert code not in DEFECTS
        DEFECTS[code] = make
        return make

    return enter


def cell(row: dict[str, Any]) -> Key:
    return Key("cell", row["category"], row["severity"], row["tier"])


def level(tier: int) -> Key:
    return Key("level", tier=tier)


def add_step(d: Draft, tier: int, target: str, *actions: str, first: bool = True, **more: Any) -> Key:
    """A step at a level, before or after those that are there; the ones there come no later than before."""
    steps = d.tiers[tier - 1]["steps"]
    steps.insert(0 if first else len(steps), {"after": 1, "target": target, "actions": list(actions), **more})
    return Key("step", tier=tier, item="1" if first else str(len(steps)))


def any_tier(d: Draft) -> int:
    return d.rng.randint(1, d.top)


def no_fast_lane(d: Draft) -> None:
    d.document.pop("fast_lane", None)


# Holes --------------------------------------------------------------------------------------------------------


@defect("matrix_hole")
def _(d: Draft) -> Key:
    row = d.row()
    gone = [r for r in d.matrix if (r["severity"], r["tier"]) == (row["severity"], row["tier"])]
    d.document["matrix"] = [r for r in d.matrix if r not in gone]
    return Key("cell", "*", row["severity"], row["tier"])


@defect("entry_hole")
def _(d: Draft) -> Key:
    gone = d.document["entry"].pop(d.rng.randrange(12))
    return Key("entry", severity=gone["severity"], item=str(gone["complexity"]))


@defect("impact_hole")
def _(d: Draft) -> Key:
    word = d.rng.choice(list(d.document["impact"]))
    del d.document["impact"][word]
    return Key("impact", item=word)


@defect("entry_no_level")
def _(d: Draft) -> Key:
    place = (d.rng.randint(1, 4), d.rng.randint(1, 3))
    d.twists.append(lambda p: replace(p, entry={**p.entry, place: p.top + 1}))
    return Key("entry", severity=place[0], tier=d.top + 1, item=str(place[1]))


@defect("row_no_level")
def _(d: Draft) -> Key:
    row = dict(d.row(), tier=d.top + 1) if d.rng.random() < 0.5 else dict(d.row(), severity=5)
    d.matrix.append(row)
    return cell(row)


@defect("row_unknown_topic")
def _(d: Draft) -> Key:
    row = dict(d.row(), category="weather")
    d.matrix.append(row)
    return cell(row)


@defect("refer_up_missing")
def _(d: Draft) -> Key:
    row = d.row(tier=d.rng.randint(1, d.top - 1))
    row["refer_up"] = None
    return cell(row)


@defect("refer_up_at_top")
def _(d: Draft) -> Key:
    row = d.row(tier=d.top)
    row["refer_up"] = row["resolve"]
    return cell(row)


@defect("level_unreachable")
def _(d: Draft) -> Key:
    tier = d.rng.randint(2, d.top)
    no_fast_lane(d)
    for entry in d.document["entry"]:
        entry["tier"] = 1 if entry["tier"] == tier else entry["tier"]
    for row in d.matrix:
        if row["tier"] == tier - 1:
            row["refer_up"] = None
    return level(tier)


@defect("name_twice")
def _(d: Draft) -> Key:
    low, high = sorted(d.rng.sample(range(d.top), 2))
    d.tiers[high]["name"] = d.tiers[low]["name"].upper() + " "
    return level(high + 1)


@defect("refund_falls")
def _(d: Draft) -> Key:
    tier = d.rng.randint(2, d.top)
    d.tiers[tier - 2]["refund_limit"] = d.tiers[tier - 1]["refund_limit"] + 1
    return level(tier)


@defect("currency_missing")
def _(d: Draft) -> Key:
    d.document["currency"] = d.rng.choice(("", " "))
    d.tiers[-1]["refund_limit"] += 1
    return level(next(n for n, tier in enumerate(d.tiers, start=1) if tier["refund_limit"]))


@defect("severity_never")
def _(d: Draft) -> Key:
    d.document["impact"] = dict.fromkeys(d.document["impact"], 4)
    return Key("impact", item="blocked")


# Times --------------------------------------------------------------------------------------------------------


@defect("review_long")
def _(d: Draft) -> Key:
    row = d.row()
    row["review"] = row["acknowledge"] + 1
    return cell(row)


@defect("acknowledge_long")
def _(d: Draft) -> Key:
    row = d.row()
    row["acknowledge"] = row["resolve"] + 1
    return cell(row)


@defect("update_long")
def _(d: Draft) -> Key:
    row = d.row()
    row["update"] = row["resolve"] + 1
    return cell(row)


@defect("refer_up_early")
def _(d: Draft) -> Key:
    row = d.row(tier=d.rng.randint(1, d.top - 1))
    row["refer_up"] = row["acknowledge"] - d.rng.choice((0, 1))
    return cell(row)


@defect("severity_slower")
def _(d: Draft) -> Key:
    """By a longer time on the same calendar, or by a shorter one on a calendar that is closed at night."""
    row = d.row(severity=d.rng.randint(1, 3))
    below = next(r for r in d.rows(category=row["category"], tier=row["tier"], severity=row["severity"] + 1))
    if d.rng.random() < 0.5:
        row["calendar"] = below["calendar"]
        row["update"] = below["update"] + 1
    else:
        d.calendars["office"] = _office(d)
        row["calendar"], below["calendar"] = "office", "always"
        row["update"] = below["update"] = 4 * 3600
    return cell(row)


def _office(d: Draft) -> Calendar:
    """The draft's office hours, or some, where it has none."""
    return d.calendars.get("office") or Calendar("office@1", "UTC", tuple(Window(day, 540, 1020) for day in range(5)))


@defect("level_slower")
def _(d: Draft) -> Key:
    row = d.row(tier=d.rng.randint(2, d.top))
    below = next(r for r in d.rows(category=row["category"], severity=row["severity"], tier=row["tier"] - 1))
    row["acknowledge"] = below["acknowledge"] + 1
    return cell(row)


@defect("never_due")
def _(d: Draft) -> Key:
    """Open for a minute a week: 521 minutes in ten years."""
    d.calendars["slit"] = Calendar("slit@1", "UTC", (Window(2, 600, 601),))
    row = d.row()
    row["calendar"], row["resolve"] = "slit", 10 * 3600
    return cell(row)


@defect("critical_office")
def _(d: Draft) -> Key:
    no_fast_lane(d)
    d.calendars["office"] = _office(d)
    row = d.row(severity=1)
    row["calendar"] = "office"
    return cell(row)


@defect("nudge_late")
def _(d: Draft) -> Key:
    windows = d.document["windows"]
    windows["nudge"] = windows["lapse"] + d.rng.choice((0, 60))
    return Key("window", item="nudge")


@defect("window_short")
def _(d: Draft) -> Key:
    name = d.rng.choice(("lapse", "confirm", "reopen"))
    d.document["windows"][name] = 3600
    return Key("window", item=name)


# Calendars ----------------------------------------------------------------------------------------------------


@defect("calendar_unknown")
def _(d: Draft) -> Key:
    if d.rng.random() < 0.3:
        d.document["windows"]["calendar"] = "moon"
        return Key("calendar", item="moon")
    row = d.row()
    row["calendar"] = "moon"
    return cell(row)


@defect("calendar_unused")
def _(d: Draft) -> Key:
    d.calendars["old"] = _office(d)
    return Key("calendar", item="old")


@defect("holidays_end")
def _(d: Draft) -> Key:
    """No holiday at all, or none more than eleven months ahead."""
    known = _office(d)
    kept = tuple(day for day in known.days_off if day[0] < date(2027, 2, 1)) if d.rng.random() < 0.5 else ()
    d.calendars["office"] = Calendar("office@2", known.zone, known.windows, kept)
    d.document["windows"]["calendar"] = "office"
    return Key("calendar", item="office")


# People -------------------------------------------------------------------------------------------------------


@defect("team_unknown")
def _(d: Draft) -> Key:
    tier = any_tier(d)
    if d.rng.random() < 0.5:
        return add_step(d, tier, d.rng.choice(("team:ghosts", "duty:ghosts", "lead:ghosts")), "notify")
    d.tiers[tier - 1]["team"] = "ghosts"
    return level(tier)


def _desert(d: Draft, tier: int) -> Key:
    """Nobody of the level's team is active any more, or the team has no people."""
    team = d.tiers[tier - 1]["team"]
    if d.rng.random() < 0.5:
        d.active -= d.crews[team].people
    else:
        d.crews[team] = Crew(frozenset())
    return level(tier)


@defect("tier_empty")
def _(d: Draft) -> Key:
    return _desert(d, d.rng.randint(1, d.top - 1))


@defect("last_tier_empty")
def _(d: Draft) -> Key:
    return _desert(d, d.top)


def _gap(d: Draft, team: str) -> None:
    """A rota that leaves out one hour a week: Wednesday 10:00 to 11:00, when every calendar is open."""
    first, zone = min(d.crews[team].people), d.world["zone"]
    windows = [Window(day, 0, DAY) for day in range(7) if day != 2] + [Window(2, 0, 600), Window(2, 660, DAY)]
    turns = tuple(Turn(first, window, date(2026, 1, 1)) for window in windows)
    d.crews[team] = Crew(frozenset({first}), first, zone, turns)


@defect("hour_empty")
def _(d: Draft) -> Key:
    tier = any_tier(d)
    if d.rng.random() < 0.5:
        d.hire("watch-2")
        _gap(d, "watch-2")
        return add_step(d, tier, "duty:watch-2", "notify")
    _gap(d, d.tiers[tier - 1]["team"])
    first = min(d.rows(tier=tier), key=lambda row: (row["severity"], _order(d, row["category"])))
    return cell(first)


def _order(d: Draft, category: str) -> int:
    """The place of the first topic a row governs."""
    return next(
        n for n, topic in enumerate(d.topics) if topic == category or (category == "*" and not d.has_own(topic))
    )


def _sole(d: Draft, tiers: list[int]) -> None:
    """One new person alone in the teams of these levels."""
    (person,) = d.hire("sole", 1)
    for tier in tiers:
        d.crews[d.tiers[tier - 1]["team"]] = Crew(frozenset({person}), person)


@defect("one_person_everywhere")
def _(d: Draft) -> Key:
    _sole(d, list(range(1, d.top + 1)))
    return level(1)


@defect("one_person_neighbours")
def _(d: Draft) -> Key:
    if d.top == 2:  # two of two would be all
        d.hire("team-3")
        d.tiers.append(dict(d.tiers[1], name="Level 3", team="team-3", steps=[]))
        d.matrix.extend(dict(row, tier=3) for row in d.rows(tier=2))
    tier = d.rng.randint(2, d.top)
    _sole(d, [tier - 1, tier])
    return level(tier)


@defect("same_team")
def _(d: Draft) -> Key:
    tier = d.rng.randint(2, d.top)
    d.tiers[tier - 1]["team"] = d.tiers[tier - 2]["team"]
    return level(tier)


@defect("told_nobody")
def _(d: Draft) -> Key:
    row = d.row()
    row["told"] = ["owner", "lead", d.rng.choice(("team:ghosts", "person:gone@example.com", "role:Ghosts"))]
    return cell(row)


@defect("told_owner_only")
def _(d: Draft) -> Key:
    row = d.row()
    row["told"] = d.rng.choice((["owner"], []))
    return cell(row)


@defect("fast_lane_uncovered")
def _(d: Draft) -> Key:
    tier = any_tier(d)
    d.document["fast_lane"] = {"tier": tier}
    _gap(d, d.tiers[tier - 1]["team"])
    return Key("fast_lane", tier=tier)


@defect("fast_lane_closed")
def _(d: Draft) -> Key:
    row = d.row(severity=1)
    d.calendars["daily"] = Calendar("daily@1", "UTC", tuple(Window(day, 480, 1200) for day in range(7)))
    row["calendar"] = "daily"
    d.document["fast_lane"] = {"tier": row["tier"]}
    return Key("fast_lane", row["category"], 1, row["tier"])


@defect("seats_empty")
def _(d: Draft) -> Key:
    tier = any_tier(d)
    d.crews["ghosts"] = Crew(frozenset())
    d.tiers[tier - 1]["teams"] = ["ghosts"]
    return level(tier)


# Steps --------------------------------------------------------------------------------------------------------


@defect("person_unknown")
def _(d: Draft) -> Key:
    return add_step(d, any_tier(d), "person:gone@example.com", "notify")


@defect("role_empty")
def _(d: Draft) -> Key:
    return add_step(d, any_tier(d), "role:Ghosts", "notify")


@defect("webhook_unknown")
def _(d: Draft) -> Key:
    return add_step(d, any_tier(d), "webhook:ghost", "webhook")


@defect("webhook_loop")
def _(d: Draft) -> Key:
    d.world["webhooks"] = d.world["webhooks"] | {"self": "https://Support.example.com/api/cases"}
    return add_step(d, any_tier(d), "webhook:self", "webhook")


@defect("target_mismatch")
def _(d: Draft) -> Key:
    ways = (
        ("team:night-watch", "webhook"), ("webhook:pager", "notify"), ("role:Supervisors", "reassign"),
        ("person:person1@example.com", "reassign"), ("webhook:pager", "call_task"),
    )  # fmt: skip
    return add_step(d, any_tier(d), *d.rng.choice(ways))


@defect("step_dead")
def _(d: Draft) -> Key:
    d.crews["ghosts"] = Crew(frozenset())
    tier = any_tier(d)
    add_step(d, tier, "team:night-watch", "notify", first=False)
    return add_step(d, tier, "team:ghosts", "notify")


@defect("last_step_dead")
def _(d: Draft) -> Key:
    d.crews["ghosts"] = Crew(frozenset())
    target = d.rng.choice(("team:ghosts", "role:Ghosts", "person:gone@example.com", "duty:nowhere"))
    return add_step(d, any_tier(d), target, "notify", first=False)


@defect("step_unreachable")
def _(d: Draft) -> Key:
    """A repeat that comes too late, or a step after one that uses up the time to the last second."""
    tier = d.rng.randint(1, d.top - 1)
    rows = d.rows(tier=tier)
    longest = max(min(r["acknowledge"], r["refer_up"]) + (r["review"] if tier == 1 else 0) for r in rows)
    d.tiers[tier - 1]["steps"] = []
    if d.rng.random() < 0.5:
        return add_step(d, tier, "team:night-watch", "notify", after=longest // 2 + 1, repeat=2)
    add_step(d, tier, "team:night-watch", "notify", after=longest - 1)
    return add_step(d, tier, "team:night-watch", "notify", first=False)


# Loops --------------------------------------------------------------------------------------------------------


@defect("reassign_loop")
def _(d: Draft) -> Key:
    """To a team further down, to the level's own team, there and back, or again and again."""
    tier, way = any_tier(d), d.rng.randrange(4)
    if way == 0 and tier > 1:
        return add_step(d, tier, f"team:{d.tiers[tier - 2]['team']}", "reassign")
    if way == 1:
        return add_step(d, tier, "team:night-watch", "reassign", repeat=2)
    if way == 2:
        add_step(d, tier, f"team:{d.tiers[tier - 1]['team']}", "reassign")
        add_step(d, tier, "team:night-watch", "reassign")
        return Key("step", tier=tier, item="2")
    return add_step(d, tier, f"duty:{d.tiers[tier - 1]['team']}", "reassign")


@defect("raise_again")
def _(d: Draft) -> Key:
    """On arrival at two levels, on arrival and in a step there, or in a repeated step."""
    high, way = d.rng.randint(2, d.top), d.rng.randrange(3)
    if way == 0:
        add_step(d, high - 1, "team:night-watch", "raise_severity")
        d.tiers[high - 1]["on_arrival"].append("raise_severity")
        return level(high)
    if way == 1:
        d.tiers[high - 1]["on_arrival"].append("raise_severity")
        return add_step(d, high, "team:night-watch", "raise_severity")
    return add_step(d, any_tier(d), "team:night-watch", "raise_severity", repeat=2)


@defect("raise_at_first")
def _(d: Draft) -> Key:
    d.tiers[0]["on_arrival"].append("raise_severity")
    return level(1)


@defect("repeat_endless")
def _(d: Draft) -> Key:
    tier = any_tier(d)
    key = add_step(d, tier, "team:night-watch", "notify")

    def endless(p: Any) -> Any:
        rung = p.tier(tier)
        more = replace(rung, steps=(replace(rung.steps[0], repeat=11), *rung.steps[1:]))
        return replace(p, tiers=tuple(more if one is rung else one for one in p.tiers))

    d.twists.append(endless)
    return key


@defect("topic_loop")
def _(d: Draft) -> Key:
    topic = d.rng.choice(d.topics)
    ring = {topic: Topic(under="ring"), "ring": Topic(under=topic)}
    d.twists.append(lambda p: replace(p, topics={**p.topics, **ring}))
    return Key("topic", topic)


# Topics and guidelines ----------------------------------------------------------------------------------------


@defect("category_without_policy")
def _(d: Draft) -> Key:
    """No word at all, or a row without one that stands under another without one."""
    topic, rows = d.rng.choice(d.topics), d.document["topics"]
    del rows[topic]
    if d.rng.random() < 0.5:
        rows["silent"], rows[topic] = {}, {"under": "silent"}
    return Key("topic", topic)


@defect("topic_not_category")
def _(d: Draft) -> Key:
    d.document["topics"]["weather"] = {"escalation": "allowed"}
    return Key("topic", "weather")


@defect("topic_under_unknown")
def _(d: Draft) -> Key:
    topic = d.rng.choice(d.topics)
    d.document["topics"][topic]["under"] = "weather"
    return Key("topic", topic)


@defect("skill_nobody")
def _(d: Draft) -> Key:
    topic = d.rng.choice(d.topics)
    d.document["topics"][topic]["skill"] = "magic"
    return Key("topic", topic)


@defect("skill_gap")
def _(d: Draft) -> Key:
    topic, tier = d.rng.choice(d.topics), any_tier(d)
    d.document["topics"][topic]["skill"] = "art"
    for n, row in enumerate(d.tiers, start=1):
        d.document["skills"][row["team"]] = [
            *d.document["skills"].get(row["team"], []),
            *(["art"] if n != tier else []),
        ]
    return Key("topic", topic, tier=tier)


def _guideline(d: Draft, verdict: str = "must", **when: Any) -> Key:
    d.document["guidelines"].append({"id": "seeded", "verdict": verdict, "because": "It is wrong.", "when": when})
    return Key("guideline", item="seeded")


@defect("guideline_never")
def _(d: Draft) -> Key:
    ways: tuple[dict[str, Any], ...] = (
        {"severity_at_most": 0}, {"complexity_at_least": 4}, {"tier_at_most": 0}, {"categories": []}, {"segments": []},
    )  # fmt: skip
    return _guideline(d, **d.rng.choice(ways))


@defect("guideline_opposed")
def _(d: Draft) -> Key:
    """In the same words, or in others that mean the same."""
    d.document["guidelines"] = [
        {"id": "first", "verdict": "may", "because": "It may help.", "when": {"severity_at_most": 2, "tier_at_most": 1}}
    ]
    more = d.rng.choice(({}, {"complexity_at_least": 1}, {"complexity_at_least": 0}))
    return _guideline(d, severity_at_most=2, tier_at_most=1, **more)


@defect("guideline_against_topic")
def _(d: Draft) -> Key:
    topic = d.rng.choice(d.topics)
    d.document["topics"][topic]["escalation"] = "never"
    return _guideline(d, "should", categories=[topic])


@defect("guideline_unknown_topic")
def _(d: Draft) -> Key:
    return _guideline(d, categories=[d.topics[0], "weather"])


# Tasks --------------------------------------------------------------------------------------------------------


def _tasks(d: Draft, **more: object) -> Key:
    tier = d.rng.randrange(len(d.document["tiers"]) - 1) if len(d.document["tiers"]) > 1 else 0
    d.document["tiers"][tier]["tasks"] = [{"text": "Ring the depot", "after": 60} | more]
    return Key("level", tier=tier + 1)


@defect("task_after_level")
def _(d: Draft) -> Key:
    longest = max(row.get("refer_up") or 0 for row in d.document["matrix"])
    return _tasks(d, after=longest + 1)


@defect("task_after_answer")
def _(d: Draft) -> Key:
    longest = max(row["resolve"] for row in d.document["matrix"])
    d.document["tiers"][-1]["tasks"] = [{"text": "Ring the depot", "after": longest + 1}]
    return Key("level", tier=len(d.document["tiers"]))


@defect("tasks_all_hidden")
def _(d: Draft) -> Key:
    return _tasks(d, shown=False)


# Letters ------------------------------------------------------------------------------------------------------


@defect("event_no_channel")
def _(d: Draft) -> Key:
    d.world["channels"] = frozenset()
    return Key("letter", item=CUSTOMER_EVENTS[0])


@defect("event_no_template")
def _(d: Draft) -> Key:
    kind = d.rng.choice(CUSTOMER_EVENTS)
    d.world["letters"] = {k: v for k, v in d.world["letters"].items() if k != kind}
    return Key("letter", item=kind)


@defect("event_no_language")
def _(d: Draft) -> Key:
    kind = d.rng.choice(CUSTOMER_EVENTS)
    d.world["languages"] = (*d.world["languages"], "fr")
    d.world["letters"] = {k: v | {"fr"} if k != kind else v for k, v in d.world["letters"].items()}
    return Key("letter", item=kind)


# Upset customers ----------------------------------------------------------------------------------------------


@defect("upset_no_sooner")
def _(d: Draft) -> Key:
    d.document["upset"] = {"words": {language: ["angry"] for language in d.world["languages"]}}
    return Key("upset")


@defect("upset_no_words")
def _(d: Draft) -> Key:
    missing = sorted(d.world["languages"])[0]
    d.document["upset"] = {
        "update_percent": 50,
        "words": {one: ["angry"] for one in (*d.world["languages"], "xx") if one != missing},
    }
    return Key("upset", item=missing)
