"""How every verb runs: lock the case, catch up, check, decide, write; one transaction, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases.files import Unfit, enclose
from cases.models import Attachment, Case, Event, FormKey, Message, Note, User
from cases.models.door import hash_token
from cases.models.message import Channel
from escalation.advice import advice_for, objection
from escalation.decision import NotNow
from escalation.facts import Happening, Noted
from escalation.guidance import Advice
from escalation.permits import PERMITS, Actor, refusal
from escalation.store import flush, lock
from escalation.turn import Turn
from escalation.upset import sounds_upset
from escalation.verbs.began import Began, note_uses

#: Acts that guidelines speak to: what they said is kept with the event, whatever the person did.
GUIDED = ("escalate", "answer", "keep")
LONGEST_WAIT = timedelta(minutes=1)  # how much earlier than the last event an act may have been begun


class Refused(ValueError):
    """The verb is not possible now; the message is for the person who tried. Nothing has changed.

    `field` names the argument that is at fault, where it is one; `latest` is the last instant it could have been.
    """

    def __init__(self, sentence: str, *, field: str = "", latest: datetime | None = None) -> None:
        self.field, self.latest = field, latest
        super().__init__(sentence)


class Stale(Refused):
    """The case moved on since the page was shown; `since` are the events the person has not seen."""

    def __init__(self, since: list[Event]) -> None:
        self.since = since
        super().__init__(
            _("The case changed while you were writing. Nothing of yours was lost: look, then send again.")
        )


@dataclass(frozen=True, slots=True)
class Said:
    """A text that goes with an act: to or from the customer (`kind` of Message), or an internal note.

    `author` wrote it, where that is not the one who acts.
    """

    text: str
    kind: str = ""
    channel: str = Channel.PORTAL
    from_customer: bool = False
    author: User | None = None


@dataclass(slots=True)
class Act:
    """One verb's run: which case, who, when, and what is said with it.

    `seen` is the event number of the page the person looked at (None: not checked); `form_key` is the
    page's one-time id: a second press finds the first one's work done and changes nothing. `began` are the
    saved replies the text began with; `files` those that waited on the form, and go with what is said. `noted` is
    handed the internal note once it is written, in the same transaction.
    """

    verb: str
    by: User
    at: datetime
    seen: int | None = None
    form_key: str = ""
    said: Said | None = None
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    advice: Advice | None = None
    began: tuple[Began, ...] = ()
    files: Sequence[Attachment] = ()
    noted: Callable[[Turn, Note | None], None] | None = (
        None  # hears the act's note, where a row of its own refers to it
    )

    def on(self, case_id: int, happening: Callable[[Turn], Happening]) -> Case:
        """Runs the verb. Raises Refused (Stale) with a sentence, or MissingCell for a hole in the protocol."""
        with transaction.atomic():
            turn = lock(case_id, self.at)
            if self.form_key and not claim(self._key(case_id), turn.case, by=self.by, at=self.at):
                return turn.case
            self._check_seen(turn)
            self.at = in_place(turn, self.at)
            before = turn.case.tier
            try:
                turn.settle(self.at)
                self._check(turn, climbed=turn.case.tier != before)
                self._take(turn, turn.placed(self._heard(turn, replace(happening(turn), at=self.at, now=self.at))))
            except NotNow as why:
                raise Refused(str(why), field=why.field, latest=why.latest) from None
            flush([turn], self.at)
            return turn.case

    def _heard(self, turn: Turn, happening: Happening) -> Happening:
        """The happening with whether the customer's words, where it carries any, sound upset."""
        hears = hasattr(happening, "upset") and self.said and self.said.from_customer
        # What a mailbox writes by itself is nobody's mood.
        if not hears or getattr(happening, "automatic", False):
            return happening
        return replace(happening, upset=sounds_upset(self.said.text, turn.rules.protocol.upset))  # type: ignore

    def _key(self, case_id: int) -> str:
        """The form's id for this act with these words: pressed twice it is one, sent again with others it is another."""
        words = self.said.text if self.said else ""
        return hash_token(f"{self.form_key}:{self.verb}:{case_id}:{words}:{self.note}")

    def _check_seen(self, turn: Turn) -> None:
        if self.seen is not None and turn.case.event_seq != self.seen:
            since = Event.everything.filter(case=turn.case, seq__gt=self.seen).select_related("actor")
            raise Stale(list(since.order_by("seq")))

    def _check(self, turn: Turn, *, climbed: bool) -> None:
        actor = Actor.of(self.by)
        sentence, field = refusal(self.verb, turn.case, actor, turn), ""
        if not sentence and self.verb in GUIDED:
            self.advice = advice_for(turn, self.at)
            sentence = objection(self.verb, turn, self.advice, reason=self.note)
            # What a guideline stops when passing up is only the missing reason.
            field = "note" if self.verb == "escalate" else ""
        if sentence and climbed:
            missed = _("A promise on this case was missed just now and it was passed up.")
            sentence = f"{missed} {sentence}"
        if sentence:
            raise Refused(sentence, field=field)

    def _take(self, turn: Turn, happening: Happening) -> None:
        extra = dict(self.extra)
        # A colleague who is also a customer acts on their own case as what the verb is for.
        role = Event.Role.CUSTOMER if PERMITS[self.verb].who == "customer" else Event.Role.STAFF
        if self.advice is not None:
            extra["advice"] = self.advice.record()
        message = note = None
        if self.said:
            message = speak(turn.case, self.said, by=self.by, at=self.at)
            note_uses(message, self.began)
            extra["message"] = message.fingerprint
        if self.note:
            note = jot(turn.case, self.note, by=self.by, at=self.at)
            extra["note"] = note.fingerprint
        if self.noted:
            self.noted(turn, note)
        extra |= enclosed(self.files, turn.case, message=message, note=None if message else note)
        turn.take(happening, by=self.by.pk, role=role, extra=extra)


