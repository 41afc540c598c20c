"""The stages of `make test`: the suite on SQLite, then on PostgreSQL with the browser; ends with one line that counts.

Both stages always run, so that one failure does not hide another. What asks for no database, or is marked `once`, runs in
the first only, the console's forms in the second only. WORKERS says how many processes share a stage.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
STAGES = {
    "SQLite": ["--test-db=sqlite", "-m", "not browser and not postgres and not faults and not forms"],
    "PostgreSQL": ["--test-db=postgres", "-m", "(database or browser or postgres or faults) and not once"],
}


def workers() -> list[str]:
    number = int(os.environ.get("WORKERS") or min(os.cpu_count() or 1, 4))
    return ["-n", str(number)] if number > 1 else []


def run_stage(name: str, options: list[str], given: list[str]) -> tuple[bool, dict[str, int]]:
    print(f"\n=== make test: the suite on {name} ===", flush=True)
    with tempfile.TemporaryDirectory(prefix="milepost-stage-") as folder:
        counts = Path(folder) / "counts"
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        environment["MILEPOST_COUNTS"] = str(counts)
        command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.counts", *options, *workers(), *given]
        done = subprocess.run(command, check=False, env=environment, stdin=subprocess.DEVNULL)
        counted = json.loads(counts.read_text()) if counts.exists() else {}
    # A stage in which nothing ran proved nothing.
    return done.returncode == 0 and counted.get("passed", 0) > 0, counted


def described(name: str, fine: bool, counted: dict[str, int]) -> str:
    parts = [f"{counted[outcome]} {outcome}" for outcome in OUTCOMES if counted.get(outcome)]
    if counted.get("browser"):
        parts[0] += f" ({counted['browser']} in a browser)"
    return f"{name} {', '.join(parts) or 'ran no test'}{'' if fine else ' [FAILED]'}"


def main() -> int:
    start = time.monotonic()
    lines, all_fine = [], True
    for name, options in STAGES.items():
        fine, counted = run_stage(name, options, sys.argv[1:])
        all_fine = all_fine and fine
        lines.append(described(name, fine, counted))
    seconds = time.monotonic() - start
    verdict = "passed" if all_fine else "FAILED"
    print(f"\nmake test: {'; '.join(lines)}; {seconds:.0f} s; {verdict}", flush=True)
    return 0 if all_fine else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nmake test: interrupted")
