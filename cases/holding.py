"""Rows for one of several hands at once."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def not_held(rows: QuerySet[M]) -> QuerySet[M]:
    """Those of `rows` that no other transaction holds, held by this one as they are read; only inside a transaction.

    SQLite has one writer at a time and no locks of rows: there all of them are given.
    """
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(of=("self",), skip_locked=True)
    return rows
