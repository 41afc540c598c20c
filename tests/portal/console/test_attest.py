"""The page “Read and understood” and its lines on the console's home."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from escalation import attesting, publishing
from escalation.models import Attestation, ProtocolVersion
from tests.cast import MONDAY, person


@pytest.fixture
def version(cast):
    author, second = person("ada@example.com", "Ada", is_staff=True), person("bo@example.com", "Bo", is_staff=True)
    document = copy.deepcopy(ProtocolVersion.objects.get(key="five-tier").document)
    for row in document["matrix"]:
        if row["severity"] == 2 and row["tier"] == 1:
            row["acknowledge"] = 5400
    made = publishing.draft(ProtocolVersion, "five-tier", document=document, note="Faster.", by=author, at=MONDAY)
    made = publishing.review(made, seen=made.revision, by=second, at=MONDAY)
    return publishing.publish(made, by=author, at=MONDAY, errors=lambda one: ())


def url(version):
    return f"/console/protocol/read/{version.pk}/"


def filled(version, **other):
    asked = attesting.ask(version, at=MONDAY)
    return {f"q{n}": str(one.right) for n, one in enumerate(asked)} | other


def test_it_says_what_changed_and_offers_no_answer_first(signed_in, cast, monday, version):
    page = signed_in(cast.tiers[1]).get(url(version)).content.decode()
    assert "What changed since version 1" in page
    assert "1 working hour and 30 minutes" in page
    assert " checked" not in page


def test_right_answers_are_kept_and_the_line_on_the_home_goes(signed_in, cast, monday, version):
    client = signed_in(cast.tiers[1])
    line = "You have not read version 2 of “Five levels” yet."
    assert line in client.get("/console/around/").content.decode()
    answer = client.post(url(version), filled(version))
    assert (answer.status_code, answer["Location"]) == (303, "/console/")
    home = client.get("/console/around/").content.decode()
    assert "All three are right" in home
    assert line not in home
    after = client.get(url(version)).content.decode()
    assert "<span>Read and understood <time" in after
    assert 'type="radio"' not in after


def test_a_wrong_answer_is_named_and_what_was_chosen_stays(signed_in, cast, monday, version):
    wrong = next(v for v in attesting.ask(version, at=MONDAY)[1].choices if str(v) != filled(version)["q1"])
    page = signed_in(cast.tiers[1]).post(url(version), filled(version, q1=str(wrong)))
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["q1"]
    assert page.content.decode().count(" checked") == 3
    assert Attestation.objects.get(person=cast.tiers[1]).at is None


@pytest.mark.parametrize("posted", [{}, {"q0": "1"}, {"q0": "x", "q1": "9" * 30, "q2": "-1"}])
def test_what_is_no_answer_is_no_try(posted, signed_in, cast, monday, version):
    page = signed_in(cast.tiers[1]).post(url(version), posted)
    assert page.status_code == 422
    assert "Choose an answer." in page.content.decode()
    assert not Attestation.objects.exists()


def test_supervisors_see_who_has_not_read_it(signed_in, cast, monday, version):
    attesting.attest(version, cast.mate, {q.id: q.right for q in attesting.ask(version, at=MONDAY)}, MONDAY)
    client = signed_in(cast.supervisor)
    page = client.get(url(version)).content.decode()
    assert "(1 of 6)" in page
    missing, _, done = page.partition("<details>")
    assert "Tom Reed" in missing
    assert "Ana Mate" in done
    assert "5 people have not read version 2" in client.get("/console/around/").content.decode()
    assert "Who has read it" not in signed_in(cast.tiers[1]).get(url(version)).content.decode()


def test_after_the_grace_it_is_red(signed_in, cast, go, version):
    go(MONDAY + timedelta(days=7, minutes=1))
    client = signed_in(cast.tiers[1])
    assert "You may not take duty" in client.get(url(version)).content.decode()
    home = client.get("/console/around/").content.decode()
    assert '<p class="red-bar">' in home.partition("You have not read")[0][-400:]


def test_only_what_is_in_force_is_there(signed_in, cast, monday, version):
    client = signed_in(cast.tiers[1])
    old = ProtocolVersion.objects.get(label="five-tier@1")
    assert client.get(url(old)).status_code == 404
    assert client.get("/console/protocol/read/99999/").status_code == 404


def test_looking_writes_nothing(signed_in, cast, monday, version, everything):
    client = signed_in(cast.tiers[1])
    before = everything()
    client.get(url(version))
    client.head(url(version))
    assert everything() == before
