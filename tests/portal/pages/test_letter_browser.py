"""A letter that asks for a choice, as a mail program shows it: large links in words, in the dark, from right to left."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from cases import brand
from cases.colour import HOUSE, palette
from feedback.models import Recommendation, Survey

NARROWEST, LEAST = 320, 44  # pixels


def letter(scale, language):
    """The HTML part with a scale in it."""
    with translation.override(language):
        choices = [{"label": label, "url": f"https://x.test/s/{'a' * 43}/?score={n}"} for n, label in scale.choices]
        return render_to_string("mail/letter.html", {
            "subject": "How did we do?", "brand": brand.brand_of(None), "colours": palette(HOUSE), "text": "Choose one.",
            "choices": choices, "after": "We never ask for your password.",
        })  # fmt: skip


@pytest.mark.parametrize(
    ("scale", "language", "scheme"), [(Survey.Satisfaction, "en", "dark"), (Recommendation.Score, "ar", "light")]
)
def test_every_answer_can_be_met_with_a_thumb(new_context, axe, scale, language, scheme):
    page = new_context(viewport={"width": NARROWEST, "height": 700}, color_scheme=scheme).new_page()
    page.set_content(letter(scale, language))
    boxes = [one.bounding_box() for one in page.get_by_role("list").get_by_role("link").all()]
    assert len(boxes) == len(scale.values)
    assert all(box["height"] >= LEAST and box["width"] >= LEAST for box in boxes), boxes
    apart = sorted(boxes, key=lambda box: (box["y"], box["x"]))
    for one, other in pairwise(apart):
        assert other["y"] >= one["y"] + one["height"] or other["x"] >= one["x"] + one["width"], "one over the other"
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    if language == "ar":
        assert boxes[0]["x"] > boxes[1]["x"] or boxes[0]["y"] < boxes[1]["y"]
        assert boxes[0]["x"] + boxes[0]["width"] > NARROWEST - 30, "the first one begins on the right"
    assert axe(page, rules=("link-name", "list", "listitem", "target-size")) == []
