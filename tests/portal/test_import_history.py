"""Another help desk's file becomes cases at their true times: whole or not at all, once, and nobody hears of it."""

import csv
import gzip
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from cases import chain
from cases.models import Case, Category, Event, User
from escalation.audit import CHECKS, Scope
from escalation.models import Alert, Notice, Promise, ProtocolVersion, StageClock
from escalation.sweep import sweep_batch
from portal.history.names import handle
from portal.progress import Progress
from tests.cast import gather

SMALL = Path(__file__).parent / "data" / "servicenow_small.csv"
#: With MILEPOST_HISTORY=/a/file.csv.gz the whole of that export is imported too.
FILES = [SMALL, *([Path(os.environ["MILEPOST_HISTORY"])] if os.environ.get("MILEPOST_HISTORY") else [])]


@pytest.fixture(autouse=True)
def rules(db):
    gather()


def run(*args, mapping="servicenow"):
    """Exit code and what the command said, as JSON where it could."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_history", *map(str, args), "--json", mapping=str(mapping), stdout=out, stderr=err)
        code = 0
    except SystemExit as end:
        code = end.code
    except CommandError as why:
        return why.returncode, str(why)
    return code, json.loads(out.getvalue())


def case(ref):
    return Case.objects.get(origin_ref=ref)


def kinds(ref):
    return list(Event.objects.filter(case__origin_ref=ref).order_by("seq").values_list("kind", flat=True))


def london(day, hour, minute=0, month=3):
    """2016, winter time: the same as UTC."""
    return datetime(2016, month, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def small():
    code, said = run(SMALL)
    assert code == 0, said
    return said


ROADS = {
    "T1": "filed handed_over assessed acknowledged updated answered closed",
    "T2": "filed handed_over assessed acknowledged asked_customer customer_wrote answered closed",
    "T3": "filed assessed acknowledged answered rejected updated answered closed",
    "T4": "filed assessed acknowledged answered closed reopened handed_over answered closed",
    "T5": "filed handed_over assessed answered closed",
    "T6": "filed handed_over assessed acknowledged asked_customer customer_wrote waits_for_partner asked_customer "
    "answered closed",
    "T7": "filed handed_over handed_over assessed acknowledged answered closed",
    "T8": "filed handed_over missed assessed acknowledged",
    "T9": "filed handed_over assessed answered closed",
    "T10": "filed handed_over assessed acknowledged handed_over assessed answered closed",
    "T11": "filed handed_over assessed acknowledged asked_customer closed",
    "T12": "filed handed_over assessed acknowledged answered closed",
}


@pytest.mark.parametrize(("ref", "road"), ROADS.items())
def test_every_change_becomes_what_must_have_happened(small, ref, road):
    assert " ".join(kinds(ref)) == road


def test_the_summary_counts_what_is_there(small):
    assert (small["rows"], small["cases"], small["left_out"], small["problems"]) == (52, 12, 0, [])
    assert small["events"] == Event.objects.count()
    counted = sum(sum(outcomes.values()) for outcomes in small["clocks"].values())
    assert counted == StageClock.objects.count()
    assert small["clocks"]["review"] == {"met": 11, "missed": 1}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_a_whole_file_stands_every_check(file, tmp_path):
    code, said = run(file)
    assert code in (0, 1)
    assert said["cases"] == Case.objects.filter(is_history=True).count() > 0
    assert said["left_out"] == len({problem["number"] for problem in said["problems"]})
    scope = Scope(at=timezone.now(), folder=tmp_path)
    assert [row for check in CHECKS for row in check.find(scope)] == []
    assert run(file)[1]["already_there"] == said["cases"]


def test_times_are_true_and_the_record_says_when_it_was_written(small):
    before = timezone.now() - timedelta(minutes=5)
    filed, *_, closed = Event.objects.filter(case__origin_ref="T1").order_by("seq")
    assert (filed.occurred_at, closed.occurred_at) == (london(1, 9), london(6, 12))
    assert (case("T1").filed_at, case("T1").closed_at) == (london(1, 9), london(6, 12))
    assert before < filed.recorded_at == closed.recorded_at <= timezone.now()
    assert {filed.role, closed.role} == {"import"}


def test_a_clock_is_missed_at_its_due_instant_and_its_work_done_late(small):
    clock = StageClock.objects.get(case__origin_ref="T8", kind="review")
    assert clock.outcome == "missed"
    assert clock.ended_at == clock.due_at < london(9, 9)
    assert clock.done_late_at == london(9, 9)
    missed = Event.objects.get(case__origin_ref="T8", kind="missed")
    assert (missed.occurred_at, missed.role, missed.data["tier"]) == (clock.due_at, "engine", 1)


def test_waiting_for_the_customer_stops_the_clocks_and_closes_nothing(small):
    resolve = StageClock.objects.get(case__origin_ref="T2", kind="resolve")
    assert [pause[:2] for pause in resolve.pauses] == [
        ["2016-03-01T10:20:00.000000+00:00", "2016-03-09T15:00:00.000000+00:00"]
    ]
    assert not StageClock.objects.filter(kind__in=("lapse", "confirm", "survey", "closing")).exists()


def test_the_hour_that_comes_twice_is_read_in_order(small):
    times = Event.objects.filter(case__origin_ref="T12").order_by("seq").values_list("occurred_at", flat=True)
    october = [london(29, 23, 30, month=10), london(30, 0, 50, month=10), london(30, 1, 10, month=10)]
    assert times[0] == october[0]
    assert list(times[3:5]) == october[1:]


def test_severity_and_topic_follow_the_file(small):
    assert (case("T7").severity, case("T1").severity, case("T4").severity) == (1, 3, 4)
    assert (case("T10").category.name, case("T5").category.name) == ("Network", "No topic (servicenow)")
    assert Event.objects.get(case__origin_ref="T10", seq=1).data["category"] == "servicenow-mail"


def test_people_can_neither_sign_in_nor_be_mailed(small):
    people = User.objects.filter(email__endswith="@servicenow.invalid")
    assert set(people.filter(is_staff=False).values_list("name", flat=True)) == {
        *(f"Customer {number}" for number in range(1, 9)),
        "Unknown customer",
    }
    assert not people.filter(is_active=True).exists()
    assert not [one for one in people if one.has_usable_password()]
    assert case("T5").owner.name == "Desk"  # nobody was named: one stands for the group
    assert not Category.objects.filter(slug__startswith="servicenow-", is_active=True).exists()


def test_nobody_hears_of_it_and_the_engine_leaves_it_alone(small):
    for model in (Notice, Promise, Alert):
        assert not model.everything.exists()
    assert not Case.objects.filter(wake_at__isnull=False).exists()
    assert sweep_batch(timezone.now()) == 0
    assert {row.state for row in Case.objects.exclude(origin_ref="T8")} == {"closed"}
    assert not Case.objects.filter(tier__gt=1).exists()


def everything():
    return [model.objects.count() for model in (Case, Event, StageClock, User, Category)]


def test_a_second_import_changes_nothing(small):
    before = everything()
    code, said = run(SMALL)
    assert (code, said["cases"], said["already_there"]) == (0, 0, 12)
    assert everything() == before


def test_a_dry_run_does_it_all_and_leaves_nothing():
    before = everything()
    code, said = run(SMALL, "--dry-run")
    assert (code, said["cases"], said["dry_run"]) == (0, 12, True)
    assert everything() == before


def test_a_packed_file_is_the_same(small, tmp_path):
    packed = tmp_path / "export"
    packed.write_bytes(gzip.compress(SMALL.read_bytes()))
    assert run(packed)[1]["already_there"] == 12


# --- What cannot be read


def altered(tmp_path, change):
    """The small file with one row changed, and the row's line."""
    with SMALL.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    change({row[0]: row for row in reversed(rows)}, rows)
    path = tmp_path / "altered.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def put(ref, column, text):
    return lambda first, rows: first[ref].__setitem__(column, text)


