"""Which Chromium the browser tests use; `python -m tests.plugins.browser` gets one where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
TRY_SECONDS = 60
DOWNLOAD_SECONDS = 600


def on_path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def playwrights_own() -> str | None:
    """The browser that `playwright install` put in its cache, if it did."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def arguments() -> list[str]:
    """Nothing is looked up and nothing called home; a sandbox is given up only where root cannot have one."""
    closed = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1", "--disable-quic"]
    return closed + (["--no-sandbox"] if os.geteuid() == 0 else [])


def works(path: str) -> bool:
    """Whether it opens a page; an installed browser may still lack a library."""
    command = [path, "--headless", "--disable-gpu", *arguments(), "--dump-dom", "data:text/html,<p>here</p>"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TRY_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "here" in done.stdout


def found() -> str | None:
    """The first browser there is that works."""
    for find in (on_path, playwrights_own):
        path = find()
        if path and works(path):
            return path
    return None


def attempt(*command: str) -> bool:
    print(f"browser: {' '.join(command)}", flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS,
            check=False, env=os.environ | quiet,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as reason:
        print(f"browser: {reason}", flush=True)
        return False
    if done.returncode:
        print("\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines()[-3:]), flush=True)
    return done.returncode == 0


def get_one() -> str | None:
    """Playwright's own where the network allows it, else Debian's where we may install it."""
    attempt(sys.executable, "-m", "playwright", "install", "chromium")
    if not found() and os.geteuid() == 0 and shutil.which("apt-get"):
        attempt("apt-get", "update", "--quiet")
        attempt("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium")
    return found()


def main() -> None:
    path = found() or get_one()
    if path:
        print(f"browser: {path}")
    else:
        # Not the end of everything: the suite says at each browser test what it could not try, and under CI it fails.
        print("\n*** browser: NO CHROMIUM. Put chromium or google-chrome on PATH; the browser tests cannot run. ***\n")


if __name__ == "__main__":
    main()
