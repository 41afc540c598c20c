"""The page that compares: both sides by hand, their links, wrong choices, and where it says that nothing can be said."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation.models import ProtocolVersion
from feedback.cohorts import Cohort, Compared
from feedback.intervals import Curve, Share, kaplan_meier, wilson
from feedback.periods import Period
from portal.insights.asking import Asked
from portal.insights.comparing import (
    NOT_COMPARABLE,
    Side,
    mix_remarks,
    reading,
    share_difference,
    table_of,
    time_difference,
)
from portal.insights.words import span
from tests.feedback.story import AT, PERIOD
from tests.feedback.street import Street
from tests.portal.insights.scene import DATES, links_of, rows_of, text
from tests.portal.pages.scene import look_at

pytestmark = pytest.mark.django_db
HERE = "/insights/compare/"
ONE, TWO = "service-representatives", "customer-support-managers"
KINDS = ({}, {"by": "teams", "a": ONE, "b": TWO}, {"by": "versions", "a": "five-tier@1", "b": "five-tier@2"})


def test_the_period_before_beside_this_one(manager):
    """As in the story's head: 5 cases before, 1 of them escalated; 20 now and 9."""
    page = manager.get(HERE, DATES)
    said = text(page)
    for words in (
        "22 Dec 2025 to 11 Jan 2026: 5 cases filed; 12 Jan 2026 to 1 Feb 2026: 20 cases.",
        "There is too little to say whether anything differs.",
        "Whether the topics of both are alike can be told from 30 cases on each side.",
    ):
        assert words in said, words
    rows = rows_of(manager.get(f"{HERE.rstrip('/')}.csv", DATES))
    found = {(row["Row"], row["Column"]): row for row in rows}
    before, now = "22 Dec 2025 to 11 Jan 2026", "12 Jan 2026 to 1 Feb 2026"
    for figure, (hits, n), (hits_now, n_now) in (
        ("Satisfied (CSAT)", ("4", "5"), ("9", "13")),
        ("Escalation rate", ("1", "5"), ("9", "20")),
        ("Promises kept", ("16", "16"), ("75", "76")),
    ):
        assert (found[figure, before]["Counts"], found[figure, before]["Of"]) == (hits, n)
        assert (found[figure, now]["Counts"], found[figure, now]["Of"]) == (hits_now, n_now)
    gap = found["Promises kept", "Difference"]
    assert float(gap["Value"]) == pytest.approx(75 / 76 - 1, abs=0.001) and float(gap["Interval to"]) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_links_and_queries(manager, kind):
    row = ProtocolVersion.objects.get(label="five-tier@1")
    row.pk, row.number, row.label, row.status = None, 2, "five-tier@2", ProtocolVersion.Status.RETIRED
    row._state.adding = True
    row.save()
    page = manager.get(HERE, DATES | kind)
    links = links_of(page)
    assert len(links) > 10 and ("five-tier" in links[0][0]) == (kind == KINDS[2])
    for url, words in links:
        answer = manager.get(url)
        assert answer.status_code == 200, url
        if words.isdigit() and ("escalated-of" in url or "rejected-of" in url):
            assert answer.context["page"].paginator.count == int(words)
    counts = set()
    for days in ("2026-01-12", "2025-06-01"):
        with CaptureQueriesContext(connection) as asked:
            manager.get(HERE, DATES | kind | {"from": days})
        counts.add(len(asked))
    assert len(counts) == 1 and counts.pop() <= 12


def test_two_teams(manager):
    said = text(manager.get(HERE, DATES | KINDS[1]))
    assert "Service representatives: 11 cases filed; Customer support managers: 9 cases." in said
    assert "Escalation rate 0% 0% to 26% of 11 100% 70% to 100% of 9 Too few to tell" in said


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"by": "teams"}, "Choose two teams to set beside each other."),
        ({"by": "teams", "a": ONE}, "Choose two teams to set beside each other."),
        ({"by": "versions"}, "Choose two versions to set beside each other."),
        ({"by": "teams", "a": "nobody", "b": ONE}, "Choose a team from the list"),
        ({"by": "teams", "a": ONE, "b": ONE}, "Choose two that differ"),
        ({"a": "ever"}, "Choose a period from the list"),
        ({"from": "2020-01-01", "to": "2020-02-01"}, "Nothing was filed on either side"),
    ],
)
def test_wrong_choices_are_said_and_kept(manager, wrong, sentence):
    page = manager.get(HERE, DATES | wrong)
    assert page.status_code == 200 and sentence in text(page)
    assert "tables" not in page.context
    assert manager.get(f"{HERE.rstrip('/')}.csv", DATES | wrong).status_code == 404
    if wrong.get("a") == ONE:
        assert f'value="{ONE}" selected' in page.content.decode()


def test_numbers_that_are_none(manager):
    for which, part in (("under", "luck-of:x"), ("under", "kept-some:x"), ("under", ""), ("time_under", "age:x")):
        assert manager.get("/insights/cases/", DATES | {"which": which, "part": part}).status_code == 404
    for which, part in (("under", "kept-of:\x00"), ("escalated_under", "\x00"), ("handed_over", "\x00")):
        assert manager.get("/insights/cases/", DATES | {"which": which, "part": part}).status_code == 400
    few = {"which": "under", "part": "satisfied-hits:five-tier@1", "topic": "billing"}
    assert manager.get("/insights/cases/", DATES | few).context["few"]


