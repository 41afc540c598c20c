"""`manage.py lint_protocol [--draft N]`: proves the published protocols, or a draft, cell by cell and hour by hour."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from escalation.backtest.rules import find
from escalation.book import NoProtocol
from escalation.lint.ground import several
from escalation.lint.versions import lint_version
from escalation.models import ProtocolVersion
from portal import clock


class Command(BaseCommand):
    help = (
        "Says what is wrong with the protocols in force, or with a draft, and what to do; looks at every topic, "
        "severity, level and hour of the next 28 days. Exit code: 0 no errors (warnings are listed), 1 errors, "
        "2 there is no such version."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--draft", metavar="N", help="the version to look at: its number, or as in five-tier@3")
        parser.add_argument("--json", action="store_true", help="the findings for a machine")

    def handle(self, *args: Any, **options: Any) -> None:
        started, now = time.monotonic(), clock.now()
        found = {version.label: lint_version(version, now) for version in self._versions(options["draft"])}
        errors = sum(finding.is_error for findings in found.values() for finding in findings)
        seconds = round(time.monotonic() - started, 2)
        if options["json"]:
            versions = [
                {"version": label, "findings": [finding.as_document() for finding in findings]}
                for label, findings in found.items()
            ]
            self.stdout.write(json.dumps({"ok": not errors, "versions": versions, "seconds": seconds}))
        else:
            for label, findings in found.items():
                for finding in findings:
                    self.stdout.write(f"{label}: {finding}")
                warnings = sum(not finding.is_error for finding in findings)
                self.stdout.write(
                    f"{label}: {several(len(findings) - warnings, 'error', 'errors')}, "
                    f"{several(warnings, 'warning', 'warnings')}; {seconds} s."
                )
        if errors:
            sys.exit(1)

    def _versions(self, draft: str | None) -> list[ProtocolVersion]:
        """The version asked for, or every one in force."""
        if draft is not None:
            try:
                return [find(draft)]
            except NoProtocol as why:
                raise CommandError(str(why), returncode=2) from None
        published = list(ProtocolVersion.objects.filter(status=ProtocolVersion.Status.PUBLISHED))
        if not published:
            raise CommandError("No protocol is published. Name a draft with --draft.", returncode=2)
        return published
