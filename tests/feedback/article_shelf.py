"""Articles for tests: written and published through the verbs."""

from __future__ import annotations

from datetime import date

from cases.models import Category
from feedback import articles
from feedback.articles import Draft, Text
from feedback.models import Article
from tests.cast import MONDAY

REFUND = Text(
    "When does a refund arrive?",
    "A refund takes three to five working days after we sent it.",
    "# How to follow it\n\n1. Open the order.\n2. Look for “Refund sent”.\n\nBanks show it later.",
)
REFUND_DE = Text("Wann kommt eine Rückzahlung an?", "Eine Rückzahlung dauert drei bis fünf Werktage.", "Öffnen Sie die Bestellung.")  # fmt: skip
TWICE = Text("I was charged twice", "Mostly one of the two is only reserved and falls away.", "Wait for **two days**.")
PHONE = Text(
    "Sign in after changing your phone", "Ask for a code by e-mail instead.", "The refund of your phone is not ours."
)
INTERNAL = Text(
    "How we look up a second payment", "Use the bank's list of the day.", "Only for us: refund desk, extension 4."
)


def draft(text: Text, *, topic: str = "", internal: bool = False, review_by: date | None = None, **more: Text) -> Draft:
    """A draft in English, with more languages by their code."""
    pk = Category.objects.get(slug=topic).pk if topic else None
    return Draft({"en": text} | more, pk, "internal" if internal else "public", review_by)


def published(cast, text: Text, *, at=MONDAY, **more) -> Article:
    """An article people read."""
    article = articles.write(None, draft(text, **more), by=cast.supervisor, at=at)
    return articles.publish(article, by=cast.supervisor, at=at, seen=article.version)


def shelf(cast) -> dict[str, Article]:
    """Three for customers, one of them in German too, one for staff, one draft."""
    return {
        "refund": published(cast, REFUND, topic="billing", de=REFUND_DE),
        "twice": published(cast, TWICE, topic="billing"),
        "phone": published(cast, PHONE, topic="account"),
        "internal": published(cast, INTERNAL, topic="billing", internal=True),
        "draft": articles.write(None, draft(Text("A refund in draft", "Not yet.", "")), by=cast.mate, at=MONDAY),
    }
