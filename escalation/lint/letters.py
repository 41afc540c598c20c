"""Letters to customers: events that no channel, no wording or no language can tell them of."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import Ground
from escalation.lint.world import CUSTOMER_EVENTS


@rule("event_no_channel")
def event_no_channel(g: Ground) -> Iterator[Found]:
    """Customers must be told of something, and no channel is set up to reach them."""
    if not g.world.channels:
        yield Found(
            Key("letter", item=CUSTOMER_EVENTS[0]),
            f"No channel is set up by which customers could be told: {len(CUSTOMER_EVENTS)} kinds of letter would "
            "never leave.",
            "Set up outgoing e-mail.",
        )


@rule("event_no_template")
def event_no_template(g: Ground) -> Iterator[Found]:
    """Customers must be told of something for which no wording exists."""
    for kind in CUSTOMER_EVENTS:
        if not g.world.letters.get(kind):
            yield Found(
                Key("letter", item=kind),
                "The engine owes customers this letter, and no wording for it exists.",
                f"Write the letter mail/{kind}.txt.",
            )


@rule("event_no_language", WARNING)
def event_no_language(g: Ground) -> Iterator[Found]:
    """Customers read a language some letter is not written in."""
    for language in sorted(set(g.world.languages)):
        without = [kind for kind in CUSTOMER_EVENTS if (made := g.world.letters.get(kind)) and language not in made]
        if without:
            yield Found(
                Key("letter", item=without[0]),
                f"Customers here read “{language}”, in which {len(without)} of {len(CUSTOMER_EVENTS)} letters are not "
                "written: they get another language.",
                f"Write the letters in “{language}”, or ask these customers for another language.",
            )
