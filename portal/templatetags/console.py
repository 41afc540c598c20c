"""Template words of the console: spans of time, and the filters that are switched on."""

import logging
from datetime import timedelta
from typing import Any

from django import template
from django.template.loader import get_template, render_to_string
from django.utils.safestring import SafeString, mark_safe

from portal.charts import percent
from portal.console.panels import PANELS
from portal.console.words import clock_name, span, zone_sentence

register = template.Library()
log = logging.getLogger("milepost.console")


@register.filter
def never(silence):
    """Whether the engine has not run even once."""
    return silence == timedelta.max


#: The hands of the engine by their role: their name, and what their silence costs.
HANDS = {
    "beat": ("The clock worker", "Deadlines below may be missing."),
    "letters": ("The letter worker", "Letters to customers wait."),
    "queue": ("The queue", "Back-tests and other long jobs wait; deadlines and letters do not."),
}


@register.filter
def hand(role):
    """'The clock worker' for a hand of the engine."""
    return HANDS[role][0]


@register.filter
def costs(role):
    """What is missing while a hand is silent."""
    return HANDS[role][1]


@register.filter
def ago(length):
    """'14 minutes', '1 h 10 min'."""
    minutes = int(length.total_seconds() // 60)
    return f"{minutes} minutes" if 1 < minutes < 60 else span(length)


@register.simple_tag
def switched_on(changelist):
    """The filters that narrow a list, each with its words and the address without it."""
    chosen = ((spec, list(spec.choices(changelist))) for spec in changelist.filter_specs)
    return [
        {"words": f"{spec.title}: {choice['display']}", "url": choices[0]["query_string"]}
        for spec, choices in chosen
        for choice in choices[1:]
        if choice["selected"]
    ]


register.filter(clock_name)
register.filter(percent)


register.simple_tag(zone_sentence)


@register.filter
def notice_name(kind):
    """'Case for team' for a notice's kind."""
    return kind.replace("_", " ").capitalize()


@register.simple_tag(takes_context=True)
def case_panels(context) -> SafeString:
    """The cards beside a case's timeline; one that fails says so in its place, and leaves the page standing."""
    return mark_safe("".join(_panel(context, panel) for panel in PANELS))  # nosec B308, B703 -- templates' own output


def _panel(context, panel) -> str:
    try:
        taken = panel.build(context["looked"])
        if taken is None:
            return ""
        with context.push(**taken):
            compiled: Any = get_template(panel.template)
            return compiled.template.render(context)
    except Exception:
        log.exception("The panel “%s” of a case page cannot be shown.", panel.name)
        return render_to_string("console/parts/panel_failed.html", {"panel": panel.name})
