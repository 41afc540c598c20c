"""Template words of the console: spans of time, and the filters that are switched on."""

from datetime import timedelta

from django import template

from portal.charts import percent
from portal.console.words import clock_name, span, zone_sentence

register = template.Library()


@register.filter
def never(silence):
    """Whether the engine has not run even once."""
    return silence == timedelta.max


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
