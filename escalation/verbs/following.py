"""It came back: a settled case is opened again or, when the time for that is over, goes on in a linked one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases.lifecycle import OPEN, SETTLED
from cases.models import Attachment, Case, FormKey, TouchedCase, User
from cases.models.message import Channel
from escalation.book import NoProtocol, rules_of
from escalation.protocol import MissingCell
from escalation.verbs.acting import Refused, own_key
from escalation.verbs.customer import reopen, reply
from escalation.verbs.filing import Told, file_case


def reopen_over(case: Case, at: datetime) -> bool:
    """Whether a settled case can only go on in a linked one: its time to be opened again is over."""
    settled = case.settled_at
    if settled is None or case.state not in SETTLED or case.is_history:
        return False
    return at > settled + timedelta(seconds=rules_of(case.protocol).protocol.windows.reopen)


def come_back(
    case_id: int,
    *,
    text: str,
    by: User,
    at: datetime,
    form_key: str = "",
    files: Sequence[Attachment] = (),
    channel: str = Channel.PORTAL,
) -> Case:
    """The case, open again; or the linked one that goes on from it, with `text` as what happened.

    Nothing typed is lost to a date: while a linked case is open already, the text is a message to that one. A second
    press of the same form finds what the first one did. Raises Refused with a sentence.
    """
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
        if not reopen_over(case, at):
            return reopen(case_id, text=text, by=by, at=at, form_key=form_key, files=files, channel=channel)
        if by.pk != case.customer_id:
            raise Refused(_("Only the customer can do this."))
        if not text.strip():
            raise Refused(_("Tell us what happened."))
        pressed = FormKey.objects.select_related("case").filter(key=own_key(form_key, by)).first() if form_key else None
        if pressed and pressed.case:
            return pressed.case
        running = case.followed_by.filter(state__in=OPEN).order_by("pk").last()
        if running:
            return reply(running.pk, text=text, by=by, at=at, form_key=form_key, files=files, channel=channel)
        return _linked(case, text.strip(), by=by, at=at, form_key=form_key, files=files, channel=channel)


def _linked(case: Case, text: str, *, by: User, at: datetime, **act: Any) -> Case:
    """A new case about the same thing, promised by the rules in force now."""
    told = Told(case.title, text, case.category, case.impact, case.expectation, case.product)
    try:
        linked = file_case(told, by=by, at=at, proven=case.is_proven, **act)
    except (NoProtocol, MissingCell) as why:
        raise Refused(str(why)) from None
    linked.follows = case
    linked.save(update_fields=["follows"])
    TouchedCase.note([case.pk], at)  # somebody who came back says something of the case before, too
    return linked
