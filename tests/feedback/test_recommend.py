"""Would they recommend us (R097): arithmetic, who is drawn and asked, the answer, the figure a second time in SQL, erasing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import product
from math import comb

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cases.erasing import Subject
from cases.lifecycle import State
from cases.models import Case, User
from escalation import letters, outbox, wishes
from escalation.letters import NotNeeded
from escalation.models import Heartbeat, Notice
from escalation.verbs import Refused
from feedback import erasing, recommending
from feedback.asks import claim
from feedback.models import Ask, Recommendation, RecommendRound
from feedback.nps import Nps, bonett_price, nps
from feedback.recommend_figures import quarters, words
from portal import clock
from portal.insights import recommending as page
from tests.cast import MONDAY, gather, person
from tests.escalation.stories import bring
from tests.portal.pages.scene import look_at
from tests.races import outcomes

#: The first day of a quarter, MONDAY's; cases are filed on MONDAY.
LATER = MONDAY + timedelta(days=20)
DAY = timedelta(days=1)


class TestArithmetic:
    @given(st.lists(st.integers(0, 10), max_size=60))
    def test_the_score_and_its_interval(self, scores):
        """As one counts on paper; the mirrored answers have the mirrored interval, which holds the score and stays on the scale."""
        found = nps(scores)
        assert found.n == len(scores) and found.promoters == sum(s > 8 for s in scores)
        if len(scores) < 5:
            assert found.value is None and found.interval is None
            return
        low, high = found.interval
        assert found.value == sum((s > 8) - (s < 7) for s in scores) / len(scores)
        assert -1 <= low <= found.value <= high <= 1 or abs(found.value) > 0.9
        other = Nps(found.detractors, found.passives, found.promoters).interval
        assert other == (pytest.approx(-high), pytest.approx(-low))

    def test_a_worked_example(self):
        """50 answers, 26 promoters, 10 detractors: (27 - 11) / 52 ± 1.96 · sqrt((38/52 - (16/52)²) / 52)."""
        assert nps([9] * 26 + [8] * 14 + [3] * 10).value == pytest.approx(0.32)
        assert bonett_price(26, 10, 50) == (pytest.approx(0.0910, abs=1e-4), pytest.approx(0.5244, abs=1e-4))
        for wrong in ((-1, 0, 5), (3, 3, 5), (0, 0, 0)):
            with pytest.raises(ValueError, match="no parts"):
                bonett_price(*wrong)
        with pytest.raises(ValueError, match="no answer"):
            nps([11])

    @pytest.mark.parametrize(("up", "down"), [(0.5, 0.2), (0.3, 0.3), (0.7, 0.05), (0.1, 0.6)])
    def test_it_covers_as_often_as_it_says(self, up, down):
        """Exactly, over all outcomes of 20 answers."""
        n, inside = 20, 0.0
        for more, less in product(range(n + 1), repeat=2):
            if more + less <= n:
                low, high = bonett_price(more, less, n)
                chance = (
                    comb(n, more) * comb(n - more, less) * up**more * down**less * (1 - up - down) ** (n - more - less)
                )
                inside += chance * (low <= up - down <= high)
        assert 0.93 <= inside <= 0.99


@given(st.integers(0, 100), st.text("0123456789abcdef", min_size=8, max_size=32), st.integers(0, 60))
def test_the_same_seed_draws_the_same(share, seed, days):
    """Whatever else there is of people; a larger share keeps who was drawn; every day lies in the time."""
    first = date(2026, 1, 1)
    last = first + timedelta(days=days)
    found = dict(recommending.drawn(iter(range(200)), seed, share, first, last))
    assert found == dict(recommending.drawn(iter(range(199, -1, -1)), seed, share, first, last))
    assert set(found) <= set(dict(recommending.drawn(iter(range(200)), seed, min(100, share + 10), first, last)))
    assert all(first <= day <= last for day in found.values())
    assert share > 0 or not found
    assert share < 100 or len(found) == 200


def test_quarters():
    firsts = {recommending.quarter_of(date(2026, 1, 1) + timedelta(days=n)) for n in range(365)}
    assert sorted(firsts) == [date(2026, month, 1) for month in (1, 4, 7, 10)]
    assert recommending.next_quarter(date(2026, 10, 1)) == date(2027, 1, 1)


@pytest.fixture
def cast(db, settings):
    settings.RECOMMEND = {"per_cent": 100}
    Heartbeat.objects.create(role="beat", last_loop=MONDAY)
    yield gather()
    clock.travel(timedelta())


def settled(cast, person=None):
    case = bring(cast, State.CONFIRMED)
    if person:
        Case.objects.filter(pk=case.pk).update(customer=person)
    return case


def asked(at=LATER):
    """The letters of everybody drawn, as if their day were today; each as (row, its secret)."""
    assert recommending.draw(at) in (0, 1)
    Recommendation.objects.update(ask_on=recommending.today(at))
    while recommending.owe(at):
        pass
    found = []
    for notice in Notice.objects.filter(kind=recommending.KIND).order_by("pk"):
        letter = letters.compose(notice, at)
        row = Recommendation.objects.get(pk=notice.data["recommendation"])
        token = re.search(r"/n/([\w-]+)/", letter.text)[1]
        # One address in the text; in the other part every number leads there, best first.
        assert letter.text.count(token) == 1 and token not in letter.kept_text
        scores = re.findall(rf'/n/{token}/\?score=(\d+)"', letter.html)
        assert [int(score) for score in scores] == list(Recommendation.Score.values)
        found.append((row, token))
    return found


class TestDrawn:
    def test_customers_only_and_once_a_quarter(self, cast, settings):
        """No staff, no practice, no history, nobody erased, gone or who wants no surveys; off there is nothing to do."""
        names = ("staff", "drill", "past", "erased", "gone", "unwilling", "old")
        people = {name: person(f"{name}@example.com", name.title()) for name in names}
        for name, who in people.items():
            settled(cast, who)
            assert name
        User.objects.filter(pk=people["staff"].pk).update(is_staff=True)
        Case.objects.filter(customer=people["drill"]).update(is_drill=True)
        Case.objects.filter(customer=people["past"]).update(is_history=True)
        Case.objects.filter(customer=people["old"]).update(filed_at=LATER - timedelta(days=366))
        User.objects.filter(pk=people["erased"].pk).update(erased_at=MONDAY)
        User.objects.filter(pk=people["gone"].pk).update(is_active=False)
        User.objects.filter(pk=people["unwilling"].pk).update(wants_surveys=False)
        settled(cast)
        settings.RECOMMEND = {"per_cent": 0}
        assert not recommending.to_draw(LATER).exists() and not recommending.to_ask(LATER).exists()
        settings.RECOMMEND = {"per_cent": 100}
        assert recommending.to_draw(LATER).exists() and recommending.draw(LATER) == 1 and recommending.draw(LATER) == 0
        assert not recommending.to_draw(LATER).exists() and recommending.to_draw(LATER + 92 * DAY).exists()
        made = RecommendRound.objects.get()
        assert (made.quarter, made.population) == (date(2026, 1, 1), 1)
        row = Recommendation.objects.get()
        assert row.person == cast.customer and row.ask_on <= date(2026, 3, 17)
        # The kept seed draws the same people and days again.
        again = recommending.drawn(
            iter([cast.customer.pk]), made.seed, 100, recommending.today(LATER), date(2026, 3, 17)
        )
        assert dict(again) == {cast.customer.pk: row.ask_on}
        # Next quarter: a new draw, and what was not asked in this one is not asked any more.
        assert not recommending.to_ask(LATER + 92 * DAY).exists()

    def test_one_cap_over_every_kind_of_question(self, cast):
        settled(cast)
        claim(cast.customer, Ask.Kind.SURVEY, 1, at=LATER - 13 * DAY)
        with pytest.raises(NotNeeded):
            asked()
        assert not Recommendation.objects.filter(asked_at__isnull=False).exists()
        Ask.objects.update(at=LATER - 15 * DAY)
        ((row, _),) = asked()
        assert row.asked_at == LATER
        with pytest.raises(NotNeeded):
            claim(cast.customer, Ask.Kind.SURVEY, 2, at=LATER + DAY)

    def test_not_while_a_case_is_open_nor_to_who_turned_surveys_off(self, cast):
        settled(cast)
        bring(cast, "working")
        with pytest.raises(NotNeeded):
            asked()
        Case.objects.filter(state="working").update(state="withdrawn")
        notice = Notice.objects.get(kind=recommending.KIND)
        wishes.decide(cast.customer, at=LATER, wants_surveys=False)
        with pytest.raises(NotNeeded):
            letters.compose(Notice.objects.get(pk=notice.pk), LATER)
        assert recommending.KIND in outbox.AT_MOST_ONCE and "survey_interim" in outbox.AT_MOST_ONCE


class TestAnswered:
    def test_behind_the_link(self, cast, settings):
        """A look leaves nothing; the button records, changes for a week, and then no more; a used, wrong or old link says nothing."""
        settled(cast)
        ((row, token),) = asked()
        path, client = f"/n/{token}/", Client()
        look_at(LATER + DAY)
        for _ in range(3):
            shown = client.get(f"{path}?score=7")
            assert client.head(path).status_code == 200
        row.refresh_from_db()
        assert row.answered_at is None and 'type="radio"' in shown.content.decode() and token not in str(row.__dict__)
        assert "You chose <strong>7</strong> in the e-mail." in shown.content.decode()
        assert "You chose" not in client.get(f"{path}?score=11").content.decode()
        wrong = client.post(path, {"score": "11", "why": "Kept words"})
        assert wrong.status_code in (200, 422) and "Kept words" in wrong.content.decode()
        assert not Recommendation.objects.exclude(answered_at=None).exists()
        assert client.post(path, {"score": "0", "why": "Slow."})["Location"] == path
        assert "until" in client.get(path).content.decode()
        settings.SURVEY = settings.SURVEY | {"anonymous": True}
        client.post(path, {"score": "9", "why": "Better."})
        row.refresh_from_db()
        # What was promised when it was given stays.
        assert (row.score, row.why, row.is_anonymous) == (9, "Better.", False) and row.answered_at < row.changed_at
        look_at(LATER + 9 * DAY)
        assert client.get(path).status_code == 404
        client.post(path, {"score": "1"})
        assert Recommendation.objects.get().score == 9
        with pytest.raises(Refused):
            recommending.answer(row, score=1, at=LATER + 9 * DAY)
        look_at(LATER + 31 * DAY)
        assert client.get(path).status_code == client.get(f"/n/{'a' * 43}/").status_code == 404
        assert not mail.outbox

    def test_the_figure_a_second_time_and_few_are_hidden(self, cast):
        people = [cast.customer, *(person(f"c{n}@example.com", f"Person {n}") for n in range(12))]
        for who in people:
            settled(cast, who)
        rows = [row for row, _ in asked()]
        for number, (row, score) in enumerate(zip(rows, (10, 9, 9, 8, 3), strict=False)):
            if number == 4:
                assert not quarters()[0].nps.shown and words(quarters()[0]) == []
                assert "nothing more is shown" in page.told(LATER, by=cast.manager, sees_cases=True)["sentence"]
                assert list(page.csv_lines(LATER))[1].rstrip().endswith(",,,,,,")
            recommending.answer(row, score=score, why=f"Call me, {row.person.name}, 0301234567", at=LATER)
        User.objects.filter(pk=rows[5].person_id).update(is_staff=True)
        Recommendation.objects.filter(pk=rows[0].pk).update(is_anonymous=True)
        (one,) = quarters()
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT sum(CASE WHEN r.score > 8 THEN 1 WHEN r.score < 7 THEN -1 ELSE 0 END), count(r.score), count(*)
                   FROM feedback_recommendation r JOIN cases_user u ON u.id = r.person_id
                   WHERE NOT u.is_staff AND r.asked_at IS NOT NULL"""
            )
            (net, answered, n) = cursor.fetchone()
        assert (one.nps.promoters - one.nps.detractors, one.nps.n, one.response.hits, one.response.n) == (net, answered, answered, n) == (2, 5, 5, 12)  # fmt: skip
        told = page.told(LATER, by=cast.manager, sees_cases=True)
        assert (
            "Net promoter score +40" in told["sentence"] and "5 of 12 who were asked answered (42%)" in told["sentence"]
        )
        named = {row["who"] for row in told["words"]}
        assert rows[1].person.name in named and rows[0].person.name not in named and "" in named
        for row in page.told(LATER, by=cast.manager, sees_cases=False)["words"]:
            assert not row["who"] and "Person" not in row["text"] and "0301234567" not in row["text"]
        cast.manager.figures_by_team = True
        assert page.told(LATER, by=cast.manager, sees_cases=True) == {"empty": page.ONLY}
        line = list(page.csv_lines(LATER))[1]
        assert line.startswith("2026-01-01,running,13,12,5,0.4167,3,1,1,0.4,")

    def test_erasing_takes_it_along(self, cast):
        settled(cast)
        ((row, token),) = asked()
        recommending.answer(row, score=2, why="Sam was here", at=LATER)
        erasing.recommendations(Subject.of(cast.customer, LATER))
        assert not Recommendation.objects.exists() and recommending.find(token, at=LATER) is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_beats_draw_and_owe_once(settings):
    settings.RECOMMEND = {"per_cent": 100}
    cast = gather()
    settled(cast)
    results = outcomes(*[lambda: recommending.draw(LATER)] * 2)
    assert sorted(results) == [0, 1]
    Recommendation.objects.update(ask_on=recommending.today(LATER))
    outcomes(*[lambda: recommending.owe(LATER)] * 2)
    assert Notice.objects.filter(kind=recommending.KIND).count() == Recommendation.objects.count() == 1
