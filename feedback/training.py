"""Training from what went wrong (R111): who may assign it to whom, what there is to learn from, and when it is done.

A supervisor, or who leads the colleague's team, gives one module (a practice case, the playbook, an article) because of a
cell of the training gaps. The colleague gets a letter and finds it on their list until they say what they take from it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from cases.access import WORK, Viewer, workers
from cases.models import Case, Category, Team, User
from escalation.models import Notice
from escalation.reviews import day_of
from escalation.verbs import Refused
from feedback import gaps
from feedback.figures import Scope
from feedback.leads import led_by
from feedback.models import Article, Scenario, Training
from feedback.periods import Period
from feedback.training_letters import assigned_notice

WHOM = "Choose a colleague, or a team."
GIVE = "feedback.give_training"  # to whomever; who leads a team gives it to their own without
NOTE_MOST, LEARNED_MOST = 300, 500  # characters
FURTHEST = timedelta(days=366)
MISSES = 20
Kind = Training.Module


@dataclass(frozen=True, slots=True)
class Choice:
    """A module one may give: `key` names it in a form."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The cell of the training gaps it is given for."""

    topic: Category
    aspect: str
    first: date
    last: date


# Who and what -------------------------------------------------------------------------------------------------


def assignable(user: User) -> QuerySet[User]:
    """The colleagues somebody may give training to: all for supervisors and trainers, for others those they lead; never themselves."""
    people = workers().exclude(pk=user.pk).order_by("name", "pk")
    return people if user.has_perm(GIVE) else people.filter(pk__in=led_by(user))


def teams(user: User) -> QuerySet[Team]:
    """The teams somebody may give training to as a whole."""
    rows = Team.objects.order_by("name", "pk")
    return rows if user.has_perm(GIVE) else rows.filter(lead=user)


def modules(topic: Category) -> list[Choice]:
    """What there is to learn from on a topic: practice cases, its playbook, published articles."""
    cases = Scenario.objects.filter(case__category=topic).order_by("-at", "-pk")
    found = [Choice(f"{Kind.SCENARIO}:{one.pk}", f"Practice case: {one.title}") for one in cases]
    for one in gaps.modules([topic.slug])[topic.slug]:
        if one.article is None:
            found.append(Choice(f"{Kind.PLAYBOOK}:", "The playbook of the topic"))
        else:
            found.append(Choice(f"{Kind.ARTICLE}:{one.article}", f"Article: {one.title}"))
    return found


def readable(user: User) -> QuerySet[Training]:
    """What somebody may read: their own, what they gave, and that of whom they may give training to."""
    own = Q(person=user) | Q(by=user) | Q(person__in=assignable(user).order_by().values("pk"))
    return Training.objects.filter(own).select_related("person", "topic", "scenario__case", "article", "by")


def to_do(user: User) -> QuerySet[Training]:
    """Somebody's own list, the one due first first."""
    rows = Training.objects.filter(person=user, done_at=None)
    return rows.select_related("topic", "scenario", "by").order_by("due_on", "pk")


def misses(training: Training, viewer: Viewer) -> QuerySet[Case]:
    """The cases it is for, of those the viewer sees: the colleague's own on the topic and days, as the gap counts them now."""
    period = Period(training.first, training.last, settings.COMPANY_TIME_ZONE)
    part, scope = f"{training.aspect}:{training.person_id}", Scope(topic=training.topic.slug)
    found = gaps.cases_behind(gaps.GAP, period, scope, part=part, to=training.person)
    return Case.objects.visible_to(viewer).filter(pk__in=found.order_by().values("pk")).order_by("-filed_at", "-pk")


# Giving and doing ---------------------------------------------------------------------------------------------


def assign(
    gap: Gap,
    *,
    person: User | None = None,
    team: Team | None = None,
    module: str,
    due_on: date | None,
    note: str = "",
    by: User,
    at: datetime,
) -> list[Training]:
    """Gives one module to a colleague, or to each of a team; who has it open already keeps that one. Raises Refused."""
    people = _people(person, team, by)
    note = " ".join(note.split())
    if gap.aspect not in gaps.MARKED:
        raise Refused("Choose what went wrong from the table of training gaps.")
    if module not in {one.key for one in modules(gap.topic)}:
        raise Refused("Choose what they learn from.", field="module")
    if due_on is None or not timedelta() <= due_on - day_of(at) <= FURTHEST:
        raise Refused("Choose the day by which it is done: from today on, at most a year ahead.", field="due_on")
    if len(note) > NOTE_MOST:
        raise Refused(f"Too long: at most {NOTE_MOST} characters.", field="note")
    kind, _, number = module.partition(":")
    with transaction.atomic():
        has = Training.objects.filter(person__in=people, topic=gap.topic, aspect=gap.aspect, done_at=None)
        busy = set(has.values_list("person", flat=True))
        if not (fresh := [one for one in people if one.pk not in busy]):
            raise Refused("They have it on their list already, for the same topic and reason.", field="person")
        made = [
            Training(
                person=one, topic=gap.topic, aspect=gap.aspect, first=gap.first, last=gap.last, module=kind, note=note,
                scenario_id=int(number) if kind == Kind.SCENARIO else None,
                article_id=int(number) if kind == Kind.ARTICLE else None, due_on=due_on, by=by, at=at,
            )
            for one in fresh
        ]  # fmt: skip
        try:
            with transaction.atomic():
                made = Training.objects.bulk_create(made)
        except IntegrityError:  # somebody gave the same at this moment
            raise Refused("Somebody gave them the same a moment ago. Nothing was changed.", field="person") from None
        Notice.objects.bulk_create([assigned_notice(one, at) for one in made], ignore_conflicts=True)
    return made


def _people(person: User | None, team: Team | None, by: User) -> Collection[User]:
    if (person is None) == (team is None):
        raise Refused(WHOM, field="person")
    may = assignable(by)
    if person is not None:
        if not (by.has_perm(WORK) and may.filter(pk=person.pk).exists()):
            raise Refused("Only supervisors and who leads this colleague can do this.", field="person")
        return [person]
    assert team is not None  # noqa: S101 # nosec B101 - one of the two is given
    if not (by.has_perm(WORK) and teams(by).filter(pk=team.pk).exists()):
        raise Refused("Only supervisors and who leads this team can do this.", field="team")
    people = list(may.filter(pk__in=team.members.values("pk")))
    if not people:
        raise Refused("Nobody else stands in this team.", field="team")
    return people


def finish(training: Training, learned: str, *, by: User, at: datetime) -> Training:
    """The colleague has done it, and says what they take from it. Raises Refused."""
    learned = " ".join(learned.split())
    if not learned or len(learned) > LEARNED_MOST:
        raise Refused(f"Say what you take from it, in at most {LEARNED_MOST} characters.", field="learned")
    with transaction.atomic():
        held = Training.objects.select_for_update().get(pk=training.pk)
        if held.person_id != by.pk:
            raise Refused("Only whose it is can say that it is done.")
        if held.done_at is not None:
            raise Refused("You have said already that it is done.")
        held.learned, held.done_at = learned, at
        held.save(update_fields=["learned", "done_at"])
    return held


def article_of(training: Training) -> Article | None:
    """The article to read, while it is published."""
    return training.article if training.article and training.article.archived_at is None else None
