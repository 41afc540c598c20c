"""What came by mail and waits for a person, in the copy of one's data, when one is erased, and when its time is over."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest

from cases.erasing import Subject
from escalation import erasing
from escalation.models import InboundMail
from portal import clock
from portal.inbound import taking
from portal.keeping import content, retention
from tests.portal.inbound.letters import answer, written
from tests.portal.inbound.test_landing import take
from tests.portal.pages.scene import LOOK, look_at, working

S = InboundMail.State


@pytest.fixture(autouse=True)
def now():
    look_at(LOOK)
    yield
    clock.travel(timedelta())


def copy_of(person):
    out = io.BytesIO()
    content.write(person, out, at=LOOK)
    archive = zipfile.ZipFile(out)
    return json.loads(archive.read("data.json")), archive.read("index.html").decode()


def test_the_copy_has_ones_own_mail_that_waits_and_nobody_elses(cast):
    case = working(cast, by=cast.other)
    take(answer(case, "Sam about <b>Olga’s</b> case", sender="Sam@Example.com", subject="Mine"))
    take(answer(working(cast), "Olga about Sam’s case", sender="olga@example.com"))
    made, page = copy_of(cast.customer)
    (told,) = made["mails"]
    assert (told["subject"], told["text"]) == ("Mine", "Sam about <b>Olga’s</b> case") and told["at"]
    assert "E-mails from your address" in page and "&lt;b&gt;Olga’s&lt;/b&gt;" in page
    assert "Olga about" not in page + json.dumps(made)
    taking.set_aside(InboundMail.objects.get(subject="Mine").pk, because="Spam", by=cast.supervisor, at=LOOK)
    assert copy_of(cast.customer)[0]["mails"] == []


def test_who_is_erased_leaves_no_word_that_waits(cast):
    case = working(cast, by=cast.other)
    take(answer(case, "Sam about Olga’s case", sender="Sam@Example.com"))
    take(answer(working(cast), "Somebody about Sam’s", sender="who@nowhere.example"))
    stays = take(written("Olga", sender="olga@example.com", to="support+c1x0000000000@milepost.localhost"))
    erasing.came_by_mail(Subject.of(cast.customer, LOOK))
    gone = InboundMail.objects.exclude(pk=stays.pk)
    assert set(gone.values_list("state", "sender", "subject", "text", "reason")) == {(S.SEEN, "", "", "", "")}
    assert gone.count() == 2 and InboundMail.objects.get(pk=stays.pk).text == "Olga"


def test_what_waits_for_a_person_waits_until_they_come(cast):
    case = working(cast)
    landed, waits = take(answer(case)), take(answer(case, "Wait", sender="olga@example.com"))
    taking.give_up("unreadable", "It could not be read.", LOOK)
    late = LOOK + timedelta(days=100)
    retention.clear(late)
    assert not InboundMail.objects.filter(pk=landed.pk).exists()
    assert set(InboundMail.objects.values_list("state", flat=True)) == {S.WAITING, S.BROKEN}
    taking.set_aside(waits.pk, because="Spam", by=cast.supervisor, at=late)
    retention.clear(late + timedelta(days=60))
    assert InboundMail.objects.filter(pk=waits.pk, because="Spam").exists()
    retention.clear(late + timedelta(days=91))
    assert not InboundMail.objects.filter(pk=waits.pk).exists()
