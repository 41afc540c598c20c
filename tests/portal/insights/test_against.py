"""“Compare with”: the pages of figures against the period before, the same weeks last year, or nothing."""

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation import letters
from escalation.models import Notice
from feedback import figure_views, periods
from feedback.models import FigureView
from portal.insights import lately, mailing
from portal.insights.framing import COMPARED, SAME_QUESTION
from tests.portal.insights.scene import DATES, links_of, parts_of, text

pytestmark = pytest.mark.django_db
YEAR, NONE = DATES | {"against": "year"}, DATES | {"against": "none"}
PAGES = ("/insights/", "/insights/promises/", "/insights/promises/load/", "/insights/writing/", "/insights/all/")
#: Words that only stand where something is compared.
CHANGE = ("Up from", "Down from", "No clear change", "Too few to tell a change", "Nothing to compare", "Nothing changed", "Clearly changed", ", was ")  # fmt: skip


@pytest.fixture
def near(monkeypatch):
    """Last year is the three weeks before, as told: what was worked out of them by hand stands under other words."""
    monkeypatch.setattr(periods, "A_YEAR", timedelta(days=21))


def test_every_page_says_what_is_compared_and_nothing_else_differs(manager, near):
    for place in PAGES:
        pages, asked = [], []
        for filters in (DATES, YEAR, NONE):
            lately.forget()
            with CaptureQueriesContext(connection) as queries:
                pages.append(manager.get(place, filters))
            asked.append(len(queries))
        plain, year, none = map(text, pages)
        assert asked[1] <= asked[0] and asked[2] <= asked[0], (place, asked)
        assert "the period before" not in year + none and "Period before" not in year + none, place
        assert "last year" not in plain, place
        assert " · against the same weeks last year · Change" in year and " · compared with nothing · Change" in none
        assert any(words in plain for words in CHANGE) and not any(words in none for words in CHANGE), place
        assert year.replace("last year", "").count("Up from") == plain.count("Up from")
        assert any(f"{words}" in year and " last year" in year for words in CHANGE), place
        # Behind a number stand the cases of the period, whatever it is compared with.
        counts = []
        for page in pages:
            url, words = links_of(page)[-1]
            behind = manager.get(url)
            assert "against" not in behind.context["words"] and "compared" not in behind.context["words"]
            counts.append((words, behind.context["page"].paginator.count))
            assert ("against=" in url) == ("against=" in behind.context["back"]) == (page is not pages[0])
        assert len(set(counts)) == 1, place


def test_the_words_are_those_of_the_days_worked_out_by_hand(manager, near):
    tiles = {}
    for name, filters in (("plain", DATES), ("year", YEAR), ("none", NONE)):
        tiles[name] = {tile["label"]: tile for tile in manager.get("/insights/", filters).context["tiles"]}
    for label, tile in tiles["plain"].items():
        assert tiles["none"][label]["change"] == "" and tiles["none"][label]["value"] == tile["value"]
        said, then = tile["change"], tiles["year"][label]["change"]
        assert then in (f"{said} last year", said.replace("the period before", "the same weeks last year")) or not said
    assert (
        tiles["plain"]["Satisfied"]["change"]
        and tiles["year"]["Satisfied"]["change"] != tiles["plain"]["Satisfied"]["change"]
    )
    assert manager.get("/insights/", NONE).context["sentence"].endswith(".")


def test_without_anything_beside_it_tables_leave_the_columns_out(manager, near):
    heads = [manager.get("/insights/writing/", filters).context["tables"][0].columns for filters in (DATES, YEAR, NONE)]
    assert heads == [
        ("This period", "Period before", "Change"),
        ("This period", "Same weeks last year", "Change"),
        ("This period",),
    ]
    page = [text(manager.get("/insights/all/", filters)) for filters in (DATES, YEAR, NONE)]
    assert ["Against the period before" in one for one in page] == [True, False, False]
    assert ["Against the same weeks last year" in one for one in page] == [False, True, False]
    assert [
        len(manager.get("/insights/promises/load/", filters).context["tables"][0].columns)
        for filters in (DATES, YEAR, NONE)
    ] == [2, 2, 1]


def test_a_file_says_what_it_compares_and_has_nothing_where_nothing_is(manager):
    rows, said = parts_of(manager.get("/insights/all.csv", YEAR))
    assert said["Compared with"] == "the same weeks last year, 13 Jan 2025 to 2 Feb 2025"
    assert said["Filters"] == "12 Jan 2026 to 1 Feb 2026 · all teams" and all(
        row["Of before"] or row["Of before (times)"] or row["Of before (mean)"] for row in rows
    )
    rows, said = parts_of(manager.get("/insights/all.csv", NONE))
    assert said["Compared with"] == "nothing"
    assert not any(value for row in rows for name, value in row.items() if "before" in name)
    assert parts_of(manager.get("/insights/writing.csv", NONE))[1]["Compared with"] == "nothing"
    assert "Compared with" not in parts_of(manager.get("/insights/topics.csv", YEAR))[1]
    answer = manager.get("/api/v1/figures/", YEAR).json()
    assert (answer["against"], answer["before"]) == (
        "year",
        {"from": "2025-01-13", "to": "2025-02-02", "zone": "Europe/London"},
    )
    assert manager.get("/api/v1/figures/", DATES).json()["against"] == "before"
    answer = manager.get("/api/v1/figures/", NONE).json()
    assert (answer["against"], answer["before"]) == ("none", None)
    assert all(one["before"] is None for one in (*answer["figures"], *answer["times"]))


