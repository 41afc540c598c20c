"""Two supervisors on one comment, two who add one theme, and a customer who changes the words meanwhile: threads on PostgreSQL."""

from functools import partial

import pytest

from cases.lifecycle import State
from feedback import themes
from feedback.models import Survey, Theme, ThemeTag
from feedback.surveys import answer_survey
from tests.cast import MONDAY, gather
from tests.escalation.stories import bring
from tests.feedback.learners import DAY
from tests.races import at_once, tried

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_tags_are_of_the_words_that_stay_and_each_theme_is_once(transactional_db):
    cast = gather()
    boss = cast.supervisor
    case, at = bring(cast, State.CONFIRMED), MONDAY + DAY
    for number in range(4):
        add = partial(tried, themes.write, None, f"Theme {number}", "slow", by=boss)
        assert sorted(said == "done" for said in at_once(add, add)) == [False, True]
    known = list(Theme.objects.all())
    for number in range(4):
        survey = answer_survey(case, satisfaction=2, comment=f"Slow {number}.", at=at)
        put = partial(tried, themes.tag, survey, known, seen=themes.seal(survey), by=boss, at=at)
        assert at_once(put, put) == ["done", "done"]
        assert ThemeTag.objects.filter(survey=survey).count() == len(known)
        change = partial(answer_survey, case, satisfaction=2, comment=f"Other {number}.", at=at)
        at_once(put, change)
        assert Survey.objects.get(pk=survey.pk).comment == f"Other {number}."
        assert not ThemeTag.objects.exists()
