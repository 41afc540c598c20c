"""A stretch of local days that figures are counted over, its weeks, and the stretch it is compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY, WEEK = timedelta(days=1), timedelta(days=7)
#: 52 weeks, so that a Monday is set beside a Monday: the same dates would lie a day or two off.
A_YEAR = 52 * WEEK
#: What a period may be compared with: as many days just before it, the same weeks last year, nothing.
BEFORE, YEAR, NONE = "", "year", "none"


def midnight(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which `day` begins in `zone`."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of `first` to the end of `last`, in the days of an IANA `zone`; `against` is one of BEFORE, YEAR and NONE.

    ValueError where the same weeks last year would reach into the period itself: it has more than 52 weeks.
    """

    first: date
    last: date
    zone: str
    against: str = BEFORE

    def __post_init__(self) -> None:
        if self.against not in (BEFORE, YEAR, NONE):
            raise ValueError(f"“{self.against}” is nothing to compare with.")
        if self.against == YEAR and self.days * DAY > A_YEAR:
            raise ValueError("More than 52 weeks and the same weeks last year share days.")

    @classmethod
    def of_weeks(cls, weeks: int, *, until: date, zone: str) -> Period:
        """The `weeks` times seven days that end with `until`."""
        return cls(until - weeks * WEEK + DAY, until, zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return midnight(self.last + DAY, self.zone)

    def before(self) -> Period:
        """The days it is compared with, all of them before its first; of NONE a stretch without a day."""
        if self.against == YEAR:
            return self.a_year_earlier()
        days = self.days if self.against == BEFORE else 0
        return replace(self, first=self.first - days * DAY, last=self.first - DAY, against=BEFORE)

    def a_year_earlier(self) -> Period:
        """The same days of the week 52 weeks earlier."""
        return replace(self, first=self.first - A_YEAR, last=self.last - A_YEAR, against=BEFORE)

    def with_before(self) -> list[Period]:
        """Its days and those it is compared with, in one stretch where nothing lies between them, else in two, the earlier first."""
        before = self.before()
        if before.last + DAY == self.first:
            return [replace(self, first=before.first, against=BEFORE)]
        return [before, replace(self, against=BEFORE)]

    def weeks(self) -> list[Period]:
        """Seven days each from its first day on; the last one may be shorter."""
        starts = [self.first + i * WEEK for i in range((self.days + 6) // 7)]
        return [replace(self, first=start, last=min(start + WEEK - DAY, self.last)) for start in starts]
