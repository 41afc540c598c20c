"""The progress report of a period: who may take it, that it holds every case of the list, and what a PDF bounds."""

import csv
import io
from urllib.parse import urlencode

import pytest

from cases.models import Case, Event, StaffAct
from portal.insights import reporting
from tests.portal.insights.scene import DATES, rows_of, text

pytestmark = pytest.mark.django_db
ASKED = urlencode(DATES | {"which": "filed"})
PAGE = f"{reporting.HERE}?{ASKED}"


def test_it_holds_every_event_of_every_case_of_the_list_and_the_audit_knows(supervisor, story, monkeypatch):
    assert "20 cases" in text(supervisor.get(PAGE))
    assert f'href="{reporting.HERE}?' in supervisor.get(f"/insights/cases/?{ASKED}").content.decode()
    answer = supervisor.post(PAGE, {"kind": "csv"})
    table = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    listed = supervisor.get(f"/insights/cases.csv?{ASKED}")
    chosen = [row["Reference"] for row in rows_of(listed)]
    assert list(dict.fromkeys(row["Case"] for row in table if row["Case"])) == chosen
    said = [(row["Case"], int(row["Number"])) for row in table if row["Part"] == "What has happened"]
    events = Event.objects.filter(case__reference__in=chosen).values_list("case__reference", "seq")
    assert sorted(said) == sorted(events)
    assert {row["What"]: row["Text"] for row in table if row["Part"] == "This file"}["Cases"] == "Cases filed: 20"
    act = StaffAct.objects.latest("pk")
    assert (act.kind, act.actor_id) == ("insights_report", story.cast.supervisor.pk)
    monkeypatch.setattr(reporting, "MOST_ON_PAPER", 19)
    refused = supervisor.post(PAGE, {"kind": "pdf"})
    assert refused.status_code == 422
    assert "A PDF holds 19 cases at most" in text(refused)
    monkeypatch.setattr(reporting, "MOST_ON_PAPER", 20)
    assert supervisor.post(PAGE, {"kind": "pdf"}).content.startswith(b"%PDF-")


def test_who_sees_no_cases_gets_none(manager, supervisor):
    assert "You see figures, not cases" in text(manager.get(PAGE))
    assert manager.post(PAGE, {"kind": "csv"}).status_code == 404
    assert reporting.HERE not in manager.get(f"/insights/cases/?{ASKED}").content.decode()
    assert supervisor.get(f"{reporting.HERE}?which=nothing").status_code == 404


def test_restricted_cases_are_left_out_until_they_are_opened(supervisor, story):
    case = Case.objects.filter(reference__in=story_references(supervisor)).order_by("pk")[0]
    type(case.category).objects.filter(pk=case.category_id).update(is_restricted=True)
    shut = Case.objects.filter(category=case.category_id, reference__in=story_references(supervisor)).count()
    found = text(supervisor.get(PAGE))
    assert f"{20 - shut} case" in found
    assert f"{shut} case" in found
    answer = supervisor.post(PAGE, {"kind": "csv"})
    assert case.reference not in b"".join(answer.streaming_content).decode()


def story_references(client) -> list[str]:
    listed = client.get(f"/insights/cases.csv?{ASKED}")
    return [row["Reference"] for row in rows_of(listed)]
