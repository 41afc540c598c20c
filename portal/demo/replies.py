"""The demo's saved replies: what its agents begin everyday messages with. Each one names what comes next."""

from __future__ import annotations

from datetime import datetime

from cases.models import Case, Category, User
from cases.replies import GAP, Draft, fill
from escalation import saved_replies
from escalation.book import rules_of
from escalation.verbs import Began

#: (title, topic, acts, up to level, English, German)
REPLIES: tuple[tuple[str, str, tuple[str, ...], int, str, str], ...] = (
    (
        "Looking for a second payment", "billing", ("update",), 1,
        "Thank you, I understand why that worried you. I am going through the payments of your order now. If there is a "
        "second one, I send it back to the card you paid with, and you do not have to do anything for it.\n\n"
        "You hear from me by {next_update}, even if the bank has not answered by then.",
        "Danke, ich verstehe, dass Sie das beunruhigt. Ich sehe mir gerade die Zahlungen zu Ihrer Bestellung an. Gibt es "
        "eine zweite, überweise ich sie auf die Karte zurück, mit der Sie bezahlt haben. Sie müssen dafür nichts tun.\n\n"
        "Sie hören von mir bis {next_update}, auch wenn die Bank bis dahin nicht geantwortet hat.",
    ),
    (
        "Which payment was it?", "billing", ("wait_customer",), 1,
        "So that I look at the right payment, please send me three things: the day, the amount, and the last four digits "
        "of the card. Please never send us the whole number.\n\nAs soon as they are here I look it up and write to you.",
        "Damit ich die richtige Zahlung ansehe, schicken Sie mir bitte dreierlei: den Tag, den Betrag und die letzten vier "
        "Ziffern der Karte. Bitte schicken Sie uns nie die ganze Nummer.\n\nSobald das da ist, sehe ich nach und schreibe Ihnen.",
    ),
    (
        "Money sent back", "billing", ("answer",), 1,
        "I have sent [[the amount]] back to the card you paid with. Banks take up to five working days to show it.\n\n"
        "If you do not see it by [[the date]], tell us “no” on your case page and I ask the bank with the number of the transfer.",
        "",
    ),
    (
        "Asked the depot", "delivery", ("update",), 1,
        "I have asked the depot where your parcel is and given them the number from your message. They search the shelves "
        "first, then the vans of the last two days.\n\nYou hear from me by {next_update}. If it has not been found by then, "
        "we talk about a new one instead of waiting on.",
        "",
    ),
    (
        "Photo of the damage", "delivery", ("wait_customer",), 1,
        "I am sorry that it arrived like this. Please send two photos: one of the label on the box, one of the damage. Keep "
        "the box until we have written again.\n\nWith the photos I can send a new one without asking you for anything else.",
        "",
    ),
    (
        "Parts are on their way", "orders", ("answer",), 1,
        "What was missing from your order, [[what was missing]], has left our warehouse. It should be with you on [[the day]].\n\n"
        "You pay nothing for it. If it is not there by then, tell us “no” on your case page and I follow it up the same way.",
        "",
    ),
    (
        "You can sign in again", "account", ("answer",), 1,
        "Your account is open again and the new number is saved. Please sign in once more: the code now goes to the phone "
        "ending in [[the last two digits]].\n\nIf the code has not come after five minutes, tell us “no” on your case page; then "
        "I call you and we do it together.",
        "",
    ),
    (
        "What we need to see it ourselves", "technical", ("wait_customer",), 2,
        "I would like to see on our side what you see. Please tell me the device, the version you find under Settings, About, "
        "and the last thing you pressed before it happened.\n\nWith that I try it myself and write to you what I found.",
        "",
    ),
    (
        "We can repeat it", "technical", ("update",), 2,
        "I have tried what you described and it happens here too, so it is not your device. The people who built this are "
        "looking for the cause now.\n\nUntil then, [[what works meanwhile]]. I tell you how far they are by {next_update}.",
        "",
    ),
    (
        "Nothing new, and still on it", "", ("update",), 2,
        "There is nothing new yet, and I do not want to leave you guessing. I am waiting for [[whom or what]] and ask again "
        "[[when]].\n\nYour case {reference} stays with {owner_name}. You hear from us by {next_update} either way.",
        "Es gibt noch nichts Neues, und ich möchte Sie nicht im Ungewissen lassen. Ich warte auf [[wen oder was]] und frage "
        "[[wann]] wieder nach.\n\nIhr Fall {reference} bleibt bei {owner_name}. Sie hören von uns in jedem Fall bis {next_update}.",
    ),
)  # fmt: skip

#: Offered first while a customer is upset: sorry, what we understood, what comes next.
CALMING = (
    "Sorry, and what happens next",
    "I am sorry, {customer_name}. You have waited and been let down, and you are right to say so.\n\nWhat I have understood: "
    "[[in one sentence]]. I have taken it in hand myself; you hear from me by {next_update}, also if there is nothing new.",
    "Es tut mir leid, {customer_name}. Sie haben gewartet und sind enttäuscht worden, und Sie sagen das zu Recht.\n\nWas ich "
    "verstanden habe: [[in einem Satz]]. Ich kümmere mich selbst darum; Sie hören bis {next_update} von mir, auch wenn es nichts Neues gibt.",
)

#: What the demo's agents write into the gaps.
GAPS = {
    "[[what works meanwhile]]": "the website on the same phone works",
    "[[whom or what]]": "the bank’s answer",
    "[[when]]": "this afternoon",
}


def write_down(by: User, at: datetime) -> None:
    """All of them, as a supervisor wrote them before the story begins."""
    topics = dict(Category.objects.values_list("slug", "pk"))
    for title, topic, acts, level, english, german in REPLIES:
        texts = {"en": english} | ({"de": german} if german else {})
        saved_replies.write(None, Draft(title, topics.get(topic), acts, level, texts), by=by, at=at)
    title, english, german = CALMING
    texts = {"en": english, "de": german}
    saved_replies.write(None, Draft(title, None, ("update",), 3, texts, calms=True), by=by, at=at)


def begun_with(case: Case, act: str, *, by: User, next_update: datetime | None) -> tuple[str, tuple[Began, ...]] | None:
    """The text of an agent who begins with a saved reply, and with which; None where none is offered.

    Every third adds a line of their own. Nothing is drawn by lot, so that the rest of the story stays as it is.
    """
    lineage = rules_of(case.protocol).protocol.lineage(case.category.slug)
    rows = saved_replies.offers(act, level=case.tier, lineage=lineage)
    if not rows:
        return None
    said = case.messages.filter(from_customer=False).count()
    row = rows[(case.pk // 2 + said) % len(rows)]
    text = fill(row.texts["en"], saved_replies.values(case, by=by, next_update=next_update))
    text = GAP.sub(lambda gap: GAPS.get(gap[0], "what you told us"), text)
    own = f"{text}\n\n{by.first_name}" if case.pk % 3 == 0 else text
    return own, (Began(row.pk, "en"),)
