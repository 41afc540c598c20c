"""Who is looking, and which cases they may see: the one rule behind every door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Q, QuerySet

from cases.models.case import Case, CaseQuerySet
from cases.models.category import Category
from cases.models.event import Event
from cases.models.people import Team, User
from cases.models.sharing import Participant
from cases.models.task import Consult


def workers() -> QuerySet[User]:
    """Active staff who may work on cases, as a query: the same people for whom `Viewer.works` is true."""
    may = Permission.objects.filter(codename="view_case", content_type__app_label="cases")
    allowed = Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may)
    return User.objects.filter(allowed, is_staff=True, is_active=True).distinct()


def supervisors() -> QuerySet[User]:
    """Those of `workers` who may act on every case and answer as a supervisor."""
    may = Permission.objects.filter(codename="supervise", content_type__app_label="cases")
    allowed = Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may)
    return workers().filter(pk__in=User.objects.filter(allowed).values("pk"))


def cases_of_address(email: str) -> CaseQuerySet:
    """The cases whose letters go to an address: what somebody who proves that they read it may be let in to."""
    return Case.objects.filter(customer__in=User.objects.at_address(email))


def shared_with(person: User) -> Q:
    """The cases of others that `person` was added to and has come to, as a condition on Case."""
    if not settings.SHARE_CASES:
        return Q(pk__in=())
    return Q(pk__in=Participant.objects.present().filter(user=person).values("case"))


def of_company(person: User) -> Q:
    """The cases that were filed for the person's company, as a condition on Case; they are read, not written on."""
    if not settings.SHARE_IN_ORGANISATION or person.organisation_id is None or person.is_staff:
        return Q(pk__in=())
    return Q(organisation=person.organisation_id, is_proven=True)


def takes_part(case: Case, person: User) -> bool:
    """Whether `person` was added to `case` and has come: they may write on it, and nothing else."""
    return settings.SHARE_CASES and Participant.objects.present().filter(case=case, user=person).exists()


def teams_of(person: User) -> QuerySet[Team]:
    """The teams somebody stands in or leads."""
    return Team.objects.filter(Q(members=person) | Q(lead=person))


def figure_teams_of(person: User) -> tuple[str, ...] | None:
    """The teams whose figures alone somebody sees, by their short names; None: those of all."""
    if not person.figures_by_team:
        return None
    return tuple(person.figure_teams.order_by("slug").values_list("slug", flat=True))


#: What else brings a case close to a colleague, each a condition on Case for a person. Who stands in for whom is known
#: to the rota, and by which clock to the portal: it adds that one when it starts.
CLOSE: list[Callable[[User], Q]] = []


def close_to(person: User) -> Q:
    """The cases that are somebody's to work on, as a condition on Case.

    Those they have, those of their teams, those offered to them, those with a question that waits for their answer, and
    those of whom they stand in for.
    """
    asked = Consult.objects.filter(expert=person, answered_at=None, taken_back_at=None).order_by()
    found = Q(owner=person) | Q(team__in=teams_of(person).values("pk"))
    found |= Q(offered_to=person) | Q(pk__in=asked.values("case"))
    for more in CLOSE:
        found |= more(person)
    return found


def seen_at_work(person: User) -> Q:
    """The cases a colleague sees, as a condition on Case: all, or by STAFF_SEE=teams those near to them.

    Near are those close to them (`close_to`) and those they have done something on: who passed a case up still reads what
    became of it. Supervisors and auditors see all. Whatever the setting, cases of a restricted topic are seen by those
    they are close to and by who may see restricted ones.
    """
    found = Q()
    if settings.STAFF_SEE == "teams" and not (person.has_perm("cases.supervise") or person.has_perm(AUDIT)):
        found = close_to(person) | Q(pk__in=Event.objects.filter(actor=person).values("case"))
    if not person.has_perm("cases.view_restricted"):
        found &= ~Q(category__in=Category.objects.filter(is_restricted=True).values("pk")) | close_to(person)
    return found


WORK, AUDIT = "cases.view_case", "cases.read_audit"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person at a door: their account, the cases a guest proved by link or code, and those filed here in a name.

    `filed_cases` are seen only until somebody proves that they read the address they were filed with: from then on
    what is said there is that person's, and who filed it may be a stranger.
    """

    user: User | AnonymousUser
    guest_cases: tuple[int, ...] = ()
    filed_cases: tuple[int, ...] = ()
    #: The customer's `session_salt` when the guest proved: another one has ended what was open in their name.
    guest_salt: str = ""
    #: Of staff on pages that are not the console's: the restricted cases they have opened there. None: they see the lists.
    opened: tuple[int, ...] | None = None

    def sees(self) -> Q:
        """The cases this viewer may see, as a condition on Case."""
        if self.is_staff:
            return self._at_work()
        mine = Q(pk__in=self.guest_cases)
        if self.guest_cases:
            mine &= Q(customer__session_salt=self.guest_salt)
        if self.filed_cases:
            mine |= Q(pk__in=self.filed_cases, is_proven=False)
        if not self.user.is_authenticated:
            return mine
        mine |= Q(customer_id=self.user.pk)
        mine = mine | shared_with(self.user) if settings.SHARE_CASES else mine
        return mine | of_company(self.user) if settings.SHARE_IN_ORGANISATION else mine

    def _at_work(self) -> Q:
        found = seen_at_work(self.user)  # type: ignore[arg-type]
        if self.opened is None:
            return found
        restricted = Category.objects.filter(is_restricted=True).values("pk")
        return found & (~Q(category__in=restricted) | Q(pk__in=self.opened))

    @property
    def is_staff(self) -> bool:
        """Staff who work on cases or audit them; a manager without either sees figures, not cases."""
        return self.works or bool(self.user.is_active and self.user.is_staff and self.user.has_perm(AUDIT))

    @property
    def works(self) -> bool:
        """Staff who may have cases and act on them."""
        user = self.user
        return bool(user.is_active and user.is_staff and user.has_perm(WORK))
