"""Who gets the next case: the least loaded of those on duty who are below their cap, in turn.

Two cases in one instant never take the same last place: whoever writes holds the caps' rows (`hold_caps`) from before
it counts until what it gave out is on record, so that the next one counts that too. Without a cap nothing is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Count, IntegerField, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from cases.access import workers
from cases.lifecycle import OPEN
from cases.models import Case
from escalation.directory import Directory
from escalation.facts import Picks
from escalation.models import LoadCap, StageClock
from escalation.protocol import Protocol

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def pick(
    candidates: Iterable[int],
    loads: Mapping[int, int],
    caps: Mapping[int, int],
    last_given: Mapping[int, datetime],
) -> int | None:
    """The least loaded below their cap; of equals who was given one longest ago, then the lowest number.

    `loads` are open cases, 0 where missing; a person without a cap has none; never given means longest ago.
    None when nobody of the `candidates` may have one more.
    """
    free = [one for one in candidates if one not in caps or loads.get(one, 0) < caps[one]]
    return min(free, key=lambda one: (loads.get(one, 0), last_given.get(one, LONG_AGO), one), default=None)


@dataclass
class Loads:
    """What people have on their desks, kept up to date while a batch is given out."""

    open: dict[int, int] = field(default_factory=dict)
    caps: dict[int, int] = field(default_factory=dict)
    last_given: dict[int, datetime] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)  # everybody who was looked up, also those who may not work on cases
    held: bool = False  # whether this batch holds the caps

    @classmethod
    def read(cls, people: Iterable[int]) -> Loads:
        """Open cases, cap and when they last got one, of those of `people` who may work on cases; one query.

        The last is told by the newest clock of a level among the cases they have: it starts when a case comes.
        """
        asked = set(people)
        mine = Case.objects.filter(owner=OuterRef("pk"), state__in=OPEN, is_history=False).order_by()
        count = mine.values("owner").annotate(n=Count("pk")).values("n")
        clocks = StageClock.objects.filter(case__owner=OuterRef("pk"), case__state__in=OPEN).order_by()
        newest = clocks.values("case__owner").annotate(last=Max("started_at")).values("last")
        cap = LoadCap.objects.filter(user=OuterRef("pk")).values("most_open")
        rows = workers().filter(pk__in=asked).annotate(
            n=Coalesce(Subquery(count, output_field=IntegerField()), 0), last=Subquery(newest), cap=Subquery(cap)
        )  # fmt: skip
        found = cls(asked=asked)
        for pk, number, last, most in rows.values_list("pk", "n", "last", "cap"):
            found.open[pk] = number
            if most is not None:
                found.caps[pk] = most
            if last is not None:
                found.last_given[pk] = last
        return found

    def ask(self, people: Iterable[int], *, holds: bool) -> None:
        """Reads of more people. `holds`: for turns that will be written, in the transaction this runs in.

        Then nobody else gives a case to who has a cap until that transaction ends. One query where none of them has a
        cap, or the caps are held already. Else two more: the caps are held, and the cases are counted again, since
        whoever held them before may have given some out.
        """
        found = Loads.read(people)
        if holds and found.caps and not self.held:
            self.held = hold_caps()
            found = Loads.read(found.asked)
        self.join(found)

    def join(self, others: Loads) -> None:
        """Takes in what was found of other people."""
        self.asked |= others.asked
        self.open |= others.open
        self.caps |= others.caps
        self.last_given |= others.last_given

    def pick(self, people: Iterable[int]) -> int | None:
        """Whose turn it is, of those `people` that were read."""
        return pick((one for one in people if one in self.open), self.open, self.caps, self.last_given)

    def give(self, person: int, at: datetime) -> None:
        """Notes that the person got one more."""
        self.open[person] = self.open.get(person, 0) + 1
        self.last_given[person] = at


def hold_caps() -> bool:
    """Holds every cap until this transaction ends; whether there was one.

    All of them and once, not those of the people in question: a later case of the batch may need one more, and whoever
    holds some and waits for others meets, sooner or later, somebody who does it the other way round. In the order of
    rows, which never changes. A cap written in that very moment counts from the next case on.
    """
    rows = LoadCap.objects.order_by("pk").select_for_update(no_key=True)
    return bool(list(rows.values_list("pk", flat=True)))


def picks(directory: Directory, protocol: Protocol) -> Picks:
    """Whom each team's next case would go to, for a protocol that gives cases out by itself; one query a batch.

    A step that gives a case to a person by name adds that person, by `person_key`, while they are on duty and have room.
    """
    if not protocol.assigns:
        return ()
    named_people = {key: directory.person_at(target) for key, target in protocol.named.items()}
    desks = _desks(directory, {one for one in named_people.values() if one is not None})
    named = {team for tier in protocol.tiers for team in tier.all_teams}
    named |= {
        target.partition(":")[2] for target in protocol.targets() if target.startswith(("team:", "duty:", "lead:"))
    }
    teams = sorted(named & directory.posts.keys())
    found = [(team, desks.pick(directory.duty(team))) for team in teams]
    found += [(key, desks.pick([one]) if one is not None else None) for key, one in named_people.items()]
    return tuple((name, person) for name, person in found if person is not None)


def _desks(directory: Directory, named: set[int]) -> Loads:
    """What everybody on duty and the `named` have before them; whoever is known from earlier in the batch is not asked again."""
    wanted = named | {one for post in directory.posts.values() for one in post.people}
    desks: Loads = directory.desks or Loads()
    if fresh := wanted - desks.asked:
        desks.ask(fresh, holds=directory.holds)
    directory.desks = desks
    return desks


def given(directory: Directory, person: int | None, at: datetime) -> None:
    """Notes that a case of this batch went to somebody, so that the next one goes to another."""
    if directory.desks is not None and person is not None:
        directory.desks.give(person, at)


def pick_for(team: str, at: datetime, directory: Directory) -> int | None:
    """Whose turn it is in a team at that instant: on duty, below the cap, not gone. None when nobody is. One query."""
    on_duty = directory.roster.on_duty(team, at)
    return Loads.read(on_duty).pick(on_duty) if on_duty else None
