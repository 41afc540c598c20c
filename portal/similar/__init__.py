"""What may make a new case needless: an own open case, a known problem, an article; each kind has a finder.

A finder says what is like a draft (`find`) and what its button does (`choose`). Add one to FINDERS and it is asked.
"""

from __future__ import annotations

from django.http import HttpRequest

from cases.models import Draft
from portal.similar import answers, cases
from portal.similar.match import Finder, Match

#: Of each kind this many are shown.
MOST = 3


def like(request: HttpRequest, draft: Draft) -> list[Match]:
    """All that is like the draft, kind by kind, the most alike first."""
    return [match for finder in FINDERS for match in list(finder.find(request, draft))[:MOST]]


def choose(request: HttpRequest, draft: Draft, kind: str, key: str) -> tuple[str, str] | None:
    """Does what was pressed; None where there is no such kind or thing. Raises Refused with a sentence."""
    finder = next((one for one in FINDERS if one.kind == kind), None)
    if finder is None or not any(match.key == key for match in finder.find(request, draft)):
        return None
    return finder.choose(request, draft, key)


FINDERS: list[Finder] = [
    Finder("case", cases.own_cases, cases.add),
    Finder("problem", answers.problems_now, answers.follow),
    Finder("article", answers.articles, answers.solved),
]
