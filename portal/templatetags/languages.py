"""Template words of languages: the choice in the footer, and names that keep their direction."""

from django import template
from django.utils.translation import get_language

from cases.languages import isolated, own_names, supported

register = template.Library()


@register.simple_tag
def languages():
    """`{% languages as choices %}`: code, own name and whether it is the one of this page."""
    now = supported(get_language() or "")
    return [{"code": code, "name": name, "current": code == now} for code, name in own_names()]


register.filter("isolated", isolated)
