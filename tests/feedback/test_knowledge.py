"""Articles: searching alike on every database, revisions that stay, who is told of whom, votes, and what is never shown."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Category
from feedback import articles, knowledge
from feedback.articles import NotSaved, Overtaken, Text
from feedback.masking import masked
from feedback.models import Article, ArticleAct, ArticleRevision, ArticleTried, ArticleUse, ArticleVote, FilingOffer
from feedback.words import asked, fold, stem, words_of
from tests.cast import MONDAY, gather
from tests.feedback.article_shelf import INTERNAL, REFUND, REFUND_DE, TWICE, draft, published, shelf

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db):
    found = gather()
    found.shelf = shelf(found)
    return found


def titles(text, **more):
    return [one.title for one in knowledge.search(text, **more)]


# --- Words


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Überweisung", "uberweisung"),
        ("IŞIK ışık", "isik isik"),
        ("Straße", "strasse"),
        ("إلى", "الي"),
        ("Ελλάς", "ελλασ"),
    ],
)
def test_folding(typed, folded):
    assert fold(typed) == folded


def test_forms_of_a_word_begin_alike():
    for one, other in (
        ("refunds", "refund"),
        ("charged", "charges"),
        ("zahlungen", "zahlung"),
        ("siparisler", "siparis"),
    ):
        assert words_of(other)[0].startswith(stem(one)) or stem(one) == stem(other)


def test_only_words_that_say_something_are_looked_for():
    assert asked("Where is my refund, please?") == ["refund"]
    assert asked("how to") == ["how", "to"]
    assert len(asked(" ".join(f"word{n}" for n in range(50)))) == 12
    assert asked(" .,! _ ") == []


# --- Searching


def test_title_before_answer_before_body(cast):
    assert titles("refund") == [REFUND.title, "Sign in after changing your phone"]
    assert titles("refunds arrived") == [REFUND.title, "Sign in after changing your phone"]


@pytest.mark.parametrize("typed", ["charged twice", "I have been CHARGED twice!!", "charge", "chraged twice", "chargd"])
def test_forms_order_case_and_slips(cast, typed):
    assert titles(typed)[:1] == [TWICE.title]


def test_a_result_says_what_the_list_shows(cast):
    found = knowledge.search("refund")[0]
    assert (found.slug, found.answer, found.language) == ("when-does-a-refund-arrive", REFUND.answer, "en")
    assert found.checked_on == date(2026, 1, 12)


def test_a_language_is_searched_in_itself_and_english_stands_in(cast):
    assert titles("Rückzahlungen", language="de") == [REFUND_DE.title]
    assert titles("ruckzahlung", language="de-at") == [REFUND_DE.title]
    assert titles("charged twice", language="de") == [TWICE.title]
    assert titles("Rückzahlung", language="en") == []
    assert knowledge.search("charged twice", language="de")[0].language == "en"


def test_internal_and_drafts_are_for_nobody_outside(cast):
    assert INTERNAL.title not in titles("look up second payment bank list")
    assert INTERNAL.title in titles("look up second payment", audience="internal")
    assert "A refund in draft" not in titles("refund draft", audience="internal")
    assert knowledge.read(cast.shelf["internal"].slug, language="en") is None
    assert knowledge.read(cast.shelf["internal"].slug, language="en", staff=True).title == INTERNAL.title
    assert knowledge.read(cast.shelf["draft"].slug, language="en", staff=True) is None


@pytest.mark.parametrize(
    "typed", ["", "   ", "xyzzyplugh", "'; DROP TABLE --", "a & b | !c:*", "%%s", "\\", "(((", "<->", "😀😀"]
)
def test_nothing_and_nonsense_find_nothing(cast, typed):
    assert knowledge.search(typed) == []


def test_many_words_must_mostly_fit(cast):
    text = "My cat sat on the garden wall while the neighbour painted a refund fence blue yesterday evening"
    assert knowledge.search(text) == []


def test_ten_results_at_most_and_few_queries(cast):
    for n in range(15):
        published(cast, Text(f"Invoice question {n:02}", "Look below the order.", "Text"))
    with CaptureQueriesContext(
        connection,
    ) as asked_of:
        found = titles("invoice")
    assert found == [f"Invoice question {n:02}" for n in range(10)]
    assert len(asked_of) <= 2


def test_what_is_archived_or_replaced_is_not_found(cast):
    refund = cast.shelf["refund"]
    said = articles.draft_of(refund)
    changed = replace(said, texts=dict(said.texts) | {"en": Text("Money coming back", "In a week.", "")})
    held = articles.write(refund, changed, by=cast.mate, at=MONDAY, seen=refund.version)
    assert REFUND.title in titles("refund")
    held = articles.publish(held, by=cast.supervisor, at=MONDAY, seen=held.version)
    assert titles("money coming") == ["Money coming back"]
    assert REFUND.title not in titles("refund")
    articles.archive(held, by=cast.supervisor, at=MONDAY, seen=held.version)
    assert titles("money coming") == []


# --- Writing


def test_each_save_is_a_revision_of_what_changed_only(cast):
    refund = cast.shelf["refund"]
    said = articles.draft_of(refund)
    changed = replace(said, texts=dict(said.texts) | {"en": replace(REFUND, answer="A week.")})
    held = articles.write(refund, changed, by=cast.mate, at=MONDAY, seen=refund.version)
    rows = ArticleRevision.objects.filter(article=refund).order_by("language", "number")
    assert [(row.language, row.number, row.is_current, row.is_live) for row in rows] == [
        ("de", 1, True, True), ("en", 1, False, True), ("en", 2, True, False),
    ]  # fmt: skip
    assert articles.has_news(held)
    assert articles.write(held, changed, by=cast.mate, at=MONDAY, seen=held.version).version == held.version
    assert [act.note for act in held.acts.all()] == ["first draft", "de, en", "English"]


def test_a_language_taken_away_is_read_in_english(cast):
    refund = cast.shelf["refund"]
    said = articles.draft_of(refund)
    held = articles.write(
        refund, replace(said, texts={"en": said.texts["en"]}), by=cast.mate, at=MONDAY, seen=refund.version
    )
    assert knowledge.read(refund.slug, language="de").title == REFUND_DE.title
    held = articles.publish(held, by=cast.supervisor, at=MONDAY, seen=held.version)
    assert knowledge.read(refund.slug, language="de").title == REFUND.title
    assert not articles.has_news(held)


def test_who_was_slower_is_told_and_nothing_is_written(cast):
    refund = cast.shelf["refund"]
    said = articles.draft_of(refund)
    mine = replace(said, texts=dict(said.texts) | {"en": replace(REFUND, title="Mine")})
    articles.write(refund, mine, by=cast.mate, at=MONDAY, seen=refund.version)
    before = ArticleRevision.objects.count()
    for act in (articles.publish, articles.archive, articles.checked):
        with pytest.raises(Overtaken, match="Ana Mate changed this article"):
            act(refund, by=cast.supervisor, at=MONDAY, seen=refund.version)
    with pytest.raises(Overtaken):
        articles.write(refund, said, by=cast.supervisor, at=MONDAY, seen=refund.version)
    assert ArticleRevision.objects.count() == before


def test_what_is_wrong_is_said_field_by_field(cast):
    with pytest.raises(NotSaved) as why:
        articles.write(None, draft(Text("", "x" * 301, "b"), de=Text("Nur ein Titel")), by=cast.mate, at=MONDAY)
    assert {place for place, _ in why.value.findings} == {"title_en", "answer_en", "answer_de"}
    assert Article.objects.count() == 5


def test_only_who_publishes_opens_a_published_article(cast):
    internal = cast.shelf["internal"]
    public = replace(articles.draft_of(internal), audience="public")
    with pytest.raises(NotSaved, match="Only who may publish"):
        articles.write(internal, public, by=cast.mate, at=MONDAY, seen=internal.version)
    articles.write(internal, public, by=cast.supervisor, at=MONDAY, seen=internal.version)
    assert INTERNAL.title in titles("second payment look")


def test_publishing_and_checking_set_the_dates(cast):
    refund = cast.shelf["refund"]
    assert (refund.checked_on, refund.review_by) == (date(2026, 1, 12), date(2026, 7, 11))
    held = articles.checked(refund, by=cast.supervisor, at=MONDAY + timedelta(days=30), seen=refund.version)
    assert (held.checked_on, held.review_by) == (date(2026, 2, 11), date(2026, 8, 10))
    assert held.acts.last().kind == ArticleAct.Kind.CHECKED
    with pytest.raises(NotSaved, match="Only a published"):
        articles.checked(cast.shelf["draft"], by=cast.supervisor, at=MONDAY, seen=1)


def test_archived_keeps_everything_and_comes_back_as_a_draft(cast):
    refund = cast.shelf["refund"]
    held = articles.archive(refund, by=cast.supervisor, at=MONDAY, seen=refund.version)
    with pytest.raises(NotSaved, match="archived"):
        articles.publish(held, by=cast.supervisor, at=MONDAY, seen=held.version)
    held = articles.restore(held, by=cast.supervisor, at=MONDAY, seen=held.version)
    assert articles.draft_of(held).texts["de"] == REFUND_DE
    assert REFUND.title not in titles("refund arrive")
    articles.publish(held, by=cast.supervisor, at=MONDAY, seen=held.version)
    assert titles("refund arrive")[:1] == [REFUND.title]


def test_slugs_are_free_and_a_form_makes_one(cast):
    one = articles.write(None, draft(REFUND), by=cast.mate, at=MONDAY, form_key="k")
    again = articles.write(None, draft(REFUND), by=cast.mate, at=MONDAY, form_key="k")
    assert one == again and one.slug == "when-does-a-refund-arrive-2"
    assert articles.write(None, draft(Text("؟؟", "x")), by=cast.mate, at=MONDAY).slug == "article"


# --- What people said and did


def test_one_vote_a_day_and_the_last_word_counts(cast):
    refund = cast.shelf["refund"].pk
    for helpful, days in ((True, 0), (False, 0), (True, 1)):
        knowledge.vote(refund, "v1", helpful=helpful, where="search", at=MONDAY + timedelta(days=days))
    knowledge.vote(refund, "v2", helpful=True, where="made up", at=MONDAY)
    rows = ArticleVote.objects.order_by("day", "visitor").values_list("visitor", "helpful", "where")
    assert list(rows) == [("v1", False, "search"), ("v2", True, "page"), ("v1", True, "search")]


def test_solved_once_stays_solved(cast):
    refund = cast.shelf["refund"].pk
    knowledge.offered("v", at=MONDAY)
    knowledge.solved(refund, "v", at=MONDAY)
    knowledge.offered("v", at=MONDAY)
    assert list(FilingOffer.objects.values_list("solved", flat=True)) == [True]
    assert ArticleVote.objects.get().where == "filing"


def test_tried_keeps_what_was_there_to_be_read(cast):
    case = cast.file()
    slugs = [cast.shelf[name].slug for name in ("refund", "internal", "draft")] + ["no-such", "x" * 500]
    knowledge.tried(case, slugs, at=MONDAY)
    knowledge.tried(case, slugs, at=MONDAY)
    assert [row.article for row in ArticleTried.objects.all()] == [cast.shelf["refund"]]


def test_a_case_counts_a_use_once(cast):
    case = cast.file()
    for _ in range(2):
        knowledge.use(case, cast.shelf["twice"].pk, by=cast.mate, at=MONDAY)
    assert ArticleUse.objects.count() == 1


def test_every_topic_with_an_article_has_one_beside_its_cases(cast):
    for topic in Category.objects.all():
        published(cast, Text(f"About {topic.slug}", "One line.", "Body"), topic=topic.slug)
    for topic in Category.objects.all():
        case = cast.file(title="Qwertz", by=cast.other)
        Case.objects.filter(pk=case.pk).update(category=topic, description="Yxcv")
        found = knowledge.beside(Case.objects.get(pk=case.pk))
        assert found and found[0].topic == topic.pk


def test_beside_a_case_its_words_come_first(cast):
    case = cast.file(title="Charged twice")
    Case.objects.filter(pk=case.pk).update(category=Category.objects.get(slug="billing"))
    assert [one.title for one in knowledge.beside(Case.objects.get(pk=case.pk))][:1] == [TWICE.title]


# --- Masking


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Dear Sam, write to sam.o+x@example.co.uk.", "Dear [name], write to [e-mail]."),
        ("Call +44 20 7946 0958 or (020) 7946-0958", "Call [phone] or [phone]"),
        ("Order 88213, case MP-7K4M-29 and mp-7k4m-29", "Order [number], case [reference] and [reference]"),
        ("Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00", "Card [number], IBAN [number]"),
        ("OKAFOR's parcel; Sam Okafor, sam", "[name] parcel; [name], [name]"),
        ("See https://x.example/track/7730021?u=sam now", "See [link] now"),
        ("Wait 3 to 5 days, 64.90 was paid on 2 May.", "Wait 3 to 5 days, 64.90 was paid on 2 May."),
    ],
)
def test_what_only_the_case_may_know_is_masked(text, left):
    assert masked(text, ["Sam Okafor", "Tom Reed", ""]) == left
