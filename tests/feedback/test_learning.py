"""Retros and lessons: who is asked, what is refused, what becomes of a lesson, and who is told."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from cases.models import Case, Category
from escalation import verbs
from escalation.letters import NotNeeded, compose, register
from escalation.models import Notice
from escalation.verbs import Refused
from feedback import lesson_letters, lessons, retros
from feedback.figures import Scope
from feedback.intervals import Share
from feedback.lessons import Answer
from feedback.models import Lesson, Retro
from feedback.periods import Period
from tests import solving
from tests.cast import MONDAY, gather
from tests.feedback.learners import DAY, HOUR, MINUTE, asked, went_up

pytestmark = pytest.mark.django_db
AT = MONDAY + 2 * HOUR
PERIOD = Period(date(2026, 1, 12), date(2026, 1, 18), "UTC")


@pytest.fixture
def cast():
    return gather()


def refused(field, act, *args, **more):
    """The sentence of a refusal that names `field`; nothing was changed by it."""
    before = [list(model.objects.order_by("pk").values()) for model in (Retro, Lesson, Notice)]
    with pytest.raises(Refused) as why:
        act(*args, **more)
    assert why.value.field == field
    assert before == [list(model.objects.order_by("pk").values()) for model in (Retro, Lesson, Notice)]
    return str(why.value)


# Retros -------------------------------------------------------------------------------------------------------


class TestRetro:
    def test_who_carried_a_case_that_went_up_is_asked_once_when_it_is_settled(self, cast):
        tom, mara = cast.tiers[1], cast.tiers[2]
        case = went_up(cast)
        verbs.note(case.pk, text="Well done.", by=cast.mate, at=MONDAY + HOUR + MINUTE)
        plain = cast.file(at=MONDAY, title="Never went up")
        Case.objects.filter(pk=plain.pk).update(resolved_at=MONDAY + HOUR, owner=cast.mate)
        found = asked(AT)
        assert set(found) == {tom, mara}, "a note is no carrying, and what never went up owes nothing"
        assert {row.case for row in found.values()} == {case} and found[tom].asked_at == AT
        assert list(retros.owed(tom, at=AT)) == [found[tom]]
        # Looked at again, opened again and settled again: nobody is asked twice.
        verbs.reopen(case.pk, text="It came back.", by=case.customer, at=AT + MINUTE)
        assert asked(AT + HOUR).keys() == found.keys()
        assert not retros.due(AT + HOUR + MINUTE).exists() and retros.due(AT + 2 * HOUR).exists()
        said = {"text": "Paid again.", "outcome": "fixed", "root_cause": "A click", "by": cast.tiers[3]}
        verbs.hand_over(case.pk, to=cast.tiers[3], note="Yours.", by=cast.supervisor, at=AT + 2 * HOUR)
        solving.answer(case.pk, **said, at=AT + 3 * HOUR)
        verbs.accept(case.pk, by=case.customer, at=AT + 4 * HOUR)
        again = asked(AT + 5 * HOUR)
        assert set(again) == {tom, mara, cast.supervisor, cast.tiers[3]}, "who was new to it is asked"
        assert again[tom] == found[tom] and again[tom].asked_at == AT

    def test_not_before_it_is_settled_nor_imported_nor_practice_nor_who_is_gone(self, cast):
        first, gone = went_up(cast), went_up(cast, title="Two")
        Case.objects.filter(pk=first.pk).update(is_history=True)
        drill = went_up(cast, title="Practice")
        Case.everything.filter(pk=drill.pk).update(is_drill=True)
        cast.tiers[2].is_active = False
        cast.tiers[2].save(update_fields=["is_active"])
        assert {(row.case, row.person) for row in asked(MONDAY + 30 * MINUTE).values()} == set()
        assert {(row.case, person) for person, row in asked(AT).items()} == {(gone, cast.tiers[1])}

    def test_answering_skipping_and_what_is_refused(self, cast):
        went_up(cast)
        tom, mara = cast.tiers[1], cast.tiers[2]
        found = asked(AT)
        later = AT + HOUR
        assert "level" in refused("level", retros.answer, found[tom], level="", by=tom, at=later)
        assert "1001" in refused(
            "worked", retros.answer, found[tom], level="right", worked="x" * 1001, by=tom, at=later
        )
        refused("", retros.answer, found[tom], level="right", by=mara, at=later)
        refused("skipped_why", retros.skip, found[mara], "  ", by=mara, at=later)
        refused("", retros.answer, found[tom], level="right", by=tom, at=AT + retros.OWED_FOR)
        assert retros.owed(tom, at=AT + retros.OWED_FOR).count() == 0
        retros.answer(found[tom], level="sooner", worked=" Rang. ", by=tom, at=later)
        retros.skip(found[mara], "On leave  since.", by=mara, at=later)
        assert "already" in refused("", retros.answer, found[tom], level="right", by=tom, at=later)
        assert "already" in refused("", retros.answer, found[mara], level="right", by=mara, at=later)
        row = Retro.objects.get(person=tom)
        assert (row.level, row.worked, row.answered_at) == ("sooner", "Rang.", later)
        assert retros.owed(tom, at=later).count() == retros.owed(mara, at=later).count() == 0
        with pytest.raises(IntegrityError), transaction.atomic():
            Retro.objects.filter(person=mara).update(answered_at=later)

    def test_the_share_that_answers_is_counted_by_hand_and_who_reads_what(self, cast):
        case = went_up(cast)
        other = went_up(cast, title="Two", at=MONDAY + HOUR)
        Case.objects.filter(pk=other.pk).update(category=Category.objects.get(slug="billing"))
        asked(MONDAY + 3 * HOUR)
        rows = {(row.case_id, row.person_id): row for row in Retro.objects.all()}
        tom, mara, lead = cast.tiers[1], cast.tiers[2], cast.tiers[3]
        at = MONDAY + 4 * HOUR
        retros.answer(rows[case.pk, tom.pk], level="right", by=tom, at=at)
        retros.answer(rows[other.pk, tom.pk], level="lower", by=tom, at=at)
        retros.skip(rows[case.pk, mara.pk], "Nothing.", by=mara, at=at)
        assert retros.response(PERIOD) == Share(2, 4)
        assert retros.response(PERIOD, Scope(topic="billing")) == Share(1, 2)
        assert retros.response(PERIOD.before()) == Share()
        assert retros.levels(PERIOD) == {"right": 1, "lower": 1, "sooner": 0}
        cast.teams[3].members.add(tom)
        counts = [retros.readable(one).count() for one in (tom, mara, cast.mate, lead, cast.supervisor)]
        assert counts == [2, 0, 0, 2, 2], "their own, nobody else's, those of who they lead, all"


# Lessons ------------------------------------------------------------------------------------------------------


def lesson(cast, text="Banks are closed on Monday.", *, by=None, at=AT, **more):
    return lessons.write(text, more.pop("change", "article"), by=by or cast.tiers[1], at=at, **more)


def accepted(cast, **more):
    said = Answer("accepted", "A line in the article.", owner=cast.mate, due_on=date(2026, 1, 20))
    return replace(said, **more)


def letters(kind):
    return sorted(str(one.recipient) for one in Notice.objects.filter(kind=kind))


@pytest.fixture
def posted():
    for kind, composer in lesson_letters.COMPOSERS.items():
        register(kind, composer)


class TestLesson:
    def test_what_is_written_and_what_is_refused(self, cast, settings):
        settings.LESSON_ANSWER_DAYS = 5
        case = went_up(cast)
        one = lesson(cast, case=case, tags=["Bank  Holidays", "bank holidays", "Card", ""])
        assert [tag.word for tag in one.tags.all()] == ["bank holidays", "card"]
        assert one.answer_by == AT + 5 * DAY and one.is_open
        tom = {"by": cast.tiers[1], "at": AT}
        refused("text", lessons.write, "  ", "tool", **tom)
        refused("text", lessons.write, "x" * 1001, "tool", **tom)
        refused("change", lessons.write, "Words", "everything", **tom)
        refused("tags", lessons.write, "Words", "tool", tags=list("abcdef"), **tom)
        refused("tags", lessons.write, "Words", "tool", tags=["x" * 31], **tom)
        refused("", lessons.write, "Words", "tool", by=cast.customer, at=AT)
        settings.STAFF_SEE = "teams"
        refused("case", lessons.write, "Words", "tool", case=case, by=cast.tiers[5], at=AT)
        assert lessons.readable(cast.tiers[5]).count() == 0, "not about a case they do not see"
        assert lessons.readable(cast.supervisor).count() == lessons.readable(cast.tiers[1]).count() == 1

    def test_every_answer_that_is_not_one(self, cast):
        one, other = lesson(cast), lesson(cast, "Another")
        answered = lessons.answer(lesson(cast, "Old"), Answer("declined", "No."), by=cast.supervisor, at=AT)
        dana, today = {"by": cast.supervisor, "at": AT}, AT.date()
        for field, said in (
            ("outcome", Answer("", "Words.")),
            ("outcome", Answer("open", "Words.")),
            ("words", Answer("declined", "  ")),
            ("words", accepted(cast, words="")),
            ("words", Answer("joined", "", joined_to=other)),
            ("words", Answer("declined", "x" * 1001)),
            ("owner", accepted(cast, owner=None)),
            ("owner", accepted(cast, owner=cast.customer)),
            ("due_on", accepted(cast, due_on=None)),
            ("due_on", accepted(cast, due_on=today - DAY)),
            ("due_on", accepted(cast, due_on=today + 2 * lessons.FURTHEST)),
            ("owner", Answer("declined", "No.", owner=cast.mate)),
            ("joined_to", Answer("joined", "Same.")),
            ("joined_to", Answer("joined", "Same.", joined_to=one)),
            ("joined_to", Answer("joined", "Same.", joined_to=answered)),
            ("joined_to", Answer("declined", "No.", joined_to=other)),
        ):
            refused(field, lessons.answer, one, said, **dana)
        assert "supervisors" in refused("", lessons.answer, one, accepted(cast), by=cast.tiers[1], at=AT)
        for wrong in ({"outcome": "declined"}, {"answer": "Words"}, {"owner": cast.mate}, {"joined_to": other}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Lesson.objects.filter(pk=one.pk).update(**wrong)

    def test_today_is_the_day_where_the_company_is(self, cast, settings):
        settings.COMPANY_TIME_ZONE = "America/Los_Angeles"
        night = AT.replace(hour=2)  # still Sunday evening there
        one, sunday = lesson(cast, at=night), night.date() - DAY
        refused("due_on", lessons.answer, one, accepted(cast, due_on=sunday - DAY), by=cast.supervisor, at=night)
        assert lessons.answer(one, accepted(cast, due_on=sunday), by=cast.supervisor, at=night).due_on == sunday

    def test_each_writer_is_told_what_became_of_it_and_of_what_it_was_joined_to(self, cast, posted):
        tom, ana, dana = cast.tiers[1], cast.mate, cast.supervisor
        first, second = lesson(cast, by=tom), lesson(cast, "The same again", by=ana)
        third = lesson(cast, "And again", by=cast.tiers[3])
        lessons.answer(third, Answer("joined", "Same bank.", joined_to=second), by=dana, at=AT)
        lessons.answer(second, Answer("joined", "Same bank.", joined_to=first), by=dana, at=AT)
        assert Lesson.objects.get(pk=third.pk).joined_to == first, "what was joined to it goes along"
        joined = Notice.objects.get(kind=lesson_letters.ANSWERED, recipient=ana)
        assert "same as another" in " ".join(compose(joined, AT).text.split())
        said = lessons.answer(first, accepted(cast, owner=tom), by=dana, at=AT + HOUR)
        assert letters(lesson_letters.ANSWERED) == [
            "Ana Mate", "Ana Mate", "Priya Shah", "Priya Shah", "Tom Reed",
        ]  # fmt: skip
        told = Notice.objects.filter(kind=lesson_letters.ANSWERED, recipient=ana).latest("pk")
        written = compose(told, AT + HOUR)
        assert written.subject == "Your lesson was accepted" and f"/learning/{second.pk}/" in written.text
        assert "A line in the article" not in written.text, "words stay in the console"
        assert "already" in refused("joined_to", lessons.answer, lesson(cast), Answer("joined", "S.", joined_to=first), by=dana, at=AT)  # fmt: skip
        assert "while you were writing" in refused("", lessons.answer, first, Answer("declined", "No."), by=dana, at=AT)
        refused("", lessons.finish, first, by=ana, at=AT)
        refused("", lessons.finish, second, by=dana, at=AT)
        for _ in range(2):
            assert lessons.finish(said, by=tom, at=AT + 2 * HOUR).done_at == AT + 2 * HOUR
        done = Notice.objects.filter(kind=lesson_letters.ANSWERED, recipient=ana).latest("pk")
        assert compose(done, AT + 3 * HOUR).subject == "What you learned has led to a change"
        with pytest.raises(NotNeeded):
            compose(told, AT + 3 * HOUR)
        assert letters(lesson_letters.ANSWERED).count("Tom Reed") == 1, "who does it needs no letter of it"

    def test_what_is_overdue_is_told_once(self, cast, posted):
        one, late = lesson(cast), AT + timedelta(days=7)
        lesson(cast, at=AT + DAY)
        assert not lesson_letters.to_tell(late - MINUTE).exists() and lessons.overdue(late).get() == one
        assert [lesson_letters.tell(late), lesson_letters.tell(late + MINUTE)] == [1, 0]
        (notice,) = Notice.objects.filter(kind=lesson_letters.OVERDUE)
        assert notice.recipient == cast.supervisor
        assert compose(notice, late).subject == "Overdue: 1 lesson without an answer"
        assert lesson_letters.tell(late + 2 * DAY) == 1 and len(letters(lesson_letters.OVERDUE)) == 2
        lessons.answer(one, Answer("declined", "No."), by=cast.supervisor, at=late)
        with pytest.raises(NotNeeded):
            compose(notice, late)
