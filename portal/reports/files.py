"""A report as an answer to a browser: a PDF or a CSV file under a name that says what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import register_converter
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from portal.pages.files import POLICY
from portal.reports.paper import pdf_of
from portal.reports.shape import Report
from portal.reports.table import lines_of
from portal.templatetags.times import when_words

PDF, CSV = "pdf", "csv"
About = list[tuple[str, str]]


class ReportKind:
    """What a progress report is taken away as."""

    regex = f"{PDF}|{CSV}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ReportKind, "report_kind")


def response_of(
    reports: Iterable[Report],
    kind: str,
    *,
    name: str,
    title: str,
    zone: str,
    at: datetime,
    by: str = "",
    about: About | None = None,
) -> HttpResponse:
    """The file. `by`: who had it made; `about`: more of what it is made from, as labels and values."""
    said: About = [*(about or ()), (_("Made"), when_words(at, zone=zone, style="plain"))]
    said += [(_("Made by"), by)] if by else []
    response: Any
    if kind == PDF:
        response = HttpResponse(
            pdf_of(reports, title=title, about=said, zone=zone, at=at), content_type="application/pdf"
        )
    else:
        lines = in_language(get_language() or "en", lines_of(reports, zone=zone, about=[(_("Report"), title), *said]))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-store"
    return response  # type: ignore[no-any-return]


def in_language(language: str, lines: Iterable[str]) -> Iterator[bytes]:
    """The lines as they leave: the page's language is switched off by then, so each is made in `language` again."""
    source = iter(lines)
    while True:
        with override(language):
            line = next(source, None)
        if line is None:
            return
        yield line.encode()
