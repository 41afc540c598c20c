"""Where a message that was read belongs: on its case, to a new one, to a person who looks, or nowhere.

Whoever writes "From:" can write anything. A message lands on a case when it carries the token that went to the customer
alone *and* says it is from that customer's proved address; nobody acts as staff by mail. What no person wrote never
opens, reopens or answers anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cases.files import FILES_MOST, Checked, Unfit, check, keep, no
from cases.languages import reads
from cases.models import Attachment, Case, Category, Impact, User
from cases.models.message import Channel
from escalation import mail_letters, outbox, reply_address, verbs
from escalation.book import NoProtocol
from escalation.mail_crossing import known_by
from escalation.models import InboundMail, Notice
from escalation.protocol import MissingCell
from escalation.receipts import send_receipt
from escalation.verbs import Refused
from portal import ratelimit
from portal.inbound.reading import Bounce, Received
from portal.ratelimit import Limit, TooMany

S = InboundMail.State
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: What a mailbox says by itself about one case: kept so often a day, so that two machines cannot talk for ever.
AUTOMATIC = Limit("automatic mail on a case", 3, DAY)
RECEIPT = Limit("answer to a mail", 1, HOUR)
#: What lands or files by mail has limits of its own: a forged sender must not use up what the customer has on our pages.
FILED = Limit("filing by mail", 5, HOUR)
WROTE = Limit("message by mail", 30, HOUR)
#: New cases by mail, or letters that answer one, from everybody together: more is a flood, and waits for a person.
FLOOD = Limit("cases by mail", 200, HOUR)
TITLE_MOST, FILED_MOST, MESSAGE_MOST = 120, 5000, 10_000  # characters


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, why, and on which case; `is_partial`: not all of it was kept there."""

    state: str
    reason: str = ""
    case: Case | None = None
    is_partial: bool = field(default=False, kw_only=True)


class Flood(Exception):
    """So many new mails came in an hour that no machine answers more of them."""


def land(mail: Received, *, at: datetime) -> Outcome:
    """Puts a message where it belongs, inside the caller's transaction; what is refused waits for a person."""
    if mail.bounce:
        return _came_back(mail.bounce)
    cases = reply_address.cases_of(mail.tokens)
    if mail.automatic and not (len(cases) == 1 and _is_customer(mail, cases[0])):
        return Outcome(S.IGNORED, mail.automatic)
    if len(cases) > 1:
        return Outcome(S.WAITING, "It names more than one case.")
    if not mail.sender:
        return Outcome(S.WAITING, "It does not say plainly who wrote it.")
    if mail.forged:
        return Outcome(S.WAITING, "The mail server says that the sender’s address is forged.", *cases)
    try:
        return _on_case(mail, cases[0], at) if cases else _new(mail, at)
    except (Refused, MissingCell, NoProtocol) as why:
        return Outcome(S.WAITING, str(why)[:300], *cases)
    except Flood:
        return Outcome(S.WAITING, "There were too many new ones from everybody together in a short time.")
    except TooMany:
        return Outcome(S.WAITING, "There were too many from this address in a short time.", *cases)


def _is_customer(mail: Received, case: Case) -> bool:
    return bool(mail.sender) and mail.sender == case.customer.email.lower() and case.customer.is_active


# --- A letter of ours that came back


def _came_back(bounce: Bounce) -> Outcome:
    """Believed only with the token of the letter it is about: anybody can write that something did not arrive."""
    if not bounce.for_good:
        return Outcome(S.IGNORED, "A delay only: the other server still tries.")
    for case in reply_address.cases_of(bounce.tokens):
        for told_of in bounce.message_ids:
            if outbox.bounced(case, told_of, bounce.why):
                return Outcome(S.BOUNCED, case=case)
    return Outcome(S.IGNORED, "It is about no letter of ours that we know.")


# --- An answer


