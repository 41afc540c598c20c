"""Writing, publishing, checking and archiving articles. Every change is one transaction that holds the article's row.

Agents write drafts, supervisors publish: PERMISSIONS. What was published stays as it was until the next draft is
published over it, and every revision stays for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.text import slugify

from cases.models import Case, Category, User
from cases.replies import ENGLISH
from escalation.saved_replies import NotSaved, languages
from feedback.models import Article, ArticleAct, ArticleRevision, ArticleWord
from feedback.words import Text as Words
from feedback.words import fold

WRITE, PUBLISH = "feedback.write_articles", "feedback.publish_articles"
#: How long an article that was just looked at is taken to be true.
EVERY = timedelta(days=180)
TITLE_MOST, ANSWER_MOST, BODY_MOST = 120, 300, 20000  # characters
K = ArticleAct.Kind
TRIES = 20  # of finding a free slug while others take them
GONE = "This article is archived. Bring it back first."


class Overtaken(NotSaved):
    """Somebody else changed the article since the page was shown; `now` is the article by now."""

    def __init__(self, sentence: str, now: Article) -> None:
        self.now = now
        super().__init__(("", sentence))


@dataclass(frozen=True, slots=True)
class Text:
    """What an article says in one language; `body` is Markdown."""

    title: str = ""
    answer: str = ""
    body: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.title or self.answer or self.body)


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as a person edits it: `topic` is a Category's id, `texts` are by language."""

    texts: Mapping[str, Text] = field(default_factory=dict)
    topic: int | None = None
    audience: str = Article.Audience.PUBLIC
    review_by: date | None = None


def today(at: datetime) -> date:
    """The day of the company's zone."""
    return at.astimezone(ZoneInfo(settings.COMPANY_TIME_ZONE)).date()


def check(draft: Draft) -> list[tuple[str, str]]:
    """What keeps a draft from being saved, as (field, sentence); a text's field is `title_de`."""
    found = []
    if draft.audience not in Article.Audience.values:
        found.append(("audience", "Choose who may read it."))
    if draft.topic is not None and not Category.objects.filter(pk=draft.topic).exists():
        found.append(("topic", "Choose a topic from the list."))
    for code, name in languages().items():
        text = draft.texts.get(code, Text())
        if text.is_empty and code != ENGLISH:
            continue
        whom = "" if code == ENGLISH else f" in {name}"
        if not text.title:
            found.append((f"title_{code}", f"Give it a title{whom}, as people would ask."))
        if not text.answer:
            found.append((f"answer_{code}", f"Write the answer in one line{whom}: it is shown in the list of results."))
        for part, most in (("title", TITLE_MOST), ("answer", ANSWER_MOST), ("body", BODY_MOST)):
            if len(getattr(text, part)) > most:
                found.append((f"{part}_{code}", f"Too long: at most {most:,} characters."))
    return found


def write(
    article: Article | None, draft: Draft, *, by: User, at: datetime, seen: int = 0, made_from: Case | None = None, form_key: str = ""
) -> Article:  # fmt: skip
    """The draft kept: a new article, or the next revision of each language that changed. The same again changes nothing.

    `seen` is the version the person looked at; `made_from` the case a new one comes from; `form_key` makes two presses
    one article. Raises NotSaved with what is wrong, Overtaken when somebody was faster.
    """
    draft = _tidy(draft)
    stops = check(draft)
    if stops:
        raise NotSaved(*stops)
    with transaction.atomic():
        if article is None:
            return _new(draft, by, at, made_from, form_key)
        held = _kept(article, seen)
        changed = _settled(held, draft, by) + _texts(held, draft, by, at)
        if changed:
            _count(held)
            _act(held, K.WRITTEN, by, at, ", ".join(changed))
        return held


def publish(article: Article, *, by: User, at: datetime, seen: int) -> Article:
    """People read from now on what the newest revisions say. It counts as checked today."""
    with transaction.atomic():
        held = _kept(article, seen)
        rows = list(held.revisions.filter(Q(is_current=True) | Q(is_live=True)))
        told = _news(rows)
        if not told:
            return held
        current = [row for row in rows if row.is_current]
        _unpublish(held)
        for row in current:
            if not row.is_empty:
                row.is_live = True
                row.save(update_fields=["is_live"])
                _index(row)
        held.published_at = held.published_at or at
        held.checked_on = today(at)
        if held.review_by is None or held.review_by <= held.checked_on:
            held.review_by = held.checked_on + EVERY
        held.save(update_fields=["published_at", "checked_on", "review_by"])
        _count(held)
        _act(held, K.PUBLISHED, by, at, ", ".join(told))
        return held


def archive(article: Article, *, by: User, at: datetime, seen: int) -> Article:
    """Nobody finds it any more; cases that name it go on naming it. Twice is once."""
    with transaction.atomic():
        held = _held(article, seen)
        if held.archived_at is None:
            _unpublish(held)
            held.archived_at, held.published_at = at, None
            held.save(update_fields=["archived_at", "published_at"])
            _count(held)
            _act(held, K.ARCHIVED, by, at)
        return held


def restore(article: Article, *, by: User, at: datetime, seen: int) -> Article:
    """An archived article is a draft again, with all it said."""
    with transaction.atomic():
        held = _held(article, seen)
        if held.archived_at is not None:
            held.archived_at = None
            held.save(update_fields=["archived_at"])
            _count(held)
            _act(held, K.RESTORED, by, at)
        return held


