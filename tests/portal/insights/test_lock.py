"""Who sees figures of some teams only never gets a number that holds another team: on no page, in no file, letter or API.

What is proved is that nothing of other teams shows through: all that they did is changed, and what a locked person gets
stays the same to the letter, while what the others get does not.
"""

import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db.models import F
from django.test import Client

from cases.access import Viewer
from cases.models import Case, StaffAct, Team
from escalation import letters
from escalation.models import Notice, Promise, StageClock
from feedback import figure_views, gaps
from feedback.facts import build
from feedback.models import CaseFact, Survey, Theme, ThemeTag
from feedback.rollup import keep
from portal import clock
from portal.insights import digesting, mailing
from portal.insights.casework import behind
from portal.insights.framing import KEPT, Said
from tests.cast import person
from tests.feedback.story import AT
from tests.portal.insights.scene import DATES, links_of, rows_of, text
from tests.portal.insights.test_pages import PLACES

pytestmark = pytest.mark.django_db
OURS, THEIRS = "customer-support-managers", "service-representatives"
API = (
    "/api/v1/figures/",
    *(f"/api/v1/facts/{name}.csv" for name in ("cases", "clocks", "promises", "messages", "steps")),
)
#: Beside the bare places: other questions, and the ways in which somebody could try.
ASKED = (
    ("/insights/topics/", {"level": "2"}), ("/insights/all.csv", {"topic": "orders"}), ("/insights/all/", {"team": OURS}),
    ("/insights/compare/", {"by": "periods", "a": "year"}), ("/insights/words/", {"score": "low"}),
    ("/insights/cases.csv", {"which": "escalated"}), ("/insights/cases/", {"which": "figure", "part": "kept-of"}),
    ("/insights/cases/", {"which": "load", "part": OURS}), ("/insights/bottlenecks/", {"severity": "4"}),
)  # fmt: skip
#: What somebody who sees cases gets more of than a manager.
OF_CASES = (
    ("/insights/words/", {}), ("/insights/cases/", {"which": "answered"}), ("/insights/bottlenecks/training/", {}), ("/insights/promises/", {}),
)  # fmt: skip
EVERYBODYS = (
    "/insights/definitions/",
    "/insights/views/",
    "/insights/views/new/",
    "/insights/knowledge/",
    "/insights/knowledge.csv",
    "/insights/recommend/",
    "/insights/recommend.csv",
    "/insights/cases/report/",
)
#: 90 days after January nothing has been over yet: tests/feedback/test_coming_back.py asks under a lock.
TOO_YOUNG = ("/insights/compare/coming-back/", "/insights/compare/coming-back.csv")


