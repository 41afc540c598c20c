"""The demo's help articles: what its customers ask most, a few for staff only, one due for a look, one still a draft."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import Case, Category
from feedback import articles, knowledge
from feedback.articles import Draft, Text
from feedback.models import Article
from portal.demo.people import Cast

PUBLIC, INTERNAL = Article.Audience.PUBLIC, Article.Audience.INTERNAL

#: (topic, who reads it, language -> text); all but the last are published, the first is due for a look.
ARTICLES: tuple[tuple[str, str, dict[str, Text]], ...] = (
    ("orders", PUBLIC, {"en": Text(
        "Order a delivery to two addresses",
        "Make one order for each address; shipping is charged once if you place them on the same day.",
        "1. Put what goes to the first address in the basket and order it.\n2. Do the same for the second address.\n"
        "3. Write to us with both order numbers: we take the second shipping charge off.\n\nSplitting one order is not possible yet.")}),
    ("orders", PUBLIC, {"en": Text(
        "Change or cancel an order",
        "You can change an order until it is packed, usually two hours after you placed it.",
        "1. Open **My orders** and choose the order.\n2. Press **Change** or **Cancel**.\n\n"
        "If the button is gone, the order is packed. Refuse the parcel at the door, or send it back within 30 days: both cost nothing."),
        "de": Text(
        "Eine Bestellung ändern oder stornieren",
        "Sie können eine Bestellung ändern, bis sie gepackt ist, meist zwei Stunden lang.",
        "1. Öffnen Sie **Meine Bestellungen** und wählen Sie die Bestellung.\n2. Drücken Sie **Ändern** oder **Stornieren**.\n\n"
        "Ist der Knopf nicht mehr da, ist sie gepackt. Nehmen Sie das Paket nicht an, oder schicken Sie es binnen 30 Tagen zurück: beides kostet nichts.")}),
    ("billing", PUBLIC, {"en": Text(
        "I was charged twice",
        "Mostly one of the two is only reserved by your bank and disappears within three working days.",
        "## Reserved or paid?\n\nYour bank marks a reserved amount as *pending*. We never receive it.\n\n## What to do\n\n"
        "1. Wait three working days.\n2. If both are booked by then, tell us the day and the amount. We send one of them back.\n\n"
        "Please never send us your whole card number."),
        "de": Text(
        "Mir wurde zweimal abgebucht",
        "Meist ist eine der beiden Buchungen nur vorgemerkt und verschwindet binnen drei Werktagen.",
        "## Vorgemerkt oder bezahlt?\n\nIhre Bank zeigt einen vorgemerkten Betrag als *vorgemerkt*. Wir erhalten ihn nie.\n\n## Was Sie tun können\n\n"
        "1. Warten Sie drei Werktage.\n2. Sind dann beide gebucht, nennen Sie uns Tag und Betrag. Wir überweisen eine zurück.\n\n"
        "Bitte schicken Sie uns nie die ganze Kartennummer."),
        "tr": Text(
        "Benden iki kez ücret alındı",
        "Çoğunlukla ikisinden biri yalnızca bankanızın bekleyen işlemidir ve üç iş günü içinde silinir.",
        "1. Üç iş günü bekleyin.\n2. İkisi de kesinleşirse günü ve tutarı bize yazın. Birini geri göndeririz.\n\nLütfen kart numaranızın tamamını asla göndermeyin."),
        "ar": Text(
        "خُصم المبلغ مني مرتين",
        "في الغالب يكون أحد المبلغين محجوزًا لدى البنك فقط، ويختفي خلال ثلاثة أيام عمل.",
        "1. انتظر ثلاثة أيام عمل.\n2. إذا سُجّل المبلغان بعد ذلك فأخبرنا باليوم والمبلغ، وسنعيد أحدهما إليك.\n\nلا ترسل إلينا رقم بطاقتك كاملًا أبدًا.")}),
    ("billing", PUBLIC, {"en": Text(
        "When does a refund arrive?",
        "Three to five working days after we wrote that it is sent; on credit cards with the next statement.",
        "- **Card**: with the next statement, at most a month.\n- **Bank transfer**: three to five working days.\n- **Voucher**: at once.\n\n"
        "The day it was sent stands in your order under *Payments*. If it has not arrived a week later, tell us."),
        "de": Text(
        "Wann kommt meine Rückzahlung an?",
        "Drei bis fünf Werktage nachdem wir geschrieben haben, dass sie unterwegs ist; bei Kreditkarten mit der nächsten Abrechnung.",
        "- **Karte**: mit der nächsten Abrechnung, höchstens ein Monat.\n- **Überweisung**: drei bis fünf Werktage.\n- **Gutschein**: sofort."),
        "tr": Text(
        "İadem ne zaman gelir?",
        "Gönderdiğimizi yazdıktan üç ila beş iş günü sonra; kredi kartında bir sonraki ekstrede.",
        "- **Kart**: bir sonraki ekstrede, en geç bir ay içinde.\n- **Havale**: üç ila beş iş günü.\n- **Hediye çeki**: hemen."),
        "ar": Text(
        "متى يصل المبلغ المسترد؟",
        "بعد ثلاثة إلى خمسة أيام عمل من إخبارك بإرساله، وفي البطاقات الائتمانية مع الكشف التالي.",
        "- **البطاقة**: مع الكشف التالي، خلال شهر على الأكثر.\n- **التحويل البنكي**: من ثلاثة إلى خمسة أيام عمل.\n- **القسيمة**: فورًا.")}),
    ("billing", PUBLIC, {"en": Text(
        "Pay by invoice as a company",
        "Companies with a VAT number can pay within 14 days of the invoice.",
        "1. Open **Account**, then **Company**, and enter your VAT number.\n2. We check it within one working day.\n3. Choose **Invoice** when you pay.\n\n"
        "An invoice that was already written can be corrected: tell us the number it should have.")}),
    ("account", PUBLIC, {"en": Text(
        "Sign in after changing your phone",
        "Choose “Send the code by e-mail” on the sign-in page; then enter the new number under Account.",
        "1. On the page that asks for the code press **Send the code by e-mail**.\n2. Sign in with the code from the mail.\n"
        "3. Open **Account** and enter the new number.\n\nNo access to your mail either? Tell us: a person checks who you are and lets you in."),
        "de": Text(
        "Anmelden nach einem Wechsel des Telefons",
        "Wählen Sie auf der Anmeldeseite „Code per E-Mail“ und tragen Sie danach die neue Nummer im Konto ein.",
        "1. Drücken Sie auf der Seite, die nach dem Code fragt, **Code per E-Mail**.\n2. Melden Sie sich mit dem Code aus der Mail an.\n3. Tragen Sie unter **Konto** die neue Nummer ein.")}),
    ("delivery", PUBLIC, {"en": Text(
        "My parcel says delivered, but nothing is here",
        "Look with your neighbours first: most of these parcels were left next door and turn up the same day.",
        "1. Look at the name and the picture in the tracking.\n2. Ask your neighbours, and look at sheds and meter cupboards.\n"
        "3. Not there by the next working day? Tell us. We ask the driver, and send it again if it cannot be found.")}),
    ("delivery", PUBLIC, {"en": Text(
        "Have a parcel brought to a parcel shop",
        "Choose “Parcel shop” as the address while ordering; it is kept there for seven days.",
        "Bring the code from the message and an ID. Parcels above 20 kg and lamps longer than 120 cm cannot be kept in a shop.")}),
    ("technical", PUBLIC, {"en": Text(
        "The app closes when I open my basket",
        "Update the app to version 5.13: 5.12 closed itself when a basket held a voucher.",
        "1. Open the app store and update **Milepost Shop**.\n2. If there is no update, remove the voucher on the website.\n\nYour basket is kept.")}),
    ("technical", INTERNAL, {"en": Text(
        "Which app version does what",
        "5.12 closes on vouchers, 5.11 loses photos above 8 MB, 5.13 is clean so far.",
        "|Version|Known|Say|\n|-|-|-|\n|5.13|nothing|update|\n|5.12|closes on vouchers|update, or remove the voucher on the web|\n|5.11|photos above 8 MB|update|\n\n"
        "Ask for *Settings, About* before anything else.")}),
    ("billing", INTERNAL, {"en": Text(
        "How we look up a second payment",
        "Open the day’s bank list, search for the amount, and compare the last four digits.",
        "1. Bank list of the day and the day after.\n2. Same amount, same last four digits: a real second payment. Pay one back.\n"
        "3. Only one there: the other was reserved. Send the customer *I was charged twice*.\n\nMore than 500: the payments team decides.")}),
    ("other", PUBLIC, {"en": Text(
        "Do you repair old lamps?",
        "Yes, lamps we sold in the last fifteen years; the estimate is free.",
        "Send us a picture of the lamp and of the label below its foot. You get an estimate within three working days.")}),
)  # fmt: skip


def write_down(people: Cast, at: datetime) -> None:
    """All of them, half a year and more before the story begins, by agents; supervisors published all but the last."""
    topics = dict(Category.objects.values_list("slug", "pk"))
    agents = people.members["service-representatives"]
    for place, (topic, audience, texts) in enumerate(ARTICLES):
        early = at - timedelta(days=100 - 7 * place)
        look_again = articles.today(at - timedelta(days=9)) if place == 0 else None
        draft = Draft(texts, topics.get(topic), audience, look_again)
        made = articles.write(None, draft, by=agents[place % len(agents)], at=early)
        if place < len(ARTICLES) - 1:
            made = articles.publish(made, by=people.supervisors[0], at=early, seen=made.version)


def use_them(people: Cast, until: datetime) -> None:
    """What visitors said of them in the fortnight, and on which cases agents used them. Nothing is drawn by lot."""
    found = {one.slug: one for one in Article.objects.exclude(published_at=None)}
    yes = {"i-was-charged-twice": (19, 7), "when-does-a-refund-arrive": (24, 5), "sign-in-after-changing-your-phone": (11, 3), "change-or-cancel-an-order": (14, 9), "my-parcel-says-delivered-but-nothing-is-here": (3, 16)}  # fmt: skip
    for slug, (helped, did_not) in yes.items():
        for n in range(helped + did_not):
            when = until - timedelta(days=1 + n % 13)
            where = ("page", "search", "page", "filing")[n % 4]
            visitor = f"demo {slug} {n}"
            if n < helped and where == "filing":
                knowledge.solved(found[slug].pk, visitor, at=when)
            else:
                where = "page" if where == "filing" else where
                knowledge.vote(found[slug].pk, visitor, helpful=n < helped, where=where, at=when)
    for n in range(58):
        knowledge.offered(f"demo went on {n}", at=until - timedelta(days=1 + n % 13))
    for case in Case.objects.order_by("pk"):
        near = knowledge.beside(case, limit=2)
        if near and case.pk % 3 == 0:
            knowledge.use(case, near[0].pk, by=people.members["service-representatives"][0], at=case.filed_at)
        public = [one for one in near if one.audience == PUBLIC]
        if public and case.pk % 5 == 0:
            knowledge.tried(case, [public[0].slug], at=case.filed_at)
