"""Who gets which answer at which address: a table over the URL configuration; an address that is missing from it fails."""

import hashlib
import io
import secrets
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from cases.files import check, keep
from cases.models import AccessLink, Case, Draft, Message, Organisation, Participant, User
from cases.models.door import hash_token
from cases.reference import make_reference
from escalation import sharing, verbs, wishes
from feedback.post_mortem_acts import open_by_hand
from feedback.problem_letters import CONFIRM, LEAVE, token_of
from portal import beat, clock, pictures, sheets
from portal.keeping import copies
from portal.viewer import GUEST
from tests.cast import person
from tests.feedback.article_shelf import REFUND, published
from tests.portal.brand_stories import picture
from tests.portal.pages.scene import answered, confirmed, working
from tests.portal.post_mortem_stories import offered
from tests.portal.problem_stories import followed

ROLES = ("anonymous", "guest", "customer", "other", "agent", "supervisor", "manager")
#: Who sees the customer's cases by a setting: added to them and signed in, and of the same company.
SHARERS = ("participant", "colleague")
#: Whose console and figures have tables of their own.
ELSEWHERE = ("console/", "insights/", "api/")


def all_(status: int) -> dict[str, int]:
    return dict.fromkeys(ROLES, status)


#: Pages of one case: its guest, its customer and staff who work on cases; to everybody else it does not exist.
CASE = all_(404) | dict.fromkeys(("guest", "customer", "agent", "supervisor"), 200)
#: As CASE; who is not signed in and has not proved the case is asked for a code, whatever the reference and the act.
PAGE = CASE | {"anonymous": 303}
#: As PAGE, and back to the page before: only the browser that filed a case nobody has proved gets further.
LED_BACK = PAGE | dict.fromkeys(("guest", "customer", "agent", "supervisor"), 303)
#: A post that works: staff are told that only the customer can.
DONE_BY = {"guest": 303, "customer": 303}
SIGNED_IN = all_(200) | {"anonymous": 303, "guest": 303}
#: As SIGNED_IN: an act that needs nothing typed; a page that is somebody else's.
SIGNED_IN_DONE = all_(303)
SIGNED_IN_ONLY = all_(404) | {"anonymous": 303, "guest": 303}
#: Who is signed in is sent on. Pages that ask for a proof of the last minutes send everybody here to it.
TO_GET_IN = all_(303) | {"anonymous": 200, "guest": 200}

