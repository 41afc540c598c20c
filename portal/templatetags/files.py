"""Tags for the part of a form that takes files."""

from collections.abc import Iterable
from typing import Any

from django import template

from cases.models import Attachment
from portal.presenters.files import told

register = template.Library()


@register.filter
def files_told(files: Iterable[Attachment]) -> list[dict[str, Any]]:
    """Waiting files in the form parts/files.html takes: they have no address yet."""
    return [told(file, "") for file in files]
