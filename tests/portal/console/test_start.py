"""The first-run checklist: what it finds done, what is skipped, and the test letter."""

import pytest
from django.core import mail

from cases import brand
from cases.models import BrandRevision, SetupSkip, Team
from escalation.models import CalendarVersion, Notice, ProtocolVersion
from escalation.outbox import deliver_batch
from portal import clock
from portal.console import start
from tests.portal.console.test_lists import words

URL = "/console/start/"


def states():
    return {row["step"].key: row["state"] for row in start.rows()}


@pytest.fixture
def dana(signed_in, cast, monday):
    return signed_in(cast.supervisor)


def test_what_is_done_shows_by_itself(dana, cast):
    assert states() == {
        "company": "open", "hours": "open", "teams": "done", "people": "done", "matrix": "open", "mail": "open",
    }  # fmt: skip
    assert "4 steps before the first customer" in words(dana.get(URL))
    BrandRevision.objects.create(
        number=1, name="Nordwind", colour=brand.current().colour, made_at=clock.now(), made_by=cast.supervisor
    )
    brand.forget()
    for model in (CalendarVersion, ProtocolVersion):
        row = model.objects.order_by("pk").first()
        model.objects.create(
            key=row.key, number=2, status="published" if model is CalendarVersion else "retired",
            document=row.document, made_at=clock.now(), published_at=clock.now(),
        )  # fmt: skip
    Team.objects.all().first().members.clear()
    assert {key for key, state in states().items() if state != "done"} == {"mail"}


def test_the_test_letter_goes_to_oneself_once_a_minute_and_makes_mail_done(dana, cast, settings):
    for _ in range(3):
        assert dana.post(URL, {"press": "mail"}).status_code == 303
    (notice,) = Notice.objects.filter(kind=start.KIND)
    assert notice.recipient == cast.supervisor and "Send me a letter" not in words(dana.get(URL))
    deliver_batch(clock.now())
    assert [m.subject for m in mail.outbox if m.to == [cast.supervisor.email]][-1] == "Outgoing mail works"
    assert states()["mail"] == "done" and "Your last test: sent" in words(dana.get(URL))
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert states()["mail"] == "open", "a letter in a folder reached nobody"


def test_a_step_is_skipped_and_taken_up_again(dana, everything):
    dana.post(URL, {"press": "skip:hours"})
    dana.post(URL, {"press": "skip:hours"})
    assert states()["hours"] == "skipped" and SetupSkip.objects.count() == 1
    dana.post(URL, {"press": "back:hours"})
    assert states()["hours"] == "open"
    for wrong in ("skip:nothing", "skip", "", "drop:hours"):
        before = SetupSkip.objects.count()
        assert dana.post(URL, {"press": wrong}).status_code == 303
        assert SetupSkip.objects.count() == before


def test_looking_writes_nothing_and_the_line_stands_until_all_is_done_or_skipped(dana, signed_in, cast, everything):
    before = everything()
    dana.get(URL)
    assert everything() == before
    said = "Setting up: 4 of 6 steps are still to do."
    assert said in words(dana.get("/console/around/"))
    assert said not in words(signed_in(cast.tiers[1]).get("/console/around/"))
    for step in start.STEPS:
        dana.post(URL, {"press": f"skip:{step.key}"})
    assert "setting up" not in words(dana.get("/console/around/"))
    assert "Everything is set up" in words(dana.get(URL))


def test_agents_read_who_can(signed_in, cast, monday):
    page = signed_in(cast.tiers[1]).get(URL)
    assert page.status_code == 403 and cast.supervisor.name in words(page)
