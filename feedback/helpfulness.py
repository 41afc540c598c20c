"""How articles fare: votes, cases they were used on, what was tried in vain, which are stale, and how many needed no case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from cases.models import Case
from cases.replies import ENGLISH
from feedback.articles import today
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import ENOUGH, Share
from feedback.models import Article, ArticleRevision, ArticleTried, ArticleUse, ArticleVote, FilingOffer
from feedback.periods import Period

WINDOW = timedelta(days=90)
HALF = 0.5
OVERDUE, UNUSED, UNHELPFUL = "overdue", "unused", "unhelpful"
WHY_STALE = {
    OVERDUE: "Due for a look",
    UNUSED: f"Nobody used it in {WINDOW.days} days",
    UNHELPFUL: "Answers few who read it",
}
Where = ArticleVote.Where
#: The lists of cases behind an article's numbers: used on by a colleague, and read by the customer before they filed.
USED, TRIED = "article_used", "article_tried"
MODELS: Mapping[str, type[ArticleUse | ArticleTried]] = {USED: ArticleUse, TRIED: ArticleTried}


@dataclass(frozen=True, slots=True)
class Fare:
    """One article in the window. `answered` are the yes votes by place; `used` and `tried` count cases."""

    votes: Share = field(default_factory=Share)
    answered: Mapping[str, int] = field(default_factory=dict)
    used: int = 0
    tried: int = 0


def window(at: datetime) -> Period:
    """The 90 days of the company that end with today."""
    return Period(today(at) - WINDOW + timedelta(days=1), today(at), settings.COMPANY_TIME_ZONE)


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str) -> QuerySet[Case]:
    """The cases on which the article with the slug `part` was used, or that came after it was read. LookupError for another list."""
    rows = MODELS[which].objects.filter(within("at", period), article__slug=part)
    return Case.objects.filter(scope.on(), pk__in=rows.order_by().values("case"))


def fares(at: datetime) -> dict[int, Fare]:
    """Of the 90 days before `at`, by article; those nobody did anything with are left out."""
    yes = {place: Count("pk", filter=Q(helpful=True, where=place)) for place in Where.values}
    days = window(at)
    rows = ArticleVote.objects.filter(day__gte=days.first, day__lte=days.last).values("article")
    votes = {row["article"]: row for row in rows.annotate(n=Count("pk"), **yes).order_by()}
    used, tried = (
        dict(model.objects.filter(within("at", days), at__lte=at).values_list("article").annotate(n=Count("case")).order_by())
        for model in MODELS.values()
    )  # fmt: skip
    made = {}
    for pk in {*votes, *used, *tried}:
        row: Any = votes.get(pk, {"n": 0})
        answered = {place: row.get(place, 0) for place in Where.values}
        made[pk] = Fare(Share(sum(answered.values()), row["n"]), answered, used.get(pk, 0), tried.get(pk, 0))
    return made


def why_stale(article: Article, fare: Fare, at: datetime) -> list[str]:
    """The reasons to look at a published article again, by WHY_STALE; none of a draft or an archived one."""
    if article.published_at is None:
        return []
    found = []
    if is_overdue(article, today(at)):
        found.append(OVERDUE)
    if article.published_at <= at - WINDOW and not (fare.votes.hits or fare.used):
        found.append(UNUSED)
    if fare.votes.n >= ENOUGH and fare.votes.interval and fare.votes.interval[1] < HALF:
        found.append(UNHELPFUL)
    return found


def is_overdue(article: Article, day: date) -> bool:
    return bool(article.published_at and article.review_by and article.review_by < day)


def deflection(at: datetime) -> Share:
    """Of the visitors who were shown articles while filing, those who said that one solved it; in the window."""
    rows = FilingOffer.objects.filter(day__gt=today(at) - WINDOW, day__lte=today(at))
    found = rows.aggregate(n=Count("pk"), hits=Count("pk", filter=Q(solved=True)))
    return Share(found["hits"], found["n"])


@dataclass(frozen=True, slots=True)
class Shelved:
    """An article in a list of all: its English text as it stands now, how it fares, and why to look at it."""

    article: Article
    text: ArticleRevision
    languages: tuple[str, ...]
    has_news: bool
    fare: Fare
    stale: tuple[str, ...]


def shelf(at: datetime, rows: Iterable[Article] | None = None) -> list[Shelved]:
    """All articles, or those given, by title; four queries whatever their number."""
    articles = {one.pk: one for one in (Article.objects.select_related("topic") if rows is None else rows)}
    found = fares(at)
    texts: dict[int, list[ArticleRevision]] = {}
    newest = ArticleRevision.objects.filter(article__in=articles).filter(Q(is_current=True) | Q(is_live=True))
    for row in newest.defer("body", "folded", "head"):
        texts.setdefault(row.article_id, []).append(row)
    shelved = []
    for pk, article in articles.items():
        mine = texts.get(pk, [])
        current = {row.language: row for row in mine if row.is_current and row.title}
        live = {row.language for row in mine if row.is_live}
        news = any(row.is_current and not row.is_live and (row.title or row.language in live) for row in mine)
        fare = found.get(pk, Fare())
        shelved.append(
            Shelved(article, current[ENGLISH], tuple(sorted(current, key=lambda code: (code != ENGLISH, code))), news, fare, tuple(why_stale(article, fare, at)))
        )  # fmt: skip
    return sorted(shelved, key=lambda one: (one.text.title.casefold(), one.article.pk))
