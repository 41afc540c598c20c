"""The demo's improvements: an idea whose decision is late, one that is being done, one that was published and told."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.lifecycle import State
from cases.models import Case, Category
from escalation.models import ProtocolVersion
from feedback import improvement_acts
from feedback.improvement_acts import LedTo, Plan
from feedback.models import Lesson, PostMortem
from portal.demo.people import Cast

DAY = timedelta(days=1)
LATE = (
    "Say when the money is there, not when we sent it",
    "Letters about refunds name the day the bank shows it: our day and three working days.",
    "Customers write again on the second day because the letter says “refunded”, and their bank shows nothing yet.",
)
AGREED = (
    "Small refunds stay on level 1",
    "Service representatives refund up to 40 without asking. The protocol’s limit for level 1 goes up.",
    "Refunds just above the limit wait a day for one approval and come back with a yes. Customers see only the wait.",
)
DONE = (
    "The article says: you are charged once only",
    "The article on refused cards says first that one waits, and that several tries are charged once.",
    "Customers whose card is refused try three times while we look, and then write because they fear for their money.",
)
SENTENCE = (
    "When your card is refused, our help page now says first that you are charged once only, however often you tried."
)
IN = {
    "de": "Wenn Ihre Karte abgelehnt wird, sagt unsere Hilfeseite jetzt zuerst, dass nur einmal abgebucht wird, egal wie oft Sie es versucht haben.",
    "tr": "Kartınız reddedildiğinde yardım sayfamız artık önce, kaç kez denerseniz deneyin yalnızca bir kez ücret alındığını söylüyor.",
    "ar": "عند رفض بطاقتك، تقول صفحة المساعدة الآن أولاً إن المبلغ يُخصم مرة واحدة فقط مهما كان عدد محاولاتك.",
}


def propose(people: Cast, now: datetime) -> None:
    """Proposes the three, each with what led to it, and takes two of them further."""
    tom, nora = people.members["service-representatives"][:2]
    leader = people.supervisors[0]
    settled = list(Case.objects.filter(state__in=(State.FEEDBACK, State.CLOSED), is_history=False).order_by("pk")[:7])
    lessons = list(Lesson.objects.order_by("at")[:2])
    looked_back = tuple(PostMortem.objects.filter(closed_at__isnull=False).order_by("pk")[:1])
    improvement_acts.propose(*LATE, led=LedTo(cases=tuple(settled[:2])), by=tom, at=now - 12 * DAY)
    draft = ProtocolVersion.objects.filter(status=ProtocolVersion.Status.DRAFT).order_by("-number").first()
    led = LedTo(tuple(settled[2:4]), tuple(lessons[:1]), looked_back)
    one = improvement_acts.propose(*AGREED, led=led, version=draft, by=tom, at=now - 6 * DAY)
    plan = Plan(nora, (now + 9 * DAY).date(), "escalated", Category.objects.filter(slug="billing").first())
    improvement_acts.agree(one, "It costs us one approval and them a day.", plan, by=leader, at=now - 4 * DAY)
    led = LedTo(tuple(settled[4:]), tuple(lessons[1:]))
    one = improvement_acts.propose(*DONE, led=led, by=nora, at=now - 9 * DAY)
    plan = Plan(tom, (now - 2 * DAY).date(), "back_7")
    improvement_acts.agree(one, "An hour of work, and nobody fears for their money.", plan, by=leader, at=now - 8 * DAY)
    improvement_acts.done(one, SENTENCE, IN, by=tom, at=now - 2 * DAY)
