"""What a customer does to their case; each is one verb, used by the pages and by inbound mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.lifecycle import State
from cases.models import Attachment, Case, Event, Message, User
from cases.models.message import Channel
from escalation import facts as f
from escalation.turn import Turn
from escalation.verbs.acting import Act, Refused, Said

K = Message.Kind
#: What of ours has words that they may not have read when they wrote theirs.
OF_OURS = ("updated", "answered", "asked_customer", "supervisor_answered", "apologised")
SUPERVISOR_REASONS = {
    "slow": _lazy("It is taking too long"),
    "answer": _lazy("I do not agree with the answer"),
    "treated": _lazy("How I was treated"),
    "serious": _lazy("It has become more serious"),
    "other": _lazy("Something else"),
}


def _said(text: str, kind: str, channel: str, missing: str, files: Sequence[Attachment] = ()) -> Said:
    """What they wrote; a file says something by itself."""
    if not text.strip() and not files:
        raise Refused(missing)
    return Said(text.strip(), kind, channel, from_customer=True)


REOPENINGS = 3  # a day and case; then a person looks
A_DAY = timedelta(days=1)


def reply(
    case_id: int,
    *,
    text: str,
    by: User,
    at: datetime,
    channel: str = Channel.PORTAL,
    automatic: bool = False,
    seen: int | None = None,
    form_key: str = "",
    files: Sequence[Attachment] = (),
) -> Case:
    """The customer writes; if we waited for them our clocks go on.

    What a mailbox answers by itself (`automatic`) is kept in the conversation and moves nothing; so is what was
    written before our question could be read: `seen` is the newest event on the page they wrote on (None: not known).
    """
    said = _said(text, K.CUSTOMER, channel, _("Write your message first."), files)

    def happening(turn: Turn) -> f.Happening:
        return replace(wrote(turn.case, channel, at=at, seen=seen), automatic=automatic)

    return Act("reply", by, at, said=said, form_key=form_key, files=files).on(case_id, happening)


def wrote(case: Case, channel: str, *, at: datetime, seen: int | None) -> f.CustomerWrote:
    """What their writing is when `seen` is the newest event they can have known of (None: that is not known)."""
    kinds: list[str] = []
    if seen is not None:
        since = Event.everything.filter(case=case, seq__gt=seen, kind__in=OF_OURS)
        kinds = list(since.order_by("seq").values_list("kind", flat=True))
    crossed = case.state == State.WAITING_CUSTOMER and "asked_customer" in kinds
    return f.CustomerWrote(at=at, now=at, channel=channel, crossed=crossed, unread=kinds[-1] if kinds else "")


def accept(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """Yes, it is fixed."""
    return Act("accept", by, at, **act).on(case_id, lambda turn: f.Accepted(at=at, now=at))


def reject(case_id: int, *, text: str, by: User, at: datetime, **act: Any) -> Case:
    """No, it is not: the case is open again with the same people and new promises."""
    said = _said(text, K.REJECTION, Channel.PORTAL, _("Tell us what is still wrong."), act.get("files", ()))
    return Act("reject", by, at, said=said, **act).on(case_id, lambda turn: f.Rejected(at=at, now=at))


def reopen(case_id: int, *, text: str, by: User, at: datetime, channel: str = Channel.PORTAL, **act: Any) -> Case:
    """It came back, inside the time to reopen."""
    said = _said(text, K.REJECTION, channel, _("Tell us what happened."), act.get("files", ()))

    def happening(turn: Turn) -> f.Happening:
        lately = Event.everything.filter(case=turn.case, kind="reopened", occurred_at__gt=at - A_DAY)
        if lately.count() >= REOPENINGS:
            raise Refused(_("This case was opened again three times today. Call us, or write to us tomorrow."))
        return f.Reopened(at=at, now=at)

    return Act("reopen", by, at, said=said, **act).on(case_id, happening)


def withdraw(case_id: int, *, by: User, at: datetime, **act: Any) -> Case:
    """The customer does not need it any more; all clocks stop."""
    return Act("withdraw", by, at, **act).on(case_id, lambda turn: f.Withdrawn(at=at, now=at))


def ask_supervisor(case_id: int, *, reason: str, text: str = "", by: User, at: datetime, **act: Any) -> Case:
    """Asks for a supervisor, who owes an answer by a time of its own; the case keeps its place."""
    if reason not in SUPERVISOR_REASONS:
        raise Refused(_("Choose why you ask."))
    words = "\n\n".join(part for part in (str(SUPERVISOR_REASONS[reason]), text.strip()) if part)
    said = Said(words, K.REQUEST, Channel.PORTAL, from_customer=True)
    return Act("ask_supervisor", by, at, said=said, **act).on(
        case_id, lambda turn: f.SupervisorAsked(at=at, now=at, reason=reason)
    )
