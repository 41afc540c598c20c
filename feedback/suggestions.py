"""What the figures of topics suggest for the protocol: a rule that is missing, and passing up that is not needed.

A suggestion needs a topic that clearly differs from all the others together, and a protocol in force that does not say
so already. Both signals are defined in docs/figures.md. They count cases filed here: in imported history nothing climbs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from cases.models import Case, Category, Resolution
from escalation.book import DEFAULT, NoProtocol, rules_in_force
from escalation.choosing import first_match
from escalation.guidance import NEVER
from escalation.models import ProtocolChoice
from escalation.protocol import Guideline, Protocol
from feedback.figures import EVERYTHING, IMPORTED, Scope, within
from feedback.intervals import ENOUGH, Share, apart
from feedback.measures import HERE
from feedback.models import CaseFact
from feedback.periods import Period

ADD, STOP = "add", "stop"
#: The signals: passed up for good reason but without a rule, opened again after an answer of level 1, passed up for nothing.
UNASKED, LOW, NEEDLESS = "unasked", "again_low", "needless"
#: Never to pass a topic up is only suggested where more than this share surely went up for nothing.
MOST = 0.5
#: `part` of the cases behind a signal: all topics but this one.
BUT = "not-"
SETTLED = Q(resolved_at__isnull=False)
ASKED_FOR = ("must", "should")
#: The cases each is a share of.
WHOLE = {UNASKED: "live", LOW: "replied_low", NEEDLESS: "passed"}


# What is counted ----------------------------------------------------------------------------------------------


def needless(limits: Mapping[str, int]) -> Q:
    """Level 1 answered it after all, or the level above at once, with no more money than level 1 may give back.

    `limits`: what level 1 may give back, by topic; a topic that is not among them may nothing.
    """
    groups: dict[int, list[str]] = {}
    for slug, limit in limits.items():
        groups.setdefault(limit, []).append(slug)
    granted = Resolution.objects.filter(case=OuterRef("case"))
    modest = Q(~Exists(granted.filter(amount__isnull=False)))
    for limit, slugs in groups.items():
        modest |= Q(~Exists(granted.filter(amount__gt=limit)), case__category__slug__in=slugs)
    return Q(case__tier=1) | (Q(answered_at_once=True) & modest)


def signals(period: Period, protocols: Mapping[str, Protocol]) -> dict[str, dict[str, Share]]:
    """Each signal with its share of each topic, all in one query of the facts; topics of which nothing is looked at are left out."""
    limits, counts = limits_of(protocols), {}
    for signal, whole in WHOLE.items():
        of = CONDITIONS[whole](limits)
        counts[f"{signal}_n"] = Count("pk", filter=of)
        counts[f"{signal}_hits"] = Count("pk", filter=of & CONDITIONS[signal](limits))
    cohort: QuerySet[Any] = CaseFact.objects.filter(within("filed_at", period), HERE).order_by()
    rows = list(cohort.values(slug=F("case__category__slug")).annotate(**counts))
    found = {
        signal: {row["slug"]: Share(row[f"{signal}_hits"], row[f"{signal}_n"]) for row in rows} for signal in WHOLE
    }
    return {signal: {slug: share for slug, share in mine.items() if share.n} for signal, mine in found.items()}


def limits_of(protocols: Mapping[str, Protocol]) -> dict[str, int]:
    return {slug: protocol.tier(1).refund_limit for slug, protocol in protocols.items()}


#: What each name means of the facts of a case filed here; a signal's, of the cases it is a share of.
CONDITIONS: dict[str, Callable[[Mapping[str, int]], Q]] = {
    "live": lambda _: HERE,
    UNASKED: lambda limits: Q(went_unasked=True) & ~(SETTLED & needless(limits)),
    "replied_low": lambda _: Q(replied_low=True),
    LOW: lambda _: Q(back_low=True),
    "passed": lambda _: Q(passed_at__isnull=False) & SETTLED,
    NEEDLESS: needless,
}


def cases_behind(which: str, period: Period, scope: Scope = EVERYTHING, *, part: str = "") -> QuerySet:
    """The cases a signal was counted from; `part` "not-billing" is all topics but that one.

    LookupError or ValueError for a name or a part that does not exist.
    """
    if part and not part.startswith(BUT):
        raise ValueError(f"“{part}” is no part of a signal.")
    limits = limits_of(in_force()) if which in (UNASKED, NEEDLESS) else {}
    meant = CONDITIONS[which](limits)
    if which in WHOLE:
        meant &= CONDITIONS[WHOLE[which]](limits)
    facts = CaseFact.objects.filter(within("filed_at", period), HERE, meant)
    found = Case.objects.filter(scope.on(), pk__in=facts.order_by().values("case"))
    return found.exclude(category__slug=part.removeprefix(BUT)) if part else found


# What the protocol says today ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """What a protocol says of passing up cases of one topic."""

    label: str
    policy: str
    rules: tuple[Guideline, ...] = ()  # those that name the topic or one above it
    general: int = 0  # how many ask for it whatever the topic

    @property
    def asks(self) -> bool:
        """It says already that such cases must or should be passed up."""
        return self.policy == "required" or any(rule.verdict in ASKED_FOR for rule in self.rules)


def in_force(known: Protocol | None = None) -> dict[str, Protocol]:
    """The protocol that an ordinary case of each topic gets, of no product and no kind of customer.

    A topic whose protocol is not published is left out. `known`: the default one in force, where the reader has it at hand.
    """
    lines = list(ProtocolChoice.objects.select_related("product", "category"))
    keys = {
        topic.slug: first_match(lines, product=None, category=topic, segment="").key for topic in Category.objects.all()
    }
    found: dict[str, Protocol] = {DEFAULT: known} if known else {}
    for key in set(keys.values()) - found.keys():
        try:
            found[key] = rules_in_force(key).protocol
        except NoProtocol:
            continue
    return {slug: found[key] for slug, key in keys.items() if key in found}


def standing(protocol: Protocol, topic: str) -> Standing:
    """What `protocol` says of a topic. Levels cases start at go by severity and complexity, so by no topic."""
    line = set(protocol.lineage(topic))
    named = tuple(rule for rule in protocol.guidelines if line & set(rule.when.get("categories", ())))
    general = sum(rule.verdict in ASKED_FOR and "categories" not in rule.when for rule in protocol.guidelines)
    return Standing(protocol.label, protocol.policy(topic), named, general)


# What follows -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One topic that stands out, beside all the others together, and what the protocol says of it today."""

    kind: str
    signal: str
    topic: str
    here: Share
    others: Share
    today: Standing


