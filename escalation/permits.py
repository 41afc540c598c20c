"""Which verb is possible for whom and when, with the sentence that says why not: one table for every door."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.access import Viewer, takes_part, teams_of, workers
from cases.lifecycle import ACTIVE, FINAL, MOVES, OPEN, SETTLED, State
from cases.models import Case, Resolution, User
from escalation.facts import Clock
from escalation.turn import Turn

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

S = State


@dataclass(frozen=True, slots=True)
class Actor:
    """A person about to act: who they are and what they stand for."""

    user: User
    teams: frozenset[int]
    supervises: bool

    @classmethod
    def of(cls, user: User) -> Actor:
        """Looks up the person's teams (as member or lead) and whether they supervise."""
        teams = frozenset(teams_of(user).order_by().values_list("pk", flat=True))
        return cls(user, teams, user.has_perm("cases.supervise"))


@dataclass(frozen=True, slots=True)
class Permit:
    """One verb: its button's words, the states it fits, who may, and what else must hold.

    `move` is the lifecycle move it makes; without one `states` says where it fits. `unless` gives the
    sentence of a further condition that fails, or an empty string.
    """

    label: str
    who: (
        # customer, anyone (on the staff), team (of the case, or a supervisor), owner (or a supervisor), supervisor,
        # receiver (to whom it is offered)
        str
    )
    move: str | None = None
    shared: bool = False  # whoever the customer added to the case may, too
    states: tuple[str, ...] = ()
    hints: tuple[tuple[tuple[str, ...], StrOrPromise], ...] = ()  # (states, the sentence shown there)
    unless: Callable[[Case, Turn | None, Collection[str]], str] = lambda case, turn, running: ""

    def fits(self, state: str) -> bool:
        return state in (self.states or MOVES[self.move or ""])


