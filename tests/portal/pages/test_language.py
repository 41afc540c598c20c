"""Which language a page and a letter are in: chosen in the footer, kept by the account, asked for by the browser."""

import json
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError
from django.test import Client
from django.utils import translation

from cases.languages import isolated
from cases.models import Category, User
from cases.spelling import day_words, spell, zone_words
from escalation.letters import compose
from escalation.models import Notice
from portal import middleware
from portal.catalogues import packed
from portal.templatetags.times import relative_forms, relative_words, when_html, when_words
from tests import solving
from tests.cast import MONDAY
from tests.portal.pages.scene import LOOK, acknowledged, escalated, working
from tests.portal.pages.test_journeys import file_as_guest
from tests.pseudo import RIGHT_TO_LEFT, write_catalogue

COOKIE = django_settings.LANGUAGE_COOKIE_NAME
GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}


def language(response) -> str:
    return response["Content-Language"]


class TestPage:
    def test_english_where_nobody_says_anything(self, db):
        page = Client().get("/")
        assert language(page) == "en-gb"
        assert '<html lang="en-gb" dir="ltr">' in page.text
        assert {"Accept-Language", "Cookie"} <= {part.strip() for part in page["Vary"].split(",")}

    @pytest.mark.parametrize(
        ("asked", "spoken"),
        [("de-AT,de;q=0.9", "de"), ("fr,tr;q=0.5", "tr"), ("ar-EG", "ar"), ("xx,yy", "en-gb"), ("en-US", "en-gb"), ("*", "en-gb")],
    )  # fmt: skip
    def test_what_the_browser_asks_for(self, asked, spoken, db):
        assert language(Client().get("/", headers={"accept-language": asked})) == spoken

    def test_right_to_left(self, db):
        assert '<html lang="ar" dir="rtl">' in Client().get("/", headers={"accept-language": "ar"}).text

    def test_the_account_goes_before_the_browser_and_the_choice_before_both(self, cast, sam):
        User.objects.filter(pk=cast.customer.pk).update(language="tr")
        assert language(sam.get("/", headers=GERMAN)) == "tr"
        sam.cookies[COOKIE] = "ar"
        assert language(sam.get("/", headers=GERMAN)) == "ar"
        sam.cookies[COOKIE] = "nonsense"
        assert language(sam.get("/", headers=GERMAN)) == "tr"

    @pytest.mark.parametrize("path", ["/console/", "/insights/"])
    def test_rooms_of_staff_are_english(self, path, cast):
        browser = Client()
        browser.force_login(cast.supervisor)
        browser.cookies[COOKIE] = "de"
        assert language(browser.get(path, headers=GERMAN)) == "en-gb"

    def test_a_page_comes_while_the_database_is_away(self, rf, monkeypatch):
        class Away:
            @property
            def is_authenticated(self):
                raise DatabaseError

        request = rf.get("/", headers=GERMAN)
        request.COOKIES[django_settings.SESSION_COOKIE_NAME] = "some"
        request.user = Away()
        assert middleware.language_of(request) == "de"

    def test_the_next_reader_of_the_process_starts_anew(self, db):
        Client().get("/", headers=GERMAN)
        assert translation.get_language() == "en-gb"

    def test_another_language_is_another_tag(self, cast, sam):
        path = f"/c/{working(cast).reference}/"
        first = sam.get(path)
        assert sam.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
        sam.cookies[COOKIE] = "de"
        assert sam.get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


