"""Finding articles: by words, by topic, beside a case; and what a visitor said of them.

The database finds at most LOOKED_THROUGH candidates (PostgreSQL by stems and trigrams, others by `ArticleWord`); their
order is worked out here, by one rule for every database (feedback.words).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL

from cases.models import Case
from cases.replies import ENGLISH, language_of
from feedback.articles import today
from feedback.models import Article, ArticleRevision, ArticleTried, ArticleUse, ArticleVote, ArticleWord, FilingOffer
from feedback.search_index import PLAIN, config_of
from feedback.words import ANSWER, EMPTY, LONG_ENOUGH, Text, asked, close, least, ranked, stem

RESULTS = 10
LOOKED_THROUGH = 40
VOCABULARY = 5000  # words compared for a slip where the database cannot
TRIED_MOST = 10
FEW_FOUND = 3  # with fewer results words are looked for with slips, too
BESIDE = 5  # articles beside a case
Where = ArticleVote.Where


@dataclass(frozen=True, slots=True)
class Found:
    """A live article as a list shows it; `language` is that of the text, which may not be the reader's."""

    pk: int
    slug: str
    title: str
    answer: str
    language: str
    audience: str
    topic: int | None
    checked_on: date | None


def live(*, language: str, staff: bool = False) -> QuerySet[ArticleRevision]:
    """What a reader of `language` may read, one text an article: theirs, else English. Staff read internal ones too."""
    code = language_of(language)
    rows = ArticleRevision.objects.filter(is_live=True)
    if not staff:
        rows = rows.filter(article__audience=Article.Audience.PUBLIC)
    if code == ENGLISH:
        return rows.filter(language=ENGLISH)
    theirs = ArticleRevision.objects.filter(article=OuterRef("article"), language=code, is_live=True)
    return rows.filter(Q(language=code) | Q(language=ENGLISH) & ~Exists(theirs))


def is_any(*, language: str = ENGLISH) -> bool:
    """Whether there is an article for customers: without one nobody is asked to search."""
    return live(language=language).exists()


def read(slug: str, *, language: str, staff: bool = False) -> ArticleRevision | None:
    """The text of one article for this reader, or None; with its article and topic."""
    return live(language=language, staff=staff).filter(article__slug=slug).select_related("article__topic").first()


def search(text: str, *, language: str = ENGLISH, audience: str = Article.Audience.PUBLIC, limit: int = RESULTS) -> list[Found]:  # fmt: skip
    """The articles that answer `text` best, at most `limit`; none where nothing fits.

    `audience` internal means: for staff, who read both kinds.
    """
    wanted = asked(text)
    if not wanted:
        return []
    code = language_of(language)
    rows = live(language=code, staff=audience == Article.Audience.INTERNAL)
    found = _best(wanted, _candidates(rows, wanted, code))
    if len(found) < FEW_FOUND:
        found = _best(wanted, [*(row for row, _ in found), *_with_slips(rows, wanted)], slips=True)
    return [shown(row) for row, _ in found[:limit]]


def by_topic(*, language: str) -> list[Found]:
    """All articles for customers, the newest first; the caller puts them under their topics."""
    rows = live(language=language).select_related("article").defer("body", "head", "folded")
    return [shown(row) for row in rows.order_by("-article__published_at", "-article_id")]


def beside(case: Case, *, lineage: Sequence[str] = (), limit: int = BESIDE) -> list[Found]:
    """The articles that may help with a case: those its words find, then those of its topic; topics above it last."""
    words = search(f"{case.title} {case.description}", audience=Article.Audience.INTERNAL, limit=limit)
    slugs = list(lineage) or [case.category.slug]
    rows = live(language=ENGLISH, staff=True).filter(article__topic__slug__in=slugs).select_related("article__topic")
    of_topic = [shown(row) for row in sorted(rows[:LOOKED_THROUGH], key=lambda row: (_place(row, slugs), row.title))]
    own = {one.pk for one in of_topic if one.topic == case.category_id}
    first = [one for one in words if one.pk in own] + [one for one in of_topic if one.pk in own][:1]
    return list({one.pk: one for one in (*first, *words, *of_topic)}.values())[:limit]


def _place(row: ArticleRevision, slugs: Sequence[str]) -> int:
    topic = row.article.topic
    return slugs.index(topic.slug) if topic and topic.slug in slugs else len(slugs)


def shown(row: ArticleRevision) -> Found:
    one = row.article
    return Found(one.pk, one.slug, row.title, row.answer, row.language, one.audience, one.topic_id, one.checked_on)


# Candidates ---------------------------------------------------------------------------------------------------


