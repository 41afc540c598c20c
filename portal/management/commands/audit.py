"""`manage.py audit`: checks a live database for what must always hold, and names the rows that break it."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from cases.snapshot import snapshot
from escalation import audit
from escalation.audit import Check, Scope
from feedback import post_mortem_audit
from portal.progress import Progress


def database_now() -> Any:
    """The database's time decides what is late, as it does for the engine."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def ask(check: Check, scope: Scope, limit: int) -> dict[str, Any]:
    """One check's answer: how often it is broken, and the first `limit` rows."""
    started, rows, count = time.monotonic(), [], 0
    for found in check.find(scope):
        count += 1
        if count <= limit:
            rows.append(found)
    seconds = round(time.monotonic() - started, 1)
    return {"rule": check.rule, "holds": check.holds, "broken": count, "rows": rows, "seconds": seconds}


class Command(BaseCommand):
    help = "Checks what must always hold on this database. Exit code 1 when something does not, with the rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the findings for a machine")
        parser.add_argument("--limit", type=int, default=20, metavar="N", help="rows shown for each check (20)")
        parser.add_argument(
            "--replay", type=int, default=25_000, metavar="N", help="cases replayed and counted anew at most (25000)"
        )

    def handle(self, *args: Any, limit: int, replay: int, **options: Any) -> None:
        bars: dict[str, Progress] = {}

        def progress(what: str, done: int, of: int) -> None:
            bars.setdefault(what, Progress(what, self.stderr)).show(min(done / max(of, 1), 1.0))

        with snapshot():
            scope = Scope(
                at=database_now(), folder=settings.DATA_DIR / "anchors", most=max(replay, 0), progress=progress
            )
            results = []
            for check in (*audit.CHECKS, *post_mortem_audit.CHECKS):
                results.append(ask(check, scope, limit))
                if not options["json"]:
                    self._say(results[-1])
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not any(r["broken"] for r in results), "checks": results}))
        if any(result["broken"] for result in results):
            sys.exit(1)

    def _say(self, result: dict[str, Any]) -> None:
        word = f"BROKEN {result['broken']} times" if result["broken"] else "holds"
        self.stdout.write(f"{result['rule']:2} {result['holds']}: {word} ({result['seconds']} s)")
        for row in result["rows"]:
            self.stdout.write(f"     {row}")
        hidden = result["broken"] - len(result["rows"])
        if hidden:
            self.stdout.write(f"     and {hidden} more (--limit)")
