"""The brand's page: who may, previewing without keeping, pictures that stay chosen, what a colleague saved meanwhile."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cases import brand
from cases.models import BrandImage, BrandRevision
from portal.console.brand_form import links_in

URL = "/console/brand/"


def said(**more):
    plain = {"seen": "0", "name": "Acme Help", "colour": "#ffcc00", "press": "save", "logo_kept": "", "icon_kept": ""}
    return plain | more


def logo(name="logo.png"):
    held = io.BytesIO()
    Image.new("RGBA", (300, 100), (200, 20, 90, 255)).save(held, "PNG")
    return SimpleUploadedFile(name, held.getvalue(), content_type="image/png")


def test_only_who_has_the_permission_gets_in(signed_in, cast, monday):
    assert signed_in(cast.tiers[1]).get(URL).status_code == 403
    assert signed_in(cast.tiers[1]).post(URL, said()).status_code == 403
    assert signed_in(cast.tiers[1]).get("/console/brand/preview.css").status_code == 403
    page = signed_in(cast.supervisor).get(URL)
    assert page.status_code == 200 and 'href="/console/brand/"' in page.content.decode()


def test_saving_keeps_a_revision_and_says_when_it_shows(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    answer = client.post(URL, said(links="Our shop https://shop.example\n", phone=" +44 20 1 "))
    assert (answer.status_code, answer["Location"]) == (303, URL)
    row = BrandRevision.objects.get()
    assert (row.colour, row.links, row.phone, row.made_by) == (
        "#FFCC00", [["Our shop", "https://shop.example"]], "+44 20 1", cast.supervisor,
    )  # fmt: skip
    assert "Every page shows it within 5 seconds" in client.get(URL).content.decode()


def test_a_preview_keeps_nothing_but_the_pictures_it_shows(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    page = client.post(URL, said(press="preview", logo=logo())).content.decode()
    image, icon = BrandImage.objects.get(kind="webp"), BrandImage.objects.get(kind="png")
    assert f'name="icon_kept" value="{icon.digest}"' in page
    assert not BrandRevision.objects.exists()
    assert "It is not saved yet" in page and page.count(brand.address_of(image)) == 2
    assert f'name="logo_kept" value="{image.digest}"' in page
    assert 'value="#ffcc00"' in page and "preview.css?colour=%23FFCC00" in page
    client.post(URL, said(logo_kept=image.digest, icon_kept=icon.digest))
    row = BrandRevision.objects.get()
    assert (row.logo, row.favicon) == (image, icon)
    client.post(URL, said(seen="1", logo_kept=image.digest, no_logo="on"))
    assert BrandRevision.objects.get(number=2).logo is None


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"name": ""}, "Give the name customers know you by."),
        ({"colour": "yellow"}, "Write the colour as #"),
        ({"links": "Shop http://shop.example"}, "must begin with https://"),
        ({"logo": SimpleUploadedFile("x.svg", b"<svg onload='x'/>", content_type="image/svg+xml")}, "not a picture"),
        ({"logo": SimpleUploadedFile("x.png", b"", content_type="image/png")}, "empty"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(signed_in, cast, monday, more, sentence):
    answer = signed_in(cast.supervisor).post(URL, said(hours="Mornings only") | more)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page and "Mornings only" in page
    assert "<title>Error: " in page
    assert not BrandRevision.objects.exists()


def test_who_was_slower_sees_their_words_and_may_save_again(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    client.post(URL, said(name="Faster"))
    answer = client.post(URL, said(name="Slower"))
    page = answer.content.decode()
    assert answer.status_code == 409 and "Somebody changed this" in page and 'value="Slower"' in page
    assert 'name="seen" value="1"' in page
    client.post(URL, said(name="Slower", seen="1"))
    assert [row.name for row in BrandRevision.objects.all()] == ["Faster", "Slower"]


@pytest.mark.parametrize("digest", ["0" * 64, "x", "1 OR 1=1"])
def test_a_picture_nobody_made_is_none(signed_in, cast, monday, digest):
    assert signed_in(cast.supervisor).post(URL, said(logo_kept=digest)).status_code == 303
    assert BrandRevision.objects.get().logo is None


def test_the_preview_s_sheet_names_only_the_preview(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    assert client.get("/console/brand/preview.css?colour=%23FFCC00").content.startswith(
        b"@layer tokens{.brand-preview{"
    )
    wrong = client.get("/console/brand/preview.css?colour=%23FFCC00;}*{}")
    assert b"--brand:light-dark(#0B4F8A" in wrong.content and b"*" not in wrong.content


def test_links_are_words_and_what_stands_last():
    assert links_in("Our own shop  https://a.example \n\nhttps://b.example") == (
        ("Our own shop", "https://a.example"), ("", "https://b.example"),
    )  # fmt: skip
