"""What has happened to a case, in the customer's words: no note, no warning, nothing among staff, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, OuterRef, Q, Subquery, Window
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.files import of_case
from cases.lifecycle import State
from cases.models import Attachment, Case, Event, Message, Severity, Team, User
from cases.models.message import Channel
from escalation import share_news
from escalation.facts import Clock
from escalation.models import Notice
from feedback.models import FollowUp
from feedback.surveys import ASKABLE
from portal.presenters.files import by_event
from portal.templatetags.times import when_words

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST, SHOWN = 20, 10  # more than `MOST` rows: so many of the newest before "Show n older"
#: Kinds of event a customer reads of; the rest is ours.
KINDS = (
    "filed", "assessed", "escalated", "missed", "ran_out", "reviewed", "acknowledged", "updated", "promise_moved",
    "asked_customer",
    "customer_wrote", "waits_for_partner", "partner_answered", "handed_over", "returned_down", "answered",
    "accepted", "rejected", "reopened", "withdrawn", "merged", "closed", "supervisor_asked",
    "supervisor_answered", "apologised", "emergency", "adopted", "offer_accepted",
    "told_by_phone", "we_called",
)  # fmt: skip
#: Clocks whose miss the customer is not told of; only where the case goes then.
OURS = (Clock.REFER_UP, Clock.REVIEW)
#: Timers of ours: the customer reads of their end only where it told them something.
TIMERS = (Clock.STEP, Clock.JUSTIFY, Clock.HAND_OVER)
#: Events by which the case has another person.
HANDED = ("handed_over", "offer_accepted")


@dataclass(frozen=True)
class Story:
    """The rows of a page, how many older ones there are, the open question, and whom the owner took over from."""

    rows: list[dict[str, Any]]
    older: int
    question: str = ""
    covers: str = ""
    answer: dict[str, Any] | None = None


def story(case: Case, *, house: str, zone: str, now: datetime, whole: bool = False) -> Story:
    """The newest rows (all with `whole`) of a case; `house` is the company's name, which stands for the engine."""
    events = visible(case)
    chosen = list(events if whole else events[: MOST + 1])
    if not whole and len(chosen) > MOST:
        chosen = chosen[:SHOWN]
    texts = _texts(case, chosen)
    files = by_event(chosen, _files(case, chosen), case.reference)
    book = Book(texts, _teams(), _people(chosen, case), house, zone, now, files, case.customer_id)
    older = (chosen[0].total if chosen else 0) - len(chosen)
    rows = _with_follow_ups([row for event in chosen if (row := book.row(event))], case, chosen, cut=older > 0)
    question, answer = _newest(texts, Message.Kind.QUESTION), _newest(texts, Message.Kind.ANSWER)
    return Story(
        _without_echo(rows),
        older,
        question=question.text if question and case.state == State.WAITING_CUSTOMER else "",
        covers=_covers(case, chosen, book),
        answer=_told(answer) | {"expectation": case.expectation} if answer and case.state == State.ANSWERED else None,
    )


def visible(case: Case) -> Any:
    """The events a customer may read of, newest first, each with the `total` there are: one query."""
    silent = Q(kind="missed", data__args__kind__in=OURS, data__has_key="plan_failed")
    about = Notice.everything.filter(case=OuterRef("case"), event_seq=OuterRef("seq"), to_customer=True).exclude(
        kind=share_news.KIND
    )
    events = Event.everything.filter(case=case, kind__in=KINDS).exclude(silent)
    letter = about.order_by("pk")
    events = events.annotate(letter=Subquery(letter.values("kind")[:1]), said=Subquery(letter.values("data__said")[:1]))
    untold = Q(kind="adopted") | Q(kind="ran_out", data__args__kind__in=TIMERS)
    events = events.exclude(untold & Q(letter=None))
    return events.select_related("actor").annotate(total=Window(Count("pk"))).order_by(F("seq").desc())


