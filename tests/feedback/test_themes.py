"""Themes of comments: what a rule names, tags that belong to the words somebody read, and the figures by hand and in SQL."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Category
from escalation.verbs import Refused
from feedback import themes, verbatims
from feedback.erasing import comments
from feedback.figures import Scope
from feedback.intervals import Share
from feedback.models import Survey, Theme, ThemeTag
from feedback.periods import Period
from feedback.surveys import answer_survey
from feedback.theme_figures import themes_of
from tests.cast import MONDAY, gather
from tests.escalation.stories import bring

DAY = timedelta(days=1)
#: Two weeks from the Monday of the cast.
PERIOD = Period(MONDAY.date(), MONDAY.date() + 13 * DAY, "Europe/London")


def refused(act, *args, **given):
    with pytest.raises(Refused) as why:
        act(*args, **given)
    return str(why.value)


class TestRule:
    """Of words alone; no database."""

    def names(self, words, text):
        return bool(themes.suggested(text, [Theme(name="x", words=words)]))

    @pytest.mark.parametrize(
        ("words", "text", "named"),
        [
            ("slow", "It was SLOW.", True),
            ("slow", "Slowly it came.", False),
            ("slow*", "Slowly it came.", True),
            ("slow*", "unslow", False),
            ("no word", "I had no\n  word from you", True),
            ("no word", "no words", False),
            ("gruß*", "Viele GRÜSSE", False),
            ("grüß*", "Viele GRÜSSE", True),
            ("c++", "I like C++!", True),
            ("late,slow", "too late", True),
            ("", "anything", False),
        ],
    )
    def test_whole_words_and_stems_whatever_their_case(self, words, text, named):
        assert self.names(words, text) is named

    @given(st.text(alphabet="abcdeäß", min_size=3, max_size=8), st.text(alphabet="abcdeäß", max_size=4))
    def test_a_stem_names_what_begins_so_and_a_word_only_itself(self, stem, end):
        text = f"It is {stem}{end}, they said"
        if stem + end not in text.split(", ")[0].split():
            return
        assert self.names(f"{stem}*", text)
        whole = (stem + end).casefold() == stem.casefold() or stem.casefold() in ("it", "is", "they", "said")
        assert self.names(stem, text) is whole

    def test_what_cannot_be_read_is_refused(self):
        assert themes.words_of("Slow, slow\n wait*,") == ["slow", "wait*"]
        for words, said in (
            ("*", "cannot be read"), ("s*w", "cannot be read"), ("it*", "nearly every word"), ("x" * 41, "too long"),
            (",".join(f"w{n}" for n in range(41)), "41 words: at most 40"),
        ):  # fmt: skip
            assert said in refused(themes.words_of, words)


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def list_of(cast):
    """Two themes."""
    return [themes.write(None, name, words, by=cast.supervisor) for name, words in (("Waiting", "slow*"), ("Tone", ""))]


def said(cast, day, score, words, *, tags=(), slug="orders", **more):
    """A comment given `day` days after MONDAY."""
    case = cast.file(at=MONDAY)
    type(case).objects.filter(pk=case.pk).update(category=Category.objects.get(slug=slug))
    survey = Survey.objects.create(case=case, answered_at=MONDAY + day * DAY, satisfaction=score, comment=words, **more)
    if tags:
        themes.tag(survey, tags, seen=themes.seal(survey), by=cast.supervisor, at=MONDAY + day * DAY)
    return survey


class TestList:
    def test_names_are_kept_once_and_the_address_stays(self, cast, list_of):
        waiting, boss = list_of[0], cast.supervisor
        assert "already" in refused(themes.write, None, "WAITING", "", by=boss)
        assert "name" in refused(themes.write, None, " ", "", by=boss)
        assert "Too long" in refused(themes.write, None, "x" * 41, "", by=boss)
        themes.write(waiting, "Time", "late", by=boss)
        waiting.refresh_from_db()
        assert (waiting.slug, waiting.name, waiting.words) == ("waiting", "Time", "late")
        assert themes.write(None, "Waiting", "", by=boss).slug == "waiting-2"
        assert "Only supervisors" in refused(themes.write, None, "Other", "", by=cast.tiers[1])
        assert "Only supervisors" in refused(themes.set_active, waiting, active=False, by=cast.manager)


class TestTags:
    def test_a_retired_theme_stays_where_it_is_and_goes_nowhere_else(self, cast, list_of):
        waiting, tone = list_of
        one, other = said(cast, 1, 2, "slow", tags=[waiting]), said(cast, 1, 2, "slow")
        themes.set_active(waiting, active=False, by=cast.supervisor)
        themes.tag(one, [tone], seen=themes.seal(one), by=cast.supervisor, at=MONDAY)
        assert {row.theme for row in one.theme_tags.all()} == {waiting, tone}
        assert "retired" in refused(
            themes.tag, other, [waiting], seen=themes.seal(other), by=cast.supervisor, at=MONDAY
        )
        assert not other.theme_tags.exists()

    def test_who_put_it_on_stays_and_only_supervisors_do(self, cast, list_of):
        one = said(cast, 1, 2, "slow", tags=list_of[:1])
        before = ThemeTag.objects.get()
        themes.tag(one, list_of, seen=themes.seal(one), by=cast.supervisor, at=MONDAY + 9 * DAY)
        assert ThemeTag.objects.get(theme=list_of[0]) == before and ThemeTag.objects.count() == 2
        for person in (cast.tiers[1], cast.manager):
            assert "Only supervisors" in refused(themes.tag, one, [], seen=themes.seal(one), by=person, at=MONDAY)

    def test_tags_go_with_the_words(self, cast, list_of):
        """Changed words lose them, a changed score does not, and what was read before cannot be tagged any more."""
        case = bring(cast, State.CONFIRMED)
        answer = {"at": MONDAY + DAY, "comment": "Slow."}
        survey = answer_survey(case, satisfaction=2, **answer)
        read = themes.seal(survey)
        themes.tag(survey, list_of[:1], seen=read, by=cast.supervisor, at=MONDAY + DAY)
        answer_survey(case, satisfaction=3, **answer)
        assert ThemeTag.objects.count() == 1
        answer_survey(case, satisfaction=3, at=MONDAY + DAY, comment="Kind people.")
        assert not ThemeTag.objects.exists()
        assert "changed these words" in refused(themes.tag, survey, list_of, seen=read, by=cast.supervisor, at=MONDAY)
        survey.refresh_from_db()
        themes.tag(survey, list_of, seen=themes.seal(survey), by=cast.supervisor, at=MONDAY + DAY)
        other = said(cast, 1, 1, "slow", tags=list_of)
        comments(SimpleNamespace(cases=[case.pk], person=cast.customer, at=MONDAY))
        assert set(ThemeTag.objects.values_list("survey", flat=True)) == {other.pk}


class TestReading:
    def test_who_reads_what(self, cast):
        """Restricted topics stand in nobody's list: those cases open by a noted press."""
        Category.objects.filter(slug="account").update(is_restricted=True)
        plain, secret = said(cast, 1, 2, "Plain."), said(cast, 1, 2, "Secret.", slug="account")
        nameless = said(cast, 1, 1, "Nameless.", is_anonymous=True)
        said(cast, 1, 2, "")
        everybody = {plain, nameless}
        assert set(verbatims.readable(Viewer(cast.manager))) == everybody
        assert set(verbatims.readable(Viewer(cast.supervisor))) == everybody
        assert set(verbatims.readable(Viewer(cast.tiers[5]))) == everybody
        assert themes.found(themes.key_of(plain), Viewer(cast.supervisor)) == plain
        assert themes.found(themes.key_of(secret), Viewer(cast.supervisor)) is None
        assert themes.found(themes.key_of(nameless), Viewer(cast.supervisor)) == nameless
        assert str(nameless.pk) != themes.key_of(nameless)
        for key in (str(nameless.pk), "x" * 40, "9" * 30, str(plain.pk + 999)):
            assert themes.found(key, Viewer(cast.supervisor)) is None

    def test_names_addresses_and_numbers_are_taken_out(self, cast):
        text = "Sam here: card 4111 1111 1111 1111, sam@example.com, +44 20 7946 0100. Slow."
        (one,) = verbatims.heard([said(cast, 1, 2, text)])
        for secret in ("Sam", "4111", "example.com", "7946"):
            assert secret not in one.words
        assert one.words.endswith("Slow.")


