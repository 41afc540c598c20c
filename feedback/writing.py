"""How we write to customers: updates and the times they name, saved replies and how their cases were rated, the best messages (R059).

All of cases filed here in a period, whatever happened to them since; what each figure means stands in docs/figures.md.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from cases.access import Viewer
from cases.models import Case, Event, Message, ReplyRevision, ReplyUse
from feedback.figures import EVERYTHING, SATISFIED, Scope, within
from feedback.intervals import Share
from feedback.masking import masked
from feedback.models import CaseFact, Survey
from feedback.periods import Period

#: The names of the lists behind the numbers.
WRITTEN, SILENT, BEGAN = "written", "silent", "began_with"
#: Office hours at which the bars of silence begin.
EDGES = (0, 2, 4, 8, 16, 40)
HOUR = 3600
BEST, BEST_SCORE = 5, 5
WORDS = 600  # characters of a message that are shown
OF_CUSTOMERS = Q(is_history=False, customer__is_staff=False)


@dataclass(frozen=True, slots=True)
class Updates:
    """The updates of some cases: how many cases there are, of how many had one, and how many named the next time."""

    cases: int = 0
    updated: int = 0  # cases with an update
    timed: Share = field(default_factory=Share)  # updates that promised when the next one comes
    chosen: Share = field(default_factory=Share)  # updates whose writer chose that time

    @property
    def each(self) -> float | None:
        """Updates per case."""
        return self.timed.n / self.cases if self.cases else None

    def __add__(self, other: Updates) -> Updates:
        return Updates(
            self.cases + other.cases,
            self.updated + other.updated,
            self.timed + other.timed,
            self.chosen + other.chosen,
        )


def cohort(period: Period, scope: Scope) -> QuerySet[Case]:
    """Cases of customers filed here in the period."""
    return Case.objects.filter(within("filed_at", period), OF_CUSTOMERS, scope.on())


# Silence ------------------------------------------------------------------------------------------------------


def silence_bars(seconds: Iterable[float]) -> dict[int, int]:
    """How many of these longest silences lie in each stretch of EDGES, by where it begins."""
    found = dict.fromkeys(EDGES, 0)
    for one in seconds:
        found[EDGES[bisect_right(EDGES, one / HOUR) - 1]] += 1
    return found


def _over(period: Period, scope: Scope) -> Q:
    return within("filed_at", period) & scope.on("case__") & Q(stage="", case__is_history=False)


def _between(edge: int) -> Q:
    """The longest silence lies between an edge, in office hours, and the next one."""
    found = Q(longest_silence__gte=edge * HOUR)
    later = [one for one in EDGES if one > edge]
    return found & Q(longest_silence__lt=later[0] * HOUR) if later else found


# Saved replies ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Began:
    """One saved reply in the period: messages that began with it, and how the cases of those messages were rated."""

    title: str
    uses: int
    cases: int
    satisfied: Share


def replies(period: Period, scope: Scope = EVERYTHING) -> dict[int, Began]:
    """Every saved reply used in the period, by its number; the most used first."""
    used = ReplyUse.objects.filter(within("at", period), scope.on("case__"))
    rated = Q(case__survey__satisfaction__isnull=False, case__customer__is_staff=False)
    happy = rated & Q(case__survey__satisfaction__gte=SATISFIED)
    current = ReplyRevision.objects.filter(reply=OuterRef("revision__reply"), is_current=True)
    rows = list(
        used.annotate(reply=F("revision__reply"), title=Subquery(current.values("title")[:1])).values("reply", "title").order_by().annotate(
            uses=Count("pk"), cases=Count("case", distinct=True),
            n=Count("case", distinct=True, filter=rated), hits=Count("case", distinct=True, filter=happy),
        )
    )  # fmt: skip
    rows.sort(key=lambda row: (-row["uses"], row["reply"]))
    return {
        row["reply"]: Began(row["title"] or "", row["uses"], row["cases"], Share(row["hits"], row["n"])) for row in rows
    }


# The best -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Best:
    """A message that did well, without what could say whose it is; `case` is for who may open it."""

    words: str
    kind: str
    case: Case


def best(period: Period, scope: Scope = EVERYTHING, *, viewer: Viewer) -> list[Best]:
    """The last message of ours in the cases rated BEST_SCORE whose customer felt heard, the newest answer first, BEST at most.

    Answers given in the period with a name; restricted topics are left out, and so are cases a colleague may not see.
    """
    found = Survey.objects.filter(
        within("answered_at", period), scope.on("case__"), satisfaction=BEST_SCORE, heard=Survey.Verdict.YES,
        is_anonymous=False, case__customer__is_staff=False, case__is_history=False, case__category__is_restricted=False,
    )  # fmt: skip
    if viewer.is_staff:
        found = found.filter(case__in=Case.objects.visible_to(viewer).order_by().values("pk"))
    ours = Message.objects.filter(case=OuterRef("case"), from_customer=False, author__isnull=False)
    last = ours.exclude(kind=Message.Kind.CALL).order_by("-at", "-recorded_at")
    beside = ("case", "case__customer", "case__organisation", "case__category")
    told = found.annotate(words=Subquery(last.values("text")[:1]), kind=Subquery(last.values("kind")[:1]))
    rows = [row for row in told.select_related(*beside).order_by("-answered_at", "-pk")[:BEST] if row.words is not None]
    people: dict[int, set[str]] = {}
    acted = Event.objects.filter(case__in=[row.case_id for row in rows], actor__isnull=False).order_by()
    for case, name in acted.values_list("case", "actor__name").distinct():
        people.setdefault(case, set()).add(name)
    return [_best(row.case, row.words, row.kind, people.get(row.case_id, set())) for row in rows]


def _best(case: Case, said: str, kind: str, people: set[str]) -> Best:
    names = {case.customer.name, *people, *([case.organisation.name] if case.organisation else [])}
    words = masked(said, names)
    return Best(f"{words[:WORDS]}…" if len(words) > WORDS else words, str(Message.Kind(kind).label), case)


def reply_of(part: str) -> int:
    """The number of a saved reply as an address has it. ValueError for what is none."""
    if not (part.isascii() and part.isdigit() and len(part) < 19):
        raise ValueError(f"“{part}” is no reply.")
    return int(part)


# The cases behind a number ------------------------------------------------------------------------------------


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str = "") -> QuerySet[Case]:
    """The cases a number was counted from. LookupError or ValueError for a name or a part that does not exist.

    WRITTEN: "of" all cases, "updated", "timed" or "chosen"; SILENT: an edge of EDGES; BEGAN: the number of a reply.
    """
    if which == WRITTEN:
        return cohort(period, scope).filter(PARTS[part])
    if which == SILENT:
        if part not in map(str, EDGES):
            raise ValueError(f"“{part}” is no stretch of ours.")
        facts = CaseFact.objects.filter(_over(period, scope), _between(int(part)))
        return Case.objects.filter(pk__in=facts.order_by().values("case"))
    if which == BEGAN:
        used = ReplyUse.objects.filter(within("at", period), scope.on("case__"), revision__reply=reply_of(part))
        return Case.objects.filter(pk__in=used.order_by().values("case"))
    raise LookupError(f"“{which}” is no number of ours.")


PARTS: Mapping[str, Q] = {
    "of": Q(),
    "updated": Q(fact__updates__gt=0),
    "timed": Q(fact__updates_timed__gt=0),
    "chosen": Q(fact__updates_chosen__gt=0),
}
