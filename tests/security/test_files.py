"""Files at the door: who gets which, with which headers; nothing of them runs on this site, nothing of a stranger's name."""

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from cases import files
from cases.models import Attachment, Case, Event
from escalation import verbs
from portal import checks, clock
from portal.environment import attachment_storage
from portal.pages.files import disposition
from portal.viewer import GUEST
from tests.cases import attachments as make
from tests.cast import gather
from tests.portal.pages.scene import LOOK, look_at, step, working


@pytest.fixture
def cast(db):
    look_at(LOOK)
    yield gather()
    clock.travel(timedelta())


def kept(by, name="notes.txt", content=b"two payments", draft="a form"):
    return files.keep(files.check(name, io.BytesIO(content)), draft=draft, by=by, at=clock.now())


def signed_in(person=None, *, guest_of=None):
    client = Client()
    if person:
        client.force_login(person)
    if guest_of:
        session = client.session
        session[GUEST] = {"case": guest_of.pk, "until": (clock.now() + timedelta(days=1)).isoformat(), "proved": True}
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


class Scene:
    """A case with a file of its customer and one on a note, another customer's case with one, and one on no case yet."""

    def __init__(self, cast):
        tom = cast.tiers[1]
        self.case, self.theirs = working(cast), cast.file(by=cast.other, title="Theirs", at=step(1))
        self.shown, self.secret = kept(cast.customer), kept(tom, content=b"internal", draft="b")
        self.foreign, self.waiting = kept(cast.other, draft="c"), kept(cast.customer, draft="d", content=b"waits")
        verbs.reply(self.case.pk, text="x", by=cast.customer, at=clock.now(), files=[self.shown])
        verbs.note(self.case.pk, text="x", by=tom, at=clock.now(), files=[self.secret])
        verbs.reply(self.theirs.pk, text="x", by=cast.other, at=clock.now(), files=[self.foreign])
        self.browsers = {
            "anonymous": signed_in(),
            "guest": signed_in(guest_of=self.case),
            "customer": signed_in(cast.customer),
            "other": signed_in(cast.other),
            "agent": signed_in(cast.tiers[2]),
            "supervisor": signed_in(cast.supervisor),
            "manager": signed_in(cast.manager),
        }

    def url(self, file, case=None):
        return f"/c/{(case or self.case).reference}/files/{getattr(file, 'pk', file)}/"


@pytest.fixture
def scene(cast):
    return Scene(cast)


STAFF, ALL = ("agent", "supervisor"), ("guest", "customer", "agent", "supervisor")
#: Which file at which case's address -> who gets it; for everybody else it does not exist.
MATRIX = {
    "the customer's": (lambda s: s.url(s.shown), ALL),
    "the note's": (lambda s: s.url(s.secret), STAFF),
    "another's at its own case": (lambda s: s.url(s.foreign, s.theirs), (*STAFF, "other")),
    "another's at this case": (lambda s: s.url(s.foreign), ()),
    "this one at another's case": (lambda s: s.url(s.shown, s.theirs), ()),
    "one that waits": (lambda s: s.url(s.waiting), ()),
    "one that is not there": (lambda s: s.url(uuid4()), ()),
}


@pytest.mark.parametrize("what", MATRIX)
def test_who_gets_which(what, scene):
    address, allowed = MATRIX[what]
    before = (Attachment.objects.count(), Event.objects.count(), list(Case.objects.values_list("event_seq", flat=True)))
    for role, browser in scene.browsers.items():
        for look in (browser.get, browser.head):
            found = look(address(scene))
            # Who is not signed in is asked for a code, whatever the address; see the table of the pages.
            turned_away = (
                303
                if role == "anonymous" or (role == "guest" and "another's" in what and "this case" not in what)
                else 404
            )
            assert found.status_code == (200 if role in allowed else turned_away), (role, what)
    after = (Attachment.objects.count(), Event.objects.count(), list(Case.objects.values_list("event_seq", flat=True)))
    assert before == after, "a look changes nothing"


def test_every_no_is_the_same_no(scene):
    sam = scene.browsers["customer"]
    pages = [
        sam.get(MATRIX[what][0](scene))
        for what in ("the note's", "another's at this case", "one that waits", "one that is not there")
    ]
    assert len({page.content for page in pages}) == 1
    assert len({tuple(sorted(page.headers.items())) for page in pages}) == 1


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_only_looks(method, scene):
    assert getattr(scene.browsers["customer"], method)(scene.url(scene.shown)).status_code == 405


def test_after_signing_out_it_is_gone(scene):
    sam = scene.browsers["customer"]
    assert sam.get(scene.url(scene.shown)).status_code == 200
    sam.post("/account/sign-out/")
    assert sam.get(scene.url(scene.shown)).status_code == 303


def test_a_guest_s_time_ends(scene):
    clock.travel(LOOK + timedelta(days=2) - timezone.now())
    assert scene.browsers["guest"].get(scene.url(scene.shown)).status_code == 303


