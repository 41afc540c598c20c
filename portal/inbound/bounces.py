"""What a mail server's report says about a letter of ours that it could not deliver (RFC 3464). No Django here."""

from __future__ import annotations

from email import message_from_string, policy
from email.message import EmailMessage, Message

from portal.inbound.bodies import clean, content_of, inside
from portal.inbound.headers import MESSAGE_ID, REFERS_TO, every, tokens_in
from portal.inbound.received import Bounce


def bounce_of(message: Message) -> Bounce | None:
    """What a delivery report says; None for every other message."""
    if message.get_content_type() != "multipart/report" or message.get_param("report-type") != "delivery-status":
        return None
    parts = inside(message)
    if parts is None:
        return None
    kinds = {part.get_content_type(): part for part in reversed(parts)}
    status = kinds.get("message/delivery-status")
    told = _fields(status)
    back = _returned(kinds)
    if status is None or back is None:
        return None
    ids = tuple(MESSAGE_ID.findall(" ".join(every(back, "Message-ID"))))[:3]
    # The address it went to is not told again: it stands with the letter.
    code, said = told.get("status", "")[:10], told.get("diagnostic-code", "").partition(";")[2]
    why = " ".join(part for part in ("It came back:", code, clean(said)) if part)[:300]
    failed = told.get("action", "").lower() == "failed" and code.startswith("5")
    lines = [line for name in ("Reply-To", *REFERS_TO) for line in every(back, name)]
    return Bounce(ids, tokens_in(lines), why, failed)


def _fields(status: Message | None) -> dict[str, str]:
    """The fields of a report's groups, the last (the recipient's) winning."""
    groups = inside(status) if status is not None else None
    found: dict[str, str] = {}
    for group in groups or ():
        found |= {name.lower(): " ".join(str(value).split()) for name, value in group.items()}
    return found


def _returned(kinds: dict[str, Message]) -> Message | None:
    """The head of the letter that came back."""
    if "message/rfc822" in kinds:
        inner = inside(kinds["message/rfc822"])
        return inner[0] if inner else None
    if "text/rfc822-headers" in kinds:
        head = content_of(kinds["text/rfc822-headers"])
        return message_from_string(head, _class=EmailMessage, policy=policy.compat32)
    return None
