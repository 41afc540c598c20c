"""Turns an owed notice into the letter a person reads: absolute times in their zone, one purpose, one link.

Wording is in templates/mail/<kind>.txt: the first line is the subject, the rest the text. Kinds that need
facts of another room (the survey's link) register a composer here. A letter that asks for a choice has `choices`
[{label, url}]: mail/_choices.txt lists them in the text, the HTML part has a worded link for each in the same place.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from cases import brand
from cases.colour import palette
from cases.languages import house_language, isolated, reads
from cases.lifecycle import OPEN, State
from cases.models import AccessLink, Attachment, Case, Message, Severity, Team, User
from cases.spelling import spell
from escalation import wishes
from escalation.facts import Clock
from escalation.mentions import may_see
from escalation.models import Notice, StageClock

SUBJECT_MOST = 70
LINK_LASTS = timedelta(days=7)
#: What is kept of a letter in place of a personal link: the secret itself is stored only as a hash.
SECRET_SHOWN = _lazy("(your personal link)")
#: What is kept in place of what a customer wrote.
WORDS_SHOWN = "(a customer’s words)"


class NotNeeded(Exception):
    """The letter has been overtaken by events; it is cancelled instead of sent."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent, and what is kept of it."""

    subject: str
    text: str
    html: str
    kept_text: str
    address: str
    sender: str
    # Where one press turns off letters of this kind; empty for those that are always sent.
    unsubscribe: str = ""


Composer = Callable[[Notice, datetime], dict[str, Any]]
_composers: dict[str, Composer] = {}


def register(kind: str, composer: Composer) -> None:
    """Lets a higher room add what the letters of `kind` need; it may raise NotNeeded."""
    _composers[kind] = composer


def compose(notice: Notice, now: datetime) -> Letter:
    """Writes the letter of a notice as of `now`, in the language of whom it goes to; staff read English.

    Raises NotNeeded when it has become pointless.
    """
    with translation.override(reads(notice.person) if notice.to_customer else house_language()):
        return _compose(notice, now)


def _compose(notice: Notice, now: datetime) -> Letter:
    _check_needed(notice, notice.person)
    secret: list[str] = []
    context = _context(notice, notice.case, now, secret) if notice.case else _of_no_case(notice)
    context |= _wishes(notice, secret)
    if notice.kind in _composers:
        # It may name a way out of its own.
        context |= _composers[notice.kind](notice, now)
        secret += context.pop("secrets", [])
    # Words of customers in a letter that is not theirs: sent, and not kept where erasing them would not find them.
    unkept: list[str] = context.pop("unkept", [])
    subject, text, html = worded(notice.kind, context, notice.case.reference if notice.case else "")
    kept = text
    for token in secret:
        kept = kept.replace(token, str(SECRET_SHOWN))
    for words in unkept:
        kept = kept.replace(words, WORDS_SHOWN)
    # A letter that goes elsewhere than to the person's own address says so when it is owed.
    address = notice.address or notice.person.email
    return Letter(subject, text, html, kept, address, context["sender"], context["unsubscribe"])


def worded(kind: str, context: dict[str, Any], reference: str = "") -> tuple[str, str, str]:
    """Subject, plain text and HTML of a kind of letter, in the language that is on; `context` is all its wording may name.

    `reference` (of the case it is about) ends the subject where it is not in it. Raises TemplateDoesNotExist.
    """
    # Nobody can write a mark that is not drawn yet, so no title of a case ends the words before the choices.
    mark = secrets.token_hex(16)
    whole = render_to_string(f"mail/{kind}.txt", context | {"choices_at": mark})
    first, _, marked = whole.strip().partition("\n")
    text = marked.replace(mark, "").strip() + "\n"
    subject = _shorten(first.strip())
    if reference and reference not in subject:
        subject += f" [{reference}]"
    shown = context | _around_choices(marked, mark, context)
    shown |= {"subject": subject, "colours": palette(context["brand"].colour)}
    return subject, text, render_to_string("mail/letter.html", shown)


