"""Pictures are drawn anew: what is kept has the same dots, and nothing of the file that came."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageOps, ImageSequence

from cases.files.names import Unfit, no

PIXELS_MOST = 50_000_000  # of a picture: what a telephone takes; unpacked it is 150 MB
MOVING_PIXELS_MOST = 25_000_000  # of all pictures of a moving one together
PICTURES_MOST = 300
PROFILE_MOST = 64 * 1024  # bytes of a colour profile
FORMATS = {"jpeg": ("JPEG", "MPO"), "png": ("PNG",), "gif": ("GIF",), "webp": ("WEBP",)}
SAVED: dict[str, dict[str, Any]] = {
    "jpeg": {"format": "JPEG", "quality": 90, "optimize": True},
    "png": {"format": "PNG"},
    "gif": {"format": "GIF"},
    "webp": {"format": "WEBP", "quality": 90, "method": 3},
}
JPEG_MODES, OTHER_MODES = ("RGB", "L", "CMYK"), ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")


def redrawn(name: str, content: bytes, kind: str) -> bytes:
    """The picture without place, time, maker, preview or anything else said beside the dots; turned as it was meant.

    Raises Unfit where it cannot be read or has too many dots.
    """
    try:
        with warnings.catch_warnings():
            # Our own limit is checked before a dot is read; the library's warning is for who does not check.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS[kind]) as picture:
                return _drawn(name, picture, kind)
    except Image.DecompressionBombError:
        raise Unfit(no("pixels", name)) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, KeyError, OverflowError) as error:
        # A damaged picture makes the readers fail in each of these ways.
        raise error if isinstance(error, Unfit) else Unfit(no("broken", name)) from None


def _drawn(name: str, picture: Any, kind: str) -> bytes:
    count = getattr(picture, "n_frames", 1) if kind != "jpeg" else 1  # a JPEG's further pictures are previews
    dots = picture.width * picture.height
    if dots > PIXELS_MOST or count > PICTURES_MOST or (count > 1 and dots * count > MOVING_PIXELS_MOST):
        raise Unfit(no("pixels", name))
    profile = picture.info.get("icc_profile")
    colours = {"icc_profile": profile} if profile and len(profile) <= PROFILE_MOST else {}
    out = io.BytesIO()
    if count > 1:
        _moving(picture, out, kind, colours)
    else:
        picture.load()
        # In place: a large picture is there once, not three times.
        ImageOps.exif_transpose(picture, in_place=True)
        still = _bare(picture, kind)
        still.save(out, **SAVED[kind], **colours)
    return out.getvalue()


def _bare(picture: Any, kind: str) -> Any:
    """The dots alone, in a mode the format can say."""
    seen = picture.info.get("transparency")
    modes = JPEG_MODES if kind == "jpeg" else OTHER_MODES
    bare = picture if picture.mode in modes else picture.convert("RGB" if kind == "jpeg" else "RGBA")
    bare.info = {} if seen is None or kind == "jpeg" or bare is not picture else {"transparency": seen}
    return bare


def _moving(picture: Any, out: io.BytesIO, kind: str, colours: dict[str, bytes]) -> None:
    times: list[int] = []

    def frames() -> Iterator[Any]:
        for frame in ImageSequence.Iterator(picture):
            times.append(int(frame.info.get("duration", 100)) or 100)
            copy = frame.convert("RGBA")
            copy.info = {}
            yield copy

    first, *rest = list(frames())
    more = {"save_all": True, "append_images": rest, "duration": times, "loop": int(picture.info.get("loop", 0))}
    if kind == "gif":
        more |= {"disposal": 2}
    first.save(out, **SAVED[kind], **more, **(colours if kind != "gif" else {}))
