"""What a retro begins with: counted off the log of three cases, by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.models import Case, Consult, PersonSkill, Skill
from escalation import verbs
from feedback.retro_log import known
from portal.console import retro_words
from tests.cast import gather
from tests.escalation.stories import bring, do, settle
from tests.feedback.test_helped import MONDAY

ZONE, HOUR = "Europe/London", timedelta(hours=1)


@pytest.mark.django_db
def test_it_is_what_the_log_says_and_no_more(django_assert_num_queries):
    cast = gather()
    up = bring(cast, "working", at=MONDAY)
    for act in ("escalate", "help_back", "acknowledge", "escalate", "return_down"):
        do(cast, up, act)
    late = bring(cast, "working", at=MONDAY)
    settle(late, MONDAY + timedelta(days=1, hours=2))
    quiet = bring(cast, "working", at=MONDAY)
    skill = Skill.objects.create(slug="law", name="Law")
    PersonSkill.objects.create(person=cast.tiers[3], skill=skill, trained_on=MONDAY.date())
    asked = {"expert": cast.tiers[3], "due_at": MONDAY + 4 * HOUR, "by": cast.tiers[1]}
    for n in (1, 2):
        verbs.consult(quiet.pk, question="What now?", at=MONDAY + n * HOUR, **asked)
    first = Consult.objects.order_by("asked_at").first()
    verbs.answer_consult(quiet.pk, consult=first.pk, answer="This.", by=cast.tiers[3], at=MONDAY + 5 * HOUR)

    with django_assert_num_queries(5):  # and the case
        found = known(Case.objects.get(pk=up.pk))
    assert [(one.was, one.to, one.why) for one in found.rises] == [(1, 2, "by_hand")] * 2
    assert (found.acts["helped_back"], found.acts["returned_down"], found.broken) == (1, 1, [])
    assert "It came back down with help." in retro_words.worked(found)
    assert retro_words.blocked(found, ZONE).endswith("It was sent back down.")

    found = known(Case.objects.get(pk=late.pk))
    assert {one.why for one in found.rises} == {"missed"} and found.broken
    words = retro_words.blocked(found, ZONE)
    assert words.startswith("It went from level 1 to 2: a time was missed.")
    assert len(words.splitlines()) <= retro_words.MOST + 1

    found = known(Case.objects.get(pk=quiet.pk))
    assert (found.answered, found.answered_in_time, found.unanswered) == (1, 0, 1)
    assert "1 question to an expert was answered, 0 in time." in retro_words.worked(found)
    assert "No expert answered 1 question." in retro_words.blocked(found, ZONE)
