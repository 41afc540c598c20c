"""Makes a brand's pictures anew from what was uploaded: only pixels stay, small enough for every page to carry.

No SVG: it is a document that can hold scripts, styles and links, and a sanitiser would be one more thing to get wrong.
A picture twice as large as it is shown looks as sharp.
"""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import BinaryIO

from PIL import Image, ImageOps

from cases.brand import keep_image
from cases.models import BrandImage

MOST_BYTES = 2 * 1024 * 1024
MOST_SIDE = 4000  # pixels
FORMATS = ("PNG", "WEBP", "JPEG")
LOGO = (480, 80)  # twice what the header shows
ICON = 64
ENOUGH = 10 * 1024  # bytes: what a page may carry for its logo
QUALITIES = (90, 75, 60, 45, 20)
NOT_A_PICTURE = "This is not a picture we can read. Use a PNG, WebP or JPEG file."


class NotAPicture(ValueError):
    """The sentence for whoever uploaded it."""


def logo(file: BinaryIO, *, at: datetime) -> BrandImage:
    """The logo of an uploaded file. Raises NotAPicture."""
    image = _read(file)
    image.thumbnail(LOGO, Image.Resampling.LANCZOS)
    return _keep("webp", _smallest(image), image.size, at)


def icon(file: BinaryIO, *, at: datetime) -> BrandImage:
    """The favicon of an uploaded file: on a square, as PNG, which every browser shows in a tab. Raises NotAPicture."""
    image = ImageOps.contain(_read(file), (ICON, ICON), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (ICON, ICON))
    square.paste(image, ((ICON - image.width) // 2, (ICON - image.height) // 2))
    held = io.BytesIO()
    square.save(held, "PNG", optimize=True)
    return _keep("png", held.getvalue(), square.size, at)


def _read(file: BinaryIO) -> Image.Image:
    """The first picture in it, upright, without anything else that was in the file."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise NotAPicture(f"This file is larger than {MOST_BYTES // 1024 // 1024} MB. Save it smaller.")
    try:
        found = Image.open(io.BytesIO(data), formats=FORMATS)
        if max(found.size) > MOST_SIDE:
            raise NotAPicture(f"This picture is larger than {MOST_SIDE:,} pixels. Save it smaller.")
        pixels = ImageOps.exif_transpose(found).convert("RGBA")
    except NotAPicture:
        raise
    except Exception as why:  # a decoder may fail in any way on a file that was made to
        raise NotAPicture(NOT_A_PICTURE) from why
    clean = Image.new("RGBA", pixels.size)
    clean.paste(pixels)
    return clean


def _smallest(image: Image.Image) -> bytes:
    """As WebP: exact if that is small enough, else as good as fits, else the smallest."""
    data = _webp(image, lossless=True)
    for quality in QUALITIES:
        if len(data) <= ENOUGH:
            break
        data = min(data, _webp(image, quality=quality), key=len)
    return data


def _webp(image: Image.Image, **how: object) -> bytes:
    held = io.BytesIO()
    image.save(held, "WEBP", method=6, **how)
    return held.getvalue()


def _keep(kind: str, data: bytes, size: tuple[int, int], at: datetime) -> BrandImage:
    return keep_image(hashlib.sha256(data).hexdigest(), kind, data, size, at=at)
