"""An article's Markdown as safe HTML: no HTML of the writer's, no pictures, headings below the page's own."""

from __future__ import annotations

from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {"h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "a", "hr", "br", "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
SCHEMES = {"https", "http", "mailto", "tel"}
TOP, DEEPEST = 2, 4


def _demoted(tokens: list[Token]) -> None:
    """The highest heading of the text becomes an h2, the others follow; never a step that leaves one out."""
    levels = sorted({int(token.tag[1]) for token in tokens if token.type == "heading_open"})
    new = {old: min(TOP + place, DEEPEST) for place, old in enumerate(levels)}
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{new[int(token.tag[1])]}"


def _image(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    """A picture would be fetched from elsewhere: its words stand in for it, escaped below."""
    return str(nh3.clean_text(tokens[index].content))


_READER = MarkdownIt("commonmark", {"html": False}).enable("table")
_READER.add_render_rule("image", _image)


def html_of(body: str) -> SafeString:
    """What a reader sees of a body; whatever is written in it, nothing of it runs and nothing is fetched."""
    tokens = _READER.parse(body)
    _demoted(tokens)
    rendered = _READER.renderer.render(tokens, _READER.options, {})
    cleaned = nh3.clean(
        rendered, tags=TAGS, attributes={"a": {"href"}, "ol": {"start"}}, url_schemes=SCHEMES, link_rel="noopener noreferrer"
    )  # fmt: skip
    return mark_safe(cleaned)  # nosec B703 B308 - cleaned a line above
