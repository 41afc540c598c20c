"""Known problems: what is said and promised, missed times, who follows and gets which letter, finding one, cases of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from cases.models import Category, User
from escalation import outbox, verbs
from escalation.models import Notice
from escalation.verbs import Refused
from feedback import problem_acts, problems
from feedback.models import KnownProblem, ProblemFollower, ProblemUpdate
from feedback.problem_letters import ASKED, CONFIRM, LEAVE, NEWS, follower_of, token_of
from portal import beat
from tests.cast import MONDAY, gather
from tests.portal.problem_stories import HOUR, State, ended, opened, said

AT = MONDAY


@pytest.fixture
def cast(db):
    return gather()


def letters() -> list[str]:
    """What goes out now, oldest first."""
    before = len(mail.outbox)
    while outbox.deliver_batch(datetime(2030, 1, 1, tzinfo=UTC)):
        pass
    return [one.subject for one in mail.outbox[before:]]


def follower(problem, email="guest@example.com") -> ProblemFollower:
    return ProblemFollower.objects.get(problem=problem, user=User.objects.at_address(email).get())


# --- Saying


def test_a_problem_promises_its_next_word_until_it_is_over(cast):
    problem = opened(cast, at=AT)
    said(cast, problem, at=AT + HOUR / 2)
    ended(cast, problem, at=AT + HOUR)
    problem.refresh_from_db()
    assert (problem.state, problem.next_update_at, problem.over_at, problem.latest) == ("over", None, AT + HOUR, 3)
    assert [one.number for one in problem.updates.all()] == [1, 2, 3]
    with pytest.raises(Refused, match="is over"):
        said(cast, problem, at=AT + 2 * HOUR)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"next_at": None}, "next_at"),
        ({"next_at": AT}, "next_at"),
        ({"next_at": AT - HOUR}, "next_at"),
        ({"next_at": AT + timedelta(days=8)}, "next_at"),
        ({"state": "over", "next_at": None}, "state"),
        ({"state": "gone"}, "state"),
        ({"impact": "  "}, "impact"),
        ({"impact": "x" * 501}, "impact"),
        ({"doing": ""}, "doing"),
        ({"title": "x" * 101}, "title"),
        ({"title": "   "}, "title"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field_and_nothing_is_there(cast, more, field):
    with pytest.raises(Refused) as why:
        opened(cast, at=AT, **more)
    assert why.value.field == field
    assert not KnownProblem.objects.exists() and not ProblemUpdate.objects.exists()


def test_the_end_names_no_next_time_and_the_start_is_not_in_the_future(cast):
    problem = opened(cast, at=AT)
    with pytest.raises(Refused, match="no next update"):
        said(cast, problem, at=AT, state=State.OVER, next_at=AT + HOUR)
    with pytest.raises(Refused, match="not in the future"):
        problem_acts.open_problem(
            "Later", problem_acts.Said("found", "x", "y", AT + 2 * HOUR), began_at=AT + HOUR, by=cast.supervisor, at=AT
        )


def test_only_who_may_speaks(cast):
    for person in (cast.tiers[1], cast.manager, cast.customer):
        with pytest.raises(Refused, match="Only people who run"):
            problem_acts.say(opened(cast), problem_acts.Said("found", "x", "y", AT), seen=1, by=person, at=AT)


def test_who_was_slower_is_told(cast):
    problem = opened(cast, at=AT)
    said(cast, problem, at=AT, seen=1)
    with pytest.raises(Refused, match="has said more"):
        said(cast, problem, at=AT, seen=1)
    assert problem.updates.count() == 2


@pytest.mark.parametrize("title", ["Card payments are slow", "支付很慢", "!!!"])
def test_each_gets_an_address_of_its_own(cast, title):
    slugs = [opened(cast, title=title, at=AT).slug for _ in range(3)]
    assert len(set(slugs)) == 3 and slugs[1].endswith("-2")


# --- Times that were missed


def test_a_missed_time_is_said_while_it_lasts_and_stays_in_the_timeline(cast):
    problem = opened(cast, at=AT)
    assert problems.missed_at(problem, AT + HOUR) is None
    assert problems.missed_at(problem, AT + HOUR + timedelta(seconds=1)) == AT + HOUR
    assert list(problems.missed(AT + 2 * HOUR)) == [problem]
    said(cast, problem, at=AT + 2 * HOUR)
    ended(cast, problem, at=AT + 2.5 * HOUR)
    problem.refresh_from_db()
    assert [one.missed for one in problems.timeline(problem)] == [None, AT + HOUR, None]
    assert not problems.missed(AT + 30 * HOUR).exists()


def test_the_list_has_those_there_are_and_those_of_thirty_days(cast):
    old, late, now = (opened(cast, title=title, at=AT) for title in ("Old", "Late", "Now"))
    ended(cast, old, at=AT + HOUR / 2)
    ended(cast, late, at=AT + timedelta(days=2))
    assert {one.title for one in problems.listed(AT + timedelta(days=31))} == {"Late", "Now"}
    assert list(problems.current()) == [now]


# --- Following


def test_signed_in_people_are_told_once_of_each_word(cast):
    problem = opened(cast, at=AT)
    for _ in range(2):
        problem_acts.follow(problem, by=cast.customer, at=AT)
    assert letters() == ["Card payments are slow: We are looking for the cause"]
    said(cast, problem, at=AT)
    assert letters() == ["Card payments are slow: We know the cause"]
    ended(cast, problem, at=AT)
    assert letters() == ["Card payments are slow: Over"]
    assert "Next update" not in mail.outbox[-1].body and "Next update by Mon 12 Jan" in mail.outbox[0].body
    with pytest.raises(Refused, match="nothing more to tell"):
        problem_acts.follow(problem, by=cast.other, at=AT)


def test_an_address_gets_nothing_but_the_link_before_its_button_is_pressed(cast):
    problem = opened(cast, at=AT)
    for _ in range(3):
        problem_acts.ask_to_follow(problem, "Guest@Example.com", at=AT)
    said(cast, problem, at=AT)
    assert letters() == ["Do you want to follow: Card payments are slow"]
    body = mail.outbox[-1].body
    one = follower(problem)
    assert f"/problems/confirm/{token_of(one, CONFIRM)}/" in body and "guest" not in body.lower()
    kept = Notice.objects.get(kind=ASKED)
    assert token_of(one, CONFIRM) not in kept.body and "your personal link" in kept.body
    problem_acts.confirm(one, at=AT)
    problem_acts.confirm(one, at=AT)
    assert letters() == ["Card payments are slow: We know the cause"]


def test_who_left_or_wants_no_such_letters_gets_none(cast):
    problem = opened(cast, at=AT)
    for person in (cast.customer, cast.other):
        problem_acts.follow(problem, by=person, at=AT)
    letters()
    said(cast, problem, at=AT)
    problem_acts.leave(follower(problem, "sam@example.com"), at=AT)
    User.objects.filter(pk=cast.other.pk).update(wants_problems=False)
    assert letters() == []
    ended(cast, problem, at=AT)
    assert not Notice.objects.filter(kind=NEWS, state=Notice.State.WAITING).exists()


def test_a_letter_that_was_overtaken_does_not_go(cast):
    problem = opened(cast, at=AT)
    problem_acts.follow(problem, by=cast.customer, at=AT)
    said(cast, problem, at=AT)
    ended(cast, problem, at=AT)
    assert letters() == ["Card payments are slow: Over"]
    assert Notice.objects.filter(kind=NEWS, state=Notice.State.CANCELLED).count() == 2


def test_each_letter_s_way_out_works_for_this_problem_alone(cast):
    one, two = opened(cast, at=AT), opened(cast, title="Another", at=AT)
    for problem in (one, two):
        problem_acts.follow(problem, by=cast.customer, at=AT)
    letters()
    token = token_of(follower(one, "sam@example.com"), LEAVE)
    assert f"/problems/leave/{token}/" in mail.outbox[0].body
    problem_acts.leave(follower_of(token, LEAVE), at=AT)
    assert not problems.following(one, cast.customer) and problems.following(two, cast.customer)
    problem_acts.follow(one, by=cast.customer, at=AT)
    assert problems.following(one, cast.customer)


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"), lambda t: "9" + t, lambda t: "x", lambda t: ""]
)
def test_a_link_we_did_not_make_opens_nothing(cast, spoil):
    problem = opened(cast, at=AT)
    problem_acts.follow(problem, by=cast.customer, at=AT)
    good = token_of(follower(problem, "sam@example.com"), LEAVE)
    assert follower_of(good, LEAVE) and not follower_of(good, CONFIRM) and not follower_of(spoil(good), LEAVE)


def test_links_outlive_a_change_of_the_server_s_key(cast, settings):
    problem = opened(cast, at=AT)
    problem_acts.follow(problem, by=cast.customer, at=AT)
    token = token_of(follower(problem, "sam@example.com"), LEAVE)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert follower_of(token, LEAVE)
    settings.SECRET_KEY_FALLBACKS = []
    assert follower_of(token, LEAVE) is None


def test_the_beat_knows_these_letters(cast):
    problem = opened(cast)
    problem_acts.follow(problem, by=cast.customer, at=AT)
    beat.beat()
    assert [one.to for one in mail.outbox] == [["sam@example.com"]]


# --- Finding


@pytest.mark.parametrize(
    ("text", "topic", "found"),
    [
        ("My card was charged late, payment slow", "billing", ["Card payments are slow"]),
        ("payments", "billing", ["Card payments are slow"]),
        ("payments", "orders", []),
        ("CARD PAYMENTS hang", "orders", ["Card payments are slow"]),
        ("The app closes", "technical", ["App closes by itself"]),
        ("closes", None, ["App closes by itself"]),
        ("Where is my parcel?", "delivery", []),
        ("", "billing", []),
    ],
)
def test_the_problem_a_text_may_be_about(cast, text, topic, found, django_assert_max_num_queries):
    opened(cast, topics=["billing"], at=AT)
    opened(cast, title="App closes by itself", impact="It shuts down.", at=AT)
    ended(cast, opened(cast, title="Payments and cards, closed parcel", at=AT), at=AT)
    category = Category.objects.get(slug=topic) if topic else None
    with django_assert_max_num_queries(3):
        assert [one.title for one in problems.matching(text, category)] == found


# --- Cases


def test_the_owner_is_told_when_it_is_over_until_the_customer_has_been(cast):
    problem = opened(cast, at=MONDAY)
    case = verbs.assess(
        cast.file().pk, severity=2, complexity=1, category=Category.objects.get(slug="billing"), by=cast.tiers[1],
        at=MONDAY + timedelta(minutes=2),
    )  # fmt: skip
    case = verbs.acknowledge(case.pk, by=cast.tiers[1], at=MONDAY + timedelta(minutes=4))
    problem_acts.link_case(case, problem, by=cast.tiers[1], at=MONDAY)
    assert not problems.to_be_told(cast.tiers[1]).exists()
    ended(cast, problem, at=MONDAY + timedelta(minutes=10))
    assert [one.case_id for one in problems.to_be_told(cast.tiers[1])] == [case.pk]
    assert not problems.to_be_told(cast.mate).exists()
    verbs.update(case.pk, text="The bank has mended it.", by=cast.tiers[1], at=MONDAY + timedelta(minutes=12))
    assert not problems.to_be_told(cast.tiers[1]).exists()


def test_a_case_is_part_of_one_problem_and_only_staff_say_so(cast):
    one, two = opened(cast, at=MONDAY), opened(cast, title="Other", at=MONDAY)
    case = cast.file()
    for problem in (one, two):
        problem_acts.link_case(case, problem, by=cast.tiers[1], at=MONDAY)
    assert problems.explained_by(case).problem == two
    with pytest.raises(Refused, match="Only people who work"):
        problem_acts.link_case(case, one, by=cast.customer, at=MONDAY)
    problem_acts.unlink_case(case, by=cast.tiers[1], at=MONDAY)
    assert problems.explained_by(case) is None
    ended(cast, one, at=MONDAY)
    with pytest.raises(Refused, match="is over"):
        problem_acts.link_case(case, one, by=cast.tiers[1], at=MONDAY)
