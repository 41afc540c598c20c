"""`manage.py import_history FILE --mapping NAME_OR_FILE`: another help desk's cases, measured by our protocol."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from escalation.book import NoProtocol
from portal.history.importing import Report, import_harvest
from portal.history.mapping import MappingError, load
from portal.history.reading import Harvest, UnreadableFile, harvest
from portal.progress import Progress


class Command(BaseCommand):
    help = (
        "Takes cases over from a CSV file of another help desk (plain or gzip). Nobody is mailed and nothing climbs. "
        "What is there already is passed over. Exit code: 0 all was read, 1 some rows were left out and are listed, "
        "2 the file or the mapping cannot be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--mapping", required=True, help="a shipped mapping (servicenow) or a JSON file")
        parser.add_argument("--dry-run", action="store_true", help="do everything and undo it")
        parser.add_argument("--json", action="store_true", help="the summary for a machine")

    def handle(self, *args: Any, file: Path, mapping: str, dry_run: bool, **options: Any) -> None:
        started = time.monotonic()
        try:
            legend = load(mapping)
            found = harvest(file, legend, progress=Progress("Reading", self.stderr).show)
            report = import_harvest(
                found, legend, clock=timezone.now, dry_run=dry_run, progress=Progress("Importing", self.stderr).show
            )
        except (MappingError, UnreadableFile, NoProtocol) as why:
            raise CommandError(str(why), returncode=2) from None
        seconds = time.monotonic() - started
        say = as_json if options["json"] else as_text
        self.stdout.write(say(found, report, seconds, dry_run))
        if report.problems:
            sys.exit(1)


def as_json(found: Harvest, report: Report, seconds: float, dry_run: bool) -> str:
    clocks: dict[str, dict[str, int]] = {}
    for (kind, outcome), count in sorted(report.clocks.items()):
        clocks.setdefault(kind, {})[outcome] = count
    return json.dumps(
        {
            "rows": found.rows,
            "cases": report.cases,
            "already_there": report.known,
            "left_out": len({problem.number or problem.line for problem in report.problems}),
            "events": report.events,
            "clocks": clocks,
            "problems": [
                {"line": problem.line, "number": problem.number, "reason": problem.reason}
                for problem in report.problems
            ],
            "dry_run": dry_run,
            "seconds": round(seconds, 1),
        }
    )


def as_text(found: Harvest, report: Report, seconds: float, dry_run: bool) -> str:
    lines = [f"Line {problem.line}: {problem.number or 'no number'}: {problem.reason}." for problem in report.problems]
    left_out = len({problem.number or problem.line for problem in report.problems})
    lines.append(
        f"{report.cases} cases{' (undone: dry run)' if dry_run else ''}, {report.events} events from {found.rows} rows; "
        f"{report.known} were there already, {left_out} left out; {seconds:.1f} s."
    )
    kinds = sorted({kind for kind, _ in report.clocks})
    for kind in kinds:
        counts = {outcome: count for (of, outcome), count in sorted(report.clocks.items()) if of == kind}
        lines.append(f"  {kind:12} " + ", ".join(f"{outcome} {count}" for outcome, count in counts.items()))
    return "\n".join(lines)