def _around_choices(marked: str, mark: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """The text of the HTML part: whole, or parted where its choices stand as links of their own instead of addresses."""
    parts = marked.split(mark)
    if len(parts) == 3 and context.get("choices"):
        before, _, after = parts
        return {"text": before.strip(), "after": after.strip()}
    return {"text": marked.replace(mark, "").strip(), "choices": ()}


def _wishes(notice: Notice, secret: list[str]) -> dict[str, str]:
    """Where a customer decides about letters, and the one-press way out of an optional one."""
    if not notice.to_customer:
        return {"preferences": "", "unsubscribe": ""}
    wish, out = wishes.wish_of(notice.kind), ""
    if wish is not None:
        token = wishes.link_token(notice.person, wish)
        secret.append(token)
        out = f"{settings.BASE_URL}/unsubscribe/{token}/"
    return {"preferences": f"{settings.BASE_URL}/account/notifications/", "unsubscribe": out}


def _shorten(subject: str) -> str:
    return subject if len(subject) <= SUBJECT_MOST else subject[: SUBJECT_MOST - 1].rstrip() + "…"


def _check_needed(notice: Notice, recipient: User) -> None:
    """A letter about something that is over would only confuse."""
    case, kind = notice.case, notice.kind
    if not recipient.is_active and not notice.to_customer:
        raise NotNeeded("The person is no longer here.")
    if recipient.erased_at:
        raise NotNeeded("The person has been erased.")
    if notice.to_customer and wishes.is_unwanted(kind, recipient):
        raise NotNeeded("They asked not to get these letters.")
    if case is None:
        return
    if kind == "due_soon" and not _clock_open(notice):
        raise NotNeeded("It has been done meanwhile.")
    if kind == "still_waiting" and case.state != State.WAITING_CUSTOMER:
        raise NotNeeded("The customer has answered meanwhile.")
    if kind == "offered_to_you" and case.offered_to_id != recipient.pk:
        raise NotNeeded("The offer is over already.")
    if kind == "mentioned" and not may_see(recipient, case):
        raise NotNeeded("The person may not see the case any more.")
    if kind in ("case_for_team", "went_past_you", "owner_lost", "reminder") and case.state not in OPEN:
        raise NotNeeded("The case has ended meanwhile.")


def _clock_open(notice: Notice) -> bool:
    open_clocks = StageClock.everything.filter(case=notice.case, outcome__isnull=True, kind=notice.data.get("kind"))
    return open_clocks.exists()


def _of_no_case(notice: Notice) -> dict[str, Any]:
    """What every wording may name in a letter about no case; the kind's composer adds the rest."""
    return {
        "brand": brand.current(),
        "name": notice.person.first_name,
        "data": notice.data,
        "sender": brand.current().from_name,
    }


def _context(notice: Notice, case: Case, now: datetime, secret: list[str]) -> dict[str, Any]:
    """Everything a wording may name."""
    data = notice.data
    known = not notice.to_customer or (notice.person.is_verified and case.is_proven)
    people = User.objects.in_bulk([pk for pk in (data.get("owner"), data.get("from_owner"), data.get("user")) if pk])
    message = Message.everything.filter(pk=data["message"]).first() if data.get("message") else None
    zone = zone_of(notice.person)
    team = Team.objects.select_related("lead").filter(pk=data.get("team")).first()
    owner = people.get(data.get("owner"))
    return {
        "brand": brand.current(),
        "name": isolated(notice.person.first_name if known else ""),
        "case": case,
        "reference": isolated(case.reference),
        # Mail to an address nobody has proved to read carries no text a stranger may have typed.
        "title": isolated(case.title if known else _("your case")),
        "known": known,
        "owner": owner,
        "owner_name": isolated(owner.first_name) if owner else "",
        "from_owner": people.get(data.get("from_owner")),
        "lost": people.get(data.get("user")),
        "team": team,
        "team_name": isolated(team.local_name) if team else "",
        "severity": Severity(data.get("severity", case.severity)).label,
        "severity_number": data.get("severity", case.severity),
        "tier": data.get("tier", case.tier),
        "promise": spell(instant_of(data.get("promise_at")), zone),
        "said": spell(instant_of(data.get("said")), zone),
        "due": spell(instant_of(data.get("due")), zone),
        "closes": spell(instant_of(data.get("closes")), zone),
        "reopen_until": spell(instant_of(data.get("reopen_until")), zone),
        "aim": spell(instant_of(data.get("dues", {}).get("resolve")), zone),
        "supervisor_by": spell(instant_of(data.get("dues", {}).get("supervisor")), zone),
        "confirm_by": spell(instant_of(data.get("dues", {}).get("confirm")), zone),
        "data": data,
        "clock": Clock.NAMES.get(data.get("kind", ""), ""),
        # What is only being typed stands where it will stand: of a letter that is tried out, and never owed.
        "words": _words(message) if message else data.get("typed", ""),
        "link": f"{settings.BASE_URL}/c/{case.reference}/",
        "console": f"{settings.BASE_URL}/console/cases/case/{case.pk}/change/",
        "access": _access_link(notice, case, now, secret) if notice.kind == "received" else "",
        "sender": _sender(notice, owner, message),
    }


def _words(message: Message) -> str:
    """What was said. Files stay where only who may see the case gets at them: a letter says how many there are."""
    files = Attachment.everything.filter(case=message.case_id, message=message).count()
    line = ngettext("%(n)s file: see the page of the case.", "%(n)s files: see the page of the case.", files)
    return "\n\n".join(part for part in (message.text, line % {"n": files} if files else "") if part)


def _access_link(notice: Notice, case: Case, now: datetime, secret: list[str]) -> str:
    token = AccessLink.issue(AccessLink.Purpose.FOLLOW, case, user=notice.person, at=now, lasts=LINK_LASTS)
    secret.append(token)
    return f"{settings.BASE_URL}/follow/{token}/"


def _sender(notice: Notice, owner: User | None, message: Message | None) -> str:
    """A person's letter comes from that person; the rest from the company."""
    house = brand.current().from_name
    author = message.author if message and not message.from_customer else None
    if author and notice.to_customer:
        return _("%(name)s at %(company)s") % {"name": author.first_name, "company": house}
    return house


def instant_of(text: str | None) -> datetime | None:
    """The instant a notice's data names, as `stamp` spelled it."""
    return parse_datetime(text) if text else None


def zone_of(person: User) -> str:
    """The IANA name of the zone a person reads times in: theirs, else the company's."""
    return person.time_zone or settings.COMPANY_TIME_ZONE


def to_staff(kind: str, about: str, person: User, data: Mapping[str, Any], at: datetime) -> Notice:
    """A letter owed to a member of staff that belongs to no case; `about` makes it the only one of its kind."""
    key = f"{kind}:{about}:{person.pk}:email"
    return Notice(key=key, kind=kind, recipient=person, data=dict(data), owed_at=at, next_at=at)
