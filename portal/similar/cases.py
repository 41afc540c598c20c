"""Open cases of one's own that a draft is like: what was typed may belong there."""

from __future__ import annotations

import re

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cases.lifecycle import OPEN
from cases.models import Case, Draft
from escalation.drafts import add_to_case
from escalation.follow import take_on
from portal import clock, ratelimit
from portal.pages.doors import form_key
from portal.similar.match import Match
from portal.viewer import actor_for, guest_case, visible_cases

#: How many of one's newest open cases are compared.
CANDIDATES = 40
#: Words shorter than this say too little; of longer ones endings differ, so only their start counts.
SHORTEST, STEM = 4, 6
#: Long enough and still saying nothing.
EMPTY = frozenset(
    [
        "this",
        "that",
        "with",
        "have",
        "from",
        "when",
        "what",
        "your",
        "they",
        "there",
        "then",
        "than",
        "were",
        "been",
        "will",
        "would",
        "could",
        "about",
        "after",
        "which",
        "nicht",
        "eine",
        "einen",
        "einem",
        "auch",
        "aber",
        "dann",
        "wenn",
        "dass",
        "habe",
        "haben",
        "wurde",
        "sind",
        "noch",
        "mein",
        "meine",
        "için",
        "daha",
        "ama",
        "çok",
        "var",
        "yok",
        "bir",
    ]
)
#: From this share of common words on a case is like the draft; and at least so many of them.
ENOUGH, FEWEST = 0.34, 2


def words_of(text: str) -> set[str]:
    """The words of a text that say something, cut to their stems."""
    words = (word for word in re.findall(r"\w+", text.casefold()) if word not in EMPTY)
    return {word[:STEM] for word in words if len(word) >= SHORTEST or word.isdigit()}


def likeness(one: set[str], other: set[str]) -> float:
    """From 0 to 1: the common words by the number of the smaller text's; too few common ones count as none."""
    common = one & other
    return len(common) / min(len(one), len(other)) if len(common) >= FEWEST else 0.0


# Own open cases -----------------------------------------------------------------------------------------------


def _own(request: HttpRequest) -> list[Case]:
    """One's newest open cases; a guest's is the one they proved."""
    mine = Q(pk=guest_case(request) or 0)
    if request.user.is_authenticated:
        mine |= Q(customer=request.user)
    cases = visible_cases(request).filter(mine, state__in=OPEN).order_by("-filed_at", "-pk")
    return list(cases[:CANDIDATES])


def own_cases(request: HttpRequest, draft: Draft) -> list[Match]:
    """Open cases of one's own with the same words; in the title they count most."""
    said = draft.answers
    title, whole = words_of(str(said.get("title", ""))), words_of(f"{said.get('title')} {said.get('description')}")
    found = []
    for case in _own(request):
        of_title = likeness(title, words_of(case.title))
        score = max(of_title, likeness(whole, words_of(f"{case.title} {case.description}")))
        if score >= ENOUGH:
            button = _("Add this to %(reference)s") % {"reference": case.reference}
            found.append(Match("case", case.reference, case.title, button, url=f"/c/{case.reference}/", score=score))
    return sorted(found, key=lambda match: -match.score)


def add(request: HttpRequest, draft: Draft, key: str) -> tuple[str, str]:
    """What was typed goes to the case as a message, and the draft ends."""
    case = next(case for case in _own(request) if case.reference == key)
    at, by = clock.now(), actor_for(request, case)
    ratelimit.count(ratelimit.MESSAGE, f"case {case.pk}", at=at)
    if request.user.is_authenticated:
        take_on(case, request.user)
    add_to_case(draft, case, by=by, at=at, form_key=form_key(request))
    return f"/c/{case.reference}/", _("What you wrote is added to this case.")
