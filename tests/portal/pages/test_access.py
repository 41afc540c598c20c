"""Who gets which answer at which address: a table over the URL configuration; an address that is missing from it fails."""

import hashlib

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from cases.models import Message, Participant, User
from cases.reference import make_reference
from escalation import sharing
from portal import clock
from tests.portal.pages.scene import working
from tests.portal.pages.stage import ROLES, SHARERS, Stage

#: Whose console and figures have tables of their own.
ELSEWHERE = ("console/", "insights/", "api/v1/")


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
    "c/<str:reference>/report.<report_kind:kind>": (PAGE, all_(405)),
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
    "i/<token:token>/": (all_(200), all_(200)),
    "n/<token:token>/": (all_(200), all_(200)),
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
    "improvements/": (all_(200), all_(405)),
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


@pytest.fixture
def cast(kept_stage, db):
    return kept_stage[0]


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
