"""Real messages, as mail programs and servers write them, for the tests of mail that comes in."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from escalation import reply_address

NUMBERS = itertools.count(1)
OURS = "support@milepost.localhost"


def written(
    text: str = "It happened again.", *, sender: str = "Sam Okafor <sam@example.com>", to: str = OURS, **headers: str
) -> EmailMessage:
    """A message somebody wrote; `headers` with _ for -."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, headers.pop("subject", "Charged twice")
    message["Message-ID"] = headers.pop("message_id", f"<mail{next(NUMBERS)}@example.com>")
    for name, value in headers.items():
        message[name.replace("_", "-").title()] = value
    message.set_content(text)
    return message


def answer(case, text: str = "It happened again.", **more: str) -> EmailMessage:
    """A reply to a letter about `case`, sent to the address in its Reply-To."""
    return written(text, to=reply_address.address(reply_address.token(case)), **more)


def returned(letter: EmailMessage, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """What a mail server says of a letter that it could not deliver (RFC 3464)."""
    whole = MIMEMultipart("report", **{"report-type": "delivery-status"})
    whole["From"], whole["To"], whole["Subject"] = "MAILER-DAEMON@mx.example.com", OURS, "Undelivered Mail"
    whole["Message-ID"], whole["Auto-Submitted"] = f"<dsn{next(NUMBERS)}@mx.example.com>", "auto-replied"
    whole.attach(MIMEText("I am sorry to have to inform you."))
    report = MIMEBase("message", "delivery-status")
    one, two = EmailMessage(), EmailMessage()
    one["Reporting-MTA"] = "dns; mx.example.com"
    two["Final-Recipient"], two["Action"], two["Status"] = "rfc822; sam@example.com", action, status
    two["Diagnostic-Code"] = "smtp; 550 no such mailbox"
    report.set_payload([one, two])
    whole.attach(report)
    back = MIMEBase("message", "rfc822")
    back.set_payload([letter])
    whole.attach(back)
    return whole.as_bytes()
