"""`manage.py lint_protocol`: what it prints, its exit codes, and that it is fast on a protocol of many cells."""

import io
import json
import time
from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from cases.models import Category, User
from escalation.models import Rota, Shift
from escalation.packs import import_pack, read_pack
from tests.cast import gather

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db):
    return gather()


def run(*args):
    """The exit code and what was printed."""
    out = io.StringIO()
    try:
        call_command("lint_protocol", *args, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def draft(cast, change):
    pack = read_pack("five_tier")
    change(pack["protocol"])
    return import_pack(pack, cast.supervisor, AT)


def test_the_shipped_protocol_is_clean(cast):
    code, printed = run()
    assert code == 0
    assert printed.startswith("five-tier@1: 0 errors, 0 warnings; ")


def test_errors_are_listed_one_a_line_and_end_with_1(cast):
    def change(document):
        document["matrix"][0]["review"] = 99_999
        document["tiers"][2]["team"] = "ghosts"

    made = draft(cast, change)
    code, printed = run("--draft", "2")
    assert code == 1
    *lines, last = printed.splitlines()
    assert all(line.startswith(f"{made.label}: ") for line in lines)
    assert any(
        "error review_long: Every topic, Critical, level 1: The review (27 h 46 min 39 s) is" in s for s in lines
    )
    assert any("error team_unknown: Level 3 (Customer support lead): It names the team “ghosts”" in s for s in lines)
    assert last.startswith(f"{made.label}: {len(lines)} errors, 0 warnings; ")
    assert run()[0] == 0, "what is in force is untouched"


def test_warnings_alone_end_with_0(cast):
    draft(cast, lambda document: document["windows"].update(confirm=3600))
    code, printed = run("--draft", "five-tier@2")
    assert code == 0
    assert "warning window_short: Times, silence after an answer: " in printed
    assert "0 errors, 1 warning; " in printed


def test_the_findings_for_a_machine(cast):
    draft(cast, lambda document: document["matrix"][6].update(update=999_999))
    code, printed = run("--draft", "2", "--json")
    told = json.loads(printed)
    assert code == 1 and told["ok"] is False
    (version,) = told["versions"]
    assert version["version"] == "five-tier@2"
    (finding,) = [one for one in version["findings"] if one["code"] == "update_long"]
    assert finding["severity"] == "error"
    assert finding["place"] == "Every topic, High, level 2"
    assert finding["key"] == {"kind": "cell", "category": "*", "severity": 2, "tier": 2, "item": None}
    assert json.loads(run("--json")[1])["ok"] is True


@pytest.mark.parametrize("name", ["7", "moon@1", "five-tier", "-1", "five-tier@x", "99999999999999999999"])
def test_a_version_that_does_not_exist_ends_with_2(cast, name):
    with pytest.raises(CommandError) as caught:
        run(f"--draft={name}")
    assert caught.value.returncode == 2
    assert name in str(caught.value)


def test_many_topics_rows_and_rotas_take_less_than_five_seconds(cast):
    """Forty topics with rows of their own on five levels: 4,000 cells, and 28 days of rotas that leave gaps."""
    for number in range(34):
        Category.objects.create(slug=f"topic-{number}", name=f"Topic {number}")
    topics = list(Category.objects.values_list("slug", flat=True))

    def change(document):
        rows = document["matrix"]
        document["matrix"] = [dict(row, category=topic) for topic in topics for row in rows]
        document["topics"] = {topic: {"escalation": "allowed"} for topic in topics}

    draft(cast, change)
    crowd = [User.objects.create_user(f"p{n}@example.com", name=f"P {n}", is_staff=True) for n in range(30)]
    for team in cast.teams.values():
        team.members.add(*crowd)
        rota = Rota.objects.create(team=team, zone="Europe/London")
        Shift.objects.bulk_create(
            Shift(rota=rota, user=person, weekday=day, opens=(60 * n) % 1380, closes=(60 * n) % 1380 + 50, starts_on=date(2026, 1, 1))
            for n, person in enumerate(crowd)
            for day in range(7)
        )  # fmt: skip
    started = time.monotonic()
    code, printed = run("--draft", "2")
    assert time.monotonic() - started < 5
    assert code == 1
    assert "error hour_empty: " in printed and "error fast_lane_uncovered: " in printed
