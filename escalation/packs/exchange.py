"""Carries a protocol in and out as one JSON pack: its teams, topics, calendars and document."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction

from cases.models import Category, Team, User
from cases.models.people import slug_rule
from escalation.calendar_versions import draft_of, usable
from escalation.calendars import CalendarError
from escalation.models import CalendarVersion, ProtocolVersion
from escalation.protocol import Protocol, ProtocolError
from escalation.publishing import draft
from escalation.reading import parse

FORMAT = 1
NOTE = "Brought in from a pack."
ALWAYS = "always"
TEAM_FIELDS, TOPIC_FIELDS = ("slug", "name", "hours"), ("slug", "name", "example")
WORDS = "translations"  # of a row, where it has any: {"de": {"name": ...}}
LONGEST = 50  # characters of a slug
MOST = {"teams": 200, "categories": 200, "calendars": 50}  # rows of a pack
Status = ProtocolVersion.Status


def export_pack(key: str, number: int | None = None) -> dict[str, Any]:
    """The pack of a protocol: version `number`, else the one in force, else the newest.

    A published version brings its calendars as they are in force, a draft brings their newest versions. Raises
    LookupError with a sentence when there is no such version.
    """
    versions = ProtocolVersion.objects.filter(key=key)
    if number is not None:
        version = versions.filter(number=number).first()
    else:
        version = versions.filter(status=Status.PUBLISHED).first() or versions.order_by("-number").first()
    if version is None:
        raise LookupError(f"There is no version{f' {number}' if number else ''} of the protocol “{key}”.")
    protocol = parse(version.label, version.document)
    public = version.status in (Status.PUBLISHED, Status.RETIRED)
    topics = Category.objects.filter(slug__in={*protocol.topics, *(row for row, _, _ in protocol.matrix)})
    return {
        "format": FORMAT,
        "key": key,
        "teams": _teams(protocol),
        "categories": [_plain(row) for row in topics.order_by("position", "slug").values(*TOPIC_FIELDS, WORDS)],
        "calendars": {name: _newest_calendar(name, public=public) for name in calendars_of(protocol)},
        "protocol": version.document,
    }


def calendars_of(protocol: Protocol) -> tuple[str, ...]:
    """The calendars a protocol counts on, by name; `always` runs the timers of every protocol."""
    named = {cell.calendar for cell in protocol.matrix.values()}
    return tuple(sorted(named | {protocol.windows.calendar, ALWAYS}))


def teams_of(protocol: Protocol) -> tuple[str, ...]:
    """The teams a protocol names, from the first level up, each once."""
    named = [team for tier in protocol.tiers for team in tier.all_teams]
    told = [address for cell in protocol.matrix.values() for address in cell.told]
    targets = [step.target for tier in protocol.tiers for step in tier.steps]
    named += [name for kind, _, name in (one.partition(":") for one in targets + told) if kind in _OF_TEAMS and name]
    return tuple(dict.fromkeys(named))


_OF_TEAMS = ("team", "duty", "lead")


def _teams(protocol: Protocol) -> list[dict[str, Any]]:
    rows = {row["slug"]: row for row in Team.objects.values(*TEAM_FIELDS, WORDS)}
    return [_plain(rows[slug]) for slug in teams_of(protocol) if slug in rows]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a table as a pack has it: what nobody translated is not mentioned."""
    return row if row[WORDS] else {name: value for name, value in row.items() if name != WORDS}


def _newest_calendar(key: str, *, public: bool) -> dict[str, Any]:
    found = CalendarVersion.objects.filter(key=key)
    if public:
        found = found.filter(status__in=(Status.PUBLISHED, Status.RETIRED))
    document = found.order_by("-number").values_list("document", flat=True).first()
    if document is None:
        raise LookupError(f"The protocol names the calendar “{key}”, which does not exist.")
    return document


# In ------------------------------------------------------------------------------------------------------------


