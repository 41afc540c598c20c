"""Customer words for staff states, one table, and the filters that print what people wrote."""

from django import template
from django.utils.html import format_html, format_html_join, urlize
from django.utils.safestring import mark_safe
from django.utils.translation import pgettext_lazy

from cases.replies import pieces

register = template.Library()

# state: (shape, family, words on the tag). Names in braces come from the caller.
TAGS = {
    "draft": ("ring", "neutral", "Draft"),
    "new": ("ring", "neutral", "We have it"),
    "reviewed": ("half", "progress", "Priority set"),
    "escalated": ("double", "neutral", "Passed to {team}"),
    "acknowledged": ("half", "progress", "{name} has it"),
    "working": ("half", "progress", "{name} is working on it"),
    "waiting_customer": ("arrow", "you", "Waiting for you"),
    "waiting_other": ("half", "progress", "Waiting for {other}"),
    "proposed": ("tick", "good", "Answered: is it fixed?"),
    "confirmed": ("tick", "good", "Fixed"),
    "feedback": ("tick", "good", "Fixed"),
    "closed": ("square", "neutral", "Closed {date}"),
    "reopened": ("half", "progress", "Open again"),
    "withdrawn": ("square", "neutral", "Withdrawn by you"),
    "merged": ("square", "neutral", "Joined to {ref}"),
}
LATE = {"shape": "diamond", "family": "late", "word": "Late"}
STATE_WORDS = {
    "done": pgettext_lazy("a step of the case is", "done"),
    "current": pgettext_lazy("a step of the case is", "current"),
    "todo": pgettext_lazy("a step of the case is", "not started"),
    "not_needed": pgettext_lazy("a step of the case is", "not needed"),
    "late": pgettext_lazy("a step of the case is", "late"),
}


def tag_for(state: str, **names: str) -> dict:
    """The tag a customer sees for a staff state: shape, family and word."""
    shape, family, word = TAGS[state]
    return {"shape": shape, "family": family, "word": word.format(**names).strip()}


@register.filter(needs_autoescape=True)
def said(text, autoescape=True):
    """What a person wrote: escaped, its links alive and marked, its line breaks kept by the `said` class."""
    return mark_safe(urlize(text, nofollow=True, autoescape=autoescape))  # nosec B703 B308 - urlize escapes


@register.filter
def with_gaps(text):
    """A saved reply with what is still to be written marked; escaped."""
    return format_html_join("", "{}", ((format_html("<mark>{}</mark>", p) if gap else p,) for p, gap in pieces(text)))


@register.filter
def step_word(step):
    """The hidden word of a milestone: its own, else the one of its state."""
    return step.get("word") or STATE_WORDS[step["state"]]


@register.filter
def choice_hint(choice, bound):
    """The example line under a radio or checkbox, from an optional `hints` dict on the form field."""
    return getattr(bound.field, "hints", {}).get(str(choice.data["value"]), "")


@register.filter
def first_id(bound):
    """The id an error summary links to: the control, or the first one of a group."""
    return f"{bound.auto_id}_0" if bound.use_fieldset else bound.auto_id


@register.filter
def error_list(form):
    """Every field that failed, in page order, for the error summary."""
    return [field for field in form.visible_fields() if field.errors]


@register.filter
def tel(number):
    """A phone number as a `tel:` address keeps it: digits and a leading plus."""
    return "".join(sign for sign in str(number) if sign.isdigit() or sign == "+")


@register.filter
def fields_only(form, names):
    """The visible fields named, in the form's own order: `{% for field in form|fields_only:"name email" %}`."""
    return [field for field in form.visible_fields() if field.name in names.split()]


@register.filter
def fields_except(form, names):
    """The visible fields but those named."""
    return [field for field in form.visible_fields() if field.name not in names.split()]
