"""Post-mortems in the console: who may, one written and closed, the back-test, the review, and what home and the case say."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.models import StaffAct
from escalation import verbs
from escalation.models import BackTest
from feedback.models import Alternative, Counterfactual, Measure, PostMortem
from tests.cast import MONDAY
from tests.portal import post_mortem_stories as stories

LIST = "/console/postmortems/"
HANDLE = {
    "happened": "It was late.",
    "effect": "They waited.",
    "conditions": ["times"],
    "unseen": "No signal.",
    "worked": "",
}


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_one_is_written_told_closed_and_reviewed(signed_in, cast, go, monday):
    """The whole life of one on its pages, as a supervisor."""
    found, case, late = stories.opened(cast)
    go(late)
    client, page = signed_in(cast.supervisor), f"{LIST}{found.pk}/"
    assert f"{page}" in client.get(LIST).content.decode() and "level 4 or above" in text(client.get(LIST))
    first = text(client.get(page))
    assert "The case reached level 5 within" in first and "We broke 1 promise to the customer" in first
    assert "From level 1 to level 5" in first and 'role="img"' in first and "Show the numbers" in first
    assert "has not had an apology" in first

    # Closing is refused with the sentence; what is written stays out of it.
    answer = client.post(page, {"press": "close", "seen": "1"})
    assert answer.status_code == 422 and "It is not closed. The customer has not had an apology" in text(answer)

    closing = HANDLE | {"press": "close", "seen": "1", "happened": "Typed and not saved."}
    answer = client.post(page, closing)
    assert answer.status_code == 422 and "Typed and not saved." in text(answer) and "It is not closed." in text(answer)
    assert PostMortem.objects.get().happened == "" and 'form="look-back"' in first and 'id="look-back"' in first

    # Of two writers the slower one keeps what was typed, and sees what stands there.
    assert client.post(page, HANDLE | {"seen": "1", "owner": str(cast.mate.pk)}).status_code == 303
    answer = client.post(page, HANDLE | {"seen": "1", "happened": "My own <b>words</b>."})
    assert answer.status_code == 422 and "Somebody has written here" in text(answer)
    assert "My own &lt;b&gt;words&lt;/b&gt;." in text(answer) and "It was late." in text(answer)
    found.refresh_from_db()
    assert (found.happened, found.owner, found.number) == ("It was late.", cast.mate, 2)

    # The letter to the customer, and what is missing in it is said at its field.
    answer = client.post(f"{page}offer/", {"sorry": "Sorry.", "wrong": "", "alternative": "By hand."})
    assert answer.status_code == 422 and "plain words what went wrong" in text(answer) and "By hand." in text(answer)
    said = {"sorry": "Sorry.", "wrong": "It was late.", "alternative": "By hand.", "idempotency_key": "k1"}
    for _ in range(2):
        assert client.post(f"{page}offer/", said).status_code == 303
    assert "Whose post-mortem it is gets a letter when the customer answers." in text(client.get(page))
    assert Alternative.objects.count() == 1 and "No answer yet" in text(client.get(page))

    # A measure asks for more than care.
    typed = {"kind": "protocol", "text": "Be more careful", "owner": str(cast.mate.pk), "due_on": "2026-01-20"}
    answer = client.post(f"{page}measure/", typed)
    assert answer.status_code == 422 and "the next person meets the same conditions" in text(answer)
    assert client.post(f"{page}measure/", typed | {"text": "Level 5 has a day more."}).status_code == 303
    one = Measure.objects.get()

    # The back-test, kept with its figures.
    draft = stories.more_time(cast.supervisor, late)
    assert client.post(f"{page}try/", {"version": "x"}).status_code == 422
    assert client.post(f"{page}try/", {"version": str(draft.pk)}).status_code == 303
    kept = Counterfactual.objects.get()
    assert kept.verdict == "prevents" and kept.elsewhere["cases"] == 0 and BackTest.objects.count() == 1
    assert "It would not have happened" in text(client.get(page))
    stories.put_in_force(draft, by=cast.supervisor, second=cast.tiers[5], at=late)

    assert client.post(page, closing).status_code == 422
    assert client.post(page, closing | {"seen": "2"}).status_code == 303
    assert PostMortem.objects.get().happened == "Typed and not saved."
    assert client.post(f"{page}measure/{one.pk}/", {"evidence": "Version 2 is in force."}).status_code == 303
    found.refresh_from_db()
    review = datetime.combine(found.review_on, late.timetz())
    go(review)
    assert "The review is due" in text(client.get(page)) and "are to be verified" in text(_around(signed_in, cast.mate))
    answer = client.post(f"{page}measure/{one.pk}/?again", {"due_on": "2026-01-01"})
    assert answer.status_code == 422 and "not one that has passed" in text(answer)
    assert client.post(f"{page}measure/{one.pk}/", {"evidence": ""}).status_code == 303
    assert "Closed and verified" in text(client.get(LIST)) and "Proved by the try of" in text(client.get(page))
    acts = set(StaffAct.objects.values_list("kind", flat=True))
    assert {"post_mortem", "post_mortem_offer", "post_mortem_measure", "post_mortem_try"} <= acts
    assert "Closed and verified" in text(client.get(f"/console/cases/case/{case.pk}/change/"))


def _around(signed_in, person):
    return signed_in(person).get("/console/around/")


def test_who_reads_who_writes_and_who_meets_404(signed_in, cast, go, monday):
    found, case, late = stories.opened(cast)
    go(late)
    page = f"{LIST}{found.pk}/"
    agent, owner = signed_in(cast.tiers[1]), signed_in(cast.tiers[5])
    assert agent.get(page).status_code == 200 and "Close it" not in text(agent.get(page))
    for path, typed in (
        (page, HANDLE | {"seen": "1"}),
        (f"{page}offer/", {}),
        (f"{page}measure/", {}),
        (f"{page}try/", {}),
    ):
        assert agent.post(path, typed).status_code == 403, path
    assert agent.get(f"/console/cases/case/{case.pk}/postmortem/").status_code == 403
    # Whose it is writes without any permission; the apology is a supervisor's.
    assert owner.post(page, HANDLE | {"seen": "1"}).status_code == 303
    assert owner.get(f"{page}offer/").status_code == 403
    for wrong in (f"{LIST}999999/", f"{LIST}{2**70}/", f"{page}measure/999999/"):
        assert owner.get(wrong).status_code == 404, wrong
    # A case one may not see has no post-mortem for one.
    case.category.is_restricted = True
    case.category.save(update_fields=["is_restricted"])
    case.owner, case.team = cast.tiers[5], cast.teams[5]
    case.save(update_fields=["owner", "team"])
    assert agent.get(page).status_code == 404 and found.case.reference not in text(agent.get(LIST))
    # Whose measure it is sees the case for as long as it is to do.
    stories.measure(cast, found, late)
    # Of a restricted case after the press that the audit notes, and nothing is written before it.
    button, written = f"/console/restricted/{case.pk}/", PostMortem.objects.values_list()[0]
    for path in (page, f"{page}measure/{Measure.objects.get().pk}/"):
        assert agent.get(path).headers.get("Location") == button, path
    for path in (page, f"{page}offer/", f"{page}measure/", f"{page}try/"):
        assert signed_in(cast.supervisor).post(path, HANDLE | {"seen": "1"}).headers.get("Location") == button, path
    assert PostMortem.objects.values_list()[0] == written and Measure.objects.count() == 1
    assert agent.post(button).status_code == 303 and agent.get(page).status_code == 200
    Measure.objects.all().delete()
    # Overdue: red for its owner, and looking changed nothing.
    before = PostMortem.objects.values_list()[0]
    go(late + timedelta(days=10))
    assert "was due on 20 Jan" in text(_around(signed_in, cast.tiers[5]))
    assert "was due on" not in text(_around(signed_in, cast.supervisor))
    assert PostMortem.objects.values_list()[0] == before


def test_one_is_opened_by_hand_from_the_case(signed_in, cast, go, monday):
    case = cast.file(at=MONDAY)
    client, page = signed_in(cast.supervisor), f"/console/cases/case/{case.pk}/postmortem/"
    assert page in client.get(f"/console/cases/case/{case.pk}/change/").content.decode()
    assert client.post(page, {"reason": " "}).status_code == 422
    answer = client.post(page, {"reason": "The first of its kind."})
    found = PostMortem.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}{found.pk}/")
    assert "The first of its kind." in text(client.get(answer["Location"]))
    assert "No promise to the customer was broken." in text(client.get(answer["Location"]))
    answer = client.post(page, {"reason": "Again."})
    assert answer.status_code == 422 and "Again." in text(answer)


def test_who_writes_while_somebody_closes_it_keeps_what_was_typed(signed_in, cast, go, monday):
    found, late = stories.closed(cast)
    go(late)
    answer = signed_in(cast.supervisor).post(f"{LIST}{found.pk}/", HANDLE | {"seen": "2", "happened": "My own words."})
    assert answer.status_code == 422 and "My own words." in text(answer) and "It is closed." in text(answer)
    found.refresh_from_db()
    assert found.happened == stories.WRITTEN.happened


def test_the_page_of_a_case_that_was_joined_to_another_leads_to_the_letter(signed_in, cast, go, monday):
    found, case, late = stories.opened(cast)
    go(late)
    there = cast.file(at=late, title="The same")
    verbs.merge(case.pk, into=there, by=cast.supervisor, at=late)
    page = f"{LIST}{found.pk}/"
    assert f"{page}offer/" in signed_in(cast.supervisor).get(page).content.decode()
