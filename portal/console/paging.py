"""Pages of a list that may be very long: nobody counts further than MOST, and a row is looked at only where it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet

#: Rows are counted up to this many; beyond it the list says “more than”.
MOST = 1000


class Capped(Paginator):
    """A paginator of `object_list` that asks for a page's rows by their numbers alone, then for the rows with `whole`.

    Nobody reads more than MOST numbers and one to count; pages behind that are reached one after the other.
    """

    def __init__(self, rows: QuerySet, per_page: int, whole: Callable[[list[int]], Iterable[Any]]) -> None:
        super().__init__(rows, per_page)
        self.whole = whole
        self.seen = 0  # the last page known to exist, once one was asked for

    @cached_property
    def first(self) -> list[int]:
        """The numbers of the first rows, MOST and one at most: they are the count and the first pages at once."""
        return self._keys(0, MOST + 1)

    @property
    def count(self) -> int:  # type: ignore[override]
        """How many rows there are, MOST and one at most."""
        return MOST + 1 if self.seen > 0 and "first" not in self.__dict__ else len(self.first)

    @property
    def num_pages(self) -> int:  # type: ignore[override]
        """The last page known to exist."""
        return max(-(-self.count // self.per_page), self.seen, 1)

    def page(self, number: int | str) -> Page:
        """One page. Raises EmptyPage behind the last one."""
        wanted = int(number)
        start = (wanted - 1) * self.per_page
        if wanted < 1 or start > 2**31:
            raise EmptyPage("That page contains no results")
        over = start + self.per_page + 1  # one more than is shown says whether there is another page
        keys = self.first[start:over] if over <= MOST + 1 else self._keys(start, over)
        if not keys and wanted > 1:
            raise EmptyPage("That page contains no results")
        self.seen = wanted + (len(keys) > self.per_page)
        keys = keys[: self.per_page]
        place = {key: n for n, key in enumerate(keys)}
        return Page(sorted(self.whole(keys), key=lambda row: place[row.pk]), wanted, self)

    def _keys(self, start: int, over: int) -> list[int]:
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True)[start:over])

    def get_elided_page_range(self, number: Any = 1, *, on_each_side: int = 3, on_ends: int = 2) -> Iterator[Any]:  # type: ignore[override]
        """As Django's; `number` has been shown, so it exists."""
        return super().get_elided_page_range(
            min(int(number), self.num_pages), on_each_side=on_each_side, on_ends=on_ends
        )


def number_words(count: int) -> str:
    """'214', or 'more than 1,000' for a count that went no further."""
    return f"more than {MOST:,}" if count > MOST else f"{count:,}"