def _top(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    top = turn is not None and case.tier >= turn.rules.protocol.top
    return "This is already the highest level. Nobody is above to pass it to." if top else ""


def _bottom(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    return "This is the first level. There is no level below." if case.tier <= 1 else ""


def _not_asked(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    return "" if Clock.SUPERVISOR in running else "The customer has not asked for a supervisor."


def _asked(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    waiting = Clock.SUPERVISOR in running
    return _("A supervisor has already been asked. You can add to your request with a message.") if waiting else ""


def _no_fast_lane(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    if turn is None:
        return ""
    wanted = turn.rules.protocol.fast_tier
    if wanted is None:
        return "This protocol has no fast lane. Pass the case up instead."
    there = case.severity == 1 and case.tier >= wanted
    return "The case is critical and at that level already." if there else ""


def _not_in_a_hurry(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    return "" if Clock.JUSTIFY in running else "Nobody is waiting for a reason."


def _offered(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    return "It is offered to a colleague already. Take that back first." if case.offered_to_id else ""


def _not_offered(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    return "" if case.offered_to_id else "The case is not offered to anybody now."


def _upset(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    return "The customer is marked as upset already." if case.is_upset else ""


def _theirs(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    """Silence closes a case, and a sentence says so to the customer: nobody says it for them while their time runs."""
    if Clock.CONFIRM in running:
        return "The customer has our answer and still has time to say yes or no. Without a word it closes by itself."
    if Clock.LAPSE in running:
        return "The customer has our question and still has time to answer. Without a word it closes by itself."
    return ""


def _calm(case: Case, turn: Turn | None, running: Collection[str]) -> str:
    return "" if case.is_upset else "The customer is not marked as upset."


SUPERVISOR = "Needs a supervisor."
NEW_FIRST = ((S.NEW,), "Assess the case first: set how urgent and how complex it is.")
REVIEW_FIRST = ((S.ESCALATED,), "Review the SLA first: confirm severity and times for this level.")
NAME_FIRST = ((S.REVIEWED, S.PASSED), "Acknowledge the case first, so that the customer knows who has it.")
ANSWERED = ((S.ANSWERED,), "The customer has our answer and has not said yes or no.")
# What customers read: their words, and what they can do instead.
NO_ANSWER_YET = (ACTIVE, _lazy("We have not sent you an answer yet. You can send us a message."))
STILL_OPEN = (OPEN, _lazy("This case is still open. Send us a message instead."))
FINISHED = (SETTLED, _lazy("This case is finished. If it came back, open it again or start a new case."))
JOINED = (FINAL, _lazy("This case was joined to another one. We go on with it there."))

PERMITS: dict[str, Permit] = {
    # staff
    "assess": Permit("Assess", "team", states=tuple(s for s in OPEN if s not in (S.ANSWERED, S.ESCALATED))),
    "change_severity": Permit(
        "Change severity",
        "team",
        states=tuple(s for s in OPEN if s not in (S.NEW, S.ANSWERED, S.ESCALATED)),
        hints=(NEW_FIRST, REVIEW_FIRST, ANSWERED),
    ),
    "review": Permit("Confirm SLA review", "team", move="review"),
    "acknowledge": Permit("Acknowledge", "team", move="acknowledge", hints=(NEW_FIRST, REVIEW_FIRST)),
    "update": Permit(
        "Send update",
        "team",
        states=(S.ACKNOWLEDGED, S.WORKING, S.REOPENED, S.WAITING_PARTNER),
        hints=(NEW_FIRST, REVIEW_FIRST, NAME_FIRST, ANSWERED),
    ),
    "move_promise": Permit(
        "Move the time",
        "owner",
        states=(S.ACKNOWLEDGED, S.WORKING, S.REOPENED, S.WAITING_PARTNER),
        hints=(NEW_FIRST, REVIEW_FIRST, NAME_FIRST, ANSWERED),
    ),
    "wait_customer": Permit(
        "Ask the customer", "team", move="wait_customer", hints=(NEW_FIRST, REVIEW_FIRST, NAME_FIRST, ANSWERED)
    ),
    "wait_partner": Permit("Wait for another company", "team", move="wait_partner", hints=(NAME_FIRST, ANSWERED)),
    "partner_answered": Permit("Other company answered", "team", states=(S.WAITING_PARTNER,)),
    "answer": Permit("Propose answer", "team", move="answer", hints=(NEW_FIRST, REVIEW_FIRST, NAME_FIRST, ANSWERED)),
    "escalate": Permit("Pass up", "anyone", move="escalate", hints=(REVIEW_FIRST, ANSWERED), unless=_top),
    "offer": Permit("Hand over", "team", states=OPEN, unless=_offered),
    "accept_offer": Permit("Accept the hand-over", "receiver", states=OPEN, unless=_not_offered),
    "return_offer": Permit("Return the hand-over", "receiver", states=OPEN, unless=_not_offered),
    "withdraw_offer": Permit("Take the hand-over back", "team", states=OPEN, unless=_not_offered),
    "hand_over": Permit("Hand over at once", "supervisor", states=OPEN),
    "take_over": Permit("Take over", "team", states=OPEN),
    "return_down": Permit("Return to the level below", "team", move="return_down", unless=_bottom),
    "help_back": Permit("Send back with help", "supervisor", move="return_down", unless=_bottom),
    "answer_supervisor": Permit("Answer as supervisor", "supervisor", states=OPEN, unless=_not_asked),
    "apologise": Permit(
        "Apologise", "supervisor", states=tuple(state for state in State.values if state != State.MERGED)
    ),
    "note": Permit("Save note", "anyone", states=tuple(State.values)),
    "mark_upset": Permit("Customer is upset", "anyone", states=OPEN, unless=_upset),
    "mark_calm": Permit("Customer is calm again", "team", states=OPEN, unless=_calm),
    "merge": Permit("Join to another case", "team", move="merge"),
    "emergency": Permit("Emergency", "anyone", states=ACTIVE, unless=_no_fast_lane),
    "justify": Permit("Say why it was an emergency", "anyone", states=(*OPEN, *SETTLED), unless=_not_in_a_hurry),
    "keep": Permit("Keep it here", "team", states=ACTIVE),
    "adopt": Permit("Move to another version", "supervisor", states=OPEN),
    "close": Permit(
        "Close",
        "supervisor",
        states=(S.ANSWERED, S.WAITING_CUSTOMER),
        hints=(
            ((S.CONFIRMED, S.FEEDBACK), "It closes by itself when the time to reopen is over."),
            (ACTIVE, "Answer the customer first: the case closes with their yes, or when nothing more is heard."),
        ),
        unless=_theirs,
    ),
    # staff, beside the clocks
    "add_task": Permit("Add a task", "team", states=OPEN),
    "finish_task": Permit("Task done", "anyone", states=(*OPEN, *SETTLED)),
    "change_task": Permit("Change a task", "team", states=OPEN),
    "drop_task": Permit("Task not needed", "team", states=(*OPEN, *SETTLED)),
    "consult": Permit("Ask an expert", "team", states=OPEN),
    "answer_consult": Permit("Answer the question", "anyone", states=(*OPEN, *SETTLED)),
    "take_back_question": Permit("Take the question back", "team", states=OPEN),
    "tried": Permit("Note what was tried", "anyone", states=OPEN),
    "investigate": Permit("Write the investigation", "team", states=OPEN),
    # staff, where a letter did not reach the customer
    "told_by_phone": Permit("Mark told by phone", "team", states=(*OPEN, *SETTLED)),
    "give_up": Permit("Give up on a message", "team", states=(*OPEN, *SETTLED)),
    "correct_customer_address": Permit("Correct the customer’s address", "supervisor", states=(*OPEN, *SETTLED)),
    "log_call": Permit("Put a call on record", "anyone", states=OPEN),
    "change_topic": Permit("Change topic", "team", states=tuple(s for s in OPEN if s not in (S.ANSWERED, S.ESCALATED))),
    "remind": Permit("Remind who has it", "supervisor", states=OPEN),
    # staff, with words of the customer
    "mail_on": Permit("Put on case", "team", states=OPEN),
    "mail_back": Permit("Put on case and open it again", "team", states=SETTLED),
    # customers
    "reply": Permit("Send message", "customer", shared=True, states=OPEN, hints=(FINISHED, JOINED)),
    "accept": Permit("Yes, it is fixed", "customer", move="accept", hints=(NO_ANSWER_YET, FINISHED, JOINED)),
    "reject": Permit("No, it is not", "customer", move="reject", hints=(NO_ANSWER_YET, FINISHED, JOINED)),
    "reopen": Permit("Open it again", "customer", states=SETTLED, hints=(STILL_OPEN, JOINED)),
    "withdraw": Permit("Withdraw", "customer", move="withdraw", hints=(FINISHED, JOINED)),
    "ask_supervisor": Permit("Ask for a supervisor", "customer", states=OPEN, unless=_asked, hints=(FINISHED, JOINED)),
}


def refusal(verb: str, case: Case, actor: Actor, turn: Turn | None = None, *, running: Collection[str] = ()) -> str:
    """Why `actor` cannot do `verb` on `case` now, in a sentence; empty when they can.

    `running` are the kinds of its open clocks, for a list that knows them and has no turn of each case.
    """
    permit = PERMITS[verb]
    who = _who(permit, case, actor, turn)
    if who:
        return who
    if not permit.fits(case.state):
        said = str(next((sentence for states, sentence in permit.hints if case.state in states), ""))
        if not said and permit.who == "customer":
            return _("That is not possible with this case any more. Its page says where it stands.")
        return said or f"Not possible while the case is “{State(case.state).label.lower()}”."
    return permit.unless(case, turn, turn.clocks if turn else running)


def takers(case: Case) -> QuerySet[User]:
    """Everybody the case can be handed to now: who works on cases and does not have it already."""
    return workers().exclude(pk=case.owner_id) if case.owner_id else workers()


def not_grantable(turn: Turn, outcome: str, amount: Decimal | None) -> str:
    """Why the level that has the case may not give this much back, in a sentence; empty when it may."""
    protocol = turn.rules.protocol
    if amount is None:
        needed = outcome == Resolution.Outcome.REFUNDED and protocol.currency
        return f"Write how much is given back, in {protocol.currency}." if needed else ""
    if not protocol.currency:
        return "The protocol names no currency, so an amount cannot be kept. Leave it empty."
    if amount <= 0 or amount != round(amount, 2):
        return "Write an amount above 0 with at most two digits after the point."
    tier = protocol.tier(turn.case.tier)
    if amount > tier.refund_limit:
        limit = f"{tier.refund_limit} {protocol.currency}"
        if turn.case.tier >= protocol.top:
            return f"{tier.name} may give back {limit} at most, and nobody is above."
        return f"{tier.name} may give back {limit} at most. Pass the case up to a level that may grant more."
    return ""


def _who(permit: Permit, case: Case, actor: Actor, turn: Turn | None) -> str:
    if permit.who == "customer":
        mine = actor.user.pk == case.customer_id or (permit.shared and takes_part(case, actor.user))
        return "" if mine else _("Only the customer can do this.")
    if not Viewer(actor.user).works:
        return "Only our staff can do this."
    if permit.who == "receiver":
        return "" if case.offered_to_id == actor.user.pk else "The case is not offered to you."
    if permit.who == "anyone" or actor.supervises:
        return ""
    if permit.who == "supervisor":
        return SUPERVISOR
    if permit.who == "owner":
        return "" if case.owner_id == actor.user.pk else "Needs the owner of the case or a supervisor."
    team = case.team
    if case.owner_id == actor.user.pk or case.team_id in actor.teams:
        return ""
    # Who stands in for a colleague of that team may do what the colleague may.
    if turn is not None and turn.directory.stands_in(case.team_id, actor.user.pk):
        return ""
    lead = f" or ask {team.lead}" if team and team.lead else ""
    return f"Needs someone of {team}{lead}."
