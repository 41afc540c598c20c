"""What came again, what is worth repeating, and the best cases of a topic: counted by hand, and again from the log."""

from datetime import timedelta
from itertools import count

import pytest

from cases.access import Viewer
from cases.erasing import Subject
from cases.models import Case, Category, Organisation
from cases.recurring import DAYS, came_again, earlier
from escalation import verbs
from escalation.verbs import Refused
from feedback import practice, topics
from feedback.erasing import marks
from feedback.figures import Scope
from feedback.intervals import Share
from feedback.models import Article, Survey, Worthy
from feedback.periods import Period
from tests import solving
from tests.cast import MONDAY, gather

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def cast():
    return gather()


def topic(slug="orders"):
    return Category.objects.get(slug=slug)


def filed(cast, day, *, by=None, slug="orders"):
    """A case as if it had been filed `day` days after MONDAY."""
    case = cast.file(at=MONDAY, by=by or cast.customer, title=f"Day {day}")
    Case.objects.filter(pk=case.pk).update(filed_at=MONDAY + day * DAY, category=topic(slug))
    case.refresh_from_db()
    return case


class TestCameAgain:
    def seen(self, cast, case):
        return [one.title for one in earlier(case, Viewer(cast.supervisor))]

    def test_the_same_customer_and_topic_within_30_days(self, cast):
        old, first, second = filed(cast, 0), filed(cast, 10), filed(cast, DAYS)
        filed(cast, 20, slug="billing")
        filed(cast, 20, by=cast.other)
        assert self.seen(cast, second) == [first.title, old.title]
        assert self.seen(cast, old) == []
        assert self.seen(cast, filed(cast, DAYS + 1)) == ["Day 30", "Day 10"]

    def test_joined_and_withdrawn_cases_are_no_incidents(self, cast):
        gone, joined, last = filed(cast, 0), filed(cast, 1), filed(cast, 2)
        verbs.withdraw(gone.pk, by=cast.customer, at=MONDAY + 40 * DAY)
        verbs.merge(joined.pk, into=last, by=cast.supervisor, at=MONDAY + MINUTE)
        assert self.seen(cast, last) == []

    def test_the_figure_is_the_pages_rule_counted_by_hand(self, cast):
        for day in (0, 10, 45, 50):  # 10 and 50 came again
            filed(cast, day)
        filed(cast, 12, by=cast.other)
        filed(cast, 13, by=cast.other, slug="billing")
        gone = filed(cast, 11)
        verbs.withdraw(gone.pk, by=cast.customer, at=MONDAY + 60 * DAY)
        period = Period((MONDAY - DAY).date(), (MONDAY + 59 * DAY).date(), "UTC")
        found = {slug: one.returned for slug, one in topics.topics(period).items()}
        assert found == {"orders": Share(2, 5), "billing": Share(0, 1)}
        whole = topics.together(topics.topics(period, Scope(topic="billing")).values())
        assert whole.returned == Share(0, 1)
        titles = {case.title for case in topics.cases_behind("returned", period)}
        assert titles == {"Day 10", "Day 50"}
        assert topics.cases_behind("incidents", period).count() == 6
        by_page = {case.pk for case in topics.cases_behind("incidents", period) if self.seen(cast, case)}
        assert by_page == set(Case.objects.filter(came_again()).values_list("pk", flat=True))


def settled(cast, *, minutes=10, score=5, title="Charged twice", text="Paid back to Sam Okafor.", at=MONDAY, **more):
    """A case settled `minutes` after it was filed, and rated."""
    case = cast.file(at=at, title=title, **more)
    tom = cast.tiers[1]
    verbs.assess(case.pk, severity=3, complexity=1, category=case.category, reason="So.", by=tom, at=at + MINUTE)
    verbs.acknowledge(case.pk, by=tom, at=at + 2 * MINUTE)
    said = {"text": text, "outcome": "fixed", "root_cause": "Tom Reed clicked for Sam"}
    solving.answer(case.pk, **said, by=tom, at=at + 3 * MINUTE)
    case = verbs.accept(case.pk, by=case.customer, at=at + minutes * MINUTE)
    if score:
        row, _ = Survey.objects.get_or_create(case=case)
        row.satisfaction, row.answered_at = score, at + (minutes + 1) * MINUTE
        row.save(update_fields=["satisfaction", "answered_at"])
    return case


