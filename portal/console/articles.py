"""Articles in the console: the list with how each fares, one article with its history, and every step with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST, require_safe

from cases.models import Category
from escalation.saved_replies import NotSaved
from feedback import articles
from feedback.articles import PUBLISH, WRITE
from feedback.helpfulness import OVERDUE, WHY_STALE, WINDOW, Shelved, shelf
from feedback.models import Article
from portal.console import articles_beside, articles_writing
from portal.console.articles_history import history
from portal.console.articles_writing import previews, see_other
from portal.console.needs import door

PER_PAGE = 50
WHICH = {
    "": "All but archived",
    "published": "Published",
    "draft": "Drafts and changes not published",
    OVERDUE: "Due for a look",
    "stale": "Stale for any reason",
    "archived": "Archived",
}
ORDERS = {
    "": "Title",
    "used": "Most used on cases",
    "answered": "Most often the answer",
    "checked": "Longest not checked",
}


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of articles: who works on cases reads them, who may write them writes drafts, supervisors publish."""

    return [
        path("articles/", door(site, listing), name="articles"),
        path("articles/new/", door(site, articles_writing.new, WRITE), name="article_new"),
        path("articles/<int:pk>/", door(site, page), name="article"),
        path("articles/<int:pk>/edit/", door(site, articles_writing.edit, WRITE), name="article_edit"),
        path("articles/<int:pk>/publish/", door(site, publish, PUBLISH), name="article_publish"),
        path("articles/<int:pk>/archive/", door(site, archive, PUBLISH), name="article_archive"),
        path("articles/<int:pk>/restore/", door(site, restore, PUBLISH), name="article_restore"),
        path("articles/<int:pk>/checked/", door(site, checked, PUBLISH), name="article_checked"),
        path("articles/<int:pk>/use/<int:case_id>/", door(site, articles_beside.use), name="article_use"),
        path(
            "articles/from-case/<int:case_id>/", door(site, articles_writing.from_case, WRITE), name="article_from_case"
        ),
    ]


# Reading ------------------------------------------------------------------------------------------------------


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """All articles that fit the filters; what the address says wrongly filters nothing."""
    frame = site.each_context(request)
    topics = list(Category.objects.all())
    said = {name: request.GET.get(name, "") for name in ("which", "audience", "topic", "order")}
    said["which"] = said["which"] if said["which"] in WHICH else ""
    rows = [one for one in shelf(frame["now"]) if fits(one, **{k: said[k] for k in ("which", "audience", "topic")})]
    found = Paginator(in_order(rows, said["order"]), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "Articles",
        "rows": [row(one) for one in found],
        "page": found,
        "filters": [
            ("which", "Which", list(WHICH.items()), said["which"]),
            ("audience", "For whom", [("", "Everybody"), *Article.Audience.choices], said["audience"]),
            ("topic", "Topic", [("", "All"), *((one.slug, one.name) for one in topics)], said["topic"]),
            ("order", "First", list(ORDERS.items()), said["order"]),
        ],
        "days": WINDOW.days,
        "may_write": request.user.has_perm(WRITE),
    }
    return TemplateResponse(request, "console/articles.html", frame | context)


def fits(one: Shelved, *, which: str, audience: str, topic: str) -> bool:
    """Whether an article is of the kind the filters ask for."""
    article = one.article
    if which == "archived" or article.archived_at:
        kind = which == "archived" and article.archived_at is not None
    elif which == "published":
        kind = article.published_at is not None
    elif which == "draft":
        kind = one.has_news
    elif which == OVERDUE:
        kind = OVERDUE in one.stale
    else:
        kind = bool(one.stale) if which == "stale" else True
    known = audience not in Article.Audience.values or article.audience == audience
    return kind and known and (not topic or (article.topic is not None and article.topic.slug == topic))


