"""The steps of a tier: what happens by itself, one after the other, while nobody has acknowledged the case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from escalation import facts as f
from escalation.altered import altered
from escalation.decision.ladder import step_clock, team_of
from escalation.facts import Alarm, Clock, ClockFact, Decision, Facts, Outcome, Tell
from escalation.protocol import Rules, Step, person_key
from escalation.timing import cheaper


def nobody_behind(target: str, empty: tuple[str, ...]) -> bool:
    """Whether a step's target is empty; a team stands in `empty` by its bare name."""
    return target in empty or target.removeprefix("team:") in empty


def step_due(facts: Facts, h: f.RanOut, rules: Rules) -> Decision:
    """1. Passes over steps nobody stands behind, at once and in red. 2. Does the next one's actions. 3. Winds the clock
    to the one after, from when this one was noticed: repeats missed meanwhile are one."""
    rungs = rules.protocol.tier(facts.tier).rungs
    taken, skipped, done = facts.step, [], None
    while taken < len(rungs) and done is None:
        step = rungs[taken]
        taken += 1
        if nobody_behind(step.target, h.empty):
            skipped.append(step.target)
        else:
            done = step
    alarms = (_passed_over(skipped),) if skipped else ()
    does = _Doing(facts, rules, h) if done is None else _Doing(facts, rules, h).all_of(done)
    here = altered(facts, **{k: v for k, v in does.changes.items() if k in ("severity", "team", "owner")})
    following = step_clock(taken, here, rules, max(h.at, h.now))
    return Decision(
        changes=does.changes | {"step": taken},
        ends={Clock.STEP: Outcome.ELAPSED} | does.ends,
        starts=(*does.starts, *following),
        changed=does.changed,
        tells=tuple(does.tells),
        alarms=alarms,
        instead=does.instead,
    )


def _passed_over(targets: list[str]) -> Alarm:
    return Alarm("empty_step", f"Nobody stands behind {', '.join(targets)}; the step was passed over.")


@dataclass
class _Doing:
    """What a step's actions come to."""

    facts: Facts
    rules: Rules
    h: f.RanOut
    changes: dict[str, Any] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    starts: tuple[ClockFact, ...] = ()
    changed: tuple[ClockFact, ...] = ()
    tells: list[Tell] = field(default_factory=list)
    instead: str = ""

    def all_of(self, step: Step) -> _Doing:
        for action in step.actions:
            getattr(self, f"do_{action}")(step.target)
        return self

    def do_notify(self, target: str) -> None:
        self.tells.append(Tell("not_acknowledged", target, {"step": self.facts.step + 1}))

    def do_call_task(self, target: str) -> None:
        self.tells.append(Tell("call_customer", target))

    def do_message_customer(self, target: str) -> None:
        self.tells.append(Tell("still_looking", "customer"))

    def do_webhook(self, target: str) -> None:
        self.tells.append(Tell("webhook", target))

    def do_reassign(self, target: str) -> None:
        if (team := team_of(target)) is not None:
            self.changes |= {"team": team, "owner": None}

    def do_assign(self, target: str) -> None:
        """To the person the step names; to whose turn it is in the team where it names none, or that one is not there."""
        if target.startswith("person:"):
            if (named := dict(self.h.picks).get(person_key(target))) is not None:
                self._give(named)
                return
            self.instead = "named_person"
        team = team_of(target) or self.changes.get("team", self.facts.team)
        if team is not None and (person := dict(self.h.picks).get(team)) is not None:
            self.changes["team"] = team
            self._give(person)

    def _give(self, person: int) -> None:
        self.changes["owner"] = person
        self.tells.append(Tell("handed_to_you", f"user:{person}"))

    def do_raise_severity(self, target: str) -> None:
        severity = max(1, self.facts.severity - 1)
        if severity == self.facts.severity:
            return
        self.changes["severity"] = severity
        self.ends, self.starts, self.changed = cheaper(
            self.facts, altered(self.facts, severity=severity), self.rules, self.h.at
        )
        self.tells.append(Tell("priority_set", "customer"))