@pytest.fixture(autouse=True)
def still(monkeypatch):
    """Time stands: two looks at one page differ by what is told, not by when."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    for kind, composer in (mailing.COMPOSERS | digesting.COMPOSERS).items():
        letters.register(kind, composer)


@pytest.fixture
def readers(story):
    """A browser for each role that sees figures, locked to the second level, and one that sees all."""
    cast, ours = story.cast, Team.objects.get(slug=OURS)
    auditor = person("audit@example.com", "Ada Auditor", is_staff=True)
    auditor.groups.add(Group.objects.get(name="Auditors"))
    free = person("free@example.com", "Free Manager", is_staff=True)
    free.groups.add(Group.objects.get(name="Managers"))
    for one in (cast.manager, cast.supervisor, auditor):
        one.figures_by_team = True
        one.save(update_fields=["figures_by_team"])
        one.figure_teams.set([ours])
    theme = Theme.objects.order_by("pk").first() or Theme.objects.create(name="Waiting", slug="waiting")
    for said in Survey.objects.filter(answered_at__isnull=False).order_by("case__filed_at", "pk"):
        Survey.objects.filter(pk=said.pk).update(comment=f"It took so long with {said.case.team}")
        ThemeTag.objects.create(survey=said, theme=theme, by=cast.supervisor, at=AT)
    found = {"manager": cast.manager, "supervisor": cast.supervisor, "auditor": auditor, "free": free}
    browsers = {}
    for role, who in found.items():
        browsers[role] = Client()
        browsers[role].force_login(who)
        browsers[role].person = who
    return browsers


def kept_anew():
    while build.take_touched(AT):
        pass
    days = keep.all_days(AT)
    keep.rebuild(days, at=AT)
    assert keep.differing(days, at=AT) == []


def content(client, place, more) -> str:
    """What somebody gets, without what is made anew for each look."""
    answer = client.get(place, more)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    plain = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", body.decode())
    return f"{answer.status_code} {plain}"


def everything(role, client) -> dict[str, str]:
    """Each page, file and address of the API as one person gets it, and their letters; of the others what differs by role."""
    bare = [(place, {}) for place in (*PLACES, *API)]
    places = {"manager": [*bare, *ASKED], "free": bare}.get(role, OF_CASES)
    found = {f"{place} {more}": content(client, place, DATES | more) for place, more in places}
    if role == "supervisor":
        answer = client.post(f"/insights/cases.csv?{urlencode(DATES | {'which': 'escalated'})}")
        found["with names"] = b"".join(answer.streaming_content).decode()
    return found | (letters_to(client.person) if role in ("manager", "supervisor") else {})


def letters_to(who) -> dict[str, str]:
    """The letter of each page, and the digest, as they are written now."""
    Notice.objects.filter(recipient=who).delete()
    figure_views.FigureView.objects.filter(owner=who).delete()
    for page in KEPT:
        figure_views.keep(page, page=page, query="period=52w", mailed="weekly", by=who, at=AT)
    figure_views.subscribe(True, by=who, at=AT)
    figure_views.owe(AT + timedelta(days=7))
    found = {}
    for one in Notice.objects.filter(recipient=who).order_by("kind", "key"):
        view = figure_views.FigureView.objects.get(pk=one.data["view"])
        words = letters.compose(one, AT).text
        found[f"mail {one.kind} {view.name}"] = re.sub(r"/unsubscribe/\S+", "", words)
    figure_views.FigureView.objects.filter(owner=who).delete()
    return found


def others_change():
    """All that other teams did is another story: when, how often, how well, and what was said of it."""
    others = Case.objects.exclude(team__slug=OURS)
    numbers = list(others.order_by("filed_at", "pk").values_list("pk", flat=True))
    assert len(numbers) > 10
    gone, moved = numbers[::2], numbers[1::2]
    Survey.objects.filter(case__in=gone).delete()
    CaseFact.objects.filter(case__in=gone).delete()
    for model, name in ((Promise, "due_at"), (StageClock, "ended_at")):
        model.objects.filter(case__in=gone).update(**{name: F(name) - timedelta(days=900)})
    Case.objects.filter(pk__in=gone).update(filed_at=F("filed_at") - timedelta(days=900))
    Survey.objects.filter(case__in=moved).update(satisfaction=1, comment="Never again", fixed="no")
    CaseFact.objects.filter(case__in=moved).update(
        score=1, fixed="no", escalated_at=AT, replies=9, went_astray=True, spent=[["first", "work", False, 9000]]
    )
    Case.objects.filter(pk__in=moved).update(escalated_at=AT, resolved_at=None, severity=1)
    Promise.objects.filter(case__in=moved, status=Promise.Status.KEPT).update(status=Promise.Status.BROKEN)
    met = StageClock.objects.filter(case__in=moved, outcome="met")
    met.update(outcome="missed", ended_at=F("due_at") + timedelta(hours=1))
    days = keep.all_days(AT)
    keep.rebuild(days, at=AT)


def test_nothing_of_other_teams_shows_through(readers):
    kept_anew()
    before = {role: everything(role, client) for role, client in readers.items()}
    others_change()
    after = {role: everything(role, client) for role, client in readers.items()}
    for role in ("manager", "supervisor", "auditor"):
        changed = [what for what in before[role] if before[role][what] != after[role][what]]
        assert changed == [], role
    same = {what.partition(" ")[0] for what in before["free"] if before["free"][what] == after["free"][what]}
    # Who sees all sees that much changed, or the test would prove nothing; these say nothing of cases.
    assert same <= {*EVERYBODYS, *TOO_YOUNG, "/insights/pulse/", "/insights/cases/", "/insights/compare.csv"}, same
    assert sum(what.startswith("mail") for what in before["manager"]) == len(KEPT) + 1


def test_every_number_leads_to_cases_of_theirs_alone(readers):
    kept_anew()
    who, client = readers["manager"].person, readers["manager"]
    asked = Said(DATES, AT, by=who).asked
    pages = [place for place in PLACES if place.endswith("/")]
    of_all = {url for place in pages for url, _ in links_of(readers["free"].get(place, DATES))}
    of_theirs = {url for place in pages for url, _ in links_of(client.get(place, DATES))}
    assert len(of_theirs) > 60 and not [url for url in of_theirs if THEIRS in url]
    assert len([url for url in of_all if THEIRS in url]) > 5
    seen = 0
    for url in sorted(of_all | of_theirs):
        said = dict(parse_qsl(urlsplit(url).query))
        if said.get("team") == THEIRS:
            assert Said(said, AT, by=who).asked is None
            continue
        try:
            found = behind(asked, said["which"], said.get("part", ""), viewer=Viewer(who)).cases
        except LookupError:
            assert THEIRS in said["part"] or said["which"] in (gaps.GAP, gaps.GAP_OF), url
            continue
        teams = set(found.values_list("team__slug", flat=True))
        assert teams <= {OURS}, url
        seen += bool(teams)
    assert seen > 25


@pytest.mark.parametrize("role", ["manager", "supervisor", "auditor"])
def test_another_team_is_one_that_does_not_exist(role, readers):
    client = readers[role]
    for guess in (THEIRS, "no-such-team"):
        more = DATES | {"team": guess}
        page = client.get("/insights/", more)
        assert "Choose a team from the list" in text(page) and "tiles" not in page.context
        assert client.get("/insights/all.csv", more).status_code == 404
        assert client.get("/insights/cases.csv", more).status_code == 404
        assert client.post("/insights/cases.csv?team=" + guess).status_code == 404
        assert {client.get(place, more).status_code for place in API} == {400}
        assert "Choose two teams" in text(client.get("/insights/compare/", DATES | {"by": "teams"}))
        sides = DATES | {"by": "teams", "a": OURS, "b": guess}
        assert "Choose a team from the list" in text(client.get("/insights/compare/", sides))
        assert client.get("/insights/compare.csv", sides).status_code == 404
        for which, part in (("load", guess), ("handed_over", guess), ("owed", f"team:{guess}:2"), ("spent", f"{guess}:work"), ("passed_up", guess)):  # fmt: skip
            assert client.get("/insights/cases/", DATES | {"which": which, "part": part}).status_code == 404
    offered = client.get("/insights/", DATES).content.decode()
    assert f'value="{OURS}"' in offered and f'value="{THEIRS}"' not in offered


def test_it_is_said_on_every_page_and_a_shared_link_asks_again_who_looks(readers, story):
    name = Team.objects.get(slug=OURS).name
    said = f"Only {name}, as set for you"
    for place in (
        "/insights/",
        "/insights/all/",
        "/insights/topics/",
        "/insights/promises/teams/",
        "/insights/cases/",
        "/insights/words/",
    ):
        assert said in text(readers["manager"].get(place, DATES)), place
        assert "as set for you" not in text(readers["free"].get(place, DATES)), place
    assert readers["manager"].get(API[0], DATES).json()["said"].endswith(said)
    # The same address for both: what it says is the reader's.
    of = {role: {row["Key"]: row["Of"] for row in rows_of(readers[role].get("/insights/all.csv", DATES))} for role in ("manager", "free")}  # fmt: skip
    assert (of["manager"]["escalated"], of["free"]["escalated"]) == ("9", "20")
    assert readers["manager"].get("/insights/knowledge.csv").status_code == 404
    assert "no figure of one team" in text(readers["manager"].get("/insights/knowledge/"))
    assert "What everybody said" in text(readers["manager"].get("/insights/pulse/")) or "No month" in text(
        readers["manager"].get("/insights/pulse/")
    )
    # Nobody of another team is shown by name, and a lock without a team opens nothing.
    seen = gaps.visible([one.pk for one in story.cast.tiers.values()], to=readers["manager"].person)
    assert list(seen.values()) == [story.cast.tiers[2].name]
    readers["manager"].person.figure_teams.clear()
    page = readers["manager"].get("/insights/", DATES)
    assert "No team, as set for you" in text(page) or "Nothing was filed" in text(page)
    assert {row["Of"] for row in rows_of(readers["manager"].get("/insights/all.csv", DATES))} == {"0"}
    assert rows_of(readers["manager"].get(API[1], DATES)) == []


def test_a_letter_is_counted_under_the_lock_of_the_day_it_is_written(readers):
    client = readers["free"]
    first = letters_to(client.person)
    kept = figure_views.keep("All", page="/insights/all/", query="", mailed="weekly", by=client.person, at=AT)
    figure_views.owe(AT + timedelta(days=7))
    client.person.figures_by_team = True
    client.person.save(update_fields=["figures_by_team"])
    client.person.figure_teams.set([Team.objects.get(slug=OURS)])
    owed = Notice.objects.filter(recipient=client.person, data__view=kept.pk)
    words = letters.compose(owed.get(), AT).text
    assert "as set for you" in words and all("as set for you" not in one for one in first.values())


def test_it_is_set_in_people_and_noted(story):
    admin = person("root@example.com", "Root", is_staff=True, is_superuser=True)
    client, who = Client(), story.cast.manager
    client.force_login(admin)
    place, ours = f"/console/cases/user/{who.pk}/change/", Team.objects.get(slug=OURS)
    form = client.get(place).context["adminform"].form
    given = {name: form.initial.get(name) for name in form.fields if form.initial.get(name) not in (None, False, "")}
    given["groups"] = [group.pk for group in who.groups.all()]
    given.pop("figure_teams", None)
    refused = client.post(place, given | {"figures_by_team": "on"})
    assert "Choose the teams whose figures they see" in text(refused)
    assert "Tick this, or choose no team" in text(client.post(place, given | {"figure_teams": [ours.pk]}))
    who.refresh_from_db()
    assert not who.figures_by_team and not who.figure_teams.exists()
    assert client.post(place, given | {"figures_by_team": "on", "figure_teams": [ours.pk]}).status_code == 302
    who.refresh_from_db()
    assert who.figures_by_team and list(who.figure_teams.all()) == [ours]
    changes = {row["field"]: row for row in StaffAct.objects.order_by("pk").last().changes}
    assert changes["Figures of some teams only"]["new"] == "Yes" and changes["These teams"]["new"] == ours.name
