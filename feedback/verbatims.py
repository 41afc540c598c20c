"""What customers wrote beside their scores: who reads which of it, and without what could say whose it is. docs/words.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from cases.access import Viewer
from cases.models import Case, Event
from feedback.figures import EVERYTHING, Scope, within
from feedback.intervals import FEWEST
from feedback.masking import masked
from feedback.models import Survey, ThemeTag
from feedback.periods import Period

LOW = "low"
#: Comments that may stand beside their case, and those on topics whose cases do not open by a press.
WITH_NAME, OPEN = Q(is_anonymous=False), Q(case__category__is_restricted=False)


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A comment as it may be read: `words` without names, addresses and numbers."""

    survey: Survey
    words: str

    @property
    def is_named(self) -> bool:
        """Whether it may be shown beside its case at all."""
        return not self.survey.is_anonymous


def written() -> QuerySet[Survey]:
    """Every answer with words in it; what colleagues say of their own house is no customer's word."""
    return Survey.objects.filter(answered_at__isnull=False, case__customer__is_staff=False).exclude(comment="")


def of_period(period: Period, scope: Scope = EVERYTHING) -> QuerySet[Survey]:
    """The comments given in a period, with a name or without."""
    return written().filter(within("answered_at", period), scope.on("case__"))


def readable(viewer: Viewer, rows: QuerySet[Survey] | None = None) -> QuerySet[Survey]:
    """Of `rows` (all that is `written`) the comments somebody may read in a list: of cases they see; who sees no cases, all.

    Those on restricted topics stand in no list: such a case opens by a press that leaves its line, and the words with it.
    """
    # Narrowed one by one: two lists laid over each other would join the same tables twice.
    open_topics = (written() if rows is None else rows).filter(OPEN)
    if viewer.is_staff:
        return open_topics.filter(case__in=Case.objects.visible_to(viewer).order_by().values("pk"))
    return open_topics


def untagged(viewer: Viewer, *, since: datetime) -> QuerySet[Survey]:
    """Comments given with a name since then that nobody has put a theme on yet, the oldest first."""
    rows = readable(viewer).filter(answered_at__gte=since, is_anonymous=False, theme_tags=None)
    return rows.order_by("answered_at", "pk")


def narrowed(rows: QuerySet[Survey], *, score: str = "", theme: str = "", untagged: bool = False) -> QuerySet[Survey]:
    """Those of a score ("1" to "5", or "low"), of a theme put on by hand, or without one."""
    if score:
        rows = rows.filter(satisfaction__in=Survey.LOW if score == LOW else (int(score),))
    if theme:
        rows = rows.filter(theme_tags__theme__slug=theme)
    return rows.filter(theme_tags=None) if untagged else rows


def quotable(viewer: Viewer, period: Period, scope: Scope = EVERYTHING) -> list[Survey]:
    """Comments of a period that may leave their page: given with a name and with leave to pass them on, masked by `heard`.

    The lowest score first, of a score the newest. None where the viewer sees no cases and so few wrote that the words
    would say who they are.
    """
    rows = readable(viewer, of_period(period, scope)).filter(is_anonymous=False)
    if not viewer.is_staff and rows.count() < FEWEST:
        return []
    return list(with_cases(rows.filter(may_quote=True)).order_by("satisfaction", "-answered_at", "-pk"))


def as_evidence(viewer: Viewer) -> QuerySet[Survey]:
    """Comments an improvement may point to: those given with a name. A link would say of the others whose they are."""
    return readable(viewer).filter(is_anonymous=False)


def named(rows: QuerySet[Survey]) -> QuerySet[Survey]:
    """Those that may stand beside their case, the newest first."""
    return rows.filter(WITH_NAME).order_by("-answered_at", "-pk")


def unnamed(rows: QuerySet[Survey]) -> QuerySet[Survey]:
    """Those given without a name, in an order from which nobody learns when: by score, then by their letters."""
    return rows.filter(is_anonymous=True).order_by("satisfaction", "comment", "pk")


def heard(rows: Iterable[Survey]) -> list[Verbatim]:
    """The comments masked: two questions, however many there are. Their cases come with them."""
    said: Sequence[Survey] = list(rows)
    people: dict[int, set[str]] = {}
    acted = Event.objects.filter(case__in=[one.case_id for one in said], actor__isnull=False).order_by()
    for case, name in acted.values_list("case", "actor__name").distinct():
        people.setdefault(case, set()).add(name)
    return [Verbatim(one, masked(one.comment, _names(one, people.get(one.case_id, set())))) for one in said]


def _names(survey: Survey, people: set[str]) -> set[str]:
    case = survey.case
    return {case.customer.name, *people, *([case.organisation.name] if case.organisation else [])}


def with_cases(rows: QuerySet[Survey]) -> QuerySet[Survey]:
    """What a page of them reads, at once."""
    beside = ("case", "case__customer", "case__organisation", "case__category", "case__team")
    tags = Prefetch("theme_tags", ThemeTag.objects.select_related("theme").order_by("pk"))
    return rows.select_related(*beside).prefetch_related(tags)
