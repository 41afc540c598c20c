"""R073: two people's agreement on tags: the arithmetic against a second computation, the sample, and the blind second look."""

from __future__ import annotations

import math
import re
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cases.access import Viewer
from cases.erasing import Subject
from cases.models import Category
from escalation.verbs import Refused
from feedback import erasing, second_looks, themes
from feedback.agreement import Table, interval, kappa, of_all, of_decision, of_theme
from feedback.intervals import Z
from feedback.models import SecondLook, Survey, ThemeSample, ThemeTag
from feedback.surveys import answer_survey
from tests.cast import MONDAY, gather
from tests.feedback.test_themes import said
from tests.portal.insights.scene import browsers_of, text

AT = MONDAY + timedelta(days=30)
SECOND, AGREEMENT = "/console/feedback/second/", "/console/feedback/themes/agreement/"


# The arithmetic -----------------------------------------------------------------------------------------------


def by_definition(pairs):
    """Kappa from the lists of two people's answers, counting chance pair by pair."""
    n = len(pairs)
    same = sum(one == two for one, two in pairs) / n
    chance = sum(one == two for one, _ in pairs for _, two in pairs) / n**2
    return None if chance == 1 else (same - chance) / (1 - chance)


def by_delta(table):
    """The standard error by the delta method: the gradient taken numerically, the covariance of four shares."""
    n, step = table.n, 1e-6
    shares = [table.both / n, table.first / n, table.second / n, table.neither / n]

    def value(p):
        one, two = p[0] + p[1], p[0] + p[2]
        total = sum(p)
        chance = (one * two + (total - one) * (total - two)) / total**2
        return ((p[0] + p[3]) / total - chance) / (1 - chance)

    slopes = []
    for place in range(4):
        up, down = list(shares), list(shares)
        up[place] += step
        down[place] -= step
        slopes.append((value(up) - value(down)) / (2 * step))
    mean = sum(p * g for p, g in zip(shares, slopes, strict=True))
    return math.sqrt(max(0.0, sum(p * (g - mean) ** 2 for p, g in zip(shares, slopes, strict=True)) / n))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_kappa_and_its_interval_equal_a_second_computation(pairs):
    table = sum((of_decision(*pair) for pair in pairs), Table())
    assert table.n == len(pairs)
    value, expected = kappa(table), by_definition(pairs)
    assert (value is None) == (expected is None)
    if value is None:
        assert interval(table) is None
        return
    assert value == pytest.approx(expected, abs=1e-9) and -1 <= value <= 1
    if any(len({pair[who] for pair in pairs}) == 1 for who in (0, 1)):
        assert interval(table) is None and value == 0, "one of the two says the same of everything"
        return
    low, high = interval(table)
    assert -1 <= low <= value + 1e-9 and value - 1e-9 <= high <= 1
    if table.first + table.second:
        error = by_delta(table)
        # A half of a wide interval may have been cut at the ends of the scale.
        assert low == pytest.approx(max(-1, value - Z * error), abs=1e-4)
        assert high == pytest.approx(min(1, value + Z * error), abs=1e-4)
    else:
        assert value == 1 and low < high == 1, "that all agreed so far proves nothing for ever"
    # Whoever is called the first.
    assert kappa(Table(table.both, table.second, table.first, table.neither)) == pytest.approx(value)
    shown = of_theme(of_decision(*pair) for pair in pairs)
    assert (shown.value is None) == (len(pairs) < 10) and shown.n == len(pairs)


def test_known_numbers_and_all_themes_together():
    # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions: 20 of 50 and 15 of 50 agreed on.
    assert kappa(Table(20, 5, 10, 15)) == pytest.approx(0.4)
    assert kappa(Table(10, 0, 0, 0)) is None and kappa(Table()) is None and kappa(Table(0, 5, 5, 0)) == -1
    comments = [Table(1, 0, 1, 2), Table(0, 1, 0, 3), Table(2, 0, 0, 2), Table(1, 0, 0, 3)] * 3
    whole = of_all(comments)
    assert whole.n == 12 and whole.value == kappa(sum(comments, Table()))
    left = [kappa(sum(comments[:n] + comments[n + 1 :], Table())) for n in range(12)]
    mean = sum(left) / 12
    error = math.sqrt(11 / 12 * sum((one - mean) ** 2 for one in left))
    assert whole.interval == pytest.approx((whole.value - Z * error, min(1, whole.value + Z * error)))
    assert of_all(comments[:9]).value is None
    assert of_all([Table(1, 0, 0, 3)] * 12).interval[0] < 1


