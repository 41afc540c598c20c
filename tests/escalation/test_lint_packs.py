"""Packs: what goes out comes in unchanged, coming in publishes nothing, and what cannot be used is named."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cases.models import Category, Team
from escalation.book import DEFAULT, calendars_at, rules_in_force
from escalation.calendar_versions import begin
from escalation.lint.versions import lint_version
from escalation.models import CalendarVersion, ProtocolChoice, ProtocolVersion
from escalation.packs import PACKS, check_pack, export_pack, import_pack, presets, read_pack
from escalation.packs.exchange import teams_of
from escalation.protocol import MissingCell, ProtocolError
from escalation.publishing import discard, publish, review
from escalation.reading import parse
from tests.escalation.lint_sound import sound

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", PACKS)
def test_a_shipped_pack_speaks_every_language_customers_can_choose(name, settings):
    pack, english = read_pack(name), {"en-gb", "en"}
    for row in (*pack["teams"], *pack["categories"]):
        fields = {field for field in ("name", "hours", "example") if row.get(field)}
        for code, _ in settings.LANGUAGES:
            if code not in english:
                assert {f for f, words in row["translations"][code].items() if words.strip()} == fields, (row, code)


def pack_of(seed):
    """A random sound protocol as a pack."""
    draft = sound(seed)
    teams = teams_of(parse("random@1", draft.document))
    return {
        "format": 1,
        "key": f"random-{seed}",
        "teams": [{"slug": slug, "name": draft.world["team_names"][slug], "hours": "Days"} for slug in teams],
        "categories": [{"slug": slug, "name": name, "example": ""} for slug, name in draft.world["categories"].items()],
        "calendars": {
            key: {field: value for field, value in calendar.to_document().items() if field != "label"}
            for key, calendar in draft.calendars.items()
        },
        "protocol": draft.document,
    }


def bare():
    """An installation without topics and teams of its own."""
    Category.objects.all().delete()
    Team.objects.all().delete()


@pytest.mark.parametrize("name", PACKS)
def test_a_shipped_pack_goes_in_and_comes_out(name, cast):
    Category.objects.all().delete()
    pack = read_pack(name)
    made = import_pack(pack, cast.supervisor, AT)
    assert export_pack(pack["key"], made.number) == pack


@pytest.mark.parametrize("seed", range(20))
def test_what_goes_out_comes_in_unchanged(seed, cast):
    bare()
    pack = pack_of(seed)
    first = import_pack(pack, cast.supervisor, AT)
    assert export_pack(first.key) == pack
    drafts = CalendarVersion.objects.count()
    second = import_pack(export_pack(first.key), cast.supervisor, AT)
    assert (second.number, second.document) == (2, first.document)
    assert CalendarVersion.objects.count() == drafts, "calendars that are the same get no new draft"
    assert export_pack(second.key) == pack


def test_the_protocol_in_force_goes_out(cast):
    assert export_pack(DEFAULT) == read_pack("five_tier")


def test_coming_in_publishes_nothing(cast):
    topics = set(Category.objects.filter(is_active=True))
    published = (
        set(ProtocolVersion.objects.exclude(status="draft")),
        set(CalendarVersion.objects.exclude(status="draft")),
    )
    rules, calendars = rules_in_force(), calendars_at(AT)
    made = import_pack(read_pack("saas_24x7"), cast.supervisor, AT)
    assert (made.status, made.made_by, made.number) == ("draft", cast.supervisor, 1)
    assert made.note
    assert set(Category.objects.filter(is_active=True)) == topics
    assert (
        set(ProtocolVersion.objects.exclude(status="draft")),
        set(CalendarVersion.objects.exclude(status="draft")),
    ) == published
    assert (rules_in_force(), calendars_at(AT)) == (rules, calendars)
    assert not Team.objects.get(slug="incident-command").members.exists()


def test_what_is_there_stays(cast):
    pack = read_pack("five_tier")
    pack["teams"][0]["name"] = pack["categories"][0]["name"] = "Renamed"
    pack["calendars"]["office"]["windows"].pop()
    made = import_pack(pack, cast.supervisor, AT)
    assert made.number == 2
    assert Team.objects.get(slug="service-representatives").name == "Service representatives"
    assert Category.objects.get(slug="orders").name == "An order"
    assert [c.number for c in CalendarVersion.objects.filter(status="draft")] == [2]
    assert export_pack(DEFAULT)["calendars"] == read_pack("five_tier")["calendars"], "drafts do not go out with it"
    assert export_pack(DEFAULT, 2)["calendars"] == pack["calendars"]


_DAYS_OFF = [{"date": (date(2026, 1, 1) + timedelta(days=n)).isoformat(), "name": "Off"} for n in range(801)]
_MONDAYS = [{"date": (date(2026, 1, 5) + timedelta(weeks=n)).isoformat(), "name": "Off"} for n in range(11 * 53)]
_WINDOWS = [
    {"weekday": day, "opens": f"{hour:02}:00", "closes": f"{hour:02}:30"} for day in range(6) for hour in range(12)
]
_ROWS = [{"slug": f"row-{n}", "name": "Row"} for n in range(201)]


def _office(pack, **changes):
    return pack | {"calendars": {"office": {"zone": "UTC", "windows": _WINDOWS[:70]} | changes}}


BROKEN = {
    "a list": (lambda p: [], "no protocol pack"),
    "another format": (lambda p: p | {"format": 2}, "format 1"),
    "no key": (lambda p: p | {"key": "Five Tier"}, "“key”"),
    "key with a line end": (lambda p: p | {"key": "five-tier\n"}, "“key”"),
    "no teams": (lambda p: p | {"teams": None}, "“teams” is missing"),
    "team without name": (lambda p: p | {"teams": [{"slug": "a"}]}, "teams: row 1"),
    "team with more": (lambda p: p | {"teams": [{"slug": "a", "name": "A", "id": "7"}]}, "teams: row 1"),
    "words in no language": (
        lambda p: p | {"teams": [{"slug": "a", "name": "A", "translations": ["B"]}]},
        "row 1 has translations that are not name, hours by language",
    ),
    "words of no field": (
        lambda p: p | {"categories": [{"slug": "a", "name": "A", "translations": {"de": {"slug": "b"}}}]},
        "row 1 has translations that are not name, example by language",
    ),
    "long words": (
        lambda p: p | {"teams": [{"slug": "a", "name": "A", "translations": {"de": {"hours": "H" * 101}}}]},
        "more than 100",
    ),
    "long name": (lambda p: p | {"categories": [{"slug": "a", "name": "A" * 101}]}, "more than 100"),
    "calendar": (lambda p: p | {"calendars": {"office": {"zone": "Mars"}}}, "calendar “office”"),
    "calendar a word": (lambda p: p | {"calendars": {"office": "nine to five"}}, "calendar “office”"),
    "calendar's name": (lambda p: p | {"calendars": {"Of fice": p["calendars"]["always"]}}, "small letters"),
    "protocol": (lambda p: p | {"protocol": {}}, "tiers"),
    "calendar of too many days off": (lambda p: _office(p, days_off=_DAYS_OFF), "calendar “office”: .*at most 800 days"),
    "calendar of too many windows": (lambda p: _office(p, windows=_WINDOWS), "calendar “office”: .*at most 70 windows"),
    "day off of a long name": (lambda p: _office(p, days_off=[{"date": "2026-12-25", "name": "x" * 301}]), "300 signs"),
    "calendar that is shut": (lambda p: _office(p, windows=_WINDOWS[:1], days_off=_MONDAYS), "within ten years"),
    "too many teams": (lambda p: p | {"teams": _ROWS}, "teams: there are 201; a pack holds at most 200"),
    "too many topics": (lambda p: p | {"categories": _ROWS}, "categories: there are 201; a pack holds at most 200"),
    "too many calendars": (
        lambda p: p | {"calendars": {f"c{n}": p["calendars"]["always"] for n in range(51)}},
        "calendars: there are 51; a pack holds at most 50",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_pack_that_cannot_be_used_is_named_and_changes_nothing(name, cast):
    change, words = BROKEN[name]
    before = [model.objects.count() for model in (Team, Category, CalendarVersion, ProtocolVersion)]
    with pytest.raises(ProtocolError, match=words):
        import_pack(change(read_pack("small_team")), cast.supervisor, AT)
    assert [model.objects.count() for model in (Team, Category, CalendarVersion, ProtocolVersion)] == before


def test_a_calendar_at_its_limits_comes_in(cast):
    full = {"windows": _WINDOWS[:70], "days_off": _DAYS_OFF[:800]}
    import_pack(_office(read_pack("small_team"), **full), cast.supervisor, AT)
    made = CalendarVersion.objects.get(key="office", status="draft")
    assert (len(made.document["windows"]), len(made.document["days_off"])) == (70, 800)


def test_a_calendar_somebody_draws_up_gets_no_second_draft(cast):
    pack = read_pack("five_tier")
    theirs = begin("office", by=cast.tiers[5], at=AT)
    narrower = _office(pack)
    with pytest.raises(ProtocolError, match="calendar “office”: office@2 is being drawn up already"):
        import_pack(narrower, cast.supervisor, AT)
    assert list(CalendarVersion.objects.filter(status="draft")) == [theirs]
    assert not ProtocolVersion.objects.filter(status="draft").exists()
    discard(theirs, by=cast.tiers[5], at=AT)
    import_pack(narrower, cast.supervisor, AT)
    import_pack(narrower, cast.supervisor, AT)  # the draft says the same
    assert CalendarVersion.objects.filter(status="draft").count() == 1


@pytest.mark.parametrize(("key", "number"), [("nothing", None), (DEFAULT, 7)])
def test_a_version_that_does_not_exist_is_named(key, number):
    with pytest.raises(LookupError, match=f"“{key}”") as caught:
        export_pack(key, number)
    assert not isinstance(caught.value, MissingCell)


# Presets ------------------------------------------------------------------------------------------------------


def test_presets_fit_any_level():
    """Both are read as steps of the shipped protocols, where their own team and specialists exist."""
    found = {preset.level: preset for preset in presets()}
    assert set(found) == {1, 2}
    assert any("call_task" in step["actions"] for step in found[1].steps)
    for preset in found.values():
        pack = read_pack("saas_24x7")
        tier = pack["protocol"]["tiers"][preset.level - 1]
        tier["steps"] = preset.fitted(tier["team"], "incident-command")
        protocol = check_pack(pack, AT)
        assert len(protocol.tier(preset.level).steps) == len(preset.steps)
        assert all("{" not in step.target for step in protocol.tier(preset.level).steps)


def test_a_preset_that_needs_specialists_says_so():
    (preset,) = [one for one in presets() if one.needs_specialists]
    with pytest.raises(ValueError, match="specialist team"):
        preset.fitted("desk")


# What is stored -----------------------------------------------------------------------------------------------


def test_a_stored_version_is_looked_at_in_the_world_there_is(cast):
    version = ProtocolVersion.objects.get(key=DEFAULT, status="published")
    assert [str(finding) for finding in lint_version(version, AT)] == []
    cast.tiers[5].is_active = False
    cast.tiers[5].save(update_fields=["is_active"])
    cast.tiers[2].teams.add(cast.teams[3])
    cast.tiers[3].is_active = False
    cast.tiers[3].save(update_fields=["is_active"])
    cast.customer.language = "fr"
    cast.customer.save(update_fields=["language"])
    Category.objects.create(slug="tea", name="Tea")
    codes = {finding.code for finding in lint_version(version, AT)}
    assert {"last_tier_empty", "one_person_neighbours", "event_no_language", "category_without_policy"} <= codes


def test_a_draft_is_looked_at_on_published_calendars_only(cast):
    """Its own calendars came in as drafts: until they are published each of its cells says so."""
    made = import_pack(read_pack("small_team"), cast.supervisor, AT)
    found = [finding for finding in lint_version(made, AT) if finding.code == "calendar_unknown"]
    assert [finding.key.item for finding in found if finding.key.kind == "calendar"] == ["weekdays-berlin"]
    assert len([finding for finding in found if finding.key.kind == "cell"]) == 8


def test_only_topics_whose_cases_come_under_a_protocol_need_its_word(cast):
    """While no line chooses it, its own topics count; then those of the lines; all of them for a line without one."""
    made = import_pack(read_pack("small_team"), cast.supervisor, AT)
    people = [cast.tiers[1], cast.tiers[2], cast.mate, cast.supervisor]
    Team.objects.get(slug="front-desk").members.set(people[:2])
    Team.objects.get(slug="owners").members.set(people[2:])
    for calendar in CalendarVersion.objects.filter(status="draft"):
        reviewed = review(calendar, seen=calendar.revision, by=cast.tiers[5], at=AT)
        publish(reviewed, by=cast.tiers[5], at=AT, errors=lambda version: ())

    def silent():
        found = lint_version(made, AT)
        return {finding.key.category for finding in found if finding.code == "category_without_policy"}

    assert [str(finding) for finding in lint_version(made, AT)] == []
    line = ProtocolChoice.objects.create(
        position=1, protocol="small-team", category=Category.objects.get(slug="billing")
    )
    assert silent() == {"billing"}
    line.category = None
    line.save(update_fields=["category"])
    assert silent() == {"orders", "billing", "account", "delivery", "technical"}, "both have “other”"
