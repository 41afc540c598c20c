"""The tables of the `escalation` room, one file a subject."""

from escalation.models.clock import Promise, StageClock
from escalation.models.outbox import Alert, Heartbeat, Notice, SetAside
from escalation.models.protocol import CalendarVersion, ProtocolVersion

__all__ = [
    "Alert",
    "CalendarVersion",
    "Heartbeat",
    "Notice",
    "Promise",
    "ProtocolVersion",
    "SetAside",
    "StageClock",
]