def test_what_cannot_be_compared_is_said(manager):
    wrong = manager.get("/insights/", DATES | {"against": "month"})
    assert "Choose from the list what to compare with" in text(wrong)
    assert manager.get("/api/v1/figures/", DATES | {"against": "month"}).json() == {
        "against": ["Choose from the list what to compare with"]
    }
    year = {"period": "custom", "from": "2025-01-01", "to": "2025-12-30", "against": "year"}
    assert manager.get("/insights/all/", year).context["sections"]
    longer = manager.get("/insights/all/", year | {"to": "2025-12-31"})
    assert "To compare with last year, choose at most 52 weeks at a time" in text(longer)
    assert manager.get("/insights/all.csv", year | {"to": "2025-12-31"}).status_code == 404
    assert manager.get("/insights/", {"against": "", "period": "4w"})["Location"] == "/insights/?period=4w"


def test_what_compares_nothing_offers_no_choice_and_takes_it_along(manager, near):
    for place in ("/insights/topics/", "/insights/words/", "/insights/bottlenecks/", "/insights/writing/examples/"):
        page = manager.get(place, YEAR)
        body = page.content.decode()
        assert '<select name="against"' not in body and 'type="hidden" name="against" value="year"' in body, place
        assert page.context["filter_words"] == "12 Jan 2026 to 1 Feb 2026 · all teams", place
        # What is wrong can be mended where it is said.
        assert '<select name="against"' in manager.get(place, DATES | {"against": "month"}).content.decode(), place
    for place in COMPARED:
        assert '<select name="against"' in manager.get(place, YEAR).content.decode(), place


def test_it_goes_with_the_reader_and_the_comparison_has_its_own(manager, near):
    page = manager.get("/insights/", YEAR)
    tabs = {tab["url"].partition("?")[0]: tab["url"] for tab in page.context["tabs"]}
    assert all("against=year" in tabs[place] for place in SAME_QUESTION)
    compare = manager.get("/insights/compare/", YEAR)
    body = compare.content.decode()
    assert compare.context["filter_words"] == "12 Jan 2026 to 1 Feb 2026 · all teams"
    assert '<select name="against"' not in body and body.count('<input type="hidden" name="against" value="year">') == 2
    assert '<option value="year" selected' in body
    own = manager.get("/insights/compare/", NONE | {"a": "before"})
    assert '<option value="before" selected' in own.content.decode()
    asked = {"by": "", "a": "before"}
    beside = [
        manager.get("/insights/compare/", filters).context["tables"][0].rows
        for filters in (DATES, DATES | {"a": "year"}, YEAR, YEAR | asked)
    ]
    words = [[[cell.words for cell in cells] for _, cells in rows] for rows in beside]
    assert words[0] == words[1] == words[2] == words[3]  # here last year is the period before


def test_a_kept_view_keeps_it_and_its_letter_says_it(manager, story):
    letters.register(figure_views.KIND, mailing.COMPOSERS[figure_views.KIND])
    for name, against in (("Year", "year"), ("Alone", "none")):
        kept = {"page": "/insights/", "period": "4w", "against": against}
        assert (
            manager.post(f"/insights/views/new/?{urlencode(kept)}", {"name": name, "mailed": "weekly"}).status_code
            == 303
        )
    listing = text(manager.get("/insights/views/"))
    assert (
        "Last 4 weeks · all teams · against the same weeks last year" in listing
        and "· compared with nothing" in listing
    )
    at = max(FigureView.objects.values_list("next_at", flat=True))
    figure_views.owe(at)
    notices = {one.data["view"]: letters.compose(one, at).text for one in figure_notices(story)}
    said = {view.name: unescape(notices[view.pk]) for view in FigureView.objects.order_by("name")}
    assert (
        "Last 4 weeks · all teams · against the same weeks last year" in said["Year"] and "against=year" in said["Year"]
    )
    assert "in the same weeks last year" in said["Year"] and "the period before" not in said["Year"]
    assert "against=none" in said["Alone"] and not any(words in said["Alone"] for words in CHANGE)


def figure_notices(story):
    return Notice.objects.filter(kind=figure_views.KIND, recipient=story.cast.manager).order_by("pk")
