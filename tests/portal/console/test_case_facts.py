"""The facts on a case page: who is on duty, who may, who can see it, the customer’s other cases, files, and joining two."""

import html
import io
import re
from datetime import datetime, timedelta

import pytest

from cases.files import check, keep
from cases.lifecycle import State
from cases.models import Case, Category, Participant
from escalation import verbs
from escalation.models import Leave, Notice, Rota, Shift
from portal.console.case_people import ordinal
from tests.cast import MONDAY, person
from tests.portal.console import stories
from tests.portal.console.stories import act_url, hidden, minutes, page_url


@pytest.fixture(autouse=True)
def whole_site(console_only, settings):
    """Files have addresses of their own."""
    settings.ROOT_URLCONF = "portal.urls"


def text_of(page):
    """What a page says, its spaces made one."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page.content.decode())).split())


def handler(client, case):
    return client.get(page_url(case)).context["promise"]["handler"]["note"]


def test_it_says_until_when_who_has_it_is_on_duty_and_who_stands_in(signed_in, cast, monday, go):
    case, client = stories.acknowledged(cast), signed_in(cast.supervisor)
    assert handler(client, case) == "On duty."
    rota = Rota.objects.create(team=cast.teams[1], zone="Europe/London")
    for day in range(5):
        Shift.objects.create(
            rota=rota, user=cast.tiers[1], weekday=day, opens=540, closes=1050, starts_on=MONDAY.date()
        )
    assert handler(client, case) == "On duty until today, 17:30."
    go(MONDAY.replace(hour=18))
    assert handler(client, case) == "Not on duty now."
    go(minutes(31))
    away = Leave.objects.create(user=cast.tiers[1], starts_at=MONDAY, ends_at=MONDAY + timedelta(days=3))
    assert handler(client, case) == "Away, and nobody stands in."
    Leave.objects.filter(pk=away.pk).update(substitute=cast.mate)
    assert handler(client, case) == "Away; Ana Mate stands in."


def refused(client, case):
    return {act["label"]: act["why"] for act in client.get(page_url(case)).context["refused"]}


def test_what_needs_a_supervisor_says_who_is_there(signed_in, cast, monday):
    case, client = stories.acknowledged(cast), signed_in(cast.tiers[1])
    assert refused(client, case)["Apologise"] == "Needs a supervisor. On duty: Dana Voss."
    assert "Needs a supervisor. On duty: Dana Voss." in text_of(client.get(act_url(case, "apologise")))
    Leave.objects.create(user=cast.supervisor, starts_at=MONDAY, ends_at=MONDAY + timedelta(days=3))
    assert refused(client, case)["Apologise"] == "Needs a supervisor. Dana Voss can; nobody of them is on duty now."
    for number in range(4):
        person(f"s{number}@example.com", f"Super {number}", is_staff=True).groups.set(cast.supervisor.groups.all())
    assert refused(client, case)["Apologise"] == "Needs a supervisor. On duty: Super 0, Super 1, Super 2 and 1 more."


def test_what_cannot_be_closed_says_when_it_closes_by_itself(signed_in, cast, monday):
    why = refused(signed_in(cast.tiers[1]), stories.answered(cast))["Close"]
    assert why == "The customer has not said yes or no. Without a word it closes by itself Mon 19 Jan, 10:06."
    case = verbs.accept(stories.answered(cast).pk, by=cast.customer, at=minutes(10))
    assert "It closes by itself Mon 26 Jan, 10:10." in refused(signed_in(cast.supervisor), case)["Close"]


def seen_by(client, case):
    page = html.unescape(client.get(page_url(case)).content.decode())
    card = page.partition("<h2>Who can see this case</h2>")[2].partition("</section>")[0]
    return [line.partition("</bdi>")[0] for line in card.split("<bdi>")[1:]]


def test_who_can_see_it_says_what_the_door_does(signed_in, cast, monday, settings):
    case, client = stories.acknowledged(cast), signed_in(cast.supervisor)
    sam = "Sam Okafor, whose case it is"
    assert seen_by(client, case) == [sam, "Every colleague who works on cases, and auditors"]
    settings.STAFF_SEE = "teams"
    near = "Who has it, Service representatives"
    assert seen_by(client, case) == [sam, f"{near}, who has done something on it, supervisors and auditors"]
    settings.SHARE_CASES = True
    for one, joined in ((cast.other, minutes(9)), (person("new@example.com", "New One"), None)):
        Participant.objects.create(case=case, user=one, address=one.email, asked_at=minutes(8), joined_at=joined)
    assert seen_by(client, case)[1] == "Olga Other, added by the customer" and len(seen_by(client, case)) == 3
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)
    client.post(f"/console/restricted/{case.pk}/")
    assert seen_by(client, case)[-1] == f"{near}, and colleagues who may see restricted topics; each opening is noted"


def test_the_customer_by_language_and_their_other_cases(signed_in, cast, monday):
    december = cast.file(at=datetime(2025, 12, 30, 12, tzinfo=MONDAY.tzinfo), title="Long ago")
    cast.file(at=minutes(-60), title="An hour before")
    case = stories.acknowledged(cast, at=minutes(1))
    cast.file(at=minutes(20), title="Somebody else’s", by=cast.other)
    cast.customer.language = "de"
    cast.customer.save(update_fields=["language"])
    page = signed_in(cast.supervisor).get(page_url(case))
    text = text_of(page)
    assert "Sam Okafor , writes in German" in text and "2nd case in January" in text
    assert [one.title for one in page.context["who_is_it"]["related"]] == ["An hour before", "Long ago"]
    assert "Somebody else’s" not in text
    assert f"{december.reference} · filed Tue 30 Dec" in text
    alone = signed_in(cast.supervisor).get(page_url(Case.objects.get(title="Somebody else’s"))).context["who_is_it"]
    assert (alone["language"], alone["nth"], alone["related"]) == ("English", "", [])


def test_numbers_of_a_row():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 22, 113)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "22nd", "113th",
    ]  # fmt: skip


def test_the_timeline_shows_what_came_with_files_alone(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    file = keep(check("list.txt", io.BytesIO(b"A list.")), draft="f", by=cast.customer, at=minutes(9))
    verbs.reply(case.pk, text="Here it is.", files=[file], by=cast.customer, at=minutes(9))
    client = signed_in(cast.tiers[1])
    rows = client.get(f"{page_url(case)}?show=files").context["rows"]
    assert [row["text"] for row in rows] == ["Here it is."]


def test_two_cases_are_joined_by_choosing_from_the_same_customers_open_ones(signed_in, cast, monday, everything):
    case, client = stories.acknowledged(cast), signed_in(cast.tiers[1])
    assert "The customer has no other open case." in text_of(client.get(act_url(case, "merge")))
    other = cast.file(at=minutes(20), title="The same again")
    gone = verbs.withdraw(cast.file(at=minutes(20)).pk, by=cast.customer, at=minutes(21))
    foreign = cast.file(at=minutes(20), by=cast.other)
    page = client.get(act_url(case, "merge"))
    choices = dict(page.context["form"].fields["into"].choices)
    assert choices == {other.reference: f"{other.reference}: The same again, filed Mon 12 Jan (New)"}
    before = everything()
    for wrong in (gone.reference, foreign.reference, case.reference, "x"):
        answer = client.post(act_url(case, "merge"), hidden(page) | {"into": wrong})
        assert answer.status_code == 422 and "Choose another open case of the same customer." in text_of(answer)
    assert everything() == before
    assert client.post(act_url(case, "merge"), hidden(page) | {"into": other.reference}).status_code == 303
    case.refresh_from_db(fields=["state"])
    assert case.state == State.MERGED


def test_a_note_says_whom_it_will_tell_and_what_is_wrong_with_a_name(signed_in, cast, monday, everything):
    case, client = stories.acknowledged(cast), signed_in(cast.tiers[1])
    page, before = client.get(act_url(case, "note")), everything()
    answer = client.post(act_url(case, "note"), hidden(page) | {"text": "@Tim look at this."})
    assert answer.status_code == 422 and "@Tim look at this." in answer.content.decode()
    assert "Nobody who works on cases is called “@Tim”." in answer.context["form"].errors["text"][0]
    assert everything() == before
    again = client.post(act_url(case, "note"), hidden(answer) | {"text": "@Mara Lindt look.", "form_key": ""})
    assert "Mara Lindt: told that a note names them." in text_of(again)
    assert client.post(act_url(case, "note"), hidden(page) | {"text": "@Mara Lindt look."}).status_code == 303
    assert Notice.objects.get(kind="mentioned").recipient == cast.tiers[2]
