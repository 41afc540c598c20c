"""The audit: events of cases and acts of staff in one list, filtered by the address, with old and new, as a file."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from cases import staff_acts
from cases.access import Viewer
from cases.models import Event, EventPlace, StaffAct, Team, User
from feedback import logbook
from portal import clock
from portal.keeping import retention
from tests.cast import MONDAY, PASSWORD
from tests.portal.console import stories

URL = "/console/cases/event/"


@pytest.fixture
def root(cast, monday):
    return User.objects.create_superuser("root@example.com", PASSWORD, name="Rita Root")


def note(by, at, kind="signed_in", **more):
    return staff_acts.record(kind, by=by, at=at, **more)


def test_people_and_roles_leave_old_and_new_and_no_copy_of_what_is_personal(signed_in, cast, root):
    client, url = signed_in(root), f"/console/cases/user/{cast.mate.pk}/change/"
    page = client.get(url)
    form = page.context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields if form[name].value() not in (False, [])}
    supervisors = Group.objects.get(name="Supervisors")
    answer = client.post(url, sent | {"name": "Ana Newname", "phone": "0123", "groups": [supervisors.pk]})
    assert answer.status_code == 302
    act = StaffAct.objects.get()
    assert (act.kind, act.actor, act.person, act.about) == ("cases_user_change", root, cast.mate, "")
    assert {"field": "Roles", "old": "Agents", "new": "Supervisors"} in act.changes
    assert {"field": "Name"} in act.changes and {"field": "Phone"} in act.changes
    assert "Newname" not in str(act.changes) and "0123" not in str(act.changes)
    shown = stories.main_of(client.get(URL))
    assert "Person changed" in shown and "Roles: Agents → Supervisors" in shown and "Name: changed" in shown
    assert "from 127.0.0.1" in shown


def test_members_of_a_team_are_kept_by_number_and_read_by_name(signed_in, cast, root):
    team = cast.teams[1]
    client, url = signed_in(root), f"/console/cases/team/{team.pk}/change/"
    members = sorted(team.members.values_list("pk", flat=True))
    sent = {"name": team.name, "lead": team.lead_id or "", "members": members[:1], "phone": "", "hours": ""}
    assert client.post(url, sent).status_code == 302
    act = StaffAct.objects.get()
    row = next(one for one in act.changes if one["field"] == "People")
    assert row == {"field": "People", "old": {"people": members}, "new": {"people": members[:1]}}
    assert act.about == team.name
    assert "Ana Mate" in stories.main_of(client.get(URL))


def test_a_page_of_ours_that_led_on_is_a_line_and_a_refused_one_is_none(signed_in, cast, monday):
    client = signed_in(cast.supervisor)
    assert client.post("/console/problems/new/", {}).status_code == 422
    assert not StaffAct.objects.exists()
    sent = client.post("/console/cover/cap/", {"person": cast.mate.pk, "most": 5})
    assert sent.status_code in (302, 303, 422)
    assert StaffAct.objects.filter(kind="cover_cap_add").exists() == (sent.status_code != 422)


def test_an_act_on_a_case_stands_there_once_as_its_event(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    client, url = signed_in(cast.tiers[1]), stories.act_url(case, "note")
    sent = stories.hidden(client.get(url)) | {"text": "Called them."}
    assert client.post(url, sent).status_code == 303
    noted = Event.objects.get(case=case, kind="noted")
    assert not StaffAct.objects.exists()
    # From where, for this event alone: to who reads the audit and to oneself, and for 90 days.
    assert list(EventPlace.objects.values_list("event", "address")) == [(noted.pk, "127.0.0.1")]
    assert client.post(url, sent).status_code == 303 and EventPlace.objects.count() == 1
    origins = {
        who: {row["origin"] for row in listed(signed_in(who), kind="noted")}
        for who in (cast.tiers[1], cast.supervisor, cast.mate)
    }
    assert origins == {cast.tiers[1]: {"127.0.0.1"}, cast.supervisor: {"127.0.0.1"}, cast.mate: {""}}
    assert {row["origin"] for row in listed(signed_in(cast.supervisor))} == {"", "127.0.0.1"}
    retention.clear(noted.recorded_at + timedelta(days=89))
    assert EventPlace.objects.exists()
    retention.clear(noted.recorded_at + timedelta(days=90, seconds=1))
    assert not EventPlace.objects.exists() and Event.objects.filter(pk=noted.pk).exists()


def test_the_list_says_old_and_new_of_a_case(signed_in, cast, monday):
    stories.passed_up(cast)
    shown = stories.main_of(signed_in(cast.supervisor).get(URL))
    assert "Level: 1 → 2" in shown and "Passed up to level 2" in shown
    assert f"Team: {cast.teams[1].name} → {cast.teams[2].name}" in shown


def listed(client, **asked):
    page = client.get(URL, asked)
    assert page.status_code == 200, page.context["form"].errors
    return page.context["rows"]


def test_filters_stand_in_the_address_and_leave_what_they_say(signed_in, cast, monday):
    case, other = stories.passed_up(cast), stories.assessed(cast)
    note(cast.mate, MONDAY)
    note(cast.supervisor, MONDAY - timedelta(days=3), "opened_restricted", case=case)
    client = signed_in(cast.supervisor)
    assert {row["who"] for row in listed(client, person=cast.mate.pk)} == {"Ana Mate"}
    assert {row["what"] for row in listed(client, kind="escalated")} == {"Passed up to level 2"}
    assert {row["what"] for row in listed(client, kind="signed_in")} == {"Signed in"}
    assert {row["role"] for row in listed(client, role="customer")} == {"Customer"}
    assert {row["reference"] for row in listed(client, case=other.reference)} == {other.reference}
    assert {row["reference"] for row in listed(client, team=cast.teams[2].pk)} == {case.reference}
    old = listed(client, until=str((MONDAY - timedelta(days=2)).date()))
    assert [row["what"] for row in old] == ["Restricted case opened"]
    assert "Restricted case opened" not in {r["what"] for r in listed(client, since=str(MONDAY.date()))}
    assert listed(client, case=case.reference, kind="acknowledged", person=cast.mate.pk) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"case": "x"}, "is no case reference"),
        ({"since": "2026-13-40"}, "Choose a day"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "lies before the first"),
    ],
)
def test_a_filter_nobody_can_mean_is_refused_in_words(signed_in, cast, monday, asked, said):
    page = signed_in(cast.supervisor).get(URL, asked)
    assert page.status_code == 422 and said in page.content.decode()
    assert "Nothing here" not in page.content.decode()


def test_pages_are_cut_by_a_mark_and_show_each_row_once(cast, monday):
    stories.passed_up(cast)
    for n in range(7):
        note(cast.supervisor, MONDAY + timedelta(minutes=n // 2))
    viewer, asked = Viewer(cast.supervisor), logbook.Asked()
    everything = list(logbook.whole(asked, viewer))
    assert len(everything) == Event.objects.count() + 7
    stamps = [getattr(one, "recorded_at", None) or one.at for one in everything]
    assert stamps == sorted(stamps, reverse=True)
    for size in (1, 2, 3):
        rows, after = [], None
        while True:
            found, after = logbook.page(asked, viewer, after, size)
            rows += found
            if after is None:
                break
            assert logbook.mark_of(str(after)) == after
        assert rows == everything


@pytest.mark.parametrize("mark", ["", "x", "2026-01-05T10:00:00~e1", "2026-01-05T10:00:00+00:00~z1", "~", "%00"])
def test_a_mark_nobody_gave_is_the_first_page(signed_in, cast, monday, mark):
    note(cast.supervisor, MONDAY)
    assert len(listed(signed_in(cast.supervisor), after=mark)) == 1


def test_the_list_asks_a_fixed_number_of_questions_and_counts_nothing(
    signed_in, cast, monday, django_assert_max_num_queries
):
    stories.passed_up(cast)
    for n in range(60):
        note(cast.supervisor, MONDAY + timedelta(minutes=n))
    client = signed_in(cast.supervisor)
    with django_assert_max_num_queries(15) as asked:
        assert len(listed(client)) == logbook.PAGE
    whole_tables = [q["sql"] for q in asked.captured_queries if "COUNT(" in q["sql"] and "LIMIT" not in q["sql"]]
    assert not [sql for sql in whole_tables if 'FROM "cases_event"' in sql or 'FROM "cases_staffact"' in sql]


def test_the_file_has_what_the_filters_leave_and_is_a_line_itself(signed_in, cast, monday):
    stories.passed_up(cast)
    note(cast.supervisor, MONDAY, "cases_team_change", about="=cmd()", address="192.0.2.7")
    client = signed_in(cast.supervisor)
    assert client.get(f"{URL}audit.csv").status_code == 405
    answer = client.post(f"{URL}audit.csv", {"role": "staff"})
    assert answer.streaming and answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert {row["role"] for row in rows} == {"Staff"}
    assert len(rows) == len(list(logbook.whole(logbook.Asked(role="staff"), Viewer(cast.supervisor))))
    team = next(row for row in rows if row["what"] == "Team changed")
    assert (team["about"], team["from"]) == ("'=cmd()", "192.0.2.7")
    taken = StaffAct.objects.get(kind="audit_csv")
    assert (taken.actor, taken.changes) == (cast.supervisor, [{"field": "Role"}])


def test_a_colleague_reads_their_own_acts_and_no_one_else_s(signed_in, cast, monday):
    note(cast.supervisor, MONDAY)
    note(cast.tiers[1], MONDAY)
    assert [row["who"] for row in listed(signed_in(cast.tiers[1]), kind="signed_in")] == [str(cast.tiers[1])]
    assert len(listed(signed_in(cast.supervisor), kind="signed_in")) == 2


def test_signing_in_of_staff_is_a_line_and_that_of_customers_is_none(client, cast, monday, settings):
    settings.ROOT_URLCONF = "portal.urls"
    for person, lines in ((cast.customer, 0), (cast.tiers[1], 1)):
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
        client.post("/account/sign-in/password/", {"email": person.email, "password": PASSWORD})
        assert "_auth_user_id" in client.session
        assert StaffAct.objects.filter(kind="signed_in", actor=person).count() == lines
        client.post("/account/sign-out/")


def test_nothing_is_changed_or_taken_away_but_the_place_after_90_days(cast, monday):
    act = note(cast.supervisor, MONDAY, address="192.0.2.7")
    young = note(cast.supervisor, MONDAY + timedelta(days=2), address="192.0.2.8")
    for spoil in (
        lambda: StaffAct.objects.filter(pk=act.pk).update(kind="other"),
        lambda: StaffAct.objects.filter(pk=act.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            spoil()
    assert connection.vendor in ("sqlite", "postgresql")
    retention.clear(MONDAY + timedelta(days=91))
    act.refresh_from_db()
    young.refresh_from_db()
    assert (act.address, young.address) == ("", "192.0.2.8")
    assert clock.now() > MONDAY and Team.objects.exists()


def test_no_password_is_in_a_line_of_the_audit(signed_in, cast, monday):
    """Neither where a person is added with one, nor where one is set."""
    boss, word = User.objects.create_superuser("root@example.com", PASSWORD), "another long sentence"
    client = signed_in(boss)
    said = {
        "email": "new@example.com",
        "name": "Nia New",
        "usable_password": "true",
        "password1": word,
        "password2": word,
    }
    assert client.post("/console/cases/user/add/", said).status_code == 302
    assert client.post(f"/console/cases/user/{cast.mate.pk}/password/", said | {"set-password": ""}).status_code == 302
    lines = StaffAct.objects.filter(kind__in=("cases_user_add", "cases_user_change"))
    assert lines.count() == 2
    assert not [line for line in lines if word in str(line.changes)]
