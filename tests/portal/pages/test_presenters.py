"""The presenters: seven variants of the promise, five rows of milestones, tags and timeline, for every state."""

from datetime import timedelta

import pytest

from cases.lifecycle import State
from cases.models import Case
from cases.words import WORDS
from escalation import verbs
from escalation.lateness import is_late
from feedback.surveys import answer_survey
from portal.presenters import milestones, status
from portal.presenters.casefile import CaseFile, page_query
from portal.presenters.lists import case_rows, pressing_first
from portal.presenters.promise import View, promise_block, variant_of
from portal.presenters.timeline import story
from tests import solving
from tests.portal.pages.scene import (
    MAKERS,
    acknowledged,
    answered,
    assessed,
    confirmed,
    escalated,
    late,
    later,
    make,
    step,
    sweep_at,
    working,
)

ZONE = "Europe/London"
S = State
NOW = step(28)  # before the first promise of a new case is due
FIRST_LINE, SECOND_LINE = "Service representatives", "Customer support managers"


def file_of(case: Case) -> CaseFile:
    return CaseFile.load(page_query(Case.objects.filter(pk=case.pk)).get())


def block(case: Case, now=NOW, **more) -> dict:
    return promise_block(file_of(case), View(ZONE, now, f"/c/{case.reference}/", **more))


def steps(case: Case, now=NOW) -> list[dict]:
    return milestones.milestones(file_of(case), now)


def states_of(case: Case, now=NOW) -> list[str]:
    return [row["state"] for row in steps(case, now)]


#: State -> variant, the first words of its headline, and whether a time stands there.
VARIANTS = {
    S.NEW: ("no_owner", "You will next hear", True),
    S.REVIEWED: ("no_owner", "Someone confirms", True),
    S.ESCALATED: ("no_owner", "A named specialist confirms", True),
    S.PASSED: ("no_owner", "A named specialist confirms", True),
    S.ACKNOWLEDGED: ("running", "You will next hear", True),
    S.WORKING: ("running", "You will next hear", True),
    S.WAITING_CUSTOMER: ("waiting_for_you", "We need something from you", False),
    S.WAITING_PARTNER: ("running", "You will next hear", True),
    S.ANSWERED: ("answered", "Is it fixed?", False),
    S.CONFIRMED: ("closed", "Fixed Mon 12 Jan", False),
    S.FEEDBACK: ("closed", "Fixed Mon 12 Jan", False),
    S.CLOSED: ("closed", "Closed Mon 12 Jan", False),
    S.REOPENED: ("running", "You will next hear", True),
    S.WITHDRAWN: ("closed", "Withdrawn Mon 12 Jan", False),
    S.MERGED: ("closed", "Joined to MP-", False),
}
#: State -> the five rows.
ROWS = {
    S.NEW: "current todo todo todo todo",
    S.REVIEWED: "done current todo todo todo",
    S.ESCALATED: "done current todo todo todo",
    S.PASSED: "done current todo todo todo",
    S.ACKNOWLEDGED: "done done current todo todo",
    S.WORKING: "done done current todo todo",
    S.WAITING_CUSTOMER: "done done current todo todo",
    S.WAITING_PARTNER: "done done current todo todo",
    S.ANSWERED: "done done done current todo",
    S.CONFIRMED: "done done done done current",
    S.FEEDBACK: "done done done done current",
    S.CLOSED: "done done done done current",
    S.REOPENED: "done done current todo todo",
    S.WITHDRAWN: "done done not_needed not_needed not_needed",
    S.MERGED: "done not_needed not_needed not_needed not_needed",
}


def test_tables_name_every_state():
    assert set(VARIANTS) == set(ROWS) == set(MAKERS) == set(State.values)


@pytest.mark.parametrize("state", list(MAKERS))
def test_promise_of_every_state(state, cast):
    found = block(make(state, cast))
    variant, headline, timed = VARIANTS[state]
    assert found["variant"] == variant
    assert found["headline"].startswith(headline)
    assert (found["due"] is not None) == timed
    assert found["handler"]["name"] or found["handler"]["team"]


@pytest.mark.parametrize("state", list(MAKERS))
def test_milestones_of_every_state(state, cast):
    rows = steps(make(state, cast))
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5]
    assert " ".join(row["state"] for row in rows) == ROWS[state]


