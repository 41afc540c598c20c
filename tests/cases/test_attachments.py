"""Files: what is taken is known by its content, what is kept says nothing of its maker, what is gone leaves a digest."""

import io
import os
import socketserver
import stat
import struct
import threading
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cases import files
from cases.chain import Verdict, check_chains
from cases.files import checking, keeping, office, pictures, sweeping
from cases.files.names import NAME_MOST, safe_name
from cases.models import Attachment, Case, Event, Message, Note
from escalation import verbs
from escalation.letters import compose
from escalation.models import Notice
from portal.environment import attachment_storage
from tests.cases import attachments as make
from tests.cast import MONDAY, gather
from tests.portal.pages.scene import step, working
from tests.races import outcomes

S = Attachment.State
LATER = MONDAY + timedelta(hours=1)


def check(name, content):
    return files.check(name, io.BytesIO(content))


def refusal(name, content):
    with pytest.raises(files.Unfit) as why:
        check(name, content)
    assert safe_name(name) in str(why.value), "it names the file"
    return str(why.value)


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def disk(settings, tmp_path):
    """The storage of an installation: files on disk."""
    settings.STORAGES = settings.STORAGES | {"attachments": attachment_storage("", folder=tmp_path / "attachments")}
    return tmp_path / "attachments"


def kept(by=None, *, name="notes.txt", content=b"two payments", draft="a form", at=MONDAY, **more):
    return files.keep(check(name, content), draft=draft, by=by, at=at, **more)