class TestHeaders:
    EACH = {
        "notes.txt": (b"words", "text/plain; charset=utf-8"),
        "page.pdf": (make.pdf(), "application/pdf"),
        "shot.png": (make.picture(), "image/png"),
        "letter.docx": (make.word(), files.KINDS["docx"].mime),
    }

    def answer(self, cast, name, content, query=""):
        case = working(cast)
        file = kept(cast.customer, name, content)
        verbs.reply(case.pk, text="x", by=cast.customer, at=clock.now(), files=[file])
        return signed_in(cast.customer).get(f"/c/{case.reference}/files/{file.pk}/{query}")

    @pytest.mark.parametrize("name", EACH)
    @pytest.mark.parametrize("query", ["", "?view=1", "?view=1&view=2"])
    def test_of_each_kind(self, name, query, cast):
        content, mime = self.EACH[name]
        found = self.answer(cast, name, content, query)
        inline = name == "shot.png" and query == "?view=1"
        assert found["Content-Type"] == mime
        assert found["Content-Disposition"].startswith("inline;" if inline else "attachment;")
        assert found["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert found["X-Content-Type-Options"] == "nosniff"
        assert found["Cache-Control"] == "no-store, private"
        assert found["Referrer-Policy"] == "no-referrer"
        assert found["X-Frame-Options"] == "DENY"
        assert found["Cross-Origin-Resource-Policy"] == "same-origin"
        assert int(found["Content-Length"]) == len(found.content)
        assert "ETag" not in found and "Last-Modified" not in found

    def test_a_part_is_never_given(self, cast):
        case = working(cast)
        file = kept(cast.customer)
        verbs.reply(case.pk, text="x", by=cast.customer, at=clock.now(), files=[file])
        found = signed_in(cast.customer).get(f"/c/{case.reference}/files/{file.pk}/", headers={"range": "bytes=0-3"})
        assert (found.status_code, found.content) == (200, b"two payments")
        assert found["Accept-Ranges"] == "none"

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("a b.txt", "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"),
            ("été.txt", "attachment; filename=\"_t_.txt\"; filename*=UTF-8''%C3%A9t%C3%A9.txt"),
            ("счёт.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%D1%81%D1%87%D1%91%D1%82.pdf"),
            ('a"\r\nX: y.txt', "attachment; filename=\"a___X_ y.txt\"; filename*=UTF-8''a%22%0D%0AX%3A%20y.txt"),
        ],
    )
    def test_the_name(self, name, said):
        assert disposition("attachment", name, name.rpartition(".")[2]) == said

    def test_bytes_that_were_lost_are_no_error_page(self, cast, scene, caplog):
        file = Attachment.objects.get(pk=scene.shown.pk)
        Attachment.objects.filter(pk=file.pk).update(stored_as="00/gone")
        assert scene.browsers["customer"].get(scene.url(file)).status_code == 404
        assert str(file.pk) in caplog.text and "notes" not in caplog.text


class TestOnPages:
    def test_a_name_is_only_text(self, cast, scene):
        Attachment.objects.filter(pk=scene.shown.pk).update(
            name="<img src=x onerror=alert(1)>.png", description="<script>alert(1)</script>"
        )
        for page in (f"/c/{scene.case.reference}/", f"/console/cases/case/{scene.case.pk}/change/"):
            said = scene.browsers["supervisor"].get(page).content.decode()
            assert "<img src=x" not in said and "<script>alert" not in said
            assert "&lt;img src=x" in said

    def test_a_customer_s_page_and_export_name_no_internal_file(self, cast, scene, capsys):
        Attachment.objects.filter(pk=scene.secret.pk).update(name="internal-evidence.log")
        page = scene.browsers["customer"].get(f"/c/{scene.case.reference}/?all=1").content.decode()
        assert "internal-evidence" not in page and str(scene.secret.pk) not in page
        call_command("export_case", scene.case.reference, "--json", "--customer")
        theirs = capsys.readouterr().out
        assert "notes.txt" in theirs and "internal-evidence" not in theirs and str(scene.secret.pk) not in theirs
        call_command("export_case", scene.case.reference, "--json")
        assert "internal-evidence.log" in capsys.readouterr().out
        call_command("export_case", scene.case.reference)
        assert "notes.txt, 12 bytes" in capsys.readouterr().out


def test_a_served_folder_for_files_fails_the_check(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "attachments": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "static" / "files")},
        }
    }
    assert any(found.id == "portal.E025" for found in checks.data_folder())


def test_no_address_serves_the_folder(client, db, settings):
    for address in ("/media/", "/attachments/", "/static/../attachments/", "/files/"):
        assert client.get(address).status_code in (400, 404)


def test_settings_that_cannot_work_are_said(settings):
    assert not checks.files()
    settings.STORAGES = settings.STORAGES | {"attachments": attachment_storage("s3://files", folder=None)}
    settings.CLAMD = "scanner.internal"
    assert {found.id for found in checks.files()} >= {"portal.E011"}
    settings.CLAMD = "/run/clamd.socket"
    assert "portal.E011" not in {found.id for found in checks.files()}
