"""Somebody leaves: their cases go to colleagues with a note written from the case, then the account is closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from cases.access import workers
from cases.lifecycle import OPEN
from cases.models import Case, User
from escalation.cover import gathered, gathered_words, only_one
from escalation.directory import Directory
from escalation.lateness import with_ledger
from escalation.packet import packet_of
from escalation.protocol import MissingCell
from escalation.routing import Loads
from escalation.verbs.acting import Refused
from escalation.verbs.handing import hand_over

SHOWN = 3  # stretches a refusal names


@dataclass
class HandOvers:
    """What became of each case: given to whom, or why it stayed."""

    done: list[tuple[Case, User]] = field(default_factory=list)
    stayed: list[tuple[Case, str]] = field(default_factory=list)


def cases_of(user: User) -> list[Case]:
    """The open cases a person owns, the next promise first."""
    mine = with_ledger(Case.objects.filter(owner=user, state__in=OPEN, is_history=False))
    return list(mine.select_related("category", "team", "customer").order_by("promise_at", "pk"))


def suggest(cases: list[Case], leaver: User, *, at: datetime) -> dict[int, int]:
    """For each case whom routing would pick of its team: not away, below the cap, with the fewest.

    Who happens to be on duty this minute does not count: the cases will be theirs for longer. A case for which
    nobody has room is left out; somebody must be chosen by hand.
    """
    directory = Directory.load(at)
    roster = directory.roster
    slugs = {case.team_id: directory.slug_of(case.team_id) for case in cases}
    there = {
        slug: {one for one in roster.crews[slug].people - {leaver.pk} if not roster.is_away(one, at)}
        for slug in slugs.values()
        if slug
    }
    loads = Loads.read({one for people in there.values() for one in people})
    found = {}
    for case in cases:
        slug = slugs[case.team_id]
        person = loads.pick(there[slug]) if slug else None
        if person is not None:
            found[case.pk] = person
            loads.give(person, at)
    return found


def hand_over_all(
    leaver: User,
    to: Mapping[int, User],
    *,
    by: User,
    at: datetime,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> HandOvers:
    """Gives every open case of `leaver` to the person `to` names for it, each with a note written from the case.

    Each case goes or stays by itself; the report says why one stayed. `progress` hears how many of how many.
    """
    report, cases = HandOvers(), cases_of(leaver)
    for number, case in enumerate(cases, start=1):
        taker = to.get(case.pk)
        try:
            if taker is None:
                raise Refused("Nobody was chosen to take it.")
            if taker.pk == leaver.pk:
                raise Refused(f"{leaver} is the one who leaves. Choose somebody else.")
            hand_over(case.pk, to=taker, note=packet(case, leaver), by=by, at=at, seen=case.event_seq)
        except (Refused, MissingCell) as why:
            report.stayed.append((case, str(why)))
        else:
            report.done.append((case, taker))
        progress(number, len(cases))
    return report


def packet(case: Case, leaver: User) -> str:
    """What the next owner needs to know, written from the case alone."""
    return f"Handed over from {leaver}.\n{packet_of(case).text}"


def why_stay(user: User, *, at: datetime) -> str:
    """Why an account cannot be closed yet, in a sentence; empty when it can."""
    number = Case.objects.filter(owner=user, state__in=OPEN, is_history=False).count()
    if number:
        cases = "1 open case" if number == 1 else f"{number} open cases"
        return f"{user} owns {cases}. Hand {'it' if number == 1 else 'them'} over first."
    directory = Directory.load(at)
    zone = settings.COMPANY_TIME_ZONE
    alone = gathered(only_one(user.pk, at, directory), zone)
    if not alone:
        return ""
    named = [f"{directory.posts[group[0].team].name}, {gathered_words(group, zone)}" for group in alone[:SHOWN]]
    more = f"; and {len(alone) - SHOWN} more" if len(alone) > SHOWN else ""
    return f"Nobody else is on duty when {user} is: {'; '.join(named)}{more}. Put somebody else there first."


def deactivate(user: User, *, by: User, at: datetime) -> None:
    """Closes a colleague's account. Raises Refused with a sentence while a case or a shift would be left with nobody."""
    with transaction.atomic():
        # Two who close it at once do it once; a case given in the same moment is freed by the sweep.
        held = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if not by.has_perm("cases.supervise"):
            raise Refused("Needs a supervisor.")
        if held.pk == by.pk:
            raise Refused("You cannot close your own account. Ask another supervisor.")
        if held.is_superuser and not by.is_superuser:
            raise Refused(f"{held} administers this site. Only another administrator can close that account.")
        if not held.is_staff:
            raise Refused(f"{held} is not on the staff.")
        why = why_stay(held, at=at)
        if why:
            raise Refused(why)
        held.is_active = False
        held.save(update_fields=["is_active"])
    user.is_active = False


def takers(leaver: User) -> QuerySet[User]:
    """People a case can be given to instead."""
    return workers().exclude(pk=leaver.pk).order_by("name", "email")