def in_place(turn: Turn, at: datetime) -> datetime:
    """The instant of an act begun at `at`, after what is on record. Raises Refused.

    Who waited for the row read the time before the one who was quicker: the act happened when it was taken.
    A server whose clock is behind by more than that cannot say when anything happens.
    """
    newest = max(turn.last.at, turn.last.written) if turn.last else at
    if newest - at > LONGEST_WAIT:
        raise Refused(
            _(
                "This server's clock is behind what is on record for the case. Nothing was changed. "
                "Tell the people who run this system."
            )
        )
    return max(at, newest)


def remark(turn: Turn, words: str, *, by: User, at: datetime) -> None:
    """Puts on the record of a locked case what its customer did beside its clocks, in an internal note, and writes it.

    What is due by then comes first, as before every act: later than that it could not be written any more, and the
    case would stand still. Raises Refused.
    """
    at = in_place(turn, at)
    try:
        turn.settle(at)
        happened = turn.placed(Noted(at=at, now=at, by=by.pk))
        note = jot(turn.case, words, by=by, at=at)
        turn.take(happened, by=by.pk, role=Event.Role.CUSTOMER, extra={"note": note.fingerprint})
    except NotNow as why:
        raise Refused(str(why), field=why.field, latest=why.latest) from None
    flush([turn], at)


def enclosed(
    files: Sequence[Attachment], case: Case, *, message: Message | None = None, note: Note | None = None
) -> dict[str, Any]:
    """Gives waiting files to what was said; what the event says of them: id and digest, no name. Raises Refused."""
    try:
        told = enclose(files, case, message=message, note=note)
    except Unfit as why:
        raise Refused(str(why), field="files") from None
    return {"files": told} if told else {}


def own_key(form_key: str, by: User) -> str:
    """A form's one-time id as it is stored: bound to the person, so that nobody can use up or look behind another's."""
    return hash_token(f"{by.pk}:{form_key}")


def claim(form_key: str, case: Case | None, *, by: User, at: datetime) -> bool:
    """Takes a form's one-time id; False when this person took it before."""
    defaults = {"case": case, "used_at": at}
    _, fresh = FormKey.objects.get_or_create(key=own_key(form_key, by), defaults=defaults)
    return fresh


def speak(case: Case, said: Said, *, by: User, at: datetime) -> Message:
    """Writes what was said between us and the customer."""
    return Message.everything.create(
        case=case,
        is_drill=case.is_drill,
        author=said.author or by,
        text=said.text,
        kind=said.kind,
        channel=said.channel,
        from_customer=said.from_customer,
        at=at,
        recorded_at=at,
    )


def jot(case: Case, text: str, *, by: User, at: datetime) -> Note:
    """Writes an internal note; the customer never sees it."""
    return Note.everything.create(case=case, is_drill=case.is_drill, author=by, text=text, at=at, recorded_at=at)
