"""Who is looking, and which cases they may see: the one rule behind every door."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Q, QuerySet

from cases.models.case import Case, CaseQuerySet
from cases.models.people import User
from cases.models.sharing import Participant


def workers() -> QuerySet[User]:
    """Active staff who may work on cases, as a query: the same people for whom `Viewer.is_staff` is true."""
    may = Permission.objects.filter(codename="view_case", content_type__app_label="cases")
    allowed = Q(is_superuser=True) | Q(groups__permissions__in=may) | Q(user_permissions__in=may)
    return User.objects.filter(allowed, is_staff=True, is_active=True).distinct()


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

    def sees(self) -> Q:
        """The cases this viewer may see, as a condition on Case."""
        if self.is_staff:
            return Q()
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

    @property
    def is_staff(self) -> bool:
        """Staff who work on cases; a manager without this permission sees figures, not cases."""
        user = self.user
        return bool(user.is_active and user.is_staff and user.has_perm("cases.view_case"))