def _on_case(mail: Received, case: Case, at: datetime) -> Outcome:
    if not case.customer.is_active:
        return Outcome(S.WAITING, "The account of the customer is closed.", case)
    if not _is_customer(mail, case):
        return Outcome(S.WAITING, "It was written by somebody who is not the customer of the case.", case)
    if not (case.customer.is_verified and case.is_proven):
        # A machine opens no link, and is never written to.
        return Outcome(S.IGNORED, mail.automatic) if mail.automatic else _unproved(case, at)
    if mail.automatic:
        return _by_itself(mail, case, at)
    if not mail.text and not mail.files:
        return Outcome(S.WAITING, "There is nothing in it.", case)
    ratelimit.count(WROTE, f"case {case.pk}", at=at)
    most = MESSAGE_MOST if case.is_open else FILED_MOST
    files, wrong = _files(mail, case.customer, case.customer, at)
    lost = _lost(mail, most)
    act: dict[str, Any] = {"by": case.customer, "at": at, "channel": Channel.EMAIL, "files": files}
    if case.is_open:
        # A mail is as old as its writing: what we said since, they cannot have read.
        seen = known_by(case, written=mail.written, refers_to=mail.refers_to, at=at)
        after = verbs.reply(case.pk, text=shortened(mail.text, most), seen=seen, **act)
    else:
        after = verbs.come_back(case.pk, text=shortened(mail.text, most), **act)
    return _landed(S.LANDED, mail, after, lost, wrong, at)


def _lost(mail: Received, most: int) -> tuple[str, ...]:
    """What of its words is not on the case, for staff and in a few words each."""
    cut = (f"the end of its text, which is longer than {most:,} characters",) if len(mail.text) > most else ()
    return (*mail.left_out, *cut)


def _landed(
    state: str,
    mail: Received,
    case: Case,
    lost: Sequence[str],
    wrong: Sequence[str],
    at: datetime,
    *,
    silent: bool = False,
) -> Outcome:
    """On its case. Of what is missing there whoever has the case is told, and the customer (unless `silent`)."""
    if not lost and not wrong:
        return Outcome(state, case=case)
    case = verbs.not_whole(case.pk, [*lost, *(["some of its files"] if wrong else [])], by=case.customer, at=at)
    if not silent:
        with translation.override(reads(case.customer)):
            text = _(
                "Some of its text is missing there. Look at the page, and send what is missing in another message."
            )
        mail_letters.not_all_kept(case, [*([text] if lost else []), *wrong], about=mail.key, at=at)
    return Outcome(
        state, "Not all of it could be kept. The whole e-mail is in the mailbox, flagged.", case, is_partial=True
    )


def _unproved(case: Case, at: datetime) -> Outcome:
    """Nobody has shown yet that they read the address: they get the link that lets them show it, once an hour."""
    try:
        ratelimit.count(RECEIPT, f"for {case.customer.email}", at=at)
        send_receipt(case, at=at)
    except (TooMany, Refused):
        pass  # they have one already
    return Outcome(S.WAITING, "Nobody has opened our link yet, so the address is not proved.", case)


def _by_itself(mail: Received, case: Case, at: datetime) -> Outcome:
    """What the customer's mailbox answers by itself is kept where it can be read, and moves nothing."""
    if not case.is_open or not mail.text:
        return Outcome(S.IGNORED, mail.automatic, case)
    try:
        ratelimit.count(AUTOMATIC, f"case {case.pk}", at=at)
    except TooMany:
        return Outcome(S.IGNORED, f"{mail.automatic}; there were several today", case)
    said = shortened(mail.text, MESSAGE_MOST)
    verbs.reply(case.pk, text=said, by=case.customer, at=at, channel=Channel.EMAIL, automatic=True)
    return Outcome(S.LANDED, mail.automatic, case)


# --- A new one


