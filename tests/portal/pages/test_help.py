"""Help articles as visitors meet them: searching, reading safely, yes and no, and who sees what."""

import html
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.models import Tally
from feedback import articles
from feedback.articles import Text
from feedback.models import ArticleVote, FilingOffer
from portal import clock, ratelimit
from portal.presenters.article import html_of
from tests.cast import MONDAY
from tests.feedback.article_shelf import INTERNAL, PHONE, REFUND, REFUND_DE, TWICE, draft, published, shelf


@pytest.fixture
def stock(cast):
    return shelf(cast)


def text(page) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def url(article, more=""):
    return f"/help/{article.slug}/{more}"


# --- Finding


def test_the_front_door_offers_a_search_once_there_is_an_article(client, cast):
    assert "Search help articles" not in text(client.get("/"))
    shelf(cast)
    assert "Search help articles" in text(client.get("/"))


def test_without_words_articles_stand_under_their_topics(client, stock):
    page = text(client.get("/help/"))
    assert page.index("Billing and payments") < page.index(REFUND.title)
    assert INTERNAL.title not in page and "A refund in draft" not in page
    assert "Last checked Mon 12 Jan 2026" in page


def test_results_carry_the_words_into_the_form(client, stock):
    page = client.get("/help/?q=refund+%26+more")
    assert text(page).index(REFUND.title) < text(page).index(PHONE.title)
    assert f"/help/{stock['refund'].slug}/?from=search" in page.content.decode()
    link = re.search(r'href="(/cases/new/\?q=[^"]+)"', page.content.decode())[1]
    form = client.get(html.unescape(link), follow=True)
    assert form.redirect_chain[-1] == ("/cases/new/topic/?q=refund+%26+more", 303)


def test_nothing_found_says_so_and_keeps_the_words(client, stock):
    page = client.get("/help/?q=<b>zzqx</b>")
    assert "No article matches “<b>zzqx</b>”. Check the spelling, or tell us about the problem" in text(page)
    assert b"<b>zzqx" not in page.content
    assert "/cases/new/?q=%3Cb%3Ezzqx%3C%2Fb%3E" in page.content.decode()


@pytest.mark.parametrize(
    "query", ["q=%00", "q=" + "x" * 5000, "q=%27%3B--", "q=%E2%80%AE", "q=%F0%9F%98%80", "q=a%26b%7C%21"]
)
def test_any_words_get_an_answer(client, stock, query):
    assert client.get(f"/help/?{query}").status_code in (200, 400)


def test_pages_cost_a_few_queries_whatever_there_is(client, cast, stock):
    counts = []
    for more in range(2):
        for n in range(more * 8):
            published(cast, Text(f"Refund {n}", "One line.", "Body"), topic="orders")
        for path in ("/help/", "/help/?q=refund", url(stock["refund"])):
            with CaptureQueriesContext(connection) as asked:
                client.get(path)
            counts.append(len(asked))
    # With fewer than three results words are looked for with slips, too.
    assert (counts[0], counts[2]) == (counts[3], counts[5]) and max(counts) <= 6


# --- Reading


def test_the_answer_comes_first_then_the_steps(client, stock):
    page = text(client.get(url(stock["refund"])))
    assert page.index(REFUND.answer) < page.index("How to follow it") < page.index("Did this answer it?")
    assert client.get(url(stock["refund"])).content.count(b"<h1") == 1


def test_what_is_not_for_them_does_not_exist(client, cast, stock):
    missing = client.get("/help/no-such-article/")
    for name in ("internal", "draft"):
        for browser in (client, signed_in(cast.customer), signed_in(cast.manager)):
            assert browser.get(url(stock[name])).status_code == missing.status_code == 404
            assert browser.post(url(stock[name], "answered/"), {"answered": "yes"}).status_code == 404
    staff = signed_in(cast.tiers[1])
    assert "Internal: customers do not see this" in text(staff.get(url(stock["internal"])))
    assert staff.get(url(stock["draft"])).status_code == 404
    articles.archive(stock["refund"], by=cast.supervisor, at=MONDAY, seen=stock["refund"].version)
    assert client.get(url(stock["refund"])).status_code == 404


def signed_in(person):
    browser = Client()
    browser.force_login(person)
    return browser


def test_each_language_reads_its_own_and_english_is_marked(client, stock, settings):
    german = {"headers": {"accept-language": "de"}}
    page = client.get(url(stock["refund"]), **german).content.decode()
    other = client.get(url(stock["twice"]), **german).content.decode()
    assert REFUND_DE.title in page and 'lang="en"' not in page.split("<main")[1]
    assert TWICE.title in other and '<div class="card article" lang="en"' in other
    assert "English" in other