BAD = {
    "no number": (put("T3", 0, ""), 12, "", "the number is missing"),
    "no such day": (put("T3", 5, "31/2/2016 09:00"), 12, "T3", "is not a date"),
    "month first": (put("T3", 5, "3/23/2016 09:00"), 12, "T3", "is not a date"),
    "no date": (put("T3", 5, "?"), 12, "T3", "sys_updated_at is missing"),
    "no opening": (put("T3", 3, ""), 12, "T3", "opened_at is missing"),
    "unknown state": (put("T3", 1, "Parked"), 12, "T3", "unknown state “Parked”"),
    "no state": (put("T3", 1, "?"), 12, "T3", "the state is missing"),
    "unknown priority": (put("T3", 7, "9 - None"), 12, "T3", "unknown priority “9 - None”"),
    "before it was opened": (put("T3", 5, "1/3/2016 09:00"), 12, "T3", "times run backwards"),
    "too long a number": (put("T3", 0, "T" * 61), 12, "T" * 61, "longer than 60"),
    "too few fields": (lambda first, rows: first["T3"].pop(), 12, "T3", "another number of fields"),
    "too many fields": (lambda first, rows: first["T3"].append("x"), 12, "T3", "another number of fields"),
    "zero byte": (put("T3", 2, "Custo\0mer"), 12, "T3", "a zero byte"),
}


