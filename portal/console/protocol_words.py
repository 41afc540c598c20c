"""The words of a protocol's pages: times, actions, targets, conditions; and the names behind its slugs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cases.models import Category, Severity, Team, User
from escalation.book import calendars_at
from escalation.changes import Change, changes
from escalation.protocol import ANY, Protocol, Step
from escalation.worktime import ROUND_THE_CLOCK, Calendar
from portal.templatetags.times import exact_words, worktime_words

ACTIONS = {
    "reassign": "Give them the case",
    "assign": "Give it to one person: the one named, or who is on duty with the fewest cases",
    "notify": "Tell them",
    "message_customer": "Tell the customer",
    "raise_severity": "Raise the severity by one",
    "call_task": "Have somebody call the customer",
    "webhook": "Send it to a webhook",
}
#: Who hears of a missed time, besides targets as steps have them.
TOLD = {"owner": "The owner of the case", "lead": "The lead of its team", "supervisor": "The lead one level up"}
TARGETS = {
    "team": "Team", "duty": "On duty in", "lead": "Lead of", "role": "Role", "person": "Person", "webhook": "Webhook",
}  # fmt: skip
TIMES = {
    "review": "SLA review", "acknowledge": "Acknowledge", "update": "Update every", "refer_up": "Refer up after", "resolve": "Answer by",
}  # fmt: skip
POLICIES = {"allowed": "Staff may pass it up", "required": "Has to be passed up", "never": "Never by hand"}
VERDICTS = {"must": "must", "should": "should", "may": "may"}
CONDITIONS = {
    "severity_at_most": lambda v, n: f"severity is {severity(v)}" + (" or more urgent" if v > 1 else ""),
    "complexity_at_least": lambda v, n: f"complexity is {v}" + (" or more" if v < 3 else ""),
    "tier_at_most": lambda v, n: f"it is at level {v}" + (" or below" if v > 1 else ""),
    "rejections_at_least": lambda v, n: f"the customer said “not fixed” {times(v)}",
    "broken_at_least": lambda v, n: f"{v} or more promises to the customer were broken",
    "open_longer_than": lambda v, n: f"open for more than {worktime_words(v, ROUND_THE_CLOCK)}",
    "supervisor_asked": lambda v, n: "the customer asked for a supervisor" if v else "nobody asked for a supervisor",
    "categories": lambda v, n: f"topic is {' or '.join(n.topic(slug) for slug in v)}",
    "segments": lambda v, n: f"customer is of {' or '.join(f'“{one}”' if one else 'no segment' for one in v)}",
}


def severity(number: int) -> str:
    """'Critical'; the bare number for one that does not exist."""
    return str(dict(Severity.choices).get(number, number))


def times(number: int) -> str:
    """'once or more', 'twice or more', '3 times or more'."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times") + " or more"


