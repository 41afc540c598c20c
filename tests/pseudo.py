"""A language nobody speaks: every sentence of the customer files in ⟦brackets⟧, with accents and longer; and what a page says outside of them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from django.conf import settings

from cases.models import Attachment, Case, Category, Message, Product, Team, User
from escalation.models import ProtocolVersion
from feedback.models import Alternative, ArticleRevision, FollowUp, KnownProblem, LowScore, ProblemUpdate
from portal.catalogues import Sentence, packed, sentences

#: The made-up language, written from left to right; Arabic's code is used for one from right to left.
CODE, RIGHT_TO_LEFT = "en-xa", "ar"
OPEN, CLOSE = "⟦", "⟧"
#: What must stand as it is in a sentence: placeholders, tags, entities.
KEPT = re.compile(r"(<[^>]+>|%\(\w+\)[sd]|\{\w*\}|&\w+;|%%)")
ACCENTS = str.maketrans("aceilnosuyAEIOU", "áçéïľñôšüýÁÉÍÓÚ")
DAYS = "Mon Tue Wed Thu Fri Sat Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
MONTHS = "January February March Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
#: Names that are the same in every language, and what stands in addresses and examples.
NAMES = ("English", "Deutsch", "Türkçe", "العربيّة", "PDF", "UTC", "London", "WCAG", "MP")
SHOWN_BY = ("aria-label", "alt", "title", "placeholder", "data-label")


def made_up(text: str) -> str:
    """The sentence as the made-up language has it; spaces around it stay where they are, and so does what has no letter."""
    core = text.strip()
    if not re.search(r"[A-Za-z]", core):
        return text
    parts = KEPT.split(core)
    words = "".join(part if place % 2 else part.translate(ACCENTS) for place, part in enumerate(parts))
    return text.replace(core, f"{OPEN}{words}{'~' * (len(core) * 2 // 5)}{CLOSE}")


def write_catalogue(folder: Path, code: str, *, forms: int = 2) -> None:
    """Compiles the made-up catalogue for a language's code below `folder`."""
    header = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    rows = {"": header} | {_key(one): _said(one) for one in sentences().values()}
    base, _, region = code.partition("-")
    place = folder / (f"{base}_{region.upper()}" if region else base) / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "django.mo").write_bytes(packed(rows))


def _key(one: Sentence) -> str:
    return f"{one.key}\0{one.plural}" if one.plural else one.key


def _said(one: Sentence) -> str:
    return f"{made_up(one.text)}\0{made_up(one.plural)}" if one.plural else made_up(one.text)


def users_own() -> list[str]:
    """Every word of the database that people wrote, and of the settings: longest first."""
    found = [str(value) for value in settings.BRAND.values()] + list(NAMES)
    for model, fields in (
        (Category, ("name", "example")), (Product, ("name",)), (Team, ("name", "hours", "phone")),
        (User, ("name", "email", "phone")), (Message, ("text",)),
        (Case, ("title", "description", "expectation", "reference", "protocol")),
        (KnownProblem, ("title",)), (ProblemUpdate, ("impact", "doing")),
        (ArticleRevision, ("title", "answer")), (Attachment, ("name", "description")),
        (LowScore, ("words",)), (FollowUp, ("words",)), (Alternative, ("text",)),
    ):  # fmt: skip
        for row in model._base_manager.values_list(*fields):
            # A page may show what was written in parts.
            found += [line for value in row for line in (str(value), *str(value).splitlines())]
    found += [part for user in User.objects.all() for part in (user.first_name, user.initials)]
    for body in ArticleRevision._base_manager.values_list("body", flat=True):
        found += [re.sub(r"^(#+|\d+\.|[-*]) ", "", row) for row in body.replace("**", "").splitlines()]
    for document in ProtocolVersion.objects.values_list("document", flat=True):
        found += [document["name"], document.get("currency", "")]
        found += [tier.get(name, "") for tier in document["tiers"] for name in ("name", "may", "contact")]
    found += [*DAYS.split(), *MONTHS.split()]
    return sorted({word.strip() for word in found if word and word.strip()}, key=len, reverse=True)


def outside(text: str, own: list[str]) -> list[str]:
    """What stands outside the brackets in a text, without what people wrote, numbers and addresses."""
    depth, kept = 0, []
    for sign in text:
        depth += {OPEN: 1, CLOSE: -1}.get(sign, 0)
        kept.append(sign if depth == 0 and sign != CLOSE else "\n" if kept and kept[-1] != "\n" else "")
    rest = re.sub(r"https?://\S+|/\?score=\d|\S+@\S+|\[?MP-[\w-]+\]?|milepost_\w+|\d+\xa0bytes", "", "".join(kept))
    for word in own:
        rest = rest.replace(word, "\n")
    return [piece.strip() for piece in rest.splitlines() if re.search(r"[A-Za-z]{2}", piece)]


class Visible(HTMLParser):
    """The words of a page as one text, and those of its attributes; `skip` names classes of parts that are left out."""

    NEVER_CLOSED = frozenset(["meta", "link", "input", "br", "img", "hr", "rect", "path", "use"])

    def __init__(self, skip: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.skip, self.hidden, self.words, self.attributes = set(skip), 0, [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        classes = set((named.get("class") or "").split()) | {tag}
        if tag not in self.NEVER_CLOSED and (self.hidden or classes & (self.skip | {"script", "style"})):
            self.hidden += 1
        if not self.hidden:
            self.attributes += [value for name, value in attrs if name in SHOWN_BY and value]

    def handle_endtag(self, tag):
        if self.hidden and tag not in self.NEVER_CLOSED:
            self.hidden -= 1

    def handle_data(self, data):
        if not self.hidden:
            self.words.append(data)


def leaks(page: str, own: list[str], skip: tuple[str, ...] = ()) -> list[str]:
    """Words of a page that no catalogue could change and nobody wrote."""
    reader = Visible(skip)
    reader.feed(page)
    said = ["".join(reader.words), *reader.attributes]
    return [piece for text in said for piece in outside(text, own)]


def plain_words(template: str) -> list[str]:
    """What a template says itself, outside of marks: in its text, its attributes and the labels it hands on."""
    said = re.sub(r"(?s){% comment %}.*?{% endcomment %}|{% blocktranslate.*?{% endblocktranslate %}", "", template)
    handed = re.findall(r"""(?:label|line|submit|heading)=["']([A-Z][^"']*)["']""", said)
    said = re.sub(r"(?s){%.*?%}|{{.*?}}|{#.*?#}|<(script|style).*?</\1>", "\n", said)
    shown = re.findall(r"""(?:aria-label|placeholder|title|alt|data-[a-z]+)="([A-Z][^"]*)\"""", said)
    words = [row.strip() for row in re.sub(r"<[^>]*>|&\w+;", "\n", said).splitlines()]
    return [word for word in (*words, *handed, *shown) if re.search(r"[A-Za-z]{2}", word)]
