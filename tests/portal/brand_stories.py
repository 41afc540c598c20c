"""Pictures and saved brands for the tests of the brand."""

import io

from PIL import Image

from cases import brand
from cases.brand import Draft
from portal import clock


def picture(size=(300, 100), colour=(200, 20, 90, 255), **how) -> io.BytesIO:
    """An uploaded PNG."""
    held = io.BytesIO()
    Image.new("RGBA", size, colour).save(held, "PNG", **how)
    held.seek(0)
    return held


def kept(cast, *, seen=0, **more):
    """A saved brand, shown from the next page on."""
    wanted = Draft(**{"name": "Acme Help", "colour": "#FFCC00"} | more)
    row = brand.change(wanted, seen=seen, by=cast.supervisor, at=clock.now())
    brand.forget()
    return row
