"""The copy of one's data: what is in it and what is not, who gets it, and that it is made and removed by itself."""

import io
import json
import stat
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django_q.models import OrmQ

from cases.files import check, keep
from cases.models import Case, DataCopy, Note, Participant
from escalation import outbox, verbs
from escalation.models import Notice
from feedback import recommending
from feedback.models import Interim
from feedback.surveys import answer_survey
from portal import beat, clock
from portal.keeping import copies
from tests.portal.pages.scene import confirmed, later, look_at, step, working
from tests.portal.recommend_stories import asked_to_recommend

HERE = "/account/data/"
S = DataCopy.State


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def send(at):
    while outbox.deliver_batch(at):
        pass


def ready(person):
    row = copies.ask(person, at=clock.now())
    copies.make(row.pk)
    row.refresh_from_db()
    assert row.state == S.DONE
    return row


def opened(row):
    return zipfile.ZipFile(io.BytesIO((copies.folder() / row.file).read_bytes()))


def test_everything_that_is_theirs_and_nothing_of_others(cast):
    case = confirmed(cast, title="<b>Charged</b> twice")
    answer_survey(case, satisfaction=2, at=step(30), comment="Slow but kind.")
    Interim.objects.create(case=case, milestone=2, owed_at=step(20), asked_at=step(20), answered_at=step(21), score=3)
    Interim.objects.create(case=case, milestone=3, owed_at=step(22), asked_at=step(22))
    recommending.answer(
        recommending.find(asked_to_recommend(cast.customer), at=clock.now()),
        score=7,
        why="Fine, mostly.",
        at=clock.now(),
    )
    verbs.note(case.pk, text="Customer sounds like a lawyer.", by=cast.tiers[1], at=step(31))
    assert Note.objects.filter(text__contains="lawyer").exists()
    working(cast, by=cast.other, title="Somebody else's")
    send(step(40))
    archive = opened(ready(cast.customer))
    assert sorted(archive.namelist()) == ["data.json", "index.html", "style.css"]
    text = archive.read("data.json").decode()
    made, page = json.loads(text), archive.read("index.html").decode()
    assert made["details"]["email"] == "sam@example.com"
    assert [one["case"]["reference"] for one in made["cases"]] == [case.reference]
    (told,) = made["cases"]
    assert told["survey"]["comment"] == "Slow but kind."
    assert [(said["milestone"], said["score"]) for said in told["on_the_way"]] == [(2, 3)] and "3 / 5" in page
    assert [(said["score"], said["why"]) for said in made["recommending"]] == [
        (7, "Fine, mostly.")
    ] and "7 / 10" in page
    assert "We paid it back." in text and told["events"] and told["clocks"]
    assert any("We have your case" in letter["subject"] for letter in made["letters"])
    for secret in ("lawyer", "Somebody else", "tom@example.com", "dana@example.com", "Reed", "olga"):
        assert secret not in text and secret not in page
    assert "&lt;b&gt;Charged&lt;/b&gt; twice" in page and "<b>Charged" not in page
    assert "We paid it back." in page and "Slow but kind." in page


def test_who_was_added_gets_their_own_words_and_the_customer_the_whole_case(cast, settings):
    settings.SHARE_CASES = True
    case = working(cast, title="Charged for Olga")
    Case.objects.filter(pk=case.pk).update(is_proven=True)
    joined = {"asked_at": step(16), "joined_at": step(17), "address": cast.other.email}
    Participant.objects.create(case=case, user=cast.other, **joined)
    file = keep(check("mine.txt", io.BytesIO(b"My receipt.")), draft="f", by=cast.other, at=step(18))
    verbs.reply(case.pk, text="I was at the till.", by=cast.other, at=step(19), files=[file])
    theirs = keep(check("sams.txt", io.BytesIO(b"Sam's receipt.")), draft="g", by=cast.customer, at=step(20))
    verbs.reply(case.pk, text="She was.", by=cast.customer, at=step(21), files=[theirs])
    verbs.update(case.pk, text="We ask the till.", by=cast.tiers[1], at=step(22))
    send(step(22))
    Participant.objects.all().delete()  # what they said stays theirs when they see the case no more
    archive = opened(ready(cast.other))
    text, page = archive.read("data.json").decode(), archive.read("index.html").decode()
    made = json.loads(text)
    (said,) = made["said_elsewhere"]["messages"]
    assert (said["text"], said["reference"]) == ("I was at the till.", case.reference)
    assert archive.read(made["said_elsewhere"]["files"][0]["path"]) == b"My receipt."
    assert "I was at the till." in page and "mine.txt" in page
    for others in ("Charged for Olga", "She was.", "We ask the till.", "sams.txt", "sam@example.com", "Okafor"):
        assert others not in text and others not in page
    assert not made["cases"] and any("There is news" in one["subject"] for one in made["letters"])
    whole = opened(ready(cast.customer)).read("data.json").decode()
    assert "I was at the till." in whole and "She was." in whole and cast.other.email not in whole


