"""What changed from one revision of an article to the next, line by line, in each language."""

from __future__ import annotations

import difflib
from typing import Any

from escalation.saved_replies import languages
from feedback.models import ArticleRevision

AROUND = 1  # unchanged lines shown beside a change


def history(revisions: list[ArticleRevision]) -> list[dict[str, Any]]:
    """Every revision, the newest first, with its lines that changed; `revisions` are all of one article."""
    by_number = {(row.language, row.number): row for row in revisions}
    names = languages()
    return [
        {
            "revision": row,
            "language": names.get(row.language, row.language),
            "lines": changed(by_number.get((row.language, row.number - 1)), row),
        }
        for row in revisions
    ]


def changed(before: ArticleRevision | None, after: ArticleRevision) -> list[tuple[str, str]]:
    """(added, gone, same or gap; the line)."""
    lines: list[tuple[str, str]] = []
    signs = {"+": "added", "-": "gone", " ": "same"}
    for line in list(difflib.unified_diff(_lines(before), _lines(after), n=AROUND, lineterm=""))[2:]:
        if line.startswith("@@"):
            lines += [("gap", "…")] if lines else []
        elif line[1:].strip():
            lines.append((signs[line[0]], line[1:]))
    return lines


def _lines(row: ArticleRevision | None) -> list[str]:
    return [row.title, row.answer, *row.body.split("\n")] if row and not row.is_empty else []
