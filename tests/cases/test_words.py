"""The customer's words: complete, as the design's table has them, and free of our own jargon."""

import re

import pytest

from cases.lifecycle import MILESTONE, State
from cases.words import NOT_FOR_CUSTOMERS, WORDS, forbidden_in

#: Tag, shape and family of each state, written out from the design's table of words.
TAGS = {
    "new": ("We have it", "ring", "neutral"),
    "reviewed": ("Priority set", "half", "progress"),
    "escalated": ("Passed to {team}", "up", "neutral"),
    "passed": ("Passed to {team}", "up", "neutral"),
    "acknowledged": ("{name} has it", "half", "progress"),
    "working": ("{name} is working on it", "half", "progress"),
    "waiting_customer": ("Waiting for you", "arrow", "waiting"),
    "waiting_partner": ("Waiting for {partner}", "half", "progress"),
    "answered": ("Answered: is it fixed?", "tick", "good"),
    "confirmed": ("Fixed", "tick", "good"),
    "feedback": ("Fixed", "tick", "good"),
    "closed": ("Closed", "square", "neutral"),
    "reopened": ("Open again", "half", "progress"),
    "withdrawn": ("Withdrawn by you", "square", "neutral"),
    "merged": ("Joined to {other}", "square", "neutral"),
}
FILLED_BY_THE_PAGE = {"name", "team", "partner", "date", "time", "other"}


def test_every_state_has_words_and_a_milestone():
    assert set(WORDS) == set(MILESTONE) == set(State.values)


def test_tags_are_those_of_the_design():
    assert {state: (w.tag, w.shape, w.family) for state, w in WORDS.items()} == TAGS


@pytest.mark.parametrize("state", State.values)
def test_no_word_that_customers_do_not_use(state):
    said = f"{WORDS[state].tag} {WORDS[state].line}"
    for word in NOT_FOR_CUSTOMERS:
        assert not re.search(rf"\b{word}(s|d|ed)?\b", said, re.I), f"{state} says {word}"


@pytest.mark.parametrize("state", State.values)
def test_every_line_says_what_happens_next(state):
    """A sentence with an end, and no place to fill that the page does not know."""
    words = WORDS[state]
    assert words.line.endswith((".", "?"))
    assert set(re.findall(r"{(\w+)}", words.tag + words.line)) <= FILLED_BY_THE_PAGE


def test_the_list_of_words_to_avoid_is_the_designs():
    wanted = {"ticket", "SLA", "breach", "tier", "queue", "assignee", "pending", "escalate", "resolve", "agent", "L2"}
    assert wanted <= set(NOT_FOR_CUSTOMERS)


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("de", "Ihr Supportticket wurde eskaliert; die Eskalation liegt in der Warteschlange.", 4),
        ("de", "Ihr Fall ist bei Priya. Die Agentur und der Sachverhalt sind klar.", 0),
        ("tr", "Biletiniz kuyrukta; eskalasyon bekliyor.", 3),
        ("tr", "Başvurunuz Priya’da. Yarın haber veriyoruz.", 0),
        ("ar", "تم تصعيد التذكرة إلى الوكيل.", 3),
        ("ar", "حالتك لدى بريا. ستسمع منا غدًا.", 0),
        ("ar", "Your SLA", 1),
    ],
)
def test_our_own_words_are_found_in_other_languages(language, text, found):
    assert len(forbidden_in(text, language)) == found
