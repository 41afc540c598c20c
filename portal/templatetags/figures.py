"""What tables of figures take: the bar below a share, and the address of a file made for spreadsheet programs."""

from django import template
from django.utils.html import format_html

from portal.insights.closing import WITH_MARK

register = template.Library()
WIDTH = 60


@register.simple_tag
def bar(value: float | None) -> str:
    """A level bar as long as `value` of its track; nothing for None. The number beside it says the same, for readers of words."""
    if value is None:
        return ""
    return format_html(
        '<svg class="cell-bar" viewBox="0 0 {w} 6" aria-hidden="true"><rect class="track" width="{w}" height="6"/>'
        '<rect class="fill s1" width="{long}" height="6"/></svg>',
        w=WIDTH,
        long=f"{WIDTH * value:.1f}",
    )


@register.filter
def for_spreadsheets(url: str) -> str:
    """The address of the same file with the mark spreadsheet programs know its letters by."""
    return f"{url}{'&' if '?' in url else '?'}{WITH_MARK}=1"