def _with_follow_ups(rows: list[dict[str, Any]], case: Case, events: list[Event], *, cut: bool) -> list[dict[str, Any]]:
    """The rows with what we asked after the case was settled; asked for only where it was. With `cut` older rows are hidden.

    What came back is told by the case that is open again.
    """
    if not any(event.data["to"] in ASKABLE for event in events):
        return rows
    made = FollowUp.objects.filter(case=case, how__in=(FollowUp.How.LETTER, FollowUp.How.PHONE))
    told = [
        _followed_up(one)
        for one in made.exclude(said=FollowUp.Said.BACK).select_related("by").order_by("-done_at", "-pk")
        if one.done_at and not (cut and one.done_at < events[-1].occurred_at)
    ]
    return sorted([*rows, *told], key=lambda row: row["at"], reverse=True)


def _followed_up(one: FollowUp) -> dict[str, Any]:
    row = {"kind": "message", "at": one.done_at, "text": one.words, "tone": "plain", "who": "", "files": []}
    if one.how == FollowUp.How.PHONE:
        return row | {"title": _("You told us on the phone"), "from_customer": True}
    asked = _("%(name)s asked whether it is still fixed") % {"name": one.by.first_name if one.by else ""}
    return row | {"title": asked, "from_customer": False}


#: What a case that waits for the customer waits for a word on.
ASKS = {State.WAITING_CUSTOMER: Message.Kind.QUESTION, State.ANSWERED: Message.Kind.ANSWER}


def _texts(case: Case, events: list[Event]) -> dict[str, Message]:
    wanted = Q(pk__in=[e.data["message"]["id"] for e in events if "message" in e.data])
    if case.state in ASKS:
        wanted |= Q(kind=ASKS[case.state])
    found = Message.everything.filter(wanted, case=case).select_related("author").order_by("at", "pk")
    return {str(m.pk): m for m in found}


def _files(case: Case, events: list[Event]) -> list[Attachment]:
    """The files the customer may see; asked for only where there are any."""
    return list(of_case(case)) if any("files" in event.data for event in events) else []


def _newest(texts: dict[str, Message], kind: str) -> Message | None:
    return next((message for message in reversed(texts.values()) if message.kind == kind), None)


def _told(message: Message) -> dict[str, Any]:
    return {"text": message.text, "by": message.author.first_name if message.author else "", "at": message.at}


def last_answer(case: Case) -> dict[str, Any] | None:
    """Our newest answer in the form parts/answer.html takes, for a page that asks whether it helped."""
    answers = Message.everything.filter(case=case, kind=Message.Kind.ANSWER).select_related("author")
    newest = answers.order_by("at", "pk").last()
    return _told(newest) | {"expectation": case.expectation} if newest else None


def _teams() -> dict[str, str]:
    return {team.slug: team.local_name for team in Team.objects.only("slug", "name", "translations")}


def _people(events: list[Event], case: Case) -> dict[int | None, str]:
    """First names of those a case was handed to: asked for only where a page says one we do not have yet."""
    known = {e.actor_id: e.actor.first_name for e in events if e.actor}
    if case.owner:
        known[case.owner.pk] = case.owner.first_name
    handed = [i for i, e in enumerate(events) if e.kind in HANDED]
    wanted = {events[i].data["owner"] for i in handed}
    wanted |= {before.data.get("owner") for i in handed for before in events[i + 1 : i + 2]}
    missing = wanted - set(known) - {None}
    if missing:
        known |= {user.pk: user.first_name for user in User.objects.filter(pk__in=missing)}
    return known


def _covers(case: Case, events: list[Event], book: Book) -> str:
    """Who had the case before its owner took over, as long as the owner has not spoken to the customer."""
    for index, event in enumerate(events):
        if event.kind in HANDED:
            before = next((e.data.get("owner") for e in events[index + 1 : index + 2]), None)
            return book.people.get(before, "") if before not in (None, case.owner_id) else ""
        if event.actor_id == case.owner_id and event.role == Event.Role.STAFF:
            return ""
    return ""


