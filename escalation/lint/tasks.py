"""Tasks a level sets: there must be time for them, and a step among them whose progress the customer reads."""

from __future__ import annotations

from collections.abc import Iterator

from escalation.lint.finding import WARNING, Found, Key, rule
from escalation.lint.ground import Ground


@rule("task_after_level", WARNING)
def task_after_level(g: Ground) -> Iterator[Found]:
    """A task of a level is due after the level must have passed the case up: it never gets there."""
    for tier in g.tiers:
        spots = [spot for spot in g.spots_of(tier) if spot.cell.refer_up is not None]
        longest = max((spot.cell.refer_up or 0 for spot in spots), default=0)
        if not spots or len(spots) < len(g.spots_of(tier)):
            continue
        for task in g.protocol.tier(tier).tasks:
            if task.after > longest:
                yield Found(
                    Key("level", tier=tier),
                    f"The task “{task.text}” is due after every case had to go one level up.",
                    "Give it a shorter time, or make it a task of the level above.",
                )


@rule("task_after_answer", WARNING)
def task_after_answer(g: Ground) -> Iterator[Found]:
    """A task of a level is due after the customer must have an answer in every case there."""
    for tier in g.tiers:
        longest = max((spot.cell.resolve for spot in g.spots_of(tier)), default=0)
        for task in g.protocol.tier(tier).tasks:
            if longest and task.after > longest:
                yield Found(
                    Key("level", tier=tier),
                    f"The task “{task.text}” is due after every customer had to have an answer.",
                    "Give it a shorter time.",
                )


@rule("tasks_all_hidden", WARNING)
def tasks_all_hidden(g: Ground) -> Iterator[Found]:
    """A level sets tasks and none is a step the customer reads the progress of."""
    for tier in g.tiers:
        tasks = g.protocol.tier(tier).tasks
        if tasks and not any(task.shown for task in tasks):
            yield Found(
                Key("level", tier=tier),
                "No task of it is a step of the plan: customers there never read how far we are.",
                "Make at least one of them a step of the plan.",
            )
