"""Read and understood: the three questions, tries, who has still to read, and whether they may take duty."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import timedelta

import pytest

from cases.models import Team
from escalation import attesting, publishing
from escalation.models import Attestation, ProtocolVersion
from escalation.packs import read_pack
from escalation.quiz import CHOICES, facts, questions
from escalation.reading import parse
from tests.cast import MONDAY, gather, person

DAYS = {"office": 30600, "always": 86400}


@pytest.fixture
def cast(db):
    return gather()


def document(**changed):
    made = copy.deepcopy(read_pack("five_tier")["protocol"])
    for row in made["matrix"]:
        for name, value in changed.items():
            if row["category"] == "*" and (row["severity"], row["tier"]) == (2, 1):
                row[name] = value
    return made


def asked(new, old=None):
    return questions(parse("x@2", new), parse("x@1", old) if old else None, days=DAYS, topics={})


def publish(cast, made, at=MONDAY):
    """A second version on the road all versions go: two people, then in force."""
    author, second = (
        person("ada@example.com", "Ada Author", is_staff=True),
        person("bo@example.com", "Bo", is_staff=True),
    )
    draft = publishing.draft(ProtocolVersion, "five-tier", document=made, note="Faster.", by=author, at=at)
    draft = publishing.review(draft, seen=draft.revision, by=second, at=at)
    return publishing.publish(draft, by=author, at=at, errors=lambda version: ())


def right(version):
    return {one.id: one.right for one in attesting.ask(version, at=MONDAY)}


class TestQuestions:
    def test_they_ask_for_what_changed_and_offer_the_old_value(self):
        old, new = document(), document(acknowledge=5400, update=14400, resolve=30600)
        found = asked(new, old)
        assert {one.id for one in found} == {"*/2/1/acknowledge", "*/2/1/update", "*/2/1/resolve"}
        before = {"acknowledge": 7200, "update": 28800, "resolve": 61200}
        for one in found:
            assert before[one.id.rsplit("/", 1)[1]] in one.choices

    def test_one_change_is_asked_and_the_rest_is_the_most_severe(self):
        found = asked(document(update=14400), document())
        assert found[0].id == "*/2/1/update"
        assert all("/1/1/" in one.id for one in found[1:])

    def test_without_a_version_before_they_ask_the_most_severe_rows_in_three_kinds(self):
        found = asked(document())
        assert len({one.id.rsplit("/", 1)[1] for one in found}) == 3
        assert all("/1/1/" in one.id for one in found)

    def test_they_are_the_same_every_time(self):
        assert asked(document(acknowledge=5400), document()) == asked(document(acknowledge=5400), document())

    def test_the_right_value_is_the_protocols(self):
        made = document(acknowledge=5400)
        for one in asked(made, document()):
            category, severity, tier, name = one.id.split("/")
            cell = parse("x", made).cell(category, int(severity), int(tier))
            assert getattr(cell, name) == one.right

    def test_the_order_on_the_page_gives_nothing_away(self):
        """Choices in order of size; over many protocols the right one stands at every place, none of them nearly always."""
        places: Counter[int] = Counter()
        for minutes in range(10, 310, 5):
            for one in asked(document(acknowledge=minutes * 60, update=minutes * 120), document()):
                assert list(one.choices) == sorted(set(one.choices))
                assert len(one.choices) == CHOICES
                assert one.right in one.choices
                near = [value for value in one.choices if value not in (7200, 28800)]  # but for the old ones
                assert all(one.right / 8 <= value <= one.right * 8 for value in near), one
                places[one.choices.index(one.right)] += 1
        assert set(places) == set(range(CHOICES))
        assert max(places.values()) < 0.6 * sum(places.values())

    def test_choices_read_differently(self):
        """Seconds that are spelled alike would be two right answers."""
        for seconds in (60, 90, 3600, 30600, 61200, 86400, 100020):
            for one in asked(document(acknowledge=seconds), document()):
                if one.right % 60 == 0:
                    assert len({value // 60 for value in one.choices}) == len(one.choices)

    def test_a_protocol_with_no_matrix_still_has_three(self):
        made = document() | {"matrix": []}
        assert len(asked(made)) == 3
        assert len(list(facts(parse("x", made), {}))) >= 3


class TestAttest:
    def test_all_right_is_kept_with_its_tries(self, cast):
        version, tom = publish(cast, document(acknowledge=5400)), cast.tiers[1]
        answers = right(version)
        first = next(iter(answers))
        marked = attesting.attest(version, tom, answers | {first: answers[first] + 60}, MONDAY)
        assert (marked.wrong, marked.attested) == ((first,), None)
        assert Attestation.objects.get(person=tom).at is None
        marked = attesting.attest(version, tom, answers, MONDAY + timedelta(minutes=5))
        row = Attestation.objects.get(person=tom)
        assert (row.at, row.tries) == (MONDAY + timedelta(minutes=5), 2)
        assert marked == attesting.Marked((), row)

    def test_once_attested_nothing_changes(self, cast):
        version, tom = publish(cast, document(acknowledge=5400)), cast.tiers[1]
        attesting.attest(version, tom, right(version), MONDAY)
        attesting.attest(version, tom, dict.fromkeys(right(version), 1), MONDAY + timedelta(days=1))
        row = Attestation.objects.get(person=tom)
        assert (row.at, row.tries) == (MONDAY, 1)

    def test_a_question_left_out_is_no_try(self, cast):
        version = publish(cast, document(acknowledge=5400))
        answers = right(version)
        answers.popitem()
        with pytest.raises(attesting.NotAsked, match="Answer all three"):
            attesting.attest(version, cast.tiers[1], answers, MONDAY)
        assert not Attestation.objects.exists()

    def test_only_a_version_in_force_is_read(self, cast):
        publish(cast, document(acknowledge=5400))
        old = ProtocolVersion.objects.get(label="five-tier@1")
        with pytest.raises(attesting.NotAsked, match="not in force"):
            attesting.attest(old, cast.tiers[1], {}, MONDAY)


class TestPending:
    def test_everybody_in_the_named_teams_and_nobody_else(self, cast):
        version = publish(cast, document(acknowledge=5400))
        wanted = {*cast.tiers.values(), cast.mate}
        assert set(attesting.pending(version)) == wanted
        attesting.attest(version, cast.mate, right(version), MONDAY)
        attesting.attest(version, cast.tiers[1], dict.fromkeys(right(version), 1), MONDAY)
        assert set(attesting.pending(version)) == wanted - {cast.mate}
        assert attesting.to_read(cast.mate) == []
        assert attesting.to_read(cast.tiers[1]) == [version]
        assert attesting.to_read(cast.supervisor) == []
        assert attesting.to_read(cast.customer) == []

    def test_a_new_version_starts_anew(self, cast):
        first = ProtocolVersion.objects.get(label="five-tier@1")
        attesting.attest(first, cast.mate, right(first), MONDAY)
        version = publish(cast, document(acknowledge=5400))
        assert attesting.to_read(cast.mate) == [version]

    def test_teams_that_only_a_step_names_read_it_too(self, cast):
        made = document()
        made["tiers"][0]["steps"] = [{"after": 60, "target": "duty:night-watch", "actions": ["notify"]}]
        owl = person("owl@example.com", "Owl", is_staff=True)
        owl.groups.set(cast.mate.groups.all())
        Team.objects.create(slug="night-watch", name="Night watch").members.add(owl)
        assert owl in attesting.pending(publish(cast, made))

    def test_who_left_is_not_waited_for(self, cast):
        cast.mate.is_active = False
        cast.mate.save(update_fields=["is_active"])
        assert cast.mate not in attesting.pending(publish(cast, document(acknowledge=5400)))


class TestDuty:
    def test_a_week_of_grace_then_a_sentence_until_it_is_read(self, cast):
        version, tom = publish(cast, document(acknowledge=5400)), cast.tiers[1]
        assert attesting.may_take_duty(tom, MONDAY + timedelta(days=7) - timedelta(seconds=1)) == ""
        said = attesting.may_take_duty(tom, MONDAY + timedelta(days=7))
        assert said.startswith("Tom Reed has not read five-tier@2 yet")
        attesting.attest(version, tom, right(version), MONDAY + timedelta(days=8))
        assert attesting.may_take_duty(tom, MONDAY + timedelta(days=8)) == ""

    def test_what_came_with_the_installation_keeps_nobody_from_duty(self, cast):
        assert attesting.to_read(cast.tiers[1])
        assert attesting.may_take_duty(cast.tiers[1], MONDAY + timedelta(days=900)) == ""

    def test_people_the_protocol_does_not_name_need_not_read_it(self, cast):
        publish(cast, document(acknowledge=5400))
        assert attesting.may_take_duty(cast.supervisor, MONDAY + timedelta(days=30)) == ""
