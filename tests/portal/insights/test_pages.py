"""The managers' pages: who may see them, that page, links and file say the same, and what they never say."""

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from cases.models import Case, Category, StaffAct, TouchedCase
from escalation.models import ProtocolVersion
from feedback import first_contact, helped
from feedback.figures import BEHIND, PROMISED
from feedback.intervals import Share, apart, change, wilson
from feedback.models import Survey
from feedback.periods import BEFORE, NONE, YEAR, Period
from portal.insights.casework import FIGURE, HEAD, MORE_HEAD, OF_TOPICS, TITLES, safe
from portal.insights.drawing import finding, steady, untold
from portal.insights.lately import MANY, lately
from portal.insights.words import came_words, change_words, span
from tests.feedback.story import AT, HOUR
from tests.portal.insights.scene import DATES, rows_of, text
from tests.portal.pages.scene import look_at

pytestmark = pytest.mark.django_db
PLACES = (
    "/insights/", "/insights/cases/", "/insights/cases.csv", "/insights/all/", "/insights/all.csv", "/insights/definitions/", "/insights/knowledge/", "/insights/knowledge.csv", "/insights/pulse/", "/insights/recommend/", "/insights/recommend.csv", "/insights/topics/",
    "/insights/topics.csv", "/insights/promises/", "/insights/promises.csv", "/insights/promises/versions/", "/insights/promises/versions.csv",
    "/insights/promises/teams/", "/insights/promises/teams.csv", "/insights/promises/load/", "/insights/promises/load.csv", "/insights/bottlenecks/", "/insights/bottlenecks.csv", "/insights/bottlenecks/training/",
    "/insights/bottlenecks/training.csv", "/insights/compare/", "/insights/compare.csv", "/insights/compare/coming-back/",
    "/insights/compare/coming-back.csv", "/insights/words/", "/insights/words.csv",
    "/insights/writing/", "/insights/writing.csv", "/insights/writing/examples/", "/insights/writing/examples.csv", "/insights/views/", "/insights/views/new/", "/insights/cases/report/",
)  # fmt: skip


def with_names(client, **more):
    """The file that names people: sent as a form."""
    return client.post(f"/insights/cases.csv?{urlencode(DATES | more)}")


class TestAccess:
    ANSWERS = {"anonymous": 303, "customer": 404, "agent": 404, "supervisor": 200, "manager": 200}

    def test_every_address_is_in_the_table(self):
        (below,) = [p for p in get_resolver().url_patterns if str(p.pattern) == "insights/"]
        assert sorted(f"/insights/{p.pattern}" for p in below.url_patterns) == sorted(PLACES)

    @pytest.mark.parametrize("place", PLACES)
    def test_each_role_gets_its_answer(self, place, browsers):
        for method in ("get", "head"):
            found = {role: getattr(browser, method)(place).status_code for role, browser in browsers.items()}
            assert found == self.ANSWERS

    @pytest.mark.parametrize("place", PLACES)
    def test_nothing_can_be_posted(self, place, manager):
        # The file with names is asked for by a form; who may not see cases gets none. Views are one's own to keep.
        posted = (
            {404}
            if place in ("/insights/cases.csv", "/insights/cases/report/")
            else {422}
            if place.startswith("/insights/views/")
            else {405}
        )
        assert {manager.post(place).status_code} == posted
        assert {getattr(manager, method)(place).status_code for method in ("put", "delete")} == {405}

    def test_nobody_signed_in_comes_back_after_signing_in(self, browsers):
        answer = browsers["anonymous"].get("/insights/cases/?which=broken")
        assert answer["Location"] == "/account/sign-in/?next=%2Finsights%2Fcases%2F%3Fwhich%3Dbroken"

    def test_to_others_it_is_a_missing_page(self, browsers):
        for role in ("customer", "agent"):
            assert browsers[role].get("/insights/").content == browsers[role].get("/no/such/page/").content


