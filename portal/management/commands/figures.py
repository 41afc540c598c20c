"""`manage.py figures`: makes the facts of all cases anew, or checks that those kept are the ones the log gives."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from cases.models import Case
from feedback.facts.build import batches, differing, of_no_case, rebuild
from portal.beat import database_time
from portal.progress import Progress

SHOWN = 20


class Command(BaseCommand):
    help = (
        "--rebuild makes the facts that figures are counted from anew, of every case, from its log. --check says which"
        " of those kept differ from the ones made now; exit code 1 when any does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--rebuild", action="store_true", help="make all facts anew")
        what.add_argument("--check", action="store_true", help="compare those kept with those made now")

    def handle(self, *args: Any, **options: Any) -> None:
        at, of, done = database_time(), max(Case.objects.count(), 1), 0
        bar = Progress("facts", self.stderr)
        wrong: list[int] = []
        for ids in batches():
            if options["rebuild"]:
                rebuild(ids, at=at)
            else:
                wrong += differing(ids, at=at)
            done += len(ids)
            bar.show(min(done / of, 1.0))
        if options["rebuild"]:
            of_no_case().delete()
            self.stdout.write(f"Facts of {done} cases made anew.")
            return
        wrong += of_no_case().values_list("pk", flat=True)
        self._say(done, wrong)

    def _say(self, done: int, wrong: list[int]) -> None:
        self.stdout.write(f"{done} cases checked, the facts of {len(wrong)} differ.")
        if not wrong:
            return
        for reference in Case.objects.filter(pk__in=wrong[:SHOWN]).order_by("pk").values_list("reference", flat=True):
            self.stdout.write(f"     {reference}")
        if len(wrong) > SHOWN:
            self.stdout.write(f"     and {len(wrong) - SHOWN} more")
        self.stdout.write("manage.py figures --rebuild makes them anew.")
        sys.exit(1)
