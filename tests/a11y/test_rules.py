"""The rules of our own find what they are for."""

from tests.a11y import rules

PAGE = """<style>.tag {{ color: {colour}; background: #000 }} svg {{ width: 20px; height: 20px; fill: currentColor }}
.scroll {{ width: 60px; overflow: auto }} .far {{ margin-left: 300px; display: block; width: 30px }}</style>
<div class="{where}"><span class="tag far"><svg viewBox="0 0 4 4"><path d="M0 0h4v2H0z"/></svg>word</span></div>"""


def test_an_icon_as_dark_as_its_ground_is_found_also_where_the_page_must_scroll(new_context):
    page = new_context().new_page()
    for where in ("plain", "scroll"):
        page.set_content(PAGE.format(colour="#000", where=where))
        assert len(rules.icons(page)) == 1, where
        page.set_content(PAGE.format(colour="#fff", where=where))
        assert rules.icons(page) == [], where
