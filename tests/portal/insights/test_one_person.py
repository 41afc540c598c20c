"""The filters by handler and by language: who may ask for whom, what is said beside it, and that they go along everywhere."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case, User
from feedback.figures import Scope
from feedback.handlers import Mix, mix_of
from feedback.intervals import Share
from feedback.models import FigureView
from portal import clock
from portal.insights.framing import TOO_FEW, Said
from portal.insights.words import listed_words, mix_words
from tests.feedback.story import PERIOD
from tests.portal.insights.scene import DATES, links_of, rows_of, text

pytestmark = pytest.mark.django_db
NEW, API = "/insights/views/new/", "/api/v1/figures/"


def offered(client) -> dict[str, str]:
    """Whom the filter offers: by their number, the name."""
    form = client.get("/insights/", DATES).context["filters"]
    return {key: name for key, name in form.fields["handler"].choices if key}


def test_people_are_offered_to_themselves_who_leads_them_and_named_managers(manager, supervisor, story):
    cast = story.cast
    everybody = set(offered(manager).values())
    assert {one.name for one in (*cast.tiers.values(), cast.mate)} <= everybody
    names = list(offered(manager).values())
    assert names == sorted(names)  # by name, never by score
    assert set(offered(supervisor).values()) == {cast.supervisor.name}
    cast.teams[1].lead = cast.supervisor
    cast.teams[1].save(update_fields=["lead"])
    assert set(offered(supervisor).values()) == {cast.supervisor.name, cast.tiers[1].name, cast.mate.name}
    # Whom one may not ask for is nobody: neither figures nor a word that there is somebody.
    for guess in (str(cast.tiers[2].pk), "999999", "x", str(cast.customer.pk)):
        more = DATES | {"handler": guess}
        page = supervisor.get("/insights/", more)
        assert "Choose a handler from the list" in text(page) and "tiles" not in page.context
        assert supervisor.get("/insights/all.csv", more).status_code == 404
        assert supervisor.get(API, more).json() == {"handler": ["Choose a handler from the list"]}


def test_one_persons_figures_are_counted_of_their_cases_with_the_mix_beside(manager, story):
    two = story.cast.tiers[2]
    more = DATES | {"handler": str(two.pk)}
    mine = Case.objects.filter(owner=two, filed_at__gte=PERIOD.start, filed_at__lt=PERIOD.end)
    n, up = mine.count(), mine.filter(escalated_at__isnull=False).count()
    assert n >= 5
    with CaptureQueriesContext(connection) as asked:
        page = manager.get("/insights/", more)
    assert len(asked) <= 12
    words = page.context["filter_words"]
    assert f"{two.name} (" in words and f"{up / n:.0%} escalated" in words and "all others’" in words
    filed = {row["Key"]: row for row in rows_of(manager.get("/insights/all.csv", more))}
    assert (filed["escalated"]["Counts"], filed["escalated"]["Of"]) == (str(up), str(n))
    api = manager.get(API, more).json()
    assert api["filters"]["handler"] == str(two.pk) and api["said"] == words
    # Every link keeps it, and the cases behind are theirs.
    links = links_of(page)
    assert links and all(parse_qs(urlsplit(url).query)["handler"] == [str(two.pk)] for url, _ in links)
    listed = manager.get("/insights/cases/", more | {"which": "filed"}).context["page"]
    assert {row["pk"] for row in listed} == set(mine.values_list("pk", flat=True))
    # It is kept with a view.
    assert (
        manager.post(f"{NEW}?page=/insights/&period=52w&handler={two.pk}", {"name": "Two", "mailed": ""}).status_code
        == 303
    )
    assert FigureView.objects.get().query == f"period=52w&handler={two.pk}"
    assert two.name in text(manager.get("/insights/views/"))


def test_of_fewer_than_five_cases_nothing_is_said_anywhere(manager, story):
    one = story.cast.mate
    assert not Case.objects.filter(owner=one).exists()
    more = DATES | {"handler": str(one.pk)}
    page = manager.get("/insights/all/", more)
    assert "Fewer than 5 cases of this person" in text(page) and "sections" not in page.context
    assert manager.get("/insights/all.csv", more).status_code == 404
    assert manager.get("/insights/cases.csv", more).status_code == 404
    assert manager.get(API, more).json() == {"handler": [TOO_FEW]}


def test_the_mix_is_told_apart_only_where_the_intervals_do_not_meet(story):
    two = story.cast.tiers[2]
    mix = mix_of(PERIOD, Scope(handler=two.pk))
    of_all = Case.objects.filter(filed_at__gte=PERIOD.start, filed_at__lt=PERIOD.end, owner__isnull=False)
    assert mix.mine.n + mix.others.n == of_all.count()
    assert Mix(Share(46, 100), Share(31, 400)).way == "harder" and Mix(Share(9, 9), Share(0, 400)).way == ""
    assert mix_words(Mix(Share(46, 100), Share(31, 400))) == "harder than average: 46% escalated, of all others’ 8%"
    assert mix_words(Mix(Share(5, 10), Share(1, 2))) == "50% escalated"
    assert [listed_words(x) for x in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == ["", "A", "A and B", "A, B and C"]


def test_the_language_of_the_customer(manager, story, settings):
    person = story.cast.customer
    every = {row["Key"]: row for row in rows_of(manager.get("/insights/all.csv", DATES))}

    def of(code):
        rows = rows_of(manager.get("/insights/all.csv", DATES | {"language": code}))
        return {row["Key"]: row for row in rows}

    def house():
        return of("en")

    assert house() == every and of("de")["escalated"]["Of"] == "0"
    # Who chose a language we do not have reads the house's.
    User.objects.filter(pk=person.pk).update(language="fr")
    assert house() == every
    User.objects.filter(pk=person.pk).update(language="de")
    german = of("de")
    filed = Case.objects.filter(filed_at__gte=PERIOD.start, filed_at__lt=PERIOD.end)
    for found, cases in ((german, filed.filter(customer=person)), (house(), filed.exclude(customer=person))):
        assert found["escalated"]["Of"] == str(cases.count()) != "0"
    page = manager.get("/insights/topics/", DATES | {"language": "de"})
    assert "Deutsch" in page.context["filter_words"] and page.context["table"]
    assert "Show all cases of this period" in text(page) and "language" not in page.context["suggestions"]["everything"]
    assert "Choose a language from the list" in text(manager.get("/insights/", DATES | {"language": "xx"}))


def test_an_address_without_them_has_neither(manager, story):
    answer = manager.get("/insights/", {"period": "4w", "handler": "", "language": ""})
    assert answer["Location"] == "/insights/?period=4w"
    asked = Said(DATES, clock.now(), by=story.cast.manager).asked
    assert asked.words.endswith("all teams") and asked.scope == Scope()


def test_two_teams_say_that_the_team_above_does_not_count_and_lead_back(manager, story):
    teams = story.cast.teams
    sides = {"by": "teams", "a": teams[1].slug, "b": teams[2].slug, "team": teams[3].slug, "level": "2"}
    page = manager.get("/insights/compare/", DATES | sides)
    assert f"“Team: {teams[3].name}” above does not count here" in text(page)
    for more in (sides, {"a": "year", "topic": "orders"}, {"by": "versions", "a": "x", "b": "y"}):
        page = manager.get("/insights/compare/", DATES | more)
        for url, _ in links_of(page)[:2]:
            back = manager.get(url).context["back"]
            assert back.startswith("/insights/compare/?")
            assert {k: v[0] for k, v in parse_qs(urlsplit(back).query).items()} == DATES | more
    strange = manager.get("/insights/cases/", DATES | {"back": "next=https://example.com&a=year"}).context["back"]
    assert strange == "/insights/compare/?a=year"


def test_a_handler_who_is_gone_from_the_list_says_so(story):
    client = Client()
    client.force_login(story.cast.supervisor)
    assert "Choose a handler from the list" in text(
        client.get("/insights/cases/", DATES | {"handler": str(story.cast.tiers[1].pk)})
    )
