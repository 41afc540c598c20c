"""The page of promises and its two readings: the numbers by hand, their links, their files, and to whom they lead where."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.models import CaseFact
from tests.feedback.story import KEPT_ALL
from tests.portal.insights.scene import DATES, links_of, rows_of, text

pytestmark = pytest.mark.django_db
HERE = "/insights/promises/"
PLACES = (HERE, f"{HERE}versions/", f"{HERE}teams/", f"{HERE}load/")


def file_of(client, place, **more):
    rows = rows_of(client.get(f"{place.rstrip('/')}.csv", DATES | more))
    return {(row["Table"], row["Row"], row["Column"]): row for row in rows}


def test_it_says_the_numbers_worked_out_by_hand(manager):
    page = manager.get(HERE, DATES)
    said = text(page)
    for words in (
        "we kept 99% of our promises. 45% of 20 cases filed were escalated. Most often because: by hand (7 cases).",
        "Confirmed by name at low: 1 of 24 broken.", "Most went from level 1 to 2: 9 cases",
        "11% went up because a time was missed", "Asked for a supervisor 5%", "Half had their answer within 3 d 1 h",
        "Too few of 1",
    ):  # fmt: skip
        assert words in said, words
    found = file_of(manager, HERE)
    assert (
        found["kept", "2 Confirmed by name", "Low"]["Counts"],
        found["kept", "2 Confirmed by name", "Low"]["Of"],
    ) == ("23", "24")
    assert (
        found["kept", "2 Confirmed by name", "High"] | {"Counts": "", "Of": "1", "Value": ""}
        == found["kept", "2 Confirmed by name", "High"]
    )
    assert sum(int(row["Of"]) for (table, *_), row in found.items() if table == "kept") == KEPT_ALL.n
    assert found["flow", "From level 1", "To level 2"]["Counts"] == "9"
    assert found["why", "By hand", "Cases"]["Counts"] == "7"


@pytest.mark.parametrize("place", PLACES)
def test_links_lead_to_as_many_cases_as_their_numbers_say(manager, place):
    """Numbers of cases to as many; numbers of promises and times to no more."""
    page = manager.get(place, DATES)
    for url, words in links_of(page):
        answer = manager.get(url)
        assert answer.status_code == 200, url
        n = answer.context["page"].paginator.count
        number = re.fullmatch(r"([\d,]+)( cases?)?", words)
        assert n > 0 or words == "0", url
        if number and re.search(r"which=(climbed|trigger|load|escalated_under|lasted|filed)", url):
            assert n == int(number[1]), url
        elif number and answer.context["title"]:
            assert n <= int(number[1]), url
        if re.search(r"which=(climbed|trigger|kept_at|promised_at|broken_at)", url):
            assert answer.context["back"].startswith(f"{HERE}?")
    assert len(links_of(page)) > (3 if place.endswith("load/") else 8)
    for which in ("climbed", "kept_at", "owed", "trigger"):
        assert (
            manager.get(
                "/insights/cases/", DATES | {"which": which, "part": "2-9" if which == "kept_at" else "9-9"}
            ).status_code
            == 404
        )


@pytest.mark.parametrize("place", PLACES)
def test_few_queries_however_many_cases(supervisor, place):
    counts = set()
    for days in ("2026-01-12", "2025-06-01"):
        with CaptureQueriesContext(connection) as asked:
            supervisor.get(place, DATES | {"from": days})
        counts.add(len(asked))
    assert len(counts) == 1 and counts.pop() <= 12


@pytest.mark.parametrize("place", PLACES)
def test_filters_wrong_filters_and_nothing(manager, place):
    one = manager.get(place, DATES | {"topic": "billing"})
    assert all("topic=billing" in url for url, _ in links_of(one))
    few = text(manager.get(place, DATES | {"severity": "2"}))  # b6 alone, with four promises
    assert place != HERE or ("4 promises: fewer than 5 are not shown" in few and "1 case: fewer than 5" in few)
    wrong = DATES | {"team": "nobody"}
    assert "Choose a team from the list" in text(manager.get(place, wrong))
    assert manager.get(f"{place.rstrip('/')}.csv", wrong).status_code == 404
    nothing = manager.get(place, DATES | {"from": "2020-01-01", "to": "2020-02-01"})
    assert ("Nothing was filed or promised" in text(nothing)) == (place != PLACES[2])  # what is open now is shown
    assert place != PLACES[2] or "Nothing was due in this period" in text(nothing), (
        "and no team is said to have owed it all"
    )
    assert 'aria-label="Readings"' in nothing.content.decode()


def test_versions_and_teams_say_the_same_whole(manager):
    versions, teams = (file_of(manager, place) for place in PLACES[1:3])
    for milestone, n in (("1 Priority review", 28), ("2 Confirmed by name", 26), ("3 Progress updates", 17)):
        for found in (versions, teams):
            assert sum(int(row["Of"]) for (_, _, column), row in found.items() if column == milestone) == n
    assert versions["versions", "five-tier@1", "Need not have gone up"]["Of"] == "9"
    name = teams["teams", "Service representatives", "Half had a name within"]
    assert (name["Half within (s)"], name["9 in 10 within (s)"], name["Not ended yet"]) == ("300", "", "2")
    said = text(manager.get(PLACES[2], DATES))
    assert "99% of 88 things the protocol asked for came in time." in said and "2.0 a person" in said


def test_the_way_to_the_protocol_only_for_who_may_read_it(manager, supervisor):
    way = "/console/escalation/protocolversion/"
    assert way in supervisor.get(HERE, DATES).content.decode()
    assert way not in manager.get(HERE, DATES).content.decode()


def row_name(page):
    return next(table for table in page.context["tables"] if table.key == "first").rows[0][0]


def moved(story, names, team="customer-support-managers"):
    CaseFact.objects.filter(case__in=[story.cases[name].pk for name in names]).update(first_team=team)


def test_the_rate_by_first_team_by_hand(manager, story):
    """All came first to level 1: 9 of 20. Whoever has them now, a1 to a8 with 3 of 8 as if they had come to the second team first."""
    place = f"{HERE}load/"
    page = manager.get(place, DATES)
    assert "All cases came first to one team" in text(page)
    ((_, row),) = next(table for table in page.context["tables"] if table.key == "first").rows
    assert (row[0].words, row[0].of, row[1].words) == ("45%", "20", "Too few to tell a change, was 20%")
    assert file_of(manager, place)["first", row_name(page), "Escalated"]["Of"] == "20"

    moved(story, [f"a{number}" for number in range(1, 9)])
    page = manager.get(place, DATES)
    chart = next(one for one in page.context["charts"] if "came to first" in one["desc"])
    assert chart["title"].startswith("Too few to tell yet") or chart["title"].startswith("From no team")
    assert chart["svg"] and [(row[1]["words"], row[2]["words"], row[3]) for row in chart["table"]["rows"]] == [
        ("12", "50%", "25% to 75%"), ("8", "38%", "14% to 69%"),
    ]  # fmt: skip
    for row in chart["table"]["rows"]:
        n, hits = (manager.get(cell["url"]).context["page"].paginator.count for cell in row[1:3])
        assert (str(n), f"{hits / n:.0%}") == (row[1]["words"], row[2]["words"])
    assert manager.get("/insights/cases/", DATES | {"which": "escalated_first", "part": "nobody"}).status_code == 200


def test_a_small_first_team_cannot_be_computed_from_the_others(manager, story):
    moved(story, ["a4", "a5", "a8"])
    page = manager.get(f"{HERE}load/", DATES)
    table = next(table for table in page.context["tables"] if table.key == "first")
    assert [row[0].words for _, row in table.rows] == ["Kept back", "Too few"]
    filed = [row for row in rows_of(manager.get("/insights/promises/load.csv", DATES)) if row["Table"] == "first"]
    assert {row["Counts"] for row in filed if row["Column"] == "Escalated"} == {""}
    story.cast.manager.figures_by_team = True
    story.cast.manager.save(update_fields=["figures_by_team"])
    assert manager.get(f"{HERE}load/", DATES).context.get("tables") is None
    assert (
        manager.get(
            "/insights/cases/", DATES | {"which": "filed_first", "part": "customer-support-managers"}
        ).status_code
        == 404
    )
