"""Known problems and help articles that a draft is like."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext as _

from cases.models import Category, Draft
from feedback import knowledge, problem_acts, problems
from feedback.models import KnownProblem
from portal import clock
from portal.drafts import throw_away
from portal.pages.help import reader, visitor
from portal.presenters.article import html_of
from portal.similar.match import Match

#: So much of what was typed is searched for: the line that sums it up, and how the text begins.
SEARCHED = 300
ARTICLES_MOST = 3


def _typed(draft: Draft) -> str:
    said = draft.answers
    return f"{said.get('title', '')} {said.get('description', '')}"[:SEARCHED]


# Known problems -----------------------------------------------------------------------------------------------


def problems_now(request: HttpRequest, draft: Draft) -> list[Match]:
    """Problems many people have now that this may be."""
    topic = Category.objects.filter(slug=str(draft.answers.get("category", ""))).first()
    found = problems.matching(_typed(draft), topic)
    said = problems.newest_of(found)
    return [
        Match("problem", one.slug, one.title, _("Follow it"), said[one.pk].impact, url=f"/problems/{one.slug}/")
        for one in found
        if one.pk in said
    ]


def follow(request: HttpRequest, draft: Draft, key: str) -> tuple[str, str]:
    """Who is signed in follows it; a guest is asked for an address on its page. The draft stays, for it may be another."""
    problem = KnownProblem.objects.get(slug=key)
    if not request.user.is_authenticated:
        return f"/problems/{key}/", _(
            "Your answers are kept as a draft. Enter your e-mail address to follow this problem."
        )
    problem_acts.follow(problem, by=request.user, at=clock.now())
    return f"/problems/{key}/", _(
        "We write to you whenever we say more about this problem. Your answers are kept as a draft."
    )


# Articles -----------------------------------------------------------------------------------------------------


def articles(request: HttpRequest, draft: Draft) -> list[Match]:
    """Articles that may answer it, to be opened in place."""
    language = reader(request)
    matches = []
    for found in knowledge.search(_typed(draft), language=language, limit=ARTICLES_MOST):
        text = knowledge.read(found.slug, language=language)
        if text is not None and found.slug != draft.answers.get("article"):
            other = "" if text.language == language else text.language
            body = html_of(text.body)
            matches.append(
                Match("article", found.slug, found.title, _("This solved it"), found.answer, body, language=other)
            )
    return matches


def solved(request: HttpRequest, draft: Draft, key: str) -> tuple[str, str]:
    """The one thing that counts as an answer found: nothing is filed, and nothing of what was typed is kept."""
    text = knowledge.read(key, language=reader(request))
    if text is not None:
        knowledge.solved(text.article_id, visitor(request), at=clock.now())
    throw_away(draft)
    return f"/help/{key}/", _("Good to hear. Nothing was sent, and what you typed is deleted.")
