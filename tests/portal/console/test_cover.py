"""People and cover: what the pages say, what their forms refuse, and handing over everything of somebody who leaves."""

import html
import re
from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from cases.models import Case, Note, User
from escalation import verbs
from escalation.models import Attestation, Leave, LoadCap, Override, ProtocolVersion, Rota, Shift
from portal import clock
from tests.cast import MONDAY
from tests.escalation.stories import in_force
from tests.portal.console import stories

URL = "/console/cover/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MANAGERS = "Customer support managers"


def shift(cast, tier, user, weekday, opens=0, closes=1440):
    rota, _ = Rota.objects.get_or_create(team=cast.teams[tier], defaults={"zone": "Europe/London"})
    return Shift.objects.create(
        rota=rota, user=user, weekday=weekday, opens=opens, closes=closes, starts_on=date(2025, 1, 1)
    )


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page.content.decode())).split())


@pytest.fixture
def dana(signed_in, cast, monday):
    return signed_in(cast.supervisor)


@pytest.fixture
def gap(cast, monday):
    """Level 2 is there round the clock but for Saturdays from 09:00 to 13:00."""
    for day in (0, 1, 2, 3, 4, 6):
        shift(cast, 2, cast.tiers[2], day)
    shift(cast, 2, cast.tiers[2], 5, 0, 9 * 60)
    shift(cast, 2, cast.tiers[2], 5, 13 * 60, 1440)


# The pages ----------------------------------------------------------------------------------------------------


def test_the_gap_is_named_in_words_picture_and_table(dana, gap):
    page = dana.get(URL)
    text = words(page)
    assert f"{MANAGERS}: nobody on Sat 17 Jan 09:00-13:00 and 1 more like it, the last on Sat 24 Jan" in text
    assert "Level 2." in text
    picture = page.content.decode()
    assert picture.count('class="hole"') == 4, "two gaps in each of the two sizes"
    assert "Hours with nobody: Customer support managers." in text
    row = next(row for row in page.context["chart"]["table"]["rows"] if row[0] == MANAGERS)
    assert row == [MANAGERS, "336 h", "8 h (2%)", "328 h (98%)"]


def test_a_gap_is_a_warning_on_a_supervisor_s_home_only(dana, signed_in, cast, gap):
    assert f"{MANAGERS}: nobody on Sat 17 Jan 09:00-13:00" in words(dana.get("/console/around/"))
    assert "nobody on" not in words(signed_in(cast.tiers[1]).get("/console/around/"))


def test_no_gap_no_warning(dana):
    assert "nobody on" not in words(dana.get("/console/around/"))
    assert "There is somebody in every hour in which we promise something." in words(dana.get(URL))


def test_the_one_person_everything_hangs_on(dana, cast):
    points = {str(one["person"]): one for one in dana.get(URL).context["points"]}
    assert set(points) == {"Mara Lindt", "Priya Shah", "Ivo Novak", "Edith Cole"}
    assert points["Mara Lindt"]["hours"] == 14 * 24
    shift(cast, 2, cast.mate, 0)
    assert "Mara Lindt" not in {str(one["person"]) for one in dana.get(URL).context["points"]}


def test_the_week_says_who_is_on_duty_away_and_stands_in(dana, cast):
    shift(cast, 2, cast.tiers[2], 0, 9 * 60, 17 * 60)
    shift(cast, 2, cast.tiers[2], 2, 22 * 60, 6 * 60)
    Leave.objects.create(
        user=cast.tiers[2], starts_at=MONDAY - 20 * HOUR, ends_at=MONDAY + 4 * HOUR, substitute=cast.mate
    )
    page = dana.get(f"{URL}team/{cast.teams[2].pk}/")
    rows = {row["name"]: row["cells"] for row in page.context["rows"]}
    assert rows["Mara Lindt"][0] == "14:00-17:00; away, cover: Ana"
    assert rows["Ana Mate"][0] == "09:00-14:00"
    assert rows["Mara Lindt"][2:4] == ["22:00-24:00", "00:00-06:00"]
    assert rows["Nobody"][1] == "all day"
    later = dana.get(f"{URL}team/{cast.teams[2].pk}/?week=1")
    assert {row["name"]: row["cells"] for row in later.context["rows"]}["Mara Lindt"][0] == "09:00-17:00"
    for odd in ("-1", "x", "99999999", "²"):
        assert dana.get(f"{URL}team/{cast.teams[2].pk}/?week={odd}").status_code == 200


