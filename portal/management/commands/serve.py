"""`manage.py serve`: web server, engine and queue in one terminal, until Ctrl-C."""

import hashlib
import os
import socket
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from escalation.models import Heartbeat
from portal.beat import WATCHED
from portal.demo.people import known_accounts
from portal.processes import Child, Supervisor, command

NAME_WIDTH = 5
QUEUE_ROLE = "queue"
# Its schedule comes round once a minute and its clock ticks every 30 seconds: two rounds missed and a margin.
QUEUE_SILENCE_SECONDS, BEAT_SILENCE_SECONDS = 180, 120


class Command(BaseCommand):
    help = "Start the web server, the engine (beat) and the queue, and keep them running until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        workers = int(os.environ.get("WEB_WORKERS") or os.cpu_count() or 1)
        parser.add_argument("--workers", type=int, default=workers, help="web processes (default: one for each core)")
        parser.add_argument("--no-queue", action="store_true", help="leave out the queue; the engine needs none")

    def handle(self, **options: Any) -> None:
        host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
        address = f"{host}:{settings.PORT}"
        refuse_a_taken_port(settings.BIND, settings.PORT)
        refuse_an_old_database()
        if not settings.ON_LOOPBACK and (known := known_accounts()):
            raise CommandError(
                f"Demo accounts with the known password are in this database ({known[0]}, ...). Use another."
            )
        call_command("createcachetable", verbosity=0)
        if not settings.DEBUG:
            collect_static()
        # Nothing here needs the database from now on, and a connection must not be shared with children.
        connections.close_all()
        lock = threading.Lock()

        def write(name: str, line: str) -> None:
            with lock:
                self.stdout.write(f"{name:<{NAME_WIDTH}} | {line}")
                self.stdout.flush()

        self.stdout.write(f"Milepost is at {settings.BASE_URL}/ (listening on {address}). Ctrl-C stops everything.")
        self.stdout.flush()
        Supervisor(the_set(address, options["workers"], queue=not options["no_queue"]), write=write).run()
        self.stdout.write("Milepost has stopped.")


def the_set(address: str, workers: int, *, queue: bool) -> list[Child]:
    children = [Child("web", web_server(address, workers)), Child("beat", command("beat"), stuck=beat_is_stuck)]
    return children + ([Child("queue", command("qcluster"), stuck=queue_is_stuck)] if queue else [])


def beat_is_stuck(age: float) -> bool:
    """Whether a hand of the engine has not gone round for so long that its process must be started anew."""
    return _is_silent(WATCHED, age, BEAT_SILENCE_SECONDS)


def queue_is_stuck(age: float) -> bool:
    """Whether the queue stopped working without dying, as it does for ever when an idle worker of its is killed.

    Each round that the queue's one schedule calls notes a heartbeat under QUEUE_ROLE.  Without such a row, or without an
    answer from the database, nothing is known, and what may be well is left alone.
    """
    return _is_silent((QUEUE_ROLE,), age, QUEUE_SILENCE_SECONDS)


def _is_silent(roles: Iterable[str], age: float, seconds: int) -> bool:
    """Whether one of `roles` has a heartbeat older than `seconds`, in a process that has lived that long."""
    if age < seconds:
        return False
    try:
        limit = timezone.now() - timedelta(seconds=seconds)
        return Heartbeat.objects.filter(role__in=tuple(roles), last_loop__lt=limit).exists()
    except DatabaseError:
        return False
    finally:
        connection.close()


def web_server(address: str, workers: int) -> list[str]:
    arguments = ["--bind", address, "--workers", str(workers), "--worker-class", "sync", "--log-level", "warning"]
    arguments += ["--graceful-timeout", "8", "--timeout", "30", "--no-control-socket"]
    # A worker's sign of life is a file; on a slow disk it would be late.
    memory = Path("/dev/shm")  # nosec B108 -- gunicorn makes and unlinks a file of its own there
    if memory.is_dir():
        arguments += ["--worker-tmp-dir", str(memory)]
    return [sys.executable, "-m", "gunicorn", "--chdir", str(settings.BASE_DIR), *arguments, "portal.wsgi:application"]


def refuse_a_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as reason:
            raise CommandError(f"Cannot listen on {host}:{port} ({reason.strerror}). Try PORT={port + 1}.") from None


def refuse_an_old_database() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is not up to date: run `manage.py migrate` first.")


def static_state() -> str:
    """A digest of every static file's name, size and time, which changes when one of them does."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> None:
    """Hash and compress the static files into DATA_DIR, unless the last start did so for the same files."""
    noted = Path(settings.STATIC_ROOT) / ".state"
    state = static_state()
    if noted.exists() and noted.read_text() == state:
        return
    # The browsable API is off, so its pictures and scripts would only cost time and space.
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["rest_framework"])
    noted.write_text(state)