def in_order(rows: list[Shelved], order: str) -> list[Shelved]:
    if order == "used":
        return sorted(rows, key=lambda one: -one.fare.used)
    if order == "answered":
        return sorted(rows, key=lambda one: -one.fare.votes.hits)
    if order == "checked":
        return sorted(rows, key=lambda one: (one.article.checked_on is None, one.article.checked_on))
    return rows


def row(one: Shelved) -> dict[str, Any]:
    """An article as the list shows it."""
    return {
        "article": one.article,
        "title": one.text.title,
        "state": state_of(one.article, has_news=one.has_news),
        "topic": str(one.article.topic or "No topic"),
        "languages": [articles_writing.named(code) for code in one.languages],
        "fare": one.fare,
        "stale": [WHY_STALE[why] for why in one.stale],
    }


def state_of(article: Article, *, has_news: bool) -> tuple[str, str, str]:
    """(shape, family, words) of its tag."""
    if article.archived_at:
        return "square", "neutral", "Archived"
    if article.published_at is None:
        return "ring", "neutral", "Draft"
    return ("half", "progress", "Published, changes waiting") if has_news else ("tick", "good", "Published")


@require_safe
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One article: what people read, what is newer than that, how it fares, its history."""
    return shown_page(request, site.each_context(request), pk)


def shown_page(
    request: HttpRequest, frame: dict[str, Any], pk: int, *, why: str = "", status: int = 200
) -> HttpResponse:
    """`why` is what was refused a moment ago."""
    article = article_of(pk)
    one = shelf(frame["now"], [article])[0]
    revisions = list(article.revisions.select_related("made_by").order_by("-made_at", "-pk"))
    case = article.made_from if article.made_from_id else None
    context = row(one) | {
        "why": why,
        "has_news": one.has_news,
        "live": previews([rev for rev in revisions if rev.is_live]),
        "newer": previews([rev for rev in revisions if rev.is_current and not rev.is_live and rev.title]),
        "history": history(revisions),
        "acts": article.acts.select_related("by").order_by("-pk"),
        "case": case,
        "days": WINDOW.days,
        "may_write": request.user.has_perm(WRITE),
        "may_publish": request.user.has_perm(PUBLISH),
    }
    return TemplateResponse(request, "console/article.html", frame | context, status=status)


def article_of(pk: int) -> Article:
    """The article, or 404."""
    if pk >= 2**63:  # more than a database's number
        raise Http404
    return get_object_or_404(Article.objects.select_related("topic", "made_from", "made_by"), pk=pk)


# Steps --------------------------------------------------------------------------------------------------------


@require_POST
def publish(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """People read its newest text."""
    return step(request, site, pk, articles.publish, "Published. It is found from now on, and checked today.")


@require_POST
def archive(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """Nobody finds it any more."""
    return step(request, site, pk, articles.archive, "Archived. Nobody finds it any more; nothing of it is deleted.")


@require_POST
def restore(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """It is a draft again."""
    return step(request, site, pk, articles.restore, "It is a draft again. Publish it when it is right.")


@require_POST
def checked(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """It is still true."""
    return step(request, site, pk, articles.checked, "Checked today. The next look is due in half a year.")


def step(request: HttpRequest, site: AdminSite, pk: int, verb: Callable[..., Article], done: str) -> HttpResponse:
    """One press about the article as it was read; a change meanwhile is said on its page."""
    frame = site.each_context(request)
    article, seen = article_of(pk), request.POST.get("seen", "")
    number = int(seen) if seen.isdecimal() and len(seen) < 9 else -1
    try:
        verb(article, by=request.user, at=frame["now"], seen=number)
    except articles.Overtaken:
        why = "Somebody changed this article while you were reading. Look at it, then press again."
        return shown_page(request, frame, pk, why=why, status=409)
    except NotSaved as refused:
        return shown_page(request, frame, pk, why=str(refused), status=422)
    messages.success(request, done)
    return see_other(reverse("admin:article", args=[pk]))