#: Address -> (look, post with an empty form).
TABLE: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "": (all_(200), all_(405)),
    "help/": (all_(200), all_(405)),
    "help/<slug:slug>/": (all_(200), all_(405)),
    "help/<slug:slug>/answered/": (all_(405), all_(303)),
    "cases/": (all_(200) | {"anonymous": 303}, all_(405)),
    "cases/new/": (all_(303), all_(405)),
    "cases/new/<slug:step>/": (all_(200), all_(200)),
    "cases/new/one-page/": (all_(200), all_(200)),
    "cases/new/similar/": (all_(303), all_(303)),
    "cases/new/files/": (all_(303), all_(303)),
    "cases/new/check/": (all_(303), all_(303)),
    "cases/new/save/": (all_(405), all_(200)),
    "cases/new/later/": (all_(303), all_(303)),
    "cases/new/draft/": (all_(405), all_(303)),
    "cases/new/continue/<token:token>/": (all_(200), all_(303)),
    "cases/new/sent/<str:reference>/": (PAGE, all_(405)),
    "cases/new/sent/<str:reference>/again/": (LED_BACK, LED_BACK),
    "c/<str:reference>/": (PAGE, all_(405)),
    "c/<str:reference>/message/": (PAGE | dict.fromkeys(("guest", "customer", "agent", "supervisor"), 303), PAGE),
    "c/<str:reference>/files/<uuid:which>/": (PAGE, all_(405)),
    "c/<str:reference>/why/": (PAGE, all_(405)),
    "c/<str:reference>/who/": (PAGE, all_(404)),  # people can be added only by setting
    "c/<str:reference>/supervisor/": (PAGE, PAGE),
    "c/<str:reference>/fixed/": (PAGE, PAGE | DONE_BY),
    "c/<str:reference>/fixed/more/": (PAGE | DONE_BY, PAGE | DONE_BY),
    "c/<str:reference>/not-fixed/": (PAGE, PAGE),
    "c/<str:reference>/reopen/": (PAGE, PAGE),
    "c/<str:reference>/alternative/": (PAGE, PAGE),
    "c/<str:reference>/withdraw/": (PAGE, PAGE | DONE_BY),
    "follow/": (all_(200), all_(200)),
    "follow/code/": (all_(303), all_(303)),
    "follow/<token:token>/": (all_(200), all_(303)),
    "share/<token:token>/": (all_(404), all_(404)),
    "s/<token:token>/": (all_(200), all_(200)),
    "s/<token:token>/more/": (all_(303), all_(303)),
    "s/<token:token>/thanks/": (all_(303), all_(405)),
    "account/": (SIGNED_IN, SIGNED_IN),
    "account/sign-in/": (TO_GET_IN, TO_GET_IN),
    "account/sign-in/code/": (all_(303), all_(303)),
    "account/sign-in/password/": (TO_GET_IN, TO_GET_IN),
    "account/sign-in/passkey/": (all_(405), TO_GET_IN),
    "account/second-step/": (all_(303), all_(303)),
    "account/passkey-options/": (all_(405), all_(200)),
    "account/confirm/": (SIGNED_IN, SIGNED_IN),
    "account/stay/": (all_(405), all_(204) | {"anonymous": 303, "guest": 303}),
    "account/kept/": (all_(303), all_(303)),
    "account/email/": (all_(303), all_(303)),
    "account/email/code/": (all_(303), all_(303)),
    "account/signing-in/": (SIGNED_IN, all_(405)),
    "account/signing-in/second/": (SIGNED_IN, all_(405)),
    "account/signing-in/password/": (all_(303), all_(303)),
    "account/signing-in/app/": (all_(303), all_(303)),
    "account/signing-in/app/remove/": (all_(303), all_(303)),
    "account/signing-in/passkeys/": (all_(303), all_(303)),
    "account/signing-in/passkeys/<int:number>/remove/": (all_(303), all_(303)),
    "account/signing-in/recovery/": (all_(303), all_(303)),
    "account/signing-in/devices/": (all_(405), all_(303)),
    "account/sign-out/": (all_(405), all_(303)),
    "account/notifications/": (SIGNED_IN, SIGNED_IN),
    "account/data/": (SIGNED_IN, SIGNED_IN_DONE),
    "account/data/copy/<int:pk>/": (SIGNED_IN_ONLY | {"customer": 200}, all_(405)),
    "account/data/erase/": (SIGNED_IN, SIGNED_IN),
    "account/data/keep/": (all_(405), all_(303)),
    "unsubscribe/<str:token>/": (all_(200), all_(200)),
    "language/": (all_(405), all_(303)),
    "contact/": (all_(200), all_(405)),
    "how-we-escalate/": (all_(200), all_(405)),
    "problems/": (all_(200), all_(405)),
    "problems/confirm/<token:token>/": (all_(200), all_(303)),
    "problems/leave/<token:token>/": (all_(200), all_(303)),
    "problems/<slug:slug>/": (all_(200), all_(405)),
    "problems/<slug:slug>/follow/": (all_(405), all_(303) | {"anonymous": 200, "guest": 200}),
    "problems/<slug:slug>/unfollow/": (all_(405), all_(303)),
    "privacy/": (all_(200), all_(405)),
    "accessibility/": (all_(200), all_(405)),
    "brand/<slug:name>.css": (all_(200), all_(405)),
    "brand/<slug:digest>.<picture_kind:kind>": (all_(200), all_(405)),
    "styleguide/": (all_(404), all_(404)),
    "styleguide/<slug:page>/": (all_(404), all_(404)),
    "healthz": (all_(200), all_(405)),
    "readyz": (all_(200), all_(405)),
}


