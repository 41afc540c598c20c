"""Two computations that share nothing say the same: the registry and plain SQL, on cases made by chance."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F

from cases.lifecycle import ACTIVE
from cases.models import Case, User
from escalation import verbs
from feedback import follow_ups, retros
from feedback.facts import build
from feedback.follow_up_acts import Done, do
from feedback.interim import answer_interim
from feedback.low_scores import OPEN, answer_low_score
from feedback.measures import MEASURES, count
from feedback.models import FollowUp, Interim, LowScore, Retro, Survey, Theme, ThemeTag
from feedback.periods import Period
from feedback.post_mortem_acts import open_by_hand
from feedback.surveys import answer_survey, closed_why
from tests.cast import gather
from tests.escalation.history_maker import Maker
from tests.feedback.agreement import PAGES, differing
from tests.feedback.oracle_log import Plain
from tests.feedback.story import ZONE

pytestmark = pytest.mark.django_db
#: How many cases chance makes; `make test` takes the smaller number.
MANY = int(os.environ.get("MILEPOST_GENERATED", "400"))
WHOLE = Period(date(2026, 1, 1), date(2026, 12, 31), ZONE)


class Asking(Maker):
    """As Maker, and customers who answer surveys of settled cases, or are asked and do not."""

    def tag(self, said: Survey) -> None:
        """A colleague puts themes on most comments."""
        themes = Theme.objects.order_by("pk")
        for theme in self.chance.sample(list(themes), self.chance.randint(0, 2)) if said.comment else ():
            ThemeTag.objects.create(survey=said, theme=theme, by=self.cast.supervisor, at=self.now)

    def act(self) -> None:
        super().act()
        done = Case.objects.filter(state__in=("confirmed", "closed")).order_by("-resolved_at", "pk")
        for case in done[:3]:
            if self.chance.random() < 0.3:
                with suppress(verbs.Refused):  # the time for it may be over
                    verbs.reopen(case.pk, text="It is back.", by=case.customer, at=self.now)
        settled = Case.objects.filter(state__in=("confirmed", "closed"), survey=None).order_by("pk")
        for case in settled[:15]:
            if self.chance.random() < 0.4:
                Survey.objects.create(case=case, invited_at=self.now)
            if self.chance.random() < 0.6:
                heard, fixed = (self.chance.choice(("", "yes", "partly", "no")) for _ in range(2))
                score, words = self.chance.randint(1, 5), self.chance.choice(("", "It took long.", "Kind."))
                said = answer_survey(case, satisfaction=score, fixed=fixed, heard=heard, comment=words, at=self.now)
                said.effort = self.chance.choice((None, 1, 3, 4, 5))
                said.save(update_fields=["effort"])
                self.tag(said)
        for case in Case.objects.filter(escalated_at__isnull=False, state__in=ACTIVE, interims=None).order_by("pk")[:9]:
            Interim.objects.create(case=case, milestone=2, owed_at=self.now, asked_at=self.now)
            if self.chance.random() < 0.8:
                answer_interim(case, score=self.chance.randint(1, 5), at=self.now)
        for low in LowScore.objects.filter(OPEN).order_by("pk"):
            if self.chance.random() < 0.1:
                answer_low_score(low.case, how="phone", words="Called.", by=self.cast.supervisor, at=self.now)
            elif self.chance.random() < 0.1 and not closed_why(low.case, at=self.now):
                answer_survey(low.case, satisfaction=4, at=self.now)
        self.follow_up()
        self.look_back()
        self.now += timedelta(hours=6) * (self.chance.random() < 0.2)

    def follow_up(self) -> None:
        """What the beat owes and stops, and now and then somebody who does one."""
        settled = Case.objects.filter(state__in=("confirmed", "closed"), resolved_at__lte=self.now - follow_ups.after())
        follow_ups.make(settled.exclude(follow_ups__settled_at=F("resolved_at")).order_by("pk")[:9], self.now)
        follow_ups.stop(self.now)
        for row in FollowUp.objects.filter(follow_ups.OPEN).order_by("pk"):
            if self.chance.random() < 0.2:
                how = self.chance.choice(("letter", "phone", "skipped"))
                said = "fine" if how == "phone" else ""
                do(row, Done(how, "It works.", said), by=self.cast.supervisor, at=self.now)

    def look_back(self) -> None:
        """Who carried a case that went up is asked about it, and some answer."""
        retros.ask(self.now)
        for row in Retro.objects.filter(answered_at=None, skipped_at=None).order_by("pk")[:20]:
            if self.chance.random() < 0.2:
                with suppress(verbs.Refused):  # they may have left
                    retros.answer(row, level=self.chance.choice(Retro.Level.values), by=row.person, at=self.now)
        for case in Case.objects.filter(escalated_at__isnull=False, post_mortems=None).order_by("-pk")[:1]:
            if self.chance.random() < 0.3:
                with suppress(verbs.Refused):
                    open_by_hand(case, "It took too long.", by=self.cast.supervisor, at=self.now)


def leave(maker: Asking) -> None:
    """Some customers sign in once more, and some close their account, within the 90 days after or later."""
    for person in maker.people[::3]:
        person.last_login = maker.now + timedelta(days=maker.chance.randint(-10, 120))
        person.erased_at = maker.chance.choice((None, None, maker.now + timedelta(days=maker.chance.randint(1, 130))))
        person.save(update_fields=["last_login", "erased_at"])
    # One works here by now: what they said of their own house is no customer's word.
    User.objects.filter(pk=maker.people[1].pk).update(is_staff=True)


@pytest.fixture(scope="module")
def generated(django_db_setup, django_db_blocker) -> Iterator[datetime]:
    """MANY cases by chance, counted; the instant they are looked at, twenty days after the last act."""
    with django_db_blocker.unblock(), transaction.atomic():
        Theme.objects.bulk_create(Theme(slug=slug, name=slug.title()) for slug in ("speed", "tone", "price"))
        cast = gather()
        people = User.objects.bulk_create(User(email=f"one{n}@customer.example") for n in range(max(20, MANY // 8)))
        maker = Asking(cast, seed=7, batched=True, step=timedelta(hours=4), people=(*people, cast.customer))
        maker.make(MANY, a_step=max(MANY // 40, 5), rest=60)
        leave(maker)
        while build.take_touched(maker.now):
            pass
        if connection.vendor == "postgresql":
            # Nothing of an open transaction is known to the planner by itself: it would join row by row for minutes.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
                # Else each test would look again at every reference made in here, and take that back with the rest of it.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield maker.now + timedelta(days=20)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def plain(generated, django_db_blocker):
    with django_db_blocker.unblock():
        return Plain(generated)


@pytest.mark.parametrize("figures", PAGES)
def test_the_same(plain, figures):
    assert differing(figures, plain, WHOLE) == []


def test_chance_made_something_of_each(generated):
    """A figure that is nothing of nothing would agree with anything."""
    (found,) = count(MEASURES, WHOLE, at=generated).values()
    assert not {key for key, one in found.items() if not one.now.n}
    assert not {key for key, one in found.items() if not one.now.hits} - {"astray", "exhausted"}
