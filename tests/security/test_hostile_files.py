"""Files made to keep a server busy or to slip past the look inside: one press may cost only so much, whatever is in it."""

import io
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases import files
from cases.files import office
from cases.models import Attachment, Case
from portal import ratelimit
from portal.pages import filing_more
from portal.uploads import LOOKED_AT_MOST
from tests.cases import attachments as make
from tests.portal.pages.test_journeys import FILING, file_as_guest

QUICK = 1.0  # seconds; each of these took from three to for ever


def seconds_for(name: str, content: bytes) -> float:
    began = time.perf_counter()
    with pytest.raises(files.Unfit):
        files.check(name, io.BytesIO(content))
    return time.perf_counter() - began


class TestTime:
    def test_comments_in_front_of_a_text_are_read_once(self):
        """Each further comment once doubled the time: two hundred bytes held a worker for ever."""
        assert seconds_for("notes.pdf", b"<!---->" * 22 + b"x") < QUICK

    def test_a_page_behind_comments_is_still_a_page(self):
        for page in (b"<!-- a --> <!-- b\n-->\n<script>", b"\xef\xbb\xbf <!---->" * 1 + b"<svg >", b"<!doctype html>"):
            with pytest.raises(files.Unfit):
                files.check("notes.txt", io.BytesIO(page))

    def test_links_of_nothing_but_beginnings_of_tags(self):
        """Every “<” was once read to the end of the part, and from there back: 4 MB of them pack into 4 KB."""
        hostile = make.word(word___rels__document_xml_rels=b"<" * 20_000)
        began = time.perf_counter()
        files.check("a.docx", io.BytesIO(hostile))
        assert time.perf_counter() - began < QUICK

    def test_files_inside_share_the_room_of_the_file_around_them(self, monkeypatch):
        """Each once counted anew: 37 small tables inside one small file unpacked to 5 GB."""
        monkeypatch.setattr(office, "UNPACKED_MOST", 1024 * 1024)
        table = make.word(make.SHEET, xl__media__image1_png=bytes(600_000))
        one = make.archive({**ROOTS, "word/embeddings/t0.xlsx": table})
        assert files.check("a.docx", io.BytesIO(one)).kind == "docx"
        two = make.archive({**ROOTS, **{f"word/embeddings/t{n}.xlsx": table for n in (0, 1)}})
        with pytest.raises(files.Unfit, match="too large inside"):
            files.check("a.docx", io.BytesIO(two))


ROOTS = {
    "[Content_Types].xml": f'<Types><Override PartName="/word/document.xml" ContentType="{make.WORD}"/></Types>',
    "word/document.xml": "<document/>",
}
PLAIN = (
    '<Relationship Id="{id}" Type="http://x/officeDocument/2006/relationships/attachedTemplate" '
    'Target="https://evil.example/t.dotm" TargetMode="{mode}"/>'
)


class TestSlippingPast:
    @pytest.mark.parametrize(
        "links",
        [
            PLAIN.format(id="r1", mode="External").encode(),
            PLAIN.format(id="a>b", mode="External").encode(),
            PLAIN.format(id="r1", mode="&#69;xternal").encode(),
            PLAIN.format(id="r1", mode="External").encode("utf-16"),
            PLAIN.format(id="r1", mode="External").encode("utf-16-be"),
            b" " * (office.PART_MOST + 1) + PLAIN.format(id="r1", mode="External").encode(),
        ],
        ids=["plain", "behind a sign", "as a number", "utf-16", "utf-16 without its mark", "behind a long gap"],
    )
    def test_a_template_from_outside_is_found_however_it_is_written(self, links):
        hostile = make.archive({**ROOTS, "word/_rels/settings.xml.rels": links})
        with pytest.raises(files.Unfit, match="holds a program"):
            files.check("a.docx", io.BytesIO(hostile))

    def test_an_ordinary_link_stays(self):
        link = PLAIN.format(id="r1", mode="External").replace("attachedTemplate", "hyperlink").encode()
        assert files.check("a.docx", io.BytesIO(make.archive({**ROOTS, "word/_rels/document.xml.rels": link})))


def test_one_press_while_filing_has_only_so_many_files_looked_at(cast, monkeypatch):
    """A hundred pictures of fifty million dots in one press are minutes of work, for somebody who is nobody yet."""
    looked = []
    monkeypatch.setattr(filing_more.files, "check", lambda name, file: looked.append(name) or _unfit(name))
    browser = Client()
    browser.post("/cases/new/one-page/", FILING)
    many = [SimpleUploadedFile(f"{n}.png", b"x") for n in range(30)]
    page = browser.post("/cases/new/files/", {"files": many})
    assert page.status_code == 200
    assert len(looked) == LOOKED_AT_MOST


def _unfit(name: str):
    raise files.Unfit(files.no("kind", name))


class TestRoomOfOthers:
    def test_a_stranger_uses_up_nobodys_day(self, cast):
        """Files of a guest once counted for the case's customer, in whose name anybody can file."""
        stranger = Client()
        file_as_guest(stranger, email="sam@example.com")
        case = Case.objects.get()
        note = SimpleUploadedFile("a.txt", b"noise")
        assert stranger.post(f"/c/{case.reference}/message/", {"text": "x", "added_files": note}).status_code == 303
        assert Attachment.objects.filter(case=case).count() == 1
        assert not Attachment.objects.filter(uploaded_by=cast.customer).exists()

    def test_guests_have_a_days_worth_a_client(self, cast, monkeypatch):
        monkeypatch.setattr(ratelimit, "CLIENT_FILES", ratelimit.Limit("files of a client", 3, timedelta(days=1)))
        for number, kept in ((1, 2), (2, 1), (3, 0)):
            browser = Client()
            browser.post("/cases/new/one-page/", FILING)
            two = [SimpleUploadedFile(f"{number}{n}.txt", b"noise") for n in "ab"]
            page = browser.post("/cases/new/files/", {"files": two})
            assert page.status_code == (303 if kept == 2 else 200)
            assert Attachment.objects.filter(name__startswith=str(number)).count() == kept
        assert "as much as we take in a day" in page.content.decode()
