"""What chance alone does to a weekly line: its limits in the picture and in the table beside it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from feedback.intervals import Share
from feedback.unusual import IN_A_ROW, limits, odd
from portal.charts import Area, diamond, joined, num, percent

HEAD = "Limits of chance"
SAID = (
    "By chance alone a week lies between the dashed lines, around the middle of all weeks. "
    f"A diamond is an unusual week: outside, or one of {IN_A_ROW} or more in a row on one side."
)


@dataclass(frozen=True, slots=True)
class Chance:
    """The middle, between which limits each week lies by chance (None: it has none), and which weeks are unusual, by number."""

    middle: float
    limits: Sequence[tuple[float, float] | None]
    odd: Collection[int]

    @property
    def highest(self) -> float:
        return max((one[1] for one in self.limits if one), default=0.0)

    def words(self, number: int) -> str:
        """'62% to 97%', of an unusual week '62% to 97%: unusual'; empty where it has none."""
        ends = self.limits[number]
        if ends is None:
            return ""
        return f"{percent(ends[0])} to {percent(ends[1])}{': unusual' if number in self.odd else ''}"

    def drawn(self, places: Sequence[float], area: Area) -> SafeString:
        """The middle as a thin line, the limits as dashed stairs, for they hang on how many a week has; above them what is what."""
        half = (places[1] - places[0]) / 2
        parts = [_level("middle", area.left, area.right, area.y(self.middle))]
        for end in (0, 1):
            stairs, last = "", None
            for number, (x, ends) in enumerate(zip(places, self.limits, strict=True)):
                if ends is not None:
                    level = num(area.y(min(ends[end], area.top)))
                    stairs += f"{f'V{level}' if last == number - 1 else f'M{num(x - half)} {level}'}H{num(x + half)}"
                    last = number
            parts.append(format_html('<path class="limit" d="{}"/>', stairs))
        left, y = area.left, area.high - 18
        parts += [_level("limit", left, left + 20, y - 5), _said(left + 26, y, "limits")]
        parts += [_level("middle", left + 94, left + 114, y - 5), _said(left + 120, y, "middle")]
        if self.odd:
            parts += [diamond(left + 200, y - 5), _said(left + 214, y, "unusual")]
        return joined(parts)


def _level(kind: str, start: float, end: float, y: float) -> SafeString:
    return format_html('<path class="{}" d="M{} {}H{}"/>', kind, num(start), num(y), num(end))


def _said(x: float, y: float, words: str) -> SafeString:
    return format_html('<text class="key" x="{}" y="{}">{}</text>', num(x), num(y), words)


def chance_of(shares: Sequence[Share]) -> Chance | None:
    """Of the weeks that may be shown; None where they are too few to compare, or none or all of what was counted is a hit."""
    whole, shown = sum(shares, Share()), [number for number, share in enumerate(shares) if share.shown]
    if not whole.shown or len(shown) < 2 or not 0 < whole.hits < whole.n:
        return None
    found = odd([shares[number] for number in shown], whole)
    return Chance(whole.hits / whole.n, [_ends(share, whole) for share in shares], {shown[number] for number in found})


def _ends(share: Share, whole: Share) -> tuple[float, float] | None:
    found = limits(share.n, whole) if share.shown else None
    return (found[0] / share.n, found[1] / share.n) if found else None


def drawn_with(chance: Chance | None) -> dict[str, object]:
    """What `charts.line` takes of it."""
    return {"under": chance.drawn, "odd": chance.odd} if chance else {}


def limit_words(chance: Chance | None, number: int) -> str:
    return chance.words(number) if chance else ""