def test_looking_writes_nothing(dana, cast, gap, everything):
    case = stories.acknowledged(cast)
    Leave.objects.create(user=cast.mate, starts_at=MONDAY, ends_at=MONDAY + DAY)
    before = everything()
    for address in (
        "", "leaving/", f"leaving/{case.owner_id}/", f"team/{cast.teams[3].pk}/", f"team/{cast.teams[3].pk}/shift/",
        f"team/{cast.teams[3].pk}/swap/", f"team/{cast.teams[3].pk}/zone/", "leave/", "cap/",
        f"shift/{Shift.objects.first().pk}/", f"leave/{Leave.objects.get().pk}/",
    ):  # fmt: skip
        page = dana.get(URL + address)
        assert page.status_code == 200, address
        text = page.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)", text), address
        assert text.count("<h1") == 1, address
    assert everything() == before


def test_only_supervisors(signed_in, cast, monday, everything):
    agent, before = signed_in(cast.tiers[1]), everything()
    for address in ("", "leaving/", f"leaving/{cast.mate.pk}/", "leave/", "cap/", f"team/{cast.teams[1].pk}/shift/"):
        assert agent.get(URL + address).status_code == 403
        assert agent.post(URL + address, {"close": "yes"}).status_code == 403
    assert everything() == before
    assert "/console/cover/" not in agent.get("/console/").content.decode()


# Forms --------------------------------------------------------------------------------------------------------


def test_who_has_not_read_the_protocol_takes_no_new_duty(dana, cast):
    in_force(cast, lambda document: None, at=MONDAY - timedelta(days=8))
    sent = {"user": cast.mate.pk, "weekdays": ["0"], "opens": "9:00", "closes": "17:30", "starts_on": "2026-01-12"}
    page = dana.post(f"{URL}team/{cast.teams[1].pk}/shift/", sent)
    assert page.status_code == 422 and not Shift.objects.exists()
    assert "Ana Mate has not read five-tier@2 yet" in words(page)
    version = ProtocolVersion.objects.get(label="five-tier@2")
    Attestation.objects.create(version=version, person=cast.mate, at=MONDAY, tries=1)
    assert dana.post(f"{URL}team/{cast.teams[1].pk}/shift/", sent).status_code == 303


def test_a_shift_on_five_weekdays_at_once_then_one_changed_and_one_taken_out(dana, cast):
    url = f"{URL}team/{cast.teams[1].pk}/shift/"
    sent = {
        "user": cast.mate.pk, "weekdays": ["0", "1", "2", "3", "4"], "opens": "9:00", "closes": "17.30",
        "starts_on": "2026-01-12", "ends_on": "",
    }  # fmt: skip
    answer = dana.post(url, sent)
    assert (answer.status_code, answer["Location"]) == (303, f"{URL}team/{cast.teams[1].pk}/")
    assert Rota.objects.get().zone == "Europe/London"
    assert list(Shift.objects.values_list("weekday", "opens", "closes")) == [(d, 540, 1050) for d in range(5)]
    friday = Shift.objects.get(weekday=4)
    page = dana.get(f"{URL}shift/{friday.pk}/")
    assert 'value="09:00"' in page.content.decode()
    changed = sent | {"weekday": "5", "opens": "22:00", "closes": "06:00"}
    assert dana.post(f"{URL}shift/{friday.pk}/", changed).status_code == 303
    friday.refresh_from_db()
    assert friday.hours == "Saturday 22:00-06:00"
    assert dana.post(f"{URL}shift/{friday.pk}/", {"delete": "yes"}).status_code == 303
    assert Shift.objects.count() == 4
    assert LogEntry.objects.filter(user=cast.supervisor).count() == 7


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"opens": "25:00"}, "Write a time such as 09:00."),
        ({"opens": "24:00"}, "Write a time such as 09:00."),
        ({"closes": "9:75"}, "Write a time such as 17:30 or 24:00."),
        ({"closes": "09:00"}, "A shift has a length. For a whole day write 00:00 to 24:00."),
        ({"weekdays": []}, "Choose at least one weekday."),
        ({"weekdays": ["7"]}, "Choose weekdays from the list."),
        ({"user": ""}, "Choose a person."),
        ({"user": "sam"}, "Choose a person from the list."),
        ({"starts_on": "soon"}, "Enter a date, for example 23/11/2026."),
        ({"ends_on": "2026-01-01"}, "The last day must not lie before the first day."),
        ({"weekdays": ["0", "1"]}, "Ana Mate has this shift already: Monday 09:00-17:00."),
    ],
)
def test_a_wrong_shift_comes_back_as_typed_and_changes_nothing(dana, cast, everything, wrong, sentence):
    shift(cast, 1, cast.mate, 0, 540, 1020)
    sent = {
        "user": cast.mate.pk, "weekdays": ["3"], "opens": "09:00", "closes": "17:00", "starts_on": "2026-01-12",
        "ends_on": "",
    } | wrong  # fmt: skip
    before = everything()
    page = dana.post(f"{URL}team/{cast.teams[1].pk}/shift/", sent)
    assert page.status_code == 422
    text = html.unescape(page.content.decode())
    assert sentence in text
    assert text.count(sentence) <= 2, "once in the summary, once at the field"
    assert f'value="{sent["closes"]}"' in text
    assert everything() == before


