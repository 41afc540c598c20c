"""How a draft ends: it becomes a case, goes to a case that is open already, is mailed to its writer, or is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from cases.files import waiting
from cases.models import Case, Draft, User
from cases.models.door import hash_token
from escalation import letters
from escalation.models import Notice
from escalation.steps import Step
from escalation.verbs.acting import Refused
from escalation.verbs.customer import reply
from escalation.verbs.filing import Told, file_case

KIND = "draft_link"
GONE = "This draft is not there any more. It was sent or thrown away in another window."
BATCH = 200


def _end(draft: Draft, at: datetime, become: Callable[[], Case]) -> Case:
    """One draft becomes one thing, however often and from wherever the button is pressed."""
    with transaction.atomic():
        # Not joined with its case: who waited for the row would be given the join as it was before.
        held = Draft.objects.select_for_update().filter(pk=draft.pk).first()
        if held is None:
            raise Refused(GONE)
        if held.case is not None:
            return held.case
        case = become()
        held.became(case, at=at)
        return case


def send_draft(draft: Draft, told: Told, *, by: User, at: datetime, form_key: str = "", proven: bool = True) -> Case:
    """Files the draft in one transaction; `told` is what its reader was shown. The rest as `file_case`."""
    with_it = list(waiting(draft.files_key))
    return _end(draft, at, lambda: file_case(told, by=by, at=at, form_key=form_key, proven=proven, files=with_it))


def add_to_case(draft: Draft, case: Case, *, by: User, at: datetime, form_key: str = "") -> Case:
    """What was typed becomes a message on a case that is open already. Raises Refused as `reply` does."""
    said = draft.answers
    text = "\n\n".join(part for part in (said.get("title"), said.get("description"), said.get("expectation")) if part)
    with_it = list(waiting(draft.files_key))
    return _end(draft, at, lambda: reply(case.pk, text=text, by=by, at=at, form_key=form_key, files=with_it))


# Save and finish later ----------------------------------------------------------------------------------------


def mail_link(draft: Draft, address: str, *, at: datetime) -> Notice:
    """Owes whoever reads `address` a link to the draft. Nobody has proved to read it, so the letter says nothing of it."""
    person = User.objects.of_address(address)
    key = f"{KIND}:{draft.pk}:{person.pk}:{at.timestamp():.0f}"
    notice = Notice(key=key, kind=KIND, recipient=person, data={"draft": draft.pk}, owed_at=at, next_at=at)
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    return notice


def compose(notice: Notice, now: datetime) -> dict[str, Any]:
    """The link of a letter: made from the server's key, so that a second writing of the letter has the same one."""
    draft = Draft.objects.live(now).filter(pk=notice.data["draft"]).first()
    if draft is None:
        raise letters.NotNeeded("The draft was sent or thrown away meanwhile.")
    token = salted_hmac(KIND, notice.key, algorithm="sha256").hexdigest()
    draft.link_hash = hash_token(f"{KIND}:{token}")
    draft.save(update_fields=["link_hash"])
    until = letters.spell(draft.expires_at, letters.zone_of(notice.person))
    return {"page": f"{settings.BASE_URL}/cases/new/continue/{token}/", "until": until, "secrets": [token]}


def by_link(token: str, *, at: datetime) -> Draft | None:
    """The draft a mailed link leads to, while it waits; None for wrong, over and sent alike."""
    return Draft.objects.live(at).filter(link_hash=hash_token(f"{KIND}:{token}")).first()


# The step of the beat -----------------------------------------------------------------------------------------


def clear(at: datetime) -> int:
    """Deletes a batch of drafts that are over."""
    over = Draft.objects.over(at).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return Draft.objects.filter(pk__in=list(over)).delete()[0]


STEPS = (Step("drafts that are over", Draft.objects.over, clear),)
