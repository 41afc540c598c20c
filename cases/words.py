"""Every staff state in the customer's words: one table, complete by test."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy

from cases.lifecycle import State

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Words:
    """How one state looks and reads to the customer, in the language that is switched on when it is read.

    `tag` and `line` may hold {name}, {team}, {partner}, {date}, {time}, {other}; the page fills them.
    `shape` and `family` choose the tag's icon and colours. `unnamed` stands for `tag` while no person is known: the
    sentence about a team. `over` stands for `line` when the time to open the case again is over.
    """

    tag: StrOrPromise
    shape: str
    family: str
    line: StrOrPromise
    unnamed: StrOrPromise = ""
    over: StrOrPromise = ""


S = State
WORDS: dict[str, Words] = {
    S.NEW: Words(_lazy("We have it"), "ring", "neutral", _lazy("By {time} we decide how fast we must act.")),
    S.REVIEWED: Words(_lazy("Priority set"), "half", "progress", _lazy("By {time} someone confirms they have it.")),
    S.ESCALATED: Words(
        _lazy("Passed to {team}"),
        "up",
        "neutral",
        _lazy("By {time} a named specialist confirms they have it. You do not need to explain again."),
    ),
    S.PASSED: Words(
        _lazy("Passed to {team}"),
        "up",
        "neutral",
        _lazy("By {time} a named specialist confirms they have it. You do not need to explain again."),
    ),
    S.ACKNOWLEDGED: Words(
        _lazy("{name} has it"), "half", "progress", _lazy("First update by {time}."), _lazy("{team} has it")
    ),
    S.WORKING: Words(
        _lazy("{name} is working on it"),
        "half",
        "progress",
        _lazy("Next update by {time}, even if there is nothing new."),
        _lazy("{team} are working on it"),
    ),
    S.WAITING_CUSTOMER: Words(
        _lazy("Waiting for you"), "arrow", "waiting", _lazy("Our clock is stopped until you answer.")
    ),
    S.WAITING_PARTNER: Words(
        _lazy("Waiting for {partner}"), "half", "progress", _lazy("We chase them for you. Next update by {time}.")
    ),
    S.ANSWERED: Words(
        _lazy("Answered: is it fixed?"), "tick", "good", _lazy("Tell us yes or no. It closes by itself on {date}.")
    ),
    S.CONFIRMED: Words(
        pgettext_lazy("of a case", "Fixed"), "tick", "good", _lazy("Thank you. Reopen until {date} if it comes back."),
        over=_lazy("Came back? Start a linked case."),
    ),
    S.FEEDBACK: Words(pgettext_lazy("of a case", "Fixed"), "tick", "good", _lazy("Two short questions are waiting.")),
    S.CLOSED: Words(
        pgettext_lazy("of a case", "Closed"),
        "square",
        "neutral",
        _lazy("Came back? Reopen it until {date}, or start a new case."),
        over=_lazy("Came back? Start a linked case."),
    ),
    S.REOPENED: Words(_lazy("Open again"), "half", "progress", _lazy("{name} replies by {time}.")),
    S.WITHDRAWN: Words(
        _lazy("Withdrawn by you"), "square", "neutral", _lazy("Changed your mind? Reopen until {date}."),
        over=_lazy("Changed your mind? Start a linked case."),
    ),
    S.MERGED: Words(_lazy("Joined to {other}"), "square", "neutral", _lazy("We go on with it there.")),
}

#: Words no customer page or message may use.
NOT_FOR_CUSTOMERS = (
    "ticket",
    "SLA",
    "breach",
    "tier",
    "queue",
    "assignee",
    "pending",
    "escalate",
    "escalated",
    "resolve",
    "agent",
    "L2",
)

#: What to say instead, where there is a plain word for it.
INSTEAD = {
    "ticket": "case",
    "SLA": "the time we promised",
    "breach": "a promise we did not keep",
    "tier": "level",
    "assignee": "the person who has the case",
    "pending": "waiting for",
    "escalate": "pass on",
    "escalated": "passed on",
    "resolve": "put right",
    "agent": "colleague",
}


def _forms(word: str) -> str:
    """A word in the forms it takes in a sentence: tickets, queued, resolving."""
    stem = re.escape(word.removesuffix("e"))
    return rf"{re.escape(word)}(?:s|es|d|ed)?|{stem}ing"


#: Plain words of other languages: an animal in German, a tail in French, “solves” in Portuguese.
ENGLISH_ONLY = ("tier", "queue", "resolve")


#: Our own words in other languages, as patterns of a whole word: compounds, endings and articles do not hide them.
ELSEWHERE = {
    "de": (
        r"\w*tickets?\w*", r"\w*eskal(?:ation|ier)\w*", r"warteschlangen?", r"agent(?:en|in|innen)?",
        r"sla-?verletzung(?:en)?", r"fristverletzung(?:en)?", r"sachbearbeiter\w*", r"supportstufen?",
    ),
    "tr": (
        r"bilet\w*", r"eskalasyon\w*", r"eskale", r"kuyru[kğ]\w*", r"ihlal\w*", r"atanan\w*", r"müşteri temsilci\w*",
        r"ajan\w*",
    ),
    "ar": (
        r"\w*تذكرة\w*", r"\w*تذاكر\w*", r"\w*تصعيد\w*", r"\w*طابور\w*", r"\w*انتهاك\w*", r"\w*وكيل\w*",
        r"\w*المكلَّ?ف\w*",
    ),
}  # fmt: skip


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{_forms(word)})\b" for word in words), re.I)


_IN_ENGLISH = _any_of(NOT_FOR_CUSTOMERS)
_ELSEWHERE = _any_of(word for word in NOT_FOR_CUSTOMERS if word not in ENGLISH_ONLY)
_BY_LANGUAGE = {
    code: re.compile("|".join([*(rf"\b(?:{one})\b" for one in words), _ELSEWHERE.pattern]), re.I)
    for code, words in ELSEWHERE.items()
}


def forbidden_in(text: str, language: str = "en") -> list[str]:
    """The words of `text` no customer may read, as they stand there, each once."""
    words = _IN_ENGLISH if language == "en" else _BY_LANGUAGE.get(language.partition("-")[0], _ELSEWHERE)
    return list(dict.fromkeys(found[0] for found in words.finditer(text)))


def instead_of(word: str) -> str:
    """A plain word for one of them, in whatever form it stands; empty where there is none."""
    fits = (plain for known, plain in INSTEAD.items() if re.fullmatch(_forms(known), word, re.I))
    return next(fits, "")