class TestKinds:
    """The allow-list, by content."""

    @pytest.mark.parametrize(
        ("name", "content", "kind"),
        [
            ("a.jpg", make.picture("JPEG"), "jpeg"),
            ("a.JPEG", make.picture("JPEG", "CMYK"), "jpeg"),
            ("a.png", make.picture("PNG", "RGBA"), "png"),
            ("a.png", make.picture("PNG", "P"), "png"),
            ("a.gif", make.moving("GIF"), "gif"),
            ("a.webp", make.moving("WEBP"), "webp"),
            ("a.pdf", make.pdf(), "pdf"),
            ("a.txt", "Grüße".encode(), "text"),
            ("a.log", "Grüße".encode("cp1252"), "text"),
            ("a.csv", "a;b\n1;2".encode("utf-16"), "text"),
            ("a.log", b"GET /x 200\n<b>what the page said</b>\n\x1b[31mred\x1b[0m", "text"),
            ("a.docx", make.word(), "docx"),
            ("a.xlsx", make.word(make.SHEET), "xlsx"),
            ("a.odt", make.open_text(), "odt"),
        ],
    )
    def test_taken(self, name, content, kind):
        found = check(name, content)
        assert (found.kind, found.name) == (kind, name[:1] + name[1:].lower())

    def test_a_chart_brings_its_table(self):
        inner = make.word(make.SHEET)
        assert check("a.docx", make.word(**{"word/embeddings/t.xlsx": inner})).kind == "docx"

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "web page or a program"),
            ("a.txt", b"  \n<!DOCTYPE html><script>alert(1)</script>", "web page or a program"),
            ("a.txt", b"<!-- x --><html>", "web page or a program"),
            ("a.txt", "<html>".encode("utf-16"), "web page or a program"),
            ("a.txt", b"#!/bin/sh\nrm -r .", "web page or a program"),
            ("a.png", b"<script>1</script>", "web page or a program"),
            ("a.html", b"plain words", "not what its name says"),
            ("a.js", b"alert(1)", "not what its name says"),
            ("a.jpg", make.picture("PNG"), "not what its name says"),
            ("a.pdf", b"words", "not what its name says"),
            ("a.jpg", b"MZ\x90\x00" + bytes(200), "not a kind of file"),
            ("a.txt", b"MZ\x90\x00\x03 text", "not a kind of file"),
            ("a.txt", b"\x7fELF" + bytes(60), "not a kind of file"),
            ("a.txt", b"one\x00two", "not a kind of file"),
            ("a.tiff", make.picture("TIFF"), "not a kind of file"),
            ("a.heic", b"\x00\x00\x00\x18ftypheic" + bytes(40), "Save it as JPG"),
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old format"),
            ("a.zip", make.archive({"a.txt": "x"}), "holds other files"),
            ("a.jar", make.archive({"META-INF/MANIFEST.MF": "x"}), "holds other files"),
            ("a.docx", make.archive({"a.txt": "x"}), "holds other files"),
            ("a.xlsx", make.word(), "not what its name says"),
            ("a.docm", make.word(), "not what its name says"),
            ("a.pdf", b"<html>" + make.pdf(), "web page or a program"),
            ("a.html", make.pdf(b"<script>"), "not what its name says"),
            ("a.txt", b"", "is empty"),
        ],
    )
    def test_refused(self, name, content, said):
        assert said in refusal(name, content)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (make.word(**{"word/vbaProject.bin": "x"}), "macros"),
            (make.word("application/vnd.ms-word.document.macroEnabled.main+xml"), "macros"),
            (make.word(**{"word/activeX/activeX1.xml": "x"}), "macros"),
            (make.word(**{"word/embeddings/oleObject1.bin": "x"}), "a program or other files"),
            (make.word(**{"word/evil.exe": "x"}), "a program or other files"),
            (make.word(**{"word/embeddings/a.xlsx": make.word(make.SHEET, **{"b.docx": make.word()})}), "other files"),
            (make.word(**{"word/embeddings/a.xlsx": make.word(make.SHEET, **{"xl/vbaProject.bin": "x"})}), "macros"),
            (make.word(**{"../../etc/cron.xml": "x"}), "cannot be read"),
            (make.word()[:-30], "cannot be read"),
            (make.locked_zip(), "password"),
            (
                make.word(
                    **{
                        "word/_rels/settings.xml.rels": '<Relationship Type="http://x/attachedTemplate" '
                        'Target="http://evil.example/t.dotm" TargetMode="External"/>'
                    }
                ),
                "a program or other files",
            ),
        ],
    )
    def test_office_files_that_may_harm(self, content, said):
        assert said in refusal("a.docx", content)

    def test_a_link_in_a_document_is_no_fault(self):
        link = '<Relationship Type="http://x/hyperlink" Target="http://shop.example" TargetMode="External"/>'
        assert check("a.docx", make.word(**{"word/_rels/document.xml.rels": link})).kind == "docx"

    def test_open_documents(self):
        assert "macros" in refusal("a.odt", make.open_text(**{"Basic/Standard/Module1.xml": "x"}))
        assert "password" in refusal("a.odt", make.open_text(**{"META-INF/manifest.xml": "<encryption-data/>"}))

    def test_a_new_office_file_behind_a_password_looks_like_an_old_one(self):
        wrapped = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100) + "EncryptedPackage".encode("utf-16-le")
        assert "password" in refusal("a.docx", wrapped)

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            (b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>", "a program or other files"),
            (b"/Launch << /F (cmd.exe) >>", "a program or other files"),
            (b"/Names << /EmbeddedFiles 2 0 R >>", "a program or other files"),
            (b"/Encrypt 3 0 R", "password"),
        ],
    )
    def test_pdfs(self, more, said):
        assert said in refusal("a.pdf", make.pdf(more))
        assert "damaged" in refusal("a.pdf", make.pdf()[:-6])


class TestBombs:
    def test_too_large(self, monkeypatch):
        assert "larger than 10 MB" in refusal("a.txt", b"x" * (checking.SIZE_MOST + 1))
        assert check("a.txt", b"x" * checking.SIZE_MOST).kind == "text"

    def test_no_more_is_read_than_shows_that_it_is_too_large(self):
        endless = io.BytesIO(b"x" * (checking.SIZE_MOST + 5000))
        with pytest.raises(files.Unfit):
            files.check("a.txt", endless)
        assert endless.tell() == checking.SIZE_MOST + 1

    def test_zip_bomb(self):
        assert "too large inside" in refusal("a.docx", make.word(word__big_xml=b"\0" * (office.UNPACKED_MOST + 1)))

    def test_an_archive_that_lies_about_its_size(self):
        whole = bytearray(make.word(**{"word/a.xml": b"\0" * 5_000_000}))
        at = whole.rfind(b"PK\x01\x02", 0, whole.rfind(b"PK\x05\x06"))
        whole[at + 24 : at + 28] = struct.pack("<I", 10)
        assert "cannot be read" in refusal("a.docx", bytes(whole))

    def test_many_parts(self, monkeypatch):
        monkeypatch.setattr(office, "ENTRIES_MOST", 3)
        assert "too large inside" in refusal("a.docx", make.word(a_xml="", b_xml=""))

    def test_pixel_bomb(self):
        side = int(pictures.PIXELS_MOST**0.5) + 1
        out = io.BytesIO()
        Image.new("1", (side, side)).save(out, "PNG")
        assert len(out.getvalue()) < 100_000
        assert "too many dots" in refusal("a.png", out.getvalue())

    def test_one_that_the_library_itself_refuses(self):
        out = io.BytesIO()
        Image.new("1", (20_000, 20_000)).save(out, "PNG")
        assert "too many dots" in refusal("a.png", out.getvalue())

    def test_a_moving_picture_with_too_many(self, monkeypatch):
        monkeypatch.setattr(pictures, "MOVING_PIXELS_MOST", 4000)
        assert "too many dots" in refusal("a.gif", make.moving("GIF", 5))

    def test_a_damaged_picture(self):
        assert "damaged" in refusal("a.png", make.picture()[:60])
        assert "damaged" in refusal("a.jpg", make.picture("JPEG")[:200])