def _new(mail: Received, at: datetime) -> Outcome:
    if mail.tokens:
        return Outcome(S.WAITING, "The address it was sent to, or what it answers, is none of ours.")
    known = User.objects.at_address(mail.sender).first()
    if known and known.is_staff:
        return Outcome(S.WAITING, "It is from a colleague’s address; nobody acts as staff by e-mail.")
    if known and not known.is_active:
        return Outcome(S.WAITING, "The account of this address is closed.")
    if settings.INBOUND_NEW == "link":
        return _link(mail, at)
    if not mail.text and not mail.files:
        return Outcome(S.WAITING, "There is nothing in it.")
    topic = Category.objects.filter(slug=settings.INBOUND_TOPIC, is_active=True).first()
    if topic is None:
        return Outcome(S.WAITING, f"There is no topic “{settings.INBOUND_TOPIC}” for cases by e-mail.")
    ratelimit.count(FILED, f"for {mail.sender}", at=at)
    _no_flood(at)
    return _opened(mail, topic, at)


def _no_flood(at: datetime) -> None:
    try:
        ratelimit.count(FLOOD, "all", at=at)
    except TooMany:
        raise Flood from None


def _opened(mail: Received, topic: Category, at: datetime) -> Outcome:
    """A case in the name of an address nobody has proved; its receipt says how, and goes once an hour."""
    person = User.objects.of_address(mail.sender, name=mail.name)
    files, wrong = _files(mail, person, None, at)
    lost = _lost(mail, FILED_MOST)
    text = shortened(mail.text, FILED_MOST)
    title = mail.subject or next(iter(text.splitlines()), "")
    told = verbs.Told(title[:TITLE_MOST].strip() or "E-mail", text, topic, Impact.UNSURE)
    case = verbs.file_case(told, by=person, at=at, channel=Channel.EMAIL, origin="email", proven=False, files=files)
    try:
        ratelimit.count(RECEIPT, f"for {mail.sender}", at=at)
        silent = False
    except TooMany:
        rows = Notice.objects.filter(case=case, recipient=person, kind="received")
        outbox.call_off(rows, error="This address has had a receipt within the hour.")
        silent = True
    return _landed(S.OPENED, mail, case, lost, wrong, at, silent=silent)


def _link(mail: Received, at: datetime) -> Outcome:
    """Only where to tell us: the words stay in the mailbox."""
    try:
        ratelimit.count(RECEIPT, f"for {mail.sender}", at=at)
    except TooMany:
        return Outcome(S.LINKED, "This address has had the link within the hour.")
    try:
        _no_flood(at)
    except Flood:
        ratelimit.forget(RECEIPT, f"for {mail.sender}")  # it has had none
        raise
    mail_letters.where_to_tell(User.objects.at_any_address(mail.sender), about=mail.key, at=at)
    return Outcome(S.LINKED)


# --- What goes with it


def _files(mail: Received, reader: User, by: User | None, at: datetime) -> tuple[list[Attachment], list[str]]:
    """The files that are kept for the act, and a sentence in the customer's language for each that is not."""
    kept, wrong = [], []
    with translation.override(reads(reader)):
        for number, file in enumerate(mail.files):
            try:
                if number >= 2 * FILES_MOST:
                    raise Unfit(no("many", file.name, most=FILES_MOST), is_full=True)
                fits, moment = check(file.name, BytesIO(file.content)), at + timedelta(microseconds=number)
                kept.append(_kept(fits, mail, by, moment))
            except Unfit as why:
                wrong.append(str(why))
                if why.is_full:
                    break
    return list({file.pk: file for file in kept}.values()), wrong


def _kept(fits: Checked, mail: Received, by: User | None, at: datetime) -> Attachment:
    """Keeps one. Raises Unfit where there is no room for it, OSError while nothing can be written."""
    try:
        return keep(fits, draft=f"mail:{mail.key}", by=by, at=at)
    except Unfit as why:
        if isinstance(why.__context__, OSError):
            # Whoever fills in a form tries again; a mail waits in the mailbox until it can be kept.
            raise why.__context__ from None
        raise


def shortened(text: str, most: int) -> str:
    """`text` with at most `most` characters; where something is left out it says so."""
    return text if len(text) <= most else text[: most - 2].rstrip() + " …"
