"""One bar below the other, each beginning where the one above ends: how parts add up to a whole."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString

from portal.charts import HALF, LETTER, num, percent, picture

LEFT, GAP = 4.0, 46


def waterfall(
    rows: Sequence[tuple[str, float, str]], *, key: str, title: str, desc: str, width: int = HALF
) -> SafeString:
    """A picture of (label, size, size in words); the sizes are parts of one whole, none below 0."""
    whole = sum(size for _, size, _ in rows) or 1
    room, x, parts = width - 2 * LEFT, LEFT, []
    for number, (label, size, words) in enumerate(rows):
        y, long = number * GAP + 16, room * size / whole
        said = f"{words} · {percent(size / whole)}"
        parts.append(format_html('<text x="{}" y="{}">{}</text>', num(LEFT), y, label))
        parts.append(
            format_html('<text class="strong" x="{}" y="{}" text-anchor="end">{}</text>', num(width - LEFT), y, said)
            if (len(label) + len(said) + 2) * LETTER < room
            else format_html('<text class="soft" x="{}" y="{}" text-anchor="end">{}</text>', num(width - LEFT), y, percent(size / whole))
        )  # fmt: skip
        parts.append(format_html('<path class="grid" d="M{} {}H{}"/>', num(LEFT), y + 15, num(width - LEFT)))
        if size:
            parts.append(
                format_html(
                    '<rect class="fill s1" x="{}" y="{}" width="{}" height="18"/>', num(x), y + 6, num(max(long, 1))
                )
            )
        x += long
    return picture(width, GAP * len(rows) + 4, key=key, title=title, desc=desc, parts=parts)
