"""The pages of bottlenecks and training gaps: their numbers, links and files, and who is shown whom."""

import re
from html import unescape

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category, TouchedCase
from feedback.facts import build
from feedback.models import CaseFact, Survey
from tests.feedback.story import AT
from tests.portal.insights.scene import DATES, links_of, rows_of, text

pytestmark = pytest.mark.django_db
HERE, TRAINING = "/insights/bottlenecks/", "/insights/bottlenecks/training/"
PLACES = (HERE, TRAINING)


def file_of(client, place, **more):
    rows = rows_of(client.get(f"{place.rstrip('/')}.csv", DATES | more))
    return {(row["Table"], row["Row"], row["Column"]): row for row in rows}


def test_hours_by_hand_on_page_and_in_file(manager):
    page = manager.get(HERE, DATES)
    said = text(page)
    for words in (
        "9 escalated cases took 586 h. Where the time goes: 93% in work with us, with Customer support managers.",
        "Waiting for customers and others: 1%", "94% of the time: in work with us", "Too few to say where hours are lost",
        "95% of the hours are with Customer support managers",
    ):  # fmt: skip
        assert words in said, words
    # The median of the one team with enough cases, milestone by milestone, is that of the table below it; of few nothing is said.
    (halves,) = [one for one in page.context["charts"] if one["table"]["caption"] == "Median time by team"]
    assert halves["title"] == "Work with Customer support managers takes longest: half within 2 d 22 h"
    by_team = {row[0]: row[1:] for row in halves["table"]["rows"]}
    assert by_team["Customer support managers"][2]["words"] == "2 d 22 h of 9"
    assert manager.get(by_team["Customer support managers"][2]["url"]).context["page"].paginator.count == 9
    assert all(bool(one["url"]) is (" of " in one["words"]) for row in by_team.values() for one in row)
    assert not any(one["words"][-2:] in (" 1", " 2", " 3", " 4") and one["url"] for one in by_team["Service representatives"])  # fmt: skip
    # A sum over stages leads to the cases that were at any of them.
    (parts,) = [one for one in page.context["charts"] if one["table"]["caption"] == "Hours by team"]
    of_team = {row[0]: row[1:] for row in parts["table"]["rows"]}["Customer support managers"]
    assert of_team[3]["url"].endswith("part=customer-support-managers%3Aothers")
    whole = unescape(re.search(r'href="([^"]+part=customer-support-managers%3A)"', page.content.decode())[1])
    listed = manager.get(whole)
    assert (
        "at any stage, Customer support managers" in listed.context["title"]
        and listed.context["page"].paginator.count == 9
    )
    found = file_of(manager, HERE)
    columns = {column for table, _, column in found if table == "hours"}
    for team in ("All teams", "Customer support managers", "Service representatives"):
        parts = [float(found["hours", team, column]["Value"]) for column in columns - {"All"}]
        assert sum(parts) == pytest.approx(float(found["hours", team, "All"]["Value"]), abs=0.001)
    assert float(found["hours", "All teams", "All"]["Value"]) == pytest.approx(586, abs=0.1)
    two = {
        column: found["hours", "Customer support managers", column]["Value"]
        for column in ("Review", "Name", "Yes or no")
    }
    assert two == {"Review": "1.0", "Name": "0.8333", "Yes or no": "7.5"}
    # Three cases on billing and one on the account are too few, and beside the hours of all five on orders would tell of four.
    hidden = [
        found["topics", row, column]["Value"]
        for row in ("An order", "Billing and payments", "Signing in and my account")
        for column in ("Lost", "Lost a case", "All hours")
    ]
    assert set(hidden) == {""}
    assert found["topics", "An order", "Escalated cases"]["Counts"] == "5"


def test_hours_of_a_topic_are_said_where_no_smaller_one_can_be_computed(manager, story):
    """Two more escalated cases on the account: with billing's three they are five and a topic short of being told."""
    with transaction.atomic():
        for name in ("a1", "a2"):
            Case.objects.filter(pk=story.cases[name].pk).update(category=Category.objects.get(slug="account"))
            Case.objects.filter(pk=story.cases[name].pk).update(escalated_at=story.cases["a4"].filed_at)
        TouchedCase.note([story.cases[name].pk for name in ("a1", "a2")], AT)
        while build.take_touched(AT):
            pass
        found = file_of(manager, HERE)
        transaction.set_rollback(True)
    assert float(found["topics", "An order", "Lost"]["Value"]) == pytest.approx(1550 / 60, abs=0.001)
    assert float(found["topics", "An order", "Lost a case"]["Value"]) == pytest.approx(1550 / 60 / 5, abs=0.001)
    assert found["topics", "Billing and payments", "Lost"]["Value"] == ""


