"""What the fault tests share: due cases by the thousand, engine processes, and a mail server that remembers."""

from __future__ import annotations

import email
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from cases.models import Category
from escalation import verbs
from tests.cast import Cast, gather

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """A mail server on loopback that keeps what it accepted; `refuse` answers for it while it is set."""

    def __init__(self) -> None:
        self.ids: Counter[str] = Counter()
        self.refuse = ""
        self.delay = 0.0
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=30)

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.refuse:
            return self.refuse
        self.ids[email.message_from_bytes(envelope.content)["Message-ID"]] += 1
        if self.delay:
            time.sleep(self.delay)
        return "250 kept"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"


@pytest.fixture
def sink():
    sink = Sink()
    sink.controller.start()
    yield sink
    sink.controller.stop()


@pytest.fixture
def seeds() -> range:
    """How often a random fault is tried: once in the suite, five times in `make faults`."""
    return range(int(os.environ.get("FAULT_SEEDS", "1")))


class Engine:
    """Starts `manage.py beat` as real processes against this test's database, at a moved clock."""

    def __init__(self, sink: Sink, folder: Path) -> None:
        self.folder, self.sink = folder, sink
        self.clock = folder / "offset"
        self.running: list[subprocess.Popen] = []

    def move_clock(self, by: timedelta) -> None:
        self.clock.write_text(str(by.total_seconds()))

    def start(self, *arguments: str) -> subprocess.Popen:
        where = connection.settings_dict
        url = f"postgres://{where['USER']}@/{where['NAME']}?host={where['HOST']}"
        if where.get("PORT"):
            url += f"&port={where['PORT']}"
        environment = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "EMAIL_URL": self.sink.url,
            "DATA_DIR": str(self.folder),
            "MILEPOST_TEST_CLOCK": str(self.clock),
        }
        command = [sys.executable, "manage.py", "beat", "--every", "0.1", *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.running.append(process)
        return process

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()


@pytest.fixture
def engine(sink, tmp_path):
    engine = Engine(sink, tmp_path)
    yield engine
    engine.stop()


@pytest.fixture
def cast(transactional_db) -> Cast:
    return gather()


def file_cases(cast: Cast, count: int) -> datetime:
    """Files `count` cases now, in batches; returns an instant by which each has missed exactly its first promise."""
    now = datetime.now(UTC)
    told = verbs.Told("Charged twice", "Two payments.", Category.objects.get(slug="billing"), "loss")
    due = []
    for start in range(0, count, 500):
        rows = [(told, cast.customer)] * min(500, count - start)
        due += [case.promise_at for case in verbs.file_many(rows, at=now)]
    return max(due) + timedelta(seconds=30)
