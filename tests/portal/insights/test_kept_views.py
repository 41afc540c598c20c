"""What leaves the figures: kept views by mail, the digest of the week and the API say the numbers of the pages."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case, Category, Event, Message, User
from escalation import letters
from escalation.models import Notice, Promise, StageClock
from feedback import figure_views, improvement_acts, periods
from feedback.durations import DURATIONS
from feedback.facts import build
from feedback.helpfulness import deflection
from feedback.intervals import Share
from feedback.measures import MEASURES, Counted
from feedback.models import CaseFact, FigureView, Improvement, Survey
from portal import clock
from portal.api import facts, records
from portal.insights import digest_words, digesting, mailing
from portal.insights.digesting import LESS, NEITHER, Moved, moved
from portal.insights.framing import KEPT, Said
from tests.feedback.story_more import AT_MORE, telling_more
from tests.portal.insights.scene import DATES, MARCH, rows_of, text

pytestmark = pytest.mark.django_db
NEW, VIEWS, API = "/insights/views/new/", "/insights/views/", "/api/v1/figures/"
FACTS = "/api/v1/facts/cases.csv"
RECORDS = tuple(f"/api/v1/facts/{one.name}.csv" for one in records.SHEETS)
ZONE = "Europe/London"


@pytest.fixture(scope="module")
def story(django_db_setup, django_db_blocker):
    with telling_more(django_db_blocker) as told:
        while build.take_touched(AT_MORE):
            pass
        yield told


@pytest.fixture(scope="module")
def looking_at():
    return AT_MORE


@pytest.fixture(autouse=True)
def composed():
    for kind, composer in (mailing.COMPOSERS | digesting.COMPOSERS).items():
        letters.register(kind, composer)


def letter_of(person, at, kind=figure_views.KIND):
    """The letters the beat owes at `at`, rung twice, as they are written then."""
    figure_views.owe(at)
    figure_views.owe(at)
    return [letters.compose(one, at) for one in Notice.objects.filter(kind=kind, recipient=person)]


def keep(client, page="/insights/", mailed="weekly", name="Mine", **filters):
    address = f"{NEW}?{urlencode({'page': page} | filters)}"
    return client.post(address, {"name": name, "mailed": mailed})


@pytest.mark.parametrize(
    "filters", [DATES, MARCH, MARCH | {"topic": "billing"}, MARCH | {"against": "year"}, MARCH | {"against": "none"}]
)
def test_page_file_letter_and_api_say_the_same_of_every_figure(filters, manager, story, monkeypatch):
    monkeypatch.setattr(periods, "A_YEAR", timedelta(days=35))  # so that something was told of "last year"
    sections = manager.get("/insights/all/", filters).context["sections"]
    page = {row["name"]: row for section in sections for row in section["rows"]}
    filed = {row["Key"]: row for row in rows_of(manager.get("/insights/all.csv", filters))}
    answer = manager.get(API, filters).json()
    api = {one["key"]: one for one in answer["figures"]}
    asked = Said(filters, clock.now(), by=story.cast.manager).asked
    mailed = dict(zip(MEASURES, mailing.lines_of(asked, tuple(MEASURES))[0], strict=True))
    assert list(api) == list(MEASURES)
    assert answer["filters"] == filters and answer["period"]["from"] == filters["from"]
    for key, one in MEASURES.items():
        said, row, shown = api[key], filed[key], page[one.name]
        assert str(said["n"]) == row["Of"] == shown["of"]["words"]
        assert ("" if said["hits"] is None else str(said["hits"])) == row["Counts"]
        assert ("" if said["value"] is None else said["value"]) == (float(row["Share"]) if row["Share"] else "")
        assert (said["interval"] or ["", ""]) == [float(row[n]) if row[n] else "" for n in ("Interval from", "Interval to")]  # fmt: skip
        assert (said["before"] is None) == (answer["before"] is None) == (filters.get("against") == "none")
        assert ("" if said["before"] is None else str(said["before"]["n"])) == row["Of before"]
        assert mailed[key].startswith(f"{one.name}: {shown['share']['words']}")
        assert mailed[key].endswith(shown["change"])
        if shown["interval"]:
            assert f"({shown['interval']}) of {said['n']}" in mailed[key]
    assert any(one["hits"] is None and one["n"] for one in api.values()) and any(one["hits"] for one in api.values())


@pytest.mark.parametrize("page", KEPT)
def test_the_letter_of_each_page_says_what_the_page_says(page, manager, story):
    assert keep(manager, page, period="52w", topic="billing" if page == "/insights/" else "").status_code == 303
    view = FigureView.objects.get()
    goes = view.next_at
    assert goes.astimezone(ZoneInfo(ZONE)).weekday() == 0 and goes.astimezone(ZoneInfo(ZONE)).hour == 8
    assert letter_of(story.cast.manager, goes - timedelta(seconds=1)) == []
    (letter,) = letter_of(story.cast.manager, goes)
    view.refresh_from_db()
    assert view.next_at == figure_views.next_time("weekly", goes, ZONE)
    # The page, opened from the letter, has the letter's first words, and its figures are those of all figures.
    clock.travel(goes - datetime.now(UTC))
    (url,) = re.findall(r"on their page: (http\S+)", letter.text)
    address = urlsplit(url)
    opened = manager.get(f"{address.path}?{address.query}")
    assert address.path == page and opened.status_code == 200
    sentence = opened.context.get("sentence")
    assert (sentence or "cases filed") in letter.text
    numbers = manager.get(f"/insights/all/?{address.query}").context["sections"]
    shown = {row["name"]: row for section in numbers for row in section["rows"]}
    for key in mailing.LETTERS[page].keys:
        assert f"- {MEASURES[key].name}: {shown[MEASURES[key].name]['share']['words']}" in letter.text
    assert len(mailing.LETTERS[page].keys) <= 8 and "<img" not in letter.html


def test_a_comparison_is_kept_with_its_two_sides_and_mailed_as_its_page_says_it(manager, story):
    half = manager.get("/insights/compare/", MARCH | {"by": "teams"})
    assert "Save this view" not in half.content.decode()
    assert keep(manager, "/insights/compare/", **MARCH, by="teams").status_code == 404
    first, second = (slug for slug, _ in half.context["sides"].fields["a"].choices[1:3])
    sides = {"by": "teams", "a": first, "b": second}
    page = manager.get("/insights/compare/", {"period": "52w"} | sides)
    assert unescape(page.context["keep_url"]).endswith(f"&period=52w&by=teams&a={first}&b={second}")
    assert keep(manager, "/insights/compare/", period="52w", **sides).status_code == 303
    view = FigureView.objects.get()
    names = list(page.context["tables"][0].columns[:2]) if page.context.get("tables") else []
    listing = text(manager.get(VIEWS))
    assert all(name in listing for name in names)
    (letter,) = letter_of(story.cast.manager, view.next_at)
    clock.travel(view.next_at - datetime.now(UTC))
    (url,) = re.findall(r"on their page: (http\S+)", letter.text)
    address = urlsplit(url)
    opened = manager.get(f"{address.path}?{address.query}")
    assert opened.context["sentence"] in letter.text
    rows = opened.context["tables"][0].rows
    assert rows
    for name, (one, other, between) in rows:
        (line,) = [line for line in letter.text.splitlines() if line.startswith(f"- {name}: ")]
        assert one.words in line and other.words in line and between.words in line
    # A side that is gone: the letter says so.
    FigureView.objects.update(query=f"by=teams&a={first}&b=gone")
    assert "names something that is not there any more" in text(manager.get(VIEWS))
    clock.travel(view.next_at + timedelta(days=7) - datetime.now(UTC))
    again = [one.text for one in letter_of(story.cast.manager, view.next_at + timedelta(days=7))]
    assert "names something that is not there any more" in again[-1]


def test_one_press_stops_it_and_a_look_does_not(manager, story):
    keep(manager)
    view = FigureView.objects.get()
    (letter,) = letter_of(story.cast.manager, view.next_at)
    assert letter.unsubscribe in letter.text
    token = letter.unsubscribe.rstrip("/").rsplit("/", 1)[-1]
    assert token not in letter.kept_text
    way, reader = urlsplit(letter.unsubscribe).path, Client(enforce_csrf_checks=True)
    assert "Stop this letter?" in text(reader.get(way)) and FigureView.objects.get().mailed == "weekly"
    assert reader.post(way).status_code == 403
    assert reader.post(way, {"List-Unsubscribe": "One-Click"}).status_code == 200
    view.refresh_from_db()
    assert (view.mailed, view.next_at) == ("", None)
    assert Client().post(way[:-3] + "zz/").status_code == 404
    with pytest.raises(letters.NotNeeded):
        letters.compose(Notice.objects.get(kind=figure_views.KIND), clock.now())


def test_who_may_not_see_figures_any_more_gets_none(manager, story):
    person = story.cast.manager
    keep(manager)
    goes = FigureView.objects.get().next_at
    figure_views.owe(goes)
    person.groups.remove(Group.objects.get(name="Managers"))
    with pytest.raises(letters.NotNeeded):
        letters.compose(Notice.objects.get(kind=figure_views.KIND), goes)
    assert letter_count(figure_views.owe, goes + timedelta(days=7)) == 0
    # Months without a beat: one letter, not one for each Monday.
    person.groups.add(Group.objects.get(name="Managers"))
    assert letter_count(figure_views.owe, goes + timedelta(days=70)) == 1


def letter_count(owe, at):
    had = Notice.objects.filter(kind=figure_views.KIND).count()
    assert owe(at) == 1 and owe(at) == 0
    return Notice.objects.filter(kind=figure_views.KIND).count() - had


def test_views_are_ones_own_named_once_and_twenty(manager, supervisor, story):
    assert 'href="/insights/views/new/?page=%2Finsights%2F&amp;topic=billing"' in manager.get("/insights/?topic=billing").content.decode()  # fmt: skip
    fixed = keep(manager, **DATES)
    assert fixed.status_code == 422 and "Dates of your own stay the same" in unescape(fixed.content.decode())
    assert 'value="Mine"' in fixed.content.decode()
    assert keep(manager, mailed="", **DATES).status_code == 303
    mine = FigureView.objects.get()
    for wrong in ({"view": mine.pk, "mailed": "weekly"}, {"view": "x"}, {"view": "9" * 40}):
        assert manager.post(VIEWS, wrong).status_code == 422
    for name, mailed in (("mine", ""), ("", ""), ("x" * 41, ""), ("Weekly digest", ""), ("Other", "daily")):
        assert keep(manager, name=name, mailed=mailed).status_code == 422
    for page, filters in (("/insights/pulse/", {}), ("/console/", {}), ("/insights/", {"topic": "none"})):
        assert keep(manager, page, **filters).status_code == 404
    # A colleague's is not there.
    assert supervisor.post(VIEWS, {"view": mine.pk, "mailed": "monthly"}).status_code == 422
    supervisor.post(VIEWS, {"view": mine.pk, "delete": "yes"})
    assert "Mine" not in text(supervisor.get(VIEWS))
    assert FigureView.objects.get().mailed == ""
    for number in range(figure_views.MOST - 1):
        keep(manager, name=f"View {number}", mailed="monthly")
    assert keep(manager, name="One more").status_code == 422
    assert FigureView.objects.count() == figure_views.MOST
    row = FigureView.objects.get(name="View 0")
    manager.post(VIEWS, {"view": row.pk, "mailed": "weekly"})
    row.refresh_from_db()
    assert (row.mailed, row.next_at) == ("weekly", figure_views.next_time("weekly", clock.now(), ZONE))
    manager.post(VIEWS, {"view": row.pk, "delete": "yes"})
    assert not FigureView.objects.filter(pk=row.pk).exists()


@given(
    st.integers(1_600_000_000, 2_200_000_000),
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    st.sampled_from(["weekly", "monthly"]),
)
def test_the_next_time_is_the_first_such_morning_after(second, zone, mailed):
    after = datetime.fromtimestamp(second, UTC)
    goes = figure_views.next_time(mailed, after, zone)
    here = goes.astimezone(ZoneInfo(zone))
    assert goes > after and (here.hour, here.minute) == (8, 0)
    assert here.weekday() == 0 if mailed == "weekly" else here.day == 1
    assert goes - after <= timedelta(days=7 if mailed == "weekly" else 31, hours=1)
    assert figure_views.next_time("", after, zone) is None
    assert figure_views.next_time(mailed, goes - timedelta(seconds=1), zone) == goes


class TestDigest:
    def test_it_is_the_week_in_four_numbers_for_who_wants_it(self, manager, story):
        manager.post(VIEWS, {"digest": "yes"})
        manager.post(VIEWS, {"digest": "yes"})
        view = FigureView.objects.get()
        # In the story nearly all happens in March: a Monday there.
        monday = figure_views.next_time("weekly", datetime(2026, 3, 10, tzinfo=UTC), ZONE)
        FigureView.objects.filter(pk=view.pk).update(next_at=monday)
        (letter,) = letter_of(story.cast.manager, monday, figure_views.DIGEST)
        clock.travel(monday - datetime.now(UTC))
        week = {"period": "custom", "from": "2026-03-09", "to": "2026-03-15"}
        sections = manager.get("/insights/all/", week).context["sections"]
        shown = {row["name"]: row for section in sections for row in section["rows"]}
        for key in digesting.FOUR:
            assert f"- {MEASURES[key].name}: {shown[MEASURES[key].name]['share']['words']}" in letter.text
        assert manager.get("/insights/", week).context["sentence"] in letter.text
        assert letter.text.count("Nothing unusual this week.") == 1 and "To look at" not in letter.text
        assert letter.subject.startswith("The week in figures: 9 Mar 2026")
        manager.post(VIEWS, {"digest": "no"})
        view.refresh_from_db()
        assert view.next_at is None and "You do not get it." in text(manager.get(VIEWS))

    def test_what_clearly_moved_is_named_once_the_largest_first(self):
        def one(key, hits, was, split="", part=""):
            return Moved(key, split, part, Counted(Share(hits, 100), Share(was, 100)))

        worse, better = moved(
            [
                one("satisfied", 50, 80), one("satisfied", 30, 80, "topic", "billing"), one("kept", 95, 92),
                one("escalated", 10, 90), one("low", 5, 30), one("grown", 60, 20), one("heard", 20, 90), one("easy", 90, 20),
            ]
        )  # fmt: skip
        assert [(m.key, m.part) for m in worse] == [("heard", ""), ("satisfied", "billing"), ("grown", "")]
        assert [m.key for m in better] == ["easy", "low"]
        few = Moved("satisfied", "", "", Counted(Share(0, 9), Share(9, 9)))
        assert moved([few]) == ([], [])
        assert {*LESS, *NEITHER} <= {*MEASURES}
        # Last week's cases had less time to go up: that fewer did is no news.
        assert moved([one("escalated", 5, 60)]) == ([], [])
        assert {"back_7", "at_first"}.isdisjoint(digesting.JUDGED) and "kept" in digesting.JUDGED

    def test_what_moved_leads_to_the_page_that_says_so(self, manager, story, monkeypatch):
        worse = Moved("escalated", "topic", "billing", Counted(Share(60, 100), Share(10, 100)))
        monkeypatch.setattr(digesting, "movements", lambda asked: [worse])
        figure_views.subscribe(True, by=story.cast.manager, at=AT_MORE)
        (letter,) = letter_of(story.cast.manager, FigureView.objects.get().next_at, figure_views.DIGEST)
        (url,) = re.findall(r"- Escalation rate, \S.*: 60%, was 10%: (http\S+)", letter.text)
        assert "topic=billing" in url and "Nothing unusual" not in letter.text
        address = urlsplit(url)
        assert manager.get(f"{address.path}?{address.query}").status_code == 200

    def test_it_quotes_with_leave_keeps_no_word_and_says_what_is_due(self, manager, story, settings):
        """S16 and R089: three comments of the week, masked, drawn when it goes; the reader's own acts."""
        cast, monday = story.cast, datetime(2026, 3, 16, 8, tzinfo=UTC)
        cases = list(Case.objects.filter(customer__is_staff=False, is_history=False).order_by("pk")[:9])
        mask = "Call me on +44 20 7946 0123"
        said = [
            (5, True, f"Thank you, {cases[0].customer.name}. {mask}."), (4, True, "Kind and quick."), (5, False, "No leave."),
            (1, True, "Nobody called."), (2, True, "Late."), (1, None, "Not asked."), (1, True, "Nameless."), (1, True, "Secret."),
            (1, True, "A year ago."),
        ]  # fmt: skip
        Survey.objects.all().update(comment="")
        for n, (case, (score, leave, words)) in enumerate(zip(cases, said, strict=True)):
            given = {"satisfaction": score, "comment": words, "may_quote": leave, "answered_at": monday - timedelta(days=3, minutes=n)}  # fmt: skip
            Survey.objects.update_or_create(case=case, defaults=given)
        Survey.objects.filter(comment="Nameless.").update(is_anonymous=True)
        Survey.objects.filter(comment="A year ago.").update(answered_at=monday - timedelta(days=365))
        hidden = Category.objects.create(slug="hidden", name="Hidden", is_restricted=True)
        Case.objects.filter(survey__comment="Secret.").update(category=hidden)
        led = improvement_acts.LedTo(cases=(cases[0],))
        for title in ("One", "Two"):
            improvement_acts.propose(title, "B", "C", led=led, by=cast.tiers[1], at=monday - timedelta(days=30))
        plan = improvement_acts.Plan(cast.tiers[1], monday.date() + timedelta(days=5), "escalated")
        improvement_acts.agree(Improvement.objects.get(title="Two"), "Yes.", plan, by=cast.supervisor, at=monday)
        figure_views.subscribe(True, by=cast.manager, at=monday - timedelta(days=6))
        assert FigureView.objects.get().next_at == monday
        (letter,) = letter_of(cast.manager, monday, figure_views.DIGEST)
        assert "Thanks from customers (2 with leave to pass their words on)" in letter.text
        quoted = re.findall(r"- “(.*)”\n", letter.text)
        assert quoted[0].startswith("Thank you, [name].") and mask not in letter.text and "[phone]" in quoted[0]
        assert quoted[1:] == ["Nobody called.", "Late."]
        for words in ("No leave", "Not asked", "Nameless", "Secret", "A year ago"):
            assert words not in letter.text + letter.html
        # Nothing of it is kept where erasing would not find it; the rest is.
        assert not [words for words in quoted if words in letter.kept_text] and "customer’s words" in letter.kept_text
        assert "- 1 improvement to decide, 1 of them late: " in letter.text and "“Two”" not in letter.text
        (mine,) = digest_words._improvements(cast.tiers[1], monday)
        assert mine["words"] == "“Two”, due 21 Mar" and mine["url"].endswith(
            f"/{Improvement.objects.get(title='Two').pk}/"
        )
        assert letter.unsubscribe.startswith(f"{settings.BASE_URL}/unsubscribe/")
        # Erased before it goes, the words are not in it; who sees no cases reads nothing of a few.
        Survey.objects.filter(comment="Nobody called.").update(comment="", may_quote=None)
        again = letters.compose(Notice.objects.get(kind=figure_views.DIGEST), monday)
        assert "Nobody called" not in again.text and "“Late.”" in again.text
        Survey.objects.filter(satisfaction=5).update(comment="")
        assert "“" not in letters.compose(Notice.objects.get(kind=figure_views.DIGEST), monday).text

    @pytest.mark.parametrize(
        ("zone", "goes", "days"),
        [
            ("Pacific/Auckland", datetime(2026, 3, 15, 19, tzinfo=UTC), "8 Mar 2026 to 14 Mar 2026"),
            ("America/Los_Angeles", datetime(2026, 3, 16, 15, tzinfo=UTC), "9 Mar 2026 to 15 Mar 2026"),
        ],
    )
    def test_it_goes_in_the_reader_s_own_morning_about_seven_days_that_are_over(self, story, zone, goes, days):
        User.objects.filter(pk=story.cast.manager.pk).update(time_zone=zone)
        person = User.objects.get(pk=story.cast.manager.pk)
        figure_views.subscribe(True, by=person, at=goes - timedelta(days=6))
        assert FigureView.objects.get().next_at == goes
        (letter,) = letter_of(person, goes, figure_views.DIGEST)
        assert letter.subject.startswith(f"The week in figures: {days}")
        assert FigureView.objects.get().next_at - goes == timedelta(days=7)


