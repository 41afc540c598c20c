"""What cannot be done: each gets a sentence, and every row of the database stays as it was."""

from datetime import timedelta

import pytest
from django.db import transaction

from cases.lifecycle import State
from cases.models import Case, Category, Event, FormKey, Message
from escalation import verbs
from escalation.book import NoProtocol
from escalation.models import Alert, CalendarVersion, Notice, ProtocolVersion
from escalation.verbs import Refused, Stale
from tests import solving
from tests.cast import MONDAY
from tests.escalation.sound import assert_sound, everything, told
from tests.escalation.stories import MINUTE, WITH, actor_of, bring, do, publish_protocol
from tests.factories import CategoryFactory, StaffFactory

AT = MONDAY + timedelta(minutes=10)


def drop(name, **where):
    """Takes the rows out of a list of the document that fit `where`."""

    def change(document):
        document[name] = [r for r in document[name] if any(r[k] != v for k, v in where.items())]

    return change


# --- Holes in the protocol


def test_no_row_of_the_matrix_for_filing(cast, refused):
    publish_protocol(drop("matrix", severity=2, tier=1))
    with refused("severity 2, level 1"):
        cast.file()


def test_no_row_of_the_matrix_for_the_next_level(cast, refused):
    publish_protocol(drop("matrix", severity=2, tier=2))
    case = cast.file()
    with refused("severity 2, level 2"):
        solving.escalate(case.pk, reason="Up.", by=cast.tiers[1], at=AT)


def test_hole_in_the_entry_grid(cast, refused):
    publish_protocol(drop("entry", severity=2, complexity=3))
    case = cast.file()
    with refused("severity 2 and complexity 3"):
        verbs.assess(case.pk, severity=2, complexity=3, category=case.category, by=cast.tiers[1], at=AT)


def test_no_severity_for_what_the_customer_says(cast, refused):
    publish_protocol(lambda d: d["impact"].pop("loss"))
    with refused("impact “loss”"):
        cast.file()
    with refused("impact “nonsense”"):
        cast.file(impact="nonsense")
    with refused("impact “nonsense”"):
        verbs.outlook(Category.objects.get(slug="orders"), "nonsense", at=MONDAY)


def test_unknown_calendar(cast, refused):
    publish_protocol(lambda d: [row.update(calendar="moon") for row in d["matrix"]])
    with refused("calendar “moon”, which does not exist"):
        cast.file()


def test_team_of_the_protocol_that_does_not_exist(cast, refused):
    def other_teams(document):
        document["tiers"][0]["team"] = "nobodies"

    publish_protocol(other_teams)
    with refused("team “nobodies”, which does not exist", error=LookupError):
        cast.file()


def test_entry_to_a_team_that_does_not_exist_or_is_empty_goes_to_the_next(cast):
    publish_protocol(lambda d: d["tiers"][2].update(team="nobodies"))
    case = cast.file()
    verbs.assess(case.pk, severity=1, complexity=3, category=case.category, by=cast.tiers[1], at=AT)
    assert assert_sound(case).tier == 4


def test_a_level_nobody_stands_behind_takes_no_case(cast, refused):
    cast.teams[1].members.clear()
    cast.teams[1].lead = None
    cast.teams[1].save(update_fields=["lead"])
    case = cast.file()
    case = assert_sound(case)
    assert (case.tier, case.team) == (2, cast.teams[2])
    assert list(Alert.objects.filter(case=case).values_list("kind", flat=True)) == ["empty_level"]
    assert ("case_for_team", "mara") in told(case)
    solving.escalate(case.pk, reason="Up.", by=cast.tiers[2], at=AT)
    cast.teams[2].members.clear()
    cast.teams[2].lead = None
    cast.teams[2].save(update_fields=["lead"])
    with refused("Nobody stands behind Customer support managers now"):
        verbs.return_down(case.pk, reason="Down.", by=cast.tiers[3], at=AT)


def test_no_protocol_in_force(cast, refused):
    ProtocolVersion.objects.filter(key="five-tier").update(status="retired")
    with refused("No version of the protocol “five-tier” is published", error=NoProtocol):
        cast.file()


# --- Values


@pytest.mark.parametrize("severity", [0, 5, -1, 99, None])
def test_unknown_severity(cast, case, refused, severity):
    with refused("Severity is 1"):
        verbs.assess(case.pk, severity=severity, complexity=1, category=case.category, by=cast.tiers[1], at=AT)


