"""Suggestions for the protocol in words: what was counted, beside what, what the protocol says today, and where to change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from cases.access import Viewer
from cases.models import User
from escalation.guidance import NEVER
from escalation.models import ProtocolVersion
from escalation.protocol import Protocol
from feedback.intervals import ENOUGH, Share
from feedback.suggestions import (
    ADD,
    ASKED_FOR,
    BUT,
    LOW,
    NEEDLESS,
    STOP,
    UNASKED,
    WHOLE,
    Standing,
    Suggestion,
    comparable,
    in_force,
    limits_of,
    possible,
    signals,
    suggest,
)
from portal.insights.asking import SCOPES, Asked
from portal.insights.lately import lately
from portal.insights.words import count_words, interval_words, share_words

HERE = "/insights/topics/"
WRITES = "escalation.write_protocol"
OPEN = (ProtocolVersion.Status.DRAFT, ProtocolVersion.Status.REVIEWED)
TITLES = {ADD: "Add a rule", STOP: "Stop escalating"}
SIGNALS = {
    UNASKED: "Passed up without a rule",
    LOW: "Opened again after an answer of level 1",
    NEEDLESS: "Passed up for nothing",
}
#: What happened to the hits; the first {} is how many of how many, the second the topic.
SAID = {
    UNASKED: "Staff passed up {} cases about “{}” for good reason, though no rule asked them to: {}.",
    LOW: "Customers opened {} cases about “{}” again after an answer of level 1: {}.",
    NEEDLESS: "Of the settled cases that staff passed up, {} about “{}” went up for nothing, for level 1 answered them after all, "
    "or the level above at once: {}.",
}
#: What a rule could say.
THEN = {
    UNASKED: "See what these cases have in common: a rule that says “must” or “should” would get them up at once.",
    LOW: "See what was missing in these answers: a rule that says “must” or “should” could pass such cases up first.",
    NEEDLESS: "If level 1 can do it, the protocol can say that such cases are not passed up by hand. A missed time still "
    "takes them up.",
}
POLICIES = {
    "required": "says that staff must pass up every such case",
    "allowed": "leaves it to staff whether they pass such cases up",
    NEVER: "says that staff do not pass such cases up",
}


def suggestions_of(asked: Asked, names: Mapping[str, str], user: User, known: Protocol | None = None) -> dict[str, Any]:
    """What the template takes of the suggestions; `user` is who reads them, `known` as of `suggestions.in_force`."""
    if not possible(asked.scope):
        why = "Suggestions compare a topic with all the others, in all cases filed here."
        if asked.scope.only is not None:
            return {"elsewhere": f"{why} You see those of some teams."}
        return {"elsewhere": why, "everything": asked.link(HERE, **dict.fromkeys(SCOPES, ""))}
    protocols = in_force(known)
    if not protocols:
        return {"elsewhere": "No protocol is in force, so there is nothing to add to it."}
    limits = tuple(sorted(limits_of(protocols).items()))
    found, _ = lately(
        ("signals", asked.period, limits),
        lambda: signals(asked.period, protocols),
        lambda parts: sum(share.n for mine in parts.values() for share in mine.values()),
        at=asked.at,
    )
    made = suggest(found, protocols)
    places = Places(user, [one.today.label for one in made])
    return {
        "made": [told(asked, one, names, places) for one in made],
        "none": [none_words(signal, found[signal]) for signal in SIGNALS if signal not in {one.signal for one in made}],
    }


def told(asked: Asked, one: Suggestion, names: Mapping[str, str], places: Places) -> dict[str, Any]:
    """One suggestion as the template prints it."""
    topic = names.get(one.topic, one.topic)
    title = "Change the rule" if changes(one) else TITLES[one.kind]
    return {
        "title": f"{title}: {topic}",
        "said": said(asked, one, topic),
        "then": THEN[one.signal],
        "today": today_words(one.today),
        "place": places.of(one),
    }


def changes(one: Suggestion) -> bool:
    """The protocol speaks of the topic already, and the other way."""
    return (one.kind == ADD and one.today.policy == NEVER) or (one.kind == STOP and one.today.asks)


def said(asked: Asked, one: Suggestion, topic: str) -> SafeString:
    """The sentence with its numbers, each of which leads to its cases."""
    here, others = ({"topic": one.topic}, {"part": f"{BUT}{one.topic}"})
    first = format_html(SAID[one.signal], of(asked, one.signal, one.here, here), topic, rate(one.here))
    rest = format_html(
        " Of all other topics together {}: {}.", of(asked, one.signal, one.others, others), rate(one.others)
    )
    return format_html("{}{}", first, rest)


def of(asked: Asked, signal: str, share: Share, more: dict[str, str]) -> SafeString:
    """'10 of 12', each a link to its cases."""
    hits, whole = (asked.cases(which, more=more) for which in (signal, WHOLE[signal]))
    counted = format_html('<a href="{}">{}</a>', hits, f"{share.hits:,}") if share.hits else "0"
    return format_html('{} of <a href="{}">{}</a>', counted, whole, f"{share.n:,}")


def rate(share: Share) -> str:
    return f"{share_words(share)} (95% interval {interval_words(share)})"


def today_words(today: Standing) -> str:
    """What the protocol in force says of the topic."""
    words = f"Today the protocol ({today.label}) {POLICIES[today.policy]}"
    if not today.rules:
        rest = f", {count_words(today.general, 'rule')} for all topics" if today.general else ""
        return f"{words}; no rule that says “must” or “should” names the topic{rest}."
    rules = " ".join(f"Staff {rule.verdict} pass it up under “{rule.id}”: {rule.because}" for rule in today.rules)
    return f"{words}. {rules}"


def none_words(signal: str, parts: Mapping[str, Share]) -> str:
    """Why a signal suggests nothing: nothing stands out, or from how many cases it could be told."""
    told_of = len(comparable(parts))
    if told_of:
        return (
            f"{SIGNALS[signal]}: {count_words(told_of, 'topic')} can be compared, and none gives reason for a change."
        )
    largest = max((share.n for share in parts.values()), default=0)
    others = sum(share.n for share in parts.values()) - largest
    return (
        f"{SIGNALS[signal]}: can be told from {ENOUGH} cases of one topic and {ENOUGH} of all others; "
        f"so far the largest has {largest:,}, all others {others:,}."
    )


class Places:
    """Where a reader can change, or read, what a suggestion is about."""

    def __init__(self, user: User, labels: Sequence[str]) -> None:
        self.enters = Viewer(user).is_staff
        self.writes = self.enters and user.has_perm(WRITES)
        keys = {label.partition("@")[0] for label in labels}
        wanted = Q(label__in=set(labels)) | Q(key__in=keys if self.writes else (), status__in=OPEN)
        rows = (
            ProtocolVersion.objects.filter(wanted).only("pk", "key", "label", "status")
            if self.enters and labels
            else ()
        )
        self.versions = {row.label: row for row in rows}
        self.drafts = {row.key: row for row in rows if row.status in OPEN}

    def of(self, one: Suggestion) -> dict[str, str]:
        """The link of a suggestion: the draft's editor, the version's page, or what everybody may read."""
        label = one.today.label
        part, section = where(one)
        draft = self.drafts.get(label.partition("@")[0])
        if draft is not None:
            url = reverse("admin:escalation_protocolversion_edit", args=[draft.pk, part])
            return {"url": url, "label": f"Change it in the draft {draft.label}"}
        if self.enters:
            page = reverse("admin:escalation_protocolversion_change", args=[self.versions[label].pk])
            words = f"Draw up a new version of {label}" if self.writes else f"Read {label}"
            return {"url": page if self.writes else f"{page}#{section}", "label": words}
        return {"url": f"{reverse('how_we_escalate')}?{urlencode({'version': label})}", "label": f"Read {label}"}


def where(one: Suggestion) -> tuple[str, str]:
    """The page of the editor, and the section of a version's page, that holds what the suggestion is about."""
    if one.kind == STOP and any(rule.verdict in ASKED_FOR for rule in one.today.rules):
        return "guidelines", "guidelines"
    if one.kind == STOP or one.today.policy == NEVER:
        return "topics", "topics"
    return "guideline", "guidelines"
