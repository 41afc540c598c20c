"""“Letter texts”: no kind of letter is missing, each reads whole in each language, and those that must name the next time do."""

import html
import re

import pytest
from django.conf import settings
from django.template import engines

from cases.languages import own_names
from cases.models import AccessLink
from portal import clock
from portal.console.letter_kinds import CUSTOMERS, KINDS, PROMISING
from portal.console.letter_texts import placeholders, read
from tests.portal.console.stories import main_of

MAIL = settings.BASE_DIR / "templates" / "mail"
URL = "/console/letters/"


@pytest.fixture
def strict(monkeypatch):
    """A value that is not there shows."""
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", "<<%s>>")


def test_the_page_names_every_file_and_nothing_else():
    assert sorted(KINDS) == sorted(path.stem for path in MAIL.glob("[a-z]*.txt"))
    english = {path.stem for path in MAIL.glob("[a-z]*.txt") if "load i18n" not in path.read_text(encoding="utf-8")}
    assert english == set(KINDS) - set(CUSTOMERS)


def test_each_reads_whole_in_each_language_and_keeps_no_secret(db, monday, strict):
    odd = {}
    said: dict[str, set[str]] = {}
    for kind in KINDS:
        for code, _ in own_names() if kind in CUSTOMERS else [("en-gb", "")]:
            subject, text, page = read(kind, code, clock.now())
            if re.search(r"<<|\{\{|\{%|%\(|None", subject + text) or not (subject and text.strip()):
                odd[kind, code] = subject + text
            assert f'lang="{code}"' in page
            said.setdefault(kind, set()).add(text)
    assert odd == {}
    assert {kind for kind in CUSTOMERS if len(said[kind]) < len(own_names())} == set()
    assert not AccessLink.objects.exists()


def test_who_promises_names_the_promise():
    assert {kind for kind in PROMISING if "promise" not in placeholders(kind)} == set()
    assert {"brand.name", "name", "owner_name", "team_name", "title", "promise"} <= placeholders("named_person")


def test_the_list_and_a_letter_as_text_and_as_html(signed_in, cast, monday, everything):
    dana, tom = signed_in(cast.supervisor), signed_in(cast.tiers[1])
    before = everything()
    text = html.unescape(main_of(dana.get(URL)))
    assert "Promise broken" in text and "never held back" in text and "/console/brand/" in text
    german = dana.get(f"{URL}promise_broken/?language=de")
    shown = html.unescape(main_of(german))
    assert german.context["subject"] in shown and "MP-7K4M-29" in shown and "Values it may name" in shown
    assert german.context["text"] != dana.get(f"{URL}promise_broken/?language=nonsense").context["text"]
    whole = dana.get(f"{URL}promise_broken/html/?language=ar")
    assert '<html lang="ar" dir="rtl">' in whole.text and "unsafe-inline" in whole["Content-Security-Policy"]
    assert "script-src 'none'" in whole["Content-Security-Policy"]
    assert dana.get(f"{URL}nonsense/").status_code == 404 == dana.get(f"{URL}letter/html/").status_code
    assert tom.get(URL).status_code == 403
    assert everything() == before
