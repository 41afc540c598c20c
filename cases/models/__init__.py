"""The tables of the `cases` room, one file a subject."""

from cases.models.attachment import Attachment
from cases.models.brand import BrandImage, BrandRevision
from cases.models.case import Case, Impact, Reach, Severity
from cases.models.category import Category, Product
from cases.models.data_copy import DataCopy
from cases.models.door import AccessLink, FormKey, Tally
from cases.models.draft import Draft
from cases.models.event import Anchor, Event
from cases.models.event_place import EventPlace
from cases.models.message import Channel, Message, Note, Resolution
from cases.models.people import Organisation, ProgressMail, Team, User
from cases.models.presence import Presence
from cases.models.remedy import Cause, Remedy, RemedyRevision
from cases.models.reply import ReplyRevision, ReplyUse, SavedReply
from cases.models.saved_view import SavedView
from cases.models.setup import SetupSkip
from cases.models.sharing import Participant
from cases.models.skill import PersonSkill, Skill
from cases.models.solving import Investigation, PlaybookRevision, TriedStep
from cases.models.staff_act import StaffAct
from cases.models.task import Consult, Task
from cases.models.touched import TouchedCase

__all__ = [
    "AccessLink",
    "Anchor",
    "Attachment",
    "BrandImage",
    "BrandRevision",
    "Case",
    "Category",
    "Cause",
    "Channel",
    "Consult",
    "DataCopy",
    "Draft",
    "Event",
    "EventPlace",
    "FormKey",
    "Impact",
    "Investigation",
    "Message",
    "Note",
    "Organisation",
    "Participant",
    "PersonSkill",
    "PlaybookRevision",
    "Presence",
    "Product",
    "ProgressMail",
    "Reach",
    "Remedy",
    "RemedyRevision",
    "ReplyRevision",
    "ReplyUse",
    "Resolution",
    "SavedReply",
    "SavedView",
    "SetupSkip",
    "Severity",
    "Skill",
    "StaffAct",
    "Tally",
    "Task",
    "Team",
    "TouchedCase",
    "TriedStep",
    "User",
]
