"""Pytest plugin for the stages: writes how many tests ended how, and how many in a browser, to the file MILEPOST_COUNTS."""

import json
import os
from pathlib import Path


def pytest_terminal_summary(terminalreporter):
    counted = {
        outcome: len([r for r in reports if getattr(r, "when", "") != "teardown" or outcome == "error"])
        for outcome, reports in terminalreporter.stats.items()
        if outcome and outcome != "warnings"
    }
    passed = terminalreporter.stats.get("passed", [])
    counted["browser"] = sum("browser" in report.keywords for report in passed if report.when == "call")
    Path(os.environ["MILEPOST_COUNTS"]).write_text(json.dumps(counted))