class TestApi:
    ANSWERS = {"anonymous": 403, "customer": 404, "agent": 404, "supervisor": 200, "manager": 200}

    @pytest.mark.parametrize("place", [API, FACTS, *RECORDS])
    def test_each_role_gets_its_answer_and_nothing_can_be_sent(self, place, browsers, manager):
        for method in ("get", "head"):
            assert {role: getattr(one, method)(place).status_code for role, one in browsers.items()} == self.ANSWERS
        assert {getattr(manager, m)(place).status_code for m in ("post", "put", "patch", "delete", "options")} == {405}
        assert manager.get(place)["Cache-Control"] == "no-store, private"
        for wrong in ({"topic": "none"}, {"tpoic": "billing"}, {"period": "custom", "from": "x", "to": "2026-01-01"}):
            answer = manager.get(place, wrong)
            assert answer.status_code == 400 and set(answer.json()) & set(wrong)

    @pytest.mark.parametrize("filters", [MARCH, DATES | {"topic": "billing"}])
    def test_the_file_of_facts_has_a_row_for_each_case_counted(self, filters, manager, story):
        rows = rows_of(manager.get(FACTS, filters))
        figures = {one["key"]: one for one in manager.get(API, filters).json()["figures"]}
        assert len(rows) == figures["escalated"]["n"] > 0
        assert len({row["reference"] for row in rows}) == len(rows)
        up = sum(bool(row["escalated_at"]) for row in rows)
        assert figures["escalated"]["hits"] in (up, None)
        names = {*User.objects.values_list("name", flat=True)} - {""}
        written = "\n".join(",".join(row.values()) for row in rows)
        assert not [name for name in names if name in written]
        fact = CaseFact.objects.get(case__reference=rows[0]["reference"])
        assert int(rows[0]["in_work"]) == fact.in_work and int(rows[0]["went_astray"]) == fact.went_astray

    @pytest.mark.parametrize("filters", [MARCH, DATES | {"topic": "billing"}])
    def test_times_and_the_figures_of_other_pages_are_the_same_numbers(self, filters, manager, story):
        answer, page = manager.get(API, filters).json(), manager.get("/insights/all/", filters)
        filed = {row["Key"]: row for row in rows_of(manager.get("/insights/all.csv", filters))}
        shown = {row["name"]: row for row in page.context["times"]}
        assert [one["key"] for one in answer["times"]] == list(DURATIONS)
        for one in answer["times"]:
            row = filed[one["key"]]
            said = (
                one["half_within"],
                *one["interval"],
                one["nine_in_ten_within"],
                one["not_ended"],
                one["before"]["half_within"],
            )
            names = ("Half within (s)", "Half from (s)", "Half to (s)", "9 in 10 within (s)", "Not ended yet", "Half within before (s)")  # fmt: skip
            assert ["" if value is None else str(value) for value in said] == [row[name] for name in names], one["key"]
            assert (str(one["n"]), f"{one['n']:,}") == (row["Of"], shown[one["name"]]["of"]["words"])
            assert one["ended"] is None or one["ended"] + one["not_ended"] == one["n"]
        again, total = answer["came_again"], manager.get("/insights/topics/", filters).context["total"]["shares"][-1]
        assert total["of"] is None or f"{again['n']:,}" == total["of"]["words"]
        assert again["value"] is None or f"{again['value']:.0%}" == total["share"]["words"]
        words, lift = page.context["lift"], answer["lift"]
        assert f"{lift['value']:+.1f}".lstrip("+-") in words if lift["value"] is not None else lift["interval"] is None
        solved, all_of = deflection(clock.now()), answer["everybodys"]
        assert all_of["needed_no_case"]["n"] == solved.n and [one["quarter"] for one in all_of["recommend"]] == []

    def test_the_other_files_have_every_row_of_the_same_cases_and_not_a_word(self, manager, story):
        """Clocks, promises, messages and steps join to the file of cases; nothing in them is a name, a text or an answer."""
        case = Case.objects.filter(filed_at__gte=datetime(2026, 3, 2, tzinfo=UTC)).order_by("filed_at", "pk")[0]
        StageClock.objects.filter(case=case, kind="review").update(
            pauses=[["2026-03-02T10:00:00.000000+00:00", "2026-03-02T11:00:00.000000+00:00", "Your holiday"]]
        )
        Promise.objects.filter(case=case).update(reason="Your holiday")
        of = {row["reference"] for row in rows_of(manager.get(FACTS, MARCH))}
        assert case.reference in of
        found = {one.name: rows_of(manager.get(f"/api/v1/facts/{one.name}.csv", MARCH)) for one in records.SHEETS}
        mine = {"case__reference__in": of}
        counted = {
            "clocks": StageClock.objects.filter(**mine).exclude(kind="survey").count(),
            "promises": Promise.objects.filter(**mine).count(),
            "messages": Message.objects.filter(**mine).count(),
        }
        assert {name: len(found[name]) for name in counted} == counted and all(counted.values())
        asked_how = Event.objects.filter(**mine, data__args__kind="survey").count()
        assert len(found["steps"]) == Event.objects.filter(**mine).count() - asked_how
        assert asked_how and not [row for row in found["clocks"] if row["kind"] == "survey"]
        written = "\n".join(",".join(row.values()) for rows in found.values() for row in rows)
        texts = {*Message.objects.filter(**mine).values_list("text", flat=True), "Your holiday"}
        names = {*User.objects.exclude(name="").values_list("name", flat=True)}
        assert texts and not [said for said in texts | names if said in written]
        assert {row["reference"] for rows in found.values() for row in rows} <= of
        (paused,) = [row for row in found["clocks"] if row["reference"] == case.reference and row["kind"] == "review"]
        assert (paused["pauses"], paused["paused_seconds"]) == ("1", "3600")
        filed = [row for row in found["messages"] if row["kind"] == "filed"]
        assert {(row["direction"], row["by"]) for row in filed} == {("in", "customer")}
        assert {row["by"] for row in found["messages"] if row["direction"] == "out"} <= {"staff", "milepost"}
        kept = [row["status"] for row in found["promises"]].count("kept")
        assert kept == Promise.objects.filter(**mine, status="kept").count() > 0
        last = {row["reference"]: row["to"] for row in found["steps"]}
        assert last == {row["reference"]: row["state"] for row in rows_of(manager.get(FACTS, MARCH))}

    def test_every_column_is_chosen_and_written_down(self):
        fields = {field.name for field in CaseFact._meta.get_fields() if field.concrete}
        assert fields == {*facts.FACTS, *facts.WITHHELD, *facts.OURS}
        page = Path("docs/api.md").read_text(encoding="utf-8")
        assert [name for name in (*facts.OF_CASE, *facts.FACTS, *facts.WITHHELD) if f"`{name}`" not in page] == []
        for one in records.SHEETS:
            section = page.partition(f"### {one.name}.csv")[2].partition("###")[0]
            assert [name for name in one.columns if f"`{name}`" not in section] == [], one.name

    def test_a_cell_is_no_formula(self):
        (line,) = csv.reader(io.StringIO(",".join(str(facts.cell(v, ZoneInfo(ZONE))) for v in ("=1+1", True, None))))
        assert line == ["'=1+1", "1", ""]
