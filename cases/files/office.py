"""Looks into the files of office programs, which are archives: which kind, no programs inside, no bomb."""

from __future__ import annotations

import html
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
#: Links that a program follows when it opens the file, of those that lead out of it.
OUTSIDE = re.compile(r"targetmode\s*=\s*[\"']\s*external")
FOLLOWED = re.compile(r"/(attachedtemplate|oleobject|frame|subdocument)\s*[\"']")


class Room:
    """What a file and all that is in it may take up together, so that files inside do not begin to count anew."""

    def __init__(self) -> None:
        self.parts, self.unpacked = ENTRIES_MOST, UNPACKED_MOST

    def take(self, entries: list[zipfile.ZipInfo]) -> bool:
        """Whether these parts still fit."""
        self.parts -= len(entries)
        self.unpacked -= sum(entry.file_size for entry in entries)
        return self.parts >= 0 and self.unpacked >= 0


def looked_into(name: str, content: bytes, *, within: Room | None = None) -> str:
    """The kind of an office file: a key of KINDS. Raises Unfit for other archives and for what may harm.

    `within`: it is itself part of one, shares the room that one has left, and may hold no further one.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _kind_of(name, archive, within or Room(), inside=within is not None)
    except Unfit:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, RuntimeError, NotImplementedError):
        raise Unfit(no("broken", name)) from None


def _kind_of(name: str, archive: zipfile.ZipFile, room: Room, *, inside: bool) -> str:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unfit(no("password", name))
    kind = _by_mimetype(archive, names) or _by_content_types(name, archive, names)
    if not kind:
        raise Unfit(no("archive", name))
    if _is_locked(archive, names):
        raise Unfit(no("password", name))
    if not room.take(entries) or len(names) < len(entries):
        raise Unfit(no("unpacked", name))
    for entry in entries:
        _part(name, archive, entry, room, inside=inside)
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


def _part(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: Room, *, inside: bool) -> None:
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
        looked_into(name, _read(archive, path), within=room)
        return
    if last == "rels" and entry.file_size > PART_MOST:
        raise Unfit(no("active", name))  # what is not read to its end could lead anywhere
    with archive.open(entry) as file:
        if last == "rels" and _opens_by_itself(file.read(PART_MOST)):
            raise Unfit(no("active", name))
        while file.read(CHUNK):
            pass


def _opens_by_itself(links: bytes) -> bool:
    """Whether a program that opens the file follows one of its links to somewhere else.

    Read tag by tag, each once: a text of nothing but beginnings of tags takes no longer than any other.
    """
    if links[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in links:
        return True  # the programs write UTF-8; another code would hide what stands here
    for tag in links.decode("utf-8", "replace").split("<"):
        said = html.unescape(tag).lower()
        if "relationship" in said and OUTSIDE.search(said) and FOLLOWED.search(said):
            return True
    return False
