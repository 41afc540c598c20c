"""Looks at pages of figures and measures them: warm, cold, and with everything counted plainly; what they ask, how old they are."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from statistics import median
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import User
from feedback.rollup.fresh import plainly
from portal import clock
from portal.insights import lately
from portal.insights.framing import PLACES

#: Pages below those of PLACES, and some of them asked more.
MORE = (
    "/insights/promises/versions/", "/insights/promises/teams/", "/insights/promises/load/", "/insights/bottlenecks/training/",
    "/insights/writing/examples/", "/insights/compare/coming-back/",
    "/insights/?level=2", "/insights/all/?topic=billing",
)  # fmt: skip
#: These show rows of their own, and no figure of cases.
NOT_COUNTED = (
    "/insights/definitions/",
    "/insights/views/",
    "/insights/pulse/",
    "/insights/knowledge/",
    "/insights/recommend/",
)
PAGES = (*(path for path, _ in PLACES), *MORE)
#: What P8 asks of a page: milliseconds, questions, seconds, and times as fast as counting plainly.
MS, QUERIES, AGE, TIMES = 150.0, 12, 60.0, 10.0
#: The middle of so many looks counts; of plain ones, which take long, of fewer.
ROUNDS, PLAIN = 7, 2
#: Frames between two rounds: some 2 KiB.
DEEPER = 16
COUNTED = re.compile(r'Counted to <time datetime="([^"]+)".*?</p>', re.S)
#: What differs between two looks at the same: the instant, and what keeps a form from being sent by another site.
PASSING = (COUNTED, re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"'))


class Unseen(Exception):
    """A page that does not answer."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One page: times in milliseconds, age in seconds; None where that is not asked of it."""

    page: str
    warm: float
    cold: float
    questions: int
    age: float | None
    plain: float | None
    is_equal: bool

    @property
    def times(self) -> float | None:
        """How many times as fast as counting plainly."""
        return self.plain / self.warm if self.plain else None

    @property
    def missed(self) -> list[str]:
        """Which goals it misses. What is fast when counted plainly need not be faster."""
        slow_beside = self.plain is not None and self.plain > MS and self.plain < TIMES * self.warm
        goals = {
            "warm": self.warm > MS,
            "questions": not 0 < self.questions <= QUERIES,
            "age": self.age is not None and self.age > AGE,
            "plain": slow_beside,
            "equal": not self.is_equal,
        }
        return [name for name, is_missed in goals.items() if is_missed]

    def as_json(self) -> dict[str, Any]:
        shown = {name: value if value is None else round(value, 1) for name, value in self._numbers().items()}
        return {"page": self.page, **shown, "questions": self.questions, "equal": self.is_equal, "missed": self.missed}

    def _numbers(self) -> dict[str, float | None]:
        return {"warm": self.warm, "cold": self.cold, "age": self.age, "plain": self.plain, "times": self.times}


class Looker:
    """Who looks: a manager's browser in this process."""

    def __init__(self, manager: User) -> None:
        self.client = Client(headers={"host": urlsplit(settings.BASE_URL).netloc})
        self.client.force_login(manager, backend=settings.AUTHENTICATION_BACKENDS[0])

    def get(self, page: str) -> str:
        answer = self.client.get(page)
        if answer.status_code != 200:
            raise Unseen(f"{page} answered {answer.status_code}.")
        return answer.content.decode()

    def look(self, page: str, *, rounds: int = ROUNDS) -> Looked:
        """Measures one page. Unseen when it does not answer."""
        self.get(page)  # templates are read once a process
        is_counted = urlsplit(page).path not in NOT_COUNTED
        # At one instant: what still goes on is a second longer a second later.
        with patch.object(clock, "now", return_value=clock.now()):
            plain, said_plainly = self._plain(page) if is_counted else (None, "")
            cold, said = timed_once(lambda: self.get(page), before=self._forget)
        lately.forget()
        is_equal = not is_counted or same(said) == same(said_plainly)
        with CaptureQueriesContext(connection) as asked:
            self.get(page)
        questions = len(asked)  # now: the next request forgets them
        warm = timed(lambda: self.get(page), rounds)
        return Looked(page, warm, cold, questions, age_of(self.get(page)), plain, is_equal)

    def _plain(self, page: str) -> tuple[float, str]:
        looks = [timed_once(lambda: self.get(page), before=lately.forget, within=plainly()) for _ in range(PLAIN)]
        return min(took for took, _ in looks), looks[-1][1]

    def _forget(self) -> None:
        lately.forget()
        if not connection.in_atomic_block:
            connection.close()


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The middle of some rounds in milliseconds, after one to warm up; each is called from deeper down than the last.

    CPython 3.11 keeps the frames of calls in blocks of 16 KiB, and asks the system for each block anew: where a loop of a
    page happens to stand at the end of one, it does so for every call, and the page takes twice as long. A server calls
    from another depth than this one does, so no single depth may decide.
    """
    work()
    return median(timed_once(partial(deeper, DEEPER * number, work))[0] for number in range(rounds))


def deeper(levels: int, work: Callable[[], Any]) -> Any:
    """What `work` gives, called through so many frames."""
    return deeper(levels - 1, work) if levels else work()


def timed_once(
    work: Callable[[], Any],
    *,
    before: Callable[[], None] = lambda: None,
    within: AbstractContextManager[None] | None = None,
) -> tuple[float, Any]:
    """Milliseconds, and what it gave."""
    before()
    with within or nullcontext():
        started = time.perf_counter()
        found = work()
    return (time.perf_counter() - started) * 1000, found


def same(said: str) -> str:
    """What a page says, whenever it is looked at."""
    for passing in PASSING:
        said = passing.sub("", said)
    return said


def age_of(said: str) -> float | None:
    """Seconds since what the page says was counted; None for one that does not say."""
    found = COUNTED.search(said)
    if not found:
        return None
    counted_to = datetime.fromisoformat(found[1])
    return (datetime.now(counted_to.tzinfo) - counted_to).total_seconds()


HEAD = ("page", "warm", "cold", "plain", "times", "questions", "age", "equal", "")


def table(looks: Iterable[Looked]) -> list[str]:
    """The lines of a table of all pages, the goals below its head."""
    goals = ("P8", f"<= {MS:.0f} ms", "", "", f">= {TIMES:.0f}", f"<= {QUERIES}", f"<= {AGE:.0f} s", "yes", "")
    rows = [HEAD, goals, *(_cells(one) for one in looks)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(one: Looked) -> tuple[str, ...]:
    said = {name: "" if value is None else f"{value:,.0f}" for name, value in one._numbers().items()}
    verdict = f"MISSED: {', '.join(one.missed)}" if one.missed else "met"
    return (
        one.page, said["warm"], said["cold"], said["plain"], said["times"], str(one.questions), said["age"],
        "yes" if one.is_equal else "NO", verdict,
    )  # fmt: skip