@pytest.mark.parametrize("place", PLACES)
def test_links_are_right_and_queries_few(manager, supervisor, place):
    page = manager.get(place, DATES)
    links = links_of(page)
    assert len(links) > 5
    for url, words in links:
        answer = manager.get(url)
        assert answer.status_code == 200, url
        if not answer.context["few"]:
            n = answer.context["page"].paginator.count
            assert n > 0, url
            assert not words.isdigit() or n == int(words), url
    for client in (manager, supervisor):
        counts = set()
        for days in ("2026-01-12", "2025-06-01"):
            with CaptureQueriesContext(connection) as asked:
                client.get(place, DATES | {"from": days})
            counts.add(len(asked))
        assert len(counts) == 1 and counts.pop() <= 12
    for which, part in (
        ("spent", "x"),
        ("spent", ":sleep"),
        ("gap", "luck"),
        ("gap_of", "up:999999"),
        ("gap_of", "up:x"),
        ("gap_of", "up:99999999999999999999"),
        ("gap", "low:-1"),
    ):
        assert manager.get("/insights/cases/", DATES | {"which": which, "part": part}).status_code == 404
    assert "Choose a team from the list" in text(manager.get(place, DATES | {"team": "nobody"}))
    nothing = text(manager.get(place, DATES | {"from": "2020-01-01", "to": "2020-02-01"}))
    assert "No case filed in this period was escalated" in nothing or "Nobody has a case" in nothing


def test_few_escalated_cases_are_not_shown(manager):
    assert "1 escalated case in this period: fewer than 5 are not shown." in text(
        manager.get(HERE, DATES | {"topic": "account"})
    )
    assert file_of(manager, HERE, topic="account") == {}


def test_colleagues_are_shown_to_who_may_see_them(manager, supervisor, story):
    tom = story.cast.tiers[1]
    assert "An order: Tom Reed" in text(manager.get(TRAINING, DATES))
    assert ("gaps", "An order: Tom Reed", "Opened again") in file_of(manager, TRAINING)
    hidden = text(supervisor.get(TRAINING, DATES))
    assert "Tom Reed" not in hidden and "Colleagues are shown to themselves" in hidden
    assert not any("Tom Reed" in row for _, row, _ in file_of(supervisor, TRAINING))
    one = DATES | {"which": "gap_of", "part": f"up:{tom.pk}"}
    assert supervisor.get("/insights/cases/", one).status_code == 404
    assert manager.get("/insights/cases/", one).context["title"] == "Cases looked at: escalated, Tom Reed"
    # Whoever leads Tom's team sees him.
    team = story.cast.teams[1]
    team.lead = story.cast.supervisor
    team.save(update_fields=["lead"])
    assert "An order: Tom Reed" in text(supervisor.get(TRAINING, DATES))
    # Names stand in the order of the alphabet whatever the scores are.
    rows = [label for label, _ in manager.get(TRAINING, DATES).context["tables"][0].rows]
    assert rows[1:3] == ["An order: Mara Lindt", "An order: Tom Reed"]


def test_a_gap_that_stands_out_is_marked_with_its_module(manager, story):
    """Ten more of delivery, all opened again, beside eighteen of which one was: the topic is marked and suggested."""
    delivery = Category.objects.get(slug="delivery")
    donor = CaseFact.objects.get(pk=story.cases["a1"].pk)
    for number in range(10):
        case = Case.objects.get(pk=story.cases["a1"].pk)
        case.pk, case.reference, case.category = None, f"COPY-{number}", delivery
        case._state.adding = True
        case.save()
        donor.pk = donor.case_id = case.pk
        donor.rejections = 1
        donor._state.adding = True
        donor.save()
    said = text(manager.get(TRAINING, DATES))
    assert "Clearly above the rest: opened again on “Delivery”." in said
    assert "Delivery: opened again clearly more often. There is neither a playbook nor an article on it yet" in said
    marks = [
        (label, number)
        for label, cells in manager.get(TRAINING, DATES).context["tables"][0].rows
        for number, cell in enumerate(cells)
        if cell.mark
    ]
    assert marks == [("Delivery", 1)]


def test_low_scores_are_counted_and_not_listed_to_who_sees_no_cases(manager, supervisor, story):
    one = DATES | {"which": "gap", "part": "low"}
    assert manager.get("/insights/cases/", one).context["few"]
    assert supervisor.get("/insights/cases/", one).context["page"].paginator.count == 3  # a3, a8, b3
    Survey.objects.filter(case=story.cases["a8"]).update(is_anonymous=True)
    assert supervisor.get("/insights/cases/", one).context["page"].paginator.count == 2