def possible(scope: Scope) -> bool:
    """Whether a topic can be compared with the others: not in a part that was picked by what is to be explained."""
    return scope.source != IMPORTED and Scope(source=scope.source) == scope


def suggest(found: Mapping[str, Mapping[str, Share]], protocols: Mapping[str, Protocol]) -> list[Suggestion]:
    """What the signals suggest, in the order of `found`, of each the topic with the most cases first."""
    made = []
    for signal, parts in found.items():
        for topic, here in sorted(parts.items(), key=lambda part: (-part[1].n, part[0])):
            if topic not in protocols:
                continue
            others, today = rest(parts, topic), standing(protocols[topic], topic)
            if apart(here, others) == "up" and _new(signal, here, today):
                made.append(Suggestion(STOP if signal == NEEDLESS else ADD, signal, topic, here, others, today))
    return made


def _new(signal: str, here: Share, today: Standing) -> bool:
    """Whether the protocol does not say so already."""
    if signal == NEEDLESS:
        return here.interval is not None and here.interval[0] > MOST and today.policy != NEVER
    return not today.asks


def rest(parts: Mapping[str, Share], topic: str) -> Share:
    """All topics but one, together."""
    return sum((share for slug, share in parts.items() if slug != topic), Share())


def comparable(parts: Mapping[str, Share]) -> Sequence[str]:
    """The topics of which a signal can be told: enough of their own cases and of all the others."""
    return [topic for topic, here in parts.items() if min(here.n, rest(parts, topic).n) >= ENOUGH]
