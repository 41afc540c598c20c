"""What each event of a case is called in its timeline, and what a colleague just did by it; a family has a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cases.lifecycle import State
from cases.models import Severity
from escalation.facts import Clock
from escalation.verbs.customer import SUPERVISOR_REASONS
from portal.console.guidance import rule_words

Data = dict[str, Any]
#: Timers of ours whose end is an act: what stands in the timeline when they run out.
TIMERS = {
    Clock.STEP: "Nobody had acknowledged: the level’s next step",
    Clock.JUSTIFY: "Nobody has said why it was an emergency",
    Clock.HAND_OVER: "Nobody answered the hand-over: the case stays where it is",
}


def severity_words(data: Data) -> str:
    """The severity after an event, by its name: 'High', 'High, was Medium' where `was` says it was another."""
    now = str(Severity(data["severity"]).label)
    return f"{now}, was {Severity(data['was']).label}" if "was" in data else now


def letter_words(kind: str) -> str:
    """'question': a letter's kind as it stands in a sentence."""
    return kind.replace("_", " ")


def _missed(data: Data) -> str:
    kind = data["args"]["kind"]
    up = f"; passed up to level {data['tier']}" if data["from"] != data["to"] or "review" in data["started"] else ""
    return f"Missed: {Clock.NAMES[kind]}{up}"


def _ran_out(data: Data) -> str:
    kind = data["args"]["kind"]
    return TIMERS.get(kind) or f"Time over: {Clock.NAMES[kind]}"


def _assessed(data: Data) -> str:
    """The first time it places a case; later it changes its severity, or what else is known of it."""
    if data["from"] == State.NEW:
        return f"Assessed: {severity_words(data)}, complexity {data['args']['complexity']}"
    if "was" in data:
        return f"Severity changed: {severity_words(data)}"
    return f"Assessed again: {severity_words(data)}, complexity {data['args']['complexity']}"


def _version(data: Data) -> str:
    return f"Moved to version {data['args']['to'].partition('@')[2]} of the protocol"


def _wrote(data: Data) -> str:
    if data["args"]["channel"] == "phone":
        return "The customer told us on the phone"
    return "The customer’s e-mail, put here by hand" if "mail" in data else "The customer wrote"


def _noted(data: Data) -> str:
    return "Investigation" if "investigation" in data else "What was tried" if "tried" in data else "Internal note"


#: Event kind -> (what stands in the timeline, what a colleague just did, for the sentence to a late writer).
EVENTS: dict[str, tuple[Callable[[Data], str], str]] = {
    "filed": (lambda d: "Case filed", "filed this"),
    "assessed": (_assessed, "assessed this"),
    "escalated": (lambda d: f"Passed up to level {d['tier']}", "passed this up"),
    "missed": (_missed, "missed a time"),
    "ran_out": (_ran_out, "let a time run out"),
    "warned": (lambda d: f"Due soon: {Clock.NAMES[d['args']['kind']]}", "gave a warning"),
    "reviewed": (lambda d: f"SLA review confirmed: {severity_words(d)}", "confirmed the SLA review"),
    "acknowledged": (lambda d: "Acknowledged", "acknowledged this"),
    "updated": (lambda d: "Update to the customer", "sent an update"),
    "promise_moved": (lambda d: "The time we gave was moved", "moved the time"),
    "asked_customer": (lambda d: "Question to the customer", "asked the customer"),
    "customer_wrote": (_wrote, "wrote"),
    "waits_for_partner": (lambda d: f"Waiting for {d['args']['partner']}", "set this to wait for another company"),
    "partner_answered": (lambda d: "The other company answered", "noted that the other company answered"),
    "handed_over": (lambda d: "Handed over", "handed this over"),
    "returned_down": (lambda d: f"Returned to level {d['tier']}", "returned this to the level below"),
    "answered": (lambda d: "Answer proposed", "proposed an answer"),
    "accepted": (lambda d: "The customer says it is fixed", "said it is fixed"),
    "rejected": (lambda d: "The customer says it is not fixed", "said it is not fixed"),
    "reopened": (
        lambda d: "Opened again by a mail that was put here" if "mail" in d else "Opened again by the customer",
        "opened this again",
    ),
    "withdrawn": (lambda d: "Withdrawn by the customer", "withdrew this"),
    "merged": (lambda d: f"Joined to {d['args']['into']}", "joined this to another case"),
    "closed": (lambda d: "Closed", "closed this"),
    "supervisor_asked": (
        lambda d: f"Asked for a supervisor: {SUPERVISOR_REASONS.get(d['args']['reason'], 'no reason given')}",
        "asked for a supervisor",
    ),
    "supervisor_answered": (
        lambda d: "Answered as supervisor" + (", and passed up" if d["args"]["granted"] else ""),
        "answered as supervisor",
    ),
    "owner_lost": (lambda d: "The owner is no longer here", "found the owner gone"),
    "noted": (_noted, "wrote a note"),
    "apologised": (lambda d: "Apology", "apologised"),
    "emergency": (lambda d: f"Emergency: {severity_words(d)}; up to level {d['tier']}", "sent this up as an emergency"),
    "justified": (lambda d: "Why it was an emergency", "said why it was an emergency"),
    "kept": (lambda d: f"Kept at level {d['tier']}, against {rule_words(d['args']['rule'])}", "kept this here"),
    "offered": (lambda d: "Offered to a colleague", "offered this to a colleague"),
    "offer_accepted": (lambda d: "Hand-over accepted", "accepted this"),
    "offer_returned": (lambda d: "Hand-over returned", "returned the hand-over"),
    "offer_withdrawn": (lambda d: "Hand-over taken back", "took the hand-over back"),
    "helped_back": (lambda d: f"Sent back to level {d['tier']} with help", "sent this back with help"),
    "marked_upset": (lambda d: "Customer marked as upset", "marked the customer as upset"),
    "calmed": (lambda d: "Customer is calm again", "marked the customer as calm"),
    "task_added": (lambda d: "Task added", "added a task"),
    "task_changed": (lambda d: "Task changed", "changed a task"),
    "task_finished": (lambda d: "Task done", "did a task"),
    "task_dropped": (lambda d: "Task not needed", "took a task off the plan"),
    "tasks_overdue": (lambda d: "At risk: a task is overdue", "found a task overdue"),
    "expert_asked": (lambda d: "An expert is asked", "asked an expert"),
    "expert_answered": (lambda d: "The expert answered", "answered as expert"),
    "question_taken_back": (lambda d: "Question to an expert taken back", "took a question back"),
    "questions_overdue": (lambda d: "An expert has not answered in time", "found a question unanswered"),
    "told_by_phone": (
        lambda d: f"Told on the phone: {letter_words(d['args']['letter'])}",
        "told the customer on the phone",
    ),
    "gave_up": (lambda d: f"No more tries to deliver: {letter_words(d['args']['letter'])}", "gave up on a message"),
    "address_corrected": (lambda d: "The customer’s address was corrected", "corrected the customer’s address"),
    "we_called": (lambda d: "Call to the customer", "called the customer"),
    "question_lost": (lambda d: "Our question did not arrive: the clocks go on", "put the clocks back"),
    "adopted": (_version, "moved this to another version of the protocol"),
    "topic_changed": (lambda d: f"Topic changed to {d['args']['category'].replace('-', ' ')}", "changed the topic"),
    "reminded": (lambda d: "Reminded who has it", "reminded who has this"),
}
