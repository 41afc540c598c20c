"""Calendars in their versions: two people, future clocks only, refusals with a sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from escalation import calendar_versions as versions
from escalation import publishing
from escalation.book import calendars_at, forget, rules_in_force
from escalation.calendars import countries, regions
from escalation.lint.versions import errors_of
from escalation.models import CalendarVersion, ProtocolVersion, StageClock
from escalation.publishing import NotPublishable, Overtaken
from escalation.replay import replay_many
from escalation.worktime import CalendarError
from tests.cast import MONDAY

LATER = MONDAY + timedelta(days=1)
SHORT = {"zone": "Europe/London", "windows": [{"weekday": d, "opens": "10:00", "closes": "14:00"} for d in range(5)]}


@pytest.fixture
def authors(cast):
    """Two people who may write rules."""
    group = Group.objects.get(name="Protocol authors")
    for user in (cast.supervisor, cast.tiers[1]):
        user.groups.add(group)
    return cast.supervisor, cast.tiers[1]


def ready(authors, document=SHORT, *, at=LATER) -> CalendarVersion:
    """A draft of office drawn up by one and reviewed by the other."""
    first, second = authors
    draft = versions.begin("office", by=first, at=at)
    draft = versions.save(draft, document, note="Shorter days.", seen=draft.revision, by=first, at=at)
    return publishing.review(draft, seen=draft.revision, by=second, at=at)


def test_publishing_moves_none_of_fifty_open_clocks_and_later_ones_count_on_it(cast, authors):
    for _ in range(50):
        cast.file(impact="degraded")
    before = list(StageClock.objects.order_by("pk").values())
    on_office = [row for row in before if row["calendar"] == "office@1"]
    assert len(on_office) >= 50
    draft = ready(authors)
    versions.publish(draft, by=authors[0], at=LATER)
    assert list(StageClock.objects.order_by("pk").values()) == before
    assert versions.open_clocks()["office@1"] == len(on_office)
    meanwhile = cast.file(impact="degraded", at=LATER + timedelta(seconds=59))
    assert {row.calendar for row in StageClock.objects.filter(case=meanwhile)} == {"office@1"}
    assert not list(replay_many([meanwhile.pk]))
    since = LATER + versions.AHEAD
    late = cast.file(impact="degraded", at=since)
    assert {row.calendar for row in StageClock.objects.filter(case=late)} == {"office@2"}
    started = StageClock.objects.get(case=late, kind="review")
    assert started.due_at == versions.calendar_of(draft).due(started.started_at, started.target)
    # A clock of an older case that starts now counts on the new version, too; the one that runs keeps its own.
    assert rules_in_force().calendar("office", MONDAY).label == "office@1"
    assert rules_in_force().calendar("office", since).label == "office@2"
    assert calendars_at(since)["office"].label == "office@2"
    assert calendars_at(LATER)["office"].label == "office@1"
    assert calendars_at(MONDAY)["office"].label == "office@1"


def test_two_people_are_needed(authors):
    first, _second = authors
    draft = versions.begin("office", by=first, at=LATER)
    draft = versions.save(draft, SHORT, note="Shorter days.", seen=draft.revision, by=first, at=LATER)
    with pytest.raises(NotPublishable, match="Somebody else"):
        publishing.review(draft, seen=draft.revision, by=first, at=LATER)
    with pytest.raises(NotPublishable, match="second person"):
        versions.publish(draft, by=first, at=LATER)


def test_a_calendar_has_one_draft(authors):
    first, second = authors
    draft = versions.begin("office", by=first, at=LATER)
    assert versions.begin("office", by=second, at=LATER).pk == draft.pk
    with pytest.raises(NotPublishable, match="drawn up already"):
        versions.begin("office", by=second, at=LATER, document=SHORT)
    assert CalendarVersion.objects.filter(key="office").count() == 2
    assert versions.draft_of("office").pk == draft.pk
    assert versions.in_force("office").label == "office@1"


def test_who_was_slower_is_told_and_changes_nothing(authors):
    first, second = authors
    draft = versions.begin("office", by=first, at=LATER)
    versions.save(draft, SHORT, note="Shorter days.", seen=draft.revision, by=first, at=LATER)
    wider = SHORT | {"zone": "Europe/Berlin"}
    with pytest.raises(Overtaken):
        versions.save(draft, wider, note="Moved.", seen=draft.revision, by=second, at=LATER)
    draft.refresh_from_db()
    assert (draft.document["zone"], draft.note) == ("Europe/London", "Shorter days.")


def test_the_same_words_again_keep_the_review(authors):
    draft = ready(authors)
    again = versions.save(draft, SHORT, note="Shorter days.", seen=draft.revision, by=authors[0], at=LATER)
    assert again.status == CalendarVersion.Status.REVIEWED
    changed = versions.save(
        draft, SHORT | {"zone": "Europe/Berlin"}, note="Moved.", seen=draft.revision, by=authors[0], at=LATER
    )
    assert changed.status == CalendarVersion.Status.DRAFT


SUNDAYS = [date(2026, 1, 4) + timedelta(weeks=n) for n in range(11 * 53)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"zone": "Europe/Atlantis"}, "zone: "),
        ({"windows": []}, "never open"),
        ({"windows": [*SHORT["windows"], {"weekday": 0, "opens": "13:00", "closes": "15:00"}]}, "overlap"),
        (
            {
                "windows": [{"weekday": 6, "opens": "10:00", "closes": "12:00"}],
                "days_off": [{"date": day.isoformat(), "name": "Closed"} for day in SUNDAYS],
            },
            "ten years",
        ),
        ({"days_off": [{"date": "2026-12-25", "name": "Christmas\x00"}]}, "one line"),
        ({"days_off": [{"date": "2026-12-25", "name": "x" * 301}]}, "one line"),
        (
            {"days_off": [{"date": (date(2020, 1, 1) + timedelta(days=n)).isoformat(), "name": "Off"} for n in range(801)]},
            "at most 800",
        ),
        (
            {"windows": [{"weekday": d, "opens": f"{h:02}:00", "closes": f"{h:02}:30"} for d in range(6) for h in range(12)]},
            "at most 70",
        ),
        ({"surprise": 1}, "unknown field"),
    ],
)  # fmt: skip
def test_what_no_draft_can_say(authors, change, words):
    draft = versions.begin("office", by=authors[0], at=LATER)
    before = CalendarVersion.objects.values().get(pk=draft.pk)
    with pytest.raises(CalendarError, match=words):
        versions.save(draft, SHORT | change, note="Why.", seen=draft.revision, by=authors[0], at=LATER)
    with pytest.raises(CalendarError, match=words):
        versions.found("fresh", SHORT | change, by=authors[0], at=LATER)
    assert CalendarVersion.objects.values().get(pk=draft.pk) == before
    assert not CalendarVersion.objects.filter(key="fresh").exists()


def test_a_calendar_too_narrow_for_a_target_of_the_protocol_is_not_published(authors):
    minute = {"zone": "UTC", "windows": [{"weekday": 0, "opens": "10:00", "closes": "10:05"}]}
    draft = ready(authors, minute)
    with pytest.raises(NotPublishable, match="ten years"):
        versions.publish(draft, by=authors[1], at=LATER)
    draft.refresh_from_db()
    assert draft.status == CalendarVersion.Status.REVIEWED


@pytest.mark.parametrize("key", ["", "Not A Slug", "office!", "x" * 61])
def test_a_short_name_is_a_slug(authors, key):
    with pytest.raises(NotPublishable, match="small letters"):
        versions.found(key, SHORT, by=authors[0], at=LATER)


def test_a_short_name_is_given_once(authors):
    with pytest.raises(NotPublishable, match="There is a calendar “office” already"):
        versions.found("office", SHORT, by=authors[0], at=LATER)


def test_export_and_import_give_the_same_calendar(authors):
    office = versions.calendar_of(versions.in_force("office"))
    copy = versions.found("copy", office.to_document(), by=authors[0], at=LATER)
    taken = versions.calendar_of(copy)
    assert (taken.zone, taken.windows, taken.days_off, taken.always) == (
        office.zone, office.windows, office.days_off, office.always,
    )  # fmt: skip
    assert taken.label == "copy@1"


def test_which_protocol_names_it(authors):
    named = versions.named_by()
    (office,), (always,) = named["office"], named["always"]
    matrix = rules_in_force().protocol.matrix.values()
    assert office.rows + always.rows == len(matrix)
    assert office.severities == (2, 3, 4) and always.severities == (1,)
    assert office.other_times and not always.other_times
    assert office.longest == max(
        *(c.resolve for c in matrix if c.calendar == "office"), rules_in_force().protocol.windows.lapse
    )


def test_a_list_of_days_off_that_ends_within_a_year_is_said(authors):
    office = versions.calendar_of(versions.in_force("office"))
    assert versions.known_until(office) == date(2032, 12, 31)
    assert not versions.runs_out(office, datetime(2031, 12, 31, tzinfo=UTC))
    assert versions.runs_out(office, datetime(2032, 1, 2, tzinfo=UTC))
    always = versions.calendar_of(versions.in_force("always"))
    assert versions.known_until(always) is None and not versions.runs_out(always, LATER)


def test_countries_and_regions_have_names():
    assert dict(countries())["GB"] == "United Kingdom"
    assert ("BY", "Bayern") in regions("DE") and ("ENG", "England") in regions("GB")
    assert regions("XX") == ()


def test_a_protocol_is_checked_on_the_calendar_that_counts_in_a_moment(cast, authors):
    """Published within the minute before, a calendar no target of the protocol fits on is seen all the same."""
    version = ProtocolVersion.objects.get(label="five-tier@1")
    assert not errors_of(LATER + timedelta(seconds=20))(version)
    shut = {**SHORT, "windows": [{"weekday": 0, "opens": "09:00", "closes": "09:01"}]}
    draft = ready(authors, shut)
    # Not by `publish`, which would refuse it while this protocol is in force; what is kept of documents goes likewise.
    CalendarVersion.objects.filter(pk=draft.pk).update(status="published", published_at=LATER + versions.AHEAD)
    forget()
    assert errors_of(LATER + timedelta(seconds=20))(version)
    forget()