@pytest.mark.parametrize("severity", [0, 5, 9])
def test_unknown_severity_in_a_review(cast, refused, severity):
    case = bring(cast, State.ESCALATED)
    with refused("Severity is 1"):
        verbs.review(case.pk, severity=severity, by=cast.tiers[2], at=AT)


@pytest.mark.parametrize("complexity", [0, 4, None])
def test_unknown_complexity(cast, case, refused, complexity):
    with refused("Complexity is 1"):
        verbs.assess(case.pk, severity=2, complexity=complexity, category=case.category, by=cast.tiers[1], at=AT)


def test_a_category_of_its_own_without_rows_falls_back_to_the_common_ones(cast, case):
    topic = CategoryFactory()
    verbs.assess(case.pk, severity=2, complexity=1, category=topic, by=cast.tiers[1], at=AT)
    assert assert_sound(case).category == topic


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (AT - timedelta(hours=1), "must lie in the future"),
        (AT, "must lie in the future"),
        (AT + timedelta(days=20), "may not be later"),
        (MONDAY.replace(hour=18), "Nobody is at work"),
    ],
)
def test_next_update_at_an_impossible_time(cast, refused, wanted, words):
    case = bring(cast, State.WORKING)
    with refused(words):
        verbs.update(case.pk, text="Soon.", next_at=wanted, by=cast.tiers[1], at=AT)


TEXTS = [
    ("update", "text", State.WORKING),
    ("wait_customer", "question", State.WORKING),
    ("wait_partner", "text", State.WORKING),
    ("wait_partner", "partner", State.WORKING),
    ("answer", "text", State.WORKING),
    ("answer", "root_cause", State.WORKING),
    ("answer", "outcome", State.WORKING),
    ("escalate", "reason", State.WORKING),
    ("hand_over", "note", State.WORKING),
    *[("offer", part, State.WORKING) for part in ("situation", "done", "promised", "following")],
    ("return_down", "reason", State.ESCALATED),
    ("mark_upset", "reason", State.WORKING),
    ("log_call", "text", State.WORKING),
    ("told_by_phone", "words", State.WORKING),
    ("told_by_phone", "who", State.WORKING),
    ("give_up", "reason", State.WORKING),
    ("correct_customer_address", "reason", State.WORKING),
    ("help_back", "words", State.ESCALATED),
    ("apologise", "text", State.WORKING),
    ("note", "text", State.WORKING),
    ("reply", "text", State.WORKING),
    ("reject", "text", State.ANSWERED),
    ("reopen", "text", State.CLOSED),
    ("ask_supervisor", "reason", State.WORKING),
]


@pytest.mark.parametrize("empty", ["", "   ", "\n\t", " "])
@pytest.mark.parametrize(("verb", "name", "state"), TEXTS)
def test_empty_texts(cast, refused, verb, name, state, empty):
    case = bring(cast, state)
    with refused():
        do(cast, case, verb, **{name: empty})


def test_unknown_choices(cast, refused):
    case = bring(cast, State.WORKING)
    with refused("Choose how it ended"):
        do(cast, case, "answer", outcome="magic")
    with refused("Choose why you ask"):
        do(cast, case, "ask_supervisor", reason="because")


def test_the_answer_to_a_supervisors_wish_needs_words(cast, refused):
    case = bring(cast, State.WORKING)
    do(cast, case, "ask_supervisor")
    with refused("Write what the customer should read"):
        do(cast, case, "answer_supervisor", text=" ")


# --- Moves that do not exist from here


@pytest.mark.parametrize(
    ("verb", "state", "words"),
    [
        ("acknowledge", State.NEW, "Assess the case first"),
        ("acknowledge", State.ESCALATED, "Review the SLA first"),
        ("update", State.REVIEWED, "Acknowledge the case first"),
        ("update", State.WAITING_CUSTOMER, "Not possible while"),
        ("update", State.CLOSED, "Not possible while"),
        ("answer", State.NEW, "Assess the case first"),
        ("answer", State.ANSWERED, "has not said yes or no"),
        ("escalate", State.ESCALATED, "Review the SLA first"),
        ("escalate", State.MERGED, "Not possible while"),
        ("review", State.NEW, "Not possible while"),
        ("partner_answered", State.WORKING, "Not possible while"),
        ("close", State.CONFIRMED, "closes by itself"),
        ("close", State.WORKING, "Answer the customer first"),
        ("accept", State.WORKING, "We have not sent you an answer yet"),
        ("accept", State.CONFIRMED, "This case is finished"),
        ("reject", State.CLOSED, "This case is finished"),
        ("reply", State.CLOSED, "This case is finished"),
        ("reopen", State.WORKING, "still open"),
        ("reopen", State.MERGED, "joined to another"),
        ("withdraw", State.WITHDRAWN, "This case is finished"),
        ("ask_supervisor", State.CLOSED, "This case is finished"),
    ],
)
def test_a_verb_that_does_not_fit_the_state(cast, refused, verb, state, words):
    case = bring(cast, state)
    with refused(words):
        do(cast, case, verb)