@pytest.mark.parametrize(("change", "line", "number", "reason"), BAD.values(), ids=BAD)
def test_a_row_that_cannot_be_read_is_named_and_its_incident_left_out(tmp_path, change, line, number, reason):
    code, said = run(altered(tmp_path, change))
    assert code == 1
    first = said["problems"][0]
    assert (first["line"], first["number"]) == (line, number)
    assert reason in first["reason"]
    gone = {"T3"} if number == "T3" else set()
    refs = set(Case.objects.values_list("origin_ref", flat=True))
    assert refs >= set(ROADS) - {"T3"}
    assert not refs & gone


def test_what_the_rules_refuse_is_left_out_whole():
    document = ProtocolVersion.objects.get().document
    rows = [row for row in document["matrix"] if row["severity"] != 1]
    ProtocolVersion.objects.update(status="retired")
    ProtocolVersion.objects.create(
        key="five-tier", number=2, status="published", document=document | {"matrix": rows}, made_at=timezone.now()
    )
    code, said = run(SMALL)
    assert (code, said["cases"]) == (1, 11)
    (problem,) = said["problems"]
    assert (problem["line"], problem["number"]) == (33, "T7")
    assert "no row for category" in problem["reason"]
    assert not Case.objects.filter(origin_ref="T7").exists()


def mapping(tmp_path, **changes):
    shipped = Path(__file__).parents[2] / "portal" / "mappings" / "servicenow.json"
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(json.loads(shipped.read_text()) | changes))
    return path


UNREADABLE = {
    "no file": (lambda t: (t / "none.csv", "servicenow"), "cannot be read"),
    "a folder": (lambda t: (t, "servicenow"), "cannot be read"),
    "no mapping": (lambda t: (SMALL, "freshdesk"), "Shipped ones: servicenow"),
    "not json": (lambda t: (SMALL, write(t / "m.json", b"{")), "is not JSON"),
    "not a mapping": (lambda t: (SMALL, write(t / "m.json", b"[]")), "“format”: 1"),
    "a column that is not there": (
        lambda t: (
            SMALL,
            mapping(t, columns={"number": "number", "opened": "opened_at", "changed": "x", "state": "y"}),
        ),
        "has no column x, y",
    ),
    "columns that are not named": (
        lambda t: (SMALL, mapping(t, columns={"number": "number"})),
        "opened, changed, state",
    ),
    "a column nobody knows": (lambda t: (SMALL, mapping(t, columns={"nummer": "number"})), "nothing is called nummer"),
    "a state nobody knows": (lambda t: (SMALL, mapping(t, states={"New": "parked"})), "cannot mean “parked”"),
    "a severity nobody knows": (lambda t: (SMALL, mapping(t, severity={"values": {"x": 7}})), "must be 1 (critical)"),
    "no severity": (lambda t: (SMALL, mapping(t, severity={})), "needs “values”"),
    "a zone nobody knows": (lambda t: (SMALL, mapping(t, zone="Europe/Nowhere")), "no time zone"),
    "a bad title": (lambda t: (SMALL, mapping(t, case_title="{secret}")), "case_title"),
    "a bad origin": (lambda t: (SMALL, mapping(t, origin="Service Now")), "“origin”"),
    "not utf-8": (lambda t: (write(t / "f.csv", b"number\n\xff\xfe\n"), "servicenow"), "f.csv"),
    "half a gzip": (lambda t: (write(t / "f.gz", gzip.compress(SMALL.read_bytes())[:300]), "servicenow"), "not a CSV"),
    "empty": (lambda t: (write(t / "f.csv", b""), "servicenow"), "has no column"),
}