class TestChoice:
    def test_stands_on_every_page_in_each_languages_own_name(self, db):
        for path in ("/", "/privacy/", "/no/such/page/"):
            page = Client().get(path).text
            assert 'action="/language/"' in page
            assert [name in page for name in ("English", "Deutsch", "Türkçe", "العربيّة")] == [True] * 4

    def test_is_kept_by_browser_and_account_and_leads_back(self, cast, sam):
        answer = sam.post("/language/", {"language": "de", "next": "/follow/?page=why"})
        assert (answer.status_code, answer["Location"]) == (303, "/follow/?page=why")
        assert answer.cookies[COOKIE].value == "de"
        assert User.objects.get(pk=cast.customer.pk).language == "de"
        assert language(sam.get("/follow/")) == "de"
        sam.post("/language/", {"language": "en-gb"})
        assert User.objects.get(pk=cast.customer.pk).language == "en"

    @pytest.mark.parametrize("wanted", ["", "fr", "../de", "de\n", "x" * 3000])
    def test_another_changes_nothing(self, wanted, cast, sam):
        answer = sam.post("/language/", {"language": wanted, "next": "/"})
        assert answer.status_code == 303
        assert COOKIE not in answer.cookies or wanted.strip() == "de"

    @pytest.mark.parametrize(
        "place", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "c/x", "/\\evil.example"]
    )
    def test_leads_nowhere_else(self, place, db):
        assert Client().post("/language/", {"language": "de", "next": place})["Location"] == "/"

    def test_a_page_of_errors_leads_back_to_where_it_stood(self, db):
        answer = Client().post("/language/", {"language": "de"}, headers={"referer": "http://testserver/no/page/?q=1"})
        assert answer["Location"] == "/no/page/?q=1"

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 303),
            ({"sec-fetch-site": "same-origin"}, 303),
            ({"sec-fetch-site": "cross-site"}, 403),
            ({"sec-fetch-site": "same-site"}, 403),
            ({"origin": "http://testserver"}, 303),
            ({"origin": "https://evil.example"}, 403),
            ({"origin": "null"}, 403),
        ],
    )
    def test_only_a_page_of_ours_may_choose(self, headers, status, cast):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(cast.customer)
        assert browser.post("/language/", {"language": "de"}, headers=headers).status_code == status
        assert User.objects.get(pk=cast.customer.pk).language == ("de" if status == 303 else "en")

    def test_looking_chooses_nothing(self, db):
        assert Client().get("/language/?language=de").status_code == 405


class TestAccount:
    def test_who_files_in_a_language_is_written_to_in_it(self, cast):
        file_as_guest(Client(headers=GERMAN), name="Julia Brandt", email="julia@example.com", language="de")
        assert User.objects.get(email="julia@example.com").language == "de"

    def test_who_is_known_keeps_theirs(self, cast):
        assert User.objects.of_address(cast.customer.email, language="de").language == "en"


@pytest.fixture
def arabic(settings, tmp_path):
    """The made-up words under Arabic's code, so that pages and letters run from right to left."""
    write_catalogue(tmp_path, RIGHT_TO_LEFT)
    settings.LOCALE_PATHS = [tmp_path]


class TestLetter:
    def letter(self, cast, kind="named_person", **who):
        case = acknowledged(cast)
        notice = Notice.objects.get(case=case, kind=kind)
        return compose(notice, LOOK)

    def test_is_in_the_language_of_whom_it_goes_to(self, cast, arabic):
        User.objects.filter(pk=cast.customer.pk).update(language="ar")
        letter = self.letter(cast)
        assert 'lang="ar" dir="rtl"' in letter.html
        assert letter.subject.startswith("⟦\u2068Tom\u2069 háš")
        assert translation.get_language() == "en-gb"

    def test_names_and_times_are_kept_in_one_piece_from_right_to_left(self, cast, arabic):
        User.objects.filter(pk=cast.customer.pk).update(language="ar")
        text = self.letter(cast).text
        assert "\u2068Sam\u2069" in text
        assert text.count("\u2068") == text.count("\u2069") > 2
        assert "\u2068" not in text.partition("/c/")[2].partition("\n")[0]

    def test_reference_in_the_subject_never_changes(self, cast, arabic):
        User.objects.filter(pk=cast.customer.pk).update(language="ar")
        letter = self.letter(cast)
        assert letter.subject.endswith(f" [{Notice.objects.filter(kind='named_person').latest('pk').case.reference}]")

    def test_staff_read_english_whatever_the_page(self, cast, arabic):
        User.objects.filter(pk=cast.tiers[2].pk).update(language="ar")
        case = solving.escalate(working(cast).pk, reason="Bank records.", by=cast.tiers[1], at=LOOK)
        with translation.override("ar"):
            letter = compose(Notice.objects.filter(case=case, kind="case_for_team").first(), LOOK)
        assert 'lang="en-gb"' in letter.html
        assert letter.subject.startswith("For your team: Charged twice")

    def test_in_english_nothing_stands_between_the_words(self, cast):
        letter = self.letter(cast)
        assert "\u2068" not in letter.text + letter.subject
        assert "Hello Sam,\n\nYou will next hear from us by " in letter.text


