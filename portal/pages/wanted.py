"""The page of a case somebody came for before they had proved it is theirs: carried through the code, never outside it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import Resolver404, resolve

CASE = "case"


def case_url(reference: str, page: str = "") -> str:
    """The address of a page of a case."""
    return f"/c/{reference}/{page}/" if page else f"/c/{reference}/"


def page_in(path: str) -> str:
    """The page of a case an address below /c/ names (`fixed`, `not-fixed`); empty for the case page itself."""
    return path.strip("/").split("/", 2)[2] if path.count("/") > 3 else ""


def safe_page(reference: str, page: str) -> str:
    """`page` when it is a page of this case's own, else empty: nothing typed into an address leads anywhere else."""
    try:
        found = resolve(case_url(reference, page))
    except Resolver404:
        return ""
    return page if found.url_name != CASE and found.kwargs == {"reference": reference} else ""


def follow_url(path: str, reference: str) -> str:
    """Where a code for `reference` is asked for, on the way to `path` below /c/."""
    return ask_url(reference, safe_page(reference, page_in(path)))


def ask_url(reference: str = "", page: str = "") -> str:
    """Where a code is asked for, with what is known of what it is for."""
    known = {name: value for name, value in (("reference", reference), ("page", page)) if value}
    return f"/follow/?{urlencode(known)}" if known else "/follow/"
