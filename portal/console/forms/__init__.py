"""The form of each act: only the facts it needs, named as the verb names them. A family of acts has a module."""

from portal.console.forms.act import ActForm, Enclosing, Reason, Replying, writing
from portal.console.forms.beside import AddTask, AnswerQuestion, AskExpert, ChangeTask, DropTask, FinishTask, TakeBack
from portal.console.forms.handing import Colleague, HandOver, Offer, ReturnOffer
from portal.console.forms.helping import Help, Upset
from portal.console.forms.move import (
    COMPLEXITY,
    Adopt,
    Assess,
    ChangeSeverity,
    Merge,
    PassUp,
    Review,
    WhyEmergency,
    WhyKept,
    other_versions,
    version_words,
)
from portal.console.forms.reaching import CorrectAddress, GiveUp, LogCall, ToldByPhone
from portal.console.forms.solve import Investigate, Ticking
from portal.console.forms.sort import Topic
from portal.console.forms.talk import Answer, Apology, InternalNote, MovePromise, Partner, Question, Supervisor, Update

__all__ = [
    "COMPLEXITY",
    "ActForm",
    "AddTask",
    "Adopt",
    "Answer",
    "AnswerQuestion",
    "Apology",
    "AskExpert",
    "Assess",
    "ChangeSeverity",
    "ChangeTask",
    "Colleague",
    "CorrectAddress",
    "DropTask",
    "Enclosing",
    "FinishTask",
    "GiveUp",
    "HandOver",
    "Help",
    "InternalNote",
    "Investigate",
    "LogCall",
    "Merge",
    "MovePromise",
    "Offer",
    "Partner",
    "PassUp",
    "Question",
    "Reason",
    "Replying",
    "ReturnOffer",
    "Review",
    "Supervisor",
    "TakeBack",
    "Ticking",
    "ToldByPhone",
    "Topic",
    "Update",
    "Upset",
    "WhyEmergency",
    "WhyKept",
    "other_versions",
    "version_words",
    "writing",
]
