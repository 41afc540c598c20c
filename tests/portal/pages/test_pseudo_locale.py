"""No sentence is forgotten: every customer page and letter in a language nobody speaks, where what is translatable is marked.

A page of the URL table that says something outside ⟦brackets⟧ fails here with those words. To mend it, mark them
({% translate %}, {% blocktranslate %}, gettext); nothing has to be added to a catalogue for this test.

The pages of test_access.py's table are walked in test_pseudo_pages.py.
"""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from cases.models import Message, Team
from cases.sealing import seal
from escalation.letters import compose
from escalation.models import Notice
from feedback import follow_ups
from feedback.follow_up_acts import Done, do
from feedback.low_scores import answer_low_score
from feedback.models import FollowUp, Survey
from feedback.surveys import answer_survey
from portal.catalogues import ROOT, customer_files
from tests.portal.pages.scene import LOOK, MAKERS, feedback, late, waiting_customer, working
from tests.pseudo import CODE, leaks, outside, plain_words, users_own

pytestmark = pytest.mark.once
MAIL = django_settings.BASE_DIR / "templates" / "mail"
LETTERS = sorted(path.stem for path in MAIL.glob("[a-z]*.txt") if "_foot.txt" in path.read_text(encoding="utf-8"))


PAGES = ("", "why/", "?print=1", "supervisor/", "withdraw/", "reopen/", "not-fixed/")


@pytest.mark.parametrize("state", [*MAKERS, "late"])
def test_the_pages_of_a_case_in_every_state(state, cast, spoken):
    case = late(cast) if state == "late" else MAKERS[state](cast)
    browser = Client()
    browser.force_login(cast.customer)
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = CODE
    pages = {page: browser.get(f"/c/{case.reference}/{page}") for page in PAGES}
    assert {page.status_code for page in pages.values()} == {200}
    assert not {name: left for name, page in pages.items() if (left := leaks(page.text, users_own()))}


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("known", [True, False], ids=["known", "unproved"])
def test_every_letter(kind, known, cast, spoken):
    case = STANDS.get(kind, working)(cast)
    cast.customer.language, cast.customer.is_verified = CODE, known
    cast.customer.save(update_fields=["language", "is_verified"])
    owed = {"case": case, "kind": kind, "to_customer": True, "data": told(cast), "owed_at": LOOK}
    letter = compose(Notice(recipient=cast.customer, **owed), LOOK)
    own = users_own()
    left = outside(letter.subject, own) + outside(letter.text, own) + outside(letter.kept_text, own)
    assert not left
    assert not re.search(r"%\(|\{\{", letter.text)
    assert f'lang="{CODE}" dir="ltr"' in letter.html


def asked(cast):
    case = feedback(cast)
    Survey.objects.get_or_create(case=case, defaults={"invited_at": LOOK})
    return case


def answered_low(cast):
    """A case whose low score a supervisor has written about."""
    case = feedback(cast)
    answer_survey(case, satisfaction=1, fixed="no", at=LOOK)
    answer_low_score(case, how="letter", words="From now on one person asks.", by=cast.supervisor, at=LOOK)
    return case


def followed_up(cast):
    """A case whose customer was written to some days after it was settled."""
    case = feedback(cast)
    follow_ups.make([case], LOOK)
    written = Done("letter", "I hope it still works.")
    do(FollowUp.objects.get(case=case), written, by=cast.supervisor, at=LOOK)
    return case


#: Letters about a case that stands elsewhere than at work.
STANDS = {
    "survey": feedback,
    "survey_reminder": asked,
    "still_waiting": waiting_customer,
    "low_answer": answered_low,
    "follow_up": followed_up,
}


def told(cast) -> dict:
    """Everything a letter may be about."""
    later = "2026-01-13T15:30:00+00:00"
    said = Message.everything.order_by("pk").last()
    more = {"owner": cast.tiers[1].pk, "team": Team.objects.get(slug=cast.teams[2].slug).pk, "message": said.pk}
    more |= {"sealed": seal("123456"), "what": "password_set"}
    more |= {"partner": "North Bank", "into": "MP-7K4M-29", "granted": True, "severity": 2, "asked": "a" * 64}
    more |= {"milestone": 2, "follow_up": FollowUp.objects.values_list("pk", flat=True).first()}
    dues = {"resolve": later, "supervisor": later, "confirm": later}
    return more | dict.fromkeys(("promise_at", "said", "due", "closes", "reopen_until"), later) | {"dues": dues}


def is_spoken(path) -> bool:
    """Whether customers read the template: staff's letters, which are English, and the pictures of figures
    and the licences of fonts lie beside."""
    name = path.relative_to(ROOT).as_posix()
    english = name.startswith("templates/mail/") and "load i18n" not in path.read_text(encoding="utf-8")
    return path.suffix != ".py" and not english and "/fonts/" not in name and name != "templates/parts/chart.html"


@pytest.mark.parametrize("path", filter(is_spoken, customer_files()), ids=lambda path: path.stem)
def test_no_template_says_what_is_not_marked(path):
    assert not plain_words(path.read_text(encoding="utf-8"))


def test_the_reader_finds_what_is_not_marked():
    own = ["Sam Okafor"]
    page = '<p>⟦Héllo <b>Sam Okafor</b>⟧, and more</p><script>no</script><p aria-label="Say it">⟦x⟧</p>'
    assert leaks(page, own) == [", and more", "Say it"]
    assert leaks(page.replace(", and more", " 16:00").replace("Say it", "⟦Sáy⟧"), own) == []
