"""Lints stored versions against what the installation has now: what the editor, publishing and the command call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from escalation.book import calendars_at
from escalation.calendar_versions import AHEAD
from escalation.lint import Finding, lint_document
from escalation.lint.world import world_now
from escalation.models import ProtocolVersion
from escalation.models.protocol import Version


def lint_version(version: ProtocolVersion, at: datetime) -> tuple[Finding, ...]:
    """What is wrong with a version of any status, saved or not, on the calendars in force at `at`."""
    # A calendar that was published a moment ago counts before anything is promised on it.
    soon = at + AHEAD
    topics = version.document.get("topics", {})
    world = world_now(at, key=version.key, topics=topics if isinstance(topics, dict) else ())
    return lint_document(version.label or version.key, version.document, calendars_at(soon), world, at)


def errors_of(at: datetime) -> Callable[[Version], list[str]]:
    """The check `publishing.publish` asks: the linter's errors at `at`, a sentence each."""

    def check(version: Version) -> list[str]:
        assert isinstance(version, ProtocolVersion)
        return [sentence(one) for one in lint_version(version, at) if one.is_error]

    return check


def sentence(finding: Finding) -> str:
    """A finding in one breath: where, what, what to do."""
    return f"{finding.place}: {finding.sentence} {finding.remedy}"