def test_reopening_after_the_window(cast, refused):
    case = bring(cast, State.CLOSED)
    with refused("The time to reopen this case is over"):
        do(cast, case, "reopen", after=timedelta(days=14, seconds=1))


def test_the_time_to_reopen_is_not_given_twice(cast, refused):
    """It runs from the customer's yes; when it is over the case closes, and closing starts no second one."""
    case = bring(cast, State.CONFIRMED)
    yes = case.resolved_at
    do(cast, case, "reopen", after=timedelta(days=14))
    case = bring(cast, State.CONFIRMED)
    yes = case.resolved_at
    with refused("over"):
        verbs.reopen(case.pk, text="Again.", by=cast.customer, at=yes + timedelta(days=15))


def test_reopening_a_withdrawn_case_after_the_window(cast, refused):
    case = bring(cast, State.WITHDRAWN)
    with refused("The time to reopen this case is over"):
        do(cast, case, "reopen", after=timedelta(days=15))


# --- People


def test_foreign_people(cast, refused):
    case = bring(cast, State.WORKING)
    with refused("Only the customer"):
        verbs.reply(case.pk, text="Let me in.", by=cast.other, at=AT)
    with refused("Only our staff"):
        verbs.update(case.pk, text="Hello.", by=cast.customer, at=AT)
    with refused("Only our staff"):
        verbs.note(case.pk, text="Hello.", by=cast.other, at=AT)
    with refused("Only our staff"):
        solving.escalate(case.pk, reason="Up.", by=cast.manager, at=AT)
    with refused("Needs someone of Service representatives or ask Tom Reed."):
        verbs.update(case.pk, text="Hello.", by=cast.tiers[2], at=AT)
    with refused("Needs a supervisor"):
        verbs.apologise(case.pk, text="Sorry.", by=cast.tiers[1], at=AT)
    with refused("Only the customer"):
        verbs.accept(case.pk, by=cast.tiers[1], at=AT)


def test_a_case_cannot_be_given_to_somebody_who_may_not_see_it(cast, refused):
    case = bring(cast, State.WORKING)
    gone = StaffFactory(is_active=False, name="Gone Person")
    for to in (cast.customer, cast.manager, gone, StaffFactory(name="No Role")):
        with refused("cannot take a case"):
            verbs.hand_over(case.pk, to=to, note="Yours.", by=cast.tiers[1], at=AT)
    with refused("already has the case"):
        verbs.hand_over(case.pk, to=cast.tiers[1], note="Yours.", by=cast.supervisor, at=AT)


def test_a_case_that_is_not_there(cast):
    before = everything()
    with pytest.raises(Case.DoesNotExist):
        verbs.reply(10**9, text="Hello", by=cast.customer, at=AT)
    assert everything() == before


# --- Joining


def test_joining_what_does_not_belong_together(cast, refused):
    case = bring(cast, State.WORKING)
    foreign = cast.file(by=cast.other)
    for into in (foreign, case, bring(cast, State.CLOSED), bring(cast, State.MERGED)):
        with refused("Choose another open case of the same customer"):
            verbs.merge(case.pk, into=into, by=cast.tiers[1], at=AT)


def test_joining_looks_at_the_other_case_as_it_is_now(cast, refused):
    """The page's copy says open, the row does not any more: two cases joined crosswise would both be gone."""
    one, two = cast.file(), cast.file()
    stale = Case.objects.get(pk=one.pk)
    verbs.merge(one.pk, into=two, by=cast.tiers[1], at=AT)
    with refused("Choose another open case"):
        verbs.merge(two.pk, into=stale, by=cast.tiers[1], at=AT)
    assert assert_sound(two).is_open


# --- The same button twice


def test_filing_twice_with_one_form_is_one_case(cast):
    first = cast.file(form_key="form-1")
    before = everything()
    again = cast.file(form_key="form-1", title="Changed my mind")
    assert again == first and everything() == before


def test_another_person_with_the_same_form_key_gets_a_case_of_their_own(cast):
    first = cast.file(form_key="form-1")
    other = cast.file(form_key="form-1", by=cast.other)
    assert other != first and other.customer == cast.other


