"""The page of words and the console's pages of themes: who reads what, what a filter finds, and tagging by hand."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.erasing import Subject
from cases.models import Case, Category
from feedback import erasing, improvements, lessons, themes
from feedback.models import Improvement, Survey, Theme, ThemeTag
from portal import clock
from portal.insights import verbatims
from tests.cast import MONDAY, gather
from tests.portal.insights.scene import browsers_of, rows_of, text
from tests.portal.pages.scene import look_at

pytestmark = pytest.mark.django_db
URL, DAY = "/insights/words/", timedelta(days=1)
LATER = MONDAY + 20 * DAY


@pytest.fixture
def cast():
    look_at(LATER)
    yield gather()
    clock.travel(timedelta())


@pytest.fixture
def told(cast):
    """Eight comments of two themes, five of them low; one on a restricted topic; two with what must not be shown."""
    Category.objects.filter(slug="account").update(is_restricted=True)
    waiting = themes.write(None, "Waiting", "slow*", by=cast.supervisor)
    themes.write(None, "Tone", "kind", by=cast.supervisor)
    texts = [f"Slow, number {n}." for n in range(5)] + [
        "Kind people all the way.", "My card 4111 1111 1111 1111 and sam@example.com", "Secret account.",
    ]  # fmt: skip
    for n, words in enumerate(texts):
        case = cast.file(at=MONDAY, title=f"Title {n}")
        if n == 7:
            Case.objects.filter(pk=case.pk).update(category=Category.objects.get(slug="account"))
        score = 1 + n % 2 if n < 5 else 5
        survey = Survey.objects.create(case=case, answered_at=MONDAY + n * DAY, satisfaction=score, comment=words)
        if n < 5:
            themes.tag(survey, [waiting], seen=themes.seal(survey), by=cast.supervisor, at=MONDAY + n * DAY)
    lessons.write("Say when the next message comes.", "none", tags=["waiting"], by=cast.tiers[1], at=MONDAY)
    return browsers_of(cast)


def found(page):
    return [row["said"].words for row in page.context["rows"]]


def test_newest_first_masked_and_as_far_as_one_sees_cases(told, cast):
    manager, boss = told["manager"].get(URL), told["supervisor"].get(URL)
    assert len(found(manager)) == 7 and len(found(boss)) == 7
    assert "Secret" not in text(boss) and "Secret" not in text(manager)
    for page in (manager, boss):
        said = text(page)
        assert "4111" not in said and "sam@example.com" not in said
        assert found(page)[-1] == "Slow, number 0."
    assert "/console/cases/case/" not in manager.content.decode() and "Choose themes" not in text(manager)
    assert "Say when the next message" not in text(manager)
    assert len(re.findall(r'href="/console/cases/case/\d+/change/"', boss.content.decode())) == 7
    assert "Choose themes" in text(boss) and "Say when the next message comes." in text(boss)
    assert "its words suggest Tone" in text(boss)
    assert "8 comments, 5 of them have a theme. Most low scores: “Waiting” (5 of 5)." in text(boss)
    (row,) = [one for one in rows_of(told["manager"].get("/insights/words.csv")) if one["Column"] == "Low scores"]
    assert (row["Row"], row["Counts"], row["Of"], row["Value"]) == ("Waiting", "5", "5", "1.0")


def test_filters_and_search(told):
    boss = told["supervisor"]
    assert len(found(boss.get(URL, {"score": "low"}))) == 5
    assert len(found(boss.get(URL, {"score": "1", "theme": "waiting"}))) == 3
    assert len(found(boss.get(URL, {"theme": "none"}))) == 2
    assert found(boss.get(URL, {"q": "KIND"})) == ["Kind people all the way."]
    # What is masked is not found by asking for it.
    assert found(boss.get(URL, {"q": "4111"})) == [] and found(boss.get(URL, {"q": "sam@"})) == []
    assert len(found(boss.get(URL, {"q": "slow", "period": "4w"}))) == 5
    assert "names" not in boss.get(URL, {"topic": "billing"}).context["tables"]
    assert found(boss.get(URL, {"topic": "billing"})) == []
    for wrong, sentence in (
        ({"score": "9"}, "Choose a score from the list"), ({"theme": "nothing"}, "Choose a theme from the list"),
        ({"q": "x" * 81}, "“Words” is too long"), ({"name": "all"}, "Choose “With a name” or"),
    ):  # fmt: skip
        page = boss.get(URL, wrong)
        assert page.status_code == 200 and sentence in text(page) and "rows" not in page.context
    # Of so few comments nobody without cases reads anything.
    assert "So few comments" in text(told["manager"].get(URL, {"theme": "none"}))
    assert len(found(told["manager"].get(URL, {"theme": "waiting"}))) == 5


def test_few_questions_and_pages_that_share_nothing(told, monkeypatch):
    """The first page comes with its count, the others are counted first; together they are the list."""
    whole = found(told["manager"].get(URL))
    monkeypatch.setattr(verbatims, "PER_PAGE", 3)
    with CaptureQueriesContext(connection) as asked:
        first = told["manager"].get(URL)
    assert len(asked) <= 12, len(asked)
    pages = [first, *(told["manager"].get(URL, {"page": n}) for n in (2, 3))]
    assert [one for page in pages for one in found(page)] == whole and len(whole) == 7
    assert [len(found(page)) for page in pages] == [3, 3, 1]
    assert {page.context["page"].paginator.count for page in pages} == {7} and first.context["page"].has_next()
    assert found(told["manager"].get(URL, {"page": "1"})) == found(told["manager"].get(URL, {"page": "x"})) == whole[:3]


def test_without_a_name_nothing_leads_to_the_case(told):
    boss = told["supervisor"]
    Survey.objects.filter(satisfaction__in=(1, 2)).update(is_anonymous=True)
    assert len(found(boss.get(URL))) == 2
    page = boss.get(URL, {"name": "unnamed"})
    assert len(found(page)) == 5
    block = re.search(r'<ul class="quotes verbatims">.*?</ul>', page.content.decode(), re.S)[0]
    for case in Case.objects.filter(survey__is_anonymous=True):
        assert case.reference not in block and f"/case/{case.pk}/" not in block and "Orders" not in block
    assert "<time" not in block and str(case.category) not in block
    for narrower in ({"topic": "orders"}, {"period": "custom", "from": "2026-01-01", "to": "2026-01-20"}):
        page = boss.get(URL, {"name": "unnamed"} | narrower)
        assert "rows" not in page.context and "could find out whose they are" in text(page)
    one = Survey.objects.filter(is_anonymous=True).first()
    tags = boss.get(reverse("admin:words_tags", args=[themes.key_of(one)]))
    assert tags.status_code == 200 and one.case.reference not in tags.content.decode()
    assert boss.get(reverse("admin:words_tags", args=[str(one.pk)])).status_code == 404
    Survey.objects.filter(is_anonymous=True).exclude(pk__gte=one.pk + 4).exclude(pk=one.pk).update(is_anonymous=False)
    assert "So few comments" in text(boss.get(URL, {"name": "unnamed"}))


def test_tagging_by_hand(told, cast):
    boss, tone = told["supervisor"], Theme.objects.get(slug="tone")
    survey = Survey.objects.get(comment__startswith="Kind")
    there = reverse("admin:words_tags", args=[themes.key_of(survey)])
    page = boss.get(there, {"next": f"{URL}?theme=none"})
    assert "Its words suggest: Tone" in text(page)
    assert not ThemeTag.objects.filter(theme=tone).exists()  # looking changes nothing
    sent = {"themes": [tone.pk], "seen": themes.seal(survey), "next": f"{URL}?theme=none"}
    assert boss.post(there, sent | {"themes": ["999"]}).status_code == 422
    Survey.objects.filter(pk=survey.pk).update(comment="Kind no more.")
    page = boss.post(there, sent)
    assert page.status_code == 422 and "changed these words" in text(page) and "Kind no more." in text(page)
    assert not ThemeTag.objects.filter(theme=tone).exists()
    survey.refresh_from_db()
    answer = boss.post(there, sent | {"seen": themes.seal(survey)})
    assert (answer.status_code, answer["Location"]) == (303, f"{URL}?theme=none#said-{survey.pk}")
    assert ThemeTag.objects.get(theme=tone).by == cast.supervisor
    away = boss.post(there, sent | {"seen": themes.seal(survey), "next": "https://elsewhere.example/"})
    assert away["Location"].startswith(URL)
    for role in ("agent", "manager", "customer"):
        assert told[role].post(there, sent).status_code in (302, 303, 403, 404)
        assert told[role].get(there).status_code in (302, 303, 403, 404)
    assert ThemeTag.objects.filter(theme=tone).count() == 1


def test_keeping_the_list(told):
    boss, here = told["supervisor"], reverse("admin:themes")
    assert boss.post(here, {"name": "Again", "words": "again\nthree times"}).status_code == 303
    again = Theme.objects.get(slug="again")
    for wrong, sentence in (({"name": ""}, "Give it a name"), ({"name": "again"}, "already"), ({"name": "N", "words": "a*"}, "nearly every")):  # fmt: skip
        page = boss.post(here, {"words": ""} | wrong)
        assert page.status_code == 422 and sentence in text(page)
    there = reverse("admin:theme", args=[again.pk])
    assert boss.post(there, {"name": "Once more", "words": "again"}).status_code == 303
    page = boss.post(there, {"name": "Waiting", "words": ""})
    assert page.status_code == 422 and 'value="Waiting"' in page.content.decode()
    gone = reverse("admin:theme_retire", args=[again.pk])
    assert boss.get(gone).status_code == 405 and Theme.objects.get(pk=again.pk).is_active
    assert boss.post(gone, {"press": "retire"}).status_code == 303
    assert not Theme.objects.get(pk=again.pk).is_active and "Retired" in text(boss.get(here))
    assert boss.post(gone, {"press": "back"}).status_code == 303
    again.refresh_from_db()
    assert (again.name, again.slug, again.is_active) == ("Once more", "again", True)
    assert Client().get(here).status_code in (302, 303)
    for role in ("agent", "manager"):
        assert told[role].get(here).status_code == 403 or role == "manager"
        assert told[role].post(here, {"name": "Mine", "words": ""}).status_code in (302, 303, 403, 404)
    assert not Theme.objects.filter(name="Mine").exists()


# From words to an improvement ---------------------------------------------------------------------------------

NEW = "/console/feedback/improvements/new/"
IDEA = {"title": "Say when", "change": "We say by when.", "why": "They wait."}


def test_a_comment_and_a_theme_lead_to_an_improvement_in_one_press(told, cast):
    boss, manager = told["supervisor"], told["manager"]
    kind = Survey.objects.get(comment__startswith="Kind")
    secret = Survey.objects.get(comment__startswith="Secret")
    nameless = Survey.objects.get(comment="Slow, number 4.")
    Survey.objects.filter(pk=nameless.pk).update(is_anonymous=True)
    page = boss.get(URL)
    assert f'href="{NEW}?from=comment+{kind.pk}"' in page.content.decode()
    assert f"comment+{secret.pk}" not in page.content.decode() and f"comment+{nameless.pk}" not in page.content.decode()
    assert f'href="{NEW}?from=comment+{kind.pk}"' in manager.get(URL).content.decode()
    assert f'href="{NEW}?from=theme+waiting"' in boss.get(URL, {"theme": "waiting"}).content.decode()
    # The form begins with it; what may not be pointed at is not found, and what was typed stays.
    assert f"comment {kind.pk}</textarea>" in boss.get(f"{NEW}?from=comment+{kind.pk}").content.decode()
    for wrong in (f"comment {secret.pk}", f"comment {nameless.pk}", "comment 0", "theme none"):
        refused = boss.post(NEW, IDEA | {"evidence": wrong})
        assert refused.status_code == 422 and f"Not found: “{wrong}”" in text(refused)
        assert "We say by when." in refused.content.decode()
    assert boss.post(NEW, IDEA | {"evidence": f"comment {kind.pk}, theme Waiting"}).status_code in (302, 303)
    one = Improvement.objects.get()
    mine = f"/console/feedback/improvements/{one.pk}/"
    shown = text(boss.get(mine))
    assert "Kind people all the way." in shown and kind.case.reference in shown and "Theme Waiting" in shown
    # Who sees no cases reads how much there is; a customer who wrote so is one of those it came from.
    outside = text(manager.get(mine))
    assert "Kind people" not in outside and "Theme Waiting" in outside and "1 more that is not yours to see" in outside
    Case.objects.filter(pk=kind.case_id).update(is_proven=True, is_history=False)
    assert list(improvements.concerned(one)) == [cast.customer]
    # The topic is restricted from now on: the words stand in nobody's list, this one included.
    Category.objects.filter(pk=kind.case.category_id).update(is_restricted=True)
    assert "Kind people" not in text(boss.get(mine))
    Category.objects.filter(pk=kind.case.category_id).update(is_restricted=False)
    erasing.evidence(Subject.of(cast.customer, LATER))
    assert "Kind people" not in text(boss.get(mine)) and "whose customer was erased" in text(boss.get(mine))
    assert not improvements.concerned(one).exists()