def _candidates(rows: QuerySet[ArticleRevision], wanted: Sequence[str], code: str) -> list[ArticleRevision]:
    """The likeliest by the database's own measure."""
    rows = rows.select_related("article")
    if connection.vendor == "postgresql":
        # In the words' own language, in English for the texts that stand in for it, and as they begin.
        beginnings = " | ".join(f"{stem(word)}:*" for word in wanted)
        query = "(to_tsquery(%s, %s) || to_tsquery('english', %s) || to_tsquery(%s, %s))"
        either = " | ".join(wanted)
        params = (config_of(code), either, either, PLAIN, beginnings)
        match: Any = RawSQL(f"feedback_articlerevision.search @@ {query}", params)  # nosec B611 - only parameters vary
        rank: Any = RawSQL(f"ts_rank(feedback_articlerevision.search, {query})", params)  # nosec B611 - as above
        return list(
            rows.annotate(hit=match).filter(hit=True).annotate(rank=rank).order_by("-rank", "pk")[:LOOKED_THROUGH]
        )
    begins = Q()
    for word in wanted:
        begins |= Q(word__gte=stem(word), word__lt=f"{stem(word)}\U0010ffff")
    return _of_words(rows, begins)


def _of_words(rows: QuerySet[ArticleRevision], which: Q) -> list[ArticleRevision]:
    """Of `rows` those that have such words, the heaviest first."""
    hits = ArticleWord.objects.filter(which, revision__in=rows.values("pk")).values("revision")
    best = hits.annotate(sum=Sum("weight")).order_by("-sum", "revision").values_list("revision", flat=True)
    return list(rows.filter(pk__in=list(best[:LOOKED_THROUGH])))


def _with_slips(rows: QuerySet[ArticleRevision], wanted: Sequence[str]) -> list[ArticleRevision]:
    """Those whose title or answer has words that somebody may have meant."""
    long = [word for word in wanted if len(word) >= LONG_ENOUGH and word not in EMPTY]
    rows = rows.select_related("article")
    if not long:
        return []
    if connection.vendor == "postgresql":
        if not _has_trigrams(str(connection.settings_dict["NAME"])):
            return []
        near = " OR ".join(["feedback_articlerevision.head %%> %s"] * len(long))
        slips: Any = RawSQL(f"({near})", long)  # nosec B611 - as many places as words, nothing of the words
        return list(rows.annotate(near=slips).filter(near=True).order_by("pk")[:LOOKED_THROUGH])
    begin = Q()
    for word in long:
        begin |= Q(word__startswith=word[0])
    known = ArticleWord.objects.filter(begin, weight__gte=ANSWER).values_list("word", flat=True).distinct()
    words = list(known[:VOCABULARY])
    meant = {one for word in long for one in close(word, words)}
    return _of_words(rows, Q(word__in=meant)) if meant else []


@cache
def _has_trigrams(database: str) -> bool:
    """Whether the extension is there; it comes with a migration, so it is asked for once a process and `database`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None


def _best(
    wanted: Sequence[str], rows: Iterable[ArticleRevision], *, slips: bool = False
) -> list[tuple[ArticleRevision, float]]:
    """The rows that have enough of the words, the best first; of equals, by title."""
    once = list({row.pk: row for row in rows}.values())
    scores = ranked(wanted, [Text.of(row.title, row.answer, row.body) for row in once], slips=slips)
    enough = least(len(wanted))
    fit = [(row, score) for row, (score, words) in zip(once, scores, strict=True) if words >= enough]
    return sorted(fit, key=lambda one: (-round(one[1], 6), one[0].title.casefold(), one[0].pk))


# What people said and did ----------------------------------------------------------------------------------------


def vote(article: int, visitor: str, *, helpful: bool, where: str, at: datetime) -> None:
    """A visitor says whether it answered their question; once a day, and what they say last counts.

    `visitor` is a digest of the door's that means nothing on another day.
    """
    said = {"helpful": helpful, "where": where if where in Where.values else Where.PAGE}
    ArticleVote.objects.update_or_create(article_id=article, day=today(at), visitor=visitor, defaults=said)


def offered(visitor: str, *, at: datetime) -> None:
    """A visitor was shown articles while filing and went on; once a day."""
    FilingOffer.objects.get_or_create(day=today(at), visitor=visitor)


def solved(article: int, visitor: str, *, at: datetime) -> None:
    """'This solved it', while filing: the only thing besides a yes on the page that counts as answered."""
    vote(article, visitor, helpful=True, where=Where.FILING, at=at)
    FilingOffer.objects.update_or_create(day=today(at), visitor=visitor, defaults={"solved": True})


def tried(case: Case, slugs: Iterable[str], *, at: datetime) -> None:
    """What its customer read before filing and was not helped by; what is no article of theirs is left out."""
    some = list(dict.fromkeys(str(slug) for slug in slugs))[:TRIED_MOST]
    known = live(language=ENGLISH).filter(article__slug__in=some).values_list("article", flat=True)
    ArticleTried.objects.bulk_create(
        (ArticleTried(article_id=pk, case=case, is_drill=case.is_drill, at=at) for pk in known), ignore_conflicts=True
    )


def use(case: Case, article: int, *, by: Any, at: datetime) -> None:
    """Somebody used an article for a case; a case counts once."""
    ArticleUse.objects.bulk_create(
        [ArticleUse(article_id=article, case=case, by=by, is_drill=case.is_drill, at=at)], ignore_conflicts=True
    )
