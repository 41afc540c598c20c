"""Read and understood: who has to read a published version, who has, and whether they may take duty.

A person attests by answering three questions on it rightly (`escalation.quiz`). Every try is counted; wrong answers
are named, so that the person can read that part again. docs/reviews.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from cases.access import workers
from cases.models import Category, Team, User
from escalation.book import calendars_at
from escalation.models import Attestation, ProtocolVersion
from escalation.protocol import Protocol
from escalation.quiz import Question, questions
from escalation.reading import parse

#: How long after publishing people may go on taking duty without having read it. Change it here, nowhere else.
GRACE = timedelta(days=7)
IN_FORCE = ProtocolVersion.Status.PUBLISHED
#: Kinds of target whose name is a team.
OF_TEAMS = ("team", "duty", "lead")


class NotAsked(ValueError):
    """The version is not in force, or a question was left out; the sentence is for the person. No try is counted."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What came of a try: the questions answered wrongly, by id; `attested` is None while there are any."""

    wrong: tuple[str, ...]
    attested: Attestation | None


def before(version: ProtocolVersion) -> ProtocolVersion | None:
    """The version people knew before this one: what it was drawn up from, else the one published last before it."""
    older = ProtocolVersion.objects.filter(key=version.key, published_at__isnull=False)
    based = older.filter(label=version.based_on).first() if version.based_on else None
    return based or older.filter(number__lt=version.number).order_by("number").last()


def ask(version: ProtocolVersion, *, at: datetime) -> tuple[Question, Question, Question]:
    """The three questions on a version, the same for everybody and at every time."""
    earlier = before(version)
    at = version.published_at or at
    days = {key: round(calendar.day_hours * 3600) for key, calendar in calendars_at(at).items()}
    topics = dict(Category.objects.values_list("slug", "name"))
    old = parse(earlier.label, earlier.document) if earlier else None
    return questions(parse(version.label, version.document), old, days=days, topics=topics)


def attest(version: ProtocolVersion, person: User, answers: Mapping[str, int], at: datetime) -> Marked:
    """One try: `answers` are the chosen values by question. Raises NotAsked with a sentence.

    Once attested nothing changes any more, whatever is answered later.
    """
    if version.status != IN_FORCE:
        raise NotAsked(f"{version.label} is not in force. Only a version in force is read and understood.")
    asked = ask(version, at=at)
    if any(question.id not in answers for question in asked):
        raise NotAsked("Answer all three questions.")
    wrong = tuple(question.id for question in asked if answers[question.id] != question.right)
    with transaction.atomic():
        Attestation.objects.get_or_create(version=version, person=person)
        row = Attestation.objects.select_for_update(of=("self",)).get(version=version, person=person)
        if row.at is None:
            row.tries += 1
            row.at = None if wrong else at
            row.save(update_fields=["tries", "at"])
    return Marked(wrong, None if wrong else row)


def teams_of(protocol: Protocol) -> frozenset[str]:
    """The teams a protocol names, by slug: those of its levels and those its steps aim at."""
    named = {team for tier in protocol.tiers for team in tier.all_teams}
    for target in protocol.targets():
        kind, _, name = target.partition(":")
        if kind in OF_TEAMS:
            named.add(name)
    return frozenset(named)


def concerned(version: ProtocolVersion) -> QuerySet[User]:
    """Active staff in a team the version names, as members or leads."""
    slugs = teams_of(parse(version.label, version.document))
    return workers().filter(Q(teams__slug__in=slugs) | Q(leads__slug__in=slugs)).order_by("name", "email").distinct()


def pending(version: ProtocolVersion) -> QuerySet[User]:
    """Those concerned who have not attested, in order of name."""
    done = Attestation.objects.filter(version=version, at__isnull=False)
    return concerned(version).exclude(pk__in=done.values("person"))


def to_read(person: User) -> list[ProtocolVersion]:
    """The versions in force that this person has to read and has not, oldest first."""
    done = Attestation.objects.filter(person=person, at__isnull=False).values("version")
    unread = list(ProtocolVersion.objects.filter(status=IN_FORCE).exclude(pk__in=done).order_by("published_at", "pk"))
    if not unread:
        return []
    teams = set(Team.objects.filter(Q(members=person) | Q(lead=person)).values_list("slug", flat=True))
    named = [version for version in unread if teams & teams_of(parse(version.label, version.document))]
    return named if named and workers().filter(pk=person.pk).exists() else []


def may_take_duty(person: User, at: datetime, unread: Iterable[ProtocolVersion] | None = None) -> str:
    """Why a person may not be put on duty at `at`, in a sentence; empty when they may.

    Reading is asked for within GRACE of publishing. What came with the installation, published by nobody, is shown
    as unread but keeps nobody from duty: else a new installation would have nobody at work. `unread` is what `to_read`
    found for this person, where somebody has asked already.
    """
    overdue = [
        version
        for version in (to_read(person) if unread is None else unread)
        if version.published_by_id is not None and version.published_at and version.published_at + GRACE <= at
    ]
    if not overdue:
        return ""
    labels = ", ".join(version.label for version in overdue)
    return (
        f"{person} has not read {labels} yet, which is in force for more than {GRACE.days} days. "
        "They can take duty again once they have answered its three questions."
    )
