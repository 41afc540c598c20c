"""The pure decision function: facts of a case, what just happened and the rules give what follows.

Live verbs, the sweep, imports, replay and every try-out call `decide`. It reads no clock and no database.
Steps: (1) find the rule for the happening; (2) end, pause, resume or start clocks by the matrix cell of
where the case now is; (3) name the move, the changed fields and the notices that are owed.
"""

from __future__ import annotations

from collections.abc import Callable

from escalation import facts as f
from escalation.decision import customer, found, ladder, staff
from escalation.decision.ladder import NotNow
from escalation.facts import Decision, Facts, Happening
from escalation.protocol import Rules

__all__ = ["NotNow", "decide"]


def decide(facts: Facts, happening: Happening, rules: Rules) -> Decision:
    """What follows from `happening`. Raises NotNow, or MissingCell when the protocol has a hole."""
    return RULES[type(happening)](facts, happening, rules)


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
    f.Reviewed: staff.reviewed,
    f.Acknowledged: staff.acknowledged,
    f.Updated: staff.updated,
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
    f.Missed: found.missed,
    f.Warned: found.warned,
    f.OwnerLost: found.owner_lost,
}
