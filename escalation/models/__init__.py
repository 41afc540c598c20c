"""The tables of the `escalation` room, one file a subject."""

from escalation.models.backtest import BackTest
from escalation.models.bulk import BulkRow, BulkRun
from escalation.models.choices import ChoiceDraft, ProtocolChoice
from escalation.models.clock import Promise, StageClock
from escalation.models.inbound import InboundMail, MailTry
from escalation.models.outbox import Alert, Heartbeat, Notice, SetAside
from escalation.models.protocol import Attestation, CalendarVersion, PlanReview, ProtocolVersion
from escalation.models.rota import Leave, LoadCap, Override, Rota, Shift

__all__ = [
    "Alert",
    "Attestation",
    "BackTest",
    "BulkRow",
    "BulkRun",
    "CalendarVersion",
    "ChoiceDraft",
    "Heartbeat",
    "InboundMail",
    "Leave",
    "LoadCap",
    "MailTry",
    "Notice",
    "Override",
    "PlanReview",
    "Promise",
    "ProtocolChoice",
    "ProtocolVersion",
    "Rota",
    "SetAside",
    "Shift",
    "StageClock",
]
