"""The demo's training and second reader: a practice case for a colleague, and comments that wait for a second look."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from cases.models import Case, User
from escalation.verbs import Refused
from feedback import gaps, second_looks, themes, training
from feedback.gaps import MISSED
from feedback.periods import Period
from portal.demo.people import Cast

DAY = timedelta(days=1)
READ = 12  # of the sample; some wait
OTHERWISE = 4  # every so many-th the second reader sees otherwise


def give(people: Cast, now: datetime) -> None:
    """One module to whoever missed something on a topic there is something to learn from, half of a sample read twice."""
    dana = people.supervisors[0]
    tom = people.members["service-representatives"][0]
    last = now.date() - DAY
    gap_days = last - 84 * DAY, last
    period = Period(*gap_days, settings.COMPANY_TIME_ZONE)
    _read_twice(people, now, tom)
    for person in training.assignable(dana):
        missed = gaps.cases_behind(gaps.GAP, period, part=f"{MISSED}:{person.pk}", to=person)
        for case in Case.objects.filter(pk__in=missed.values("pk")).select_related("category").order_by("pk"):
            if options := training.modules(case.category):
                gap = training.Gap(case.category, MISSED, *gap_days)
                note = "Half an hour is enough. Tell me what you would do otherwise."
                training.assign(
                    gap,
                    person=person,
                    module=options[0].key,
                    due_on=now.date() + 9 * DAY,
                    note=note,
                    by=dana,
                    at=now - 2 * DAY,
                )
                return


def _read_twice(people: Cast, now: datetime, reader: User) -> None:
    try:
        sample = second_looks.make(reader, second_looks.USUAL, by=people.supervisors[0], at=now - 3 * DAY, seed="demo")
    except Refused:  # a smaller demo has too few comments
        return
    known = list(second_looks.offered(sample))
    for n, look in enumerate(second_looks.waiting(reader).select_related("survey")[:READ]):
        mine = [one for one in known if (one.pk in look.first) != (n % OTHERWISE == 3 and one == known[n % len(known)])]
        second_looks.save(look, mine, seen=themes.seal(look.survey), by=reader, at=now - 2 * DAY)
