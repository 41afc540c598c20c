"""Mail that waits for a person, in the console: supervisors see it, say that it is dealt with, and nothing in it runs."""

import pytest

from escalation.models import InboundMail
from portal.inbound import taking
from tests.cast import MONDAY
from tests.portal.console import stories
from tests.portal.inbound.letters import answer

LIST = "/console/mail/"


@pytest.fixture
def waiting(cast, monday, settings):
    settings.INBOUND = {"scheme": "imaps"}
    case = stories.acknowledged(cast)
    message = answer(case, "<script>alert(1)</script> Pay me.", sender="olga@example.com", subject="Mine <b>now</b>")
    taking.take(message.as_bytes(), at=MONDAY)
    return InboundMail.objects.get()


def test_supervisors_only(client, signed_in, cast, waiting):
    done = f"{LIST}{waiting.pk}/looked/"
    for who, status in ((cast.tiers[1], 403), (cast.customer, 404)):
        assert signed_in(who).get(LIST).status_code == status
        assert signed_in(who).post(done).status_code == status
    assert client.get(LIST).status_code == 302 and client.post(done).status_code == 302
    assert signed_in(cast.supervisor).get(done).status_code == 405
    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_it_says_who_and_why_and_is_dealt_with_once(signed_in, cast, waiting):
    client = signed_in(cast.supervisor)
    page = client.get(LIST).content.decode()
    assert "not the customer of the case" in page and "olga@example.com" in page and waiting.case.reference in page
    assert "<script>alert" not in page and "<b>now" not in page
    done = f"{LIST}{waiting.pk}/looked/"
    assert client.post(done).status_code == 303
    assert "Done." in client.get(LIST).content.decode()
    client.post(done)
    again = client.get(LIST).content.decode()
    assert "already" in again and "Nothing waits" in again and "Pay me" not in again


def test_it_is_in_the_navigation_while_something_waits(signed_in, cast, waiting):
    assert "E-mail in" in signed_in(cast.supervisor).get("/console/").content.decode()
    assert "E-mail in" not in signed_in(cast.tiers[1]).get("/console/").content.decode()