#: What the settings SHARE_CASES and SHARE_IN_ORGANISATION change for the roles of the table.
SHARED = {
    "c/<str:reference>/who/": (PAGE, PAGE),
    "share/<token:token>/": (all_(200), all_(303)),
}


def expected(route: str, *, shared: bool) -> tuple[dict[str, int], dict[str, int]]:
    """The answers of a route by role. Off, sharers are strangers; on, they look at cases and are refused like staff."""
    looked, posted = (SHARED if shared else {}).get(route, TABLE[route])
    like = "agent" if shared and "<str:reference>" in route else "other"
    return tuple(by | dict.fromkeys(SHARERS, by[like]) for by in (looked, posted))


def routes() -> list[str]:
    """Every address of the configuration but those that have tables of their own."""
    found = []
    for pattern in get_resolver().url_patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found.append(route)
        else:
            assert route in ELSEWHERE, f"Say in a table who gets what below {route}"
    return [route for route in found if not route.startswith(ELSEWHERE)]


def a_file(case, by):
    """A file the customer sent with a message."""
    checked = check("statement.txt", io.BytesIO(b"Two payments."))
    waiting = keep(checked, draft="of a form", by=by, at=clock.now())
    verbs.reply(case.pk, text="See the file.", by=by, at=clock.now(), files=[waiting])
    return waiting


class Stage:
    """A browser of each role, and one address for each route."""

    def __init__(self, cast):
        Case.objects.filter(pk=answered(cast).pk).update(is_proven=True)
        self.case = Case.objects.get()
        offered(cast, open_by_hand(self.case, "A look back.", by=cast.supervisor, at=clock.now()), clock.now())
        settled = Case.objects.get(pk=confirmed(cast).pk)
        lasts = {"at": clock.now(), "lasts": timedelta(days=1)}
        self.follow = AccessLink.issue("follow", self.case, user=cast.customer, **lasts)
        survey = AccessLink.issue("survey", settled, user=cast.customer, **lasts)
        kept = {"made_at": lasts["at"], "saved_at": lasts["at"], "expires_at": lasts["at"] + lasts["lasts"]}
        mailed = secrets.token_urlsafe(32)
        Draft.objects.create(link_hash=hash_token(f"draft_link:{mailed}"), **kept)
        self.tokens = {"s/": survey, "cases/new/continue/": mailed}
        self.copy = copies.ask(cast.customer, at=clock.now())
        copies.make(self.copy.pk)
        self.problem, follower = followed(cast)
        self.tokens |= {f"problems/{purpose}/": token_of(follower, purpose) for purpose in (CONFIRM, LEAVE)}
        self.sheet = sheets.address("#FFCC00").removeprefix("/brand/").removesuffix(".css")
        self.picture = pictures.icon(picture(), at=clock.now())
        self.article = published(cast, REFUND, topic="billing")
        beat.beat()
        people = {"customer": cast.customer, "other": cast.other, "agent": cast.tiers[1]}
        people |= {"supervisor": cast.supervisor, "manager": cast.manager} | self.sharers(cast)
        self.file = a_file(self.case, cast.customer)
        self.browsers = {role: Client() for role in (*ROLES, *SHARERS)}
        for role, who in people.items():
            self.browsers[role].force_login(who)
        session = self.browsers["guest"].session
        session[GUEST] = {"case": self.case.pk, "until": (clock.now() + timedelta(days=1)).isoformat(), "proved": True}
        session.save()
        self.browsers["guest"].cookies["milepost_session"] = session.session_key

    def sharers(self, cast) -> dict[str, User]:
        """Somebody who was added and has come, and one of the company; asked with the setting on, as it once was."""
        helper, colleague = person("helper@example.com", "Hal Helper"), person("colin@example.com", "Colin League")
        company = Organisation.objects.create(name="Nordwind Ltd")
        User.objects.filter(pk__in=(cast.customer.pk, colleague.pk)).update(organisation=company)
        Case.objects.filter(pk=self.case.pk).update(organisation=company)
        asked = {"case": self.case, "asked_at": clock.now()}
        Participant.objects.create(user=helper, address=helper.email, joined_at=clock.now(), **asked)
        waiting = person("waiting@example.com", "")
        self.tokens["share/"] = sharing.token_of(
            Participant.objects.create(user=waiting, address=waiting.email, **asked)
        )
        return {"participant": helper, "colleague": colleague}

    def path(self, route: str) -> str:
        token = self.tokens.get(route.split("<")[0], self.follow)
        out = wishes.link_token(self.case.customer, wishes.BY_NAME["news"])
        known = {"<token:token>": token, "<str:token>": out, "<str:reference>": self.case.reference}
        known |= {"<uuid:which>": str(self.file.pk), "<slug:step>": "topic", "<int:number>": "1"}
        slug = self.article.slug if route.startswith("help/") else self.problem.slug
        known |= {"<slug:slug>": slug, "<slug:name>": self.sheet}
        known |= {"<slug:digest>.<picture_kind:kind>": f"{self.picture.digest}.{self.picture.kind}"}
        for name, value in (known | {"<int:pk>": str(self.copy.pk), "<slug:page>": "home"}).items():
            route = route.replace(name, value)
        return f"/{route}"