class TestPictures:
    """What is kept is drawn anew."""

    @pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
    def test_place_and_maker_are_gone_and_it_stands_upright(self, form):
        came = make.located(form)
        assert Image.open(io.BytesIO(came)).getexif().get_ifd(0x8825), "the test's own photo has a place"
        content = check(f"a.{form.lower()}", came).content
        again = Image.open(io.BytesIO(content))
        assert not dict(again.getexif())
        assert not again.getexif().get_ifd(0x8825)
        assert again.size == (40, 60), "it was lying on its side"
        assert b"Secret" not in content and b"my home" not in content and b"Exif" not in content

    def test_texts_in_a_png_are_gone(self):
        out, said = io.BytesIO(), PngInfo()
        said.add_text("Author", "Sam Okafor")
        Image.new("RGB", (5, 5)).save(out, "PNG", pnginfo=said)
        assert b"Sam" in out.getvalue()
        assert b"Sam" not in check("a.png", out.getvalue()).content

    @pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
    def test_a_moving_picture_still_moves(self, form):
        again = Image.open(io.BytesIO(check(f"a.{form.lower()}", make.moving(form)).content))
        assert again.n_frames == 5

    def test_a_picture_that_is_a_script_too_is_only_a_picture(self):
        came = make.picture("GIF") + b"/*<script>alert(1)</script>*/=1;"
        content = check("a.gif", came).content
        assert content.startswith(b"GIF8") and b"script" not in content
        png = make.picture("PNG") + b"<?php system($_GET[0]); ?>" + make.archive({"a": "b"})
        assert b"php" not in check("a.png", png).content and b"PK" not in check("a.png", png).content

    def test_transparency_stays(self):
        out = io.BytesIO()
        Image.new("RGBA", (9, 9), (10, 20, 30, 0)).save(out, "PNG")
        again = Image.open(io.BytesIO(check("a.png", out.getvalue()).content))
        assert again.convert("RGBA").getpixel((4, 4))[3] == 0


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "safe"),
        [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\windows\\win.ini", "win.ini"),
            ("C:\\Users\\Sam\\scan.pdf", "scan.pdf"),
            ("photo\u202egpj.exe", "photogpj.exe"),
            ("a\u200bb\u2066c\ufeff.txt", "abc.txt"),
            ("a\x00b\r\nSet-Cookie: x.txt", "abSet-Cookie_ x.txt"),
            ('say "hi"; rm *.txt', "say _hi__ rm _.txt"),
            ("photo.exe.jpg", "photo_exe.jpg"),
            ("page.html.svg.png", "page_html_svg.png"),
            ("report.v2.final.pdf", "report.v2.final.pdf"),
            ("CON.txt", "file CON.txt"),
            ("...", "file"),
            ("", "file"),
            (".htaccess", "htaccess"),
            ("  a   b .txt ", "a b.txt"),
            ("фото.jpg", "фото.jpg"),
            ("e\u0301te\u0301.txt", "été.txt"),
        ],
    )
    def test_made_safe(self, typed, safe):
        assert safe_name(typed) == safe

    def test_a_long_one_keeps_its_ending(self):
        assert len(safe_name("x" * 500 + ".pdf")) == NAME_MOST
        assert safe_name("x" * 500 + ".pdf").endswith("x.pdf")

    def test_one_without_an_ending_gets_the_true_one(self):
        assert check("scan", make.pdf()).name == "scan.pdf"
        assert check("\u202egnp", make.picture()).name == "gnp.png"

    def test_a_made_safe_name_is_safe(self):
        for name in ("a\u202e/..\\b.exe.jpg", "%00.png", "a.b.c.d.php.gif"):
            assert safe_name(safe_name(name)) == safe_name(name)


