"""Two at once about who sees a case and what was promised, on a real PostgreSQL: one order or the other, nothing twice."""

import re

import pytest
from django.test import Client

from cases.lifecycle import State
from cases.models import Case, Event, Message, Note, Participant, User
from escalation import outbox, share_news, sharing, sweep, verbs
from escalation.models import Notice, Promise
from escalation.verbs import Refused
from tests.cast import gather, person
from tests.escalation.sound import assert_sound
from tests.escalation.stories import MINUTE, bring, now_of
from tests.portal.console.stories import act_url, hidden
from tests.portal.pages.scene import look_at
from tests.races import outcomes, refusals

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HELPER = "helper@example.com"
P = Promise.Status


@pytest.fixture
def cast(transactional_db, settings):
    settings.SHARE_CASES = True
    return gather()


def working(cast) -> Case:
    made = bring(cast, State.WORKING)
    Case.objects.filter(pk=made.pk).update(is_proven=True)
    return Case.objects.get(pk=made.pk)


def test_one_address_is_asked_twice_at_once(cast):
    """To one case: one person, one letter. To two cases: two people's worth of rows, one account, letters an hour apart."""
    one, two = working(cast), working(cast)
    at = now_of(one) + MINUTE
    for number in range(3):
        address = f"n{number}-{HELPER}"
        add = lambda case, said=address: sharing.add(case, said, by=cast.customer, at=at)  # noqa: E731
        assert refusals(outcomes(lambda: add(one), lambda: add(one, address.upper()), lambda: add(two))) == []  # noqa: B023
        who = User.objects.at_address(address).get()
        assert Participant.objects.filter(user=who).count() == 2
        asked = Notice.objects.filter(kind=sharing.KIND, recipient=who).order_by("next_at")
        assert [n.next_at for n in asked] == [at, at + sharing.APART]
    assert Note.objects.filter(case=one, text=sharing.ADDED).count() == 3


def test_the_day_of_an_address_holds_five_letters_however_many_ask(cast):
    cases = [working(cast) for _ in range(8)]
    at = max(now_of(case) for case in cases) + MINUTE
    said = outcomes(*[lambda case=case: sharing.add(case, HELPER, by=cast.customer, at=at) for case in cases])
    assert len(refusals(said)) == 8 - sharing.LETTERS
    assert Notice.objects.filter(kind=sharing.KIND).count() == sharing.LETTERS == Participant.objects.count()


def test_who_is_removed_in_the_second_they_write_has_written_before_or_not_at_all(cast):
    seen, case, who = set(), working(cast), person(HELPER, "Hal Helper")
    at = now_of(case) + MINUTE
    for number in range(6):
        row = Participant.objects.create(case=case, user=who, address=HELPER, asked_at=at, joined_at=at)
        text = f"Word {number}"
        results = outcomes(
            lambda: verbs.reply(case.pk, text=text, by=who, at=at),  # noqa: B023
            lambda: sharing.remove(case, row.pk, by=cast.customer, at=at),  # noqa: B023
        )
        refused = refusals(results)
        assert refused in ([], ["Only the customer can do this."])
        written = Message.objects.filter(case=case, text=text).exists()
        assert written == (not refused) and not Participant.objects.exists()
        if written:
            wrote = Event.objects.filter(case=case, kind="customer_wrote").latest("seq").seq
            assert wrote < Event.objects.filter(case=case, kind="noted").latest("seq").seq, (
                "written first, then removed"
            )
        assert_sound(case)
        seen.add(written)
    assert seen <= {True, False}


def test_who_joins_in_the_second_they_are_removed_sees_nothing(cast):
    case = working(cast)
    for number in range(4):
        row = sharing.add(case, f"{number}{HELPER}", by=cast.customer, at=now_of(case) + MINUTE)
        token, at = sharing.token_of(row), row.asked_at + MINUTE
        results = outcomes(
            lambda: sharing.join(token, at=at),  # noqa: B023
            lambda: sharing.remove(case, row.pk, by=cast.customer, at=at),  # noqa: B023
        )
        assert not [one for one in results if isinstance(one, Exception)]
        assert not Participant.objects.filter(pk=row.pk).exists()


def test_two_words_at_once_are_one_letter_of_news(cast):
    case, who = working(cast), person(HELPER, "Hal Helper")
    at = now_of(case) + MINUTE
    Participant.objects.create(case=case, user=who, address=HELPER, asked_at=at, joined_at=at)
    say = lambda text: lambda: verbs.update(case.pk, text=text, by=cast.tiers[1], at=at)  # noqa: E731
    assert refusals(outcomes(say("One."), say("Two."), say("Three."))) == []
    assert Notice.objects.filter(case=case, kind=share_news.KIND).count() == 1


def test_news_that_comes_while_a_letter_goes_out_is_said_by_it_or_by_the_next(cast):
    """Never is a word said after the letter was taken to be sent and left to that letter."""
    case, who = working(cast), person(HELPER, "Hal Helper")
    at = now_of(case) + MINUTE
    Participant.objects.create(case=case, user=who, address=HELPER, asked_at=at, joined_at=at)
    for _ in range(4):
        Notice.objects.filter(kind=share_news.KIND).update(state=Notice.State.CANCELLED)
        verbs.update(case.pk, text="First.", by=cast.tiers[1], at=at)
        at += MINUTE
        say = lambda: verbs.update(case.pk, text="Second.", by=cast.tiers[1], at=at)  # noqa: E731, B023
        said, taken = outcomes(say, lambda: outbox.claim(at, limit=500))  # noqa: B023
        assert isinstance(said, Case) and isinstance(taken, list)
        news = Notice.objects.filter(kind=share_news.KIND).exclude(state=Notice.State.CANCELLED).order_by("pk")
        went = [one for one in taken if one.kind == share_news.KIND]
        # One row: it waited while the second word was said (then was claimed or not); two: the first had been claimed.
        assert len(news) in (1, 2)
        if len(news) == 2:
            assert went and went[0].pk == news[0].pk and news[1].next_at == news[0].next_at + share_news.APART
        Notice.objects.filter(state=Notice.State.SENDING).update(state=Notice.State.SENT)
        at += 2 * MINUTE