HARM = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)", "[a](vbscript:x)", "![a](https://evil.example/pixel.png)", "![a](data:image/png;base64,AAAA)",
    "<svg/onload=alert(1)>", "<iframe src=//evil.example></iframe>", '<a href="javascript:alert(1)">x</a>', "<style>*{display:none}</style>",
    "[a]: javascript:alert(1)\n\n[a]", "<javascript:alert(1)>", '[x](https://ok.example "onmouseover=alert(1)")', "[a](&#106;avascript:alert(1))",
    "![x<script>alert(1)</script>](y)", "`<script>`", "~~~<script>\nalert(1)\n~~~", "<form action=//evil.example><input name=p></form>",
)  # fmt: skip


@pytest.mark.parametrize("body", HARM)
def test_nothing_in_a_body_runs_or_is_fetched(body):
    made = str(html_of(body))
    assert set(re.findall(r"<(\w+)", made)) <= {"p", "a", "code", "pre"}
    for tag in re.findall(r"<[^>]*>", made):
        assert not re.search(r"\son\w+=|javascript:|data:|vbscript:|style=|src=", tag, re.I), tag


def test_markdown_becomes_a_text_below_the_page_s_own_heading():
    made = str(html_of("# One\n\n### Two\n\n[out](https://a.example/x?y=1&z=2)\n\n|a|b|\n|-|-|\n|1|2|\n\n3. three"))
    assert re.findall(r"<(h\d)>", made) == ["h2", "h3"]
    assert '<a href="https://a.example/x?y=1&amp;z=2" rel="noopener noreferrer">' in made
    assert "<table>" in made and '<ol start="3">' in made


def test_words_in_title_and_answer_are_escaped(client, cast):
    one = published(cast, Text("<i>Title</i>", "<script>x</script>", "**b**"))
    for path in (url(one), "/help/", "/help/?q=title"):
        page = client.get(path).content
        assert b"<i>Title" not in page and b"<script>x" not in page


# --- Yes and no


def test_yes_is_counted_once_and_thanked(client, stock):
    for _ in range(2):
        answer = client.post(url(stock["refund"], "answered/"), {"answered": "yes", "where": "search"})
        assert (answer.status_code, answer["Location"]) == (303, f"/help/{stock['refund'].slug}/#answered")
    assert "We are glad it is answered." in text(client.get(url(stock["refund"])))
    assert ArticleVote.objects.values_list("helpful", "where").get() == (True, "search")
    Client().post(url(stock["refund"], "answered/"), {"answered": "yes"})
    assert ArticleVote.objects.count() == 2


def test_no_goes_to_the_form_with_topic_and_article(client, stock):
    answer = client.post(url(stock["refund"], "answered/"), {"answered": "no"})
    assert answer["Location"] == f"/cases/new/?topic=billing&article={stock['refund'].slug}"
    assert not ArticleVote.objects.get().helpful
    assert client.get(answer["Location"], follow=True).status_code == 200


def test_a_vote_names_nobody(sam, cast, stock):
    sam.post(url(stock["refund"], "answered/"), {"answered": "yes"})
    row = ArticleVote.objects.values().get()
    assert set(row) == {"id", "article_id", "day", "visitor", "helpful", "where"}
    assert re.fullmatch(r"[0-9a-f]{64}", row["visitor"]) and sam.session.session_key not in str(row)


def test_looking_counts_nothing_and_nonsense_presses_neither(client, stock):
    client.get(url(stock["refund"], "?from=search"))
    assert client.get(url(stock["refund"], "answered/")).status_code == 405
    assert client.post(url(stock["refund"], "answered/"), {"answered": "maybe"}).status_code == 303
    assert not ArticleVote.objects.exists() and not FilingOffer.objects.exists()


def test_one_client_cannot_vote_without_end(stock):
    for _ in range(ratelimit.CLIENT_VOTE.most):
        Tally.count_one(
            f"{ratelimit.CLIENT_VOTE.name} from 127.0.0.1", at=clock.now(), window=ratelimit.CLIENT_VOTE.window
        )
    assert Client().post(url(stock["refund"], "answered/"), {"answered": "yes"}).status_code == 429
    assert not ArticleVote.objects.exists()


def test_drafts_written_over_an_article_are_not_read_yet(client, cast, stock):
    held = stock["twice"]
    articles.write(
        held, draft(Text("New title", "New.", ""), topic="billing"), by=cast.mate, at=MONDAY, seen=held.version
    )
    assert TWICE.title in text(client.get(url(held)))
