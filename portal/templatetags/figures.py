"""The bar below a share in a table: the number beside it says the same, so readers of words pass it by."""

from django import template
from django.utils.html import format_html

register = template.Library()
WIDTH = 60


@register.simple_tag
def bar(value: float | None) -> str:
    """A level bar as long as `value` of its track; nothing for None."""
    if value is None:
        return ""
    return format_html(
        '<svg class="cell-bar" viewBox="0 0 {w} 6" aria-hidden="true"><rect class="track" width="{w}" height="6"/>'
        '<rect class="fill s1" width="{long}" height="6"/></svg>',
        w=WIDTH,
        long=f"{WIDTH * value:.1f}",
    )
