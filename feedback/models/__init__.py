"""The tables of the `feedback` room."""

from feedback.models.pulse import PulseMonth, PulseTally, PulseTurn
from feedback.models.survey import Survey

__all__ = ["PulseMonth", "PulseTally", "PulseTurn", "Survey"]
