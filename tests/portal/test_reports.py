"""Progress reports: the table and the paper say what the log says, the customer's nothing that is ours, in any language."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.dateparse import parse_datetime
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as some
from pypdf import PdfReader

from cases.lifecycle import State
from cases.models import Case, Event, Note
from escalation import verbs
from escalation.models import Promise
from portal import clock
from portal.presenters.proof import THEIRS
from portal.presenters.timeline import visible
from portal.reports.paper import Sheet
from portal.templatetags.times import when_words
from tests.cast import gather
from tests.portal.pages.scene import LOOK, MAKERS, escalated, late, look_at, make, step, waiting_customer

SECRET = "Only we may read that the depot lost it."


@pytest.fixture
def cast(db):
    look_at(LOOK)
    yield gather()
    clock.travel(timedelta())


def browser(person) -> Client:
    found = Client()
    found.force_login(person)
    return found


def rows(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def paper(answer) -> tuple[PdfReader, str]:
    """The file, and its words without the spaces and line ends that setting them made."""
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    read = PdfReader(io.BytesIO(answer.content))
    return read, bare(" ".join(page.extract_text() for page in read.pages))


def bare(words: str) -> str:
    return re.sub(r"\s", "", words)


def part(table: list[dict[str, str]], name: str) -> list[dict[str, str]]:
    return [row for row in table if row["Part"] == name]


def instants(found: list[dict[str, str]], column: str = "From") -> list:
    return [parse_datetime(row[column]) if row[column] else None for row in found]


def whole(instant):
    return instant.replace(microsecond=0)


@pytest.mark.parametrize("state", [State.WAITING_CUSTOMER, State.CLOSED, State.REOPENED, "late", State.MERGED])
def test_what_the_customer_takes_away_equals_the_log(state, cast):
    case = Case.objects.get(pk=(MAKERS.get(state) or late)(cast).pk)
    Note.objects.create(case=case, author=cast.tiers[1], text=SECRET, at=step(16), recorded_at=step(16))
    one = browser(cast.customer)
    table = rows(one.get(f"/c/{case.reference}/report.csv"))
    events = list(visible(case))[::-1]
    told = part(table, "What has happened")
    # Two clocks that ran out in one instant are one row; every other event is its own.
    assert dict.fromkeys(instants(told)) == dict.fromkeys(whole(event.occurred_at) for event in events)
    assert {row["Text"] for row in told} >= set(case.messages.order_by("at", "pk").values_list("text", flat=True)[1:])
    ledger = Promise.objects.filter(case=case, clock__told=True).exclude(clock__kind__in=THEIRS).order_by("made_at")
    said = part(table, "What we promised")
    assert sorted(instants(said, "Promised")) == sorted(whole(one.due_at) for one in ledger)
    assert [row["Kept or missed"] for row in said].count("Missed") == ledger.filter(status="broken").count()
    assert len(part(table, "The milestones")) == 5
    had = part(table, "Who had the case")
    assert [row["Until"] for row in had][:-1] == [row["From"] for row in had][1:]
    assert instants(had)[0] == whole(events[0].occurred_at)
    read, words = paper(one.get(f"/c/{case.reference}/report.pdf"))
    zone = table[-1]["Text"] and "Europe/London"
    for row in told + had:
        assert bare(row["What"]) in words
        assert bare(row["Text"]) in words
        assert bare(when_words(parse_datetime(row["From"]), zone=zone, style="plain")) in words
    assert read.metadata.title.endswith(f"how your case {case.reference} went")
    assert read.trailer["/Root"]["/Lang"].startswith("en")
    assert bare(SECRET) not in words
    assert SECRET not in str(table)


def test_a_pause_stands_with_its_reason_and_ends_with_the_answer(cast):
    case = waiting_customer(cast)
    table = rows(browser(cast.customer).get(f"/c/{case.reference}/report.csv"))
    (open_,) = part(table, "When our clock stood still")
    assert (open_["What"], open_["Until"]) == ("We waited for your answer", "")
    verbs.reply(case.pk, text="The first one.", by=cast.customer, at=step(75))
    (over,) = part(rows(browser(cast.customer).get(f"/c/{case.reference}/report.csv")), "When our clock stood still")
    assert (over["From"], instants([over], "Until")) == (open_["From"], [step(75)])


def test_staff_s_report_has_every_event_by_its_number_and_no_words_of_notes(cast):
    case = Case.objects.get(pk=escalated(cast).pk)
    verbs.note(case.pk, text=SECRET, by=cast.tiers[2], at=step(20))
    one = browser(cast.supervisor)
    table = rows(one.get(f"/console/cases/case/{case.pk}/report.csv"))
    happened = part(table, "What has happened")
    events = list(Event.objects.filter(case=case).order_by("seq"))
    assert [(int(row["Number"]), instants([row])[0]) for row in happened] == [
        (event.seq, whole(event.occurred_at)) for event in events
    ]
    assert happened[-1]["What"] == "Internal note"
    owners = [row["What"].partition(",")[0] for row in part(table, "Who had the case")]
    changes = [event.data.get("owner") for event in events]
    assert len(owners) >= len({one for one in changes if one})
    _, words = paper(one.get(f"/console/cases/case/{case.pk}/report.pdf"))
    for row in table:
        if row["Part"] != "This file":
            assert bare(row["What"].lstrip("'")) in words
            assert bare(row["Text"]) in words
    assert bare(SECRET) not in words
    assert SECRET not in str(table)


def test_what_was_given_stands_in_staff_s_report_only(cast):
    case = make(State.CLOSED, cast)
    (given_,) = part(rows(browser(cast.supervisor).get(f"/console/cases/case/{case.pk}/report.csv")), "What was given")
    assert "10.00" in given_["What"]
    assert "double click" in given_["Text"]
    theirs = rows(browser(cast.customer).get(f"/c/{case.reference}/report.csv"))
    assert "double click" not in str(theirs)
    for person, ours in ((cast.customer, {302, 303, 403, 404}), (cast.tiers[1], {200})):
        assert browser(person).get(f"/console/cases/case/{case.pk}/report.pdf").status_code in ours
    assert browser(cast.other).get(f"/c/{case.reference}/report.csv").status_code == 404


@pytest.mark.parametrize(("language", "rtl"), [("ar", True), ("tr", False)])
def test_it_is_in_the_customer_s_language_zone_and_direction(language, rtl, cast):
    case = make(State.WORKING, cast)
    type(cast.customer).objects.filter(pk=cast.customer.pk).update(language=language, time_zone="Asia/Tokyo")
    Case.objects.filter(pk=case.pk).update(title="مرحبا بكم في الفاتورة", description="Ğüneş İstanbul 漢字 ẞ")
    answer = browser(cast.customer).get(f"/c/{case.reference}/report.pdf")
    read, words = paper(answer)
    raw = " ".join(page.extract_text() for page in read.pages)
    assert read.trailer["/Root"]["/Lang"] == language
    for word in ("مرحبا", "الفاتورة"):  # letters in the order they are read, whatever the order of the words
        assert word in raw
    assert "Ğüneş" in words
    assert "漢" not in words, "a letter without a drawing is marked, not left out in silence"
    assert words.count("\ufffd") == 3, "two letters, and the line that says what the mark means"
    table = b"".join(browser(cast.customer).get(f"/c/{case.reference}/report.csv").streaming_content).decode()
    assert "漢字" in table
    assert "+09:00" in table
    assert "What we promised" not in table
    lefts = [one[4] for one in left_edges(read)]
    assert (max(lefts) > 400) is rtl, "the times stand at the right where reading begins there"


def left_edges(read: PdfReader) -> list[list[float]]:
    found: list[list[float]] = []
    read.pages[0].extract_text(visitor_text=lambda text, cm, tm, font, size: text.strip() and found.append(tm))
    return found


@effort(max_examples=60, deadline=None)
@given(some.text(some.sampled_from("abcXYZ ğüß,.-\n\té—"), max_size=300), some.integers(8, 120))
def test_lines_fit_and_lose_no_letter(words, width):
    sheet = SHEETS[0] if SHEETS else SHEETS.append(Sheet("foot")) or SHEETS[0]
    sheet.add_page()
    sheet.letters(9.5)
    lines = list(sheet.broken(words, width))
    assert bare("".join(lines)) == bare(words)
    assert all(sheet.get_string_width(line) <= width + 0.01 for line in lines)


SHEETS: list[Sheet] = []