class TestWorthRepeating:
    def test_a_settled_case_is_marked_once_and_its_words_follow(self, cast):
        case = settled(cast)
        for why in ("Called first.", "Called the bank first."):
            practice.mark(case, why, by=cast.tiers[1], at=MONDAY + DAY)
        assert Worthy.objects.get().why == "Called the bank first."
        assert [row.case for row in practice.marked(Viewer(cast.supervisor))] == [case]
        practice.unmark(case)
        assert not Worthy.objects.exists()

    @pytest.mark.parametrize("why", ["", "  ", "x" * 301])
    def test_it_says_what_is_worth_it(self, cast, why):
        with pytest.raises(Refused):
            practice.mark(settled(cast), why, by=cast.tiers[1], at=MONDAY + DAY)
        assert not Worthy.objects.exists()

    def test_what_is_not_settled_has_not_proved_anything(self, cast):
        with pytest.raises(Refused, match="once it is settled"):
            practice.mark(cast.file(), "Called first.", by=cast.tiers[1], at=MONDAY + DAY)

    def test_the_article_made_from_it_stays_linked(self, cast):
        case = settled(cast)
        practice.mark(case, "Called first.", by=cast.tiers[1], at=MONDAY + DAY)
        article = Article.objects.create(slug="call-first", made_at=MONDAY, made_by=cast.tiers[1], made_from=case)
        practice.unmark(case)
        assert practice.made_from([case.pk]) == {case.pk: [article]}

    def test_erasing_takes_the_words(self, cast):
        practice.mark(settled(cast), "Called Sam.", by=cast.tiers[1], at=MONDAY + DAY)
        marks(Subject.of(cast.customer, MONDAY + DAY))
        assert Worthy.objects.get().why == "(erased)"


class TestBestPractice:
    def test_the_rule(self, cast):
        number = count(1)
        wanted = [(5, 10), (5, 20), (5, 30), (4, 5), (4, 40), (4, 50)]
        for score, minutes in reversed(wanted):
            settled(
                cast,
                score=score,
                minutes=minutes,
                title=f"Case {score}-{minutes}",
                by=cast.other if next(number) % 2 else cast.customer,
            )
        settled(cast, score=3, minutes=4, title="Not good enough")
        settled(cast, score=None, minutes=4, title="Not rated")
        old = settled(cast, score=5, minutes=4, title="Too long ago")
        Case.objects.filter(pk=old.pk).update(resolved_at=MONDAY - 400 * DAY)
        again = settled(cast, score=5, minutes=4, title="Opened again")
        verbs.reopen(again.pk, text="It is back.", by=cast.customer, at=MONDAY + 5 * MINUTE)
        cast.file(title="Open")
        found = practice.best(topic(), at=MONDAY + DAY)
        assert [one.title for one in found] == ["Case 5-10", "Case 5-20", "Case 5-30", "Case 4-5", "Case 4-40"]
        assert [one.took for one in found][:2] == [10 * MINUTE, 20 * MINUTE]
        assert practice.best(topic("billing"), at=MONDAY + DAY) == []

    def test_an_earlier_day_gives_the_earlier_list_again(self, cast):
        settled(cast, minutes=30, title="First")
        before = practice.best(topic(), at=MONDAY + DAY)
        settled(cast, minutes=5, title="Second", at=MONDAY + 2 * DAY)
        assert practice.best(topic(), at=MONDAY + DAY) == before
        assert [one.title for one in practice.best(topic(), at=MONDAY + 3 * DAY)] == ["Second", "First"]

    def test_nobody_is_named(self, cast):
        house = Organisation.objects.create(name="Lumen Works")
        case = settled(
            cast,
            title="Sam Okafor of Lumen Works charged twice",
            text="Paid back to sam@example.com, card 4111 1111 1111 1111. Tom Reed",
        )
        Case.objects.filter(pk=case.pk).update(organisation=house)
        (one,) = practice.best(topic(), at=MONDAY + DAY)
        said = f"{one.title} {one.done} {one.cause}"
        for private in ("Sam", "Okafor", "Lumen", "sam@", "4111", "Tom", "Reed", case.reference):
            assert private not in said, private
        assert "charged twice" in one.title and "Paid back to" in one.done
