"""Keeping views of “All cases”: for oneself, or for a team one leads."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from cases.access import Viewer, teams_of
from cases.models import SavedView, Team, User
from escalation.verbs import Refused

MOST = 20  # views of one person
LONGEST = 500  # characters of filters


def seen_by(person: User) -> QuerySet[SavedView]:
    """The person's own views, and those their teams were given by colleagues who are still here."""
    shared = Q(team__in=teams_of(person).values("pk"), owner__is_active=True)
    return SavedView.objects.filter(Q(owner=person) | shared).select_related("team", "owner")


def teams_led(person: User) -> QuerySet[Team]:
    """The teams a person may give a view to."""
    return Team.objects.filter(lead=person)


def keep(
    name: str,
    *,
    by: User,
    query: str = "",
    team: Team | None = None,
    default: bool = False,
    view: SavedView | None = None,
) -> SavedView:
    """A new view of `query`, or `view` with another name, team or place. Raises Refused naming the field."""
    name = " ".join(name.split())
    if not Viewer(by).is_staff:
        raise Refused("Only people who see cases can keep a view of them.")
    if not name or len(name) > 40:
        raise Refused("Give it a name of at most 40 characters.", field="name")
    if view is None and not query:
        raise Refused("Choose a filter first: without one this is the list of all open cases.")
    if len(query) > LONGEST:
        raise Refused("These are more filters than a view can hold.")
    if team is not None and team.lead_id != by.pk and (view is None or view.team_id != team.pk):
        raise Refused("Only who leads a team can give it a view.", field="team")
    with transaction.atomic():
        # One change of a person's views at a time: names and the one default are theirs alone.
        own = list(SavedView.objects.filter(owner=User.objects.select_for_update(of=("self",)).get(pk=by.pk)))
        row = (
            SavedView(owner=by, query=query) if view is None else next((one for one in own if one.pk == view.pk), None)
        )
        if row is None:
            raise Refused("This view is not there any more, or it is a colleague’s.")
        if any(one.name.lower() == name.lower() for one in own if one.pk != row.pk):
            raise Refused("You have a view of that name already.", field="name")
        if view is None and len(own) >= MOST:
            raise Refused(f"You have {MOST} views already. Delete one first.")
        if default:
            SavedView.objects.filter(owner=by, is_default=True).exclude(pk=row.pk).update(is_default=False)
        row.name, row.team, row.is_default = name, team, default
        if view is None:
            row.save(force_insert=True)
        else:
            row.save(update_fields=["name", "team", "is_default"])
    return row


def remove(view: SavedView, *, by: User) -> None:
    """Deletes a view of one's own. Raises Refused for a colleague's; a second time changes nothing."""
    if view.owner_id != by.pk:
        raise Refused("This view is a colleague’s.")
    SavedView.objects.filter(pk=view.pk, owner=by).delete()
