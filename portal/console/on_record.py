"""What is on record of a case, read in a few questions however much it is, and shared by all that its page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases import presence
from cases.access import Viewer, supervisors
from cases.models import (
    Attachment,
    Case,
    Category,
    Consult,
    Event,
    Investigation,
    Message,
    Note,
    Participant,
    PlaybookRevision,
    RemedyRevision,
    ReplyRevision,
    ReplyUse,
    Resolution,
    Task,
    TriedStep,
    User,
)
from cases.recurring import earlier_than
from cases.replies import ENGLISH
from cases.together import attach, together
from escalation.book import PUBLIC, rules_of
from escalation.directory import Directory
from escalation.models import Alert, Notice, Promise, ProtocolVersion, StageClock
from escalation.protocol import Rules
from escalation.store import over
from escalation.turn import Known, Turn
from feedback.models import (
    Article,
    ArticleRevision,
    ArticleTried,
    ArticleUse,
    FollowUp,
    Interim,
    Lesson,
    PostMortem,
    ProblemCase,
    Retro,
    Worthy,
)
from portal.console.events import TIMERS
from portal.console.problems import choices

MOST = 300  # events; a case that has more says so
LETTERS = 30  # the newest, to whomever; of those to customers MOST, for the timeline
CASES = 50  # of the customer's other cases, those the case may be a return of first

Rows = dict[str, list[Any]]


@dataclass(frozen=True)
class OnRecord:
    """One case with its rows; what of them is newest stands first. `turn` is the engine's view of it, to look at only.

    `events` are one more than a timeline shows: each says who has the case after it, so the one before says from whom
    it came. `people` are all that the rows name. `theirs` are the customer's other cases, as far as the viewer sees them;
    one with `came_before` has the case's topic and was filed shortly before it.
    """

    case: Case
    turn: Turn
    events: list[Event]
    rows: Rows
    people: dict[int, User]
    theirs: list[Case]

    def __getitem__(self, name: str) -> list[Any]:
        return self.rows[name]

    @property
    def supervisors(self) -> list[User]:
        """Everybody who may act as a supervisor, by name."""
        return sorted((one for one in self.people.values() if one.supervises), key=str)  # type: ignore[attr-defined]

    def first(self, name: str) -> Any | None:
        """The newest row of a kind; None without one."""
        return next(iter(self.rows[name]), None)


def read(case: Case, viewer: Viewer, now: datetime) -> OnRecord:
    """The record of a case from `case_page.seen_case`; some nine questions."""
    rules, directory = rules_of(case.protocol), Directory.load(now)
    events = list(Event.objects.filter(case=case).order_by("-seq")[: MOST + 1])
    found = together(wanted(case, viewer.user, now, rules, events))
    rows: Rows = {name: newest_first(some) for name, some in found.items()}
    instead = directory.roster.stand_in(case.owner_id, now) if case.owner_id else None
    people = people_of(case, events, rows, instead)
    settle(case, rows, events, people)
    kept = frozenset((e.data["tier"], e.data["args"]["rule"]) for e in rows["marks"] if e.kind == "kept")
    broken = sum(one.status == Promise.Status.BROKEN for one in rows["promises"])
    turn = over(case, rules, directory, rows["clocks"], events[:1], known=Known(broken, kept))
    return OnRecord(case, turn, events, rows, people, theirs_of(case, viewer))


def wanted(case: Case, user: Any, now: datetime, rules: Rules, events: list[Event]) -> dict[str, QuerySet[Any]]:
    """What is asked for in one question: the rows of the case, and what they refer to."""
    ended = [e.seq for e in events if e.kind == "ran_out" and e.data["args"]["kind"] in TIMERS]
    newest = Notice.objects.filter(case=case).order_by("-owed_at", "-pk").values("pk")[:LETTERS]
    theirs = Notice.objects.filter(case=case, to_customer=True).order_by("-owed_at", "-pk").values("pk")[:MOST]
    shown = Q(pk__in=newest) | Q(pk__in=theirs) | Q(event_seq__in=ended)
    lineage = rules.protocol.lineage(case.category.slug)
    mine = {"case": case}
    versions = ProtocolVersion.objects.filter(key=case.protocol.partition("@")[0], status__in=PUBLIC)
    named = Q(article__uses__case=case) | Q(article__tried__case=case)
    return {
        "clocks": StageClock.objects.filter(**mine),
        "promises": Promise.objects.filter(**mine),
        "notices": Notice.objects.filter(shown, **mine).defer("body"),
        "alerts": Alert.objects.filter(**mine, cleared_at=None),
        "marks": Event.objects.filter(**mine, kind__in=("kept", "offered")),
        "messages": Message.objects.filter(**mine),
        "notes": Note.objects.filter(**mine),
        "files": Attachment.objects.filter(**mine),
        "began": ReplyUse.objects.filter(**mine),
        "replies": ReplyRevision.objects.filter(uses__case=case).only("title", "number"),
        "tried": TriedStep.objects.filter(**mine),
        "tasks": Task.objects.filter(**mine),
        "consults": Consult.objects.filter(**mine),
        "resolutions": Resolution.objects.filter(**mine),
        "remedies": RemedyRevision.objects.filter(given__case=case).only("name"),
        "investigations": Investigation.objects.filter(**mine),
        "playbooks": PlaybookRevision.objects.filter(topic__slug__in=lineage, is_current=True),
        "topics": Category.objects.filter(slug__in=lineage),
        "versions": versions.only("key", "number", "label", "status"),
        "used": ArticleUse.objects.filter(**mine),
        "read": ArticleTried.objects.filter(**mine),
        "texts": ArticleRevision.objects.filter(named, language=ENGLISH, is_current=True).only("article", "title"),
        "made": Article.objects.filter(made_from=case).only("slug", "made_from"),
        "added": Participant.objects.present().filter(**mine),
        "here": presence.here(case, but=user, at=now),
        "follow_ups": FollowUp.objects.filter(**mine).defer("words"),
        "interims": Interim.objects.filter(**mine, answered_at__isnull=False, is_anonymous=False),
        "worthy": Worthy.objects.filter(**mine),
        "lessons": Lesson.objects.filter(**mine),
        "retros": Retro.objects.filter(**mine, person=user),
        "post_mortems": PostMortem.objects.filter(**mine).only(
            "case", "due_on", "opened_at", "closed_at", "review_on", "reviewed_at"
        ),
        "problem": ProblemCase.objects.filter(**mine),
        "problems": choices(None, case).only("title", "state", "opened_at"),
    }


#: By which instant the rows of a table are put in order; the others by their number.
INSTANTS = ("at", "owed_at", "made_at", "started_at", "asked_at", "raised_at", "opened_at")


def newest_first(rows: list[Any]) -> list[Any]:
    """By their instant, of equals by key, the newest first."""
    name = next((n for n in INSTANTS if rows and n in rows[0].__dict__), "pk")
    return sorted(rows, key=lambda row: (getattr(row, name), row.pk), reverse=True)


#: Which fields of which rows name people.
NAMING: dict[str, tuple[str, ...]] = {
    "notes": ("author",),
    "messages": ("author",),
    "tried": ("by",),
    "tasks": ("person", "ended_by"),
    "consults": ("asked_by", "expert"),
    "resolutions": ("by",),
    "investigations": ("by",),
    "notices": ("recipient",),
    "used": ("by",),
    "follow_ups": ("person", "by"),
    "worthy": ("by",),
    "lessons": ("by",),
    "added": ("user",),
    "here": ("person",),
}


def people_of(case: Case, events: Iterable[Event], rows: Rows, instead: int | None) -> dict[int, User]:
    """Everybody the rows and the events name, who stands in for the owner, and all supervisors, in one question."""
    ids = {getattr(row, f"{field}_id") for name, fields in NAMING.items() for row in rows[name] for field in fields}
    for event in events:
        args = event.data["args"]
        ids |= {event.actor_id, event.data["owner"], args.get("to"), args.get("by")}
    named = Q(pk__in={one for one in (*ids, instead) if isinstance(one, int)})
    may = supervisors().values("pk")
    found = User.objects.filter(named | Q(pk__in=may)).annotate(supervises=Exists(may.filter(pk=OuterRef("pk"))))
    return {one.pk: one for one in found}


def settle(case: Case, rows: Rows, events: list[Event], people: dict[int, User]) -> None:
    """Puts what rows refer to in its place, so that nothing is asked for again."""
    for name, fields in NAMING.items():
        attach(rows[name], people, *fields)
    attach(events, people, "actor")
    by_pk = {
        name: {row.pk: row for row in rows[name]}
        for name in ("clocks", "notes", "replies", "remedies", "problems", "topics")
    }
    for rows_ in (rows["clocks"], rows["files"], rows["tasks"], events):
        attach(rows_, {case.pk: case}, "case")
    attach(rows["promises"], by_pk["clocks"], "clock")
    attach(rows["consults"], by_pk["notes"], "question", "answer")
    attach(rows["resolutions"], by_pk["remedies"], "remedy_kind")
    attach(rows["playbooks"], by_pk["topics"], "topic")
    attach(rows["began"], by_pk["replies"], "revision")
    attach(rows["problem"], by_pk["problems"], "problem")


def theirs_of(case: Case, viewer: Viewer) -> list[Case]:
    """The customer's other cases that this person sees, those the case may be a return of first, then the newest."""
    others = Case.objects.visible_to(viewer).filter(customer=case.customer_id).exclude(pk=case.pk)
    marked = others.annotate(came_before=earlier_than(case)).order_by("-came_before", "-filed_at", "-pk")
    return list(marked[: CASES + 1])
