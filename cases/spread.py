"""Does long work on every core: pieces of it in processes of their own, each with its own connection to the database."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

#: More processes than this only wait for the database.
MOST = 8
Work = Callable[[Any], Any]
Do = Callable[[Iterable[Any]], Iterator[Any]]

_work: Work | None = None


def can_spread() -> bool:
    """Another process sees neither an uncommitted transaction nor a database in memory, and may not be forbidden."""
    return not (
        (os.cpu_count() or 1) < 2
        or connection.in_atomic_block
        or ":memory:" in str(connection.settings_dict["NAME"])
        or multiprocessing.current_process().daemon
        or "fork" not in multiprocessing.get_all_start_methods()
    )


def one_writes() -> bool:
    """Whether this database takes the changes of one process at a time: then several that write only wait for each other."""
    return connection.vendor != "postgresql"


@contextmanager
def on_all_cores(work: Work, *, alone: bool = False) -> Iterator[Do]:
    """Gives what does `work` for each of some pieces and answers in their order.

    `alone`, or where nothing can be spread, one by one in this process. The other begin before the block does, so that a transaction opened in it stays this process's own.
    """
    if alone or not can_spread():
        yield lambda pieces: map(work, pieces)
        return
    connections.close_all()  # none is taken over a fork
    with multiprocessing.get_context("fork").Pool(min(os.cpu_count() or 1, MOST), _take, (work,)) as pool:
        yield lambda pieces: pool.imap(_do, pieces)


def _take(work: Work) -> None:
    global _work
    _work = work
    # Nothing is held in circles: looking for them after every few hundred objects would take a tenth of the time.
    gc.collect()
    gc.freeze()
    gc.disable()


def _do(piece: Any) -> Any:
    assert _work is not None
    found = _work(piece)
    gc.collect()
    return found
