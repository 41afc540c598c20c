"""The page of all figures: its numbers are those of its file, of the cases behind them and of the page of figures."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import TouchedCase
from feedback.durations import DURATIONS
from feedback.measures import MEASURES
from feedback.models import Survey
from portal.insights.measuring import SECTIONS
from tests.feedback.story import AT
from tests.feedback.test_facts import BY_HAND
from tests.portal.insights.scene import DATES, rows_of

pytestmark = pytest.mark.django_db


def by_key(answer) -> dict[str, dict[str, str]]:
    return {row["Key"]: row for row in rows_of(answer)}


def test_every_figure_stands_in_one_section():
    for one in MEASURES.values():
        assert sum(belongs(one) for _, belongs in SECTIONS) == 1, one.key


def test_page_and_file_say_the_numbers_worked_out_by_hand(manager):
    sections = manager.get("/insights/all/", DATES).context["sections"]
    shown = {row["name"]: row for section in sections for row in section["rows"]}
    filed = by_key(manager.get("/insights/all.csv", DATES))
    assert list(filed) == [*MEASURES, *DURATIONS, "ease"]
    # 5, 4, 2, 4, 3 and 5: 3.83, with a spread of 1.17 and Student's 2.57 for six.
    assert (filed["ease"]["Of"], filed["ease"]["Mean"], filed["ease"]["Of before (mean)"]) == ("6", "3.8333", "0")
    assert abs(float(filed["ease"]["Mean from"]) - (23 / 6 - 2.5706 * 1.1690 / 6**0.5)) < 0.01
    assert filed["ease"]["Mean to"] == "5.0"  # the scale ends there
    for key, share in BY_HAND.items():
        page, row = shown[MEASURES[key].name], filed[key]
        assert (page["of"]["words"], row["Of"]) == (f"{share.n:,}", str(share.n))
        if share.shown:
            said = (
                f"{share.hits / share.n * 1000:.1f} per 1,000" if MEASURES[key].rare else f"{share.hits / share.n:.0%}"
            )
            assert page["share"]["words"] == said
            assert (row["Counts"], float(row["Share"])) == (str(share.hits), round(share.hits / share.n, 4))
        else:
            assert (row["Counts"], row["Share"], page["interval"]) == ("", "", "")


def test_links_lead_to_as_many_cases_as_their_numbers_say(manager):
    page = manager.get("/insights/all/", DATES).content.decode()
    links = [unescape(url) for url in re.findall(r'<a href="(/insights/cases/\?[^"]+)">', page)]
    assert len(links) > 35
    assert [url for url in links if "which=time" in url]
    for url in links:
        if "which=time" in url:
            continue
        key, _, half = re.search(r"part=([a-z_0-9]+-[a-z]+)", url)[1].rpartition("-")
        answer = manager.get(url)
        said = BY_HAND[key]
        if MEASURES[key].answers and half == "hits" and said.hits < 5:
            assert answer.context["few"], url  # a manager without cases is not told what single people answered
        elif MEASURES[key].sums:
            assert answer.context["page"].paginator.count == 19, url  # its cases; counted are their steps
        elif MEASURES[key].fact == "case":
            assert answer.context["page"].paginator.count == (said.hits if half == "hits" else said.n), url
        assert answer.context["back"].startswith("/insights/all/?")
        assert MEASURES[key].name in answer.context["title"]


def test_answers_without_a_name_count_and_are_not_listed(supervisor, story):
    Survey.objects.filter(case=story.cases["a1"]).update(is_anonymous=True)
    for part, n in (("satisfied-of", 12), ("satisfied-hits", 8), ("response-of", 5), ("response-hits", 3)):
        page = supervisor.get("/insights/cases/", DATES | {"which": "figure", "part": part})
        assert page.context["page"].paginator.count == n
        assert page.context["leaves_out"] is (part != "response-of")
    assert by_key(supervisor.get("/insights/all.csv", DATES))["satisfied"]["Of"] == "13"


@pytest.mark.parametrize("part", ["", "satisfied", "nothing-of", "satisfied-all", "-of", "kept_9-hits"])
def test_a_number_that_is_none_is_a_missing_page(manager, part):
    for place in ("/insights/cases/", "/insights/cases.csv"):
        assert manager.get(place, DATES | {"which": "figure", "part": part}).status_code == 404


def test_filters_and_wrong_filters(manager):
    one = by_key(manager.get("/insights/all.csv", DATES | {"topic": "billing"}))
    assert (one["escalated"]["Counts"], one["escalated"]["Of"]) == ("3", "5")
    wrong = DATES | {"team": "nobody"}
    assert manager.get("/insights/all.csv", wrong).status_code == 404
    assert "Choose a team from the list" in manager.get("/insights/all/", wrong).content.decode()


def test_it_says_up_to_when_it_is_counted(manager, story):
    assert manager.get("/insights/all/", DATES).context["counted_to"] >= AT
    before = AT - timedelta(minutes=3)
    TouchedCase.note([story.cases["a1"].pk], before)
    assert manager.get("/insights/all/", DATES).context["counted_to"] == before


def test_queries_do_not_grow_with_the_cases(manager):
    counts = set()
    for days in ("2026-01-12", "2025-06-01"):
        with CaptureQueriesContext(connection) as asked:
            manager.get("/insights/all/", DATES | {"from": days})
        counts.add(len(asked))
    assert len(counts) == 1 and counts.pop() <= 12


def test_times_by_hand_on_page_and_in_file(manager):
    """Their numbers are worked out in tests/feedback/test_durations.py."""
    page = manager.get("/insights/all/", DATES)
    rows = {row["name"]: row for row in page.context["times"]}
    name, every, answer, handling, silence = (rows[one.name] for one in DURATIONS.values())
    assert (name["median"], name["most"], name["of"]["words"], name["open"]) == ("5 min", "1 d", "19", "1 not ended")
    assert (answer["median"], answer["most"], answer["of"]["words"]) == ("3 d 1 h", "Not known yet", "9")
    assert (every["median"], every["most"], every["of"]["words"], every["open"]) == (
        "1 d 1 h",
        "Not known yet",
        "20",
        "4 not ended",
    )
    assert (handling["median"], handling["open"]) == ("3 d", "3 not ended")
    assert silence["of"]["words"] == "19"
    filed = by_key(manager.get("/insights/all.csv", DATES))
    assert (filed["time_resolve"]["Half within (s)"], filed["time_resolve"]["Of"]) == (str(73 * 3600), "9")
    assert filed["time_resolve"]["Not ended yet"] == "3" and filed["satisfied"]["Half within (s)"] == ""
    for row in rows.values():
        found = manager.get(row["of"]["url"])
        assert found.context["page"].paginator.count == int(row["of"]["words"])
        assert found.context["back"].startswith("/insights/all/?")
    few = {row["name"]: row for row in manager.get("/insights/all/", DATES | {"topic": "account"}).context["times"]}
    assert {row["median"] for row in few.values()} == {"Too few"}
    assert manager.get("/insights/cases/", DATES | {"which": "time", "part": "age"}).status_code == 404
