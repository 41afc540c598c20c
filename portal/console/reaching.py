"""A customer whom a letter did not reach: why, in plain words, and what one can do, on a case's page and on home."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from cases.models import Case
from escalation.models import Notice
from escalation.permits import PERMITS, Actor, refusal
from escalation.reaching import unheard
from escalation.turn import Turn

MOST = 5  # lines of the banner; the others are among the case's messages
#: What mail servers say, by what it means; the first that fits.
MEANINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("mailbox full", "quota", "over limit", "552", "5.2.2"), "Their mailbox is full"),
    (("no such user", "user unknown", "unknown user", "does not exist", "5.1.1", "unknown recipient"), "There is no such mailbox"),
    (("domain", "5.1.2", "name or service", "host not found", "getaddrinfo"), "Their mail server cannot be found"),
    (("spam", "blocked", "blacklist", "5.7."), "Their mail server takes it for advertising"),
    (("timed out", "timeout", "refused", "connection", "unreachable"), "Our mail server, or theirs, could not be reached"),
    (("550", "551", "553"), "Their mail server does not take mail for this address"),
)  # fmt: skip


def why_words(notice: Notice) -> str:
    """What went wrong: 'Their mailbox is full (550 mailbox full)'; what the server said alone where nobody knows it."""
    if notice.state == Notice.State.UNCERTAIN:
        return "It may have arrived: the worker that sent it did not come back"
    said = notice.error.lower()
    plain = next((words for signs, words in MEANINGS if any(sign in said for sign in signs)), "")
    return f"{plain} ({notice.error})" if plain else notice.error or notice.get_state_display()


def ways(
    case: Case, actor: Actor, notice: Notice, turn: Turn | None = None, *, give_up: bool = False
) -> list[dict[str, str]]:
    """What this person may do about a letter that did not arrive."""
    verbs = {
        "told_by_phone": ("Call them, mark told by phone", f"?notice={notice.pk}"),
        "correct_customer_address": ("Correct the address", ""),
    }
    if give_up:
        verbs["give_up"] = (PERMITS["give_up"].label, f"?notice={notice.pk}")
    return [
        {"label": label, "url": f"{reverse('admin:cases_case_act', args=[case.pk, verb])}{query}"}
        for verb, (label, query) in verbs.items()
        if not refusal(verb, case, actor, turn)
    ]


def banner(case: Case, actor: Actor, turn: Turn) -> list[dict[str, Any]]:
    """A line for each letter of the case that did not arrive, until somebody has seen to it."""
    return [
        {"notice": one, "why": why_words(one), "acts": ways(case, actor, one, turn, give_up=True)}
        for one in unheard(case)[:MOST]
    ]
