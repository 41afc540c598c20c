"""Acts that move a case: its urgency, its level, its people, its rules, its end."""

from __future__ import annotations

from datetime import datetime

from cases.models import User
from escalation import facts as f
from escalation.book import rules_of
from escalation.decision.ladder import next_tier
from escalation.turn import Turn
from portal.console import forms
from portal.console.deeds.deed import Deed, Given, empty, plain


def _pass_up(turn: Turn) -> str:
    to, _ = next_tier(turn.facts(), turn.rules, empty(turn))
    return f"Pass up to level {to}" if to else "Pass up"


def _assessed(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    category = given["category"] or turn.case.category
    return f.Assessed(
        at=at, now=at, severity=int(given["severity"]), complexity=int(given["complexity"]),
        category=category.slug, by=by.pk, empty=empty(turn),
    )  # fmt: skip


def _other_severity(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    case = turn.case
    return f.Assessed(
        at=at, now=at, severity=int(given["severity"]), complexity=case.complexity,
        category=case.category.slug, by=by.pk, empty=empty(turn),
    )  # fmt: skip


def _adopted(turn: Turn, given: Given, by: User, at: datetime) -> f.Happening:
    """As the verb: from here on the copy is under the other version."""
    to = given.get("to") or turn.case.protocol
    turn.rules, turn.case.protocol = rules_of(to), to
    return f.Adopted(at=at, now=at, to=to, by=by.pk)


MOVE: dict[str, Deed] = {
    "assess": Deed(
        forms.Assess,
        lambda turn: "Set the priority",
        "Priority set.",
        _assessed,
        "How urgent and how complex it is decides the level, the times, and what the customer is told.",
    ),
    "change_severity": Deed(
        forms.ChangeSeverity,
        plain("Change the severity"),
        "Severity changed. The customer is told, with your reason.",
        _other_severity,
        "A time we gave may come earlier by it, never later: less urgent counts from the next time on.",
    ),
    "review": Deed(
        forms.Review,
        lambda turn: f"Confirm SLA review at level {turn.case.tier}",
        "SLA review confirmed.",
        lambda turn, given, by, at: f.Reviewed(at=at, now=at, severity=int(given["severity"]), by=by.pk),
        "Confirm the severity and the times for this level.",
    ),
    "acknowledge": Deed(
        forms.ActForm,
        plain("Acknowledge: I have it"),
        "Acknowledged. The customer is told that you have it.",
        lambda turn, given, by, at: f.Acknowledged(at=at, now=at, by=by.pk),
        "You become the named person on this case.",
    ),
    "escalate": Deed(
        forms.PassUp,
        _pass_up,
        "Passed up.",
        lambda turn, given, by, at: f.Escalated(at=at, now=at, by=by.pk, empty=empty(turn)),
        "The level above gets the case with new times; the customer reads your reason.",
    ),
    "return_down": Deed(
        forms.Reason,
        lambda turn: f"Return to level {turn.case.tier - 1}",
        "Returned to the level below.",
        lambda turn, given, by, at: f.ReturnedDown(at=at, now=at, by=by.pk, empty=empty(turn)),
    ),
    "merge": Deed(
        forms.Merge,
        plain("Join to the other case"),
        "Joined to the other case.",
        lambda turn, given, by, at: f.Merged(
            at=at, now=at, into=getattr(given.get("into"), "reference", "the other case"), by=by.pk
        ),
        "The clocks of this case stop; nothing is deleted.",
    ),
    "emergency": Deed(
        forms.ActForm,
        lambda turn: f"Emergency: send up to level {turn.rules.protocol.fast_tier} now",
        "Sent up the fast lane. The people on duty are told. Say why when there is time, within a day.",
        lambda turn, given, by, at: f.Emergency(at=at, now=at, by=by.pk, empty=empty(turn)),
        "It becomes critical at once. Nobody asks you why now; the reason is asked for afterwards.",
    ),
    "justify": Deed(
        forms.WhyEmergency,
        plain("Save the reason"),
        "Reason saved.",
        lambda turn, given, by, at: f.Justified(at=at, now=at, by=by.pk),
    ),
    "keep": Deed(
        forms.WhyKept,
        plain("Keep it here"),
        "Kept here. Your reason is on the case.",
        # The rule is named by the verb; nothing that follows depends on it.
        lambda turn, given, by, at: f.Kept(at=at, now=at, by=by.pk, rule="", verdict=""),
        "Counts for this level, against this guideline.",
    ),
    "adopt": Deed(
        forms.Adopt,
        plain("Move this case"),
        "Moved. Times that come earlier are promised again; none is later.",
        _adopted,
        "A time may come earlier by it, never later.",
    ),
    "close": Deed(
        forms.ActForm,
        plain("Close the case"),
        "Closed.",
        lambda turn, given, by, at: f.Closed(at=at, now=at, by=by.pk),
    ),
}
