"""What is kept of cases equals what their logs give, whatever happens in whatever order, and whoever counts meanwhile."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from cases.models import Case, TouchedCase
from escalation import verbs
from feedback.facts import build
from feedback.models import CaseFact, Survey
from feedback.surveys import answer_survey
from tests.cast import MONDAY, gather
from tests.escalation.history_maker import Maker


def drain(at) -> None:
    while build.take_touched(at):
        pass


def every() -> list[int]:
    return list(Case.objects.values_list("pk", flat=True))


class Acting(Maker):
    """As Maker, with answers to surveys, changes of them, and the beat at any moment."""

    def act(self) -> None:
        super().act()
        for case in Case.objects.filter(state__in=("confirmed", "closed")).order_by("-pk")[:3]:
            said = {"satisfaction": self.chance.randint(1, 5), "fixed": self.chance.choice(("", "yes", "no"))}
            answer_survey(case, at=self.now, **said)
        if self.chance.random() < 0.4:
            build.take_touched(self.now)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_random_histories_with_the_beat_at_any_moment(seed):
    maker = Acting(gather(), seed=seed, share=0.6)
    maker.make(15, a_step=5, rest=12)
    one, other = (maker.cast.file(at=maker.now, title=title) for title in ("Twice", "Once"))
    verbs.merge(one.pk, into=other, by=maker.cast.supervisor, at=maker.now)
    assert Survey.objects.filter(answered_at__isnull=False).exists()
    assert build.counted_to(maker.now + timedelta(hours=1)) <= maker.now
    drain(maker.now)
    assert build.differing(every(), at=maker.now) == []
    assert CaseFact.objects.count() == len(every())
    assert build.counted_to(maker.now) == maker.now


@pytest.mark.django_db
def test_what_waits_is_not_called_wrong_and_what_is_wrong_is():
    cast = gather()
    case, other = cast.file(), cast.file()
    drain(MONDAY)
    verbs.withdraw(case.pk, by=cast.customer, at=MONDAY + timedelta(hours=1))
    assert build.differing(every(), at=MONDAY) == []
    TouchedCase.objects.all().delete()
    CaseFact.objects.filter(pk=other.pk).update(touches=7)
    assert build.differing(every(), at=MONDAY) == sorted([case.pk, other.pk])
    assert build.rebuild(every(), at=MONDAY) == 2
    assert build.differing(every(), at=MONDAY) == []


@pytest.mark.django_db
def test_a_case_that_became_practice_loses_its_facts():
    case = gather().file()
    drain(MONDAY)
    Case.everything.filter(pk=case.pk).update(is_drill=True)
    TouchedCase.note([case.pk], MONDAY)
    drain(MONDAY)
    assert not CaseFact.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_counters_and_people_at_work_end_in_the_same_rows():
    """Three people act while two hands count: nothing is lost, nothing is older than what came last."""
    cast = gather()
    cases = [cast.file(title=f"Case {number}") for number in range(12)]
    over, wrong = threading.Event(), []

    def hand(work) -> None:
        try:
            work()
        except Exception as error:  # shown below: a thread's own failure is silent
            wrong.append(error)
        finally:
            connections.close_all()

    def works(mine, seed) -> None:
        chance = random.Random(seed)
        for minute in range(1, 6):
            for case in mine:
                text = chance.choice(("More.", "And this.", "One thing."))
                verbs.reply(case.pk, text=text, by=cast.customer, at=MONDAY + timedelta(minutes=minute))

    def counts() -> None:
        while not over.is_set():
            build.take_touched(MONDAY)

    people = [threading.Thread(target=hand, args=(lambda n=n: works(cases[n::3], n),)) for n in range(3)]
    counters = [threading.Thread(target=hand, args=(counts,)) for _ in range(2)]
    for thread in (*people, *counters):
        thread.start()
    for thread in people:
        thread.join(60)
    over.set()
    for thread in counters:
        thread.join(60)
    assert not wrong, wrong
    drain(MONDAY)
    assert build.differing(every(), at=MONDAY) == []
    assert set(CaseFact.objects.values_list("seq", flat=True)) == {6}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_second_counter_waits_and_then_finds_what_came_meanwhile():
    cast = gather()
    case = cast.file()
    done = []

    def second() -> None:
        done.append(build.take_touched(MONDAY))
        connections.close_all()

    with transaction.atomic():
        assert build.take_touched(MONDAY) == 1
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive() and not done
    thread.join(30)
    assert done == [0] and connection.vendor == "postgresql"
    assert CaseFact.objects.get().pk == case.pk
