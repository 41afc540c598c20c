"""The catalogues say all that customers read, whole, in words for customers, and compiled; and the checker finds what is wrong."""

import gettext
import io
import shutil

import pytest
from django.core.management import CommandError, call_command

from cases.words import forbidden_in
from portal import catalogues
from portal.catalogues import Sentence

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)
DAYS = Sentence("%(n)d day", "%(n)d days")


def written() -> dict[str, str]:
    """The text of every catalogue there is, by language; each is held to all of it."""
    return {code: path.read_text(encoding="utf-8") for code, path in catalogues.catalogues().items()}


def test_every_catalogue_says_everything_and_says_it_whole():
    wanted = catalogues.sentences()
    assert {code: found for code, text in written().items() if (found := catalogues.faults(wanted, text))} == {}


def test_every_catalogue_is_compiled_as_it_stands():
    stale = [
        code
        for code, path in catalogues.catalogues().items()
        if path.with_suffix(".mo").read_bytes() != catalogues.compiled(path.read_text(encoding="utf-8"))
    ]
    assert not stale, "Run: python manage.py messages --compile"


def test_no_catalogue_uses_our_own_words():
    said = {
        (code, words): forbidden_in(words, code.partition("_")[0])
        for code, text in written().items()
        for entry in catalogues.read(text)[0].values()
        for words in entry.said
    }
    assert {place: found for place, found in said.items() if found} == {}


def test_no_customer_sentence_uses_our_own_words():
    said = {one.key: forbidden_in(f"{one.text} {one.plural}") for one in catalogues.sentences().values()}
    assert {key: found for key, found in said.items() if found} == {}


def test_the_customer_files_are_those_of_customers():
    names = {path.relative_to(catalogues.ROOT).as_posix() for path in catalogues.customer_files()}
    assert {"cases/words.py", "templates/pages/case.html", "templates/mail/received.txt", "portal/forms.py"} <= names
    assert not [
        name for name in names if name.startswith(("templates/console/", "portal/console/", "portal/insights/"))
    ]


def test_marks_are_read_from_python_and_from_templates():
    python = (
        '_("Yes"); x._lazy("No"); ngettext("%(n)d day", "%(n)d days", n); pgettext_lazy("of a case", "Closed"); _(name)'
    )
    assert list(catalogues.in_python(python)) == [
        Sentence("Yes"), Sentence("No"), DAYS, Sentence("Closed", context="of a case"),
    ]  # fmt: skip
    template = (
        '{% load i18n %}{% translate "Say “it”" %}{% include "x" with label=_("Back") %}'
        "{% blocktranslate trimmed count n=days %}{{ n }} day\n left{% plural %}{{ n }} days left{% endblocktranslate %}"
        '{% translate "no" context "does not count" %}{% blocktranslate with a=b %}It’s {{ a }}, 5 % more{% endblocktranslate %}'
    )
    assert set(catalogues.in_template(template)) == {
        Sentence("Say “it”"),
        Sentence("Back"),
        Sentence("%(n)s day left", "%(n)s days left"),
        Sentence("no", context="does not count"),
        Sentence("It’s %(a)s, 5 %% more"),
    }


SOUND = (
    HEADER
    + 'msgid "Hello %(name)s"\nmsgstr "Hallo %(name)s"\n\n'
    + ('msgid "%(n)d day"\nmsgid_plural "%(n)d days"\nmsgstr[0] "ein Tag"\nmsgstr[1] "%(n)d Tage"\n')
)
WANTED = {one.key: one for one in (Sentence("Hello %(name)s"), DAYS)}


def test_a_sound_catalogue_has_no_faults():
    assert catalogues.faults(WANTED, SOUND) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('msgid "Hello %(name)s"', 'msgid "Hullo %(name)s"', "Missing: “Hello %(name)s”"),
        ("Hallo %(name)s", "", "Not translated: “Hello %(name)s”"),
        ('msgid "Hello', '#, fuzzy\nmsgid "Hello', "Fuzzy: “Hello %(name)s”"),
        ("Hallo %(name)s", "Hallo", "Placeholders differ (%(name)s): “Hello %(name)s”"),
        ("Hallo %(name)s", "Hallo %(nam)s", "Placeholders differ (%(nam)s, %(name)s): “Hello %(name)s”"),
        ("%(n)d Tage", "%(m)d Tage", "Placeholders differ (%(m)d): “%(n)d day”"),
        ('\nmsgstr[1] "%(n)d Tage"', "", "Wants 2 forms, has 1: “%(n)d day”"),
        ("charset=UTF-8", "charset=CP1252", "The header does not say charset=UTF-8."),
    ],
)
def test_a_planted_fault_is_found(old, new, said):
    assert catalogues.faults(WANTED, SOUND.replace(old, new, 1)) == [said]


def test_what_is_compiled_is_what_gettext_reads():
    words = gettext.GNUTranslations(io.BytesIO(catalogues.compiled(SOUND)))
    assert words.gettext("Hello %(name)s") == "Hallo %(name)s"
    assert [words.ngettext("%(n)d day", "%(n)d days", n) for n in (1, 2)] == ["ein Tag", "%(n)d Tage"]
    assert words.gettext("Not there") == "Not there"


def test_a_fuzzy_sentence_is_not_compiled():
    fuzzy = SOUND.replace('msgid "Hello', '#, fuzzy\nmsgid "Hello', 1)
    words = gettext.GNUTranslations(io.BytesIO(catalogues.compiled(fuzzy)))
    assert words.gettext("Hello %(name)s") == "Hello %(name)s"


def test_without_gnu_gettext_it_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CommandError, match="needs GNU gettext"):
        call_command("messages")
