"""Which protocol a new case is promised under: the first line of an ordered list that matches, else the default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.models import Case, Category, Product, User
from escalation.book import DEFAULT, rules_in_force
from escalation.models import ProtocolChoice
from escalation.protocol import Rules


@dataclass(frozen=True, slots=True)
class Choice:
    """The key of a protocol and, in words, why it is this one."""

    key: str
    why: str


def choose(*, product: Product | None, category: Category | None, segment: str) -> Choice:
    """The protocol for a new case; there is always exactly one."""
    return first_match(
        ProtocolChoice.objects.select_related("product", "category"),
        product=product,
        category=category,
        segment=segment,
    )


def first_match(
    lines: Iterable[ProtocolChoice], *, product: Product | None, category: Category | None, segment: str
) -> Choice:
    """As `choose`, from lines that are at hand."""
    for line in sorted(lines, key=lambda line: line.position):
        if line.product_id not in (None, product and product.pk):
            continue
        if line.category_id not in (None, category and category.pk) or line.segment not in ("", segment):
            continue
        parts = [
            f"product {line.product}" if line.product_id else "",
            f"topic {line.category}" if line.category_id else "",
            f"customers of “{line.segment}”" if line.segment else "",
        ]
        matched = ", ".join(part for part in parts if part) or "every case"
        return Choice(line.protocol, f"Line {line.position}: {matched}")
    return Choice(DEFAULT, "No line of the list matches; this is the default")


def rules_for(customer: User | None, category: Category, product: Product | None = None) -> tuple[Rules, str]:
    """The rules in force for a new case of this customer, and why these. Raises NoProtocol.

    None: nobody has proved to be that customer, so what kind of customer they are must not show.
    """
    choice = choose(product=product, category=category, segment=customer.segment if customer else "")
    return rules_in_force(choice.key), choice.why


class Chooser:
    """As `rules_for` for many cases: the list is read once, and so are the rules of each protocol."""

    def __init__(self) -> None:
        self.lines = list(ProtocolChoice.objects.select_related("product", "category"))
        self.rules: dict[str, Rules] = {}

    def rules_for(self, customer: User, category: Category, product: Product | None) -> tuple[Rules, str]:
        choice = first_match(self.lines, product=product, category=category, segment=customer.segment)
        if choice.key not in self.rules:
            self.rules[choice.key] = rules_in_force(choice.key)
        return self.rules[choice.key], choice.why


def cases_of(key: str) -> int:
    """Open cases that were promised under any version of a protocol."""
    return Case.objects.open().filter(protocol__startswith=f"{key}@").count()
