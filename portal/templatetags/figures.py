"""What tables of figures take: their cells, the bar below a share, and the address of a file made for spreadsheet programs."""

from collections.abc import Iterable

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from portal.insights.closing import WITH_MARK
from portal.insights.tables import Cell

register = template.Library()
WIDTH = 60
NOTHING = SafeString("")


@register.simple_tag
def bar(value: float | None) -> SafeString:
    """A level bar as long as `value` of its track; nothing for None. The number beside it says the same, for readers of words."""
    if value is None:
        return NOTHING
    return format_html(
        '<svg class="cell-bar" viewBox="0 0 {w} 6" aria-hidden="true"><rect class="track" width="{w}" height="6"/>'
        '<rect class="fill s1" width="{long}" height="6"/></svg>',
        w=WIDTH,
        long=f"{WIDTH * value:.1f}",
    )


@register.simple_tag
def cells_of(row: Iterable[Cell], label: str) -> SafeString:
    """The cells of a row. A large table has hundreds, so they are written in one go and not by templates."""
    escaped = escape(label)
    # Every word and address is escaped below.
    return mark_safe("".join(_cell(one, escaped) for one in row))  # nosec B703 B308


def _cell(one: Cell, label: str) -> str:
    """`label` is escaped already."""
    words = escape(one.words)
    if one.url:
        value = f'<a class="value" href="{escape(one.url)}">{words}</a>'
    else:
        value = f'<span class="value{"" if one.bar else " muted"}">{words}</span>'
    mark = f'<span class="small mark-word">{escape(one.mark)}</span>' if one.mark else ""
    inside = f"{value}{bar(one.bar)}{_small(one.under)}{_small(one.also)}{_of(one)}{mark}{_act(one, label)}"
    return f'<td class="n{" marked" if one.mark else ""}">{inside}</td>'


def _small(words: str) -> str:
    return f'<span class="small muted">{escape(words)}</span>' if words else ""


def _of(one: Cell) -> str:
    if not one.of:
        return ""
    whole = f'<a href="{escape(one.of_url)}">{escape(one.of)}</a>' if one.of_url else escape(one.of)
    return f'<span class="small muted">of {whole}</span>'


def _act(one: Cell, label: str) -> str:
    """A link says to readers of words which row it is of."""
    if not one.act_url:
        return ""
    hidden = f'<span class="visually-hidden">: {label}</span>'
    return f'<a class="small no-print" href="{escape(one.act_url)}">{escape(one.act)}{hidden}</a>'


@register.filter
def for_spreadsheets(url: str) -> str:
    """The address of the same file with the mark spreadsheet programs know its letters by."""
    return f"{url}{'&' if '?' in url else '?'}{WITH_MARK}=1"
