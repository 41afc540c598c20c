"""The cards beside a case's timeline: all of them stand, and one that fails leaves the others standing."""

import logging
import re

from portal.console import panels
from tests.portal.console import stories
from tests.portal.console.stories import page_url
from tests.portal.console.test_guided_pages import text_of


def test_each_panel_is_shown_in_its_order(signed_in, cast, monday):
    html = signed_in(cast.supervisor).get(page_url(stories.acknowledged(cast))).content.decode()
    aside = html.partition("<aside>")[2].partition("</aside>")[0]
    nothing_yet = {
        "Hand-over",
        "Follow-up",
        "On the right track?",
        "How the customer found it",
        "Known problem",
        "It came again",
        "Worth repeating",
    }
    assert re.findall(r"<h2>(.*?)</h2>", aside) == [one.name for one in panels.PANELS if one.name not in nothing_yet]


def test_one_that_fails_says_so_and_the_page_stands(signed_in, cast, monday, monkeypatch, caplog):
    def broken(seen):
        raise RuntimeError("no")

    spoiled = tuple(
        panels.Panel(one.name, one.template, broken) if one.name == "Rules" else one for one in panels.PANELS
    )
    monkeypatch.setattr("portal.templatetags.console.PANELS", spoiled)
    with caplog.at_level(logging.ERROR, "milepost.console"):
        page = signed_in(cast.supervisor).get(page_url(stories.acknowledged(cast)))
    text = text_of(page)
    assert page.status_code == 200
    assert "Rules This part cannot be shown at the moment." in text and "Messages sent" in text
    assert "The panel “Rules” of a case page cannot be shown." in caplog.text
