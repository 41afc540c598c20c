"""Follow-ups (R063): which cases are owed one, by whom and by when, how it is done, and what ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import F

from cases.access import Viewer
from cases.lifecycle import State
from cases.models import Case, Message, Remedy, RemedyRevision, Resolution, Team, User
from escalation import letters, outbox, verbs
from escalation.letters import NotNeeded
from escalation.models import Heartbeat, Notice
from escalation.steps import look
from escalation.verbs import Refused
from feedback import follow_ups
from feedback.asks import claim
from feedback.facts import build
from feedback.follow_up_acts import Done, do, prepared
from feedback.models import Ask, CaseFact, FollowUp, Survey
from feedback.pulse import office
from feedback.surveys import add_to_answer, answer_survey
from portal import beat as _composers  # noqa: F401
from portal.presenters.timeline import story
from tests.cast import MONDAY, gather
from tests.escalation.stories import bring

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CALLED = Done("phone", "It works, thank you.", "fine")


@pytest.fixture
def cast():
    Heartbeat.objects.create(role="beat", last_loop=MONDAY)
    return gather()


def settled(cast, **fields):
    """A confirmed case of Tom's; as if it had been passed up unless `fields` say otherwise."""
    case = bring(cast, State.CONFIRMED)
    Case.objects.filter(pk=case.pk).update(**{"escalated_at": MONDAY} | fields)
    return Case.objects.get(pk=case.pk)


def day_of(case):
    return case.resolved_at + timedelta(days=settings.FOLLOW_UP["days"])


def round_of(at):
    """What the beat does about follow-ups at `at`."""
    for step in look(follow_ups.STEPS, at):
        while step.work(at):
            pass


def owed(case, at=None):
    round_of(at or day_of(case))
    return FollowUp.objects.filter(case=case).order_by("settled_at").last()


def why(row, *given, **more):
    with pytest.raises(Refused) as refused:
        do(row, *given, **more)
    return str(refused.value)


class TestOwed:
    def test_three_days_on_by_who_solved_it_in_working_time_and_once(self, cast):
        case = settled(cast)
        assert owed(case, day_of(case) - timedelta(seconds=1)) is None
        Heartbeat.objects.filter(role=follow_ups.ROLE).delete()
        row = owed(case)
        assert (row.since, row.settled_at, row.person) == (day_of(case), case.resolved_at, cast.tiers[1])
        assert office(row.since).worked(row.since, row.due_at) == settings.FOLLOW_UP["hours"] * 3600
        for hours in range(0, 24 * 8, 13):
            at = MONDAY + hours * HOUR
            assert office(at).worked(at, follow_ups.due_of(at)) == settings.FOLLOW_UP["hours"] * 3600
        round_of(day_of(case) + HOUR)
        assert FollowUp.objects.count() == 1
        # Being down for three days makes them all, and leaves out nothing.
        late = settled(cast)
        assert owed(late, day_of(late) + 3 * DAY) is not None

    def test_who_is_owed_none(self, cast, settings):
        """A case that never went up, a colleague's, history, a drill, one opened again; who is erased or wants to be left alone."""
        left_alone = settled(cast)
        answer_survey(left_alone, satisfaction=1, at=left_alone.resolved_at + HOUR)
        add_to_answer(left_alone, may_contact=False, at=left_alone.resolved_at + HOUR)
        again = settled(cast)
        verbs.reopen(again.pk, text="Back.", by=cast.customer, at=again.resolved_at + HOUR)
        cases = [settled(cast, escalated_at=None), settled(cast, customer=cast.mate), settled(cast, is_history=True)]
        cases += [settled(cast, is_drill=False), left_alone, again]
        Case.objects.filter(pk=cases[3].pk).update(is_drill=True)
        User.objects.filter(pk=cast.other.pk).update(erased_at=MONDAY)
        cases.append(settled(cast, customer=cast.other))
        round_of(day_of(left_alone))
        assert not FollowUp.everything.exists()
        settings.FOLLOW_UP = settings.FOLLOW_UP | {"days": 0}
        settled(cast)
        assert not follow_ups.to_look(MONDAY + 30 * DAY).exists()

    def test_which_cases_is_a_setting(self, cast, settings):
        kind = RemedyRevision.objects.create(
            remedy=Remedy.objects.create(), number=1, name="Voucher", made_at=MONDAY, made_by=cast.supervisor
        )
        up, urgent, given, plain = (settled(cast, escalated_at=None, severity=4) for _ in range(4))
        Case.objects.filter(pk=up.pk).update(escalated_at=MONDAY)
        Case.objects.filter(pk=urgent.pk).update(severity=2)
        Resolution.objects.filter(case=given).update(remedy_kind=kind)
        for words, expected in (
            (["escalated"], {up}), (["urgent"], {urgent}), (["remedied"], {given}),
            (["escalated", "remedied"], {up, given}), (["all"], {up, urgent, given, plain}),
        ):  # fmt: skip
            settings.FOLLOW_UP = settings.FOLLOW_UP | {"cases": words}
            assert set(Case.objects.filter(follow_ups.wanted())) == expected, words

    def test_the_lead_owes_it_for_who_has_left(self, cast):
        row = owed(settled(cast))
        team = row.case.team
        Team.objects.filter(pk=team.pk).update(lead=cast.mate)
        mine = lambda user: FollowUp.objects.filter(follow_ups.mine(user)).exists()  # noqa: E731
        assert mine(cast.tiers[1]) and not mine(cast.mate)
        User.objects.filter(pk=cast.tiers[1].pk).update(is_active=False)
        assert mine(cast.mate) and not mine(cast.tiers[2])
        row = FollowUp.objects.select_related("case__team__lead", "person").get()
        working = list(follow_ups.workers().values_list("pk", flat=True))
        assert follow_ups.owed_by(row, working) == cast.mate
        assert follow_ups.owed_by(row, set(working) - {cast.mate.pk}) is None


