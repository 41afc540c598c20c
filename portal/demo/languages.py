"""What the demo's products are called in German, Turkish and Arabic, and customers who read them."""

from __future__ import annotations

from cases.models import Product, User

PRODUCTS = {
    "shop": {"de": "Onlineshop", "tr": "Çevrim içi mağaza", "ar": "المتجر الإلكتروني"},
    "app": {"de": "Mobile App", "tr": "Mobil uygulama", "ar": "تطبيق الهاتف"},
}
READERS = {"julia.brandt": "de", "nina.horvat": "de", "karim.said": "ar", "fatima.zahra": "ar", "amara.nwosu": "tr"}


def translate() -> None:
    """Names every product in three languages and lets a few customers read them."""
    for product in Product.objects.filter(slug__in=PRODUCTS):
        product.translations = {code: {"name": name} for code, name in PRODUCTS[product.slug].items()}
        product.save(update_fields=["translations"])
    for name, code in READERS.items():
        User.objects.filter(email=f"{name}@demo.example").update(language=code)