def side(name: str) -> Side:
    return Side(Cohort(PERIOD), name, {})


def test_no_difference_is_said_where_the_topics_differ_a_lot():
    """40 cases each: of 40 on orders, 14 would have to be of another topic (35%); with 11 (27.5%) they may be compared."""
    asked = Asked({}, PERIOD, Cohort(PERIOD).scope, "", AT)
    pair = {"escalated": (Share(4, 40), Share(30, 40))}
    for moved, comparable in ((14, False), (11, True), (12, False)):
        found = Compared(pair, {}, ({"orders": 40}, {"orders": 40 - moved, "billing": moved}))
        assert found.comparable is comparable
        table = table_of(asked, (side("One"), side("Two")), found, "")
        words = table.rows[0][1][2].words
        assert (words, table.title == NOT_COMPARABLE) == (("Higher", False) if comparable else ("Not comparable", True))
        assert (NOT_COMPARABLE in reading((side("One"), side("Two")), found)) is not comparable
        remark = mix_remarks(asked, found, {"orders": "An order"}, {})[0]
        assert ("“An order” are on both sides" in remark) is not comparable


def test_words_of_differences():
    assert share_difference((Share(10, 100), Share(30, 100)), True).words == "Higher"
    assert share_difference((Share(30, 100), Share(10, 100)), None).words == "Lower"
    assert share_difference((Share(10, 100), Share(12, 100)), True).words == "No clear difference"
    assert share_difference((Share(1, 6), Share(6, 6)), True).words == "Too few to tell"
    assert share_difference((Share(1, 4), Share(30, 40)), True).words == ""
    slow, fast = (kaplan_meier([(float(hour * n), True) for n in range(50, 80)]) for hour in (3600, 60))
    assert time_difference((fast, slow), span, True).words == "Longer"
    assert time_difference((slow, fast), span, True).words == "Shorter"
    assert time_difference((slow, slow), span, True).words == "No clear difference"
    assert time_difference((slow, fast), span, False).words == "Not comparable"
    assert time_difference((slow, Curve(1)), span, True).words == "Too few to tell"


def test_a_time_that_clearly_differs_is_said_in_the_title_and_the_first_words():
    slow, fast = (kaplan_meier([(float(hour * n), True) for n in range(50, 80)]) for hour in (3600, 60))
    sides, asked = (side("One"), side("Two")), Asked({}, PERIOD, Cohort(PERIOD).scope, "", AT)
    alike = {"escalated": (Share(20, 40), Share(20, 40))}
    for pair, title, words in (
        ((fast, slow), "1 figure differs clearly", "In the second, clearly: Time to a name is longer."),
        ((fast, fast), "Nothing differs clearly", "Nothing differs clearly."),
    ):
        found = Compared(alike, {"time_acknowledge": pair}, ({"orders": 40}, {"orders": 40}))
        assert table_of(asked, sides, found, "").title == title
        assert reading(sides, found).endswith(words)


def test_the_same_days_a_year_before(manager):
    page = manager.get(HERE, DATES | {"a": "year"})
    first = Period(PERIOD.first - timedelta(weeks=52), PERIOD.last - timedelta(weeks=52), PERIOD.zone)
    assert page.context["tables"][0].columns[0] == "13 Jan 2025 to 2 Feb 2025"
    assert first.first.weekday() == PERIOD.first.weekday()


class TestComingBack:
    PLACE = "/insights/compare/coming-back/"

    def test_nobody_s_ninety_days_are_over_yet(self, manager):
        said = text(manager.get(self.PLACE, DATES))
        assert "Nobody’s 90 days after a case ended in this period." in said
        assert "Coming back after a case" in text(manager.get("/insights/compare/", DATES))

    def test_two_customers_are_too_few_and_twelve_more_are_said_as_an_association(self, manager, story):
        look_at(AT + timedelta(days=150))
        spring = {"period": "custom", "from": "2026-04-01", "to": "2026-05-31"}
        few = text(manager.get(self.PLACE, spring))
        assert "after another case were too few to say" in few and "%" not in few.replace("95% interval", "")
        street = Street(story.cases["a1"])
        for number in range(12):
            seen = AT + timedelta(days=10) if number < 3 else None
            street.settled(f"up{number}", at=AT, up=AT, last_login=seen)
            street.settled(f"other{number}", at=AT, last_login=AT + timedelta(days=10))
        page = manager.get(self.PLACE, spring)
        said = text(page)
        for words in (
            "An association, not an effect.", "That is clearly more after escalated cases, whatever the reason.",
            "After an escalated case", "Quiet is not gone", "Imported history is left out.",
        ):  # fmt: skip
            assert words in said, words
        rows = rows_of(manager.get("/insights/compare/coming-back.csv", spring))
        found = {(row["Row"], row["Column"]): row for row in rows}
        quiet = found["After an escalated case", "Went quiet"]
        assert (quiet["Counts"], quiet["Value"]) == ("9", str(round(9 / int(quiet["Of"]), 4)))
        assert [round(float(quiet[end]), 3) for end in ("Interval from", "Interval to")] == [
            round(end, 3) for end in wilson(9, int(quiet["Of"]))
        ]
        for url, words in links_of(page):
            answer = manager.get(url)
            assert answer.status_code == 200
            assert not words.isdigit() or answer.context["page"].paginator.count == int(words)
        assert manager.get("/insights/cases/", spring | {"which": "quiet", "part": "left"}).status_code == 404
