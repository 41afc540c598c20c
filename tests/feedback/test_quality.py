"""The weekly quality review: the draw by hand and by property, who may score and read, and the one answer."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case, TouchedCase
from escalation.letters import compose, register
from escalation.models import Heartbeat, Notice
from escalation.steps import look
from escalation.verbs import Refused
from feedback import quality, quality_letters, quality_weeks, rubric
from feedback.facts.build import take_touched
from feedback.intervals import Share
from feedback.models import CaseFact, QualityReview, QualityWeek, Survey
from feedback.sampling import WEIGHTS, Candidate, draw, number, weight
from tests.cast import MONDAY, gather
from tests.feedback.learners import DAY, HOUR, went_up

AT = datetime(2026, 1, 21, 0, 0, 1, tzinfo=UTC)  # Wednesday of the week after: the first instant of the draw
FINE = dict.fromkeys(rubric.KEYS, 2)


# The draw -----------------------------------------------------------------------------------------------------

crowds = st.dictionaries(st.integers(1, 10**6), st.integers(1, 12), max_size=40)


@given(crowds, st.text(max_size=8), st.integers(0, 8), st.integers(0, 8), st.randoms(use_true_random=False))
def test_the_same_things_draw_the_same_cases_in_whatever_order_they_come(crowd, seed, chance, risk, shuffler):
    cases = [Candidate(*one) for one in crowd.items()]
    drawn = draw(cases, seed, by_chance=chance, by_risk=risk)
    shuffler.shuffle(cases)
    assert draw(cases, seed, by_chance=chance, by_risk=risk) == drawn
    assert len({one.case for one in drawn}) == len(drawn) == min(len(crowd), chance + risk)
    assert sum(one.by_chance for one in drawn) == min(len(crowd), chance)
    # Who is drawn by chance does not hang on what anybody weighs.
    flat = draw([Candidate(case) for case in crowd], seed, by_chance=chance, by_risk=0)
    assert flat == [one for one in drawn if one.by_chance]


def test_numbers_are_what_a_second_hand_gets_and_weights_count_as_they_say():
    digest = sha256(b"seed:risk:7").hexdigest()
    assert number("seed", "risk", 7) == (int(digest[:16], 16) + 1) / 2**64
    assert weight([]) == 1 and weight(["low_score", "passed_up", "low_score"]) == 1 + 4 + 2
    assert weight(WEIGHTS) == 12
    # Ten cases, one of weight 3: it comes first by risk in 3 of 12 draws, each of the others in 1 of 12.
    cases = [Candidate(0, 3), *(Candidate(n) for n in range(1, 10))]
    first = Counter(draw(cases, f"s{n}", by_chance=0, by_risk=1)[0].case for n in range(4000))
    assert abs(first[0] / 4000 - 3 / 12) < 0.03
    assert all(abs(first[n] / 4000 - 1 / 12) < 0.02 for n in range(1, 10))
    by_chance = Counter(draw(cases, f"s{n}", by_chance=1, by_risk=0)[0].case for n in range(4000))
    assert all(abs(by_chance[n] / 4000 - 1 / 10) < 0.02 for n in range(10))


# A week -------------------------------------------------------------------------------------------------------


@pytest.fixture
def cast(db, settings):
    settings.COMPANY_TIME_ZONE = "Europe/London"
    settings.QUALITY_SAMPLE = {"by_chance": 1, "by_risk": 1}
    Heartbeat.objects.create(role="beat", last_loop=MONDAY, last_success=MONDAY)
    return gather()


def facts(at):
    while take_touched(at):
        pass


def drawn(at=AT, **more):
    facts(at)
    if quality_weeks.due(at).exists():
        quality_weeks.draw_week(at, **more)
    return list(QualityReview.objects.order_by("pk"))


def test_a_week_is_drawn_once_two_days_after_it_and_can_be_drawn_again(cast):
    cases = [went_up(cast, title=f"Case {n}", at=MONDAY + n * HOUR) for n in range(5)]
    for n, case in enumerate(cases[:3]):
        row, _ = Survey.objects.get_or_create(case=case)
        row.satisfaction, row.answered_at, row.is_anonymous = 1, MONDAY + DAY, n == 2
        row.save(update_fields=["satisfaction", "answered_at", "is_anonymous"])
        TouchedCase.note([case.pk], MONDAY + DAY)
    left_out = [went_up(cast, title="Next week", at=MONDAY + 7 * DAY), went_up(cast, title="Ours")]
    left_out += [went_up(cast, title="Nobody’s"), went_up(cast, title="Taken over"), went_up(cast, title="Open again")]
    Case.objects.filter(pk=left_out[1].pk).update(customer=cast.mate)
    Case.objects.filter(pk=left_out[2].pk).update(owner=None)
    Case.objects.filter(pk=left_out[3].pk).update(is_history=True)
    Case.objects.filter(pk=left_out[4].pk).update(state="working")
    assert drawn(AT - 2 * timedelta(seconds=1)) == [], "the week before had nothing"
    assert QualityWeek.objects.get().monday == date(2026, 1, 5)
    TouchedCase.note([cases[0].pk], MONDAY)
    assert quality_weeks.due(AT).exists() and quality_weeks.draw_week(AT) == 0
    assert QualityWeek.objects.count() == 1, "not before the facts of the week are made"
    rows = drawn(seed="a seed")
    week = QualityWeek.objects.get(monday=date(2026, 1, 12))
    assert [row.by_chance for row in rows] == [True, False]
    # Passed up: 1 + 2; with a low score 4 more; one that was given without a name is no reason.
    assert dict(week.population) == dict(zip([case.pk for case in cases], [7, 7, 3, 3, 3], strict=True))
    by_hand = draw([Candidate(*one) for one in week.population], "a seed", by_chance=1, by_risk=1)
    assert [(row.case_id, row.by_chance) for row in rows] == [(one.case, one.by_chance) for one in by_hand]
    assert all(row.person == cast.tiers[2] and "passed_up" in row.reasons for row in rows)
    assert not quality_weeks.differing(week)
    assert drawn(AT + HOUR, seed="another") == rows
    # What changes afterwards changes nothing of what was drawn.
    CaseFact.objects.update(score=5, escalated_at=None)
    assert not quality_weeks.differing(week)
    QualityReview.objects.filter(pk=rows[0].pk).delete()
    assert quality_weeks.differing(week)


def test_what_weighs_is_read_from_the_facts_and_nothing_is_drawn_when_switched_off(cast, settings):
    fact = CaseFact(promises_broken=1, longest_silence=quality_weeks.LONG_SILENCE, score=2, escalated_at=AT)
    assert set(quality_weeks.reasons(fact)) == set(WEIGHTS)
    assert "low_score" not in quality_weeks.reasons(fact, score_known=False)
    assert quality_weeks.reasons(CaseFact(longest_silence=quality_weeks.LONG_SILENCE - 1, score=3)) == []
    settings.QUALITY_SAMPLE = {"by_chance": 0, "by_risk": 0}
    assert not look(quality_weeks.STEPS, AT), "asked as the beat asks"


# Scoring and answering ----------------------------------------------------------------------------------------


@pytest.fixture
def review(cast):
    went_up(cast)
    (found,) = drawn()
    return found


def test_who_scores_who_reads_and_who_answers_once(cast, review):
    for kind, composer in quality_letters.COMPOSERS.items():
        register(kind, composer)
    mara, dana, tom, stranger = cast.tiers[2], cast.supervisor, cast.tiers[1], cast.tiers[4]
    lead = cast.tiers[5]
    cast.teams[5].members.add(mara)
    assert review.person == mara
    counts = {one: quality.to_score(one).count() for one in (mara, tom, stranger, lead, dana)}
    assert counts == {mara: 0, tom: 0, stranger: 0, lead: 1, dana: 1}
    assert quality.readable(mara).count() == 0, "that a case was drawn is no secret, but nothing to read yet"
    cast.teams[1].members.add(mara)
    assert quality.readable(tom).count() == 1 and quality.to_score(tom).count() == 0, "leads Mara, but carried the case"
    for who, scores, words, field in (
        (mara, FINE, "Good.", ""), (tom, FINE, "Good.", ""), (stranger, FINE, "Good.", ""),
        (dana, FINE, "  ", "words"), (dana, FINE, "x" * 1001, "words"), (dana, FINE | {"level": 3}, "Good.", "level"),
        (dana, {"understood": 2}, "Good.", "promises"), (dana, dict.fromkeys(rubric.KEYS), "Good.", "understood"),
    ):  # fmt: skip
        with pytest.raises(Refused) as why:
            quality.score(review, scores, words, by=who, at=AT)
        assert why.value.field == field, (who, words)
    with pytest.raises(Refused):
        quality.reply(review, True, "", by=mara, at=AT)
    assert not Notice.objects.filter(kind__startswith="quality").exists()
    done = quality.score(review, FINE | {"level": None, "messages": 0}, "Say when.", by=lead, at=AT)
    assert rubric.points(done.scores) == rubric.Points(8, 10)
    with pytest.raises(Refused, match="Edith Cole has scored this already"):
        quality.score(review, FINE, "Better.", by=dana, at=AT)
    assert [quality.readable(one).count() for one in (mara, dana, lead, stranger, cast.manager)] == [1, 1, 1, 0, 0]
    assert quality.to_answer(mara).count() == 1 and quality.agreement(mara) == Share()
    with pytest.raises(Refused, match="differently"):
        quality.reply(review, False, " ", by=mara, at=AT)
    with pytest.raises(Refused, match="Only the colleague"):
        quality.reply(review, True, "", by=dana, at=AT)
    quality.reply(review, False, "I said when, by phone.", by=mara, at=AT)
    with pytest.raises(Refused, match="stays as it is"):
        quality.reply(review, True, "", by=mara, at=AT)
    assert quality.to_answer(mara).count() == 0 and quality.agreement(dana) == Share(0, 1)
    letters = {one.kind: compose(one, AT) for one in Notice.objects.filter(kind__startswith="quality")}
    assert {kind: one.address for kind, one in letters.items()} == {
        "quality_scored": mara.email, "quality_answered": lead.email,
    }  # fmt: skip
    assert not any("Say when" in one.text or "by phone" in one.text for one in letters.values())
    with pytest.raises(IntegrityError), transaction.atomic():
        QualityReview.objects.filter(pk=review.pk).update(reviewer=mara)


def test_the_rubric_is_whole():
    assert 5 <= len(rubric.CRITERIA) <= 6 and len(set(rubric.KEYS)) == len(rubric.CRITERIA)
    assert not set(rubric.KEYS) & {"words", "reply"}, "fields of the form beside them"
    assert all(len(set(one.anchors)) == rubric.MOST + 1 and all(one.anchors) for one in rubric.CRITERIA)
