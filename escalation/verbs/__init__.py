"""The verbs: every change to a case is one of these, whichever door it comes through."""

from escalation.verbs.acting import Refused, Stale
from escalation.verbs.began import Began
from escalation.verbs.beside import (
    add_task,
    answer_consult,
    change_task,
    consult,
    drop_task,
    finish_task,
    take_back_question,
)
from escalation.verbs.by_mail import mail_back, mail_on, not_whole, put_mail
from escalation.verbs.customer import accept, ask_supervisor, reject, reopen, reply, withdraw
from escalation.verbs.filing import Told, file_case, file_many, outlook
from escalation.verbs.following import come_back, reopen_over
from escalation.verbs.guided import adopt, emergency, justify, keep
from escalation.verbs.handing import accept_offer, hand_over, offer, return_offer, take_over, withdraw_offer
from escalation.verbs.helping import help_back
from escalation.verbs.mood import mark_calm, mark_upset
from escalation.verbs.reaching import correct_customer_address, give_up, log_call, told_by_phone
from escalation.verbs.solving import investigate, step_key, tried
from escalation.verbs.sorting import change_topic, remind
from escalation.verbs.staff import (
    acknowledge,
    answer,
    answer_supervisor,
    apologise,
    assess,
    change_severity,
    close,
    escalate,
    merge,
    move_promise,
    note,
    partner_answered,
    return_down,
    review,
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
    "accept_offer",
    "acknowledge",
    "add_task",
    "adopt",
    "answer",
    "answer_consult",
    "answer_supervisor",
    "apologise",
    "ask_supervisor",
    "assess",
    "change_severity",
    "change_task",
    "change_topic",
    "close",
    "come_back",
    "consult",
    "correct_customer_address",
    "drop_task",
    "emergency",
    "escalate",
    "file_case",
    "file_many",
    "finish_task",
    "give_up",
    "hand_over",
    "help_back",
    "investigate",
    "justify",
    "keep",
    "log_call",
    "mail_back",
    "mail_on",
    "mark_calm",
    "mark_upset",
    "merge",
    "move_promise",
    "not_whole",
    "note",
    "offer",
    "outlook",
    "partner_answered",
    "put_mail",
    "reject",
    "remind",
    "reopen",
    "reopen_over",
    "reply",
    "return_down",
    "return_offer",
    "review",
    "step_key",
    "take_back_question",
    "take_over",
    "told_by_phone",
    "tried",
    "update",
    "wait_customer",
    "wait_partner",
    "withdraw",
    "withdraw_offer",
]
