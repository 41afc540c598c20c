"""The page of topics: what it says, hides, suggests and to whom; its links, its file, and how little it asks the database."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category, User
from escalation.book import forget
from escalation.models import ProtocolVersion
from escalation.packs import read_pack
from escalation.reading import parse
from feedback.facts import build
from feedback.intervals import Share, wilson
from feedback.suggestions import NEEDLESS, STOP, Suggestion, standing
from portal import clock
from portal.console.forms import COMPLEXITY
from portal.insights.framing import PLACES, SAME_QUESTION
from portal.insights.suggesting import Places, none_words, today_words
from portal.insights.topics import HEAD, in_order, weekly_words
from portal.insights.words import COMPLEXITY_WORDS
from tests.cast import gather
from tests.feedback.crowd import LATER, Crowd
from tests.feedback.test_suggestions import named, protocol
from tests.portal.insights.scene import rows_of, text
from tests.portal.pages.scene import look_at

pytestmark = pytest.mark.django_db
STORY = {"period": "custom", "from": "2026-01-12", "to": "2026-02-01"}
CROWD = {"period": "custom", "from": "2026-02-09", "to": "2026-02-22"}
SHORTER = CROWD | {"from": "2026-02-10"}
HERE = "/insights/topics/"


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield Crowd(gather(), odd=False)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def looked_at():
    look_at(LATER)
    yield
    clock.travel(timedelta())
    forget()


class Browser(Client):
    """Looks when the engine has counted what happened."""

    def get(self, *given, **more):
        while build.take_touched(LATER):
            pass
        return super().get(*given, **more)


def signed_in(person) -> Client:
    browser = Browser()
    browser.force_login(person)
    return browser


@pytest.fixture
def manager(crowd):
    return signed_in(crowd.cast.manager)


@pytest.fixture
def supervisor(crowd):
    return signed_in(crowd.cast.supervisor)


@pytest.fixture
def author(crowd):
    """A supervisor who may write protocols too."""
    crowd.cast.supervisor.groups.add(Group.objects.get(name="Protocol authors"))
    return signed_in(crowd.cast.supervisor)


def draft_of(version: str = "five-tier@1") -> ProtocolVersion:
    force = ProtocolVersion.objects.get(label=version)
    made = datetime(2026, 2, 20, tzinfo=UTC)
    return ProtocolVersion.objects.create(
        key=force.key, number=force.number + 1, document=force.document, made_at=made, based_on=version
    )


def with_topic(slug: str, **said: str) -> None:
    """A newer version in force that says so of a topic."""
    ProtocolVersion.objects.filter(status="published").update(status="retired")
    document = read_pack("five_tier")["protocol"]
    topics = document["topics"] | {slug: said}
    made = datetime(2026, 2, 20, tzinfo=UTC)
    fields = {"document": document | {"topics": topics}, "made_at": made, "published_at": made, "status": "published"}
    ProtocolVersion.objects.create(key="five-tier", number=2, **fields)
    forget()  # another test's version of this label was rolled back


class TestPage:
    def test_it_says_the_figures_of_the_table(self, manager):
        page = manager.get(HERE, STORY)
        said = text(page)
        for words in (
            "20 cases filed on 3 topics, the most on “An order” (12).",
            "Of 16 cases with an accepted or closed answer, 63% (39% to 82%) were routine: they never left level 1.",
            "1 case of imported history is among them",
            "An order 12 4.0 0 1 0 11 10 0 1 42% 19–68% of 12 0% 0–26% of 11 64% 35–85% of 11 0% 0–26% of 11",
            "Billing and payments 5 1.7 Kept back Kept back Kept back of 5 Kept back of 5 Too few of 4 Kept back of 5",
            "Signing in and my account 3 1.0 Too few Too few Too few of 3 Too few of 1 Too few of 1 Too few of 3",
            "All topics 20 6.7 0 1 0 19 18 0 1 45% 26–66% of 20 6% 1–27% of 17 63% 39–82% of 16 0% 0–17% of 19",
        ):
            assert words in said, words

    def test_too_few_are_not_shown_anywhere(self, manager):
        """Three cases on signing in, one of which went up: neither table, pictures nor file say so."""
        page = manager.get(HERE, STORY | {"topic": "account"})
        assert "%" not in text(page).replace("95% interval", "")
        assert [chart["svg"] for chart in page.context["charts"]] == [""] * 8
        (row,) = rows_of(manager.get("/insights/topics.csv", STORY | {"topic": "account"}))
        filled = {name for name, value in row.items() if value}
        assert filled == {
            "Topic",
            "Cases filed",
            "Cases a week",
            "Escalated: of",
            "Opened again: of",
            "Routine: of",
            "Upset: of",
            "Came again: of",
        }

    def test_filters_are_those_of_the_figures(self, manager):
        assert "An order 12" not in text(manager.get(HERE, STORY | {"topic": "billing"}))
        assert "Cases this team or level has now" in text(manager.get(HERE, STORY | {"level": "2"}))
        imported = manager.get(HERE, STORY | {"source": "imported"})
        assert "1 case filed." in text(imported) and "of imported history" not in text(imported)
        assert "of imported history" not in text(manager.get(HERE, STORY | {"source": "live"}))

    def test_tabs_keep_the_question(self, manager):
        page = manager.get(HERE, STORY | {"topic": "billing"})
        asked = "?period=custom&from=2026-01-12&to=2026-02-01&topic=billing"
        tabs = page.context["tabs"]
        assert [tab["url"] for tab in tabs] == [url + asked * (url in SAME_QUESTION) for url, _ in PLACES]
        assert [tab["url"] for tab in tabs if tab["current"]] == [f"/insights/topics/{asked}"]
        assert {"/insights/", HERE} < set(SAME_QUESTION) and "/insights/pulse/" not in SAME_QUESTION

    def test_every_link_leads_to_as_many_cases_as_its_number_says(self, manager):
        counted = 0
        for asked in (STORY, CROWD):
            page = manager.get(HERE, asked).content.decode()
            links = re.findall(r'<a[^>]* href="(/insights/cases/\?[^"]+)">([^<]+)</a>', page)
            for url, words in links:
                answer = manager.get(unescape(url))
                assert answer.status_code == 200, url
                if re.fullmatch(r"\d+", words):
                    counted += 1
                    assert answer.context["page"].paginator.count == int(words), (url, words)
        assert counted > 100

    def test_a_share_leads_to_its_hits(self, manager):
        for row in manager.get(HERE, CROWD).context["table"]:
            for one in row["shares"]:
                if one["share"]["url"]:
                    hits = manager.get(one["share"]["url"]).context["page"].paginator.count
                    assert one["share"]["words"] == f"{hits * 100 // int(one['of']['words'])}%"

    def test_back_from_the_cases_leads_to_the_topics(self, manager):
        page = manager.get("/insights/cases/", STORY | {"which": "routine", "topic": "orders"})
        assert page.context["back"].startswith("/insights/topics/?period=custom")
        assert "Cases settled without ever leaving level 1" in text(page)
        assert page.context["page"].paginator.count == 7

    @pytest.mark.parametrize(
        ("which", "part", "title"),
        [("complexity", "3", "Cases by complexity: hard"), ("live", "not-billing", "Cases filed here: all topics but “Billing and payments”")],
    )  # fmt: skip
    def test_parts_are_said(self, manager, which, part, title):
        assert title in text(manager.get("/insights/cases/", STORY | {"which": which, "part": part}))
        assert manager.get("/insights/cases/", STORY | {"which": which, "part": "9"}).status_code == 404

    def test_wrong_filters_are_said_and_kept(self, manager):
        page = manager.get(HERE, STORY | {"to": "2026-01-01"})
        assert "“To” must not lie before “From”" in text(page) and "table" not in page.context
        assert manager.get("/insights/topics.csv", STORY | {"to": "2026-01-01"}).status_code == 404
        assert manager.get(HERE, STORY | {"team": ""}).status_code == 303

    def test_nothing_in_a_period_is_said(self, manager):
        page = manager.get(HERE, STORY | {"from": "2020-01-01", "to": "2020-02-01"})
        assert "Nothing was filed in this period." in text(page)
        assert "Suggestions" not in text(page)

    def test_no_style_no_script_and_each_id_once(self, manager):
        page = manager.get(HERE, CROWD).content.decode()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        named_by = {name for value in re.findall(r'aria-labelledby="([^"]+)"', page) for name in value.split()}
        assert named_by <= set(ids)

    def test_each_picture_has_its_numbers(self, manager):
        charts = manager.get(HERE, CROWD).context["charts"]
        assert [chart["title"] for chart in charts] == [
            "Cases by topic",  # ten each
            *(
                f"Too few to tell yet whether a topic {what}"
                for what in (
                    "is critical or high more often",
                    "is hard more often",
                    "is escalated more often",
                    "is opened again more often",
                    "is routine less often",
                    "has more upset customers",
                    "comes again more often",
                )
            ),
        ]
        for chart in charts:
            assert len({len(chart["table"]["head"])} | {len(row) for row in chart["table"]["rows"]}) == 1
            assert len(chart["table"]["rows"]) == 4
            assert manager.get(chart["csv_url"]).status_code == 200

    def test_queries_grow_neither_with_topics_nor_with_cases(self, manager, crowd):
        manager.get(HERE, CROWD)  # documents of rules are parsed once a process
        counts = []
        wide = CROWD | {"from": "2025-12-01"}
        for asked in (CROWD, wide):
            with CaptureQueriesContext(connection) as seen:
                assert manager.get(HERE, asked).status_code == 200
            counts.append(len(seen))
        for number, case in enumerate(Case.objects.filter(filed_at__gte="2026-02-09T00:00Z").order_by("pk")[:20]):
            topic = Category.objects.create(slug=f"old-{number}", name=f"Old topic {number}")
            Case.objects.filter(pk=case.pk).update(category=topic)
        manager.get(HERE, wide)
        with CaptureQueriesContext(connection) as seen:
            page = manager.get(HERE, wide)
        assert len(page.context["table"]) > 20
        assert "The 8 largest of" in page.context["charts"][1]["desc"]
        assert "smaller ones" in page.context["charts"][0]["svg"]
        assert {*counts, len(seen)} == {len(seen)} and len(seen) <= 20, (counts, len(seen))

    def test_nobody_s_name_or_words(self, manager, crowd):
        page = manager.get(HERE, CROWD).content.decode()
        # Whose work a manager may ask about stands in the filter alone.
        page = re.sub(r'<select name="handler".*?</select>', "", page, flags=re.S)
        for secret in ("billing0", crowd.cast.customer.name, "sam@example.com", "Tom Reed", "Paid back"):
            assert secret not in page

    def test_complexities_have_the_words_of_the_form(self):
        assert [words.partition(", ")[2] for _, words in COMPLEXITY] == [w.lower() for w in COMPLEXITY_WORDS.values()]


class TestSuggestions:
    def test_what_stands_out_is_said_with_numbers_and_intervals(self, manager):
        page = manager.get(HERE, CROWD)
        low, high = (round(end * 100) for end in wilson(10, 10))
        assert (low, high) == (72, 100)
        said = text(page)
        for words in (
            "Add a rule: Billing and payments",
            "Staff passed up 10 of 10 cases about “Billing and payments” for good reason, though no rule asked them to: "
            "100% (95% interval 72% to 100%). Of all other topics together 0 of 30 : 0% (95% interval 0% to 11%).",
            "Add a rule: Delivery",
            "Customers opened 10 of 10 cases about “Delivery” again after an answer of level 1",
            "Of all other topics together 0 of 20 : 0% (95% interval 0% to 16%).",
            "Stop escalating: Signing in and my account",
            "Of the settled cases that staff passed up, 10 of 10 about “Signing in and my account” went up for nothing",
            "Of all other topics together 0 of 10 : 0% (95% interval 0% to 28%).",
            "Today the protocol (five-tier@1) leaves it to staff whether they pass such cases up; no rule that says “must” "
            "or “should” names the topic, 4 rules for all topics.",
        ):
            assert words in said, words
        assert said.count("Add a rule:") == 2 and said.count("Stop escalating:") == 1

    def test_one_case_fewer_and_nothing_is_suggested(self, manager):
        """Without Monday the 9th each of the three topics has nine."""
        page = manager.get(HERE, SHORTER)
        assert page.context["suggestions"]["made"] == []
        said = text(page)
        assert "None. A suggestion needs a topic that clearly stands out" in said
        assert "Passed up without a rule: 1 topic can be compared, and none gives reason for a change." in said
        assert "Passed up for nothing: can be told from 10 cases of one topic and 10 of all others; so far the largest has 9, all others 9." in said  # fmt: skip

    def test_one_other_case_fewer_and_nothing_is_suggested(self, manager, crowd):
        """Nine of all others that were passed up and settled."""
        Case.objects.filter(pk=crowd.cases["billing0"].pk).update(resolved_at=None)
        said = text(manager.get(HERE, CROWD))
        assert "Stop escalating" not in said
        assert "so far the largest has 10, all others 9." in said

    def test_the_story_is_too_small(self, manager):
        page = manager.get(HERE, STORY)
        assert page.context["suggestions"]["made"] == []
        assert len(page.context["suggestions"]["none"]) == 3
        assert "so far the largest has 11, all others 8." in text(page)  # orders without the imported one
        assert page.context["charts"][0]["title"] == "60% are about “An order”"

    @pytest.mark.parametrize("more", [{"topic": "billing"}, {"level": "1"}, {"severity": "4"}, {"source": "imported"}, {"team": "service-representatives"}])  # fmt: skip
    def test_a_picked_part_suggests_nothing_and_says_where(self, manager, more):
        page = manager.get(HERE, (CROWD if "source" not in more else STORY) | more)
        assert "Suggestions compare a topic with all the others" in text(page)
        (url,) = re.findall(r'<a href="([^"]+)">Show all cases of this period</a>', page.content.decode())
        assert set(parse_qs(urlsplit(unescape(url)).query)) == {"period", "from", "to"}

    def test_what_the_protocol_says_already_is_not_suggested(self, manager):
        with_topic("billing", escalation="required")
        said = text(manager.get(HERE, CROWD))
        assert "Add a rule: Billing" not in said and "Add a rule: Delivery" in said

    def test_never_is_not_suggested_twice(self, manager):
        with_topic("account", escalation="never")
        assert "Stop escalating" not in text(manager.get(HERE, CROWD))

    def test_a_rule_that_says_the_opposite_is_to_be_changed(self, manager):
        with_topic("billing", escalation="never")
        said = text(manager.get(HERE, CROWD))
        assert "Change the rule: Billing and payments" in said
        assert "Today the protocol (five-tier@2) says that staff do not pass such cases up" in said
        assert text(manager.get("/how-we-escalate/", {"version": "five-tier@2"}))

    def test_without_a_protocol_there_is_nothing_to_add_to(self, manager):
        ProtocolVersion.objects.update(status=ProtocolVersion.Status.RETIRED)
        page = manager.get(HERE, CROWD)
        assert page.status_code == 200
        assert "No protocol is in force" in text(page)

    def test_today_names_the_rules(self):
        said = today_words(standing(named("must", "billing"), "billing"))
        assert said.endswith("Staff must pass it up under “named”: Because.")
        assert "no rule that says" in today_words(standing(protocol(guidelines=[]), "billing"))
        assert "for all topics" not in today_words(standing(protocol(guidelines=[]), "billing"))

    def test_of_nothing_it_says_so_too(self):
        assert none_words("needless", {}).endswith("so far the largest has 0, all others 0.")


class TestWhereItLeads:
    def links(self, browser) -> dict[str, str]:
        made = browser.get(HERE, CROWD).context["suggestions"]["made"]
        return {one["place"]["label"]: one["place"]["url"] for one in made}

    def test_a_manager_reads_what_everybody_may(self, manager):
        assert self.links(manager) == {"Read five-tier@1": "/how-we-escalate/?version=five-tier%401"}
        assert manager.get("/how-we-escalate/?version=five-tier%401").status_code == 200

    def test_a_supervisor_reads_the_version(self, supervisor, crowd):
        draft_of()  # a draft is no affair of who may not write
        pk = ProtocolVersion.objects.get(label="five-tier@1").pk
        urls = {one["place"]["url"] for one in supervisor.get(HERE, CROWD).context["suggestions"]["made"]}
        page = f"/console/escalation/protocolversion/{pk}/change/"
        assert urls == {f"{page}#guidelines", f"{page}#topics"}
        shown = supervisor.get(page).content.decode()
        assert 'id="guidelines"' in shown and 'id="topics"' in shown

    def test_an_author_draws_up_a_version(self, author):
        pk = ProtocolVersion.objects.get(label="five-tier@1").pk
        assert self.links(author) == {
            "Draw up a new version of five-tier@1": f"/console/escalation/protocolversion/{pk}/change/"
        }

    def test_an_author_gets_to_the_editor_of_the_draft(self, author):
        draft = draft_of()
        made = author.get(HERE, CROWD).context["suggestions"]["made"]
        edit = f"/console/escalation/protocolversion/{draft.pk}/edit"
        assert [one["place"]["url"] for one in made] == [f"{edit}/guideline/", f"{edit}/guideline/", f"{edit}/topics/"]
        assert {one["place"]["label"] for one in made} == {"Change it in the draft five-tier@2"}
        for one in made:
            assert author.get(one["place"]["url"]).status_code == 200

    def test_a_rule_that_asks_for_what_is_not_needed_is_found_among_the_guidelines(self, author, crowd):
        draft = draft_of()
        places = Places(User.objects.get(pk=crowd.cast.supervisor.pk), ["five-tier@1"])
        one = Suggestion(
            STOP, NEEDLESS, "billing", Share(10, 10), Share(0, 10), standing(named("should", "billing"), "billing")
        )
        assert places.of(one)["url"] == f"/console/escalation/protocolversion/{draft.pk}/edit/guidelines/"


class TestCsv:
    def test_it_says_what_the_page_says(self, manager):
        for asked in (STORY, CROWD):
            table = manager.get(HERE, asked).context["table"]
            rows = rows_of(manager.get("/insights/topics.csv", asked))
            assert [row["Topic"] for row in rows] == [row["name"] for row in table]
            for row, shown in zip(rows, table, strict=True):
                assert row["Cases filed"] == shown["filed"]["words"]
                assert f"{float(row['Cases a week']):.1f}" == shown["weekly"]
                for names, cells in (
                    (("Critical", "High", "Medium", "Low"), shown["severities"]),
                    (("Simple", "Some digging", "Hard"), shown["complexities"]),
                ):
                    assert [row[name] for name in names] == (
                        [""] * len(names) if isinstance(cells, str) else [c["words"] for c in cells]
                    )
                for name, one in zip(
                    ("Escalated", "Opened again", "Routine", "Upset", "Came again"),
                    shown["shares"],
                    strict=True,
                ):
                    share, low, high = (row[f"{name}: {end}"] for end in ("share", "from", "to"))
                    words = [f"{int(float(v) * 100 + 0.5)}%" for v in (share, low, high) if v]
                    said = one["interval"].replace("–", "%–").split("–")
                    assert words == ([one["share"]["words"], *said] if one["shown"] else [])

    def test_shares_can_be_counted_again_from_it(self, manager):
        for row in rows_of(manager.get("/insights/topics.csv", CROWD)):
            hits, n = int(row["Routine: cases"]), int(row["Routine: of"])
            assert float(row["Routine: share"]) == pytest.approx(hits / n, abs=1e-4)
            assert float(row["Routine: from"]) == pytest.approx(wilson(hits, n)[0], abs=1e-4)

    def test_its_name_its_columns_and_no_formula(self, manager):
        Category.objects.filter(slug="orders").update(name="=1+1, an order")
        answer = manager.get("/insights/topics.csv", CROWD)
        assert answer["Content-Disposition"] == 'attachment; filename="topics-2026-02-09-to-2026-02-22.csv"'
        rows = rows_of(answer)
        assert {tuple(row) for row in rows} == {HEAD}
        assert "'=1+1, an order" in [row[HEAD[0]] for row in rows]


class TestTree:
    TREE = parse(
        "five-tier@1",
        read_pack("five_tier")["protocol"]
        | {"topics": {"refunds": {"under": "billing"}, "late": {"under": "refunds"}, "billing": {}, "orders": {}}},
    )

    def test_the_largest_branch_first_each_below_the_one_above(self):
        sizes = {"late": 9, "orders": 8, "billing": 1, "refunds": 2, "account": 8}
        assert in_order(sizes, self.TREE) == ["billing", "refunds", "late", "account", "orders"]

    def test_a_branch_without_cases_of_its_own_keeps_its_place(self):
        assert in_order({"orders": 5, "late": 9}, self.TREE) == ["late", "orders"]

    def test_without_a_protocol_the_largest_first(self):
        assert in_order({"late": 1, "orders": 8, "account": 8}, None) == ["account", "orders", "late"]

    def test_the_page_says_what_stands_above(self, manager):
        with_topic("account", under="delivery")
        page = manager.get(HERE, CROWD)
        names = [(row["name"], row["under"]) for row in page.context["table"]]
        assert names[:2] == [("Delivery", ""), ("Signing in and my account", "Delivery")]
        assert "under Delivery" in text(page)

    def test_a_week(self):
        assert weekly_words(20, 21) == "6.7"
        assert weekly_words(20, 6) == "–"
