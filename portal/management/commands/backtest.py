"""`manage.py backtest (--published | --draft N)`: what the recorded past would have been under other rules."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from escalation.backtest import Trial, Window, back_test, trial_of
from escalation.backtest.rules import find, find_calendar
from escalation.book import DEFAULT, NoProtocol
from escalation.protocol import ProtocolError
from portal import clock
from portal.progress import Progress

DAYS = 90
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def day(text: str) -> datetime:
    """A date as its first instant in UTC."""
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no date; write it as 2026-12-25") from None


def days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36_500:
        raise ArgumentTypeError(f"{text!r}: a number of days from 1 to 36500")
    return int(text)


class Command(BaseCommand):
    help = (
        "Lives recorded cases again, under the rules they were recorded under and under those of a draft, by the "
        "engine's own decisions. Nothing is written or sent. Exit code: 0 the rerun is the record, 1 it differs from "
        "the record (the cases are listed), 2 the versions or dates given cannot be used."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--published", action="store_true", help="only check that the rerun is the record")
        what.add_argument("--draft", metavar="N", help="the version to try: its number, or as in five-tier@3")
        parser.add_argument(
            "--calendar", metavar="LABEL", action="append", default=[], help="try this version of a calendar, too"
        )
        parser.add_argument("--days", type=days, metavar="D", help=f"cases filed in the last D days ({DAYS})")
        parser.add_argument("--from", dest="since", type=day, metavar="DATE", help="cases filed from this day on (UTC)")
        parser.add_argument("--to", dest="until", type=day, metavar="DATE", help="up to and with this day (UTC)")
        parser.add_argument("--json", action="store_true", help="the result for a machine")
        parser.add_argument("--one-process", action="store_true", help="do not use the other cores")

    def handle(self, *args: Any, **options: Any) -> None:
        started, now = time.monotonic(), clock.now()
        trial, key = self._trial(options)
        window = self._window(options, now)
        result = back_test(
            window,
            trial,
            company_zone=settings.COMPANY_TIME_ZONE,
            key=key,
            progress=Progress("Back-test", self.stderr).show,
            alone=options["one_process"],
        )
        result |= {
            "from": window.since.isoformat(),
            "to": min(window.until, now).isoformat(),
            "version": trial.label if trial else "",
            "digest": trial.digest if trial else "",
            "seconds": round(time.monotonic() - started, 1),
        }
        self.stdout.write(json.dumps(result) if options["json"] else as_text(result))
        if result["differences"]:
            sys.exit(1)

    def _trial(self, options: dict[str, Any]) -> tuple[Trial | None, str]:
        if options["published"]:
            if options["calendar"]:
                raise CommandError("A calendar is tried with a draft: name one with --draft.", returncode=2)
            return None, ""
        try:
            version = find(options["draft"], DEFAULT)
            return trial_of(version, [find_calendar(label) for label in options["calendar"]]), version.key
        except (NoProtocol, ProtocolError) as why:
            raise CommandError(str(why), returncode=2) from None

    def _window(self, options: dict[str, Any], now: datetime) -> Window:
        since, until = options["since"], options["until"]
        if options["days"] and (since or until):
            raise CommandError("Give either --days or --from and --to.", returncode=2)
        if options["published"] and not (options["days"] or since or until):
            since = BEGINNING
        end = until + timedelta(days=1) if until else now
        since = since or end - timedelta(days=options["days"] or DAYS)
        if since >= end:
            raise CommandError("The window ends before it begins.", returncode=2)
        return Window(since, end, now)


ROWS = (
    ("Escalations", "escalations"),
    ("Escalations a week", "escalations_per_week"),
    ("Promises kept", "promises_kept"),
    ("Promises missed", "promises_missed"),
    ("People told at night", "told_at_night"),
    ("Apologies to customers", "apologies"),
    ("Nobody left above", "plan_exhausted"),
)


def as_text(result: dict[str, Any]) -> str:
    """The result for a person at a terminal."""
    lines = [f"{result['cases']} cases, {result['differences']} of them not as recorded; {result['seconds']} s."]
    lines += [f"  {sentence}" for sentence in result["different"]]
    old, new = result["old"], result["new"]
    lines.append(f"{'':26}{'recorded':>14}{result['version'] or '':>20}".rstrip())
    for words, name in ROWS:
        lines.append(_row(words, old[name], new[name], result))
    for level in sorted({*old["levels"], *new["levels"]}, key=int):
        nothing = {"hours": 0.0, "arrivals": 0}
        before, after = (of["levels"].get(level, nothing) for of in (old, new))
        lines.append(_row(f"Level {level}: hours", before["hours"], after["hours"], result))
        lines.append(_row(f"Level {level}: arrivals", before["arrivals"], after["arrivals"], result))
    if result["version"]:
        lines.append(f"{result['changed_cases']} cases change. Most:")
        lines += [f"  {one['reference']}: {'. '.join(one['what'])}." for one in result["changed"][:20]]
    lines.append("What it cannot know:")
    lines += [f"  {sentence}" for sentence in result["cannot_know"]]
    return "\n".join(lines)


def _row(words: str, old: Any, new: Any, result: dict[str, Any]) -> str:
    return f"  {words:24}{old:>14,}" + (f"{new:>20,}" if result["version"] else "")
