"""What customers write about, in numbers: how many comments of each theme, how many of them low, and week by week.

Only what a person has tagged is counted. What is looked at in Python was tagged by hand, one by one: it stays small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count

from feedback import themes, verbatims
from feedback.figures import EVERYTHING, Scope
from feedback.intervals import Share
from feedback.models import Survey, Theme, ThemeTag
from feedback.periods import Period
from feedback.verbatims import OPEN, WITH_NAME

#: So many of the newest tagged comments are read again by the rules.
SAMPLE = 500


@dataclass(frozen=True, slots=True)
class OfTheme:
    """One theme's comments in a period."""

    theme: Theme
    low: Share  # scores of 1 and 2 among the comments of this theme
    by_rule: Share  # recall of its rule: those its words name too, among those of the sample
    rule_right: Share  # precision of its rule: those that have it, among those of the sample its words name
    weeks: Sequence[Share]  # of the week's tagged comments


@dataclass(frozen=True, slots=True)
class Themes:
    """All themes of a period, those with the most comments first."""

    written: int  # comments
    listed: int  # of them, in the list of who sees no cases: with a name, on a topic that is not restricted
    tagged: int  # by a person
    rows: Sequence[OfTheme] = field(default=())

    @property
    def worst(self) -> list[OfTheme]:
        """Those with the most low scores, at most three; of few comments nothing is said."""
        known = [row for row in self.rows if row.low.shown and row.low.hits]
        return sorted(known, key=lambda row: (-row.low.hits, -row.low.hits / row.low.n, row.theme.name))[:3]


def themes_of(period: Period, scope: Scope = EVERYTHING, *, known: Sequence[Theme] | None = None) -> Themes:
    """The themes of the comments given in a period. Three questions, two where all themes are `known`."""
    rows = verbatims.of_period(period, scope)
    of: dict[int, set[int]] = defaultdict(set)
    comments: dict[int, Survey] = {}
    tags = ThemeTag.objects.filter(survey__in=rows.order_by().values("pk")).order_by("-survey__answered_at", "-survey")
    for tag in tags.values_list("theme", "survey", "survey__comment", "survey__satisfaction", "survey__answered_at"):
        theme, pk, comment, satisfaction, answered_at = tag
        of[theme].add(pk)
        comments[pk] = Survey(pk=pk, comment=comment, satisfaction=satisfaction, answered_at=answered_at)
    said = list(comments.values())
    weeks = _weeks(said, period)
    every = Theme.objects.order_by("pk") if known is None else known
    found = [_figure(theme, of[theme.pk], said, weeks) for theme in every if theme.is_active or theme.pk in of]
    found.sort(key=lambda row: (-row.low.n, row.theme.name))
    counts = rows.order_by().aggregate(written=Count("pk"), listed=Count("pk", filter=WITH_NAME & OPEN))
    return Themes(counts["written"], counts["listed"], len(said), found)


def _weeks(said: Sequence[Survey], period: Period) -> list[set[int]]:
    """The tagged comments of each week."""
    bounds = [(week.start, week.end) for week in period.weeks()]
    return [{one.pk for one in said if one.answered_at and start <= one.answered_at < end} for start, end in bounds]


def _figure(theme: Theme, mine: Collection[int], said: Sequence[Survey], weeks: Sequence[Collection[int]]) -> OfTheme:
    low = Share(sum(one.is_low for one in said if one.pk in mine), len(mine))
    sample = said[:SAMPLE]
    has = [one.pk in mine for one in sample]
    named = [bool(themes.suggested(one.comment, [theme])) for one in sample]
    hits = sum(one and other for one, other in zip(has, named, strict=True))
    by_week = [Share(len(set(week) & set(mine)), len(week)) for week in weeks]
    return OfTheme(theme, low, Share(hits, sum(has)), Share(hits, sum(named)), by_week)


def lesson_words(chosen: Mapping[str, Theme] | Collection[Theme]) -> set[str]:
    """The tags by which colleagues' lessons are on the same: a theme's name and address."""
    rows = chosen.values() if isinstance(chosen, Mapping) else chosen
    return {word for theme in rows for word in (theme.name.lower(), theme.slug)}
