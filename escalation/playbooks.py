"""Playbooks: what to try for a topic, in order; writing a revision, and which one fits a case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from cases.models import Category, PlaybookRevision, User
from escalation.saved_replies import NotSaved

STEPS_MOST = 20
STEP_MOST = 200  # characters


def fitting(lineage: Sequence[str]) -> PlaybookRevision | None:
    """The playbook of the nearest topic of `lineage` (slugs, the case's own first) that has one."""
    rows = PlaybookRevision.objects.filter(topic__slug__in=lineage, is_current=True).select_related("topic")
    return nearest(rows, lineage)


def nearest(books: Iterable[PlaybookRevision], lineage: Sequence[str]) -> PlaybookRevision | None:
    """Of `books`, which come with their topics, that of the nearest topic that has steps."""
    found = {row.topic.slug: row for row in books if row.steps}
    return next((found[slug] for slug in lineage if slug in found), None)


def current(topic: Category) -> PlaybookRevision | None:
    """What the topic's own playbook says now; None when nobody ever wrote one."""
    return topic.playbooks.filter(is_current=True).select_related("made_by").first()


def write(topic: Category, steps: Sequence[str], *, by: User, at: datetime, seen: int) -> PlaybookRevision:
    """The next revision of the topic's playbook; no steps take it away. The same steps again change nothing.

    `seen` is the number of the revision the person looked at, 0 for none. Raises NotSaved with what is wrong.
    """
    steps = list(dict.fromkeys(line for step in steps if (line := " ".join(step.split()))))
    if len(steps) > STEPS_MOST:
        raise NotSaved(("steps", f"{len(steps)} steps: {STEPS_MOST} at most. Who has to hurry reads no more."))
    for number, step in enumerate(steps, start=1):
        if len(step) > STEP_MOST:
            raise NotSaved(("steps", f"Step {number} is too long: {len(step)} characters, at most {STEP_MOST}."))
    with transaction.atomic():
        Category.objects.select_for_update().get(pk=topic.pk)  # one writer at a time, the first one included
        now = current(topic)
        number = now.number if now else 0
        if (now.steps if now else []) == steps and now is not None:
            return now
        if number != seen:
            who = str(now.made_by) if now else "Somebody"
            raise NotSaved(
                (
                    "",
                    f"{who} changed this playbook while you were writing. Nothing of yours was lost: look, then save again.",
                ),
                ("seen", str(number)),
            )
        if not steps and now is None:
            raise NotSaved(("steps", "Write at least one step."))
        topic.playbooks.filter(is_current=True).update(is_current=False)
        return PlaybookRevision.objects.create(topic=topic, number=number + 1, steps=steps, made_at=at, made_by=by)