@pytest.mark.parametrize("state", list(MAKERS))
def test_tag_and_line_of_every_state_are_filled(state, cast):
    file = file_of(make(state, cast))
    tag = status.tag(file.case, partner=file.partner, other=file.other)
    line = status.line(file.case, zone=ZONE, now=NOW, until=file.reopen_until)
    assert not set("{}") & set(tag["word"] + line)
    assert "  " not in tag["word"] + line
    assert tag["word"].split(" ")[-1] == WORDS[state].tag.split(" ")[-1] or "{" in WORDS[state].tag
    (row,) = case_rows([file.case], zone=ZONE, now=NOW)
    assert (row["tag"], row["promise_line"]) == (tag, line)


class TestPromise:
    def test_handler_is_a_first_name_and_a_team(self, cast):
        handler = block(working(cast))["handler"]
        assert (handler["name"], handler["team"], handler["initials"]) == ("Tom", FIRST_LINE, "TR")

    def test_without_an_owner_the_team_and_its_lead_stand_there(self, cast):
        handler = block(assessed(cast))["handler"]
        assert (handler["name"], handler["team"], handler["note"]) == ("", FIRST_LINE, "Team lead: Tom")

    def test_waiting_for_you_has_the_question_and_since_when(self, cast):
        case = make(S.WAITING_CUSTOMER, cast)
        told = story(file_of(case).case, house="Acme", zone=ZONE, now=NOW)
        found = block(case, question=told.question)
        assert found["question"] == "Which charge?"
        assert found["detail"].startswith("Our clock is stopped since Mon 12 Jan, 10:15.")
        assert found["actions"][0]["url"] == "#message"

    def test_broken_until_the_next_word(self, cast):
        case = late(cast)
        due = case.promise_at
        found = block(case, now=due + timedelta(minutes=1))
        assert (found["variant"], found["missed"]) == ("late", due)
        assert found["due"] == Case.objects.get(pk=case.pk).promise_at > due
        assert found["handler"]["note"] == "Mara has been told and is now responsible too."
        verbs.review(case.pk, by=cast.tiers[2], at=due + timedelta(minutes=2))
        verbs.acknowledge(case.pk, by=cast.tiers[2], at=due + timedelta(minutes=3))
        assert block(case, now=due + timedelta(minutes=4))["variant"] == "running"

    def test_a_time_that_has_just_passed_is_late_before_the_engine_says_so(self, cast):
        case = working(cast)
        found = block(case, now=case.promise_at + timedelta(seconds=1))
        assert (found["variant"], found["missed"], found["due"]) == ("late", case.promise_at, None)

    def test_taken_over_from_a_colleague_until_the_new_one_speaks(self, cast):
        case = working(cast)
        verbs.take_over(case.pk, by=cast.mate, at=step(30))
        told = story(file_of(case).case, house="Acme", zone=ZONE, now=NOW)
        found = block(case, covers=told.covers)
        assert (found["variant"], found["handler"]["name"]) == ("covered", "Ana")
        assert found["handler"]["note"] == "took over from Tom"
        verbs.update(case.pk, text="I go on.", by=cast.mate, at=step(31))
        assert story(file_of(case).case, house="Acme", zone=ZONE, now=NOW).covers == ""

    def test_supervisors_promise_stands_beside_the_other(self, cast):
        case = working(cast)
        verbs.ask_supervisor(case.pk, reason="slow", by=cast.customer, at=step(30))
        found = block(case)
        assert found["variant"] == "running"
        assert found["second"]["due"] > step(30)

    def test_settled_can_be_opened_again_until_a_day_and_then_not(self, cast):
        case = make(S.CLOSED, cast)
        assert block(case)["detail"] == "You can open it again until Mon 26 Jan."
        assert [a["label"] for a in block(case, now=later(days=15))["actions"]] == ["Start a new case"]

    def test_only_a_running_time_has_a_proof(self, cast):
        case = working(cast)
        assert block(case)["proof_url"] == f"/c/{case.reference}/why/"
        waits = make(S.WAITING_CUSTOMER, cast)
        assert block(waits)["proof_url"] == f"/c/{waits.reference}/why/#lapse"
        assert block(make(S.WITHDRAWN, cast))["proof_url"] is None

    def test_not_late_while_it_is_the_customers_turn(self, cast):
        case = answered(cast)
        file = file_of(case)
        assert not is_late(file.case, case.promise_at + timedelta(days=1))
        assert variant_of(file, View(ZONE, NOW, "/")) == "answered"


