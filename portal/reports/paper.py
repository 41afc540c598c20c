"""A report as a PDF: A4, its own letters inside, right to left where the language is, without a program beside us."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.prefs import ViewerPreferences

from portal.reports.shape import PARTS, Line, Report
from portal.templatetags.times import when_words, zone_words

FONTS = Path(__file__).parent / "fonts"
MARGIN, WIDTH = 18.0, 210.0 - 2 * 18.0  # mm
TIMES = 46.0  # mm: the column of times
INK, SOFT, RULE = (20, 24, 31), (84, 92, 105), (205, 210, 218)
BODY, SMALL = 9.5, 8.5  # pt
#: What stands for a letter we have no drawing of.
UNKNOWN = "\ufffd"
#: A word with the space after it, or space alone.
PIECES = re.compile(r"\S+\s*|\s+")
#: Letters that join, stack or run the other way, and the marks that say which way.
SHAPED = re.compile("[\u0300-\u036f\u0590-\u1cff\u200e\u200f\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]")


class Sheet(FPDF):
    """A page with a foot, and the letters of four alphabets."""

    def __init__(self, foot: str) -> None:
        super().__init__(format="A4")
        self.foot, self.is_rtl, self.missing = foot, get_language_bidi(), 0
        for family, file in (("text", "NotoSans"), ("arabic", "IBMPlexSansArabic")):
            self.add_font(family, "", FONTS / f"{file}-Regular.ttf")
            self.add_font(family, "B", FONTS / f"{file}-Bold.ttf")
        self.set_fallback_fonts(["arabic"], exact_match=False)
        fonts: Any = self.fonts
        self.known = frozenset(fonts["text"].cmap) | frozenset(fonts["arabic"].cmap)
        self.widths: dict[str, dict[str, float]] = defaultdict(dict)  # of letters by style, in sizes of the letters
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(True, 20)

    def footer(self) -> None:
        self.set_y(-14)
        self.letters(SMALL, SOFT)
        self.say(f"{self.foot} · {self.page_no()}", WIDTH, MARGIN)

    def letters(self, size: float, colour: tuple[int, int, int] = INK, *, bold: bool = False) -> None:
        self.set_font("text", "B" if bold else "", size)
        self.set_text_color(*colour)

    def say(self, words: str, width: float, x: float) -> None:
        """Words in the column at `x`, as many lines as they take, on the side where reading begins."""
        clean, high, side = self.drawable(words), self.font_size * 1.45, "R" if self.is_rtl else "L"
        if SHAPED.search(clean):
            self.set_text_shaping(True)
            self.set_x(x)
            self.multi_cell(width, high, clean, align=side, new_x="LMARGIN", new_y="NEXT")
            self.set_text_shaping(False)
            return
        # Letters that stand side by side need no shaping; fpdf2 took half of a long file's time for breaking their lines.
        for line in self.broken(clean, width - 2 * self.c_margin):
            self.set_x(x)
            self.cell(width, high, line, align=side, new_x="LMARGIN", new_y="NEXT")

    def broken(self, words: str, width: float) -> Iterator[str]:
        """The words in lines of at most `width` mm; a word that is longer than a line is cut."""
        for paragraph in words.replace("\t", " ").splitlines() or [""]:
            line, so_far = "", 0.0
            for piece in PIECES.findall(paragraph):
                takes = self.wide(piece)
                if line and so_far + self.wide(piece.rstrip()) > width:
                    yield line.rstrip()
                    line, so_far = "", 0.0
                while takes > width and len(piece) > 1:
                    fits = next((n for n in range(1, len(piece)) if self.wide(piece[: n + 1]) > width), len(piece))
                    if fits == len(piece):
                        break
                    yield piece[:fits]
                    piece, takes = piece[fits:], self.wide(piece[fits:])
                line, so_far = line + piece, so_far + takes
            yield line.rstrip()

    def wide(self, words: str) -> float:
        """How wide unshaped words are in the letters that are set, in mm."""
        known = self.widths[self.font_style]
        for letter in set(words) - known.keys():
            known[letter] = self.get_string_width(letter) / self.font_size
        return sum(known[letter] for letter in words) * self.font_size

    def drawable(self, words: str) -> str:
        """The words with a mark for each letter that cannot be drawn; how many those were is kept."""
        lost = sum(ord(one) not in self.known for one in words if one > " ")
        self.missing += lost
        return "".join(one if one <= " " or ord(one) in self.known else UNKNOWN for one in words) if lost else words

    def row(self, left: str, parts: Iterable[tuple[str, bool]]) -> None:
        """A line of the report: a time or a label beside words, each bold or not. It does not begin at a page's end."""
        if self.will_page_break(12):
            self.add_page()
        near, far = (MARGIN + WIDTH - TIMES, MARGIN) if self.is_rtl else (MARGIN, MARGIN + TIMES)
        top, page = self.get_y(), self.page
        self.letters(SMALL, SOFT)
        self.say(left, TIMES - 3, near + (3 if self.is_rtl else 0))
        below = self.get_y()
        if self.page == page:
            self.set_y(top)
        for words, bold in parts:
            self.letters(BODY, bold=bold)
            self.say(words, WIDTH - TIMES, far)
        if self.page == page:
            self.set_y(max(self.get_y(), below))
        self.ln(1.2)

    def heading(self, words: str, level: int) -> None:
        if self.will_page_break(26):
            self.add_page()
        self.ln(3)
        self.letters(16 if level == 0 else 11.5, bold=True)
        self.start_section(self.drawable(words), level=level)
        self.say(words, WIDTH, MARGIN)
        self.set_draw_color(*RULE)
        self.line(MARGIN, self.get_y() + 0.6, MARGIN + WIDTH, self.get_y() + 0.6)
        self.ln(2)