class TestWords:
    def test_days_and_zones_by_language(self):
        said = {}
        for code in ("en-gb", "de", "tr", "ar"):
            with translation.override(code):
                said[code] = day_words(MONDAY, with_year=True), when_words(MONDAY, zone="UTC", style="plain")[-5:]
        assert said["en-gb"] == ("Mon 12 Jan 2026", "10:00")
        assert said["de"] == ("Mo 12. Jan 2026", "10:00")
        assert said["tr"] == ("12 Oca 2026 Pzt", "10:00")
        assert said["ar"][0].endswith("12 يناير 2026") and said["ar"][1] == "10:00"

    def test_a_time_in_a_letter_is_isolated_from_right_to_left_only(self):
        assert spell(MONDAY, "Europe/London") == "Mon 12 Jan, 10:00 (London time)"
        with translation.override("ar"):
            assert spell(MONDAY, "Europe/London")[0] == "\u2068"
            assert isolated("") == ""

    def test_a_city_without_a_name_of_its_own_stays(self):
        with translation.override("de"):
            assert "Buenos Aires" in zone_words("America/Argentina/Buenos_Aires")
        assert zone_words("UTC") == "UTC"

    @pytest.mark.parametrize("minutes", [0, 1, 2, 5, 11, 40, 59, 60, 100, 119, 600, 1439])
    @pytest.mark.parametrize("late", [False, True])
    def test_the_scripts_english_is_the_servers(self, minutes, late):
        forms = relative_forms()
        instant = MONDAY + timedelta(minutes=-minutes if late else minutes)
        said = relative_words(instant, now=MONDAY)
        kinds = {name: words for name, words in forms.items() if name.endswith("-late") == (late and minutes > 0)}
        number = "".join(sign for sign in said if sign.isdigit())
        assert said in {words.replace("{n}", number) for found in kinds.values() for words in found.values()}

    def test_six_plural_forms_are_handed_to_the_script(self, settings, tmp_path):
        plural = "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;"
        rows = {"": f"Content-Type: text/plain; charset=UTF-8\nPlural-Forms: {plural}\n"}
        rows["in %(n)d minute\0in %(n)d minutes"] = "\0".join(f"form {place} %(n)d" for place in "abcdef")
        from_here = tmp_path / "ar" / "LC_MESSAGES"
        from_here.mkdir(parents=True)
        (from_here / "django.mo").write_bytes(packed(rows))
        settings.LOCALE_PATHS = [tmp_path]
        with translation.override("ar"):
            forms = relative_forms()["minute"]
        assert forms == {
            "zero": "form a {n}", "one": "form b {n}", "two": "form c {n}", "few": "form d {n}", "many": "form e {n}",
            "other": "form f {n}",
        }  # fmt: skip

    def test_today_is_swapped_on_paper_in_every_language(self):
        with translation.override("de"):
            html = when_html(LOOK, zone="UTC", now=LOOK, style="short", lower=True)
        assert 'data-paper="Mo 12. Jan,"' in html

    def test_a_topic_is_called_as_the_reader_calls_it(self, cast):
        orders = Category.objects.get(slug="orders")
        orders.translations = {"de": {"name": "Eine Bestellung"}}
        with translation.override("de"):
            assert (str(orders), orders.local_name, orders.local_example) == ("Eine Bestellung", "Eine Bestellung", "")
        with translation.override("tr"):
            assert str(orders) == "An order"
        assert (str(orders), orders.local_example) == ("An order", "Wrong, missing or changed orders")


def test_the_page_hands_its_sentences_to_the_script(cast, sam):
    case = working(cast)
    assert "data-forms" not in sam.get(f"/c/{case.reference}/").text
    sam.cookies[COOKIE] = "de"
    page = sam.get(f"/c/{case.reference}/").text
    found = page.partition('data-forms="')[2].partition('"')[0].replace("&quot;", '"')
    assert json.loads(found)["less"]


def test_a_team_is_called_as_the_reader_calls_it_wherever_the_case_was(cast, sam):
    """Block, ladder, tag and timeline; only what people wrote stays as it was."""
    case = escalated(cast)
    sam.cookies[COOKIE] = "tr"
    page = sam.get(f"/c/{case.reference}/").content.decode()
    assert "Müşteri destek yöneticileri" in page and "Customer support managers" not in page
    sam.cookies[COOKIE] = "de"
    levels = sam.get("/how-we-escalate/").content.decode()
    assert "Kundenservice" in levels and "Service representatives" not in levels
    assert "Montag bis Freitag, 09:00 bis 17:30 Uhr, Londoner Zeit" in levels
