"""`manage.py figures`: makes what figures are read from anew, or checks it: facts against the log, kept days against the facts."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from cases.models import Case
from cases.spread import on_all_cores, one_writes
from feedback.facts import build as facts
from feedback.facts.hold import hold
from feedback.rollup import keep
from portal.beat import database_time
from portal.progress import Progress

SHOWN = 20


class Command(BaseCommand):
    help = (
        "--rebuild makes anew what figures are read from: the facts of every case from its log, and the counts of every day"
        " from the facts. --check says which of those kept differ from the ones made now; exit code 1 when any does."
        " --roll counts the days that wait to be counted anew, which the engine does by itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--rebuild", action="store_true", help="make all facts and counts anew")
        what.add_argument("--check", action="store_true", help="compare those kept with those made now")
        what.add_argument("--roll", action="store_true", help="count the days that wait, now")
        parser.add_argument(
            "--alone",
            action="store_true",
            help="with --rebuild: on all cores; the engine makes no facts meanwhile (pages stay right, but slow)",
        )
        parser.add_argument("--json", action="store_true", help="what was done or found, for a machine")

    def handle(self, *args: Any, **options: Any) -> None:
        at = database_time()
        what = next(name for name in ("rebuild", "check", "roll") if options[name])
        if what == "rebuild":
            found = self._rebuild(at, alone=options["alone"])
        else:
            found = {"check": self._check, "roll": self._roll}[what](at)
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self._say(what, found)
        if not found["ok"]:
            sys.exit(1)

    def _rebuild(self, at: datetime, *, alone: bool) -> dict[str, Any]:
        keep.forget(at=at)
        if alone:
            cases, days = self._on_all_cores(at)
        else:
            cases = self._cases(lambda ids: facts.rebuild(ids, at=at))
            facts.of_no_case().delete()
            days = self._days(at, lambda some: keep.rebuild(some, at=at))
        return {"ok": True, "cases": cases, "days": days}

    def _on_all_cores(self, at: datetime) -> tuple[int, int]:
        """Facts, then days, in several processes. This one holds what lets only one in at a time, for all of them."""
        some, done, of = list(facts.batches()), 0, max(Case.objects.count(), 1)
        bar = Progress("facts", self.stderr)
        with on_all_cores(lambda ids: facts.rebuild_held(ids, at=at), alone=one_writes()) as do, transaction.atomic():
            hold()
            for ids, _ in zip(some, do(some), strict=True):
                done += len(ids)
                bar.show(min(done / of, 1.0))
        facts.of_no_case().delete()
        days = list(keep.batches(at))
        bar = Progress("days", self.stderr)
        with on_all_cores(lambda some: keep.rebuild_held(some, at=at), alone=one_writes()) as do, transaction.atomic():
            hold()
            for number, _ in enumerate(do(days), 1):
                bar.show(number / len(days))
        return done, sum(map(len, days))

    def _check(self, at: datetime) -> dict[str, Any]:
        wrong: list[int] = []
        done = self._cases(lambda ids: wrong.extend(facts.differing(ids, at=at)))
        wrong += facts.of_no_case().values_list("pk", flat=True)
        answers: list[Any] = []
        days = self._days(at, lambda some: answers.append(keep.differing(some, at=at)))
        apart = [day.isoformat() for answer in answers for day in answer or ()]
        names = list(Case.objects.filter(pk__in=wrong).order_by("pk").values_list("reference", flat=True))
        return {
            "ok": not wrong and not apart,
            "cases": done,
            "cases_differ": len(wrong),
            "references": names,
            "days": days,
            "days_differ": apart,
            "days_waited": None in answers,
        }

    def _roll(self, at: datetime) -> dict[str, Any]:
        of, done, bar = keep.wanting(at, wait=keep.NOW).count(), 0, Progress("days", self.stderr)
        while some := keep.roll(at, wait=keep.NOW):
            done += some
            bar.show(min(done / max(of, 1), 1.0))
        return {"ok": True, "days": done}

    def _cases(self, work: Any) -> int:
        of, done, bar = max(Case.objects.count(), 1), 0, Progress("facts", self.stderr)
        for ids in facts.batches():
            work(ids)
            done += len(ids)
            bar.show(min(done / of, 1.0))
        return done

    def _days(self, at: datetime, work: Any) -> int:
        some = list(keep.batches(at))
        bar = Progress("days", self.stderr)
        for number, days in enumerate(some, 1):
            work(days)
            bar.show(number / len(some))
        return sum(map(len, some))

    def _say(self, what: str, found: dict[str, Any]) -> None:
        say = self.stdout.write
        if what == "roll":
            return say(f"{found['days']} days counted anew.")
        if what == "rebuild":
            return say(f"Facts of {found['cases']} cases made anew, {found['days']} days counted anew.")
        say(f"{found['cases']} cases checked, the facts of {found['cases_differ']} differ.")
        self._list(found["references"])
        say(f"{found['days']} days checked, what is kept of {len(found['days_differ'])} differs.")
        self._list(found["days_differ"])
        if found["days_waited"]:
            say("Days were left out: too many cases wait for the engine, or another zone was set (then --rebuild).")
        if not found["ok"]:
            say("manage.py figures --rebuild makes them anew.")
        return None

    def _list(self, names: list[str]) -> None:
        for name in names[:SHOWN]:
            self.stdout.write(f"     {name}")
        if len(names) > SHOWN:
            self.stdout.write(f"     and {len(names) - SHOWN} more")
