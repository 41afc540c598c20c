"""Saved replies: writing a revision, retiring one, which are offered on a case, and what they are filled with.

Every change is one transaction that holds the reply's row. The rules themselves are `cases.replies`; nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation

from cases import brand
from cases.languages import supported
from cases.models import Case, Category, ReplyRevision, SavedReply, User
from cases.replies import ACTS, ENGLISH, Draft, check, language_of, offered
from escalation.decision import NotNow
from escalation.letters import spell, zone_of


class NotSaved(ValueError):
    """A draft that is not good enough, or a step that is not possible; nothing has changed.

    `findings` are (field, sentence); the field is the draft's, empty where it is none of them.
    """

    def __init__(self, *findings: tuple[str, str]) -> None:
        self.findings = findings
        super().__init__(" ".join(sentence for _, sentence in findings))


class Overtaken(NotSaved):
    """Somebody else changed the reply since the page was shown; `now` is what it says by now."""

    def __init__(self, sentence: str, now: ReplyRevision) -> None:
        self.now = now
        super().__init__(("", sentence))


def languages() -> dict[str, str]:
    """The languages a reply can be written in, by their two letters; English always, and first."""
    known = {language_of(code): str(name) for code, name in settings.LANGUAGES}
    return {ENGLISH: known.pop(ENGLISH, "English")} | known


def draft_of(revision: ReplyRevision) -> Draft:
    """What a revision says, as a draft to go on from."""
    return Draft(
        revision.title, revision.topic_id, tuple(revision.acts), revision.up_to_level, dict(revision.texts), revision.calms,
    )  # fmt: skip


def write(reply: SavedReply | None, draft: Draft, *, by: User, at: datetime, seen: int = 0) -> ReplyRevision:
    """The next revision of `reply`, or the first of a new one. The same words again change nothing.

    `seen` is the number of the revision the person looked at. Raises NotSaved with what is wrong, Overtaken when
    somebody was faster.
    """
    draft = _tidy(draft)
    stops = [(one.field, one.sentence) for one in check(draft, languages()) if one.stops]
    if draft.topic is not None and not Category.objects.filter(pk=draft.topic).exists():
        stops.append(("topic", "Choose a topic from the list."))
    if stops:
        raise NotSaved(*stops)
    with transaction.atomic():
        if reply is None:
            list(SavedReply.objects.select_for_update().order_by("pk"))  # who pressed twice waits here, then finds it
            same = (one for one in current() if one.reply.retired_at is None and draft_of(one) == draft)
            if (there := next(same, None)) is not None:
                return there
            return _add(SavedReply.objects.create(), 1, draft, by, at)
        held, now = _held(reply, seen)
        if held.retired_at is not None:
            raise NotSaved(("", "This reply was retired. Bring it back first, then save."))
        if draft_of(now) == draft:
            return now
        held.revisions.filter(is_current=True).update(is_current=False)
        return _add(held, now.number + 1, draft, by, at)


def retire(reply: SavedReply, *, by: User, at: datetime, seen: int) -> None:
    """Takes it off what is offered; messages that began with it go on naming it. Twice is once."""
    with transaction.atomic():
        held, _ = _held(reply, seen)
        if held.retired_at is None:
            _mark(held, at, by)


def bring_back(reply: SavedReply, *, by: User, at: datetime, seen: int) -> None:
    """Offers a retired one again, as it was."""
    with transaction.atomic():
        held, _ = _held(reply, seen)
        _mark(held, None, None)


def current() -> list[ReplyRevision]:
    """What every reply says now, retired ones too, by title."""
    rows = ReplyRevision.objects.filter(is_current=True).select_related("topic", "reply", "made_by")
    return sorted(rows, key=lambda row: (row.title.casefold(), row.pk))


def offers(act: str, *, level: int, lineage: Sequence[str]) -> list[ReplyRevision]:
    """The revisions offered for an act on a case of that level and topic, the most special topic first."""
    rows = ReplyRevision.objects.filter(is_current=True, reply__retired_at=None, up_to_level__gte=level)
    return offered(rows.select_related("topic"), act=act, level=level, lineage=lineage) if act in ACTS else []


def spelled(instant: datetime | None, person: User, language: str) -> str:
    """An instant in the zone of `person`, as it stands in a text of that language; empty for None."""
    with translation.override(supported(language) or language):
        return spell(instant, zone_of(person))


def spellings(instant: datetime, person: User) -> list[str]:
    """Every way a saved reply may have written an instant for that person."""
    return [spelled(instant, person, language) for language in languages()]


def named(instant: datetime, text: str, person: User) -> str:
    """The instant as the text names it for that person; empty when it does not."""
    return next((said for said in spellings(instant, person) if said in text), "")


def next_promise(
    text: str,
    person: User,
    *,
    next_at: datetime | None,
    suggested: datetime | None = None,
    inserted: Sequence[datetime] = (),
) -> datetime | None:
    """When `text` promises the next update; None: by the protocol, counted from sending.

    `next_at` is what was chosen; None, or what was `suggested`, means by the protocol, unless the text names it: then
    that very time is promised. `inserted` are the times saved replies wrote into the text as the next update's. Other
    times in it, such as an appointment's, are the writer's own business. Raises NotNow where two are promised at once.
    """
    held = [(one, said) for one in inserted if (said := named(one, text, person))]
    if not held:
        left = next_at is None or next_at == suggested
        return (suggested if suggested and named(suggested, text, person) else None) if left else next_at
    zone = zone_of(person)
    due = next_at or held[0][0]
    below = spell(due, zone)
    for instant, said in held:
        if spell(instant, zone) != below:
            sentence = f"The text says {said}, and the next update below is {below}. Name the same time in both."
            if next_at is None:
                sentence = f"The text says {held[0][1]} and {said}. Name one time for the next update."
            raise NotNow(sentence, field="next_at")
    return due


def values(case: Case, *, by: User, next_update: datetime | None, language: str = ENGLISH) -> dict[str, str]:
    """What placeholders stand for on a case; what is not known is left out and becomes a gap.

    A name nobody has proved to be the customer's is not known: a stranger may have typed it, in another's name.
    """
    customer = case.customer
    known = {
        "customer_name": customer.first_name if customer.name and customer.is_verified and case.is_proven else "",
        "reference": case.reference,
        "owner_name": case.owner.first_name if case.owner else "",
        "my_name": by.first_name,
        "next_update": spelled(next_update, customer, language),
        "company": brand.current().name,
    }
    return {name: value for name, value in known.items() if value}


def _tidy(draft: Draft) -> Draft:
    texts = {code: text.replace("\r\n", "\n").strip() for code, text in draft.texts.items()}
    acts = tuple(act for act in ACTS if act in draft.acts)
    kept = {code: texts[code] for code in languages() if texts.get(code)}
    return Draft(" ".join(draft.title.split()), draft.topic, acts, draft.up_to_level, kept, draft.calms)


def _held(reply: SavedReply, seen: int) -> tuple[SavedReply, ReplyRevision]:
    """The row, locked, and what it says now."""
    held = SavedReply.objects.select_for_update().get(pk=reply.pk)
    now = held.revisions.select_related("topic", "made_by").get(is_current=True)
    if now.number != seen:
        raise Overtaken(
            f"{now.made_by} changed this reply while you were writing. Nothing of yours was lost: look, then save again.",
            now,
        )
    return held, now


def _add(reply: SavedReply, number: int, draft: Draft, by: User, at: datetime) -> ReplyRevision:
    return ReplyRevision.objects.create(
        reply=reply, number=number, title=draft.title, topic_id=draft.topic, acts=list(draft.acts),
        up_to_level=draft.up_to_level, texts=dict(draft.texts), calms=draft.calms, made_at=at, made_by=by,
    )  # fmt: skip


def _mark(held: SavedReply, at: datetime | None, by: User | None) -> None:
    held.retired_at, held.retired_by = at, by
    held.save(update_fields=["retired_at", "retired_by"])
