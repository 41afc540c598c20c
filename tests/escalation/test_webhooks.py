"""A protocol's step calls a web address: once owed, signed, tried again while it is away, dead when it says no."""

import hashlib
import hmac
import json
import socket
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from escalation import outbox
from escalation.models import Notice
from escalation.sweep import sweep_batch
from tests.cast import MONDAY
from tests.escalation.stories import in_force

AT = MONDAY + timedelta(minutes=5)


@pytest.fixture
def receiver(settings):
    """A real server on loopback that keeps what it got and answers what it is told to."""
    got: list[tuple[dict, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(server.answer)
            if server.answer == 302:
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.answer, server.got = 204, got
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.WEBHOOKS = {"pager": f"http://127.0.0.1:{server.server_port}/hook"}
    settings.WEBHOOK_SECRET = "known to both"  # noqa: S105
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def owed(cast):
    step = {"after": 300, "target": "webhook:pager", "actions": ["webhook"]}
    in_force(cast, lambda document: document["tiers"][0].update(steps=[step]))
    case = cast.file(title="My card 4111")
    sweep_batch(AT)
    return Notice.objects.get(case=case, channel="webhook")


def test_it_is_called_once_and_signed_and_says_no_word_of_the_customer(owed, receiver):
    while outbox.deliver_batch(AT):
        pass
    ((headers, body),) = receiver.got
    said = json.loads(body)
    assert (said["case"], said["level"], said["id"]) == (owed.case.reference, 1, owed.key)
    assert b"4111" not in body
    expected = hmac.new(b"known to both", body, hashlib.sha256).hexdigest()
    assert headers["Milepost-Signature"] == f"sha256={expected}"
    owed.refresh_from_db()
    assert (owed.state, owed.sent_at, owed.reader) == ("sent", AT, "webhook “pager”")


@pytest.mark.parametrize(("answer", "state"), [(500, "waiting"), (429, "waiting"), (404, "dead"), (302, "dead")])
def test_what_it_answers_decides_whether_it_is_tried_again(owed, receiver, answer, state):
    receiver.answer = answer
    outbox.deliver_batch(AT)
    owed.refresh_from_db()
    assert (owed.state, owed.tries) == (state, 1)
    assert str(answer) in owed.error


def test_one_that_is_away_holds_up_no_letter(owed, settings):
    settings.WEBHOOKS = {"pager": "http://127.0.0.1:9/nobody"}
    outbox.deliver_batch(AT)
    assert set(Notice.objects.exclude(pk=owed.pk).values_list("state", flat=True)) == {"sent"}
    owed.refresh_from_db()
    assert owed.state == "waiting" and "not to be reached" in owed.error


def test_one_that_is_not_set_up_is_dead_and_can_be_sent_again(owed, settings, receiver):
    known, settings.WEBHOOKS = settings.WEBHOOKS, {}
    outbox.deliver_batch(AT)
    owed.refresh_from_db()
    assert (owed.state, owed.error) == ("dead", "No webhook “pager” is set up.")
    settings.WEBHOOKS = known
    assert outbox.send_again(owed.pk, AT)
    outbox.deliver_batch(AT)
    assert len(receiver.got) == 1


def test_an_address_nobody_can_call_and_one_that_speaks_no_http_hold_up_nothing(owed, settings):
    settings.WEBHOOKS = {"pager": "pager.example/hook"}
    outbox.deliver_batch(AT)
    owed.refresh_from_db()
    assert owed.state == "dead" and "cannot be called" in owed.error
    assert set(Notice.objects.exclude(pk=owed.pk).values_list("state", flat=True)) == {"sent"}

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def babble():
            there, _ = listener.accept()
            with there:
                there.recv(65536)
                there.sendall(b"this is no HTTP\r\n\r\n")

        threading.Thread(target=babble, daemon=True).start()
        settings.WEBHOOKS = {"pager": f"http://127.0.0.1:{listener.getsockname()[1]}/"}
        outbox.send_again(owed.pk, AT)
        outbox.deliver_batch(AT)
    owed.refresh_from_db()
    assert owed.state == "waiting" and "not to be reached" in owed.error
