"""The tag, the line under it and the level of a case, filled from the one table of customer words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cases.lifecycle import OPEN, State
from cases.models import Severity
from cases.words import WORDS
from escalation.lateness import is_late
from portal.templatetags.times import when_html, when_words

#: The icon part's names where they differ from the table's.
SHAPES, FAMILIES = {"up": "double"}, {"waiting": "you"}
#: How each impact reads in “treated as High: …”.
YOU_SAID = {
    "blocked": _lazy("you cannot use it at all"),
    "loss": _lazy("you lost money or data"),
    "degraded": _lazy("it works badly"),
    "question": _lazy("you have a question"),
    "unsure": _lazy("you were not sure"),
}


def tag(case: Any, *, partner: str = "", other: str = "", like: str = "") -> dict[str, str]:
    """The tag in the form parts/tag.html takes; `like` is another state it is named by."""
    words = WORDS[like or case.state]
    said = words.tag if case.owner else words.unnamed or words.tag
    word = said.format(
        name=case.owner.first_name if case.owner else "",
        team=case.team.local_name if case.team else _("another team"),
        partner=partner or _("another company"),
        other=other,
    )
    shape, family = SHAPES.get(words.shape, words.shape), FAMILIES.get(words.family, words.family)
    return {"shape": shape, "family": family, "word": word}


def line(case: Any, *, zone: str, now: datetime, until: datetime | None = None, answered: bool = False) -> str:
    """What happens next, in one sentence, as HTML; `until` is the end of the time to open a settled case again."""
    if is_late(case, now):
        if case.promise_at and case.promise_at > now:
            time = spoken(case.promise_at, zone, now)
            return format_html(_("We missed our time and are sorry. New time: {time}."), time=time)
        return _("We missed our time and are sorry. We are setting a new one.")
    if case.state in OPEN and case.state != State.WAITING_CUSTOMER and case.promise_at is None:
        return _("We are setting the next time.")
    if answered and case.state == State.FEEDBACK:
        return _("Thank you for telling us how we did.")
    words, ends = WORDS[case.state], until or case.promise_at
    if words.over and until and until < now:
        return str(words.over)
    return format_html(
        str(words.line),
        name=case.owner.first_name if case.owner else case.team.local_name if case.team else _("We"),
        time=spoken(case.promise_at, zone, now),
        date=when_words(ends, zone=zone, now=now, style="date") if ends else "",
    )


def spoken(instant: datetime | None, zone: str, now: datetime) -> str:
    """A time in the middle of a sentence, as HTML: `today, 16:00` (on paper the date), `Fri 21 Nov, 16:00`."""
    return when_html(instant, zone=zone, now=now, style="short", lower=True) if instant else ""


def level(case: Any, top: int) -> dict[str, Any] | None:
    """How far up an open case is; nothing while it is where every case starts."""
    if case.tier <= 1 or case.state not in OPEN:
        return None
    return {"number": case.tier, "of": top, "word": _("With a specialist team")}


def severity_words(case: Any) -> str:
    """`High: you lost money or data`; nothing before we have decided."""
    if case.state == State.NEW:
        return ""
    return _("%(severity)s: %(said)s") % {"severity": Severity(case.severity).label, "said": YOU_SAID[case.impact]}