def test_a_person_of_another_team_cannot_be_put_on_a_shift(dana, cast):
    sent = {"user": cast.tiers[3].pk, "weekdays": ["0"], "opens": "09:00", "closes": "17:00", "starts_on": "2026-01-12"}
    page = dana.post(f"{URL}team/{cast.teams[1].pk}/shift/", sent)
    assert "Choose a person from the list." in words(page)


def test_a_swap(dana, cast, everything):
    shift(cast, 1, cast.mate, 0)
    url = f"{URL}team/{cast.teams[1].pk}/swap/"
    sent = {"user": cast.tiers[4].pk, "instead_of": cast.mate.pk, "starts_at": "2026-07-13T09:00", "ends_at": "2026-07-13T12:00"}  # fmt: skip
    assert dana.post(url, sent).status_code == 303
    made = Override.objects.get()
    assert made.starts_at.isoformat() == "2026-07-13T08:00:00+00:00", "typed in London’s summer"
    before = everything()
    for wrong, sentence in (
        ({"ends_at": "2026-07-13T09:00"}, "The end must lie after the start."),
        ({"instead_of": cast.tiers[4].pk}, "Choose a person from the list."),
        ({"user": cast.mate.pk}, "nobody stands in for themselves"),
        ({"starts_at": "tomorrow"}, "Enter a date and a time, for example"),
    ):
        page = dana.post(url, sent | wrong)
        assert page.status_code == 422
        assert sentence in words(page)
    assert everything() == before
    assert dana.post(f"{URL}swap/{made.pk}/", {"delete": "yes"}).status_code == 303
    assert not Override.objects.exists()


def test_leave_and_caps(dana, cast):
    sent = {"user": cast.mate.pk, "starts_at": "2026-01-12T09:00", "ends_at": "2026-01-16T18:00", "substitute": cast.tiers[1].pk, "reason": "Holiday"}  # fmt: skip
    assert dana.post(f"{URL}leave/", sent)["Location"] == URL
    assert "Holiday" in words(dana.get(URL))
    again = dana.post(f"{URL}leave/", sent)
    assert (again.status_code, "Ana Mate is away then already." in words(again)) == (422, True)
    row = Leave.objects.get()
    assert dana.post(f"{URL}leave/{row.pk}/", sent | {"substitute": ""}).status_code == 303
    row.refresh_from_db()
    assert row.substitute is None
    assert dana.post(f"{URL}cap/", {"user": cast.mate.pk, "most_open": "3"}).status_code == 303
    twice = dana.post(f"{URL}cap/", {"user": cast.mate.pk, "most_open": "4"})
    assert "There is a cap for this person already." in words(twice)
    cap = LoadCap.objects.get()
    assert dana.post(f"{URL}cap/{cap.pk}/", {"most_open": "x"}).status_code == 422
    assert dana.post(f"{URL}cap/{cap.pk}/", {"most_open": "5"}).status_code == 303
    assert LoadCap.objects.get().most_open == 5


