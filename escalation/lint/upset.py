"""Upset customers: a rule that changes nothing for them, or that knows no word of their language."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import Ground


@rule("upset_no_sooner", WARNING)
def upset_no_sooner(g: Ground) -> Iterator[Found]:
    """Upset customers are known by their words and hear from us no sooner than others."""
    upset = g.protocol.upset
    if upset.words and upset.update_percent == 100:
        yield Found(
            Key("upset"),
            "Upset customers are found by their words, and their updates come no sooner than anybody’s.",
            "Give them a shorter interval, such as 50 per cent.",
        )


@rule("upset_no_words", WARNING)
def upset_no_words(g: Ground) -> Iterator[Found]:
    """Customers read a language in which no word says that somebody is upset."""
    words = g.protocol.upset.words
    without = [language for language in sorted(set(g.world.languages)) if words and not words.get(language)]
    for language in without:
        yield Found(
            Key("upset", item=language),
            f"Customers here read “{language}”, and no word of that language says that somebody is upset.",
            "Add the words by which colleagues would know it.",
        )
