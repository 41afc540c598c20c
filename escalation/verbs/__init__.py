"""The verbs: every change to a case is one of these, whichever door it comes through."""

from escalation.verbs.acting import Refused, Stale
from escalation.verbs.began import Began
from escalation.verbs.by_mail import mail_back, mail_on, not_whole, put_mail
from escalation.verbs.customer import accept, ask_supervisor, reject, reopen, reply, withdraw
from escalation.verbs.filing import Told, file_case, file_many, outlook
from escalation.verbs.following import come_back, reopen_over
from escalation.verbs.guided import adopt, emergency, justify, keep
from escalation.verbs.staff import (
    acknowledge,
    answer,
    answer_supervisor,
    apologise,
    assess,
    close,
    escalate,
    hand_over,
    merge,
    move_promise,
    note,
    partner_answered,
    return_down,
    review,
    take_over,
    update,
    wait_customer,
    wait_partner,
)

__all__ = [
    "Began",
    "Refused",
    "Stale",
    "Told",
    "accept",
    "acknowledge",
    "adopt",
    "answer",
    "answer_supervisor",
    "apologise",
    "ask_supervisor",
    "assess",
    "close",
    "come_back",
    "emergency",
    "escalate",
    "file_case",
    "file_many",
    "hand_over",
    "justify",
    "keep",
    "mail_back",
    "mail_on",
    "merge",
    "move_promise",
    "not_whole",
    "note",
    "outlook",
    "partner_answered",
    "put_mail",
    "reject",
    "reopen",
    "reopen_over",
    "reply",
    "return_down",
    "review",
    "take_over",
    "update",
    "wait_customer",
    "wait_partner",
    "withdraw",
]
