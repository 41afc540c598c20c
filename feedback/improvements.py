"""What can be asked of improvements: whose decision waits, what led to one, whom it concerns, and whether it helped.

An improvement goes from an idea to a named leader's yes or no, is done, and is looked at 30 days later with the one
figure that was chosen when it was agreed. docs/improvements.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from cases.access import Viewer, workers
from cases.models import Case, User
from escalation.models import Notice, ProtocolVersion
from feedback.figures import EVERYTHING, Scope
from feedback.lessons import readable
from feedback.measures import MEASURES, Counted
from feedback.models import Evidence, Improvement, Lesson, PostMortem, Theme
from feedback.models.improvement import NOTHING
from feedback.periods import DAY, Period
from feedback.post_mortems import day_of, seen_by
from feedback.rollup import reading
from feedback.verbatims import Verbatim, as_evidence, heard, with_cases

DECIDE = "feedback.decide_improvements"
DAYS = 30  # before it was done and after
NEWS = "improvement_news"
State = Improvement.State


def deciders() -> QuerySet[User]:
    """The leaders: who may say yes or no to an improvement."""
    may = Permission.objects.filter(codename="decide_improvements", content_type__app_label="feedback")
    allowed = Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may)
    here = User.objects.filter(is_staff=True, is_active=True, erased_at=None)
    return here.filter(pk__in=User.objects.filter(allowed).values("pk")).order_by("pk")


def to_decide() -> QuerySet[Improvement]:
    """Ideas that wait, the longest first."""
    return Improvement.objects.filter(state=State.IDEA).order_by("decide_by", "pk")


def overdue(at: datetime) -> QuerySet[Improvement]:
    """Decisions that are late."""
    return to_decide().filter(decide_by__lte=at)


def late_work(user: User, at: datetime) -> QuerySet[Improvement]:
    """What `user` was to have done by now and has not."""
    return Improvement.objects.filter(state=State.AGREED, owner=user, due_on__lt=day_of(at)).order_by("due_on", "pk")


def nobodys_work() -> QuerySet[Improvement]:
    """What was agreed, is not done, and whose owner has left: a leader's now."""
    here = workers().order_by().values("pk")
    return Improvement.objects.filter(state=State.AGREED).exclude(owner__in=here).order_by("due_on", "pk")


def may_act(one: Improvement, user: User) -> bool:
    """Whether somebody may say that it is done, and how it went: its owner, and leaders."""
    return user.has_perm(DECIDE) or one.owner_id == user.pk


# What led to it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence of an improvement as one reader may see it; `hidden` more exist for others, of `gone` the case was erased."""

    cases: tuple[Case, ...]
    lessons: tuple[Lesson, ...]
    post_mortems: tuple[PostMortem, ...]
    hidden: int
    gone: int
    comments: tuple[Verbatim, ...] = ()
    themes: tuple[Theme, ...] = ()

    @property
    def n(self) -> int:
        """All there is, seen or not."""
        return self.shown + self.hidden + self.gone

    @property
    def shown(self) -> int:
        """What this reader may read."""
        return sum(map(len, (self.cases, self.lessons, self.post_mortems, self.comments, self.themes)))


def evidence_of(one: Improvement, user: User) -> Found:
    """What led to it: cases, lessons, post-mortems and comments `user` may read, themes, the rest as numbers.

    Comments are masked. Who sees no cases has the words page for them, where a few are not shown.
    """
    rows = list(Evidence.objects.filter(improvement=one))
    viewer = Viewer(user)
    wanted = {name: {pk for row in rows if (pk := getattr(row, f"{name}_id"))} for name in NOTHING}
    cases = Case.objects.visible_to(viewer).filter(pk__in=wanted["case"]).order_by("pk")
    lessons = readable(user).filter(pk__in=wanted["lesson"]).order_by("pk") if viewer.is_staff else ()
    looked_back = seen_by(viewer).filter(pk__in=wanted["post_mortem"]).select_related("case").order_by("pk")
    said = (
        heard(with_cases(as_evidence(viewer).filter(pk__in=wanted["comment"]).order_by("pk")))
        if viewer.is_staff
        else ()
    )
    on = Theme.objects.filter(pk__in=wanted["theme"]).order_by("name")
    seen = tuple(cases), tuple(lessons), tuple(looked_back)
    gone = sum(row.is_gone for row in rows)
    found = Found(*seen, hidden=0, gone=gone, comments=tuple(said), themes=tuple(on))
    return replace(found, hidden=len(rows) - gone - found.shown)


def led_to(version: ProtocolVersion) -> QuerySet[Improvement]:
    """The improvements that became this version of the protocol, the first one first."""
    return version.improvements.select_related("owner", "decided_by").order_by("proposed_at", "pk")


# Whom it concerns ---------------------------------------------------------------------------------------------


def concerned(one: Improvement) -> QuerySet[User]:
    """The customers whose cases or words led to it, by themselves or looked back on; who said so themselves and can be told.

    A lesson is a colleague's word: the customer of its case has told us nothing about it.
    """
    rows = Evidence.objects.filter(improvement=one, is_gone=False)
    pairs = rows.values_list("case", "post_mortem__case", "comment__case")
    cases = {pk for pk in chain.from_iterable(pairs) if pk}
    theirs = Case.objects.filter(pk__in=cases, is_history=False, is_proven=True)
    can = Q(is_active=True, is_verified=True, is_staff=False, erased_at=None)
    return User.objects.filter(can, pk__in=theirs.values("customer"))


def to_tell(one: Improvement) -> QuerySet[User]:
    """Those of `concerned` who want news."""
    return concerned(one).filter(wants_news=True)


def told(one: Improvement) -> int:
    """How many customers the letter has reached."""
    return _letters(one).filter(state__in=(Notice.State.SENT, Notice.State.TOLD)).count()


def being_told(one: Improvement) -> int:
    """How many letters are on their way."""
    return _letters(one).filter(state__in=Notice.PENDING).count()


def _letters(one: Improvement) -> QuerySet[Notice]:
    return Notice.objects.filter(kind=NEWS, key__startswith=f"{NEWS}:{one.pk}:")


def published() -> QuerySet[Improvement]:
    """What everybody may read, the newest first."""
    return Improvement.objects.filter(~Q(sentence=""), done_at__isnull=False).order_by("-done_at", "-pk")


# Whether it helped --------------------------------------------------------------------------------------------


def after(one: Improvement) -> Period:
    """The 30 local days that follow the day it was done; `before()` of it are the 30 up to that day.

    Raises ValueError for what is not done.
    """
    if one.done_at is None:
        raise ValueError(f"{one} is not done.")
    zone = settings.COMPANY_TIME_ZONE
    first = day_of(one.done_at) + DAY
    return Period(first, first + (DAYS - 1) * DAY, zone)


def check_from(one: Improvement) -> datetime:
    """From when it can be checked: the days are over, and old enough for what the figure looks at. It must be done."""
    old = MEASURES[one.figure].old
    return after(one).end + (old[1] if old else timedelta())


def to_check(at: datetime) -> list[Improvement]:
    """What is done, not checked, and can be by now."""
    done = Improvement.objects.filter(state=State.DONE, done_at__lte=at - DAYS * DAY).order_by("done_at", "pk")
    return [one for one in done if check_from(one) <= at]


def figure_of(one: Improvement, *, at: datetime) -> Counted:
    """The chosen figure of the 30 days after (`now`) and `before`, as the registry counts it at `at`. It must be done."""
    scope = Scope(topic=one.topic.slug) if one.topic else EVERYTHING
    return reading.figures([one.figure], after(one), scope, at=at)[0][one.figure]
