"""Processes of `manage.py serve`: each in a group of its own, restarted when it dies, and none left behind.

Three things end a group: the supervisor at its own end; a reaper process, which sees the end of a pipe when the supervisor
is killed outright; and, on Linux, a signal from the kernel to the head of each group, for when both are killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

GRACE_SECONDS = 10
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a dead process is started again
WATCH_SECONDS = 15  # between two looks whether a process that lives still works
SETTLED_SECONDS = 60  # one that lived this long starts again without a growing pause
PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")

# Loaded here, since between fork and exec nothing may be.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    if _LIBC:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def group_lives(group: int) -> bool:
    """Whether any process of the group still runs.

    On Linux what has died but is not yet waited for does not count: the first process of a container often never waits
    for orphans, and they would seem to live for ever. Elsewhere they count until they are waited for.
    """
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not (_PROC / "self" / "stat").exists() or any(_runs_in(group, stat) for stat in _PROC.glob("[0-9]*/stat"))


def _runs_in(group: int, stat: Path) -> bool:
    try:
        # The name before the last bracket may itself hold blanks and brackets.
        state, _parent, its_group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):  # it ended while we looked
        return False
    return int(its_group) == group and state not in "ZX"


def signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def ask_to_end(group: int) -> None:
    """Ask the head of the group only: it knows how to end its own children, and those of the queue, which inherit
    its signal handler, would wait for themselves for ever if they were asked as well."""
    if group_lives(group):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(group, signal.SIGTERM)


def end_groups(
    groups: set[int], *, grace: float = GRACE_SECONDS, reap: Callable[[], object] = lambda: None
) -> set[int]:
    """Ask the groups to end, kill those that have not within `grace` seconds; returns the ones that had to be killed."""
    for group in groups:
        ask_to_end(group)
    end = time.monotonic() + grace
    left = set(groups)
    while left and time.monotonic() < end:
        time.sleep(0.05)
        reap()
        left = {group for group in left if group_lives(group)}
    for group in left:
        signal_group(group, signal.SIGKILL)
    return left


class Reaper:
    """A process that outlives the supervisor by just as long as it takes to end the groups it was told of."""

    def __init__(self, grace: float) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", __file__, str(grace)], stdin=subprocess.PIPE, start_new_session=True, text=True
        )

    def tell(self, sign: str, group: int) -> None:
        """Sign + for a group that began, - for one that ended, whose number may then be another's."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            print(f"{sign}{group}", file=self._process.stdin, flush=True)

    def close(self) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


class Child:
    """One process of the set, and what is known of its lives."""

    def __init__(self, name: str, command: list[str], *, stuck: Callable[[float], bool] | None = None) -> None:
        """`stuck`, given the seconds since the start, says whether it lives but no longer works."""
        self.name = name
        self.command = command
        self.stuck = stuck
        self.next_look = 0.0
        self.process: subprocess.Popen[str] | None = None
        self.pause = FIRST_PAUSE
        self.started = 0.0
        self.due = 0.0

    def start(self, write: Callable[[str, str], None]) -> None:
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
            preexec_fn=_end_with_parent,
        )
        self.started = time.monotonic()
        self.next_look = self.started + WATCH_SECONDS
        threading.Thread(target=self._pass_on, args=(self.process, write), daemon=True).start()

    def _pass_on(self, process: subprocess.Popen[str], write: Callable[[str, str], None]) -> None:
        assert process.stdout
        for line in process.stdout:
            write(self.name, line.rstrip("\n"))

    def plan_next_start(self, now: float) -> float:
        """Set when to start again; returns the pause in seconds, which doubles while it keeps dying young."""
        settled = now - self.started >= SETTLED_SECONDS
        pause = FIRST_PAUSE if settled else self.pause
        self.pause = min(pause * 2, LONGEST_PAUSE)
        self.due = now + pause
        return pause


class Supervisor:
    """Keeps a set of children running until it is told to stop."""

    def __init__(
        self, children: list[Child], *, write: Callable[[str, str], None], grace: float = GRACE_SECONDS
    ) -> None:
        self.children = children
        self.write = write
        self.grace = grace
        self.stopping = threading.Event()
        self.hurry = False
        self._ended: set[int] = set()  # groups whose head died by itself
        self._reaper = Reaper(grace)

    def stop(self, *_: object) -> None:
        """Signal handler: the first asks everything to end, a second one no longer waits for it."""
        self.hurry = self.stopping.is_set()
        self.stopping.set()

    def run(self) -> None:
        # Whoever started us may ignore it, and that is inherited: the kernel would then keep no exit code for us.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)
        try:
            for child in self.children:
                self._start(child)
            while not self.stopping.wait(0.2):
                for child in self.children:
                    self._look_after(child)
                self._ended = {group for group in self._ended if self._wait_for(group)}
        finally:
            self._end()

    def _start(self, child: Child) -> None:
        child.start(self.write)
        assert child.process
        self._reaper.tell("+", child.process.pid)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process and child.process.poll() is not None:
            # Its own children would otherwise go on beside their successors.
            signal_group(child.process.pid, signal.SIGKILL)
            self._ended.add(child.process.pid)
            self._reaper.tell("-", child.process.pid)
            code = child.process.returncode
            child.process = None
            pause = child.plan_next_start(now)
            self.write(child.name, f"stopped by itself (exit {code}); starting it again in {pause:.0f} s")
        elif child.process and child.stuck and now >= child.next_look:
            child.next_look = now + WATCH_SECONDS
            if child.stuck(now - child.started):
                self.write(child.name, "lives but does not work any more; starting it again")
                # What is stuck may not hear a polite word; the next look finds it dead and starts it.
                signal_group(child.process.pid, signal.SIGKILL)
        if child.process is None and now >= child.due:
            self._start(child)

    def _wait_for(self, group: int) -> bool:
        """Whether orphans of the group are left to wait for: they are ours where we are a container's first process."""
        try:
            while os.waitpid(-group, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return False
        return True

    def _reap(self) -> None:
        for child in self.children:
            if child.process and child.process.poll() is not None:
                self._wait_for(child.process.pid)
        if self.hurry:
            for group in self._groups():
                signal_group(group, signal.SIGKILL)

    def _groups(self) -> set[int]:
        return {child.process.pid for child in self.children if child.process}

    def _end(self) -> None:
        killed = end_groups(self._groups(), grace=self.grace, reap=self._reap)
        for child in self.children:
            if child.process:
                child.process.wait()
                if child.process.pid in killed:
                    self.write(child.name, f"did not stop within {self.grace:.0f} s and was killed")
                self._reaper.tell("-", child.process.pid)
        self._reaper.close()


def reap() -> None:
    """The reaper's whole life: note the groups, and when the pipe closes end those that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    end_groups(groups, grace=float(sys.argv[1]))


def command(*arguments: str) -> list[str]:
    """This project's `manage.py` with the Python that runs now."""
    return [sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py"), *arguments]


if __name__ == "__main__":
    reap()
