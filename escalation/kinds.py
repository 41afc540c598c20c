"""The kinds of clock a case can have, what each is for, and how a clock ends."""

from __future__ import annotations

from typing import ClassVar


class Clock:
    """The kinds of clock. At most one of a kind is open on a case."""

    REVIEW = "review"  # milestone 1
    ACKNOWLEDGE = "acknowledge"  # milestone 2
    UPDATE = "update"  # milestone 3
    REPLY = "reply"  # milestone 3, after the customer reopened
    REFER_UP = "refer_up"  # how long a tier may hold a case
    RESOLVE = "resolve"  # milestone 4
    SUPERVISOR = "supervisor"  # the answer to "ask for a supervisor"
    CONFIRM = "confirm"  # milestone 4: the customer's time to say yes or no
    LAPSE = "lapse"  # the customer's time to answer our question
    SURVEY = "survey"  # milestone 5
    CLOSING = "closing"  # the end of the time to reopen
    STEP = "step"  # the tier's next step, while nobody has acknowledged
    JUSTIFY = "justify"  # the reason for the fast lane, asked afterwards
    HAND_OVER = "hand_over"  # a colleague's yes or no to a case that was offered to them

    #: Missing one of these climbs one tier; the others are timers whose end is an act of its own.
    CLIMBS = (REVIEW, ACKNOWLEDGE, UPDATE, REPLY, REFER_UP, RESOLVE, SUPERVISOR)
    #: What belongs to the tier that holds the case and ends when another tier takes it.
    OF_TIER = (REVIEW, ACKNOWLEDGE, UPDATE, REPLY, REFER_UP, LAPSE, STEP)
    #: What a question to the customer stops.
    PAUSABLE = (UPDATE, REPLY, REFER_UP, RESOLVE)
    ALL = (*CLIMBS, CONFIRM, LAPSE, SURVEY, CLOSING, STEP, HAND_OVER, JUSTIFY)
    #: What ends when the work does; why it was an emergency is asked until somebody says it.
    OF_WORK = (*CLIMBS, CONFIRM, LAPSE, SURVEY, CLOSING, STEP, HAND_OVER)
    MILESTONE: ClassVar[dict[str, int]] = {
        REVIEW: 1, ACKNOWLEDGE: 2, UPDATE: 3, REPLY: 3, RESOLVE: 4, CONFIRM: 4, SURVEY: 5,
    }  # fmt: skip

    #: What staff call them, as it stands in a sentence: in the console, in alarms and in letters.
    NAMES: ClassVar[dict[str, str]] = {
        REVIEW: "SLA review", ACKNOWLEDGE: "acknowledgment", UPDATE: "progress update", REPLY: "reply",
        REFER_UP: "time at this level", RESOLVE: "answer", SUPERVISOR: "supervisor’s answer",
        CONFIRM: "customer’s yes or no", LAPSE: "customer’s answer to our question", SURVEY: "survey",
        CLOSING: "time to reopen",
        STEP: "next step", JUSTIFY: "reason for the fast lane",
        HAND_OVER: "answer to the hand-over",
    }  # fmt: skip


class Outcome:
    """How a clock ended. It ends once."""

    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    ELAPSED = "elapsed"  # a timer that ran out as announced; nobody broke anything
