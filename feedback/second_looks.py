"""A second colleague tags a sample of comments without seeing the first one's tags, and how far the two agree (R073).

The sample is drawn by chance from a kept seed, so that the same seed and population draw the same comments again. What
the first had put on is kept as it was then: a tag that is changed afterwards changes no agreement. docs/words.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import constant_time_compare

from cases.access import Viewer, workers
from cases.models import User
from escalation.verbs import Refused
from feedback.agreement import Agreement, Table, of_all, of_decision, of_theme
from feedback.models import SecondLook, Survey, Theme, ThemeSample
from feedback.sampling import Candidate, draw
from feedback.themes import SUPERVISE, seal
from feedback.verbatims import readable

SMALLEST, LARGEST, USUAL = 10, 200, 30
NEWEST = 2000  # tagged comments from which one is drawn
CHANGED = "The customer has changed these words meanwhile, so nobody can be compared on them. Nothing was changed."


# Drawing ------------------------------------------------------------------------------------------------------


def population(reader: User) -> list[int]:
    """The numbers of the comments that `reader` may be given: tagged by others only, with a name, not in another sample."""
    rows = readable(Viewer(reader)).filter(is_anonymous=False, theme_tags__isnull=False, second_looks=None)
    rows = rows.exclude(theme_tags__by=reader).order_by("-answered_at", "-pk").distinct()
    return sorted(rows.values_list("pk", flat=True)[:NEWEST])


def make(reader: User | None, size: int, *, by: User, at: datetime, seed: str = "") -> ThemeSample:
    """Draws a sample for `reader`. Raises Refused naming the field."""
    if not by.has_perm(SUPERVISE):
        raise Refused("Only supervisors give comments to a second reader.")
    if reader is None or not workers().filter(pk=reader.pk).exists():
        raise Refused("Choose a colleague who works on cases.", field="reader")
    if not SMALLEST <= size <= LARGEST:
        raise Refused(f"From {SMALLEST} to {LARGEST} comments.", field="size")
    with transaction.atomic():
        # Two who draw at once would give one comment to two readers.
        User.objects.select_for_update(of=("self",)).get(pk=reader.pk)
        if waiting(reader).exists():
            raise Refused(f"{reader} has not read the last sample yet.", field="reader")
        found = population(reader)
        if len(found) < SMALLEST:
            raise Refused(
                f"Too few: {len(found)} comments have themes that others put on and no second reader yet. "
                f"{SMALLEST} are needed.", field="reader",
            )  # fmt: skip
        row = ThemeSample.objects.create(
            seed=seed or secrets.token_hex(16), population=found, by=by, at=at, reader=reader,
            themes=sorted(Theme.objects.filter(is_active=True).values_list("pk", flat=True)),
        )  # fmt: skip
        _pick(row, size)
    return row


def again(row: ThemeSample, size: int) -> list[int]:
    """The comments its seed draws of its population: always the same."""
    return sorted(one.case for one in draw(map(Candidate, row.population), row.seed, by_chance=size, by_risk=0))


def _pick(row: ThemeSample, size: int) -> None:
    surveys = Survey.objects.filter(pk__in=again(row, size)).prefetch_related("theme_tags").order_by("pk")
    SecondLook.objects.bulk_create(
        SecondLook(
            sample=row, survey=one, first=sorted(tag.theme_id for tag in one.theme_tags.all()), is_drill=one.is_drill
        )
        for one in surveys
    )


# Reading ------------------------------------------------------------------------------------------------------


def waiting(reader: User) -> QuerySet[SecondLook]:
    """What somebody has still to read, in the order drawn; only what they may read today."""
    mine = SecondLook.objects.filter(sample__reader=reader, done_at=None)
    return mine.filter(survey__in=readable(Viewer(reader)).order_by().values("pk")).order_by("pk")


def hidden_from(user: User, surveys: Collection[Survey]) -> set[int]:
    """Of these comments, those whose themes `user` must not see before they have read them."""
    return set(waiting(user).filter(survey__in=surveys).values_list("survey", flat=True))


def with_blind(rows: QuerySet[Survey], user: User) -> QuerySet[Survey]:
    """The comments, each with `is_blind`: whether it is `hidden_from` the user."""
    return rows.annotate(is_blind=Exists(waiting(user).filter(survey=OuterRef("pk"))))


def offered(row: ThemeSample) -> QuerySet[Theme]:
    """The themes both could choose: those there were when the sample was drawn."""
    return Theme.objects.filter(pk__in=row.themes).order_by("name")


def save(look: SecondLook, themes: Iterable[Theme], *, seen: str, by: User, at: datetime) -> SecondLook:
    """What the second reader finds in it, once. `seen`: the seal of the words read. Raises Refused."""
    chosen = sorted(one.pk for one in themes)
    with transaction.atomic():
        survey = Survey.objects.select_for_update().filter(pk=look.survey_id).first()
        held = SecondLook.objects.select_for_update(of=("self",)).select_related("sample").filter(pk=look.pk).first()
        if held is None or survey is None or not constant_time_compare(seal(survey), seen):
            raise Refused(CHANGED)
        if held.sample.reader_id != by.pk:
            raise Refused("Another colleague reads this sample.")
        if held.done_at is not None:
            raise Refused("You have read this one already. The first word counts.")
        if not set(chosen) <= set(held.sample.themes):
            raise Refused("Choose themes from the list.", field="themes")
        held.second, held.done_at = chosen, at
        held.save(update_fields=["second", "done_at"])
    return held


# Agreement ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Agreed:
    """How far two people agree: of all themes together, and of each by its number."""

    whole: Agreement
    themes: dict[int, Agreement]


def agreement() -> Agreed:
    """Of all that was read twice and whose words still stand. One question."""
    rows = SecondLook.objects.filter(done_at__isnull=False).select_related("sample").order_by("pk")
    comments: list[Table] = []
    by_theme: dict[int, list[Table]] = {}
    for look in rows:
        first, second, whole = set(look.first), set(look.second), Table()
        for theme in look.sample.themes:
            decision = of_decision(theme in first, theme in second)
            by_theme.setdefault(theme, []).append(decision)
            whole += decision
        comments.append(whole)
    return Agreed(of_all(comments), {theme: of_theme(found) for theme, found in by_theme.items()})
