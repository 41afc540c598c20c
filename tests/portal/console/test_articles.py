"""Dana's and Tom's side of articles: list, writing, publishing, history, from a case, beside a case; and who may what."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Category
from escalation import verbs
from feedback import articles, knowledge
from feedback.articles import Text
from feedback.models import Article, ArticleRevision, ArticleUse
from tests import solving
from tests.cast import MONDAY
from tests.feedback.article_shelf import INTERNAL, REFUND, REFUND_DE, TWICE, published, shelf
from tests.portal.console import stories

LIST, NEW = "/console/articles/", "/console/articles/new/"
TYPED = {
    "seen": "0", "topic": "", "audience": "public", "review_by": "", "title_en": "How long does it take?",
    "answer_en": "A day.", "body_en": "1. Wait\n2. See", "title_de": "", "answer_de": "", "body_de": "", "press": "save",
}  # fmt: skip
STEPS = ("publish", "archive", "restore", "checked")


@pytest.fixture
def scene(cast, monday, signed_in):
    cast.shelf = shelf(cast)
    cast.dana, cast.tom = signed_in(cast.supervisor), signed_in(cast.tiers[1])
    return cast


def url(article, act=""):
    return f"{LIST}{article.pk}/{act}"


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def rows(page) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', page.content.decode())


def typed_for(article, **more):
    """The edit form of an article as a browser sends it back, with changes."""
    said = articles.draft_of(article)
    data = TYPED | {"seen": str(article.version), "audience": said.audience, "topic": str(said.topic or "")}
    data["review_by"] = said.review_by.isoformat() if said.review_by else ""
    for code, one in said.texts.items():
        data |= {f"title_{code}": one.title, f"answer_{code}": one.answer, f"body_{code}": one.body}
    return data | more


# --- Who may what


def test_everybody_outside_finds_nothing(client, signed_in, scene):
    paths = [LIST, NEW, url(scene.shelf["refund"]), url(scene.shelf["refund"], "edit/")]
    for path in paths:
        assert client.get(path).status_code == 302
        assert signed_in(scene.customer).get(path).status_code == 404
        assert signed_in(scene.manager).get(path)["Location"] == "/insights/"


def test_agents_write_and_only_supervisors_publish(scene):
    draft = scene.shelf["draft"]
    assert scene.tom.get(url(draft)).status_code == 200
    for step in STEPS:
        assert scene.tom.post(url(draft, f"{step}/"), {"seen": "1"}).status_code == 403
        assert scene.dana.get(url(draft, f"{step}/")).status_code == 405
    assert "Publish" not in re.findall(r"<h2>(\w+)</h2>", scene.tom.get(url(draft)).content.decode())
    answer = scene.tom.post(NEW, TYPED | {"idempotency_key": "k"})
    assert answer.status_code == 303
    assert "Saved as a draft." in text(scene.tom.get(answer["Location"]))
    assert TYPED["title_en"] not in [one.title for one in knowledge.search("How long does it take")]


def test_who_may_not_write_only_reads(scene):
    scene.tiers[1].groups.clear()
    scene.tiers[1].user_permissions.add(Permission.objects.get(codename="view_case"))
    assert scene.tom.get(LIST).status_code == 200
    for path in (NEW, url(scene.shelf["draft"], "edit/")):
        assert scene.tom.get(path).status_code == scene.tom.post(path, TYPED).status_code == 403


# --- The list


def test_the_list_says_how_each_stands(scene):
    page = scene.dana.get(LIST)
    assert rows(page) == [
        "A refund in draft",
        INTERNAL.title,
        TWICE.title,
        "Sign in after changing your phone",
        REFUND.title,
    ]
    assert "Billing and payments · English, German" in text(page)
    assert "staff only" in text(page)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("which=draft", ["A refund in draft"]),
        ("which=published&audience=internal", [INTERNAL.title]),
        ("topic=account", ["Sign in after changing your phone"]),
        ("which=archived", []),
        ("which=stale", []),
        ("which=overdue", []),
    ],
)
def test_filters(scene, query, found):
    assert rows(scene.dana.get(f"{LIST}?{query}")) == found


def test_what_nobody_asks_for_filters_nothing(scene):
    assert len(rows(scene.dana.get(f"{LIST}?which=x&audience=%27&order=zz&page=99"))) == 5


def test_overdue_and_unused_articles_are_stale(scene, go):
    go(MONDAY + timedelta(days=200))
    page = scene.dana.get(f"{LIST}?which=stale")
    assert len(rows(page)) == 4
    assert "Due for a look" in text(page) and "Nobody used it in 90 days" in text(page)
    assert len(rows(scene.dana.get(f"{LIST}?which=overdue"))) == 4


def test_the_list_asks_as_much_for_many(scene):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            scene.dana.get(LIST)
        return len(asked)

    scene.dana.get(LIST)
    before = cost()
    for n in range(8):
        published(scene, Text(f"Another {n}", "One line."))
    assert cost() == before


# --- Writing


def test_a_preview_saves_nothing_and_runs_nothing(scene):
    body = "# Head\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    page = scene.tom.post(NEW, TYPED | {"press": "check", "body_en": body})
    assert page.status_code == 200 and Article.objects.count() == 5
    assert "Nothing is wrong with it. It is not saved yet." in text(page)
    shown = stories.main_of(page).split('id="preview"')[1]
    assert "<h2>Head</h2>" in shown and "<script" not in shown and 'href="javascript' not in shown
    assert html.escape(body) in page.content.decode()


def test_what_is_wrong_stands_at_its_field_and_keeps_the_rest(scene):
    page = scene.tom.post(NEW, TYPED | {"answer_en": "", "title_de": "Nur ein Titel", "review_by": "soon"})
    assert page.status_code == 422 and Article.objects.count() == 5
    said = text(page)
    assert "Write the answer in one line: it is shown in the list of results." in said
    assert "Enter a date." in said
    page = scene.tom.post(NEW, TYPED | {"title_de": "Nur ein Titel"})
    assert "Write the answer in one line in German" in text(page)
    assert 'value="Nur ein Titel"' in page.content.decode()


def test_pressed_twice_makes_one(scene):
    first = scene.tom.post(NEW, TYPED | {"idempotency_key": "abc"})
    again = scene.tom.post(NEW, TYPED | {"idempotency_key": "abc"})
    assert first["Location"] == again["Location"]
    assert Article.objects.count() == 6


def test_the_slower_of_two_sees_both_texts_and_can_still_save(scene):
    refund = scene.shelf["refund"]
    mine = typed_for(refund, answer_en="Mine.")
    scene.dana.post(url(refund, "edit/"), typed_for(refund, answer_en="Danas."))
    page = scene.tom.post(url(refund, "edit/"), mine)
    assert page.status_code == 409
    said = text(page)
    assert "Dana Voss changed this article while you had it open" in said
    assert "Saved meanwhile" in said and "Danas." in said and "Mine." in said
    seen = re.search(r'name="seen" value="(\d+)"', page.content.decode())[1]
    assert scene.tom.post(url(refund, "edit/"), mine | {"seen": seen}).status_code == 303
    texts = ArticleRevision.objects.filter(article=refund, language="en").order_by("number")
    assert [row.answer for row in texts] == [REFUND.answer, "Danas.", "Mine."]


def test_a_change_waits_until_it_is_published(scene):
    refund = scene.shelf["refund"]
    scene.tom.post(url(refund, "edit/"), typed_for(refund, answer_en="In a week."))
    page = text(scene.dana.get(url(refund)))
    assert "Published, changes waiting" in page
    assert page.index("In a week.") < page.index("What people read") < page.rindex(REFUND.answer)
    held = Article.objects.get(pk=refund.pk)
    assert scene.dana.post(url(refund, "publish/"), {"seen": refund.version}).status_code == 409
    assert scene.dana.post(url(refund, "publish/"), {"seen": held.version}).status_code == 303
    assert knowledge.read(refund.slug, language="en").answer == "In a week."


def test_history_shows_what_changed_by_whom(scene):
    refund = scene.shelf["refund"]
    scene.tom.post(url(refund, "edit/"), typed_for(refund, answer_en="In a <week>."))
    page = scene.dana.get(url(refund)).content.decode()
    assert "<ins>In a &lt;week&gt;.</ins>" in page and f"<del>{REFUND.answer}</del>" in page
    assert "English, revision 2" in text(scene.dana.get(url(refund)))
    assert REFUND_DE.title in page


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 30, "2.0"])
def test_a_step_without_what_was_seen_changes_nothing(scene, everything, seen):
    before = everything()
    for step in STEPS:
        assert scene.dana.post(url(scene.shelf["refund"], f"{step}/"), {"seen": seen}).status_code == 409
    assert everything() == before


def test_checked_archive_and_bring_back(scene):
    refund = scene.shelf["refund"]
    for step, said in (("checked", "Checked today."), ("archive", "Archived."), ("restore", "It is a draft again.")):
        seen = Article.objects.get(pk=refund.pk).version
        answer = scene.dana.post(url(refund, f"{step}/"), {"seen": seen})
        assert said in text(scene.dana.get(answer["Location"]))
    draft = scene.shelf["draft"]
    assert "Only a published article" in text(scene.dana.post(url(draft, "checked/"), {"seen": draft.version}))


def test_looking_writes_nothing(scene, everything):
    case = stories.answered(scene)
    before = everything()
    for path in (
        LIST,
        NEW,
        url(scene.shelf["refund"]),
        url(scene.shelf["refund"], "edit/"),
        stories.page_url(case),
        f"{LIST}from-case/{case.pk}/",
    ):
        assert scene.dana.get(path).status_code == 200
    assert everything() == before


@pytest.mark.parametrize(
    "path", ["0/", "999/", f"{2**63}/", "999/edit/", f"{2**70}/edit/", "from-case/999/", f"from-case/{2**70}/"]
)
def test_what_is_not_there_is_404(scene, path):
    assert scene.dana.get(f"{LIST}{path}").status_code == 404


# --- From a case


def test_an_article_from_a_case_names_nobody(scene):
    case = stories.acknowledged(scene, title="Sam Okafor charged twice for order 88213")
    words = (
        "Hello Sam, this is Tom Reed.\nYour second payment is back on card 4417 1234 5678 9113.\n"
        f"Questions: tom@example.com, +44 20 7946 0958, case {case.reference}."
    )
    said = {"outcome": "refunded", "amount": 10, "root_cause": "Double click"}
    solving.answer(case.pk, text=words, by=scene.tiers[1], at=stories.minutes(6), **said)
    assert "Make an article from this case" not in text(scene.tom.get(stories.page_url(case)))
    verbs.accept(case.pk, by=scene.customer, at=stories.minutes(8))
    page = scene.tom.get(stories.page_url(case)).content.decode()
    link = re.search(rf'href="({LIST}from-case/\d+/)"', page)[1]
    form = scene.tom.get(link)
    fields = " ".join(
        re.findall(r'<(?:input type="text"|textarea)[^>]*?(?:value="[^"]*"|>[^<]*)', form.content.decode())
    )
    for secret in ("Sam", "Okafor", "Tom", "Reed", "4417", "88213", "tom@", "7946", case.reference):
        assert secret not in fields, secret
    assert "charged twice for order [number]" in fields and "Your second payment is back on card [number]." in fields
    answer = scene.tom.post(link, TYPED | {"audience": "internal"})
    made = Article.objects.latest("pk")
    assert (answer["Location"], made.made_from_id, made.published_at) == (url(made), case.pk, None)
    assert case.reference in text(scene.dana.get(url(made)))


# --- Beside a case


def test_suggestions_stand_beside_the_case_and_are_used_once(scene):
    case = stories.acknowledged(scene)
    page = scene.tom.get(stories.page_url(case))
    beside = text(page).split("Articles")[1]
    assert TWICE.title in beside and f"{INTERNAL.title} (internal)" in beside
    use = f"{LIST}{scene.shelf['twice'].pk}/use/{case.pk}/"
    assert use in page.content.decode()
    for _ in range(2):
        assert scene.tom.post(use)["Location"] == f"{stories.page_url(case)}#articles"
    assert ArticleUse.objects.get().by == scene.tiers[1]
    assert use not in scene.tom.get(stories.page_url(case)).content.decode()
    assert "Used on 1 case" in text(scene.dana.get(LIST))


def test_only_a_published_article_and_a_visible_case_can_be_used(scene):
    case = stories.acknowledged(scene)
    assert scene.tom.post(f"{LIST}{scene.shelf['draft'].pk}/use/{case.pk}/").status_code == 404
    assert scene.tom.post(f"{LIST}{scene.shelf['twice'].pk}/use/{case.pk + 99}/").status_code == 404
    assert scene.tom.get(f"{LIST}{scene.shelf['twice'].pk}/use/{case.pk}/").status_code == 405
    assert not ArticleUse.objects.exists()


def test_staff_see_what_the_customer_had_read(scene):
    case = stories.acknowledged(scene)
    knowledge.tried(case, [scene.shelf["phone"].slug], at=MONDAY)
    page = text(scene.tom.get(stories.page_url(case)))
    assert "Read before filing, and it did not help: Sign in after changing your phone" in page


def test_every_topic_with_an_article_has_a_suggestion(scene):
    for topic in Category.objects.all():
        published(scene, Text(f"About {topic.slug}", "One line."), topic=topic.slug)
        case = scene.file(title="Qwertz", by=scene.other)
        type(case).objects.filter(pk=case.pk).update(category=topic, description="Yxcv")
        assert f"About {topic.slug}" in text(scene.tom.get(stories.page_url(case)))
