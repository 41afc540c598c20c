"""The tables of the `cases` room, one file a subject."""

from cases.models.attachment import Attachment
from cases.models.brand import BrandImage, BrandRevision
from cases.models.case import Case, Impact, Reach, Severity
from cases.models.category import Category, Product
from cases.models.data_copy import DataCopy
from cases.models.door import AccessLink, FormKey, Tally
from cases.models.draft import Draft
from cases.models.event import Anchor, Event
from cases.models.message import Channel, Message, Note, Resolution
from cases.models.people import Organisation, ProgressMail, Team, User
from cases.models.reply import ReplyRevision, ReplyUse, SavedReply
from cases.models.sharing import Participant

__all__ = [
    "AccessLink",
    "Anchor",
    "Attachment",
    "BrandImage",
    "BrandRevision",
    "Case",
    "Category",
    "Channel",
    "DataCopy",
    "Draft",
    "Event",
    "FormKey",
    "Impact",
    "Message",
    "Note",
    "Organisation",
    "Participant",
    "Product",
    "ProgressMail",
    "Reach",
    "ReplyRevision",
    "ReplyUse",
    "Resolution",
    "SavedReply",
    "Severity",
    "Tally",
    "Team",
    "User",
]