# The sample and the second reader -----------------------------------------------------------------------------


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def tagged(cast):
    """Fourteen comments tagged by Dana: Waiting on the even ones, Tone on every third."""
    waiting, tone = (themes.write(None, name, words, by=cast.supervisor) for name, words in (("Waiting", "slow*"), ("Tone", "kind")))  # fmt: skip
    rows = []
    for n in range(14):
        tags = [*([waiting] if n % 2 == 0 else []), *([tone] if n % 3 == 0 or n % 2 else [])]
        rows.append(said(cast, n, 1 + n % 5, f"Slow and kind, {n}.", tags=tags))
    return waiting, tone, rows


def test_a_second_colleague_reads_blind_and_the_figures_say_how_far_they_agree(cast, tagged):
    waiting, tone, rows = tagged
    tom, people = cast.tiers[1], browsers_of(cast)
    secret, nameless = (
        said(cast, 2, 1, "Secret.", tags=[tone], slug="account"),
        said(cast, 2, 1, "Nameless.", tags=[tone]),
    )
    Category.objects.filter(slug="account").update(is_restricted=True)
    Survey.objects.filter(pk=nameless.pk).update(is_anonymous=True)
    # What may be given to whom.
    assert secret.pk not in second_looks.population(tom) and nameless.pk not in second_looks.population(tom)
    assert second_looks.population(cast.supervisor) == [], "nobody is the second reader of what they tagged"
    for reader, size, by, field in (
        (None, 12, cast.supervisor, "reader"), (cast.customer, 12, cast.supervisor, "reader"), (tom, 9, cast.supervisor, "size"),
        (tom, 201, cast.supervisor, "size"), (tom, 12, tom, ""), (cast.supervisor, 12, cast.supervisor, "reader"),
    ):  # fmt: skip
        with pytest.raises(Refused) as why:
            second_looks.make(reader, size, by=by, at=AT)
        assert why.value.field == field
    assert (
        people["agent"].get(AGREEMENT).status_code in (403, 404) and people["customer"].get(SECOND).status_code == 404
    )
    wrong = people["supervisor"].post(AGREEMENT, {"reader": tom.pk, "size": "9"})
    assert wrong.status_code == 422 and "From 10 to 200 comments." in text(wrong) and not ThemeSample.objects.exists()
    assert people["supervisor"].post(AGREEMENT, {"reader": tom.pk, "size": "12"}).status_code == 303
    sample = ThemeSample.objects.get()
    drawn = sorted(sample.looks.values_list("survey", flat=True))
    assert drawn == second_looks.again(sample, 12) and len(drawn) == 12 and set(drawn) < {one.pk for one in rows}
    with pytest.raises(Refused, match="has not read the last sample"):
        second_looks.make(tom, 10, by=cast.supervisor, at=AT)
    # A tag that is changed afterwards changes no agreement.
    ThemeTag.objects.filter(survey=drawn[0]).delete()

    # The second reader's page has the words, and nothing of the first; nor has the list, nor a filter.
    page = people["agent"].get(SECOND)
    assert "12 comments to read" in text(page) and "checked" not in page.content.decode()
    assert not re.search(r"suggest|Dana|M-\d", text(page).split("Second reader", 2)[-1].split("Waiting")[0])
    assert second_looks.hidden_from(tom, rows) == set(drawn)
    assert second_looks.hidden_from(cast.supervisor, rows) == set()
    # Tom sees Waiting as Dana does but once, and Tone never.
    for n, look in enumerate(second_looks.waiting(tom)):
        seen = themes.seal(look.survey)
        mine = [waiting] if (waiting.pk in look.first) != (n == 0) else []
        if n == 1:
            with pytest.raises(Refused, match="Another colleague"):
                second_looks.save(look, mine, seen=seen, by=cast.supervisor, at=AT)
            with pytest.raises(Refused, match="changed these words"):
                second_looks.save(look, mine, seen="x" * 40, by=tom, at=AT)
        given = {"look": look.pk, "seen": seen, "themes": [one.pk for one in mine]}
        assert people["agent"].post(SECOND, given).status_code == 303
        again = people["agent"].post(SECOND, given)
        assert again.status_code == 422 and "You have read this one already" in text(again)
    assert "All read." in text(people["agent"].get(SECOND))

    # Counted once more from the rows, by SQL and by the definition.
    with connection.cursor() as cursor:
        cursor.execute("SELECT first, second FROM feedback_secondlook WHERE done_at IS NOT NULL ORDER BY id")
        kept = [tuple(str(cell) for cell in row) for row in cursor.fetchall()]
    holds = [tuple(re.search(rf"\b{waiting.pk}\b", cell) is not None for cell in row) for row in kept]
    found = second_looks.agreement()
    assert found.themes[waiting.pk].value == pytest.approx(by_definition(holds)) and found.themes[waiting.pk].n == 12
    assert 0.5 < found.themes[waiting.pk].value < 1
    alone = found.themes[tone.pk]
    assert (alone.value, alone.interval) == (0, None), (
        "the second never said it: no more than chance, and nothing is sure"
    )
    assert found.whole.n == 12 and found.whole.interval[0] < found.whole.value < found.whole.interval[1]
    shown = text(people["supervisor"].get(AGREEMENT))
    assert f"Kappa {found.whole.value:.2f}" in shown and "12 of 12 read" in shown and sample.seed in shown
    days = {"period": "custom", "from": "2026-01-12", "to": "2026-02-20"}
    figures = people["supervisor"].get("/insights/words/", days)
    cells = {name: row for table in figures.context["tables"] if table.key == "agreement" for name, row in table.rows}
    assert cells["Waiting"][0].words == f"{found.themes[waiting.pk].value:.2f}" and cells["Waiting"][0].of == "12"
    assert cells["All themes"][0].file[1] == 12

    # What no longer stands is compared no more: changed words, erased people.
    look = SecondLook.objects.order_by("pk").first()
    assert look is not None
    Survey.objects.filter(pk=look.survey_id).update(answered_at=AT)
    type(look.survey.case).objects.filter(pk=look.survey.case_id).update(state="closed")
    answer_survey(look.survey.case, satisfaction=3, comment="Other words.", at=AT)
    assert second_looks.agreement().whole.n == 11
    erasing.comments(Subject.of(cast.customer, AT))
    assert not SecondLook.objects.exists() and second_looks.agreement().whole.n == 0


def test_a_supervisor_who_reads_second_sees_no_theme_before(cast, tagged):
    _waiting, _tone, rows = tagged
    other = cast.tiers[2]
    other.groups.set(cast.supervisor.groups.all())
    sample = second_looks.make(other, 14, by=cast.supervisor, at=AT, seed="kept")
    assert (
        second_looks.again(ThemeSample(seed="kept", population=list(reversed(sample.population))), 14)
        == sample.population
    )
    from_ = browsers_of(cast)["supervisor"]
    from_.force_login(other)
    days = {"period": "custom", "from": "2026-01-12", "to": "2026-02-20"}
    page = from_.get("/insights/words/", days)
    assert [row["tags"] for row in page.context["rows"]] == [[]] * 14 and "You are its second reader" in text(page)
    assert from_.get("/insights/words/", days | {"theme": "tone"}).context["rows"] == []
    tags = from_.get(f"/console/feedback/words/{rows[0].pk}/")
    assert tags.status_code == 303 and tags["Location"] == SECOND
    assert Viewer(other).works and "14 comments wait for you as a second reader." in text(from_.get("/console/around/"))
