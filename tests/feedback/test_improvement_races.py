"""Two leaders who decide at once, two who say that it is done, two beats: threads on PostgreSQL."""

from functools import partial

import pytest

from escalation.models import Notice
from feedback import improvement_acts, improvement_letters, improvements
from feedback.models import Improvement
from tests.cast import MONDAY, gather
from tests.portal import improvement_stories as stories
from tests.races import at_once, tried

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_at_once_one_counts_and_the_other_is_told(transactional_db):
    cast = gather()
    case = cast.file()
    who = {"at": MONDAY}
    for number in range(3):
        one = stories.idea(cast, case, title=f"Idea {number}")
        leaders = (cast.supervisor, cast.manager)
        said = at_once(
            *[partial(tried, improvement_acts.decline, one, f"No, {by}.", by=by, **who) for by in leaders],
        )
        kept = Improvement.objects.get(pk=one.pk).reason
        assert sorted(words == "done" for words in said) == [False, True]
        assert any(f"“{kept}”" in words for words in said)
    one = stories.agreed(cast, case)
    done = partial(tried, improvement_acts.done, one, stories.SENTENCE, by=cast.supervisor, **who)
    assert sorted(words == "done" for words in at_once(done, done, done)) == [False, False, True]
    assert Notice.objects.filter(kind=improvements.NEWS).count() == 1
    late = stories.idea(cast, case, title="Late")
    assert sorted(at_once(*[partial(improvement_letters.tell, late.decide_by)] * 3)) == [0, 0, 1]
