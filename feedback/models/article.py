"""Help articles: what they say in each language as revisions that stay, what was done with them, and whether they helped.

Nothing in here is about a person: a vote names a visitor by a digest that holds for one day (docs/knowledge.md).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models import Case, Category, User
from cases.models.people import slug_rule
from cases.models.worlds import Worldly


class Article(models.Model):
    """One article through all its languages and revisions; archived, never deleted, because cases name it."""

    class Audience(models.TextChoices):
        PUBLIC = "public", "Customers and staff"
        INTERNAL = "internal", "Staff only"

    slug = models.CharField(max_length=80, unique=True, validators=[slug_rule])
    # None: about nothing in particular.
    topic = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)
    # Counts every change of anything: who saves says which they looked at.
    version = models.PositiveIntegerField(default=1)
    review_by = models.DateField(null=True, blank=True)
    # When somebody last looked whether it is still true.
    checked_on = models.DateField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_from = models.ForeignKey(Case, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # The one-time id of the form it came from: a button pressed twice makes one article.
    form_key = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        permissions = (
            ("write_articles", "Can write drafts of articles"),
            ("publish_articles", "Can publish and archive articles"),
        )
        indexes = (models.Index(fields=("topic", "audience"), name="article_of_topic"),)

    def __str__(self) -> str:
        return self.slug

    @property
    def is_public(self) -> bool:
        return self.audience == self.Audience.PUBLIC


class ArticleRevision(models.Model):
    """What an article says in one language from one save to the next; never changed, only followed.

    `is_current` is the newest of its language, `is_live` the one people read. Without a title, an answer and a body it
    says that the language was taken away. `head` and `folded` are what searching compares: small letters, no accents.
    On PostgreSQL the table has one more column, `search` (feedback.search_index).
    """

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="revisions")
    language = models.CharField(max_length=12)
    number = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    is_live = models.BooleanField(default=False)
    title = models.CharField(max_length=120, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    body = models.TextField(max_length=20000, blank=True)
    head = models.TextField(blank=True, editable=False)
    folded = models.TextField(blank=True, editable=False)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("article", "language", "number")
        constraints = (
            models.UniqueConstraint(fields=("article", "language", "number"), name="article_revision_once"),
            models.UniqueConstraint(
                fields=("article", "language"), condition=Q(is_current=True), name="article_one_current"
            ),
            models.UniqueConstraint(fields=("article", "language"), condition=Q(is_live=True), name="article_one_live"),
            models.CheckConstraint(condition=Q(is_live=False) | ~Q(title=""), name="article_live_says_something"),
        )

    def __str__(self) -> str:
        return f"{self.title}, revision {self.number}"

    @property
    def is_empty(self) -> bool:
        return not (self.title or self.answer or self.body)


class ArticleWord(models.Model):
    """A word of a live revision, for searching where the database has no full text search of its own."""

    revision = models.ForeignKey(ArticleRevision, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=40)
    weight = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("revision", "word"), name="article_word_once"),)
        indexes = (models.Index(fields=("word", "revision", "weight"), name="article_word"),)


class ArticleAct(models.Model):
    """Who did what with an article, in order; rows are only added."""

    class Kind(models.TextChoices):
        WRITTEN = "written", "Changed"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Archived"
        RESTORED = "restored", "Brought back as a draft"
        CHECKED = "checked", "Checked: still true"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("article", "pk")


class ArticleVote(models.Model):
    """A visitor said whether an article answered their question: once a day and article, the last word counts.

    A yes is the only thing that counts as answered.
    """

    class Where(models.TextChoices):
        SEARCH = "search", "After a search"
        FILING = "filing", "While filing"
        PAGE = "page", "On the article"

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="votes")
    day = models.DateField()
    visitor = models.CharField(max_length=64)
    helpful = models.BooleanField()
    where = models.CharField(max_length=6, choices=Where.choices)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("article", "day", "visitor"), name="article_vote_once"),)
        indexes = (models.Index(fields=("day",), name="article_vote_day"),)


class FilingOffer(models.Model):
    """A visitor was shown articles while filing and pressed a button there: once a day, solved if they ever said so."""

    day = models.DateField()
    visitor = models.CharField(max_length=64)
    solved = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("day", "visitor"), name="filing_offer_once"),)


class ArticleUse(Worldly):
    """Somebody who worked on a case used the article for it; a case counts once."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="uses")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        constraints: ClassVar = (models.UniqueConstraint(fields=("case", "article"), name="article_use_once"),)
        indexes: ClassVar = (models.Index(fields=("at",), name="article_use_at"),)


class ArticleTried(Worldly):
    """The customer read the article before filing and it did not answer their question."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="tried")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Worldly.Meta):
        constraints: ClassVar = (models.UniqueConstraint(fields=("case", "article"), name="article_tried_once"),)
        indexes: ClassVar = (models.Index(fields=("at",), name="article_tried_at"),)
