"""The demo is a true story: its events never run backwards, and one customer is late whatever the hour."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import OuterRef, Subquery

from cases.models import Case, Event, Product, ReplyUse
from cases.replies import Draft, check, fill
from cases.roles import install_roles
from escalation import publishing
from escalation.lateness import is_late, with_ledger
from escalation.lint.versions import lint_version
from escalation.models import ChoiceDraft, PlanReview, ProtocolChoice, Rota
from escalation.packs import install, read_pack
from feedback import problems
from feedback.models import Lesson, QualityReview, QualityWeek
from portal.demo import known, learning, replies, rules, story
from portal.demo.fortnight import Fortnight
from portal.demo.people import cast

SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MONDAY_NIGHT = datetime(2026, 11, 24, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("until", [SUNDAY, MONDAY_NIGHT], ids=["sunday", "night"])
def test_a_short_demo(db, until, monkeypatch):
    install_roles()
    install(read_pack("five_tier"), at=datetime(2025, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(story, "CASES", 12)
    people = cast("x")
    rules.set_up(people, until - timedelta(days=story.DAYS))
    stage = Fortnight(people, until, seed=7)
    story.plan(stage)
    stage.play()
    draft = rules.draw_up(people, until)
    before = Event.objects.filter(case=OuterRef("case"), seq=OuterRef("seq") - 1).values("occurred_at")
    assert not Event.objects.filter(occurred_at__lt=Subquery(before)).exists()
    late = [case for case in with_ledger(Case.objects.open()) if is_late(case, until)]
    assert "I was charged twice for order 88213" in [case.title for case in late]
    # The rules have something to show, made by the real verbs.
    kinds = list(Event.objects.values_list("kind", flat=True))
    assert [kinds.count(kind) for kind in ("emergency", "justified", "kept")] == [1, 1, 1]
    assert not Event.objects.filter(kind="kept", data__note=None).exists()
    assert Rota.objects.count() == 2
    assert ReplyUse.objects.filter(message__from_customer=False).count() > 3
    assert Case.objects.filter(product__in=Product.objects.all()).count() > 5
    line = ProtocolChoice.objects.get()
    chosen = Case.objects.filter(product=line.product)
    approved = ChoiceDraft.objects.get()
    assert (approved.number, approved.made_by, approved.approved_by) == (1, *rules.authors_of(people))
    assert set(chosen.values_list("protocol_why", flat=True)) == {f"Line 1: product {line.product}"}
    assert (draft.status, draft.number, bool(draft.note)) == ("draft", 2, True)
    assert not [finding.sentence for finding in lint_version(draft, until) if finding.is_error]
    assert PlanReview.objects.filter(decided_at=None).count() == 1
    learning.tell(people, until, seed=7)
    said = sorted(Lesson.objects.values_list("outcome", flat=True))
    assert said == ["accepted", "accepted", "declined", "joined", "open", "open"]
    drawn = min(6, len(QualityWeek.objects.get().population))
    assert QualityReview.objects.count() == drawn
    author, second = rules.authors_of(people)
    assert publishing.review(draft, seen=draft.revision, by=second, at=until).reviewed_by == second
    assert author.pk in draft.hands


@pytest.mark.parametrize("row", replies.REPLIES, ids=lambda row: row[0])
def test_every_saved_reply_of_the_demo_is_sound_and_names_what_comes_next(row):
    title, topic, acts, level, english, german = row
    texts = {"en": english} | ({"de": german} if german else {})
    languages = {code: code for code in texts}
    assert check(Draft(title, None, acts, level, texts), languages) == []
    assert topic in {"", *(one["slug"] for one in read_pack("five_tier")["categories"])}
    for text in texts.values():
        last = text.split("\n\n")[-1]
        assert len(text.split("\n\n")) == 2 and last.endswith(".")
        if "update" in acts:
            assert "{next_update}" in last, "an update says when the customer next hears from us"
        assert "{" not in fill(text, {})


def test_the_demo_knows_a_problem_there_is_and_one_with_a_missed_time(db):
    install_roles()
    install(read_pack("five_tier"), at=datetime(2025, 1, 1, tzinfo=UTC))
    known.tell(cast("x"), SUNDAY)
    assert [one.title for one in problems.current()] == ["Card payments are slow"]
    assert not problems.missed(SUNDAY)
    over = problems.listed(SUNDAY).exclude(over_at=None).get()
    assert [bool(one.missed) for one in problems.timeline(over)] == [True, False]
