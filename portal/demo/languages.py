"""What the demo's topics and products are called in German, Turkish and Arabic, and customers who read them."""

from __future__ import annotations

from cases.models import Category, Product, User

TOPICS: dict[str, dict[str, tuple[str, str]]] = {
    "orders": {
        "de": ("Eine Bestellung", "Falsche, fehlende oder geänderte Bestellungen"),
        "tr": ("Bir sipariş", "Yanlış, eksik veya değişen siparişler"),
        "ar": ("طلب شراء", "طلبات خاطئة أو ناقصة أو معدّلة"),
    },
    "billing": {
        "de": ("Rechnung und Zahlung", "Doppelt abgebucht, Erstattung, Rechnung"),
        "tr": ("Fatura ve ödemeler", "İki kez çekilen ödeme, iade, fatura"),
        "ar": ("الفواتير والدفع", "خصم مرتين، استرداد، فواتير"),
    },
    "account": {
        "de": ("Anmelden und mein Konto", "Ich kann mich nicht anmelden, meine Daten ändern"),
        "tr": ("Giriş ve hesabım", "Giriş yapamıyorum, bilgilerimi değiştirmek istiyorum"),
        "ar": ("تسجيل الدخول وحسابي", "لا أستطيع الدخول، تغيير بياناتي"),
    },
    "delivery": {
        "de": ("Lieferung", "Verspätete, verlorene oder beschädigte Pakete"),
        "tr": ("Teslimat", "Geciken, kaybolan veya hasarlı paketler"),
        "ar": ("التوصيل", "طرود متأخرة أو مفقودة أو تالفة"),
    },
    "technical": {
        "de": ("Etwas funktioniert nicht", "Fehler, langsame Seiten, verlorene Daten"),
        "tr": ("Bir şey çalışmıyor", "Hatalar, yavaş sayfalar, kaybolan veriler"),
        "ar": ("شيء لا يعمل", "أخطاء، صفحات بطيئة، بيانات مفقودة"),
    },
    "other": {"de": ("Etwas anderes", ""), "tr": ("Başka bir şey", ""), "ar": ("شيء آخر", "")},
}
PRODUCTS = {
    "shop": {"de": "Onlineshop", "tr": "Çevrim içi mağaza", "ar": "المتجر الإلكتروني"},
    "app": {"de": "Mobile App", "tr": "Mobil uygulama", "ar": "تطبيق الهاتف"},
}
READERS = {"julia.brandt": "de", "nina.horvat": "de", "karim.said": "ar", "fatima.zahra": "ar", "amara.nwosu": "tr"}


def translate() -> None:
    """Names every topic and product in three languages and lets a few customers read them."""
    for topic in Category.objects.filter(slug__in=TOPICS):
        said = TOPICS[topic.slug].items()
        topic.translations = {
            code: {"name": name} | ({"example": example} if example else {}) for code, (name, example) in said
        }
        topic.save(update_fields=["translations"])
    for product in Product.objects.filter(slug__in=PRODUCTS):
        product.translations = {code: {"name": name} for code, name in PRODUCTS[product.slug].items()}
        product.save(update_fields=["translations"])
    for name, code in READERS.items():
        User.objects.filter(email=f"{name}@demo.example").update(language=code)
