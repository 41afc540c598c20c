"""The brand: where it comes from, how long it is kept, its sheets and pictures, what is refused, and its system check."""

import io
import zlib
from datetime import date, timedelta
from struct import pack

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.db import OperationalError
from django.test import Client
from PIL import Image, PngImagePlugin

from cases import brand
from cases.brand import NotKept
from cases.models import BrandImage, BrandRevision
from escalation.models import Notice
from portal import beat, clock, pictures, sheets
from portal.insights.asking import Filters
from tests.cast import gather
from tests.portal.brand_stories import kept, picture


@pytest.fixture
def cast(db):
    return gather()


# --- Whose counts


def test_without_a_revision_the_environment_s_counts(settings, db):
    settings.BRAND = settings.BRAND | {"name": "Of the file", "phone": "123", "links": {"Shop": "https://shop.example"}}
    now = brand.current()
    assert (now.name, now.from_name, now.phone, now.revision) == ("Of the file", "Of the file", "123", 0)
    assert now.links == (("Shop", "https://shop.example"),)


def test_the_newest_revision_counts_on_pages_errors_and_letters(cast, django_capture_on_commit_callbacks):
    kept(cast, phone="+44 20 1", hours="Always", links=(("Our shop", "https://shop.example/"),), from_name="Acme")
    page = Client().get("/").content.decode()
    assert "Acme Help" in page and 'href="tel:+44201"' in page and 'href="https://shop.example/"' in page
    assert sheets.site("#FFCC00")[1] in page
    assert "Acme Help" in Client().get("/no/such/page/").content.decode()
    cast.file()
    beat.beat()
    letter = mail.outbox[0]
    assert letter.from_email.startswith("Acme <")
    html = letter.alternatives[0][0]
    assert "Acme Help" in letter.body and "#FFCC00" in html and "#826704" in html


def test_a_page_asks_the_database_nothing_for_the_brand(cast, django_assert_num_queries):
    kept(cast)
    brand.current()
    with django_assert_num_queries(0):
        assert Client().get("/accessibility/").status_code == 200


def test_another_process_shows_a_change_after_a_few_seconds(cast, monkeypatch):
    at = 1000.0
    monkeypatch.setattr(brand.time, "monotonic", lambda: at)
    brand.forget()
    assert brand.current().revision == 0
    BrandRevision.objects.create(number=1, name="Later", colour="#112233", made_at=clock.now(), made_by=cast.supervisor)
    at += brand.FRESH - 0.1
    assert brand.current().revision == 0
    at += 0.1
    assert brand.current().name == "Later"


def test_figures_look_after_the_brand_in_the_question_for_their_filters(cast, monkeypatch, django_assert_num_queries):
    at = 1000.0
    monkeypatch.setattr(brand.time, "monotonic", lambda: at)
    kept(cast)
    assert brand.current().name == "Acme Help"
    assert cast.supervisor.has_perm("feedback.view_handlers") in (True, False)  # read once
    at += brand.FRESH
    with django_assert_num_queries(1):
        Filters({}, rules=None, today=date(2026, 3, 2), by=cast.supervisor)
        assert brand.current().name == "Acme Help"
    BrandRevision.objects.create(number=2, name="Later", colour="#112233", made_at=clock.now(), made_by=cast.supervisor)
    at += brand.FRESH
    Filters({}, rules=None, today=date(2026, 3, 2), by=cast.supervisor)
    assert brand.current().name == "Later"


def test_without_a_database_the_last_one_known_goes_on_counting(cast, monkeypatch):
    kept(cast, phone="999")
    assert brand.current().phone == "999"

    def away(*args):
        raise OperationalError("away")

    monkeypatch.setattr(brand.time, "monotonic", lambda: float("inf"))
    monkeypatch.setattr(brand, "newest", away)
    assert brand.current().phone == "999"
    brand.forget()
    assert brand.current().revision == 0


# --- Revisions


def test_every_save_is_a_revision_that_stays(cast):
    first = kept(cast)
    second = kept(cast, seen=1, name="Other")
    assert [(r.number, r.name) for r in BrandRevision.objects.all()] == [(1, "Acme Help"), (2, "Other")]
    assert (first.made_by, second.number) == (cast.supervisor, 2)


