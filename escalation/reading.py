"""Reads the document of a protocol version (docs/protocol.md) and says in a sentence what is wrong with its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from escalation.protocol import (
    ACTIONS,
    ANY,
    MOST_ROUNDS,
    POLICIES,
    TARGETS,
    TARGETS_OF_STEPS,
    VERDICTS,
    Cell,
    Guideline,
    LevelTask,
    Protocol,
    ProtocolError,
    Step,
    Tier,
    Topic,
    Upset,
    Windows,
)

#: More than this nobody can read; a file from elsewhere must not hold up a page.
MOST = {"tiers": 20, "matrix": 5000, "topics": 300, "guidelines": 200, "entry": 200, "impact": 50, "skills": 300}
MOST_STEPS, DEEPEST, LONGEST = 50, 10, 2000
MOST_WORDS, LONGEST_WORD, LEAST_PERCENT = 200, 60, 10  # of upset customers: a language, letters, of the interval
MOST_TASKS, LONGEST_TASK = 30, 200
CONDITIONS: dict[str, type] = {
    "severity_at_most": int,  # 1 is the most urgent
    "complexity_at_least": int,
    "tier_at_most": int,
    "rejections_at_least": int,
    "broken_at_least": int,  # promises broken on this case
    "open_longer_than": int,  # seconds since it was filed, round the clock
    "supervisor_asked": bool,
    "categories": list,
    "segments": list,
}


def _need(document: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    value = document.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ProtocolError(f"{where}: “{name}” is missing or not a {kind.__name__}.")
    if isinstance(value, str) and len(value) > LONGEST:
        raise ProtocolError(f"{where}: “{name}” is longer than {LONGEST} letters.")
    return value


def _seconds(row: Mapping[str, Any], name: str, where: str) -> int:
    value = _need(row, name, int, where)
    if value <= 0:
        raise ProtocolError(f"{where}: “{name}” must be more than 0 seconds.")
    return value


def _texts(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ProtocolError(f"{where}: “{name}” is a list of names.")
    return tuple(value)


def _actions(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    actions = _texts(row, name, where)
    for action in actions:
        if action not in ACTIONS:
            raise ProtocolError(f"{where}: “{action}” is not an action. Known: {', '.join(ACTIONS)}.")
    return actions


def read_target(target: object, where: str) -> str:
    """A target as it is written; ProtocolError when it is none."""
    kind, colon, name = target.partition(":") if isinstance(target, str) else ("", "", "")
    if kind not in TARGETS_OF_STEPS or not colon or not name.strip():
        known = ", ".join(f"{kind}:…" for kind in TARGETS_OF_STEPS)
        raise ProtocolError(f"{where}: “{target}” is nobody a step can aim at. Known: {known}.")
    return str(target)


def _step(row: object, where: str) -> Step:
    if not isinstance(row, dict):
        raise ProtocolError(f"{where}: a step is an object with after, target and actions.")
    repeat = _need({"repeat": 1} | row, "repeat", int, where)
    if not 1 <= repeat <= MOST_ROUNDS:
        raise ProtocolError(f"{where}: “repeat” is 1 to {MOST_ROUNDS}.")
    actions = _actions(row, "actions", where)
    if not actions:
        raise ProtocolError(f"{where}: a step without an action does nothing.")
    return Step(_seconds(row, "after", where), read_target(row.get("target"), where), actions, repeat)


def _level_task(row: object, where: str) -> LevelTask:
    if not isinstance(row, dict):
        raise ProtocolError(f"{where}: a task is an object with text, after and shown.")
    text = _need(row, "text", str, where).strip()
    if not text or len(text) > LONGEST_TASK:
        raise ProtocolError(f"{where}: “text” is 1 to {LONGEST_TASK} letters.")
    shown = row.get("shown", True)
    if not isinstance(shown, bool):
        raise ProtocolError(f"{where}: “shown” is true or false.")
    return LevelTask(text, _seconds(row, "after", where), shown)


def _level_tasks(row: Mapping[str, Any], where: str) -> tuple[LevelTask, ...]:
    rows = _need({"tasks": []} | dict(row), "tasks", list, where)
    if len(rows) > MOST_TASKS:
        raise ProtocolError(f"{where}: more than {MOST_TASKS} tasks.")
    tasks = tuple(_level_task(one, f"{where}, task {n}") for n, one in enumerate(rows, start=1))
    if twice := next((one.text for n, one in enumerate(tasks) if one.text in [t.text for t in tasks[:n]]), None):
        raise ProtocolError(f"{where}: the task “{twice}” stands twice.")
    return tasks


def _tier(ordinal: int, row: Mapping[str, Any]) -> Tier:
    where = f"Level {ordinal}"
    if not isinstance(row, dict):
        raise ProtocolError(f"{where}: a level is an object with name and team.")
    steps = _need({"steps": []} | dict(row), "steps", list, where)
    if len(steps) > MOST_STEPS:
        raise ProtocolError(f"{where}: more than {MOST_STEPS} steps.")
    return Tier(
        ordinal,
        _need(row, "name", str, where),
        _need(row, "team", str, where),
        _actions({"on_arrival": ["reassign", "notify", "message_customer"]} | dict(row), "on_arrival", where),
        _need({"refund_limit": 0} | dict(row), "refund_limit", int, where),
        tuple(_step(step, f"{where}, step {n}") for n, step in enumerate(steps, start=1)),
        _texts(row, "teams", where),
        _need({"may": ""} | dict(row), "may", str, where),
        _need({"contact": ""} | dict(row), "contact", str, where),
        _level_tasks(row, where),
    )


def _cell(row: Mapping[str, Any], where: str) -> Cell:
    refer_up = _seconds(row, "refer_up", where) if row.get("refer_up") is not None else None
    times = {name: _seconds(row, name, where) for name in TARGETS if name != "refer_up"}
    told = _texts({"told": ["owner", "lead"]} | dict(row), "told", where)
    for address in told:
        if address not in ("owner", "lead", "supervisor"):
            read_target(address, where)
    return Cell(calendar=_need(row, "calendar", str, where), refer_up=refer_up, told=told, **times)


def _matrix(rows: list[Mapping[str, Any]]) -> dict[tuple[str, int, int], Cell]:
    matrix: dict[tuple[str, int, int], Cell] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise ProtocolError("Matrix: every row is an object.")
        topic = str(row.get("category", ANY))
        where = f"Matrix row {(topic, row.get('severity'), row.get('tier'))}"
        key = (topic, _need(row, "severity", int, where), _need(row, "tier", int, where))
        if key in matrix:
            raise ProtocolError(f"{where} stands twice.")
        matrix[key] = _cell(row, where)
    return matrix


def _entry(rows: list[Any], top: int) -> dict[tuple[int, int], int]:
    entry: dict[tuple[int, int], int] = {}
    for row in rows:
        if not isinstance(row, dict):
            raise ProtocolError("Entry: every row names severity, complexity and tier.")
        severity, complexity, tier = (_need(row, name, int, "Entry") for name in ("severity", "complexity", "tier"))
        if not 1 <= tier <= top:
            raise ProtocolError(f"Entry for severity {severity}, complexity {complexity}: no level {tier}.")
        entry[severity, complexity] = tier
    return entry


def _impact(rows: Mapping[str, Any]) -> dict[str, int]:
    for words, severity in rows.items():
        if severity not in (1, 2, 3, 4) or isinstance(severity, bool):
            raise ProtocolError(f"Impact “{words}”: severity must be 1 to 4, not {severity!r}.")
    return dict(rows)


def _topics(rows: Mapping[str, Any]) -> dict[str, Topic]:
    topics = {}
    for slug, row in rows.items():
        where = f"Topic “{slug}”"
        if not isinstance(row, dict):
            raise ProtocolError(f"{where}: is an object with escalation, under and skill.")
        policy = _name(row, "escalation", where)
        if policy is not None and policy not in POLICIES:
            raise ProtocolError(f"{where}: “escalation” is one of {', '.join(POLICIES)}, not “{policy}”.")
        topics[slug] = Topic(_name(row, "under", where), policy, _name(row, "skill", where))
    for slug, topic in topics.items():
        seen, above = {slug}, topic.under
        while above is not None:
            if above in seen:
                raise ProtocolError(f"Topic “{slug}”: stands under itself.")
            seen.add(above)
            if len(seen) > DEEPEST:
                raise ProtocolError(f"Topic “{slug}”: stands more than {DEEPEST} topics deep.")
            above = topics[above].under if above in topics else None
    return topics


def _name(row: Mapping[str, Any], name: str, where: str) -> str | None:
    return None if row.get(name) is None else _need(row, name, str, where)


def _guidelines(rows: list[Any]) -> tuple[Guideline, ...]:
    found: dict[str, Guideline] = {}
    for number, row in enumerate(rows, start=1):
        where = f"Guideline {number}"
        if not isinstance(row, dict):
            raise ProtocolError(f"{where}: is an object with id, verdict, because and when.")
        name, verdict = _need(row, "id", str, where), _need(row, "verdict", str, where)
        if verdict not in VERDICTS:
            raise ProtocolError(f"{where}: “verdict” is one of {', '.join(VERDICTS)}, not “{verdict}”.")
        if name in found:
            raise ProtocolError(f"{where}: the id “{name}” stands twice.")
        because, when = _need(row, "because", str, where), _need(row, "when", dict, where)
        if not because.strip() or not when:
            raise ProtocolError(f"{where}: says why, and when it holds.")
        for condition, value in when.items():
            kind = CONDITIONS.get(condition)
            if kind is None:
                raise ProtocolError(f"{where}: “{condition}” is no condition. Known: {', '.join(CONDITIONS)}.")
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise ProtocolError(f"{where}: “{condition}” is not a {kind.__name__}.")
        found[name] = Guideline(name, verdict, because, when)
    return tuple(found.values())


def _fast_tier(document: Mapping[str, Any], top: int) -> int | None:
    if document.get("fast_lane") is None:
        return None
    tier = _need(_need(document, "fast_lane", dict, "Protocol"), "tier", int, "Fast lane")
    if not 1 <= tier <= top:
        raise ProtocolError(f"Fast lane: no level {tier}.")
    return tier


def _upset(document: Mapping[str, Any]) -> Upset:
    if document.get("upset") is None:
        return Upset()
    where, row = "Upset customers", _need(document, "upset", dict, "Protocol")
    percent = _need({"update_percent": 100} | row, "update_percent", int, where)
    if not LEAST_PERCENT <= percent <= 100:
        raise ProtocolError(f"{where}: “update_percent” is {LEAST_PERCENT} to 100, not {percent}.")
    lists = _need({"words": {}} | row, "words", dict, where)
    words = {language: _texts(lists, language, where) for language in lists}
    for language, found in words.items():
        if len(found) > MOST_WORDS:
            raise ProtocolError(f"{where}: more than {MOST_WORDS} words in “{language}”.")
        for word in found:
            if not word.strip() or len(word) > LONGEST_WORD:
                raise ProtocolError(f"{where}: a word or phrase has 1 to {LONGEST_WORD} letters.")
    return Upset(percent, words)


def _skills(rows: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {team: _texts(rows, team, "Skills") for team in rows}


def parse(label: str, document: Mapping[str, Any]) -> Protocol:
    """The protocol a document describes. Raises ProtocolError with the place and the reason."""
    for name, most in MOST.items():
        if isinstance(document.get(name), list | dict) and len(document[name]) > most:
            raise ProtocolError(f"Protocol: more than {most} {name}.")
    tiers = tuple(_tier(n, row) for n, row in enumerate(_need(document, "tiers", list, "Protocol"), start=1))
    if not tiers:
        raise ProtocolError("A protocol needs at least one level.")
    entry = _entry(_need(document, "entry", list, "Protocol"), len(tiers))
    windows = _need(document, "windows", dict, "Protocol")
    names = ("lapse", "nudge", "confirm", "survey_after_yes", "survey_after_silence", "reopen")
    return Protocol(
        label=label,
        name=_need(document, "name", str, "Protocol"),
        tiers=tiers,
        matrix=_matrix(_need(document, "matrix", list, "Protocol")),
        entry=entry,
        impact=_impact(_need(document, "impact", dict, "Protocol")),
        windows=Windows(
            calendar=_need(windows, "calendar", str, "Windows"),
            **{name: _seconds(windows, name, "Windows") for name in names},
        ),
        document=document,
        topics=_topics(_need({"topics": {}} | dict(document), "topics", dict, "Protocol")),
        skills=_skills(_need({"skills": {}} | dict(document), "skills", dict, "Protocol")),
        guidelines=_guidelines(_need({"guidelines": []} | dict(document), "guidelines", list, "Protocol")),
        fast_tier=_fast_tier(document, len(tiers)),
        upset=_upset(document),
        currency=_need({"currency": ""} | dict(document), "currency", str, "Protocol"),
    )