class TestKeeping:
    def test_on_disk_under_a_name_that_says_nothing_for_us_alone(self, cast, disk):
        row = kept(cast.customer, name="my secret.txt")
        path = disk / row.stored_as
        assert path.read_bytes() == row.content() == b"two payments"
        assert "secret" not in row.stored_as and "." not in row.stored_as
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700

    def test_the_same_file_twice_is_one(self, cast, disk):
        first, second = kept(cast.customer), kept(cast.customer)
        assert first.pk == second.pk
        assert len([p for p in disk.rglob("*") if p.is_file()]) == 1

    def test_five_on_a_form(self, cast, disk):
        for n in range(5):
            kept(cast.customer, content=b"%d" % n)
        with pytest.raises(files.Unfit, match="at most 5 files"):
            kept(cast.customer, content=b"one more")
        assert kept(cast.customer, content=b"one more", draft="another form")
        assert len([p for p in disk.rglob("*") if p.is_file()]) == 6

    def test_a_day_s_worth_for_a_person(self, cast, monkeypatch):
        monkeypatch.setattr(keeping, "PERSON_BYTES_MOST", 20)
        kept(cast.customer, content=b"0123456789")
        with pytest.raises(files.Unfit, match="as much as we take in a day"):
            kept(cast.customer, content=b"abcdefghijk", draft="b")
        assert kept(cast.other, content=b"abcdefghijk", draft="c")
        assert kept(cast.customer, content=b"abcdefghijk", draft="d", at=MONDAY + timedelta(hours=25))

    def test_another_s_form_cannot_be_reached_without_its_key(self, cast):
        kept(cast.customer)
        assert not files.waiting("").exists() and not files.waiting("b").exists()
        assert files.drop("b") == 0
        assert Attachment.objects.count() == 1

    def test_drop_takes_row_and_bytes(self, cast, disk, django_capture_on_commit_callbacks):
        row, other = kept(cast.customer), kept(cast.customer, content=b"x")
        with django_capture_on_commit_callbacks(execute=True):
            assert files.drop("a form", row.pk) == 1
        assert [p.name for p in disk.rglob("*") if p.is_file()] == [other.stored_as[3:]]

    def test_memory_for_object_storage_works_by_setting(self, cast, settings):
        settings.STORAGES = settings.STORAGES | {"attachments": attachment_storage("memory:", folder=None)}
        assert kept(cast.customer).content() == b"two payments"

    def test_the_setting_for_object_storage(self):
        url = "s3://files/milepost?endpoint=https://objects.example&region=eu"
        made = attachment_storage(url, folder=None)
        assert made["BACKEND"] == "storages.backends.s3.S3Storage"
        options = made["OPTIONS"]
        assert (options["bucket_name"], options["location"]) == ("files", "milepost")
        assert options["default_acl"] == "private" and options["file_overwrite"] is False
        assert options["endpoint_url"] == "https://objects.example"
        for wrong in ("https://x", "s3://", "ftp://x"):
            with pytest.raises(Exception, match="ATTACHMENTS_URL"):
                attachment_storage(wrong, folder=None)


