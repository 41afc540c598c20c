"""The pure decision function: facts of a case, what just happened and the rules give what follows.

Live verbs, the sweep, imports, replay and every try-out call `decide`. It reads no clock and no database.
Steps: (1) find the rule for the happening, and end an open offer where the case goes to other people by it; (2) end, pause, resume or start clocks by the matrix cell of
where the case now is; (3) name the move, the changed fields and the notices that are owed; (4) of history
keep only what measures.
"""

from __future__ import annotations

from collections.abc import Callable

from escalation import facts as f
from escalation.altered import altered
from escalation.decision import beside, chosen, customer, fast, found, handing, ladder, mood, reaching, sorting, staff
from escalation.decision.ladder import NotNow
from escalation.facts import Clock, ClockFact, Decision, Facts, Happening
from escalation.protocol import Rules

__all__ = ["NotNow", "decide"]


def decide(facts: Facts, happening: Happening, rules: Rules) -> Decision:
    """What follows from `happening`. Raises NotNow, or MissingCell when the protocol has a hole."""
    decision = handing.offer_over(facts, happening, RULES[type(happening)](facts, happening, rules))
    decision = mood.heard(facts, happening, decision, rules)
    return _measured_only(decision) if facts.history else decision


def _measured_only(decision: Decision) -> Decision:
    """History is measured: nobody was promised, told or warned of anything, and no timer of ours closed a case."""

    def quiet(clocks: tuple[ClockFact, ...]) -> tuple[ClockFact, ...]:
        return tuple([altered(c, warn=None, promise=False, told=False) for c in clocks if c.kind in Clock.CLIMBS])

    return altered(
        decision,
        starts=quiet(decision.starts),
        changed=quiet(decision.changed),
        tells=(),
        alarms=(),
        clears=(),
        plan_failed="",
    )


RULES: dict[type[Happening], Callable[..., Decision]] = {
    f.Filed: customer.filed,
    f.CustomerWrote: customer.customer_wrote,
    f.Accepted: customer.accepted,
    f.Rejected: customer.rejected,
    f.Reopened: customer.reopened,
    f.Withdrawn: customer.withdrawn,
    f.SupervisorAsked: customer.supervisor_asked,
    f.Assessed: staff.assessed,
    f.Escalated: ladder.escalated,
    f.ReturnedDown: ladder.returned_down,
    f.HelpedBack: ladder.helped_back,
    f.Reviewed: staff.reviewed,
    f.Acknowledged: staff.acknowledged,
    f.Updated: staff.updated,
    f.PromiseMoved: chosen.promise_moved,
    f.AskedCustomer: staff.asked_customer,
    f.WaitsForPartner: staff.waits_for_partner,
    f.PartnerAnswered: staff.partner_answered,
    f.HandedOver: staff.handed_over,
    f.Answered: staff.answered,
    f.SupervisorAnswered: staff.supervisor_answered,
    f.Merged: staff.merged,
    f.Closed: staff.closed,
    f.Noted: staff.noted,
    f.Apologised: staff.apologised,
    f.MarkedUpset: mood.marked_upset,
    f.Calmed: mood.calmed,
    f.Emergency: fast.emergency,
    f.Justified: fast.justified,
    f.Kept: staff.kept,
    f.Adopted: staff.adopted,
    f.TopicChanged: sorting.topic_changed,
    f.Reminded: sorting.reminded,
    f.Missed: found.missed,
    f.RanOut: found.ran_out,
    f.Warned: found.warned,
    f.OwnerLost: found.owner_lost,
    f.Offered: handing.offered,
    f.OfferAccepted: handing.offer_accepted,
    f.OfferReturned: handing.offer_returned,
    f.OfferWithdrawn: handing.offer_withdrawn,
    f.TaskAdded: beside.task_added,
    f.TaskChanged: beside.task_changed,
    f.TaskFinished: beside.task_ended,
    f.TaskDropped: beside.task_ended,
    f.TasksOverdue: beside.tasks_overdue,
    f.ExpertAsked: beside.expert_asked,
    f.ExpertAnswered: beside.expert_answered,
    f.QuestionTakenBack: beside.question_taken_back,
    f.QuestionsOverdue: beside.questions_overdue,
    f.ToldByPhone: reaching.reached,
    f.GaveUp: reaching.reached,
    f.AddressCorrected: reaching.reached,
    f.WeCalled: reaching.reached,
    f.QuestionLost: reaching.question_lost,
}
