"""Plan reviews: one ahead of each protocol in force, reminders by letter, and a decision that is signed once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import mail

from escalation import outbox, reviews
from escalation.models import Notice, PlanReview, ProtocolVersion
from escalation.packs import read_pack
from portal import beat
from tests.cast import MONDAY, gather, person

DAY = timedelta(days=1)
PUBLISHED = datetime(2025, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def cast(db):
    return gather()


@pytest.fixture
def author(cast):
    found = person("ada@example.com", "Ada Author", is_staff=True)
    found.groups.add(Group.objects.get(name="Protocol authors"))
    return found


@pytest.fixture
def plan(cast):
    """A protocol published on 1 December."""
    document = read_pack("five_tier")["protocol"]
    return ProtocolVersion.objects.create(
        key="shop", number=1, document=document, status="published", made_at=PUBLISHED, published_at=PUBLISHED
    )


@pytest.fixture
def review(plan):
    reviews.set_ahead(MONDAY)
    return PlanReview.objects.get(key="shop")


def decide(review, author, **more):
    said = {"decision": "keep", "reason": "It works.", "digest": "f" * 64, "by": author, "at": MONDAY}
    said |= {"since": MONDAY - 30 * DAY, "until": MONDAY - DAY} | more
    return reviews.decide(review, **said)


def of_shop(notices):
    return [
        notice
        for notice in notices
        if notice.data.get("review") == PlanReview.objects.get(key="shop", decided_at=None).pk
    ]


class TestAhead:
    def test_ninety_days_after_publishing_and_only_one(self, plan):
        assert reviews.without_review(MONDAY).filter(key="shop").exists()
        reviews.set_ahead(MONDAY)
        reviews.set_ahead(MONDAY)
        assert [one.due_on for one in PlanReview.objects.filter(key="shop")] == [date(2026, 3, 1)]
        assert not reviews.without_review(MONDAY).exists()

    def test_every_protocol_in_force_has_one_after_a_round_of_the_beat(self, plan):
        beat.beat()
        keys = set(ProtocolVersion.objects.filter(status="published").values_list("key", flat=True))
        assert set(reviews.open_reviews().values_list("key", flat=True)) == keys
        assert "reviews" not in "".join(beat.beat().failed)

    def test_a_protocol_out_of_force_is_not_reviewed(self, review, plan):
        ProtocolVersion.objects.filter(pk=plan.pk).update(status="retired")
        assert review not in reviews.open_reviews()
        assert not reviews.near(MONDAY + 900 * DAY).filter(key="shop").exists()


class TestReminders:
    def at(self, days):
        """So many days after the day the review is due, at noon."""
        return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=days)

    def due(self, at):
        return reviews.to_remind(at).filter(key="shop").exists()

    def test_two_weeks_before_and_when_it_is_overdue(self, review, author):
        assert not self.due(self.at(-15))
        assert self.due(self.at(-14))
        reviews.remind(self.at(-14))
        assert not self.due(self.at(-13))
        assert not self.due(self.at(0))
        assert self.due(self.at(1))
        reviews.remind(self.at(1))
        assert not self.due(self.at(14))
        assert self.due(self.at(16))
        assert len(of_shop(Notice.objects.filter(recipient=author, case=None))) == 2

    def test_the_letter_names_protocol_day_and_page(self, review, author):
        reviews.remind(self.at(-14))
        while outbox.deliver_batch(self.at(-14)):
            pass
        (letter,) = [one for one in mail.outbox if f"/reviews/{review.pk}/" in one.body]
        assert letter.to == ["ada@example.com"]
        assert letter.subject == "A review falls due: the protocol “Five levels”"
        assert "is due on Sunday 1 March 2026" in letter.body
        assert "References" not in letter.extra_headers

    def test_an_overdue_one_says_so(self, review, author):
        reviews.remind(self.at(3))
        while outbox.deliver_batch(self.at(3)):
            pass
        (letter,) = [one for one in mail.outbox if f"/reviews/{review.pk}/" in one.body]
        assert letter.subject.startswith("Overdue")
        assert "was due on Sunday 1 March 2026" in letter.body

    def test_what_is_decided_before_the_letter_goes_needs_none(self, review, author):
        reviews.remind(self.at(-14))
        notice = of_shop(Notice.objects.filter(case=None))[0]
        decide(review, author)
        while outbox.deliver_batch(self.at(-14)):
            pass
        notice.refresh_from_db()
        assert notice.state == Notice.State.CANCELLED

    def test_without_an_author_the_supervisors_are_reminded(self, review, cast):
        assert reviews.responsible() == [cast.supervisor]

    def test_authors_are_asked_first(self, author, cast):
        assert reviews.responsible() == [author]


class TestDecision:
    def test_it_is_signed_and_the_next_one_is_set(self, review, author):
        done = decide(review, author)
        assert (done.decision, done.reason, done.decided_by, done.decided_at) == ("keep", "It works.", author, MONDAY)
        assert (done.since, done.until, done.digest) == (MONDAY - 30 * DAY, MONDAY - DAY, "f" * 64)
        (ahead,) = PlanReview.objects.filter(key="shop", decided_at=None)
        assert ahead.due_on == date(2026, 4, 12)

    def test_once(self, review, author):
        decide(review, author)
        with pytest.raises(reviews.NotDecided, match="Ada Author decided this review already"):
            decide(review, author, reason="Again.")
        assert PlanReview.objects.filter(key="shop").count() == 2

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"decision": "burn"}, "Choose what becomes"),
            ({"reason": "  "}, "Say why"),
            ({"until": MONDAY + DAY}, "must end before now"),
            ({"since": MONDAY - DAY}, "begin before they end"),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_changes(self, wrong, sentence, review, author):
        with pytest.raises(reviews.NotDecided, match=sentence):
            decide(review, author, **wrong)
        review.refresh_from_db()
        assert review.decided_at is None
        assert PlanReview.objects.filter(key="shop").count() == 1

    def test_only_who_may_write_rules_decides_about_them(self, review, cast):
        for who in (cast.supervisor, cast.tiers[1], cast.manager, cast.customer):
            with pytest.raises(reviews.NotDecided, match="may write protocols"):
                decide(review, who)

    def test_overdue_is_when_its_day_is_over_where_the_company_is(self, review):
        assert not reviews.is_overdue(review, datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
        assert reviews.is_overdue(review, datetime(2026, 3, 2, 0, 0, tzinfo=UTC))