class TestPage:
    def test_it_says_the_figures_of_the_table(self, manager):
        said = text(manager.get("/insights/", DATES))
        assert (
            "20 cases filed, 45% of them escalated. 13 customers answered, 69% of them satisfied (42% to 87%)." in said
        )
        assert "Half of the escalated cases had their answer within 3 d 1 h. We kept 99% of our promises." in said
        assert "There is too little to say whether anything changed against the period before." in said
        for words in (
            "13 answers given", "10 on the case page before we asked, 3 after our invitation by e-mail",
            "3 of 5 invited by e-mail have answered (60%)", "9 of 20 cases filed", "Too few to tell a change, was 20%",
            "7 of 13 cases settled a week ago or longer", "2 cases settled since: too young to tell",
            "9 in 10: too many still open to say", "In working time: half within 18 h", "9 cases, 2 still open",
            "1 case ended without an answer", "75 of 76 promises whose time came", "1 promise broken",
            "On average 3.8 of 5 (95% interval 2.6 to 5.0)", "All 20 cases filed, 4 without an answer", "9 in 10: too many without an answer yet to say",
            "Too few to tell a change, was 100%", "67% say that their problem is fixed",            "Partly fixed: 8% of 12 (1% to 35%)", "It was easy 67% 95% interval 30% to 90%", "4 of 6 answers agree",
            "60% of those whose case was passed up felt heard (23% to 88%)", "23% of the answers were low",
        ):  # fmt: skip
            assert words in said, words

    def test_the_last_twelve_weeks_are_asked_unless_told(self, manager):
        page = manager.get("/insights/")
        assert page.context["sentence"].startswith("11 Nov 2025 to 2 Feb 2026: 26 cases filed")

    @pytest.mark.parametrize(
        ("period", "first"), [("4w", "6 Jan 2026"), ("52w", "4 Feb 2025"), ("quarter", "1 Jan 2026")]
    )
    def test_other_periods_end_today(self, manager, period, first):
        assert manager.get("/insights/", {"period": period}).context["sentence"].startswith(f"{first} to 2 Feb 2026")

    def test_every_link_leads_to_as_many_cases_as_its_number_says(self, manager):
        page = manager.get("/insights/", DATES).content.decode()
        links = re.findall(r'<a href="(/insights/cases/\?[^"]+)">([^<]+)</a>', page)
        assert len(links) > 40
        counted = 0
        for url, words in links:
            answer = manager.get(unescape(url))
            assert answer.status_code == 200, url
            number = re.fullmatch(r"(\d+)( answers? given| promises? broken|)", words)
            which = parse_qs(urlsplit(unescape(url)).query)["which"][0]
            if number and which not in PROMISED:
                counted += 1
                assert answer.context["page"].paginator.count == int(number[1]), (url, words)
        assert counted > 25

    def test_only_what_is_set_stands_in_the_address(self, manager):
        answer = manager.get(
            "/insights/", {"period": "4w", "team": "", "level": "", "topic": "billing", "severity": ""}
        )
        assert (answer.status_code, answer["Location"]) == (303, "/insights/?period=4w&topic=billing")
        assert manager.get("/insights/", {"period": "", "team": ""})["Location"] == "/insights/"
        page = manager.get("/insights/", {"period": "4w", "topic": "billing"}).content.decode()
        assert "period=4w&amp;topic=billing&amp;which=escalated" in page

    def test_own_dates_are_asked_for_when_they_are_chosen(self, manager):
        page = manager.get("/insights/", {"period": "custom"})
        assert 'name="from" value="2025-11-11"' in page.content.decode()
        assert 'name="from"' not in manager.get("/insights/").content.decode()

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"from": "2026-02-01", "to": "2026-01-01"}, "“To” must not lie before “From”"),
            ({"from": "yesterday"}, "“From” must be a date, like 2026-03-31"),
            ({"to": "0001-01-01"}, "“To” must lie between the years 2000 and 2100"),
            ({"from": "2024-01-01"}, "Choose at most 53 weeks at a time"),
            ({"team": "nobody"}, "Choose a team from the list"),
            ({"level": "9"}, "Choose a level from the list"),
            ({"severity": "x"}, "Choose a severity from the list"),
            ({"period": "ever"}, "Choose a period from the list"),
        ],
    )
    def test_what_cannot_be_read_is_said_and_kept(self, manager, wrong, sentence):
        for place in ("/insights/", "/insights/cases/"):
            page = manager.get(place, DATES | wrong)
            assert page.status_code == 200
            assert sentence in text(page)
            assert "Error: " in page.content.decode()
            assert "tiles" not in page.context
        assert manager.get("/insights/cases.csv", DATES | wrong).status_code == 404

    def test_nothing_in_a_period_is_said(self, manager):
        page = manager.get("/insights/", DATES | {"from": "2020-01-01", "to": "2020-02-01"})
        assert "Nothing was filed, answered or promised in this period." in text(page)

    def test_too_few_are_not_shown(self, manager):
        page = manager.get("/insights/", DATES | {"topic": "account"})
        said = text(page)
        assert said.count("Too few") >= 3
        assert "1 answer: fewer than 5 are not shown" in said
        assert "Fewer than 5: too few to draw without speaking of single people." in said
        csat, easy, first, low, every, up, times, _ = page.context["tiles"]
        assert {tile["value"] for tile in (csat, easy, first, every, up, times)} == {"Too few"}
        assert (low["value"], low["url"], low["lines"]) == ("Too few", "", ["1 low score: fewer than 5 are not shown"])
        assert not any("%" in str(line) for line in csat["lines"])
        drawn = {chart["title"]: chart["svg"] for chart in page.context["charts"]}
        assert not drawn["Answers"]

    @pytest.mark.parametrize(
        "one",
        [{"source": "imported"}, {"severity": "1"}, {"severity": "2"}, {"from": "2025-12-31", "to": "2025-12-31"},
         {"from": "2026-01-30"}, {"from": "2025-12-16", "to": "2025-12-16"}, {"level": "5"}],
    )  # fmt: skip
    def test_any_of_the_figures_may_be_missing(self, manager, one):
        """Only cases, only promises, only answers, only one week, or nothing at all."""
        for place in PLACES[:3]:
            assert manager.get(place, DATES | one).status_code == 200

    def test_a_picture_of_many_topics_stays_short(self, manager, story):
        """Twelve topics as an import brings them: the picture shows eight, the numbers have them all."""
        for number, case in enumerate(Case.objects.filter(filed_at__gte="2026-01-12T00:00Z").order_by("pk")[:12]):
            topic = Category.objects.create(slug=f"old-{number}", name=f"Old topic {number}")
            Case.objects.filter(pk=case.pk).update(category=topic)
        chart = manager.get("/insights/", DATES).context["charts"][9]
        assert len(chart["table"]["rows"]) > 12
        assert "The 8 largest of" in chart["desc"]
        assert chart["svg"].count("<tspan") == 8

    def test_a_team_s_rate_says_what_it_is_a_rate_of(self, manager):
        said = text(manager.get("/insights/", DATES | {"team": "customer-support-managers"}))
        assert "Cases this team or level has now" in said

    def test_first_contact_leads_to_its_cases_and_says_what_it_leaves_out(self, manager):
        first = manager.get("/insights/", DATES).context["tiles"][2]
        assert (first["label"], first["value"]) == ("Fixed at first contact", "54%")
        assert first["lines"][0] == "95% interval 29% to 77%"
        linked = [first["url"], *(line["url"] for line in first["lines"] if isinstance(line, dict))]
        assert [manager.get(url).context["page"].paginator.count for url in linked] == [7, 13, 2]
        files = [manager.get(url.replace("/cases/?", "/cases.csv?")) for url in linked]
        assert [len(rows_of(answer)) for answer in files] == [7, 13, 2]
        few = manager.get("/insights/", DATES | {"topic": "billing"}).context["tiles"][2]
        assert (few["value"], few["url"], few["lines"]) == (
            "Too few", "", ["4 settled cases: fewer than 5 are not shown"],
        )  # fmt: skip
        young = manager.get("/insights/", DATES | {"from": "2026-01-26"}).context["tiles"][2]
        assert (young["value"], [line["words"] for line in young["lines"]]) == (
            "No figure", ["2 cases settled since: too young to tell"],
        )  # fmt: skip
        imported = manager.get("/insights/", DATES | {"source": "imported"})
        assert "Imported history is left out: it does not say how often anybody wrote." in text(imported)

    def test_queries_do_not_grow_with_the_cases(self, manager, story):
        counts = {}
        for days in ("2026-01-12", "2025-06-01"):
            TouchedCase.objects.all().delete()
            for place in (*PLACES[:4], "/insights/topics/", "/insights/words/"):
                if place == "/insights/all/":
                    TouchedCase.note([story.cases["a1"].pk], AT)
                with CaptureQueriesContext(connection) as asked:
                    answer = manager.get(place, DATES | {"from": days})
                    if answer.streaming:
                        list(answer.streaming_content)
                counts.setdefault(place, set()).add(len(asked))
        assert all(len(numbers) == 1 for numbers in counts.values()), counts
        # Of many cases topics ask five fewer, which are then counted once a minute; words list comments, their cases and people.
        most = {"/insights/topics/": 15, "/insights/words/": 15}
        assert all(max(numbers) <= most.get(place, 12) for place, numbers in counts.items()), counts

    def test_without_a_protocol_in_force_every_hour_is_working_time(self, manager):
        ProtocolVersion.objects.update(status=ProtocolVersion.Status.RETIRED)
        said = text(manager.get("/insights/", DATES))
        assert "In working time: half within 73 h" in said

    def test_no_style_no_script_and_each_id_once(self, manager):
        for place in PLACES[:2]:
            page = manager.get(place, DATES).content.decode()
            assert not re.search(r"\sstyle=|<style|\son[a-z]+=", page)
            ids = re.findall(r'\sid="([^"]+)"', page)
            assert len(ids) == len(set(ids))
            named = {name for value in re.findall(r'aria-labelledby="([^"]+)"', page) for name in value.split()}
            assert named <= set(ids)

    def test_each_chart_has_its_table_and_its_file(self, manager):
        charts = manager.get("/insights/", DATES).context["charts"]
        assert len(charts) == 13
        for chart in charts:
            assert chart["table"]["rows"] and chart["table"]["caption"]
            assert len({len(chart["table"]["head"])} | {len(row) for row in chart["table"]["rows"]}) == 1
            assert manager.get(chart["csv_url"]).status_code == 200
        # 8 judged answers with one team and 4 with the other: both are kept back, or the 4 could be computed.
        hidden = [chart["title"] for chart in charts if not chart["svg"]]
        assert hidden == ["Too few to tell yet whether the problem is fixed less often with a team or on a level"]

    def test_definitions(self, manager):
        said = text(manager.get("/insights/definitions/"))
        for formula in (
            "answers of 4 or 5 ÷ all answers",
            "kept ÷ (kept + broken)",
            "Kaplan and Meier",
            "settled with one message of ours",
        ):
            assert formula in said