def write(path, content):
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("make", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_at_all_ends_with_2_and_writes_nothing(tmp_path, make, said):
    before = everything()
    file, wanted = make(tmp_path)
    code, sentence = run(file, mapping=wanted)
    assert code == 2
    assert said in sentence
    assert everything() == before


def test_without_a_published_protocol_it_ends_with_2():
    ProtocolVersion.objects.update(status="retired")
    assert run(SMALL)[0] == 2


# --- Another help desk needs another mapping only

DESK = {
    "format": 1,
    "origin": "desk",
    "rows": "cases",
    "dates": "iso",
    "zone": "America/New_York",
    "delimiter": ";",
    "case_title": "Ticket {number}",
    "columns": {
        "number": "ID",
        "title": "Subject",
        "opened": "Created",
        "acknowledged": "First reply",
        "resolved": "Solved",
        "closed": "Closed",
        "customer": "Requester",
        "category": "Topic",
        "owner": "Agent",
    },
    "severity": {"columns": ["Impact", "Urgency"], "values": {"High / High": 1, "High / Low": 2}, "otherwise": 3},
}
TICKETS = """\
ID;Subject;Created;First reply;Solved;Closed;Requester;Topic;Agent;Impact;Urgency
7;No tone;2016-07-04T09:00:00;2016-07-04T09:20:00;2016-07-04T11:00:00Z;;Zoë Ågren;Phones;Kim;High;High
8;"Two
lines; one subject";2016-07-04T09:00:00-04:00;2016-07-04T09:30:00-04:00;2016-07-04T15:00:00;2016-07-08T09:00:00;Zoe;;Kim;High;Low
9;;2016-07-05T09:00:00;;;;Zoë Ågren;Phones;;Low;Low
10;Odd;2016-07-05T09:00:00;2016-07-05T08:00:00;;;Zoe;Phones;Kim;Low;Low
9;Again;2016-07-05T09:00:00;;;;Zoe;Phones;Kim;Low;Low
"""


def test_one_row_for_a_whole_case(tmp_path):
    file = write(tmp_path / "tickets.csv", TICKETS.encode())
    legend = write(tmp_path / "desk.json", json.dumps(DESK).encode())
    code, said = run(file, mapping=legend)
    assert code == 1
    reasons = {(problem["line"], problem["number"]): problem["reason"] for problem in said["problems"]}
    assert set(reasons) == {(2, "7"), (6, "10"), (7, "9")}
    assert "times run backwards: Solved" in reasons[2, "7"]  # 11:00 UTC is before 09:20 in New York
    assert reasons[7, "9"] == "the number stands twice"
    one = case("8")
    assert (one.title, one.severity, one.state, one.origin) == ("Two\nlines; one subject", 2, "closed", "desk")
    assert one.filed_at == datetime(2016, 7, 4, 13, 0, tzinfo=UTC)
    work = [kind for kind in kinds("8") if kind != "missed"]
    assert work == ["filed", "handed_over", "assessed", "acknowledged", "answered", "closed"]


def test_one_row_for_a_change_of_another_shape(tmp_path):
    legend = DESK | {
        "rows": "changes",
        "columns": {"number": "ID", "opened": "Born", "changed": "When", "state": "Is", "actor": "Who"},
        "states": {"open": "new", "busy": "working", "gone": "withdrawn"},
        "severity": {"otherwise": 4},
    }
    text = (
        "ID;Born;When;Is;Who\n1;2016-07-04T09:00;2016-07-04T09:05;open;Kim\n"
        "2;2016-07-04T09:00;2016-07-04T09:05;busy;Kim\n1;2016-07-04T09:00;2016-07-05T09:05;gone;Lee\n"
        "2;2016-07-04T09:00;2016-07-04T09:30;busy;Kim\n"
    )
    code, said = run(
        write(tmp_path / "t.csv", text.encode()), mapping=write(tmp_path / "m.json", json.dumps(legend).encode())
    )
    assert (code, said["cases"]) == (0, 2)
    assert [kind for kind in kinds("1") if kind != "missed"] == ["filed", "handed_over", "withdrawn"]
    assert kinds("2") == ["filed", "assessed", "acknowledged"]  # "touch" is nothing unless the mapping says so
    assert Event.objects.get(case__origin_ref="1", kind="withdrawn").actor.name == "Lee"


def test_names_that_differ_stay_apart():
    names = ("Anna Bell", "anna bell", "Anna-Bell", "Änna Bell", "Anna  Bell", "安娜", "安", "x" * 80, "x" * 81)
    assert len({handle(name) for name in names}) == len(names) - 1  # only case makes no other person
    assert all(len(handle(name)) <= 40 for name in names)


# --- Twice at once, and how far it is


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_write_every_case_once(tmp_path):
    with SMALL.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    many = [[f"{row[0]}-{copy}", *row[1:]] for copy in range(100) for row in rows]
    path = tmp_path / "many.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *many])
    said = []

    def work():
        try:
            said.append(run(path)[1])
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Case.objects.count() == 1200
    assert sum(one["cases"] for one in said) == 1200
    assert [one["cases"] + one["already_there"] for one in said] == [1200, 1200]
    assert not list(chain.verify(tmp_path)[1])


class Screen(io.StringIO):
    """What Django's OutputWrapper looks like to a command."""

    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    def write(self, text, ending="\n"):
        super().write(text + ending)


def test_a_person_sees_a_bar_and_a_log_a_line(monkeypatch):
    now = iter(range(0, 400, 6))
    monkeypatch.setattr("portal.progress.time.monotonic", lambda: float(next(now)))
    for terminal, wanted in ((True, "\rReading [###############               ]  50% "), (False, "Reading: 50% ")):
        screen = Screen(terminal)
        bar = Progress("Reading", screen)
        for share in (0.5, 1.0, 1.0):
            bar.show(share)
        assert screen.getvalue().startswith(wanted)
        assert screen.getvalue().count("100%") == 1