def test_who_was_slower_is_told_and_changes_nothing(cast):
    kept(cast)
    with pytest.raises(NotKept, match="Somebody changed this"):
        kept(cast, seen=0, name="Slower")
    assert BrandRevision.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 'Acme" <x@y>'}, "from_name"),
        ({"from_name": "a\r\nBcc: x"}, "from_name"),
        ({"colour": "red"}, "colour"),
        ({"colour": "#FFCC00;} body{display:none"}, "colour"),
        ({"links": (("Shop", "http://shop.example"),)}, "links"),
        ({"links": (("Shop", "javascript:alert(1)"),)}, "links"),
        ({"links": (("Shop", "https://user@shop.example"),)}, "links"),
        ({"links": (("Shop", "https://["),)}, "links"),
        ({"links": (("", "https://shop.example"),)}, "links"),
        ({"links": (("a", "https://a.example"),) * 6}, "links"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(cast, more, field):
    with pytest.raises(NotKept) as why:
        kept(cast, **more)
    assert field in {name for name, _ in why.value.findings}
    assert not BrandRevision.objects.exists()


# --- Sheets


@pytest.mark.parametrize("colour", ["#FFCC00", "#000000", "#fdfdfb"])
def test_a_sheet_is_made_from_its_address_alone(colour, client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get(sheets.address(colour))
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.content.decode().startswith("@layer tokens{:root{--brand:")
    assert not {"late", "good", "soon", "you-"} & set(answer.content.decode().split("--"))


@pytest.mark.parametrize("name", ["ffcc00-0000000000000000", "ffcc00", "own-1234567890abcdef", "red-1", "ffcc00-"])
def test_an_address_that_does_not_fit_is_no_address(name, client, db):
    assert client.get(f"/brand/{name}.css").status_code == 404


def test_the_house_s_own_colour_needs_no_sheet(client, db):
    assert sheets.address("#0b4f8a") == ""
    assert client.get("/accessibility/").content.count(b"/brand/") == 1  # what every page wears


def test_a_page_wears_one_sheet_kept_for_ever_and_another_version_s_address_is_answered_for_now(client, db):
    text, address = sheets.site("#FFCC00")
    whole = client.get(address)
    assert whole.content.decode() == text and "immutable" in whole["Cache-Control"]
    assert "--brand:" in text.rpartition("@layer tokens")[2]  # the colour comes after ours
    stale = client.get(address.replace(address[-10:-4], "000000"))
    assert stale.content == whole.content and stale["Cache-Control"] == "no-store"
    assert client.get("/brand/site-zebra-0000000000000000.css").status_code == 404


def test_an_owner_s_own_sheet_comes_last_under_the_same_policy(cast, settings, tmp_path, client):
    file = tmp_path / "own.css"
    file.write_text(".card { border-radius: 0 }")
    settings.BRAND_STYLESHEET = str(file)
    kept(cast)
    page = client.get("/accessibility/")
    links = [part.split('"')[0] for part in page.content.decode().split('rel="stylesheet" href="')[1:]]
    assert links == [sheets.site("#FFCC00")[1], sheets.own_address()]
    assert client.get(links[-1]).content == file.read_bytes()
    assert "unsafe" not in page["Content-Security-Policy"]


# --- Pictures


def test_a_logo_is_made_anew_small_and_without_what_else_was_in_the_file(cast):
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "<script>alert(1)</script>")
    image = pictures.logo(picture((2000, 700), pnginfo=said), at=clock.now())
    assert (image.kind, image.height <= 80, image.width <= 480) == ("webp", True, True)
    assert len(image.data) <= pictures.ENOUGH and b"script" not in bytes(image.data)
    again = pictures.logo(picture((2000, 700)), at=clock.now())
    assert again.pk == image.pk


def test_a_busy_picture_still_fits_what_a_page_may_carry(db):
    held = io.BytesIO()
    Image.effect_noise((960, 160), 90).convert("RGB").save(held, "PNG")
    held.seek(0)
    assert len(pictures.logo(held, at=clock.now()).data) <= pictures.ENOUGH


def test_pictures_are_served_so_that_they_can_do_nothing(cast, client):
    image = pictures.icon(picture((90, 30)), at=clock.now())
    answer = client.get(brand.address_of(image))
    assert (image.width, image.height, answer["Content-Type"]) == (64, 64, "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(brand.address_of(image).replace(".png", ".webp")).status_code == 404


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 by 60,000."""

    def chunk(kind, data):
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<html>",
        bomb(),
        picture().getvalue()[:60],
    ],
    ids=["empty", "gif", "svg", "html", "bomb", "cut"],
)
def test_what_is_no_picture_is_refused_in_a_sentence(data, db):
    with pytest.raises(pictures.NotAPicture):
        pictures.logo(io.BytesIO(data), at=clock.now())
    assert not BrandImage.objects.exists()


def test_pictures_that_were_only_tried_out_go_and_those_of_old_revisions_stay(cast):
    used = pictures.logo(picture(), at=clock.now())
    tried = pictures.logo(picture((301, 100)), at=clock.now())
    kept(cast, logo=used)
    BrandImage.objects.update(made_at=clock.now() - timedelta(days=2))
    kept(cast, seen=1)
    assert list(BrandImage.objects.all()) == [used] and tried.pk


# --- The system check


def ids(**how) -> dict[str, str]:
    return {one.id: f"{one.msg} {one.hint}" for one in run_checks(**how) if one.id}


def test_a_colour_that_needs_help_is_named_with_its_ratios(settings, db):
    settings.BRAND = settings.BRAND | {"colour": "#FFCC00"}
    said = ids()["portal.W001"]
    assert "edge in light" in said and "#000000 on #FFCC00 13.8" in said
    settings.BRAND = settings.BRAND | {"colour": "yellow"}
    assert "portal.E026" in ids()
    settings.BRAND = settings.BRAND | {"colour": "#0B4F8A"}
    settings.BRAND_STYLESHEET = "no-such-file.css"
    assert "portal.W001" not in ids() and "portal.E027" in ids()


def test_the_saved_colour_is_looked_at_when_the_database_is(cast):
    kept(cast, colour="#000000")
    assert "edge in dark" in ids(databases=["default"])["portal.W001"]
    assert not Notice.objects.exists()
