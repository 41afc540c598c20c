"""`manage.py bench`: measures this database against the goals of figures, each beside a plain count in the same run."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cases.models import Case, TouchedCase, User
from feedback import measures
from feedback.facts import build
from feedback.figures import LIVE, Scope, escalations, promises, satisfaction
from feedback.first_contact import first_contact
from feedback.measures import ALL, MEASURES
from feedback.periods import Period
from feedback.rollup import keep, reading
from feedback.rollup.overview import overview
from portal import looking
from portal.beat import database_time
from portal.demo.people import MANAGERS, address
from portal.insights.asking import today_at
from portal.looking import Looked, Looker, Unseen, timed
from portal.progress import Progress

FEWEST = 1000
Row = dict[str, Any]


class Command(BaseCommand):
    help = (
        "Measures every page of figures on this database (row P8): warm, cold, how many questions, how old, equal to"
        " counting anew, and against a plain count in the same run. Exit code 1 when a goal is missed. --cases N fills a"
        " scratch database first (manage.py generate_cases)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--cases", type=int, metavar="N", help="generate what is missing to N cases first")
        parser.add_argument("--json", action="store_true", help="the rows for a machine")

    def handle(self, *args: Any, **options: Any) -> None:
        have = Case.objects.count()
        if options["cases"] and options["cases"] > have:
            out = self.stderr if options["json"] else self.stdout
            call_command("generate_cases", options["cases"] - have, stdout=out, stderr=self.stderr)
            have = Case.objects.count()
        manager = User.objects.filter(email=address(MANAGERS[0])).first()
        if have < FEWEST or manager is None:
            raise CommandError(
                f"There are {have} cases here; measuring asks for {FEWEST} generated ones at least. Point DATABASE_URL at an"
                " empty database and say: manage.py bench --cases 100000"
            )
        if not settings.DEBUG:  # pages name their files by what `serve` gathers
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["rest_framework"])
        rows = self._rows(have, database_time())  # first: it makes the facts that wait, as the engine would have
        looks = self._looks(manager)
        missed = [one.page for one in looks if one.missed] + [row["name"] for row in rows if not row["ok"]]
        if options["json"]:
            pages = [one.as_json() for one in looks]
            self.stdout.write(json.dumps({"n": have, "ok": not missed, "pages": pages, "rows": rows}))
        else:
            for line in (
                *map(_line, rows),
                f"Pages over {have:,} cases, times in milliseconds:",
                *looking.table(looks),
            ):
                self.stdout.write(line)
        if missed:
            sys.exit(1)

    def _looks(self, manager: User) -> list[Looked]:
        bar, looker, looks = Progress("pages", self.stderr), Looker(manager), []
        for number, page in enumerate(looking.PAGES, 1):
            try:
                looks.append(looker.look(page))
            except Unseen as reason:
                raise CommandError(f"{reason} {manager.email} looked.") from None
            bar.show(number / len(looking.PAGES))
        return looks

    def _rows(self, n: int, at: datetime) -> list[Row]:
        period = Period.of_weeks(12, until=today_at(at), zone=settings.COMPANY_TIME_ZONE)
        parts: tuple[Callable[[], list[Row]], ...] = (
            lambda: _against(period, n, at),
            lambda: _age(n),
            lambda: _equal(period, n, at),
            lambda: _day(period, n, at),
        )
        bar, rows = Progress("figures", self.stderr), []
        for number, part in enumerate(parts, 1):
            rows += part()
            bar.show(number / len(parts))
        return rows


def _row(name: str, n: int, value: float, unit: str, goal: str, ok: bool, limit: float | None = None) -> Row:
    """`limit` is the plain count of the same run, `ratio` how many times faster than it."""
    ratio = round(limit / value, 1) if limit and value else None
    shown = round(value, 3 if value < 10 else 1)
    return {"name": f"P8 {name}", "n": n, "value": shown, "unit": unit, "limit": limit and round(limit, 1),
            "ratio": ratio, "goal": goal, "ok": ok}  # fmt: skip


def _line(row: Row) -> str:
    beside = f", plain {row['limit']} {row['unit']}, {row['ratio']} times" if row["limit"] else ""
    word = "ok    " if row["ok"] else "MISSED"
    return f"{word} {row['name']}: {row['value']} {row['unit']} (goal {row['goal']}){beside}, {row['n']:,} cases"


def _against(period: Period, n: int, at: datetime) -> list[Row]:
    def counted() -> None:
        satisfaction(period)
        escalations(period)
        promises(period, at=at)
        first_contact(period, at=at)

    rows = []
    for name, read, plain in (
        (
            "all figures",
            lambda: reading.count(MEASURES, period, at=at),
            lambda: measures.count(MEASURES, period, at=at),
        ),
        ("the dashboard’s shares", lambda: overview(period, at=at), counted),
    ):
        took, limit = timed(read), timed(plain, rounds=3)
        rows.append(
            _row(
                f"{name}, read",
                n,
                took,
                "ms",
                f">= {looking.TIMES:.0f} times plain",
                limit >= looking.TIMES * took,
                limit,
            )
        )
    return rows


def _age(n: int) -> list[Row]:
    """From a case being written until the figures say so, with the engine's step run once."""
    case, began = Case.objects.order_by("-pk").values_list("pk", flat=True)[0], time.perf_counter()
    TouchedCase.note([case], database_time())
    while build.take_touched(database_time()):
        pass
    took = time.perf_counter() - began
    return [_row("age after the engine’s step", n, took, "s", f"<= {looking.AGE:.0f}", took <= looking.AGE)]


def _equal(period: Period, n: int, at: datetime) -> list[Row]:
    """Figures that are not the ones counted anew, over all splits and some filters."""
    differ = 0
    for scope in (Scope(), Scope(level=2), Scope(topic="billing", source=LIVE)):
        for by in (ALL, *measures.SPLITS):
            read, plain = (one(MEASURES, period, scope, at=at, by=by) for one in (reading.count, measures.count))
            differ += sum(read.get(group) != plain.get(group) for group in {*read, *plain})
    return [_row("figures unlike a recount", n, differ, "figures", "0", differ == 0)]


def _day(period: Period, n: int, at: datetime) -> list[Row]:
    day = period.last - timedelta(days=30)
    took = timed(lambda: keep.rebuild([day], at=at), rounds=3)
    return [_row("one day counted anew", n, took, "ms", "<= 1000", took <= 1000)]
