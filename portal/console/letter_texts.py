"""“Letter texts”: every kind of letter the system sends, when and to whom, and how each reads in each language."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.base import Node, NodeList, TokenType, VariableNode
from django.template.loader import get_template
from django.template.loader_tags import IncludeNode
from django.template.response import TemplateResponse
from django.templatetags.i18n import BlockTranslateNode
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from cases.languages import house_language, own_names
from escalation import wishes
from escalation.letters import worded
from portal.console.letter_kinds import CUSTOMER, CUSTOMERS, KINDS, NO_CASE, PROMISING, STAFF, name_of
from portal.console.letter_sample import REFERENCE, values
from portal.console.needs import door

SEE = "escalation.view_notice"
#: A letter's style stands in it: its page is allowed that and nothing else.
own_style: Any = csp_replace({"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "script-src": ["'none'"]})


def urls(site: AdminSite) -> list[URLPattern]:
    """The list, one kind, and its HTML as it is sent."""
    return [
        path("letters/", door(site, page, SEE), name="letter_texts"),
        path("letters/<slug:kind>/", door(site, one, SEE), name="letter_text"),
        path("letters/<slug:kind>/html/", door(site, own_style(as_html), SEE), name="letter_html"),
    ]


@require_safe
def page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """All kinds, those to customers first."""
    groups = [
        {"title": title, "rows": [row_of(kind) for kind in kinds]}
        for title, kinds in (("To customers", CUSTOMERS), ("To staff, in English", STAFF))
    ]
    user = request.user
    links = [
        {"label": words, "url": reverse(name)}
        for words, name, needs in (
            ("Words and look of the brand", "admin:brand", "cases.edit_brand"),
            ("Saved replies", "admin:replies", ""),
        )
        if not needs or user.has_perm(needs)
    ]
    context = {"title": "Letter texts", "groups": groups, "links": links}
    return TemplateResponse(request, "console/letter_texts.html", site.each_context(request) | context)


def row_of(kind: str) -> dict[str, Any]:
    """A kind for the list, or the head of its own page."""
    known = KINDS[kind]
    wish = wishes.wish_of(kind) if kind in CUSTOMERS else None
    return {
        "kind": kind,
        "name": name_of(kind),
        "when": known.when,
        "to": known.to or CUSTOMER,
        "off": "" if wish is None else "Once a day" if wish is wishes.PROGRESS else "Can be turned off",
        "promises": kind in PROMISING,
    }


@require_safe
def one(request: HttpRequest, site: AdminSite, kind: str) -> HttpResponse:
    """One kind with the values of a made-up case; `?language=`: in which language."""
    frame = site.each_context(request)
    subject, text, _ = read(kind, language := language_of(request, kind), frame["now"])
    context = row_of(kind) | {
        "title": name_of(kind),
        "subject": subject,
        "text": text,
        "language": language,
        "languages": [{"code": code, "name": name, "here": code == language} for code, name in languages(kind)],
        "placeholders": sorted(placeholders(kind)),
        "file": f"templates/mail/{kind}.txt",
    }
    return TemplateResponse(request, "console/letter_text.html", frame | context)


@require_safe
def as_html(request: HttpRequest, site: AdminSite, kind: str) -> HttpResponse:
    """The HTML as it is sent, by itself."""
    now = site.each_context(request)["now"]
    return HttpResponse(read(kind, language_of(request, kind), now)[2])


def read(kind: str, language: str, now: Any) -> tuple[str, str, str]:
    """Subject, text and HTML of a kind in a language, as `letters` writes them. Raises Http404 for no kind of ours."""
    if kind not in KINDS:
        raise Http404
    with translation.override(language):
        try:
            return worded(kind, values(kind, now), "" if kind in NO_CASE else REFERENCE)
        except TemplateDoesNotExist:
            raise Http404 from None


def languages(kind: str) -> list[tuple[str, str]]:
    """(code, own name) of the languages a kind goes out in: letters to staff are English."""
    return own_names() if kind in CUSTOMERS else [one for one in own_names() if one[0] == house_language()]


def language_of(request: HttpRequest, kind: str) -> str:
    """The language asked for; the house's where it is none of them."""
    asked = request.GET.get("language", "")
    return asked if asked in dict(languages(kind)) else house_language()


def placeholders(kind: str) -> set[str]:
    """The values the wording of a kind names, as they stand in its file and the parts it includes."""
    template: Any = get_template(f"mail/{kind}.txt")
    return set(_named(template.template.nodelist))


def _named(nodes: NodeList) -> Any:
    for node in nodes.get_nodes_by_type(Node):
        if isinstance(node, VariableNode):
            yield str(node.filter_expression.var)
        elif isinstance(node, BlockTranslateNode):
            tokens = (one.contents.partition("|")[0] for one in node.singular if one.token_type == TokenType.VAR)
            yield from (name for name in tokens if name not in node.extra_context)
            yield from (str(value.var) for value in node.extra_context.values())
        elif isinstance(node, IncludeNode):
            yield from _named(get_template(str(node.template.var)).template.nodelist)  # type: ignore[attr-defined]
