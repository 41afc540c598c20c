"""Catalogues of translations: what the customer files say, what a catalogue says of it, and the compiled form.

All of it in Python: Django brings no compiler and `msgfmt` is not everywhere, while the format is small and settled.
Only taking new sentences into the catalogues (`manage.py messages`) asks for GNU gettext.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
#: Rooms only staff come to: their words stay English.
STAFF_ONLY = (
    "templates/console/",
    "templates/insights/",
    "templates/admin/",
    "templates/pages/insights.html",
    "templates/styleguide.html",
    "portal/console/",
    "portal/insights/",
    "portal/management/",
    "portal/demo/",
    "portal/history/",
)
ROOMS = ("cases", "escalation", "feedback", "portal", "templates")
#: What marks a sentence, and which of its arguments are context (c), singular (s) and plural (p).
MARKS = {
    "_": "s", "_lazy": "s", "gettext": "s", "gettext_lazy": "s", "gettext_noop": "s",
    "ngettext": "sp", "ngettext_lazy": "sp",
    "pgettext": "cs", "pgettext_lazy": "cs",
    "npgettext": "csp", "npgettext_lazy": "csp",
}  # fmt: skip
LITERAL = r"""[uU]?((?:'(?:[^'\\]|\\.)*')|(?:"(?:[^"\\]|\\.)*"))"""
IN_TEMPLATE = re.compile(rf"\b(_|n?p?gettext)\(\s*{LITERAL}(?:\s*,\s*{LITERAL})?(?:\s*,\s*{LITERAL})?", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%")
GLUE = "\4"  # between context and sentence, as in a compiled catalogue


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to translate; `plural` where there is a number in it."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> str:
        return f"{self.context}{GLUE}{self.text}" if self.context else self.text


@dataclass(slots=True)
class Entry:
    """What a catalogue says of one sentence."""

    sentence: Sentence
    said: list[str] = field(default_factory=list)
    fuzzy: bool = False


def customer_files() -> list[Path]:
    """Every file whose words a customer may read."""
    found = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*")))
    return [path for path in found if path.suffix in (".py", ".html", ".txt") and not _is_staffs(path)]


def _is_staffs(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return name.startswith(STAFF_ONLY) or "/migrations/" in name


def sentences() -> dict[str, Sentence]:
    """Every marked sentence of the customer files, by its key."""
    found: dict[str, Sentence] = {}
    for path in customer_files():
        text = path.read_text(encoding="utf-8")
        for one in in_python(text) if path.suffix == ".py" else in_template(text):
            # With and without a plural it is one row of the catalogue; the plural is what must be translated.
            if one.key not in found or one.plural:
                found[one.key] = one
    return found


def in_python(text: str) -> Iterator[Sentence]:
    """The marked sentences of a module."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        parts = MARKS.get(name, "")
        words = [_constant(argument) for argument in node.args[: len(parts)]]
        if parts and len(words) == len(parts) and all(words):
            yield _sentence(parts, [str(word) for word in words])


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_template(text: str) -> Iterator[Sentence]:
    """The marked sentences of a template, as Django's own extraction reads it."""
    for found in IN_TEMPLATE.finditer(templatize(text)):
        name, *literals = found.groups()
        parts = MARKS[name]
        words = [ast.literal_eval(literal) for literal in literals[: len(parts)] if literal]
        if len(words) == len(parts) and words[-1]:
            yield _sentence(parts, words)


def _sentence(parts: str, words: list[str]) -> Sentence:
    named = dict(zip(parts, words, strict=True))
    return Sentence(named["s"], named.get("p", ""), named.get("c", ""))


# --- Reading a catalogue


def read(text: str) -> tuple[dict[str, Entry], str]:
    """The entries of a .po file by key, and its header; what is obsolete (`#~`) is left out."""
    entries: dict[str, Entry] = {}
    for block in re.split(r"\n\s*\n", text):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        parts = _strings([line for line in lines if not line.startswith("#")])
        if "msgid" not in parts:
            continue
        said = [words for name, words in sorted(parts.items()) if name.startswith("msgstr")]
        flags = " ".join(line for line in lines if line.startswith("#,"))
        one = Sentence(parts["msgid"], parts.get("msgid_plural", ""), parts.get("msgctxt", ""))
        entries[one.key] = Entry(one, said, "fuzzy" in flags)
    header = entries.pop("", None)
    return entries, header.said[0] if header else ""


def _strings(lines: list[str]) -> dict[str, str]:
    """What stands behind each keyword of one entry, lines put together."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        keyword, _, rest = line.strip().partition(" ") if not line.startswith('"') else (name, "", line)
        name = keyword or name
        if rest.strip().startswith('"'):
            found[name] = found.get(name, "") + ast.literal_eval(rest.strip())
    return found


def forms_of(header: str) -> int:
    """How many plural forms a catalogue's language has; 1 where its header does not say."""
    found = re.search(r"nplurals\s*=\s*(\d+)", header)
    return int(found[1]) if found else 1


# --- Checking


def faults(wanted: dict[str, Sentence], text: str) -> list[str]:
    """What is wrong with a .po file that ought to say all that is `wanted`, in sentences; nothing when it is sound."""
    entries, header = read(text)
    found = [] if re.search(r"charset=UTF-8", header, re.I) else ["The header does not say charset=UTF-8."]
    for key, sentence in sorted(wanted.items()):
        entry = entries.get(key)
        found += [f"Missing: {_shown(sentence)}"] if entry is None else _faults_of(entry, sentence, forms_of(header))
    return found


def _faults_of(entry: Entry, sentence: Sentence, forms: int) -> Iterator[str]:
    shown = _shown(sentence)
    if entry.fuzzy:
        yield f"Fuzzy: {shown}"
    if bool(entry.sentence.plural) != bool(sentence.plural):
        yield f"Plural here and not there: {shown}"
    elif len(entry.said) != (forms if sentence.plural else 1):
        yield f"Wants {forms if sentence.plural else 1} forms, has {len(entry.said)}: {shown}"
    if not all(words.strip() or not sentence.text.strip(" ,;") for words in entry.said):
        yield f"Not translated: {shown}"
        return
    whole = set(PLACEHOLDER.findall(sentence.text)) | set(PLACEHOLDER.findall(sentence.plural))
    for words in entry.said:
        has = set(PLACEHOLDER.findall(words))
        # "In one hour" may leave the number out; nothing may stand in a sentence that nobody fills.
        missing = {} if sentence.plural else whole - has
        if has - whole or missing:
            yield f"Placeholders differ ({', '.join(sorted((has - whole) | set(missing)))}): {shown}"


def _shown(sentence: Sentence) -> str:
    return f"“{sentence.text}”" + (f" ({sentence.context})" if sentence.context else "")


# --- Compiling


def compiled(text: str) -> bytes:
    """The .mo of a .po: what is fuzzy or not translated is left out, as GNU's compiler does."""
    entries, header = read(text)
    rows = {"": header}
    for entry in entries.values():
        if entry.said and all(entry.said) and not entry.fuzzy:
            one = entry.sentence
            key = f"{one.key}\0{one.plural}" if one.plural else one.key
            rows[key] = "\0".join(entry.said)
    return packed(rows)


def packed(rows: dict[str, str]) -> bytes:
    """Sentences and translations in the machine form of GNU gettext, little endian, without a hash table."""
    pairs = sorted((key.encode(), words.encode()) for key, words in rows.items())
    start = 7 * 4 + len(pairs) * 16
    keys, words, at = b"", b"", []
    for key, said in pairs:
        at.append((len(key), len(keys), len(said), len(words)))
        keys, words = keys + key + b"\0", words + said + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + len(pairs) * 8, 0, start)
    first = b"".join(struct.pack("<2I", size, start + place) for size, place, _, _ in at)
    second = b"".join(struct.pack("<2I", size, start + len(keys) + place) for _, _, size, place in at)
    return head + first + second + keys + words


def catalogues(folder: Path = ROOT / "portal" / "locale") -> dict[str, Path]:
    """The .po file of each language that has one, by the language's code as Django spells locales ('pt_BR')."""
    return {path.parts[-3]: path for path in sorted(folder.glob("*/LC_MESSAGES/django.po"))}
