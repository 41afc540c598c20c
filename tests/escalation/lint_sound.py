"""Random protocols with nothing wrong with them, on calendars and with people that fit: the ground defects are put in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from escalation.calendars import DAY, Window, holidays_between
from escalation.lint import Finding, World, lint
from escalation.lint.world import all_letters
from escalation.protocol import Protocol
from escalation.reading import parse
from escalation.rota import Crew, Roster, Turn
from escalation.worktime import Calendar

AT = datetime(2026, 3, 18, 10, 20, tzinfo=UTC)  # 28 days with a change to summer time and Easter in them
H = 3600
TOPICS = ("orders", "billing", "account", "delivery", "technical", "other")
ZONES = (("Europe/London", "GB"), ("Europe/Berlin", "DE"), ("America/New_York", "US"), ("Asia/Tokyo", "JP"))
ACTIONS = (["notify"], ["notify", "message_customer"], ["call_task"], ["assign", "notify"])
GUIDELINES = (
    {"id": "critical", "verdict": "must", "when": {"severity_at_most": 1, "tier_at_most": 1}},
    {"id": "hard", "verdict": "should", "when": {"complexity_at_least": 3}},
    {"id": "asked", "verdict": "should", "when": {"supervisor_asked": True}},
    {"id": "refused", "verdict": "may", "when": {"rejections_at_least": 2, "severity_at_most": 3}},
    {"id": "broken", "verdict": "should", "when": {"broken_at_least": 1, "open_longer_than": 86400}},
    {"id": "loud", "verdict": "may", "when": {"segments": ["gold"], "severity_at_most": 2}},
)


@dataclass
class Draft:
    """A protocol one can still change, with its calendars and its world; `twists` change what is read of it."""

    rng: random.Random
    document: dict[str, Any]
    calendars: dict[str, Calendar]
    crews: dict[str, Crew]
    active: set[int]
    world: dict[str, Any]
    twists: list[Callable[[Protocol], Protocol]] = field(default_factory=list)
    at: datetime = AT

    def lint(self) -> tuple[Finding, ...]:
        protocol = parse("random@1", self.document)
        for twist in self.twists:
            protocol = twist(protocol)
        roster = Roster(self.crews, active=frozenset(self.active))
        return lint(protocol, self.calendars, World(roster=roster, **self.world), self.at)

    @property
    def tiers(self) -> list[dict[str, Any]]:
        return self.document["tiers"]

    @property
    def top(self) -> int:
        return len(self.tiers)

    @property
    def matrix(self) -> list[dict[str, Any]]:
        return self.document["matrix"]

    @property
    def topics(self) -> list[str]:
        return list(self.world["categories"])

    def rows(self, **wanted: Any) -> list[dict[str, Any]]:
        """Rows of the matrix a case can meet, with these values."""
        used = [r for r in self.matrix if r["category"] != "*" or any(not self.has_own(t) for t in self.topics)]
        return [row for row in used if all(row[name] == value for name, value in wanted.items())]

    def has_own(self, topic: str) -> bool:
        return any(row["category"] == topic for row in self.matrix)

    def row(self, **wanted: Any) -> dict[str, Any]:
        """Any one of them."""
        return self.rng.choice(self.rows(**wanted))

    def hire(self, slug: str, count: int = 2, **more: Any) -> list[int]:
        """A new team with new people."""
        first = max(self.active, default=0) + 1
        people = list(range(first, first + count))
        self.active.update(people)
        self.world["names"] |= {person: f"Person {person}" for person in people}
        self.world["team_names"][slug] = slug.replace("-", " ").capitalize()
        self.crews[slug] = Crew(frozenset(people), people[0] if people else None, **more)
        return people


def sound(seed: int) -> Draft:
    """A random protocol without a flaw; the same seed gives the same one."""
    rng = random.Random(seed)
    zone, country = rng.choice(ZONES)
    topics = list(TOPICS[: rng.randint(1, 6)])
    letters = rng.choice((("en",), ("en", "de")))
    draft = Draft(
        rng,
        {"name": f"Random {seed}", "currency": rng.choice(("EUR", "GBP"))},
        _calendars(rng, zone, country),
        {},
        set(),
        {
            "categories": {topic: topic.capitalize() for topic in topics},
            "names": {},
            "team_names": {},
            "channels": frozenset({"email"}),
            "letters": all_letters(letters),
            "languages": letters,
            "webhooks": {"pager": "https://pager.example.net/hook"},
            "own_hosts": frozenset({"support.example.com"}),
            "zone": zone,
        },
    )
    _levels(draft, zone)
    calendars = _times(draft)
    _words(draft)
    for tier in range(1, draft.top + 1):
        draft.tiers[tier - 1]["steps"] = list(_steps(draft, tier))
    if calendars[0] == "always":
        _fast_lane(draft)
    used = {*calendars, "always", draft.document["windows"]["calendar"]}
    draft.calendars = {key: calendar for key, calendar in draft.calendars.items() if key in used}
    return draft


def _calendars(rng: random.Random, zone: str, country: str) -> dict[str, Calendar]:
    """Each open whenever the one after it is: a slower calendar never makes a more urgent case slower."""
    opens, closes = rng.choice((8, 9, 10)) * 60, rng.choice((16, 17, 18)) * 60 + 30
    days_off = holidays_between(country, None, 2025, 2028)
    return {
        "always": Calendar("always@1", "UTC", always=True),
        "daily": Calendar("daily@1", zone, tuple(Window(day, 8 * 60, 20 * 60) for day in range(7))),
        "office": Calendar("office@1", zone, tuple(Window(day, opens, closes) for day in range(5)), days_off),
    }


def _levels(draft: Draft, zone: str) -> None:
    rng, limit = draft.rng, 0
    draft.document["tiers"] = tiers = []
    for ordinal in range(1, rng.randint(2, 6) + 1):
        team = f"team-{ordinal}"
        if rng.random() < 0.5:
            draft.hire(team, rng.randint(1, 4))
        else:  # a rota of two who take turns round the clock
            first, second = draft.hire(team)
            edge = rng.choice((6, 8, 12)) * 60
            turns = [Turn(first, Window(day, edge, DAY), date(2026, 1, 1)) for day in range(7)]
            turns += [Turn(second, Window(day, 0, edge), date(2026, 1, 1)) for day in range(7)]
            draft.crews[team] = Crew(frozenset({first, second}), first, zone, tuple(turns))
        limit += rng.choice((0, 50, 500))
        on_arrival = rng.choice((["reassign", "notify", "message_customer"], ["reassign", "notify", "call_task"]))
        tiers.append(
            {"name": f"Level {ordinal}", "team": team, "on_arrival": list(on_arrival), "refund_limit": limit, "steps": []}
        )  # fmt: skip
    draft.hire("night-watch", 2)
    people = sorted(draft.active)
    draft.world["roles"] = {"Supervisors": tuple(people[:2])}
    draft.world["staff"] = {f"person{person}@example.com": person for person in people}


def _times(draft: Draft) -> list[str]:
    """Fills the matrix and gives the calendar of each severity: more urgent never counts on fewer hours."""
    rng, order = draft.rng, list(draft.calendars)
    calendars = [order[place] for place in sorted(rng.choice(((0, 0, 2, 2), (0, 2, 2, 2), (1, 2, 2, 2), (0, 1, 2, 2))))]
    draft.document["matrix"] = matrix = []
    rows = ["*"] + (draft.topics[:1] if rng.random() < 0.4 else [])
    minutes = rng.choice((20, 40, 60))
    review, update, refer_up, resolve = (rng.choice(range(*span)) for span in ((2, 5), (3, 6), (2, 8), (8, 12)))
    growth, hurry = rng.choice((2, 3)), rng.choice((1, 2))
    for category in rows:
        for severity in (1, 2, 3, 4):
            for tier in range(1, draft.top + 1):
                own = minutes * 60 * growth ** (severity - 1) // (1 if category == "*" else hurry)
                acknowledge = own * (10 - tier) // 9
                matrix.append(
                    {
                        "category": category, "severity": severity, "tier": tier, "calendar": calendars[severity - 1],
                        "review": acknowledge // review, "acknowledge": acknowledge, "update": own * update,
                        "refer_up": own * refer_up if tier < draft.top else None, "resolve": own * resolve,
                        "told": rng.choice((["owner", "lead"], ["lead"], ["supervisor", "lead"], ["team:night-watch"])),
                    }
                )  # fmt: skip
    return calendars


def _words(draft: Draft) -> None:
    """Start, impact, topics, guidelines and the times that do not depend on the matrix."""
    rng, document = draft.rng, draft.document
    document["entry"] = [
        {"severity": severity, "complexity": complexity, "tier": rng.randint(1, draft.top)}
        for severity in (1, 2, 3, 4)
        for complexity in (1, 2, 3)
    ]
    words = ("blocked", "loss", "degraded", "question", "unsure")
    document["impact"] = {word: rng.randint(1, 4) for word in words} | {"blocked": rng.randint(1, 2)}
    document["windows"] = {
        "calendar": rng.choice(("office", "always")), "lapse": 10 * 24 * H, "nudge": 5 * 24 * H,
        "confirm": rng.randint(24, 90) * H, "survey_after_yes": H, "survey_after_silence": 24 * H,
        "reopen": rng.randint(1, 30) * 24 * H,
    }  # fmt: skip
    topics = {topic: {"escalation": rng.choice(("required", "allowed", "allowed", "never"))} for topic in draft.topics}
    if len(topics) > 2 and rng.random() < 0.5:
        topics["group"] = {"escalation": "allowed"}
        topics[draft.topics[1]] = {"under": "group"}  # its word is the group's
    document["topics"] = topics
    document["skills"] = {}
    if rng.random() < 0.4:
        topics[draft.topics[-1]]["skill"] = "law"
        document["skills"] = {tier["team"]: ["law"] for tier in draft.tiers}
    chosen = rng.sample(GUIDELINES, rng.randint(0, len(GUIDELINES)))
    document["guidelines"] = [dict(one, because="It is known to help.") for one in chosen]


def _steps(draft: Draft, tier: int) -> Iterator[dict[str, Any]]:
    """Up to three steps that all come before the longest acknowledgment of the level."""
    rng, team = draft.rng, draft.tiers[tier - 1]["team"]
    longest = max(min(row["acknowledge"], row["refer_up"] or 10**9) for row in draft.rows(tier=tier))
    for _ in range(rng.randint(0, 3)):
        kind = rng.choice(("team", "duty", "lead", "person", "role", "webhook", "watch"))
        target = {
            "person": "person:Person1@example.com",
            "role": "role:Supervisors",
            "webhook": "webhook:pager",
            "watch": "team:night-watch",
        }.get(kind, f"{kind}:{team}")
        actions = ["webhook"] if kind == "webhook" else list(rng.choice(ACTIONS))
        repeat = rng.choice((1, 1, 2))
        yield {"after": max(longest // 8, 1), "target": target, "actions": actions, "repeat": repeat}


def _fast_lane(draft: Draft) -> None:
    if draft.rng.random() < 0.7:
        draft.document["fast_lane"] = {"tier": draft.rng.randint(1, draft.top)}


def hours_later(draft: Draft, hours: int) -> datetime:
    """The full hour so many hours after the first one the linter looks at."""
    return draft.at.replace(minute=0) + timedelta(hours=hours + 1)
