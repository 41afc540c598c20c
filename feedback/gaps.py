"""Training gaps: what goes wrong by topic and by who has the cases, compared only where it can be told.

Of cases filed here in the period, by the topic and the person they have now. What somebody passes up is no mistake and
is not counted; a case that came down again, or went to a wrong team first, is one of the topic's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, Count, F, Q, QuerySet, Value

from cases.models import Case, PlaybookRevision, Team, User
from cases.replies import ENGLISH
from escalation.models import Promise
from feedback.figures import BROKEN, EVERYTHING, OURS, Scope, within
from feedback.intervals import FEWEST, Share, apart, keep_back
from feedback.measures import FROM_CUSTOMERS, MEASURES
from feedback.models import ArticleRevision, CaseFact, Survey
from feedback.owed import OF_KIND
from feedback.periods import Period

#: Who may see the figures of single colleagues, beside themselves and who leads their team.
SEES_HANDLERS = "feedback.view_handlers"
LOW, AGAIN, ASTRAY, MISSED, UP = "low", "again", "astray", "missed", "up"
#: Each: of which facts, and which of them count.
ASPECTS: dict[str, tuple[Q, Q]] = {
    LOW: (Q(said_at__isnull=False) & FROM_CUSTOMERS, Q(score__in=Survey.LOW)),
    AGAIN: (Q(replies__gt=0), Q(rejections__gt=0) | Q(reopenings__gt=0)),
    ASTRAY: (Q(), Q(went_down__gt=0) | Q(went_astray=True)),
    MISSED: (Q(promises_kept__gt=0) | Q(promises_broken__gt=0), Q(promises_broken__gt=0)),
    UP: (Q(), Q(escalated_at__isnull=False)),
}
#: A colleague has it, and it was filed here.
OWNED = Q(case__owner__isnull=False, case__is_history=False)
#: What may be a gap; how many went up says how hard the cases are.
MARKED = (LOW, AGAIN, ASTRAY, MISSED)
Cells = dict[str, Share]
NOTHING: Cells = dict.fromkeys(ASPECTS, Share())


def gaps(period: Period, scope: Scope = EVERYTHING) -> dict[str, dict[int, Cells]]:
    """Each aspect's share by topic and by person (their id), one query."""
    return gaps_in(_facts(period, scope))


def gaps_in(facts: QuerySet[CaseFact]) -> dict[str, dict[int, Cells]]:
    """The same of some facts."""
    counts: dict[str, Any] = {}
    for name, (of, hit) in ASPECTS.items():
        counts[f"{name}_n"] = Count("pk", filter=of)
        counts[f"{name}_hits"] = Count("pk", filter=of & hit)
    rows: Any = facts.filter(OWNED).values(topic=F("case__category__slug"), who=F("case__owner")).order_by()
    found: dict[str, dict[int, Cells]] = {}
    for row in rows.annotate(**counts):
        cells = {name: Share(row[f"{name}_hits"], row[f"{name}_n"]) for name in ASPECTS}
        found.setdefault(row["topic"], {})[row["who"]] = cells
    return found


def _facts(period: Period, scope: Scope) -> QuerySet[CaseFact]:
    return CaseFact.objects.filter(within("filed_at", period), scope.on("case__"), OWNED)


def together(parts: Iterable[Cells]) -> Cells:
    """Several rows as one."""
    found = dict(NOTHING)
    for cells in parts:
        found = {name: found[name] + cells[name] for name in ASPECTS}
    return found


def shown_of(mine: Mapping[int, Cells], seen: Collection[int]) -> dict[int, Cells]:
    """What may be shown of one topic's people, of whom the reader sees `seen`, beside what all of them have together.

    Who has too few cases is left out, and aspect by aspect whatever would tell of one colleague who is not shown.
    """
    rows = {who for who in seen if mine[who][UP].n >= FEWEST}
    shown = {who: dict(mine[who]) for who in rows}
    for name in ASPECTS:
        for who in keep_back({who: cells[name] for who, cells in mine.items()}, unseen=set(mine) - rows):
            shown[who][name] = replace(shown[who][name], kept_back=True)
    return shown