def test_a_colleague_gets_what_they_told_us_and_no_case_they_work_on(cast):
    working(cast)
    mine = working(cast, by=cast.mate, title="My own")
    made = json.loads(opened(ready(cast.mate)).read("data.json"))
    assert [one["case"]["reference"] for one in made["cases"]] == [mine.reference]
    assert all("case" not in letter["subject"] or "My own" in letter["subject"] for letter in made["letters"])


def test_the_page_says_how_it_stands_and_the_link_needs_ones_own_sign_in(cast, sam):
    working(cast)
    assert "Make my copy" in sam.get(HERE).content.decode()
    assert "We are making your copy" in sam.post(HERE, follow=True).content.decode()
    assert "Look again" in sam.get(HERE).content.decode()
    sam.post(HERE)
    row = DataCopy.objects.get()
    assert OrmQ.objects.count() == 1
    copies.make(row.pk)
    send(clock.now())
    (letter,) = [m for m in mail.outbox if m.subject == "Your copy is ready"]
    assert "/account/data/" in letter.body and "List-Unsubscribe" not in letter.extra_headers
    row.refresh_from_db()
    assert row.file.removesuffix(".zip") not in letter.body
    url = f"{HERE}copy/{row.pk}/"
    assert url in sam.get(HERE).content.decode()
    answer = sam.get(url)
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/zip")
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
    other = Client()
    other.force_login(cast.other)
    boss = Client()
    boss.force_login(cast.supervisor)
    assert [browser.get(url).status_code for browser in (other, boss, Client())] == [404, 404, 303]


def test_the_file_is_nobody_elses_on_the_machine_either(cast):
    row = ready(cast.customer)
    path = copies.folder() / row.file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(row.file) > 40


def test_with_a_dead_queue_the_beat_makes_it(cast, sam):
    sam.post(HERE)
    beat.beat(beat.KEEPING)
    assert DataCopy.objects.get().state == S.WAITING
    look_at(clock.now() + copies.SILENT + timedelta(seconds=1))
    beat.beat(beat.KEEPING)
    assert DataCopy.objects.get().state == S.DONE
    copies.make(DataCopy.objects.get().pk)  # the queue comes back and offers it after all
    assert Notice.objects.filter(kind=copies.KIND).count() == 1


def test_a_maker_that_died_is_followed_by_another_and_not_for_ever(cast, sam, monkeypatch):
    sam.post(HERE)

    def broken(*args, **kwargs):
        raise OSError("no room for sam@example.com")

    monkeypatch.setattr(copies.content, "write", broken)
    for _ in range(6):
        look_at(clock.now() + timedelta(minutes=20))
        beat.beat(beat.KEEPING)
    row = DataCopy.objects.get()
    assert (row.state, row.tries) == (S.FAILED, copies.MOST_TRIES)
    assert list(copies.folder().iterdir()) == []
    assert "could not be made" in sam.get(HERE).content.decode()


def test_after_a_week_it_is_gone(cast, sam):
    row = ready(cast.customer)
    path = copies.folder() / row.file
    look_at(later(days=8))
    assert sam.get(f"{HERE}copy/{row.pk}/").status_code == 404
    beat.beat(beat.KEEPING)
    row.refresh_from_db()
    assert (row.state, row.file) == (S.GONE, "") and not path.exists()
    assert "Make my copy" in sam.get(HERE).content.decode()


def test_nobody_can_ask_all_day(cast, sam):
    answers = []
    for _ in range(6):
        DataCopy.objects.all().delete()
        answers.append(sam.post(HERE).status_code)
    assert answers == [303] * 5 + [429]


def test_nothing_personal_is_in_the_queue(cast, sam):
    sam.post(HERE)
    task = OrmQ.objects.get().task
    assert task["args"] == (DataCopy.objects.get().pk,) and task["kwargs"] == {}
