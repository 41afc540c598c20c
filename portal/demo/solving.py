"""The demo's playbooks and remedies, and what its agents note: nothing is drawn by lot, so that the story stays as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.models import Case, Category, RemedyRevision, User
from escalation import playbooks, remedies, verbs
from escalation.book import rules_of
from escalation.ready import GRAVE

#: Topic -> what to look at and to try, in order.
PLAYBOOKS: dict[str, tuple[str, ...]] = {
    "orders": (
        "Look at the order and at its payment",
        "Order the same from a test account",
        "Compare with other orders of the same day",
    ),
    "billing": (
        "Look at every payment of the order",
        "Ask the bank for the number of the transfer",
        "Check whether a voucher was taken off twice",
    ),
    "delivery": (
        "Look at the number of the parcel with the carrier",
        "Ask the depot to search its shelves",
        "Check the address against the order",
    ),
    "account": ("Look at when the account was last used", "Send a new code and watch whether it arrives"),
    "technical": ("Do what the customer did, on the same version", "Look at the log of that minute"),
}
#: (name, from which level on, whether an amount goes with it)
REMEDIES = (
    ("Delivery for nothing next time", 1, False),
    ("Voucher", 1, True),
    ("A new one by courier", 2, False),
    ("A month for nothing", 3, False),
)
ELSE = "Asked the customer for the exact time and looked at that minute."
#: Words of a cause -> its kind; the first that fits.
KINDS = (
    ("bank", "partner"), ("carrier", "partner"), ("depot", "partner"), ("setting", "setting"), ("limit", "setting"),
    ("address", "data"), ("number", "data"), ("page", "software"), ("app", "software"), ("code", "software"),
)  # fmt: skip


def write_down(by: User, at: datetime) -> None:
    """All of them, as a supervisor wrote them before the story begins."""
    topics = {topic.slug: topic for topic in Category.objects.all()}
    for slug, steps in PLAYBOOKS.items():
        if slug in topics:
            playbooks.write(topics[slug], steps, by=by, at=at, seen=0)
    for name, level, amount in REMEDIES:
        remedies.write(None, remedies.Draft(name, level, amount), by=by, at=at)


def tried(case: Case) -> dict[str, Any]:
    """What somebody who passes the case up has tried: some steps of the playbook, now and then something else."""
    book = playbooks.fitting(rules_of(case.protocol).protocol.lineage(case.category.slug))
    if case.tier > 1 or book is None or case.pk % 4 == 0:
        return {"also": ELSE}
    return {"steps": [verbs.step_key(book, place) for place in range(1 + case.pk % len(book.steps))]}


def record(case: Case, cause: str, *, by: User, at: datetime) -> dict[str, Any]:
    """What the record of an answer says besides; a grave case is investigated first."""
    kind = next((kind for word, kind in KINDS if word in cause.lower()), "process")
    said: dict[str, Any] = {"cause": kind}
    if case.pk % 4 == 0:
        said["remedy_kind"] = RemedyRevision.objects.get(name=REMEDIES[0][0], is_current=True)
    if case.severity > GRAVE:
        return said
    verbs.investigate(
        case.pk, hypotheses="Something of ours. Something on the way. Something at the customer’s.",
        findings=f"Looked at the record of that day. {cause}.", cause=kind, by=by, at=at,
    )  # fmt: skip
    prevents = case.pk % 3 != 0
    return said | {
        "prevents": prevents,
        "prevention": "The people who built it have it on their list" if prevents else "",
    }