def _without_echo(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two clocks that ran out in the same instant moved the case once: one row says so."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        if not (kept and row["kind"] != "message" and (row["at"], row["title"]) == (kept[-1]["at"], kept[-1]["title"])):
            kept.append(row)
    return kept


@dataclass(frozen=True)
class Book:
    """What a row needs to be told: texts by id, teams by slug, first names by person."""

    texts: dict[str, Message]
    teams: dict[str, str]
    people: dict[int | None, str]
    house: str
    zone: str
    now: datetime
    files: dict[int, list[dict[str, Any]]]
    customer: int

    def row(self, event: Event) -> dict[str, Any] | None:
        """One event in the form parts/timeline.html takes; None when there is nothing to tell."""
        told = TELLERS[event.kind](self, event)
        if told is None:
            return None
        message = self.texts.get(event.data.get("message", {}).get("id", ""))
        row = {"kind": "event", "at": event.occurred_at, "text": message.text if message else "", "tone": "plain"}
        row |= {"who": self.house if event.actor is None else "", "from_customer": False}
        row["files"] = self.files.get(event.seq, [])
        return row | told

    def who(self, event: Event) -> str:
        """The person who did it; the company where it was the engine."""
        return event.actor.first_name if event.actor else self.house

    def instant(self, stamped: str) -> str:
        """A time of the log in the middle of a sentence, as plain words."""
        return when_words(datetime.fromisoformat(stamped), zone=self.zone, now=self.now, style="plain")

    def team(self, event: Event) -> str:
        return self.teams.get(event.data.get("team") or "", _("another team"))


Told = dict[str, Any] | None


def _said(title: StrOrPromise) -> Callable[[Book, Event], Told]:
    """A message of ours; {who} is the person."""
    return lambda book, event: {"kind": "message", "title": title.format(who=book.who(event))}


def _theirs(title: StrOrPromise) -> Callable[[Book, Event], Told]:
    """Something the customer wrote."""
    return lambda book, event: {"kind": "message", "title": str(title), "from_customer": True}


def _done(title: StrOrPromise, tone: str = "plain") -> Callable[[Book, Event], Told]:
    """Something that was done; {who} and {team} are filled."""
    return lambda book, event: {"title": title.format(who=book.who(event), team=book.team(event)), "tone": tone}


def _assessed(book: Book, event: Event) -> Told:
    word = Severity(event.data["severity"]).label
    return {"title": _("We treat your case as %(severity)s") % {"severity": word}, "who": book.who(event)}


def _wrote(book: Book, event: Event) -> Told:
    """The customer's word, or that of somebody they added to the case."""
    # A colleague puts on the case what the customer mailed: the words are the customer's.
    own = event.actor_id in (None, book.customer) or event.role == Event.Role.STAFF
    if event.data["args"].get("channel") == Channel.PHONE:
        return {"kind": "message", "title": _("You told us on the phone"), "from_customer": True}
    title = _("You wrote") if own else _("%(name)s wrote") % {"name": book.who(event)}
    return {"kind": "message", "title": title, "from_customer": True}


def _handed_over(book: Book, event: Event) -> Told:
    name = book.people.get(event.data["owner"])
    return {"title": _("%(name)s now has your case") % {"name": name} if name else _("Somebody new now has your case")}


def _waits(book: Book, event: Event) -> Told:
    partner = event.data["args"].get("partner", _("another company"))
    title = _("%(name)s: we wait for %(partner)s") % {"name": book.who(event), "partner": partner}
    return {"kind": "message", "title": title}


def _moved(book: Book, event: Event) -> Told:
    told = {"name": book.who(event), "time": book.instant(event.data["args"]["next_at"])}
    before = getattr(event, "said", None)  # as the letter had it, while we keep the letter
    if before:
        title = _("%(name)s gave you a new time: %(time)s instead of %(before)s")
        return {"kind": "message", "title": title % (told | {"before": book.instant(before)})}
    return {"kind": "message", "title": _("%(name)s gave you a new time: %(time)s") % told}


def _merged(book: Book, event: Event) -> Told:
    into = event.data["args"].get("into", "")
    title = _("Joined to %(reference)s") % {"reference": into} if into else _("Joined to another case")
    return {"title": title, "who": book.who(event)}


def _missed(book: Book, event: Event) -> Told:
    """A promise to the customer was missed, or a time of our own."""
    kind, climbed = event.data["args"]["kind"], event.data["to"] == State.ESCALATED
    told = kind not in OURS or event.data["from"] == State.NEW
    if not told:
        return {"title": _passed(book, event), "text": _("You do not need to explain it again.")}
    time = when_words(event.occurred_at, zone=book.zone, now=book.now, style="plain")
    said = _("We said %(time)s. We are sorry.") % {"time": time}
    text = f"{said} {_has_it_now(book, event)}" if climbed else said
    return {"kind": "clock", "tone": "late", "title": _("We missed our time and told you"), "text": text}


def _passed(book: Book, event: Event) -> str:
    return _("Passed to %(team)s") % {"team": book.team(event)}


def _has_it_now(book: Book, event: Event) -> str:
    return _("It is with %(team)s now; you do not need to explain it again.") % {"team": book.team(event)}


def _ran_out(book: Book, event: Event) -> Told:
    """A timer's end; of a level's step only what the customer was told then."""
    kind = event.data["args"]["kind"]
    if kind not in TIMERS:
        return {"kind": "clock", "title": str(ENDS[kind])}
    if event.letter == "priority_set":  # type: ignore[attr-defined]
        return _urgent(event)
    return {
        "kind": "clock",
        "title": _("We asked more people to look at your case"),
        "text": _("The time we gave you stays."),
    }


def _urgent(event: Event) -> dict[str, Any]:
    return {"title": _("We treat your case as %(severity)s") % {"severity": Severity(event.data["severity"]).label}}


def _emergency(book: Book, event: Event) -> Told:
    return _urgent(event) | {"text": _has_it_now(book, event), "who": book.who(event)}


ENDS = {
    Clock.LAPSE: _lazy("Closed: we did not hear from you"),
    Clock.CONFIRM: _lazy("Closed by itself: you told us nothing else"),
    Clock.CLOSING: _lazy("Closed"),
    Clock.SURVEY: _lazy("We asked how we did"),
}
TELLERS: dict[str, Callable[[Book, Event], Told]] = {
    # Their words stand under "What you told us": once is enough.
    "filed": lambda book, event: {"kind": "message", "title": _("You told us"), "from_customer": True, "text": ""},
    "assessed": _assessed,
    "escalated": lambda book, event: {"title": _passed(book, event), "who": book.who(event)},
    "missed": _missed,
    "ran_out": _ran_out,
    "reviewed": lambda book, event: {
        "title": _("%(team)s confirmed: treated as %(severity)s")
        % {"team": book.team(event), "severity": Severity(event.data["severity"]).label}
    },
    "acknowledged": _done(_lazy("{who} has your case"), "good"),
    "updated": _said(_lazy("Update from {who}")),
    "promise_moved": _moved,
    "asked_customer": _said(_lazy("{who} asked you")),
    "customer_wrote": _wrote,
    "waits_for_partner": _waits,
    "partner_answered": _done(_lazy("The other company answered")),
    "handed_over": _handed_over,
    "offer_accepted": _handed_over,
    "returned_down": lambda book, event: {
        "title": _("Back with %(team)s") % {"team": book.team(event)},
        "who": book.who(event),
    },
    "answered": _said(_lazy("Our answer, from {who}")),
    "accepted": _done(_lazy("You said it is fixed"), "good"),
    "rejected": _theirs(_lazy("You said it is not fixed")),
    "reopened": _theirs(_lazy("You opened it again")),
    "withdrawn": _done(_lazy("You withdrew the case")),
    "merged": _merged,
    "closed": _done(_lazy("Closed by {who}")),
    "supervisor_asked": _theirs(_lazy("You asked for a supervisor")),
    "supervisor_answered": _said(_lazy("{who} answered as supervisor")),
    "apologised": _said(_lazy("{who} wrote to say sorry")),
    "told_by_phone": _said(_lazy("{who} told you on the phone")),
    "we_called": _said(_lazy("{who} told you on the phone")),
    "emergency": _emergency,
    "adopted": lambda book, event: {
        "title": _("You hear from us earlier"),
        "text": _("We have new rules for cases like yours, and they are faster."),
    },
}
