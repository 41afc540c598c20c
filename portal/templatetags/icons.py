"""Eight status shapes and the small icons, drawn inline, hidden from readers, always beside a word."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()

# Drawn on a 16 by 16 grid, in the colour of the words beside them. The inner sign is cut out, so it shows the ground.
SHAPES = {
    "ring": '<path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1m0 2.25a4.75 4.75 0 1 1 0 9.5 4.75 4.75 0 0 1 0-9.5"/>',
    "half": '<path fill-rule="evenodd" d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1m0 2a5 5 0 0 0 0 10z"/>',
    "tick": '<path fill-rule="evenodd" d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1m4.2 4.9-4.9 5.5-3.4-3.1'
    ' 1.3-1.5 2 1.8 3.5-4z"/>',
    "triangle": '<path fill-rule="evenodd" d="M8 1 .6 14.5h14.8zM7.1 5.8h1.8L8.7 10H7.3zm.9 5a1.05 1.05 0 1 1 0 2.1'
    ' 1.05 1.05 0 0 1 0-2.1"/>',
    "diamond": '<path fill-rule="evenodd" d="M8 .3.3 8 8 15.7 15.7 8zM7.1 4h1.8l-.2 4.8H7.3zm.9 5.7a1.05'
    ' 1.05 0 1 1 0 2.1 1.05 1.05 0 0 1 0-2.1"/>',
    "arrow": '<path d="M1 5.5h6.5V2L15 8l-7.5 6v-3.5H1z"/>',
    "square": '<path d="M2 2h12v12H2z"/>',
    "double": '<path d="m8 1.2 6 5.4-1.5 1.6L8 4.2 3.5 8.2 2 6.6zm0 6 6 5.4-1.5 1.6L8 10.2l-4.5 4L2 12.6z"/>',
}

# Drawn as strokes on a 20 by 20 grid.
ICONS = {
    "file": "M5 2.5h6.5L16 7v10.5H5zM11 2.5V7.5h5",
    "phone": "M6.5 3 3.5 4.5C3.5 11 9 16.5 15.5 16.5L17 13.5l-4-2-1.5 1.7C9.5 12.3 7.7 10.5 6.8 8.5l1.7-1.5z",
    "mail": "M2.5 4.5h15v11h-15zM2.5 5.5 10 11l7.5-5.5",
    "search": "M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M12.5 12.5 17.5 17.5",
    "print": "M5.5 7V2.5h9V7M5.5 14.5h-3V7h15v7.5h-3M5.5 12h9v5.5h-9z",
    "person": "M10 2.8a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.4M3 17.5c.5-6.5 13.5-6.5 14 0",
    "clock": "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15M10 5.5V10l3.2 2",
    "note": "M3 3h14v10.5H9l-4 4v-4H3z",
    "lock": "M4.5 9h11v8.5h-11zM7 9V6.5a3 3 0 0 1 6 0V9",
    "external": "M8 4H3.5v12.5H16V12M11.5 3h5.5v5.5M17 3 9.5 10.5",
    "back": "M12.5 4 6.5 10l6 6",
    "tick": "m4 10.5 4 4 8-9",
    "dash": "M5 10h10",
    "alert": "M10 3.5v8M10 15v1",
    "swap": "M5 9l5-5 5 5M5 16l5-5 5 5",
}

STROKED = mark_safe('fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"')


@register.simple_tag
def shape(name):
    """`{% shape "half" %}`: one of the eight status shapes."""
    return format_html(
        '<svg class="shape {}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">{}</svg>',
        name,
        mark_safe(SHAPES[name]),  # nosec B703 B308 - our own drawings, above
    )


@register.simple_tag
def icon(name, weight="1.6"):
    """`{% icon "phone" %}`: a line drawing in the size and colour of the text."""
    return format_html(
        '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">'
        '<path {} stroke-width="{}" d="{}"/></svg>',
        STROKED,
        weight,
        ICONS[name],
    )
