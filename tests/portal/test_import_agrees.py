"""Figures of imported history equal what the export's own rows say, and what its log says by a second computation.

A small export is always read. The whole of another one is, too, where its place is named: MILEPOST_HISTORY=/a/file.csv.gz.
"""

import io
import json
import os
import warnings
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from cases.models import Event
from feedback.facts import build
from feedback.figures import IMPORTED, Scope, escalations
from feedback.measures import count
from feedback.models import CaseFact
from feedback.periods import Period
from feedback.topics import topics
from portal.clock import now
from portal.history.names import handle
from tests.cast import gather
from tests.feedback.agreement import PAGES, differing
from tests.feedback.oracle_log import Plain
from tests.feedback.oracle_rows import Office
from tests.feedback.story import ZONE
from tests.portal.history_oracle import STAGES, incidents, reviewed

pytestmark = pytest.mark.django_db
SMALL = Path(__file__).parent / "data" / "servicenow_small.csv"
GIVEN = os.environ.get("MILEPOST_HISTORY", "")
NONE = "MILEPOST_HISTORY names no export: figures were held against the small one only"
FILES = [SMALL, pytest.param(Path(GIVEN), marks=pytest.mark.skipif(not GIVEN, reason=NONE))]
YEARS = Period(date(2016, 1, 1), date(2017, 12, 31), ZONE)
SCOPE = Scope(source=IMPORTED)
#: What a case's facts and its rows both say.
SAID = (
    "filed_at", "replied_at", "resolved_at", "closed_at", "settled_at", "back_at", "severity_filed", "severity_worst",
    "replies", "rejections", "reopenings",
)  # fmt: skip


@pytest.fixture(scope="module", params=FILES, ids=["small", "named"])
def imported(request, django_db_setup, django_db_blocker):
    """The rows' own incidents, and the instant at which they lie in the database as cases with their facts."""
    with django_db_blocker.unblock(), transaction.atomic():
        gather()
        out = io.StringIO()
        try:
            call_command("import_history", str(request.param), "--json", mapping="servicenow", stdout=out, stderr=io.StringIO())  # fmt: skip
        except SystemExit as end:
            assert end.code == 1, out.getvalue()  # some rows cannot be read
        said = json.loads(out.getvalue())
        at = now()
        while build.take_touched(at):
            pass
        if connection.vendor == "postgresql":
            # Nothing of an open transaction is known to the planner by itself: it would join row by row for minutes.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        found = incidents(request.param)
        assert said["cases"] == len(found) and not said["already_there"]
        yield found, at
        transaction.set_rollback(True)


def test_the_whole_of_an_export_is_looked_at():
    if not GIVEN:
        warnings.warn(NONE, stacklevel=1)
        pytest.skip(NONE)
    assert Path(GIVEN).is_file()


def test_case_by_case(imported):
    """Every instant, severity, count and hour of every case, from the rows alone."""
    found = dict(imported[0])
    moves = Counter(Event.objects.filter(kind="handed_over").values_list("case__origin_ref", flat=True))
    wrong = []
    for fact in CaseFact.objects.select_related("case__category").order_by("pk"):
        one = found.pop(fact.case.origin_ref)
        pairs = {name: (getattr(fact, name), getattr(one, name)) for name in SAID}
        pairs |= {name: (getattr(fact, name), one.spent[name]) for name in STAGES.values()}
        pairs["severity"] = (fact.case.severity, one.severity)
        pairs["topic"] = (fact.case.category.slug, slug(one.topic))
        pairs["hand-overs"] = (moves[fact.case.origin_ref], one.hand_overs)
        wrong += [(fact.case.origin_ref, name, *both) for name, both in pairs.items() if both[0] != both[1]]
    assert (wrong, list(found)) == ([], [])


def slug(topic: str) -> str:
    return f"servicenow-{handle('No topic' if topic == '?' else topic)}"


def test_figures_from_the_rows(imported):
    found, at = imported
    weeks = [one for one in YEARS.weeks() if any(one.start <= case.filed_at < one.end for case in found.values())]
    for days in (YEARS, *weeks[:: max(1, len(weeks) // 6)]):
        mine = [one for one in found.values() if days.start <= one.filed_at < days.end]
        (said,) = count(["escalated", "rejected", "satisfied", "kept", "grown", "back_7"], days, SCOPE, at=at).values()
        answered = [one for one in mine if one.replies]
        now_ = {key: (share.now.hits, share.now.n) for key, share in said.items()}
        assert now_ == {
            "escalated": (0, len(mine)), "rejected": (sum(one.rejections > 0 for one in answered), len(answered)),
            "satisfied": (0, 0), "kept": (0, 0), "grown": (0, 0), "back_7": (0, 0),
        }  # fmt: skip
        assert escalations(days, SCOPE).now.n == len(mine)
        by = defaultdict(list)
        for one in mine:
            by[slug(one.topic)].append(one)
        for topic, one in topics(days, SCOPE).items():
            rows = by.pop(topic)
            assert one.severities == {value: sum(row.severity == value for row in rows) for value in (1, 2, 3, 4)}
            done = [row for row in rows if row.resolved_at]
            again = [row for row in rows if row.replies]
            back = sum(bool(row.rejections or (row.reopenings and row.replied_at)) for row in again)
            assert (one.filed, one.imported) == (len(rows), len(rows))
            assert ((one.routine.hits, one.routine.n), (one.again.hits, one.again.n)) == ((len(done), len(done)), (back, len(again)))  # fmt: skip
        assert not by


def test_reviews_in_time_from_the_rows(imported):
    """The hours and targets are the protocol's document; the rest is in the rows. Names and updates are in no figure."""
    found, at = imported
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT document FROM escalation_protocolversion WHERE status = 'published' AND key = 'five-tier'"
        )
        protocol = read(cursor.fetchone()[0])
        cursor.execute("SELECT document FROM escalation_calendarversion WHERE label = 'office@1'")
        office = Office(read(cursor.fetchone()[0]))
    cells = {cell["severity"]: cell for cell in protocol["matrix"] if (cell["category"], cell["tier"]) == ("*", 1)}

    def due(one):
        cell = cells[one.severity_filed]
        if cell["calendar"] == "always":
            return one.filed_at + timedelta(seconds=cell["review"])
        return office.due(one.filed_at, cell["review"])

    keys = [f"in_time_{name}" for name in ("review", "acknowledge", "update")]
    (said,) = count(keys, YEARS, SCOPE, at=at).values()
    assert [(share.now.hits, share.now.n) for share in said.values()] == [reviewed(found.values(), due), (0, 0), (0, 0)]


def read(document):
    return json.loads(document) if isinstance(document, str) else document


@pytest.mark.parametrize("figures", PAGES)
def test_every_page_from_the_log(imported, figures):
    _, at = imported
    assert differing(figures, Plain(at), YEARS) == []