def check_pack(pack: object, at: datetime) -> Protocol:
    """The protocol of a pack, whose calendars open some time after `at`.

    Raises ProtocolError with the place and the reason when the pack cannot be used.
    """
    if not isinstance(pack, dict) or pack.get("format") != FORMAT:
        raise ProtocolError(f"Pack: this is no protocol pack of format {FORMAT}.")
    key = pack.get("key")
    if not _is_slug(key):
        raise ProtocolError("Pack: “key” is a name of small letters, digits and dashes.")
    for name, kind in (("teams", list), ("categories", list), ("calendars", dict), ("protocol", dict)):
        if not isinstance(pack.get(name), kind):
            raise ProtocolError(f"Pack: “{name}” is missing or not a {kind.__name__}.")
    for name, most in MOST.items():
        if len(pack[name]) > most:
            raise ProtocolError(f"Pack, {name}: there are {len(pack[name])}; a pack holds at most {most}.")
    for name, fields in (("teams", TEAM_FIELDS), ("categories", TOPIC_FIELDS)):
        _check_rows(pack[name], fields, f"Pack, {name}")
    protocol = parse(f"{key}@1", pack["protocol"])
    for name, document in pack["calendars"].items():
        try:
            usable(f"{name}@1", document, at)
        except CalendarError as why:
            raise ProtocolError(f"Pack, calendar “{name}”: {why}") from None
        if not _is_slug(name):
            raise ProtocolError(f"Pack, calendar “{name}”: a name is of small letters, digits and dashes.")
    return protocol


def _is_slug(text: object) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST and bool(re.compile(slug_rule.regex).fullmatch(text))


def _check_rows(rows: list[Any], fields: tuple[str, ...], where: str) -> None:
    """Every row has a slug and a name, and nothing but texts of a length the tables hold."""
    for number, row in enumerate(rows, start=1):
        english = {name: value for name, value in row.items() if name != WORDS} if isinstance(row, dict) else {}
        if not _are_texts(english, fields) or not _is_slug(english.get("slug")) or not english.get("name", "").strip():
            raise ProtocolError(f"{where}: row {number} needs {', '.join(fields)}, each a text.")
        others = row.get(WORDS, {})
        if not isinstance(others, dict) or not all(_are_texts(said, fields[1:]) for said in others.values()):
            raise ProtocolError(
                f"{where}: row {number} has translations that are not {', '.join(fields[1:])} by language."
            )
        texts = [*english.values(), *others, *(text for said in others.values() for text in said.values())]
        if max(map(len, texts)) > 100:
            raise ProtocolError(f"{where}: row {number} has a text of more than 100 characters.")


def _are_texts(found: object, fields: Iterable[str]) -> bool:
    """Whether it is nothing but texts, each of a field there is."""
    return isinstance(found, dict) and set(found) <= set(fields) and all(isinstance(v, str) for v in found.values())


def import_pack(pack: object, by: User, at: datetime) -> ProtocolVersion:
    """Makes drafts of a pack's calendars and protocol and returns the protocol's; publishes nothing.

    Teams that are missing are made, empty. Topics that are missing are made inactive: customers see them when
    somebody makes them active. What is there stays as it is, and a calendar that is the same gets no draft.
    Raises ProtocolError with the place and the reason, also when a calendar has another draft already, and
    NotPublishable when somebody brings in the same new keys at the same moment; then nothing is written.
    """
    check_pack(pack, at)
    assert isinstance(pack, dict)
    with transaction.atomic():
        for row in pack["teams"]:
            Team.objects.get_or_create(slug=row["slug"], defaults=row)
        _make_topics(pack["categories"])
        for key, document in sorted(pack["calendars"].items()):  # in one order: two packs at once do not block
            _draft_calendar(key, document, by, at)
        return draft(ProtocolVersion, pack["key"], document=pack["protocol"], note=NOTE, by=by, at=at)


def _draft_calendar(key: str, document: dict[str, Any], by: User, at: datetime) -> None:
    """A draft of a pack's calendar; none when its newest version says the same. A calendar has one draft at most."""
    versions = list(CalendarVersion.objects.select_for_update().filter(key=key).order_by("number"))
    if versions and versions[-1].document == document:
        return
    if open_one := draft_of(key):
        raise ProtocolError(
            f"Pack, calendar “{key}”: {open_one.label} is being drawn up already and says something else. "
            "Publish it or throw it away first."
        )
    draft(CalendarVersion, key, document=document, note=NOTE, by=by, at=at)


def _make_topics(rows: Iterable[dict[str, Any]]) -> None:
    position = Category.objects.aggregate(last=models.Max("position"))["last"] or 0
    for offset, row in enumerate(rows, start=1):
        values = row | {"position": position + offset, "is_active": False}
        Category.objects.get_or_create(slug=row["slug"], defaults=values)