def checked(article: Article, *, by: User, at: datetime, seen: int) -> Article:
    """Somebody looked and it is still true: the date customers see is today, the next look is due in EVERY."""
    with transaction.atomic():
        held = _held(article, seen)
        if held.published_at is None:
            raise NotSaved(("", "Only a published article can be checked. Publishing counts as checking."))
        held.checked_on = today(at)
        held.review_by = held.checked_on + EVERY
        held.save(update_fields=["checked_on", "review_by"])
        _count(held)
        _act(held, K.CHECKED, by, at)
        return held


def draft_of(article: Article) -> Draft:
    """What the article says by its newest revisions, as a draft to go on from."""
    rows = article.revisions.filter(is_current=True)
    texts = {row.language: Text(row.title, row.answer, row.body) for row in rows if not row.is_empty}
    return Draft(texts, article.topic_id, article.audience, article.review_by)


def has_news(article: Article) -> bool:
    """Whether publishing would change what people read."""
    return article.archived_at is None and any(
        _news(list(article.revisions.filter(Q(is_current=True) | Q(is_live=True))))
    )


def _news(rows: list[ArticleRevision]) -> list[str]:
    """The languages whose newest revision is not the one people read; taken away and read by nobody is no news."""
    live = {row.language for row in rows if row.is_live}
    return [row.language for row in rows if row.is_current and not row.is_live and (row.title or row.language in live)]


def _tidy(draft: Draft) -> Draft:
    texts = {}
    for code in languages():
        said = draft.texts.get(code, Text())
        body = "\n".join(line.rstrip() for line in said.body.replace("\r\n", "\n").split("\n")).strip()
        texts[code] = Text(" ".join(said.title.split()), " ".join(said.answer.split()), body)
    return Draft(texts, draft.topic, draft.audience, draft.review_by)


def _new(draft: Draft, by: User, at: datetime, made_from: Case | None, form_key: str) -> Article:
    said = {
        "topic_id": draft.topic, "audience": draft.audience, "review_by": draft.review_by, "made_at": at, "made_by": by,
        "made_from": made_from, "form_key": form_key or None,
    }  # fmt: skip
    for left in reversed(range(TRIES)):
        there = Article.objects.filter(form_key=form_key).first() if form_key else None
        if there is not None:
            return there
        try:
            with transaction.atomic():
                article = Article.objects.create(slug=_free_slug(draft.texts[ENGLISH].title), **said)
            break
        except IntegrityError:
            if not left:
                raise
            # Somebody took the slug, or pressed the same button, in the same moment: it is there to be seen now.
    _texts(article, draft, by, at)
    _act(article, K.WRITTEN, by, at, "first draft")
    return article


def _free_slug(title: str) -> str:
    """A slug of the title that no article has yet."""
    plain = slugify(title)[:60].strip("-") or "article"
    taken = set(Article.objects.filter(slug__startswith=plain).values_list("slug", flat=True))
    return next(slug for n in count(1) if (slug := plain if n == 1 else f"{plain}-{n}") not in taken)


def _held(article: Article, seen: int) -> Article:
    """The row, locked."""
    held = Article.objects.select_for_update().get(pk=article.pk)
    if held.version != seen:
        last = held.acts.select_related("by").order_by("pk").last()
        who = str(last.by) if last else "Somebody"
        raise Overtaken(
            f"{who} changed this article while you had it open. Nothing of yours was lost: look, then save again.", held
        )
    return held


def _kept(article: Article, seen: int) -> Article:
    """The same of one that may still be changed: what is archived is brought back first."""
    held = _held(article, seen)
    if held.archived_at is not None:
        raise NotSaved(("", GONE))
    return held


def _settled(held: Article, draft: Draft, by: User) -> list[str]:
    """Topic, audience and review date as the draft has them; what changed, in words."""
    changed = []
    if held.audience != draft.audience:
        if held.published_at and not by.has_perm(PUBLISH):
            raise NotSaved(("audience", "Only who may publish can change who reads a published article."))
        changed.append(f"now for {Article.Audience(draft.audience).label.lower()}")
    if held.topic_id != draft.topic:
        changed.append("another topic")
    if held.review_by != draft.review_by:
        changed.append("another review date")
    if changed:
        held.audience, held.topic_id, held.review_by = draft.audience, draft.topic, draft.review_by
        held.save(update_fields=["audience", "topic", "review_by"])
    return changed


def _texts(held: Article, draft: Draft, by: User, at: datetime) -> list[str]:
    """A revision for each language whose text is another one; their names."""
    current = {row.language: row for row in held.revisions.filter(is_current=True)}
    changed = []
    for code, text in draft.texts.items():
        was = current.get(code)
        if text == (Text(was.title, was.answer, was.body) if was else Text()):
            continue
        if was:
            was.is_current = False
            was.save(update_fields=["is_current"])
        ArticleRevision.objects.create(
            article=held, language=code, number=was.number + 1 if was else 1, title=text.title, answer=text.answer,
            body=text.body, head=fold(f"{text.title} {text.answer}"), folded=fold(text.body), made_at=at, made_by=by,
        )  # fmt: skip
        changed.append(languages().get(code, code))
    return changed


def _unpublish(held: Article) -> None:
    ArticleWord.objects.filter(revision__article=held).delete()
    held.revisions.filter(is_live=True).update(is_live=False)


def _index(row: ArticleRevision) -> None:
    weights = Words.of(row.title, row.answer, row.body).weights()
    ArticleWord.objects.bulk_create(ArticleWord(revision=row, word=word, weight=n) for word, n in weights.items())


def _count(held: Article) -> None:
    held.version += 1
    held.save(update_fields=["version"])


def _act(held: Article, kind: str, by: User, at: datetime, note: str = "") -> None:
    ArticleAct.objects.create(article=held, kind=kind, by=by, at=at, note=note[:300])