class TestWithACase:
    def test_a_message_takes_its_files_along_and_the_log_knows_no_name(self, cast):
        case = cast.file()
        row = kept(cast.customer, name="Sam Okafor bill.txt")
        verbs.reply(case.pk, text="See.", by=cast.customer, at=LATER, files=[row])
        row.refresh_from_db()
        assert (row.case_id, row.draft, row.expires_at) == (case.pk, "", None)
        assert row.message == Message.objects.get(text="See.")
        event = Event.objects.get(case=case, kind="customer_wrote")
        assert event.data["files"] == [{"id": str(row.pk), "digest": row.digest}]
        assert "Okafor" not in str(event.data) and row.sha256 not in str(event.data)

    def test_filing_takes_files(self, cast):
        case = cast.file(files=[kept(cast.customer)])
        assert Event.objects.get(case=case, kind="filed").data["files"][0]["id"] == str(files.of_case(case).get().pk)

    def test_a_file_says_something_without_words(self, cast):
        case = cast.file()
        verbs.reply(case.pk, text="", by=cast.customer, at=LATER, files=[kept(cast.customer)])
        with pytest.raises(verbs.Refused):
            verbs.reply(case.pk, text="", by=cast.customer, at=LATER)

    def test_refused_is_undone_and_the_file_waits_on(self, cast):
        case = cast.file()
        row = kept(cast.customer)
        with pytest.raises(verbs.Refused):
            verbs.reject(case.pk, text="No.", by=cast.customer, at=LATER, files=[row])
        assert files.waiting("a form").get() == row

    def test_one_that_is_gone_is_said(self, cast):
        case, row = cast.file(), kept(cast.customer)
        files.drop("a form")
        with pytest.raises(verbs.Refused, match="not there any more"):
            verbs.reply(case.pk, text="See.", by=cast.customer, at=LATER, files=[row])
        assert not Message.objects.filter(text="See.").exists()

    def test_one_of_another_case_cannot_be_taken(self, cast):
        first, second = cast.file(), cast.file(title="Another", at=LATER)
        row = kept(cast.customer)
        verbs.reply(first.pk, text="See.", by=cast.customer, at=LATER, files=[row])
        with pytest.raises(verbs.Refused):
            verbs.reply(second.pk, text="See.", by=cast.customer, at=LATER, files=[row])
        assert files.of_case(first).count() == 1

    def test_a_case_that_is_full(self, cast, monkeypatch):
        monkeypatch.setattr(keeping, "CASE_FILES_MOST", 1)
        case = cast.file(files=[kept(cast.customer)])
        with pytest.raises(verbs.Refused, match="all the files it can hold"):
            verbs.reply(case.pk, text="x", by=cast.customer, at=LATER, files=[kept(cast.customer, content=b"2")])

    def test_evidence_on_a_note_is_for_staff(self, cast):
        case, tom = cast.file(), cast.tiers[1]
        verbs.note(case.pk, text="Found it.", by=tom, at=LATER, files=[kept(tom, description="The log")])
        row = files.of_case(case, internal=True).get()
        assert row.note == Note.objects.get() and not files.of_case(case).exists()

    def test_a_letter_says_how_many_and_carries_none(self, cast):
        case, tom = working(cast), cast.tiers[1]
        verbs.update(case.pk, text="Look.", by=tom, at=step(20), files=[kept(tom, description="A chart")])
        owed = Notice.objects.filter(case=case, kind="progress", to_customer=True).order_by("pk").last()
        letter = compose(owed, step(21))
        assert "Look.\n\n1 file: see the page of the case." in letter.text
        assert "notes.txt" not in letter.text + letter.html


class TestErasure:
    def test_name_words_and_bytes_go_and_the_log_stays_true(self, cast, disk, django_capture_on_commit_callbacks):
        row = kept(cast.customer, name="Sam's bill.txt", description="My bill")
        case = cast.file(files=[row])
        digest = row.digest
        with django_capture_on_commit_callbacks(execute=True):
            assert files.erase(files.of_case(case)) == 1
        row.refresh_from_db()
        assert (row.name, row.description, row.sha256, row.stored_as, row.uploaded_by) == ("", "", "", "", None)
        assert (row.state, row.digest) == (S.ERASED, digest)
        assert not [p for p in disk.rglob("*") if p.is_file()]
        assert not list(check_chains(Verdict()))

    def test_a_rolled_back_erasure_keeps_the_bytes(self, cast, disk):
        case = cast.file(files=[kept(cast.customer)])
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            files.erase(files.of_case(case))
            raise ZeroDivisionError
        assert files.of_case(case).get().content() == b"two payments"


class TestSweeping:
    def test_what_nobody_sent_goes_after_a_day(self, cast, disk, django_capture_on_commit_callbacks):
        row = kept(cast.customer)
        sent = kept(cast.customer, content=b"sent", draft="b")
        cast.file(files=[sent])
        assert not sweeping.forgotten(MONDAY + timedelta(hours=23))
        with django_capture_on_commit_callbacks(execute=True):
            assert sweeping.discard_forgotten(MONDAY + timedelta(hours=25)) == 1
        assert not Attachment.objects.filter(pk=row.pk).exists()
        assert [p.name for p in disk.rglob("*") if p.is_file()] == [sent.stored_as[3:]]

    def test_a_draft_s_files_wait_as_long_as_the_draft(self, cast):
        kept(cast.customer)
        files.prolong("a form", MONDAY + timedelta(days=30))
        assert not sweeping.forgotten(MONDAY + timedelta(days=29))

    def test_bytes_nobody_points_to(self, cast, disk):
        row = kept(cast.customer)
        stray = storages["attachments"].save("ab/abandoned", ContentFile(b"cut off"))
        (disk / "readme").write_text("not ours")
        now = timezone.now()
        assert sweeping.discard_strays(now) == 0, "an upload that is going on is left alone"
        assert sweeping.discard_strays(now + timedelta(days=2)) == 1
        assert not storages["attachments"].exists(stray)
        assert row.content() and (disk / "readme").exists()

    def test_an_empty_storage(self, cast, disk):
        assert sweeping.discard_strays(MONDAY) == 0


