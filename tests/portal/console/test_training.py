"""R111: a marked cell of the training gaps becomes training for a colleague or a team, told by letter, on their list until done."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils.html import strip_tags

from cases.access import workers
from cases.models import Case, Category
from cases.roles import ROLES
from escalation.letters import NotNeeded, compose, register
from escalation.models import Notice
from escalation.verbs import Refused
from feedback import gaps, training, training_letters
from feedback.intervals import Share
from feedback.models import CaseFact, Scenario, Training
from portal.insights import training as gap_page
from portal.insights.framing import Said
from tests.cast import MONDAY, person

DAY = timedelta(days=1)
LIST, NEW = "/console/training/", "/console/training/new/"
GAP = "?topic=orders&aspect=missed&from=2026-01-01&to=2026-01-31"


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return " ".join(strip_tags(answer.content.decode()).split())


@pytest.fixture
def floor(cast):
    """Two cases of Ana's that missed a promise, one that did not, one of another topic; a practice case on the topic."""
    cases = [cast.file(title=f"Case {n}") for n in range(4)]
    Case.objects.filter(pk__in=[one.pk for one in cases]).update(owner=cast.mate, team=cast.teams[1])
    Case.objects.filter(pk=cases[3].pk).update(category=Category.objects.get(slug="billing"))
    for n, case in enumerate(cases):
        given = {"promises_broken": int(n != 2), "promises_kept": 1, "filed_at": MONDAY, "seq": 1}
        CaseFact.objects.update_or_create(case=case, defaults=given)
    Scenario.objects.create(
        case=cases[2], title="Charged twice", situation="They see two payments.", good="Say by when.", by=cast.supervisor, at=MONDAY
    )  # fmt: skip
    return cases


