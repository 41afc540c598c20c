"""Letters that answer a mail: what of it was not kept, and where to tell us about a problem."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from cases.models import Case, User
from escalation.models import Notice

FILES, WHERE = "mail_files", "mail_link"


def not_all_kept(case: Case, sentences: Sequence[str], *, about: str, at: datetime) -> None:
    """Owes the customer what of the mail `about` was not kept, and why: `sentences` in their language."""
    _owe(FILES, case.customer, about, at, case=case, data={"refused": list(sentences), "many": len(sentences)})


def where_to_tell(person: User, *, about: str, at: datetime) -> None:
    """Owes whoever reads an address the page where one tells us; nothing of the mail `about` is repeated."""
    _owe(WHERE, person, about, at)


def _owe(kind: str, person: User, about: str, at: datetime, **more: Any) -> None:
    case = more.get("case")
    more |= {"is_drill": case.is_drill, "event_seq": case.event_seq} if case else {}
    row = Notice(
        key=f"{kind}:{about}:{person.pk}:email", kind=kind, to_customer=True, recipient=person, owed_at=at, next_at=at,
        **more,
    )  # fmt: skip
    Notice.objects.bulk_create([row], ignore_conflicts=True)


def compose_where(notice: Notice, now: datetime) -> dict[str, Any]:
    """The page."""
    return {"page": f"{settings.BASE_URL}/cases/new/"}
