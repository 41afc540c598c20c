"""Meetings in the console: the sheet of a week, minutes that keep what was typed, actions that come back to their owner."""

import html

from cases.models import Category, StaffAct
from feedback.models import Meeting, MeetingAction
from tests.cast import MONDAY
from tests.feedback.learners import DAY, went_up

PLACE, PACK = "/console/learning/meetings/", "/console/learning/meetings/pack/"
WEEK = "2026-01-12"
AT = MONDAY + 9 * DAY


def text(answer):
    return " ".join(html.unescape(answer.content.decode()).split())


def test_from_the_sheet_to_minutes_to_a_ticked_action(signed_in, cast, go, everything):
    tom, mara, dana, own = cast.tiers[1], cast.tiers[2], cast.supervisor, cast.teams[1]
    case = went_up(cast, at=MONDAY + DAY, title="Charged twice")
    hidden = went_up(cast, at=MONDAY + DAY, title="Zq7 secret")
    hidden.category = Category.objects.create(slug="private", name="Private", is_restricted=True, position=99)
    hidden.save(update_fields=["category"])
    go(AT)
    at, desk, hers = signed_in(tom), signed_in(dana), signed_in(mara)
    first = text(at.get(PLACE))
    assert own.name in first and "All teams</option>" not in first and "None yet." in first
    # Somebody else's team, all together, a week that is not over, and no Monday: 404. A supervisor reads every team.
    sheet = f"{PACK}?team={own.slug}&week={WEEK}"
    for wrong in (
        f"?team={cast.teams[2].slug}", "?team=all", "?team=nobody", "?week=2026-01-19", "?week=2026-01-13", "?week=x",
    ):  # fmt: skip
        assert at.get(PACK + wrong).status_code == 404, wrong
    assert desk.get(f"{PACK}?team={cast.teams[2].slug}").status_code == desk.get(f"{PACK}?team=all").status_code == 200
    leader = signed_in(cast.manager)
    numbers = text(leader.get(f"{PACK}?week={WEEK}"))
    assert "2 went up" in numbers and case.reference not in numbers and leader.get("/console/").status_code == 302
    page = text(at.get(sheet))
    assert case.reference in page and "1 to 2, by hand" in page and tom.name in page
    assert "Zq7" not in page and "Zq7" not in text(desk.get(sheet)) and "restricted topics are left out" in page

    # What is wrong is said beside its field, keeps what was typed, and changes nothing.
    fine = {"people": [tom.pk, cast.mate.pk], "decided": "Refunds stay on level 1."}
    row = {"text_3": "Write the line", "owner_3": mara.pk, "due_on_3": "2026-01-30"}
    before = everything()
    for wrong, said in (
        ({}, "Choose who was there."),
        (fine | {"decided": " "}, "Write what was decided."),
        (fine | {"people": [cast.customer.pk]}, "Choose from the list."),
        (fine | row | {"owner_3": ""}, "Choose who does action 1: one colleague."),
        (fine | row | {"owner_3": cast.customer.pk}, "Choose a colleague from the list."),
        (fine | row | {"due_on_3": ""}, "Choose the day by which action 1 is done"),
        (fine | row | {"due_on_3": "2026-01-01"}, "from today on"),
        (fine | row | {"due_on_3": "soon"}, "Enter a date"),
        (fine | row | {"text_3": ""}, "Say what action 1 is"),
    ):
        answer = at.post(sheet, wrong)
        assert answer.status_code == 422 and said in text(answer), wrong
        assert "text_3" not in wrong or not wrong["text_3"] or "Write the line" in text(answer)
    assert hers.post(sheet, fine).status_code == 404
    assert everything() == before
    assert at.post(sheet, fine | row).status_code == 303
    kept = Meeting.objects.get()
    assert set(kept.people.all()) == {tom, cast.mate} and kept.team == own
    assert StaffAct.objects.filter(kind="meeting_pack").count() == 1
    # The second one is told who was first, and keeps the words.
    late = desk.post(sheet, {"people": [dana.pk], "decided": "Typed by Dana"})
    assert late.status_code == 422 and "has kept the minutes" in text(late)
    assert "Typed by Dana" in text(late) and "Refunds stay on level 1." in text(late) and Meeting.objects.count() == 1

    action = MeetingAction.objects.get()
    its, minutes = f"{PLACE}actions/{action.pk}/", f"{PLACE}{kept.pk}/"
    assert "1 action of a meeting is yours." in text(hers.get("/console/around/"))
    assert "Write the line" in text(hers.get(PLACE)) and "Write the line" in text(at.get(minutes))
    assert hers.get(minutes).status_code == signed_in(cast.tiers[3]).get(its).status_code == 404
    assert "Tick it off" not in text(at.get(its)) and at.post(its, {"note": "Not mine"}).status_code == 422
    go(AT + 12 * DAY)
    assert "was to be done by 30 Jan: Write the line" in text(hers.get("/console/around/"))
    assert "Overdue" in text(at.get(f"{PACK}?team={own.slug}"))
    refused = hers.post(its, {"note": " "})
    assert refused.status_code == 422 and "Say what came of it." in text(refused)
    assert hers.post(its, {"note": "It stands in line 3."}).status_code == 303
    again = hers.post(its, {"note": "Typed twice"})
    assert again.status_code == 422 and "ticked this off already" in text(again) and "Typed twice" in text(again)
    assert "It stands in line 3." in text(at.get(minutes)) and "yours" not in text(hers.get("/console/around/"))
    assert "Overdue" not in text(at.get(f"{PACK}?team={own.slug}"))
