"""Files for tests: sound ones of each kind, and those that pretend to be."""

from __future__ import annotations

import io
import zipfile

from PIL import Image

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
ODT = "application/vnd.oasis.opendocument.text"


def picture(form: str = "PNG", mode: str = "RGB", size: tuple[int, int] = (60, 40), **more: object) -> bytes:
    """One picture, half of it dark, so that turning it shows."""
    drawn = Image.new("RGB", size, "white")
    drawn.paste("navy", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    drawn.convert(mode).save(out, form, **more)
    return out.getvalue()


def located(form: str = "JPEG") -> bytes:
    """A photo with the place it was taken at, its maker, and a note that it lies on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Secret Camera", 6
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    return picture(form, exif=exif, comment=b"my home") if form == "JPEG" else picture(form, exif=exif)


def moving(form: str, number: int = 5, size: tuple[int, int] = (30, 30)) -> bytes:
    frames = [Image.new("RGB", size, (n * 255 // number, 90, 0)) for n in range(number)]
    out = io.BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=80)
    return out.getvalue()


def pdf(more: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog " + more + b">>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def archive(parts: dict[str, bytes | str], *, stored: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def word(main: str = WORD, **parts: bytes | str) -> bytes:
    """A Word file with `parts` besides (slashes written as two underscores)."""
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    named = {name.replace("__", "/"): content for name, content in parts.items()}
    return archive({"[Content_Types].xml": types, "word/document.xml": "<document/>"} | named)


def open_text(**parts: bytes | str) -> bytes:
    return archive({"mimetype": ODT, "content.xml": "<text/>"} | {k.replace("__", "/"): v for k, v in parts.items()})


def locked_zip() -> bytes:
    """An archive whose entries say that they are encrypted."""
    whole = bytearray(word())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = whole.find(mark)
        while start >= 0:
            whole[start + offset] |= 1
            start = whole.find(mark, start + 4)
    return bytes(whole)
