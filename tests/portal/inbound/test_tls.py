"""The fetcher and TLS, over a socket: whose certificate it takes, and that with any other nothing is fetched or told."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site

from cases.models import Message
from escalation.models import Heartbeat, InboundMail
from portal.environment import inbound_settings
from portal.inbound import fetching, trouble
from tests.portal.inbound.certificates import certificate
from tests.portal.inbound.imap_stub import Mailbox
from tests.portal.inbound.letters import answer
from tests.portal.pages.scene import LOOK, working

BOTH = pytest.mark.parametrize("tls", ["imaps", "imap+tls"])


@pytest.fixture
def opened(settings):
    """A mailbox that shows a certificate, with what the portal is told of it."""
    servers = []

    def start(tls, shown, ca_file=""):
        server = Mailbox(tls, shown)
        servers.append(server)
        settings.INBOUND = inbound_settings(server.url, ca_file=str(ca_file))
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def refused(server, number):
    """Nothing was told or fetched: not even our name went to a server we do not know."""
    with pytest.raises(trouble.Unreadable):
        fetching.look(LOOK)
    assert not any(line.startswith((b"LOGIN", b"UID", b"AUTHENTICATE")) for line in server.heard)
    assert server.flags[number] == set() and not InboundMail.objects.exists()
    return Heartbeat.objects.get(role="inbound").note


@BOTH
def test_with_the_companys_own_authority_it_is_fetched_through_tls(tls, cast, opened, tmp_path):
    shown, key = certificate(tmp_path)
    server = opened(tls, (shown, key), ca_file=shown)
    case = working(cast)
    server.put(answer(case, "Through TLS.").as_bytes())
    fetching.look(LOOK)
    assert server.safe and Message.objects.get(case=case, channel="email").text == "Through TLS."
    assert Heartbeat.objects.get(role="inbound").note == ""


@BOTH
@pytest.mark.parametrize("wrong", ["unknown", "another", "other name", "too old"])
def test_with_a_wrong_certificate_nothing_is_fetched_and_it_is_said(tls, wrong, cast, opened, tmp_path):
    more = {"address": "127.0.0.9"} if wrong == "other name" else {}
    age = timedelta(days=40 if wrong == "too old" else 1)
    shown, key = certificate(tmp_path, age=age, **more)
    trusted = {"unknown": "", "another": certificate(tmp_path)[0]}.get(wrong, shown)
    server = opened(tls, (shown, key), ca_file=trusted)
    number = server.put(answer(working(cast)).as_bytes())
    assert refused(server, number) == trouble.CERTIFICATE
    found = trouble.trouble(LOOK)
    assert found == trouble.Trouble(None, trouble.CERTIFICATE)


@BOTH
def test_a_server_without_tls_is_told_nothing(tls, cast, opened, settings):
    server = opened("imap", None)
    settings.INBOUND = settings.INBOUND | {"scheme": tls}
    number = server.put(answer(working(cast)).as_bytes())
    assert refused(server, number) == trouble.UNSAFE


def test_after_it_was_put_in_order_the_next_look_fetches_and_the_trouble_is_over(cast, opened, tmp_path, settings):
    shown, key = certificate(tmp_path)
    server = opened("imaps", (shown, key))
    number = server.put(answer(working(cast)).as_bytes())
    refused(server, number)
    settings.INBOUND = settings.INBOUND | {"ca_file": str(shown)}
    later = LOOK + timedelta(minutes=1)
    fetching.look(later)
    assert server.flags[number] and trouble.trouble(later) is None


def test_a_file_of_authorities_that_is_not_there_is_said(cast, opened, tmp_path):
    server = opened("imaps", certificate(tmp_path), ca_file=tmp_path / "gone.pem")
    assert "INBOUND_CA_FILE" in refused(server, server.put(answer(working(cast)).as_bytes()))


def test_the_setting_reaches_the_fetcher_and_a_missing_file_is_found_at_the_start(tmp_path):
    shown, _ = certificate(tmp_path)
    known = {"DATA_DIR": str(tmp_path), "INBOUND_URL": "imaps://in:pass@mail.example/INBOX", "PATH": os.environ["PATH"]}
    for given, found in ((shown, False), (tmp_path / "gone.pem", True)):
        ran = subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=Path(site.BASE_DIR), env=known | {"INBOUND_CA_FILE": str(given)}, capture_output=True, text=True,
        )  # fmt: skip
        assert ("portal.E014" in ran.stderr) is found, ran.stderr
