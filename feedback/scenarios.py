"""A practice case in words, made from a real one: what a trainer may play with somebody later (R074).

It begins with the case's own words, without what only the case and its people may know. The link to the case stays, whatever
becomes of the mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cases.access import WORK, Viewer
from cases.models import Case, Event, Resolution, User
from escalation.verbs import Refused
from feedback.masking import masked
from feedback.models import Scenario
from feedback.practice import not_markable

TITLE_MOST, TEXT_MOST = 100, 2000  # characters


@dataclass(frozen=True, slots=True)
class Draft:
    """What the trainee is told (`situation`), and what a good answer has in it (`good`)."""

    title: str
    situation: str
    good: str


def begun(case: Case) -> Draft:
    """The draft a case begins, masked: what they wrote and wished for, and what was done."""
    last = Resolution.objects.filter(case=case).order_by("-at", "-pk").first()
    names = names_of(case)
    told = "\n\n".join(words for words in (case.description, case.expectation) if words)
    done = "\n\n".join(words for words in (last.root_cause, last.done) if words) if last else ""
    return Draft(
        masked(case.title, names)[:TITLE_MOST], masked(told, names)[:TEXT_MOST], masked(done, names)[:TEXT_MOST]
    )


def names_of(case: Case) -> set[str]:
    """Everybody the case could name: the customer, their company, and all who did something on it."""
    acted = Event.objects.filter(case=case, actor__isnull=False).order_by().values_list("actor__name", flat=True)
    names = {case.customer.name, case.customer.email.partition("@")[0], *acted.distinct()}
    return names | ({case.organisation.name} if case.organisation else set())


def write(case: Case, draft: Draft, *, by: User, at: datetime) -> Scenario:
    """Keeps the practice case of a settled case; written before, its words are replaced. Raises Refused naming the field."""
    if not (by.has_perm(WORK) and Case.objects.visible_to(Viewer(by)).filter(pk=case.pk).exists()):
        raise Refused("Only people who work on this case can do this.")
    if sentence := not_markable(case):
        raise Refused(sentence)
    title = " ".join(draft.title.split())
    texts = {"situation": draft.situation.strip(), "good": draft.good.strip()}
    if not title or len(title) > TITLE_MOST:
        raise Refused(f"Give it a title of at most {TITLE_MOST} characters.", field="title")
    for name, words in texts.items():
        if not words or len(words) > TEXT_MOST:
            raise Refused(f"Write this in at most {TEXT_MOST} characters.", field=name)
    kept = {"title": title, **texts, "by": by, "at": at}
    with transaction.atomic():
        return Scenario.objects.update_or_create(case=case, defaults=kept)[0]
