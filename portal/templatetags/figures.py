"""What tables of figures take: their cells, the bar below a share, and the address of a file made for spreadsheet programs."""

from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

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
    """The cells of a row. A large table has hundreds, and a template takes five times as long for each as this does."""
    return format_html_join("", "{}", ((_cell(one, label),) for one in row))


def _cell(one: Cell, label: str) -> SafeString:
    return format_html(
        '<td class="{}">{}{}{}{}{}{}{}</td>',
        "n marked" if one.mark else "n",
        format_html('<a class="value" href="{}">{}</a>', one.url, one.words)
        if one.url
        else format_html('<span class="{}">{}</span>', "value" if one.bar else "value muted", one.words),
        bar(one.bar),
        _small(one.under),
        _small(one.also),
        _of(one) if one.of else NOTHING,
        format_html('<span class="small mark-word">{}</span>', one.mark) if one.mark else NOTHING,
        _act(one, label) if one.act_url else NOTHING,
    )


def _small(words: str) -> SafeString:
    return format_html('<span class="small muted">{}</span>', words) if words else NOTHING


def _of(one: Cell) -> SafeString:
    whole = format_html('<a href="{}">{}</a>', one.of_url, one.of) if one.of_url else one.of
    return format_html('<span class="small muted">of {}</span>', whole)


def _act(one: Cell, label: str) -> SafeString:
    """A link says to readers of words which row it is of."""
    hidden = format_html('<span class="visually-hidden">: {}</span>', label)
    return format_html('<a class="small no-print" href="{}">{}{}</a>', one.act_url, one.act, hidden)


@register.filter
def for_spreadsheets(url: str) -> str:
    """The address of the same file with the mark spreadsheet programs know its letters by."""
    return f"{url}{'&' if '?' in url else '?'}{WITH_MARK}=1"
