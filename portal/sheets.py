"""Stylesheets that are not files of ours: all of a customer page's in one, a brand colour's, and the owner's own.

The colour is in a sheet's address together with a digest of what the sheet says. It is made from the address alone,
without a database, may be kept for ever, and an address that does not fit is no address.
"""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings

from cases.colour import HOUSE, Palette, is_colour, palette

MOST_OWN = 64 * 1024  # bytes
#: What customer pages wear, in this order: one request instead of five, for phones on slow lines.
SITE = ("tokens", "base", "parts/case", "parts/filing", "parts/help")


def css(colour: str, selector: str = ":root") -> str:
    """The six properties of static/css/tokens.css that a brand may replace, for what `selector` names."""
    found = palette(colour)
    said = {
        "brand": _both(found, "fill"),
        "on-brand": _both(found, "on"),
        "brand-edge": _both(found, "edge"),
        "brand-hover": _both(found, "hover"),
        "link": _both(found, "link"),
        "link-hover": _both(found, "link_hover"),
    }
    lines = "".join(f"--{name}:{value};" for name, value in said.items())
    return f"@layer tokens{{{selector}{{{lines}}}}}\n"


# Of customer pages -------------------------------------------------------------------------------------------


def site(colour: str) -> tuple[str, str]:
    """Everything a customer page wears, in the brand's colour, and the address it stands at."""
    paths = [settings.BASE_DIR / "static" / "css" / f"{name}.css" for name in SITE]
    return _site(colour, *((path, path.stat().st_mtime_ns if settings.DEBUG else 0) for path in paths))


@lru_cache(maxsize=8)
def _site(colour: str, *files: tuple[Path, int]) -> tuple[str, str]:
    text = "".join(path.read_text() for path, _ in files) + ("" if colour.upper() == HOUSE else css(colour))
    return text, f"/brand/site-{colour[1:].lower()}-{_digest(text.encode())}.css"


def site_of_address(name: str) -> tuple[str, bool] | None:
    """The sheet for `/brand/<name>.css` and whether it is the one the address names; None where it names none of these.

    The address of another version of ours gets this version's: no page stands bare while servers are exchanged.
    """
    kind, _, colour = name.rpartition("-")[0].partition("-")
    if kind != "site" or not is_colour(f"#{colour}"):
        return None
    text, address = site(f"#{colour}")
    return text, address == f"/brand/{name}.css"


# Of a colour --------------------------------------------------------------------------------------------------


def _both(found: Palette, part: str) -> str:
    light, dark = (str(getattr(theme, part)) for theme in found.themes)
    return light if light == dark else f"light-dark({light},{dark})"


def address(colour: str) -> str:
    """Where the sheet of a colour is; empty for the colour our own sheet has already."""
    if colour.upper() == HOUSE:
        return ""
    return f"/brand/{colour[1:].lower()}-{_digest(css(colour).encode())}.css"


def of_address(name: str) -> str | None:
    """The sheet that stands at `/brand/<name>.css`, or None."""
    colour, _, digest = name.partition("-")
    if not is_colour(f"#{colour}"):
        return None
    found = css(f"#{colour}")
    return found if digest == _digest(found.encode()) else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


# The owner's own ----------------------------------------------------------------------------------------------


@cache
def own(path: str) -> bytes:
    """The owner's sheet as it was when this process first asked. Raises OSError when it cannot be read."""
    data = Path(path).read_bytes()
    if len(data) > MOST_OWN:
        raise OSError(f"BRAND_STYLESHEET is larger than {MOST_OWN // 1024} KB")
    return data


def own_address() -> str:
    """Where it is; empty when there is none, or none that can be read (a system check says so)."""
    if not settings.BRAND_STYLESHEET:
        return ""
    try:
        return f"/brand/own-{_digest(own(settings.BRAND_STYLESHEET))}.css"
    except OSError:
        return ""


def own_of_address(name: str) -> bytes | None:
    """The owner's sheet if it is the one that stands at `/brand/<name>.css`."""
    return own(settings.BRAND_STYLESHEET) if f"/brand/{name}.css" == own_address() else None