class TestDone:
    def test_by_message(self, cast):
        """In the customer's language; a prepared text nobody changed has to be confirmed; no survey, and seen on the page."""
        User.objects.filter(pk=cast.customer.pk).update(language="de", wants_surveys=False)
        row = owed(settled(cast))
        text = prepared(row, cast.tiers[1])
        assert "Funktioniert" in text and text.endswith("Tom")
        given = {"by": cast.tiers[1], "at": row.since + HOUR}
        assert "prepared text" in why(row, Done("letter", text.replace("\n", "\r\n ")), **given)
        assert not Notice.objects.filter(kind="follow_up").exists()
        assert do(row, Done("letter", text, fits=True), **given) is None
        notice = Notice.objects.get(kind="follow_up")
        letter = letters.compose(notice, row.since + HOUR)
        assert text in letter.text and "Tom" in letter.sender and not letter.unsubscribe
        while outbox.deliver_batch(row.since + HOUR):
            pass
        notice.refresh_from_db()
        assert (notice.state, notice.recipient) == (Notice.State.SENT, cast.customer)
        # The cap knows nothing of it, and no survey was asked or answered.
        assert not Ask.objects.exists() and not Survey.objects.exists()
        (told,) = [one for one in story(row.case, house="H", zone="UTC", now=row.due_at).rows if one["text"] == text]
        assert "Tom" in told["title"] and told["at"] == row.since + HOUR

    def test_a_survey_is_no_follow_up(self, cast):
        case = settled(cast)
        claim(cast.customer, Ask.Kind.SURVEY, case.pk, at=case.resolved_at + HOUR)
        answer_survey(case, satisfaction=5, at=case.resolved_at + HOUR)
        assert owed(case).is_open

    def test_by_phone_and_only_once(self, cast):
        row = owed(settled(cast))
        given = {"by": cast.tiers[1], "at": row.since}
        assert "Choose what" in why(row, Done("phone", "Fine."), **given)
        do(row, CALLED, **given)
        row.refresh_from_db()
        assert (row.how, row.said, row.by, row.done_at) == ("phone", "fine", cast.tiers[1], row.since)
        again = why(row, Done("skipped", "No."), by=cast.supervisor, at=row.since)
        assert "Tom" in again and "by phone" in again
        assert [one["title"] for one in story(row.case, house="H", zone="UTC", now=row.due_at).rows if one["text"] == CALLED.words] == ["You told us on the phone"]  # fmt: skip

    def test_it_is_back_opens_the_case_or_a_linked_one(self, cast):
        """What they said on the phone is their word on the case, and the page does not say it twice."""
        case, late, silent = settled(cast), settled(cast), settled(cast)
        round_of(day_of(silent))
        first, second, third = (FollowUp.objects.get(case=one) for one in (case, late, silent))
        back = Done("phone", "It fails again.", "back")
        assert do(first, back, by=cast.tiers[1], at=first.since) == case
        case.refresh_from_db()
        assert case.state == State.REOPENED
        said = Message.objects.get(case=case, text="It fails again.")
        assert (said.from_customer, said.author, said.channel) == (True, cast.customer, "phone")
        rows = story(case, house="H", zone="UTC", now=first.due_at).rows
        assert sum(one["text"] == "It fails again." for one in rows) == 1
        # After the time to open it again it goes on in a linked one.
        linked = do(second, back, by=cast.tiers[1], at=late.resolved_at + 40 * DAY)
        assert (linked.follows, linked.customer) == (late, cast.customer)
        # The words are needed, and without them nothing is opened.
        assert "Write what the customer said" in why(
            third, Done("phone", " ", "back"), by=cast.tiers[1], at=third.since
        )
        assert third.is_open

    def test_what_is_refused_changes_nothing(self, cast):
        row = owed(settled(cast))
        given = {"by": cast.tiers[1], "at": row.since}
        assert "say why" in why(row, Done("skipped", " "), **given).lower()
        assert "Too long" in why(row, Done("letter", "x" * 2001), **given)
        assert "Choose how" in why(row, Done("", "x"), **given)
        for stranger in (cast.tiers[4], cast.manager, cast.customer):
            assert "Only who owes it" in why(row, CALLED, by=stranger, at=row.since)
        answer_survey(row.case, satisfaction=1, at=row.since)
        add_to_answer(row.case, may_contact=False, at=row.since)
        assert "not want to be contacted" in why(row, CALLED, **given)
        row.refresh_from_db()
        assert row.is_open and not Notice.objects.filter(kind="follow_up").exists()


