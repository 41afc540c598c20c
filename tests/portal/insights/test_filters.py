"""The filters as they are written: lists of choices, and what stands in addresses."""

import sys
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from django import forms
from django.test.html import parse_html

from feedback.gaps import MARKED, Rows
from feedback.intervals import Share
from portal.insights.asking import Asked, Pick
from portal.looking import DEEPER, deeper, timed

CHOICES = [("", "All teams"), ("cards", "Cards & <more>"), ('a"b', "“Quoted”"), (3, "Three")]


def both(value):
    """The list as Milepost writes it, and as Django does."""

    class Form(forms.Form):
        team = Pick(label="Team", choices=CHOICES, required=False)

    class Plain(forms.Form):
        team = forms.ChoiceField(label="Team", choices=CHOICES, required=False)

    data = {} if value is None else {"team": value}
    return [str(one(data, auto_id="filter-%s")["team"].as_widget(attrs={"data-of": "a<b"})) for one in (Form, Plain)]


@pytest.mark.parametrize("value", [None, "", "cards", 'a"b', "3", "none of them", "<script>"])
def test_a_list_of_choices_is_what_django_writes(value):
    ours, plain = both(value)
    assert parse_html(ours) == parse_html(plain)
    assert "<script>" not in ours and "Cards &amp; &lt;more&gt;" in ours


def test_an_address_keeps_what_is_set_and_escapes_it():
    asked = Asked({"team": "a&b", "topic": "ü x"}, None, None, "", None)
    url = urlsplit(asked.cases("gap", more={"part": "low:7", "topic": ""}))
    assert parse_qs(url.query) == {"team": ["a&b"], "which": ["gap"], "part": ["low:7"]}
    assert asked.link("/insights/", team="", topic="") == "/insights/"


def test_rows_say_once_what_they_say_together():
    low = {name: Share(1, 40) for name in (*MARKED, "up")}
    high = low | {"low": Share(30, 40)}
    rows = Rows({"cards": {1: high, 2: low}, "loans": {3: low, 4: low, 5: low}})
    assert rows.topics["cards"]["low"] == Share(31, 80) and rows.whole["low"] == Share(34, 200)
    assert rows.marked == [("cards", "low")] and rows.marks_people
    assert rows.marked is rows.marked
    assert not Rows({"loans": {3: low, 4: low}}).marks_people


def test_looks_are_taken_from_several_depths():

    def depth():
        frame, n = sys._getframe(), 0
        while frame:
            frame, n = frame.f_back, n + 1
        seen.append(n)

    seen = []
    timed(depth, 4)
    steps = [later - first for first, later in pairwise(seen[1:])]
    assert steps == [DEEPER] * 3
    assert deeper(5, lambda: "found") == "found"
