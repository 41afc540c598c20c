"""Mail that waits for a person, in the console: supervisors put it on a case or set it aside, once, and nothing in it runs."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils.html import strip_tags

from cases.models import Category, Event, Message, User
from escalation import verbs
from escalation.models import Heartbeat, InboundMail, Notice
from portal.inbound import taking
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound
from tests.portal.console import stories
from tests.portal.inbound.letters import answer, written

LIST = "/console/mail/"
S = InboundMail.State
SUBJECT = "Mine <b>now</b>"


@pytest.fixture
def mailbox(settings):
    """One is set up, and has just been read."""
    settings.INBOUND = {"scheme": "imaps"}
    now = MONDAY + timedelta(minutes=30)
    Heartbeat.objects.create(role="inbound", last_loop=now, last_success=now)


@pytest.fixture
def case(cast, monday):
    return stories.acknowledged(cast)


def arrived(message):
    taking.take(message.as_bytes(), at=MONDAY + timedelta(minutes=20))
    return InboundMail.objects.latest("pk")


@pytest.fixture
def waiting(case, mailbox):
    text = "<script>alert(1)</script> Pay me."
    return arrived(answer(case, text, sender="olga@example.com", subject=SUBJECT))


def url(mail, act=""):
    return f"{LIST}{mail.pk}/{act}"


def after(client, address, said):
    """The list as it is shown after something was sent."""
    assert client.post(address, said).status_code == 303
    return client.get(LIST).content.decode()


def test_supervisors_only(client, signed_in, cast, waiting):
    for address in (LIST, url(waiting), url(waiting, "aside/")):
        for who, status in ((cast.tiers[1], 403), (cast.customer, 404)):
            assert signed_in(who).get(address).status_code == status
            assert signed_in(who).post(address, {"case": waiting.case_id, "sure": "on"}).status_code == status
        assert client.get(address).status_code == 302 and client.post(address).status_code == 302
    assert signed_in(cast.supervisor).get(url(waiting, "aside/")).status_code == 405
    assert signed_in(cast.supervisor).get(f"{LIST}{10**30}/").status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == S.WAITING


def test_it_says_who_and_why_and_nothing_in_it_runs(signed_in, cast, waiting, everything):
    client, before = signed_in(cast.supervisor), everything()
    for page in (client.get(LIST).content.decode(), client.get(url(waiting)).content.decode()):
        assert "not the customer of the case" in page and "olga@example.com" in page
        assert waiting.case.reference in page and "<b>now" not in page and "<script>alert" not in page
    assert "Pay me." in page
    assert everything() == before


def test_from_another_address_it_goes_on_a_case_only_when_somebody_says_they_know(signed_in, cast, waiting):
    client, chosen = signed_in(cast.supervisor), {"case": str(waiting.case_id)}
    refused = client.post(url(waiting), chosen)
    assert refused.status_code == 422 and not Message.objects.filter(channel="email").exists()
    page = refused.content.decode()
    assert "not the address we have of them" in page and "checked" in page
    done = client.post(url(waiting), chosen | {"sure": "on"})
    assert (done.status_code, done["Location"]) == (303, stories.page_url(waiting.case))
    message = Message.objects.get(channel="email")
    assert message.text.startswith("olga@example.com:\n\n") and message.from_customer
    assert (message.case, message.author, message.kind) == (waiting.case, cast.customer, "customer")
    event = Event.objects.get(case=waiting.case, kind="customer_wrote")
    assert (event.actor, event.role, event.data["mail"]) == (cast.supervisor, "staff", "by_hand")
    told = Notice.objects.get(case=waiting.case, kind="customer_wrote")
    assert told.recipient == cast.tiers[1]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sender, waiting.subject, waiting.text) == (S.LANDED, "", "", "")
    assert_sound(waiting.case)
    shown = client.get(stories.page_url(waiting.case)).content.decode()
    assert "put here by hand" in shown and "Dana" in shown


def test_who_comes_second_is_told_who_was_first_and_when(signed_in, cast, waiting):
    first, chosen = signed_in(cast.supervisor), {"case": str(waiting.case_id), "sure": "on"}
    first.post(url(waiting), chosen)
    for address, said in ((url(waiting), chosen), (url(waiting, "aside/"), {"reason": "junk"})):
        second = after(first, address, said)
        assert (
            f"Dana Voss put this e-mail on {waiting.case.reference}: today, 10:30. Nothing was changed now." in second
        )
    assert Message.objects.filter(channel="email").count() == 1
    assert first.get(url(waiting)).status_code == 303
    assert "Dana Voss put this e-mail on" in first.get(LIST).content.decode()


def test_the_senders_own_cases_are_offered_and_any_other_by_its_reference(signed_in, cast, case, mailbox):
    mail = arrived(written("No. 2", sender="sam@example.com", to="support+c99x" + "0" * 30 + "@milepost.localhost"))
    foreign = cast.file(by=cast.other, title="Olga’s case")
    client = signed_in(cast.supervisor)
    page = client.get(url(mail)).content.decode()
    assert case.reference in page and foreign.reference not in page
    for said, words in (
        ({}, "Choose a case."),
        ({"case": "another"}, "Enter the reference of the case."),
        ({"case": "another", "reference": "MP-0000-00"}, "ase"),
        ({"case": str(foreign.pk)}, "Select a valid choice"),
        ({"case": "another", "reference": foreign.reference}, "not the address we have of them"),
    ):
        refused = client.post(url(mail), said)
        assert refused.status_code == 422 and words in refused.content.decode(), said
    assert client.post(url(mail), {"case": str(case.pk)}).status_code == 303
    assert Message.objects.get(channel="email").text == "No. 2"


def test_what_is_about_a_restricted_case_is_read_by_who_may_and_after_opening_it(signed_in, cast, case, waiting):
    Category.objects.filter(pk=case.category_id).update(is_restricted=True)
    boss = signed_in(cast.supervisor)
    button = f"/console/restricted/{case.pk}/"
    for answer_of in (
        boss.get(url(waiting)),
        boss.post(url(waiting), {"case": str(case.pk)}),
        boss.post(url(waiting, "aside/")),
    ):
        assert (answer_of.status_code, answer_of["Location"]) == (303, button)
    boss.post(button)
    assert "Pay me." in boss.get(url(waiting)).content.decode()
    Group.objects.get(name="Supervisors").permissions.remove(Permission.objects.get(codename="view_restricted"))
    other = signed_in(User.objects.get(pk=cast.supervisor.pk))
    page = other.get(LIST)
    assert page.context["count"] == 0 and case.reference not in page.content.decode()
    assert "Mine" not in page.content.decode()
    assert other.get(url(waiting)).status_code == 404


def test_a_settled_case_is_open_again(signed_in, cast, case, mailbox):
    verbs.withdraw(case.pk, by=cast.customer, at=stories.minutes(10))
    mail = arrived(answer(case, "It is back.", sender="sam.private@example.net"))
    signed_in(cast.supervisor).post(url(mail), {"case": str(case.pk), "sure": "on"})
    case = assert_sound(case)
    assert case.state == "reopened"
    assert Event.objects.get(case=case, kind="reopened").actor == cast.supervisor


def test_what_a_verb_refuses_is_said_and_it_waits_on(signed_in, cast, case, mailbox):
    other = cast.file(title="Another one")
    mail = arrived(written("No. 2", sender="eve@example.net", to="support+c99x" + "0" * 30 + "@milepost.localhost"))
    verbs.merge(other.pk, into=case, by=cast.tiers[1], at=stories.minutes(10))
    said = {"reference": other.reference, "sure": "on"}
    refused = signed_in(cast.supervisor).post(url(mail), said)
    assert refused.status_code == 422 and "Not possible while the case is “merged”." in refused.content.decode()
    mail.refresh_from_db()
    assert mail.state == S.WAITING and mail.text == "No. 2"


def test_set_aside_with_a_reason(signed_in, cast, waiting):
    client, address = signed_in(cast.supervisor), url(waiting, "aside/")
    for said, words in (({}, "Choose why."), ({"reason": "other"}, "Write in a few words why.")):
        refused = client.post(address, said)
        assert refused.status_code == 422 and words in refused.content.decode()
    done = after(client, address, {"reason": "junk", "more": "Sent to all of us"})
    assert "Set aside." in done and "Advertising or spam: Sent to all of us" in done and "No e-mail waits" in done
    assert "Pay me" not in done and "olga@example.com" not in done
    again = after(client, address, {"reason": "junk"})
    assert "Dana Voss set this e-mail aside (Advertising or spam: Sent to all of us): today, 10:30." in again


def test_it_is_in_the_navigation(signed_in, cast, waiting):
    assert "E-mail in" in signed_in(cast.supervisor).get("/console/escalation/notice/").content.decode()
    assert "E-mail in" not in signed_in(cast.tiers[1]).get("/console/escalation/notice/").content.decode()


@pytest.mark.parametrize(
    ("minutes", "note", "said"),
    [
        (9, "The mail server could not be reached.", ""),
        (11, "The mail server could not be reached.", "E-mail has not been read since today, 10:19."),
        (11, "", "Nobody has looked into the mailbox"),
        (None, "The mail server refused our user name or password.", "has never been read"),
    ],
)
def test_a_mailbox_that_is_not_read_is_a_red_bar_until_it_is(signed_in, cast, case, mailbox, minutes, note, said):
    now = MONDAY + timedelta(minutes=30)
    since = now - timedelta(minutes=minutes) if minutes else None
    Heartbeat.objects.filter(role="inbound").update(last_success=since, note=note)
    for who, ending in ((cast.supervisor, ""), (cast.tiers[1], "Tell a supervisor.")):
        page = signed_in(who).get("/console/").content.decode()
        bar = strip_tags(page.partition('<div class="red-bar" role="alert">')[2].partition("</div>")[0])
        assert (said in bar and note in bar and ending in bar) if said else not bar
    Heartbeat.objects.filter(role="inbound").update(last_success=now, note="")
    assert "red-bar" not in signed_in(cast.supervisor).get("/console/").content.decode()


def test_without_a_mailbox_there_is_no_bar(signed_in, cast, monday, settings):
    settings.INBOUND = {}
    assert "red-bar" not in signed_in(cast.supervisor).get("/console/").content.decode()