class TestCases:
    def test_a_manager_reads_no_text_and_no_name(self, manager, story):
        answer = manager.get("/insights/cases/", DATES)
        page = answer.content.decode()
        assert answer.context["page"].paginator.count == 20
        for secret in ("=a1", "Charged", "I see two payments", story.cast.customer.name, "sam@example.com", "Tom Reed"):
            assert secret not in page
        assert story.cases["a1"].reference in page
        assert "Feedback asked: money given back" in text(answer) or "Confirmed: money given back" in text(answer)
        for place in ("/console/feedback/improvements/", "/console/learning/meetings/"):
            page = page.replace(place, "")
        assert "/console/" not in page
        names = set(answer.context["rows"][0])
        assert not names & {"title", "description", "customer_name", "satisfaction", "fixed", "answered_at"}

    def test_a_supervisor_reads_the_title_and_gets_to_the_case(self, browsers, story):
        page = browsers["supervisor"].get("/insights/cases/", DATES).content.decode()
        assert "=a1" in page
        assert f"/console/cases/case/{story.cases['a1'].pk}/change/" in page

    def test_of_a_case_the_reader_does_not_see_there_is_no_word_and_no_name(self, browsers, story):
        hidden, dana = story.cases["a1"], browsers["supervisor"]
        Category.objects.filter(pk=hidden.category_id).update(is_restricted=True)
        Group.objects.get(name="Supervisors").permissions.remove(Permission.objects.get(codename="view_restricted"))
        assert hidden.team_id is None or not hidden.team.members.filter(pk=story.cast.supervisor.pk).exists()
        page = dana.get("/insights/cases/", DATES)
        row = next(row for row in page.context["rows"] if row["reference"] == hidden.reference)
        assert (row["heading"], row["customer_name"], row["satisfaction"], row["seen"]) == (None, None, None, False)
        assert f"/console/cases/case/{hidden.pk}/change/" not in page.content.decode()
        line = next(r for r in rows_of(with_names(dana)) if r["Reference"] == hidden.reference)
        assert (line["Title"], line["Customer"], line["Satisfaction (1 to 5)"]) == ("", "", "")
        # To stand in the list of a score would tell the answer.
        score = DATES | {"which": "score", "part": str(Survey.objects.get(case=hidden).satisfaction)}
        answered = dana.get("/insights/cases/", score)
        assert hidden.reference not in [row["reference"] for row in answered.context["rows"]]
        assert "Answers of cases you do not see count in the figures" in text(answered)
        file = dana.get("/insights/cases.csv", score)
        assert file.status_code == 200 and hidden.reference not in [row["Reference"] for row in rows_of(file)]

    def test_few_answers_are_not_listed_to_who_may_not_see_cases(self, browsers, manager, story):
        one = DATES | {"which": "score", "part": "1"}
        page = manager.get("/insights/cases/", one)
        assert "So few answers would say what single people told us." in text(page)
        assert story.cases["a8"].reference not in page.content.decode()
        assert manager.get("/insights/cases.csv", one).status_code == 404
        assert story.cases["a8"].reference in browsers["supervisor"].get("/insights/cases/", one).content.decode()
        assert manager.get("/insights/cases/", DATES | {"which": "score", "part": "5"}).context["rows"]

    def test_answers_without_a_name_count_but_neither_list_nor_file_says_whose(self, browsers, story):
        dana, score = browsers["supervisor"], DATES | {"which": "score", "part": "1"}
        Survey.objects.filter(case=story.cases["a8"]).update(is_anonymous=True)
        page = dana.get("/insights/cases/", score)
        assert story.cases["a8"].reference not in page.content.decode()
        assert "Answers given without a name count in the figures and are not listed here." in text(page)
        assert "13 answers given" in text(dana.get("/insights/", DATES))
        rows = {row["Reference"]: row for row in rows_of(with_names(dana))}
        hidden, shown = rows[story.cases["a8"].reference], rows[story.cases["a4"].reference]
        names = ("Satisfaction (1 to 5)", "Is it fixed", "Felt heard", "Easy (1 to 5)")
        assert [hidden[name] for name in (*names, "Answered")] == [""] * 5
        assert [shown[name] for name in names] == ["4", "yes", "yes", "4"]

    @pytest.mark.parametrize("more", [{"which": "all"}, {"which": "score"}, {"which": "kept", "part": "7"}])
    def test_a_number_that_is_none_of_ours_is_a_missing_page(self, manager, more):
        assert manager.get("/insights/cases/", DATES | more).status_code == 404
        assert manager.get("/insights/cases.csv", DATES | more).status_code == 404

    def test_every_number_has_its_title(self):
        rooms = (BEHIND, PROMISED, first_contact.BEHIND, helped.BEHIND, OF_TOPICS, (FIGURE,))
        assert set(TITLES) == {name for room in rooms for name in room}
        # Each name belongs to one room: the address does not say which.
        assert len(TITLES) == sum(len(room) for room in rooms)

    def test_back_leads_to_the_same_figures(self, manager):
        page = manager.get("/insights/cases/", DATES | {"topic": "billing", "which": "kept", "part": "2", "page": "1"})
        assert page.context["back"] == "/insights/?period=custom&from=2026-01-12&to=2026-02-01&topic=billing"

    def test_nobody_behind_a_number(self, manager):
        assert "No case is behind this number." in text(
            manager.get("/insights/cases/", DATES | {"which": "broken", "part": "4"})
        )