class TestEnds:
    def test_opened_again_it_stops_and_settled_again_there_is_another(self, cast):
        case = settled(cast)
        row = owed(case)
        at = row.since + HOUR
        verbs.reopen(case.pk, text="Back.", by=cast.customer, at=at)
        # At once, before the beat has come round.
        assert "moved on" in why(row, CALLED, by=cast.tiers[1], at=at)
        assert not follow_ups.to_do(Viewer(cast.supervisor)).exists()
        round_of(at + HOUR)
        row.refresh_from_db()
        assert row.stopped_at == at and not row.is_late(row.due_at + DAY)
        Case.objects.filter(pk=case.pk).update(state=State.CONFIRMED, resolved_at=at + DAY)
        second = owed(Case.objects.get(pk=case.pk))
        assert second.pk != row.pk and second.is_open

    def test_who_says_leave_me_alone_is(self, cast):
        row = owed(settled(cast))
        answer_survey(row.case, satisfaction=2, at=row.since)
        add_to_answer(row.case, may_contact=False, at=row.since)
        assert not follow_ups.to_do(Viewer(cast.supervisor)).exists()
        round_of(row.since + HOUR)
        row.refresh_from_db()
        assert row.stopped_at == row.since + HOUR

    def test_a_letter_that_waits_is_not_sent_about_an_open_case(self, cast):
        row = owed(settled(cast))
        do(row, Done("letter", "Does it work?"), by=cast.tiers[1], at=row.since)
        verbs.reopen(row.case.pk, text="Back.", by=cast.customer, at=row.since)
        with pytest.raises(NotNeeded):
            letters.compose(Notice.objects.get(kind="follow_up"), row.since)

    @pytest.mark.parametrize(
        ("given", "after", "stopped", "fact"),
        [
            (CALLED, 0, None, (True, True)),
            (CALLED, 1, None, (True, False)),
            (Done("skipped", "Moved away."), 0, None, (True, False)),
            (None, 0, -1, (False, False)),
            (None, 0, 1, (True, False)),
        ],
    )
    def test_the_fact(self, cast, given, after, stopped, fact):
        """Owed or not, and in time or not: done `after` seconds past the time, or stopped so long past it."""
        row = owed(settled(cast))
        if given:
            do(row, given, by=cast.tiers[1], at=row.due_at + timedelta(seconds=after))
        if stopped:
            FollowUp.objects.update(stopped_at=F("due_at") + timedelta(seconds=stopped))
        while build.take_touched(row.due_at):
            pass
        build.rebuild([row.case.pk], at=row.due_at)
        made = CaseFact.objects.get(case=row.case)
        in_time = made.follow_done_at is not None and made.follow_due_at is not None and made.follow_done_at <= made.follow_due_at  # fmt: skip
        assert (made.follow_due_at is not None, in_time) == fact