class TestMilestones:
    def test_kept_is_said_with_what_was_promised(self, cast):
        case = working(cast)
        review, taken = steps(case)[:2]
        assert (review["kept"], review["at"]) == (True, step(5))
        assert review["promised"] == step(30)
        assert review["line"] == "Treated as High: you lost money or data"
        assert (taken["kept"], taken["line"]) == (True, f"Tom, {FIRST_LINE}")
        assert taken["promised"] == step(125)

    def test_missed_review_stays_missed_when_it_is_done_after_all(self, cast):
        case = late(cast)
        due = case.promise_at
        assert states_of(case, due + timedelta(minutes=1))[0] == "late"
        verbs.review(case.pk, by=cast.tiers[2], at=due + timedelta(minutes=2))
        row = steps(case, due + timedelta(minutes=3))[0]
        assert (row["state"], row["kept"], row["promised"]) == ("done", False, due)
        assert row["at"] == due + timedelta(minutes=2)

    def test_solved_at_first_contact_says_who(self, cast):
        case = assessed(cast)
        said = {"text": "Done.", "outcome": "fixed", "root_cause": "slip"}
        solving.answer(case.pk, by=cast.tiers[1], at=step(6), **said)
        rows = steps(case)
        assert [row["state"] for row in rows] == ["done", "not_needed", "not_needed", "current", "todo"]
        assert rows[1]["line"] == "Tom solved it at once"

    def test_passed_up_shows_the_newest_team(self, cast):
        row = steps(escalated(cast))[1]
        assert (row["state"], row["line"]) == ("current", f"With the team {SECOND_LINE}")

    def test_late_update(self, cast):
        case = working(cast)
        assert states_of(case, case.promise_at + timedelta(minutes=1)) == ["done", "done", "late", "todo", "todo"]

    def test_rhythm_and_number_of_updates(self, cast):
        row = steps(working(cast))[2]
        assert row["title"] == "Working on it, with updates every 8 working hours"
        assert row["line"] == "1 update so far"

    def test_answered_survey_ends_the_fifth(self, cast):
        case = confirmed(cast)
        answer_survey(Case.objects.get(pk=case.pk), satisfaction=5, at=step(40))
        assert states_of(case)[4] == "done"


class TestTimeline:
    def titles(self, case, **more) -> list[str]:
        told = story(file_of(case).case, house="Acme Support", zone=ZONE, now=NOW, **more)
        return [row["title"] for row in told.rows]

    def test_the_whole_road_in_customer_words(self, cast):
        case = confirmed(cast)
        assert self.titles(case) == [
            "You said it is fixed",
            "Our answer, from Tom",
            "Update from Tom",
            "Tom has your case",
            "We treat your case as High",
            "You told us",
        ]

    def test_nothing_of_the_staffs_own(self, cast):
        case = working(cast)
        verbs.note(case.pk, text="Customer sounds angry.", by=cast.tiers[1], at=step(30))
        verbs.hand_over(case.pk, to=cast.mate, note="Watch out.", by=cast.supervisor, at=step(31))
        told = story(file_of(case).case, house="Acme", zone=ZONE, now=NOW)
        assert "angry" not in str(told) and "Watch out" not in str(told)
        assert told.rows[0]["title"] == "Ana now has your case"

    def test_missed_time_says_when_and_where_it_is_now(self, cast):
        case = late(cast)
        row = story(file_of(case).case, house="Acme", zone=ZONE, now=NOW).rows[0]
        assert (row["tone"], row["who"]) == ("late", "Acme")
        assert row["text"].startswith("We said Mon 12 Jan, 10:30. We are sorry.")
        assert SECOND_LINE in row["text"]

    def test_a_miss_of_our_own_only_says_where_it_went(self, cast):
        case = acknowledged(cast)
        at = case.promise_at
        verbs.update(case.pk, text="Working.", by=cast.tiers[1], at=step(20))
        sweep_at(at + timedelta(days=1))
        titles = self.titles(case)
        assert f"Passed to {SECOND_LINE}" in titles or "We missed our time and told you" in titles
        assert len(titles) == len(set(zip(titles, range(len(titles)), strict=True)))

    def test_no_row_is_told_twice_for_one_instant(self, cast):
        case = late(cast)
        sweep_at(later(days=10))
        told = story(file_of(case).case, house="Acme", zone=ZONE, now=later(days=10), whole=True)
        seen = [(row["at"], row["title"]) for row in told.rows]
        assert len(seen) == len(set(seen))


def test_list_is_ordered_by_what_presses(cast):
    calm, waits, over = working(cast), make(S.WAITING_CUSTOMER, cast), late(cast)
    found = pressing_first(Case.objects.filter(pk__in=[calm.pk, waits.pk, over.pk]))
    assert [case.pk for case in found] == [waits.pk, over.pk, calm.pk]
