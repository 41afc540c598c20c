"""What a colleague reads who may not open a page of the console, or finds nothing there: who can, and the way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from cases.models import User
from portal.console import places
from portal.console.needs import Needs

#: More names than this help nobody to choose.
NAMED = 5


def holders(permissions: Iterable[str], *, every: bool = False) -> Any:
    """Active staff who have any one of the permissions (with `every`, all), those without limits left out."""
    found = User.objects.filter(is_staff=True, is_active=True)
    asked = [_has(one, "groups__permissions", "user_permissions") for one in permissions]
    if every:
        for one in asked:
            found = found.filter(one)
    elif asked:
        found = found.filter(_any(asked))
    return found.distinct().order_by("name", "email") if asked else found.none()


def roles(permissions: Iterable[str], *, every: bool = False) -> list[str]:
    """The roles that bring any one of the permissions; none where several must come together from several roles."""
    asked = [_has(one, "permissions") for one in permissions]
    if not asked or every:
        return []
    return list(Group.objects.filter(_any(asked)).distinct().order_by("name").values_list("name", flat=True))


def _has(permission: str, *ways: str) -> Q:
    app, _, codename = permission.partition(".")
    return _any([Q(**{f"{way}__codename": codename, f"{way}__content_type__app_label": app}) for way in ways])


def _any(asked: list[Q]) -> Q:
    found = asked[0]
    for one in asked[1:]:
        found |= one
    return found


def needed(request: HttpRequest, site: AdminSite, why: PermissionDenied) -> tuple[tuple[str, ...], bool]:
    """The permissions a refused page asks for, and whether it asks for all of them."""
    if isinstance(why, Needs):
        return why.permissions, why.every
    name = (request.resolver_match.url_name or "") if request.resolver_match else ""
    for model, admin in site._registry.items():
        start = f"{model._meta.app_label}_{model._meta.model_name}_"
        if name.startswith(start):
            return admin.needs(name.removeprefix(start), request), False  # type: ignore[attr-defined]
    page = places.here(request.path)
    return (page.needs if page else ()), False


def page(request: HttpRequest, site: AdminSite, why: PermissionDenied) -> HttpResponse:
    """403, with the names and roles of those who can; where nobody can, it says that nobody does it here."""
    _undo()
    wanted, every = needed(request, site, why)
    people = list(holders(wanted, every=every).exclude(pk=request.user.pk)[: NAMED + 1])
    context = site.each_context(request) | {
        "title": "You cannot do this here",
        "people": people[:NAMED],
        "more": len(people) > NAMED,
        "roles": roles(wanted, every=every),
        "wanted": wanted,
    }
    return TemplateResponse(request, "console/denied.html", context, status=403)


def missing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """404 for staff: nothing is here, or it is not theirs to see; which of the two, nobody learns."""
    _undo()
    context = site.each_context(request) | {"title": "Nothing is here for you"}
    return TemplateResponse(request, "console/missing.html", context, status=404)


def _undo() -> None:
    """What a refused page had written is taken back, as it is where the refusal itself goes up to Django."""
    if connection.in_atomic_block and connection.settings_dict["ATOMIC_REQUESTS"]:
        transaction.set_rollback(True)
