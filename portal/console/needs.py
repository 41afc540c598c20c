"""Who may open a page of the console: the door every page of ours goes through, and the refusal that names what is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse


class Needs(PermissionDenied):
    """This page is for those with a permission, `app.codename`: any one of those given, or all with `every`."""

    def __init__(self, *permissions: str, every: bool = False) -> None:
        super().__init__("This needs a permission.")
        self.permissions, self.every = permissions, every


def need(request: HttpRequest, *permissions: str, every: bool = False) -> None:
    """Raises Needs unless the person at the door has any one of the permissions (with `every`, all); none asks nothing."""
    has = [request.user.has_perm(one) for one in permissions]
    if permissions and not (all(has) if every else any(has)):
        raise Needs(*permissions, every=every)


def door(
    site: AdminSite, view: Callable[..., HttpResponse], *permissions: str, every: bool = False, **given: Any
) -> Any:
    """`view(request, site, ...)` as a page of the console, for those with the permissions as `need` counts them."""

    def inner(request: HttpRequest, **found: Any) -> HttpResponse:
        need(request, *permissions, every=every)
        return view(request, site, **given, **found)

    return site.admin_view(inner)
