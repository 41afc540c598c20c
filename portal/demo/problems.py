"""What the demo's customers write, by topic: (title, what happened, what they expect, impact)."""

PROBLEMS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "orders": (
        ("My online purchase order was refused", "I placed purchase order 88213 and it was refused at the last step, though the money left my account.", "The order confirmed, or my money back.", "loss"),
        ("Two items missing from order 90417", "The box had three of the five items on the list.", "The two items sent this week.", "degraded"),
        ("I cannot change my order", "The change button does nothing, and the order leaves tomorrow.", "Change the address before it leaves.", "blocked"),
        ("Order shows delivered, nothing here", "The page says delivered on Monday. Nobody rang, nothing is here.", "Find it or send it again.", "loss"),
        ("How do I order for two addresses?", "We have two shops and want one order split between them.", "Tell me how.", "question"),
    ),
    "billing": (
        ("I was charged twice for order 88213", "I see two payments of 64.90 on the same day.", "One of them back.", "loss"),
        ("Refund still not here", "You wrote on the third that the refund is on its way. Nothing has arrived.", "The refund, and the date it was sent.", "loss"),
        ("Wrong VAT number on the invoice", "The invoice has our old VAT number.", "A corrected invoice.", "degraded"),
        ("Can I pay by invoice?", "We are a company and would like to pay within 14 days.", "Yes or no, and what you need.", "question"),
        ("Card refused three times", "My card works elsewhere. Here it is refused every time.", "To be able to pay.", "blocked"),
    ),
    "account": (
        ("Cannot sign in after changing my phone", "The code goes to my old number and I cannot get in.", "Access today, I have orders waiting.", "blocked"),
        ("Please change the name on my account", "I married in May and my name changed.", "The new name on everything.", "question"),
        ("Somebody else's order in my account", "I can see an order that is not mine.", "Tell me whether my data was shown to others.", "loss"),
    ),
    "delivery": (
        ("Parcel damaged on arrival", "The box was open and the lamp inside is broken.", "A new lamp.", "loss"),
        ("Driver came twice while I was out", "There was no message before either time.", "A delivery after 18:00.", "degraded"),
        ("Where is parcel 7730021?", "The last entry is from Thursday in the depot.", "A date I can rely on.", "degraded"),
        ("Delivery to a parcel shop?", "I am never home before six.", "Say whether that works.", "question"),
    ),
    "technical": (
        ("The app closes when I open my basket", "Since the update it closes as soon as I press the basket.", "A working app.", "blocked"),
        ("Search finds nothing", "Whatever I search for, the page says no results.", "Search that works.", "degraded"),
        ("Photos will not upload", "The bar stops at 90 %.", "To send my photos.", "degraded"),
        ("Pages are very slow in the evening", "Between eight and ten each page takes half a minute.", "Normal speed.", "degraded"),
    ),
    "other": (
        ("A thank-you and a question", "Your driver was kind. How can I tell his manager?", "An address to write to.", "question"),
        ("Do you repair old lamps?", "I have one of 2012.", "Yes or no, and the price.", "question"),
    ),
}  # fmt: skip

UPDATES = (
    "I have checked the payment records and asked the bank for the second booking. I write again when they answer.",
    "The warehouse is looking for it. They have narrowed it down to one shelf; I keep at it.",
    "Nothing new today. I am waiting for the depot's answer and have asked them again.",
    "We could repeat what you describe. The people who built it are looking at the cause now.",
    "I have the first answer from our partner. One detail is missing; I have asked for it.",
)
QUESTIONS = (
    "Which card did you pay with, and what are its last four digits?",
    "Could you send us a photo of the label on the box?",
    "Which app version do you see under Settings, About?",
)
REPLIES = (
    "It was the Visa card ending 4417.",
    "Yes: the label says 7730021, and the box was open on one side.",
    "It says 5.12.",
    "Still waiting. Is there anything new?",
)
#: By what the customer said it does to them: (text, outcome, cause).
ANSWERS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "loss": (
        ("Your money has been sent back today; it is with you in two working days.", "refunded", "Payment booked twice by the provider"),
        ("A replacement left our warehouse this morning. You have nothing to send back.", "fixed", "Damaged in the sorting centre"),
    ),
    "blocked": (
        ("We have corrected it. Please try once more; it worked for us from start to end.", "fixed", "Old setting after the update"),
        ("You can get in again: we have sent the new code to the number you gave us.", "fixed", "Number not carried over"),
    ),
    "degraded": (
        ("The cause is found and removed since this morning. Tell us if you still see it.", "fixed", "Server short of memory"),
        ("We have sent what was missing; it arrives on Thursday before noon.", "fixed", "Left out when packing"),
        ("We cannot change this yet. Until then there is a way round, and it costs you nothing: we have set it up for you.", "workaround", "Not built yet"),
    ),
    "question": (
        ("Yes, this works. Choose it on the last page before you pay; we have added a line of help there.", "explained", "Help text not found"),
        ("Thank you for asking. The answer is yes, within fourteen days, and you need nothing but your order number.", "explained", "Not said on the page"),
    ),
}  # fmt: skip
REASONS = (
    "I could not see the bank's records. Their team can.",
    "This needs a decision about money that I may not take.",
    "The cause lies deeper than I can look. The next team has the tools for it.",
)
COMMENTS = {
    5: ("Quick, and I always knew when I would hear again.", "Priya kept every time she named. Thank you."),
    4: ("Good in the end.", "Friendly and clear."),
    3: ("It took longer than I hoped.",),
    2: ("I had to ask twice before anything happened.",),
    1: ("Three days without a word in the middle.",),
}