@pytest.fixture
def stage(cast, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return Stage(cast)


@pytest.fixture
def shared(settings):
    settings.SHARE_CASES = settings.SHARE_IN_ORGANISATION = True


def test_every_address_stands_in_the_table():
    assert sorted(routes()) == sorted(TABLE)


@pytest.mark.parametrize("route", TABLE)
def test_each_role_gets_its_answer(route, stage):
    assert answers_of(route, stage) == told(route, shared=False)


@pytest.mark.parametrize("route", TABLE)
def test_each_role_gets_its_answer_while_cases_are_shared(route, stage, shared):
    assert answers_of(route, stage) == told(route, shared=True)


def told(route: str, *, shared: bool) -> dict[str, tuple[int, int, int]]:
    looked, posted = expected(route, shared=shared)
    return {role: (looked[role], looked[role], posted[role]) for role in (*ROLES, *SHARERS)}


def answers_of(route: str, stage: Stage) -> dict[str, tuple[int, int, int]]:
    answers: dict[str, tuple[int, int, int]] = {}
    for role, browser in stage.browsers.items():
        get, head = browser.get(stage.path(route)), browser.head(stage.path(route))
        with transaction.atomic():
            post = browser.post(stage.path(route), {})
            transaction.set_rollback(True)
        answers[role] = (get.status_code, head.status_code, post.status_code)
        assert b"".join(head) == b""
    return answers


#: Everything a customer can send about a case, filled in so that it works for them.
WORDS = {
    "text": "It is still there.",
    "reason": "slow",
    "satisfaction": "5",
    "email": "third@example.com",
    "idem": "k1",
}


@pytest.mark.parametrize("role", SHARERS)
def test_who_shares_a_case_writes_at_most(role, stage, shared):
    """Accept, reject, rate, withdraw, reopen, a supervisor, files, the receipt, the people: filled in and refused."""
    case = stage.case
    before = {name: digest for name, digest in checksums().items() if name not in COUNTED}
    browser, said = stage.browsers[role], Message.objects.count()
    acts = [route for route in TABLE if "<str:reference>" in route and "message" not in route]
    for route in acts:
        browser.post(stage.path(route), WORDS)
        browser.post(stage.path(route), WORDS | {"remove": str(Participant.objects.order_by("-pk")[0].pk)})
    assert {name: digest for name, digest in checksums().items() if name not in COUNTED} == before
    browser.post(f"/c/{case.reference}/message/", WORDS)
    assert Message.objects.count() == said + (role == "participant")
    for mine in ("customer", "participant", "colleague"):
        assert stage.browsers[mine].get(stage.path("c/<str:reference>/files/<uuid:which>/")).status_code == 200


#: Counts of tries and the sessions they are made from are no part of any case.
COUNTED = ("cases_tally", "django_session")


def ended(stage: Stage, role: str) -> None:
    """To this browser, signed in all the while, the case and its files are gone, and a message too late."""
    browser, reference = stage.browsers[role], stage.case.reference
    for route in TABLE:
        if "<str:reference>" in route:
            assert browser.get(stage.path(route)).status_code == 404, route
    assert browser.post(f"/c/{reference}/message/", WORDS).status_code == 404
    assert reference not in browser.get("/cases/?filter=all").content.decode()
    assert reference not in browser.get("/cases/?filter=company").content.decode()


def test_who_is_removed_is_out_at_once_in_every_open_browser(stage, shared):
    page = f"/c/{stage.case.reference}/"
    seen = stage.browsers["participant"].get(page)
    row = Participant.objects.get(user__email="helper@example.com")
    sharing.remove(stage.case, row.pk, by=stage.case.customer, at=clock.now())
    ended(stage, "participant")
    # What the browser kept of the page is not confirmed either.
    again = stage.browsers["participant"].get(page, headers={"If-None-Match": seen["ETag"]})
    assert again.status_code == 404
    User.objects.filter(email="colin@example.com").update(organisation=None)
    ended(stage, "colleague")


@pytest.mark.parametrize("change", [{"is_staff": True}, {"is_active": False}])
def test_who_joins_the_staff_or_leaves_shares_nothing_any_more(change, stage, shared):
    """Staff without cases see none by having been added to one; whose account is closed sees nothing."""
    User.objects.filter(email__in=("helper@example.com", "colin@example.com")).update(**change)
    for role in SHARERS:
        browser, page = stage.browsers[role], f"/c/{stage.case.reference}/"
        assert browser.get(page).status_code == (404 if "is_staff" in change else 303)
        browser.post(f"{page}message/", WORDS)
    assert not Message.objects.filter(author__email__in=("helper@example.com", "colin@example.com")).exists()


def checksums() -> dict[str, str]:
    """One digest a table, of every column of every row."""
    digests = {}
    for model in apps.get_models(include_auto_created=True):
        rows = model._base_manager.order_by("pk").values_list()
        digests[model._meta.db_table] = hashlib.sha256(repr(list(rows)).encode()).hexdigest()
    return digests


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_no_row(method, stage):
    before = checksums()
    for route in TABLE:
        for browser in stage.browsers.values():
            getattr(browser, method)(stage.path(route))
    changed = {table for table, digest in checksums().items() if before[table] != digest}
    assert not changed


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused_everywhere(method, stage):
    answers = {getattr(stage.browsers["customer"], method)(stage.path(route)).status_code for route in TABLE}
    assert answers <= {404, 405}


def test_foreign_wrong_and_missing_are_the_same_page(cast, stage):
    mine = working(cast, by=cast.other)
    reference = mine.reference
    slip = reference[:-1] + ("2" if reference[-1] != "2" else "3")
    other = Client()
    other.force_login(cast.customer)
    paths = [f"/c/{r}/" for r in (reference, slip, make_reference("MP"), "nonsense", "%00", "x" * 300)]
    paths += [f"/c/{reference}/{page}/" for page in ("why", "supervisor", "message", "fixed")]
    paths += [f"/cases/new/sent/{reference}/", "/no/such/page/"]
    pages = [other.get(path) for path in paths]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert len({tuple(sorted((k, v) for k, v in page.headers.items())) for page in pages}) == 1
    # Nobody's session, nothing that can be a reference: the same page again.
    assert Client().get(f"/c/{slip}/").content == pages[0].content
    asked = Client().get(f"/cases/new/sent/{reference}/")
    assert (asked.status_code, asked["Location"]) == (303, f"/follow/?reference={reference}")
