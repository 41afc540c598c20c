"""The setting LANGUAGES: English always and first, codes Django knows, a clear word for others."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from escalation import saved_replies
from portal.environment import languages


def test_english_is_always_there_and_first():
    english = ("en-gb", "English")
    assert languages("en-gb", []) == [english]
    assert languages("en-gb", ["en", "de"]) == [english, ("de", "German")]
    assert languages("en-gb", ["DE ", "fr", "de", "", "en-us"]) == [english, ("de", "German"), ("fr", "French")]


@pytest.mark.parametrize("code", ["german", "xx", "de;en"])
def test_a_code_nobody_knows_is_said_by_name(code):
    with pytest.raises(ImproperlyConfigured, match=f"LANGUAGES names {code}"):
        languages("en-gb", ["fr", code])


def test_replies_know_them_by_two_letters(settings):
    settings.LANGUAGES = [("pt-br", "Brazilian Portuguese"), ("en-gb", "English")]
    assert list(saved_replies.languages()) == ["en", "pt"]