class TestCsv:
    def test_it_says_what_the_page_says(self, manager):
        page = manager.get("/insights/cases/", DATES | {"which": "escalated"})
        rows = rows_of(manager.get("/insights/cases.csv", DATES | {"which": "escalated"}))
        assert [row["Reference"] for row in rows] == [row["reference"] for row in page.context["rows"]]
        took = sorted(float(row["Hours to answer"]) for row in rows if row["Hours to answer"])
        assert took == [25, 49, 49, 73, 73, 73]
        office = sorted(float(row["Working hours to answer"]) for row in rows if row["Working hours to answer"])
        assert office == [9.5, 9.5, 9.5, 18, 18, 26.5]
        assert all(row["Escalated"] for row in rows)

    def test_figures_can_be_counted_again_from_it(self, browsers):
        rows = rows_of(with_names(browsers["supervisor"], which="answered"))
        scores = [int(row["Satisfaction (1 to 5)"]) for row in rows]
        assert Share(sum(score > 3 for score in scores), len(scores)) == Share(9, 13)
        filed = rows_of(browsers["supervisor"].get("/insights/cases.csv", DATES))
        assert (sum(bool(row["Escalated"]) for row in filed), len(filed)) == (9, 20)

    def test_columns_of_a_manager(self, manager, browsers):
        assert tuple(rows_of(manager.get("/insights/cases.csv", DATES))[0]) == HEAD
        assert tuple(rows_of(with_names(browsers["supervisor"]))[0]) == (*HEAD, *MORE_HEAD)

    def test_a_file_with_names_is_noted_and_the_plain_one_is_not(self, manager, browsers, story):
        assert tuple(rows_of(browsers["supervisor"].get("/insights/cases.csv", DATES))[0]) == HEAD
        assert not StaffAct.objects.exists()
        assert manager.post(f"/insights/cases.csv?{urlencode(DATES)}").status_code == 404
        assert not StaffAct.objects.exists()
        assert with_names(browsers["supervisor"], topic="account").status_code == 200
        act = StaffAct.objects.get()
        assert (act.kind, act.actor_id) == ("insights_csv", story.cast.supervisor.pk)
        assert {"field": "topic", "old": "", "new": "account"} in act.changes

    def test_no_cell_is_a_formula(self, browsers):
        rows = rows_of(with_names(browsers["supervisor"]))
        assert {row["Title"] for row in rows} >= {"'=a1", "'=b6", "Incident"}
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\ufeff=1"])
    def test_what_a_spreadsheet_would_run_is_quoted(self, text):
        assert safe(text) == f"'{text}"

    @pytest.mark.parametrize("value", ["Charged twice", "a=b", "", 5, -5, 2.5, None])
    def test_the_rest_stays(self, value):
        assert safe(value) == value

    def test_it_is_streamed_as_utf_8_under_a_name_that_says_what_it_is(self, manager):
        answer = manager.get("/insights/cases.csv", DATES | {"which": "kept"})
        assert answer.streaming
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="kept-2026-01-12-to-2026-02-01.csv"'
        assert answer["Cache-Control"] == "no-store, private"

    def test_umlauts_and_commas_survive(self, browsers, story):
        title = 'Straße "12", Öffnung\nneu'
        Case.objects.filter(pk=story.cases["c5"].pk).update(title=title)
        rows = rows_of(with_names(browsers["supervisor"], topic="account"))
        assert title in [row["Title"] for row in rows]


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [(59, "0 min"), (2400, "40 min"), (5 * HOUR + 600, "5 h 10 min"), (52 * HOUR, "2 d 4 h"), (48 * HOUR, "2 d")],
    )
    def test_spans(self, seconds, words):
        assert span(seconds) == words

    def test_changes(self):
        assert change_words(Share(56, 70), Share(48, 80), BEFORE) == "Up from 60%"
        assert change_words(Share(48, 80), Share(56, 70), BEFORE) == "Down from 80%"
        assert change_words(Share(56, 70), Share(48, 80), YEAR) == "Up from 60% last year"
        assert change_words(Share(56, 70), Share(48, 80), NONE) == ""
        assert change_words(Share(5, 10), Share(2, 4), BEFORE) == "Nothing to compare with: 4 in the period before"
        assert change_words(Share(5, 10), Share(), YEAR) == "Nothing to compare with: 0 in the same weeks last year"
        assert change_words(Share(2, 4), Share(5, 10), BEFORE) == ""
        # Nine of nine against none of nine: clear by arithmetic, and still too few to say so.
        assert change_words(Share(9, 9), Share(0, 9), BEFORE) == "Too few to tell a change, was 0%"

    def test_how_answers_came(self):
        assert came_words(35, 10) == "25 on the case page before we asked, 10 after our invitation by e-mail"
        assert came_words(3, 3) == "3 after our invitation by e-mail"
        assert came_words(0, 0) == ""

    def test_two_shares_are_told_apart_only_when_their_intervals_do_not_meet(self):
        assert apart(Share(10, 20), Share(190, 200)) == "down"
        assert apart(Share(190, 200), Share(10, 20)) == "up"
        # The difference's own interval leaves 0 out here; the two that stand beside each other on the page meet.
        assert change(Share(56, 70), Share(48, 80)) == "up"
        assert wilson(56, 70)[0] < wilson(48, 80)[1]
        assert apart(Share(56, 70), Share(48, 80)) == ""

    def test_of_a_few_it_cannot_be_told_yet(self):
        """Three of five promises of a supervisor's reply were kept, and all others nearly always."""
        parts = [("Answer", Share(95, 100)), ("Supervisor’s reply", Share(0, 5))]
        assert apart(Share(0, 5), Share(95, 100)) is None
        said = ("Kept clearly less often", "No milestone’s", "Too few to tell yet")
        assert finding(parts, Share(95, 105), "down", said) == "Too few to tell yet"
        assert untold(parts) == " Too few to compare (fewer than 30): Supervisor’s reply."
        more = [("Answer", Share(95, 100)), ("Progress updates", Share(98, 100)), ("Supervisor’s reply", Share(0, 5))]
        assert finding(more, Share(193, 205), "down", said) == "No milestone’s"
        worse = [("Answer", Share(40, 100)), ("Progress updates", Share(98, 100))]
        assert finding(worse, Share(138, 200), "down", said) == "Kept clearly less often: Answer"

    def test_the_pictures_of_a_period_name_nothing_from_five(self, manager):
        """The story's billing: 3 of 5 escalated. It names nothing, and says why."""
        topics = manager.get("/insights/", DATES).context["charts"][9]
        assert topics["title"] == "Too few to tell yet whether a topic is escalated more often"
        assert (
            "Too few to compare (fewer than 30): An order, Billing and payments, Signing in and my account."
            in topics["desc"]
        )

    def test_findings_of_a_line(self):
        even = [Share(8, 10)] * 6
        assert steady("Satisfied", even) == "Satisfied: nothing unusual in any week"
        assert steady("Satisfied", [*even, Share(1, 20)]) == "Satisfied: unusual, 1 week far below the middle"
        slow = [Share(55, 100)] * 8 + [Share(48, 100)] * 7
        assert steady("Satisfied", slow) == "Satisfied: unusual, 8 weeks in a row above the middle"
        assert steady("Satisfied", slow[1:]) == "Satisfied: nothing unusual in any week"
        both = [*slow[:8], Share(90, 100), Share(2, 4), *slow[8:]]
        assert (
            steady("Satisfied", both)
            == "Satisfied: unusual, 1 week far above the middle and 9 weeks in a row above the middle"
        )
        assert steady("Satisfied", [Share(1, 2)] * 2) == "Satisfied: too few to say"
        assert steady("Satisfied", [Share(3, 4)] * 3) == "Satisfied: too few in single weeks to compare them"

    def test_a_day_is_the_company_s(self, manager):
        """A case filed at half past midnight in summer time belongs to the day it was in London."""
        day = Period(date(2026, 7, 1), date(2026, 7, 1), "Europe/London")
        assert (day.start.day, day.start.hour) == (30, 23)


def test_what_takes_long_to_count_is_said_again_for_a_minute_under_its_own_instant(manager, monkeypatch):
    made = []

    def seconds(number: int):
        return AT + timedelta(seconds=number)

    def asked(number: int, size: int) -> tuple[int, object]:
        return lately("a question", lambda: made.append(number) or number, lambda _: size, at=seconds(number))

    assert asked(0, MANY - 1) == (0, AT) and asked(1, MANY) == (1, seconds(1))
    assert asked(40, MANY) == (1, seconds(1)) and asked(0, MANY) == (0, AT)
    assert asked(55, MANY) == (55, seconds(55)) and made == [0, 1, 0, 55]
    monkeypatch.setattr("portal.insights.lately.MANY", 0)
    monkeypatch.setattr("portal.insights.lately._kept", {})
    first = manager.get("/insights/", DATES).context
    look_at(AT + timedelta(seconds=45))
    again = manager.get("/insights/", DATES).context
    assert again["counted_to"] == first["counted_to"] < again["now"]
    assert again["tiles"] == first["tiles"]