@dataclass(frozen=True)
class Names:
    """What slugs are called, and the calendars in force, read once for a page."""

    topics: Mapping[str, str] = field(default_factory=dict)
    active: tuple[str, ...] = ()  # topics customers can choose, in their order
    teams: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    @classmethod
    def read(cls, at: datetime) -> Names:
        """Two queries and the calendars."""
        rows = list(Category.objects.values_list("slug", "name", "is_active"))
        teams = list(Team.objects.select_related("lead").order_by("name"))
        return cls(
            topics={slug: name for slug, name, _ in rows},
            active=tuple(slug for slug, _, active in rows if active),
            teams={team.slug: team.name for team in teams},
            leads={team.slug: str(team.lead) for team in teams if team.lead},
            calendars=calendars_at(at),
        )

    def topic(self, slug: str) -> str:
        return "Every topic" if slug == ANY else self.topics.get(slug, f"{slug} (no such topic)")

    def team(self, slug: str) -> str:
        return self.teams.get(slug, f"{slug} (no such team)")

    def calendar(self, key: str) -> str:
        """'Round the clock', 'office hours' for the calendar “office”."""
        found = self.calendars.get(key)
        if found is None:
            return f"“{key}” (not published)"
        return "Round the clock" if found.always else f"“{key}”"

    def spell(self, seconds: int | None, calendar: str = "") -> str:
        """'8 working hours'; round the clock without a calendar; '-' for nothing."""
        if seconds is None:
            return "-"
        found = self.calendars.get(calendar) if calendar else ROUND_THE_CLOCK
        if found is None or seconds % 60:
            return exact_words(seconds)
        return worktime_words(seconds, found)

    def address(self, address: str) -> str:
        """'The owner of the case', 'Lead of Customer support managers', 'On duty in Payments'."""
        if address in TOLD:
            return TOLD[address]
        kind, _, name = address.partition(":")
        of_team = kind in ("team", "duty", "lead")
        return f"{TARGETS.get(kind, kind)} {self.team(name) if of_team else f'“{name}”' if kind == 'role' else name}"

    def told(self, addresses: Iterable[str]) -> str:
        """Who is told, shortened: 'owner, lead of the team'."""
        short = {"owner": "owner", "lead": "lead", "supervisor": "lead one level up"}
        return ", ".join(short.get(address) or self.address(address) for address in addresses) or "nobody"

    def conditions(self, when: Mapping[str, Any]) -> list[str]:
        """What has to hold, a phrase each."""
        return [CONDITIONS[name](value, self) for name, value in when.items()]


def action_words(actions: Iterable[str]) -> str:
    """'give them the case, tell them'."""
    words = [ACTIONS[action] for action in actions]
    return ", ".join(word[0].lower() + word[1:] for word in words) or "nothing"


def between(old: Protocol | None, new: Protocol, names: Names) -> tuple[Change, ...]:
    """What changed, in words without codes; nothing when there is nothing to compare with."""
    if old is None:
        return ()
    found = changes(old, new, spell=names.spell, topics=names.topics)
    return tuple(_reworded(change, old, new, names) for change in found)


def _reworded(change: Change, old: Protocol, new: Protocol, names: Names) -> Change:
    """The same change, with names instead of slugs and sentences instead of codes."""
    what = change.what
    if change.where == "Skills":
        what = names.team(what)
    before, after = (
        change_words(protocol, change, names) or said for protocol, said in ((old, change.before), (new, change.after))
    )
    return replace(change, what=what, before=before, after=after)


def change_words(protocol: Protocol, change: Change, names: Names) -> str:
    """One side of a change in words; empty where it is in words already."""
    if change.where == "Guidelines":
        rules = [rule for rule in protocol.guidelines if rule.id == change.what]
        return "".join(f"Staff {r.verdict} pass up when {', and '.join(names.conditions(r.when))}" for r in rules)
    if change.key and change.key in protocol.matrix and change.what in ("Calendar", "Told of a miss"):
        cell = protocol.matrix[change.key]
        return names.calendar(cell.calendar) if change.what == "Calendar" else names.told(cell.told)
    ordinal = int(change.where.removeprefix("Level ")) if change.where.startswith("Level ") else 0
    if not 1 <= ordinal <= protocol.top:
        return ""
    tier = protocol.tier(ordinal)
    return {
        "Team": ", ".join(names.team(team) for team in tier.all_teams),
        "On arrival": action_words(tier.on_arrival),
        "Steps": "; ".join(step_words(step, names) for step in tier.steps),
    }.get(change.what, "")


def step_words(step: Step, names: Names) -> str:
    """'after 30 minutes, 2 times, Lead of Payments: tell them'."""
    often = f", {step.repeat} times" if step.repeat > 1 else ""
    return f"after {names.spell(step.after)}{often}, {names.address(step.target)}: {action_words(step.actions)}"


def people(pks: Iterable[int]) -> str:
    """'Dana Voss and Ivo Novak'."""
    found = [str(user) for user in User.objects.filter(pk__in=list(pks)).order_by("name")]
    return " and ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)
