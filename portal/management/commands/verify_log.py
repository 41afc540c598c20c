"""`manage.py verify_log`: recomputes the log's chains and compares them with the anchors; `--anchor` makes one."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from cases import chain
from cases.models import Event
from cases.snapshot import snapshot
from portal.progress import Progress

SHOWN = 100


class Command(BaseCommand):
    help = (
        "Checks the log against its own hashes and the anchors. Exit code 1 when it was tampered with, with the place."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the findings for a machine")
        parser.add_argument("--anchor", action="store_true", help="then anchor what is sound, as the beat does daily")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        total, bar = max(Event.everything.count(), 1), Progress("Log", self.stderr)
        folder = settings.DATA_DIR / "anchors"
        shown, count = [], 0
        with snapshot():
            verdict, flaws = chain.verify(folder, progress=lambda done: bar.show(min(done / total, 0.99)))
            for flaw in flaws:
                count += 1
                if count <= SHOWN:
                    shown.append(flaw)
        bar.show(1.0)
        anchor = chain.make_anchor(timezone.now(), folder) if options["anchor"] and not count else None
        result = {
            "ok": not count,
            "events": verdict.events,
            "cases": verdict.cases,
            "anchors": verdict.anchors,
            "flaws": count,
            "found": [{"case": flaw.case, "seq": flaw.seq, "what": flaw.what} for flaw in shown],
            "anchored_up_to": anchor.last_event_id if anchor else None,
            "seconds": round(time.monotonic() - started, 1),
        }
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            for flaw in shown:
                self.stdout.write(str(flaw))
            self.stdout.write(
                f"{verdict.events} events of {verdict.cases} cases, {verdict.anchors} anchors: "
                f"{f'{count} flaws' if count else 'sound'}; {result['seconds']} s."
            )
            if options["anchor"]:
                self.stdout.write(
                    f"Anchored up to event id {anchor.last_event_id}." if anchor else "Nothing to anchor."
                )
        if count:
            sys.exit(1)
