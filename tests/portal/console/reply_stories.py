"""Saved replies for the tests of their pages: one for a topic, one for all, one for higher levels, in two languages."""

from cases.models import Category
from cases.replies import Draft
from escalation import saved_replies
from tests.cast import MONDAY

BILLING = "I look for the second payment. You hear from me by {next_update}."
GERMAN = "Ich suche die zweite Zahlung. Sie hören von mir bis {next_update}."
WAITING = "I am waiting for [[whom]] on {reference}."


def kept(cast, title, english, *, topic="", acts=("update",), level=1, **texts):
    """A reply as a supervisor writes it."""
    found = Category.objects.get(slug=topic).pk if topic else None
    draft = Draft(title, found, acts, level, {"en": english} | texts)
    return saved_replies.write(None, draft, by=cast.supervisor, at=MONDAY)


def shelf(cast):
    """Four replies: of billing, of all topics, of another topic, and one for answers and questions up to level 3."""
    return {
        "billing": kept(cast, "Second payment", BILLING, topic="billing", de=GERMAN),
        "every": kept(cast, "A wait", WAITING),
        "delivery": kept(cast, "Depot", "I ask the depot.", topic="delivery"),
        "both": kept(cast, "Thanks", "Thank you, {customer_name}.", acts=("answer", "wait_customer"), level=3),
    }