class Scanner(socketserver.BaseRequestHandler):
    """Speaks INSTREAM as clamd does: counts lengths, ends at a zero, finds the word EICAR."""

    def handle(self):
        assert self.request.recv(10) == b"zINSTREAM\0"
        whole = b""
        while size := struct.unpack(">I", self._read(4))[0]:
            whole += self._read(size)
        self.server.seen.append(len(whole))
        said = b"stream: Eicar-Test FOUND\0" if b"EICAR" in whole else self.server.says
        self.request.sendall(said)

    def _read(self, size):
        got = b""
        while len(got) < size:
            got += self.request.recv(size - len(got))
        return got


@pytest.fixture
def scanner(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        server.seen, server.says = [], b"stream: OK\0"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMD = f"127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


class TestScanning:
    def test_a_clean_file_is_ready_after_the_scanner_looked(self, cast, scanner):
        row = kept(cast.customer, content=b"x" * 200_000)
        assert row.state == S.CHECKING and not row.is_open
        assert sweeping.scan_one(MONDAY) == 1
        assert sweeping.scan_one(MONDAY) == 0
        row.refresh_from_db()
        assert (row.state, scanner.seen) == (S.READY, [200_000])

    def test_a_harmful_one_is_removed(self, cast, scanner, disk):
        row = kept(cast.customer, content=b"an EICAR file")
        sweeping.scan_one(MONDAY)
        row.refresh_from_db()
        assert (row.state, row.stored_as) == (S.REFUSED, "")
        assert not [p for p in disk.rglob("*") if p.is_file()]

    @pytest.mark.parametrize("says", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: maybe\0"])
    def test_a_scanner_that_cannot_say_lets_nothing_through(self, cast, scanner, says):
        scanner.says = says
        row = kept(cast.customer)
        sweeping.scan_one(MONDAY)
        row.refresh_from_db()
        assert row.state == S.CHECKING and row.check_at == MONDAY + sweeping.LEASE
        scanner.says = b"stream: OK\0"
        sweeping.scan_one(MONDAY + sweeping.LEASE)
        row.refresh_from_db()
        assert row.state == S.READY

    def test_no_scanner_there(self, cast, settings):
        settings.CLAMD = "127.0.0.1:1"
        row = kept(cast.customer)
        assert sweeping.scan_one(MONDAY) == 1
        row.refresh_from_db()
        assert row.state == S.CHECKING

    def test_without_the_setting_files_are_ready_at_once(self, cast):
        assert kept(cast.customer).state == S.READY


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_messages_at_once_do_not_overfill_a_case(self, monkeypatch):
        cast = gather()
        monkeypatch.setattr(keeping, "CASE_FILES_MOST", 2)
        case = cast.file()
        rows = [kept(cast.customer, content=b"%d" % n, draft=f"form {n}") for n in range(4)]
        results = outcomes(
            *[
                lambda row=row, n=n: verbs.reply(case.pk, text=f"m{n}", by=cast.customer, at=LATER, files=[row])
                for n, row in enumerate(rows)
            ]
        )
        assert sum(isinstance(one, Case) for one in results) == 2, results
        assert files.of_case(case).count() == 2

    def test_a_person_s_quota_holds_for_uploads_at_once(self, monkeypatch):
        cast = gather()
        monkeypatch.setattr(keeping, "PERSON_BYTES_MOST", 25)
        outcomes(*[lambda n=n: kept(cast.customer, content=b"%010d" % n, draft=f"form {n}") for n in range(4)])
        assert Attachment.objects.count() == 2

    def test_a_form_pressed_four_times_keeps_its_file_once(self):
        cast = gather()
        results = outcomes(*[lambda: kept(cast.customer) for _ in range(4)])
        assert len({one.pk for one in results}) == 1
        assert Attachment.objects.count() == 1
