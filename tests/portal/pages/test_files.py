"""Files on the customer's and the console's forms: what fits is never lost, what does not is named, sent once is once."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.files import of_case, sweeping
from cases.models import Attachment, Event, Message
from escalation import verbs
from escalation.letters import compose
from escalation.models import Notice
from portal import beat, clock, uploads
from portal.file_steps import STEPS
from tests import solving
from tests.cases import attachments as make
from tests.portal.console.stories import act_url, hidden
from tests.portal.pages.scene import acknowledged, answered, confirmed, working
from tests.portal.pages.scene import make as case_in
from tests.portal.pages.test_case_page import text_of


def upload(name="notes.txt", content=b"two payments"):
    return SimpleUploadedFile(name, content)


def key_on(page) -> str:
    return re.search(r'name="idempotency_key" value="([^"]+)"', page.content.decode())[1]


def kept_on(page) -> list[str]:
    return re.findall(r'name="kept_file" value="([^"]+)"', page.content.decode())


def send(client, case, *files, page=None, text="See.", where="message", follow=True, **more):
    data = {"text": text, "added_files": list(files)} | more
    if page is not None:
        data |= {"idempotency_key": key_on(page), "kept_file": kept_on(page)}
    return client.post(f"/c/{case.reference}/{where}/", data, follow=follow)


class TestSending:
    def test_a_message_with_two_files(self, cast, sam):
        case = working(cast)
        page = send(sam, case, upload(), upload("shot.png", make.picture()), page=sam.get(f"/c/{case.reference}/"))
        assert "Your message is sent." in text_of(page)
        assert [file.name for file in of_case(case)] == ["notes.txt", "shot.png"]
        said = text_of(page)
        assert "notes.txt" in said and "shot.png" in said and "Look at it" in said

    def test_a_file_without_a_word(self, cast, sam):
        case = working(cast)
        send(sam, case, upload(), page=sam.get(f"/c/{case.reference}/"), text="")
        assert of_case(case).count() == 1
        assert Message.objects.filter(case=case, text="", from_customer=True).count() == 1

    def test_a_page_without_an_id_sends_its_files_too(self, cast, sam):
        case = working(cast)
        send(sam, case, upload())
        send(sam, case, upload())
        assert Message.objects.filter(case=case, text="See.").count() == of_case(case).count() == 2

    def test_pressed_twice_is_one_message_with_one_file(self, cast, sam):
        case = working(cast)
        page = sam.get(f"/c/{case.reference}/")
        for _ in range(2):
            answer = send(sam, case, upload(), page=page)
            assert "Your message is sent." in text_of(answer)
        assert Message.objects.filter(case=case, text="See.").count() == 1
        assert of_case(case).count() == 1

    def test_pressed_twice_with_files_that_waited(self, cast, sam):
        case = working(cast)
        again = send(sam, case, upload(), page=sam.get(f"/c/{case.reference}/"), text="x" * 10_001)
        for _ in range(2):
            assert "Your message is sent." in text_of(send(sam, case, page=again))
        assert Message.objects.filter(case=case, text="See.").count() == 1

    def test_the_same_words_with_another_file_are_another_message(self, cast, sam):
        case = working(cast)
        page = sam.get(f"/c/{case.reference}/")
        send(sam, case, upload(), page=page)
        send(sam, case, upload("more.txt", b"three payments"), page=page)
        assert Message.objects.filter(case=case, text="See.").count() == 2

    @pytest.mark.parametrize(
        ("state", "where", "more"),
        [
            (acknowledged, "supervisor", {"reason": "slow"}),
            (answered, "not-fixed", {}),
            (confirmed, "reopen", {}),
        ],
    )
    def test_each_form_that_takes_words_takes_files(self, state, where, more, cast, sam):
        case = state(cast)
        page = sam.get(f"/c/{case.reference}/{where}/")
        assert 'enctype="multipart/form-data"' in page.content.decode()
        send(sam, case, upload(), page=page, where=where, **more)
        assert of_case(case).get().message.from_customer

    def test_words_may_say_what_they_show(self, cast, sam):
        case = working(cast)
        page = send(
            sam, case, upload(), page=sam.get(f"/c/{case.reference}/"), files_show=" My bank\n\u202e statement "
        )
        assert "My bank statement" in text_of(page)
        assert of_case(case).get().description == "My bank statement"


class TestRefusing:
    def test_what_fits_is_kept_what_does_not_is_named_and_words_stay(self, cast, sam):
        case = working(cast)
        page = send(
            sam, case, upload(), upload("setup.exe", b"MZ\x90\x00" + bytes(90)), upload("empty.txt", b""),
            page=sam.get(f"/c/{case.reference}/"), text="The proof",
        )  # fmt: skip
        said = text_of(page)
        assert "“setup.exe” is not a kind of file we can take." in said
        assert "“empty.txt” is empty." in said
        assert "This file goes with it:" in said and "notes.txt" in said
        assert "The proof" in page.content.decode()
        assert not Message.objects.filter(text="The proof").exists()
        assert "Your message is sent." in text_of(send(sam, case, page=page, text="The proof"))
        assert [file.name for file in of_case(case)] == ["notes.txt"]

    def test_each_error_leads_to_the_control(self, cast, sam):
        case = working(cast)
        page = send(
            sam, case, upload("a.exe", b"MZ\x00"), upload("b.exe", b"MZ\x00"), page=sam.get(f"/c/{case.reference}/")
        )
        summary = re.search(r'<div class="problem".*?</div>', page.content.decode(), re.S)[0]
        assert summary.count('href="#id_added_files"') == 2

    def test_words_that_fail_lose_no_file(self, cast, sam):
        case = acknowledged(cast)
        page = sam.get(f"/c/{case.reference}/supervisor/")
        again = send(sam, case, upload(), page=page, where="supervisor")  # no reason chosen
        assert "Choose why you ask" in text_of(again) and "notes.txt" in text_of(again)
        assert not of_case(case).exists()
        send(sam, case, page=again, where="supervisor", reason="slow")
        assert of_case(case).get().name == "notes.txt"

    def test_remove(self, cast, sam):
        case = working(cast)
        page = send(
            sam, case, upload(), upload("b.txt", b"b"), upload("c.exe", b"MZ\0"), page=sam.get(f"/c/{case.reference}/")
        )
        first, second = kept_on(page)
        page = send(sam, case, page=page, remove_file=first, text="Half a sent")
        assert kept_on(page) == [second]
        assert "There is a problem" not in text_of(page) and "Half a sent" in page.content.decode()
        for nonsense in ("", "x", "0" * 32):
            assert kept_on(send(sam, case, page=page, remove_file=nonsense)) == [second]

    def test_more_than_five(self, cast, sam):
        case = working(cast)
        many = [upload(f"{n}.txt", b"%d" % n) for n in range(6)]
        page = send(sam, case, *many, page=sam.get(f"/c/{case.reference}/"))
        assert "“5.txt” is one too many: at most 5 files at once." in text_of(page)
        assert len(kept_on(page)) == 5

    def test_a_heap_is_not_worked_through(self, cast, sam):
        case = working(cast)
        heap = [upload(f"{n}.exe", b"MZ\0") for n in range(30)]
        said = text_of(send(sam, case, *heap, page=sam.get(f"/c/{case.reference}/")))
        assert "“9.exe” is not a kind of file" in said and "“10.exe” is one too many" in said and "11.exe" not in said

    def test_a_file_that_was_swept_is_said(self, cast, sam):
        case = working(cast)
        page = send(sam, case, upload(), upload("c.exe", b"MZ\0"), page=sam.get(f"/c/{case.reference}/"))
        sweeping.discard_forgotten(clock.now() + timedelta(days=2))
        again = send(sam, case, page=page)
        assert "A file of yours is not there any more." in text_of(again)
        assert not Message.objects.filter(text="See.").exists()

    def test_another_browser_does_not_get_at_what_waits(self, cast, sam):
        case = working(cast)
        page = send(sam, case, upload(), upload("c.exe", b"MZ\0"), page=sam.get(f"/c/{case.reference}/"))
        other = Client()
        other.force_login(cast.customer)
        other.get(f"/c/{case.reference}/")
        answer = send(other, case, page=page, text="")
        assert "notes.txt" not in text_of(answer)
        assert not of_case(case).exists()

    def test_a_look_costs_nothing_more(self, cast, sam, django_assert_max_num_queries):
        case = working(cast)
        sam.get(f"/c/{case.reference}/")
        with django_assert_max_num_queries(10):
            sam.get(f"/c/{case.reference}/")


class TestTooLarge:
    def test_a_large_file_has_a_sentence_and_the_words_stay(self, cast, sam, monkeypatch):
        monkeypatch.setattr(uploads, "SIZE_MOST", 1000)
        monkeypatch.setattr("cases.files.checking.SIZE_MOST", 1000)
        case = working(cast)
        page = send(sam, case, upload("film.txt", b"x" * 5000), upload(), page=sam.get(f"/c/{case.reference}/"))
        assert "“film.txt” is larger than" in text_of(page) and "notes.txt" in text_of(page)

    def test_no_more_of_it_is_written_than_shows_that(self, monkeypatch):
        monkeypatch.setattr(uploads, "SIZE_MOST", 1000)
        handler = uploads.LimitedUpload()
        handler.handle_raw_input(None, {}, 90_000, "")
        handler.new_file("added_files", "film.txt", "text/plain", 90_000)
        for start in range(0, 90_000, 900):
            handler.receive_data_chunk(b"x" * 900, start)
        file = handler.file_complete(90_000)
        assert file.size == 1001 and len(file.read()) == 1001

    def test_what_nobody_takes_has_a_page_that_names_the_file(self, cast, sam, monkeypatch):
        monkeypatch.setattr(uploads, "BODY_MOST", 1000)
        case = working(cast)
        answer = send(sam, case, upload("my film.txt", b"x" * 5000), page=sam.get(f"/c/{case.reference}/"))
        assert answer.status_code == 413
        assert "my film.txt" in text_of(answer) and "up to 10 MB" in text_of(answer)
        assert not Attachment.objects.exists()


class TestConsole:
    """Staff add files with words to what they send, and evidence to notes."""

    @pytest.fixture
    def tom(self, cast):
        client = Client()
        client.force_login(cast.tiers[1])
        return client

    def act(self, client, case, verb, *files, **data):
        address = act_url(case, verb)
        page = client.get(address)
        return client.post(address, hidden(page) | {"added_files": list(files)} | data)

    def test_words_are_needed_and_the_file_waits_for_them(self, cast, tom):
        case = working(cast)
        page = self.act(tom, case, "update", upload(), text="Look.")
        assert page.status_code == 422
        assert "Say what “notes.txt” shows." in text_of(page) and kept_on(page)
        assert "What do the files show? (optional)" not in text_of(page)
        data = hidden(page) | {"kept_file": kept_on(page), "text": "Look.", "files_show": "Both charges"}
        tom.post(act_url(case, "update"), data)
        file = of_case(case).get()
        assert (file.description, file.note, file.message.text) == ("Both charges", None, "Look.")

    @pytest.mark.parametrize(
        ("verb", "data"),
        [
            ("wait_customer", {"question": "Which card?"}),
            (
                "answer",
                {"text": "Paid.", "outcome": "explained", "root_cause": "Twice", "cause": "slip", "prevents": "no"},
            ),
            ("wait_partner", {"partner": "The bank", "text": "They look."}),
        ],
    )
    def test_what_the_customer_reads_may_have_files(self, verb, data, cast, tom, sam):
        case = working(cast)
        if verb == "answer":
            case = verbs.investigate(case.pk, **solving.INVESTIGATION, by=cast.tiers[1], at=clock.now())
        self.act(tom, case, verb, upload("chart.png", make.picture()), files_show="A chart", **data)
        assert of_case(case).get().name == "chart.png"
        assert "chart.png" in text_of(sam.get(f"/c/{case.reference}/"))
        assert "chart.png" in text_of(tom.get(f"/console/cases/case/{case.pk}/change/"))

    def test_evidence_on_a_note_is_not_the_customer_s(self, cast, tom, sam):
        case = working(cast)
        self.act(tom, case, "note", upload("server.log"), text="The cause.", files_show="The log")
        file = of_case(case, internal=True).get()
        assert "server.log" in text_of(tom.get(f"/console/cases/case/{case.pk}/change/"))
        assert "server.log" not in text_of(sam.get(f"/c/{case.reference}/?all=1"))
        address = f"/c/{case.reference}/files/{file.pk}/"
        assert (tom.get(address).status_code, sam.get(address).status_code) == (200, 404)

    def test_staff_see_a_customer_s_file_and_how_many_are_told_by_letter(self, cast, tom, sam):
        case = working(cast)
        send(sam, case, upload(), page=sam.get(f"/c/{case.reference}/"))
        assert "notes.txt" in text_of(tom.get(f"/console/cases/case/{case.pk}/change/"))
        owed = Notice.objects.filter(case=case, kind="customer_wrote").last()
        assert "1 file: see the page of the case." in compose(owed, clock.now()).text


class TestStates:
    def test_being_checked_then_ready_then_the_page_is_new(self, cast, sam, settings):
        settings.CLAMD = "127.0.0.1:1"
        case = working(cast)
        send(sam, case, upload(), page=sam.get(f"/c/{case.reference}/"))
        first = sam.get(f"/c/{case.reference}/")
        assert "being checked" in text_of(first)
        file = of_case(case).get()
        assert sam.get(f"/c/{case.reference}/files/{file.pk}/").status_code == 404
        Attachment.objects.filter(pk=file.pk).update(state="ready", check_at=None)
        second = sam.get(f"/c/{case.reference}/", headers={"if-none-match": first["ETag"]})
        assert second.status_code == 200 and "being checked" not in text_of(second)

    def test_removed_and_erased_are_said(self, cast, sam):
        case = working(cast)
        send(sam, case, upload(), page=sam.get(f"/c/{case.reference}/"))
        of_case(case).update(state="refused", stored_as="")
        assert "removed: it may harm computers" in text_of(sam.get(f"/c/{case.reference}/"))
        of_case(case).update(state="erased", name="")
        assert "A file" in text_of(sam.get(f"/c/{case.reference}/"))

    def test_the_beat_does_its_steps_and_looks_for_strays_once_a_day(self, cast):
        beat.beat()
        done = beat.beat()
        assert not done.failed
        (strays,) = [step for step in STEPS if step.name == "stray files"]
        assert not strays.due(clock.now()).exists()
        assert strays.due(clock.now() + timedelta(days=1, hours=1)).exists()


def test_the_log_names_no_file(cast, sam):
    case = case_in("working", cast)
    send(sam, case, upload("Sam Okafor.txt"), page=sam.get(f"/c/{case.reference}/"))
    event = Event.objects.filter(case=case).order_by("seq").last()
    assert event.data["files"] and "Okafor" not in str(event.data)
