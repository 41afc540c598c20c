"""Help articles for everybody: by topic, by words, one article, and whether it answered the question."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.access import Viewer
from cases.models import Category
from cases.replies import language_of
from escalation.saved_replies import languages
from feedback import articles, knowledge
from feedback.models import ArticleRevision
from portal import clock, ratelimit
from portal.pages.doors import door, see_other
from portal.presenters.article import html_of

LONGEST_QUERY = 200
ANSWERED = "answered_article"  # in the session: which article's page says thank you


def reader(request: HttpRequest) -> str:
    """The two letters of the language somebody reads."""
    return language_of(get_language() or settings.LANGUAGE_CODE)


def visitor(request: HttpRequest) -> str:
    """Who presses, as far as counting needs it: a digest of the session that means nothing on another day."""
    if not request.session.session_key:
        request.session.create()
    day = articles.today(clock.now()).isoformat()
    return salted_hmac("milepost.visitor", f"{day}|{request.session.session_key}", algorithm="sha256").hexdigest()


def asked(request: HttpRequest) -> str:
    """What was looked for; kept nowhere."""
    return " ".join(request.GET.get("q", "").replace("\x00", "").split())[:LONGEST_QUERY]


@door("GET")
def index(request: HttpRequest) -> HttpResponse:
    """The search box with what it found, or all articles by topic."""
    query, language = asked(request), reader(request)
    context: dict[str, Any] = {"query": query, "language": language}
    if query:
        context["found"] = knowledge.search(query, language=language)
        context["tell_url"] = f"/cases/new/?{urlencode({'q': query})}"
    else:
        context["topics"] = topics(language)
    return render(request, "pages/help.html", context)


def topics(language: str) -> list[dict[str, Any]]:
    """Topics in their order with their articles; what belongs to none comes last. Topics without any are left out."""
    found = knowledge.by_topic(language=language)
    names = [(row.pk, row.name) for row in Category.objects.all()]
    groups = [(pk, name, [one for one in found if one.topic == pk]) for pk, name in [*names, (None, _("Other"))]]
    return [{"key": pk or "other", "name": name, "articles": rows} for pk, name, rows in groups if rows]


@door("GET")
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """One article, the answer first; internal ones are there for who works on cases only."""
    row = readable(request, slug)
    other = row.language != reader(request)
    where = "search" if request.GET.get("from") == "search" else "page"
    context = {
        "row": row,
        "article": row.article,
        "body": html_of(row.body),
        "language_name": languages().get(row.language, row.language) if other else "",
        "where": where,
        "thanked": request.session.get(ANSWERED) == slug,
    }
    return render(request, "pages/help_article.html", context)


@door("POST")
def answered(request: HttpRequest, slug: str) -> HttpResponse:
    """Yes is counted and thanked for; No is counted and goes on to the form, which keeps what was tried."""
    row, at = readable(request, slug), clock.now()
    ratelimit.count(ratelimit.CLIENT_VOTE, f"from {ratelimit.client(request)}", at=at)
    helpful = request.POST.get("answered") == "yes"
    if not helpful and request.POST.get("answered") != "no":
        return see_other(f"/help/{slug}/")
    knowledge.vote(row.article_id, visitor(request), helpful=helpful, where=request.POST.get("where", ""), at=at)
    if helpful:
        request.session[ANSWERED] = slug
        return see_other(f"/help/{slug}/#answered")
    request.session.pop(ANSWERED, None)
    topic = row.article.topic
    said = ({"topic": topic.slug} if topic and topic.is_active else {}) | {"article": slug}
    return see_other(f"/cases/new/?{urlencode(said)}")


def readable(request: HttpRequest, slug: str) -> ArticleRevision:
    """The text for this reader; what is a draft, archived, or not for them is 404 alike."""
    staff = Viewer(request.user).is_staff
    row = knowledge.read(slug, language=reader(request), staff=staff)
    if row is None:
        raise Http404
    return row
