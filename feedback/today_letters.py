"""The sheet of the day as a letter to each supervisor, owed once a day when their shift starts.

Who has no shifts gets it at eight, Monday to Friday, where they are; who is away gets none. The letter names numbers and
leads to the page: what customers wrote stays there.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Exists, Q, QuerySet

from cases.access import Viewer, teams_of, workers
from cases.models import User
from escalation.cover import first_gap_words
from escalation.directory import Directory
from escalation.letters import NotNeeded, to_staff, zone_of
from escalation.models import Heartbeat, Notice
from escalation.rota import Roster
from escalation.steps import Step
from feedback.today import sheets

KIND, ROLE, BEAT = "today_sheet", "sheets", "beat"
#: How often shifts are looked at, and how long after its start a letter still helps.
EVERY, HELPS = timedelta(minutes=10), timedelta(hours=4)
WITHOUT_SHIFTS, SATURDAY = time(8), 5


def supervisors() -> QuerySet[User]:
    """Active staff who supervise, by role or by name."""
    may = Permission.objects.filter(codename="supervise", content_type__app_label="cases")
    holds = Q(groups__permissions__in=may) | Q(user_permissions__in=may)
    return workers().filter(holds).distinct().order_by("pk")


def start_of_shift(person: User, roster: Roster, at: datetime) -> datetime | None:
    """When the person's first shift of today starts, or started; eight o'clock for who has none; None on a day off."""
    if roster.is_away(person.pk, at):
        return None
    zone = ZoneInfo(zone_of(person))
    day = datetime.combine(at.astimezone(zone).date(), time(), zone)
    mine = [
        slug for slug, crew in roster.crews.items() if crew.has_rota and any(t.user == person.pk for t in crew.turns)
    ]
    if not mine:
        return None if day.weekday() >= SATURDAY else day.replace(hour=WITHOUT_SHIFTS.hour)
    # A stretch that runs over midnight began yesterday: looked at from then, it does not start today.
    stretches = [one for slug in mine for one in roster.changes(slug, day - timedelta(days=1), day + timedelta(days=1))]
    starts = [one.start for one in stretches if person.pk in one.people]
    ends = {one.end for one in stretches if person.pk in one.people}
    return min((start for start in starts if start >= day and start not in ends), default=None)


def due(at: datetime) -> QuerySet:
    """The beat's own row, while shifts have not been looked at for ten minutes."""
    lately = Heartbeat.objects.filter(role=ROLE, last_loop__gt=at - EVERY)
    return Heartbeat.objects.filter(role=BEAT).filter(~Exists(lately))


def owe(at: datetime) -> int:
    """Owes the letter to whoever's shift has started; once a day and person. Done with 0 left."""
    people = list(supervisors())
    # From yesterday on: a shift that began before midnight is not one that starts today.
    roster = Directory.load(at - timedelta(days=1)).roster
    letters = []
    for person in people:
        start = start_of_shift(person, roster, at)
        if start is not None and start <= at < start + HELPS:
            day = at.astimezone(ZoneInfo(zone_of(person))).date().isoformat()
            letters.append(to_staff(KIND, day, person, {"day": day}, at))
    Notice.objects.bulk_create(letters, ignore_conflicts=True)
    Heartbeat.objects.update_or_create(role=ROLE, defaults={"last_loop": at, "last_success": at})
    return 0


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the letter says: numbers by team. Raises NotNeeded where the day is over or nothing is on any sheet."""
    person = notice.person
    zone = zone_of(person)
    if now.astimezone(ZoneInfo(zone)).date().isoformat() != notice.data["day"]:
        raise NotNeeded("The day is over.")
    teams = list(teams_of(person).values_list("pk", flat=True)) or None
    found = sheets(Viewer(person), teams, now, zone)
    gap = first_gap_words(now, zone)
    if not found and not gap:
        raise NotNeeded("Nothing is on the sheet of the day.")
    return {"sheets": found, "gap": gap, "page": f"{settings.BASE_URL}/console/today/"}


COMPOSERS = {KIND: compose}
STEPS = (Step("sheets of the day", due, owe),)
