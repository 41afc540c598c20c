"""Follow-ups in the console: the four lists, doing one, and what home, the sheet of the day and the case say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case, StaffAct
from escalation import verbs
from escalation.models import Notice
from feedback import follow_ups
from feedback.models import FollowUp
from tests.portal.console import stories
from tests.portal.console.test_low_scores import words

pytestmark = pytest.mark.django_db
LIST = "/console/follow-ups/"


@pytest.fixture
def rows(cast, go):
    """Three of Tom's cases, settled on Monday; it is Thursday, and the follow-ups have just come due."""
    cases = [verbs.accept(stories.answered(cast).pk, by=cast.customer, at=stories.minutes(9)) for _ in "123"]
    follow_ups.make(cases, cases[0].resolved_at + follow_ups.after())
    found = list(FollowUp.objects.order_by("pk"))
    go(found[0].since + timedelta(minutes=1))
    return found


def test_a_story_of_three(rows, cast, signed_in, go):
    """One is written, one called and is back, one skipped; then late ones would be red."""
    tom, dana = signed_in(cast.tiers[1]), signed_in(cast.supervisor)
    assert "3 customers wait to be asked whether it is still fixed" in words(tom.get("/console/"))
    page = words(tom.get(LIST))
    assert "Due (3)" in page and "Overdue (0)" in page and "Due in" in page and cast.tiers[1].name in page
    one, two, three = (f"{LIST}{row.pk}/" for row in rows)
    # The prepared text is there; sent as it is it has to be confirmed, and what was typed stays.
    form = tom.get(one)
    text = form.context["form"].initial["words"]
    assert "Is everything still working" in words(form)
    refused = tom.post(one, {"words": text})
    assert (
        refused.status_code == 422 and "prepared text" in words(refused) and not Notice.objects.filter(kind="follow_up")
    )
    kept = tom.post(f"{two}?how=phone", {"words": "It fails again.", "said": ""})
    assert kept.status_code == 422 and "It fails again." in kept.content.decode() and "Choose what" in words(kept)
    assert tom.post(one, {"words": text, "fits": "on"})["Location"] == LIST
    done = tom.get(LIST)
    assert "The message is on its way." in words(done) and "Due (2)" in words(done)
    assert StaffAct.objects.get(kind="follow_up").case == rows[0].case
    back = tom.post(f"{two}?how=phone", {"words": "It fails again.", "said": "back"})
    assert back["Location"] == stories.page_url(rows[1].case)
    assert Case.objects.get(pk=rows[1].case_id).state == State.REOPENED
    assert "Put on record." in words(tom.get(back["Location"]))
    # Overdue: red on home for who owes it and for supervisors, not for others; on the sheet of the day.
    go(rows[2].due_at + timedelta(minutes=1))
    assert "1 is overdue." in words(tom.get(f"{LIST}?who=all")) and "Late by 1 min" in words(
        tom.get(f"{LIST}?show=overdue")
    )
    for client in (tom, dana):
        assert "1 follow-up is overdue." in words(client.get("/console/"))
    assert "follow-up" not in words(signed_in(cast.tiers[3]).get("/console/"))
    assert "To ask: is it still fixed? (1)" in words(dana.get("/console/today/?who=all"))
    assert "Late by" in words(tom.get(stories.page_url(rows[2].case)))
    dana.post(f"{three}?how=skipped", {"words": "Moved away."})
    skipped = dana.get(LIST)
    assert "Skipped (1)" in words(skipped) and "Done (2)" in words(skipped)
    assert "Moved away." in words(dana.get(f"{LIST}?show=skipped"))
    assert "It is back" in words(dana.get(f"{LIST}?show=done")) and "By message" in words(dana.get(f"{LIST}?show=done"))
    over = dana.get(three)
    assert "Moved away." in words(over) and 'name="words"' not in over.content.decode()
    again = dana.post(f"{three}?how=phone", {"words": "Fine.", "said": "fine"})
    assert again.status_code == 422 and "was first" in words(again)


def test_doors(rows, cast, signed_in):
    """Whose case it is not may look where they see the case, and do nothing; nobody else, and what is not there is 404."""
    path = f"{LIST}{rows[0].pk}/"
    away = signed_in(cast.tiers[4])
    assert "The team of the case and supervisors do this." in words(away.get(path))
    assert away.post(f"{path}?how=phone", {"words": "x", "said": "fine"}).status_code == 422
    for person in (cast.manager, cast.customer):
        assert signed_in(person).get(LIST).status_code in (302, 303, 403, 404)
        assert signed_in(person).post(path, {"words": "x"}).status_code in (302, 303, 403, 404)
    assert signed_in(cast.supervisor).get(f"{LIST}{10**30}/").status_code == 404
    for query in ("?show=nothing&who=zebra&page=x", "?how=zebra"):
        assert signed_in(cast.tiers[1]).get(f"{LIST}{query}").status_code == 200
    assert FollowUp.objects.filter(follow_ups.OPEN).count() == 3
