"""Doing a follow-up: the message or the call, or the reason why there is none; and what follows when it is back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cases import brand
from cases.access import Viewer
from cases.languages import isolated, reads
from cases.models import Case, TouchedCase, User
from cases.models.message import Channel
from cases.spelling import day_words
from escalation import verbs
from escalation.letters import NotNeeded, zone_of
from escalation.models import Notice
from escalation.protocol import MissingCell
from escalation.verbs import Refused
from feedback.follow_ups import MOVED_ON, may_do
from feedback.models import FollowUp, Survey
from feedback.surveys import ASKABLE

KIND = "follow_up"
WORDS_MOST = 2000  # characters
How, Said = FollowUp.How, FollowUp.Said
EMPTY = {
    How.LETTER: "Write what the customer is to read.",
    How.PHONE: "Write what the customer said.",
    How.SKIPPED: "Say why nobody asks them.",
}
NOT_READ = "This is the prepared text. Change it, or say that you have read it and that it fits this case."


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody says they did. `said` goes with a call; `fits`: they have read a prepared text they did not change."""

    how: str
    words: str
    said: str = ""
    fits: bool = False


def prepared(row: FollowUp, by: User) -> str:
    """The text a message begins with, in the customer's language; `by` is who signs it."""
    customer = row.case.customer
    with translation.override(reads(customer)):
        day = day_words(row.settled_at.astimezone(ZoneInfo(zone_of(customer))), with_year=False)
        asked = _("your case was settled on %(day)s. Is everything still working as it should?") % {"day": day}
        back = _("If it came back, open your case again on its page. You do not need to explain it from the beginning.")
        return f"{asked}\n\n{back}\n\n{by.first_name}"


def _plain(text: str) -> str:
    """The text without its spacing: a browser sends other line ends than it was given."""
    return " ".join(text.split())


def do(row: FollowUp, given: Done, *, by: User, at: datetime) -> Case | None:
    """Does a follow-up once. “It is back” opens the case again, or a linked one: that case, else None.

    Raises Refused with a sentence, also to who comes second.
    """
    words = given.words.strip()
    with transaction.atomic():
        # The case first: a customer who opens it again at this moment takes turns with us.
        case = Case.objects.select_for_update(of=("self",)).get(pk=row.case_id)  # type: ignore[attr-defined]
        held = FollowUp.objects.select_for_update(of=("self",)).select_related("case__team", "by").get(pk=row.pk)
        _check(held, by, given, words)
        held.how, held.words, held.by, held.done_at = given.how, words, by, at
        held.said = given.said if given.how == How.PHONE else ""
        held.save(update_fields=["how", "words", "by", "done_at", "said"])
        TouchedCase.note([case.pk], at)
        if held.how == How.LETTER:
            Notice.objects.create(**_letter(held, case, at))
        return _back(case, words, at) if held.said == Said.BACK else None


def _back(case: Case, words: str, at: datetime) -> Case:
    """What they said on the phone is what they would have written on the page: the same verb, in their name."""
    try:
        return verbs.come_back(case.pk, text=words, by=case.customer, at=at, channel=Channel.PHONE)
    except MissingCell as why:
        raise Refused(str(why)) from None


def _check(row: FollowUp, by: User, given: Done, words: str) -> None:
    if not (may_do(row, by) and Case.objects.visible_to(Viewer(by)).filter(pk=row.case_id).exists()):  # type: ignore[attr-defined]
        raise Refused("Only who owes it, the team of the case and supervisors do this.")
    if row.done_at is not None:
        how = FollowUp.How(row.how).label.lower()
        raise Refused(f"{row.by} was first: this was done already ({how}). Nothing of yours was sent.")
    if row.stopped_at is not None or FollowUp.objects.filter(MOVED_ON, pk=row.pk).exists():
        raise Refused("Nobody is to be asked any more: the case moved on.")
    if given.how not in How.values:
        raise Refused("Choose how you follow up.", field="how")
    left_alone = Survey.objects.filter(case=row.case_id, may_contact=False).exists()  # type: ignore[attr-defined]
    if left_alone and given.how != How.SKIPPED:
        raise Refused("The customer does not want to be contacted about this case. Skip it, and say why.", field="how")
    if not words:
        raise Refused(EMPTY[How(given.how)], field="words")
    if len(words) > WORDS_MOST:
        raise Refused(f"Too long: {len(words)} characters, at most {WORDS_MOST}.", field="words")
    if given.how == How.PHONE and given.said not in Said.values:
        raise Refused("Choose what the customer said.", field="said")
    if given.how == How.LETTER and not given.fits and _plain(words) == _plain(prepared(row, by)):
        raise Refused(NOT_READ, field="fits")


# The letter -----------------------------------------------------------------------------------------------------


def _letter(row: FollowUp, case: Case, at: datetime) -> dict[str, Any]:
    return {
        "key": f"{KIND}:{row.pk}",
        "kind": KIND,
        "case": case,
        "event_seq": case.event_seq,
        "to_customer": True,
        "recipient_id": case.customer_id,
        "data": {"follow_up": row.pk},
        "owed_at": at,
        "next_at": at,
    }


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """What the customer reads: their colleague's own words. Raises NotNeeded where the case moved on meanwhile."""
    row = FollowUp.objects.select_related("by", "case").get(pk=notice.data["follow_up"])
    if row.by is None or row.case.state not in ASKABLE or row.case.resolved_at != row.settled_at:
        raise NotNeeded("The case is open again.")
    name = row.by.first_name
    sender = _("%(name)s at %(company)s") % {"name": name, "company": brand.current().from_name}
    return {"words": row.words, "by": isolated(name), "sender": sender}


COMPOSERS = {KIND: compose}