def pdf_of(
    reports: Iterable[Report], *, title: str, about: Iterable[tuple[str, str]], zone: str, at: datetime
) -> bytes:
    """The file: its title, what it is made from (`about`: labels and values), and each report on a page of its own."""
    sheet = Sheet(title)
    sheet.set_title(title)
    sheet.set_lang(get_language() or "en")
    sheet.set_creation_date(at)
    sheet.viewer_preferences = ViewerPreferences(display_doc_title=True)
    sheet.add_page()
    sheet.letters(18, bold=True)
    sheet.say(title, WIDTH, MARGIN)
    sheet.ln(2)
    for label, value in about:
        sheet.row(label, [(value, False)])
    sheet.row(_("Times"), [(zone_words(zone), False)])
    for number, report in enumerate(reports):
        if number:
            sheet.add_page()
        _case(sheet, report, zone)
    if sheet.missing:
        sheet.ln(4)
        sheet.letters(SMALL, SOFT)
        lost = _("%(mark)s stands for a letter this file cannot draw (%(n)d of them). The table has every letter.")
        sheet.say(lost % {"mark": UNKNOWN, "n": sheet.missing}, WIDTH, MARGIN)
    return bytes(sheet.output())


def _case(sheet: Sheet, report: Report, zone: str) -> None:
    sheet.heading(report.title, 0)
    for label, value in report.facts:
        sheet.row(label, [(value, False)])
    for part, heading in PARTS.items():
        lines = report.of(part)
        if lines:
            sheet.heading(str(heading), 1)
        for line in lines:
            sheet.row(_times(line, zone), _words(line, zone))


def _times(line: Line, zone: str) -> str:
    """'Fri 21 Nov 2026, 16:00', with a second line for the end."""
    start, end = (when_words(one, zone=zone, style="plain") if one else "" for one in (line.at, line.until))
    return f"{start}\n– {end}" if end else start


def _words(line: Line, zone: str) -> list[tuple[str, bool]]:
    what = f"{line.number}. {line.what}" if line.part == "milestones" else line.what
    said = [(f"{what} · {line.who}" if line.who else what, True)]
    if line.promised:
        due = _("Promised by %(due)s") % {"due": when_words(line.promised, zone=zone, style="plain")}
        said.append((f"{due}: {line.kept}" if line.kept else due, False))
    elif line.kept:
        said.append((line.kept, False))
    return [*said, (line.text, False)] if line.text else said
