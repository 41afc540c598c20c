"""The brand as everybody names it: the newest revision, else the environment's; asked for at most every few seconds.

Each process keeps what it read for FRESH seconds, so a page costs no query for it, and a change is on every process's
pages FRESH seconds later at the latest, on this one's at once. Without a database the last one known goes on counting,
so error pages have a phone number. docs/brand.md.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import QuerySet, Subquery

from cases.colour import HOUSE, is_colour
from cases.models import BrandImage, BrandRevision, User

FRESH = 5.0  # seconds
MOST_LINKS = 5
UNUSED_FOR = timedelta(days=1)
OVERTAKEN = "Somebody changed this while you were reading. Look at what it says now, then save again."

Findings = tuple[tuple[str, str], ...]


class NotKept(ValueError):
    """Nothing was saved. `findings` are (field, sentence); field is empty where it is about the whole."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        super().__init__(" ".join(sentence for _, sentence in findings))


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture at our own address; width and height in pixels."""

    url: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class Brand:
    """What templates and letters name. `revision` is 0 while the environment's counts."""

    name: str
    from_name: str
    email: str
    colour: str
    phone: str
    hours: str
    links: tuple[tuple[str, str], ...]
    logo: Picture | None = None
    favicon: Picture | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A brand as somebody wants it; pictures are rows already."""

    name: str
    colour: str
    from_name: str = ""
    phone: str = ""
    hours: str = ""
    links: tuple[tuple[str, str], ...] = ()
    logo: BrandImage | None = None
    logo_alt: str = ""
    favicon: BrandImage | None = None


# Reading ------------------------------------------------------------------------------------------------------

#: Until when (seconds of the process) what was read counts, and the newest revision then; None: there was none.
_kept: tuple[float, BrandRevision | None] | None = None


def current() -> Brand:
    """The brand in force, at most FRESH seconds old."""
    global _kept
    now = time.monotonic()
    if _kept is None or now >= _kept[0]:
        _kept = (now + FRESH, _newest(_kept[1] if _kept else None))
    return brand_of(_kept[1])


def forget() -> None:
    """Has the next page read the brand again, in this process."""
    global _kept
    _kept = None


def newest_alone() -> QuerySet[BrandRevision]:
    """The revision in force as one part of a larger question, whose answer is told to `seen`."""
    last = BrandRevision.objects.order_by("-number").values("number")[:1]
    return BrandRevision.objects.order_by().filter(number=Subquery(last))


def seen(number: int | None) -> None:
    """Which revision is in force was just read beside something else: the one remembered counts on where it is the same."""
    global _kept
    if _kept is not None and number == (_kept[1].number if _kept[1] else None):
        _kept = (max(_kept[0], time.monotonic() + FRESH), _kept[1])


def remember(revision: BrandRevision | None) -> None:
    """Has this process take `revision` for the brand until it is told to forget it: for tests and previews."""
    global _kept
    _kept = (float("inf"), revision)


def _newest(known: BrandRevision | None) -> BrandRevision | None:
    try:
        return newest()
    except DatabaseError:
        return known


def newest() -> BrandRevision | None:
    """The revision in force, read now; its pictures without their bytes."""
    found = BrandRevision.objects.select_related("logo", "favicon", "made_by")
    return found.defer("logo__data", "favicon__data").order_by("-number").first()


def brand_of(revision: BrandRevision | None) -> Brand:
    """As everybody names it; what a revision leaves out is what the environment says."""
    said: Mapping[str, Any] = settings.BRAND
    if revision is None:
        colour = said.get("colour", HOUSE)
        return Brand(
            name=said["name"],
            from_name=said.get("from_name") or said["name"],
            email=said["from_email"],
            colour=colour if is_colour(colour) else HOUSE,
            phone=said["phone"],
            hours=said["hours"],
            links=tuple(said.get("links", {}).items())[:MOST_LINKS],
        )
    return Brand(
        name=revision.name,
        from_name=revision.from_name or revision.name,
        email=said["from_email"],
        colour=revision.colour,
        phone=revision.phone,
        hours=revision.hours,
        links=tuple((words, url) for words, url in revision.links),
        logo=_picture(revision.logo, revision.logo_alt or revision.name),
        favicon=_picture(revision.favicon or revision.logo, ""),
        revision=revision.number,
    )


def _picture(image: BrandImage | None, alt: str) -> Picture | None:
    return Picture(address_of(image), image.width, image.height, alt) if image else None


def address_of(image: BrandImage) -> str:
    """Where the picture is served from; what is in it is in the address, so it may be kept for ever."""
    return f"/brand/{image.digest}.{image.kind}"


# Changing -----------------------------------------------------------------------------------------------------


def check(draft: Draft) -> Findings:
    """What is wrong with it; nothing when it may be saved."""
    found = []
    if not draft.name:
        found.append(("name", "Give the name customers know you by."))
    if any(sign in draft.name + draft.from_name for sign in '<>@"\r\n'):
        found.append(("from_name", "A name that stands on letters has no quotation marks, no @ and no < >."))
    if not is_colour(draft.colour):
        found.append(("colour", "Write the colour as # and six signs, like #0B4F8A."))
    if len(draft.links) > MOST_LINKS:
        found.append(("links", f"At most {MOST_LINKS} links: the foot of a page is read by those who look for help."))
    found += [("links", f"“{words or url}”: {why}") for words, url in draft.links if (why := wrong_link(words, url))]
    return tuple(found)


def wrong_link(words: str, url: str) -> str:
    """Why a link of the foot cannot stay, as a sentence; nothing when it can."""
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https" and bool(parts.hostname) and not parts.username
    except ValueError:
        secure = False
    if not secure or any(sign.isspace() or sign in "\"'<>\\" for sign in url):
        return "the address must begin with https:// and be whole."
    return "" if words else "say in a word or two where it leads."


def change(draft: Draft, *, seen: int, by: User, at: datetime) -> BrandRevision:
    """Keeps the draft as the next revision. `seen` is the number of the one that was on the page, 0 for none.

    Raises NotKept with what is wrong, or that a colleague was faster.
    """
    if findings := check(draft):
        raise NotKept(findings)
    try:
        with transaction.atomic():
            last = newest()
            if (last.number if last else 0) != seen:
                raise NotKept((("", OVERTAKEN),))
            made = BrandRevision.objects.create(
                number=seen + 1, name=draft.name, from_name=draft.from_name, colour=draft.colour.upper(),
                phone=draft.phone, hours=draft.hours, links=[list(link) for link in draft.links],
                logo=draft.logo, logo_alt=draft.logo_alt, favicon=draft.favicon, made_at=at, made_by=by,
            )  # fmt: skip
            _sweep(at)
            transaction.on_commit(forget)
    except IntegrityError:
        raise NotKept((("", OVERTAKEN),)) from None
    return made


def keep_image(digest: str, kind: str, data: bytes, size: tuple[int, int], *, at: datetime) -> BrandImage:
    """The picture's row; the same picture is kept once."""
    image, _ = BrandImage.objects.get_or_create(
        digest=digest, defaults={"kind": kind, "data": data, "width": size[0], "height": size[1], "made_at": at}
    )
    return image


def _sweep(at: datetime) -> None:
    """Takes away pictures that were only ever tried out."""
    used = BrandRevision.objects.values_list("logo_id", "favicon_id")
    wanted = {pk for row in used for pk in row if pk}
    BrandImage.objects.filter(made_at__lt=at - UNUSED_FOR).exclude(pk__in=wanted).delete()