def html_free(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


def moving(cast, case):
    said = case.promise_at.replace(second=0, microsecond=0)
    return {cast.tiers[1]: said - 10 * MINUTE, cast.supervisor: said - 20 * MINUTE}


def mover(case, who, to, at, seen):
    said = {"next_at": to, "reason": f"By {who.pk}.", "by": who, "at": at, "seen": seen}
    return lambda: verbs.move_promise(case.pk, **said)


def test_two_people_move_the_same_promise_one_wins_and_the_other_reads_who(cast):
    winners = set()
    for _ in range(4):
        case = working(cast)
        at, seen, wanted = now_of(case) + MINUTE, case.event_seq, moving(cast, case)
        results = outcomes(*[mover(case, who, to, at, seen) for who, to in wanted.items()])
        (lost,) = [one for one in results if isinstance(one, Refused)]
        assert isinstance(lost, verbs.Stale), repr(lost)
        (won,) = [one for one in results if isinstance(one, Case)]
        (event,) = lost.since
        assert (event.kind, event.actor, event.occurred_at) == ("promise_moved", event.actor, at)
        assert won.promise_at == wanted[event.actor]
        assert Message.objects.filter(case=case, kind="reason").get().text == f"By {event.actor_id}."
        assert Notice.objects.filter(case=case, kind="new_time").count() == 1
        assert Promise.objects.filter(case=case, status=P.MOVED, reason="moved with a reason").count() == 1
        assert_sound(case)
        winners.add(event.actor_id)
    assert winners


def test_who_came_second_keeps_every_word_and_reads_who_moved_it_and_when(cast):
    case = working(cast)
    look_at(now_of(case) + MINUTE)
    wanted = moving(cast, case)
    address = act_url(case, "move_promise")
    desks = {who: Client() for who in wanted}
    for who, desk in desks.items():
        desk.force_login(who)
    pages = {who: desks[who].get(address) for who in wanted}
    assert {page.status_code for page in pages.values()} == {200}

    def press(who):
        local = wanted[who].strftime("%Y-%m-%dT%H:%M")
        typed = hidden(pages[who]) | {"next_at": local, "reason": f"The carrier said so to {who.first_name}."}
        return desks[who].post(address, typed)

    answers = dict(zip(wanted, outcomes(*[lambda who=who: press(who) for who in wanted]), strict=True))
    (lost,) = [who for who, answer in answers.items() if answer.status_code != 303]
    (won,) = set(wanted) - {lost}
    text = answers[lost].content.decode()
    assert answers[lost].status_code == 409
    assert f"The carrier said so to {lost.first_name}." in text
    assert f"{won.first_name} moved the time" in html_free(text)
    # What the customer will be told is written anew: the time that is taken back is the one the other has just given.
    assert f"We said {wanted[won]:%a %-d %b, %H:%M}" in text


def test_put_off_in_the_second_in_which_it_is_kept(cast):
    """An update and a move at once: the word is said and starts a time of its own, or the move is first and it is kept."""
    for _ in range(5):
        case = working(cast)
        at, due = now_of(case) + MINUTE, case.promise_at
        results = outcomes(
            lambda: verbs.move_promise(case.pk, next_at=due - 7 * MINUTE, reason="x", by=cast.supervisor, at=at),  # noqa: B023
            lambda: verbs.update(case.pk, text="Here it is.", by=cast.tiers[1], at=at),  # noqa: B023
        )
        assert refusals(results) == [] or len(refusals(results)) == 1
        kinds = list(
            Event.objects.filter(case=case, seq__gt=case.event_seq).order_by("seq").values_list("kind", flat=True)
        )
        case = assert_sound(case)
        first = Promise.objects.get(case=case, due_at=due)
        if kinds[0] == "updated":
            assert first.status == P.KEPT
        else:
            assert first.status == P.MOVED and kinds == ["promise_moved", "updated"]
            assert Promise.objects.get(case=case, due_at=due - 7 * MINUTE).status == P.KEPT
        assert Promise.objects.filter(case=case, status=P.OPEN).count() == 1 + (
            Promise.objects.filter(case=case, status=P.OPEN).exclude(clock__promise=True).count()
        )


def test_put_off_in_the_second_in_which_it_falls_due(cast):
    """Whoever is first, the time that falls due that second is missed; nobody puts it off afterwards."""
    for _ in range(3):
        case = working(cast)
        due = case.promise_at
        results = outcomes(
            lambda: verbs.move_promise(case.pk, next_at=due + 2 * MINUTE, reason="x", by=cast.supervisor, at=due),  # noqa: B023
            lambda: sweep.sweep_batch(due),  # noqa: B023
        )
        assert isinstance(results[0], Refused)
        sweep.sweep_batch(due)
        assert Promise.objects.get(case=case, due_at=due).status == P.BROKEN
        assert not Message.objects.filter(case=case, kind="reason").exists()
        assert_sound(case)