class Rows:
    """People by topic with what is made of them together, each computed once: topics, all of them, and what stands out."""

    def __init__(self, cells: Mapping[str, Mapping[int, Cells]]) -> None:
        self.cells = cells

    @cached_property
    def topics(self) -> dict[str, Cells]:
        return {topic: together(mine.values()) for topic, mine in self.cells.items()}

    @cached_property
    def whole(self) -> Cells:
        return together(self.topics.values())

    @cached_property
    def marked(self) -> list[tuple[str, str]]:
        """(topic, aspect) where a topic stands clearly above all others together."""
        rows = sorted(self.topics.items())
        return [(topic, name) for topic, row in rows for name in MARKED if clearly(row, self.whole, name)]

    @cached_property
    def marks_people(self) -> bool:
        """Whether somebody stands clearly above the others on a topic."""
        return any(
            clearly(cells, self.topics[topic], name)
            for topic, mine in self.cells.items()
            for cells in mine.values()
            for name in MARKED
        )


def clearly(cells: Cells, whole: Cells, name: str) -> bool:
    """Whether a row stands clearly above the rest of `whole`, which it is a part of: ten on both sides, intervals apart."""
    rest = Share(whole[name].hits - cells[name].hits, whole[name].n - cells[name].n)
    return apart(cells[name], rest) == "up"


def visible(people: Iterable[int], *, to: User) -> dict[int, str]:
    """Those of the people whose figures `to` may see, with their names: themselves, who they lead, all with the permission."""
    return dict(User.objects.filter(seen_by(to), pk__in=set(people)).values_list("pk", "name"))


def seen_by(reader: User) -> Q:
    """Whose figures `reader` may see, as a condition on User; who sees some teams only, of nobody in another."""
    own, members = Q(pk=reader.pk), Team.members.through.objects.order_by()
    if not reader.has_perm(SEES_HANDLERS):
        return own | Q(pk__in=members.filter(team__lead=reader).values("user"))
    if not reader.figures_by_team:
        return Q()
    return own | Q(pk__in=members.filter(team__in=reader.figure_teams.order_by().values("pk")).values("user"))


# What was missed, and what there is to learn from ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Module:
    """Something to learn from: the playbook of a topic, or an article on it (its id)."""

    title: str
    article: int | None = None
    topic: int | None = None


def misses(period: Period, scope: Scope = EVERYTHING, *, at: datetime) -> dict[tuple[str, str], int]:
    """How many cases had a promise broken, by (topic, milestone)."""
    due = Promise.objects.filter(within(MEASURES["kept"].dated, period), scope.on("case__"))
    return {key: len(cases) for key, cases in missed_in(due, at=at).items()}


def missed_in(promises: QuerySet[Promise], *, at: datetime) -> dict[tuple[str, str], set[int]]:
    """Of some promises the cases on which they were broken, by (topic, milestone)."""
    rows = promises.filter(MEASURES["kept"].looked_at(at), status=BROKEN, clock__kind__in=OURS)
    groups: dict[tuple[str, str], set[int]] = {}
    for topic, kind, case in rows.values_list("case__category__slug", "clock__kind", "case").distinct().order_by():
        groups.setdefault((topic, OF_KIND[kind]), set()).add(case)
    return groups


def modules(topics: Iterable[str]) -> dict[str, list[Module]]:
    """What there is on each topic: its playbook first, then published articles by title. One query."""
    wanted = set(topics)
    found: dict[str, list[Module]] = {slug: [] for slug in wanted}
    books = PlaybookRevision.objects.filter(topic__slug__in=wanted, is_current=True).exclude(steps=[]).order_by()
    live = ArticleRevision.objects.filter(
        is_live=True, language=ENGLISH, article__topic__slug__in=wanted, article__archived_at=None
    ).order_by()
    rows = books.values_list("topic__slug", Value(""), "topic", Value(0)).union(
        live.values_list("article__topic__slug", "title", "article", Value(1)), all=True
    )
    for slug, title, pk, is_article in sorted(rows, key=lambda row: (row[3], row[1], row[2])):
        found[slug].append(Module(title, article=pk) if is_article else Module("Playbook", topic=pk))
    return found


# The cases behind a number ------------------------------------------------------------------------------------

GAP, GAP_OF = "gap", "gap_of"


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str, to: User) -> QuerySet[Case]:
    """The cases of an aspect: part "missed" of everybody, "missed:17" of one person, for who may see them.

    LookupError or ValueError for what does not exist, and for a person whose figures `to` may not see.
    """
    name, _, who = part.partition(":")
    of, hit = ASPECTS[name]
    facts = _facts(period, scope).filter(of & hit if which == GAP else of)
    if who:
        person = int(who)
        # Databases refuse to look for a number they could not keep.
        if not 0 < person <= BigIntegerField.MAX_BIGINT or person not in visible([person], to=to):
            raise LookupError("Not theirs to see.")
        facts = facts.filter(case__owner=person)
    return Case.objects.filter(pk__in=facts.values("case"))
