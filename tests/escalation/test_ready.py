"""What must be on a case before it is passed up or answered: R005, R018, R064, R065. The verbs themselves, no helper."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest

from cases.erasing import Subject, texts
from cases.files import check, keep
from cases.models import Category, Event, Investigation, Note, PlaybookRevision, Resolution, TriedStep
from escalation import playbooks, remedies, verbs
from escalation.ready import GRAVE
from escalation.remedies import Draft
from escalation.replay import replay_many
from escalation.saved_replies import NotSaved
from escalation.sweep import sweep_batch
from escalation.verbs import Refused, step_key
from tests.cast import MONDAY, gather
from tests.solving import INVESTIGATION

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
ANSWER = {"text": "Paid back.", "outcome": "fixed", "root_cause": "Double click"}
WHOLE = ANSWER | {"cause": "software", "prevents": False}


@pytest.fixture
def cast():
    return gather()


def at(minutes):
    return MONDAY + minutes * MINUTE


def acknowledged(cast, severity=2):
    case = cast.file()
    wanted = {"severity": severity, "complexity": 1, "category": Category.objects.get(slug="orders"), "reason": "So."}
    verbs.assess(case.pk, **wanted, by=cast.tiers[1], at=at(1))
    return verbs.acknowledge(case.pk, by=cast.tiers[1], at=at(2))


def book(cast, *steps, slug="orders", seen=0):
    return playbooks.write(Category.objects.get(slug=slug), steps, by=cast.supervisor, at=at(0), seen=seen)


class TestTriedFirst:
    def up(self, cast, case, **words):
        return verbs.escalate(case.pk, reason="It needs more.", by=cast.tiers[case.tier], at=at(5), **words)

    def test_level_1_says_what_it_tried(self, cast):
        case = acknowledged(cast)
        with pytest.raises(Refused, match="Only an emergency goes up without") as why:
            self.up(cast, case)
        assert why.value.field == "also"
        assert not TriedStep.objects.exists()
        assert self.up(cast, case, also="Asked the bank.").tier == 2

    def test_what_was_noted_before_counts(self, cast):
        case = acknowledged(cast)
        verbs.tried(case.pk, also="Asked the bank.", by=cast.tiers[1], at=at(3))
        assert self.up(cast, case).tier == 2

    def test_an_emergency_is_never_asked(self, cast):
        case = acknowledged(cast)
        assert verbs.emergency(case.pk, by=cast.tiers[1], at=at(3)).tier > 1
        assert not TriedStep.objects.exists()

    def test_the_level_above_is_not_asked_and_reads_what_was_tried(self, cast):
        case = self.up(cast, acknowledged(cast), also="Asked the bank.")
        verbs.review(case.pk, by=cast.tiers[2], at=at(6))
        verbs.acknowledge(case.pk, by=cast.tiers[2], at=at(7))
        case = verbs.escalate(case.pk, reason="Higher.", also="Asked the carrier.", by=cast.tiers[2], at=at(8))
        assert case.tier == 3
        assert [(row.text, row.tier) for row in TriedStep.objects.filter(case=case).order_by("pk")] == [
            ("Asked the bank.", 1), ("Asked the carrier.", 2),
        ]  # fmt: skip

    def test_the_log_names_the_rows_and_the_record_replays(self, cast):
        case = self.up(cast, acknowledged(cast), also="Asked the bank.")
        event = Event.objects.filter(case=case, kind="escalated").get()
        assert event.data["tried"] == [TriedStep.objects.get().pk]
        assert "bank" not in str(event.data)
        assert list(replay_many([case.pk])) == []

    def test_a_clock_that_climbs_asks_nobody(self, cast):
        case = acknowledged(cast)
        for days in range(1, 40):
            sweep_batch(MONDAY + timedelta(days=days))
        case.refresh_from_db()
        assert case.tier > 1 and not TriedStep.objects.exists()


class TestPlaybook:
    def test_steps_are_ticked_once_each(self, cast):
        rows, case = book(cast, "Look at the order", "Ask the depot"), acknowledged(cast)
        for minute in (3, 4):
            verbs.tried(case.pk, steps=[step_key(rows, 1)], by=cast.mate, at=at(minute))
        row = TriedStep.objects.get()
        assert (row.text, row.revision, row.by, row.tier) == ("Ask the depot", rows, cast.mate, 1)

    @pytest.mark.parametrize("key", ["", "x", "1.", "1.99", "99999.0", "1.-1", "9" * 30 + ".0"])
    def test_a_step_that_is_not_there(self, cast, key):
        book(cast, "Look at the order")
        case = acknowledged(cast)
        with pytest.raises(Refused, match="not the one you looked at"):
            verbs.tried(case.pk, steps=[key], by=cast.mate, at=at(3))

    def test_the_playbook_of_another_topic_is_not_this_cases(self, cast):
        other, case = book(cast, "Ask the bank", slug="billing"), acknowledged(cast)
        with pytest.raises(Refused, match="not the one you looked at"):
            verbs.tried(case.pk, steps=[step_key(other, 0)], by=cast.mate, at=at(3))

    def test_what_was_ticked_on_an_older_revision_is_kept_as_it_read(self, cast):
        old, case = book(cast, "Look at the order"), acknowledged(cast)
        book(cast, "Look at the parcel", seen=1)
        verbs.tried(case.pk, steps=[step_key(old, 0)], by=cast.mate, at=at(3))
        assert TriedStep.objects.get().text == "Look at the order"

    def test_revisions_follow_each_other_and_the_same_is_no_news(self, cast):
        first = book(cast, " Look  at it ", "", "Look at it", "Ask")
        assert first.steps == ["Look at it", "Ask"]
        assert book(cast, "Look at it", "Ask", seen=1).pk == first.pk
        assert book(cast, "Ask", seen=1).number == 2
        assert playbooks.fitting(["orders"]).steps == ["Ask"]
        assert book(cast, seen=2).steps == [] and playbooks.fitting(["orders"]) is None
        assert PlaybookRevision.objects.filter(is_current=True).count() == 1

    def test_the_nearest_topic_counts(self, cast):
        above = book(cast, "Look", slug="billing")
        assert playbooks.fitting(["orders", "billing"]) == above
        own = book(cast, "Ask")
        assert playbooks.fitting(["orders", "billing"]) == own

    @pytest.mark.parametrize(
        ("steps", "seen", "sentence"),
        [
            (["x" * 201], 0, "Step 1 is too long"),
            ([str(n) for n in range(21)], 0, "20 at most"),
            ([], 0, "at least one step"),
            (["New"], 7, "changed this playbook while you were writing"),
        ],
    )
    def test_what_is_refused_changes_nothing(self, cast, steps, seen, sentence):
        with pytest.raises(NotSaved, match=sentence):
            book(cast, *steps, seen=seen)
        assert not PlaybookRevision.objects.exists()


class TestInvestigatedFirst:
    @pytest.mark.parametrize("severity", [1, 2, 3, 4])
    def test_a_grave_case_is_investigated_before_it_is_answered(self, cast, severity):
        case = acknowledged(cast, severity)
        if severity <= GRAVE:
            with pytest.raises(Refused, match="write the investigation first"):
                verbs.answer(case.pk, **WHOLE, note="x" if severity == 1 else "", by=cast.tiers[1], at=at(5))
            assert not Resolution.objects.exists()
            verbs.investigate(case.pk, **INVESTIGATION, by=cast.tiers[1], at=at(4))
        case = verbs.answer(
            case.pk, **(WHOLE if severity <= GRAVE else ANSWER), note="Known.", by=cast.tiers[1], at=at(5)
        )
        assert case.state == "answered"

    @pytest.mark.parametrize(
        ("words", "field"),
        [
            ({"cause": ""}, "cause"),
            ({"cause": "magic"}, "cause"),
            ({"prevents": None}, "prevents"),
            ({"prevents": True}, "prevention"),
            ({"prevents": True, "prevention": "  "}, "prevention"),
        ],
    )
    def test_its_record_says_the_cause_and_what_prevents_it(self, cast, words, field):
        case = acknowledged(cast)
        verbs.investigate(case.pk, **INVESTIGATION, by=cast.tiers[1], at=at(4))
        with pytest.raises(Refused) as why:
            verbs.answer(case.pk, **(WHOLE | words), by=cast.tiers[1], at=at(5))
        assert why.value.field == field
        assert not Resolution.objects.exists()

    def test_the_record_and_the_log_keep_it(self, cast):
        case = acknowledged(cast)
        verbs.investigate(case.pk, **INVESTIGATION, by=cast.tiers[1], at=at(4))
        said = WHOLE | {"prevents": True, "prevention": "The button sleeps after a press."}
        verbs.answer(case.pk, **said, by=cast.tiers[1], at=at(5))
        record = Resolution.objects.get()
        assert (record.cause, record.prevents, record.prevention) == (
            "software",
            True,
            "The button sleeps after a press.",
        )
        event = Event.objects.get(case=case, kind="answered")
        assert (event.data["cause"], event.data["prevents"]) == ("software", True)
        assert "button" not in str(event.data)

    def test_an_investigation_is_an_internal_note_with_its_files(self, cast):
        case = acknowledged(cast)
        file = keep(
            check("log.txt", BytesIO(b"The log of the shop.\n")),
            draft="key",
            description="The log",
            by=cast.tiers[1],
            at=at(3),
        )
        verbs.investigate(case.pk, **INVESTIGATION, files=[file], by=cast.tiers[1], at=at(4))
        found = Investigation.objects.get()
        assert found.note == Note.objects.get() and INVESTIGATION["findings"] in found.note.text
        file.refresh_from_db()
        assert file.note == found.note and file.case == case
        assert Event.objects.filter(case=case).order_by("seq").last().kind == "noted"

    def test_the_newest_counts_and_the_older_stays(self, cast):
        case = acknowledged(cast)
        for minute, cause in ((4, "unknown"), (5, "slip")):
            verbs.investigate(case.pk, **(INVESTIGATION | {"cause": cause}), by=cast.tiers[1], at=at(minute))
        assert [row.cause for row in Investigation.objects.order_by("at")] == ["unknown", "slip"]

    @pytest.mark.parametrize(
        "words", [{"hypotheses": " "}, {"findings": ""}, {"cause": "magic"}, {"findings": "x" * 4001}]
    )
    def test_half_an_investigation_is_none(self, cast, words):
        case = acknowledged(cast)
        with pytest.raises(Refused) as why:
            verbs.investigate(case.pk, **(INVESTIGATION | words), by=cast.tiers[1], at=at(4))
        assert why.value.field in words
        assert not Investigation.objects.exists() and not Note.objects.exists()

    def test_pressed_twice_it_is_one(self, cast):
        case = acknowledged(cast)
        for _ in range(2):
            verbs.investigate(case.pk, **INVESTIGATION, form_key="one", by=cast.tiers[1], at=at(4))
            verbs.tried(case.pk, also="Asked.", form_key="two", by=cast.tiers[1], at=at(5))
        assert (Investigation.objects.count(), TriedStep.objects.count()) == (1, 1)


class TestRemedies:
    def kind(self, cast, name="Voucher", level=1, amount=False):
        return remedies.write(None, Draft(name, level, amount), by=cast.supervisor, at=at(0))

    def give(self, cast, case, kind, **words):
        said = ANSWER | {"remedy_kind": kind} | words
        return verbs.answer(case.pk, **said, by=cast.tiers[case.tier], at=at(5))

    def test_a_level_gives_what_it_may(self, cast):
        kind, case = self.kind(cast), acknowledged(cast, 3)
        self.give(cast, case, kind, remedy="10 off the next order")
        assert Resolution.objects.get().remedy_kind == kind

    def test_more_than_the_level_may_is_refused_with_who_may(self, cast):
        kind, case = self.kind(cast, "Replacement by courier", level=2), acknowledged(cast, 3)
        with pytest.raises(Refused, match="Pass the case up: level 2 may") as why:
            self.give(cast, case, kind)
        assert why.value.field == "remedy_kind" and not Resolution.objects.exists()

    def test_an_amount_that_goes_with_it_is_asked_for_and_bounded_by_the_level(self, cast):
        kind, case = self.kind(cast, amount=True), acknowledged(cast, 3)
        with pytest.raises(Refused, match="Write how much"):
            self.give(cast, case, kind)
        with pytest.raises(Refused, match="at most"):
            self.give(cast, case, kind, amount=Decimal("100000"))
        self.give(cast, case, kind, amount=Decimal("5"))

    def test_a_retired_or_changed_one_is_not_given(self, cast):
        kind, case = self.kind(cast), acknowledged(cast, 3)
        remedies.retire(kind.remedy, by=cast.supervisor, at=at(1), seen=1)
        kind.remedy.refresh_from_db()
        with pytest.raises(Refused, match="changed or retired"):
            self.give(cast, case, kind)
        remedies.bring_back(kind.remedy, by=cast.supervisor, at=at(2), seen=1)
        newer = remedies.write(kind.remedy, Draft("Voucher", 1, True), by=cast.supervisor, at=at(2), seen=1)
        kind.refresh_from_db()
        assert newer.number == 2 and not kind.is_current
        with pytest.raises(Refused, match="changed or retired"):
            self.give(cast, case, kind)

    def test_a_name_stands_once_and_pressing_twice_is_once(self, cast):
        kind = self.kind(cast)
        assert self.kind(cast) == kind
        with pytest.raises(NotSaved, match="already"):
            self.kind(cast, "voucher", level=2)
        for wrong in (Draft("", 1, False), Draft("x" * 81, 1, False), Draft("Y", 0, False)):
            with pytest.raises(NotSaved):
                remedies.write(None, wrong, by=cast.supervisor, at=at(0))
        with pytest.raises(NotSaved, match="changed this remedy"):
            remedies.write(kind.remedy, Draft("Z", 1, False), by=cast.supervisor, at=at(0), seen=9)


def test_erasing_takes_the_words_and_leaves_that_it_happened(cast):
    rows, case = book(cast, "Look at the order"), acknowledged(cast)
    verbs.tried(case.pk, steps=[step_key(rows, 0)], also="Called Sam Okafor.", by=cast.tiers[1], at=at(3))
    verbs.investigate(case.pk, **(INVESTIGATION | {"findings": "Sam clicked twice."}), by=cast.tiers[1], at=at(4))
    verbs.answer(case.pk, **(WHOLE | {"prevents": True, "prevention": "Sam is told."}), by=cast.tiers[1], at=at(5))
    texts(Subject.of(cast.customer, at(6)))
    assert sorted(TriedStep.objects.values_list("text", flat=True)) == ["(erased)", "Look at the order"]
    assert "Sam" not in str(list(Investigation.objects.values("hypotheses", "findings", "note__text")))
    assert Resolution.objects.get().prevention == "(erased)"