def test_a_form_that_failed_can_be_sent_again(cast, refused):
    with refused():
        cast.file(form_key="form-1", impact="nonsense")
    assert cast.file(form_key="form-1").pk


@pytest.mark.parametrize(
    ("verb", "state"),
    [("escalate", State.WORKING), ("update", State.WORKING), ("reply", State.WORKING), ("note", State.WORKING),
     ("answer", State.WORKING), ("accept", State.ANSWERED), ("reopen", State.CLOSED), ("hand_over", State.WORKING),
     ("ask_supervisor", State.WORKING), ("withdraw", State.WORKING)],
)  # fmt: skip
def test_a_second_press_of_the_same_form_changes_nothing(cast, verb, state):
    case = bring(cast, state)
    by = actor_of(cast, case, verb)
    do(cast, case, verb, form_key="page-7", by=by)
    before = everything()
    do(cast, case, verb, form_key="page-7", by=by)
    assert everything() == before
    assert FormKey.objects.count() == 1


def test_a_very_long_form_key_is_no_trouble(cast):
    first = cast.file(form_key="x" * 5000)
    assert cast.file(form_key="x" * 5000) == first


def test_escalating_twice_from_one_page(cast, refused):
    case = bring(cast, State.WORKING)
    solving.escalate(case.pk, reason="Up.", by=cast.tiers[1], at=AT, seen=case.event_seq)
    with refused("The case changed while you were writing", error=Stale):
        solving.escalate(case.pk, reason="Up.", by=cast.tiers[1], at=AT, seen=case.event_seq)
    assert assert_sound(case).tier == 2


def test_a_stale_page_says_what_happened_since(cast):
    case = bring(cast, State.WORKING)
    seen = case.event_seq
    verbs.reply(case.pk, text="One more thing.", by=cast.customer, at=AT)
    verbs.note(case.pk, text="Called.", by=cast.mate, at=AT)
    before = everything()
    with pytest.raises(Stale) as stale:
        verbs.update(case.pk, text="News.", by=cast.tiers[1], at=AT, seen=seen, form_key="f")
    assert [e.kind for e in stale.value.since] == ["customer_wrote", "noted"]
    assert everything() == before
    # Nothing was used up: sent again after looking, it goes through.
    verbs.update(case.pk, text="News.", by=cast.tiers[1], at=AT, seen=seen + 2, form_key="f")
    assert Message.objects.filter(case=case, text="News.").count() == 1


def test_a_page_from_the_future_is_stale_too(cast, case, refused):
    with refused("changed while you were writing", error=Stale):
        verbs.note(case.pk, text="Hm.", by=cast.mate, at=AT, seen=99)


def test_what_was_missed_meanwhile_is_said_and_nothing_is_half_done(cast, refused):
    """The update was due an hour ago; the sweep has not looked yet. The person's act finds the case gone up."""
    case = bring(cast, State.WORKING)
    late = case.promise_at + timedelta(hours=1)
    with refused("missed just now and it was passed up"):
        verbs.update(case.pk, text="Here.", by=cast.tiers[1], at=late)


def test_a_warning_that_fell_due_is_not_called_a_missed_promise(cast):
    case = bring(cast, State.WORKING)
    warned = case.wake_at + timedelta(seconds=1)
    assert warned < case.promise_at
    with pytest.raises(Refused) as why:
        verbs.update(case.pk, text="Hello.", by=cast.tiers[3], at=warned)
    assert "missed" not in str(why.value)


def test_a_case_that_closed_by_itself_is_not_called_a_missed_promise(cast):
    case = bring(cast, State.ANSWERED)
    with pytest.raises(Refused, match="This case is finished") as why:
        verbs.accept(case.pk, by=cast.customer, at=case.promise_at + MINUTE)
    assert "missed" not in str(why.value)


# --- Every refusal everywhere leaves no trace


@pytest.mark.parametrize("verb", sorted(set(WITH) - {"merge"}))
def test_a_merged_case_takes_nothing_but_notes(cast, refused, verb):
    case = bring(cast, State.MERGED)
    if verb == "note":
        do(cast, case, verb)
        assert_sound(case)
    else:
        with refused():
            do(cast, case, verb)


def test_rows_the_guards_keep(cast, case):
    """The database itself refuses what no verb would do."""
    assert CalendarVersion.objects.exists() and Notice.objects.exists() and Category.objects.exists()
    for model, values in ((Event, {"kind": "nothing"}), (ProtocolVersion, {"document": {}})):
        before = everything()
        with pytest.raises(Exception, match=r"append-only|cannot be changed"), transaction.atomic():
            model._base_manager.update(**values)
        assert everything() == before
