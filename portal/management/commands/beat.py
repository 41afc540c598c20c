"""The engine's loop: every second or two it does what is due; `--once` does one round."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from portal.beat import KEEPING, LETTERS, ROLE, Round, beat
from portal.queue import register_schedule

RARELY = 10.0  # seconds between two looks at what nobody waits for


def _pause(text: str) -> float:
    """Seconds between rounds, from a twentieth of one to a minute."""
    seconds = float(text)
    if not 0.05 <= seconds <= 60:
        raise argparse.ArgumentTypeError("choose a pause from 0.05 to 60 seconds")
    return seconds


class Command(BaseCommand):
    help = "Runs the engine: missed promises, warnings, notices. Runs until it is stopped; --once does one round."

    broken = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop; exit 1 when a step failed")
        parser.add_argument("--every", type=_pause, default=1.0, metavar="SECONDS", help="pause between rounds")
        parser.add_argument("--json", action="store_true", help="say what each round did as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            done = beat()
            self._say(done, options["json"])
            if done.failed:
                raise SystemExit(1)
            return
        register_schedule()
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        # Nobody waits a second for what is kept of people: it is looked at less often.
        rarely = options | {"every": max(options["every"], RARELY)}
        beside = [
            threading.Thread(target=self._loop, args=(role, stop, pace), name=role)
            for role, pace in ((LETTERS, options), (KEEPING, rarely))
        ]
        for thread in beside:
            thread.start()
        self._loop(ROLE, stop, options)
        for thread in beside:
            thread.join()
        if self.broken:
            raise SystemExit(1)

    def _loop(self, role: str, stop: threading.Event, options: dict[str, Any]) -> None:
        """One hand of the engine, until it is told to stop."""
        try:
            while not stop.is_set():
                self._round(role, options["json"])
                stop.wait(options["every"])
        except BaseException:
            # One hand without the other would look alive: the process ends, and whoever keeps it starts it anew.
            self.broken = True
            raise
        finally:
            stop.set()
            connection.close()

    def _round(self, role: str, as_json: bool) -> None:
        """A round that outlives a database that is away: the next one tries again."""
        close_old_connections()
        try:
            done = beat(role)
        except (DatabaseError, InterfaceError) as error:
            self.stderr.write(f"The database did not answer: {error}")
            return
        if done.done or done.failed:
            self._say(done, as_json)

    def _say(self, done: Round, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"at": done.at.isoformat(), "done": done.done, "failed": done.failed}))
            return
        parts = [f"{count} {name}" for name, count in done.done.items()]
        parts += [f"FAILED {name}: {why}" for name, why in done.failed.items()]
        self.stdout.write(f"{done.at:%H:%M:%S} {', '.join(parts) or 'nothing was due'}")