SQL = """
    SELECT t.slug, COUNT(*), SUM(CASE WHEN s.satisfaction <= 2 THEN 1 ELSE 0 END)
    FROM feedback_themetag g JOIN feedback_theme t ON t.id = g.theme_id
    JOIN feedback_survey s ON s.id = g.survey_id JOIN cases_case c ON c.id = s.case_id
    JOIN cases_category k ON k.id = c.category_id
    WHERE s.comment <> '' AND s.answered_at >= %s AND s.answered_at < %s AND k.slug LIKE %s
    GROUP BY t.slug
"""


class TestFigures:
    def test_counted_by_hand_and_in_sql(self, cast, list_of):
        """Week 1: 6 comments tagged Waiting (4 low, 5 of them with its word), one of them Tone too; week 2: Tone, 5 times."""
        waiting, tone = list_of
        for n in range(6):
            said(cast, n, 1 + n % 3, "Slow." if n else "Took ages.", tags=[waiting, *([tone] if n == 5 else [])])
        for _ in range(5):
            said(cast, 7, 5, "Kind.", tags=[tone], slug="billing")
        said(cast, 2, 1, "Slow, and nobody has tagged it.")
        said(cast, 14, 1, "Slow.", tags=[waiting])  # after the period
        found = themes_of(PERIOD)
        assert (found.written, found.tagged) == (12, 11)
        by = {row.theme.slug: row for row in found.rows}
        assert by["waiting"].low == Share(4, 6) and by["tone"].low == Share(0, 6)
        assert by["waiting"].by_rule == Share(5, 6) and by["tone"].by_rule == Share(0, 6)
        assert by["waiting"].rule_right == Share(5, 5) and by["tone"].rule_right == Share()
        assert by["waiting"].weeks == [Share(6, 6), Share(0, 5)] and by["tone"].weeks == [Share(1, 6), Share(5, 5)]
        assert [row.theme.slug for row in found.worst] == ["waiting"]
        for topic in ("", "orders", "billing", "account"):
            with connection.cursor() as cursor:
                cursor.execute(SQL, [PERIOD.start, PERIOD.end, topic or "%"])
                counted = {slug: (n, low) for slug, n, low in cursor.fetchall()}
            rows = themes_of(PERIOD, Scope(topic=topic)).rows
            assert {row.theme.slug: (row.low.n, row.low.hits) for row in rows if row.low.n} == counted, topic
        assert counted == {}

    def test_of_few_nothing_is_said(self, cast, list_of):
        for _ in range(4):
            said(cast, 1, 1, "Slow.", tags=list_of[:1])
        found = themes_of(PERIOD)
        assert found.rows[0].low.value is None and found.worst == []
        assert themes_of(Period(date(2020, 1, 1), date(2020, 1, 9), "UTC")).written == 0
