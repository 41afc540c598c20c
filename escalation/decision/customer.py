"""What customers do: file, write, accept, reject, reopen, withdraw, ask for a supervisor."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from cases.lifecycle import State
from escalation import facts as f
from escalation.altered import altered
from escalation.decision.ladder import (
    NotNow,
    assigned,
    cancel,
    empty_alarms,
    first_step,
    staffed_tier,
    supervisor_clock,
    tier_clocks,
)
from escalation.facts import Clock, Decision, Facts, Happening, Tell
from escalation.protocol import Rules
from escalation.timing import resumed, round_the_clock


def filed(facts: Facts, h: f.Filed, rules: Rules) -> Decision:
    to, skipped = staffed_tier(facts, rules, facts.tier, h.empty)
    team = rules.protocol.team_at(to, facts.category)
    here = altered(facts, tier=to)
    owner = {"owner": person} if (person := assigned(rules, to, team, h.picks)) is not None else {}
    return Decision(
        changes={"team": team, "tier": to} | owner,
        starts=tier_clocks(here, rules, h.at, Clock.REVIEW) + first_step(here, rules, h.at),
        tells=(Tell("received", "customer"), Tell("case_for_team", f"team:{team}")),
        alarms=empty_alarms(rules, skipped),
    )


def _reader(facts: Facts) -> str:
    """Who is told that the customer wrote: one person, not everybody who could take the case."""
    return "owner" if facts.owner else f"lead:{facts.team}"


def customer_wrote(facts: Facts, h: f.CustomerWrote, rules: Rules) -> Decision:
    unread = {"unread": h.unread} if h.unread else {}
    told = (Tell("customer_wrote", _reader(facts), unread | ({"crossed": True} if h.crossed else {})),)
    if facts.state != State.WAITING_CUSTOMER or h.automatic or h.crossed:
        return Decision(tells=told)
    again = tuple(resumed(clock, h.at, rules) for clock in facts.clocks.values() if clock.paused_at)
    return Decision(move="resume", ends=cancel(facts, Clock.LAPSE, met=(Clock.LAPSE,)), changed=again, tells=told)


def accepted(facts: Facts, h: f.Accepted, rules: Rules) -> Decision:
    windows = rules.protocol.windows
    return Decision(
        move="accept",
        changes={"resolved_at": h.at},
        ends=cancel(facts, *Clock.OF_WORK, met=(Clock.CONFIRM,)),
        starts=(
            round_the_clock(Clock.SURVEY, rules, windows.survey_after_yes, h.at),
            round_the_clock(Clock.CLOSING, rules, windows.reopen, h.at),
        ),
        tells=(Tell("accepted", "owner"),) if facts.owner else (),
    )


def rejected(facts: Facts, h: f.Rejected, rules: Rules) -> Decision:
    return _back_to_work(facts, h, rules, "reject", {"rejections": facts.rejections + 1})


def reopened(facts: Facts, h: f.Reopened, rules: Rules) -> Decision:
    since = facts.settled_at
    # The past is not refused: what another system let happen has happened.
    if since is not None and not facts.history and (h.at - since).total_seconds() > rules.protocol.windows.reopen:
        raise NotNow(_("The time to reopen this case is over. Start a new case; we will see this one beside it."))
    return _back_to_work(facts, h, rules, "reopen", {})


def _back_to_work(facts: Facts, h: Happening, rules: Rules, move: str, changes: dict[str, Any]) -> Decision:
    """The same people go on at the same level, with new clocks: closed time is never counted."""
    return Decision(
        move=move,
        changes=changes | {"resolved_at": None, "closed_at": None},
        ends=cancel(facts, *Clock.OF_WORK, met=(Clock.CONFIRM,)),
        starts=tier_clocks(facts, rules, h.at, Clock.REPLY, Clock.REFER_UP, Clock.RESOLVE),
        tells=(Tell("reopened", "customer"), Tell("customer_wrote", _reader(facts), {"reopened": True})),
    )


def supervisor_asked(facts: Facts, h: f.SupervisorAsked, rules: Rules) -> Decision:
    if Clock.SUPERVISOR in facts.clocks:
        raise NotNow(_("A supervisor has already been asked. You can add to your request with a message."))
    return Decision(
        starts=(supervisor_clock(facts, rules, h.at),),
        tells=(Tell("supervisor_asked", "customer"), Tell("supervisor_wanted", "supervisor", {"reason": h.reason})),
    )


def withdrawn(facts: Facts, h: f.Withdrawn, rules: Rules) -> Decision:
    return Decision(
        move="withdraw",
        changes={"closed_at": h.at},
        ends=cancel(facts, *Clock.ALL),
        clears=("unjustified",),
        tells=(Tell("withdrawn", "owner"),) if facts.owner else (),
    )
