"""A stretch of local days that figures are counted over, its weeks, and the stretch before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def midnight(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which `day` begins in `zone`."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of `first` to the end of `last`, in the days of an IANA `zone`."""

    first: date
    last: date
    zone: str

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
        """As many days just before it."""
        return replace(self, first=self.first - self.days * DAY, last=self.first - DAY)

    def weeks(self) -> list[Period]:
        """Seven days each from its first day on; the last one may be shorter."""
        starts = [self.first + i * WEEK for i in range((self.days + 6) // 7)]
        return [replace(self, first=start, last=min(start + WEEK - DAY, self.last)) for start in starts]
