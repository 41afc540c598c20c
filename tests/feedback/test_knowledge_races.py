"""Several people at one article at once, on a real PostgreSQL: one is kept, the others are told, nothing counts twice."""

from dataclasses import replace

import pytest

from feedback import articles, knowledge
from feedback.models import Article, ArticleRevision, ArticleUse, ArticleVote, FilingOffer
from tests.cast import MONDAY, gather
from tests.feedback.article_shelf import REFUND, draft, published
from tests.races import outcomes

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_one_text_is_kept_and_the_others_are_told():
    cast = gather()
    first = published(cast, REFUND)
    acts = [
        lambda one=one, title=title: articles.write(
            first, draft(replace(REFUND, title=title)), by=one, at=MONDAY, seen=first.version
        )
        for one, title in ((cast.supervisor, "Dana's"), (cast.mate, "Ana's"), (cast.tiers[1], "Tom's"))
    ]
    results = outcomes(*acts, lambda: articles.archive(first, by=cast.supervisor, at=MONDAY, seen=first.version))
    assert sorted(type(one).__name__ for one in results) == ["Article", *["Overtaken"] * 3], results
    assert Article.objects.get().version == first.version + 1
    assert ArticleRevision.objects.filter(is_current=True).count() == 1


def test_a_button_pressed_four_times_makes_one_article():
    cast = gather()
    results = outcomes(*[lambda: articles.write(None, draft(REFUND), by=cast.mate, at=MONDAY, form_key="k")] * 4)
    assert len({one.pk for one in results}) == 1 and ArticleRevision.objects.count() == 1


def test_two_articles_of_one_title_at_once_both_come_to_be():
    cast = gather()
    results = outcomes(*[lambda n=n: articles.write(None, draft(REFUND), by=cast.mate, at=MONDAY, form_key=str(n)) for n in range(4)])  # fmt: skip
    assert not [one for one in results if isinstance(one, Exception)], results
    assert len(set(Article.objects.values_list("slug", flat=True))) == 4


def test_votes_uses_and_offers_count_once():
    cast = gather()
    first, case = published(cast, REFUND).pk, cast.file()
    acts = [
        lambda: knowledge.vote(first, "v", helpful=True, where="page", at=MONDAY),
        lambda: knowledge.vote(first, "v", helpful=False, where="page", at=MONDAY),
        lambda: knowledge.solved(first, "w", at=MONDAY),
        lambda: knowledge.offered("w", at=MONDAY),
        lambda: knowledge.use(case, first, by=cast.mate, at=MONDAY),
        lambda: knowledge.use(case, first, by=cast.supervisor, at=MONDAY),
    ]
    results = outcomes(*acts)
    assert not [one for one in results if isinstance(one, Exception)], results
    assert (ArticleVote.objects.count(), ArticleUse.objects.count()) == (2, 1)
    assert FilingOffer.objects.get().solved
