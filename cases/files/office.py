"""Looks into the files of office programs, which are archives: which kind, no programs inside, no bomb."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from cases.files.names import Unfit, ending, no

ENTRIES_MOST = 3000
UNPACKED_MOST = 150 * 1024 * 1024  # bytes of all parts together
PART_MOST = 4 * 1024 * 1024  # bytes read of a part that is looked into
CHUNK = 64 * 1024
MAIN = {
    b"wordprocessingml.document.main+xml": "docx",
    b"spreadsheetml.sheet.main+xml": "xlsx",
    b"presentationml.presentation.main+xml": "pptx",
}
OPEN = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
#: Parts an office file may hold; anything else in it is refused, be it what it may.
PARTS = {
    "xml", "rels", "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "emf", "wmf", "wdp", "svg", "vml", "fntdata", "odttf", "ttf",
    "rdf", "txt", "mp4", "mp3", "wav", "m4a", "json", "psmdcp", "thmx", "xlsx", "docx", "pptx", "",
}  # fmt: skip
EMBEDDED = ("xlsx", "docx", "pptx")  # a chart brings the table it was made from
MACROS = re.compile(r"(?i)(vbaproject|vbadata|macrosheets/|activex/|(^|/)(basic|scripts)/)")
#: Links that a program follows when it opens the file.
OPENS_BY_ITSELF = re.compile(
    rb"""(?is)<[^>]*relationship\b(?=[^>]*targetmode\s*=\s*["']external)(?=[^>]*/(attachedtemplate|oleobject|frame|subdocument)["'])"""
)


def looked_into(name: str, content: bytes, *, inside: bool = False) -> str:
    """The kind of an office file: a key of KINDS. Raises Unfit for other archives and for what may harm.

    `inside`: it is itself part of one, and may hold no further one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _kind_of(name, archive, inside)
    except Unfit:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError, NotImplementedError):
        raise Unfit(no("broken", name)) from None


def _kind_of(name: str, archive: zipfile.ZipFile, inside: bool) -> str:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unfit(no("password", name))
    kind = _by_mimetype(archive, names) or _by_content_types(name, archive, names)
    if not kind:
        raise Unfit(no("archive", name))
    if _is_locked(archive, names):
        raise Unfit(no("password", name))
    if len(entries) > ENTRIES_MOST or len(names) < len(entries) or sum(e.file_size for e in entries) > UNPACKED_MOST:
        raise Unfit(no("unpacked", name))
    for entry in entries:
        _part(name, archive, entry, inside)
    return kind


def _by_mimetype(archive: zipfile.ZipFile, names: set[str]) -> str:
    return OPEN.get(_read(archive, "mimetype").strip(), "") if "mimetype" in names else ""


def _by_content_types(name: str, archive: zipfile.ZipFile, names: set[str]) -> str:
    if "[Content_Types].xml" not in names:
        return ""
    said = _read(archive, "[Content_Types].xml")
    if b"macroenabled" in said.lower() or b"vbaproject" in said.lower():
        raise Unfit(no("macro", name))
    return next((kind for mark, kind in MAIN.items() if mark in said), "")


def _is_locked(archive: zipfile.ZipFile, names: set[str]) -> bool:
    manifest = "META-INF/manifest.xml"
    return manifest in names and b"encryption-data" in _read(archive, manifest)


def _read(archive: zipfile.ZipFile, part: str) -> bytes:
    with archive.open(part) as file:
        return file.read(PART_MOST)


def _part(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, inside: bool) -> None:
    """One part: its name, and its bytes to the end, so that what is said of its size is true."""
    path = entry.filename
    last = ending(path.rpartition("/")[2])
    if MACROS.search(path):
        raise Unfit(no("macro", name))
    if path.startswith("/") or "\\" in path or ".." in path.split("/"):
        raise Unfit(no("broken", name))
    if last not in PARTS and not (last == "bin" and "printersettings" in path.lower()):
        raise Unfit(no("active", name))
    if last in EMBEDDED:
        if inside or entry.file_size > PART_MOST:
            raise Unfit(no("active", name))
        looked_into(name, _read(archive, path), inside=True)
        return
    with archive.open(entry) as file:
        start = file.read(PART_MOST) if last == "rels" else b""
        if OPENS_BY_ITSELF.search(start):
            raise Unfit(no("active", name))
        while file.read(CHUNK):
            pass
