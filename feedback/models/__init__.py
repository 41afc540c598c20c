"""The tables of the `feedback` room."""

from feedback.models.survey import Survey

__all__ = ["Survey"]
