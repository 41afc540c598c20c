"""Calendars in the console: who may, what a press does, what is refused and kept, and that only saving writes."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile

from escalation import calendar_versions as versions
from escalation.models import CalendarVersion
from tests.cast import MONDAY

PLACE = "/console/escalation/calendarversion/"


@pytest.fixture
def authors(cast, monday, signed_in):
    """Clients of two people who may write rules."""
    group = Group.objects.get(name="Protocol authors")
    for user in (cast.supervisor, cast.tiers[1]):
        user.groups.add(group)
    return signed_in(cast.supervisor), signed_in(cast.tiers[1])


@pytest.fixture
def draft(cast, authors):
    """A draft of office, drawn up by the supervisor half an hour ago."""
    return versions.begin("office", by=cast.supervisor, at=MONDAY)


def url(version, what="change"):
    return f"{PLACE}{version.pk}/{what}/"


def sent(client, version, press="save", **changes):
    """What a browser sends of the form as it stands, with changes."""
    form = client.get(url(version, "edit")).context["form"]
    data = {
        "zone": form["zone"].value(),
        "kind": form["kind"].value(),
        "weekday": [row.weekday for row in form.rows],
        "opens": [row.opens for row in form.rows],
        "closes": [row.closes for row in form.rows],
        "shown": form.shown,
        "day_off": [row.value for row in form.days if row.ticked],
        "note": form["note"].value() or "Because.",
        "seen": form["seen"].value(),
    }
    return client.post(url(version, "edit"), data | {"press": press} | changes)


def office():
    return CalendarVersion.objects.get(label="office@1")


# Who may


def test_the_list_says_what_is_in_force_and_who_uses_it(signed_in, cast, monday):
    cast.file(impact="degraded")
    page, open_now = signed_in(cast.supervisor).get(PLACE), versions.open_clocks()["office@1"]
    text = page.content.decode()
    for words in (
        "Monday to Friday",
        "09:00–17:30",
        f"{open_now} open clock",
        "15 rows of the matrix",
        "Days off known until 31 Dec 2032",
    ):
        assert words in text, words
    assert "New calendar" not in text


def test_supervisors_see_and_change_nothing(signed_in, cast, monday, everything):
    client, version = signed_in(cast.supervisor), office()
    before = everything()
    assert client.get(url(version)).status_code == 200
    assert "Draw up the next version" not in client.get(url(version)).content.decode()
    assert client.get(f"{PLACE}new/").status_code == client.post(f"{PLACE}new/", {"key": "x"}).status_code == 403
    for what in ("edit", "begin", "review", "publish", "discard"):
        assert client.post(url(version, what), {"press": "save"}).status_code == 403, what
    assert everything() == before


def test_agents_see_no_draft(signed_in, cast, draft):
    """As of protocols: staff should not work by hours that do not count yet."""
    new = versions.found("berlin", office().document, by=cast.supervisor, at=MONDAY)
    agent, boss = signed_in(cast.tiers[2]), signed_in(cast.supervisor)
    for version in (draft, new):
        for where in (url(version), url(version, "history"), f"{PLACE}{version.pk}/calendar.json"):
            assert agent.get(where).status_code == 404, where
            assert boss.get(where).status_code == 200, where
    shown = url(office())
    for where in (PLACE, shown):
        assert url(draft) in boss.get(where).content.decode()
        assert url(draft) not in agent.get(where).content.decode()
    assert "berlin" in boss.get(PLACE).content.decode()
    assert "berlin" not in agent.get(PLACE).content.decode()
    assert agent.get(shown).status_code == agent.get(url(office(), "history")).status_code == 200
    assert agent.get(f"{PLACE}{office().pk}/calendar.json").status_code == 200


def test_looking_changes_nothing(authors, draft, everything):
    client, before = authors[0], everything()
    for where in (PLACE, f"{PLACE}new/", url(draft), url(draft, "edit"), f"{PLACE}{draft.pk}/calendar.json"):
        assert client.get(where).status_code == client.head(where).status_code == 200, where
    for what in ("begin", "review", "publish", "discard"):
        assert client.get(url(draft, what)).status_code == 405, what
    assert client.get(f"{PLACE}999/change/").status_code == 404
    assert everything() == before


def test_no_page_has_inline_script_or_style(authors, draft):
    for where in (PLACE, f"{PLACE}new/", url(draft), url(draft, "edit")):
        text = authors[0].get(where).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=\"|<script(?![^>]*\ssrc=)", text), where
        assert text.count("<h1") == 1


# The road of a version


def test_one_draws_up_another_reviews_and_then_it_is_published(authors, go):
    first, second = authors
    answer = first.post(url(office(), "begin"))
    made = CalendarVersion.objects.get(label="office@2")
    assert (answer.status_code, answer["Location"]) == (303, url(made, "edit"))
    assert sent(first, made, closes=["16:00"] * 5, note="We close earlier.")["Location"] == url(made)
    seen = {"seen": made.revision + 2}
    assert "Somebody else has to review it" in first.post(url(made, "review"), seen).content.decode()
    assert "A second person has to review it first" in first.post(url(made, "publish")).content.decode()
    assert second.post(url(made, "review"), {"seen": made.revision + 1}).status_code == 409  # an older page
    assert second.post(url(made, "review"), seen).status_code == 303
    assert first.post(url(made, "publish")).status_code == 303
    made.refresh_from_db()
    assert (made.status, str(made.reviewed_by), str(made.made_by)) == ("published", "Tom Reed", "Dana Voss")
    assert made.note == "We close earlier."
    assert first.get(url(made, "edit"))["Location"] == url(made)
    assert first.post(url(made, "discard")).status_code == 422
    assert "Replaced; in force since" in first.get(url(office())).content.decode()


def test_a_draft_can_be_thrown_away(authors, draft):
    assert authors[1].post(url(draft, "discard")).status_code == 303
    assert not CalendarVersion.objects.filter(pk=draft.pk).exists()


# The form


def test_hours_are_added_and_taken_off_without_saving(authors, draft, everything):
    client, before = authors[0], everything()
    added = sent(client, draft, "add-hours", span="5-6", from_time="22", to_time="6.00", zone="Europe/Pa")
    rows = added.context["form"].rows
    assert [(r.weekday, r.opens, r.closes) for r in rows[-2:]] == [("5", "22:00", "06:00"), ("6", "22:00", "06:00")]
    assert len(rows) == 7 and added.context["form"]["zone"].value() == "Europe/Pa"
    assert "2 rows added." in added.content.decode()
    dropped = sent(client, draft, "drop:0", zone="Europe/Paris")
    assert [r.weekday for r in dropped.context["form"].rows] == ["1", "2", "3", "4"]
    again = sent(client, draft, "add-hours", span="0", from_time="09:00", to_time="17:30")
    assert len(again.context["form"].rows) == 5 and "on the list already" in again.content.decode()
    wrong = sent(client, draft, "add-hours", span="0", from_time="25:00", to_time="")
    assert wrong.status_code == 422
    assert "“25:00” is no time" in wrong.content.decode() and "such as 09:00" in wrong.content.decode()
    assert everything() == before


def test_holidays_are_looked_up_unticked_and_kept_as_they_are(authors, draft):
    client = authors[0]
    asked = {"country": "DE", "region": "bayern", "first_year": "2033", "last_year": "2033"}
    found = sent(client, draft, "find-holidays", **asked).context["form"]
    new = [row for row in found.days if row.day.year == 2033]
    assert "Epiphany" in {row.name for row in new} and all(row.ticked for row in new)
    gone = next(row for row in new if row.name == "Epiphany")
    kept = {"shown": found.shown, "day_off": [row.value for row in found.days if row != gone]}
    back = sent(client, draft, "add-day", own_day="24.12.2033", own_name="Christmas Eve", **kept).context["form"]
    assert not next(row for row in back.days if row.day == gone.day).ticked  # still shown
    kept = {"shown": back.shown, "day_off": [row.value for row in back.days if row.ticked]}
    assert sent(client, draft, **kept).status_code == 303
    draft.refresh_from_db()
    names = {row["name"] for row in draft.document["days_off"] if row["date"].startswith("2033")}
    assert "Christmas Eve" in names and "Epiphany" not in names
    assert len(names) == len(new)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"country": "DE", "region": "Texas", "first_year": "2027", "last_year": "2028"}, "no region of Germany"),
        (
            {"country": "IS", "region": "North", "first_year": "2027", "last_year": "2028"},
            "one list for all of Iceland",
        ),
        ({"country": "", "region": "", "first_year": "2027", "last_year": "2028"}, "Choose a country."),
        ({"country": "DE", "region": "", "first_year": "2028", "last_year": "2027"}, "the first one first"),
        ({"country": "DE", "region": "", "first_year": "2027", "last_year": "2199"}, "up to 30 years"),
        ({"country": "DE", "region": "", "first_year": "", "last_year": "2027"}, "Write the first year."),
    ],
)
def test_holidays_that_cannot_be_looked_up(authors, draft, asked, words):
    answer = sent(authors[0], draft, "find-holidays", **asked)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert len(answer.context["form"].rows) == 5  # nothing typed is lost


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"zone": "Europe/Atlantis"}, "zone", "no known time zone"),
        ({"zone": ""}, "zone", "Choose a time zone"),
        ({"kind": ""}, "kind", "Choose opening hours"),
        ({"weekday": [], "opens": [], "closes": []}, "windows", "never open"),
        ({"opens": ["09:00", "9 am", "09:00", "09:00", "09:00"]}, "windows", "Tuesday, “9 am”"),
        ({"weekday": ["0", "0", "2", "3", "4"]}, "windows", "overlap"),
        ({"closes": ["09:00"] * 5}, "windows", "no length"),
        ({"note": " "}, "note", "what changes and why"),
    ],
)
def test_a_wrong_draft_is_refused_beside_its_field_and_kept_as_typed(authors, draft, changes, field, words, everything):
    client, before = authors[0], everything()
    for press in ("save", "check"):
        answer = sent(client, draft, press, **changes)
        assert answer.status_code == 422
        assert words in str(answer.context["form"].errors[field])
        text = answer.content.decode()
        assert text.count("There is a problem") == 1 and "<title>Error: " in text
        for value in changes.values():
            for typed in value if isinstance(value, list) else [value.strip()]:
                assert not typed or f'value="{typed}"' in text
    assert everything() == before


def test_rows_that_overlap_are_the_ones_marked(authors, draft):
    answer = sent(authors[0], draft, weekday=["0", "1", "1", "3", "4"])
    assert [wrong for _row, wrong in answer.context["form"].marked] == [False, True, True, False, False]


def test_a_calendar_that_never_opens_within_ten_years_is_refused(authors, draft, everything):
    sundays = [MONDAY.date() + timedelta(days=6 + 7 * n) for n in range(560)]
    lines = [f"{day} Closed" for day in sundays]
    before = everything()
    shut = {"weekday": ["6"], "opens": ["10:00"], "closes": ["12:00"], "shown": "\n".join(lines), "day_off": lines}
    answer = sent(authors[0], draft, **shut)
    assert answer.status_code == 422
    assert "not enough open time within ten years" in str(answer.context["form"].errors["windows"])
    assert everything() == before


def test_who_was_slower_keeps_what_they_typed(authors, draft):
    first, second = authors
    assert sent(first, draft, note="First.").status_code == 303
    late = sent(second, draft, note="Second.", zone="Europe/Berlin", seen=draft.revision, closes=["16:00"] * 5)
    assert late.status_code == 409  # the reason counts as a change, too
    answer = sent(first, draft, note="Third.", seen=draft.revision, closes=["16:00"] * 5)
    assert answer.status_code == 409
    assert "Somebody changed this draft" in answer.content.decode() and "Third." in answer.content.decode()
    assert answer.context["form"]["seen"].value() == str(draft.revision + 1)


def test_the_check_shows_ten_deadlines_of_both_versions(authors, draft, everything):
    before = everything()
    page = sent(authors[0], draft, "check", opens=["10:00"] * 5)
    targets = page.context["targets"]
    assert len(targets) == 10
    assert [row["target"] for row in targets][:2] == ["30 minutes", "1 working hour"]
    hour = targets[1]
    assert (hour["old"]["due"], hour["new"]["due"], hour["shift"]) == (
        MONDAY + timedelta(minutes=90), MONDAY + timedelta(minutes=90), "the same",
    )  # fmt: skip
    day = next(row for row in targets if row["is_day"])
    assert day["shift"] == "1 h later"
    for row in targets:
        for proof in (row["old"], row["new"]):
            assert sum(i["seconds"] for i in proof["rows"] if i["kind"] == "counted") == proof["target_seconds"]
    assert everything() == before


# The page of a version


def test_deadlines_are_counted_from_the_instant_asked_for_on_the_calendars_clocks(authors, draft):
    page = authors[0].get(url(draft), {"start": "2026-07-03T16:30"})  # a Friday in summer time
    assert page.context["start"].isoformat() == "2026-07-03T16:30:00+01:00"
    assert page.context["targets"][1]["new"]["due"].isoformat() == "2026-07-03T16:30:00+00:00"
    wrong = authors[0].get(url(draft), {"start": "soon"})
    assert wrong.status_code == 200 and "Enter a date and a time" in wrong.content.decode()


def test_two_weeks_show_days_off_and_days_of_other_length(cast, authors, go):
    go(MONDAY.replace(month=3, day=23))  # the clocks go forward on Sunday 29 March 2026; Good Friday is 3 April
    always = {"zone": "Europe/London", "always": True, "days_off": [{"date": "2026-04-03", "name": "Good Friday"}]}
    made = versions.found("night-and-day", always, by=cast.supervisor, at=MONDAY)
    days = authors[0].get(url(made)).context["days"]
    assert len(days) == 14 and days[0]["today"]
    assert (days[6]["day"], days[6]["seconds"]) == ("Sun 29 Mar", 23 * 3600)
    assert (days[11]["note"], days[11]["hours"], days[11]["seconds"]) == ("Good Friday", ["Closed"], 0)
    assert days[0]["bars"] == [{"kind": "counted", "x": "0.00%", "width": "100.00%"}]


def test_a_list_that_ends_soon_is_said(authors, go):
    go(MONDAY.replace(year=2032, month=6))
    assert "Public holidays are known until 31 Dec 2032" in authors[0].get(url(office())).content.decode()
    assert "tag soon" in authors[0].get(PLACE).content.decode()


# Files


def test_a_calendar_goes_out_and_comes_back(authors):
    client = authors[0]
    file = client.get(f"{PLACE}{office().pk}/calendar.json")
    assert file["Content-Disposition"] == 'attachment; filename="calendar-office-1.json"'
    upload = SimpleUploadedFile("office.json", file.content)
    answer = client.post(f"{PLACE}new/", {"key": "copy", "file": upload})
    made = CalendarVersion.objects.get(key="copy")
    assert answer["Location"] == url(made, "edit")
    given, taken = json.loads(file.content), json.loads(client.get(f"{PLACE}{made.pk}/calendar.json").content)
    assert taken == given | {"label": "copy@1"}
    upload = SimpleUploadedFile("office.json", json.dumps(given | {"zone": "Europe/Berlin"}).encode())
    client.post(url(office(), "begin"), {"from_file": "1", "file": upload})
    assert versions.draft_of("office").document["zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not json", "is not JSON"),
        (b"[" * 20_000, "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[1, 2]", "holds no calendar"),
        (b'{"zone": "UTC"}', "never open"),
        (b'{"zone": "UTC", "always": 1}', "ust be true or false"),
        (b'{"zone": "UTC", "windows": [[]]}', "must have exactly weekday"),
        (b'{"zone": "UTC", "always": true, "days_off": [{"date": "2026-01-01", "name": "a\\u0000"}]}', "one line"),
        (b'{"zone": "UTC", "always": true, "x": 1}', "nknown field"),
        (b" " * 500_001, "at most 500 kB"),
    ],
)
def test_files_that_hold_no_calendar(authors, content, words, everything):
    before = everything()
    for where, data in ((f"{PLACE}new/", {"key": "fresh"}), (url(office(), "begin"), {"from_file": "1"})):
        answer = authors[0].post(where, data | {"file": SimpleUploadedFile("c.json", content)})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert everything() == before


def test_a_file_of_too_many_windows_is_refused(authors, everything):
    rows = [{"weekday": d, "opens": f"{h:02}:00", "closes": f"{h:02}:30"} for d in range(6) for h in range(12)]
    content, before = json.dumps({"zone": "UTC", "windows": rows}).encode(), everything()
    for where, data in ((f"{PLACE}new/", {"key": "fresh"}), (url(office(), "begin"), {"from_file": "1"})):
        answer = authors[0].post(where, data | {"file": SimpleUploadedFile("c.json", content)})
        assert answer.status_code == 422
        assert "A calendar holds at most 70 windows" in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize(("key", "words"), [("office", "already"), ("Not so", "small letters"), ("", "short name")])
def test_a_new_calendar_needs_a_short_name_of_its_own(authors, key, words):
    answer = authors[0].post(f"{PLACE}new/", {"key": key})
    assert answer.status_code == 422 and words in answer.content.decode()


def test_a_new_calendar_starts_as_a_draft_for_office_hours(authors):
    authors[0].post(f"{PLACE}new/", {"key": "berlin"})
    made = CalendarVersion.objects.get(label="berlin@1")
    assert made.status == "draft" and len(made.document["windows"]) == 5
    assert "No version in force" in authors[0].get(PLACE).content.decode()
