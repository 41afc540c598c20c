"""`manage.py generate_cases N`: fills a scratch database with N ended cases, for measuring."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from feedback.facts import build
from portal import clock, generated
from portal.beat import database_time
from portal.demo.people import LOOPBACK_PASSWORD
from portal.progress import Progress


class Command(BaseCommand):
    help = (
        "Writes N ended cases with log, clocks, promises and surveys, spread over two years, for measuring: copies of the"
        " demo's, which is made first. Only in an empty database, or in one it has filled before."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, metavar="N", help="how many")

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        if count < 1:
            raise CommandError("Say how many cases, one at least.")
        if not (generated.is_empty() or generated.is_marked()):
            raise CommandError(
                "This database holds people or cases of its own. Generated cases only go into an empty database, or into"
                " one that was filled by this command."
            )
        started = time.monotonic()
        if generated.is_empty():
            self.stdout.write("Playing the demo, a minute or less.")
            generated.tell(clock.now(), LOOPBACK_PASSWORD if settings.ON_LOOPBACK else None)
        bar = Progress("cases", self.stderr)
        of = generated.make(count, progress=bar.show)
        self.stdout.write(f"{count} cases written from {of} in {time.monotonic() - started:.0f} s.")
        call_command("figures", "--rebuild", "--alone", stdout=self.stdout, stderr=self.stderr)
        while build.take_touched(database_time()):  # what the demo left to the engine
            pass
        self.stdout.write(f"Ready after {time.monotonic() - started:.0f} s: manage.py bench")
