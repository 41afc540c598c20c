"""What managers read of help articles: figures worked out by hand, the stale list, the file, and who may look."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Case
from feedback import knowledge
from feedback.articles import Text
from portal import clock
from tests.cast import MONDAY, gather
from tests.feedback.article_shelf import published, shelf
from tests.portal.insights.scene import parts_of
from tests.portal.pages.scene import look_at

pytestmark = pytest.mark.django_db
URL, FILE = "/insights/knowledge/", "/insights/knowledge.csv"
AT = MONDAY + timedelta(days=40)


@pytest.fixture
def cast(db):
    look_at(AT)
    yield gather()
    clock.travel(timedelta())


@pytest.fixture
def manager(cast):
    client = Client()
    client.force_login(cast.manager)
    return client


@pytest.fixture
def told(cast):
    """Refund: 9 of 12 said yes, one of them while filing. Twice: 2 of 12. Phone: 3 of 4. One of 8 visitors filing solved it."""
    cast.shelf = shelf(cast)
    for name, yes, n in (("refund", 8, 11), ("twice", 2, 12), ("phone", 3, 4)):
        for i in range(n):
            knowledge.vote(cast.shelf[name].pk, f"{name} {i}", helpful=i < yes, where="page", at=AT)
    knowledge.solved(cast.shelf["refund"].pk, "solved", at=AT)
    for i in range(7):
        knowledge.offered(f"went on {i}", at=AT)
    knowledge.vote(cast.shelf["refund"].pk, "too long ago", helpful=True, where="page", at=AT - timedelta(days=91))
    case = cast.file()
    knowledge.use(case, cast.shelf["twice"].pk, by=cast.mate, at=AT)
    knowledge.tried(case, [cast.shelf["phone"].slug], at=AT)
    return cast


def text(page) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def test_the_figures_by_hand(manager, told):
    page = text(manager.get(URL))
    # Wilson's interval of 1 of 8, and of 9 of 12.
    assert "13% of the visitors who were shown articles while filing said that one solved it (2% to 47%)." in page
    assert "1 of 4 published article wants a look." in page
    assert "Said an article answered it 14 After a search: 0 · While filing: 1 · On the article: 13" in page
    assert "When does a refund arrive? Billing and payments 75% 9 of 12 47% to 91% 0 0" in page
    assert "I was charged twice Billing and payments 17% 2 of 12 5% to 45% 1 0" in page
    assert "Sign in after changing your phone Signing in and my account Too few 0 1" in page


def test_cases_used_on_and_read_in_vain_lead_to_their_cases(manager, told):
    rows = {row["title"]: row for row in manager.get(URL).context["rows"]}
    used, tried = rows["I was charged twice"]["used"], rows["Sign in after changing your phone"]["tried"]
    assert rows["When does a refund arrive?"]["used"] == {"words": "0", "url": ""}
    for cell, title in ((used, "Cases an article was used on “I was charged twice”"), (tried, "Cases whose customer had read an article “Sign in")):  # fmt: skip
        page = manager.get(cell["url"])
        assert page.context["title"].startswith(title) and page.context["back"].startswith(URL)
        assert [row["reference"] for row in page.context["rows"]] == [Case.objects.order_by("-pk")[0].reference]
    assert manager.get(used["url"].replace("part=", "part=no-")).status_code == 404


def test_stale_says_why(manager, told):
    stale = text(manager.get(URL)).split("Articles that want a look")[1].split("Every published article")[0]
    assert "I was charged twice" in stale and "Answers few who read it" in stale and "refund" not in stale
    look_at(MONDAY + timedelta(days=181))
    stale = text(manager.get(URL)).split("Articles that want a look")[1].split("Every published article")[0]
    assert "When does a refund arrive? Due for a look; Nobody used it in 90 days" in stale


def test_few_are_not_shown_in_the_file_either(manager, told):
    answer = manager.get(FILE)
    rows, said = parts_of(answer)
    assert said["Needed no case"].startswith("visitors who said") and said["Filters"] == "Everybody’s: no filter"
    found = {row["Article"]: row for row in rows}
    assert (found["When does a refund arrive?"]["Said yes"], found["When does a refund arrive?"]["Share yes"]) == (
        "9",
        "0.75",
    )
    phone = found["Sign in after changing your phone"]
    assert (phone["Said yes"], phone["Said yes or no"], phone["Yes: On the article"]) == ("", "4", "")
    assert found["A refund in draft"]["State"] == "draft"


def test_a_title_is_no_formula_in_the_file(manager, told):
    published(told, Text("=HYPERLINK(1)", "One line."))
    assert b"\n'=HYPERLINK" in b"".join(manager.get(FILE).streaming_content)


def test_without_articles_it_says_so(manager):
    assert "There is no article yet." in text(manager.get(URL))


def test_questions_do_not_grow_with_articles(manager, told):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            manager.get(URL)
        return len(asked)

    manager.get(URL)
    before = cost()
    for n in range(6):
        published(told, Text(f"Another {n}", "One line."))
    assert cost() == before <= 12


def test_only_who_works_on_cases_gets_links(manager, told):
    assert "/console/articles/" not in manager.get(URL).content.decode()
    dana = Client()
    dana.force_login(told.supervisor)
    assert f"/console/articles/{told.shelf['refund'].pk}/" in dana.get(URL).content.decode()


def test_the_formula_is_written_down(manager, told):
    page = manager.get("/insights/definitions/").content.decode()
    assert 'id="deflection"' in page and "#deflection" in manager.get(URL).content.decode()