def test_the_zone_of_a_rota(dana, cast):
    shift(cast, 1, cast.mate, 0)
    url = f"{URL}team/{cast.teams[1].pk}/zone/"
    assert dana.post(url, {"zone": "Mars/Olympus", "most_days": "7"}).status_code == 422
    for wrong in ("", "0", "32", "x"):
        page = dana.post(url, {"zone": "Asia/Kolkata", "most_days": wrong})
        assert page.status_code == 422 and 'value="Asia/Kolkata" selected' in page.content.decode(), wrong
    assert "Write a number of days from 1 to 31." in words(dana.post(url, {"zone": "UTC", "most_days": "32"}))
    assert Rota.objects.get().zone == "Europe/London"
    assert dana.post(url, {"zone": "Asia/Kolkata", "most_days": "5"}).status_code == 303
    assert (Rota.objects.get().zone, Rota.objects.get().most_days) == ("Asia/Kolkata", 5)


@pytest.mark.parametrize("address", ["team/9999/", "team/9999/shift/", "shift/9999/", "swap/9999/", "leave/9999/", "leaving/9999/"])  # fmt: skip
def test_what_is_not_there_is_a_404(dana, address):
    assert dana.get(URL + address).status_code == 404


# Somebody leaves ----------------------------------------------------------------------------------------------


@pytest.fixture
def two(cast, monday):
    """Two cases of Ana Mate."""
    found = []
    for title in ("First", "Second"):
        case = cast.file(title=title)
        verbs.hand_over(case.pk, to=cast.mate, note="Yours.", by=cast.supervisor, at=stories.minutes(3))
        found.append(case)
    return found


def test_the_way_out_hands_over_everything_then_closes_the_account(dana, cast, two):
    url = f"{URL}leaving/{cast.mate.pk}/"
    assert "Ana Mate" in words(dana.get(f"{URL}leaving/"))
    page = dana.get(url)
    assert [row["field"].value() for row in page.context["rows"]] == [cast.tiers[1].pk] * 2
    assert "Possible once the cases have gone to others." in words(page)
    sent = {f"case-{case.pk}": cast.tiers[1].pk for case in two}
    assert dana.post(url, sent)["Location"] == url
    assert set(Case.objects.filter(owner=cast.tiers[1])) == set(two)
    assert Note.objects.filter(text__startswith="Handed over from Ana Mate.").count() == 2
    after = words(dana.get(url))
    assert "2 cases handed over, each with a note." in after
    assert "Ana Mate owns no open case" in after
    assert dana.post(url, {"close": "yes"})["Location"] == URL
    assert not User.objects.get(pk=cast.mate.pk).is_active
    assert "The account of Ana Mate is closed." in words(dana.get(URL))
    assert "The account is closed." in words(dana.get(url))


def test_a_case_without_a_taker_holds_up_the_form(dana, cast, two, everything):
    before = everything()
    page = dana.post(f"{URL}leaving/{cast.mate.pk}/", {f"case-{two[0].pk}": cast.tiers[1].pk, f"case-{two[1].pk}": ""})
    assert page.status_code == 422
    assert "Choose a person." in words(page)
    assert everything() == before


def test_the_account_is_not_closed_while_a_case_is_left(dana, cast, two, everything):
    before = everything()
    page = dana.post(f"{URL}leaving/{cast.mate.pk}/", {"close": "yes"})
    assert page.status_code == 422
    assert "Ana Mate owns 2 open cases. Hand them over first." in words(page)
    assert everything() == before


@pytest.mark.parametrize("gone", ["is_active", "is_staff", "groups"])
def test_the_box_of_the_people_form_is_no_way_round(signed_in, cast, two, everything, gone):
    cast.supervisor.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client = signed_in(User.objects.get(pk=cast.supervisor.pk))
    url = f"/console/cases/user/{cast.mate.pk}/change/"
    sent = {
        "email": cast.mate.email, "name": "Ana Mate", "language": "en", "is_active": "on", "is_verified": "on",
        "is_staff": "on", "groups": [group.pk for group in cast.mate.groups.all()],
    }  # fmt: skip
    assert client.post(url, sent).status_code == 302, "nothing taken away: saved"
    before = everything()
    page = client.post(url, {name: value for name, value in sent.items() if name != gone})
    assert page.status_code == 200
    assert "Ana Mate owns 2 open cases. Hand them over first." in words(page)
    assert everything() == before
    assert client.get(f"/console/cases/user/{cast.mate.pk}/delete/").status_code == 403
    for case in two:
        verbs.hand_over(case.pk, to=cast.tiers[1], note="Yours.", by=cast.supervisor, at=clock.now())
    assert client.post(url, {name: value for name, value in sent.items() if name != gone}).status_code == 302
