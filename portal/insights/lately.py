"""Figures that no sum of days gives and that are of many cases: counted once a minute, and dated by when they were counted.

Times to an answer, help instead of passing up and what became of steps are read off the cases themselves. Of some thousand cases that takes longer than
a page may; so each process remembers them for a minute, and “Counted to” says the instant of the oldest number on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from portal.insights.asking import Asked

T = TypeVar("T")
#: Of fewer cases they are counted for every look. How long, and how many of them, one process remembers.
MANY, FOR, MOST = 2000, timedelta(seconds=50), 200
_kept: dict[Hashable, tuple[datetime, Any]] = {}


def forget() -> None:
    """As a process that has looked at nothing for a minute: for measuring."""
    _kept.clear()


def lately(key: Hashable, count: Callable[[], T], size: Callable[[T], int], *, at: datetime) -> tuple[T, datetime]:
    """What `count` gives for the question `key`, and as of when: `at`, or less than a minute before."""
    known = _kept.get(key)
    if known and timedelta(0) <= at - known[0] < FOR:
        return known[1], known[0]
    found = count()
    if size(found) >= MANY:
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[key] = (at, found)
    return found, at


def figures(name: str, asked: Asked, count: Callable[..., T], size: Callable[[T], int]) -> T:
    """`count` of the question's period and scope as of its instant, or less than a minute before: what a page's tables are made of.

    A page, its file and a letter that ask by the same `name` say the same numbers.
    """
    found, _ = lately(
        (name, asked.period, asked.scope), lambda: count(asked.period, asked.scope, at=asked.at), size, at=asked.at
    )
    return found
