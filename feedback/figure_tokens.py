"""Making, finding and taking back the keys with which a program reads the figures in somebody's name."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from cases.models import User
from cases.models.door import hash_token
from escalation.verbs import Refused
from feedback.figure_views import SEES
from feedback.models import FigureToken

MOST = 5  # of one person
LONGEST_NAME = 40
#: For how many days a key may be good.
LASTS = (30, 90, 365)
#: What a key begins with, so that who finds one lying about knows what it is.
BEGINS = "milepost_"
#: When a key was used last is written down at most this often.
NOTED = timedelta(minutes=1)


def issue(name: str, days: int, *, by: User, at: datetime) -> tuple[FigureToken, str]:
    """A new key and what is to be sent with it, which is shown nowhere else again. Raises Refused naming the field."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"Give the key a name of at most {LONGEST_NAME} characters.", field="token_name")
    if days not in LASTS:
        raise Refused("Choose from the list how long the key is good.", field="days")
    token = f"{BEGINS}{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        person = User.objects.select_for_update(of=("self",)).get(pk=by.pk)
        # What is over is no key any more, and gives its name back.
        FigureToken.objects.filter(owner=person, expires_at__lte=at).delete()
        mine = list(FigureToken.objects.filter(owner=person).order_by("pk"))
        if any(one.name.lower() == name.lower() for one in mine):
            raise Refused("You have a key of that name already.", field="token_name")
        if len(mine) >= MOST:
            raise Refused(f"You have {MOST} keys already. Take one back first.")
        row = FigureToken(owner=person, name=name, token_hash=hash_token(token), bound=_bound(person))
        row.made_at, row.expires_at = at, at + timedelta(days=days)
        row.save(force_insert=True)
    return row, token


def find(token: str, *, at: datetime) -> FigureToken | None:
    """The key behind `token`, with its owner; None when it is wrong, over or taken back, or its owner may not see figures any more."""
    live = Q(token_hash=hash_token(token), expires_at__gt=at, owner__is_active=True, owner__is_staff=True)
    found = FigureToken.objects.select_related("owner").filter(live).first()
    if found is None or not secrets.compare_digest(found.bound, _bound(found.owner)) or not found.owner.has_perm(SEES):
        return None
    return found


def used(token: FigureToken, *, at: datetime) -> None:
    """Writes down that a key was used, not more often than its owner needs to know."""
    old = Q(used_at=None) | Q(used_at__lte=at - NOTED)
    FigureToken.objects.filter(old, pk=token.pk).update(used_at=at)


def revoke(pk: int, *, by: User) -> str:
    """Takes a key of one's own back and says its name. Raises Refused for one that is not there."""
    row = FigureToken.objects.filter(pk=pk, owner=by).first()
    if row is None or not FigureToken.objects.filter(pk=pk, owner=by).delete()[0]:
        raise Refused("This key is not there any more.")
    return row.name


def _bound(person: User) -> str:
    return hash_token(person.get_session_auth_hash())
