"""People and topics of another system as rows of ours: they can be pointed at, and can neither sign in nor be mailed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from cases.models import Category, User

NOBODY = ""


def handle(name: str) -> str:
    """A slug for a name. Names that differ keep different slugs, whatever a slug leaves out of them."""
    slug = slugify(name)[:28].strip("-")
    if slug and slug.replace("-", " ") == name.casefold():
        return slug
    return f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


class Names:
    """User ids and categories by what the other system calls them, made where they are missing.

    An address ends in `.invalid`, which no mail system delivers to (RFC 2606).
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.forget()

    def forget(self) -> None:
        """After a transaction was undone: what was made in it is not there."""
        self._people: dict[tuple[str, str], int] = {}
        self._topics: set[str] = set()
        self.categories: dict[str, Category] = {}

    def meet(self, people: Iterable[tuple[str, str]], topics: Iterable[str]) -> None:
        """Makes sure of all `people` (kind, name) and `topics` of a batch, in a handful of queries."""
        self._meet_people({one for one in people if one not in self._people})
        self._meet_topics({name for name in topics if name not in self._topics})

    def person(self, kind: str, name: str) -> int:
        return self._people[kind, name]

    def topic(self, name: str) -> str:
        """The slug of a category."""
        return f"{self.origin}-{handle(name or 'No topic')}"

    def _address(self, kind: str, name: str) -> str:
        return f"{kind}.{handle(name) if name else 'unknown'}@{self.origin}.invalid"

    def _meet_people(self, new: set[tuple[str, str]]) -> None:
        if not new:
            return
        wanted = {self._address(kind, name): (kind, name) for kind, name in new}
        locked = make_password(None)
        # In one order for everybody: two imports at once wait for each other instead of blocking each other.
        rows = [
            User(
                email=address,
                name=" ".join((wanted[address][1] or f"Unknown {wanted[address][0]}").split())[:150],
                password=locked,
                is_active=False,
                is_staff=wanted[address][0] != "customer",
            )
            for address in sorted(wanted)
        ]
        User.objects.bulk_create(rows, ignore_conflicts=True)
        for address, pk in User.objects.filter(email__in=wanted).values_list("email", "pk"):
            self._people[wanted[address]] = pk

    def _meet_topics(self, new: set[str]) -> None:
        if not new:
            return
        wanted = {self.topic(name): name for name in new}
        rows = [
            Category(
                slug=slug, name=(wanted[slug] or f"No topic ({self.origin})")[:100], position=1000, is_active=False
            )
            for slug in sorted(wanted)
        ]
        Category.objects.bulk_create(rows, ignore_conflicts=True)
        self._topics |= new
        self.categories |= {one.slug: one for one in Category.objects.filter(slug__in=wanted)}