def test_who_gives_training_is_who_trains_who_supervises_and_who_leads(signed_in, cast, go, floor):
    """The whole matrix: who opens the form, whom it offers, and that a trainer's training is given and read."""
    register(training_letters.ASSIGNED, training_letters.compose)
    go(MONDAY + 20 * DAY)
    module = f"scenario:{Scenario.objects.get().pk}"
    for role in ROLES:
        user = person(f"{role.split()[0].lower()}@example.com", role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client, may = signed_in(user), role in ("Supervisors", "Trainers")
        page, everybody = client.get(NEW + GAP), set(workers().values_list("pk", flat=True))
        assert (page.status_code == 200) == may, role
        assert set(training.assignable(user).values_list("pk", flat=True)) == (everybody - {user.pk} if may else set())
        given = {"person": cast.mate.pk, "module": module, "due_on": "2026-02-20", "note": ""}
        sent = client.post(NEW + GAP, given)
        assert (sent.status_code == 303) == may, role
        assert Training.objects.filter(by=user).exists() == may, role
        if may:
            one = Training.objects.get(by=user)
            assert "Charged twice" in text(client.get(f"{LIST}{one.pk}/"))
            assert Notice.objects.filter(kind=training_letters.ASSIGNED, recipient=cast.mate).exists()
            one.delete()
            Notice.objects.filter(kind=training_letters.ASSIGNED).delete()


def test_from_the_gap_to_the_list_and_done(signed_in, cast, go, floor):
    register(training_letters.ASSIGNED, training_letters.compose)
    go(MONDAY + 20 * DAY)
    mate, lead, stranger, boss = cast.mate, cast.tiers[1], cast.tiers[3], cast.supervisor
    module = f"scenario:{Scenario.objects.get().pk}"
    right = {"person": mate.pk, "module": module, "due_on": "2026-02-20", "note": "Read it with Tom."}
    # Supervisors, and who leads the colleague; the form says who may be chosen.
    page = text(signed_in(boss).get(NEW + GAP + f"&person={mate.pk}"))
    assert (
        "A promise broken on “An order”, 1 Jan 2026 to 31 Jan 2026." in page and "Practice case: Charged twice" in page
    )
    assert f'value="{mate.pk}" selected' in signed_in(boss).get(NEW + GAP + f"&person={mate.pk}").content.decode()
    cast.teams[3].members.add(cast.tiers[4])
    assert signed_in(stranger).post(NEW + GAP, right).status_code == 422, "leads a team, and not this colleague"
    cast.teams[3].lead = None
    cast.teams[3].save(update_fields=["lead"])
    assert signed_in(stranger).post(NEW + GAP, right).status_code in (302, 403) and not Training.objects.exists()
    both = text(signed_in(boss).post(NEW + GAP, right | {"person": "", "module": ""}), 422)
    assert "Choose a colleague, or a team." in both and "Choose what they learn from." in both, "said at once"
    for wrong, words in (
        ({"person": ""}, "Choose a colleague, or a team."), ({"module": "playbook:"}, "Choose what they learn from."),
        ({"due_on": "2026-01-01"}, "from today on"), ({"due_on": "9999-12-31"}, "at most a year ahead"), ({"due_on": "x"}, "Choose the day"),
        ({"team": cast.teams[1].pk}, "Choose a colleague, or a team."), ({"person": boss.pk}, "Choose a colleague from the list."),
    ):  # fmt: skip
        answer = signed_in(boss).post(NEW + GAP, right | wrong)
        assert words in text(answer, 422) and "Read it with Tom." in answer.content.decode(), wrong
    for place in (
        "?topic=orders&aspect=luck",
        "?topic=none&aspect=low",
        "?aspect=low",
        GAP.replace("2026-01-31", "2025-01-01"),
    ):
        assert signed_in(boss).get(NEW + place).status_code == 404
    assert signed_in(lead).post(NEW + GAP, right).status_code == 303
    one = Training.objects.get()
    assert (one.person, one.by, one.scenario.title, one.due_on) == (mate, lead, "Charged twice", date(2026, 2, 20))
    again = signed_in(boss).post(NEW + GAP, right)
    assert "on their list already" in text(again, 422) and Training.objects.count() == 1

    # Told by a letter that leads to a page that opens; it stands on their list, and around the cases.
    letter = compose(Notice.objects.get(kind=training_letters.ASSIGNED, recipient=mate), MONDAY + 20 * DAY)
    mine = f"{LIST}{one.pk}/"
    assert mine in letter.text and "Read it with Tom" not in letter.text and "practice case" in letter.text
    said = text(signed_in(mate).get(mine))
    assert "They see two payments." in said and "Read it with Tom." in said
    assert floor[0].reference in said and floor[1].reference in said, "the misses are linked"
    assert floor[2].reference not in said and floor[3].reference not in said
    assert "Practice case: An order" in text(signed_in(mate).get(LIST)) and "Give training" not in text(
        signed_in(mate).get(LIST)
    )
    assert "To practise by 20 Feb" in text(signed_in(mate).get("/console/around/"))
    assert signed_in(stranger).get(mine).status_code == 404 and text(signed_in(boss).get(mine))
    assert signed_in(boss).post(mine, {"learned": "All."}).status_code in (302, 403)
    empty = signed_in(mate).post(mine, {"learned": " "})
    assert "Say what you take from it." in text(empty, 422)
    assert signed_in(mate).post(mine, {"learned": "Say by when, each time."}).status_code == 303
    assert "To practise" not in text(signed_in(mate).get("/console/around/"))
    assert "Say by when, each time." in text(signed_in(lead).get(mine))
    with pytest.raises(Refused, match="already"):
        training.finish(one, "Again.", by=mate, at=MONDAY + 21 * DAY)
    with pytest.raises(NotNeeded):
        compose(Notice.objects.get(kind=training_letters.ASSIGNED, recipient=mate), MONDAY + 22 * DAY)
    # With the customer's words the practice case goes; the training stays and says so.
    Scenario.objects.all().delete()
    assert "It is not there any more." in text(signed_in(mate).get(mine))


def test_a_team_is_each_of_it_and_the_cell_leads_there(cast, go, floor):
    go(MONDAY + 20 * DAY)
    gap = training.Gap(Category.objects.get(slug="orders"), "missed", date(2026, 1, 1), date(2026, 1, 31))
    module, due = f"scenario:{Scenario.objects.get().pk}", date(2026, 2, 20)
    given = {"team": cast.teams[1], "module": module, "due_on": due, "at": MONDAY + 20 * DAY}
    with pytest.raises(Refused, match="leads this team"):
        training.assign(gap, **given, by=cast.tiers[2])
    made = training.assign(gap, **given, by=cast.tiers[1])
    assert {one.person for one in made} == {cast.mate}, "who leads it gives, and is not given to"
    more = training.assign(gap, **given, by=cast.supervisor)
    assert {one.person for one in more} == {cast.tiers[1]}, "who has it already keeps that one"
    assert Notice.objects.filter(kind=training_letters.ASSIGNED).count() == 2
    # A marked cell has the press, an unmarked one and a person one does not lead have none.
    asked = Said(
        {"period": "custom", "from": "2026-01-01", "to": "2026-01-31"}, MONDAY + 30 * DAY, by=cast.supervisor
    ).asked
    assert asked is not None
    cells = dict.fromkeys(gaps.ASPECTS, Share(1, 20)) | {"missed": Share(18, 20)}
    whole = dict.fromkeys(gaps.ASPECTS, Share(3, 60)) | {"missed": Share(20, 60)}
    for may in (True, False):
        row = gap_page.row_of(asked, cells, whole, {"topic": "orders"}, f":{cast.mate.pk}", may_give=may)
        (cell,) = [one for one in row if one.mark]
        assert cell.act_url == (f"{NEW}{GAP}&person={cast.mate.pk}" if may else "")
        assert not any(one.act_url for one in row if not one.mark)
