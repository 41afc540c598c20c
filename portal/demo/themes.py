"""What the demo's customers write about: six themes, and Dana's tags on all comments but the newest."""

from __future__ import annotations

from datetime import datetime, timedelta

from feedback import themes, verbatims
from feedback.models import Theme
from portal.demo.people import Cast

THEMES: tuple[tuple[str, str], ...] = (
    ("Waiting", "wait*, slow*, late, longer, too long, week*, days"),
    ("Being told", "told me, nobody told, without a word, when i would hear, updat*, had to ask"),
    ("Explaining again", "explain*, three times, three people, repeat*, twice"),
    ("The answer", "the answer, solution, works now, fixed, something else"),
    ("Friendliness", "friendly, kind, polite, thank*, helpful, rude"),
    ("Being passed around", "passed around, passed on, another team, transferred, three people"),
)
UNTAGGED = 3  # the newest: they wait


def put_on(people: Cast, now: datetime) -> None:
    """The list, and tags where the words say what a comment is about."""
    dana = people.supervisors[0]
    known = [themes.write(None, name, words, by=dana) for name, words in THEMES]
    for survey in verbatims.written().order_by("-answered_at", "-pk")[UNTAGGED:]:
        if found := themes.suggested(survey.comment, known):
            at = min(now, survey.answered_at + timedelta(days=1)) if survey.answered_at else now
            themes.tag(survey, found, seen=themes.seal(survey), by=dana, at=at)
    # One that was given up: it said the same as another.
    old = themes.write(None, "Speed", "fast, quick*", by=dana)
    themes.set_active(Theme.objects.get(pk=old.pk), active=False, by=dana)
